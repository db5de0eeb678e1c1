"""The words that all rules share: the question put to them, a rule, and the judgement they add up to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from inspect import cleandoc
from typing import Final, Generic, TypeVar

import msgspec

from headwater.errors import ForbiddenError
from headwater.model.ids import StateCode
from headwater.model.message import Message, MessageFact
from headwater.model.schema import IDENTITY_PROPERTIES
from headwater.policy.agreement import Agreement

Facts = Mapping[str, MessageFact]
"""Facts by the names that their message gives them."""
Test = TypeVar("Test")
Test_co = TypeVar("Test_co", covariant=True)


class Op(StrEnum):
    """What somebody is about to do with a message or with facts received."""

    SEND = "send"
    RECEIVE = "receive"
    USE = "use"


class Outcome(StrEnum):
    """What the rules answer."""

    ALLOW = "allow"
    REDACT = "redact"
    HOLD = "hold"
    REFUSE = "refuse"


SEND: Final = frozenset({Op.SEND})
USE: Final = frozenset({Op.USE})
RECEIVE: Final = frozenset({Op.RECEIVE})
SEND_USE: Final = SEND | USE
CROSSING: Final = SEND | RECEIVE
"""A message crosses from one authority to another."""
ALWAYS: Final = CROSSING | USE

NO_MARKING: Final = "NONE"
IDENTITY: Final = IDENTITY_PROPERTIES
"""The identity properties of the rules (name to photo), and whatever else names a person in headwater's own schema."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One question to the rules, with what several of them need worked out once.

    Attributes:
        agreement: the one that the message names; None where there is none or, on use, none is needed.
        held: facts that the deciding node holds, by the names that messages give them.
        day, today: the day of the question in UTC, as a date and as ISO 8601 text: days as text compare as days.
        expired: whether the message's expiry has passed.
        own: the deciding state; on receive nobody's.
        recipient: the state that would have the facts: of `to`, on use of the user.
        approvals: those given.
        ranks: the agreement's markings with their rank; a fact without a marking (None) ranks as NONE.
        categories: those of the agreement.
    """

    op: Op
    message: Message
    agreement: Agreement | None
    agreements: Mapping[str, Agreement]
    held: Facts
    day: date
    today: str
    expired: bool
    own: StateCode | None
    recipient: StateCode
    approvals: frozenset[str]
    ranks: Mapping[str | None, int]
    categories: frozenset[str]

    def consent(self, kind: str, name: str, fact: MessageFact) -> bool | None:
        """Return the originator's last word on one use of a fact: True yes, False no, None where there is none."""
        word = None
        for consent in self.message.consents:
            if (
                consent.type == kind
                and consent.giver == fact.origin
                and consent.receiver == self.recipient
                and name in consent.facts
                and self.message.purpose in consent.purposes
            ):
                word = consent
        if word is None:
            return None
        if word.decision == "yes" and (word.until is None or word.until >= self.today):
            return True
        return False if word.decision == "no" else None


@dataclass(frozen=True, slots=True)
class Rule(Generic[Test_co]):
    """One rule: its place in the law, its name on the wire, and the words a user reads.

    Attributes:
        ops: when it applies.
        outcome: what follows when it bites.
        text: one sentence: what it is that bites.
        remedy: what would allow it.
        test: says whether it bites.
    """

    id: str
    name: str
    ops: frozenset[Op]
    outcome: Outcome
    text: str
    remedy: str
    test: Test_co


def rule(number: str, name: str, ops: frozenset[Op], outcome: Outcome, *, remedy: str) -> Callable[[Test], Rule[Test]]:
    """Return what makes a rule of a test: the test's docstring is the sentence that a user reads."""

    def make(test: Test) -> Rule[Test]:
        return Rule(number, name, ops, outcome, cleandoc(test.__doc__ or name), remedy, test)

    return make


MessageTest = Callable[[Case], bool]
"""Says whether a rule bites on a message."""
FactTest = Callable[[Facts, Case], list[str]]
"""Returns the facts that a rule bites on: over all facts at once, which is twice as quick as one by one."""


@dataclass(frozen=True, slots=True)
class RuleReason:
    """One rule that had a say.

    Attributes:
        id, rule: its place in the law and its name.
        outcome: what it asks for; `allow` where it lets something pass that others would stop.
        facts: the facts it is about; empty where it is about the message.
        text: what it found.
        remedy: what would allow it; empty where nothing is stopped.
    """

    id: str
    rule: str
    outcome: Outcome
    facts: tuple[str, ...]
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules answer to one question.

    Attributes:
        rule: the first rule, in the order of the law, that gave the outcome; empty for allow.
        removed: facts that may not go (or, on receive, should not have come), each with the first rule that bit.
        obligations: what the software must do when the message goes or is accepted.
        reasons: every rule that had a say, in the order of the law.
        keep_until: last day, in ISO 8601, to which `clamp` obligations shorten the retention.
    """

    outcome: Outcome
    rule: str = ""
    removed: Mapping[str, str] = field(default_factory=dict)
    obligations: tuple[str, ...] = ()
    reasons: tuple[RuleReason, ...] = ()
    keep_until: str | None = None

    def refusal(self) -> ForbiddenError:
        """Return the error that tells which rule stands in the way, and what would allow it."""
        first = next((reason for reason in self.reasons if reason.rule == self.rule), None)
        about = f" ({', '.join(first.facts)})" if first and first.facts else ""
        return ForbiddenError(
            f"rule {self.rule}{about}: {first.text if first else self.outcome}",
            fix=first.remedy if first else "",
        )
