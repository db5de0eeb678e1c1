"""The desk: what a message does beside being kept. It acts in the transaction that takes the message, before the receipt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from headwater.exchange import ahead, consents
from headwater.exchange.amends import Amends
from headwater.exchange.cards import Cards
from headwater.exchange.files import expect
from headwater.exchange.parties import agreement_of, purpose_of, sender_of
from headwater.exchange.told import hear
from headwater.model.ids import MessageId
from headwater.model.message import HOUSEKEEPING, Kind, Message
from headwater.policy.agreement import Agreement
from headwater.policy.rules.housekeeping import unexpected
from headwater.policy.rules.judge import decide
from headwater.policy.rules.remembered import Remembered
from headwater.policy.rules.rule import Judgement, Op, Outcome
from headwater.ports import Event
from headwater.store import Transaction

ACTS: Final = frozenset({Kind.AMEND, Kind.AMEND_DONE, Kind.CONSENT})
"""Kinds that act on messages that came before."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was taken: its content, the rules' answer, the envelope that it came in with its SHA-256, its time."""

    ref: MessageId
    message: Message
    judgement: Judgement
    envelope: bytes
    sha256: bytes
    sent_at: datetime


class Desk:
    """Acts on what partners say."""

    def __init__(self, amends: Amends, cards: Cards) -> None:
        """Act with what carries out recalls, and what takes cards."""
        self._amends = amends
        self._cards = cards
        self._rules = Remembered()

    def judge(
        self, tx: Transaction, message: Message, agreements: dict[str, Agreement], sent_at: datetime
    ) -> Judgement:
        """Return what the rules say to receiving a message, with what is held here of the facts it amends.

        New facts that an amend brings are asked about as those of an ordinary message: what refuses or holds them refuses
        the amend, so that the sender withdraws the old ones alone.
        """
        if (refusal := unexpected(Op.RECEIVE, message)) is not None:
            return refusal
        judgement = self._rules.decide(Op.RECEIVE, agreements, message, self._amends.held(tx, message), tx.now)
        if message.kind is Kind.CARD and judgement.outcome is not Outcome.REFUSE:
            return self._cards.judge(tx, message, sent_at) or judgement
        terms = agreements.get(agreement_of(message))
        if message.kind in HOUSEKEEPING and message.facts and terms is not None:
            kinds = sorted(terms.kinds - {Kind.REQUEST, Kind.SEARCH, Kind.CONSENT, Kind.CONSENT_REQUEST})
            kind = Kind.SPONTANEOUS if Kind.SPONTANEOUS in kinds else next(iter(kinds), Kind.SPONTANEOUS)
            told = replace(message, kind=kind, amend=None, classification=_highest(message, terms))
            asked = decide(Op.RECEIVE, agreements, told, {}, tx.now)
            if asked.outcome is not Outcome.ALLOW:
                return _refusing(asked) if judgement.outcome is not Outcome.REFUSE else judgement
            if judgement.outcome is not Outcome.REFUSE:
                return Judgement(Outcome.ALLOW, obligations=judgement.obligations, keep_until=asked.keep_until)
        return judgement

    def took(self, tx: Transaction, taken: Taken) -> None:
        """Act on a message that was taken."""
        message, ref = taken.message, taken.ref
        if message.files:
            expect(tx, message, ref)
        match message.kind:
            case Kind.AMEND:
                self._amends.carry_out(tx, message, ref, taken.judgement.obligations)
            case Kind.AMEND_DONE:
                self._amends.answered(tx, message, ref, taken.envelope, taken.sha256)
            case Kind.CONSENT:
                consents.record(tx, message, ref)
            case Kind.RECEIPT:
                hear(tx, message, ref)
            case Kind.CARD:
                self._cards.take(tx, message, taken.sent_at)
            case Kind.NOTICE:
                for consent in message.consents:
                    detail: dict[str, str | int] = {"to": consent.receiver, "facts": len(consent.facts)}
                    tx.note(Event("exchange.notice", sender_of(message), ref, purpose_of(message), detail))
            case _:
                return

    def refused(self, tx: Transaction, message: Message, rule: str) -> None:
        """Act on a message that a rule has refused."""
        if message.kind is Kind.CARD:
            self._cards.refused(tx, message, rule)

    def came(
        self,
        tx: Transaction,
        messages: Sequence[Message],
        terms_of: Callable[[str | None], dict[str, Agreement]],
    ) -> None:
        """Carry out the amends that came before facts which messages have brought; rows and records are kept already."""
        for message in ahead.awaited(tx, messages):
            for ref, told in ahead.came_before(tx, message):
                # It was taken in time: that it has expired since does not matter.
                judgement = self.judge(tx, replace(told, expires=None), terms_of(told.agreement), tx.now)
                if judgement.outcome is not Outcome.REFUSE:
                    self._amends.carry_out(tx, told, ref, judgement.obligations)


def _refusing(judgement: Judgement) -> Judgement:
    return Judgement(Outcome.REFUSE, judgement.rule, judgement.removed, (), judgement.reasons)


def _highest(message: Message, terms: Agreement) -> str:
    marks = [fact.marking or "NONE" for fact in message.facts.values()]
    return max(marks, key=lambda mark: terms.markings.get(mark, -1), default="NONE")
