"""Partners: who they are to this node, and how far each has come.

::

    add ──▶ added ──digits──▶ confirmed ──both ways──────▶ live
                                   │                          │
                                   ├────────suspend───────────┤
                                   ▼                          ▼
                               suspended ──resume──▶ confirmed;  any state ──revoke──▶ revoked (for good)

A card that was only added is trusted for nothing: two persons must first compare its eight groups of five digits on
another channel, and `confirm`, which asks for them, is the only way from there to confirmed. Every step is a document of its own, so the whole history stays.
"""

import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, Protocol

from msgspec.structs import replace

from headwater.errors import ConflictError, InputError, KeyTrustError, StoreCorruptError
from headwater.exchange.agreement import read_agreement, terms_of
from headwater.exchange.card import SignedCard, check_current, check_successor, read_card
from headwater.exchange.flags import flag_since
from headwater.exchange.signed import PairKey, read_paper
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.policy.agreement import Agreement, AgreementState
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

CARD: Final = "card"
PARTNER: Final = "partner"
AGREEMENT: Final = "agreement"
AGREEMENT_STATE: Final = "agreement-state"


class Documents(Protocol):
    """The part of a snapshot or transaction that is read here."""

    def document(self, kind: str, key: str, version: int | None = None) -> bytes | None:
        """Return a document's body, None where there is none."""
        ...

    def documents(self, kind: str) -> Iterator[tuple[str, int, bytes]]:
        """Yield the newest version of each document of a kind."""
        ...


class State(StrEnum):
    """How far a partner has come."""

    ADDED = "added"
    CONFIRMED = "confirmed"
    LIVE = "live"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


