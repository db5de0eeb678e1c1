"""How each line of `case.json` becomes a value, and what each is refused for."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from headwater.case.custody import CustodyEvent, CustodyKind
from headwater.case.exhibit import Exhibit, ExhibitStatus, HashedFile, Origin, reference_key
from headwater.case.files import Inside, hash_inside
from headwater.case.model import (
    CATEGORIES,
    PROFILES,
    Effect,
    Indicator,
    Material,
    Matter,
    Method,
    MethodStatus,
    Offence,
    Person,
    Proof,
    SafeguardingDecision,
    Schedule,
    Search,
    Statement,
)
from headwater.case.reading import Row
from headwater.case.reference import offences
from headwater.errors import SchemaError
from headwater.model.handling import KNOWN_CODES
from headwater.model.record import PersonCategory


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the files of a case lie: in its folder, or elsewhere with what is known of them."""

    inside: Inside
    elsewhere: Mapping[str, HashedFile]


_URN: Final = re.compile(r"[0-9]{2}[A-Z]{2}[0-9]{7}")


def matter(row: Row) -> Matter:
    """Return the head of the case."""
    urn = row.text("urn")
    if not _URN.fullmatch(urn):
        raise SchemaError("not a unique reference number", where=row.where("urn"), fix="two digits, two letters, seven")
    profile = row.text("profile")
    _known(profile, PROFILES, row, "profile")
    line = Matter(
        urn=urn,
        operation=row.text("operation"),
        purpose=row.text("purpose"),
        lead_node=row.text("lead_node"),
        opened=row.instant("opened"),
        profile=profile,
    )
    row.end()
    return line


def person(row: Row) -> Person:
    """Return a person; whatever else is said of one is kept as an identifier."""
    category = row.word("category", PersonCategory)
    _known(category, CATEGORIES, row, "category")
    return Person(
        id=row.text("id"),
        category=category,
        name=row.text("name"),
        role=row.text("role", ""),
        marked_protected=row.flag("protected"),
        identifiers=row.others(),
    )


def exhibit(row: Row, shelf: Shelf, people: Collection[str]) -> Exhibit:
    """Return an exhibit, with its file hashed."""
    handling = row.text("handling")
    _known(handling, KNOWN_CODES, row, "handling")
    with _At(row, "ref"):
        reference_key(row.text("ref"))
    line = Exhibit(
        ref=row.text("ref"),
        file=_file(row, shelf),
        description=row.text("description"),
        producer=_one_of(row, "producer", people),
        captured_at=row.instant("captured_at"),
        handling=handling,
        status=row.word("status", ExhibitStatus),
        origin=_origin(row.row("origin")),
    )
    row.end()
    return line


def _origin(row: Row | None) -> Origin | None:
    if row is None:
        return None
    found = Origin(row.text("node"), row.optional("returned_under"))
    row.end()
    return found


def statement(row: Row, shelf: Shelf, people: Collection[str], protected: Collection[str]) -> Statement:
    """Return a statement, with its file hashed."""
    with _At(row, "id"):
        reference_key(row.text("id"))
    maker = _one_of(row, "maker", people)
    line = Statement(
        id=row.text("id"),
        maker=maker,
        file=_file(row, shelf),
        made_at=row.instant("made_at"),
        protected=row.flag("protected") or maker in protected,
    )
    row.end()
    return line


def offence(row: Row, people: Collection[str]) -> Offence:
    """Return an offence."""
    code = row.text("code")
    _known(code, offences(), row, "code")
    for name in row.texts("defendants"):
        _known(name, people, row, "defendants")
    with _At(row, "to"):
        line = Offence(
            id=row.text("id"),
            code=code,
            defendants=row.texts("defendants"),
            begin=row.day("from"),
            end=row.day("to"),
        )
    row.end()
    return line


def proof(row: Row, charged: dict[str, str], items: Collection[str]) -> Proof:
    """Return a line of the elements table."""
    offence = _one_of(row, "offence", charged)
    _known(row.text("element"), offences()[charged[offence]].elements, row, "element")
    for name in row.texts("proved_by"):
        with _At(row, "proved_by"):
            _known(reference_key(name), items, row, "proved_by")
    line = Proof(offence=offence, element=row.text("element"), proved_by=row.texts("proved_by"))
    row.end()
    return line


def material(row: Row) -> Material:
    """Return a line of unused material."""
    schedule = row.word("list", Schedule)
    with _At(row):
        line = Material(
            id=row.text("id"),
            schedule=schedule,
            description=row.text("description"),
            reason=row.optional("reason") or "",
            block=row.flag("block"),
            count=row.count("count"),
            presumption=row.optional("presumption") or "",
            effect=None if row.optional("effect") is None else row.word("effect", Effect),
            location=row.optional("location") or "",
        )
    row.end()
    return line


def custody(row: Row, exhibits: Collection[str], people: Collection[str]) -> CustodyEvent:
    """Return a custody event."""
    with _At(row, "exhibit"):
        _known(reference_key(row.text("exhibit")), exhibits, row, "exhibit")
    with _At(row, "sha256"):
        event = CustodyEvent(
            exhibit=row.text("exhibit"),
            kind=row.word("event", CustodyKind),
            by=_one_of(row, "by", people),
            at=row.instant("at"),
            place=row.text("place"),
            sha256=row.optional("sha256"),
        )
    row.end()
    return event


def search(row: Row, people: Collection[str]) -> Search:
    """Return a search that was made."""
    hits = row.count("hits")
    if hits is None:
        raise SchemaError("a search without its number of hits", where=row.where("hits"))
    line = Search(
        tool=row.text("tool"),
        terms=row.texts("terms"),
        over=row.text("over"),
        hits=hits,
        at=row.instant("at"),
        by=_one_of(row, "by", people),
    )
    row.end()
    return line


def method(row: Row) -> Method:
    """Return what is known of the validation of an engine."""
    with _At(row):
        line = Method(
            engine=row.text("engine"),
            version=row.text("version"),
            status=row.word("status", MethodStatus),
            reference=row.optional("reference") or "",
        )
    row.end()
    return line


def indicator(row: Row, people: Collection[str]) -> Indicator:
    """Return an indicator that was seen."""
    line = Indicator(
        person=_one_of(row, "person", people),
        code=row.text("code"),
        strength=row.text("strength"),
        seen_at=row.instant("seen_at"),
        seen_by=_one_of(row, "seen_by", people),
    )
    row.end()
    return line


def decision(row: Row, people: Collection[str]) -> SafeguardingDecision:
    """Return what was decided about a person."""
    line = SafeguardingDecision(
        person=_one_of(row, "person", people),
        kind=row.text("kind"),
        by=_one_of(row, "by", people),
        at=row.instant("at"),
    )
    row.end()
    return line


def _file(row: Row, shelf: Shelf) -> HashedFile:
    path = row.text("file")
    known = shelf.elsewhere.get(path)
    if known is not None:
        return known
    with _At(row, "file"):
        return hash_inside(shelf.inside, path)


def _one_of(row: Row, field: str, known: Collection[str]) -> str:
    text = row.text(field)
    _known(text, known, row, field)
    return text


def _known(text: str, known: Collection[str], row: Row, field: str) -> None:
    if text not in known:
        raise SchemaError(
            "not a name that is known here", where=row.where(field), fix="correct it, or add what it names"
        )


class _At:
    """Gives a refusal of a value the place that the value itself cannot know."""

    __slots__ = ("_field", "_row")

    def __init__(self, row: Row, field: str = "") -> None:
        self._row, self._field = row, field

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, SchemaError) and error.where.file is None:
            error.where = self._row.where(self._field or error.where.field or "")
