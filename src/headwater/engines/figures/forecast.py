"""Forecasts of counts on routes, with intervals, and the back-test that says how far to trust them.

A forecast is of counts, never of persons. A total is forecast directly, as a series of its own: the sum of forecasts of
routes is worse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headwater.engines.figures.blend import blend, first_origin
from headwater.engines.figures.interval import LEAST_ERRORS, check_levels, widths
from headwater.engines.figures.panel import Panel, check_season
from headwater.engines.figures.score import Scores, scores
from headwater.errors import Place, SchemaError
from headwater.model.period import Period

if TYPE_CHECKING:
    from headwater.engines.figures.panel import Floats

LEVELS: Final = (50.0, 80.0, 95.0)
MAX_HORIZON: Final = 104


@dataclass(frozen=True, slots=True)
class Ahead:
    """One forecast.

    Attributes:
        series: name of the series.
        period: what it is for.
        horizon: how many periods ahead that is.
        point: the middle: as likely too high as too low.
        bounds: for each level the lower and upper end of its interval.
    """

    series: str
    period: Period
    horizon: int
    point: float
    bounds: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecasts of all series of a panel, and how forecasts made in the same way did before.

    Attributes:
        origin: the last period that they know.
        levels: levels of the intervals, in per cent.
        rows: the forecasts, series by series.
        tested: the back-test on the panel's own past, up to two seasons of origins.
    """

    origin: Period
    levels: tuple[float, ...]
    rows: tuple[Ahead, ...]
    tested: "Backtest"


@dataclass(frozen=True, slots=True)
class Backtest:
    """What forecasts from earlier origins would have said, beside what came.

    Attributes:
        first, last: the first and last origin.
        rows: each forecast with its origin and what came.
        scores: how good they were, beside seasonal naive.
    """

    first: Period
    last: Period
    levels: tuple[float, ...]
    rows: tuple[tuple[Period, Ahead, int], ...]
    scores: Scores


def forecast(panel: Panel, horizon: int, season: int, levels: Sequence[float] = LEVELS) -> Forecast:
    """Return forecasts of every series of a panel.

    Args:
        panel: the series.
        horizon: periods ahead.
        season: periods in a season: 12 for months, 4 for quarters.
        levels: levels of the intervals, in per cent.

    Raises:
        SchemaError: too little history, or an impossible horizon, season or level.
        MissingExtraError: numpy is not installed.
    """
    work = _Work(panel, horizon, season, check_levels(tuple(levels)))
    last = len(panel.periods) - 1
    begin = max(work.earliest, last - 2 * season)
    rows = tuple(work.rows(last, begin))
    return Forecast(
        panel.periods[-1], work.levels, rows, work.tested(begin, last - 1) if begin < last else work.empty()
    )


def backtest(
    panel: Panel, first: Period, last: Period, horizon: int, season: int, levels: Sequence[float] = LEVELS
) -> Backtest:
    """Return what forecasts from each origin of a range would have said, each by what was there at its time.

    Args:
        panel: the series.
        first: the first origin, the last period that its forecast may see.
        last: the last origin.
        horizon: periods ahead.
        season: periods in a season.
        levels: levels of the intervals, in per cent.

    Raises:
        SchemaError: as `forecast`, or an origin without enough history or without anything behind it.
        MissingExtraError: numpy is not installed.
    """
    work = _Work(panel, horizon, season, check_levels(tuple(levels)))
    begin, end = (_place(panel, origin) for origin in (first, last))
    if not begin <= end < len(panel.periods) - 1:
        raise SchemaError("the last origin must not be before the first, nor at the end of the file", where="--last")
    if begin < work.earliest:
        fix = f"begin at {panel.periods[work.earliest]} or later" if work.earliest < len(panel.periods) else ""
        raise SchemaError(f"too little history before {first}", where="--first", fix=fix)
    return work.tested(begin, end)


class _Work:
    """One panel with the blend from each of its origins."""

    def __init__(self, panel: Panel, horizon: int, season: int, levels: tuple[float, ...]) -> None:
        if not 1 <= horizon <= MAX_HORIZON:
            raise SchemaError(f"a horizon of 1 to {MAX_HORIZON} periods is needed", where=Place(field="horizon"))
        self.panel, self.horizon, self.levels = panel, horizon, levels
        self.season = check_season(season)
        self.earliest = first_origin(season) + horizon + LEAST_ERRORS - 1
        if len(panel.periods) <= self.earliest:
            what = f"{len(panel.periods)} periods are too few: {self.earliest + 1} are needed"
            fix = "give more history, or a shorter season or horizon"
            raise SchemaError(what, where=Place(field="period"), fix=fix)
        self.logs = panel.logs()
        for at, name in enumerate(panel.names):
            if all(value is None for value in panel.counts[at][-2 * season :]):
                raise SchemaError("a series without a value in the last two seasons", where=Place(field=name[:60]))
        self.blended = blend(self.logs, season, horizon)

    def rows(self, origin: int, begin: int) -> "list[Ahead]":
        """Return the forecasts from one origin; widths are made from another on, where they have to learn."""
        halves = widths(self.logs, self.blended, self.season, self.levels, begin)
        return [row for _, row in self._rows(origin, halves.halves[origin - begin])]

    def tested(self, begin: int, end: int) -> Backtest:
        """Return the back-test over a range of origins."""
        halves = widths(self.logs, self.blended, self.season, self.levels, begin)
        found = []
        for origin in range(begin, end + 1):
            for at, row in self._rows(origin, halves.halves[origin - begin]):
                place = origin + row.horizon
                came = self.panel.counts[at][place] if place < len(self.panel.periods) else None
                if came is not None:
                    found.append((self.panel.periods[origin], row, came))
        return Backtest(
            self.panel.periods[begin],
            self.panel.periods[end],
            self.levels,
            tuple(found),
            scores(self.panel, found, self.season, self.levels),
        )

    def empty(self) -> Backtest:
        """Return a back-test of a panel that is just long enough for one forecast."""
        here = self.panel.periods[-1]
        return Backtest(here, here, self.levels, (), scores(self.panel, [], self.season, self.levels))

    def _rows(self, origin: int, halves: "Floats") -> "list[tuple[int, Ahead]]":
        import numpy as np

        logs = self.blended.logs[origin - self.blended.first]
        points = np.maximum(np.expm1(logs), 0.0)
        lows, highs = (np.maximum(np.expm1(logs + sign * halves), 0.0) for sign in (-1, 1))
        period = self.panel.periods[origin]
        ahead = []
        for _ in range(self.horizon):
            period = period.next()
            ahead.append(period)
        return [
            (
                at,
                Ahead(
                    name,
                    ahead[step],
                    step + 1,
                    float(points[at, step]),
                    tuple((float(low[at, step]), float(high[at, step])) for low, high in zip(lows, highs, strict=True)),
                ),
            )
            for at, name in enumerate(self.panel.names)
            for step in range(self.horizon)
        ]


def _place(panel: Panel, origin: Period) -> int:
    try:
        return panel.periods.index(origin)
    except ValueError as error:
        raise SchemaError(f"no such period in the file: {origin}", where=Place(field="period")) from error
