"""The inbox: what a partner hands over is checked, judged, kept and answered. Never acknowledged before it is durable.

The order for each batch: the rules of the envelope (`envelope`), with nothing written; then one transaction that judges
each message by the agreement, keeps its row, its records and a leaf of the ledger, and signs the receipt; then, after the
sync, the answer. So after a crash there is either no row, or the row and its receipt.

An identifier is looked up twice. Bytes that were taken before are answered at once with the receipt they got then,
whatever the time is now: their sender only missed the answer. Other bytes under a known identifier are an equivocation,
but only after seal and signature have shown that the partner made them: a stranger who flips a bit accuses nobody.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Final

import msgspec

from headwater.errors import ConflictError, InputError, Place, SchemaError
from headwater.exchange.body import read_body
from headwater.exchange.desk import ACTS, Desk, Taken
from headwater.exchange.envelope import (
    Header,
    Sealed,
    SenderKey,
    check_recipient,
    check_sender,
    check_times,
    read,
    unseal_unread,
)
from headwater.exchange.framing import MAX_ENVELOPES, join, split
from headwater.exchange.holdings import restricted_names
from headwater.exchange.keys import Keys
from headwater.exchange.partners import Partners
from headwater.exchange.quarantine import quarantine
from headwater.exchange.receipt import RECEIPT, REFUSED, STORED, Giver, Line, LogHead, parse_receipt
from headwater.exchange.refusal import QUARANTINED, Code, Refusal
from headwater.exchange.syncing import Syncing
from headwater.exchange.translate import clamped, records_of
from headwater.exchange.witness import number_used_twice, two_contents
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import Kind, Message, categories_of
from headwater.model.record import Record
from headwater.policy.rules.rule import Judgement, Outcome
from headwater.ports import Clock, Event
from headwater.store import Incoming, Snapshot, Store, Transaction

ACCEPTED: Final = "accepted"
HELD: Final = "held"


@dataclass(frozen=True, slots=True)
class _Unsealed:
    """An envelope whose seal and signature are right; nobody has read its body."""

    sealed: Sealed
    envelope: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class _Opened:
    """An envelope that passed every check of its own."""

    sealed: Sealed
    envelope: bytes
    body: bytes
    message: Message
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class _Refused:
    """An envelope that did not; nothing in it is proved to be of the partner that it names."""

    sha256: bytes
    header: Header | None
    envelope: bytes
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class _Taken:
    """Bytes that were taken before."""

    row: Incoming


class Inbox:
    """Receives messages from partners."""

    def __init__(
        self, store: Store, partners: Partners, keys: Keys, clock: Clock, desk: Desk, sync: Syncing | None = None
    ) -> None:
        """Receive into a store, in the name of the authority whose partners these are; the desk acts on what was taken."""
        self._sync = sync
        self._store = store
        self._desk = desk
        self._partners = partners
        self._keys = keys
        self._clock = clock

    def receive(self, batch: bytes) -> bytes:
        """Take a batch of envelopes and return the receipts, once everything is durable.

        Raises:
            InputError: the bytes are no batch of 1 to 64 envelopes.
            StoreError: it could not be kept; nothing is acknowledged.
        """
        envelopes = split(batch, most=MAX_ENVELOPES)
        now = self._clock.now()
        with self._store.snapshot() as snapshot:
            looked_at = self._look_at(snapshot, envelopes, now)
        receipts: list[bytes] = []
        for part in _parts(looked_at):
            receipts += self._store.write(lambda tx, part=part: self._take(tx, part))  # type: ignore[misc]
        if any(isinstance(each, _Opened) and each.message.kind is Kind.AMEND for each in looked_at):
            self._sweep()
        return join(dict.fromkeys(receipts))

    def _take(self, tx: Transaction, part: "list[_Opened | _Refused | _Taken]") -> list[bytes]:
        taking = _Take(tx, self._partners, self._giver(tx), self._desk)
        answers = taking.take(part)
        self._desk.came(tx, taking.brought, lambda name: self._partners.agreements_for(tx, [name]))
        for opened in taking.stored:
            if self._sync is not None and opened.message.kind is Kind.CHECKPOINT:
                self._sync.take(tx, opened.sealed.header, opened.message)
        return answers

    def show(self, ref: MessageId) -> tuple[Incoming, Message | None]:
        """Return a message that came in; its content is None where it was refused.

        Raises:
            ConflictError: there is no such message.
        """
        with self._store.snapshot() as snapshot:
            row = _need(snapshot, ref)
            message = decode(row.body, Message) if row.body else None
            if message is not None and (hidden := restricted_names(snapshot, ref, message)):
                facts = {name: fact for name, fact in message.facts.items() if name not in hidden}
                message = msgspec.structs.replace(message, facts=facts)
        return row, message

    def accept(self, ref: MessageId, *, who: str, reason: str) -> None:
        """Accept a message; one that was held becomes records now.

        Raises:
            ConflictError: there is no such message, or it was accepted or refused before.
        """

        def change(tx: Transaction) -> None:
            row = _need(tx, ref, STORED, HELD)
            message = decode(row.body, Message)
            if row.state == HELD:
                judgement = self._desk.judge(tx, message, self._partners.agreements_for(tx, [message.agreement]))
                _keep(tx, records_of(message, ref, self._partners.me), judgement, ref)
                self._desk.took(tx, Taken(ref, message, judgement, b"", row.sha256))
                self._desk.came(tx, [message], lambda name: self._partners.agreements_for(tx, [name]))
            tx.set_incoming_state(ref, ACCEPTED)
            tx.note(Event("exchange.accepted", who, ref, message.purpose or "", {"reason": reason}))

        self._store.write(change)

    def refuse(self, ref: MessageId, *, who: str, reason: str) -> None:
        """Put a message aside for good. Records that it became stay, as records do.

        Raises:
            ConflictError: there is no such message, or it was accepted or refused before.
        """

        def change(tx: Transaction) -> None:
            row = _need(tx, ref, STORED, HELD)
            tx.set_incoming_state(ref, REFUSED)
            tx.note(Event("exchange.put-aside", who, ref, decode(row.body, Message).purpose or "", {"reason": reason}))

        self._store.write(change)

    def _sweep(self) -> None:
        with self._store.snapshot() as snapshot:
            needed = snapshot.needs_sweep()
        if needed:
            self._store.sweep()

    def _look_at(self, snapshot: Snapshot, envelopes: list[bytes], now: datetime) -> list[_Opened | _Refused | _Taken]:
        given = [read(envelope) for envelope in envelopes]
        taken = snapshot.incoming_among([sealed.header.id for sealed in given if isinstance(sealed, Sealed)])

        @cache
        def sender_key(authority: AuthorityId, skid: str) -> SenderKey | None:
            partner = self._partners.get(snapshot, authority)
            return partner.card.card.sender_key(skid, now) if partner and partner.is_open else None

        # One check after the other, each of all envelopes: what a check needs stays in the processor's caches meanwhile.
        unsealed = [
            self._unseal(sealed, envelope, taken, sender_key, now)
            for sealed, envelope in zip(given, envelopes, strict=True)
        ]
        return [self._read_body(each) if isinstance(each, _Unsealed) else each for each in unsealed]

    def _unseal(
        self,
        sealed: Sealed | Refusal,
        envelope: bytes,
        taken: Mapping[MessageId, Incoming],
        sender_key: Callable[[AuthorityId, str], SenderKey | None],
        now: datetime,
    ) -> _Unsealed | _Refused | _Taken:
        if isinstance(sealed, Refusal):
            return _Refused(sha256(envelope).digest(), None, envelope, sealed)
        header = sealed.header
        seeds = self._keys.sealing_seeds
        refusal = check_recipient(header, me=self._partners.me, my_key_ids=frozenset(seeds))
        if refusal is None:
            row = taken.get(header.id)
            if row is not None and row.sha256 == sealed.sha256:
                return _Taken(row)
            sender = sender_key(header.sender, header.skid)
            refusal = check_sender(sender, now) or check_times(header, now)
            if refusal is None and sender is not None:
                body = unseal_unread(sealed, recipient_seed=seeds[header.rkid], sender_key=sender.public_key)
                if not isinstance(body, Refusal):
                    return _Unsealed(sealed, envelope, body)
                refusal = body
        return _Refused(sealed.sha256, header, envelope, refusal or Refusal(Code.UNKNOWN_KEY))

    def _read_body(self, given: _Unsealed) -> _Opened | _Refused:
        sealed, header = given.sealed, given.sealed.header
        try:
            message = read_body(given.body)
            if (message.sender, message.recipient) != (header.sender, header.recipient) or message.kind is Kind.USE:
                raise SchemaError("not what the envelope says", where=Place(field="from, to or kind"))
            records = records_of(message, header.id, self._partners.me)
        except InputError as error:
            refusal = Refusal(Code.BAD_BODY, error.where.field or error.what)
            return _Refused(sealed.sha256, header, given.envelope, refusal)
        return _Opened(sealed, given.envelope, given.body, message, records)

    def _giver(self, tx: Transaction) -> Giver:
        card = self._partners.own_card(tx).card
        newest = sorted(card.signing, key=lambda key: key.counts_from, reverse=True)
        seeds = self._keys.signing_seeds
        usable = (seeds[key.name] for key in newest if key.is_valid(tx.now) and key.name in seeds)
        return Giver(self._partners.me, next(usable, self._keys.signing_seed()))


class _Take:
    """One batch in one transaction."""

    def __init__(self, tx: Transaction, partners: Partners, giver: Giver, desk: Desk) -> None:
        self._tx = tx
        self._desk = desk
        self._partners = partners
        self._giver = giver
        own = partners.own_card(tx).card
        self._revoked = {key.name for key in own.signing if key.is_revoked(tx.now)}
        self._terms = cache(lambda name: partners.agreements_for(tx, [name]))
        self._there: dict[MessageId, Incoming] = {}
        self._lines: dict[AuthorityId | None, list[Line]] = {}
        self._rows: dict[MessageId, tuple[_Opened, str]] = {}
        self._numbers: set[tuple[AuthorityId, int]] = set()
        self._originals: dict[bytes, None] = {}
        self.stored: list[_Opened] = []
        self.brought: list[Message] = []
        self._proved: set[AuthorityId | None] = set()
        self._unproved: Counter[tuple[str, Code, str]] = Counter()

    def take(self, looked_at: list[_Opened | _Refused | _Taken]) -> list[bytes]:
        """Keep everything and return the receipts in bytes."""
        self._look_up([each.sealed.header for each in looked_at if isinstance(each, _Opened)])
        for each in looked_at:
            match each:
                case _Taken():
                    self._again(each.row)
                case _Refused():
                    self._refused(each)
                case _Opened():
                    self._opened(each)
        for (claimed, code, detail), count in self._unproved.items():
            about: dict[str, str | int] = {"code": code, "count": count, "detail": detail}
            self._tx.note(Event("exchange.refused", "unproved", claimed, detail=about))
        return [*self._sign(), *self._originals]

    def _look_up(self, headers: list[Header]) -> None:
        """Look up the identifiers and numbers of a batch at once."""
        self._there = self._tx.incoming_among([header.id for header in headers])
        for sender in {header.sender for header in headers}:
            numbers = [header.seq for header in headers if header.sender == sender]
            self._numbers.update((sender, number) for number in self._tx.numbers_among(sender, numbers))

    def _again(self, row: Incoming) -> None:
        original = self._tx.document(RECEIPT, row.receipt.hex()) or b""
        self._originals[original] = None
        receipt = parse_receipt(original)
        if receipt.skid in self._revoked:  # nobody believes it any more: say the same again under a key that counts
            lines = [line for line in receipt.lines if line.id == row.id]
            self._lines.setdefault(row.peer, []).extend(lines)
        self._tx.note(Event("exchange.duplicate", row.peer, row.id, detail={"sha256": row.sha256.hex()}))

    def _refused(self, each: _Refused) -> None:
        header, code = each.header, each.refusal.code
        self._add_line(header, each.sha256, f"{REFUSED}:{code}")
        self._unproved[header.sender if header else "nobody", code, each.refusal.detail] += 1
        if header is not None and code in QUARANTINED:
            quarantine(self._tx, header.sender, each.envelope)

    def _opened(self, each: _Opened) -> None:
        header, tx = each.sealed.header, self._tx
        self._proved.add(header.sender)
        beside = self._rows.get(header.id)
        there = self._row(*beside) if beside is not None else self._there.get(header.id)
        if there is not None and there.sha256 == each.sealed.sha256:
            if beside is None:  # another connection was quicker; within one batch its line stands already
                self._again(there)
            return
        if there is not None:
            two_contents(tx, there, each.envelope, self._partners.me)
            self._refuse_proved(each, Code.EQUIVOCATION)
            return
        if (header.sender, header.seq) in self._numbers:
            self._refuse_proved(each, Code.REPLAY)
            used = tx.incoming_at(header.sender, header.seq)
            if used is not None:
                number_used_twice(tx, used, each.envelope, self._partners.me)
            return
        judgement = self._desk.judge(tx, each.message, self._terms(each.message.agreement))
        if judgement.outcome is Outcome.REFUSE:
            self._refuse_proved(each, judgement.rule)
            self._add_row(each, REFUSED)
            return
        detail: dict[str, str | int] = {
            "kind": each.message.kind,
            "seq": header.seq,
            "agreement": each.message.agreement or "",
            "facts": len(each.message.facts),
            "categories": categories_of(each.message),
            "sha256": each.sealed.sha256.hex(),
            "rule": judgement.rule,
        }
        tx.note(Event("exchange.received", header.sender, header.id, each.message.purpose or "", detail))
        held = judgement.outcome is Outcome.HOLD
        if each.message.facts:
            tx.add_carried("in", header.sender, each.message.facts, header.id)
            self.brought.append(each.message)
        if not held:
            _keep(tx, each.records, judgement, header.id)
            self._desk.took(tx, Taken(header.id, each.message, judgement, each.envelope, each.sealed.sha256))
        self._add_row(each, HELD if held else STORED)
        self.stored += [] if held else [each]
        self._add_line(header, each.sealed.sha256, STORED)

    def _refuse_proved(self, each: _Opened, why: str) -> None:
        header = each.sealed.header
        detail: dict[str, str | int] = {"code": why, "seq": header.seq, "sha256": each.sealed.sha256.hex()}
        kind = "exchange.equivocation" if why == Code.EQUIVOCATION else "exchange.refused"
        self._tx.note(Event(kind, header.sender, header.id, each.message.purpose or "", detail))
        self._add_line(header, each.sealed.sha256, f"{REFUSED}:{why}")

    def _add_line(self, header: Header | None, digest: bytes, result: str) -> None:
        line = Line(id=header.id if header else None, sha256=digest.hex(), result=result)
        self._lines.setdefault(header.sender if header else None, []).append(line)

    def _add_row(self, each: _Opened, state: str) -> None:
        header = each.sealed.header
        self._numbers.add((header.sender, header.seq))
        self._rows[header.id] = each, state

    def _row(self, each: _Opened, state: str, receipt: bytes = b"") -> Incoming:
        header, message = each.sealed.header, each.message
        return Incoming(
            id=header.id,
            peer=header.sender,
            seq=header.seq,
            sha256=each.sealed.sha256,
            kind=message.kind,
            thread=message.thread,
            # Content that should not have come is not kept; that it came, and its receipt, is.
            body=b"" if state == REFUSED else each.body,
            received_at=self._tx.now,
            state=state,
            receipt=receipt,
        )

    def _sign(self) -> list[bytes]:
        """Sign a receipt for each sender, and keep the rows that it speaks of."""
        head = self._tx.head()
        log = LogHead(size=head.size, root=head.root.hex())
        receipts: list[bytes] = []
        for sender, lines in self._lines.items():
            receipt = self._giver.sign(sender, tuple(lines), self._tx.now, log if sender in self._proved else None)
            receipts.append(receipt)
            mine = [(each, state) for each, state in self._rows.values() if each.sealed.header.sender == sender]
            if mine:
                ref = keep_receipt(self._tx, receipt)
                for each, state in mine:
                    self._tx.add_incoming(self._row(each, state, ref))
        return receipts


def _parts(looked_at: list[_Opened | _Refused | _Taken]) -> list[list[_Opened | _Refused | _Taken]]:
    """Return a batch in parts, each for one transaction: what acts on earlier messages comes after they are kept."""
    parts: list[list[_Opened | _Refused | _Taken]] = [[]]
    for each in looked_at:
        if isinstance(each, _Opened) and each.message.kind in ACTS and parts[-1]:
            parts.append([])
        parts[-1].append(each)
    return parts


def keep_receipt(tx: Transaction, receipt: bytes) -> bytes:
    """Keep a receipt that speaks of several messages once, and return the hash that their rows hold."""
    ref = sha256(receipt).digest()
    if tx.document(RECEIPT, ref.hex()) is None:
        tx.put_document(RECEIPT, ref.hex(), receipt)
    return ref


def _keep(tx: Transaction, records: tuple[Record, ...], judgement: Judgement, ref: MessageId) -> None:
    until = date.fromisoformat(judgement.keep_until) if judgement.keep_until else None
    for record in records:
        tx.add_born(clamped(record, until) if until else record, ref)


def _need(reader: Snapshot | Transaction, ref: MessageId, *states: str) -> Incoming:
    row = reader.incoming(ref)
    if row is None or (states and row.state not in states):
        raise ConflictError("no such message that waits", where=ref, fix="see: headwater inbox list")
    return row
