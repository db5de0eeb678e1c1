"""Where a thing is, and when something was said of it: the same facts as on its page, on a map and on an axis of time.

Each place and each moment is a fact, a finding, a decision or a message, and bears its originator, grade and handling. A
person is put on no map: people are never tracks, and where somebody lives stands among the facts.
"""

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from headwater.model.entity import Entity, Statement
from headwater.model.ids import EntityKey, FactId
from headwater.model.record import Record
from headwater.model.schema import is_person
from headwater.model.schema import schema as ftm_schema
from headwater.model.times import format_instant
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.entity import SINGLE, caption_of, findings_about, narrower, ties, told_of
from headwater.node.pages.finding import FactRow, fact_row
from headwater.node.pages.queue import claimed_at
from headwater.node.pages.words import Marks, banner, marks
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed, may
from headwater.store import Snapshot

LANES: Final = ("dates", "recorded", "findings", "decisions", "told")
MOST_MOMENTS: Final = 500
MOST_PLACES: Final = 500
MARGIN_DEG: Final = 0.5
"""What is shown around the places, at least, in degrees."""
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """One place of a thing.

    Attributes:
        id: the fact that gives the latitude.
        entity: what stands there: the thing itself, or something it is tied to.
        how: the tie, empty for the thing itself.
        lon, lat: degrees, WGS 84.
        fact: the fact with its originator, grade and handling.
    """

    id: str
    entity: str
    caption: str
    lang: str
    how: str
    lon: float
    lat: float
    fact: FactRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The map of one thing; `person` where it is one, and nothing is drawn."""

    key: str
    schema: str
    caption: str
    lang: str
    person: bool
    rows: tuple[PlaceRow, ...]
    left_out: int
    box: Box
    banner: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment in what is known of a thing.

    Attributes:
        lane: one of `LANES`.
        at, until: RFC 3339, UTC; `until` is the end of a day, month or year where no more is said.
        day_only: no time of day is known.
        what: the property, the kind of finding, the verb, or the partner.
        text: the value, the claim, the reason.
        by: who says so.
        link: where it stands in full; a path of the page.
        conflict: another fact says otherwise.
    """

    id: str
    lane: str
    at: str
    until: str
    day_only: bool
    what: str
    text: str
    lang: str
    by: str
    grade: str
    marks: Marks
    link: str = ""
    conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The timeline of one thing."""

    key: str
    schema: str
    caption: str
    lang: str
    zone: str
    moments: tuple[Moment, ...]
    left_out: int
    banner: Marks


def places(node: Node, session: Session, key: EntityKey) -> Places:
    """Return where a thing is, as far as this reader may see it.

    Raises:
        ForbiddenError: there is none that the user may see.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (_, view):
        entity = view.entity(key)
        records = list({one.record.id: one.record for one in entity.statements}.values())
    person = is_person(entity.schema)
    found = [] if person else list(_places(key, records))
    shown = tuple(found[:MOST_PLACES])
    caption, lang = caption_of([fact_row(one) for one in entity.statements], key)
    return Places(
        key=key,
        schema=entity.schema,
        caption=caption,
        lang=lang,
        person=person,
        rows=shown,
        left_out=len(found) - len(shown),
        box=_around(shown),
        banner=banner([entity.handling]),
    )


