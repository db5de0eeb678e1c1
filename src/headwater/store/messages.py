"""The outbox and the inbox: messages on their way to partners, and those that partners handed over."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

from headwater.errors import SchemaError, StoreCorruptError, StoreError
from headwater.model.canonical import encode
from headwater.model.ids import AuthorityId, MessageId
from headwater.store.link import Linked
from headwater.store.rows import (
    INCOMING_STATES,
    OUTGOING_STATES,
    Incoming,
    Outgoing,
    check_state,
    from_micros,
    to_micros,
)

R = TypeVar("R", bound=tuple[Any, ...])

_PAGE: Final = 32
"""Messages that are read at once: each may have four megabytes, and a partner may send as many as it likes."""
_MOST_GAPS: Final = 1000
"""Missing numbers named at once: a partner that skips to a number beyond all reason must not fill our memory."""

_OUTGOING: Final = (
    "SELECT id, peer, seq, lane, envelope, kind, thread, queued_at, expires_at, state, receipt, settled_at, number"
    " FROM outgoing LEFT JOIN sealed USING (number)"
)
# Any number of values as one JSON text: one statement for a whole batch.
_AMONG: Final = "id IN (SELECT value FROM json_each(?))"
_NUMBERS_AMONG: Final = (
    "SELECT seq FROM incoming WHERE peer = ? AND seq IN (SELECT CAST(value AS BIGINT) FROM json_each(?))"
)
_QUEUED_AMONG: Final = "SELECT id FROM outgoing WHERE state = 'queued' AND id IN (SELECT value FROM json_each(?))"
_INCOMING: Final = "SELECT id, peer, seq, sha256, kind, thread, body, received_at, state, receipt, number FROM incoming"
_TAKEN: Final = (
    "SELECT id, peer, seq, sha256, kind, thread, CAST('' AS BLOB), received_at, state, receipt, number FROM incoming"
)
_QUEUE: Final = (
    "INSERT INTO outgoing (number, id, peer, seq, lane, kind, thread, queued_at, expires_at, state, receipt, settled_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SETTLE: Final = "UPDATE outgoing SET state = ?, receipt = ?, settled_at = ? WHERE id = ? AND state = 'queued'"
_TAKE: Final = (
    "INSERT INTO incoming (id, peer, seq, sha256, kind, thread, body, received_at, state, receipt)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SENT_LAST: Final = (
    "INSERT INTO sequence VALUES (?, ?) ON CONFLICT (peer) DO UPDATE SET last = MAX(sequence.last, excluded.last)"
)
_GAPS: Final = (
    "SELECT before + 1, seq - 1 FROM (SELECT seq, LAG(seq, 1, ?2) OVER (ORDER BY seq) AS before"
    " FROM incoming WHERE peer = ?1 AND seq > ?2) AS numbered WHERE seq > before + 1 ORDER BY seq LIMIT ?3"
)


class OutgoingRow(NamedTuple):
    """The columns of `_OUTGOING`."""

    id: str
    peer: str
    seq: int
    lane: str
    envelope: bytes
    kind: str
    thread: str | None
    queued_at: int
    expires_at: int
    state: str
    receipt: bytes | None
    settled_at: int | None
    number: int


class IncomingRow(NamedTuple):
    """The columns of `_INCOMING`."""

    id: str
    peer: str
    seq: int
    sha256: bytes
    kind: str
    thread: str | None
    body: bytes
    received_at: int
    state: str
    receipt: bytes
    number: int


class _EquivocationRow(NamedTuple):
    """Something that came under an identifier that was taken."""

    id: str
    peer: str
    envelope: bytes
    number: int


class MessageReading(Linked):
    """What can be read of the outbox and the inbox."""

    def outgoing(self, ref: MessageId) -> Outgoing | None:
        """Return a message to a partner, None where there is none."""
        found = self._link.one(OutgoingRow, f"{_OUTGOING} WHERE id = ?", ref)
        return as_outgoing(found) if found else None

    def due_outgoing(
        self,
        peer: AuthorityId,
        lane: str,
        limit: int,
        skip: frozenset[MessageId] = frozenset(),
        after: int = 0,
    ) -> list[Outgoing]:
        """Return messages that wait for a partner, in the order of their numbers.

        Args:
            peer: the partner.
            lane: ``normal`` or ``urgent``.
            limit: how many at most.
            skip: messages that are being sent just now.
            after: number above which they are looked for.
        """
        sql = f"{_OUTGOING} WHERE peer = ? AND lane = ? AND state = 'queued' AND seq > ? ORDER BY seq LIMIT ?"
        found = self._link.rows(OutgoingRow, sql, peer, lane, after, limit + len(skip))
        return [as_outgoing(row) for row in found if row.id not in skip][:limit]

    def is_due(self, peer: AuthorityId, lane: str) -> bool:
        """Return whether a message waits for a partner on a lane."""
        sql = "SELECT 1 FROM outgoing WHERE peer = ? AND lane = ? AND state = 'queued' LIMIT 1"
        return self._link.one(tuple[int], sql, peer, lane) is not None

    def has_receipted(self, peer: AuthorityId) -> bool:
        """Return whether a partner has taken a message of ours."""
        sql = "SELECT 1 FROM outgoing WHERE peer = ? AND state = 'receipted' LIMIT 1"
        return self._link.one(tuple[int], sql, peer) is not None

    def outgoing_at(self, peer: AuthorityId, seq: int) -> Outgoing | None:
        """Return the message to a partner that bears a number, None where there is none."""
        found = self._link.one(OutgoingRow, f"{_OUTGOING} WHERE peer = ? AND seq = ?", peer, seq)
        return as_outgoing(found) if found else None

    def sent_last(self, peer: AuthorityId) -> int:
        """Return the highest number that was given to a message to a partner, 0 where there is none."""
        return self._link.number("SELECT last FROM sequence WHERE peer = ?", peer)

    def is_queued(self, peer: AuthorityId, kind: str) -> bool:
        """Return whether a message of a kind still waits for a partner."""
        sql = "SELECT 1 FROM outgoing WHERE peer = ? AND state = 'queued' AND kind = ? LIMIT 1"
        return self._link.one(tuple[int], sql, peer, kind) is not None

    def outgoing_all(self) -> Iterator[Outgoing]:
        """Yield all messages to partners in the order they were queued."""
        return map(as_outgoing, self._numbered(OutgoingRow, _OUTGOING))

    def incoming(self, ref: MessageId) -> Incoming | None:
        """Return a message from a partner, None where there is none."""
        found = self._link.one(IncomingRow, f"{_INCOMING} WHERE id = ?", ref)
        return as_incoming(found) if found else None

    def incoming_among(self, refs: Collection[MessageId]) -> dict[MessageId, Incoming]:
        """Return those of some messages that have come from a partner, by their identifiers, without their bodies.

        Anybody can name as many as a batch holds, and each may have megabytes.
        """
        found = self._link.rows(IncomingRow, f"{_TAKEN} WHERE {_AMONG}", _listed(refs))
        return {MessageId(row.id): as_incoming(row) for row in found}

    def numbers_among(self, peer: AuthorityId, numbers: Collection[int]) -> set[int]:
        """Return those of some numbers that a partner has given to a message that came."""
        return {seq for (seq,) in self._link.rows(tuple[int], _NUMBERS_AMONG, peer, _listed(numbers))}

    def queued_among(self, refs: Collection[MessageId]) -> set[MessageId]:
        """Return those of some messages that still wait for a partner."""
        return {MessageId(ref) for (ref,) in self._link.rows(tuple[str], _QUEUED_AMONG, _listed(refs))}

    def incoming_at(self, peer: AuthorityId, seq: int) -> Incoming | None:
        """Return the message that a partner gave a number to, None where there is none."""
        found = self._link.one(IncomingRow, f"{_INCOMING} WHERE peer = ? AND seq = ?", peer, seq)
        return as_incoming(found) if found else None

    def incoming_last(self, peer: AuthorityId) -> int:
        """Return the highest number that came from a partner, 0 where none has."""
        return self._link.number("SELECT MAX(seq) FROM incoming WHERE peer = ?", peer)

    def incoming_end(self) -> int:
        """Return the number of the message that was kept last, whoever sent it; 0 where there is none."""
        return self._link.number("SELECT MAX(number) FROM incoming")

    def spoke_after(self, number: int) -> frozenset[AuthorityId]:
        """Return the partners of which a message was kept after the one with a number: only those rows are read."""
        rows = self._link.rows(tuple[str], "SELECT DISTINCT peer FROM incoming WHERE number > ?", number)
        return frozenset(AuthorityId(peer) for (peer,) in rows)

    def incoming_all(self) -> Iterator[Incoming]:
        """Yield all messages from partners in the order they were kept."""
        return map(as_incoming, self._numbered(IncomingRow, _INCOMING))

    def incoming_since(self, peer: AuthorityId, since: datetime) -> Iterator[Incoming]:
        """Yield what was kept from a partner from a time on, in the order it was kept."""
        return map(
            as_incoming, self._numbered(IncomingRow, _INCOMING, "peer = ? AND received_at >= ?", peer, to_micros(since))
        )

    def incoming_requests(self, since: datetime) -> Iterator[Incoming]:
        """Yield the requests of partners from a time on, in the order they were kept."""
        return map(
            as_incoming,
            self._numbered(IncomingRow, _INCOMING, "kind = 'request' AND received_at >= ?", to_micros(since)),
        )

    def incoming_searches(self, since: datetime) -> Iterator[Incoming]:
        """Yield the searches of partners from a time on, in the order they were kept."""
        return map(
            as_incoming,
            self._numbered(IncomingRow, _INCOMING, "kind = 'search' AND received_at >= ?", to_micros(since)),
        )

    def outgoing_requests(self, since: datetime) -> Iterator[Outgoing]:
        """Yield the requests to partners from a time on, in the order they were queued."""
        return map(
            as_outgoing, self._numbered(OutgoingRow, _OUTGOING, "kind = 'request' AND queued_at >= ?", to_micros(since))
        )

    def incoming_in(self, thread: str) -> Iterator[Incoming]:
        """Yield what partners said in a conversation, in the order it was kept."""
        return map(as_incoming, self._numbered(IncomingRow, _INCOMING, "thread = ?", thread))

    def outgoing_in(self, thread: str) -> Iterator[Outgoing]:
        """Yield what was said to partners in a conversation, in the order it was queued."""
        return map(as_outgoing, self._numbered(OutgoingRow, _OUTGOING, "thread = ?", thread))

    def incoming_gaps(self, peer: AuthorityId, above: int = 0) -> list[int]:
        """Return the numbers below a partner's highest, and above some number, that have not come: the first thousand."""
        missing: list[int] = []
        for first, last in self._link.rows(tuple[int, int], _GAPS, peer, above, _MOST_GAPS):
            missing.extend(range(first, min(last, first + _MOST_GAPS) + 1))
        return missing[:_MOST_GAPS]

    def equivocations(self) -> Iterator[tuple[MessageId, AuthorityId, bytes]]:
        """Yield identifier, partner and envelope of whatever came under an identifier that was taken."""
        sql = "SELECT id, peer, envelope, number FROM equivocation"
        rows = self._numbered(_EquivocationRow, sql)
        return ((MessageId(row.id), AuthorityId(row.peer), row.envelope) for row in rows)

    def _numbered(self, kind: type[R], sql: str, where: str = "", *values: str | int) -> Iterator[R]:
        """Yield the rows of a query whose last column is the row's number, few at once; `where` says which of them."""
        start, which = 0, f"{where} AND " if where else ""
        whole = f"{sql} WHERE {which}number > ? ORDER BY number LIMIT ?"
        while page := self._link.rows(kind, whole, *values, start, _PAGE):
            yield from page
            if len(page) < _PAGE:
                return
            start = page[-1][-1]


