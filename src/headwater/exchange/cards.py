"""Cards that travel: a new version goes to every partner by itself, and is taken there by the rules of `card`.

A message of kind `card` holds the newest card after a few versions before it, so that a partner that missed one can follow.
It is signed with a key that its recipient knows already; what it says is proved by the root keys. Whatever is no successor
of the card held is refused by name, in the receipt; one that is older, another of the same version, or not signed by the
roots held raises an alarm as well: who sends it has this partner's keys, or its node was set back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from headwater.errors import (
    EquivocationError,
    HeadwaterError,
    InputError,
    KeyTrustError,
    NoBasisError,
    RollbackError,
    SignatureError,
    TrustError,
)
from headwater.exchange.alarms import Fault, raise_alarm
from headwater.exchange.card import SignedCard, check_current, check_successor, read_card
from headwater.exchange.outbox import Outbox
from headwater.exchange.parties import sender_of
from headwater.exchange.partners import Partners
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.model.message import CardCopy, Kind, Message
from headwater.model.times import format_instant
from headwater.policy.rules.rule import Judgement, Outcome, RuleReason
from headwater.ports import Event
from headwater.store import Transaction

TOLD: Final = "card-told"
"""Kind of the documents that say which version of our card was last sent to a partner."""
VERSIONS: Final = 4
"""Versions that one message holds: keys change quarterly and monthly, so a partner that was away for months can follow."""
WAITS: Final = timedelta(days=90)
UNREADABLE: Final = "card-unreadable"
NOT_NEXT: Final = "card-not-next"
_FAULTS: Final[dict[str, Fault]] = {
    "card-rollback": RollbackError,
    "card-equivocation": EquivocationError,
    "card-signature": SignatureError,
}
"""Refusals that raise an alarm."""


class Cards:
    """Sends this node's own cards, and takes those of partners."""

    def __init__(self, partners: Partners, outbox: Outbox) -> None:
        """Send through an outbox, in the name of the authority whose partners these are."""
        self._partners = partners
        self._outbox = outbox

    def tell_all(self, tx: Transaction, who: str) -> None:
        """Queue our newest card to every partner that messages pass to."""
        for peer in self._partners.names(tx):
            self.tell(tx, peer, who)

    def tell(self, tx: Transaction, peer: AuthorityId, who: str) -> None:
        """Queue our newest card to a partner, unless it is the first, or was sent to it before.

        Where it cannot be, because there is no agreement or the partner's card has expired, a person sees that it was not:
        the card then goes as a file.
        """
        partner, cards = self._partners.get(tx, peer), self._partners.own_cards(tx)
        version = str(cards[-1].card.version).encode() if len(cards) > 1 else b""
        if partner is None or not partner.is_open or tx.document(TOLD, peer) == version or not version:
            return
        try:
            self._outbox.queue(tx, self._message(tx, peer, cards[-VERSIONS:]), self._outbox.new_id(), who)
        except (KeyTrustError, NoBasisError) as error:
            tx.note(Event("exchange.card-not-sent", who, peer, detail={"code": error.code}))
            return
        tx.put_document(TOLD, peer, version)

    def _message(self, tx: Transaction, peer: AuthorityId, cards: Sequence[SignedCard]) -> Message:
        agreement = self._partners.agreement_with(tx, peer)
        if agreement is None:
            raise NoBasisError("no agreement with this partner", where=peer)
        return Message(
            kind=Kind.CARD,
            sender=self._partners.me,
            recipient=peer,
            agreement=agreement,
            expires=format_instant(tx.now + WAITS),
            cards=tuple(decode(card.paper.to_bytes(), CardCopy) for card in cards),
        )

    def judge(self, tx: Transaction, message: Message, sent_at: datetime) -> Judgement | None:
        """Return the refusal of a partner's card, None where it can be taken or is known."""
        try:
            self._next(tx, message, sent_at)
        except InputError as error:
            return _refusal(UNREADABLE, error)
        except TrustError as error:
            return _refusal(next((rule for rule, kind in _FAULTS.items() if isinstance(error, kind)), NOT_NEXT), error)
        return None

    def take(self, tx: Transaction, message: Message, sent_at: datetime) -> None:
        """Let a partner's card take the place of the one held."""
        sender = sender_of(message)
        for card in self._next(tx, message, sent_at):
            self._partners.take_card(tx, sender, card, sender)

    def refused(self, tx: Transaction, message: Message, rule: str) -> None:
        """Raise the alarm where a refused card shows that something is wrong with its sender."""
        fault, sender = _FAULTS.get(rule), sender_of(message)
        if fault is not None:
            held = self._partners.need(tx, sender).card
            what = f"a card that does not follow version {held.card.version}, which is held ({rule})"
            pieces = [held.paper.to_bytes(), encode(message.cards[-1])]
            raise_alarm(tx, fault, sender, what, pieces, seen_by=self._partners.me)

    def _next(self, tx: Transaction, message: Message, sent_at: datetime) -> tuple[SignedCard, ...]:
        held = self._partners.need(tx, sender_of(message)).card
        return successors(held, [read_card(encode(copy)) for copy in message.cards], sent_at, tx.now)


def successors(
    held: SignedCard, given: Sequence[SignedCard], sent_at: datetime, now: datetime
) -> tuple[SignedCard, ...]:
    """Return those of a partner's cards that take the place of the one held, in order.

    Args:
        held: the card held.
        given: what its owner sent, oldest first.
        sent_at: when; an older card that left before the one held was made has only come late.
        now: the instant of the question.

    Raises:
        RollbackError: the newest is older than the one held, and was sent after it was made.
        EquivocationError: one is another of the version held.
        SignatureError: too few roots of the one before have signed one.
        KeyTrustError: there is none, it is another authority's or expired, or a version between is missing.
    """
    if not given:
        raise KeyTrustError("a message that brings no card")
    newest = given[-1].card
    if newest.authority == held.card.authority and newest.version < held.card.version and sent_at < held.card.issued_at:
        return ()
    taken, last = list[SignedCard](), held
    for card in [card for card in given if card.card.version >= held.card.version] or given[-1:]:
        if check_successor(last, card):
            taken.append(card)
            last = card
    if taken:
        check_current(last.card, now)
    return tuple(taken)


def _refusal(rule: str, error: HeadwaterError) -> Judgement:
    reason = RuleReason(id="", rule=rule, outcome=Outcome.REFUSE, facts=(), text=error.what, remedy=error.fix)
    return Judgement(Outcome.REFUSE, rule, reasons=(reason,))