def times(node: Node, session: Session, key: EntityKey) -> Times:
    """Return when what is known of a thing was, was written down, claimed, decided and told; the oldest first.

    Raises:
        ForbiddenError: there is none that the user may see.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        entity = view.entity(key)
        moments = [*_dated(entity), *_recorded(entity)]
        if allowed(session, Act.FINDING_LOOK):
            for shown in findings_about(node, session, snapshot, view, entity):
                moments += _claimed(node, snapshot, shown)
    if allowed(session, Act.MESSAGE_LOOK):
        moments += _told(node, entity)
    moments.sort(key=lambda one: (one.at, LANES.index(one.lane), one.id))
    caption, lang = caption_of([fact_row(one) for one in entity.statements], key)
    return Times(
        key=key,
        schema=entity.schema,
        caption=caption,
        lang=lang,
        zone=node.settings.zone,
        moments=tuple(moments[-MOST_MOMENTS:]),
        left_out=max(0, len(moments) - MOST_MOMENTS),
        banner=banner([entity.handling]),
    )


def _places(key: EntityKey, records: Sequence[Record]) -> Iterator[PlaceRow]:
    seen: set[FactId] = set()
    for record in records:
        near: dict[EntityKey, str] = {key: ""}
        for how, other in ties(record, key):
            near.setdefault(other, how)
        for entity, how in near.items():
            mention = record.mention(entity)
            if mention is None or is_person(mention.schema):
                continue
            said = [Statement(number, fact, record) for number, fact in record.numbered() if fact.entity == entity]
            north, east = (_degrees(said, prop) for prop in ("latitude", "longitude"))
            if north is None or east is None or north[0].id in seen:
                continue
            seen.add(north[0].id)
            caption, lang = caption_of([fact_row(one) for one in said], entity)
            yield PlaceRow(
                id=north[0].id, entity=entity, caption=caption, lang=lang, how=how, lon=east[1], lat=north[1],
                fact=fact_row(north[0]),
            )  # fmt: skip


def _degrees(said: Sequence[Statement], prop: str) -> tuple[Statement, float] | None:
    most = 90.0 if prop == "latitude" else 180.0
    for one in said:
        if one.fact.prop == prop:
            try:
                value = float(one.fact.value)
            except ValueError:
                continue
            if -most <= value <= most:
                return one, value
    return None


def _around(rows: Sequence[PlaceRow]) -> Box:
    """Return a box around places, with a margin, never flat, within what a map can show."""
    if not rows:
        return -13.0, 27.0, 66.0, 64.0
    west, east = min(one.lon for one in rows), max(one.lon for one in rows)
    south, north = min(one.lat for one in rows), max(one.lat for one in rows)
    more = max(MARGIN_DEG, (east - west) / 8, (north - south) / 8)
    return max(-180.0, west - more), max(-84.9, south - more), min(180.0, east + more), min(84.9, north + more)


def _dated(entity: Entity) -> Iterator[Moment]:
    """Yield the facts that are dates; of several that cannot all be true, each says so."""
    kinds = ftm_schema(entity.schema).properties
    dated = [one for one in entity.statements if one.fact.entity == entity.key and kinds.get(one.fact.prop) == "date"]
    said: dict[str, set[str]] = {}
    for one in dated:
        said.setdefault(one.fact.prop, set()).add(one.fact.value)
    for one in dated:
        span = span_of(one.fact.value)
        if span is None:
            continue
        row, values = fact_row(one), said[one.fact.prop]
        yield Moment(
            id=one.id, lane="dates", at=format_instant(span[0]), until=format_instant(span[1]), day_only=True,
            what=row.prop, text=row.value, lang=row.lang, by=row.originator, grade=row.grade, marks=row.marks,
            link="", conflict=row.prop in SINGLE and len(values) > 1 and not narrower(values),
        )  # fmt: skip


def span_of(value: str) -> tuple[datetime, datetime] | None:
    """Return the first and the last moment of a date told to the year, month or day; None for what is no date."""
    found = _DATE.fullmatch(value.strip())
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        start = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
        last = calendar.monthrange(start.year, month or 12)[1]
        end = datetime.combine(start.replace(month=month or 12, day=day or last).date(), time(23, 59, 59), UTC)
    except ValueError:
        return None
    return start, end


def _recorded(entity: Entity) -> Iterator[Moment]:
    by_record: dict[str, list[Statement]] = {}
    for one in entity.statements:
        by_record.setdefault(one.record.id, []).append(one)
    for ref, said in by_record.items():
        row, record = fact_row(said[0]), said[0].record
        if record.recorded_at is None:
            continue
        props = ", ".join(dict.fromkeys(one.fact.prop for one in said))
        at = format_instant(record.recorded_at)
        yield Moment(
            id=ref, lane="recorded", at=at, until=at, day_only=False, what=row.source, text=props, lang="en",
            by=row.originator, grade=row.grade, marks=row.marks,
        )  # fmt: skip


def _claimed(node: Node, snapshot: Snapshot, shown: Shown) -> Iterator[Moment]:
    finding = shown.finding
    held, link = marks(finding.handling), f"/findings/{finding.id}"
    claimed = claimed_at(node, snapshot, finding)
    if claimed is not None:
        at = format_instant(claimed)
        yield Moment(
            id=finding.id, lane="findings", at=at, until=at, day_only=False, what=finding.kind, text=finding.text,
            lang="en", by=f"{finding.engine} {finding.engine_version}", grade="", marks=held, link=link,
        )  # fmt: skip
    for made in shown.decisions:
        at = format_instant(made.decided_at)
        yield Moment(
            id=made.id, lane="decisions", at=at, until=at, day_only=False, what=made.verb, text=made.reason, lang="",
            by=made.who, grade="", marks=held, link=link,
        )  # fmt: skip


def _told(node: Node, entity: Entity) -> Iterator[Moment]:
    held = banner([entity.handling])
    for one in told_of(node, {each.id for each in entity.statements}):
        yield Moment(
            id=one.message, lane="told", at=one.at, until=one.at, day_only=False, what=one.to, text=one.state, lang="en",
            by=node.authority, grade="", marks=held, link=f"/exchange/{one.message}",
        )  # fmt: skip
