"""How two dates of birth agree: the classes that lists and forms produce, best first."""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from headwater.model.times import is_partial_date

_WRITTEN: Final = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?")


def read_date(text: str) -> str | None:
    """Return a partial date with its zeros (1969-7-16 is 1969-07-16), None where no such date exists."""
    text = text.strip()
    if is_partial_date(text):
        return text
    found = _WRITTEN.fullmatch(text)
    padded = "-".join(part.zfill(2) for part in found.groups() if part) if found else ""
    return padded if is_partial_date(padded) else None


def salvage_date(text: str) -> str | None:
    """Return what can be read of a date in which one part alone is impossible, None where there is no more sense in it.

    A month that could only be the day is taken as the day (1975-13-05 is 1975-05-13); otherwise the impossible part
    and what hangs on it are left out (1974-01-32 is 1974-01, 1968-13-30 is 1968).
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or found.group(2) is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    if not is_partial_date(f"{year:04}") or (month not in _MONTHS and day not in _DAYS):
        return None
    turned = read_date(f"{year:04}-{day}-{month}") if day else None
    return turned or (f"{year:04}-{month:02}" if month in _MONTHS else f"{year:04}")


_MONTHS: Final = range(1, 13)
_DAYS: Final = range(1, 32)


class DateClass(StrEnum):
    """How two dates of birth agree, from the strongest agreement to the strongest contradiction."""

    EQUAL = "equal"
    MONTH = "month"
    YEAR = "year"
    SWAPPED = "swapped"
    TRANSPOSED = "transposed"
    DIGIT = "digit"
    NEAR = "near"
    YEAR_ONE = "year-one"
    APPROXIMATE = "approximate"
    SAME_DAY = "same-day"
    DECADE = "decade"
    CONTRADICTED = "contradicted"


_WHOLE: Final = 3
"""Parts of a whole date: year, month, day."""
_WHOLE_LETTERS: Final = len("YYYY-MM-DD")
DECADE: Final = 10
NEW_YEAR: Final = "-01-01"
"""The day that offices write where they know the year alone: no more is said of it than of the year."""
ABOUT: Final = 3
"""Years that a list's "circa" stands for."""

TEXTS: Final = {
    DateClass.EQUAL: "date of birth is the same",
    DateClass.MONTH: "month and year of birth are the same",
    DateClass.YEAR: "year of birth is the same",
    DateClass.SWAPPED: "date of birth is the same with day and month swapped",
    DateClass.TRANSPOSED: "date of birth is the same but for two digits that changed places",
    DateClass.DIGIT: "date of birth differs in one digit",
    DateClass.NEAR: "year of birth is the same, day or month differs",
    DateClass.YEAR_ONE: "birth year differs by one",
    DateClass.APPROXIMATE: "birth year differs by one to three",
    DateClass.SAME_DAY: "day and month of birth are the same, the year differs",
    DateClass.DECADE: "birth year differs by ten",
    DateClass.CONTRADICTED: "date of birth differs",
}


class DateMatch(NamedTuple):
    """The best agreement between two sets of dates."""

    kind: DateClass
    left: str
    right: str


def compare_dates(left: Iterable[str], right: Iterable[str]) -> DateMatch | None:
    """Return how the nearest of two sets of partial dates agree; None where either set is empty."""
    listed = tuple(right)
    found = [DateMatch(classify(one, other), one, other) for one in left for other in listed]
    if len(found) == 1:
        return found[0]
    return min(found, key=lambda match: (_ORDER[match.kind], match.left, match.right), default=None)


_ORDER: Final = {kind: at for at, kind in enumerate(DateClass)}


# A member of an enumeration is read much quicker by a name of its own than through its class.
_EQUAL: Final = DateClass.EQUAL
_SHARED: Final = (DateClass.YEAR, DateClass.MONTH, DateClass.EQUAL)
"""The class of two dates whose first parts are the same, by how many parts those are."""


@lru_cache(maxsize=1 << 16)
def classify(left: str, right: str) -> DateClass:
    """Return how two partial dates (2001, 2001-05, 2001-05-17) agree."""
    if left == right and len(left) == _WHOLE_LETTERS:
        return _EQUAL
    one, other = left.split("-"), right.split("-")
    shared = min(len(one), len(other))
    years = abs(int(one[0]) - int(other[0]))
    if one[:shared] == other[:shared]:
        return _SHARED[shared - 1]
    whole = len(one) == len(other) == _WHOLE
    if whole and one == [other[0], other[2], other[1]]:
        return DateClass.SWAPPED
    if whole and _differing(left, right) == 1 and years <= DECADE:
        return DateClass.YEAR_ONE if years == 1 else DateClass.DIGIT
    if whole and (years == 0 or one[1:] == other[1:]) and _transposed(left, right):
        return DateClass.TRANSPOSED
    if years == 0:
        return DateClass.NEAR
    same_day = whole and one[1:] == other[1:]
    about = not whole or NEW_YEAR in (left[-len(NEW_YEAR) :], right[-len(NEW_YEAR) :])
    if years == 1 and (same_day or about):
        return DateClass.YEAR_ONE
    if same_day:
        return DateClass.SAME_DAY
    if years <= ABOUT and about:
        return DateClass.APPROXIMATE
    return DateClass.DECADE if years == DECADE else DateClass.CONTRADICTED


def _differing(left: str, right: str) -> int:
    return sum(a != b for a, b in zip(left, right, strict=True))


def _transposed(left: str, right: str) -> bool:
    """Return whether two neighbouring figures changed places and nothing else did."""
    places = [at for at, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
    if not places or places != [places[0], places[0] + 1]:
        return False
    first, second = places
    return left[first] == right[second] and left[second] == right[first]
