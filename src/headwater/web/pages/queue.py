"""The queue: triage by keyboard, several dismissed at once for one reason."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from headwater.model.decision import Verb
from headwater.model.ids import FindingId
from headwater.node.pages import deciding, filters, triage
from headwater.node.pages import queue as read
from headwater.node.pages.links import subject_key
from headwater.node.pages.words import Marks, together
from headwater.web.fields import Fields
from headwater.web.page import Context, Page
from headwater.web.pictures import banner_line

MOST_EXPORTED_PAGES: Final = 400
PRIORITY_WORDS: Final = {"high": "high", "normal": "normal", "low": "low"}
LABEL_WORDS: Final = {
    "": "no label",
    "ask-originator": "ask the originator",
    "ask-partner": "ask a partner",
    "waits-for-answer": "waits for an answer",
    "for-briefing": "for the briefing",
    "check-again": "check again",
}
WORK_WORDS: Final = {"": "anybody's", "mine": "my own", "nobody": "nobody's yet", "unread": "not read by me"}
"""What the fixed words of triage are called."""


def show(ctx: Context) -> Response:
    """Show one page of the queue, or hand out all of it as a file."""
    asked = filter_of(ctx.query)
    if ctx.query.text("export"):
        return _export(ctx, asked)
    model = read.queue(ctx.node, ctx.session, asked)
    held = filters.kept(ctx.node, ctx.session)
    if not ctx.wants_json:
        filters.stopped_at(ctx.node, ctx.session, held, query_of(asked))
    ctx.more.update(
        held=held,
        query=query_of(asked),
        row_html=lambda row: model.seen.draw((ctx.language.tag, row.id, row.note), lambda: _row(ctx, row)),
        states=read.STATES,
        priorities=PRIORITY_WORDS,
        labels=LABEL_WORDS,
        work=WORK_WORDS,
        key=ctx.one_use_key(),
        done=ctx.query.text("done", most=40),
        sorted_now=ctx.query.text("sorted", most=40),
    )
    following = f"/queue?{urlencode(query_of(replace(asked, page=model.next_page)))}" if model.next_page else None
    return ctx.page("queue.html", model, twin=model.rows, next_page=following)


def _row(ctx: Context, row: read.Row) -> str:
    values = {"row": row, "priorities": PRIORITY_WORDS, "labels": LABEL_WORDS}
    return Markup(ctx.site.templates.render("queue-row.html", ctx, values))  # noqa: S704 - a template has escaped it


def dismiss(ctx: Context) -> Response:
    """Dismiss the findings that are ticked, for one reason."""
    reason, key = ctx.form.needed("reason"), ctx.form.needed("key", most=100)
    asks = []
    for each in ctx.form.texts("finding"):
        ref, _, version = each.partition("@")
        asks.append(
            deciding.Ask(ref=FindingId(ref), verb=Verb.DISMISS, reason=reason, version=version, key=f"{key} {ref}")
        )
    made, refused = deciding.dismiss_many(ctx.node, ctx.session, asks)
    if refused:
        ctx.more.update(made=len(made), sorted_now=False)
        return ctx.page("dismissed.html", refused, status=409)
    return ctx.see_other("/queue", done=str(len(made)))


def sort(ctx: Context) -> Response:
    """Take, give back, mark read or rank the findings that are ticked; nothing is decided about them."""
    wish = triage.Wish(
        sort=triage.Sort(ctx.form.choice("sort", "", [one.value for one in triage.Sort])),
        priority=ctx.form.text("priority", "normal", most=20),
        label=ctx.form.text("label", most=40),
    )
    refs = [each.partition("@")[0] for each in ctx.form.texts("finding")]
    made, refused = triage.sort_many(ctx.node, ctx.session, refs, wish, ctx.form.needed("key", most=100))
    if refused:
        ctx.more.update(made=len(made), sorted_now=True)
        return ctx.page("dismissed.html", refused, status=409)
    return ctx.see_other("/queue", **{**query_of(filter_of(Fields(_back(ctx)))), "sorted": str(len(made))})


def _back(ctx: Context) -> list[tuple[str, str]]:
    """Return the filter that the form was sent from: sorting leaves the reader where he was."""
    names = ("state", "kind", "least", "order", "work", "page")
    return [(name, value) for name in names if (value := ctx.form.text(f"from_{name}", most=60))]


def keep(ctx: Context) -> Response:
    """Keep a filter under a name, or let one go."""
    name, asked = ctx.form.needed("name", most=filters.MOST_LETTERS), filter_of(ctx.form)
    if ctx.form.flag("gone"):
        filters.let_go(ctx.node, ctx.session, name)
        return ctx.see_other("/queue")
    filters.keep(ctx.node, ctx.session, name, query_of(asked))
    return ctx.see_other("/queue", **query_of(asked))


def filter_of(fields: Fields) -> read.Filter:
    """Return the filter that a query names.

    Raises:
        SchemaError: a field holds what no queue can show.
    """
    return read.Filter(
        state=fields.text("state", "open", most=20).replace("all", ""),
        kind=fields.text("kind", most=60),
        least=fields.number("least", 0.0),
        order=fields.text("order", "score", most=20),
        work=fields.text("work", most=20),
        page=fields.whole("page", 1),
    )


def query_of(asked: read.Filter) -> Mapping[str, str]:
    """Return the query that names a filter, without what is the default."""
    given = {
        "state": asked.state or "all",
        "kind": asked.kind,
        "least": f"{asked.least:g}",
        "order": asked.order,
        "work": asked.work,
        "page": str(asked.page),
    }
    defaults = {"state": "open", "kind": "", "least": "0", "order": "score", "work": "", "page": "1"}
    return {name: value for name, value in given.items() if value != defaults[name]}


def _export(ctx: Context, asked: read.Filter) -> Response:
    rows: list[read.Row] = []
    marks: list[Marks] = []
    page = 1
    while page <= MOST_EXPORTED_PAGES:
        model = read.queue(ctx.node, ctx.session, replace(asked, page=page))
        rows += model.rows
        marks.append(model.banner)
        if model.next_page is None:
            break
        page = model.next_page
    if ctx.query.text("export") == "ftm":
        return ctx.export_ftm("queue", list(dict.fromkeys(subject_key(one) for row in rows for one in row.subjects)))
    return ctx.export(ctx.query.text("export"), "queue", rows, banner_line(ctx, together(marks)))


PAGES = (
    Page("/queue", "queue", show),
    Page("/queue/dismiss", "queue", dismiss, "POST"),
    Page("/queue/triage", "queue", sort, "POST"),
    Page("/queue/filters", "queue", keep, "POST"),
)
