"""How good forecasts were: error beside seasonal naive, coverage of the intervals, weighted interval score.

Seasonal naive says last year's value. rMAE is MAE ÷ MAE of seasonal naive, over series as a geometric mean. The weighted
interval score is that of Bracher, Ray, Gneiting, Reich 2021, Evaluating epidemic forecasts in an interval format.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, log
from typing import TYPE_CHECKING

from headwater.engines.figures.panel import Panel
from headwater.model.period import Period

if TYPE_CHECKING:
    from headwater.engines.figures.forecast import Ahead


@dataclass(frozen=True, slots=True)
class SeriesScore:
    """How good forecasts of one series were.

    Attributes:
        series: its name.
        forecasts: how many.
        mae: mean absolute error, in counts.
        naive_mae: that of seasonal naive on the same periods.
        covered: for each level the share of intervals that held.
        wis: mean weighted interval score, in counts.
    """

    series: str
    forecasts: int
    mae: float
    naive_mae: float
    covered: tuple[float, ...]
    wis: float

    @property
    def rmae(self) -> float:
        """Error beside seasonal naive: below 1 is better than last year's value."""
        if self.naive_mae == 0:
            return 1.0 if self.mae == 0 else inf
        return self.mae / self.naive_mae


@dataclass(frozen=True, slots=True)
class Scores:
    """How good forecasts were, series by series."""

    series: tuple[SeriesScore, ...]

    @property
    def rmae(self) -> float | None:
        """Geometric mean over the series whose last year was not simply repeated; None where there is none."""
        logs = [log(one.rmae) for one in self.series if 0 < one.rmae < inf]
        return exp(sum(logs) / len(logs)) if logs else None

    @property
    def covered(self) -> tuple[float, ...]:
        """For each level the share of all intervals that held."""
        whole = sum(one.forecasts for one in self.series)
        if not whole:
            return ()
        levels = range(len(self.series[0].covered))
        return tuple(sum(one.covered[at] * one.forecasts for one in self.series) / whole for at in levels)


def scores(panel: Panel, rows: Iterable[tuple[Period, "Ahead", int]], season: int, levels: Sequence[float]) -> Scores:
    """Return how good forecasts were.

    Args:
        panel: the series they are of.
        rows: origin, forecast, and what came.
        season: periods in a season.
        levels: levels of the intervals, in per cent.
    """
    place = {period: at for at, period in enumerate(panel.periods)}
    counts = dict(zip(panel.names, panel.counts, strict=True))
    grouped: dict[str, list[tuple[float, float, tuple[bool, ...], float]]] = {}
    for _, row, came in rows:
        back = season * ((row.horizon - 1) // season + 1)
        before = counts[row.series][place[row.period] - back]
        if before is None:
            continue
        held = tuple(low <= came <= high for low, high in row.bounds)
        scored = interval_score(came, row.point, row.bounds, levels)
        grouped.setdefault(row.series, []).append((abs(came - row.point), abs(came - before), held, scored))
    return Scores(
        tuple(
            SeriesScore(
                name,
                len(found),
                sum(one[0] for one in found) / len(found),
                sum(one[1] for one in found) / len(found),
                tuple(sum(one[2][at] for one in found) / len(found) for at in range(len(levels))),
                sum(one[3] for one in found) / len(found),
            )
            for name, found in grouped.items()
        )
    )


def interval_score(came: float, point: float, bounds: Sequence[tuple[float, float]], levels: Sequence[float]) -> float:
    """Return the weighted interval score of one forecast; smaller is better.

    Args:
        came: what came.
        point: the forecast's median.
        bounds: lower and upper end for each level.
        levels: in per cent.
    """
    total = abs(came - point) / 2
    for (low, high), level in zip(bounds, levels, strict=True):
        alpha = 1 - level / 100
        outside = max(low - came, 0.0) + max(came - high, 0.0)
        total += alpha / 2 * (high - low) + outside
    return total / (len(levels) + 0.5)
