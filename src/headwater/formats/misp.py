"""MISP events: the event, its objects and its attributes, each kept as received and each under its own handling.

An attribute of a type that headwater does not know is kept and never interpreted, and the rest of its event goes in.
An attribute is at least as strict as its event. A sharing group (distribution 4) names organisations that headwater cannot
know: what bears one is held for a person. A deleted attribute withdraws what an earlier copy said.

Source: MISP core format (draft-dulaunoy-misp-core-format), section 2.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from headwater.errors import InputError, LimitError, Place, SchemaError
from headwater.formats.entries import sha256_of
from headwater.formats.misp_types import COMPOSITE, pattern_of, watched
from headwater.formats.reading import Notice, Reading
from headwater.formats.safe import parse_json
from headwater.formats.stix_marking import DISTRIBUTION, UNMARKED, held, is_held, misp_code, tlp, together
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.model.threat import CONTENT, REVOKED, TOGETHER, word
from headwater.ports import LeftOut, SourceInput

Misp = dict[str, Any]
MOST_ATTRIBUTES: Final = 100_000
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KIND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./|_-]{0,99}")
_LEVELS: Final = frozenset("012345")
INHERIT: Final = "5"
SHARING_GROUP: Final = "4"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 253_402_300_799
"""The last second of the year 9999, after which there is no time that could be written."""
_FLAGS: Final = frozenset({True, False, "0", "1"})


@dataclass(frozen=True, slots=True)
class _Event:
    """One event while it is read: its body, its handling, and where it stands."""

    body: Misp
    uuid: str
    handling: Handling
    given: SourceInput
    sha256: BlobHash

    def record(self, handling: Handling, uuid: str, content: Misp, facts: Iterator[Fact]) -> Record:
        key = EntityKey(f"misp--{uuid}")
        origin = Origin(self.given.originator, "misp", self.given.name, self.sha256, _time(content), key)
        first = Fact(key, CONTENT, orjson.dumps(content).decode())
        return Record(origin=origin, handling=handling, mentions=(Mention(key, "Note"),), facts=(first, *facts))


class MispReader:
    """MISP events as a data source."""

    name = "misp"
    title = "MISP event, JSON"

    def read(self, given: SourceInput) -> Reading:
        """Yield the records of each event, or what is wrong with one.

        Raises:
            InputError: the file holds no event, or is beyond the limits.
        """
        found = parse_json(given.data, where=given.name, allow_bom=True)
        sha256 = sha256_of(given.data)
        notices: list[Notice] = []
        for place, body in _events(found, given.name):
            try:
                event = _event(body, place, given, sha256)
            except InputError as error:
                yield LeftOut(error)
                continue
            if is_held(event.handling):
                notices.append(
                    Notice(f"event {event.uuid} goes to a sharing group: held for a person", Place(given.name))
                )
            elif _said(body) is None:
                notices.append(Notice(f"event {event.uuid} bears no marking: TLP:AMBER", Place(given.name)))
            yield from _rows(event, place)
        return tuple(notices)


def _events(found: object, file: str) -> Iterator[tuple[str, Misp]]:
    listed = found["response"] if isinstance(found, dict) and "response" in found else found
    listed = listed if isinstance(listed, list) else [listed]
    for number, one in enumerate(listed):
        # MISP wraps an event; PyMISP writes one without.
        body = one.get("Event", one if {"uuid", "info"} <= one.keys() else None) if isinstance(one, dict) else None
        if not isinstance(body, dict):
            raise SchemaError("not a MISP event", where=Place(file=file, field="Event"))
        yield ("Event" if len(listed) == 1 else f"[{number}].Event", body)
    if not listed:
        raise SchemaError("not a MISP event", where=Place(file=file, field="Event"))


def _event(body: Misp, place: str, given: SourceInput, sha256: BlobHash) -> _Event:
    uuid = _uuid(body, place)
    _check_common(body, place, uuid)
    if not isinstance(body.get("info"), str) or not body["info"].strip():
        raise SchemaError(f"an event without a title ({uuid})", where=Place(field=f"{place}.info"))
    if str(body.get("distribution")) == INHERIT:
        raise SchemaError(
            f"an event that inherits its distribution ({uuid})", where=Place(field=f"{place}.distribution")
        )
    handling = _handling(body)
    return _Event(body, uuid, tlp(UNMARKED) if handling is None else handling, given, sha256)


def _rows(event: _Event, place: str) -> Iterator[Record | LeftOut]:
    body = event.body
    objects = _list(body, "Object", place)
    count = len(_list(body, "Attribute", place)) + sum(len(_list(one, "Attribute", place)) for one in objects)
    if count > MOST_ATTRIBUTES:
        raise LimitError(f"over {MOST_ATTRIBUTES} attributes in one event", where=Place(field=f"{place}.Attribute"))
    rest = {name: value for name, value in body.items() if name not in {"Attribute", "Object"}}
    key = EntityKey(f"misp--{event.uuid}")
    yield event.record(
        event.handling, event.uuid, {"misp": "event", "Event": rest}, iter([Fact(key, "name", body["info"])])
    )
    for number, one in enumerate(_list(body, "Attribute", place)):
        yield _tried(event, one, f"{place}.Attribute[{number}]", None)
    for number, thing in enumerate(objects):
        at = f"{place}.Object[{number}]"
        made = _tried_object(event, thing, at)
        yield made
        if isinstance(made, Record):
            for second, one in enumerate(_list(thing, "Attribute", at)):
                yield _tried(event, one, f"{at}.Attribute[{second}]", thing)


def _tried(event: _Event, one: Misp, place: str, inside: Misp | None) -> Record | LeftOut:
    try:
        return _attribute(event, one, place, inside)
    except InputError as error:
        return LeftOut(error)


def _tried_object(event: _Event, thing: Misp, place: str) -> Record | LeftOut:
    try:
        uuid = _uuid(thing, place)
        _check_common(thing, place, uuid)
        rest = {name: value for name, value in thing.items() if name != "Attribute"}
        handling = _stricter(event.handling, _handling(thing))
        return event.record(handling, uuid, {"misp": "object", "event": event.uuid, "Object": rest}, iter(()))
    except InputError as error:
        return LeftOut(error)


def _attribute(event: _Event, one: Misp, place: str, inside: Misp | None) -> Record:
    uuid = _uuid(one, place)
    _check_common(one, place, uuid)
    kind, value = one.get("type"), one.get("value")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise SchemaError(f"an attribute without a type ({uuid})", where=Place(field=f"{place}.type"))
    if not isinstance(value, str) or not value.strip():
        raise SchemaError(f"an attribute without a value ({uuid})", where=Place(field=f"{place}.value"))
    if COMPOSITE in kind and COMPOSITE not in value:
        raise SchemaError(f"a value of one part under a type of two ({uuid})", where=Place(field=f"{place}.value"))
    handling = event.handling
    content: Misp = {"misp": "attribute", "event": event.uuid, "Attribute": one}
    if inside is not None:
        handling = _stricter(handling, _handling(inside))
        content["object"] = inside["uuid"]
    return event.record(_stricter(handling, _handling(one)), uuid, content, _facts(uuid, one, kind, value))


def _facts(uuid: str, one: Misp, kind: str, value: str) -> Iterator[Fact]:
    key = EntityKey(f"misp--{uuid}")
    yield Fact(key, "name", value)
    stamp = _time({"Attribute": one})
    if stamp:
        yield Fact(key, "modifiedAt", stamp)
    if _flag(one.get("deleted")):
        yield Fact(key, "keywords", REVOKED)
    if _flag(one.get("to_ids")):
        named = watched(kind, value)
        yield from (Fact(key, "keywords", word(*each)) for each in named)
        if len(named) > 1 and " AND " in (pattern_of(kind, value) or ""):
            yield Fact(key, "keywords", TOGETHER)


def _handling(body: Misp) -> Handling | None:
    """Return what an event, object or attribute says about itself, None where it says nothing or inherits."""
    if str(body.get("distribution")) == SHARING_GROUP:
        return held("a sharing group of MISP: a person decides who is meant")
    code = _said(body)
    return None if code is None else tlp(code)


def _said(body: Misp) -> str | None:
    code = misp_code(tag["name"] for tag in body.get("Tag", ()))
    return code or DISTRIBUTION.get(str(body.get("distribution")))


def _stricter(above: Handling, own: Handling | None) -> Handling:
    if own is None or is_held(above):
        return above
    return own if is_held(own) else together((above, own))


def _check_common(body: Misp, place: str, uuid: str) -> None:
    tags = body.get("Tag", [])
    if not isinstance(tags, list) or not all(
        isinstance(tag, dict) and isinstance(tag.get("name"), str) for tag in tags
    ):
        raise SchemaError(f"tags without names ({uuid})", where=Place(field=f"{place}.Tag"))
    if "distribution" in body and (isinstance(body["distribution"], bool) or str(body["distribution"]) not in _LEVELS):
        raise SchemaError(f"no level of distribution ({uuid})", where=Place(field=f"{place}.distribution"))
    stamp = body.get("timestamp", 0)
    if isinstance(stamp, bool) or not re.fullmatch(r"[0-9]{1,12}", str(stamp)) or int(str(stamp)) > _LAST_SECOND:
        raise SchemaError(f"not a time in seconds ({uuid})", where=Place(field=f"{place}.timestamp"))
    for name in ("deleted", "to_ids"):
        value = body.get(name, False)
        if isinstance(value, float | list | dict) or value not in _FLAGS:
            raise SchemaError(f"neither true nor false ({uuid})", where=Place(field=f"{place}.{name}"))


def _uuid(body: Mapping[str, Any], place: str) -> str:
    uuid = body.get("uuid")
    if not isinstance(uuid, str) or not _UUID.fullmatch(uuid):
        raise SchemaError("nothing that is named by a UUID", where=Place(field=f"{place}.uuid"))
    return uuid.lower()


def _list(body: Misp, name: str, place: str) -> list[Misp]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SchemaError("not a list of objects", where=Place(field=f"{place}.{name}"))
    return found


def _flag(value: object) -> bool:
    return value in {True, "1"}


def _time(content: Misp) -> str | None:
    body = content.get("Attribute") or content.get("Event") or content.get("Object") or {}
    stamp = int(str(body.get("timestamp", 0)))
    return f"{(_EPOCH + timedelta(seconds=stamp)):%Y-%m-%dT%H:%M:%S.000Z}" if stamp else None


def stix_of(content: Misp) -> dict[str, Any] | None:
    """Return the STIX indicator that says what an attribute says, None where STIX has no counterpart.

    It bears the attribute's own UUID, so that a later copy is a later version of it.
    """
    one = content.get("Attribute") if content.get("misp") == "attribute" else None
    if one is None or not _flag(one.get("to_ids")):
        return None
    pattern = pattern_of(one["type"], one["value"])
    if pattern is None or not re.fullmatch(r".{14}[1-8].{4}[89abAB].*", one["uuid"]):
        return None
    stamp = _time(content) or "1970-01-01T00:00:01.000Z"
    found: dict[str, Any] = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{one['uuid'].lower()}",
        "created": stamp,
        "modified": stamp,
        "name": f"{one['type']} of a MISP event",
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": stamp,
        "external_references": [{"source_name": "misp-event", "external_id": content["event"]}],
    }
    if isinstance(one.get("comment"), str) and one["comment"].strip():
        found["description"] = one["comment"]
    if _flag(one.get("deleted")):
        found["revoked"] = True
    return found
