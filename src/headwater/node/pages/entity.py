"""One thing: who it is, every fact with its origin, grade and handling, its links, its findings, and to whom it was told."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.model.entity import Entity
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Record
from headwater.model.schema import schema as ftm_schema
from headwater.model.times import format_instant
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.finding import FactRow, fact_row
from headwater.node.pages.queue import Row, row_of
from headwater.node.pages.seen import seen
from headwater.node.pages.words import Marks, banner
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed, may
from headwater.ports import Guarded
from headwater.store import Snapshot

MOST_LINKS: Final = 200
MOST_FINDINGS: Final = 50
SINGLE: Final = frozenset(
    {
        *("birthDate", "deathDate", "gender", "birthPlace", "registrationNumber", "imoNumber", "mmsi", "vin", "flag"),
        *("incorporationDate", "dissolutionDate", "callSign"),
    }
)
"""Properties of which a thing has one at a time: two values stand against each other."""
MERGES: Final = frozenset({"match.link", "match.cluster"})
"""Findings that, once confirmed, make several things one."""
CAPTIONS: Final = ("name", "registrationNumber", "imoNumber", "number", "full", "alias")


@dataclass(frozen=True, slots=True)
class Group:
    """All that is said under one property; in conflict where two sayings cannot both be true."""

    prop: str
    facts: tuple[FactRow, ...]
    conflict: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A tie to another thing: through which fact or record, and who says so."""

    how: str
    key: str
    schema: str
    caption: str
    lang: str
    originator: AuthorityId
    record: str


@dataclass(frozen=True, slots=True)
class Told:
    """One fact of the thing that was told to a partner: in which message, when, and whether it was receipted."""

    to: AuthorityId
    message: str
    at: str
    state: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the thing."""

    at: str
    who: str
    purpose: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityPage:
    """What the page of a thing shows.

    Attributes:
        looks: who looked; None where the reader may not know.
        merges: confirmed findings that say it is the same as another.
    """

    key: str
    schema: str
    caption: str
    lang: str
    categories: tuple[str, ...]
    protected: bool
    groups: tuple[Group, ...]
    links: tuple[Link, ...]
    more_links: bool
    findings: tuple[Row, ...]
    merges: tuple[Row, ...]
    told: tuple[Told, ...]
    looks: tuple[Look, ...] | None
    originators: tuple[AuthorityId, ...]
    banner: Marks
    records: tuple[str, ...]


def entity_page(node: Node, session: Session, key: EntityKey) -> EntityPage:
    """Return one thing.

    Raises:
        ForbiddenError: there is none that the user may see.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        entity = view.entity(key)
        records = {statement.record.id: statement.record for statement in entity.statements}
        facts = [fact_row(statement) for statement in entity.statements]
        links = list(_links(key, list(records.values())))
        about = list(_about(node, session, snapshot, view, entity))
        looks = tuple(_looks(snapshot, key)) if allowed(session, Act.LEDGER_SHOW) else None
    caption, lang = caption_of(facts, key)
    return EntityPage(
        key=key,
        schema=entity.schema,
        caption=caption,
        lang=lang,
        categories=tuple(sorted({str(one.category) for one in entity.mentions if one.category})),
        protected=entity.protected,
        groups=tuple(_groups(facts)),
        links=tuple(links[:MOST_LINKS]),
        more_links=len(links) > MOST_LINKS,
        findings=tuple(about[:MOST_FINDINGS]),
        merges=tuple(row for row in about if row.kind in MERGES and row.state == "confirm"),
        told=tuple(told_of(node, {one.id for one in facts})) if allowed(session, Act.MESSAGE_LOOK) else (),
        looks=looks,
        originators=tuple(sorted({one.originator for one in facts})),
        banner=banner([entity.handling]),
        records=tuple(records),
    )


def caption_of(facts: Sequence[FactRow], key: str) -> tuple[str, str]:
    """Return what a thing is called, and in which language; its key where nothing says more."""
    for prop in CAPTIONS:
        for fact in facts:
            if fact.prop == prop:
                return fact.value, fact.lang
    return key, ""


