"""Rules B16 and B17: facts of a third state, and findings that rest on facts. Originator control is the default."""

from dataclasses import dataclass
from typing import Final

from headwater.model.ids import StateCode
from headwater.model.message import Kind, MessageFact
from headwater.policy.rules.fact import classification, erased, restricted, tlp_red
from headwater.policy.rules.rule import SEND, Case, Facts, FactTest, Outcome, Rule, rule

CLEAR: Final = frozenset({"TLP:CLEAR"})
CLEAR_OR_GREEN: Final = frozenset({"TLP:CLEAR", "TLP:GREEN"})
NOBODY: Final[frozenset[StateCode]] = frozenset()


@dataclass(frozen=True, slots=True)
class Passage:
    """The answer on one fact of a third state.

    Attributes:
        stopped: the rule that stops it; None where it passes.
        because: what lets it pass, in a sentence.
        notice: the originators that must be told at once, because a break-glass let it pass.
    """

    stopped: Rule[FactTest] | None = None
    because: str = ""
    notice: frozenset[StateCode] = NOBODY


@rule("B16", "onward-refused", SEND, Outcome.REDACT, remedy="only a later consent of the originator")
def onward_refused(facts: Facts, case: Case) -> list[str]:
    """The originator was asked, and its last word was no."""
    return _stopped_by(onward_refused, facts, case)


@rule("B16", "onward-never", SEND, Outcome.REDACT, remedy="only the originator's consent to this transfer")
def onward_never(facts: Facts, case: Case) -> list[str]:
    """The originator lets the fact pass on to nobody, or never to this state."""
    return _stopped_by(onward_never, facts, case)


@rule(
    "B16", "h2-onward", SEND, Outcome.REDACT, remedy="ask the originator for consent: H2 forbids passing it on without"
)
def h2_onward(facts: Facts, case: Case) -> list[str]:
    """The fact of a third state bears H2 and has no consent of its originator."""
    return _stopped_by(h2_onward, facts, case)


@rule("B16", "onward-consent", SEND, Outcome.REDACT, remedy="ask the originator for consent (a consent-request)")
def onward_consent(facts: Facts, case: Case) -> list[str]:
    """The fact belongs to a third state, which has not consented to this transfer."""
    return _stopped_by(onward_consent, facts, case)


@rule(
    "B17",
    "derived",
    SEND,
    Outcome.REDACT,
    remedy="what would let every fact pass that the finding rests on; or a finding without the one that may not",
)
def derived(facts: Facts, case: Case) -> list[str]:
    """The finding rests on a fact that may not go itself, that is not here, or that rests on itself."""
    return [name for name, fact in facts.items() if fact.evidence and basis(name, fact, case).stopped]


def third_states(facts: Facts, case: Case) -> Facts:
    """Return the facts that belong neither to the sender's state nor to the recipient's."""
    near = (case.own, case.recipient)
    return {name: fact for name, fact in facts.items() if fact.origin not in near}


def passage(name: str, fact: MessageFact, case: Case) -> Passage:
    """Return whether a fact may pass on, by rule B16; own facts and those of the recipient always may."""
    if fact.origin in (case.own, case.recipient):
        return Passage()
    consent = case.consent("onward", name, fact)
    if consent:
        return Passage(because=f"{fact.origin} consented to this transfer")
    if consent is False:
        return Passage(onward_refused)
    via = case.agreements.get(fact.via) if fact.via else None
    if fact.onward == "no" or (via is not None and case.recipient in via.onward.never):
        return Passage(onward_never)
    codes = frozenset(fact.handling)
    if codes and codes <= (CLEAR_OR_GREEN if case.message.kind is Kind.TI else CLEAR):
        return Passage(because=f"{fact.origin} shares it openly ({', '.join(sorted(codes))})")
    if isinstance(fact.onward, tuple) and case.recipient in fact.onward and "H2" not in codes:
        return Passage(because=f"{fact.origin} lists {case.recipient} among the states it may pass on to")
    if _glass_broken(case):
        return Passage(
            because=f"immediate serious threat: {fact.origin} must be told at once", notice=frozenset({fact.origin})
        )
    return Passage(h2_onward if "H2" in codes else onward_consent)


def release(name: str, fact: MessageFact, case: Case) -> Passage:
    """Return why a fact that no rule stops may leave, and who must be told: for itself and for all it rests on."""
    answer, below = passage(name, fact, case), basis(name, fact, case)
    return Passage(because=answer.because, notice=answer.notice | below.notice)


def basis(name: str, fact: MessageFact, case: Case) -> Passage:
    """Return whether all that a finding rests on may go, by rule B17, at any depth.

    An own walk with a list, not recursion: a chain of evidence may be longer than Python's stack.
    """
    notice: set[StateCode] = set()
    passed: set[str] = set()
    above = {name}
    walk = [(name, iter(fact.evidence))]
    while walk:
        here, rest = walk[-1]
        below = next(rest, None)
        if below is None:
            walk.pop()
            above.discard(here)
            passed.add(here)
        elif below in above:
            return Passage(derived)
        elif below not in passed:
            found = case.message.facts.get(below) or case.held.get(below)
            if found is None or any(stop.test({below: found}, case) for stop in BASIS_RULES):
                return Passage(derived)
            answer = passage(below, found, case)
            if answer.stopped:
                return Passage(derived)
            notice |= answer.notice
            above.add(below)
            walk.append((below, iter(found.evidence)))
    return Passage(notice=frozenset(notice))


def _stopped_by(stop: Rule[FactTest], facts: Facts, case: Case) -> list[str]:
    return [name for name, fact in facts.items() if passage(name, fact, case).stopped is stop]


def _glass_broken(case: Case) -> bool:
    glass = case.message.break_glass
    return (
        glass is not None
        and glass.threat == "immediate-serious"
        and bool(glass.reason.strip())
        and bool(glass.approver.strip())
        and glass.approver != case.message.author
    )


BASIS_RULES: Final[tuple[Rule[FactTest], ...]] = (erased, restricted, classification, tlp_red)
"""With B16, the rules that a fact must pass for a finding that rests on it to go."""
ONWARD_RULES: Final[tuple[Rule[FactTest], ...]] = (onward_refused, onward_never, h2_onward, onward_consent)
