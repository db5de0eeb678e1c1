"""Rule D: an originator amends what it sent, and what the holder then has to do."""

from typing import Final

from headwater.model.ids import state_of
from headwater.policy.rules.rule import CROSSING, Case, MessageTest, Outcome, Rule, rule


@rule("D1", "amend-owner", CROSSING, Outcome.REFUSE, remedy="the fact's originator amends it")
def amend_owner(case: Case) -> bool:
    """Somebody wants to amend a fact of another state: only the originator may."""
    return bool(foreign_facts(case))


def foreign_facts(case: Case) -> tuple[str, ...]:
    """Return the facts held here that the amend names although they are not its sender's."""
    amend, sender = case.message.amend, case.message.sender
    if amend is None or sender is None:
        return ()
    state = state_of(sender)
    return tuple(name for name in amend.facts if (fact := case.held.get(name)) and fact.origin != state)


def amend_duties(case: Case) -> tuple[str, ...]:
    """Return what a receiver of an amend must do: one duty a fact, then every state to pass the amend on to."""
    amend = case.message.amend
    if amend is None:
        return ()
    duties: dict[str, None] = {}
    for name in amend.facts:
        fact = case.held.get(name)
        if fact is None:
            duties[f"not-held:{name}"] = None
        elif amend.action == "erase" and fact.hold == "evidence":
            duties[f"restrict:{name}"] = None
        else:
            duties[f"{amend.action}:{name}"] = None
    held = (case.held[name] for name in amend.facts if name in case.held)
    duties.update((f"forward:{state}", None) for fact in held for state in fact.sent_to)
    return tuple(duties)


AMEND_RULES: Final[tuple[Rule[MessageTest], ...]] = (amend_owner,)
