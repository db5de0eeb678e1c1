"""The timeline of a case: everything in it that has a time, on one axis, with gaps and what cannot have happened so.

Times stand in the zone of the node; an event whose source gives a day alone stands at that day. Nobody who is protected
is named: a sign that somebody may be a victim stands here without the person.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from headwater.case.custody import chain_faults, chains
from headwater.case.exhibit import reference_key
from headwater.case.log import custody_in
from headwater.case.model import CaseFile
from headwater.model.times import format_instant, parse_instant
from headwater.node import cases
from headwater.node.cases import Held
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event

LANES: Final = ("offences", "exhibits", "custody", "statements", "searches", "safeguarding", "case")
GAP_SHARE: Final = 4.0
"""A stretch without an event is a gap where it is this many times the usual stretch."""
LEAST_GAP: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One event.

    Attributes:
        lane: one of `LANES`.
        at: RFC 3339, UTC.
        until: where it lasts, its end; else as `at`.
        day_only: its source gives a day and no time.
        what: a word of the case, such as ``seized``.
        subject: the exhibit, statement or offence that it is about.
        conflict: why it cannot have happened so; empty where it can.
    """

    id: str
    lane: str
    at: str
    until: str
    day_only: bool
    what: str
    subject: str
    place: str
    conflict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which nothing is known to have happened."""

    since: str
    until: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The timeline of one case."""

    case: str
    zone: str
    moments: tuple[Moment, ...]
    gaps: tuple[Gap, ...]
    handling: str

    @property
    def conflicts(self) -> tuple[Moment, ...]:
        """What cannot have happened as it is written down."""
        return tuple(moment for moment in self.moments if moment.conflict)


def timeline(node: Node, session: Session, urn: str, lanes: frozenset[str] = frozenset(LANES)) -> Timeline:
    """Return the timeline of a case; the look is logged.

    Raises:
        ForbiddenError: there is no such case, or the user may not look at cases.
    """
    may(session, Act.CASE_LOOK)
    held = cases.hold(node, urn)
    moments = sorted(
        (moment for moment in _moments(held) if moment.lane in lanes), key=lambda one: (one.at, one.lane, one.id)
    )
    node.store.note(Event("case.timeline", session.user, urn, session.purpose, {"events": len(moments)}))
    marks = sorted({exhibit.handling for exhibit in held.case.exhibits if exhibit.handling})
    return Timeline(
        case=urn, zone=node.settings.zone, moments=tuple(moments), gaps=_gaps(moments), handling=" ".join(marks)
    )


def _moments(held: Held) -> Iterator[Moment]:
    case = held.case
    yield _moment("case", "opened", case.matter.opened, case.matter.urn)
    for offence in case.offences:
        begin, end = (datetime.combine(day, time(), UTC) for day in (offence.begin, offence.end))
        yield _moment("offences", offence.code, begin, offence.id, until=end, day_only=True)
    for exhibit in case.exhibits:
        yield _moment("exhibits", "captured", exhibit.captured_at, exhibit.ref)
    for statement in case.statements:
        if not statement.protected:
            yield _moment("statements", "made", statement.made_at, statement.id)
    for number, search in enumerate(case.searches):
        yield _moment("searches", search.tool, search.at, f"{search.over} {number + 1}")
    for indicator in case.indicators:
        yield _moment("safeguarding", "sign seen", indicator.seen_at, indicator.code)
    for decision in case.decisions:
        yield _moment("safeguarding", decision.kind, decision.at, "")
    yield from _custody(case, held)


def _custody(case: CaseFile, held: Held) -> Iterator[Moment]:
    known = {reference_key(exhibit.ref): exhibit for exhibit in case.exhibits}
    people = {person.id for person in case.persons}
    recorded = [event for event in custody_in(held.lines) if event.by in people]
    for key, chain in chains((*case.custody, *recorded)).items():
        faults = [fault.text for fault in chain_faults(known[key], chain)] if key in known else ["no such exhibit"]
        for place, event in enumerate(chain):
            # A fault is about the chain: it stands at the event that it names, else at the first.
            mine = [text for text in faults if str(event.kind) in text.split()[:1]] or (faults if place == 0 else [])
            faults = [text for text in faults if text not in mine]
            yield _moment(
                "custody", str(event.kind), event.at, event.exhibit, place=event.place, conflict="; ".join(mine)
            )


def _moment(
    lane: str, what: str, at: datetime, subject: str, *, until: datetime | None = None, day_only: bool = False,
    place: str = "", conflict: str = "",
) -> Moment:  # fmt: skip
    start = format_instant(at)
    return Moment(
        id=f"{lane}:{subject}:{what}:{start}", lane=lane, at=start, until=format_instant(until or at), day_only=day_only,
        what=what, subject=subject, place=place, conflict=conflict,
    )  # fmt: skip


def _gaps(moments: list[Moment]) -> tuple[Gap, ...]:
    """Return stretches far longer than is usual between two events; a stretch that an offence covers is none."""
    spans = sorted((parse_instant(one.at), parse_instant(one.until)) for one in moments)
    merged: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    stretches = [(earlier[1], later[0]) for earlier, later in pairwise(merged)]
    if not stretches:
        return ()
    usual = sorted(later - earlier for earlier, later in stretches)[len(stretches) // 2]
    least = max(LEAST_GAP, usual * GAP_SHARE if len(stretches) > 1 else LEAST_GAP)
    return tuple(
        Gap(since=format_instant(since), until=format_instant(until), days=(until - since).days)
        for since, until in stretches
        if until - since >= least
    )
