"""What one STIX 2.1 object must be: the rules of the standard that a receiver depends on, one function.

Types that the standard does not know are held to what is common to all and otherwise kept as they are. Every error names
the object and the property, never a value.

Source: STIX 2.1 (OASIS Standard, 2021), sections 3 to 7.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeGuard

from headwater.errors import LimitError, Place, SchemaError
from headwater.formats.safe import shown
from headwater.formats.stix_pattern import check_pattern

Stix = dict[str, Any]
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_TYPE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,248})[a-z0-9]")
IDENTIFIER: Final = re.compile(rf"([a-z0-9][a-z0-9-]{{1,248}}[a-z0-9])--{_UUID}")
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_PROPERTY: Final = re.compile(r"[a-z0-9_]{1,250}")
_SELECTOR: Final = re.compile(r"[a-z0-9_-]{1,250}(?:\.(?:\[\d{1,9}\]|[A-Za-z0-9_-]{1,250}))*", re.ASCII)
_EXTENSION: Final = re.compile(rf"extension-definition--{_UUID}|[a-z0-9][a-z0-9-]{{0,246}}-ext")
_EXTENSION_TYPES: Final = frozenset(
    {"new-sdo", "new-sco", "new-sro", "property-extension", "toplevel-property-extension"}
)
MOST_CONFIDENT: Final = 100

_SDOS: Final = """
attack-pattern name; campaign name; course-of-action name; grouping context object_refs; identity name; incident name;
indicator pattern pattern_type valid_from; infrastructure name; intrusion-set name; location; malware is_family;
malware-analysis product; note content object_refs; observed-data first_observed last_observed number_observed;
opinion opinion object_refs; report name published object_refs; threat-actor name; tool name; vulnerability name;
relationship relationship_type source_ref target_ref; sighting sighting_of_ref; language-content object_ref contents;
extension-definition name schema version extension_types created_by_ref; marking-definition
"""
_SCOS: Final = """
artifact; autonomous-system number; directory path; domain-name value; email-addr value; email-message is_multipart; file;
ipv4-addr value; ipv6-addr value; mac-addr value; mutex name; network-traffic protocols; process; software name;
url value; user-account; windows-registry-key; x509-certificate
"""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    lines = [line.split() for line in text.replace("\n", " ").split(";")]
    return {name: tuple(required) for name, *required in lines}


REQUIRED: Final[Mapping[str, tuple[str, ...]]] = _table(_SDOS)
"""Objects of the standard that have versions, or mark them, with the properties that each must have."""
OBSERVABLES: Final[Mapping[str, tuple[str, ...]]] = _table(_SCOS)
"""Cyber-observable objects of the standard: they have neither versions nor times of their own."""
_TIMES: Final = frozenset(
    {"created", "modified", "valid_from", "valid_until", "first_seen", "last_seen", "first_observed", "last_observed"}
    | {"start_time", "stop_time", "published"}
)
_TEXTS: Final = frozenset(
    {"name", "description", "pattern", "pattern_type", "relationship_type", "identity_class", "content", "context"}
    | {"lang", "opinion", "product", "value", "path", "schema"}
)
_LISTS: Final = frozenset(
    {"labels", "aliases", "roles", "sectors", "goals", "indicator_types", "malware_types", "threat_actor_types"}
    | {"report_types", "tool_types", "infrastructure_types", "protocols", "authors"}
)
_PERIODS: Final = (
    ("valid_from", "valid_until", True),
    ("first_seen", "last_seen", False),
    ("first_observed", "last_observed", False),
    ("start_time", "stop_time", True),
)
"""Times of which the second must not come first; where true, it must come later."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One object that is what it says.

    Attributes:
        body: the object as received.
        id, type: of the object.
        version: its `modified`, or `created`, in a form that sorts as time does; empty where it has neither.
        refs: the objects that it names.
        spec: the version of STIX.
    """

    body: Stix
    id: str
    type: str
    version: str
    refs: frozenset[str]
    spec: str = "2.1"


def check_object(found: object, place: str) -> Checked:
    """Return an object that keeps the rules.

    Args:
        found: what JSON said.
        place: where it stands, such as ``objects[3]``.

    Raises:
        SchemaError: a rule is broken; the text names the object, the place names the property.
        LimitError: a pattern is too long to be judged.
    """
    if not isinstance(found, dict):
        raise SchemaError("not a STIX object", where=Place(field=place))
    kind, ref = found.get("type"), found.get("id")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise SchemaError(
            "an object without a type, or with none that there can be", where=Place(field=f"{place}.type")
        )
    match = IDENTIFIER.fullmatch(ref) if isinstance(ref, str) else None
    if match is None or not isinstance(ref, str):
        raise SchemaError(f"an object of type {kind} without an identifier", where=Place(field=f"{place}.id"))
    prop = "id"

    def refuse(what: str, at: str) -> SchemaError:
        return SchemaError(f"{what} ({ref})", where=Place(field=f"{place}.{shown(at, 'property')}"))

    if match[1] != kind:
        raise refuse("an identifier of another type", prop)
    _check_kind(found, kind, refuse)
    refs = _check_properties(found, kind in _STANDARD, refuse)
    _check_whole(found, kind, refuse)
    if kind == "indicator" and found["pattern_type"] == "stix":
        try:
            check_pattern(found["pattern"])
        except (SchemaError, LimitError) as error:
            error.what = f"{error.what} ({ref})"
            error.where = Place(field=f"{place}.pattern")
            raise
    refs.discard(ref)
    stamp = found.get("modified", found.get("created"))
    return Checked(found, ref, kind, sortable(stamp) if isinstance(stamp, str) else "", frozenset(refs))


Refuse = Callable[[str, str], SchemaError]
Check = Callable[[Stix, object, set[str]], str | None]
"""Takes the object, a property's value and the set of what the object names; returns what is wrong with the value."""