class MessageWriting(MessageReading):
    """What can be done in the outbox and the inbox."""

    now: datetime
    # What was read once in a change holds until it ends: nobody else writes meanwhile.
    _rows_sent: int | None
    _last: dict[AuthorityId, int]

    def next_seq(self, peer: AuthorityId) -> int:
        """Return the next number for a message to a partner: from 1, without gaps, as the transaction is whole."""
        last = self._last.get(peer)
        seq = (self.sent_last(peer) if last is None else last) + 1
        self._link.latest(_SENT_LAST, (peer, seq))
        self._last[peer] = seq
        return seq

    def skip_seq(self, peer: AuthorityId, last: int) -> None:
        """Let the next number for a partner be above one that it has seen: after a backup it knows more than we do."""
        self._link.run(_SENT_LAST, peer, last)
        self._last.pop(peer, None)

    def add_outgoing(self, row: Outgoing) -> None:
        """Put a message into the outbox.

        Raises:
            StoreError: its identifier or number is taken.
        """
        number = self._next_number()
        self._link.later("INSERT INTO sealed VALUES (?, ?)", (number, row.envelope))
        settled = None if row.settled_at is None else to_micros(row.settled_at)
        times = to_micros(row.queued_at), to_micros(row.expires_at)
        self._link.later(
            _QUEUE,
            (
                *(number, row.id, row.peer, row.seq, row.lane, row.kind, row.thread),
                *(*times, row.state, row.receipt, settled),
            ),
        )

    def _next_number(self) -> int:
        if self._rows_sent is None:
            self._rows_sent = self._link.number("SELECT MAX(number) FROM sealed")
        self._rows_sent += 1
        return self._rows_sent

    def settle_queued(self, ref: MessageId, state: str, receipt: bytes | None, at: datetime) -> None:
        """Take a message that still waits (`queued_among`) out of the queue, as `settle_outgoing` does."""
        check_state(state, OUTGOING_STATES - {"queued"})
        self._link.later(_SETTLE, (state, receipt, to_micros(at), ref))

    def settle_outgoing(self, ref: MessageId, state: str, receipt: bytes | None, at: datetime) -> bool:
        """Take a message out of the queue, with the partner's receipt where there is one.

        Returns:
            False where it was settled before, or is unknown: nothing is changed.
        """
        check_state(state, OUTGOING_STATES - {"queued"})
        return bool(self._link.run(_SETTLE, state, receipt, to_micros(at), ref))

    def add_incoming(self, row: Incoming) -> None:
        """Put a message into the inbox, with the receipt that answers it for ever.

        Raises:
            StoreError: its identifier, or its number from that partner, is taken.
        """
        self._link.later(
            _TAKE,
            (
                *(row.id, row.peer, row.seq, row.sha256, row.kind, row.thread, row.body),
                *(to_micros(row.received_at), row.state, row.receipt),
            ),
        )

    def keep_equivocation(self, ref: MessageId, peer: AuthorityId, envelope: bytes) -> None:
        """Keep what came under an identifier that was taken, as evidence; the same bytes only once."""
        self._link.run(
            "INSERT INTO equivocation (id, peer, sha256, envelope, kept_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            ref,
            peer,
            sha256(envelope).digest(),
            envelope,
            to_micros(self.now),
        )

    def set_incoming_state(self, ref: MessageId, state: str) -> None:
        """Say what became of a message.

        Raises:
            StoreError: there is no such message.
        """
        check_state(state, INCOMING_STATES)
        if not self._link.run("UPDATE incoming SET state = ? WHERE id = ?", state, ref):
            raise StoreError("no such message", where=ref, fix="see: headwater inbox list")


