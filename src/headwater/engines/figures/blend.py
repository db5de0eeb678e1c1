"""The blend: the members' mean, weighted by how well each did lately, at every origin of a panel.

A member's past error at a horizon is its absolute error in log space, older ones weighing less. What all series say of a
member is mixed with what one series says, and the weight is a power of the error.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headwater.engines.figures.members import QUARTERS_A_YEAR, Workshop

if TYPE_CHECKING:
    from headwater.engines.figures.panel import Floats

LEAST_ORIGINS: Final = 8
"""Past errors from which weights are believed; before, the members weigh the same."""
_FLOOR: Final = 0.02
"""An error of two per cent more for everybody: without it a lucky member would take all."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How past errors become weights.

    Attributes:
        half_life_years: years after which an error weighs half.
        power: how sharply errors tell members apart.
        own: share of a series' own errors against those of all series.
    """

    half_life_years: float
    power: float
    own: float


MONTHLY: Final = Trust(5.0, 4.0, 0.3)
QUARTERLY: Final = Trust(1.0, 16.0, 0.8)


@dataclass(frozen=True, slots=True)
class Blended:
    """The blend from many origins.

    Attributes:
        first: place of the first origin.
        logs: forecasts, shape (origins, series, horizon), in log(1 + count).
        members: the members' own, shape (origins, members, series, horizon).
        weights: the last origin's weights, shape (members, series, horizon).
    """

    first: int
    logs: "Floats"
    members: "Floats"
    weights: "Floats"


def first_origin(season: int) -> int:
    """Return the first place from which a forecast can be made: with two and a half seasons behind it."""
    return 2 * season + season // 2


def blend(logs: "Floats", season: int, horizon: int) -> Blended:
    """Return the blend from every origin of a panel; each sees only what was there at that time.

    Args:
        logs: one row a period, one column a series.
        season: periods in a season.
        horizon: periods ahead.
    """
    import numpy as np

    trust = QUARTERLY if season <= QUARTERS_A_YEAR else MONTHLY
    fade = 0.5 ** (1.0 / (trust.half_life_years * max(season, 1)))
    begin, length = first_origin(season), len(logs)
    said = Workshop(logs, season).all(begin, horizon)
    shape = said.shape[1:]
    total, weight = np.zeros(shape), np.zeros(shape)
    mixed: list[Floats] = []
    weights = np.full(shape, 1.0 / shape[0])
    for origin in range(begin, length):
        _learn(total, weight, said, logs, origin, begin, fade)
        weights = _weights(total, weight, trust, enough=origin - begin >= LEAST_ORIGINS + horizon - 1)
        mixed.append(_mean(said[origin - begin], weights))
    return Blended(begin, np.stack(mixed), said, weights)


def _learn(
    total: "Floats", weight: "Floats", said: "Floats", logs: "Floats", origin: int, begin: int, fade: float
) -> None:
    """Take in the errors that the newest value shows, of the forecasts made one, two, … periods ago."""
    import numpy as np

    total *= fade
    weight *= fade
    for ahead in range(1, total.shape[2] + 1):
        made = origin - ahead - begin
        if made < 0:
            break
        error = np.abs(said[made][:, :, ahead - 1] - logs[origin])
        # A value that is missing tells nothing of any member, one without a forecast nothing of that member alone.
        given = ~np.isnan(error)
        total[:, :, ahead - 1] += np.where(given, error, 0.0)
        weight[:, :, ahead - 1] += given


def _weights(total: "Floats", weight: "Floats", trust: Trust, *, enough: bool) -> "Floats":
    import numpy as np

    if not enough:
        return np.full(total.shape, 1.0 / total.shape[0])
    error = np.where(weight > 0, total / np.maximum(weight, 1e-12), np.nan) + _FLOOR
    logs = np.log(error)
    logs = np.where(np.isnan(logs), 0.0, logs - _nanmean(logs, 0))
    shared = logs.mean(axis=1, keepdims=True)
    strength = np.exp(-trust.power * (trust.own * logs + (1.0 - trust.own) * shared))
    shares: Floats = strength / strength.sum(axis=0)
    return shares


def _nanmean(values: "Floats", axis: int) -> "Floats":
    import numpy as np

    given = ~np.isnan(values)
    count = np.maximum(given.sum(axis=axis, keepdims=True), 1)
    mean: Floats = np.where(given, values, 0.0).sum(axis=axis, keepdims=True) / count
    return mean


def _mean(members: "Floats", weights: "Floats") -> "Floats":
    """Return the weighted mean of the members that have something to say."""
    import numpy as np

    given = ~np.isnan(members)
    shares = weights * given
    total = shares.sum(axis=0)
    summed = (np.where(given, members, 0.0) * shares).sum(axis=0)
    mean: Floats = np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
    return mean
