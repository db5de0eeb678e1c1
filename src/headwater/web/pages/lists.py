"""Sanctions lists: which edition of each is in force, how old it is, what stands on it, and the hits."""

from typing import Any

from starlette.responses import Response

from headwater.node.pages import listings as read
from headwater.web.page import Context, Page
from headwater.web.pictures import banner_line


def every(ctx: Context) -> Response:
    """Show the lists in force."""
    model = read.lists(ctx.node, ctx.session)
    rows = [_row(row) for row in model.rows]
    form = ctx.query.choice("export", "", ("", "csv", "json"))
    if form:
        return ctx.export(form, "lists", rows, banner_line(ctx, model.banner))
    return ctx.page("lists.html", model, twin=rows)


def show(ctx: Context) -> Response:
    """Show one list."""
    page = ctx.query.whole("page", 1)
    model = read.one(ctx.node, ctx.session, ctx.params["source"], page)
    form = ctx.query.choice("export", "", ("", "csv", "json", "ftm"))
    if form == "ftm":
        return ctx.export_ftm("list", [one.id for one in model.designations])
    if form:
        return ctx.export(form, "list", model.designations, banner_line(ctx, model.row.marks))
    following = f"/lists/{model.row.source}?page={page + 1}" if model.has_more else None
    return ctx.page("list.html", model, twin=model.designations, next_page=following)


def _row(row: read.ListRow) -> dict[str, Any]:
    names = (
        "source",
        "version",
        "entries",
        "file",
        "sha256",
        "read_at",
        "age_days",
        "stale",
        "open_hits",
        "decided_hits",
    )
    return {"id": row.source, **{name: getattr(row, name) for name in names}, "handling": row.marks.short}


PAGES = (Page("/lists", "lists", every), Page("/lists/{source}", "lists", show))
