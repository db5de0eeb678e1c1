"""Charts of links: made by an officer from an entity, grown neighbour by neighbour, kept with the places of their vertices.

A chart keeps keys and places only. What stands at them is read anew under the rights of whoever looks: what may not be
seen is not in the chart, and leaves no gap.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite
from typing import Final

from headwater.engines.trace.layout import layout
from headwater.errors import ConflictError, ForbiddenError, LimitError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.handling import Handling
from headwater.model.times import format_instant
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.links import Known, Looks, Tie, far_end, known, ties_of
from headwater.node.pages.seen import all_findings
from headwater.node.pages.words import Marks, banner
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

KIND: Final = "chart"
MOST_VERTICES: Final = 300
AT_ONCE: Final = 50
"""Neighbours that one step adds, those with most ties first."""
MOST_STEPS: Final = 400
"""Entities that a search for a path looks at."""
LONGEST_TITLE: Final = 120
FARTHEST: Final = 1e5
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A chart as it is kept.

    Attributes:
        places: where each vertex stands, in lengths of an edge.
        version: rises with every change; a form brings back the one that it was made from.
    """

    owner: str
    title: str
    places: dict[str, Point]
    pinned: tuple[str, ...]
    version: int
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertex:
    """One entity on a chart; `more` counts neighbours that are not on it."""

    id: str
    label: str
    schema: str
    x: float
    y: float
    pinned: bool
    protected: bool
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """All ties between two entities of a chart."""

    a: str
    b: str
    ties: tuple[Tie, ...]

    @property
    def sure(self) -> bool:
        """Whether any record says so in so many words."""
        return any(tie.sure for tie in self.ties)

    @property
    def label(self) -> str:
        """What it is, in a word or two."""
        return ", ".join(dict.fromkeys(tie.kind for tie in self.ties))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart as a reader sees it.

    Attributes:
        path: keys from one vertex to another, where that was asked; empty for none found.
        kinds: how many edges of each kind there are, before the filter.
    """

    id: str
    title: str
    version: int
    made_at: str
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
    kinds: Mapping[str, int]
    banner: Marks
    path: tuple[str, ...] | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """One chart in a list."""

    id: str
    title: str
    vertices: int
    made_at: str


def every(node: Node, session: Session) -> list[Listed]:
    """Return a user's own charts, the newest first."""
    may(session, Act.RECORD_LOOK)
    with node.store.snapshot() as snapshot:
        held = [(ref, decode(body, Kept)) for ref, _, body in snapshot.documents(KIND)]
    mine = [(ref, kept) for ref, kept in held if kept.owner == session.user and kept.places]
    mine.sort(key=lambda pair: (-pair[1].made_at.timestamp(), pair[0]))
    return [Listed(ref, kept.title, len(kept.places), format_instant(kept.made_at)) for ref, kept in mine]


def make(node: Node, session: Session, key: str, title: str = "") -> str:
    """Make a chart about an entity, with its neighbours; return its identifier.

    Raises:
        ForbiddenError: there is no such entity, or it may not be seen.
        SchemaError: the title cannot be kept.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        looks = Looks(view)
        if known(looks, key) is None:
            raise ForbiddenError("no such entity, or it may not be seen")
        names = [key, *_neighbours(looks, all_findings(node, session, snapshot, view), key, frozenset({key}))[:AT_ONCE]]
        edges = _pairs(looks, all_findings(node, session, snapshot, view), names)
    ref = node.chance.draw(8).hex()
    kept = Kept(
        owner=session.user, title=_title(title or key), places=layout(names, edges), pinned=(), version=1,
        made_at=node.clock.now().replace(microsecond=0),
    )  # fmt: skip

    def change(transaction: Transaction) -> None:
        transaction.put_document(KIND, ref, encode(kept))
        transaction.note(Event("chart.made", session.user, ref, session.purpose, {"vertices": len(names)}))

    node.store.write(change)
    return ref


def chart(node: Node, session: Session, ref: str, *, kind: str = "", ends: tuple[str, str] | None = None) -> Chart:
    """Return a chart of a user's own.

    Args:
        node: the node.
        session: who looks.
        ref: the chart.
        kind: show edges of this kind alone; empty is all.
        ends: two vertices between which the shortest path is asked.

    Raises:
        ForbiddenError: there is none, or it is another's: the answer is the same.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        looks = Looks(view)
        kept = _own(snapshot, session, ref)
        shown = all_findings(node, session, snapshot, view)
        seen = {key: one for key in kept.places if (one := known(looks, key)) is not None}
        ties = ties_of(looks, seen, shown)
        path = _path(looks, shown, ends, seen) if ends else None
        handlings = _handlings(looks, seen, shown, ties)
    all_edges = _edges(seen, ties)
    kinds = Counter(word for edge in all_edges for word in {tie.kind for tie in edge.ties})
    vertices = tuple(
        Vertex(
            id=key, label=one.label, schema=one.schema, x=kept.places[key][0], y=kept.places[key][1],
            pinned=key in kept.pinned, protected=one.protected,
            more=len({far_end(tie, key) for tie in ties[key]} - kept.places.keys()),
        )
        for key, one in sorted(seen.items())
    )  # fmt: skip
    return Chart(
        id=ref, title=kept.title, version=kept.version, made_at=format_instant(kept.made_at), vertices=vertices,
        edges=tuple(edge for edge in all_edges if not kind or any(tie.kind == kind for tie in edge.ties)),
        kinds=dict(sorted(kinds.items())), banner=banner(handlings), path=path,
        full=len(kept.places) >= MOST_VERTICES,
    )  # fmt: skip


