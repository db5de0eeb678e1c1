"""Exchange: lists with clocks, writing with a preview of what the partner would see, one message with receipt and recall."""

import re
from typing import Final

from starlette.responses import Response

from headwater.errors import Place, SchemaError
from headwater.model.ids import MessageId, authority_id, message_id
from headwater.node import correspondence
from headwater.node.pages import mail, message, sending
from headwater.node.pages import preview as previews
from headwater.web.errors import UnknownPageError
from headwater.web.fields import Fields
from headwater.web.page import Context, Page
from headwater.web.pictures import own_line

_REF: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def lists(ctx: Context) -> Response:
    """Show all correspondence."""
    page = ctx.query.whole("page", 1)
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), "exchange", mail.every(ctx.node, ctx.session), own_line(ctx))
    model = mail.lists(ctx.node, ctx.session, page)
    rows = (*model.waiting, *model.incoming, *model.outgoing)
    ctx.more.update(done=ctx.query.text("done", most=40))
    following = f"/exchange?page={page + 1}" if model.has_more else None
    return ctx.page("exchange.html", model, twin=rows, next_page=following)


def new(ctx: Context) -> Response:
    """Show the form of a new message, and what the partner would see of it so far."""
    if not ctx.query.text("to"):
        ctx.more.update(choices=previews.choices(ctx.node, ctx.session), kinds=previews.WRITTEN)
        return ctx.page("exchange-to.html", None)
    return _preview(ctx, draft_of(ctx.query))


def preview(ctx: Context) -> Response:
    """Show what the partner would see of a form as it is now."""
    return _preview(ctx, draft_of(ctx.form))


def send(ctx: Context) -> Response:
    """Send the form, once, and only what was shown: one that has changed since is shown again."""
    draft, key = draft_of(ctx.form), ctx.form.needed("key", most=100)
    model = previews.preview(ctx.node, ctx.session, draft)
    if model.digest != ctx.form.text("shown", most=60):
        ctx.more.update(changed=True)
        return _preview(ctx, draft, status=409)
    ref = sending.send(ctx.node, ctx.session, draft, key)
    return ctx.see_other(f"/exchange/{ref}", done="sent")


def show(ctx: Context) -> Response:
    """Show one message."""
    model = message.message_page(ctx.node, ctx.session, ref_of(ctx))
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), "message", model.facts, marks_of(model))
    ctx.more.update(key=ctx.one_use_key(), done=ctx.query.text("done", most=40))
    twin = [{"id": model.line.id, "message": model}]
    return ctx.page("message.html", model, twin=twin)


def marks_of(model: message.MessagePage) -> str:
    """Return what stands on a message and on each fact in it, once each."""
    told = (model.classification, *(word for one in model.facts for word in (one.marking, *one.handling)))
    return " ".join(dict.fromkeys(word for each in told for word in each.split()))


def answer(ctx: Context) -> Response:
    """Show the form that answers a message."""
    return _preview(ctx, message.answer_draft(ctx.node, ctx.session, ref_of(ctx)))


def approve(ctx: Context) -> Response:
    """Approve a message that waits."""
    role = ctx.form.text("role", "approver", most=40)
    ref = sending.approve(ctx.node, ctx.session, ref_of(ctx), role, ctx.form.needed("key", most=100))
    return ctx.see_other(f"/exchange/{ref}", done="approved")


def accept(ctx: Context) -> Response:
    """Accept a message that came in."""
    ref = ref_of(ctx)
    correspondence.accept(ctx.node, ctx.session, ref, ctx.form.needed("reason"))
    return ctx.see_other(f"/exchange/{ref}", done="accepted")


def refuse(ctx: Context) -> Response:
    """Put a message aside for good."""
    ref = ref_of(ctx)
    correspondence.refuse(ctx.node, ctx.session, ref, ctx.form.needed("reason"))
    return ctx.see_other(f"/exchange/{ref}", done="refused")


