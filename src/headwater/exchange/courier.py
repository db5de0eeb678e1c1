"""A courier: brings what waits for one partner on one lane to its node, and settles what the partner has signed.

A step is: what is due -> post -> check receipts -> settle, each in a transaction of its own. Whatever goes wrong in
between, the same bytes go out again; the partner answers them with the receipt that they got the first time. While a full
batch that was taken as a whole is being settled, the next one is on its way already, so that the partner need not wait
for our disk. After a failure one message goes alone, and twice as many each time that goes well: over a line that breaks
after some kilobytes, or takes minutes for a full batch, what waits still gets through.

What becomes of a message:

* ``stored``, signed by the partner about these very bytes: receipted.
* ``refused:`` a reason that may pass (`refusal.TEMPORARY`): it rests, and is sent again until it expires.
* ``refused:`` for a key that one of the two has changed meanwhile: sealed again under another identifier.
* ``refused:`` anything else: settled as refused, for a person to see.
* no word about it, or one that the partner has not signed: it stays, and the gap is noted.
* expired: a dead letter, for a person to see.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from headwater.errors import HeadwaterError, InputError, PeerRefusedError, RollbackError, TrustError
from headwater.exchange.again import again_due, delivered_again
from headwater.exchange.alarms import raise_alarm
from headwater.exchange.backoff import REST_CAP_S, TRY_CAP_S, wait_s
from headwater.exchange.card import Card
from headwater.exchange.envelope import Lane, Sealed, read
from headwater.exchange.framing import MAX_ENVELOPES, SLOWEST, join, split
from headwater.exchange.outbox import SENT, Outbox
from headwater.exchange.partners import Partner, Partners
from headwater.exchange.receipt import STORED, Line, Receipt, read_receipt
from headwater.exchange.refusal import TEMPORARY, Code
from headwater.exchange.taking import keep_receipt
from headwater.exchange.witness import Seen, saw_receipt
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import HOUSEKEEPING, Message
from headwater.ports import Chance, Clock, Event, Transport
from headwater.store import Outgoing, Snapshot, Store, Transaction

PATH: Final = "/v1/inbox"
TIMEOUT_S: Final = 30.0
QUICK_S: Final = TIMEOUT_S / 4
"""A batch that takes longer is not followed by a larger one: on a slow line that would run into the timeout."""
MOST_BYTES: Final = 8 * 1024 * 1024
"""Bytes of one batch, unless one envelope alone is larger than what is left."""
_CHANGED_KEY: Final = frozenset({Code.REVOKED_KEY, Code.WRONG_RECIPIENT})
_DRAWN: Final = 4


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to.

    Attributes:
        moved: messages that were settled, or are being settled.
        wait_s: how long to rest; 0 where more may be waiting, None until something changes.
        error: what went wrong, None where nothing did.
    """

    moved: int
    wait_s: float | None
    error: HeadwaterError | None = None


@dataclass(frozen=True, slots=True)
class _Word:
    """A partner's signed word on one message, and the receipt that holds it."""

    line: Line
    receipt: bytes
    read: Receipt


