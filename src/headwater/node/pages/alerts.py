"""Alerts of the watch in lanes: danger to life first and never held back, then the others, each with why and who can help."""

from dataclasses import dataclass
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.node.node import Node
from headwater.node.pages.map import RESCUE_LANE, Mark, alerts
from headwater.node.pages.words import Marks, marks, together
from headwater.policy.session import Session

STATES: Final = ("", "open", "decided")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """An alert of which nobody noted where its metres begin: it still has a lane, a claim and a state."""

    id: str
    lane: str
    text: str
    score: float
    state: str
    marks: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """All alerts that a reader may see, by lane."""

    rescue: tuple[Mark, ...]
    others: tuple[Mark, ...]
    unplaced: tuple[Unplaced, ...]
    open_rescue: int
    banner: Marks


def page(node: Node, session: Session, state: str = "") -> Alerts:
    """Return the alerts in their lanes.

    Args:
        node: the node.
        session: who looks.
        state: ``open``, ``decided``, or empty for all.

    Raises:
        PolicyError: the user may not look at findings.
        SchemaError: there is no such state.
    """
    if state not in STATES:
        raise SchemaError("no such state", where=Place(field="state"), fix="use open or decided")
    placed, rest = alerts(node, session)

    def fits(word: str) -> bool:
        return not state or (word == "open") is (state == "open")

    shown = [mark for mark in placed if fits(mark.state)]
    lost = [
        Unplaced(
            id=one.finding.id, lane=one.finding.kind.partition(".")[2], text=one.finding.text, score=one.finding.score,
            state=one.state, marks=marks(one.finding.handling),
        )
        for one in rest
        if fits(one.state)
    ]  # fmt: skip
    lost.sort(key=lambda one: (one.lane != RESCUE_LANE, -one.score, one.id))
    return Alerts(
        rescue=tuple(mark for mark in shown if mark.lane == RESCUE_LANE),
        others=tuple(mark for mark in shown if mark.lane != RESCUE_LANE),
        unplaced=tuple(lost),
        open_rescue=sum(mark.state == "open" for mark in placed if mark.lane == RESCUE_LANE),
        banner=together((*(mark.marks for mark in placed), *(marks(one.finding.handling) for one in rest))),
    )
