"""Numbers as people say them: how exactly one was meant, and whether a count bears it out."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.figures import MAX_COUNT

ABOUT_SHARE: Final = 0.02
"""How far "about" and "around" may be off (figures, behaviour 3)."""
SHOWN_SHARE: Final = 0.05
"""How far any number may be off: as far as one of two digits, since "20,000" is heard as no less exact than "21,000"."""
_SCALES: Final = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
PATTERN: Final = (
    r"(?P<digits>\d{1,3}(?:[,  ]\d{3})+|\d+)(?P<decimals>\.\d{1,3})?\s?(?P<scale>k|thousand|m|million)?(?![\w%])"
    r"(?!\s?(?:%|per ?cent|percentage|pc\b|billion|times|fold|(?:calendar )?(?:hours?|days?|weeks?|months?|quarters?|years?)\b"
    r"|nationalit|countries|states|flights|routes))"
)
_NUMBER: Final = re.compile(PATTERN, re.IGNORECASE)
_THOUSANDS: Final = len(".000")


_ONES: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TEENS: Final = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS: Final = (
    {"a": 1}
    | {word: value for value, word in enumerate((*_ONES, *_TEENS), 1)}
    | {word: 10 * value for value, word in enumerate(_TENS, 2)}
)
_SHARES: Final = {"half": "0.5", "a": "0.25", "three": "0.75"}
_WORD: Final = "|".join(sorted(set(_WORDS) - {"a"}, key=len, reverse=True))
_SPELLED: Final = re.compile(
    rf"\b(?:half a|a quarter of a|three[ -]quarters of a) million\b|\b(?:a|{_WORD})(?:[ -](?:and )?(?:{_WORD}|hundred|thousand))*[ -](?:hundred|thousand|million)"
    rf"(?:[ -](?:and )?(?:{_WORD}|hundred))*\b",
    re.IGNORECASE,
)
"""Numbers in words, from a hundred up: smaller ones are seldom counts, and often parts of a period."""


class Hedge(StrEnum):
    """The word that stands before a number and says how it was meant."""

    NONE = ""
    ABOUT = "about"
    NEARLY = "nearly"
    OVER = "over"
    UNDER = "under"


HEDGES: Final = {
    Hedge.ABOUT: ("about", "around", "roughly", "approximately", "some", "circa", "in the region of", "close to"),
    Hedge.NEARLY: ("nearly", "almost", "just under", "just below", "just short of", "not quite", "close on"),
    Hedge.OVER: ("over", "more than", "at least", "above", "upwards of", "in excess of", "just over", "exceeding"),
    Hedge.UNDER: ("under", "fewer than", "less than", "below", "at most", "no more than", "up to"),
}
_BEFORE: Final = re.compile(
    r"\b("
    + "|".join(sorted((re.escape(word) for words in HEDGES.values() for word in words), key=len, reverse=True))
    + r")\s+(?:than\s+)?(?:the\s+|a\s+)?(?:total\s+of\s+)?$",
    re.IGNORECASE,
)
_MEANT: Final = {word: hedge for hedge, words in HEDGES.items() for word in words}


@dataclass(frozen=True, slots=True)
class Said:
    """A number as it was said.

    Attributes:
        value: the number.
        precision: what it was rounded to: the place of its last digit that is no trailing zero.
        hedge: what stood before it.
    """

    value: int
    precision: int
    hedge: Hedge = Hedge.NONE

    def fits(self, count: int) -> bool:
        """Return whether a count bears the number out, at the precision shown or as its hedge allows."""
        shown = abs(count - self.value) <= SHOWN_SHARE * self.value
        at_precision = shown and rounded(count, self.precision) == self.value
        close = abs(count - self.value) <= ABOUT_SHARE * count
        match self.hedge:
            case Hedge.NONE:
                return at_precision
            case Hedge.ABOUT:
                return at_precision or close
            case Hedge.NEARLY:
                return count <= self.value and (at_precision or close)
            case Hedge.OVER:
                return count >= self.value
            case Hedge.UNDER:
                return count <= self.value


def in_digits(text: str) -> str:
    """Return a text with the numbers that it spells out in digits: "twenty-four thousand" as "24 thousand"."""
    return _SPELLED.sub(_in_digits, text)


def _in_digits(found: re.Match[str]) -> str:
    words = re.findall(r"[a-z]+", found.group().lower())
    if words[-2:] == ["a", "million"]:
        return f"{_SHARES[words[0]]} million"
    scale = words[-1] if words[-1] in {"thousand", "million"} else ""
    whole = part = 0
    for word in words[: -1 if scale else None]:
        if word == "thousand":
            whole, part = whole + part * 1_000, 0
        elif word == "hundred":
            part = (part or 1) * 100
        else:
            part += _WORDS.get(word, 0)
    return f"{whole + part} {scale}".strip()


def rounded(count: int, step: int) -> int:
    """Return a count rounded to the nearest multiple of a step, halves upwards."""
    return (count + step // 2) // step * step


def said(text: str, before: str = "") -> Said:
    """Return the number that a text is, with the hedge at the end of what stands before it.

    Raises:
        SchemaError: it is no number, or a fraction of one.
    """
    plain = in_digits(text.strip())
    found = _NUMBER.search(plain)
    if found is None or found.end() != len(plain):
        raise SchemaError("not a number", where=Place(field="number"), fix="write it as 24,000, 'about 24,000' or 24k")
    before = before + plain[: found.start()]
    if before.strip() and not _BEFORE.search(f"{before.rstrip()} "):
        raise SchemaError("not a number", where=Place(field="number"), fix="write it as 24,000, 'about 24,000' or 24k")
    return from_match(found, before)


def check_points(found: re.Match[str]) -> None:
    """Refuse a point where thousands end: "22.000" is 22,000 to one reader, and 22 to another.

    Raises:
        SchemaError: there is one.
    """
    if found["decimals"] and len(found["decimals"]) == _THOUSANDS and not found["scale"]:
        what = "a point between thousands, or a fraction to three places: which of them is not known"
        raise SchemaError(what, where=Place(field="number"), fix="write it as 24,000, 'about 24,000' or 24k")


def from_match(found: re.Match[str], before: str) -> Said:
    """Return the number that `PATTERN` found, with the hedge at the end of what stands before it.

    Raises:
        SchemaError: it is a fraction, or larger than any count, or has a point between thousands.
    """
    check_points(found)
    digits = re.sub(r"[^\d]", "", found["digits"])
    decimals = (found["decimals"] or "").removeprefix(".")
    scale = _SCALES[found["scale"].lower()] if found["scale"] else 1
    places = 10 ** len(decimals)
    if len(digits) > len(str(MAX_COUNT)) or int(digits + decimals) * scale % places:
        raise SchemaError("not a whole number, or one beyond any count", where=Place(field="number"))
    value = int(digits + decimals) * scale // places
    precision = scale // places if found["scale"] else 1
    while value and value % (precision * 10) == 0:
        precision *= 10
    hedge = _BEFORE.search(before if before.endswith(" ") else f"{before} ")
    return Said(value, max(1, precision), _MEANT[hedge.group(1).lower()] if hedge else Hedge.NONE)
