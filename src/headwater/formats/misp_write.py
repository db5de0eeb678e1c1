"""MISP as a release: events with their attributes as received, and STIX objects as attributes where MISP has a word.

What was withdrawn or revoked goes as a deleted attribute, so that whoever holds it learns of it: that is the only word of
MISP's for it. Every attribute bears the tag of its own handling. What has no counterpart is listed, in a comment.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from headwater.errors import ForbiddenError
from headwater.formats.misp import INHERIT, Misp
from headwater.formats.misp_types import attribute_of
from headwater.formats.stix import assemble, content_of
from headwater.formats.stix_marking import LEVELS, code_of, misp_code
from headwater.formats.stix_rules import Stix, sortable
from headwater.formats.stix_write import Written, version_in
from headwater.model.handling import Handling, join_all
from headwater.model.record import Record

_SPACE: Final = UUID("0c0e6f3e-58c7-5a0b-8f86-1f3ad1a6f1d7")
_LEVEL_OF: Final[Mapping[str, str]] = {"CLEAR": "3", "GREEN": "3", "AMBER": "1", "AMBER+STRICT": "0", "RED": "0"}

_WIDTHS: Final = frozenset("0123")
"""Levels of distribution, each wider than the one before; a sharing group and what is inherited stay as they are."""


class MispRelease:
    """MISP events as a release."""

    name = "misp"
    title = "MISP event, JSON"

    def write(self, records: Iterable[Record]) -> bytes:
        """Return one event, or a list of events where the records hold several.

        Raises:
            ForbiddenError: there is nothing that MISP could hold.
        """
        return write_events(records).data


def write_events(records: Iterable[Record], withdrawn: Iterable[str] = ()) -> Written:
    """Return the events of some records, and what has no counterpart in MISP.

    Args:
        records: those that may go.
        withdrawn: UUIDs of attributes that were withdrawn: they go as deleted.

    Raises:
        ForbiddenError: there is nothing that MISP could hold.
    """
    events: dict[str, Misp] = {}
    groups, stix, left = _sorted(records)
    for content, handling in groups["event"]:
        body = content["Event"]
        events[body["uuid"].lower()] = {**_narrowed(body, handling), "Attribute": [], "Object": []}
    # MISP cannot tag an object: what is stricter than the event stands at its attributes.
    things = {
        content["Object"]["uuid"].lower(): {**content["Object"], "Attribute": []} for content, _ in groups["object"]
    }
    for content, _ in groups["object"]:
        holder = events.setdefault(content["event"], _bare(content["event"]))
        holder["Object"].append(things[content["Object"]["uuid"].lower()])
    for content, handling in groups["attribute"]:
        holder = things.get(str(content.get("object", "")).lower()) or events.setdefault(
            content["event"], _bare(content["event"])
        )
        above = misp_code(tag["name"] for tag in events.get(content["event"], {}).get("Tag", ()))
        holder["Attribute"].append(_narrowed(content["Attribute"], handling, above))
    gone = [_deleted(uuid) for uuid in withdrawn]
    if stix or gone or left:
        made = _event_of(stix, gone, left)
        events[made["uuid"]] = made
    if not events:
        raise ForbiddenError("nothing that MISP could hold may go", fix="release something else")
    found = [{"Event": {name: value for name, value in body.items() if value != []}} for body in events.values()]
    data = orjson.dumps(
        found[0] if len(found) == 1 else {"response": found}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )
    return Written(data, tuple(left))


Kept = list[tuple[Misp, Handling]]


def _sorted(records: Iterable[Record]) -> tuple[dict[str, Kept], list[tuple[Stix, Handling]], list[tuple[str, str]]]:
    groups: dict[str, Kept] = {"event": [], "object": [], "attribute": []}
    parts: dict[tuple[str, str], list[tuple[str, Handling]]] = {}
    left: list[tuple[str, str]] = []
    for record in records:
        contents = content_of(record)
        if not contents:
            left += [
                (str(mention.key), f"a {mention.schema} has no counterpart in MISP") for mention in record.mentions
            ]
        for key, text in contents:
            found = orjson.loads(text)
            if "misp" in found:
                groups[found["misp"]].append((found, record.handling))
            else:
                parts.setdefault((str(key), version_in(record)), []).append((text, record.handling))
    stix, more = _newest(parts)
    return groups, stix, left + more


def _newest(
    parts: Mapping[tuple[str, str], list[tuple[str, Handling]]],
) -> tuple[list[tuple[Stix, Handling]], list[tuple[str, str]]]:
    """Return the newest version of each object that an attribute can say, and those that none can."""
    newest: dict[str, tuple[str, list[tuple[str, Handling]]]] = {}
    for (name, version), held in parts.items():
        if name not in newest or newest[name][0] <= _order(version):
            newest[name] = (_order(version), held)
    stix: list[tuple[Stix, Handling]] = []
    left: list[tuple[str, str]] = []
    for name, (_, held) in newest.items():
        body = assemble(text for text, _ in held)
        if body is None:
            left.append((name, "only a part of it may go"))
        elif _is_said_by_attribute(body):
            stix.append((body, join_all(handling for _, handling in held)))
        elif body["type"] != "marking-definition":
            left.append((body["id"], f"MISP has no counterpart of {body['type']}"))
    return stix, left


def _is_said_by_attribute(body: Stix) -> bool:
    """Return whether an attribute can say it: an indicator, and no other object that brings a pattern along."""
    is_indicator = body["type"] == "indicator" and body.get("pattern_type") == "stix"
    return is_indicator and attribute_of(str(body.get("pattern"))) is not None


def _order(version: str) -> str:
    return sortable(version) if version.endswith("Z") else version


def _narrowed(body: Misp, handling: Handling, above: str | None = None) -> Misp:
    """Return a body that says no less than its handling: by its tags, and where these must be stricter, by its distribution."""
    tags = _tags(body, handling, above)
    if tags == body.get("Tag", []):
        return body
    given, most = str(body.get("distribution", "")), _LEVEL_OF[code_of(handling)]
    narrower = {"distribution": most} if given in _WIDTHS and given > most else {}
    return {**body, "Tag": tags, **narrower}


def _tags(body: Misp, handling: Handling, above: str | None = None) -> list[dict[str, Any]]:
    """Return the tags of a body, with that of its handling where neither its own nor its event's is as strict."""
    tags: list[dict[str, Any]] = [*body.get("Tag", ())]
    own, needed = misp_code(tag["name"] for tag in tags), code_of(handling)
    if own is not None and LEVELS.index(own) >= LEVELS.index(needed):
        return tags
    if own is None and above is not None and LEVELS.index(above) >= LEVELS.index(needed):
        return tags
    others = [tag for tag in tags if not tag["name"].strip().lower().startswith("tlp:")]
    return [*others, {"name": f"tlp:{needed.lower()}"}]


