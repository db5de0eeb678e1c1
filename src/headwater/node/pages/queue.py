"""The queue: what the engines claim and nobody has decided, danger to life first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.decision import Decision
from headwater.model.finding import Finding
from headwater.model.ids import AuthorityId
from headwater.model.record import Record
from headwater.model.times import format_instant
from headwater.node.findings import Shown, record_refs
from headwater.node.node import Node
from headwater.node.pages.seen import Seen, seen
from headwater.node.pages.triage import NOTHING, PRIORITIES, Note, notes
from headwater.node.pages.words import Marks, banner, grade_text, marks, originators
from headwater.node.second import PERSONS, RESCUES, confirmers, needs_two
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Guarded
from headwater.store import Snapshot

PAGE_ROWS: Final = 25
SCANNED: Final = "scan."
"""What kinds begin with that rest on an image of a vehicle."""
STATES: Final = ("open", "confirm", "dismiss", "unsure", "task", "refer", "release")
ORDERS: Final = ("score", "kind", "priority")
WORK: Final = ("", "mine", "nobody", "unread")
"""Whose work is shown: anybody's, the reader's own, nobody's, or what the reader has not marked read."""
COMPARED: Final = frozenset({"match.screening", "match.link"})
"""Kinds that claim that two things are one: they have a page that lays them side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which findings the queue shows, and from which on.

    Attributes:
        state: open, or the verb that stands; empty is all.
        kind: start of the kind; empty is all.
        least: lowest score, 0 to 1.
        order: ``score``, ``kind`` or ``priority``; danger to life stands first in all.
        work: one of `WORK`.
        page: from 1.
    """

    state: str = "open"
    kind: str = ""
    least: float = 0.0
    order: str = "score"
    work: str = ""
    page: int = 1

    def __post_init__(self) -> None:
        """Refuse what no queue can show, naming the field."""
        if self.state and self.state not in STATES:
            raise SchemaError("no such state", where=Place(field="state"), fix=f"use {', '.join(STATES)}")
        if self.order not in ORDERS:
            raise SchemaError("no such order", where=Place(field="order"), fix=f"use {', '.join(ORDERS)}")
        if self.work not in WORK:
            raise SchemaError("no such choice", where=Place(field="work"), fix=f"use {', '.join(WORK[1:])}")
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
        second_wanted: whether one has confirmed it and the second has not.
        version: names the decisions it has, for a form that changes it.
        scan: the record of the image that it rests on, where it is about one.
        note: whose work it is, how soon, and who has read it.
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
    second_wanted: bool
    comparable: bool
    version: str
    scan: str = ""
    note: Note = NOTHING


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
    seen: Seen = field(default_factory=lambda: Seen([]), repr=False, compare=False)


def queue(node: Node, session: Session, asked: Filter) -> Queue:
    """Return one page of the queue as a session may see it.

    Raises:
        PolicyError: the user may not look at findings.
    """
    may(session, Act.FINDING_LOOK)
    with node.view_at(session) as (snapshot, view):
        known = seen(node, session, snapshot, view, more_follows=True)
        chosen, kinds = known.of(asked.state)
        if asked.kind or asked.least:
            chosen = [each for each in chosen if _fits(each, asked)]
        chosen = _sorted(snapshot, session.user, chosen, asked)
        start = (asked.page - 1) * PAGE_ROWS
        here = chosen[start : start + PAGE_ROWS]
        rows = tuple(rows_of(node, snapshot, view, here, known))
    return Queue(
        asked=asked,
        rows=rows,
        total=len(chosen),
        kinds=kinds,
        counts=known.counts,
        banner=banner(each.finding.handling for each in here),
        next_page=asked.page + 1 if start + PAGE_ROWS < len(chosen) else None,
        last_page=max(1, -(-len(chosen) // PAGE_ROWS)),
        seen=known,
    )


def rows_of(node: Node, snapshot: Snapshot, view: Guarded, found: Sequence[Shown], known: Seen) -> Iterator[Row]:
    """Yield findings as rows; all that they rest on is one look, whether or not a row was written before."""
    listed = [(each.finding.id, each) for each in found]
    refs = {ref: list(record_refs(each.finding)) for ref, each in listed if ref not in known.rows}
    wanted = dict.fromkeys(ref for each in refs.values() for ref in each)
    records = view.several(wanted, "queue")
    held = notes(snapshot, [ref for ref, _ in listed])
    for ref, each in listed:
        row = known.rows.get(ref)
        if row is None:
            row = row_of(node, snapshot, each, [records[one] for one in refs[ref] if one in records])
            known.keep(ref, row)
        yield replace(row, note=held[ref]) if ref in held else row


def row_of(node: Node, snapshot: Snapshot, shown: Shown, records: Sequence[Record]) -> Row:
    """Return a finding as one row, with the records that it rests on."""
    finding = shown.finding
    two = needs_two(finding, records)
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
        two_persons=two,
        second_wanted=two and shown.state == "confirm" and len(confirmers(shown.decisions)) < PERSONS,
        comparable=finding.kind in COMPARED,
        version=version_of(shown.decisions),
        scan=next(iter(record_refs(finding)), "") if finding.kind.startswith(SCANNED) else "",
    )


def version_of(decisions: Sequence[Decision]) -> str:
    """Return a name for the decisions that a finding has: it changes with every one."""
    return f"{len(decisions)}.{decisions[-1].id[-12:]}" if decisions else "0"


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


def _fits(shown: Shown, asked: Filter) -> bool:
    return shown.finding.kind.startswith(asked.kind) and shown.finding.score >= asked.least


def _sorted(snapshot: Snapshot, user: str, found: list[Shown], asked: Filter) -> list[Shown]:
    """Return findings in the order asked for; notes are read only where they decide, and never hide danger to life.

    They come strongest first, and every other order is a stable one over it.
    """
    if asked.order == "kind":
        found = sorted(found, key=lambda one: (_is_later(one), one.finding.kind))
    if not asked.work and asked.order != "priority":
        return found
    held = notes(snapshot)

    def fits(note: Note) -> bool:
        if asked.work == "unread":
            return user not in note.readers
        return not asked.work or note.owner == (user if asked.work == "mine" else "")

    kept = [one for one in found if not _is_later(one) or fits(held.get(one.finding.id, NOTHING))]
    if asked.order == "priority":
        kept.sort(key=lambda one: (_is_later(one), PRIORITIES.index(held.get(one.finding.id, NOTHING).priority)))
    return kept


def _is_later(shown: Shown) -> bool:
    return shown.finding.kind not in RESCUES
