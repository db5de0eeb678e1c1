"""Retention: which records are due to go on a day. Deciding is here; erasing is the store's, on a person's word."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from headwater.model.ids import RecordId
from headwater.model.record import Record


class Duty(StrEnum):
    """What retention asks for."""

    ERASE = "erase"
    RESTRICT = "restrict"


@dataclass(frozen=True, slots=True)
class Due:
    """One record whose last day has passed.

    Attributes:
        since: its last day.
        duty: erase, or restrict where it is kept as evidence for a court.
    """

    record: RecordId
    since: date
    duty: Duty


def due(records: Iterable[Record], day: date, evidence: Collection[RecordId] = frozenset()) -> Iterator[Due]:
    """Yield what is due on a day: every record whose last day lies before it, in the order given.

    Args:
        records: those to look at.
        day: the day in UTC; a record may be kept throughout its last day.
        evidence: records that a court may still need; they are restricted instead.
    """
    for record in records:
        last = record.handling.retain_until
        if last is not None and last < day:
            ref = record.id
            yield Due(ref, last, Duty.RESTRICT if ref in evidence else Duty.ERASE)
