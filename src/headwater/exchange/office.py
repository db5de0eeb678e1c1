"""The exchange of one node, as `node` composes it: every act of a user or a partner's node is one method here."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from headwater.errors import ConflictError, ForbiddenError, KeyTrustError, NoBasisError
from headwater.exchange.agreement import countersign, sign_agreement, terms_of
from headwater.exchange.amends import Amends
from headwater.exchange.card import THRESHOLD, Card, DatedKey, SignedCard, check_successor, sign_card
from headwater.exchange.cards import Cards
from headwater.exchange.compose import facts_from
from headwater.exchange.courier import Courier
from headwater.exchange.delivery import Delivery, Route
from headwater.exchange.desk import Desk
from headwater.exchange.drafts import Draft
from headwater.exchange.files import Carrier, Fetcher
from headwater.exchange.flags import Flag, flags
from headwater.exchange.inbox import Inbox
from headwater.exchange.keys import Keys, make_roots, read_roots
from headwater.exchange.liaison import Liaison
from headwater.exchange.outbox import SENT, Also, Outbox, Sending, nothing
from headwater.exchange.partners import CARD, Partner, Partners, State
from headwater.exchange.receipt import RECEIPT, REFUSED
from headwater.exchange.signed import read_paper
from headwater.exchange.suite import XWING, key_id
from headwater.exchange.syncing import Syncing
from headwater.exchange.told import TOLD, Told, telling
from headwater.exchange.told import told as told_about
from headwater.exchange.transport import HttpTransport
from headwater.exchange.undelivered import Undelivered, undelivered
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, BlobHash, MessageId, RecordId
from headwater.model.message import Kind, Message, MessageFact
from headwater.model.times import format_instant
from headwater.policy.agreement import Agreement, AgreementState
from headwater.ports import Chance, Clock, Event, Transport
from headwater.store import Incoming, Outgoing, Store, Transaction

SEALING_KEPT: Final = timedelta(days=31)
"""How long a sealing key is kept after another has taken its place."""
CARD_GOOD_FOR: Final = timedelta(days=366)
"""How long a card is good for: signing keys change quarterly, so a new one comes long before."""
PING_GOOD_FOR: Final = timedelta(days=7)
"""How long the first message waits for the partner to confirm us too."""
KEY_COUNTS_BEFORE: Final = timedelta(days=1)
"""A new key counts from before its card was made, so that a partner whose clock is behind takes what it signs."""


class Exchange:
    """One node's exchange with its partners."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        chance: Chance,
        me: AuthorityId,
        transport: Transport | None = None,
        fetcher: Fetcher | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        """Join the parts in the name of the authority that the node belongs to.

        Envelopes go by HTTP if nothing is given; the stopwatch's seconds never run backwards, whatever the clock does.
        """
        self.me = me
        self._stopwatch = stopwatch
        self._store = store
        self._keys = keys
        self._clock = clock
        self._chance = chance
        self._transport = transport or HttpTransport()
        self._partners = Partners(me)
        self._fetcher = fetcher or HttpTransport()
        self.files = Carrier(store, self._partners, self._fetcher, chance)
        self._outbox = Outbox(store, self._partners, keys, clock, chance)
        amends = Amends(self._outbox, me)
        self.syncing = Syncing(store, self._partners, keys, self._outbox, clock, chance)
        self._cards = Cards(self._partners, self._outbox)
        self._inbox = Inbox(store, self._partners, keys, clock, Desk(amends, self._cards), self.syncing)
        self.liaison = Liaison(store, self._partners, self._outbox, amends, clock)

    # Ourselves

    def make_card(
        self,
        name: str,
        endpoints: Sequence[str],
        roots: Path,
        *,
        who: str,
        revoke: Sequence[str] = (),
        revoked_from: datetime | None = None,
        zone: str = "Etc/UTC",
        new_roots: Path | None = None,
    ) -> SignedCard:
        """Make this node's first card, or its next version, from the keys it has now, and sign it with the root keys.

        A next version goes to every partner by itself, as a message of kind `card`.

        Args:
            name: how the authority calls itself.
            endpoints: where its node listens, best first.
            roots: the folder with the three root keys; for a later version, two of them that were brought back do.
            who: the person who makes it.
            revoke: names of signing keys that nobody is to trust any more.
            revoked_from: since when; from now on if nothing is given. What partners took since then they flag.
            zone: the time zone in which this authority counts its deadlines.
            new_roots: for a later version, the folder with the three root keys that take the place of those in use; they
                are made where it holds none.

        Raises:
            KeyTrustError: there are no root keys, or no card whose roots could be changed.
            SignatureError: they are not those of the card in use.
        """
        old = read_roots(roots)
        new = make_roots(new_roots, self._chance) if new_roots is not None else ()
        old_keys: set[str] = set()

        def change(tx: Transaction) -> SignedCard:
            held = self._partners.own_card(tx) if tx.document(CARD, self.me) else None
            if new and held is None:
                raise KeyTrustError("no card whose root keys could be changed", fix="make the first one without")
            public = tuple(seed.public() for seed in new or old)
            sealing = self._keys.sealing_public()
            old_keys.update(_outlived(sealing, held.card.sealing if held else (), tx.now))
            card = Card(
                v=1,
                authority=self.me,
                name=name,
                version=held.card.version + 1 if held else 1,
                issued=format_instant(tx.now),
                expires=format_instant(tx.now + CARD_GOOD_FOR),
                endpoints=tuple(endpoints),
                suites=(XWING.name,),
                signing=_dated(
                    self._keys.signing_public(), held.card.signing if held else (), tx.now, revoke, revoked_from
                ),
                sealing=_dated(
                    [key for key in sealing if key_id(key) not in old_keys], held.card.sealing if held else (), tx.now
                ),
                papers=(self._keys.papers().public(),),
                roots=held.card.roots if held and not new else public,
                threshold=THRESHOLD,
                zone=zone,
            )
            # Whoever takes over was let in by those who were there: both sign, the old for partners that hold their card.
            signed = sign_card(card, (*old, *new))
            if held is not None:
                check_successor(held, signed)
            tx.put_document(CARD, self.me, signed.paper.to_bytes())
            changed: dict[str, str | int] = {"roots": "changed"} if new else {}
            tx.note(Event("exchange.card-made", who, self.me, detail={"version": card.version, **changed}))
            for gone in sorted(old_keys):
                tx.note(Event("exchange.key-destroyed", who, gone))
            self._cards.tell_all(tx, who)
            return signed

        signed = self._store.write(change)
        # Only now: a card that names a key whose holder cannot open with it would cost every message sealed with it.
        self._keys.destroy(old_keys)
        return signed

    def new_key(self, kind: str) -> None:
        """Make one more signing or sealing key; the next card names it.

        Raises:
            StoreIoError: the disk refuses.
        """
        self._keys.add(kind, self._chance)

    def card(self) -> SignedCard:
        """Return this node's own card.

        Raises:
            KeyTrustError: it has none yet.
        """
        with self._store.snapshot() as snapshot:
            return self._partners.own_card(snapshot)

    def card_bytes(self) -> bytes:
        """Return this node's own card as a file holds it.

        Raises:
            KeyTrustError: it has none yet.
        """
        return self.card().paper.to_bytes()

    def sign_agreement(self, agreement: Agreement | bytes) -> bytes:
        """Return an agreement with this side's signatures.

        Args:
            agreement: what was agreed, or the file that the partner has signed already.

        Raises:
            InputError: the file is no agreement.
            ForbiddenError: it is an agreement between others.
        """
        parties = (agreement if isinstance(agreement, Agreement) else terms_of(read_paper(agreement))).parties
        if self.me not in parties:
            raise ForbiddenError("the agreement is between others")
        signer = self._keys.papers()
        if isinstance(agreement, Agreement):
            return sign_agreement(agreement.canonical(), signer).to_bytes()
        return countersign(agreement, signer).to_bytes()

    # Partners

    def add_partner(self, cards: Sequence[bytes], agreements: Sequence[bytes], *, who: str) -> Partner:
        """Take a partner's cards, oldest first, and agreements that both have signed.

        Raises:
            InputError: something is no card or no agreement.
            TrustError: a signature, version, key or expiry is not right; nothing was taken.
            ConflictError: another agreement of that name is held.
        """
        return self._store.write(lambda tx: self._partners.add(tx, cards, agreements, who))

    def confirm_partner(self, authority: AuthorityId, digits: str, *, who: str) -> None:
        """Confirm a partner whose digits were compared by voice, and queue a ping under each live agreement with it.

        Raises:
            KeyTrustError: the digits are not those of its card, or there is no such partner.
            ConflictError: it is not waiting to be confirmed.
        """

        def change(tx: Transaction) -> None:
            self._partners.confirm(tx, authority, digits, who)
            # In one transaction: a partner cannot be confirmed twice, so a ping that was not queued now never would be.
            for ping in self._pings(tx, authority):
                self._outbox.send_in(tx, ping, who=who)
            self._cards.tell(tx, authority, who)

        self._store.write(change)

    def step_partner(self, authority: AuthorityId, to: State, *, who: str, reason: str) -> None:
        """Suspend a partner, take it up again (`State.CONFIRMED`), or revoke it for good.

        Raises:
            KeyTrustError: there is no such partner.
            ConflictError: its state does not lead there.
        """

        def change(tx: Transaction) -> None:
            self._partners.step(tx, authority, to, who, reason)
            self._cards.tell(tx, authority, who)  # what was made meanwhile; to a partner that is not open goes nothing

        self._store.write(change)

    def set_agreement_state(self, name: str, to: AgreementState, *, who: str, reason: str) -> None:
        """Suspend an agreement at this node, end it, or take it up again.

        Raises:
            ConflictError: there is no such agreement.
        """
        self._store.write(lambda tx: self._partners.set_agreement_state(tx, name, to, who, reason))

    def partners(self) -> tuple[Partner, ...]:
        """Return all partners."""
        with self._store.snapshot() as snapshot:
            return self._partners.all(snapshot)

    def agreements(self) -> dict[str, Agreement]:
        """Return all agreements by name, each in the state that this node has it in."""
        with self._store.snapshot() as snapshot:
            return self._partners.agreements(snapshot)

    # Out

    def facts(self, record: RecordId, agreement: str) -> dict[str, MessageFact]:
        """Return a record's facts as a message under an agreement may carry them, by the names they will have there.

        Raises:
            NoBasisError: there is no such agreement.
        """
        with self._store.snapshot() as snapshot:
            terms = self._partners.agreements_for(snapshot, [agreement]).get(agreement)
            if terms is None:
                raise NoBasisError("no such agreement", where=agreement)
            return facts_from(snapshot, record, terms.markings, self._clock.now().date())

    def send(self, message: Message, *, who: str, also: Also = nothing) -> Sending:
        """Judge a message and, where the rules let it pass, queue it: see `Outbox.send`."""
        return self._outbox.send(message, who=who, also=also)

    def send_many(self, messages: Sequence[Message], *, who: str) -> list[Sending]:
        """Judge and queue several messages together: see `Outbox.send_many`."""
        return self._outbox.send_many(messages, who=who)

    def dry_run(self, message: Message) -> Sending:
        """Return what `send` would do, without anything being changed: see `Outbox.dry_run`."""
        return self._outbox.dry_run(message)

    def approve(self, ref: MessageId, *, who: str, role: str, also: Also = nothing) -> Sending:
        """Approve a message that is held back and ask the rules again: see `Outbox.approve`."""
        return self._outbox.approve(ref, who=who, role=role, also=also)

    def withdraw(self, ref: MessageId, *, who: str) -> None:
        """Give up a message that is held back: see `Outbox.withdraw`."""
        self._outbox.withdraw(ref, who=who)

    def drafts(self) -> list[Draft]:
        """Return what waits for approval."""
        return self._outbox.drafts()

    def outgoing(self) -> list[Outgoing]:
        """Return all messages to partners, in the order they were queued."""
        with self._store.snapshot() as snapshot:
            return list(snapshot.outgoing_all())

    def sent(self, ref: MessageId) -> Message | None:
        """Return a message as it left, None where there is none."""
        with self._store.snapshot() as snapshot:
            body = snapshot.document(SENT, ref)
        return decode(body, Message) if body else None

    def undelivered(self, row: Outgoing) -> Undelivered | None:
        """Return what is in the way of a message that went out: see `undelivered`."""
        with self._store.snapshot() as snapshot:
            return undelivered(snapshot, self._partners, row, self._clock.now())

    def deliver(self, stop: threading.Event, *, sync_every_s: float = 0.0) -> None:
        """Deliver what is queued, until `stop` is set, and sync with each partner every so often; 0: never by itself."""
        sync = threading.Thread(target=self.syncing.run, args=(stop, sync_every_s), name="sync", daemon=True)
        files = threading.Thread(target=self.files.run, args=(stop,), name="files", daemon=True)
        files.start()
        if sync_every_s > 0:
            sync.start()
        Delivery(self._store, self._partners, self.courier, self.tend).run(stop)
        files.join()
        if sync_every_s > 0:
            sync.join()
        for used in (self._transport, self._fetcher):
            if isinstance(used, HttpTransport):
                used.close()

    def tend(self) -> None:
        """Look after what no message wakes: clocks, checks and searches."""
        self.liaison.tend()

    def chunk(self, name: BlobHash) -> bytes | None:
        """Return a sealed chunk of a file that a partner may fetch, None where there is none."""
        return self.files.chunk(name)

    def courier(self, route: Route) -> Courier:
        """Return a courier for one partner and lane."""
        return Courier(
            self._store,
            self._partners,
            self._outbox,
            self._transport,
            self._clock,
            self._chance,
            self._stopwatch,
            route,
        )

    # In

    def receive(self, batch: bytes) -> bytes:
        """Take a batch of envelopes and return the receipts, once everything is durable: see `Inbox.receive`."""
        return self._inbox.receive(batch)

    def flags(self) -> dict[MessageId, Flag]:
        """Return which messages are to be looked at again, because a key was revoked from before they came."""
        with self._store.snapshot() as snapshot:
            return flags(snapshot)

    def incoming(self) -> list[Incoming]:
        """Return all messages from partners, in the order they were kept."""
        with self._store.snapshot() as snapshot:
            return list(snapshot.incoming_all())

    def show(self, ref: MessageId) -> tuple[Incoming, Message | None]:
        """Return a message that came in: see `Inbox.show`."""
        return self._inbox.show(ref)

    def accept(self, ref: MessageId, *, who: str, reason: str) -> None:
        """Accept a message: see `Inbox.accept`."""
        self._inbox.accept(ref, who=who, reason=reason)

    def refuse(self, ref: MessageId, *, who: str, reason: str) -> None:
        """Put a message aside for good: see `Inbox.refuse`."""
        self._inbox.refuse(ref, who=who, reason=reason)

    def tell(self, ref: MessageId, word: str, *, who: str, purpose: str, also: Also = nothing) -> Sending:
        """Let the sender of a message know that it was read, accepted or acted on.

        Raises:
            ConflictError: there is no such message, or it was refused.
            SchemaError: there is no such word.
        """
        row, message = self._inbox.show(ref)
        if message is None or row.state == REFUSED:
            raise ConflictError("nothing is told about a message that was refused", where=ref)
        return self._outbox.send(telling(row, message, word, purpose), who=who, also=also)

    def told(self) -> dict[MessageId, tuple[Told, ...]]:
        """Return what partners have let us know about messages of ours, by the message."""
        with self._store.snapshot() as snapshot:
            return {MessageId(key): decode(body, tuple[Told, ...]) for key, _, body in snapshot.documents(TOLD)}

    def told_of(self, ref: MessageId) -> tuple[Told, ...]:
        """Return what became of one message at its recipient, as far as it was told."""
        with self._store.snapshot() as snapshot:
            return told_about(snapshot, ref)

    def receipt(self, row: Incoming | Outgoing) -> bytes | None:
        """Return the signed receipt of a message in bytes, None where there is none yet."""
        if not row.receipt:
            return None
        with self._store.snapshot() as snapshot:
            return snapshot.document(RECEIPT, row.receipt.hex())

    def _pings(self, tx: Transaction, authority: AuthorityId) -> list[Message]:
        return [
            Message(
                kind=Kind.PING,
                sender=self.me,
                recipient=authority,
                agreement=name,
                expires=format_instant(tx.now + PING_GOOD_FOR),
            )
            for name, terms in sorted(self._partners.agreements(tx).items())
            if authority in terms.parties
        ]


