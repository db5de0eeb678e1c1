"""FollowTheMoney entities as JSON lines, in and out: ``{"id", "schema", "properties": {name: [values]}}``.

FollowTheMoney has no words for what a person is to the matter, for handling or for the language of a value. They travel
under names that begin with ``headwater:``, which its own tools pass over. Written and read again, mentions, facts and
handling are the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Final

import orjson

from headwater.errors import ForbiddenError, HeadwaterError, Place, SchemaError
from headwater.formats.entries import sha256_of
from headwater.formats.reading import Reading
from headwater.formats.safe import identifier, parse_json_lines, shown
from headwater.model.canonical import decode, encode
from headwater.model.fact import Fact
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import IDENTITY_PROPERTIES, is_person, schema
from headwater.model.times import format_instant, is_partial_date, parse_instant
from headwater.ports import LeftOut, SourceInput

CATEGORY: Final = "headwater:category"
DETAILS: Final = "headwater:details"
GRADE: Final = "headwater:grade"
HANDLING: Final = "headwater:handling"
RECORDED: Final = "headwater:recorded_at"
_OURS: Final = frozenset({CATEGORY, DETAILS, GRADE, HANDLING, RECORDED})
_DETAIL_KEYS: Final = frozenset({"value", "lang", "original"})
# Topics that FollowTheMoney data use for people against whom a state has acted (followthemoney, types/topic.py).
_SUSPECT_TOPICS: Final = ("sanction", "crime", "wanted", "debarment")


class Ftm:
    """FollowTheMoney JSON lines as a data source."""

    name = "ftm"
    title = "FollowTheMoney entities, JSON lines"
    unsaid: PersonCategory | None = None
    """What a person is to the matter whose line does not say it; None refuses such a line."""

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each line.

        Raises:
            InputError: the file is beyond the limits.
        """
        sha256 = sha256_of(given.data)
        for number, found in parse_json_lines(given.data, file=given.name):
            if isinstance(found, HeadwaterError):
                yield LeftOut(found)
                continue
            origin = Origin(given.originator, self.name, given.name, sha256, None, f"line {number}")
            try:
                yield _record(found, origin, self.unsaid)
            except HeadwaterError as error:
                yield LeftOut(error.located(file=given.name, line=number))
        return ()


