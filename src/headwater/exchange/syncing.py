"""The sync of two nodes: what is missing between them, and whether either log was changed. Normative text: docs/spec/log.md.

Three messages of kind `checkpoint`: one asks, the other answers, the first ends. Each carries the sender's checkpoint with
proofs from the sizes that the other is known to hold, the other's own largest checkpoint cosigned, and the numbers that
are missing. All that a message leads to is done in the transaction that keeps it: nothing is done twice, nothing half.
"""

import base64
import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from headwater.errors import ConflictError, HeadwaterError, InputError, RollbackError, TrustError
from headwater.exchange.again import deliver_again
from headwater.exchange.alarms import Alarm, clear_alarms, open_alarms, raise_alarm
from headwater.exchange.checkpoint import (
    Checkpoint,
    cosign,
    cosigned_at,
    is_log_ed25519,
    is_signed_by_log,
    read_checkpoint,
    sign_checkpoint,
    slim,
)
from headwater.exchange.envelope import Header
from headwater.exchange.keys import Keys
from headwater.exchange.outbox import EPOCH, MILLISECOND, Outbox
from headwater.exchange.partners import Partners
from headwater.exchange.proof import Proof
from headwater.exchange.receipt import read_receipt
from headwater.exchange.witness import (
    CHECKPOINT,
    FAULTS,
    Known,
    Said,
    Word,
    forget,
    judge,
    judge_receipt,
    keep_known,
    known_of,
    own_fault,
    paths_of,
    receipt_head,
)
from headwater.model.ids import AuthorityId, MessageId, new_message_id
from headwater.model.message import Grown, Kind, Message, Sync
from headwater.ports import Chance, Clock, Event
from headwater.store import Snapshot, Store, Transaction