def _listed(values: Collection[str] | Collection[int]) -> str:
    return encode(list(values)).decode()


@contextmanager
def _believed(ref: str) -> Iterator[None]:
    """Take what no message can have, in a row that is there already, for damage."""
    try:
        yield
    except SchemaError as error:
        raise StoreCorruptError("a message holds what none can have", where=ref) from error


def as_outgoing(row: OutgoingRow) -> Outgoing:
    """Return the message to a partner that a row holds."""
    with _believed(row.id):
        return Outgoing(
            id=MessageId(row.id),
            peer=AuthorityId(row.peer),
            seq=row.seq,
            lane=row.lane,
            envelope=row.envelope,
            kind=row.kind,
            thread=row.thread,
            queued_at=from_micros(row.queued_at),
            expires_at=from_micros(row.expires_at),
            state=row.state,
            receipt=row.receipt,
            settled_at=None if row.settled_at is None else from_micros(row.settled_at),
        )


def as_incoming(row: IncomingRow) -> Incoming:
    """Return the message from a partner that a row holds."""
    with _believed(row.id):
        return Incoming(
            id=MessageId(row.id),
            peer=AuthorityId(row.peer),
            seq=row.seq,
            sha256=row.sha256,
            kind=row.kind,
            thread=row.thread,
            body=row.body,
            received_at=from_micros(row.received_at),
            state=row.state,
            receipt=row.receipt,
        )
