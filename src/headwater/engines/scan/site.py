"""A site's promise: thresholds from its own clean scans, so that the declared share of false alarms holds at its own machine.

Each class's strongest place in a clean scan follows a Gumbel law closely enough to make classes comparable; the threshold itself needs
no law. It is the conformal quantile: of n clean scans and a new clean one, each is as likely as any other to be the strongest.

Source: Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from headwater.engines.scan.classes import ITEMS
from headwater.errors import Place, SchemaError

SCHEMA: Final = "headwater.scan.site/1"
LEAST_CLEAN: Final = 30
"""Clean scans below which the law of a class is not fitted anew, but taken from the model's own tuning."""
_HIGH, _MIDDLE = 0.97, 0.80
BEHIND: Final = {"person": 2.0}
"""Scales by which a class must be more unusual than the others, out of one budget of false alarms.

Clean scans that look like a person are rarer than those of other classes but stand out further, and would set the threshold of all, while
persons stand out further still: on tuning seeds this costs no person and finds half as many other things again. It is fixed before a site's
scans are seen, so what is declared holds as before.
"""
LIMIT: Final = 5.0
"""Standard deviations of the drifting mean at which a machine is said to have changed; once in about 10,000 scans by chance."""
MEMORY: Final = 0.1
"""Weight of the newest scan in the drifting mean (EWMA; Roberts 1959)."""
MONITORS: Final = ("noise_low", "noise_high", "air_low", "air_high", "index")


@dataclass(frozen=True, slots=True)
class Law:
    """Where the strongest place of one class lies in clean scans: location and scale of a Gumbel law, in log-odds."""

    location: float
    scale: float

    def unusual(self, score: float) -> float:
        """Return by how many scales a score lies above the law's location."""
        return (score - self.location) / self.scale

    def behind(self, scales: float) -> "Law":
        """Return a law under which every score is less unusual by some scales."""
        return Law(self.location + scales * self.scale, self.scale)


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a site.

    Attributes:
        laws: of each class.
        clean: how unusual the most unusual place of each clean scan is, rising.
        monitors: mean and standard deviation of each of `MONITORS`, where the site has them.
        pairs: score of each comparison of two clean passes of one vehicle, rising.
        model: SHA-256 of the model that scored.
        own: whether the clean scans are the site's own; not so for what ships with a model.
    """

    laws: Mapping[str, Law]
    clean: tuple[float, ...]
    monitors: Mapping[str, tuple[float, float]]
    pairs: tuple[float, ...]
    model: str
    own: bool


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold and what it promises.

    Attributes:
        declared_fa: share of clean scans that may alarm.
        threshold: how unusual a place must be.
        interval: 95 % interval of the true share at this threshold, given these clean scans.
        evaluated: whether the site's own clean scans are enough to promise it.
        clean_scans: how many there are.
    """

    declared_fa: float
    threshold: float
    interval: tuple[float, float] | None
    evaluated: bool
    clean_scans: int


def fit(
    scores: Sequence[Mapping[str, float]], monitors: Sequence[Mapping[str, float]], pairs: Sequence[float], base: Site
) -> Site:
    """Return what clean scans say of a site.

    Args:
        scores: strongest score of each class, a mapping a scan.
        monitors: `MONITORS` of each scan.
        pairs: comparison scores of clean passes.
        base: what ships with the model; its laws serve where there are too few scans.
    """
    laws = (
        dict(base.laws)
        if len(scores) < LEAST_CLEAN
        else {name: _law(name, [one[name] for one in scores], base).behind(BEHIND.get(name, 0.0)) for name in ITEMS}
    )
    clean = sorted(unusual(one, laws) for one in scores)
    watched = {}
    for name in MONITORS:
        values = np.array([one[name] for one in monitors if math.isfinite(one.get(name, math.nan))])
        if values.size >= LEAST_CLEAN:
            middle = float(np.median(values))
            spread = float(np.percentile(np.abs(values - middle), 68.3))
            # Vehicles differ more than a machine does; both go into the spread, and its tail is taken into account.
            watched[name] = (middle, max(spread, float(np.std(values)) * 0.7, 1e-6))
    return Site(laws, tuple(clean), watched, tuple(sorted(pairs)), base.model, own=True)


def _law(name: str, scores: Sequence[float], base: Site) -> Law:
    """Return the law of a class at a site: where it lies there, as wide as the model's own tuning found it.

    A width from the site's uppermost scans would shrink before those very scans that set the threshold, and break the promise.
    Where a model has no tuning, there is no other width.
    """
    if not base.clean:
        return law_of(scores)
    scale = base.laws[name].scale
    return Law(float(np.quantile(np.asarray(scores), _MIDDLE)) + scale * math.log(-math.log(_MIDDLE)), scale)


def law_of(scores: Sequence[float]) -> Law:
    """Return the Gumbel law through two upper quantiles of some scores."""
    high, middle = np.quantile(np.asarray(scores), [_HIGH, _MIDDLE])
    step = math.log(-math.log(_MIDDLE)) - math.log(-math.log(_HIGH))
    scale = max(float(high - middle) / step, 0.05)
    return Law(float(middle) + scale * math.log(-math.log(_MIDDLE)), scale)


def unusual(scores: Mapping[str, float], laws: Mapping[str, Law]) -> float:
    """Return how unusual the most unusual class of a scan is."""
    return max(laws[name].unusual(scores[name]) for name in ITEMS)


def shown(value: float) -> float:
    """Return an unusualness as a share: of clean scans, this share has nothing as unusual, if the law holds."""
    return math.exp(-math.exp(-min(max(value, -50.0), 700.0)))


