"""The part of `headwater figures` that works on files: forecasts, back-tests, breaks, and tables that may go out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.words import shown


def _levels(_: click.Context, __: click.Parameter, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter("write it as 50,80,95") from None


def _file(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("wide", metavar="WIDE.csv", type=click.Path(path_type=Path, dir_okay=False))(command)


def _season(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--season", type=int, show_default="by the kind of period", help="Periods in a season: 12 months, 4 quarters …"
    )(command)


def _ahead(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option(
        "--level", "levels", default="50,80,95", show_default=True, callback=_levels, help="Intervals, in per cent."
    )(command)
    command = click.option("--horizon", type=int, show_default="6, of quarters 4", help="How many periods ahead.")(
        command
    )
    return _season(command)


def _out(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--out", type=options.TO_WRITE, help=f"File for {what}, .csv or .ods.")


def _chart(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--chart", type=options.TO_WRITE, help="Picture, .svg or .png.")(command)


def _warnings(source: Any) -> list[dict[str, str]]:  # noqa: ANN401 - node's Wide, not imported before it is needed
    return [{"code": one.code, "where": one.where, "text": one.text} for one in source.cautions]


@click.command(
    "forecast", epilog="Example: headwater figures forecast routes.csv --horizon 6 --out f.csv --chart fan.svg"
)
@_file
@_ahead
@_out("the forecasts")
@_chart
@options.as_json
def forecast_figures(
    *,
    wide: Path,
    horizon: int | None,
    season: int | None,
    levels: tuple[float, ...],
    out: Path | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Forecast each series of WIDE.csv, with intervals, and say how forecasts made in this way did before.

    The first column of the file is the period, each other column a series. A forecast is of counts, never of persons.
    """
    from headwater.node import figures_runs as use

    source = use.wide(wide)
    made = use.forecast(source, horizon, season, levels)
    if out is not None:
        use.write_forecast(out, made)
    if chart is not None:
        use.fan_chart(chart, source, made)
    rows = use.forecast_document(made)
    document = {
        "ok": True,
        "origin": str(made.origin),
        "forecasts": rows,
        "backtest": use.tested_document(made.tested),
        "warnings": _warnings(source),
    }
    ends = [f"{level:g}" for level in made.levels]
    lines = [
        f"{row['series']:40} {row['period']:>10}  {row['point']:>12,.0f}  "
        + "  ".join(
            f"{level} %: {shown('{low:,.0f} to {high:,.0f}', low=row[f'lo{level}'], high=row[f'hi{level}'])}"
            for level in ends
        )
        for row in rows
    ]
    door.answer(document, [*lines, *use.tested_lines(made.tested)], as_json=as_json)


@click.command("backtest", epilog="Example: headwater figures backtest routes.csv --first 2022-01 --last 2024-12")
@_file
@click.option("--first", required=True, help="First origin: the last period that its forecast may see.")
@click.option("--last", required=True, help="Last origin.")
@_ahead
@_out("every forecast beside what came")
@_chart
@options.as_json
def backtest_figures(
    *,
    wide: Path,
    first: str,
    last: str,
    horizon: int | None,
    season: int | None,
    levels: tuple[float, ...],
    out: Path | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Forecast from every origin of a range by what was there at its time, and score it beside last year's value."""
    from headwater.node import figures_runs as use

    source = use.wide(wide)
    made = use.backtest(source, first, last, horizon, season, levels)
    if out is not None:
        use.write_backtest(out, made)
    if chart is not None:
        use.backtest_chart(chart, source, made)
    document = {"ok": True, **use.tested_document(made), "warnings": _warnings(source)}
    door.answer(document, use.tested_lines(made), as_json=as_json)


@click.command("breaks", epilog="Example: headwater figures breaks routes.csv --online --out b.csv")
@_file
@click.option("--online", is_flag=True, help="From trailing data only, as if one had looked each period.")
@_season
@_out("the breaks")
@_chart
@options.as_json
def breaks_figures(
    *, wide: Path, online: bool, season: int | None, out: Path | None, chart: Path | None, as_json: bool
) -> None:
    """Find lasting changes of level, and falls and rises on two routes at about the same time.

    That two changes came together is an association: that one caused the other is not shown.
    """
    from headwater.node import figures_runs as use

    source = use.wide(wide)
    found = use.breaks(source, season, online=online)
    if out is not None:
        use.write_breaks(out, found, online=online)
    if chart is not None:
        use.break_chart(chart, source, found)
    document = use.breaks_document(source, found)
    lines = [
        f"{one['series']:40} {shown(one['direction']):>4} "
        + shown(
            "from {period} (seen at {seen}): about {before:,.0f} to {after:,.0f}",
            period=one["period"],
            seen=one["seen_at"],
            before=one["before"],
            after=one["after"],
        )
        for one in document["breaks"]
    ]
    lines += [one["text"] for one in document["associations"]]
    door.answer(
        {"ok": True, "online": online, **document, "warnings": _warnings(source)},
        lines or [shown("no break")],
        as_json=as_json,
    )


@click.command("publish", epilog="Example: headwater figures publish table.csv --method round --out public.csv")
@click.argument("table", metavar="TABLE.csv", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--method",
    default="round",
    show_default=True,
    type=click.Choice(["round", "suppress"]),
    help="How small counts are hidden.",
)
@click.option("--threshold", default=5, show_default=True, help="Counts from 1 to below it are small.")
@click.option("--out", required=True, type=options.TO_WRITE, help="File, .csv or .ods.")
@options.home(required=False)
@options.acting("statistics")
@options.as_json
def publish_figures(
    *,
    table: Path,
    method: str,
    threshold: int,
    out: Path,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Write a table so that no small count in it can be worked out, or refuse.

    Before it is written, the result is attacked by linear programming, as somebody could who sees only that. With a node
    (--home) the user must be allowed to publish, and the ledger says that it was done.
    """
    from headwater.node import figures_tables as use

    read, cautions = use.read_table(table)
    with bar("attacking") as progress:
        if home is None:
            made = use.published(read, method, threshold, progress=progress)
        else:
            with session_at(home, user, purpose) as pair:
                made = use.published(read, method, threshold, at=pair, progress=progress)
    use.write_published(out, made)
    document = {
        "ok": True,
        "method": method,
        "merged": list(made.merged),
        "base": made.base,
        "loss": round(made.loss, 6),
        "hidden": made.hidden,
        "narrowed": 0,
        "file": str(out),
        "warnings": [{"code": one.code, "where": one.where, "text": one.text} for one in cautions],
    }
    lines = [f"{out}: {shown('{share:.1%} of the counts lost, no small cell can be narrowed', share=made.loss)}"]
    if made.merged:
        lines.append(shown("merged into Other: {names}", names=", ".join(made.merged)))
    door.answer(document, lines, as_json=as_json)