def _check_kind(found: Stix, kind: str, refuse: Refuse) -> None:
    spec = found.get("spec_version")
    if kind in OBSERVABLES:
        needed = OBSERVABLES[kind]
    elif kind in REQUIRED:
        needed = ("spec_version", "created", *(("modified",) if kind != "marking-definition" else ()), *REQUIRED[kind])
    else:
        needed = ("spec_version", "created", "modified") if found.keys() & {"created", "modified"} else ()
    for prop in needed:
        if prop not in found:
            raise refuse(f"a {kind} without '{prop}'", prop)
    if spec is not None and spec != "2.1":
        raise refuse("another version of STIX than 2.1", "spec_version")


def _check_properties(found: Stix, standard: bool, refuse: Refuse) -> set[str]:  # noqa: FBT001 - what `_rule` asks
    """Check each property by itself and return the objects that they name."""
    refs: set[str] = set()
    for prop, value in found.items():
        check = _rule(prop, standard)
        if check is None:
            raise refuse("a property with a name that there cannot be", prop)
        if not value and (value is None or value == [] or (value == {} and prop != "definition")):
            raise refuse("a property without a value", prop)
        wrong = check(found, value, refs)
        if wrong is not None:
            raise refuse(wrong, prop)
    return refs


def _check_whole(found: Stix, kind: str, refuse: Refuse) -> None:
    if "modified" in found and "created" in found and sortable(found["modified"]) < sortable(found["created"]):
        raise refuse("modified before it was created", "modified")
    for begins, ends, later in _PERIODS if kind in _STANDARD else ():
        if begins in found and ends in found:
            first, last = sortable(found[begins]), sortable(found[ends])
            if last < first or (later and last == first):
                raise refuse(f"{ends} is not after {begins}", ends)
    if not found.get("created_by_ref", "identity--").startswith("identity--"):
        raise refuse("made by something that is no identity", "created_by_ref")
    marks = found.get("object_marking_refs", ())
    if found["id"] in marks or not all(one.startswith("marking-definition--") for one in marks):
        raise refuse("marked by itself, or by something that is no marking", "object_marking_refs")
    if kind in _WHOLES:
        _WHOLES[kind](found, refuse)


def _relationship(found: Stix, refuse: Refuse) -> None:
    if found["id"] in {found["source_ref"], found["target_ref"]}:
        raise refuse("a relationship with itself", "source_ref")


def _malware(found: Stix, refuse: Refuse) -> None:
    if not isinstance(found["is_family"], bool):
        raise refuse("neither true nor false", "is_family")
    if found["is_family"] and "name" not in found:
        raise refuse("a family of malware without a name", "name")