class Courier:
    """Serves one partner on one lane; one thread uses it."""

    def __init__(
        self,
        store: Store,
        partners: Partners,
        outbox: Outbox,
        transport: Transport,
        clock: Clock,
        chance: Chance,
        stopwatch: Callable[[], float],
        route: tuple[AuthorityId, Lane],
    ) -> None:
        """Serve a route, a partner and a lane; the stopwatch's seconds never run backwards, whatever the clock does."""
        self._store = store
        self._partners = partners
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._chance = chance
        self._stopwatch = stopwatch
        self._peer, self._lane = route
        self._failures = 0
        self._most = MAX_ENVELOPES
        self._endpoint = 0
        self._resting: dict[MessageId, tuple[float, int]] = {}
        self._unanswered: set[MessageId] = set()
        self._said: dict[MessageId, str] = {}
        self._settling: Future[int] | None = None
        self._sent_to = 0
        """Number of the last message that is being settled; 0 where none is."""

    def step(self) -> Step:
        """Do one round."""
        now = self._clock.now()
        if self._settling is not None and self._settling.done():
            self._settled()
        resting = self._at_rest()
        with self._store.snapshot() as snapshot:
            rows = snapshot.due_outgoing(self._peer, self._lane, self._most, skip=resting, after=self._sent_to)
            if not rows and self._settling is None:
                # Once nothing else waits: what the partner misses although it has receipted it.
                rows = again_due(snapshot, self._peer, self._lane, self._most, skip=resting)
                if not rows:
                    return Step(0, self._next_rest())
            partner = self._partners.get(snapshot, self._peer)
            dead = [row for row in rows if row.expires_at <= now]
            stopped = self._stopped(snapshot, rows)
            own = self._partners.own_card(snapshot).card
        if not rows:
            self._settled()
            return Step(0, 0)
        # An expired card, the partner's or our own: nothing is sent until the new one is here. Nor is anything given up
        # before: a clock that is years ahead says the same, and must not cost what waits.
        has_expired = partner is not None and now >= min(partner.card.card.expires_at, own.expires_at)
        if dead and not has_expired:
            return Step(self._bury(dead), 0)
        if partner is None or not partner.is_open or has_expired:
            return Step(0, None)
        for row in stopped:
            self._rest(row)
        batch = _fitting([row for row in rows if row not in stopped])
        return self._deliver(partner, batch, now) if batch else Step(0, 0)

    def heard(self) -> None:
        """Take note that the partner has said something: it can be reached again, and waiting begins anew."""
        self._failures = 0

    def _deliver(self, partner: Partner, batch: list[Outgoing], now: datetime) -> Step:
        endpoints = partner.card.card.endpoints
        endpoint = endpoints[self._endpoint % len(endpoints)]
        begun, body = self._stopwatch(), join(row.envelope for row in batch)
        # A message that goes alone has the time that the slowest line needs for it: large ones would never get through.
        timeout_s = TIMEOUT_S + (len(body) / SLOWEST if len(batch) == 1 else 0.0)
        try:
            answer = self._transport.post(endpoint, PATH, body, timeout_s=timeout_s)
            words, doubts = _words(answer, batch, partner.card.card, self._partners.me, now)
        except HeadwaterError as error:
            self._endpoint += 1
            return Step(0, self._fail(), error)
        is_quick = self._stopwatch() - begun <= QUICK_S
        self._settled()
        self._settling = self._store.submit(lambda tx: self._settle(tx, batch, words, doubts))
        if self._all_taken(batch, words, doubts):
            self._sent_to = batch[-1].seq
            moved = len(batch)
        else:
            moved = self._settled()
        if words:
            self._failures = 0
            self._most = min(MAX_ENVELOPES, self._most * 2) if is_quick else self._most
            return Step(moved, 0)
        return Step(0, self._fail(), doubts[0] if doubts else PeerRefusedError("the partner's answer holds no receipt"))

    def _all_taken(self, batch: list[Outgoing], words: dict[MessageId, _Word], doubts: list[HeadwaterError]) -> bool:
        """Return whether nothing that comes of a full batch can matter to the next, which is likely to wait already."""
        return (
            len(batch) == MAX_ENVELOPES
            and not self._resting
            and not doubts
            and all(row.state == "queued" and row.id in words and words[row.id].line.result == STORED for row in batch)
        )

    def _settled(self) -> int:
        """Wait until what is being settled is on the disk, and return how many messages of it were open.

        Raises:
            StoreError: it could not be kept: the same bytes go out again.
        """
        settling, self._settling, self._sent_to = self._settling, None, 0
        return 0 if settling is None else settling.result()

    def _settle(
        self, tx: Transaction, batch: list[Outgoing], words: dict[MessageId, _Word], doubts: list[HeadwaterError]
    ) -> int:
        moved, closed = 0, set[MessageId]()
        kept = self._look_at_logs(tx, batch, words)
        queued = tx.queued_among([row.id for row in batch])
        for row in batch:
            word = words.get(row.id)
            if word is None:
                self._note_silence(tx, row)
                continue
            self._unanswered.discard(row.id)
            why = word.line.result.partition(":")[2]
            if why in TEMPORARY:
                self._rest(row)
                if self._said.get(row.id) != why:  # it may say so every few minutes for weeks
                    self._said[row.id] = why
                    tx.note(Event("exchange.resting", self._peer, row.id, detail={"code": why}))
                continue
            moved += self._close(tx, row, word, kept[word.receipt], is_queued=row.id in queued)
            closed.add(row.id)
        delivered_again(tx, self._peer, closed)
        for doubt in doubts:
            tx.note(Event("exchange.receipt-doubted", self._peer, self._peer, detail={"code": doubt.code}))
        if moved:
            self._partners.meet(tx, self._peer)
        return moved

    def _close(self, tx: Transaction, row: Outgoing, word: _Word, receipt: bytes, *, is_queued: bool) -> int:
        state = "receipted" if word.line.result == STORED else "refused"
        self._forget(row.id)
        if row.state != "queued":
            tx.note(Event("exchange.delivered-again", self._peer, row.id, detail={"result": word.line.result}))
            return 1
        if not is_queued:  # another courier was quicker
            return 0
        tx.settle_queued(row.id, state, receipt, tx.now)
        detail: dict[str, str | int] = {"result": word.line.result, "sha256": word.line.sha256}
        why = word.line.result.partition(":")[2]
        if why in _CHANGED_KEY and isinstance(sealed := read(row.envelope), Sealed):
            detail["again"] = self._outbox.seal_again(tx, row, sealed.header) or ""
        tx.note(Event(f"exchange.{state}", self._peer, row.id, detail=detail))
        if why == Code.REPLAY:
            me, pieces = self._partners.me, [word.receipt, row.envelope]
            what = f"{self._peer} has seen number {row.seq} before: this node's store was set back"
            raise_alarm(tx, RollbackError, me, what, pieces, seen_by=self._peer)
        return 1

    def _look_at_logs(
        self, tx: Transaction, batch: list[Outgoing], words: dict[MessageId, _Word]
    ) -> dict[bytes, bytes]:
        """Compare the logs that the receipts name with what is known of the partner's; return the names they are kept by."""
        newest: dict[bytes, int] = {}
        for row in batch:
            if (word := words.get(row.id)) is not None:
                newest[word.receipt] = max(row.seq, newest.get(word.receipt, row.seq))
        receipts = {word.receipt: word.read for word in words.values()}
        kept = {data: keep_receipt(tx, data) for data in receipts}
        for data, receipt in receipts.items():
            saw_receipt(tx, self._peer, Seen(receipt, data, kept[data].hex(), newest[data]), self._partners.me)
        return kept

    def _bury(self, rows: list[Outgoing]) -> int:
        def change(tx: Transaction) -> int:
            buried = [row for row in rows if tx.settle_outgoing(row.id, "dead", None, tx.now)]
            delivered_again(tx, self._peer, {row.id for row in rows})
            for row in buried:
                tx.note(Event("exchange.dead-letter", self._partners.me, row.id, detail={"to": row.peer}))
            return len(buried)

        count = self._store.write(change)
        for row in rows:
            self._forget(row.id)
        return count

    def _forget(self, ref: MessageId) -> None:
        """Keep nothing more in memory of a message that goes no more."""
        self._resting.pop(ref, None)
        self._said.pop(ref, None)
        self._unanswered.discard(ref)

    def _stopped(self, snapshot: Snapshot, rows: list[Outgoing]) -> list[Outgoing]:
        """Return what must not go because its agreement was suspended, or has ended, since it was queued."""
        stopped: list[Outgoing] = []
        # What is queued named an agreement that is held, and none is ever given away: most times that settles it.
        if self._partners.all_live(snapshot):
            return stopped
        for row in rows:
            body = None if row.kind in HOUSEKEEPING else snapshot.document(SENT, row.id)
            if body is not None and self._partners.stops_at_sending(snapshot, decode(body, Message).agreement):
                stopped.append(row)
        return stopped

    def _note_silence(self, tx: Transaction, row: Outgoing) -> None:
        if row.id not in self._unanswered:
            self._unanswered.add(row.id)
            tx.note(Event("exchange.receipt-missing", self._peer, row.id))

    def _fail(self) -> float:
        """Return how long to wait. Then one message goes alone: how many they were may be what broke the line or was refused."""
        self._failures += 1
        self._most = 1
        return wait_s(self._failures, TRY_CAP_S, self._chance.draw(_DRAWN))

    def _rest(self, row: Outgoing) -> None:
        _, before = self._resting.get(row.id, (0.0, 0))
        times = before + 1
        wait = wait_s(times, REST_CAP_S[self._lane], self._chance.draw(_DRAWN))
        self._resting[row.id] = (self._stopwatch() + wait, times)

    def _at_rest(self) -> frozenset[MessageId]:
        now = self._stopwatch()
        return frozenset(ref for ref, (until, _) in self._resting.items() if until > now)

    def _next_rest(self) -> float | None:
        now = self._stopwatch()
        return min((max(until - now, 0.05) for until, _ in self._resting.values() if until > now), default=None)


def _fitting(rows: list[Outgoing]) -> list[Outgoing]:
    """Return as many rows as one batch may hold, at least one."""
    size = 0
    for number, row in enumerate(rows):
        size += len(row.envelope)
        if number and size > MOST_BYTES:
            return rows[:number]
    return rows


def _words(
    answer: bytes, batch: list[Outgoing], card: Card, me: AuthorityId, now: datetime
) -> tuple[dict[MessageId, _Word], list[HeadwaterError]]:
    """Return what the partner has signed about the messages of a batch, and what it sent that cannot be believed."""
    sent: dict[tuple[str | None, str], MessageId] = {
        (row.id, sha256(row.envelope).hexdigest()): row.id for row in batch
    }
    words: dict[MessageId, _Word] = {}
    doubts: list[HeadwaterError] = []
    for part in split(answer, most=2 * MAX_ENVELOPES):
        try:
            receipt = read_receipt(part, card, me, now)
        except (TrustError, InputError) as error:
            doubts.append(error)
            continue
        for line in receipt.lines:
            ref = sent.get((line.id, line.sha256))
            if ref is not None:
                words[ref] = _Word(line, part, receipt)
    return words, doubts
