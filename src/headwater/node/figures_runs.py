"""Figures at work on files: forecasts, back-tests and breaks of wide CSV, and their charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from headwater.engines.figures import (
    Backtest,
    Break,
    Forecast,
    Panel,
    online_breaks,
    panel_of,
    past_breaks,
    shifts,
)
from headwater.engines.figures import backtest as run_backtest
from headwater.engines.figures import forecast as run_forecast
from headwater.errors import SettingsError
from headwater.formats.figure_chart import KINDS, Band, Line, Mark, Pane, chart_bytes
from headwater.formats.figure_out import OutTable, table_bytes
from headwater.formats.figures import reader
from headwater.formats.safe_sheet import Cell
from headwater.model.figures import Caution
from headwater.model.period import Kind, parse_period
from headwater.node.figures import given
from headwater.node.files import write
from headwater.node.system import SystemClock

SEASONS: Final = {Kind.DAY: 7, Kind.WEEK: 52, Kind.MONTH: 12, Kind.QUARTER: 4}
HORIZONS: Final = {Kind.QUARTER: 4}
DEFAULT_HORIZON: Final = 6
NO_PERSON: Final = "A forecast is of counts on routes and never of persons."
SHOWN_YEARS: Final = 6
"""Years before a forecast that its chart shows."""


@dataclass(frozen=True, slots=True)
class Wide:
    """A wide file as a panel, and what a reader should know about it."""

    panel: Panel
    cautions: tuple[Caution, ...]

    def season(self, asked: int | None) -> int:
        """Return the periods in a season: as asked, else by the kind of period."""
        return asked if asked is not None else SEASONS.get(self.panel.kind, 1)

    def horizon(self, asked: int | None) -> int:
        """Return how many periods ahead to look: as asked, else by the kind of period."""
        return asked if asked is not None else HORIZONS.get(self.panel.kind, DEFAULT_HORIZON)


def wide(file: Path) -> Wide:
    """Return a wide CSV file as a panel, its series under the names that the file gives them.

    Raises:
        InputError: it is none.
    """
    read = reader("csv-wide").read(given(file, SystemClock().now()))
    edition = read.editions[0]
    made = panel_of(edition)
    titles = {name: what.title for name, what in edition.definitions}
    return Wide(Panel(made.periods, tuple(titles[name] for name in made.names), made.counts), read.cautions)


def forecast(source: Wide, horizon: int | None, season: int | None, levels: Sequence[float]) -> Forecast:
    """Return forecasts of every series of a file."""
    return run_forecast(source.panel, source.horizon(horizon), source.season(season), levels)


def backtest(
    source: Wide, first: str, last: str, horizon: int | None, season: int | None, levels: Sequence[float]
) -> Backtest:
    """Return what forecasts from each origin of a range would have said."""
    ends = parse_period(first), parse_period(last)
    return run_backtest(source.panel, *ends, source.horizon(horizon), source.season(season), levels)


def breaks(source: Wide, season: int | None, *, online: bool) -> tuple[Break, ...]:
    """Return the breaks in every series of a file."""
    search = online_breaks if online else past_breaks
    return search(source.panel, source.season(season))


def write_forecast(out: Path, made: Forecast) -> None:
    """Write forecasts to a file, CSV or ODS by its ending; the back-test stands in its notes."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            row.series,
            str(row.period),
            row.horizon,
            round(row.point, 1),
            *(round(one, 1) for pair in row.bounds for one in pair),
        )
        for row in made.rows
    )
    header = ("series", "period", "horizon", "point", *_bound_names(made.levels))
    notes = (NO_PERSON, f"The last period known was {made.origin}.", *tested_lines(made.tested))
    write_table(out, OutTable("Forecasts with intervals, and how earlier ones did", header, rows, notes))


