"""Lines of the node's ledger that belong to a case: kept in the bundle, and read for custody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from headwater.case.custody import CustodyEvent, CustodyKind
from headwater.errors import Place, SchemaError
from headwater.model.canonical import encode
from headwater.model.times import format_instant, parse_instant
from headwater.ports import Event

CUSTODY: Final = "case.custody"
"""Kind of the ledger event that records what happened to an exhibit."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the ledger.

    Attributes:
        index: its place in the ledger, from 0.
        at: when it was written, in UTC.
    """

    index: int
    at: datetime
    event: Event


def log_bytes(lines: Iterable[LogLine]) -> bytes:
    """Return `log.jsonl`: one JSON object a line, in the order of the ledger."""
    rows = (
        {"index": line.index, "at": format_instant(line.at), "event": line.event}
        for line in sorted(lines, key=lambda line: line.index)
    )
    return b"".join(encode(row) + b"\n" for row in rows)


def custody_event(event: CustodyEvent, user: str, purpose: str) -> Event:
    """Return the ledger event that records what happened to an exhibit."""
    detail: dict[str, str | int] = {
        "event": event.kind.value,
        "by": event.by,
        "at": format_instant(event.at),
        "place": event.place,
    }
    if event.sha256 is not None:
        detail["sha256"] = event.sha256
    return Event(CUSTODY, user, event.exhibit, purpose, detail)


def custody_in(lines: Iterable[LogLine]) -> tuple[CustodyEvent, ...]:
    """Return what the ledger says happened to exhibits, in its order.

    Raises:
        SchemaError: a custody line of the ledger says something impossible.
    """
    found = sorted((line for line in lines if line.event.kind == CUSTODY), key=lambda line: line.index)
    return tuple(_custody(line) for line in found)


def _custody(line: LogLine) -> CustodyEvent:
    detail = line.event.detail
    kind, sha256 = detail.get("event"), detail.get("sha256")
    if kind not in set(CustodyKind):
        raise SchemaError("not a kind of custody event", where=Place(file="ledger", line=line.index, field="event"))
    return CustodyEvent(
        exhibit=line.event.subject,
        kind=CustodyKind(kind),
        by=str(detail.get("by", "")),
        at=parse_instant(str(detail.get("at", "")), field="at"),
        place=str(detail.get("place", "")),
        sha256=None if sha256 is None else str(sha256),
    )
