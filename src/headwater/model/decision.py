"""A decision: what a person decided about a finding or a record, and on what basis. Only a decision leaves the house."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from headwater.errors import Place, SchemaError
from headwater.model.canonical import content_id
from headwater.model.ids import DecisionId
from headwater.model.times import require_utc


class Verb(StrEnum):
    """What a person can decide."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    UNSURE = "unsure"
    RELEASE = "release"
    TASK = "task"
    REFER = "refer"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision of one person.

    Attributes:
        verb: what was decided.
        about: identifier of the finding, record or message.
        who: the person's user name at this node.
        decided_at: when, in UTC.
        basis: the legal or policy basis, or the purpose.
        reason: why, in the person's own words.
        replaces: the earlier decision that this one takes back.
    """

    verb: Verb
    about: str
    who: str
    decided_at: datetime
    basis: str
    reason: str
    replaces: DecisionId | None = None

    def __post_init__(self) -> None:
        """Refuse a decision without a person, a basis or a reason."""
        for field, value in (("about", self.about), ("who", self.who), ("basis", self.basis), ("reason", self.reason)):
            if not value.strip():
                raise SchemaError("a decision without it is none", where=Place(field=field))
        require_utc(self.decided_at, field="decided_at")

    @property
    def id(self) -> DecisionId:
        """The decision's identifier, a hash of its content."""
        return DecisionId(content_id("dec", self))


def standing(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions that nobody took back, oldest first: an undo takes back the one that stood last."""
    held: list[Decision] = []
    for made in decisions:
        if made.verb is not Verb.UNDO:
            held.append(made)
        elif made.replaces is not None:
            held = [one for one in held if one.id != made.replaces]
    return tuple(held)
