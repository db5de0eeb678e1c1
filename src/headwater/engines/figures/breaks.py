"""Breaks: lasting changes of level, found online from trailing data only, or looking back over all of it.

Online: the newest one to three values, less the season, against the median of those since the last break, by the route's
own noise. The noise is the larger of how values jump and how they scatter, robustly, and what counts of this size scatter
by chance. The fewer values, the further off they must be, and all of them on one side.

Looking back: the partition of the whole series into levels that costs least, with a price for each break (optimal
partitioning; Jackson et al. 2005, An algorithm for optimal partitioning of data on an interval).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Final

from headwater.engines.figures.members import Profile, Workshop
from headwater.engines.figures.panel import Panel, check_season
from headwater.errors import Place, SchemaError
from headwater.model.period import Period

if TYPE_CHECKING:
    from headwater.engines.figures.panel import Floats

_PROFILE: Final = Profile(8, 0.85, 1.0, smooth=0.3)
_BARS: Final = (7.0, 5.0, 4.0)
"""How many standard errors the newest one, two and three values must be off."""
_LEAST: Final = 0.4
"""And by how much in log space: half as much again, or a third less."""
_BASE_YEARS: Final = 2
_LEAST_BASE: Final = 5
_NOISE_YEARS: Final = 5
_NOISE_FLOOR: Final = 0.08
_QUIET: Final = 2
"""Periods after an alarm in which there is no other."""
_PRICE: Final = 9.0
"""What a break costs looking back, in units of the noise variance times log n."""
_LEAST_SEGMENT: Final = 3
_MAD: Final = 1.4826
"""The median absolute deviation of a normal distribution, inverted."""


@dataclass(frozen=True, slots=True)
class Break:
    """A lasting change of level.

    Attributes:
        series: name of the series.
        period: the first period of the new level.
        up: whether the level rose.
        seen_at: the last period that was looked at when it was found.
        before: typical count before, of the season's kind that `period` has.
        after: typical count since.
        strength: how far beyond the bar the evidence is; 1 is just enough.
    """

    series: str
    period: Period
    up: bool
    seen_at: Period
    before: float
    after: float
    strength: float

    @property
    def direction(self) -> str:
        """``up`` or ``down``."""
        return "up" if self.up else "down"


def online_breaks(panel: Panel, season: int) -> tuple[Break, ...]:
    """Return the breaks that somebody would have seen who looked each period at what there was.

    Raises:
        SchemaError: fewer than two seasons and a half of data, or an impossible season.
        MissingExtraError: numpy is not installed.
    """
    return _each(panel, season, _watch)


def past_breaks(panel: Panel, season: int) -> tuple[Break, ...]:
    """Return the breaks that show when one looks back over all the data.

    Raises:
        SchemaError: fewer than two seasons and a half of data, or an impossible season.
        MissingExtraError: numpy is not installed.
    """
    return _each(panel, season, _look_back)


def _each(
    panel: Panel, season: int, look: "Callable[[str, Floats, Sequence[Period], int], Iterable[Break]]"
) -> tuple[Break, ...]:
    logs = _ready(panel, season)
    return tuple(one for at, name in enumerate(panel.names) for one in look(name, logs[:, at], panel.periods, season))


def warm_up(season: int) -> int:
    """Return how many periods pass before the first alarm can be given."""
    return max(2 * season, 2 * _LEAST_BASE)


def _ready(panel: Panel, season: int) -> "Floats":
    check_season(season)
    if len(panel.periods) <= warm_up(season):
        what = f"{len(panel.periods)} periods are too few to see a change of level: over {warm_up(season)} are needed"
        raise SchemaError(what, where=Place(field="period"), fix="give more history")
    return panel.logs()


def _watch(name: str, logs: "Floats", periods: Sequence[Period], season: int) -> list[Break]:
    """Walk through a series as it came."""
    import numpy as np

    given = np.flatnonzero(~np.isnan(logs))
    workshop = Workshop(logs[:, None], season)
    found: list[Break] = []
    start, last = 0, -_QUIET - 1
    for now in given[given >= given[0] + warm_up(season)] if len(given) else ():
        plain = logs[: now + 1] - workshop.profile(_PROFILE, int(now))[np.arange(now + 1) % season, 0]
        alarm = _alarm(plain, start, season)
        if alarm is None or now - last <= _QUIET:
            continue
        count, middle, level, strength = alarm
        newest = np.arange(now + 1 - count, now + 1)
        steps = np.sign(level - middle) * np.diff(plain[now - count : now + 1])
        begin = int(newest[int(np.nanargmax(steps))]) if np.isfinite(steps).any() else int(newest[0])
        lift = float(logs[begin] - plain[begin])
        found.append(_break(name, periods, begin, int(now), (middle, level), lift, strength))
        start, last = int(newest[0]), int(now)
    return found


def _alarm(plain: "Floats", start: int, season: int) -> tuple[int, float, float, float] | None:
    """Return how many of the newest values are off, the old and the new level, and how strongly; None if none is."""
    import numpy as np

    now = len(plain) - 1
    noise = _noise(plain[max(0, now - _NOISE_YEARS * season) :])
    best: tuple[int, float, float, float] | None = None
    for count, bar in enumerate(_BARS, 1):
        base = plain[max(start, now + 1 - count - _BASE_YEARS * season) : now + 1 - count]
        base, newest = base[~np.isnan(base)], plain[now + 1 - count :]
        if len(base) < _LEAST_BASE or np.isnan(newest).any():
            continue
        middle = float(np.median(base))
        scatter = max(noise, float(np.median(np.abs(base - middle))) * _MAD)
        chance = 1.0 / float(np.expm1(max(middle, log(2.0))))
        off = newest - middle
        step = float(off.mean())
        error = ((scatter**2 + chance) * (1 / count + 1 / len(base))) ** 0.5
        if abs(step) > _LEAST and (np.all(off > 0) or np.all(off < 0)) and abs(step) / error > bar:
            strength = abs(step) / error / bar
            if best is None or strength > best[3]:
                best = count, middle, middle + step, strength
    return best


def _noise(plain: "Floats") -> float:
    """Return how much a value differs from the one before by chance, robustly, per value."""
    import numpy as np

    jumps = np.diff(plain)
    jumps = jumps[~np.isnan(jumps)]
    if not len(jumps):
        return _NOISE_FLOOR
    spread = float(np.median(np.abs(jumps - np.median(jumps)))) * _MAD / 2**0.5
    return max(_NOISE_FLOOR, spread)


def _look_back(name: str, logs: "Floats", periods: Sequence[Period], season: int) -> list[Break]:
    import numpy as np

    given = np.flatnonzero(~np.isnan(logs))
    if len(given) < 2 * _LEAST_SEGMENT:
        return []
    workshop = Workshop(logs[:, None], season)
    seasonal = workshop.profile(_PROFILE, len(logs) - 1)[np.arange(len(logs)) % season, 0]
    plain = (logs - seasonal)[given]
    level = max(float(np.median(plain)), log(2.0))
    variance = _noise(plain) ** 2 + 1.0 / float(np.expm1(level))
    found = []
    for begin, middle, after, gain in _partition(plain, _PRICE * variance * log(len(plain))):
        if abs(after - middle) > _LEAST:
            place = int(given[begin])
            lift = float(seasonal[place])
            found.append(_break(name, periods, place, len(periods) - 1, (middle, after), lift, gain))
    return found


def _partition(plain: "Floats", price: float) -> list[tuple[int, float, float, float]]:
    """Return where the cheapest partition changes level: place, level before, level after, gain over the price."""
    import numpy as np

    size = len(plain)
    sums, squares = (np.concatenate([[0.0], np.cumsum(values)]) for values in (plain, plain**2))
    best = np.full(size + 1, np.inf)
    best[0] = -price
    before = np.zeros(size + 1, dtype=int)
    for end in range(_LEAST_SEGMENT, size + 1):
        starts = np.arange(0, end - _LEAST_SEGMENT + 1)
        lengths = end - starts
        cost = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / lengths
        total = best[starts] + cost + price
        before[end] = int(np.argmin(total))
        best[end] = total[before[end]]
    cuts, end = [], size
    while end > 0:
        cuts.append(end)
        end = int(before[end])
    edges = [0, *reversed(cuts)]
    found = []
    for left, begin, right in zip(edges, edges[1:], edges[2:], strict=False):
        first, second = plain[left:begin], plain[begin:right]
        weight = len(first) * len(second) / (len(first) + len(second))
        gain = weight * float(second.mean() - first.mean()) ** 2 / price
        found.append((begin, float(first.mean()), float(second.mean()), gain))
    return found


def _break(
    name: str,
    periods: Sequence[Period],
    begin: int,
    seen: int,
    levels: tuple[float, float],
    lift: float,
    strength: float,
) -> Break:
    import numpy as np

    before, after = (max(0.0, float(np.expm1(level + lift))) for level in levels)
    return Break(name, periods[begin], levels[1] > levels[0], periods[seen], before, after, strength)