def _groups(facts: Iterable[FactRow]) -> Iterator[Group]:
    by_prop: dict[str, list[FactRow]] = defaultdict(list)
    for fact in facts:
        by_prop[fact.prop].append(fact)
    for prop in sorted(by_prop, key=lambda one: (one not in CAPTIONS, one)):
        said = by_prop[prop]
        values = {fact.value.casefold() for fact in said}
        yield Group(prop, tuple(said), conflict=prop in SINGLE and len(values) > 1 and not narrower(values))


def narrower(values: set[str]) -> bool:
    """Return whether all values are one date told more or less exactly: 1975 and 1975-06-24 do not conflict."""
    longest = max(values, key=len)
    return all(longest.startswith(value) for value in values)


def _links(key: EntityKey, records: Sequence[Record]) -> Iterator[Link]:
    seen: set[tuple[str, str]] = set()
    for record in records:
        for how, other in ties(record, key):
            mention = record.mention(other)
            if mention is None or (how, other) in seen or ftm_schema(mention.schema).name in _EDGES:
                continue
            seen.add((how, other))
            facts = [fact for fact in record.facts if fact.entity == other]
            said = next((fact for prop in CAPTIONS for fact in facts if fact.prop == prop), None)
            yield Link(
                how=how,
                key=other,
                schema=mention.schema,
                caption=said.value if said else other,
                lang=(said.lang or "") if said else "",
                originator=record.origin.originator,
                record=record.id,
            )


_EDGES: Final = frozenset({"Ownership", "Documentation", "UnknownLink", "Family", "Associate", "Membership", "Payment"})
"""Things that only tie two others."""


def ties(record: Record, key: EntityKey) -> Iterator[tuple[str, EntityKey]]:
    """Yield how a record ties a thing to others: by a fact that names one, through a link, or by standing beside it."""
    types = {mention.key: mention.schema for mention in record.mentions}
    named: set[EntityKey] = set()
    for fact in record.facts:
        other = EntityKey(fact.value)
        if fact.entity == key and other in types and other != key:
            named.add(other)
            yield fact.prop, other
        elif other == key and types.get(fact.entity) in _EDGES:
            for end in record.facts:
                far = EntityKey(end.value)
                if end.entity == fact.entity and far in types and far != key:
                    named.add(far)
                    yield types[fact.entity], far
        elif other == key and fact.entity in types:
            named.add(fact.entity)
            yield fact.prop, fact.entity
    for other in types:
        if other != key and other not in named:
            yield "named together", other


def _about(node: Node, session: Session, snapshot: Snapshot, view: Guarded, entity: Entity) -> Iterator[Row]:
    if not allowed(session, Act.FINDING_LOOK):
        return
    records = list({statement.record.id: statement.record for statement in entity.statements}.values())
    for shown in findings_about(node, session, snapshot, view, entity):
        yield row_of(node, snapshot, shown, records)


def findings_about(node: Node, session: Session, snapshot: Snapshot, view: Guarded, entity: Entity) -> Iterator[Shown]:
    """Yield the findings that name a thing, or rest on a fact of it."""
    facts = {statement.id for statement in entity.statements}
    records = {statement.record.id: statement.record for statement in entity.statements}
    names = {entity.key, *(f"{record.origin.originator}/{entity.key}" for record in records.values())}
    yield from seen(node, session, snapshot, view).naming([*names, *facts])


def told_of(node: Node, facts: set[str]) -> Iterator[Told]:
    """Yield the messages that carried some facts to a partner."""
    with node.store.snapshot() as snapshot:
        parts = {fact.partition("/")[0] for fact in facts}
        rows = snapshot.out_among({message for part in parts for _, message in snapshot.passed_to(part)})
    for row in reversed(rows):
        message = node.exchange.sent(row.id)
        told = tuple(sorted(facts & message.facts.keys())) if message else ()
        if told:
            yield Told(row.peer, row.id, format_instant(row.queued_at), row.state, told)


def _looks(snapshot: Snapshot, key: EntityKey) -> Iterator[Look]:
    for leaf in snapshot.leaves_about(key):
        if leaf.event is not None and leaf.at is not None and leaf.event.kind.startswith("look."):
            yield Look(format_instant(leaf.at), leaf.event.who, leaf.event.purpose, leaf.event.kind)
