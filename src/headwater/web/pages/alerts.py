"""Alerts of the watch, in lanes."""

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from headwater.node.pages import alerts as read
from headwater.web.page import Context, Page
from headwater.web.pictures import banner_line


def show(ctx: Context) -> Response:
    """Show the alerts, or hand them out as a file."""
    state = ctx.query.text("state", most=20)
    model = read.page(ctx.node, ctx.session, state)
    rows = [*map(_row, (*model.rescue, *model.others)), *map(_row, model.unplaced)]
    form = ctx.query.choice("export", "", ("", "csv", "json"))
    if form:
        return ctx.export(form, "alerts", rows, banner_line(ctx, model.banner))
    ctx.more.update(state=state)
    return ctx.page("alerts.html", model, twin=rows)


def _row(one: Any) -> dict[str, Any]:  # noqa: ANN401 - an alert with a place or without
    told = asdict(one)
    names = (
        "id",
        "lane",
        "kind",
        "at",
        "lon",
        "lat",
        "score",
        "state",
        "text",
        "helper",
        "minutes",
        "reasons",
        "handling",
    )
    return {name: told.get(name) for name in names} | {"handling": one.marks.short}


PAGES = (Page("/alerts", "alerts", show),)
