"""The outbox: nothing is queued that the rules do not let pass, and what is queued is sealed, numbered and logged.

One transaction holds all of it: rules -> facts taken out -> seal -> number -> row -> leaf of the ledger. A message that
is held back waits as a draft until a person with the right role approves it; then the same question is asked again.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from msgspec.structs import replace

from headwater.errors import KeyTrustError, Place, SchemaError
from headwater.exchange.body import write_body
from headwater.exchange.card import RENEW, check_current
from headwater.exchange.compose import evidence_of
from headwater.exchange.consents import attached
from headwater.exchange.drafts import DRAFT, Draft, DraftState, put, waiting
from headwater.exchange.envelope import Header, Lane
from headwater.exchange.keys import Keys
from headwater.exchange.notices import notices
from headwater.exchange.parties import agreement_of, purpose_of, recipient_of
from headwater.exchange.partners import Partner, Partners
from headwater.exchange.requests import check_request, check_response
from headwater.exchange.sealing import Unsealed, Way, seal
from headwater.exchange.suite import key_id
from headwater.exchange.words import bound, speak
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, MessageId, StateCode, new_message_id, state_of
from headwater.model.message import Kind, Message, Word, categories_of
from headwater.model.times import format_instant, parse_instant
from headwater.policy.rules.housekeeping import unexpected
from headwater.policy.rules.judge import apply
from headwater.policy.rules.remembered import Remembered
from headwater.policy.rules.rule import Judgement, Op, Outcome, RuleReason
from headwater.ports import Chance, Clock, Event
from headwater.store import Outgoing, Snapshot, Store, Transaction

SENT: Final = "sent"
APPROVER: Final = "approver"
"""Role of the second pair of eyes: its holder becomes the message's approver. Every other role is an approval by name."""
BREAK_GLASS: Final = "break-glass"
"""Role of whoever answers for an onward transfer without consent; nobody does so for a message of their own."""
MILLISECOND: Final = timedelta(milliseconds=1)
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
ID_CHANCE: Final = 10
"""Random bytes of an identifier."""
KEPT_FOR: Final = timedelta(days=14)
"""How long a message stays good that names no expiry."""

_NOT_APPROVED: Final = RuleReason(
    "B16",
    BREAK_GLASS,
    Outcome.HOLD,
    (),
    "Facts of a third state would go without its consent, and nobody has answered for that yet.",
    "another person than the author approves it as break-glass",
)


@dataclass(frozen=True, slots=True)
class Sending:
    """What the rules answered, and what was done.

    Attributes:
        judgement: the answer with its reasons.
        id: the message, queued or waiting for approval; None where it was refused, and in a dry run.
        message: as it goes: without the facts that may not go.
    """

    judgement: Judgement
    id: MessageId | None
    message: Message

    @property
    def is_queued(self) -> bool:
        """Whether the message is on its way."""
        return self.id is not None and self.judgement.outcome in {Outcome.ALLOW, Outcome.REDACT}


_STATES: Final = {Outcome.REFUSE: DraftState.REFUSED, Outcome.HOLD: DraftState.WAITING}
"""What a draft comes to by the rules' answer; any other sends it."""

Also = Callable[[Transaction, Sending], None]
"""What a caller keeps in the transaction that queues a message."""


def nothing(_tx: Transaction, _sending: Sending) -> None:
    """Keep nothing more."""


