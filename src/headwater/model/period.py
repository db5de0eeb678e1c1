"""A period of statistics: a day, week, month, quarter, year, or any range of days, with both ends in it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from headwater.errors import Place, SchemaError

MONTH_NAMES: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_DAY: Final = timedelta(days=1)
_MONTHS: Final = {name[:3]: number for number, name in enumerate(MONTH_NAMES, 1)} | {"sept": 9}
_WORD: Final = "|".join((*MONTH_NAMES, "sept", *(name[:3] for name in MONTH_NAMES)))
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T00:00:00(?:\.0+)?)?", re.ASCII)
_ISO_MONTH: Final = re.compile(r"(\d{4})-?M?(0[1-9]|1[0-2])", re.ASCII)
_QUARTER: Final = re.compile(r"(\d{4})[ -]?Q([1-4])|Q([1-4])[ -]?(\d{4})", re.ASCII | re.IGNORECASE)
_NAMED_MONTH: Final = re.compile(rf"({_WORD})[ -]?(\d{{4}})|(\d{{4}})[ -]?({_WORD})", re.ASCII | re.IGNORECASE)
_NAMED_DAY: Final = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[ -]({_WORD})[ -](\d{{4}})", re.ASCII | re.IGNORECASE)
_YEAR: Final = re.compile(r"(19|20)\d\d", re.ASCII)
_RANGE: Final = re.compile(r"(?:\s*(?:\.\.|/)\s*)|\s+to\s+")
_MONTHS_OF: Final = {"month": 1, "quarter": 3, "year": 12}
_BEYOND: Final = "a period beyond the calendar"
MONTHS_A_YEAR: Final = 12
WEEK_DAYS: Final = 7


class Kind(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    RANGE = "range"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Some days in a row.

    Attributes:
        start, end: first and last day, both in it.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins, and one that nothing could follow: the calendar ends with 9999."""
        if self.end < self.start:
            raise SchemaError("a period that ends before it begins", where=Place(field="period"))
        if self.end.year == date.max.year:
            raise SchemaError(_BEYOND, where=Place(field="period"))

    @property
    def days(self) -> int:
        """How many days are in it."""
        return (self.end - self.start).days + 1

    @property
    def kind(self) -> Kind:
        """What kind of period it is, by its ends alone."""
        if self.start == self.end:
            return Kind.DAY
        if self.start.day == 1 and (self.end + _DAY).day == 1:
            for kind in (Kind.MONTH, Kind.QUARTER, Kind.YEAR):
                months = _MONTHS_OF[kind]
                whole = (self.start.month - 1) % months == 0
                if whole and self.end == month_start(self.start.year, self.start.month + months) - _DAY:
                    return kind
        return Kind.WEEK if self.days == WEEK_DAYS else Kind.RANGE

    def next(self) -> "Period":
        """Return the period of the same kind that follows.

        Raises:
            SchemaError: beyond the calendar.
        """
        first, kind = self.end + _DAY, self.kind
        if kind in _MONTHS_OF:
            return Period(first, month_start(first.year, first.month + _MONTHS_OF[kind]) - _DAY)
        return Period(first, _days_on(first, self.days - 1))

    def holds(self, other: "Period") -> bool:
        """Return whether another period lies inside."""
        return self.start <= other.start and other.end <= self.end

    def __str__(self) -> str:
        """Return the period as files and commands write it; a week by its last day."""
        kind = self.kind
        if kind is Kind.MONTH:
            return f"{self.start:%Y-%m}"
        if kind is Kind.QUARTER:
            return f"{self.start.year}Q{(self.start.month + 2) // 3}"
        if kind is Kind.YEAR:
            return str(self.start.year)
        return str(self.start) if kind is Kind.DAY else f"{self.start}..{self.end}"

    @property
    def words(self) -> str:
        """The period as a sentence has it, behind a verb: ``in 2024``, ``from 5 July 2024 to 22 March 2025``."""
        kind = self.kind
        if kind is Kind.MONTH:
            return f"in {MONTH_NAMES[self.start.month - 1].title()} {self.start.year}"
        if kind is Kind.QUARTER:
            return (
                f"in the {('first', 'second', 'third', 'fourth')[self.start.month // 3]} quarter of {self.start.year}"
            )
        if kind is Kind.YEAR:
            return f"in {self.start.year}"
        return (
            f"on {day_words(self.start)}"
            if kind is Kind.DAY
            else f"from {day_words(self.start)} to {day_words(self.end)}"
        )


