"""The members of the forecast, in log space: simple rules, each an idea of what moves a series, and what stands beside them.

All rules take the level from the newest values, less the season, and differ in how fast they let it return to that of the last
one or two years, and in how strongly they trust the season. Two go by last year alone, and two know no season at all. Beside
the rules stands exponential smoothing for months, weeks and days, and for quarters and years a rule that is learned.
A zero counts as any other value: counts are worked on as log(1 + count).

The choice was made on months that no reported figure rests on: docs/adr/0016 says which.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from headwater.engines.figures.learned import learned
from headwater.engines.figures.smoothing import smoothed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headwater.engines.figures.panel import Floats

    Places = NDArray[np.int64]

MONTHS_A_YEAR: Final = 12
QUARTERS_A_YEAR: Final = 4
LEVEL_SEASONS: Final = 4
"""Seasons of values that a level looks back on; older ones weigh nothing."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a seasonal profile is made from deviations of values from their year around.

    Attributes:
        years: years that it looks back on.
        decay: weight of a year against the one after it.
        prior: weight of no season at all, in newest years: it shrinks the profile towards zero.
        smooth: share that goes to the two neighbouring months.
        pool: share taken from the mean profile of all series.
    """

    years: int
    decay: float
    prior: float
    smooth: float = 0.0
    pool: float = 0.0


@dataclass(frozen=True, slots=True)
class Level:
    """A member that goes on from a level.

    Attributes:
        profile: the season that is taken off and put on again; None is none.
        alpha: weight of the newest value against all older ones.
        seasons: seasons whose mean the level returns to; 0 is that it stays where it is.
        stay: share of the distance to that mean that is left after a month.
    """

    profile: Profile | None
    alpha: float
    seasons: int = 0
    stay: float = 1.0


@dataclass(frozen=True, slots=True)
class LastYear:
    """A member that goes by last year's value, moved by how far the newest quarter lies from that of last year.

    Attributes:
        stay: share of that move that is left after a month; 0 is last year's value itself.
    """

    stay: float


Member = Level | LastYear
_MIDDLE: Final = Profile(5, 0.8, 1.0, smooth=0.3, pool=0.2)
_LONG: Final = Profile(8, 0.85, 1.0, smooth=0.3, pool=0.2)
_FAINT: Final = Profile(8, 0.9, 6.0, smooth=0.3)
MONTHLY: Final[tuple[Member, ...]] = (
    Level(_MIDDLE, 0.8, seasons=1, stay=0.9),
    Level(_LONG, 0.7, seasons=2, stay=0.92),
    Level(_LONG, 0.6, seasons=1, stay=0.9),
    Level(_FAINT, 0.8, seasons=1, stay=0.93),
    Level(_LONG, 0.8),
    LastYear(0.7),
    LastYear(0.85),
    Level(None, 1.0),
    LastYear(0.0),
)
"""For months, weeks and days."""
QUARTERLY: Final[tuple[Member, ...]] = (Level(_FAINT, 0.8),)
"""For quarters and years: with four values a year the last ones say most."""


def members_for(season: int) -> tuple[Member, ...]:
    """Return the members for a season of so many periods."""
    return QUARTERLY if season <= QUARTERS_A_YEAR else MONTHLY


class Workshop:
    """Makes the forecasts of all members from any origin of one panel; what origins share is worked out once."""

    def __init__(self, logs: "Floats", season: int) -> None:
        """Take the logs, one row a period, one column a series."""
        import numpy as np

        self.logs = logs
        self.season = season
        self.members = members_for(season)
        self.months = MONTHS_A_YEAR / season if season in {MONTHS_A_YEAR, QUARTERS_A_YEAR, 52} else 1.0
        self._deviations = _deviations(logs, season)
        self._span = LEVEL_SEASONS * max(season, QUARTERS_A_YEAR)
        self._ages = np.arange(self._span)

    def all(self, first: int, horizon: int) -> "Floats":
        """Return what each member says from each origin: the rules, and beside them what is smoothed or learned.

        Shape: (origins, members, series, horizon).  Units: log(1 + count).
        """
        import numpy as np

        rules = np.stack([self.forecasts(origin, horizon) for origin in range(first, len(self.logs))])
        beside = (
            learned(self.logs, self.season, horizon, first)[:, None]
            if self.season <= QUARTERS_A_YEAR
            else smoothed(self.logs, self.season, horizon, first)
        )
        return np.concatenate([rules, beside], axis=1)

    def forecasts(self, origin: int, horizon: int) -> "Floats":
        """Return what each rule says from an origin, the place of the last value that it may see.

        Shape: (rules, series, horizon).  Units: log(1 + count).
        """
        import numpy as np

        ahead = np.arange(1, horizon + 1, dtype=np.int64)
        profiles: dict[Profile | None, Floats] = {None: np.zeros((self.season, self.logs.shape[1]))}
        made = []
        for member in self.members:
            if isinstance(member, LastYear):
                made.append(self._last_year(member, origin, ahead))
                continue
            if member.profile not in profiles and member.profile is not None:
                profiles[member.profile] = self.profile(member.profile, origin)
            made.append(self._level(member, profiles[member.profile], origin, ahead))
        return np.stack(made)

    def _level(self, member: Level, profile: "Floats", origin: int, ahead: "Places") -> "Floats":
        import numpy as np

        first = max(0, origin + 1 - self._span)
        places = np.arange(first, origin + 1)
        plain = self.logs[first : origin + 1] - profile[places % self.season]
        weights = (1.0 - member.alpha) ** self._ages[: len(places)][::-1]
        level = _weighted(plain, weights)
        season = profile[(origin + ahead) % self.season].T
        if not member.seasons:
            return level[:, None] + season
        mean = _weighted(plain, (places > origin - member.seasons * self.season).astype(float))
        left = member.stay ** (ahead * self.months)
        return mean[:, None] + (level - mean)[:, None] * left + season

    def _last_year(self, member: LastYear, origin: int, ahead: "Places") -> "Floats":
        import numpy as np

        back = self.season * ((ahead - 1) // self.season + 1)
        before: Floats = self.logs[np.maximum(origin + ahead - back, 0)].T
        if not member.stay:
            return before
        quarter = max(1, self.season // QUARTERS_A_YEAR)
        newest = self.logs[origin + 1 - quarter : origin + 1]
        year_ago = self.logs[origin + 1 - quarter - self.season : origin + 1 - self.season]
        move = _weighted(newest, np.ones(len(newest))) - _weighted(year_ago, np.ones(len(year_ago)))
        moved: Floats = before + move[:, None] * member.stay ** (ahead * self.months)
        return moved

    def profile(self, profile: Profile, origin: int) -> "Floats":
        """Return the seasonal profile as it was known at an origin.

        Shape: (season, series).
        """
        import numpy as np

        season = self.season
        newest = origin - season // 2
        phases = np.arange(season)
        lasts = newest - (newest - phases) % season
        total = np.zeros((season, self.logs.shape[1]))
        weight = np.full_like(total, profile.prior * profile.decay)
        rank = np.zeros_like(total)
        for year in range(profile.years):
            places = lasts - year * season
            values = np.where(places[:, None] >= 0, self._deviations[np.maximum(places, 0)], np.nan)
            given = ~np.isnan(values)
            rank += given
            share = np.where(given, profile.decay**rank, 0.0)
            total += np.where(given, values, 0.0) * share
            weight += share
        found = total / weight
        found -= found.mean(axis=0)
        if profile.smooth and season > QUARTERS_A_YEAR:
            sides = np.roll(found, 1, axis=0) + np.roll(found, -1, axis=0)
            found = (1 - profile.smooth) * found + profile.smooth / 2 * sides
        if profile.pool and found.shape[1] > 2:  # noqa: PLR2004 - the mean of two is no profile of a kind
            found = (1 - profile.pool) * found + profile.pool * found.mean(axis=1, keepdims=True)
        return found


def _deviations(logs: "Floats", season: int) -> "Floats":
    """Return how far each value lies from the mean of the year around it; NaN where there is none."""
    import numpy as np

    found = np.full_like(logs, np.nan)
    if season == 1 or len(logs) <= season:
        return found
    if season % 2:
        kernel = np.ones(season) / season
    else:
        kernel = np.ones(season + 1) / season
        kernel[[0, -1]] /= 2
    half = len(kernel) // 2
    around = np.stack([np.convolve(column, kernel, "valid") for column in logs.T], axis=1)
    found[half : half + len(around)] = logs[half : half + len(around)] - around
    return found


def _weighted(values: "Floats", weights: "NDArray[np.floating[Any]]") -> "Floats":
    """Return the weighted mean of each column, by the values that are given; NaN where none is."""
    import numpy as np

    given = ~np.isnan(values)
    total = (weights[:, None] * given).sum(axis=0)
    summed = (weights[:, None] * np.where(given, values, 0.0)).sum(axis=0)
    mean: Floats = np.divide(summed, total, out=np.full(values.shape[1], np.nan), where=total > 0)
    return mean
