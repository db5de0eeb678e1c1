"""The inbox: what a partner hands over is checked, judged, kept and answered. Never acknowledged before it is durable.

The order for each batch: the rules of the envelope (`envelope`), with nothing written; then one transaction that judges
each message by the agreement, keeps its row, its records and a leaf of the ledger, and signs the receipt; then, after the
sync, the answer. So after a crash there is either no row, or the row and its receipt.

An identifier is looked up twice. Bytes that were taken before are answered at once with the receipt they got then,
whatever the time is now: their sender only missed the answer. Other bytes under a known identifier are an equivocation,
but only after seal and signature have shown that the partner made them: a stranger who flips a bit accuses nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Final

import msgspec

from headwater.errors import ConflictError, InputError, Place, SchemaError
from headwater.exchange.body import read_body
from headwater.exchange.desk import ACTS, Desk, Taken
from headwater.exchange.envelope import (
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
from headwater.exchange.parties import purpose_of
from headwater.exchange.partners import Partners
from headwater.exchange.receipt import REFUSED, STORED, Giver
from headwater.exchange.refusal import Code, Refusal
from headwater.exchange.suite import SUITES, Open
from headwater.exchange.syncing import Syncing
from headwater.exchange.taking import HELD, Known, LookedAt, Opened, Refused, Taking, keep
from headwater.exchange.translate import records_of
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import Kind, Message
from headwater.policy.rules.rule import Judgement, Outcome
from headwater.ports import Clock, Event
from headwater.store import Incoming, Snapshot, Store, Transaction

ACCEPTED: Final = "accepted"


@dataclass(frozen=True, slots=True)
class _Unsealed:
    """An envelope whose seal and signature are right; nobody has read its body."""

    sealed: Sealed
    envelope: bytes
    body: bytes


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
        if any(isinstance(each, Opened) and each.message.kind is Kind.AMEND for each in looked_at):
            self._sweep()
        return join(dict.fromkeys(receipts))

    def _take(self, tx: Transaction, part: list[LookedAt]) -> list[bytes]:
        taking = Taking(tx, self._partners, self._giver(tx), self._desk)
        answers = taking.take(part)
        self._desk.came(tx, taking.brought, lambda name: self._partners.agreements_for(tx, [name]))
        for sender in {opened.sealed.header.sender for opened in taking.stored}:
            self._partners.meet(tx, sender)
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
            ForbiddenError: it was held, and the rules refuse it by now.
        """

        def change(tx: Transaction) -> None:
            row = _need(tx, ref, STORED, HELD)
            message = decode(row.body, Message)
            if row.state == HELD:
                judgement = self._judged_late(tx, message, row)
                keep(tx, records_of(message, ref, self._partners.me), judgement, ref)
                self._desk.took(tx, Taken(ref, message, judgement, b"", row.sha256, row.received_at))
                self._desk.came(tx, [message], lambda name: self._partners.agreements_for(tx, [name]))
            tx.set_incoming_state(ref, ACCEPTED)
            tx.note(Event("exchange.accepted", who, ref, purpose_of(message), {"reason": reason}))

        self._store.write(change)

    def refuse(self, ref: MessageId, *, who: str, reason: str) -> None:
        """Put a message aside for good. Records that it became stay, as records do.

        Raises:
            ConflictError: there is no such message, or it was accepted or refused before.
        """

        def change(tx: Transaction) -> None:
            row = _need(tx, ref, STORED, HELD)
            tx.set_incoming_state(ref, REFUSED)
            tx.note(Event("exchange.put-aside", who, ref, purpose_of(decode(row.body, Message)), {"reason": reason}))

        self._store.write(change)

    def _judged_late(self, tx: Transaction, message: Message, row: Incoming) -> Judgement:
        """Return what the rules say to a held message now.

        It came in time, so that its expiry does not matter any more; and the days that it may be kept are counted from then.

        Raises:
            ForbiddenError: they refuse it.
        """
        terms = self._partners.agreements_for(tx, [message.agreement])
        judgement = self._desk.judge(tx, msgspec.structs.replace(message, expires=None), terms, row.received_at)
        if judgement.outcome is Outcome.REFUSE:
            raise judgement.refusal()
        if judgement.keep_until is None:
            return judgement
        until = date.fromisoformat(judgement.keep_until) - (tx.now.date() - row.received_at.date())
        return replace(judgement, keep_until=until.isoformat())

    def _sweep(self) -> None:
        with self._store.snapshot() as snapshot:
            needed = snapshot.needs_sweep()
        if needed:
            self._store.sweep()

    def _look_at(self, snapshot: Snapshot, envelopes: list[bytes], now: datetime) -> list[LookedAt]:
        given = [read(envelope) for envelope in envelopes]
        taken = snapshot.incoming_among([sealed.header.id for sealed in given if isinstance(sealed, Sealed)])

        @cache
        def sender_key(authority: AuthorityId, skid: str) -> SenderKey | None:
            partner = self._partners.get(snapshot, authority)
            return partner.card.card.sender_key(skid, now) if partner and partner.is_open else None

        openers = {name: _openers(seed) for name, seed in self._keys.sealing_seeds.items()}
        # One check after the other, each of all envelopes: what a check needs stays in the processor's caches meanwhile.
        unsealed = [
            self._unseal(sealed, envelope, taken, sender_key, openers, now)
            for sealed, envelope in zip(given, envelopes, strict=True)
        ]
        return [self._read_body(each) if isinstance(each, _Unsealed) else each for each in unsealed]

    def _unseal(
        self,
        sealed: Sealed | Refusal,
        envelope: bytes,
        taken: Mapping[MessageId, Incoming],
        sender_key: Callable[[AuthorityId, str], SenderKey | None],
        openers: Mapping[str, Callable[[str], Open]],
        now: datetime,
    ) -> _Unsealed | Refused | Known:
        if isinstance(sealed, Refusal):
            return Refused(sha256(envelope).digest(), None, envelope, sealed)
        header = sealed.header
        refusal = check_recipient(header, me=self._partners.me, my_key_ids=frozenset(openers))
        if refusal is None:
            row = taken.get(header.id)
            if row is not None and row.sha256 == sealed.sha256:
                return Known(row)
            sender = sender_key(header.sender, header.skid)
            refusal = check_sender(sender, now) or check_times(header, now)
            if refusal is None and sender is not None:
                body = unseal_unread(sealed, opener=openers[header.rkid](header.suite), sender_key=sender.public_key)
                if not isinstance(body, Refusal):
                    return _Unsealed(sealed, envelope, body)
                refusal = body
        return Refused(sealed.sha256, header, envelope, refusal or Refusal(Code.UNKNOWN_KEY))

    def _read_body(self, given: _Unsealed) -> Opened | Refused:
        sealed, header = given.sealed, given.sealed.header
        try:
            message = read_body(given.body)
            if (message.sender, message.recipient) != (header.sender, header.recipient) or message.kind is Kind.USE:
                raise SchemaError("not what the envelope says", where=Place(field="from, to or kind"))
            records = records_of(message, header.id, self._partners.me)
        except InputError as error:
            refusal = Refusal(Code.BAD_BODY, error.where.field or error.what)
            return Refused(sealed.sha256, header, given.envelope, refusal)
        return Opened(sealed, given.envelope, given.body, message, records)

    def _giver(self, tx: Transaction) -> Giver:
        card = self._partners.own_card(tx).card
        newest = sorted(card.signing, key=lambda key: key.counts_from, reverse=True)
        seeds = self._keys.signing_seeds
        usable = (seeds[key.name] for key in newest if key.is_valid(tx.now) and key.name in seeds)
        return Giver(self._partners.me, next(usable, self._keys.signing_seed()))


def _openers(seed: bytes) -> Callable[[str], Open]:
    """Return what finds, by the name of a suite, what opens a batch's envelopes with a key."""
    return cache(lambda suite: SUITES[suite].opener(seed))


def _parts(looked_at: list[LookedAt]) -> list[list[LookedAt]]:
    """Return a batch in parts, each for one transaction: what acts on earlier messages comes after they are kept."""
    parts: list[list[LookedAt]] = [[]]
    for each in looked_at:
        if isinstance(each, Opened) and each.message.kind in ACTS and parts[-1]:
            parts.append([])
        parts[-1].append(each)
    return parts


def _need(reader: Snapshot | Transaction, ref: MessageId, *states: str) -> Incoming:
    row = reader.incoming(ref)
    if row is None or (states and row.state not in states):
        raise ConflictError("no such message that waits", where=ref, fix="see: headwater inbox list")
    return row
