"""An intelligence report (UK 3x5x2) as JSON: one report, or a list of them. The form is headwater's own.

::

    {"schema": "headwater/intelligence-report/1",
     "reference": "OP-EXAMPLE/17",               what the originator calls it; unique at the originator
     "originator": "UK-NCA",                     who controls its further use
     "recorded_at": "2026-11-25T08:30:00Z",      when it was recorded
     "purposes": ["oic"],                        what it may be used for; absent is any purpose
     "grade": "3x5x2:1/B",                       source and information evaluation
     "handling": {"codes": ["P"], "conditions": [], "markings": ["OFFICIAL"], "releasable_to": ["RS"],
                  "addressees": ["..."], "never_onward": false, "retain_until": "2028-01-31"},
     "text": "...",                              the sanitised report
     "entities": [{"key": "p1", "schema": "Person", "category": "suspect",
                   "properties": {"name": ["...", {"value": "...", "lang": "sr-Cyrl", "original": "..."}]}}],
     "links": [{"schema": "Ownership", "ends": {"owner": "p1", "asset": "c1"}, "properties": {"percentage": ["51"]}}]}

Entity types and properties bear their FollowTheMoney names. Keys are the originator's: equal keys mean one thing in all
its reports. Absent from `handling`, `releasable_to` is empty, which is "ask the originator". Unknown names are refused:
one could be a restriction that this version cannot enforce. A human source is never named, in any field.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, ParamSpec, TypeVar

import msgspec

from headwater.errors import FormatError, HeadwaterError, Place, SchemaError
from headwater.formats.entries import sha256_of
from headwater.formats.reading import Reading
from headwater.formats.safe import identifier, parse_json, shown
from headwater.model.canonical import convert
from headwater.model.fact import Fact
from headwater.model.grade import parse_grade
from headwater.model.handling import KNOWN_CODES, Handling
from headwater.model.ids import EntityKey, StateCode, authority_id
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import check_property
from headwater.model.times import is_partial_date, parse_instant
from headwater.ports import LeftOut, SourceInput

P = ParamSpec("P")
T = TypeVar("T")

SCHEMA: Final = "headwater/intelligence-report/1"
NO_SOURCE: Final = "a human source is never named here"
_SOURCE_KEY: Final = re.compile(
    r"(?:human_?)?source_?(?:identity|id|name|person|ref|reference|details|number|contact|alias|pseudonym)"
    r"|(?:real|true)_?identity|informants?(?:_?\w+)?|informers?(?:_?\w+)?|chis(?:_?\w+)?|handlers?(?:_?\w+)?|human_?source|agent_?(?:name|id|number)",
    re.IGNORECASE,
)
_STATE: Final = re.compile(r"[A-Z]{2,3}")


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    value: str
    lang: str | None = None
    original: str | None = None


class _Entity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    schema: str
    category: str | None = None
    properties: dict[str, list[str | _Value]] = {}


class _Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: str
    ends: dict[str, str]
    key: str | None = None
    properties: dict[str, list[str | _Value]] = {}


class GivenHandling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Handling as a person writes it: see `model.handling.Handling`."""

    codes: list[str]
    conditions: list[str] = []
    markings: list[str] = []
    releasable_to: list[str] = []
    addressees: list[str] | None = None
    never_onward: bool = False
    retain_until: str | None = None


class _Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: str
    reference: str
    originator: str
    recorded_at: str
    grade: str
    handling: GivenHandling
    entities: list[_Entity]
    purposes: list[str] | None = None
    text: str | None = None
    links: list[_Link] = []


class IntelligenceReport:
    """Intelligence reports as a data source."""

    name = "intelligence-report"
    title = "Intelligence report (3x5x2), JSON"

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each report.

        Raises:
            InputError: the file is no JSON, neither a report nor a list of reports, or beyond the limits.
        """
        found = parse_json(given.data, where=given.name, allow_bom=True)
        reports = found if isinstance(found, list) else [found]
        if not all(isinstance(report, dict) for report in reports):
            raise FormatError("neither an intelligence report nor a list of them", where=given.name)
        sha256 = sha256_of(given.data)
        taken: set[tuple[str, str]] = set()
        for number, value in enumerate(reports, 1):
            prefix = f"report {number}: " if isinstance(found, list) else ""
            try:
                report = _form(value)
                if (report.originator, report.reference) in taken:
                    raise SchemaError("a reference used twice", where=Place(field="reference"))
                taken.add((report.originator, report.reference))
                place = f"report {number}, {report.reference}"
                originator = authority_id(report.originator)
                yield _record(report, Origin(originator, self.name, given.name, sha256, SCHEMA, place))
            except HeadwaterError as error:
                field = f"{prefix}{error.where.field or ''}".removesuffix(": ") or None
                error.where = Place(file=given.name, field=field)
                yield LeftOut(error)
        return ()


def _form(value: object) -> _Report:
    """Return a report as its form, refused where it has another."""
    _refuse_sources(value)
    if isinstance(value, dict) and value.get("schema") != SCHEMA:
        raise SchemaError("not an intelligence report", where=Place(field="schema"), fix=f"say {SCHEMA}")
    try:
        report = convert(value, _Report)
    except SchemaError as error:
        field = (error.where.field or "").replace("[...]", "")
        raise SchemaError(_without_content(error.what), where=Place(field=field or None)) from error
    identifier(report.reference, where=Place(field="reference"))
    return report


def _without_content(text: str) -> str:
    """Return the library's words, without the name that an unknown field was given: it could be anything."""
    name = text.partition("`")[2].rpartition("`")[0]
    return text if "unknown field" not in text else f"an unknown field {shown(name, '')}".rstrip()


