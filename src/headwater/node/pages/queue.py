"""The queue: what the engines claim and nobody has decided, danger to life first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.decision import Decision
from headwater.model.fact import record_of
from headwater.model.finding import Evidence, EvidenceKind, Finding
from headwater.model.ids import AuthorityId, FactId, RecordId
from headwater.model.record import Record
from headwater.model.times import format_instant
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.seen import all_findings
from headwater.node.pages.words import Marks, banner, grade_text, marks, originators
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Guarded
from headwater.store import Snapshot

PAGE_ROWS: Final = 25
RESCUES: Final = frozenset({"watch.rescue", "scan.rescue"})
"""Kinds that say that a life may be in danger: people on the water, a person hidden in a vehicle."""
SCANNED: Final = "scan."
"""What kinds begin with that rest on an image of a vehicle."""
STATES: Final = ("open", "confirm", "dismiss", "unsure", "task", "refer", "release")
ORDERS: Final = ("score", "kind")
COMPARED: Final = frozenset({"match.screening", "match.link"})
"""Kinds that claim that two things are one: they have a page that lays them side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which findings the queue shows, and from which on.

    Attributes:
        state: open, or the verb that stands; empty is all.
        kind: start of the kind; empty is all.
        least: lowest score, 0 to 1.
        order: ``score`` or ``kind``; danger to life stands first in both.
        page: from 1.
    """

    state: str = "open"
    kind: str = ""
    least: float = 0.0
    order: str = "score"
    page: int = 1

    def __post_init__(self) -> None:
        """Refuse what no queue can show, naming the field."""
        if self.state and self.state not in STATES:
            raise SchemaError("no such state", where=Place(field="state"), fix=f"use {', '.join(STATES)}")
        if self.order not in ORDERS:
            raise SchemaError("no such order", where=Place(field="order"), fix=f"use {', '.join(ORDERS)}")
        if not 0.0 <= self.least <= 1.0:
            raise SchemaError("a score outside 0 to 1", where=Place(field="least"))
        if not 1 <= self.page <= 1_000_000:  # noqa: PLR2004 - more pages than any store has
            raise SchemaError("no such page", where=Place(field="page"), fix="begin with page 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One finding in one line.

    Attributes:
        why: the strongest reason, in one sentence.
        claimed_at: when it entered the store, RFC 3339; empty where the ledger does not say.
        rescue: whether a life may be in danger.
        two_persons: whether a second person must agree before it counts.
        version: names the decisions it has, for a form that changes it.
        scan: the record of the image that it rests on, where it is about one.
    """

    id: str
    kind: str
    text: str
    why: str
    why_code: str
    subjects: tuple[str, ...]
    originators: tuple[AuthorityId, ...]
    grades: tuple[str, ...]
    marks: Marks
    score: float
    state: str
    claimed_at: str
    rescue: bool
    two_persons: bool
    comparable: bool
    version: str
    scan: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One page of the queue."""

    asked: Filter
    rows: tuple[Row, ...]
    total: int
    kinds: Mapping[str, int]
    banner: Marks
    next_page: int | None
    last_page: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)


def queue(node: Node, session: Session, asked: Filter) -> Queue:
    """Return one page of the queue as a session may see it.

    Raises:
        PolicyError: the user may not look at findings.
    """
    may(session, Act.FINDING_LOOK)
    with node.view_at(session) as (snapshot, view):
        found = all_findings(node, session, snapshot, view)
        stated = [(each.state, each) for each in found]
        chosen = [each for state, each in stated if _fits(state, each, asked)]
        chosen.sort(key=_ORDER[asked.order])
        start = (asked.page - 1) * PAGE_ROWS
        here = chosen[start : start + PAGE_ROWS]
        rows = tuple(rows_of(node, snapshot, view, here))
    return Queue(
        asked=asked,
        rows=rows,
        total=len(chosen),
        kinds=_count(each.finding.kind for state, each in stated if asked.state in {"", state}),
        counts=_count(state for state, _ in stated),
        banner=banner(each.finding.handling for each in here),
        next_page=asked.page + 1 if start + PAGE_ROWS < len(chosen) else None,
        last_page=max(1, -(-len(chosen) // PAGE_ROWS)),
    )


def rows_of(node: Node, snapshot: Snapshot, view: Guarded, found: Sequence[Shown]) -> Iterator[Row]:
    """Yield findings as rows; all that they rest on is one look."""
    refs = {each.finding.id: list(_record_refs(each.finding)) for each in found}
    wanted = dict.fromkeys(ref for each in refs.values() for ref in each)
    records = {one.id: one for one in view.several(wanted, "queue")}
    for each in found:
        here = [records[ref] for ref in refs[each.finding.id] if ref in records]
        yield row_of(node, snapshot, each, here)


def row_of(node: Node, snapshot: Snapshot, shown: Shown, records: Sequence[Record]) -> Row:
    """Return a finding as one row, with the records that it rests on."""
    finding = shown.finding
    best = max(finding.reasons, key=lambda reason: abs(reason.weight))
    claimed = claimed_at(node, snapshot, finding)
    return Row(
        id=finding.id,
        kind=finding.kind,
        text=finding.text,
        why=best.text,
        why_code=best.code,
        subjects=finding.subjects,
        originators=originators(records),
        grades=tuple(sorted({grade_text(record.grade) for record in records} - {""})),
        marks=marks(finding.handling),
        score=finding.score,
        state=shown.state,
        claimed_at=format_instant(claimed) if claimed else "",
        rescue=finding.kind in RESCUES,
        two_persons=needs_two(records),
        comparable=finding.kind in COMPARED,
        version=version_of(shown.decisions),
        scan=next(iter(_record_refs(finding)), "") if finding.kind.startswith(SCANNED) else "",
    )


def needs_two(records: Iterable[Record]) -> bool:
    """Return whether a finding is about somebody who is protected, or may not go onward: two persons look at those."""
    return any(
        record.handling.never_onward or any(mention.protected for mention in record.mentions) for record in records
    )


def version_of(decisions: Sequence[Decision]) -> str:
    """Return a name for the decisions that a finding has: it changes with every one."""
    return f"{len(decisions)}.{decisions[-1].id[-12:]}" if decisions else "0"


def evidence_records(view: Guarded, finding: Finding) -> list[Record]:
    """Return the records that a finding rests on, each once and in order, as far as they may be seen."""
    return view.several(_record_refs(finding), finding.id)


@dataclass(slots=True)
class _Ages:
    """When findings entered the store: that never changes, and the ledger is long."""

    held: dict[str, datetime] = field(default_factory=dict)


def claimed_at(node: Node, snapshot: Snapshot, finding: Finding) -> datetime | None:
    """Return when a finding entered the store, None where the ledger does not say."""
    ages = node.memory(_Ages).held
    if finding.id not in ages:
        for leaf in snapshot.leaves_about(finding.id):
            if leaf.event is not None and leaf.at is not None and leaf.event.kind == "findings.claimed":
                ages[finding.id] = leaf.at
                break
    return ages.get(finding.id)


def _record_refs(finding: Finding) -> Iterable[RecordId]:
    return dict.fromkeys(ref for piece in finding.evidence if (ref := _record_ref(piece)) is not None)


def _record_ref(piece: Evidence) -> RecordId | None:
    if piece.kind is EvidenceKind.RECORD:
        return RecordId(piece.ref)
    return record_of(FactId(piece.ref)) if piece.kind is EvidenceKind.FACT else None


def _fits(state: str, shown: Shown, asked: Filter) -> bool:
    finding = shown.finding
    return asked.state in {"", state} and finding.kind.startswith(asked.kind) and finding.score >= asked.least


def _count(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for name in names:
        found[name] += 1
    return dict(sorted(found.items()))


def _is_later(shown: Shown) -> bool:
    return shown.finding.kind not in RESCUES


_ORDER: Final = {
    "score": lambda one: (_is_later(one), -one.finding.score, one.finding.id),
    "kind": lambda one: (_is_later(one), one.finding.kind, -one.finding.score, one.finding.id),
}