def operating_point(values: Sequence[float], declared_fa: float, *, own: bool) -> OperatingPoint:
    """Return the threshold that keeps a promise.

    Args:
        values: of clean scans (or pairs), rising.
        declared_fa: the promise.
        own: whether they are the site's own.

    Raises:
        SchemaError: a share that is none.
    """
    if not 0.0 < declared_fa < 1.0:
        raise SchemaError("a share of false alarms that does not lie between 0 and 1", where=Place(field="fa"))
    count = len(values)
    rank = math.ceil((count + 1) * (1.0 - declared_fa))
    if count and rank <= count:
        low, high = (_beta_quantile(part, count + 1 - rank, rank) for part in (0.025, 0.975))
        return OperatingPoint(declared_fa, values[rank - 1], (low, high), own, count)
    # Too few to promise anything: go as high above the strongest as the law's tail would ask for.
    beyond = math.log(1.0 / (declared_fa * (count + 1))) if count else -math.log(declared_fa)
    threshold = max(values[-1] if count else 0.0, 0.0) + max(beyond, 0.0)
    return OperatingPoint(declared_fa, threshold, interval=None, evaluated=False, clean_scans=count)


def _beta_quantile(share: float, first: int, second: int) -> float:
    """Return the quantile of a beta law of whole parameters, by halving: scipy takes longer to load than a scan to be looked at.

    It lies below x as often as at least so many of ``first + second - 1`` draws succeed whose odds are x.
    """
    draws = first + second - 1
    rows = np.arange(first) if first <= second else np.arange(first, draws + 1)
    ways = np.array([math.lgamma(draws + 1) - math.lgamma(one + 1) - math.lgamma(draws - one + 1) for one in rows])
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        tail = float(np.exp(ways + rows * math.log(middle) + (draws - rows) * math.log1p(-middle)).sum())
        if (tail if first > second else 1.0 - tail) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def needed(declared_fa: float) -> int:
    """Return how many clean scans a promise needs."""
    return math.ceil(1.0 / declared_fa) - 1


class Drift:
    """Watches a machine from scan to scan: noise, air level and the balance of both spectra, each against the site's own."""

    def __init__(self, monitors: Mapping[str, tuple[float, float]]) -> None:
        """Take the site's band; without one nothing is watched."""
        self._band = monitors
        self._means = dict.fromkeys(monitors, 0.0)
        self._seen = 0

    def take(self, values: Mapping[str, float]) -> tuple[bool, float]:
        """Return whether the machine has changed by this scan, and the largest of the drifting means in its own deviations."""
        self._seen += 1
        width = math.sqrt(MEMORY / (2.0 - MEMORY) * (1.0 - (1.0 - MEMORY) ** (2 * self._seen)))
        worst = 0.0
        for name, (middle, spread) in self._band.items():
            value = values.get(name, math.nan)
            if math.isfinite(value):
                away = min(max((value - middle) / spread, -8.0), 8.0)
                self._means[name] += MEMORY * (away - self._means[name])
            worst = max(worst, abs(self._means[name]) / width)
        # One odd vehicle is no change of machine.
        return worst > LIMIT and self._seen >= 3, worst  # noqa: PLR2004 - scans that must agree


def at_prevalence(detection: float, false_alarms: float, prevalence: float) -> float:
    """Return which share of alarms is true at some share of guilty vehicles."""
    true = detection * prevalence
    return true / (true + false_alarms * (1.0 - prevalence)) if true + false_alarms > 0 else 0.0


def expected(point: OperatingPoint, vehicles: int, detection: float | None, prevalence: float) -> str:
    """Return in plain words what a day at an operating point brings."""
    false = vehicles * point.declared_fa
    words = f"at {point.declared_fa:.1%} declared, {vehicles:,} clean vehicles give about {false:.0f} false alarms"
    if detection is None:
        return f"{words}; how many true ones is not known here"
    share = at_prevalence(detection, point.declared_fa, prevalence)
    return f"{words}; with 1 guilty vehicle in {round(1 / prevalence):,} and {detection:.0%} of them found, about one alarm in {max(round(1 / share), 1) if share else 0} is true"


def document_of(site: Site) -> dict[str, Any]:
    """Return a site as it is written to a file."""
    return {
        "schema": SCHEMA,
        "model": site.model,
        "own": site.own,
        "laws": {name: [law.location, law.scale] for name, law in site.laws.items()},
        "clean": list(site.clean),
        "monitors": {name: list(band) for name, band in site.monitors.items()},
        "pairs": list(site.pairs),
    }


def site_of(given: Mapping[str, Any]) -> Site:
    """Return the site that a file describes.

    Raises:
        SchemaError: it describes none.
    """
    try:
        if given["schema"] != SCHEMA:
            raise SchemaError("no site file", where=Place(field="schema"))
        laws = {name: Law(float(given["laws"][name][0]), float(given["laws"][name][1])) for name in ITEMS}
        monitors = {
            str(name): (float(band[0]), float(band[1])) for name, band in given["monitors"].items() if name in MONITORS
        }
        clean, pairs = (tuple(sorted(float(value) for value in given[name])) for name in ("clean", "pairs"))
        site = Site(laws, clean, monitors, pairs, str(given["model"]), own=given["own"] is True)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise SchemaError(
            "a site file with a part that is missing or of another kind", where=Place(field="site")
        ) from error
    numbers = [*clean, *pairs, *(value for band in monitors.values() for value in band)]
    numbers += [value for law in laws.values() for value in (law.location, law.scale)]
    if (
        not all(math.isfinite(value) for value in numbers)
        or any(law.scale <= 0 for law in laws.values())
        or any(band[1] <= 0 for band in monitors.values())
    ):
        raise SchemaError("a site file with a number that cannot be", where=Place(field="site"))
    return site
