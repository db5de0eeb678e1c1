"""Dates as the official lists write them, to dates that may be partial: a year, a month of a year, or a day."""

import re
from datetime import datetime
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.times import is_partial_date

_BRITISH: Final = re.compile(r"(dd|[0-9]{1,2})/(mm|[0-9]{1,2})/([0-9]{4})", re.IGNORECASE)
_YEAR: Final = re.compile(r"[0-9]{4}")
_AMERICAN: Final = re.compile(r"(?:(?:([0-9]{1,2}) )?([A-Z][a-z]{2}) )?([0-9]{4})")
_BEHIND: Final = re.compile(r"(?:T[0-9:.]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?\Z")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNKNOWN: Final = frozenset({"dd", "mm", "0", "00"})


def british_date(text: str, *, where: Place) -> str:
    """Return a date as the UK list writes it, ``dd/mm/1975`` and ``00/00/1975`` being a year alone.

    Raises:
        SchemaError: it is not day/month/year or a year, or no such day exists.
    """
    match = _BRITISH.fullmatch(text)
    if match:
        day, month, year = (part.lower() for part in match.groups())
        if month in _UNKNOWN:
            return _existing(year, where)
        if day in _UNKNOWN:
            return _existing(f"{year}-{month:0>2}", where)
        return _existing(f"{year}-{month:0>2}-{day:0>2}", where)
    if _YEAR.fullmatch(text):
        return _existing(text, where)
    raise SchemaError("not a date", where=where, fix="write it as dd/mm/yyyy; 'dd' and 'mm' stand for what is unknown")


def american_date(text: str) -> str | None:
    """Return a date as OFAC writes it, ``10 Dec 1948``, ``Dec 1948`` or ``1948``; None where it is none."""
    match = _AMERICAN.fullmatch(text)
    if not match:
        return None
    day, month, year = match.groups()
    parts = [year]
    if month is not None:
        if month not in _MONTHS:
            return None
        parts.append(f"{_MONTHS.index(month) + 1:02d}")
    if day is not None:
        parts.append(f"{day:0>2}")
    found = "-".join(parts)
    return found if is_partial_date(found) else None


def iso_date(text: str, *, where: Place) -> str:
    """Return a date that is written year first; a time of day or a zone behind it is left off, as XML allows both.

    Raises:
        SchemaError: it is not a year, a month or a day, or does not exist.
    """
    return _existing(_BEHIND.sub("", text), where)


def report_date(text: str) -> str | None:
    """Return the date in the first line of the UK list, ``13-Feb-2026``, as ``2026-02-13``; None where it is none."""
    for layout in ("%d-%b-%Y", "%d/%m/%Y", "%d %B %Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, layout).date().isoformat()  # noqa: DTZ007 (a date has no zone)
        except ValueError:
            continue
    return None


def _existing(text: str, where: Place) -> str:
    if not is_partial_date(text):
        raise SchemaError("no such date", where=where)
    return text