def parse_period(text: str) -> Period:
    """Return the period that a text names: ``2024``, ``2024Q1``, ``2024-01``, ``JAN2024``, ``2024-01-31``, ``A..B``.

    Raises:
        SchemaError: it names none.
    """
    plain = " ".join(text.split())
    ends = _RANGE.split(plain)
    if len(ends) == 2:  # noqa: PLR2004 - the two ends of a range
        return Period(parse_period(ends[0]).start, parse_period(ends[1]).end)
    found = _day(plain) or _months(plain)
    if found is None:
        raise SchemaError("not a period", where=Place(field="period"), fix="write it as 2024, 2024Q1, 2024-01 or A..B")
    return found


def is_period(text: str) -> bool:
    """Return whether a text names a period."""
    try:
        parse_period(text)
    except SchemaError:
        return False
    return True


def week_ending(day: date) -> Period:
    """Return the seven days that end on a day.

    Raises:
        SchemaError: beyond the calendar.
    """
    return Period(_days_on(day, 1 - WEEK_DAYS), day)


def month_start(year: int, month: int) -> date:
    """Return the first day of a month; a month above twelve is one of a later year.

    Raises:
        SchemaError: beyond the calendar.
    """
    year, month = year + (month - 1) // MONTHS_A_YEAR, (month - 1) % MONTHS_A_YEAR + 1
    try:
        return date(year, month, 1)
    except ValueError as error:
        raise SchemaError(_BEYOND, where=Place(field="period")) from error


def day_words(day: date) -> str:
    """Return a day as a sentence has it, ``5 July 2024``."""
    return f"{day.day} {MONTH_NAMES[day.month - 1].title()} {day.year}"


def _days_on(day: date, count: int) -> date:
    try:
        return day + count * _DAY
    except OverflowError as error:
        raise SchemaError(_BEYOND, where=Place(field="period")) from error


def _day(text: str) -> Period | None:
    found = _ISO_DAY.fullmatch(text)
    if found:
        return _one_day(int(found[1]), int(found[2]), int(found[3]))
    found = _NAMED_DAY.fullmatch(text)
    return _one_day(int(found[3]), _month_number(found[2]), int(found[1])) if found else None


def _one_day(year: int, month: int, day: int) -> Period:
    try:
        one = date(year, month, day)
    except ValueError as error:
        raise SchemaError("no such day", where=Place(field="period")) from error
    return Period(one, one)


def _months(text: str) -> Period | None:
    found = _QUARTER.fullmatch(text)
    if found:
        return _span(int(found[1] or found[4]), int(found[2] or found[3]) * 3 - 2, 3)
    found = _NAMED_MONTH.fullmatch(text)
    if found:
        return _span(int(found[2] or found[3]), _month_number(found[1] or found[4]), 1)
    found = _ISO_MONTH.fullmatch(text)
    if found:
        return _span(int(found[1]), int(found[2]), 1)
    return _span(int(text), 1, MONTHS_A_YEAR) if _YEAR.fullmatch(text) else None


def _month_number(name: str) -> int:
    lower = name.lower()
    return _MONTHS.get(lower) or _MONTHS[lower[:3]]


def _span(year: int, month: int, count: int) -> Period:
    return Period(month_start(year, month), month_start(year, month + count) - _DAY)