def expand(node: Node, session: Session, ref: str, version: int, key: str) -> int:
    """Add the next neighbours of a vertex, those with most ties first; return how many.

    Raises:
        ForbiddenError: there is no such chart or vertex.
        ConflictError: the chart was changed meanwhile.
        LimitError: the chart is full.
    """
    with node.view_at(session) as (snapshot, view):
        looks = Looks(view)
        kept = _own(snapshot, session, ref)
        if key not in kept.places or known(looks, key) is None:
            raise ForbiddenError("no such vertex in this chart")
        shown = all_findings(node, session, snapshot, view)
        room = MOST_VERTICES - len(kept.places)
        if room <= 0:
            fix = "hide what you do not need, or begin a second chart"
            raise LimitError(f"the chart holds {MOST_VERTICES} vertices", fix=fix)
        new = _neighbours(looks, shown, key, frozenset(kept.places))[: min(AT_ONCE, room)]
        names = [*kept.places, *new]
        edges = _pairs(looks, shown, names)
    places = layout(names, edges, kept.places)
    _change(node, session, ref, version, lambda held: replace(held, places=places), "chart.grown")
    return len(new)


def hide(node: Node, session: Session, ref: str, version: int, key: str) -> None:
    """Take a vertex off a chart; nothing is deleted, and expanding a neighbour brings it back.

    Raises:
        ForbiddenError: there is no such chart or vertex.
        ConflictError: the chart was changed meanwhile.
        SchemaError: it is the last one.
    """

    def without(held: Kept) -> Kept:
        if key not in held.places:
            raise ForbiddenError("no such vertex in this chart")
        if len(held.places) == 1:
            raise SchemaError(
                "the last vertex of a chart", where=Place(field="vertex"), fix="take the chart away instead"
            )
        places = {name: place for name, place in held.places.items() if name != key}
        return replace(held, places=places, pinned=tuple(name for name in held.pinned if name != key))

    _change(node, session, ref, version, without, "chart.cut")


def move(node: Node, session: Session, ref: str, version: int, moved: Mapping[str, Point]) -> None:
    """Put vertices where a person wants them; they stay there.

    Raises:
        ForbiddenError: there is no such chart or vertex.
        ConflictError: the chart was changed meanwhile.
        SchemaError: a place is none.
    """
    for x, y in moved.values():
        if not (isfinite(x) and isfinite(y) and abs(x) <= FARTHEST and abs(y) <= FARTHEST):
            raise SchemaError("not a place on a chart", where=Place(field="place"))

    def put(held: Kept) -> Kept:
        if not moved.keys() <= held.places.keys():
            raise ForbiddenError("no such vertex in this chart")
        pinned = tuple(dict.fromkeys((*held.pinned, *sorted(moved))))
        even = {key: (round(x, 3), round(y, 3)) for key, (x, y) in moved.items()}
        return replace(held, places={**held.places, **even}, pinned=pinned)

    _change(node, session, ref, version, put, "chart.moved")


def rename(node: Node, session: Session, ref: str, version: int, title: str) -> None:
    """Give a chart another title.

    Raises:
        ForbiddenError: there is no such chart.
        ConflictError: the chart was changed meanwhile.
        SchemaError: the title cannot be kept.
    """
    _change(node, session, ref, version, lambda held: replace(held, title=_title(title)), "chart.named")


