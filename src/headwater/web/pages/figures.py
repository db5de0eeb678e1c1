"""Figures: the list of series, and one series with its vintages, its definition and a forecast if asked."""

from datetime import date
from typing import Any

from starlette.responses import Response

from headwater.errors import Place, SchemaError
from headwater.formats.series_svg import SeriesBand, SeriesLine, SeriesPicture
from headwater.node.pages import figures as read
from headwater.web.page import Context, Page
from headwater.web.pictures import banner_line, picture, stamp


def every(ctx: Context) -> Response:
    """Show the list of series."""
    model = read.figures(ctx.node, ctx.session)
    form = ctx.query.choice("export", "", ("", "csv", "json"))
    if form:
        return ctx.export(form, "figures", model.rows, banner_line(ctx, model.banner))
    return ctx.page("figures.html", model, twin=model.rows)


def show(ctx: Context) -> Response:
    """Show one series, or hand it out in another form."""
    as_of, ahead = _day(ctx), ctx.query.flag("ahead")
    model = read.series(ctx.node, ctx.session, ctx.params["series"], as_of, ahead=ahead)
    form = ctx.query.choice("export", "", ("", "csv", "json", "svg"))
    line = banner_line(ctx, model.banner)
    if form in {"csv", "json"}:
        return ctx.export(form, "figures", rows_of(model), line)
    if form == "svg":
        return picture(ctx, "figures", drawing(ctx, model, stamp(ctx, line)), len(model.values))
    query = "&".join(part for part in ("ahead=1" if ahead else "", f"as_of={as_of}" if as_of else "") if part)
    ctx.more.update(
        drawing=drawing(ctx, model, ""), query=query, asked_ahead=ahead, levels=read.LEVELS, most=read.MOST_ROWS
    )
    return ctx.page("series.html", model, twin=rows_of(model))


def _day(ctx: Context) -> date | None:
    text = ctx.query.text("as_of", most=10)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SchemaError("not a day, YYYY-MM-DD", where=Place(field="as_of")) from None


def rows_of(model: read.OneSeries) -> list[dict[str, Any]]:
    """Return every value by period and edition, and the forecast, as rows."""
    rows: list[dict[str, Any]] = [
        {
            "id": one.id,
            "period": one.period,
            "seen_on": str(day),
            "value": value,
            "forecast": False,
            "low": None,
            "high": None,
        }
        for one in model.values
        for day, value in zip(model.seen_on, one.values, strict=True)
        if value is not None
    ]
    for one in model.ahead:
        low, high = one.bounds[-1]
        rows.append(
            {"id": one.id, "period": one.period, "seen_on": "", "value": one.point, "forecast": True, "low": low, "high": high}
        )  # fmt: skip
    return rows


def drawing(ctx: Context, model: read.OneSeries, line: str) -> str:
    """Return the series as SVG."""
    words = ctx.language.gettext
    ordered = sorted(model.values, key=lambda one: one.ends)
    lines = []
    for place, day in enumerate(model.seen_on):
        points = tuple((one.ends, float(value)) for one in ordered if (value := one.values[place]) is not None)
        lines.append(SeriesLine(f"{words('seen on')} {day}", points))
    bands = []
    if model.ahead:
        last = lines[0].points[-1:] if lines else ()
        lines.append(SeriesLine(words("forecast"), last + tuple((one.ends, one.point) for one in model.ahead)))
        for place in range(len(model.ahead[0].bounds)):
            edges = tuple((one.ends, *one.bounds[place]) for one in model.ahead)
            bands.append(SeriesBand(f"{read.LEVELS[place]:g} %", edges))
    return SeriesPicture(
        title=model.definition.title, unit=str(model.definition.unit), lines=lines, bands=bands, banner=line
    ).svg()


PAGES = (Page("/figures", "figures", every), Page("/figures/{series}", "figures", show))