def _outlived(keys: Sequence[bytes], held: Sequence[DatedKey], now: datetime) -> set[str]:
    """Return the names of the sealing keys that are to go: another took their place long ago, or their card left them out."""
    named = {key.name: key for key in held}
    names = [key_id(key) for key in keys]
    last = max((place for place, name in enumerate(names) if name in named), default=-1)
    gone = {name for name in names[:last] if name not in named}
    inline = sorted(held, key=lambda key: key.counts_from)
    return gone | {key.name for key, after in pairwise(inline) if now - after.counts_from > SEALING_KEPT}


def _dated(
    keys: Sequence[bytes],
    held: Sequence[DatedKey],
    now: datetime,
    revoke: Sequence[str] = (),
    revoked_from: datetime | None = None,
) -> tuple[DatedKey, ...]:
    """Return keys with the instants that the card in use gives them; those that it does not know are new."""
    known = {key.key: key for key in held}
    start = format_instant(now - KEY_COUNTS_BEFORE)
    dated = [known.get(key.hex(), DatedKey(key=key.hex(), valid_from=start)) for key in keys]
    return tuple(
        replace(key, revoked_from=format_instant(min(now, revoked_from or now)))
        if key_id(key.raw) in revoke and key.revoked_from is None
        else key
        for key in dated
    )
