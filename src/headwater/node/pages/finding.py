"""One finding: the claim, what speaks for and against it, what it rests on, what was decided, and what a decision would do."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.model.decision import Decision, Verb, standing
from headwater.model.entity import Statement
from headwater.model.finding import EvidenceKind, Finding, Reason
from headwater.model.ids import AuthorityId, EntityKey, FactId, FindingId
from headwater.model.record import Record
from headwater.model.times import format_instant
from headwater.node.findings import Shown, evidence_records
from headwater.node.node import Node
from headwater.node.pages.queue import Row, row_of
from headwater.node.pages.words import Marks, banner, grade_text, marks
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Guarded
from headwater.store import Snapshot

_QUERY: Final = "query:"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One fact with where it comes from.

    Attributes:
        entity: key of the thing it is about.
        protected: whether that is a victim or a smuggled person.
    """

    id: str
    entity: str
    schema: str
    prop: str
    value: str
    lang: str
    original: str
    originator: AuthorityId
    source: str
    place: str
    recorded_at: str
    grade: str
    marks: Marks
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing that a finding rests on; a fact in full, anything else by its name."""

    kind: str
    ref: str
    fact: FactRow | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """One decision of the history."""

    id: str
    verb: str
    who: str
    at: str
    reason: str
    basis: str
    taken_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPage:
    """What the page of a finding shows.

    Attributes:
        speaks_for, speaks_against: reasons by weight, the strongest first.
        undoable: the decision that stands and could be taken back.
    """

    row: Row
    finding: Finding
    speaks_for: tuple[Reason, ...]
    speaks_against: tuple[Reason, ...]
    pieces: tuple[Piece, ...]
    history: tuple[Past, ...]
    undoable: str
    banner: Marks
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One line of a comparison: what both sides say of one thing, and what that weighs."""

    code: str
    text: str
    left: str
    right: str
    weight: float
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: whom it is about, and all that is said of it."""

    subject: str
    entity: str
    label: str
    facts: tuple[FactRow, ...]
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Two sides, line by line, and the score from which the engine claims, where one is set."""

    page: FindingPage
    lines: tuple[Beside, ...]
    sides: tuple[Side, ...]
    threshold: float | None


def finding_page(node: Node, session: Session, ref: FindingId) -> FindingPage:
    """Return one finding.

    Raises:
        ForbiddenError: there is none that the user may see.
    """
    may(session, Act.FINDING_LOOK)
    with node.view_at(session) as (snapshot, view):
        return _page(*_read(node, snapshot, view, ref))


def _read(node: Node, snapshot: Snapshot, view: Guarded, ref: FindingId) -> tuple[Shown, Row, tuple[Piece, ...]]:
    finding = view.finding(ref)
    shown = Shown(finding, view.decisions(ref))
    records = evidence_records(view, finding)
    return shown, row_of(node, snapshot, shown, records), tuple(_pieces(finding, records))


def compare(node: Node, session: Session, ref: FindingId) -> Compare:
    """Return a finding about two things as a comparison.

    Raises:
        ForbiddenError: there is none that the user may see.
    """
    may(session, Act.FINDING_LOOK)
    with node.view_at(session) as (snapshot, view):
        shown, row, pieces = _read(node, snapshot, view, ref)
        finding = shown.finding
        sides = tuple(_side(view, finding, subject) for subject in finding.subjects)
    heaviest = max((abs(reason.weight) for reason in finding.reasons), default=0.0) or 1.0
    lines = tuple(
        Beside(
            code=reason.code,
            text=reason.text,
            left=reason.left or "",
            right=reason.right or "",
            weight=reason.weight,
            share=round(100 * abs(reason.weight) / heaviest),
        )
        for reason in sorted(finding.reasons, key=lambda one: -abs(one.weight))
    )
    threshold = node.settings.min_score if finding.kind == "match.screening" else None
    return Compare(page=_page(shown, row, pieces), lines=lines, sides=sides, threshold=threshold)


