"""Correspondence in lists: what needs somebody first, with the clocks of requests and the holders of what was recalled."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Final

from headwater.model.ids import MessageId
from headwater.model.message import Kind
from headwater.model.times import format_instant
from headwater.node import liaison
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.store import Incoming, Outgoing

BETWEEN_NODES: Final = frozenset({Kind.CARD, Kind.CHECKPOINT, Kind.PING})
"""Kinds of messages that ask nothing of a person."""
ON_A_PAGE: Final = 50
AT_ONCE: Final = 500
CLOCKS_OF: Final = timedelta(days=366)
"""Requests whose clocks are told: no deadline is as long."""


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
    """Correspondence: what needs somebody first, then the newest.

    Attributes:
        quiet: what nodes told each other of themselves, the last of it.
        has_more: there are older messages.
    """

    incoming: tuple[Line, ...]
    outgoing: tuple[Line, ...]
    waiting: tuple[Line, ...]
    recalls: tuple[Recall, ...]
    quiet: tuple[Line, ...] = ()
    page: int = 1
    has_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """What of the correspondence needs somebody: running clocks, drafts, what no partner has taken, open recalls."""

    clocks: tuple[Line, ...]
    waiting: tuple[Line, ...]
    unreceipted: tuple[Line, ...]
    recalls: tuple[Recall, ...]


def lists(node: Node, session: Session, page: int = 1) -> Lists:
    """Return a page of the correspondence: open requests by their due time on the first, then the newest first.

    Raises:
        PolicyError: the user may not look at it.
    """
    may(session, Act.MESSAGE_LOOK)
    look = _Look(node)
    open_ones = look.running("in")
    with node.store.snapshot() as snapshot:
        skip = (page - 1) * ON_A_PAGE
        came = snapshot.newest_in(ON_A_PAGE + 1, skip, BETWEEN_NODES)
        went = snapshot.newest_out(ON_A_PAGE + 1, skip, BETWEEN_NODES)
        quiet = [*look.came(snapshot.newest_in(ON_A_PAGE, 0, BETWEEN_NODES, told=False))]
        quiet += look.went(snapshot.newest_out(ON_A_PAGE, 0, BETWEEN_NODES, told=False))
    first = {one.id for one in open_ones}
    return Lists(
        incoming=(
            *(open_ones if page == 1 else ()),
            *(one for one in look.came(came[:ON_A_PAGE]) if one.id not in first),
        ),
        outgoing=tuple(look.went(went[:ON_A_PAGE])),
        waiting=look.drafts() if page == 1 else (),
        recalls=recalls(node, session) if page == 1 else (),
        quiet=tuple(quiet) if page == 1 else (),
        page=page,
        has_more=len(came) > ON_A_PAGE or len(went) > ON_A_PAGE,
    )


def every(node: Node, session: Session) -> tuple[Line, ...]:
    """Return the whole correspondence, for a file: drafts, what came, what went, the newest first.

    Raises:
        PolicyError: the user may not look at it.
    """
    may(session, Act.MESSAGE_LOOK)
    return tuple(_all(node))


def _all(node: Node) -> Iterator[Line]:
    look = _Look(node)
    yield from look.drafts()
    with node.store.snapshot() as snapshot:
        for start in count(0, AT_ONCE):
            if not (came := snapshot.newest_in(AT_ONCE, start, ())):
                break
            yield from look.came(came)
        for start in count(0, AT_ONCE):
            if not (went := snapshot.newest_out(AT_ONCE, start, ())):
                break
            yield from look.went(went)


def pressing(node: Node, session: Session, most: int) -> Pressing:
    """Return what needs somebody.

    Raises:
        PolicyError: the user may not look at correspondence.
    """
    may(session, Act.MESSAGE_LOOK)
    look = _Look(node)
    with node.store.snapshot() as snapshot:
        queued = snapshot.out_queued(most)
    return Pressing(
        clocks=(*look.running("in"), *look.running("out")),
        waiting=look.drafts(),
        unreceipted=tuple(look.went(queued)),
        recalls=tuple(one for one in recalls(node, session) if one.state != "done"),
    )


def line(node: Node, session: Session, ref: MessageId) -> Line | None:
    """Return one message, in, out or waiting; None where there is none.

    Raises:
        PolicyError: the user may not look at correspondence.
    """
    may(session, Act.MESSAGE_LOOK)
    look = _Look(node)
    with node.store.snapshot() as snapshot:
        found = [*look.came(snapshot.in_among([ref])), *look.went(snapshot.out_among([ref]))]
    return next(iter(found), None) or next((one for one in look.drafts() if one.id == ref), None)


def conversation(node: Node, session: Session, thread: str) -> tuple[Line, ...]:
    """Return what was said in a conversation: what came, then what went, the newest first.

    Raises:
        PolicyError: the user may not look at correspondence.
    """
    may(session, Act.MESSAGE_LOOK)
    look = _Look(node)
    with node.store.snapshot() as snapshot:
        came = {row.id for row in snapshot.incoming_in(thread)} | {MessageId(thread)}
        went = {row.id for row in snapshot.outgoing_in(thread)} | {MessageId(thread)}
        return (*look.came(snapshot.in_among(came)), *look.went(snapshot.out_among(went)))


def recalls(node: Node, session: Session) -> tuple[Recall, ...]:
    """Return every holder that was asked to take something back.

    Raises:
        PolicyError: the user may not look at correspondence.
    """
    return tuple(
        Recall(
            message=row["message"],
            holder=row["holder"],
            action=row["action"],
            facts=len(row["facts"]),
            state=row["state"],
            asked_at=row["asked_at"],
            age_s=row["age_s"],
            proof=row["proof"] or "",
        )
        for row in liaison.amend_status(node, session)
    )


class _Look:
    """One look at messages, with what is told of them elsewhere: clocks and flags."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._clocks = liaison.requests(node, node.clock.now() - CLOCKS_OF)
        self._flagged = node.exchange.flags()

    def came(self, rows: Iterable[Incoming]) -> Iterator[Line]:
        for row in rows:
            yield Line(
                id=row.id, way="in", peer=row.peer, kind=str(row.kind), state=row.state, at=format_instant(row.received_at),
                thread=row.thread or "", flagged=row.id in self._flagged, **self._clock(row.id),
            )  # fmt: skip

    def went(self, rows: Iterable[Outgoing]) -> Iterator[Line]:
        for row in rows:
            settled = format_instant(row.settled_at) if row.settled_at else ""
            yield Line(
                id=row.id, way="out", peer=row.peer, kind=str(row.kind), state=row.state, at=format_instant(row.queued_at),
                settled_at=settled, thread=row.thread or "", **self._clock(row.id),
            )  # fmt: skip

    def running(self, way: str) -> tuple[Line, ...]:
        """Return the requests of one way whose clock runs, those that are due first before the others."""
        refs = [MessageId(ref) for ref, told in self._clocks.items() if told["due_at"] and not told["ended_at"]]
        with self._node.store.snapshot() as snapshot:
            found = self.came(snapshot.in_among(refs)) if way == "in" else self.went(snapshot.out_among(refs))
            return tuple(sorted(found, key=lambda one: one.due_at))

    def drafts(self) -> tuple[Line, ...]:
        return tuple(
            Line(
                id=one.id, way="draft", peer=one.message.recipient or "", kind=str(one.message.kind), state="waiting",
                at=format_instant(one.asked_at), rule=one.rule, asked_by=one.asked_by,
            )
            for one in self._node.exchange.drafts()
        )  # fmt: skip

    def _clock(self, ref: str) -> dict[str, Any]:
        told = self._clocks.get(ref, {})
        return {
            "answer": str(told.get("answer") or ""), "due_at": told.get("due_at") or "", "alarm": int(told.get("alarm") or 0),
            "ended_at": told.get("ended_at") or "",
        }  # fmt: skip