def write_backtest(out: Path, made: Backtest) -> None:
    """Write every forecast of a back-test beside what came."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (str(origin), row.series, str(row.period), row.horizon, round(row.point, 1), came,
         *(round(one, 1) for pair in row.bounds for one in pair))
        for origin, row, came in made.rows
    )  # fmt: skip
    header = ("origin", "series", "period", "horizon", "point", "actual", *_bound_names(made.levels))
    write_table(out, OutTable("Back-test", header, rows, tuple(tested_lines(made))))


def write_breaks(out: Path, found: Sequence[Break], *, online: bool) -> None:
    """Write breaks to a file."""
    rows = tuple((one.series, str(one.period), one.direction, str(one.seen_at)) for one in found)
    how = "from trailing data only, as somebody would have who looked each period" if online else "looking back"
    notes = (f"Lasting changes of level, found {how}.", "A break is a change of counts; why it came, it does not say.")
    write_table(out, OutTable("Breaks", ("series", "period", "direction", "seen_at"), rows, notes))


def tested_lines(made: Backtest) -> list[str]:
    """Return the back-test as lines that a person reads."""
    if not made.rows:
        return ["There is no back-test: the file is just long enough for one forecast."]
    shares = ", ".join(
        f"{share:.0%} of the {level:g} % intervals held"
        for level, share in zip(made.levels, made.scores.covered, strict=True)
    )
    rmae = made.scores.rmae
    lines = [f"Back-test, origins {made.first} to {made.last}: {shares}."]
    if rmae is not None:
        lines.append(f"Error beside last year's value (rMAE, below 1 is better): {rmae:.3f} over all series.")
    lines += [f"{one.series}: rMAE {one.rmae:.3f}, mean absolute error {one.mae:,.0f}." for one in made.scores.series]
    return lines


def tested_document(made: Backtest) -> dict[str, Any]:
    """Return a back-test as it stands in a document."""
    covered = dict(zip((f"{level:g}" for level in made.levels), made.scores.covered, strict=False))
    return {
        "first": str(made.first),
        "last": str(made.last),
        "forecasts": len(made.rows),
        "rmae": _round(made.scores.rmae),
        "coverage": {level: round(share, 4) for level, share in covered.items()},
        "series": [
            {
                "series": one.series,
                "rmae": _round(one.rmae),
                "mae": round(one.mae, 2),
                "naive_mae": round(one.naive_mae, 2),
                "coverage": {
                    f"{level:g}": round(share, 4) for level, share in zip(made.levels, one.covered, strict=True)
                },
                "wis": round(one.wis, 2),
            }
            for one in made.scores.series
        ],
    }


def forecast_document(made: Forecast) -> list[dict[str, Any]]:
    """Return forecasts as they stand in a document."""
    names = _bound_names(made.levels)
    return [
        {
            "series": row.series,
            "period": str(row.period),
            "horizon": row.horizon,
            "point": round(row.point, 1),
            **dict(zip(names, (round(one, 1) for pair in row.bounds for one in pair), strict=True)),
        }
        for row in made.rows
    ]


def breaks_document(source: Wide, found: Sequence[Break]) -> dict[str, Any]:
    """Return breaks, and shifts between routes as associations, as they stand in a document."""
    return {
        "breaks": [
            {
                "series": one.series,
                "period": str(one.period),
                "direction": one.direction,
                "seen_at": str(one.seen_at),
                "before": round(one.before, 1),
                "after": round(one.after, 1),
                "strength": round(one.strength, 3),
            }
            for one in found
        ],
        "associations": [
            {
                "fell": one.fell.series,
                "rose": one.rose.series,
                "fell_period": str(one.fell.period),
                "rose_period": str(one.rose.period),
                "by_chance": round(one.by_chance, 4),
                "text": one.text,
            }
            for one in shifts(source.panel, found)
        ],
    }


def fan_chart(out: Path, source: Wide, made: Forecast) -> None:
    """Write a chart of each forecast with its intervals, and the back-test table beside it."""
    panes = []
    scores = {one.series: one for one in made.tested.scores.series}
    for at, name in enumerate(source.panel.names):
        rows = [row for row in made.rows if row.series == name]
        order = range(len(made.levels) - 1, -1, -1)
        fan = tuple(
            Band(made.levels[level], tuple((row.period.end, *row.bounds[level]) for row in rows)) for level in order
        )
        past = Line("published", _points(source.panel, at, SHOWN_YEARS))
        ahead = Line("forecast", tuple((row.period.end, row.point) for row in rows))
        table = [("back-test", ""), ("origins", f"{made.tested.first} to {made.tested.last}")]
        if name in scores:
            one = scores[name]
            held = [
                (f"{level:g} % held", f"{share:.0%}") for level, share in zip(made.levels, one.covered, strict=True)
            ]
            table += [("rMAE", f"{one.rmae:.2f}"), ("mean error", f"{one.mae:,.0f}"), *held]
        panes.append(Pane(name, "counts", (past, ahead), fan, table=tuple(table)))
    notes = (
        f"{NO_PERSON} The last period known was {made.origin}. rMAE: error beside last year's value; below 1 is better."
    )
    write(out, chart_bytes(panes, notes, picture_kind(out)))


def break_chart(out: Path, source: Wide, found: Sequence[Break]) -> None:
    """Write a chart of each series with its breaks."""
    panes = [
        Pane(
            name,
            "counts",
            (Line("published", _points(source.panel, at)),),
            marks=tuple(Mark(one.period.end, one.up) for one in found if one.series == name),
        )
        for at, name in enumerate(source.panel.names)
    ]
    notes = "▲ the level rose, ▼ it fell. A break is a change of counts; why it came, it does not say."
    write(out, chart_bytes(panes, notes, picture_kind(out)))


def backtest_chart(out: Path, source: Wide, made: Backtest) -> None:
    """Write a chart of what was forecast one period and the whole horizon ahead, beside what came."""
    panes = []
    longest = max((row.horizon for _, row, _ in made.rows), default=1)
    for at, name in enumerate(source.panel.names):
        lines = [Line("published", tuple(point for point in _points(source.panel, at) if point[0] >= made.first.start))]
        for ahead in dict.fromkeys((1, longest)):
            rows = [
                (row.period.end, row.point) for _, row, _ in made.rows if row.series == name and row.horizon == ahead
            ]
            lines.append(Line(f"forecast {ahead} ahead", tuple(rows)))
        panes.append(Pane(name, "counts", tuple(lines)))
    notes = f"Each forecast knew only what was there at its origin, {made.first} to {made.last}."
    write(out, chart_bytes(panes, notes, picture_kind(out)))


def picture_kind(out: Path) -> str:
    """Return the kind of picture that a file's name asks for.

    Raises:
        SettingsError: none that can be made.
    """
    kind = out.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise SettingsError("no such kind of picture", where=str(out), fix="name a file that ends with .svg or .png")
    return kind


def _points(panel: Panel, at: int, years: int | None = None) -> tuple[tuple[date, float], ...]:
    found = [
        (period.end, float(value))
        for period, value in zip(panel.periods, panel.counts[at], strict=True)
        if value is not None
    ]
    if years is None or not found:
        return tuple(found)
    since = found[-1][0].year - years
    return tuple(point for point in found if point[0].year >= since)


def write_table(out: Path, table: OutTable) -> None:
    """Write a table, CSV or ODS by the file's ending, with its notes."""
    for behind, data in table_bytes(table, out.suffix.lower().removeprefix(".")).items():
        write(out if not behind else out.with_name(out.name + behind), data)


def _bound_names(levels: Sequence[float]) -> list[str]:
    return [f"{end}{level:g}" for level in levels for end in ("lo", "hi")]


def _round(value: float | None) -> float | None:
    return None if value is None or value == float("inf") else round(value, 4)
