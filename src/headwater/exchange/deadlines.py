"""When a request must be answered: the default profile, after Directive (EU) 2023/977, article 5.

Urgent or flash and directly accessible: 8 hours, elapsed. Urgent or flash otherwise: 3 calendar days. Not urgent: 7. Days
are counted on the wall clock of the receiver's zone; holidays do not stop them. A clarification stops the clock from its
question to its answer. Nothing here reads a clock: all times come in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headwater.errors import Place, SchemaError
from headwater.model.times import require_utc

URGENT_DIRECT: Final = timedelta(hours=8)
URGENT_DAYS: Final = 3
NORMAL_DAYS: Final = 7
ALARMS: Final = (50, 80, 100)
"""Parts of the running time, in per cent, at which an alarm goes up."""
_SECOND: Final = timedelta(seconds=1)


class Urgency(StrEnum):
    """How soon an answer is needed."""

    NORMAL = "normal"
    URGENT = "urgent"
    FLASH = "flash"


class Access(StrEnum):
    """Whether the one who is asked can look the answer up directly, or must ask others first."""

    DIRECT = "direct"
    INDIRECT = "indirect"


@dataclass(frozen=True, slots=True)
class Pause:
    """A clarification: asked, and answered; None while the answer is awaited."""

    asked_at: datetime
    answered_at: datetime | None

    def __post_init__(self) -> None:
        """Refuse an answer before its question."""
        require_utc(self.asked_at, field="pauses")
        if self.answered_at is not None:
            require_utc(self.answered_at, field="pauses")
            if self.answered_at < self.asked_at:
                raise SchemaError("an answer before its question", where=Place(field="pauses"))


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the alarms of a request go up, each rounded to the second; None for those that a pause holds up now."""

    alarm_50: datetime | None
    alarm_80: datetime | None
    due_at: datetime | None

    def level(self, now: datetime) -> int:
        """Return the highest alarm that has gone up: 0, 50, 80 or 100."""
        times = zip(ALARMS, (self.alarm_50, self.alarm_80, self.due_at), strict=True)
        return max((part for part, at in times if at is not None and at <= now), default=0)


def deadline(
    received_at: datetime, zone: str, urgency: str, access: str = Access.DIRECT, pauses: Iterable[Pause] = ()
) -> Deadline:
    """Return when a request must be answered, and when to warn before.

    Args:
        received_at: the time of the receiver's signed receipt, in UTC.
        zone: the receiver's time zone, an IANA name.
        urgency: ``normal``, ``urgent`` or ``flash``.
        access: ``direct`` or ``indirect``.
        pauses: clarifications, in any order.

    Raises:
        SchemaError: a value is none of the known ones, or the time lies beyond the calendar.
    """
    require_utc(received_at, field="received_at")
    try:
        due = _undisturbed(received_at, time_zone(zone), Urgency(urgency), Access(access))
        joined = _joined(received_at, pauses)
        at = [_shifted(received_at + (due - received_at) * part / 100, joined) for part in ALARMS]
    except OverflowError as error:
        raise SchemaError("a time beyond the calendar", where=Place(field="received_at")) from error
    except ValueError as error:
        raise SchemaError("no such urgency or access", where=Place(field="urgency or access")) from error
    return Deadline(*at)


def _undisturbed(received_at: datetime, zone: ZoneInfo, urgency: Urgency, access: Access) -> datetime:
    if urgency is not Urgency.NORMAL and access is Access.DIRECT:
        return received_at + URGENT_DIRECT
    days = NORMAL_DAYS if urgency is Urgency.NORMAL else URGENT_DAYS
    wall = received_at.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    # fold 0: a time that exists twice is the first; one that does not exist is read with the offset before the gap,
    # which moves it on by the gap.
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def time_zone(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        SchemaError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SchemaError("no such time zone", where=Place(field="zone"), fix="use an IANA name") from error


def _joined(received_at: datetime, pauses: Iterable[Pause]) -> list[Pause]:
    """Return pauses in order, those that overlap as one, and nothing before the request."""
    joined: list[Pause] = []
    for pause in sorted(pauses, key=lambda one: one.asked_at):
        end = pause.answered_at
        if end is not None and end <= received_at:
            continue
        start = max(pause.asked_at, received_at)
        last = joined[-1] if joined else None
        if last is not None and (last.answered_at is None or start <= last.answered_at):
            until = None if last.answered_at is None or end is None else max(last.answered_at, end)
            joined[-1] = Pause(last.asked_at, until)
        else:
            joined.append(Pause(start, end))
    return joined


def _shifted(moment: datetime, pauses: Sequence[Pause]) -> datetime | None:
    """Return a moment of running time on the real clock; a question asked at or after it changes nothing."""
    for pause in pauses:
        if pause.asked_at >= moment:
            break
        if pause.answered_at is None:
            return None
        moment += pause.answered_at - pause.asked_at
    return _rounded(moment)


def _rounded(moment: datetime) -> datetime:
    whole = moment.replace(microsecond=0)
    return whole + _SECOND if moment - whole >= _SECOND / 2 else whole
