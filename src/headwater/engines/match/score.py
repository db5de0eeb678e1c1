"""The score: the calibrated log-odds that a query and a list entry are one, with every term that went into it."""

import math
from collections.abc import Iterable, Sequence
from operator import mul
from typing import Final, NamedTuple

import msgspec

from headwater.engines.match import weights
from headwater.engines.match.align import EVERYTHING, Alignment, align
from headwater.engines.match.countries import country
from headwater.engines.match.dates import DateMatch, compare_dates
from headwater.engines.match.features import FEATURES, features
from headwater.engines.match.identifiers import IdClass, compare_numbers
from headwater.engines.match.lineage import turned
from headwater.engines.match.names import Weighed

_NAME_WEIGHTS: Final = tuple(weights.NAME[feature] for feature in FEATURES)
_CAP: Final = weights.NAME_CAP
_MOST_OF_DATES: Final = max(0.0, *weights.DATE.values())
_GENDERS: Final = {"m": "male", "male": "male", "man": "male", "f": "female", "female": "female", "woman": "female"}


class NameMatch(NamedTuple):
    """Two names, how they lie side by side, what that says, and whether father and son have changed places."""

    log_odds: float
    left: Weighed
    right: Weighed
    alignment: Alignment
    turned: bool = False


class NumberMatch(NamedTuple):
    """Two identifiers that agree."""

    kind: IdClass
    left: str
    right: str


class TraitMatch(NamedTuple):
    """Whether two sets of countries or genders have one in common, and what was compared."""

    same: bool
    left: str
    right: str


class Traits(msgspec.Struct, frozen=True, gc=False):
    """What is compared beside names: partial dates, country codes, genders, normal identifiers."""

    dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    genders: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


class Comparison(NamedTuple):
    """What speaks for and against a query and an entry being one.

    Attributes:
        name: the best pair of names; None where no names could be compared.
        date, number: the best pair of dates and of identifiers, None where there is none.
        countries, genders: whether they have one in common; None where either side says nothing.
        log_odds: the sum, before flattening.
    """

    name: NameMatch | None
    date: DateMatch | None
    countries: TraitMatch | None
    genders: TraitMatch | None
    number: NumberMatch | None
    log_odds: float

    @property
    def score(self) -> float:
        """The probability: strictly rising with the log-odds, and never 1."""
        return probability(self.log_odds)


def probability(log_odds: float) -> float:
    """Return log-odds as a probability below 1, flattened above `weights.TOP` so that the order stays visible."""
    over = log_odds - weights.TOP
    if over > 0:
        log_odds = weights.TOP + weights.HEADROOM * over / (over + weights.HEADROOM)
    return 1.0 / (1.0 + math.exp(-max(log_odds, -700.0)))


def log_odds_of(score: float) -> float:
    """Return the log-odds of a probability, for thresholds."""
    return math.log(score / (1.0 - score)) if 0.0 < score < 1.0 else math.copysign(700.0, score - 0.5)


def compare_names(left: Weighed, right: Weighed, *, person: bool, worth: int = EVERYTHING) -> NameMatch:
    """Return two names side by side with the log-odds that they are of one; `worth` as `align` takes it."""
    alignment = align(left, right, worth)
    found = features(alignment, person=person, weak=left.weak or right.weak)
    total = min(sum(map(mul, _NAME_WEIGHTS, found)), _CAP)
    if person and total > 0 and turned(left.name, right.name):
        return NameMatch(total + weights.NAME_TURNED, left, right, alignment, turned=True)
    return NameMatch(total, left, right, alignment)


def best_names(left: Sequence[Weighed], right: Sequence[Weighed], *, person: bool) -> NameMatch | None:
    """Return the pair of names that says most, None where either side has none."""
    found = [compare_names(one, other, person=person) for one in left for other in right]
    return max(found, key=lambda match: (match.log_odds, match.left.name.text, match.right.name.text), default=None)


class Beside(NamedTuple):
    """What speaks for and against beside the names, and how much: log-odds, and what an identifier decides."""

    date: DateMatch | None
    countries: TraitMatch | None
    genders: TraitMatch | None
    number: NumberMatch | None
    log_odds: float

    def total(self, name: float | None) -> float:
        """Return the log-odds together with those of the names, None where none could be compared."""
        found = weights.NO_NAME if name is None else name
        found = found * (1.0 if found > 0 else weights.NAME_BELOW) + self.log_odds
        if self.number is None:
            return found
        decided = weights.NUMBER_EQUAL if self.number.kind is IdClass.EQUAL else weights.NUMBER_OPTICAL
        return max(found, weights.NUMBER_FLOOR) + decided


def compare_traits(query: Traits, listed: Traits) -> Beside:
    """Return what speaks for and against beside the names: what is left out on either side says nothing."""
    date = compare_dates(query.dates, listed.dates) if query.dates and listed.dates else None
    countries = _same(query.countries, listed.countries)
    genders = _same(query.genders, listed.genders)
    total = 0.0 if date is None else weights.DATE[date.kind]
    if countries is not None:
        total += weights.COUNTRY_SAME if countries.same else weights.COUNTRY_DIFFERENT
    if genders is not None:
        total += weights.GENDER_SAME if genders.same else weights.GENDER_DIFFERENT
    return Beside(date, countries, genders, _number(query.numbers, listed.numbers), total)


def compare(name: NameMatch | None, query: Traits, listed: Traits) -> Comparison:
    """Return the whole comparison."""
    beside = compare_traits(query, listed)
    total = beside.total(name.log_odds if name else None)
    return Comparison(name, beside.date, beside.countries, beside.genders, beside.number, total)


def name_floor(least: float, query: Traits) -> float:
    """Return the log-odds of the names below which nothing beside them can bring a comparison to a least total."""
    most = _MOST_OF_DATES if query.dates else 0.0
    most += (weights.COUNTRY_SAME if query.countries else 0.0) + (weights.GENDER_SAME if query.genders else 0.0)
    rest = least - most
    return rest if rest > 0 else rest / weights.NAME_BELOW


def traits(dates: Iterable[str], countries: Iterable[str], genders: Iterable[str], numbers: Iterable[str]) -> Traits:
    """Return what is compared beside names, countries and genders in one form."""
    return Traits(
        tuple(dates),
        tuple([country(one) for one in countries]),
        tuple([_GENDERS[one.casefold()] for one in genders if one.casefold() in _GENDERS]),
        tuple(numbers),
    )


def _same(left: Sequence[str], right: Sequence[str]) -> TraitMatch | None:
    if not left or not right:
        return None
    if len(left) == len(right) == 1:
        return TraitMatch(left[0] == right[0], left[0], right[0])
    both = sorted(set(left) & set(right))
    if both:
        return TraitMatch(same=True, left=both[0], right=both[0])
    return TraitMatch(same=False, left=", ".join(sorted(set(left))), right=", ".join(sorted(set(right))))


def _number(left: Sequence[str], right: Sequence[str]) -> NumberMatch | None:
    if not left or not right:
        return None
    order = list(IdClass)
    found = [NumberMatch(compare_numbers(one, other), one, other) for one in left for other in right]
    agreeing = [match for match in found if match.kind is not IdClass.DIFFERENT]
    return min(agreeing, key=lambda match: (order.index(match.kind), match.left, match.right), default=None)
