"""A second person's word: what touches a protected person, or may never go onward, counts once two have confirmed it.

The second confirmation is a decision of its own, of another user, with its own reason; nobody seconds themselves. Danger to
life waits for nobody: a rescue alert counts with the first word.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from headwater.errors import ConflictError, NoBasisError
from headwater.model.decision import Decision, Verb, standing
from headwater.model.finding import Finding
from headwater.model.record import Record

RESCUES: Final = frozenset({"watch.rescue", "scan.rescue"})
"""Kinds that say that a life may be in danger: people on the water, a person hidden in a vehicle."""
PERSONS: Final = 2


def needs_two(finding: Finding, records: Iterable[Record]) -> bool:
    """Return whether a finding counts only after two persons have confirmed it.

    Args:
        finding: the claim.
        records: what it rests on.
    """
    return finding.kind not in RESCUES and any(
        record.handling.never_onward or any(mention.protected for mention in record.mentions) for record in records
    )


def confirmers(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """Return the users whose confirmation stands, oldest first; any other word since begins anew."""
    said = [made for made in standing(decisions) if made.verb is not Verb.RELEASE]
    found: list[str] = []
    for made in reversed(said):
        if made.verb is not Verb.CONFIRM:
            break
        found.append(made.who)
    return tuple(dict.fromkeys(reversed(found)))


def check_again(finding: Finding, decisions: Sequence[Decision], user: str, records: Iterable[Record]) -> None:
    """Refuse a confirmation of what is confirmed already, unless it is the second person's that is still wanted.

    Raises:
        ConflictError: it counts already, or this user was the first.
    """
    first = confirmers(decisions)
    if not needs_two(finding, records) or len(first) >= PERSONS:
        raise ConflictError("the finding is decided so already", where=finding.id, fix="look at its history")
    if user in first:
        raise ConflictError("nobody is their own second person", where=finding.id, fix="ask a colleague to look at it")


def check_settled(finding: Finding, decisions: Sequence[Decision], records: Iterable[Record]) -> None:
    """Refuse to tell what a second person still has to confirm.

    Raises:
        NoBasisError: one has not.
    """
    if len(confirmers(decisions)) < PERSONS and needs_two(finding, records):
        fix = "ask a colleague to confirm it too"
        raise NoBasisError("only one person has confirmed this finding, and it takes two", where=finding.id, fix=fix)