def fact_row(statement: Statement) -> FactRow:
    """Return a fact with where it comes from."""
    fact, record = statement.fact, statement.record
    mention = record.mention(fact.entity)
    return FactRow(
        id=statement.id,
        entity=fact.entity,
        schema=mention.schema if mention else "",
        prop=fact.prop,
        value=fact.value,
        lang=fact.lang or "",
        original=fact.original or "",
        originator=record.origin.originator,
        source=record.origin.source,
        place=" ".join(part for part in (record.origin.file, record.origin.place) if part),
        recorded_at=format_instant(record.recorded_at) if record.recorded_at else "",
        grade=grade_text(record.grade),
        marks=marks(record.handling),
        protected=bool(mention and mention.protected),
    )


def _page(shown: Shown, row: Row, pieces: tuple[Piece, ...]) -> FindingPage:
    finding = shown.finding
    by_weight = sorted(finding.reasons, key=lambda one: (-abs(one.weight), one.code))
    held = standing(shown.decisions)
    return FindingPage(
        row=row,
        finding=finding,
        speaks_for=tuple(one for one in by_weight if one.weight >= 0),
        speaks_against=tuple(one for one in by_weight if one.weight < 0),
        pieces=pieces,
        history=tuple(_past(made, held) for made in shown.decisions),
        undoable=held[-1].id if held and held[-1].verb is not Verb.RELEASE else "",
        banner=banner([finding.handling]),
        params=_params(finding),
    )


def _past(made: Decision, held: tuple[Decision, ...]) -> Past:
    taken_back = made.verb is not Verb.UNDO and made not in held
    return Past(made.id, made.verb, made.who, format_instant(made.decided_at), made.reason, made.basis, taken_back)


def _params(finding: Finding) -> Mapping[str, object]:
    try:
        given = json.loads(finding.params)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _pieces(finding: Finding, records: Sequence[Record]) -> Iterator[Piece]:
    wanted = {piece.ref for piece in finding.evidence if piece.kind is EvidenceKind.FACT}
    facts = {
        number: fact_row(Statement(number, fact, record))
        for record in records
        for number, fact in record.numbered()
        if number in wanted
    }
    for piece in finding.evidence:
        yield Piece(kind=piece.kind, ref=piece.ref, fact=facts.get(FactId(piece.ref)))


def _side(view: Guarded, finding: Finding, subject: str) -> Side:
    if subject.startswith(_QUERY):
        return _asked(finding, subject)
    # A unit of linking is called ORIGINATOR/key; anything else is a key.
    originator, slash, rest = subject.partition("/")
    key = EntityKey(rest if slash else subject)
    statements = list(_statements(view, key, AuthorityId(originator) if slash else None))
    facts = tuple(fact_row(one) for one in statements)
    label = next((one.value for one in facts if one.prop in {"name", "registrationNumber", "imoNumber"}), str(key))
    return Side(
        subject=subject,
        entity=str(key) if facts else "",
        label=label,
        facts=facts,
        protected=any(one.protected for one in facts),
    )


def _statements(view: Guarded, key: EntityKey, originator: AuthorityId | None) -> Iterator[Statement]:
    for record in view.records(mentions=key):
        if originator is None or record.origin.originator == originator:
            for number, fact in record.numbered():
                if fact.entity == key:
                    yield Statement(number, fact, record)


def _asked(finding: Finding, subject: str) -> Side:
    """Return the side of a query: what was asked, which stands in no record."""
    query = _params(finding).get("query")
    given = query if isinstance(query, dict) else {}
    nobody = AuthorityId("")
    facts = tuple(
        FactRow(
            id="", entity=subject, schema="", prop=str(name), value=str(value), lang="", original="", originator=nobody,
            source="query", place="", recorded_at="", grade="", marks=marks(finding.handling), protected=False,
        )
        for name, value in given.items()
        if value and name != "id"
    )  # fmt: skip
    return Side(subject=subject, entity="", label=str(given.get("name") or subject), facts=facts, protected=False)