def _refuse_sources(value: object) -> None:
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            for key in node:
                if _SOURCE_KEY.fullmatch(key.replace("-", "_").replace(" ", "_")):
                    fix = "take it out; the grade says how far the source is trusted"
                    raise SchemaError(NO_SOURCE, fix=fix)
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def _record(report: _Report, origin: Origin) -> Record:
    mentions: list[Mention] = []
    facts: list[Fact] = []
    for number, entity in enumerate(report.entities):
        mentions.append(_mention(entity, f"entities[{number}]"))
        facts += _facts(EntityKey(entity.key), entity.schema, entity.properties, f"entities[{number}]")
    keys = {mention.key for mention in mentions}
    for number, link in enumerate(report.links):
        path = f"links[{number}]"
        key = EntityKey(link.key or f"{report.reference}#link-{number + 1}")
        mentions.append(_at(path, Mention, key, link.schema))
        facts += list(_ends(key, link, keys, path))
        facts += _facts(key, link.schema, link.properties, path)
    if report.text is not None:
        note = EntityKey(f"{report.reference}#text")
        mentions.append(Mention(note, "Note"))
        facts.append(_at("text", Fact, note, "description", report.text))
        facts += [Fact(note, "entity", key) for key in sorted(keys)]
    if not facts:
        raise SchemaError("a report that says nothing", where=Place(field="entities"))
    return Record(
        origin=origin,
        recorded_at=parse_instant(report.recorded_at, field="recorded_at"),
        grade=parse_grade(report.grade),
        handling=handling_of(report.handling, report.purposes),
        mentions=tuple(mentions),
        facts=tuple(dict.fromkeys(facts)),
    )


def _at(path: str, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a function makes; an error of the model gets the path in the report."""
    try:
        return make(*args, **kwargs)
    except SchemaError as error:
        field = error.where.field
        named = shown(field or "", "")
        error.where = Place(field=f"{path}.{named}" if named and not path.endswith(named) else path)
        raise


def _mention(entity: _Entity, path: str) -> Mention:
    identifier(entity.key, where=Place(field=f"{path}.key"))
    if entity.category is not None and entity.category not in list(PersonCategory):
        fix = f"name one of {', '.join(PersonCategory)}"
        raise SchemaError("no such category", where=Place(field=f"{path}.category"), fix=fix)
    category = PersonCategory(entity.category) if entity.category is not None else None
    return _at(path, Mention, EntityKey(entity.key), entity.schema, category)


def _ends(key: EntityKey, link: _Link, keys: set[EntityKey], path: str) -> Iterator[Fact]:
    for prop, end in link.ends.items():
        if _at(f"{path}.ends", check_property, link.schema, prop) != "entity":
            raise SchemaError("an end of a link that is no entity", where=Place(field=f"{path}.ends"))
        if end not in keys:
            raise SchemaError("an end of a link that the report does not name", where=Place(field=f"{path}.ends"))
        yield Fact(key, prop, end)


def _facts(key: EntityKey, schema: str, properties: dict[str, list[str | _Value]], path: str) -> list[Fact]:
    facts = []
    for prop, values in properties.items():
        where = f"{path}.properties"
        kind = _at(where, check_property, schema, prop)
        for given in values:
            value = given if isinstance(given, _Value) else _Value(value=given)
            if kind == "date" and not is_partial_date(value.value):
                raise SchemaError("no such date", where=Place(field=f"{where}.{prop}"), fix="write YYYY-MM-DD, or less")
            facts.append(_at(f"{where}.{prop}", Fact, key, prop, value.value, value.lang, value.original))
    return facts


def handling_of(given: GivenHandling, purposes: list[str] | None) -> Handling:
    """Return handling as it was written.

    Raises:
        SchemaError: a code, a state or the last day is none.
    """
    if not given.codes or not KNOWN_CODES.issuperset(given.codes):
        fix = f"use one or more of {', '.join(sorted(KNOWN_CODES))}"
        raise SchemaError("no handling code, or an unknown one", where=Place(field="handling.codes"), fix=fix)
    if not all(_STATE.fullmatch(state) for state in given.releasable_to):
        raise SchemaError("not a state", where=Place(field="handling.releasable_to"), fix="write it as RS, UK or XK")
    return Handling(
        purposes=None if purposes is None else frozenset(purposes),
        releasable_to=frozenset(StateCode(state) for state in given.releasable_to),
        never_onward=given.never_onward,
        codes=frozenset(given.codes),
        conditions=frozenset(given.conditions),
        addressees=None if given.addressees is None else frozenset(given.addressees),
        markings=frozenset(given.markings),
        retain_until=_day(given.retain_until),
    )


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise SchemaError("no such day", where=Place(field="handling.retain_until"), fix="write YYYY-MM-DD") from error
