"""Rules C: may the message pass with the facts that are left?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.model.handling import KNOWN_CODES
from headwater.model.message import Kind
from headwater.policy.agreement import OsjaLevel
from headwater.policy.rules.rule import (
    ALWAYS,
    CROSSING,
    RECEIVE,
    SEND,
    Case,
    Facts,
    Op,
    Outcome,
    Rule,
    rule,
)

EMPTY_SAYS_NOTHING: Final = frozenset({Kind.SPONTANEOUS, Kind.ALERT, Kind.SEARCH, Kind.EVIDENCE_BUNDLE, Kind.TI})
FULL_ANSWERS: Final = frozenset({"full", "partial"})
NEVER_FLAGS: Final = frozenset({"torture", "refoulement"})
SENIOR_FLAGS: Final = frozenset({"unlawful-detention", "unfair-trial"})

WHOLE: Final[tuple[str, ...]] = ()
"""A bite on the message as a whole, not on single facts."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left of a message after the rules on facts; `personal` names the facts that are personal data."""

    facts: Facts
    personal: Sequence[str]


RemainderTest = Callable[[Remainder, Case], Sequence[str] | None]
"""Returns the facts that it bites on, `WHOLE` for the message, None where it does not bite."""


@rule("C1", "nothing-left", ALWAYS, Outcome.REFUSE, remedy="what would let at least one of its facts pass")
def nothing_left(left: Remainder, case: Case) -> Sequence[str] | None:
    """No fact is left, and such a message says nothing without one."""
    message = case.message
    needs_facts = (
        case.op is Op.USE
        or message.kind in EMPTY_SAYS_NOTHING
        or (message.kind is Kind.RESPONSE and message.result in FULL_ANSWERS)
    )
    return WHOLE if needs_facts and not left.facts else None


@rule("C2", "undermarked", CROSSING, Outcome.REFUSE, remedy="mark the message as high as its highest fact")
def undermarked(left: Remainder, case: Case) -> Sequence[str] | None:
    """The message is marked lower than a fact in it."""
    ranks = case.ranks
    rank = ranks[case.message.classification]
    return _if_any([name for name, fact in left.facts.items() if ranks[fact.marking] > rank])


@rule("C3", "search-plain", CROSSING, Outcome.REFUSE, remedy="send keyed hashes of the identifiers")
def search_plain(left: Remainder, case: Case) -> Sequence[str] | None:
    """A search carries a value in plain."""
    if case.message.kind is not Kind.SEARCH:
        return None
    return _if_any([name for name, fact in left.facts.items() if not fact.hashed])


@rule(
    "C4",
    "no-safeguard",
    SEND,
    Outcome.REFUSE,
    remedy="record a data protection test of the recipient in the agreement, or send no personal data",
)
def no_safeguard(left: Remainder, case: Case) -> Sequence[str] | None:
    """Personal data would go under a non-binding agreement without a data protection test that still holds."""
    terms = case.agreement
    if terms is None or terms.binding or case.own is None:
        return None
    guard = terms.safeguards.get(case.own)
    return _if_any(left.personal) if guard is None or guard.until < case.day else None


@rule("C5", "osja", SEND, Outcome.REFUSE, remedy="make or renew the human-rights assessment (OSJA) of the agreement")
def osja(left: Remainder, case: Case) -> Sequence[str] | None:
    """Personal data would go without a human-rights assessment, or after the day of its review."""
    assessed = case.agreement.osja if case.agreement else None
    return _if_any(left.personal) if assessed is None or assessed.review_by < case.day else None


@rule(
    "C6",
    "osja-flag",
    SEND,
    Outcome.REFUSE,
    remedy="for a risk of the death penalty, the reference of the recipient's assurance; for the others, nothing",
)
def osja_flag(_left: Remainder, case: Case) -> Sequence[str] | None:
    """There is a risk of torture or refoulement, or of the death penalty without an assurance."""
    flags = case.message.osja_flags
    if not flags:
        return None
    unassured = "death-penalty" in flags and not case.message.assurance_ref
    return WHOLE if unassured or not NEVER_FLAGS.isdisjoint(flags) else None


@rule(
    "C7", "osja-approval", SEND, Outcome.HOLD, remedy="the approval of a senior officer, or of a minister at high risk"
)
def osja_approval(left: Remainder, case: Case) -> Sequence[str] | None:
    """The human-rights risk needs an approval that nobody has given yet."""
    message = case.message
    assessed = case.agreement.osja if case.agreement else None
    level = assessed.level if assessed and left.personal else None
    if ("death-penalty" in message.osja_flags and message.assurance_ref) or level is OsjaLevel.HIGH:
        return None if "minister" in case.approvals else WHOLE
    if level is OsjaLevel.MEDIUM or not SENIOR_FLAGS.isdisjoint(message.osja_flags):
        return None if "senior" in case.approvals or "minister" in case.approvals else WHOLE
    return None


@rule("C8", "minor", SEND, Outcome.HOLD, remedy="the approval safeguarding")
def minor(left: Remainder, case: Case) -> Sequence[str] | None:
    """A fact about a child would go."""
    if "safeguarding" in case.approvals:
        return None
    return _if_any([name for name, fact in left.facts.items() if fact.minor])


@rule(
    "C9",
    "condition-text",
    ALWAYS,
    Outcome.HOLD,
    remedy="a person reads the condition: to send or use, give the approval conditions-read; to receive, accept by hand",
)
def condition_text(left: Remainder, case: Case) -> Sequence[str] | None:
    """A fact has a condition (H3 or C) that only a person can read."""
    if case.op is not Op.RECEIVE and "conditions-read" in case.approvals:
        return None
    return _if_any(
        [
            name
            for name, fact in left.facts.items()
            if not fact.conditions and ("H3" in fact.handling or "C" in fact.handling) and fact.origin != case.own
        ]
    )


@rule(
    "C10",
    "handling-unknown",
    RECEIVE,
    Outcome.HOLD,
    remedy="ask the sender what the code means, then accept or refuse by hand",
)
def handling_unknown(left: Remainder, _case: Case) -> Sequence[str] | None:
    """A fact bears a handling code that this node does not know and so could not obey."""
    return _if_any([name for name, fact in left.facts.items() if not KNOWN_CODES.issuperset(fact.handling)])


@rule("C11", "no-approver", SEND, Outcome.HOLD, remedy="a second officer approves it")
def no_approver(left: Remainder, case: Case) -> Sequence[str] | None:
    """Personal data would go without an approver."""
    return _if_any(left.personal) if not case.message.approver else None


@rule("C12", "four-eyes", SEND, Outcome.HOLD, remedy="somebody else than the author approves it")
def four_eyes(_left: Remainder, case: Case) -> Sequence[str] | None:
    """The author approved the message alone."""
    message = case.message
    return WHOLE if message.approver and message.approver == message.author else None


def _if_any(names: Sequence[str]) -> Sequence[str] | None:
    return names or None


REMAINDER_RULES: Final[tuple[Rule[RemainderTest], ...]] = (
    nothing_left,
    undermarked,
    search_plain,
    no_safeguard,
    osja,
    osja_flag,
    osja_approval,
    minor,
    condition_text,
    handling_unknown,
    no_approver,
    four_eyes,
)