def _event_of(stix: list[tuple[Stix, Handling]], gone: list[Misp], left: list[tuple[str, str]]) -> Misp:
    attributes = [_attribute(body, handling) for body, handling in stix] + gone
    top = max((code_of(handling) for _, handling in stix), key=LEVELS.index, default="AMBER")
    if left:
        text = "no counterpart in MISP: " + "; ".join(f"{ref} ({why})" for ref, why in left)
        attributes.append(_plain(uuid5(_SPACE, text), "comment", "Other", text))
    name = uuid5(_SPACE, "|".join(sorted(one["uuid"] for one in attributes)))
    day = max((body["modified"] for body, _ in stix), default="1970-01-01")[:10]
    return {
        "uuid": str(name),
        "info": "Release of threat intelligence",
        "date": day,
        "threat_level_id": "4",
        "analysis": "2",
        "distribution": _LEVEL_OF[top],
        "Tag": [{"name": f"tlp:{top.lower()}"}],
        "Attribute": attributes,
    }


def _attribute(body: Stix, handling: Handling) -> Misp:
    said = attribute_of(body["pattern"])
    kind, category, value = said if said is not None else ("comment", "Other", body["id"])
    made = _plain(UUID(body["id"].partition("--")[2]), kind, category, value)
    made |= {"to_ids": True, "comment": body["id"], "Tag": [{"name": f"tlp:{code_of(handling).lower()}"}]}
    return made | ({"deleted": True} if body.get("revoked") else {})


def _deleted(uuid: str) -> Misp:
    return _plain(UUID(uuid), "comment", "Other", "withdrawn by its originator") | {"deleted": True}


def _plain(uuid: UUID, kind: str, category: str, value: str) -> Misp:
    return {
        "uuid": str(uuid),
        "type": kind,
        "category": category,
        "value": value,
        "to_ids": False,
        "distribution": INHERIT,
        "disable_correlation": False,
    }


def _bare(uuid: str) -> Misp:
    """Return an event of which only the name may go."""
    return {"uuid": uuid, "info": "An event that was not released", "distribution": "0", "Attribute": [], "Object": []}
