"""Exponential smoothing with a damped trend and a season, as two members of the forecast: with a trend, and without.

The gains are not fitted, which costs an optimisation for each origin. A small grid of them runs along the series once; at
every origin each point of the grid is trusted by how well it forecast until then, and their weighted mean is the member.

Source: Hyndman, Koehler, Ord, Snyder 2008, Forecasting with Exponential Smoothing, model A,Ad,A; Gardner 2006, Exponential
smoothing: the state of the art, part II.
"""

from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from headwater.engines.figures.panel import Floats

NAMES: Final = ("smoothing with a trend", "smoothing without a trend")
_LEVEL: Final = (0.2, 0.4, 0.65, 0.9)
_TREND: Final = (0.0, 0.2)
"""Gain of the trend, as a share of that of the level; nought is no trend."""
_SEASON: Final = (0.05, 0.2, 0.4)
"""Gain of the season, as a share of what the level leaves."""
_DAMPED: Final = 0.9
_YEARS: Final = 6.0
"""Seasons after which an error of a point of the grid weighs half."""
_SHARPNESS: Final = 30.0
"""How sharply errors tell points apart: 3 % more of them halves the trust."""
_SHARED: Final = 0.5
_FLOOR: Final = 0.01
_JUDGED: Final = 6
"""Horizons at which a point of the grid is judged."""


def smoothed(logs: "Floats", season: int, horizon: int, first: int) -> "Floats":
    """Return the forecasts of both members from each origin, each by what was there at its time.

    Args:
        logs: one row a period, one column a series; NaN where no value is given.
        season: periods in a season.
        horizon: periods ahead.
        first: place of the first origin, behind at least two seasons.

    Shape: (origins, 2, series, horizon).  Units: log(1 + count).
    """
    import numpy as np

    run = _Grid(logs, season, horizon)
    made = []
    for now in range(len(logs)):
        forecasts = run.step(now)
        if now >= first:
            made.append(run.mixed(forecasts))
    return np.stack(made)


class _Grid:
    """All points of the grid on their way along all series of a panel."""

    def __init__(self, logs: "Floats", season: int, horizon: int) -> None:
        import numpy as np

        self.logs, self.season, self.horizon = logs, season, horizon
        points = np.array([(a, b * a, g * (1 - a)) for a, b, g in product(_LEVEL, _TREND, _SEASON)])
        self.gains = tuple(points[:, at, None] for at in range(3))
        self.plain = points[:, 1] == 0
        shape = (len(points), logs.shape[1])
        self.started = np.zeros(logs.shape[1], dtype=bool)
        self.level, self.trend = np.zeros(shape), np.zeros(shape)
        self.seasons = np.tile(_first_season(logs, season)[:, None, :], (1, len(points), 1))
        self.judged = min(horizon, _JUDGED)
        self.fade = 0.5 ** (1.0 / (_YEARS * season))
        self.cost, self.weight = np.zeros((*shape, self.judged)), np.zeros((logs.shape[1], self.judged))
        self.said = np.full((self.judged, *shape, self.judged), np.nan)
        self.reach = np.cumsum(_DAMPED ** np.arange(1, horizon + 1))

    def step(self, now: int) -> "Floats":
        """Take in one period; return what each point forecasts then, shape (points, series, horizon)."""
        import numpy as np

        value = self.logs[now]
        self._begin(now, value)
        self._judge(now, value)
        alpha, beta, gamma = self.gains
        here = now % self.season
        drift = _DAMPED * self.trend
        error = np.where(np.isnan(value), 0.0, value - (self.level + drift + self.seasons[here]))
        error = np.where(self.started, error, 0.0)
        self.level = self.level + drift + alpha * error
        self.trend = drift + beta * error
        self.seasons[here] += gamma * error
        ahead = np.stack([self.seasons[(now + step) % self.season] for step in range(1, self.horizon + 1)], axis=-1)
        forecasts = self.level[:, :, None] + self.trend[:, :, None] * self.reach + ahead
        forecasts = np.where(self.started[:, None], forecasts, np.nan)
        self.said[now % self.judged] = forecasts[:, :, : self.judged]
        return forecasts

    def mixed(self, forecasts: "Floats") -> "Floats":
        """Return the mean over all points, and over those without a trend, each trusted by its errors so far."""
        import numpy as np

        cost = (self.cost / np.maximum(self.weight, 1e-9)).mean(axis=2)
        found = []
        for part in (np.ones_like(self.plain), self.plain):
            logs = np.log(cost[part] + _FLOOR)
            logs = (1 - _SHARED) * logs + _SHARED * logs.mean(axis=1, keepdims=True)
            shares = np.exp(-_SHARPNESS * (logs - logs.min(axis=0)))
            found.append((forecasts[part] * (shares / shares.sum(axis=0))[:, :, None]).sum(axis=0))
        return np.stack(found)

    def _begin(self, now: int, value: "Floats") -> None:
        """Start each series at its first season's mean, or at its first value where it begins later."""
        import numpy as np

        new = ~self.started & ~np.isnan(value)
        if new.any():
            year = self.logs[now : now + self.season, new] if now == 0 else value[None, new]
            given = ~np.isnan(year)
            self.level[:, new] = np.where(given, year, 0.0).sum(axis=0) / given.sum(axis=0)
            if now:
                self.seasons[:, :, new] = 0.0
            self.started |= new

    def _judge(self, now: int, value: "Floats") -> None:
        """Take in the errors that a value shows; the first season's forecasts rest on a start that knew it."""
        import numpy as np

        self.cost *= self.fade
        self.weight *= self.fade
        for ahead in range(1, self.judged + 1):
            if now - ahead < self.season:
                break
            error = np.abs(self.said[(now - ahead) % self.judged][:, :, ahead - 1] - value)
            self.cost[:, :, ahead - 1] += np.where(np.isnan(error), 0.0, error)
            self.weight[:, ahead - 1] += ~np.isnan(error[0])


def _first_season(logs: "Floats", season: int) -> "Floats":
    """Return half of how the first two seasons' periods lie from their means; nought where one is not given whole."""
    import numpy as np

    years = logs[: 2 * season].reshape(2, season, -1)
    off = (years - years.mean(axis=1, keepdims=True)).mean(axis=0) / 2
    first: Floats = np.where(np.isnan(off).any(axis=0), 0.0, off)
    return first
