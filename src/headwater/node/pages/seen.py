"""What a reader sees of all findings, kept between two requests for as long as nothing that decides it has changed.

A queue is asked for again and again, and each time every finding would be judged by all that it rests on, put in order, and
written as a row. What may be seen depends on the session, the day, and what the store holds; where none of them has changed,
the answer is the same. The look is in the ledger all the same, each time.
"""

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

from headwater.model.decision import Decision
from headwater.model.finding import Finding
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.second import RESCUES
from headwater.policy.session import Session
from headwater.ports import Event, Guarded
from headwater.store import ClaimsState, Snapshot

MOST_READERS: Final = 16
"""Sessions of which the answer is kept; each names the findings that all share."""
MOST_ROWS: Final = 2_000
"""Rows that are kept written for one session."""

MOST_NEW: Final = 1_000
"""New records that are looked through, rather than to judge all findings anew."""

_Order = tuple[bool, float, str]
_Key = tuple[Session, date, ClaimsState]


@dataclass
class Seen:
    """What one session sees of all findings.

    Attributes:
        shown: danger to life first, then the strongest; with the state of each.
        order: what each of them was put in its place by, its identifier last.
        rows: by finding, as a page has written them; what a row says follows from the same things as `shown`.
        drawn: what a page has drawn of rows, by whatever else it depends on.
    """

    shown: list[tuple[str, Shown]]
    order: list[_Order] = field(default_factory=list)
    rows: dict[str, Any] = field(default_factory=dict)
    drawn: dict[object, str] = field(default_factory=dict)
    _of: dict[str, tuple[list[Shown], dict[str, int]]] = field(default_factory=dict)

    def of(self, state: str) -> tuple[list[Shown], Mapping[str, int]]:
        """Return the findings in a state, all for an empty one, and how many there are of each kind; sorted out once."""
        if state not in self._of:
            found = [one for each, one in self.shown if state in {"", each}]
            self._of[state] = found, dict(sorted(Counter(one.finding.kind for one in found).items()))
        return self._of[state]

    def naming(self, names: Iterable[str]) -> list[Shown]:
        """Return the findings that name some things or facts, as subject or as evidence, the strongest first."""
        places = sorted({at for name in names for at in self._index.get(name, ())})
        return [self.shown[at][1] for at in places]

    @cached_property
    def _index(self) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, list[int]] = defaultdict(list)
        for at, (_, one) in enumerate(self.shown):
            for name in dict.fromkeys((*one.finding.subjects, *(piece.ref for piece in one.finding.evidence))):
                found[name].append(at)
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many findings are in each state."""
        return dict(sorted(Counter(state for state, _ in self.shown).items()))

    def keep(self, ref: str, row: object) -> None:
        """Keep a row; of too many, all are let go."""
        if len(self.rows) >= MOST_ROWS:
            self.rows.clear()
        self.rows[ref] = row

    def draw(self, key: object, make: Callable[[], str]) -> str:
        """Return what was drawn under a key, drawn now where it is not there; of too many, all are let go."""
        found = self.drawn.get(key)
        if found is None:
            if len(self.drawn) >= MOST_ROWS:
                self.drawn.clear()
            found = self.drawn[key] = make()
        return found


@dataclass(slots=True)
class Memory:
    """The answers of one node."""

    held: "OrderedDict[_Key, Seen]" = field(default_factory=OrderedDict)
    gate: threading.Lock = field(default_factory=threading.Lock)


def all_findings(node: Node, session: Session, snapshot: Snapshot, view: Guarded) -> list[Shown]:
    """Return all findings that a session may see, each with its decisions: one look.

    Danger to life stands first, then the strongest.
    """
    return [one for _, one in seen(node, session, snapshot, view).shown]


def seen(node: Node, session: Session, snapshot: Snapshot, view: Guarded, *, more_follows: bool = False) -> Seen:
    """Return what a session sees of all findings: one look.

    Args:
        node: the node.
        session: who looks.
        snapshot: the store at one moment.
        view: what of it may be seen.
        more_follows: the caller notes another look before anything is shown. Events are kept in their order, so once that
            one is durable this one is, and the disk is waited for once.
    """
    key = session, node.clock.now().date(), snapshot.claims_state()
    memory: Memory = node.memory(Memory)
    with memory.gate:
        known = memory.held.get(key)
        if known is not None:
            memory.held.move_to_end(key)
    if known is not None:
        event = Event("look.findings", session.user, "all", session.purpose)
        noted = node.store.submit(lambda transaction: transaction.note(event))
        if not more_follows:
            noted.result()
        return known
    with memory.gate:
        before = next(((old[2], one) for old, one in memory.held.items() if old[:2] == key[:2]), None)
    found = _looked_at(snapshot, view, *before) if before else _looked_at(snapshot, view)
    with memory.gate:
        for old in [one for one in memory.held if one[0] == session]:
            del memory.held[old]
        memory.held[key] = found
        while len(memory.held) > MOST_READERS:
            memory.held.popitem(last=False)
    return found


def _looked_at(snapshot: Snapshot, view: Guarded, then: ClaimsState | None = None, before: Seen | None = None) -> Seen:
    """Return what is seen now; where nothing can have changed for findings that were seen before, the new ones are judged alone."""
    known: list[tuple[_Order, Finding]] = []
    after = 0
    if then is not None and before is not None and then.findings and _only_adds(snapshot, then):
        known = [(order, one.finding) for order, (_, one) in zip(before.order, before.shown, strict=True)]
        after = then.findings
    made: dict[str, list[Decision]] = defaultdict(list)
    for decision in snapshot.decisions():
        made[decision.about].append(decision)
    # An identifier is a hash over the whole finding: it is reckoned once here and not at every sorting.
    new = [((one.kind not in RESCUES, -one.score, one.id), one) for one in view.findings(after=after)]
    by_order = sorted((*known, *new), key=itemgetter(0))
    listed = [Shown(one, tuple(made.get(order[2], ()))) for order, one in by_order]
    return Seen([(one.state, one) for one in listed], [order for order, _ in by_order])


def _only_adds(snapshot: Snapshot, then: ClaimsState) -> bool:
    """Return whether what was kept since a moment leaves every finding that was seen, or not seen, then as it was.

    A finding is seen by what it rests on, which was there before it. That changes only where something was withdrawn, where a
    person turns out to be protected, or where a record holds a file that another one holds.
    """
    now = snapshot.claims_state()
    if now[3:] != then[3:] or now.findings < then.findings or not 0 <= now.records - then.records <= MOST_NEW:
        return False
    return not any(
        record.blobs or record.tables or any(mention.protected for mention in record.mentions)
        for _, record in snapshot.records_after(then.records)
    )
