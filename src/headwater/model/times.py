"""Times are aware and in UTC; dates may be partial, as lists and reports give them."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from headwater.errors import Place, SchemaError

# ASCII: `\d` would take the digits of every script.
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_KEPT: Final = 1024
"""Times and days of which the texts are remembered: all facts of a message, and all messages of a batch, name the same few."""
_DAY_LETTERS: Final = len("YYYY-MM-DD")
_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


def parse_instant(text: str, *, field: str | None = None) -> datetime:
    """Return the instant that an RFC 3339 text names, in UTC.

    Raises:
        SchemaError: it is not RFC 3339, has no zone, or no such time exists.
    """
    try:
        return _instant(text)
    except _NoTimeError as error:
        what, fix = error.args
        raise SchemaError(what, where=Place(field=field) if field else None, fix=fix) from error


def parse_day(text: str, *, field: str | None = None) -> date:
    """Return the day that an ISO 8601 calendar date names.

    Raises:
        SchemaError: it is not a year, month and day with hyphens, or there is no such day.
    """
    try:
        return _day(text)
    except _NoTimeError as error:
        what, fix = error.args
        raise SchemaError(what, where=Place(field=field), fix=fix) from error


def require_utc(moment: datetime, *, field: str) -> None:
    """Refuse an instant that is not in UTC: equal instants must be equal bytes, or their hashes would differ.

    Raises:
        SchemaError: it has no zone, or another one.
    """
    if moment.tzinfo is None:
        raise SchemaError("a time without a zone", where=Place(field=field))
    if moment.utcoffset() != timedelta(0):
        raise SchemaError("a time in another zone than UTC", where=Place(field=field))


def format_instant(moment: datetime) -> str:
    """Return an instant as RFC 3339 in UTC with a Z, seconds only where there is nothing finer."""
    if moment.tzinfo is None:
        raise SchemaError("a time without a zone")
    return _instant_text(moment)


def is_partial_date(text: str) -> bool:
    """Return whether a text is a year, a month of a year or a day that exists."""
    match = _PARTIAL.fullmatch(text)
    if not match:
        return False
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return False
    return True


class _NoTimeError(Exception):
    """A text is no time or day: what it is, and how to write one."""


@lru_cache(maxsize=_KEPT)
def _instant(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise _NoTimeError("not an RFC 3339 time with a zone", "write it as 2026-11-25T08:30:00Z")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _NoTimeError("no such time", "") from error


@lru_cache(maxsize=_KEPT)
def _day(text: str) -> date:
    # Of the ISO forms that `fromisoformat` reads, only year, month and day have hyphens in both these places.
    if len(text) != _DAY_LETTERS or not text[4] == text[7] == "-":
        raise _NoTimeError("not a day", "write it as 2026-11-25")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _NoTimeError("no such day", "") from error


@lru_cache(maxsize=_KEPT)
def _instant_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
