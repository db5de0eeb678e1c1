"""The timeline of a case: one axis, gaps, conflicts, zone; as picture and as table."""

from typing import Final

from starlette.responses import Response

from headwater.errors import Place, SchemaError
from headwater.formats.time_axis import DrawnMoment, TimeAxis
from headwater.model.times import parse_instant
from headwater.node.pages import timeline as read
from headwater.node.pages.words import Marks
from headwater.web.page import Context, Page
from headwater.web.pictures import picture, stamp

WORDS: Final = {
    "offences": "Offences",
    "exhibits": "Exhibits",
    "custody": "Custody",
    "statements": "Statements",
    "searches": "Searches",
    "safeguarding": "Safeguarding",
    "case": "Case",
}


def show(ctx: Context) -> Response:
    """Show the timeline of a case, or hand it out in another form."""
    lanes = frozenset(ctx.query.texts("lane", most=20)) or frozenset(read.LANES)
    if not lanes <= set(read.LANES):
        raise SchemaError("no such lane", where=Place(field="lane"), fix=f"use {', '.join(read.LANES)}")
    model = read.timeline(ctx.node, ctx.session, ctx.params["case"], lanes)
    form = ctx.query.choice("export", "", ("", "csv", "json", "svg"))
    line = model.handling or ctx.language.gettext("no marking")
    if form in {"csv", "json"}:
        return ctx.export(form, "timeline", model.moments, line)
    if form == "svg":
        return picture(ctx, "timeline", drawing(ctx, model, lanes, stamp(ctx, line)), len(model.moments))
    codes = tuple(model.handling.split()) if model.handling else ()
    ctx.more.update(
        drawing=drawing(ctx, model, lanes, ""),
        lanes=WORDS,
        chosen=lanes,
        marks=Marks(codes=codes, conditions=(), releasable=(), never_onward=False, retain_until=""),
    )
    return ctx.page("timeline.html", model, twin=model.moments)


def drawing(ctx: Context, model: read.Timeline, lanes: frozenset[str], line: str) -> str:
    """Return the timeline as SVG."""
    words = ctx.language.gettext
    return TimeAxis(
        title=f"{words('Timeline')} {model.case}",
        lanes=[(lane, words(WORDS[lane])) for lane in read.LANES if lane in lanes],
        moments=[
            DrawnMoment(
                one.lane, parse_instant(one.at), parse_instant(one.until), f"{one.subject} {one.what} {one.at}",
                bool(one.conflict),
            )
            for one in model.moments
        ],
        gaps=[(parse_instant(gap.since), parse_instant(gap.until)) for gap in model.gaps],
        zone=model.zone,
        conflict=words("conflict"),
        banner=line,
    ).svg()  # fmt: skip


PAGES = (Page("/timeline/{case}", "timeline", show),)
