"""One finding, its comparison, and the forms that decide it or take a decision back."""

import re
from typing import Final

from starlette.responses import Response

from headwater.errors import Place, SchemaError
from headwater.model.decision import Verb
from headwater.model.ids import FindingId
from headwater.node.pages import deciding, finding
from headwater.node.pages.links import subject_key
from headwater.web.errors import UnknownPageError
from headwater.web.page import Context, Page, plain
from headwater.web.pictures import banner_line

_REF: Final = re.compile(r"fnd-[0-9a-f]{40}")
VERBS: Final = {each.value: each for each in deciding.BY_PAGE}


def show(ctx: Context) -> Response:
    """Show one finding."""
    model = finding.finding_page(ctx.node, ctx.session, ref_of(ctx))
    _forms(ctx)
    if ctx.query.text("export") == "ftm":
        return ctx.export_ftm("finding", [subject_key(one) for one in model.row.subjects])
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), "finding", evidence_rows(model), banner_line(ctx, model.banner))
    twin = [{"id": model.row.id, "subjects": model.row.subjects, "finding": model}]
    return ctx.page("finding.html", model, twin=twin)


def evidence_rows(model: finding.FindingPage) -> list[dict[str, object]]:
    """Return what a finding rests on as a table: facts in full, anything else by its name."""
    return [
        {"kind": piece.kind, "ref": piece.ref, **(plain(piece.fact) if piece.fact else {})} for piece in model.pieces
    ]


def compare(ctx: Context) -> Response:
    """Show two sides, line by line."""
    model = finding.compare(ctx.node, ctx.session, ref_of(ctx))
    _forms(ctx)
    if ctx.query.text("export") == "ftm":
        return ctx.export_ftm("compare", [subject_key(one) for one in model.page.row.subjects])
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), "compare", model.lines, banner_line(ctx, model.page.banner))
    twin = [{"id": model.page.row.id, "subjects": model.page.row.subjects, "lines": model.lines, "sides": model.sides}]
    return ctx.page("compare.html", model, twin=twin)


def decide(ctx: Context) -> Response:
    """Keep a decision, and go on to the next finding of the queue."""
    ref = ref_of(ctx)
    verb = ctx.form.needed("verb", most=20)
    if verb not in VERBS:
        raise SchemaError("no such decision", where=Place(field="verb"), fix=f"use {', '.join(VERBS)}")
    deciding.decide(ctx.node, ctx.session, _ask(ctx, ref, VERBS[verb]))
    return ctx.see_other(f"/findings/{ref}", decided=verb)


def undo(ctx: Context) -> Response:
    """Take the last standing decision back."""
    ref = ref_of(ctx)
    deciding.undo(ctx.node, ctx.session, _ask(ctx, ref, Verb.UNDO))
    return ctx.see_other(f"/findings/{ref}", decided="undo")


def ref_of(ctx: Context) -> FindingId:
    """Return the finding that the path names.

    Raises:
        UnknownPageError: no finding can be called so.
    """
    ref = ctx.params["ref"]
    if not _REF.fullmatch(ref):
        raise UnknownPageError("no such finding")
    return FindingId(ref)


def _ask(ctx: Context, ref: FindingId, verb: Verb) -> deciding.Ask:
    return deciding.Ask(
        ref=ref,
        verb=verb,
        reason=ctx.form.needed("reason"),
        version=ctx.form.needed("version", most=40),
        key=ctx.form.needed("key", most=100),
    )


def _forms(ctx: Context) -> None:
    ctx.more.update(
        key=ctx.one_use_key(),
        verbs=tuple(VERBS),
        act=ctx.query.text("act", most=20),
        decided=ctx.query.text("decided", most=20),
    )


PAGES = (
    Page("/findings/{ref}", "findings", show),
    Page("/findings/{ref}/compare", "compare", compare),
    Page("/findings/{ref}/decide", "findings", decide, "POST"),
    Page("/findings/{ref}/undo", "findings", undo, "POST"),
)
