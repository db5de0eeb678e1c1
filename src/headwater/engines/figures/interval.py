"""Intervals from past errors: as wide as the blend has been wrong, at each horizon, by what it could know at the time.

Each series has a scale at each horizon, its mean absolute error in log space, half its own and half that of all series;
the newest year counts most. Errors divided by their scale are pooled, and their quantiles make the widths (split
conformal prediction with weights). The widths also follow how often the last intervals held: freely where there are few
values a year, since an outbreak of errors is over there before the scale has learned of it; elsewhere they are drawn in
when all is calm, and hardly let out, since the scale does that.

Source: Barber, Candès, Ramdas, Tibshirani 2023, Conformal prediction beyond exchangeability; Gibbs, Candès 2021, Adaptive
conformal inference under distribution shift.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headwater.engines.figures.members import QUARTERS_A_YEAR
from headwater.errors import Place, SchemaError

if TYPE_CHECKING:
    from headwater.engines.figures.blend import Blended
    from headwater.engines.figures.panel import Floats

LEAST_ERRORS: Final = 6
"""Past errors at the longest horizon from which an interval can be given."""
_SCALE_HALF_LIFE_YEARS: Final = 1.0
_ERROR_HALF_LIFE_YEARS: Final = 2.0
_REACH_SEASONS: Final = 20
_LEAST_REACH: Final = 100
"""Seasons, and at least periods, of errors that are looked at; older ones would weigh a thousandth."""
_SHARED: Final = 0.5
_FLOOR: Final = 0.02
"""No interval is narrower than two per cent of a mean error."""


@dataclass(frozen=True, slots=True)
class Adapt:
    """How widths follow the share of the last intervals that held.

    Attributes:
        speed: by how much a share that is off moves the log of the widths each period.
        least, most: the log of the least and the most that they are ever multiplied by.
    """

    speed: float
    least: float
    most: float


MONTHLY: Final = Adapt(0.2, -3.0, 0.1)
QUARTERLY: Final = Adapt(0.3, -3.0, 3.0)


@dataclass(frozen=True, slots=True)
class Widths:
    """Half widths of intervals, in log(1 + count).

    Attributes:
        first: place of the first origin.
        halves: shape (origins, levels, series, horizon).
    """

    first: int
    halves: "Floats"


def check_levels(levels: tuple[float, ...]) -> tuple[float, ...]:
    """Return levels of intervals in per cent, smallest first.

    Raises:
        SchemaError: none, or one that is not between 0 and 100.
    """
    if not levels or any(not 0 < level < 100 for level in levels):  # noqa: PLR2004 - per cent
        raise SchemaError("levels between 0 and 100 per cent are needed", where=Place(field="level"))
    return tuple(sorted(set(levels)))


def widths(
    logs: "Floats", blended: "Blended", season: int, levels: tuple[float, ...], begin: int | None = None
) -> Widths:
    """Return half widths from each origin, by the errors that could be known there.

    Args:
        logs: one row a period, one column a series.
        blended: the blend from each origin.
        season: periods in a season.
        levels: in per cent.
        begin: place of the first origin asked for; None is the last of the panel alone.

    Raises:
        SchemaError: there are too few past errors.
    """
    import numpy as np

    length, horizon = len(logs), blended.logs.shape[2]
    begin = length - 1 if begin is None else begin
    earliest = blended.first + horizon + LEAST_ERRORS - 1
    if begin < earliest:
        what = f"too few periods to judge a forecast by: {begin + 1}, and {earliest + 1} are needed"
        raise SchemaError(what, where=Place(field="period"), fix="give more history, a shorter season or horizon")
    adapt = QUARTERLY if season <= QUARTERS_A_YEAR else MONTHLY
    errors = _errors(logs, blended)
    wanted = np.array(levels) / 100.0
    moved = np.zeros(len(levels))
    made: list[Floats] = []
    for origin in range(earliest, length):
        missed = _miss(errors, made, origin, earliest, blended.first, wanted)
        moved = np.clip(moved + adapt.speed * missed, adapt.least, adapt.most)
        halves = _at(errors, origin, blended.first, season, wanted) * np.exp(moved)[:, None, None]
        made.append(np.maximum.accumulate(halves, axis=0))  # a higher level is never narrower, whatever they learned
    return Widths(begin, np.stack(made[begin - earliest :]))


def _errors(logs: "Floats", blended: "Blended") -> "Floats":
    """Return absolute errors, shape (origins, series, horizon); NaN where the value is not known or not given."""
    import numpy as np

    origins, _, horizon = blended.logs.shape
    found = np.full(blended.logs.shape, np.nan)
    for ahead in range(1, horizon + 1):
        known = min(origins, len(logs) - blended.first - ahead)
        if known > 0:
            true = logs[blended.first + ahead : blended.first + ahead + known]
            found[:known, :, ahead - 1] = np.abs(true - blended.logs[:known, :, ahead - 1])
    return found


def _at(errors: "Floats", origin: int, first: int, season: int, levels: "Floats") -> "Floats":
    """Return half widths at one origin, shape (levels, series, horizon)."""
    import numpy as np

    horizon = errors.shape[2]
    scale = np.zeros(errors.shape[1:])
    pooled, weights = [], []
    for ahead in range(1, horizon + 1):
        end = origin - ahead - first + 1
        seen = errors[max(0, end - max(_LEAST_REACH, _REACH_SEASONS * season)) : end, :, ahead - 1]
        age = np.arange(len(seen))[::-1, None] / season
        given = ~np.isnan(seen)
        weight = 0.5 ** (age / _SCALE_HALF_LIFE_YEARS) * given
        mean = (weight * np.where(given, seen, 0.0)).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-12)
        own = np.log(mean + 1e-3)
        scale[:, ahead - 1] = np.maximum(np.exp((1 - _SHARED) * own + _SHARED * own.mean()), _FLOOR)
        pooled.append((seen / scale[:, ahead - 1])[given])
        weights.append(np.broadcast_to(0.5 ** (age / _ERROR_HALF_LIFE_YEARS), seen.shape)[given])
    quantiles = _quantiles(np.concatenate(pooled), np.concatenate(weights), levels)
    halves: Floats = quantiles[:, None, None] * scale
    return halves


def _quantiles(values: "Floats", weights: "Floats", levels: "Floats") -> "Floats":
    import numpy as np

    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) / weights.sum()
    found: Floats = values[order][np.minimum(np.searchsorted(below, levels), len(values) - 1)]
    return found


def _miss(errors: "Floats", made: "list[Floats]", origin: int, start: int, first: int, levels: "Floats") -> "Floats":
    """Return, for each level, by how much fewer of the intervals that the newest value tests held than should have."""
    import numpy as np

    held, given = np.zeros(len(levels)), 0
    for ahead in range(1, min(errors.shape[2], origin - start) + 1):
        error = errors[origin - ahead - first, :, ahead - 1]
        held += (error <= made[origin - ahead - start][:, :, ahead - 1]).sum(axis=1)
        given += int((~np.isnan(error)).sum())
    gap: Floats = levels - held / given if given else np.zeros(len(levels))
    return gap