def consent(ctx: Context) -> Response:
    """Give or refuse consent."""
    decision, until = ctx.form.choice("decision", "", ("yes", "no")), ctx.form.text("until", most=10)
    key = ctx.form.needed("key", most=100)
    ref = sending.consent(ctx.node, ctx.session, ref_of(ctx), decision, until, key)
    return ctx.see_other(f"/exchange/{ref}", done="sent")


def ask_consent(ctx: Context) -> Response:
    """Ask originators for consent to pass facts on."""
    facts, to = ctx.form.texts("fact"), ctx.form.needed("to", most=40)
    reason, key = ctx.form.needed("reason"), ctx.form.needed("key", most=100)
    ref = sending.ask_consent(ctx.node, ctx.session, facts, to.partition("@")[0], reason, key)
    return ctx.see_other(f"/exchange/{ref}", done="sent")


def recall(ctx: Context) -> Response:
    """Recall facts of our own from every holder."""
    ref = ref_of(ctx)
    sending.recall(
        ctx.node,
        ctx.session,
        ctx.form.choice("action", "erase", sending.AMENDS),
        ctx.form.texts("fact"),
        ctx.form.needed("reason"),
        ctx.form.needed("key", most=100),
    )
    return ctx.see_other("/exchange", done="recalled", of=ref)


def ref_of(ctx: Context) -> MessageId:
    """Return the message that the path names.

    Raises:
        UnknownPageError: no message can be called so.
    """
    ref = ctx.params["ref"]
    if not _REF.fullmatch(ref):
        raise UnknownPageError("no such message")
    return message_id(ref)


def draft_of(fields: Fields) -> previews.Draft:
    """Return the message that a form holds.

    Raises:
        SchemaError: a field holds what no message can.
    """
    to, at, agreement = fields.needed("to", most=120).partition("@")
    if not at:
        raise SchemaError("not a partner and an agreement", where=Place(field="to"))
    kinds = (*(each.value for each in previews.WRITTEN), "response")
    return previews.Draft(
        kind=fields.choice("kind", "spontaneous", kinds),
        to=authority_id(to),
        agreement=agreement,
        entity=fields.text("entity", most=300),
        records=_listed(fields, "record"),
        facts=_listed(fields, "fact"),
        findings=_listed(fields, "finding"),
        grade=fields.text("grade", most=20),
        classification=fields.text("classification", most=60),
        text=fields.text("text"),
        reason=fields.text("reason"),
        urgency=fields.choice("urgency", "normal", previews.URGENCIES),
        why_urgent=fields.text("why_urgent"),
        result=fields.choice("result", "", ("", *previews.RESULTS)),
        thread=fields.text("thread", most=40),
    )


def _listed(fields: Fields, name: str) -> tuple[str, ...]:
    """Return identifiers that came one by one, or several in one field with space between."""
    return tuple(dict.fromkeys(word for value in fields.texts(name) for word in value.split()))


def _preview(ctx: Context, draft: previews.Draft, status: int = 200) -> Response:
    model = previews.preview(ctx.node, ctx.session, draft)
    ctx.more.setdefault("changed", False)
    ctx.more.update(
        key=ctx.form.text("key", most=100) or ctx.one_use_key(),
        urgencies=previews.URGENCIES,
        results=previews.RESULTS,
        kinds=previews.WRITTEN,
    )
    return ctx.page("exchange-new.html", model, twin=[{"id": draft.to, "preview": model}], status=status)


PAGES = (
    Page("/exchange", "exchange", lists),
    Page("/exchange/new", "exchange", new),
    Page("/exchange/preview", "exchange", preview, "POST"),
    Page("/exchange/send", "exchange", send, "POST"),
    Page("/exchange/consent", "exchange", ask_consent, "POST"),
    Page("/exchange/{ref}", "exchange", show),
    Page("/exchange/{ref}/answer", "exchange", answer),
    Page("/exchange/{ref}/approve", "exchange", approve, "POST"),
    Page("/exchange/{ref}/accept", "exchange", accept, "POST"),
    Page("/exchange/{ref}/refuse", "exchange", refuse, "POST"),
    Page("/exchange/{ref}/consent", "exchange", consent, "POST"),
    Page("/exchange/{ref}/recall", "exchange", recall, "POST"),
)
