"""The page of one thing: facts, links, findings, shares; its places on a map, its dates on an axis."""

from typing import Any, Final

from starlette.responses import Response

from headwater.formats.region_svg import DrawnSpot, RegionMap
from headwater.formats.time_axis import DrawnMoment, TimeAxis
from headwater.model.ids import EntityKey
from headwater.model.times import parse_instant
from headwater.node.pages import entity, entity_tabs, sharing
from headwater.web.page import Context, Page
from headwater.web.pages.map import base, base_view, footnotes
from headwater.web.pictures import banner_line, picture, stamp

TABS: Final = ("facts", "map", "timeline")
LANE_WORDS: Final = {
    "dates": "Dates told",
    "recorded": "Written down",
    "findings": "Claimed",
    "decisions": "Decided",
    "told": "Told",
}


def show(ctx: Context) -> Response:
    """Show one thing, or hand out its facts."""
    key = EntityKey(ctx.params["key"])
    tab = ctx.query.choice("tab", "facts", TABS)
    if tab != "facts":
        return {"map": places, "timeline": times}[tab](ctx, key)
    if ctx.query.text("export") == "ftm":
        data = sharing.as_ftm(ctx.node, ctx.session, key)
        return ctx.attachment(data, "application/json", "entity.ftm.json")
    model = entity.entity_page(ctx.node, ctx.session, key)
    if ctx.query.text("export"):
        facts = [fact for group in model.groups for fact in group.facts]
        return ctx.export(ctx.query.text("export"), "entity", facts, banner_line(ctx, model.banner))
    ctx.more.update(key=ctx.one_use_key(), partners=sharing.partners(ctx.node, ctx.session))
    return ctx.page("entity.html", model, twin=[{"id": model.key, "subjects": [model.key], "entity": model}])


def places(ctx: Context, key: EntityKey) -> Response:
    """Show where a thing is, or hand that out."""
    model = entity_tabs.places(ctx.node, ctx.session, key)
    form, line = _form(ctx), banner_line(ctx, model.banner)
    if form in {"csv", "json"}:
        return ctx.export(form, "entity-map", model.rows, line)
    drawn = _map(ctx, model, stamp(ctx, line) if form else "")
    if form == "svg":
        return picture(ctx, "entity-map", drawn, len(model.rows))
    ctx.more.update(drawing=drawn, tab="map", notes=footnotes(ctx))
    return ctx.page("entity-map.html", model, twin=model.rows)


def times(ctx: Context, key: EntityKey) -> Response:
    """Show when what is known of a thing was, or hand that out."""
    model = entity_tabs.times(ctx.node, ctx.session, key)
    form, line = _form(ctx), banner_line(ctx, model.banner)
    if form in {"csv", "json"}:
        return ctx.export(form, "entity-timeline", model.moments, line)
    drawn = _axis(ctx, model, stamp(ctx, line) if form else "")
    if form == "svg":
        return picture(ctx, "entity-timeline", drawn, len(model.moments))
    ctx.more.update(drawing=drawn, tab="timeline", lanes=LANE_WORDS)
    return ctx.page("entity-timeline.html", model, twin=model.moments)


def _form(ctx: Context) -> str:
    return ctx.query.choice("export", "", ("", "csv", "json", "svg"))


def _map(ctx: Context, model: entity_tabs.Places, line: str) -> str:
    view: dict[str, Any] = base_view(ctx)
    return RegionMap(
        title=f"{ctx.language.gettext('Map')}: {model.schema}",
        box=model.box,
        base=base(),
        styles=view["styles"],
        names=view["names"],
        spots=[DrawnSpot(one.lon, one.lat, one.caption) for one in model.rows],
        footnotes=footnotes(ctx) if line else (),
        banner=line,
    ).svg()


def _axis(ctx: Context, model: entity_tabs.Times, line: str) -> str:
    words = ctx.language.gettext
    return TimeAxis(
        title=f"{words('Timeline')}: {model.schema}",
        lanes=[(lane, words(LANE_WORDS[lane])) for lane in entity_tabs.LANES],
        moments=[
            DrawnMoment(
                one.lane,
                parse_instant(one.at),
                parse_instant(one.until),
                f"{one.what} {one.text} {one.by}",
                one.conflict,
            )
            for one in model.moments
        ],
        gaps=(),
        zone=model.zone,
        conflict=words("seen otherwise"),
        banner=line,
    ).svg()


PAGES = (Page("/entities/{key:path}", "entities", show),)
