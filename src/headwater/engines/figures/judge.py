"""Judging a claim: is the number known, is the word right, does the count bear it out? In this order.

A claim may leave open which series it means. Then each reading is tried: of the readings that a count bears out, one
whose word fits comes before one whose word is wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from headwater.engines.figures.book import Book, Total, Where
from headwater.engines.figures.number import Said
from headwater.engines.figures.words import Sense, misfit
from headwater.model.figures import Unit
from headwater.model.period import Period


class Verdict(StrEnum):
    """What may be said of a claim."""

    SUPPORTED = "supported"
    WRONG_WORD = "wrong-word"
    CONTRADICTED = "contradicted"
    NOT_YET_KNOWN = "not-yet-known"
    INCOMPLETE_PERIOD = "incomplete-period"
    AMBIGUOUS = "ambiguous"


class Open(StrEnum):
    """What a claim leaves open."""

    RETURNS = "which returns"
    PERIOD = "which period"
    SERIES = "which figures"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with a number, taken apart.

    Attributes:
        number: the number and how exactly it was meant.
        words: the words that say what was counted.
        readings: the sets of series that it can mean, the most natural first.
        period: over which days; None where it does not say.
        since: whether the period is open: from its first day to the last that is known.
        where: dimensions, such as one nationality.
        loose: whether the words alone do not say which returns are meant.
        bare: whether all returns of a source are named at once, which is a question and no reading.
        beside: what the sentence says besides: of a part of its number, or of the number it compares its own with.
    """

    number: Said
    words: str
    readings: tuple[tuple[str, ...], ...]
    period: Period | None
    since: bool = False
    where: Where = ()
    loose: bool = False
    bare: bool = False
    beside: tuple["Claim", ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a claim and what it rests on.

    Attributes:
        verdict: what may be said of it.
        reading: the series that it was taken to mean.
        period: the period it was taken to mean.
        totals: the count of each of these series, in their order; none where they are not known.
        word: the word that is wrong, with what it claims.
        question: what the claim leaves open.
        where: the dimensions it was taken to mean.
    """

    verdict: Verdict
    reading: tuple[str, ...]
    period: Period | None
    totals: tuple[Total, ...] = ()
    word: tuple[Sense, str] | None = None
    question: Open | None = None
    where: Where = ()

    @property
    def computed(self) -> int | None:
        """The count, None where it is not known."""
        return sum(total.value for total in self.totals) if self.totals else None


def weigh(book: Book, claim: Claim, as_of: date | None = None) -> tuple[Claim, Judgement]:
    """Return the verdict on a sentence and the claim in it that it is about: the first of several that does not hold."""
    judged = judge(book, claim, as_of)
    if judged.verdict is Verdict.SUPPORTED:
        for one in claim.beside:
            other = judge(book, one, as_of)
            if other.verdict is not Verdict.SUPPORTED:
                return one, other
    return claim, judged


def judge(book: Book, claim: Claim, as_of: date | None = None) -> Judgement:
    """Return the verdict on a claim by what was known on a day; None is all that is known."""
    if not claim.readings:
        return Judgement(Verdict.AMBIGUOUS, (), claim.period, question=Open.SERIES)
    if claim.period is None:
        return _without_period(book, claim, as_of)
    period = _closed(book, claim, claim.period, as_of)
    judged = [_one(book, claim, reading, period, as_of) for reading in claim.readings]
    return replace(_choose(claim, judged), where=claim.where)


def units_of(book: Book, reading: Iterable[str], as_of: date | None) -> frozenset[Unit]:
    """Return what the series of a reading count."""
    return frozenset(book.definition(name, as_of).unit for name in reading)


def _one(book: Book, claim: Claim, reading: tuple[str, ...], period: Period, as_of: date | None) -> Judgement:
    totals = [book.total(name, period, as_of, claim.where) for name in reading]
    known = tuple(total for total in totals if total is not None)
    if len(known) < len(reading):
        return Judgement(_unknown(book, claim, reading, period, as_of), reading, period)
    wrong = misfit(claim.words, units_of(book, reading, as_of))
    if wrong is not None:
        return Judgement(Verdict.WRONG_WORD, reading, period, known, wrong)
    fits = claim.number.fits(sum(total.value for total in known))
    return Judgement(Verdict.SUPPORTED if fits else Verdict.CONTRADICTED, reading, period, known)


def _unknown(book: Book, claim: Claim, reading: Sequence[str], period: Period, as_of: date | None) -> Verdict:
    """Say why a count is not there: the period was not over when its newest part was published, or none of it is.

    A part of a period is a value that begins with it: a quarter somewhere inside says nothing of how far a count has come.
    """
    begun = [
        one.seen_on
        for name in reading
        for held, one in book.known(name, as_of, claim.where).items()
        if held.start == period.start and held.end < period.end
    ]
    if begun and (as_of or max(_newest(book, name, as_of) for name in reading)) <= period.end:
        return Verdict.INCOMPLETE_PERIOD
    return Verdict.NOT_YET_KNOWN


def _newest(book: Book, name: str, as_of: date | None) -> date:
    return max((one.seen_on for one in book.known(name, as_of).values()), default=date.min)


def _last_seen(book: Book, as_of: date | None) -> date:
    """Return the last day of which the book can tell: the day asked for, else that of the newest edition."""
    return as_of or max(edition.seen_on for edition in book.editions)


def _choose(claim: Claim, judged: Sequence[Judgement]) -> Judgement:
    """Return the judgement of the reading that the claim can be taken to mean."""
    known = [one for one in judged if one.computed is not None]
    if not known:
        return judged[0]
    fitting = [one for one in known if claim.number.fits(one.computed or 0)]
    right = [one for one in fitting if one.verdict is Verdict.SUPPORTED]
    first = known[0]
    if claim.bare and right:
        one = right[0]
        return Judgement(Verdict.AMBIGUOUS, one.reading, one.period, one.totals, question=Open.RETURNS)
    if not claim.loose or first in right:
        return right[0] if right else fitting[0] if fitting else first
    if right or not fitting:
        # The number is true of something else than the words naturally mean, or of nothing.
        one = right[0] if right else first
        verdict = Verdict.AMBIGUOUS if right else first.verdict
        return Judgement(verdict, one.reading, one.period, one.totals, first.word, Open.RETURNS if right else None)
    return fitting[0]


def _closed(book: Book, claim: Claim, period: Period, as_of: date | None) -> Period:
    """Return the period of a claim; one that only begins ends where what is known of it ends."""
    if not claim.since:
        return period
    ends = {
        held.end
        for name in claim.readings[0]
        for held in book.known(name, as_of, claim.where)
        if held.start >= period.start
    }
    for end in sorted(ends, reverse=True):
        open_period = Period(period.start, end)
        if all(book.total(name, open_period, as_of, claim.where) for name in claim.readings[0]):
            return open_period
    return Period(period.start, max(period.start, _last_seen(book, as_of)))


def _without_period(book: Book, claim: Claim, as_of: date | None) -> Judgement:
    """Judge a claim that names no period: its word can be wrong in any; its number only in the one that is meant."""
    reading = claim.readings[0]
    for candidate in claim.readings:
        wrong = misfit(claim.words, units_of(book, candidate, as_of))
        for period in _natural_periods(book, candidate, as_of) if wrong else ():
            totals = [book.total(name, period, as_of, claim.where) for name in candidate]
            known = tuple(total for total in totals if total is not None)
            if len(known) == len(candidate) and claim.number.fits(sum(total.value for total in known)):
                return Judgement(Verdict.WRONG_WORD, candidate, period, known, wrong, Open.PERIOD)
    return Judgement(Verdict.AMBIGUOUS, reading, None, question=Open.PERIOD)


def _natural_periods(book: Book, reading: Sequence[str], as_of: date | None) -> list[Period]:
    """Return periods that a sentence without one can mean: those published as one, and whole years, newest first."""
    held = [period for name in reading for period in book.known(name, as_of)]
    years = {Period(date(one.start.year, 1, 1), date(one.start.year, 12, 31)) for one in held}
    return sorted({*held, *years}, key=lambda one: (one.end, one.days), reverse=True)
