"""Taking a sentence apart: its number, its period, what it counts. No grammar, only the forms that statements use."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from headwater.engines.figures.book import Book, Where
from headwater.engines.figures.clauses import without_comparisons, without_parts
from headwater.engines.figures.judge import Claim
from headwater.engines.figures.number import PATTERN, Said, check_points, from_match, in_digits
from headwater.engines.figures.words import RETURNS, Sense, senses
from headwater.errors import SchemaError
from headwater.model.figures import Unit, slug
from headwater.model.period import MONTH_NAMES, Period, month_start, parse_period

_MONTH: Final = "|".join([*MONTH_NAMES, "sept", *(name[:3] for name in MONTH_NAMES)])
_DAY_FORM: Final = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})(?: \d{{4}})?|\d{{4}}-\d\d-\d\d"
    rf"|(?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}/\d{{1,2}}/\d{{4}})"
)
_MONTH_FIRST: Final = re.compile(rf"({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", re.IGNORECASE)
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
"""Day, month and year, in the order of the United Kingdom."""
_ANY: Final = rf"(?:{_DAY_FORM}|(?:the )?(?:end of )?(?:{_MONTH}) \d{{4}}|\d{{4}}-\d\d|\d{{4}} ?Q[1-4]|Q[1-4] ?(?:of )?\d{{4}}|\d{{4}})"
_ORDINALS: Final = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
    "last": 4,
    "final": 4,
}
_COUNTS: Final = {"three": 3, "six": 6, "nine": 9, "3": 3, "6": 6, "9": 9, "two": 2, "four": 4, "eight": 8, "ten": 10}
_NUMBER: Final = re.compile(rf"(?<![\w.,£$€-]){PATTERN}", re.IGNORECASE)
_DAY: Final = timedelta(days=1)
_STOP: Final = frozenset({"route", "the", "of", "to", "from", "and", "on", "in", "at", "border", "detections"})
_SMALL_BOATS: Final = re.compile(r"\bboats?\b|\bchannel\b|dingh(?:y|ies)", re.IGNORECASE)
_REFERRALS: Final = re.compile(r"\bnrm\b|referral mechanism|referr|modern slavery|trafficking", re.IGNORECASE)
_WHOLE: Final = re.compile(
    r"\b(?:all routes|external borders?|eu(?:'s|’s)? borders?|into the eu|european union|in total|altogether)\b",
    re.IGNORECASE,
)
_COUNTED_BOATS: Final = re.compile(
    r"\s*(?:of )?(?:(?:small|rubber|inflatable|migrant|wooden) )*(?:boats|vessels|dinghies)\b", re.IGNORECASE
)
_REAL_BOATS: Final = re.compile(r"\b(?:boats|vessels|dinghies)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A period that a sentence names, where it stands, and whether it only says when it begins."""

    period: Period
    begin: int
    end: int
    since: bool = False


def take_apart(text: str, book: Book, today: date) -> Claim:
    """Return the claim that a sentence makes.

    Args:
        text: the sentence.
        book: the editions, whose series names say what can be meant.
        today: the day from which "last year" is counted.

    Raises:
        SchemaError: there is no number in it.
    """
    text, compared = without_comparisons(in_digits(text))
    span = find_period(text, today)
    rest = text if span is None else f"{text[: span.begin]}{' ' * (span.end - span.begin)}{text[span.end :]}"
    rest, parts = without_parts(rest)
    number, place = _number(rest)
    readings, loose = _readings(rest, rest[place:], book)
    where = _categories(rest, book, readings)
    claim = Claim(number, rest, readings, span.period if span else None, bool(span and span.since), where, loose)
    beside = [*_parts(claim, parts, book), *_comparisons(claim, compared, today)]
    return replace(claim, beside=tuple(beside))


def _parts(claim: Claim, clauses: Sequence[str], book: Book) -> Iterator[Claim]:
    """Yield what a sentence says of parts of its number, each with words of its own that say which returns it means."""
    for clause in clauses:
        number, place = _number(clause)
        readings, loose = _readings(clause, clause[place:], book)
        if readings:
            yield replace(claim, number=number, words=clause, readings=readings, loose=loose)


def _comparisons(claim: Claim, clauses: Sequence[str], today: date) -> Iterator[Claim]:
    """Yield the numbers that a sentence compares its own with, where it says for which period they are."""
    for clause in clauses:
        span = find_period(clause, today)
        if span is not None and not span.since:
            rest = f"{clause[: span.begin]} {clause[span.end :]}"
            yield replace(claim, number=_number(rest)[0], period=span.period, since=False)


def find_period(text: str, today: date) -> Span | None:
    """Return the first period that a sentence names, the longest forms first; None where it names none."""
    for pattern, build in _FORMS:
        for found in pattern.finditer(text):
            try:
                period = build(found, today)
            except (SchemaError, ValueError, KeyError):
                continue  # looks like a period and is none, such as the 31st of June
            return Span(period, found.start(), found.end(), since="since" in found.group().lower())
    return None