ASKS, ENDS = 1, 3
"""Turns of a sync: one asks, the next answers, the last ends."""
MOST_SKIPPED: Final = 1_000_000
"""Most numbers that a partner's word can let us skip after a backup: its word alone is no proof."""
MOST_VOID: Final = 1000
MAX_RECEIPT_TOLD: Final = 32 * 1024
LOOK_S: Final = 5.0
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a partner and we stand as each other's witnesses.

    Attributes:
        theirs: size of its largest checkpoint that we have cosigned.
        ours: size of our largest checkpoint that it has cosigned.
        synced_at: when it last answered.
        alarms: those that no person has cleared.
    """

    theirs: int
    ours: int
    synced_at: datetime | None
    unproved_since: datetime | None
    alarms: tuple[Alarm, ...]


class Syncing:
    """Syncs one node with its partners."""

    def __init__(
        self, store: Store, partners: Partners, keys: Keys, outbox: Outbox, clock: Clock, chance: Chance
    ) -> None:
        """Sync in the name of the authority whose partners these are."""
        self._store = store
        self._partners = partners
        self._keys = keys
        self._outbox = outbox
        self._clock = clock
        self._chance = chance

    def ask(self, peer: AuthorityId, *, who: str) -> MessageId:
        """Queue the message that begins a sync.

        Raises:
            TrustError: there is no such partner, or its card is not confirmed and current.
            ConflictError: there is no agreement with it.
        """
        return self._store.write(lambda tx: self._queue(tx, peer, ASKS, who))

    def run(self, stop: threading.Event, every_s: float) -> None:
        """Begin a sync with each partner that has not answered for so long, until `stop` is set."""
        begun, asked = self._clock.now(), dict[AuthorityId, datetime]()
        while not stop.wait(min(LOOK_S, every_s)):
            now = self._clock.now()
            try:
                for peer in self.due(now, timedelta(seconds=every_s), begun):
                    if now - asked.get(peer, begun - timedelta(seconds=every_s)) >= timedelta(seconds=every_s):
                        asked[peer] = now
                        self.ask(peer, who=self._partners.me)
            except HeadwaterError as error:
                _LOG.warning("sync waits: %s", error.code)

    def due(self, now: datetime, every: timedelta, begun: datetime) -> list[AuthorityId]:
        """Return the partners with which a sync is due: those that have not answered for so long, or since we began."""
        with self._store.snapshot() as snapshot:
            return [
                partner.authority
                for partner in self._partners.all(snapshot)
                if partner.is_open
                and now - (known_of(snapshot, partner.authority).synced_at or begun) >= every
                and not snapshot.is_queued(partner.authority, Kind.CHECKPOINT)
            ]

    def take(self, tx: Transaction, header: Header, message: Message) -> None:
        """Do what a partner's sync leads to, in the transaction that keeps it."""
        sync, peer = message.sync, header.sender
        partner = self._partners.get(tx, peer)
        if sync is None or partner is None:
            self._doubt(tx, header, "no sync")
            return
        known = known_of(tx, peer)
        known = self._own_log(tx, header, sync, known)
        known = self._their_log(tx, header, sync, known)
        known = self._missing(tx, header, sync, known)
        if sync.turn != ASKS:
            known = replace(known, synced_at=tx.now)
        keep_known(tx, peer, known)
        if ASKS <= sync.turn < ENDS:
            try:
                self._queue(tx, peer, sync.turn + 1, self._partners.me)
            except (TrustError, ConflictError) as error:
                self._doubt(tx, header, error.code)

    def standing(self, peer: AuthorityId) -> Standing:
        """Return how a partner and we stand as each other's witnesses."""
        with self._store.snapshot() as snapshot:
            known = known_of(snapshot, peer)
            alarms = tuple(open_alarms(snapshot, peer))
        return Standing(known.size, known.ours, known.synced_at, known.unproved_since, alarms)

    def alarms(self) -> list[Alarm]:
        """Return all alarms that no person has cleared, those about this node itself among them."""
        with self._store.snapshot() as snapshot:
            return open_alarms(snapshot)

    def clear(self, about: AuthorityId, *, who: str, reason: str) -> int:
        """Clear the alarms about an authority, and begin anew with its log; the evidence stays.

        Raises:
            ConflictError: there is none.
        """

        def change(tx: Transaction) -> int:
            count = clear_alarms(tx, about, who, reason)
            if about != self._partners.me:
                forget(tx, about)
            return count

        return self._store.write(change)

    def prove(self, index: int) -> Proof:
        """Return the proof that a leaf stands in our log, under the checkpoint that most partners have cosigned.

        Where none that is large enough has been cosigned yet, the checkpoint is of now and bears our signatures only.

        Raises:
            StoreError: there is no such leaf, or its event was erased.
        """
        with self._store.snapshot() as snapshot:
            opening = snapshot.opening(index)
            checkpoint = self._cosigned(snapshot, index)
            if checkpoint is None:
                head = snapshot.head()
                checkpoint = sign_checkpoint(self._partners.me, head.size, head.root, self._keys.papers())
            return Proof(index, opening, tuple(snapshot.inclusion(index, checkpoint.size)), checkpoint)

    def _cosigned(self, snapshot: Snapshot, index: int) -> Checkpoint | None:
        sizes = {known_of(snapshot, partner.authority).ours for partner in self._partners.all(snapshot)}
        bodies = (snapshot.document(CHECKPOINT, f"{self._partners.me}/{size}") for size in sizes if size > index)
        found = [read_checkpoint(body) for body in bodies if body is not None]
        return max(found, key=lambda each: (len(each.signatures), each.size), default=None)

    # Our own log, as the partner has seen it

    def _own_log(self, tx: Transaction, header: Header, sync: Sync, known: Known) -> Known:
        """Compare our log with what we have signed and the partner holds; keep its cosignature."""
        seen = [each for each in (self._held(tx, header, sync), self._receipted(tx, header, sync)) if each is not None]
        fault = ""
        for size, root, piece in seen:
            head = tx.head()
            wrong = own_fault(head, size, root, tx.root_at(size) if size <= head.size else None)
            if wrong and not fault:
                fault = wrong
                now = sign_checkpoint(self._partners.me, head.size, head.root, self._keys.papers())
                raise_alarm(tx, RollbackError, self._partners.me, wrong, [piece, now.to_bytes()], seen_by=header.sender)
        last = tx.sent_last(header.sender)
        if sync.seen > last:
            what = f"{header.sender} has seen number {sync.seen}; this node has sent {last}"
            raise_alarm(tx, RollbackError, self._partners.me, what, [], seen_by=header.sender)
            tx.skip_seq(header.sender, min(sync.seen, last + MOST_SKIPPED))
        known = replace(known, asked=tuple(sorted({size for size, _, _ in seen})))
        if fault or sync.held is None or not seen:
            return known
        return self._keep_cosignature(tx, header.sender, read_checkpoint(sync.held.encode()), known)

    def _held(self, tx: Transaction, header: Header, sync: Sync) -> tuple[int, bytes, bytes] | None:
        """Return size, root and bytes of our own checkpoint that the partner shows, where we have signed it."""
        if sync.held is None:
            return None
        try:
            note = read_checkpoint(sync.held.encode())
        except InputError:
            self._doubt(tx, header, "no checkpoint")
            return None
        if note.authority != self._partners.me or not is_log_ed25519(note, self._partners.own_card(tx).card.papers):
            self._doubt(tx, header, "not our checkpoint")
            return None
        return note.size, note.root, sync.held.encode()

    def _receipted(self, tx: Transaction, header: Header, sync: Sync) -> tuple[int, bytes, bytes] | None:
        """Return size, root and bytes of our own receipt that the partner shows, where we have signed it."""
        if sync.receipt is None:
            return None
        try:
            data = base64.b64decode(sync.receipt, validate=True)
            receipt = read_receipt(data, self._partners.own_card(tx).card, header.sender, tx.now)
        except (ValueError, InputError, TrustError):
            self._doubt(tx, header, "not our receipt")
            return None
        log = receipt.log
        return None if log is None else (log.size, bytes.fromhex(log.root), data)

    def _keep_cosignature(self, tx: Transaction, peer: AuthorityId, note: Checkpoint, known: Known) -> Known:
        partner = self._partners.get(tx, peer)
        if partner is None or note.size <= known.ours or cosigned_at(note, peer, partner.card.card.papers) is None:
            return known
        key = f"{self._partners.me}/{note.size}"
        kept = tx.document(CHECKPOINT, key)
        whole = sign_checkpoint(self._partners.me, note.size, note.root, self._keys.papers())
        base = read_checkpoint(kept) if kept else whole
        tx.put_document(CHECKPOINT, key, base.joined(slim(note, self._partners.me)).to_bytes())
        tx.note(Event("exchange.witnessed", peer, self._partners.me, detail=_head(note)))
        return replace(known, ours=note.size)

    # The partner's log

    def _their_log(self, tx: Transaction, header: Header, sync: Sync, known: Known) -> Known:
        """Judge the partner's checkpoint; cosign it where its log leads on to it."""
        peer, partner = header.sender, self._partners.need(tx, header.sender)
        try:
            note = read_checkpoint(sync.checkpoint.encode())
        except InputError:
            self._doubt(tx, header, "no checkpoint")
            return known
        if note.authority != peer or not is_signed_by_log(note, partner.card.card.papers):
            self._doubt(tx, header, "a checkpoint it has not signed")
            return known
        said = Said(note.size, note.root, header.seq, sync.seen, paths_of(sync.grown))
        head = receipt_head(tx, peer)
        words = [(judge(known, said), tx.document(CHECKPOINT, f"{peer}/{known.size}"))]
        if head is not None:
            words.append((judge_receipt(head, said), tx.document("receipt", head.ref)))
        for word, earlier in words:
            if word in FAULTS:
                fault, what = FAULTS[word]
                raise_alarm(tx, fault, peer, what, [earlier or b"", note.to_bytes()], seen_by=self._partners.me)
        word = words[0][0]
        if word is Word.UNPROVED:
            return replace(known, unproved_since=known.unproved_since or tx.now)
        if word is not Word.NEW or open_alarms(tx, peer):
            return known
        whole = cosign(note, self._partners.me, tx.now, self._keys.papers())
        tx.put_document(CHECKPOINT, f"{peer}/{note.size}", whole.to_bytes())
        tx.note(Event("exchange.cosigned", self._partners.me, peer, detail=_head(note)))
        return replace(known, size=note.size, root=note.root.hex(), seq=header.seq, unproved_since=None)

    # What is missing

    def _missing(self, tx: Transaction, header: Header, sync: Sync, known: Known) -> Known:
        """Deliver again what the partner misses, or tell it what will never come; note what we miss."""
        peer, again, owed = header.sender, list[MessageId](), list[int]()
        for seq in sync.gaps[:MOST_VOID]:
            row = tx.outgoing_at(peer, seq) if seq > 0 else None
            if row is None or row.state in {"refused", "dead"} or (row.state != "queued" and row.expires_at <= tx.now):
                owed.append(seq)
            elif row.state == "receipted":
                again.append(row.id)
        if again:
            deliver_again(tx, peer, again)
            tx.note(Event("exchange.missed", peer, peer, detail={"count": len(again)}))
        void = {*known.void, *sync.void[:MOST_VOID]}
        last = tx.incoming_last(peer)
        missing = [seq for seq in tx.incoming_gaps(peer, above=known.whole_to) if seq not in void]
        whole_to = min(missing) - 1 if missing else max(last, known.whole_to)
        kept = tuple(sorted(seq for seq in void if seq > whole_to))[:MOST_VOID]
        return replace(known, whole_to=whole_to, void=kept, owed=tuple(owed))

    def _queue(self, tx: Transaction, peer: AuthorityId, turn: int, who: str) -> MessageId:
        ref = new_message_id((tx.now - EPOCH) // MILLISECOND, self._chance.draw(10))
        message = Message(
            kind=Kind.CHECKPOINT,
            sender=self._partners.me,
            recipient=peer,
            agreement=self._agreement(tx, peer),
            sync=self._compose(tx, peer, turn),
        )
        self._outbox.queue(tx, message, ref, who)
        return ref

    def _compose(self, tx: Transaction, peer: AuthorityId, turn: int) -> Sync:
        known, head, receipted = known_of(tx, peer), tx.head(), receipt_head(tx, peer)
        sizes = sorted(size for size in {known.ours, *known.asked} if 0 < size <= head.size)
        held = tx.document(CHECKPOINT, f"{peer}/{known.size}") if known.root else None
        receipt = tx.document("receipt", receipted.ref) if receipted else None
        void = set(known.void)
        return Sync(
            turn=turn,
            seen=tx.incoming_last(peer),
            gaps=tuple(seq for seq in tx.incoming_gaps(peer, above=known.whole_to) if seq not in void),
            void=known.owed,
            checkpoint=sign_checkpoint(self._partners.me, head.size, head.root, self._keys.papers())
            .to_bytes()
            .decode(),
            grown=tuple(
                Grown(size=size, path=tuple(each.hex() for each in tx.consistency(size, head.size))) for size in sizes
            ),
            held=slim(read_checkpoint(held), peer).to_bytes().decode() if held else None,
            receipt=base64.b64encode(receipt).decode() if receipt and len(receipt) <= MAX_RECEIPT_TOLD else None,
        )

    def _agreement(self, tx: Transaction, peer: AuthorityId) -> str:
        name = self._partners.agreement_with(tx, peer)
        if name is None:
            raise ConflictError("no agreement with this partner", where=peer, fix="sign one with it first")
        return name

    def _doubt(self, tx: Transaction, header: Header, why: str) -> None:
        tx.note(Event("exchange.sync-doubted", header.sender, header.id, detail={"why": why}))


def _head(note: Checkpoint) -> dict[str, str | int]:
    return {"size": note.size, "root": note.root.hex()}
