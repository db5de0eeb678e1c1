"""Rules B1 to B15: may this one fact pass? Whether facts of a third state pass on is told in `onward`."""

from typing import Final

from headwater.model.message import Kind, MessageFact
from headwater.policy.rules.rule import (
    ALWAYS,
    CROSSING,
    IDENTITY,
    SEND_USE,
    USE,
    Case,
    Facts,
    FactTest,
    Op,
    Outcome,
    Rule,
    rule,
)

OBJECTS: Final = frozenset({"object", "organisation"})
PROTECTED: Final = frozenset({"victim", "smuggled"})
INTELLIGENCE: Final = frozenset({Kind.SPONTANEOUS, Kind.RESPONSE})


@rule("B1", "erased", ALWAYS, Outcome.REDACT, remedy="nothing: the originator had it erased")
def erased(facts: Facts, _case: Case) -> list[str]:
    """The fact was erased."""
    return [name for name, fact in facts.items() if fact.state == "erased"]


@rule(
    "B2",
    "restricted",
    SEND_USE,
    Outcome.REDACT,
    remedy="the originator lifts the restriction; a fact kept as evidence goes in an evidence bundle only",
)
def restricted(facts: Facts, case: Case) -> list[str]:
    """The originator restricted the fact, and this is no use as evidence that it is kept for."""
    kept_for = "evidence" if _as_evidence(case) else "nothing"
    return [name for name, fact in facts.items() if fact.state == "restricted" and fact.hold != kept_for]


@rule("B3", "retention", ALWAYS, Outcome.REDACT, remedy="ask the originator for the fact again, with a later last day")
def retention(facts: Facts, case: Case) -> list[str]:
    """The last day on which the fact may be kept has passed."""
    today = case.today
    return [name for name, fact in facts.items() if fact.retain_until is not None and fact.retain_until < today]


@rule("B4", "source-identity", CROSSING, Outcome.REDACT, remedy="nothing: write it so that nobody can be recognised")
def source_identity(facts: Facts, _case: Case) -> list[str]:
    """The fact could identify a human source."""
    return [name for name, fact in facts.items() if fact.reveals_source]


@rule("B5", "no-face", ALWAYS, Outcome.REDACT, remedy="nothing: headwater has no place for faces")
def no_template(facts: Facts, _case: Case) -> list[str]:
    """The fact is a face template."""
    return [name for name, fact in facts.items() if fact.prop == "faceTemplate"]


@rule(
    "B6",
    "classification",
    CROSSING,
    Outcome.REDACT,
    remedy="the originator regrades it to a marking that the agreement lets pass",
)
def classification(facts: Facts, case: Case) -> list[str]:
    """The fact's protective marking is above what the agreement lets pass."""
    ranks = case.ranks
    return [name for name, fact in facts.items() if fact.marking not in ranks]


@rule("B7", "category", CROSSING, Outcome.REDACT, remedy="leave it out: the agreement does not cover such facts")
def category(facts: Facts, case: Case) -> list[str]:
    """The agreement does not cover facts of this category."""
    categories = case.categories
    return [name for name, fact in facts.items() if fact.category not in categories]


@rule(
    "B8",
    "protected-identity",
    ALWAYS,
    Outcome.REDACT,
    remedy="purpose victim-protection, the person's recorded consent (or a minor), the approval safeguarding, "
    "and origin-state where the recipient is the person's own state",
)
def protected_identity(facts: Facts, case: Case) -> list[str]:
    """The fact names a victim or a smuggled person."""
    return [
        name
        for name, fact in facts.items()
        if fact.category in PROTECTED and fact.prop in IDENTITY and not _may_be_named(fact, case)
    ]


@rule("B9", "witness-identity", CROSSING, Outcome.REDACT, remedy="the approval witness-protection")
def witness_identity(facts: Facts, case: Case) -> list[str]:
    """The fact names a witness."""
    if "witness-protection" in case.approvals:
        return []
    return [name for name, fact in facts.items() if fact.category == "witness" and fact.prop in IDENTITY]


@rule(
    "B10",
    "sensitive",
    CROSSING,
    Outcome.REDACT,
    remedy="an agreement that covers special categories, and a statement of strict necessity",
)
def sensitive(facts: Facts, case: Case) -> list[str]:
    """The fact belongs to a special category of personal data."""
    if case.agreement is not None and case.agreement.sensitive and case.message.strict_necessity:
        return []
    return [name for name, fact in facts.items() if fact.sensitive]


@rule("B11", "grade", CROSSING, Outcome.REDACT, remedy="evaluate the source and the information, for example 3x5x2:1/B")
def grade(facts: Facts, case: Case) -> list[str]:
    """Nobody evaluated the fact."""
    if case.message.kind not in INTELLIGENCE:
        return []
    return [name for name, fact in facts.items() if not fact.grade and fact.category not in OBJECTS]


@rule("B12", "fact-purpose", SEND_USE, Outcome.REDACT, remedy="ask the originator to allow this purpose")
def fact_purpose(facts: Facts, case: Case) -> list[str]:
    """The originator gave the fact for other purposes."""
    purpose = case.message.purpose
    return [name for name, fact in facts.items() if fact.purposes is not None and purpose not in fact.purposes]


@rule(
    "B13",
    "tlp-red",
    CROSSING,
    Outcome.REDACT,
    remedy="address the message to a person whom the fact names; only its originator can pass it to others",
)
def tlp_red(facts: Facts, case: Case) -> list[str]:
    """The fact is TLP:RED, and the message is not addressed to a person it names, or the fact is not ours to send."""
    to, own = case.message.addressee, case.own if case.op is Op.SEND else None
    return [
        name
        for name, fact in facts.items()
        if "TLP:RED" in fact.handling and (to not in fact.names or (own is not None and fact.origin != own))
    ]


@rule(
    "B14",
    "h1-evidence",
    SEND_USE,
    Outcome.REDACT,
    remedy="the originator lifts H1 or no-evidence by an amend, or consents to use as evidence",
)
def h1_evidence(facts: Facts, case: Case) -> list[str]:
    """The originator did not give the fact for use as evidence."""
    if not _as_evidence(case):
        return []
    spared = case.own if case.op is Op.USE else None
    return [
        name
        for name, fact in facts.items()
        if ("H1" in fact.handling or "no-evidence" in fact.conditions)
        and fact.origin != spared
        and case.consent("evidence", name, fact) is not True
    ]


@rule("B15", "no-action", USE, Outcome.REDACT, remedy="the originator consents to action")
def no_action(facts: Facts, case: Case) -> list[str]:
    """The originator did not give the fact for action."""
    if case.message.use != "action":
        return []
    return [
        name
        for name, fact in facts.items()
        if "no-action" in fact.conditions and fact.origin != case.own and case.consent("action", name, fact) is not True
    ]


def _may_be_named(fact: MessageFact, case: Case) -> bool:
    if case.message.purpose != "victim-protection":
        return False
    if case.op is Op.USE:
        return True
    consented = bool(fact.subject_consent) or fact.minor
    abroad = fact.subject_state != case.recipient or "origin-state" in case.approvals
    return "safeguarding" in case.approvals and consented and abroad


def _as_evidence(case: Case) -> bool:
    return case.message.kind is Kind.EVIDENCE_BUNDLE or case.message.use == "evidence"


FACT_RULES: Final[tuple[Rule[FactTest], ...]] = (
    erased,
    restricted,
    retention,
    source_identity,
    no_template,
    classification,
    category,
    protected_identity,
    witness_identity,
    sensitive,
    grade,
    fact_purpose,
    tlp_red,
    h1_evidence,
    no_action,
)