def _number(text: str) -> tuple[Said, int]:
    for found in _NUMBER.finditer(text):
        check_points(found)
        try:
            return from_match(found, text[: found.start()]), found.end()
        except SchemaError:
            continue
    raise SchemaError(
        "there is no count in the sentence; a share, a change in per cent and a duration are none",
        where="--text",
        fix="give one, or use --number and --word",
    )


def _readings(text: str, behind: str, book: Book) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """Return the sets of series that a sentence can mean, and whether its words leave open which."""
    units: dict[str, Unit] = {name: book.definition(name).unit for name in book.names}
    route = _best_named(text, [name for name, unit in units.items() if unit is Unit.DETECTION])
    if route:
        return ((route,),), False
    if _SMALL_BOATS.search(text):
        boats = bool(_REAL_BOATS.search(re.sub(r"(?i)(?:by|in|on|via|using) (?:small )?boats?", "", behind)))
        boats = boats and Sense.PEOPLE not in senses(text)
        unit = Unit.BOAT if boats or _COUNTED_BOATS.match(behind) else Unit.PERSON
        found = tuple((name,) for name, each in units.items() if each is unit)
        if found:
            return found[:1], False
    if _REFERRALS.search(text):
        found = tuple((name,) for name, each in units.items() if each is Unit.REFERRAL)
        if found:
            return found[:1], False
    said = senses(text)
    returning = {Sense.FORCED, Sense.VOLUNTARY, Sense.REFUSED, Sense.RETURN} & said.keys()
    kinds = {unit: name for name, unit in reversed(units.items()) if unit in RETURNS | {Unit.REFUSED}}
    if returning and kinds:
        return _returns(text, said, kinds)
    whole = [name for name, unit in units.items() if unit is Unit.DETECTION and name.endswith((".all", ".total"))]
    if _WHOLE.search(text) and (whole or Sense.DETECTION in said):
        routes = tuple(name for name, unit in units.items() if unit is Unit.DETECTION)
        return ((whole[0],) if whole else routes,), False
    named = _best_named(text, [name for name, unit in units.items() if unit is not Unit.DETECTION])
    return (((named,),) if named else ()), False


def _returns(text: str, said: dict[Sense, str], kinds: dict[Unit, str]) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """Return what a sentence about returns can mean, the most natural reading first."""
    both = _have(kinds, Unit.RETURN) or _have(kinds, Unit.ENFORCED, Unit.VOLUNTARY)
    alone = {unit: _have(kinds, unit) for unit in (Unit.ENFORCED, Unit.VOLUNTARY, Unit.REFUSED)}
    everything = _have(kinds, Unit.ENFORCED, Unit.VOLUNTARY, Unit.REFUSED)
    plain = re.search(r"\benforced\b", text, re.IGNORECASE) is not None
    named = [
        unit for unit, sense in ((Unit.VOLUNTARY, Sense.VOLUNTARY), (Unit.REFUSED, Sense.REFUSED)) if sense in said
    ]
    if plain:
        named.insert(0, Unit.ENFORCED)
    if len(named) > 1:
        return _there(_have(kinds, *named)), False
    if named:
        return _there(alone[named[0]]), False
    if Sense.FORCED in said:
        return _there(alone[Unit.ENFORCED], both, everything, alone[Unit.VOLUNTARY], alone[Unit.REFUSED]), True
    return _there(both, everything, *alone.values()), True


def _have(kinds: dict[Unit, str], *units: Unit) -> tuple[str, ...]:
    return tuple(kinds[unit] for unit in units) if all(unit in kinds for unit in units) else ()


def _there(*readings: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(reading for reading in readings if reading))


def _best_named(text: str, names: Sequence[str]) -> str | None:
    """Return the series whose name the text speaks, the one with the most words; None where it speaks none."""
    words = {_singular(word) for word in slug(text).split("-")}
    best: tuple[int, str] | None = None
    for name in names:
        parts = [_singular(part) for part in name.partition(".")[2].split("-") if part not in _STOP]
        if parts and set(parts) <= words and parts != ["all"] and (best is None or len(parts) > best[0]):
            best = len(parts), name
    return best[1] if best else None


def _singular(word: str) -> str:
    return word.removesuffix("s").removesuffix("n") if len(word) > 4 else word  # noqa: PLR2004 - "was" is no plural


def _categories(text: str, book: Book, readings: Sequence[Sequence[str]]) -> Where:
    """Return the dimension categories that the text names, such as one nationality."""
    series = {name for reading in readings for name in reading}
    found: dict[str, str] = {}
    lower = text.lower()
    for edition in book.editions:
        for strand in edition.strands:
            for dimension, category in strand.dimensions if strand.series in series else ():
                stem = category.lower().removesuffix("n").removesuffix("a")
                if len(stem) > 3 and re.search(rf"\b{re.escape(stem)}", lower):  # noqa: PLR2004 - too short to be one
                    found[dimension] = category
    return tuple(sorted(found.items()))


