"""Alarms: what a node has seen of a partner, or of itself, that must not be; kept with its evidence until a person decides.

An alarm suspends nobody. It stops one thing by itself: a log that was caught changing is not cosigned any more. A person
looks at the evidence, speaks to the partner on another channel, and suspends it or clears the alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from headwater.errors import ConflictError, EquivocationError, RollbackError, SignatureError
from headwater.exchange.partners import Documents
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.ports import Event
from headwater.store import Transaction

ALARM: Final = "alarm"
EVIDENCE: Final = "evidence"
"""Kind of the documents that hold pieces of evidence as they came, by their SHA-256 in hex."""
Fault = type[RollbackError] | type[EquivocationError] | type[SignatureError]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm.

    Attributes:
        code: ``trust.rollback``, ``trust.equivocation``, or ``trust.signature`` for a card that is not its owner's.
        about: the authority whose log, numbers or card are not what they were; it may be this node's own.
        at: when it was first raised.
        what: in one clause.
        evidence: documents of kind `EVIDENCE`, the earlier piece first.
        cleared_by, cleared_at, reason: the person who cleared it, when and why; None while it is open.
    """

    code: str
    about: AuthorityId
    at: datetime
    what: str
    evidence: tuple[str, ...]
    cleared_by: str | None = None
    cleared_at: datetime | None = None
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether no person has decided yet."""
        return self.cleared_by is None


def raise_alarm(
    tx: Transaction, fault: Fault, about: AuthorityId, what: str, pieces: Sequence[bytes], *, seen_by: AuthorityId
) -> None:
    """Raise an alarm and keep its evidence; one that is open already is not raised again, but the pieces are kept.

    Args:
        tx: the change in which it was seen.
        fault: rollback, equivocation or signature.
        about: whose fault it is.
        what: in one clause, never content of a record.
        pieces: evidence as it came, the earlier piece first.
        seen_by: this node's own authority.
    """
    names = tuple(_keep(tx, piece) for piece in pieces)
    key = f"{about}/{fault.code}"
    body = tx.document(ALARM, key)
    if body is not None and decode(body, Alarm).is_open:
        return
    tx.put_document(ALARM, key, encode(Alarm(fault.code, about, tx.now, what, names)))
    detail: dict[str, str | int] = {"code": fault.code, "evidence": " ".join(names), "what": what}
    tx.note(Event("exchange.alarm", seen_by, about, detail=detail))


def open_alarms(reader: Documents, about: AuthorityId | None = None) -> list[Alarm]:
    """Return the alarms that no person has cleared, about one authority or all."""
    found = (decode(body, Alarm) for _, _, body in reader.documents(ALARM))
    return [alarm for alarm in found if alarm.is_open and about in {None, alarm.about}]


def clear_alarms(tx: Transaction, about: AuthorityId, who: str, reason: str) -> int:
    """Clear the open alarms about an authority and return how many there were.

    Raises:
        ConflictError: there is none.
    """
    found = open_alarms(tx, about)
    if not found:
        raise ConflictError("no alarm is open about this authority", where=about, fix="see: headwater partner list")
    for alarm in found:
        done = replace(alarm, cleared_by=who, cleared_at=tx.now, reason=reason)
        tx.put_document(ALARM, f"{about}/{alarm.code}", encode(done))
        tx.note(Event("exchange.alarm-cleared", who, about, detail={"code": alarm.code, "reason": reason}))
    return len(found)


def _keep(tx: Transaction, piece: bytes) -> str:
    name = sha256(piece).hexdigest()
    if tx.document(EVIDENCE, name) is None:
        tx.put_document(EVIDENCE, name, piece)
    return name
