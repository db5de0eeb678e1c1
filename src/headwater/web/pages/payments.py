"""Payments: what tracing found, and behind each finding the rows, flows and corridors it rests on."""

from typing import Any

from starlette.responses import Response

from headwater.formats.link_chart import DrawnEdge, DrawnVertex, LinkChart
from headwater.node.pages import exports
from headwater.node.pages import payments as read
from headwater.web.page import Context, Page
from headwater.web.pictures import about, banner_line, picture, stamp


def every(ctx: Context) -> Response:
    """Show a page of leads."""
    typology, page = ctx.query.text("typology", most=60), ctx.query.whole("page", 1)
    model = read.payments(ctx.node, ctx.session, typology, page)
    form = ctx.query.choice("export", "", ("", "csv", "json"))
    if form:
        return ctx.export(form, "payments", [*model.leads, *model.protecting], banner_line(ctx, model.banner))
    following = f"/payments?typology={typology}&page={page + 1}" if model.has_more else None
    return ctx.page("payments.html", model, twin=[*model.leads, *model.protecting], next_page=following)


def show(ctx: Context) -> Response:
    """Show what one finding rests on, or hand it out in another form."""
    model = read.trace(ctx.node, ctx.session, ctx.params["ref"])
    line = banner_line(ctx, model.lead.marks)
    form = ctx.query.choice("export", "", ("", "csv", "json", "svg", "graphml"))
    if form in {"csv", "json"}:
        return ctx.export(form, "payments", model.rows, line)
    if form == "svg":
        return picture(ctx, "payments", drawing(ctx, model, stamp(ctx, line)).svg(), len(model.rows))
    if form == "graphml":
        exports.note(ctx.node, ctx.session, "payments", form, len(model.flows))
        data = drawing(ctx, model, "").graphml(about(ctx, line))
        return ctx.attachment(data, "application/graphml+xml", "payments.graphml")
    ctx.more.update(drawing=drawing(ctx, model, "").svg(), most=max((count for _, count in model.months), default=1))
    return ctx.page("trace.html", model, twin=_rows(model))


def _rows(model: read.Trace) -> list[Any]:
    return list(model.rows)


def drawing(ctx: Context, model: read.Trace, line: str) -> LinkChart:
    """Return the flows as a chart: whoever a finding names stands as an account, the others as numbers."""
    named = set(model.lead.subjects)
    return LinkChart(
        ctx.language.gettext("Payments"),
        [DrawnVertex(name, name, "BankAccount" if name in named else "", x, y, lit=name in named) for name, (x, y) in model.places.items()],
        [DrawnEdge(flow.payer, flow.payee, f"{flow.count} × {flow.amount}" if flow.count > 1 else flow.amount) for flow in model.flows],
        line,
        directed=True,
    )  # fmt: skip


PAGES = (Page("/payments", "payments", every), Page("/payments/{ref}", "payments", show))