def merge(node: Node, session: Session, ref: str, version: int, other: str) -> None:
    """Add what stands on another chart of one's own; what is on both keeps its place here.

    Raises:
        ForbiddenError: there is no such chart.
        ConflictError: the chart was changed meanwhile.
        LimitError: both together hold too many vertices.
    """
    with node.view_at(session) as (snapshot, view):
        looks = Looks(view)
        kept, added = _own(snapshot, session, ref), _own(snapshot, session, other)
        names = [*kept.places, *(name for name in added.places if name not in kept.places)]
        if len(names) > MOST_VERTICES:
            raise LimitError(f"both together hold more than {MOST_VERTICES} vertices", fix="hide some first")
        edges = _pairs(looks, all_findings(node, session, snapshot, view), names)
    places = layout(names, edges, kept.places)
    _change(node, session, ref, version, lambda held: replace(held, places=places), "chart.merged")


def put_away(node: Node, session: Session, ref: str, version: int) -> None:
    """Take a chart off one's list; what was on it is no more kept.

    Raises:
        ForbiddenError: there is no such chart.
        ConflictError: the chart was changed meanwhile.
    """
    _change(node, session, ref, version, lambda held: replace(held, places={}, pinned=()), "chart.ended")


def _own(reader: Snapshot | Transaction, session: Session, ref: str) -> Kept:
    body = reader.document(KIND, ref)
    kept = decode(body, Kept) if body is not None else None
    if kept is None or kept.owner != session.user or not kept.places:
        raise ForbiddenError("no such chart, or it is not yours")
    return kept


def _change(node: Node, session: Session, ref: str, version: int, made: Callable[[Kept], Kept], kind: str) -> None:
    may(session, Act.RECORD_LOOK)

    def change(transaction: Transaction) -> None:
        held = _own(transaction, session, ref)
        if held.version != version:
            raise ConflictError(
                "the chart was changed meanwhile", where=ref, fix="look at it again, then repeat the step"
            )
        transaction.put_document(KIND, ref, encode(replace(made(held), version=version + 1)))
        transaction.note(Event(kind, session.user, ref, session.purpose))

    node.store.write(change)


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise SchemaError(f"not a title of 1 to {LONGEST_TITLE} letters", where=Place(field="title"))
    return title


def _neighbours(looks: Looks, shown: Sequence[Shown], key: str, held: frozenset[str]) -> list[str]:
    """Return the neighbours of an entity that a chart does not hold, those with most ties first."""
    ends = Counter(far_end(tie, key) for tie in ties_of(looks, [key], shown)[key])
    ranked = sorted((end for end in ends if end not in held), key=lambda end: (-ends[end], end))
    return [end for end in ranked if known(looks, end) is not None]


def _pairs(looks: Looks, shown: Sequence[Shown], names: Sequence[str]) -> list[tuple[str, str]]:
    wanted = set(names)
    return [
        (tie.one, tie.other)
        for ties in ties_of(looks, names, shown).values()
        for tie in ties
        if tie.one in wanted and tie.other in wanted
    ]


def _edges(seen: Mapping[str, Known], ties: Mapping[str, list[Tie]]) -> list[Edge]:
    found: dict[tuple[str, str], dict[Tie, None]] = {}
    for held in ties.values():
        for tie in held:
            if tie.one in seen and tie.other in seen:
                found.setdefault((min(tie.one, tie.other), max(tie.one, tie.other)), {})[tie] = None
    return [
        Edge(a=a, b=b, ties=tuple(sorted(told, key=lambda tie: (tie.kind, tie.ref))))
        for (a, b), told in sorted(found.items())
    ]


def _handlings(
    looks: Looks, seen: Mapping[str, Known], shown: Sequence[Shown], ties: Mapping[str, list[Tie]]
) -> list[Handling]:
    """Return the handling of everything that a chart shows, each record once."""
    by_ref: dict[str, Handling] = {}
    for key in seen:
        by_ref |= {record.id: record.handling for record in looks.about(key)}
    told = {tie.ref for held in ties.values() for tie in held}
    by_ref |= {one.finding.id: one.finding.handling for one in shown if one.finding.id in told}
    return [by_ref[ref] for ref in sorted(by_ref)]


def _path(looks: Looks, shown: Sequence[Shown], ends: tuple[str, str], seen: Mapping[str, Known]) -> tuple[str, ...]:
    """Return the shortest path between two vertices, through what is not on the chart as well; empty for none found."""
    start, goal = ends
    if start not in seen or goal not in seen:
        raise ForbiddenError("no such vertex in this chart")
    before: dict[str, str | None] = {start: None}
    waiting = deque([start])
    steps = 0
    while waiting and goal not in before and steps < MOST_STEPS:
        key = waiting.popleft()
        steps += 1
        if known(looks, key) is None:
            continue
        for end in sorted({far_end(tie, key) for tie in ties_of(looks, [key], shown)[key]}):
            if end not in before:
                before[end] = key
                waiting.append(end)
    if goal not in before:
        return ()
    path = [goal]
    while (previous := before[path[-1]]) is not None:
        path.append(previous)
    return tuple(reversed(path))
