"""Correspondence in lists: what needs somebody first, with the clocks of requests and the holders of what was recalled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from headwater.model.message import Kind
from headwater.node import correspondence, liaison
from headwater.node.node import Node
from headwater.policy.session import Session

BETWEEN_NODES: Final = frozenset({Kind.CARD, Kind.CHECKPOINT, Kind.PING})
"""Kinds of messages that ask nothing of a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message in one line.

    Attributes:
        at: when it was received or queued; settled_at: when its receipt came.
        answer, due_at, alarm, ended_at: the clock of a request; empty for anything else.
    """

    id: str
    way: str
    peer: str
    kind: str
    state: str
    at: str
    settled_at: str = ""
    thread: str = ""
    flagged: bool = False
    answer: str = ""
    due_at: str = ""
    alarm: int = 0
    ended_at: str = ""
    rule: str = ""
    asked_by: str = ""

    @property
    def is_between_nodes(self) -> bool:
        """Whether nodes tell each other of themselves in it, and nothing waits for a person."""
        return self.kind in BETWEEN_NODES and self.state not in {"held", "refused"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """One holder that was asked to erase or restrict, with its proof or its age."""

    message: str
    holder: str
    action: str
    facts: int
    state: str
    asked_at: str
    age_s: int
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """All correspondence: what needs somebody first."""

    incoming: tuple[Line, ...]
    outgoing: tuple[Line, ...]
    waiting: tuple[Line, ...]
    recalls: tuple[Recall, ...]


def lists(node: Node, session: Session) -> Lists:
    """Return all correspondence; open requests by their due time, then the newest first.

    Raises:
        PolicyError: the user may not look at it.
    """
    found = correspondence.overview(node, session)
    incoming = sorted((_line(row, "in") for row in found.incoming), key=lambda one: one.at, reverse=True)
    incoming.sort(key=lambda one: (one.ended_at != "" or not one.due_at, one.due_at))
    return Lists(
        incoming=tuple(incoming),
        outgoing=tuple(sorted((_line(row, "out") for row in found.outgoing), key=lambda one: one.at, reverse=True)),
        waiting=tuple(_line(row, "draft") for row in found.waiting),
        recalls=tuple(_recall(row) for row in liaison.amend_status(node, session)),
    )


def _line(row: Mapping[str, Any], way: str) -> Line:
    return Line(
        id=row["id"],
        way=way,
        peer=row.get("from") or row.get("to") or "",
        kind=str(row["kind"]),
        state="waiting" if way == "draft" else row["state"],
        at=row.get("received_at") or row.get("queued_at") or row.get("asked_at") or "",
        settled_at=row.get("receipted_at") or "",
        thread=row.get("thread") or "",
        flagged=bool(row.get("flagged")),
        answer=str(row.get("answer") or ""),
        due_at=row.get("due_at") or "",
        alarm=int(row.get("alarm") or 0),
        ended_at=row.get("ended_at") or "",
        rule=str(row.get("rule") or ""),
        asked_by=str(row.get("asked_by") or ""),
    )


def _recall(row: Mapping[str, Any]) -> Recall:
    return Recall(
        message=row["message"],
        holder=row["holder"],
        action=row["action"],
        facts=len(row["facts"]),
        state=row["state"],
        asked_at=row["asked_at"],
        age_s=row["age_s"],
        proof=row["proof"] or "",
    )