class Outbox:
    """Queues messages to partners."""

    def __init__(self, store: Store, partners: Partners, keys: Keys, clock: Clock, chance: Chance) -> None:
        """Queue into a store, in the name of the authority whose partners these are."""
        self._store = store
        self._partners = partners
        self._keys = keys
        self._clock = clock
        self._chance = chance
        self._rules = Remembered()

    def send(self, message: Message, *, who: str, also: Also = nothing) -> Sending:
        """Judge a message and, where the rules let it pass, queue it.

        Args:
            message: what is to be sent.
            who: the person who sends it.
            also: what is to be kept in the same transaction, so that neither is ever there without the other.

        Raises:
            SchemaError: it is none that can be sent.
            TrustError: the recipient is no partner whose card is confirmed and current.
        """

        def change(tx: Transaction) -> Sending:
            sending = self.send_in(tx, message, who=who)
            also(tx, sending)
            return sending

        return self._store.write(change)

    def send_many(self, messages: Sequence[Message], *, who: str) -> list[Sending]:
        """Do what `send` does for each of several messages, in one transaction: either all are answered for, or none.

        Args:
            messages: what is to be sent. The node writes nothing else meanwhile, so an urgent message waits for them all.
            who: the person who sends them.

        Raises:
            SchemaError: one of them is none that can be sent.
            TrustError: a recipient is no partner whose card is confirmed and current.
        """
        ready = list(zip(map(self._ready, messages), self._new_ids(len(messages)), strict=True))

        def change(tx: Transaction) -> list[Sending]:
            ways, unsealed = self._ways(tx), list[Unsealed]()
            sent = [self._send(tx, message, ref, who, ways=ways, unsealed=unsealed) for message, ref in ready]
            # Once all are judged: what sealing needs stays in the processor's caches meanwhile.
            for each in unsealed:
                seal(tx, each)
            return sent

        return self._store.write(change)

    def send_in(self, tx: Transaction, message: Message, *, who: str) -> Sending:
        """Do what `send` does as a part of a transaction.

        Raises:
            SchemaError: it is none that can be sent.
            TrustError: the recipient is no partner whose card is confirmed and current.
        """
        return self._send(tx, self._ready(message), self.new_id(), who)

    def dry_run(self, message: Message) -> Sending:
        """Return what `send` would do now, without anything being changed.

        Raises:
            SchemaError: it is none that can be sent.
            TrustError: the recipient is no partner whose card is confirmed and current.
        """
        ready, now = self._ready(message), self._clock.now()
        with self._store.snapshot() as snapshot:
            self._open_partner(snapshot, recipient_of(ready), now)
            ready = bound(snapshot, self._partners, attached(snapshot, ready), now)
            judgement = self.judge(snapshot, ready, now)
        return Sending(judgement, None, ready if judgement.outcome is Outcome.REFUSE else apply(judgement, ready))

    def approve(self, ref: MessageId, *, who: str, role: str, also: Also = nothing) -> Sending:
        """Approve a message that is held back, then ask the rules again.

        Args:
            ref: the draft.
            who: the person who approves.
            role: ``approver`` for the second pair of eyes, or the approval that the rule names.
            also: as for `send`.

        Raises:
            ConflictError: there is no such draft, or it no longer waits.
        """

        def change(tx: Transaction) -> Sending:
            draft = waiting(tx, ref)
            message = draft.message
            if role == APPROVER:
                message = replace(message, approver=who)
            elif role == BREAK_GLASS and message.break_glass is not None:
                message = replace(message, break_glass=replace(message.break_glass, approver=who))
            else:
                message = replace(message, approvals=(*message.approvals, role))
            tx.note(Event("exchange.approved", who, ref, purpose_of(message), {"role": role}))
            sending = self._send(tx, message, ref, draft.asked_by, asked_at=draft.asked_at)
            also(tx, sending)
            return sending

        return self._store.write(change)

    def withdraw(self, ref: MessageId, *, who: str) -> None:
        """Give up a message that is held back.

        Raises:
            ConflictError: there is no such draft, or it no longer waits.
        """

        def change(tx: Transaction) -> None:
            draft = waiting(tx, ref)
            put(tx, dataclasses.replace(draft, state=DraftState.REFUSED))
            tx.note(Event("exchange.withdrawn", who, ref, purpose_of(draft.message)))

        self._store.write(change)

    def drafts(self) -> list[Draft]:
        """Return what waits for approval, in the order of identifiers."""
        with self._store.snapshot() as snapshot:
            found = [decode(body, Draft) for _, _, body in snapshot.documents(DRAFT)]
        return [draft for draft in found if draft.state is DraftState.WAITING]

    def queue(self, tx: Transaction, message: Message, ref: MessageId, who: str) -> None:
        """Seal a message that may go and put it into the queue.

        Raises:
            TrustError: the recipient is no partner whose card is confirmed and current.
        """
        seal(tx, self._queue(tx, message, ref, who, self._ways(tx, message.kind)(recipient_of(message))))

    def _ways(self, tx: Transaction, kind: Kind | None = None) -> Callable[[AuthorityId], Way]:
        """Return what finds the way to a partner, once for all messages of a change."""
        return cache(
            lambda authority: Way(self._open_partner(tx, authority, tx.now), lambda: self._signing_of(tx, kind), tx.now)
        )

    def _queue(self, tx: Transaction, message: Message, ref: MessageId, who: str, way: Way) -> Unsealed:
        """Number a message that may go, and note that it does; what is left to do is to seal it."""
        _, rkid, skid, _ = way.keys
        partner = way.partner
        body = write_body(message)
        header = Header(
            id=ref,
            sender=self._partners.me,
            recipient=partner.authority,
            seq=tx.next_seq(partner.authority),
            # A new card goes ahead: what is signed with its keys waits for it.
            lane=Lane.NORMAL if message.urgency == "normal" and message.kind is not Kind.CARD else Lane.URGENT,
            skid=skid,
            rkid=rkid,
            sent_at=tx.now,
            expires_at=parse_instant(message.expires or format_instant(tx.now + KEPT_FOR)),
        )
        tx.add_document(SENT, ref, body)
        if message.facts:
            tx.add_carried("out", partner.authority, message.facts, ref)
        detail: dict[str, str | int] = {
            "to": partner.authority,
            "kind": message.kind,
            "seq": header.seq,
            "agreement": agreement_of(message),
            "facts": len(message.facts),
            "categories": categories_of(message),
        }
        tx.note(Event("exchange.sent", who, ref, purpose_of(message), detail))
        return Unsealed(header, body, message, way)

    def seal_again(self, tx: Transaction, row: Outgoing, header: Header) -> MessageId | None:
        """Queue a refused message anew, under another identifier, where it was refused for a key that we have changed.

        The partner has signed that it did not take the first one, so there is no second effect.

        Returns:
            the new identifier; None where the same keys would be used again.
        """
        body = tx.document(SENT, row.id)
        partner = self._partners.get(tx, row.peer)
        if body is None or partner is None or not partner.is_open:
            return None
        try:
            same = (self._signing_of(tx, row.kind)[0], key_id(partner.card.card.sealing_key(tx.now))) == (
                header.skid,
                header.rkid,
            )
        except KeyTrustError:
            return None
        if same:
            return None
        ref = self.new_id()
        self.queue(tx, decode(body, Message), ref, self._partners.me)
        return ref

    def _send(
        self,
        tx: Transaction,
        message: Message,
        ref: MessageId,
        who: str,
        *,
        asked_at: datetime | None = None,
        ways: Callable[[AuthorityId], Way] | None = None,
        unsealed: list[Unsealed] | None = None,
    ) -> Sending:
        """Judge a message and queue it; with `unsealed`, the caller seals what was queued, in the same change."""
        way = (ways or self._ways(tx))(recipient_of(message))
        message = bound(tx, self._partners, attached(tx, message), tx.now)
        judgement = self.judge(tx, message, tx.now)
        detail: dict[str, str | int] = {"to": recipient_of(message), "rule": judgement.rule}
        state = _STATES.get(judgement.outcome, DraftState.SENT)
        if asked_at is not None or state is DraftState.WAITING:
            put(tx, Draft(ref, message, state, judgement.rule, who, asked_at or tx.now))
        if state is DraftState.REFUSED:
            tx.note(Event("exchange.not-sent", who, ref, purpose_of(message), detail))
            return Sending(judgement, None, message)
        goes = apply(judgement, message)
        if state is DraftState.WAITING:
            tx.note(Event("exchange.held", who, ref, purpose_of(message), detail))
            return Sending(judgement, ref, goes)
        if judgement.removed:
            taken = {**detail, "facts": " ".join(judgement.removed)}
            tx.note(Event("exchange.redacted", who, ref, purpose_of(message), taken))
        written = self._queue(tx, goes, ref, who, way)
        if unsealed is None:
            seal(tx, written)
        else:
            unsealed.append(written)
        for duty in judgement.obligations:
            if duty.startswith("notice:"):
                self._give_notice(tx, goes, ref, StateCode(duty.removeprefix("notice:")), who)
        return Sending(judgement, ref, goes)

    def _give_notice(self, tx: Transaction, message: Message, ref: MessageId, origin: StateCode, who: str) -> None:
        """Tell an originator at once, in the same transaction, that a break-glass has passed its facts on."""
        given = notices(tx, message, ref, origin)
        for notice in given:
            try:
                self.queue(tx, replace(notice, sender=self._partners.me), self.new_id(), who)
            except KeyTrustError as error:
                # The threat does not wait; a person must tell the originator by another way.
                detail: dict[str, str | int] = {"to": recipient_of(notice), "code": error.code}
                tx.note(Event("exchange.notice-due", who, ref, purpose_of(message), detail))
        if not given:
            tx.note(Event("exchange.notice-due", who, ref, purpose_of(message), {"to": origin}))

    def _ready(self, message: Message) -> Message:
        me = self._partners.me
        if message.sender not in {None, me}:
            raise SchemaError("a message from another authority", where=Place(field="from"))
        if message.kind is Kind.USE:
            raise SchemaError("a question about use never travels", where=Place(field="kind"))
        if message.cards:
            raise SchemaError(
                "cards that a person sends",
                where=Place(field="cards"),
                fix="make a new one: it goes to partners by itself",
            )
        check_response(message)
        check_request(message)
        expires = message.expires or format_instant(self._clock.now() + KEPT_FOR)
        # Where else a fact was passed on to is for this node's own recalls.
        told = {name: replace(fact, sent_to=()) for name, fact in message.facts.items() if fact.sent_to}
        facts = {**message.facts, **told} if told else message.facts
        return replace(message, sender=me, expires=expires, facts=facts)

    def judge(self, reader: Snapshot | Transaction, message: Message, now: datetime) -> Judgement:
        """Return what the rules say to sending a message.

        A break-glass that nobody has approved is held: the second person's name is part of it.
        """
        if message.break_glass is not None and not message.break_glass.approver:
            return Judgement(Outcome.HOLD, BREAK_GLASS, reasons=(_NOT_APPROVED,))
        if (refusal := unexpected(Op.SEND, message)) is not None:
            return refusal
        names = [message.agreement, *(fact.via for fact in message.facts.values())]
        agreements = self._partners.agreements_for(reader, names)
        terms = agreements.get(agreement_of(message))
        held = evidence_of(reader, message, terms.markings if terms else {}, now.date())
        return self._rules.decide(Op.SEND, agreements, message, held, now)

    def _open_partner(self, reader: Snapshot | Transaction, authority: AuthorityId, now: datetime) -> Partner:
        partner = self._partners.need(reader, authority)
        if not partner.is_open:
            raise KeyTrustError(
                f"{partner.authority} is {partner.state}", fix="confirm the partner first, or lift its suspension"
            )
        check_current(partner.card.card, now)
        return partner

    def _signing_of(self, tx: Transaction, kind: str | None) -> tuple[str, bytes]:
        """Return the key that signs a message; a card's is one that is known already to whoever lacks the card.

        What the card says is proved by the root keys. One that the new card revokes serves as well, where there is no other:
        the card that its recipient holds still names it.
        """
        if kind != Kind.CARD:
            return self._signing(tx)
        *before, own = (each.card for each in self._partners.own_cards(tx))
        held = before[-1] if before else own
        known = [key for key in held.signing if key.is_valid(tx.now) and key.name in self._keys.signing_seeds]
        lasting = {key.name for key in own.signing if key.is_valid(tx.now)}
        # The oldest that lasts: versions of the card that came earlier named it as well.
        key = min((each for each in known if each.name in lasting), key=lambda each: each.counts_from, default=None)
        key = key or max(known, key=lambda each: each.counts_from, default=None)
        return (key.name, self._keys.signing_seeds[key.name]) if key else self._signing(tx)

    def _signing(self, tx: Transaction) -> tuple[str, bytes]:
        """Return the newest signing key that this node's own card vouches for."""
        card = self._partners.own_card(tx).card
        check_current(card, tx.now, fix=RENEW)
        for key in sorted(card.signing, key=lambda key: key.counts_from, reverse=True):
            if key.is_valid(tx.now) and key.name in self._keys.signing_seeds:
                return key.name, self._keys.signing_seeds[key.name]
        raise KeyTrustError("no key of this node's card counts now", fix=RENEW)

    def speak(self, about: str, terms: Sequence[str], facts: Sequence[str], at: datetime) -> Word:
        """Return this node's own word about facts of its own, for holders that have them from others."""
        seeds = self._keys.signing_seeds.values()
        return speak(seeds, about, terms, facts, state_of(self._partners.me), at)

    def new_id(self) -> MessageId:
        """Return the identifier of a new message."""
        return self._new_ids(1)[0]

    def _new_ids(self, count: int) -> list[MessageId]:
        now_ms, drawn = (self._clock.now() - EPOCH) // MILLISECOND, self._chance.draw(ID_CHANCE * count)
        return [new_message_id(now_ms, drawn[ID_CHANCE * place :]) for place in range(count)]