class FtmList(Ftm):
    """FollowTheMoney JSON lines as a list to screen against: whoever stands on it is at least suspected.

    A line that calls somebody a victim or a smuggled person keeps that word, and so is never screened against.
    """

    name = "ftm-list"
    title = "FollowTheMoney entities that make a sanctions list, JSON lines"
    unsaid = PersonCategory.SUSPECT

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each line, with the designation that standing on the list is.

        Raises:
            InputError: the file is beyond the limits.
        """
        for found in super().read(given):
            yield found if isinstance(found, LeftOut) else _designated(found)
        return ()


class FtmRelease:
    """FollowTheMoney JSON lines as a release."""

    name = "ftm"
    title = "FollowTheMoney entities, JSON lines"

    def write(self, records: Iterable[Record]) -> bytes:
        """Return one line for each entity of each record.

        Raises:
            ForbiddenError: a record still names a victim or a smuggled person: no other tool would keep that apart.
        """
        return b"".join(_line(record, mention) for record in records for mention in record.mentions)


def _line(record: Record, mention: Mention) -> bytes:
    facts = [fact for fact in record.facts if fact.entity == mention.key]
    if mention.protected and any(fact.prop in IDENTITY_PROPERTIES for fact in facts):
        fix = "release it without what names the person"
        raise ForbiddenError("a victim or a smuggled person in a format that cannot protect them", fix=fix)
    properties: dict[str, list[str]] = {}
    details: dict[str, list[dict[str, str]]] = {}
    detailed = {(fact.prop, fact.value) for fact in facts if fact.lang is not None or fact.original is not None}
    for fact in facts:
        properties.setdefault(fact.prop, []).append(fact.value)
        if (fact.prop, fact.value) in detailed:
            detail = {"value": fact.value, "lang": fact.lang, "original": fact.original}
            details.setdefault(fact.prop, []).append({key: text for key, text in detail.items() if text is not None})
    line: dict[str, object] = {"id": mention.key, "schema": mention.schema, "properties": properties}
    if mention.category is not None:
        line[CATEGORY] = str(mention.category)
    if details:
        line[DETAILS] = details
    if record.grade is not None:
        line[GRADE] = str(record.grade)
    line[HANDLING] = orjson.loads(encode(record.handling))
    if record.recorded_at is not None:
        line[RECORDED] = format_instant(record.recorded_at)
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _designated(record: Record) -> Record:
    key = record.mentions[0].key
    sanction = EntityKey(f"{key}#sanction")
    return replace(
        record,
        mentions=(*record.mentions, Mention(sanction, "Sanction")),
        facts=(*record.facts, Fact(sanction, "entity", key)),
    )


def _record(found: object, origin: Origin, unsaid: PersonCategory | None) -> Record:
    if not isinstance(found, dict):
        raise SchemaError("not an entity: no JSON object", fix='write {"id", "schema", "properties"}')
    for key in found:
        if key.startswith("headwater:") and key not in _OURS:
            raise SchemaError("an unknown headwater field: it could be a restriction", where=Place(field="headwater:"))
    key = EntityKey(identifier(found.get("id"), where=Place(field="id")))
    name = found.get("schema")
    if not isinstance(name, str):
        raise SchemaError("an entity without a type", where=Place(field="schema"))
    schema(name)
    properties = found.get("properties")
    if not isinstance(properties, dict):
        raise SchemaError("an entity without properties", where=Place(field="properties"))
    details = _details(found.get(DETAILS, {}))
    facts = tuple(dict.fromkeys(_facts(key, name, properties, details)))
    grade, recorded = found.get(GRADE), found.get(RECORDED)
    return Record(
        origin=origin,
        handling=_handling(found[HANDLING]) if HANDLING in found else Handling(),
        grade=None if grade is None else parse_grade(_text(grade, GRADE)),
        recorded_at=None if recorded is None else parse_instant(_text(recorded, RECORDED), field=RECORDED),
        mentions=(Mention(key, name, _category(found, name, properties, unsaid)),),
        facts=facts,
    )


def _facts(
    key: EntityKey, name: str, properties: Mapping[str, object], details: dict[tuple[str, str], list[dict[str, str]]]
) -> Iterator[Fact]:
    for prop, values in properties.items():
        kind = schema(name).properties.get(prop)
        if kind is None:
            raise SchemaError(f"{name} has no such property", where=Place(field=shown(prop, "properties")))
        if not isinstance(values, list):
            raise SchemaError("values that are no list", where=Place(field=prop))
        for value in values:
            text = _text(value, prop)
            if kind == "date" and not is_partial_date(text.partition("T")[0]):
                raise SchemaError("no such date", where=Place(field=prop), fix="write YYYY-MM-DD, or less")
            waiting = details.get((prop, text), [])
            detail = waiting.pop(0) if waiting else {}
            yield Fact(key, prop, text, detail.get("lang"), detail.get("original"))
    if any(details.values()):
        raise SchemaError("details of a value that is not there", where=Place(field=DETAILS))


def _details(given: object) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Return language and original by property and value, in the order of the file."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    wrong = SchemaError("not a table of values with their language and original", where=Place(field=DETAILS))
    if not isinstance(given, dict):
        raise wrong
    for prop, items in given.items():
        for item in items if isinstance(items, list) else [None]:
            if not isinstance(item, dict) or "value" not in item or not item.keys() <= _DETAIL_KEYS:
                raise wrong
            if not all(isinstance(text, str) for text in item.values()):
                raise wrong
            found.setdefault((prop, item["value"]), []).append(item)
    return found


def _category(
    found: Mapping[str, object], name: str, properties: Mapping[str, object], unsaid: PersonCategory | None
) -> PersonCategory | None:
    given = found.get(CATEGORY)
    if given is not None:
        if not isinstance(given, str) or given not in list(PersonCategory):
            fix = f"name one of {', '.join(PersonCategory)}"
            raise SchemaError("no such category", where=Place(field=CATEGORY), fix=fix)
        return PersonCategory(given)
    if not is_person(name):
        return None
    topics = properties.get("topics")
    if isinstance(topics, list) and any(str(topic).split(".")[0] in _SUSPECT_TOPICS for topic in topics):
        return PersonCategory.SUSPECT
    if unsaid is not None:
        return unsaid
    fix = f"add \"{CATEGORY}\": one of {', '.join(PersonCategory)}; a topic such as 'sanction' counts as suspect"
    raise SchemaError("a person without a category", where=Place(field=CATEGORY), fix=fix)


def _handling(given: object) -> Handling:
    # The decoder passes over names that it does not know; here such a name could be a restriction.
    if not isinstance(given, dict) or not given.keys() <= {field.name for field in fields(Handling)}:
        raise SchemaError("an unknown name in handling: it could be a restriction", where=Place(field=HANDLING))
    try:
        return decode(orjson.dumps(given), Handling)
    except HeadwaterError as error:
        error.where = Place(field=f"{HANDLING}.{error.where.field}" if error.where.field else HANDLING)
        raise


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SchemaError("not a text, or an empty one", where=Place(field=field))
    return value
