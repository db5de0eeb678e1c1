"""Sanctions lists at a node: which edition is in force, how old it is, what it holds, and what was met on it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Final

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.handling import join_all
from headwater.model.record import Record
from headwater.model.times import format_instant
from headwater.node.findings import Shown
from headwater.node.lists import CurrentLists, ListEdition, age_of, editions, seen_current, sees_whole
from headwater.node.node import Node
from headwater.node.pages.seen import all_findings
from headwater.node.pages.words import Marks, marks
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.policy.view import permits
from headwater.store import Snapshot

PAGE_ROWS: Final = 50
SCREENING: Final = "match.screening"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One list: its edition in force, its age, how many designations it holds and how many hits are open."""

    source: str
    version: str
    entries: int
    file: str
    sha256: str
    read_at: str
    age_days: int
    stale: bool
    open_hits: int
    decided_hits: int
    marks: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Designation:
    """One entry of a list: its key, type, name, programme and day."""

    id: str
    schema: str
    name: str
    other_names: int
    programme: str
    listed_on: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Every list that may be seen."""

    rows: tuple[ListRow, ...]
    stale_days: int
    banner: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class OneList:
    """One list, a page of its designations, and the hits on it."""

    row: ListRow
    designations: tuple[Designation, ...]
    page: int
    has_more: bool
    hits: tuple[Shown, ...]


def lists(node: Node, session: Session) -> Lists:
    """Return the lists in force that a session may see.

    Raises:
        PolicyError: the user may not look at records.
    """
    may(session, Act.RECORD_LOOK)
    today = node.clock.now().date()
    with node.view_at(session) as (snapshot, view):
        held = [one for one in editions(snapshot) if permits(one.handling, session, today)]
        hits = _hits(all_findings(node, session, snapshot, view))
        ages = _ages(node, snapshot, held)
    rows = tuple(_row(node, one, hits.get(_publisher(one.source), []), ages[one.source]) for one in held)
    return Lists(
        rows=rows, stale_days=node.settings.list_stale_days, banner=marks(join_all(one.handling for one in held))
    )


def one(node: Node, session: Session, source: str, page: int = 1) -> OneList:
    """Return one list with a page of its designations.

    Raises:
        ForbiddenError: there is no such list, or it may not be seen.
        SchemaError: there is no such page.
    """
    may(session, Act.RECORD_LOOK)
    today = node.clock.now().date()
    with node.view_at(session) as (snapshot, view):
        held = [each for each in editions(snapshot) if each.source == source and permits(each.handling, session, today)]
        if not held:
            raise ForbiddenError("no such list, or it may not be seen")
        current = CurrentLists(snapshot, view, held, whole=sees_whole(held, session, today))
        start = (page - 1) * PAGE_ROWS
        if page > 1 and start >= held[0].entries:
            raise SchemaError("no such page", where=Place(field="page"), fix="begin with page 1")
        found = list(islice(current.records(source=source), start, start + PAGE_ROWS + 1))
        hits = _hits(all_findings(node, session, snapshot, view)).get(_publisher(source), [])
        age = _ages(node, snapshot, held)[source]
    return OneList(
        row=_row(node, held[0], hits, age),
        designations=tuple(_designation(record) for record in found[:PAGE_ROWS]),
        page=page,
        has_more=len(found) > PAGE_ROWS,
        hits=tuple(sorted(hits, key=lambda hit: (hit.state != "open", -hit.finding.score, hit.finding.id))),
    )


def _publisher(source: str) -> str:
    """Return the word for a publisher with which the name of a format begins: ``uk`` of ``uk-csv``."""
    return source.partition("-")[0]


def _hits(shown: list[Shown]) -> dict[str, list[Shown]]:
    """Return screening findings by the publisher whose entry they met: its word stands before the number of the entry."""
    found: dict[str, list[Shown]] = {}
    for each in shown:
        if each.finding.kind != SCREENING:
            continue
        for subject in each.finding.subjects:
            prefix, colon, _ = subject.partition(":")
            if colon and prefix != "query":
                found.setdefault(prefix, []).append(each)
    return found


def _ages(node: Node, snapshot: Snapshot, held: Sequence[ListEdition]) -> dict[str, timedelta]:
    """Return how old editions are as every answer from them says it: a file that somebody had is as old as it says."""
    seen, now = seen_current(snapshot, held), node.clock.now()
    return {one.source: age_of(one, seen, now) for one in held}


def _row(node: Node, edition: ListEdition, hits: list[Shown], age: timedelta) -> ListRow:
    states = Counter(hit.state == "open" for hit in hits)
    return ListRow(
        source=edition.source, version=edition.version or "", entries=edition.entries, file=edition.file,
        sha256=edition.sha256, read_at=format_instant(edition.read_at), age_days=age.days,
        stale=age > timedelta(days=node.settings.list_stale_days), open_hits=states[True], decided_hits=states[False],
        marks=marks(edition.handling),
    )  # fmt: skip


def _designation(record: Record) -> Designation:
    main = next((mention for mention in record.mentions if mention.schema != "Sanction"), None)
    key = main.key if main is not None else None
    names = [fact.value for fact in record.facts if fact.entity == key and fact.prop in {"name", "alias", "weakAlias"}]
    told = {fact.prop: fact.value for fact in reversed(record.facts) if fact.entity != key}
    return Designation(
        id=key or record.id, schema=main.schema if main is not None else "", name=names[0] if names else "",
        other_names=max(0, len(names) - 1), programme=told.get("program", ""), listed_on=told.get("listingDate", ""),
        place=record.origin.place or "",
    )  # fmt: skip