def _location(found: Stix, refuse: Refuse) -> None:
    if not ({"region", "country"} & found.keys() or {"latitude", "longitude"} <= found.keys()):
        raise refuse("a location without region, country or a place on the globe", "region")
    for prop, most in (("latitude", 90), ("longitude", 180)):
        value = found.get(prop, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= most:
            raise refuse("no place on the globe", prop)


def _observed(found: Stix, refuse: Refuse) -> None:
    if ("objects" in found) == ("object_refs" in found):
        raise refuse("observed data with neither or both of objects and object_refs", "object_refs")


def _definition(found: Stix, refuse: Refuse) -> None:
    if "definition_type" not in found and "extensions" not in found:
        raise refuse("a marking that says nothing", "definition_type")


def is_time(text: str) -> bool:
    """Return whether a text is a time as STIX writes it."""
    try:
        return bool(sortable(text))
    except SchemaError:
        return False


@lru_cache(maxsize=4096)
def sortable(text: str) -> str:
    """Return a time in a form that sorts as text: always nine digits of a second.

    Raises:
        SchemaError: it is no time in UTC.
    """
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise SchemaError("not a time in UTC")
        datetime.fromisoformat(match[1])
    except ValueError as error:
        raise SchemaError("no such time") from error
    return f"{match[1]}.{(match[2] or ''):0<9}Z"


@lru_cache(maxsize=4096)
def _rule(prop: str, standard: bool) -> Check | None:  # noqa: FBT001 - a key
    """Return what a property of this name must be, None where no property can have that name."""
    if not _PROPERTY.fullmatch(prop):
        return None
    if prop.endswith("_ref"):
        return _one_name
    if prop.endswith("_refs"):
        return _names
    if prop in _TIMES:
        return _time
    if prop in _CHECKS:
        return _CHECKS[prop]
    if standard and prop in _TEXTS:
        return _text
    return _texts if standard and prop in _LISTS else _anything


def _one_name(_: Stix, value: object, refs: set[str]) -> str | None:
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        return "not the identifier of an object"
    refs.add(value)
    return None


def _names(found: Stix, value: object, refs: set[str]) -> str | None:
    if not isinstance(value, list):
        return "not the identifier of an object"
    return next((wrong for one in value if (wrong := _one_name(found, one, refs))), None)


def _time(_: Stix, value: object, __: set[str]) -> str | None:
    return None if isinstance(value, str) and is_time(value) else "not a time in UTC, or none that there is"


def _text(_: Stix, value: object, __: set[str]) -> str | None:
    return None if isinstance(value, str) else "not a text"


def _texts(_: Stix, value: object, __: set[str]) -> str | None:
    return None if _are_texts(value) else "not a list of texts"


def _anything(_: Stix, __: object, ___: set[str]) -> str | None:
    return None


def _are_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def _confidence(_: Stix, value: object, __: set[str]) -> str | None:
    return None if type(value) is int and 0 <= value <= MOST_CONFIDENT else "not a whole number from 0 to 100"


def _revoked(_: Stix, value: object, __: set[str]) -> str | None:
    return None if isinstance(value, bool) else "neither true nor false"


def _count(found: Stix, value: object, _: set[str]) -> str | None:
    if found["type"] not in {"sighting", "observed-data"} or (type(value) is int and 0 <= value < 10**9):
        return None
    return "not a whole number from 0 to 999,999,999"


def _external(_: Stix, value: object, __: set[str]) -> str | None:
    listed = value if isinstance(value, list) else [None]
    named = all(isinstance(one, dict) and isinstance(one.get("source_name"), str) for one in listed)
    return None if named else "references without the name of their source"


def _extensions(_: Stix, value: object, refs: set[str]) -> str | None:
    if not isinstance(value, dict):
        return "not a table of extensions"
    for name, body in value.items():
        if not _EXTENSION.fullmatch(name) or not isinstance(body, dict):
            return "an unknown extension"
        if name.startswith("extension-definition--"):
            kind = body.get("extension_type", "property-extension")
            if not isinstance(kind, str) or kind not in _EXTENSION_TYPES:
                return "an extension of a type that there is not"
            refs.add(name)
    return None


def _markings(found: Stix, value: object, refs: set[str]) -> str | None:
    if not isinstance(value, list):
        return "not a list of markings"
    return next((wrong for one in value if (wrong := _marking(found, one, refs))), None)


def _marking(found: Stix, one: object, refs: set[str]) -> str | None:
    selectors = one.get("selectors") if isinstance(one, dict) else None
    if not isinstance(one, dict) or not _are_texts(selectors) or not selectors:
        return "a marking without selectors"
    if not all(_SELECTOR.fullmatch(path) and _selected(found, path) for path in selectors):
        return "a selector of what the object does not have"
    ref, lang = one.get("marking_ref"), one.get("lang")
    if (ref is None) == (lang is None) or not isinstance(ref or lang, str):
        return "a granular marking with neither or both of marking_ref and lang"
    if ref is not None:
        if not ref.startswith("marking-definition--") or not IDENTIFIER.fullmatch(ref):
            return "not the identifier of a marking"
        refs.add(ref)
    return None


def _selected(found: Stix, path: str) -> bool:
    here: Any = found
    for step in path.split("."):
        if step.startswith("["):
            number = int(step[1:-1])
            if not isinstance(here, list) or number >= len(here):
                return False
            here = here[number]
        elif not isinstance(here, dict) or step not in here:
            return False
        else:
            here = here[step]
    return True


_WHOLES: Final[Mapping[str, Callable[[Stix, Refuse], None]]] = {
    "relationship": _relationship,
    "malware": _malware,
    "location": _location,
    "observed-data": _observed,
    "marking-definition": _definition,
}
_STANDARD: Final = frozenset(REQUIRED) | frozenset(OBSERVABLES)
_CHECKS: Final[Mapping[str, Check]] = {
    "confidence": _confidence,
    "revoked": _revoked,
    "count": _count,
    "number_observed": _count,
    "external_references": _external,
    "extensions": _extensions,
    "granular_markings": _markings,
}
