"""The values that the store hands out beside those of the model, and the forms that times take in its tables."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from headwater.errors import Place, SchemaError, SettingsError, StoreCorruptError
from headwater.model.ids import AuthorityId, MessageId
from headwater.ports import Event

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_SYNCHRONOUS: Final = ("OFF", "NORMAL", "FULL", "EXTRA")
_LARGEST_SEQ: Final = (1 << 63) - 1
OUTGOING_STATES: Final = frozenset({"queued", "receipted", "refused", "dead"})
INCOMING_STATES: Final = frozenset({"stored", "accepted", "refused", "held"})


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store is opened.

    Attributes:
        synchronous: SQLite's word for when it syncs. Only FULL keeps promises through a power cut; the others are for
            tests that must see them lost.
        vfs: name of an `apsw` file layer that stands in for the disk; None is the operating system's own.
        busy_wait_s: how long to wait for another process that writes.
        checkpoint_pages: pages of 8 KiB that SQLite's log may reach before it is folded into the database, which costs
            two more syncs.
        read_only: open without ever writing, as far as a damaged store can still be read.
        database: the PostgreSQL database that keeps the store, as libpq names one (``postgresql://HOST/NAME``); empty is
            SQLite in the node's directory.
        threaded: commit in a thread of the store's own, so that changes from many threads share a sync. Without, each
            change is committed by its caller, one at a time: for simulations, which must repeat themselves.
    """

    synchronous: str = "FULL"
    vfs: str | None = None
    busy_wait_s: float = 5.0
    checkpoint_pages: int = 2000
    read_only: bool = False
    database: str = ""
    threaded: bool = True

    def __post_init__(self) -> None:
        """Refuse a word that SQLite does not know: it would quietly take it for NORMAL."""
        if self.synchronous not in _SYNCHRONOUS:
            raise SettingsError("no such way to sync", where=self.synchronous, fix=f"use {', '.join(_SYNCHRONOUS)}")


@dataclass(frozen=True, slots=True)
class Head:
    """The state of the ledger: how many leaves it has, and the root over them."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of the ledger.

    Attributes:
        index: its number, from 0.
        at: when the event was noted; None once it was erased.
        event: what was noted; None once it was erased.
        salt: 16 random bytes, None once erased.
        commitment: SHA-256 of salt and event, which the tree is made over.
    """

    index: int
    at: datetime | None
    event: Event | None
    salt: bytes | None
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a store: where (a leaf's number, a file, a table) and of what kind."""

    at: str | int
    kind: str


class Outgoing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message on its way to a partner.

    Attributes:
        seq: its number among all messages to that partner, from 1.
        lane: ``normal`` or ``urgent``.
        envelope: the sealed bytes, the same at every attempt.
        state: ``queued``, ``receipted``, ``refused`` or ``dead``.
        receipt: the partner's signed answer, once there is one.
        settled_at: when it left the state ``queued``.
    """

    id: MessageId
    peer: AuthorityId
    seq: int
    lane: str
    envelope: bytes
    kind: str
    thread: str | None
    queued_at: datetime
    expires_at: datetime
    state: str = "queued"
    receipt: bytes | None = None
    settled_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a number or state that no message has."""
        _check_message(self.seq, self.state, OUTGOING_STATES)


class Incoming(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message that a partner handed over.

    Attributes:
        seq: the partner's number for it, from 1.
        sha256: SHA-256 of the envelope as it came, 32 bytes.
        body: the opened content.
        state: ``stored``, ``accepted``, ``refused`` or ``held``.
        receipt: our signed answer, the same however often the message comes.
    """

    id: MessageId
    peer: AuthorityId
    seq: int
    sha256: bytes
    kind: str
    thread: str | None
    body: bytes
    received_at: datetime
    state: str = "stored"
    receipt: bytes

    def __post_init__(self) -> None:
        """Refuse a number, state or hash that no message has."""
        _check_message(self.seq, self.state, INCOMING_STATES)
        if len(self.sha256) != sha256().digest_size:
            raise SchemaError("not a SHA-256", where=Place(field="sha256"))


def check_state(state: str, known: frozenset[str]) -> None:
    """Refuse a state that a message cannot be in.

    Raises:
        SchemaError: it is none of the known ones.
    """
    if state not in known:
        raise SchemaError(
            "no such state of a message", where=Place(field="state"), fix=f"use {', '.join(sorted(known))}"
        )


def to_micros(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970, UTC.

    Raises:
        SchemaError: it has no zone.
    """
    if moment.tzinfo is None:
        raise SchemaError("a time without a zone")
    return (moment - _START) // _MICROSECOND


def from_micros(count: int) -> datetime:
    """Return the time that a number of microseconds since 1970 names.

    Raises:
        StoreCorruptError: it names none; only a damaged store holds such a number.
    """
    try:
        return _START + timedelta(microseconds=count)
    except OverflowError as error:
        raise StoreCorruptError("a time beyond the calendar") from error


def _check_message(seq: int, state: str, known: frozenset[str]) -> None:
    if not 1 <= seq <= _LARGEST_SEQ:
        raise SchemaError("a number that no message has", where=Place(field="seq"))
    check_state(state, known)
