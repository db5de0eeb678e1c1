"""A rule that is learned from all series of a panel together: how counts went on from where they stood.

At each horizon the change from the newest value is regressed on a few features of where that value stands: against the last
year, against what last year did from the same season on, and what it did lately. Coefficients are shared by all series,
drawn towards zero, that is to the plain last value, and fitted so that a few large errors do not lead (Huber's loss). A
feature counts in units of its usual size and is cut off there: what was never seen before is not taken further than what was.

Source: Montero-Manso, Hyndman 2021, Principles and algorithms for forecasting groups of time series; Huber 1964, Robust
estimation of a location parameter.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headwater.engines.figures.panel import Floats

LEAST_ORIGINS: Final = 10
"""Past changes that are needed before anything is learned; until then the rule says the last value."""
MOST_SEASONS_AHEAD: Final = 2
"""Beyond so many seasons the rule has nothing to say."""
_RIDGE: Final = 20.0
_HALF_LIFE_SEASONS: Final = 20.0
_CUT: Final = 1.0
"""Usual sizes at which a feature is cut off."""
_ROUNDS: Final = 3
_HUBER: Final = 1.345 * 1.4826
"""Robust standard deviations beyond which an error weighs less: 95 % efficient where errors are normal."""
_SCALE_FLOOR: Final = 0.03


def learned(logs: "Floats", season: int, horizon: int, first: int) -> "Floats":
    """Return the rule's forecasts from each origin, each learned from what was there at its time.

    Args:
        logs: one row a period, one column a series; NaN where no value is given.
        season: periods in a season.
        horizon: periods ahead.
        first: place of the first origin, behind at least two seasons.

    Shape: (origins, series, horizon).  Units: log(1 + count).
    """
    import numpy as np

    values = _carried(logs)
    made = np.full((len(logs) - first, logs.shape[1], horizon), np.nan)
    for ahead in range(1, min(horizon, MOST_SEASONS_AHEAD * season) + 1):
        begin = 2 * season
        features = np.stack([_features(values, season, origin, ahead) for origin in range(begin, len(logs))])
        changes = logs[begin + ahead :] - values[begin : len(logs) - ahead]
        for origin in range(first, len(logs)):
            known = max(0, origin - ahead + 1 - begin)
            change = _change(features[:known], changes[:known], features[origin - begin], season)
            made[origin - first, :, ahead - 1] = values[origin] + change
    return made


def _carried(logs: "Floats") -> "Floats":
    """Return the values with each gap filled by the value before it."""
    import numpy as np

    last = np.where(~np.isnan(logs), np.arange(len(logs))[:, None], 0)
    filled: Floats = np.take_along_axis(logs, np.maximum.accumulate(last, axis=0), axis=0)
    return filled


def _features(values: "Floats", season: int, origin: int, ahead: int) -> "Floats":
    """Return the features of one origin at one horizon, shape (series, features)."""
    import numpy as np

    now = values[origin]
    year = values[origin - season + 1 : origin + 1].mean(axis=0)
    before = values[origin - 2 * season + 1 : origin - season + 1].mean(axis=0)
    back = season * ((ahead - 1) // season + 1)
    steps = [values[origin - step] - values[max(0, origin - step - 1)] for step in range(4)]
    return np.stack(
        [
            now - year,
            now - values[origin - season],
            year - before,
            values[origin + ahead - back] - values[origin - back] if origin >= back else np.zeros_like(now),
            values[origin + ahead - 2 * season] - values[origin - 2 * season]
            if ahead <= season
            else np.zeros_like(now),
            *steps,
        ],
        axis=-1,
    )


def _change(features: "Floats", changes: "Floats", here: "Floats", season: int) -> "Floats":
    """Return the change to expect where the features are `here`, by those of the past and what followed them."""
    import numpy as np

    given = ~np.isnan(changes) & ~np.isnan(features).any(axis=-1)
    nothing: Floats = np.zeros(len(here))
    if len(changes) < LEAST_ORIGINS or not given.any():
        return nothing
    known = np.where(given, changes, 0.0)
    scale = np.sqrt((known**2).sum(axis=0) / np.maximum(given.sum(axis=0), 1)) + _SCALE_FLOOR
    age = np.arange(len(changes))[::-1, None] / season
    weights = (0.5 ** (age / _HALF_LIFE_SEASONS) / scale**2 * given)[given]
    weights /= weights.mean()
    rows, right = features[given], changes[given]
    usual = np.sqrt((weights[:, None] * rows**2).mean(axis=0)) + 1e-6
    found = _robust(np.clip(rows / usual, -_CUT, _CUT), right, weights)
    told: Floats = np.clip(np.nan_to_num(here / usual), -_CUT, _CUT) @ found
    return told


def _robust(rows: "Floats", right: "Floats", weights: "NDArray[np.floating[Any]]") -> "Floats":
    """Return the coefficients of a ridge regression with Huber's loss."""
    import numpy as np

    found: Floats = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        errors = np.abs(right - rows @ found) * np.sqrt(weights)
        limit = _HUBER * float(np.median(errors)) + 1e-9
        shares = weights * np.minimum(1.0, limit / np.maximum(errors, 1e-9))
        normal = (rows * shares[:, None]).T @ rows + _RIDGE * np.eye(rows.shape[1])
        found = np.linalg.solve(normal, (rows * shares[:, None]).T @ right)
    return found
