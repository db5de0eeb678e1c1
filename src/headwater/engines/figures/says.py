"""The sentence that may be said instead: a correct one, with the words that the definition demands."""

from datetime import date, timedelta
from typing import Final

from headwater.engines.figures.book import Book, Total
from headwater.engines.figures.judge import Claim, Judgement, Open, Verdict, units_of
from headwater.engines.figures.words import RETURNS, Sense
from headwater.model.figures import Unit
from headwater.model.period import Kind, Period, day_words

PROVISIONAL_DAYS: Final = 100
"""A value published so soon after its period's end can still move: the sources revise their newest months."""
_PLAIN: Final = {
    Unit.DETECTION: "detections of irregular border-crossing",
    Unit.ENFORCED: "enforced returns",
    Unit.VOLUNTARY: "voluntary returns",
    Unit.REFUSED: "people refused entry at port who then left",
    Unit.RETURN: "returns, enforced and voluntary together,",
    Unit.PERSON: "people who arrived",
    Unit.BOAT: "boats that arrived",
    Unit.REFERRAL: "referrals of possible victims",
    Unit.COUNT: "counted",
}
_SHORT: Final = {Unit.ENFORCED: "enforced", Unit.VOLUNTARY: "voluntary", Unit.REFUSED: "refused at port"}
_WRONG: Final = {
    Sense.FORCED: "only enforced returns are removals by the state, so '{}' is the wrong word for all of them",
    Sense.VOLUNTARY: "not all of them are voluntary, so '{}' is the wrong word",
    Sense.PEOPLE: "detections are events and not people: one person can be detected twice, so '{}' is the wrong word",
    Sense.BOAT: "these are people and not boats, so '{}' is the wrong word",
    Sense.VICTIM: "a referral is of a possible victim and not yet a finding that there is one, so '{}' is the wrong word",
}


def says(book: Book, claim: Claim, judged: Judgement, as_of: date | None = None) -> str:
    """Return the sentence that may be said, or the question that must be answered first."""
    if judged.question is Open.SERIES:
        return "The sentence does not say which figures it means: name the returns, the route or the register."
    if judged.question is Open.PERIOD and judged.verdict is Verdict.AMBIGUOUS:
        return f"Which period? {_offer(book, claim, judged, as_of)}"
    if judged.computed is None:
        return _unknown(book, judged, as_of)
    parts = [_counted(book, claim, judged, as_of)]
    if judged.question is Open.RETURNS:
        parts.insert(0, "Which returns are meant: enforced, voluntary, both, or with those refused at port?")
    if judged.question is Open.PERIOD:
        parts.insert(0, "Which period? The number fits this one:")
    if judged.verdict is Verdict.WRONG_WORD and judged.word is not None:
        sense, word = judged.word
        parts.append(_capital(_wrong(book, judged, sense, as_of).format(word)) + ".")
    parts += [*_revised(book, judged, as_of), *_provisional(judged)]
    return " ".join(parts)


def thousands(count: int) -> str:
    """Return a count as a sentence has it, ``24,103``."""
    return f"{count:,}"


def _wrong(book: Book, judged: Judgement, sense: Sense, as_of: date | None) -> str:
    if sense is Sense.PEOPLE and Unit.BOAT in units_of(book, judged.reading, as_of):
        return "these are boats and not people, so '{}' is the wrong word"
    return _WRONG[sense]


def _counted(book: Book, claim: Claim, judged: Judgement, as_of: date | None) -> str:
    """Return the sentence with the count, its parts and, where they help, what stands beside it."""
    units = units_of(book, judged.reading, as_of)
    period = judged.period
    when = period.words if period else ""
    of = "".join(f" ({category})" for _, category in claim.where)
    count = thousands(judged.computed or 0)
    if units <= RETURNS | {Unit.REFUSED}:
        return _returns(book, judged, units, f"{when}{of}", as_of)
    title = book.definition(judged.reading[0], as_of).title
    if units == {Unit.DETECTION}:
        place = f" on the {title}" if "route" in title.lower() else f" ({title})"
        return f"There were {count} detections of irregular border-crossing{place} {when}{of}."
    [unit] = units if len(units) == 1 else [Unit.COUNT]
    if unit is Unit.COUNT:
        return f"{' and '.join(book.definition(name, as_of).title for name in judged.reading)}: {count} {when}{of}."
    return f"There were {count} {_PLAIN[unit]}{_in_title(unit)} {when}{of}."


def _in_title(unit: Unit) -> str:
    return " in small boats" if unit is Unit.PERSON else ""


