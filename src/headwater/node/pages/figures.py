"""Series of published figures: as first and as last published, with the definition beside them, and a forecast if asked.

A forecast is of counts on routes and never of persons.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from headwater.engines.figures import Book, Forecast, forecast
from headwater.engines.figures import Shelf as Seen
from headwater.engines.figures.engine import SOURCE, panel_from
from headwater.errors import InputError, Place, SchemaError
from headwater.model.figures import Definition
from headwater.model.period import Kind
from headwater.node.figures import AtNode
from headwater.node.figures_runs import DEFAULT_HORIZON, HORIZONS, SEASONS, tested_lines
from headwater.node.node import Node
from headwater.node.pages.words import Marks, banner
from headwater.policy.session import Session

MOST_VINTAGES: Final = 6
LEVELS: Final = (80.0, 95.0)
MOST_ROWS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """One series in a list."""

    id: str
    title: str
    unit: str
    first: str
    last: str
    newest: int
    editions: int
    seen_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All series that may be seen."""

    rows: tuple[SeriesRow, ...]
    banner: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One period of a series: its value as each edition gave it, the newest first; None where an edition gave none."""

    id: str
    period: str
    ends: date
    values: tuple[int | None, ...]

    @property
    def revised(self) -> bool:
        """Whether editions differ about it."""
        return len({value for value in self.values if value is not None}) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One period of a forecast with its intervals, the narrowest first."""

    id: str
    period: str
    ends: date
    point: float
    bounds: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSeries:
    """One series.

    Attributes:
        seen_on: days of the editions, the newest first, as in the values.
        as_of: what was known on this day is shown; None is today.
        ahead: the forecast, where it was asked and can be made.
        tested: how forecasts made in the same way did before.
        no_forecast: why there is none, where it was asked.
    """

    id: str
    definition: Definition
    seen_on: tuple[date, ...]
    values: tuple[Value, ...]
    left_out: int
    as_of: date | None
    ahead: tuple[Ahead, ...]
    origin: str
    tested: tuple[str, ...]
    no_forecast: str
    banner: Marks


def figures(node: Node, session: Session) -> Figures:
    """Return every series that a session may see.

    Raises:
        PolicyError: the user may not work with figures.
    """
    with AtNode(node, session).view() as view:
        book = Seen(view).book
        held = banner(record.handling for record in view.records(source=SOURCE))
    return Figures(rows=tuple(_row(book, name) for name in book.names), banner=held)


def _row(book: Book, name: str) -> SeriesRow:
    known = book.known(name)
    periods = sorted(known, key=lambda period: (period.end, period.start))
    what = book.definition(name)
    days = {one.seen_on for vintages in book.vintages(name).values() for one in vintages}
    return SeriesRow(
        id=name, title=what.title, unit=str(what.unit), first=str(periods[0]) if periods else "",
        last=str(periods[-1]) if periods else "", newest=known[periods[-1]].value if periods else 0, editions=len(days),
        seen_on=max(days).isoformat() if days else "",
    )  # fmt: skip


def series(node: Node, session: Session, name: str, as_of: date | None = None, *, ahead: bool = False) -> OneSeries:
    """Return one series with its vintages, and a forecast where it is asked.

    Args:
        node: the node.
        session: who looks.
        name: its full name.
        as_of: the day whose knowledge is shown; None is today.
        ahead: whether a forecast is asked.

    Raises:
        PolicyError: the user may not work with figures.
        SchemaError: there is no such series, or nothing of it was known then.
    """
    with AtNode(node, session).view() as view:
        book = Seen(view).book
        held = banner(record.handling for record in view.records(source=SOURCE))
    if name not in book.names:
        raise SchemaError("no such series", where=Place(field="series"), fix="choose one from the list of figures")
    vintages = book.vintages(name)
    days = sorted({one.seen_on for told in vintages.values() for one in told if as_of is None or one.seen_on <= as_of})
    if not days:
        raise SchemaError("nothing of this series was known on that day", where=Place(field="as_of"))
    shown = tuple(reversed(days))[:MOST_VINTAGES]
    values = []
    for period in sorted(vintages, reverse=True):
        by_day = {one.seen_on: one.value for one in vintages[period]}
        if any(day in by_day for day in shown) and period.kind is not Kind.RANGE:
            told = tuple(by_day.get(day) for day in shown)
            values.append(Value(id=str(period), period=str(period), ends=period.end, values=told))
    made, why = _forecast(book, name, as_of) if ahead else (None, "")
    return OneSeries(
        id=name, definition=book.definition(name, as_of), seen_on=shown, values=tuple(values),
        left_out=max(0, len(values) - MOST_ROWS), as_of=as_of, ahead=_ahead(made), origin=str(made.origin) if made else "",
        tested=_tested(made), no_forecast=why, banner=held,
    )  # fmt: skip


def _forecast(book: Book, name: str, as_of: date | None) -> tuple[Forecast | None, str]:
    try:
        panel = panel_from(book, name, as_of)
        horizon, season = HORIZONS.get(panel.kind, DEFAULT_HORIZON), SEASONS.get(panel.kind, 1)
        return forecast(panel, horizon, season, LEVELS), ""
    except InputError as error:
        return None, error.what


def _ahead(made: Forecast | None) -> tuple[Ahead, ...]:
    return tuple(
        Ahead(
            id=str(row.period), period=str(row.period), ends=row.period.end, point=round(row.point, 1),
            bounds=tuple((round(low, 1), round(high, 1)) for low, high in row.bounds),
        )
        for row in (made.rows if made else ())
    )  # fmt: skip


def _tested(made: Forecast | None) -> tuple[str, ...]:
    return tuple(tested_lines(made.tested)) if made else ()