OPEN: Final = frozenset({State.CONFIRMED, State.LIVE})
"""States in which messages pass."""
# From added to confirmed leads no step: only the digits do.
_STEPS: Final[dict[State, frozenset[State]]] = {
    State.ADDED: frozenset({State.REVOKED}),
    State.CONFIRMED: frozenset({State.LIVE, State.SUSPENDED, State.REVOKED}),
    State.LIVE: frozenset({State.SUSPENDED, State.REVOKED}),
    State.SUSPENDED: frozenset({State.CONFIRMED, State.REVOKED}),
    State.REVOKED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a partner or an agreement: the state it led to, who took it, when and why."""

    state: str
    who: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner as this node sees it."""

    authority: AuthorityId
    state: State
    card: SignedCard

    @property
    def is_open(self) -> bool:
        """Whether messages pass."""
        return self.state in OPEN


@dataclass(frozen=True)
class Partners:
    """The partners of one authority's node."""

    me: AuthorityId
    # What is stored was checked when it came; a card is checked again, and an agreement read, once for each process.
    _card: Callable[[bytes], SignedCard] = field(
        default_factory=lambda: lru_cache(maxsize=256)(read_card), repr=False, compare=False
    )
    _terms: Callable[[bytes], Agreement] = field(
        default_factory=lambda: lru_cache(maxsize=256)(_read_terms), repr=False, compare=False
    )

    def own_card(self, reader: Documents) -> SignedCard:
        """Return this node's own card.

        Raises:
            KeyTrustError: it has none yet.
        """
        data = reader.document(CARD, self.me)
        if data is None:
            raise KeyTrustError("this node has no card yet", fix="make one with: headwater node init")
        return self._card(data)

    def own_cards(self, reader: Snapshot | Transaction) -> tuple[SignedCard, ...]:
        """Return all versions of this node's own card, the newest last."""
        return tuple(self._card(body) for _, body in reader.versions(CARD, self.me))

    def get(self, reader: Documents, authority: AuthorityId) -> Partner | None:
        """Return one partner, None where there is none."""
        step, data = reader.document(PARTNER, authority), reader.document(CARD, authority)
        if step is None or data is None:
            return None
        return Partner(authority, State(decode(step, _Step).state), self._card(data))

    def roots_of(self, reader: Snapshot | Transaction, authority: AuthorityId) -> tuple[tuple[PairKey, ...], ...]:
        """Return the root keys that the cards of an authority have named, each set once."""
        cards = (self._card(body).card for _, body in reader.versions(CARD, authority))
        return tuple(dict.fromkeys(card.roots for card in cards))

    def need(self, reader: Documents, authority: AuthorityId) -> Partner:
        """Return one partner.

        Raises:
            KeyTrustError: there is none.
        """
        partner = self.get(reader, authority)
        if partner is None:
            raise KeyTrustError(f"{authority} is no partner of this node", fix="see: headwater partner list")
        return partner

    def all(self, reader: Documents) -> tuple[Partner, ...]:
        """Return all partners in the order of their names."""
        return tuple(self.need(reader, authority) for authority in self.names(reader))

    def names(self, reader: Documents) -> tuple[AuthorityId, ...]:
        """Return the authorities of all partners in order."""
        return tuple(AuthorityId(key) for key, _, _ in reader.documents(PARTNER))

    def agreements(self, reader: Documents) -> dict[str, Agreement]:
        """Return all agreements by name, each in the state that this node has it in now."""
        return {key: self._in_force(reader, key, body) for key, _, body in reader.documents(AGREEMENT)}

    def agreements_for(self, reader: Documents, names: Sequence[str | None]) -> dict[str, Agreement]:
        """Return those of some agreements that this node holds: all that a message speaks of, not all there are."""
        bodies = {name: reader.document(AGREEMENT, name) for name in dict.fromkeys(names) if name}
        return {name: self._in_force(reader, name, body) for name, body in bodies.items() if body is not None}

    def agreement_with(self, reader: Documents, peer: AuthorityId) -> str | None:
        """Return the agreement under which housekeeping goes to a partner: a live one if there is any; None without any."""
        terms = [each for each in self.agreements(reader).values() if peer in each.parties]
        live = [each.id for each in terms if each.state is AgreementState.LIVE]
        return min(live or [each.id for each in terms], default=None)

    def add(self, tx: Transaction, cards: Sequence[bytes], agreements: Sequence[bytes], who: str) -> Partner:
        """Take a partner's cards, oldest first, and agreements that both sides have signed.

        A first card makes a partner that is to be confirmed. A later one takes the place of the card held; the partner
        stays confirmed, as the roots that were confirmed have signed it.

        Raises:
            InputError: something is no card or no agreement.
            TrustError: a signature, version, key or expiry is not right; nothing was taken.
        """
        given = [self._card(data) for data in cards]
        if not given:
            raise KeyTrustError("no card was given")
        authority = given[-1].card.owner
        if authority == self.me:
            raise KeyTrustError("the card is this node's own", fix="add the partner's card")
        check_current(given[-1].card, tx.now)
        for card in given:
            self.take_card(tx, authority, card, who)
        for data in agreements:
            self.add_agreement(tx, data, who)
        return self.need(tx, authority)

    def add_agreement(self, tx: Transaction, data: bytes, who: str) -> Agreement:
        """Take an agreement that this node and a partner have signed.

        Raises:
            InputError: it is none.
            TrustError: a party is not known or has not signed.
            ConflictError: another agreement of that name is held.
        """
        cards = {partner.authority: partner.card.card for partner in self.all(tx)}
        cards[self.me] = self.own_card(tx).card
        signed = read_agreement(data, cards)
        if self.me not in signed.agreement.parties:
            raise KeyTrustError("the agreement is between others")
        held = tx.document(AGREEMENT, signed.agreement.id)
        if held is not None and read_paper(held).body != signed.paper.body:
            raise ConflictError("another agreement of that name is held", where=signed.agreement.id)
        if held is None:
            tx.put_document(AGREEMENT, signed.agreement.id, signed.paper.to_bytes())
            tx.note(Event("exchange.agreement-added", who, signed.agreement.id))
        return signed.agreement

    def confirm(self, tx: Transaction, authority: AuthorityId, digits: str, who: str) -> None:
        """Confirm a partner whose digits were compared by voice.

        Raises:
            ConflictError: it is not waiting to be confirmed.
            KeyTrustError: they are not those of the card that is held.
        """
        partner = self.need(tx, authority)
        if partner.state is not State.ADDED:
            raise ConflictError(f"{authority} is {partner.state}, and its digits were compared before")
        expected = partner.card.fingerprint.replace(" ", "")
        if not hmac.compare_digest(expected.encode(), "".join(digits.split()).encode()):
            raise KeyTrustError(
                f"the digits are not those of the card of {authority}",
                fix="read all eight groups again; if they differ, stop",
            )
        self._note_step(tx, authority, State.CONFIRMED, who, "digits compared")

    def step(self, tx: Transaction, authority: AuthorityId, to: State, who: str, reason: str) -> None:
        """Take a partner to another state.

        Raises:
            ConflictError: the state it is in does not lead there.
        """
        now = self.need(tx, authority).state
        if to not in _STEPS[now]:
            fix = "compare the digits of its card first: headwater partner confirm" if now is State.ADDED else ""
            raise ConflictError(f"{authority} is {now}, which does not lead to {to}", fix=fix)
        self._note_step(tx, authority, to, who, reason)

    def meet(self, tx: Transaction, authority: AuthorityId) -> None:
        """Take a confirmed partner to live once messages have passed both ways: one came, and one was receipted."""
        partner = self.get(tx, authority)
        if partner is None or partner.state is not State.CONFIRMED:
            return
        if tx.incoming_last(authority) and tx.has_receipted(authority):
            self.step(tx, authority, State.LIVE, self.me, "messages have passed both ways")

    def set_agreement_state(self, tx: Transaction, name: str, to: AgreementState, who: str, reason: str) -> None:
        """Suspend an agreement at this node, end it, or take it up again.

        Raises:
            ConflictError: there is no such agreement.
        """
        if tx.document(AGREEMENT, name) is None:
            raise ConflictError("no such agreement", where=name)
        tx.put_document(AGREEMENT_STATE, name, encode(_Step(to, who, tx.now, reason)))
        tx.note(Event(f"exchange.agreement-{to}", who, name))

    def all_live(self, reader: Documents) -> bool:
        """Return whether every agreement that this node holds is live now."""
        return all(terms.state is AgreementState.LIVE for terms in self.agreements(reader).values())

    def stops_at_sending(self, reader: Documents, agreement: str | None) -> bool:
        """Return whether a message that is queued, and is no housekeeping, must wait because its agreement is not live now."""
        terms = self.agreements_for(reader, [agreement]).get(agreement or "")
        return terms is None or terms.state is not AgreementState.LIVE

    def take_card(self, tx: Transaction, authority: AuthorityId, card: SignedCard, who: str) -> None:
        """Let a card take the place of the one held, or be the first of a partner that is to be confirmed.

        Raises:
            TrustError: it is not the next version, or too few root keys of the one held have signed it.
        """
        data = tx.document(CARD, authority)
        if data is not None:
            held = self._card(data)
            if not check_successor(held, card):
                return
            flag_since(tx, authority, held.card, card.card)
        if card.card.owner != authority:
            raise KeyTrustError("the cards are of several authorities")
        tx.put_document(CARD, authority, card.paper.to_bytes())
        tx.note(Event("exchange.card-taken", who, authority, detail={"version": card.card.version}))
        if data is None:
            self._note_step(tx, authority, State.ADDED, who, "")

    def _note_step(self, tx: Transaction, authority: AuthorityId, to: State, who: str, reason: str) -> None:
        tx.put_document(PARTNER, authority, encode(_Step(to, who, tx.now, reason)))
        tx.note(Event(f"exchange.partner-{to}", who, authority))

    def _in_force(self, reader: Documents, name: str, body: bytes) -> Agreement:
        try:
            terms = self._terms(body)
        except InputError as error:
            raise StoreCorruptError("a stored agreement cannot be read", where=name) from error
        step = reader.document(AGREEMENT_STATE, name)
        state = terms.state if step is None else AgreementState(decode(step, _Step).state)
        return terms if state is terms.state else replace(terms, state=state)


def _read_terms(body: bytes) -> Agreement:
    return terms_of(read_paper(body))