def _point(text: str, year: int | None = None) -> Period:
    plain = re.sub(r"(?i)^(?:the )?(?:end of )|\bof ", "", text.strip())
    plain = _MONTH_FIRST.sub(r"\2 \1 \3", plain)
    plain = _SLASHED.sub(lambda found: f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}", plain)
    if year is not None and not re.search(r"\d{4}", plain):
        plain = f"{plain} {year}"
    return parse_period(plain)


def _range(found: re.Match[str], _: date) -> Period:
    last = _point(found["b"])
    return Period(_point(found["a"], last.end.year).start, last.end)


def _month_range(found: re.Match[str], _: date) -> Period:
    return Period(_point(f"{found['a']} {found['y']}").start, _point(f"{found['b']} {found['y']}").end)


def _year_to(found: re.Match[str], _: date) -> Period:
    last = _point(found["b"]).end
    following = last + _DAY
    return Period(date(following.year - 1, following.month, following.day), last)


def _months_to(found: re.Match[str], _: date) -> Period:
    following = _point(found["b"]).end + _DAY
    first = month_start(following.year, following.month - _COUNTS[found["n"].lower()])
    return Period(first.replace(day=following.day), following - _DAY)


def _half(found: re.Match[str], _: date) -> Period:
    year, second = int(found["y"]), (found["n"].lower() in {"second", "last", "2", "latter"})
    return Period(month_start(year, 7 if second else 1), month_start(year, 13 if second else 7) - _DAY)


def _quarter(found: re.Match[str], _: date) -> Period:
    return parse_period(f"{found['y']}Q{_ORDINALS[found['n'].lower()]}")


def _months(found: re.Match[str], _: date) -> Period:
    year, count = int(found["y"]), _COUNTS[found["n"].lower()]
    return Period(month_start(year, 1), month_start(year, count + 1) - _DAY)


def _relative(found: re.Match[str], today: date) -> Period:
    last = found["w"].lower() in {"last", "previous"}
    if found["u"].lower() == "year":
        return parse_period(str(today.year - last))
    months = 3 if found["u"].lower() == "quarter" else 1
    first = month_start(today.year, (today.month - 1) // months * months + 1)
    if last:
        end = first - _DAY
        first = month_start(end.year, (end.month - 1) // months * months + 1)
    return Period(first, month_start(first.year, first.month + months) - _DAY)


def _financial(found: re.Match[str], _: date) -> Period:
    """Return the year from April to March that "2023/24" is in the United Kingdom."""
    year = int(found["y"])
    if int(found["z"]) != (year + 1) % 100:
        raise SchemaError("not a financial year")
    return Period(month_start(year, 4), month_start(year + 1, 4) - _DAY)


def _single(found: re.Match[str], _: date) -> Period:
    return _point(found["a"])


_JOIN: Final = r"(?:\s*(?:and|to|until|till|through|up to|-|–|—)\s*)"
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Period]], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), build)
    for pattern, build in (
        (r"\b(?:in )?(?:the )?(?:financial year |fiscal year |year |FY ?)?(?P<y>20\d\d)(?:/(?:20)?|–|-)(?P<z>\d\d)(?![\d-])", _financial),
        (rf"\b(?:between|from|since)?\s*(?P<a>{_MONTH}){_JOIN}(?P<b>{_MONTH}) (?P<y>\d{{4}})\b", _month_range),
        (rf"\b(?:between |from |over )?(?P<a>{_ANY}){_JOIN}(?P<b>{_ANY})\b", _range),
        (rf"\bsince (?P<a>{_ANY}){_JOIN}(?P<b>{_ANY})\b", _range),
        (rf"\b(?:in the |the )?(?:year|12 months|twelve months) (?:ending|to|ended|up to)(?: the end of)? (?P<b>{_ANY})\b", _year_to),
        (rf"\b(?:in |over )?(?:the )?(?P<n>{'|'.join(_COUNTS)}) months (?:ending|to|ended|up to)(?: the end of)? (?P<b>{_ANY})\b", _months_to),
        (r"\b(?:in )?(?:the )?(?P<n>first|second|last|latter) half of (?P<y>\d{4})\b", _half),
        (r"\b(?:in )?H(?P<n>[12]) (?:of )?(?P<y>\d{4})\b", _half),
        (r"\b(?:in )?(?:the )?(?P<n>first|second|third|fourth|last|final|1st|2nd|3rd|4th) quarter (?:of )?(?P<y>\d{4})\b", _quarter),
        (rf"\b(?:in )?(?:the )?first (?P<n>{'|'.join(_COUNTS)}) months of (?P<y>\d{{4}})\b", _months),
        (rf"\bsince (?:the (?:start|beginning) of )?(?P<a>{_ANY})\b", _single),
        (rf"\b(?:in|during|for|over|throughout|on)(?: the year| all of| the month of)? (?P<a>{_ANY})\b", _single),
        (r"\b(?:in )?(?P<w>last|previous|this) (?P<u>year|quarter|month)\b", _relative),
        (rf"\b(?P<a>{_DAY_FORM}|(?:{_MONTH}) \d{{4}}|\d{{4}} ?Q[1-4]|Q[1-4] ?\d{{4}}|(?:19|20)\d\d(?![,\d]))\b", _single),
    )
)  # fmt: skip
