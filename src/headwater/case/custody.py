"""Chain of custody: who had an exhibit, when and where, and whether it was the same thing at each hand-over.

We can say "unchanged since ingest", never "since acquisition": what happened before the first hash is the word of the
person who wrote it down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from headwater.case.exhibit import Exhibit, reference_key
from headwater.errors import Place, SchemaError
from headwater.model.ids import blob_hash


class CustodyKind(StrEnum):
    """What can happen to an exhibit."""

    SEIZED = "seized"
    RECEIVED = "received"
    MOVED = "moved"
    COPIED = "copied"
    EXAMINED = "examined"
    RETURNED = "returned"
    SEALED = "sealed"


_TAKES_OVER: Final = frozenset({CustodyKind.SEIZED, CustodyKind.RECEIVED})
_BEGINS: Final = _TAKES_OVER | {CustodyKind.COPIED}
"""A copy of data out of a system begins a chain, as a seizure does for a thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyEvent:
    """One thing that happened to one exhibit.

    Attributes:
        exhibit: reference of the exhibit.
        by: identifier of the person who did it.
        at: in UTC.
        sha256: hash of the item as it was then, where one was taken.
    """

    exhibit: str
    kind: CustodyKind
    by: str
    at: datetime
    place: str
    sha256: str | None = None

    def __post_init__(self) -> None:
        """Refuse an event that does not say who, when and where."""
        for field, value in (("by", self.by), ("place", self.place)):
            if not value.strip():
                raise SchemaError("a custody event without it is none", where=Place(field=field))
        if self.at.tzinfo is None:
            raise SchemaError("a time without a zone", where=Place(field="at"))
        if self.sha256 is not None:
            blob_hash(self.sha256)


@dataclass(frozen=True, slots=True)
class CustodyFault:
    """What is wrong with a chain: ``gap`` (not known who had what) or ``order`` (it cannot have happened so)."""

    kind: str
    text: str


def chains(events: Iterable[CustodyEvent]) -> dict[str, tuple[CustodyEvent, ...]]:
    """Return the events of each exhibit by the key of its reference, in the order they were written down."""
    found: dict[str, list[CustodyEvent]] = {}
    for event in events:
        found.setdefault(reference_key(event.exhibit), []).append(event)
    return {key: tuple(chain) for key, chain in found.items()}


def chain_faults(exhibit: Exhibit, chain: Sequence[CustodyEvent]) -> list[CustodyFault]:
    """Return what is wrong with the chain of one exhibit; nothing for a whole one."""
    if not chain:
        return [CustodyFault("gap", "nothing says who had it")]
    return [*_order_faults(exhibit, chain), *_holder_faults(chain), *hash_faults(exhibit, chain)]


def _order_faults(exhibit: Exhibit, chain: Sequence[CustodyEvent]) -> list[CustodyFault]:
    faults = []
    if chain[0].at < exhibit.captured_at:
        faults.append(CustodyFault("order", f"{chain[0].kind} before it was captured"))
    for earlier, later in pairwise(chain):
        if later.at < earlier.at:
            faults.append(CustodyFault("order", f"{later.kind} stands after {earlier.kind} but happened before it"))
        if later.kind is CustodyKind.SEIZED and earlier.kind is not CustodyKind.RETURNED:
            faults.append(CustodyFault("order", f"seized when it was already {earlier.kind}"))
    return faults


def _holder_faults(chain: Sequence[CustodyEvent]) -> list[CustodyFault]:
    faults = []
    holder: str | None = None
    if chain[0].kind not in _BEGINS:
        faults.append(CustodyFault("gap", f"begins with {chain[0].kind}: not known who seized or received it"))
    returned = False
    for event in chain:
        if event.kind in _TAKES_OVER:
            holder, returned = event.by, False
            continue
        if returned:
            faults.append(CustodyFault("gap", f"{event.kind} after it was returned"))
        elif holder is not None and event.by != holder:
            faults.append(CustodyFault("gap", f"{event.kind} by somebody who had not received it"))
        # What was moved may be taken up by another where it was moved to.
        holder = None if event.kind is CustodyKind.MOVED else event.by
        returned = event.kind is CustodyKind.RETURNED
    return faults


def hash_faults(exhibit: Exhibit, chain: Sequence[CustodyEvent]) -> list[CustodyFault]:
    """Return at which events an exhibit had another hash than its file has."""
    return [
        CustodyFault("gap", f"when {event.kind} it had another hash than the file has")
        for event in chain
        if event.sha256 is not None and event.sha256 != exhibit.file.sha256
    ]