def _returns(book: Book, judged: Judgement, units: frozenset[Unit], when: str, as_of: date | None) -> str:
    """Return the sentence about returns: never the bare word."""
    whole = judged.computed or 0
    pieces = _pieces(book, judged, units, as_of)
    if len(units) == 1 and Unit.RETURN not in units:
        [unit] = units
        return f"There were {thousands(whole)} {_PLAIN[unit]} {when}."
    listed = [
        f"{thousands(total.value)} ({round(100 * total.value / whole) if whole else 0} %) were {_SHORT[unit]}"
        for unit, total in pieces
    ]
    of_which = f", of which {_joined(listed)}" if listed else ", enforced and voluntary together"
    name = "returns and refusals at port" if Unit.REFUSED in units else "returns"
    return f"There were {thousands(whole)} {name} {when}{of_which}."


def _pieces(book: Book, judged: Judgement, units: frozenset[Unit], as_of: date | None) -> list[tuple[Unit, Total]]:
    """Return the parts of a sum of returns; where it was published whole, those its source gives for the same days."""
    if Unit.RETURN not in units:
        named = zip(judged.reading, judged.totals, strict=True)
        return sorted(((book.definition(name, as_of).unit, total) for name, total in named), key=_order)
    source = judged.reading[0].partition(".")[0]
    found = []
    for name in book.names:
        unit = book.definition(name, as_of).unit
        if name.partition(".")[0] == source and unit in (Unit.ENFORCED, Unit.VOLUNTARY) and judged.period:
            total = book.total(name, judged.period, as_of)
            found += [(unit, total)] if total else []
    return sorted(found, key=_order)


def _order(piece: tuple[Unit, Total]) -> int:
    return list(Unit).index(piece[0])


def _unknown(book: Book, judged: Judgement, as_of: date | None) -> str:
    period = judged.period
    assert period is not None  # noqa: S101 - what is unknown has a period; without one it is ambiguous
    what = " and ".join(sorted(_PLAIN[unit].strip(",") for unit in units_of(book, judged.reading, as_of)))
    when = f"on {day_words(as_of)}" if as_of else "in the editions at hand"
    if judged.verdict is Verdict.INCOMPLETE_PERIOD:
        return f"The period {period} was not over {when}, so there is no count of {what} for all of it yet."
    first = next((day for day in _days(book) if _whole(book, judged, day) is not None), None)
    later = f" It was first published in the edition seen on {day_words(first)}." if first and as_of else ""
    return f"No count of {what} {period.words} was published {when}: it is not yet known.{later}"


def _offer(book: Book, claim: Claim, judged: Judgement, as_of: date | None) -> str:
    """Return what is known over the periods that could be meant, newest first."""
    known = sorted({held for name in judged.reading for held in book.known(name, as_of, claim.where)}, reverse=True)
    years = [one for one in _years(known) if all(book.total(name, one, as_of, claim.where) for name in judged.reading)]
    ranges = [one for one in known if one.kind is Kind.RANGE]
    offers = []
    for period in [*ranges[:1], *years[:2]] or known[:2]:
        totals = [book.total(name, period, as_of, claim.where) for name in judged.reading]
        held = tuple(total for total in totals if total is not None)
        if len(held) == len(judged.reading):
            offers.append(_counted(book, claim, Judgement(judged.verdict, judged.reading, period, held), as_of))
    return " ".join(offers) or "Name the period that the number is for."


def _years(known: list[Period]) -> list[Period]:
    years = sorted({period.start.year for period in known}, reverse=True)
    return [Period(date(year, 1, 1), date(year, 12, 31)) for year in years]


def _revised(book: Book, judged: Judgement, as_of: date | None) -> list[str]:
    """Say where an earlier edition gave another count for all of the same days."""
    for day in _days(book):
        if as_of is not None and day > as_of:
            break
        earlier = _whole(book, judged, day)
        if earlier is not None and earlier != judged.computed:
            return [f"The count was revised: on {day_words(day)} it was {thousands(earlier)}."]
    return []


def _days(book: Book) -> list[date]:
    return sorted({edition.seen_on for edition in book.editions})


def _whole(book: Book, judged: Judgement, as_of: date) -> int | None:
    """Return the count of a reading as it was known on a day, None where it was not known as a whole."""
    if judged.period is None:
        return None
    totals = [book.total(name, judged.period, as_of, judged.where) for name in judged.reading]
    known = [total.value for total in totals if total is not None]
    return sum(known) if len(known) == len(totals) else None


def _provisional(judged: Judgement) -> list[str]:
    fresh = [
        known
        for total in judged.totals
        for period, known in total.parts
        if known.seen_on - period.end < timedelta(days=PROVISIONAL_DAYS)
    ]
    if not fresh:
        return []
    return [f"The newest of it is provisional, as published on {day_words(max(one.seen_on for one in fresh))}."]


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
