"""STIX 2.1 bundles: every object kept as it was received, and what headwater knows of it as facts.

An object becomes one record. Where some of its properties bear a marking of their own, those stand in a further record
under their own, stricter handling: whoever may not see it is shown the object without them. The object itself is the fact
`model.threat.CONTENT` of its record, JSON as received, so that it goes to partners, is recalled and is served as one thing.

Types that headwater does not know are kept in the same way and never interpreted. Nothing in a bundle is fetched.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from headwater.errors import InputError, LimitError, Place, SchemaError
from headwater.formats.entries import sha256_of
from headwater.formats.reading import Notice, Reading
from headwater.formats.safe import parse_json
from headwater.formats.stix_marking import (
    CODE_OF,
    TLP2_EXTENSION,
    Meaning,
    handling_of,
    is_held,
    meaning_of,
    tlp,
    together,
)
from headwater.formats.stix_pattern import compared, is_joint
from headwater.formats.stix_rules import (
    IDENTIFIER,
    OBSERVABLES,
    REQUIRED,
    Checked,
    Stix,
    check_object,
    is_time,
    sortable,
)
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.model.threat import CONTENT, REVOKED, TOGETHER, valid_word, word
from headwater.ports import LeftOut, SourceInput

MOST_OBJECTS: Final = 100_000
_BUNDLE_ID: Final = "bundle--"
_NEVER_APART: Final = frozenset(
    {"type", "id", "spec_version", "created", "modified", "revoked", "object_marking_refs", "granular_markings"}
)
"""Properties without which an object is none: a marking on one of them counts for the whole object."""
_SCHEMA_OF: Final = {"location": "Address", "relationship": "UnknownLink", "cryptocurrency-wallet": "CryptoWallet"}
_NAMED: Final = (("name", "name"), ("description", "description"))
"""Properties of STIX that are texts of ours, under our names."""
_LINK: Final = (
    ("description", "description"),
    ("source_ref", "subject"),
    ("target_ref", "object"),
    ("relationship_type", "role"),
)
_SCO_KINDS: Final = {
    "domain-name": ("domain", "value"),
    "email-addr": ("email", "value"),
    "ipv4-addr": ("address", "value"),
    "ipv6-addr": ("address", "value"),
    "phone-number": ("phone", "value"),
    "url": ("url", "value"),
    "cryptocurrency-wallet": ("wallet", "address"),
}


@dataclass(slots=True)
class Known:
    """What a reader knows beside one bundle: objects and markings that came before.

    Attributes:
        ids: objects that are known.
        markings: what marking definitions mean that are not TLP's own.
    """

    ids: set[str] = field(default_factory=set)
    markings: dict[str, Meaning] = field(default_factory=dict)

    def learn(self, checked: Iterable[Checked]) -> None:
        """Take in the objects of a bundle."""
        for one in checked:
            self.ids.add(one.id)
            if one.type == "marking-definition" and one.id not in CODE_OF:
                self.markings[one.id] = meaning_of(one.body)

    def missing(self, checked: Checked) -> list[str]:
        """Return the objects that one names and that nobody has seen."""
        return sorted(
            ref for ref in checked.refs if ref not in self.ids and ref not in CODE_OF and ref != TLP2_EXTENSION
        )


class StixReader:
    """STIX 2.1 bundles as a data source."""

    name = "stix"
    title = "STIX 2.1 bundle, JSON"

    def read(self, given: SourceInput) -> Reading:
        """Yield the records of each object, or what is wrong with it.

        Raises:
            InputError: the file is no bundle, or beyond the limits.
        """
        found = list(check_all(bundle_objects(given.data, file=given.name)))
        good = [one for one in found if isinstance(one, Checked)]
        known = Known()
        known.learn(good)
        notices: list[Notice] = []
        sha256 = sha256_of(given.data)
        unmarked = 0
        for one in found:
            if isinstance(one, LeftOut):
                yield one
                continue
            missing = known.missing(one)
            unmarked += _is_unmarked(one.body) and not any(ref.startswith("marking-definition--") for ref in missing)
            if missing:
                notices.append(Notice(f"{one.id} is held until {missing[0]} comes", Place(file=given.name)))
            yield from records_of(one, given.originator, known, file=given.name, sha256=sha256)
        if unmarked:
            what = f"{unmarked} objects without a marking of TLP are taken as TLP:AMBER"
            notices.append(Notice(what, Place(file=given.name)))
        return tuple(notices)


def bundle_objects(data: bytes, *, file: str | None = None) -> list[object]:
    """Return the objects of a bundle.

    Raises:
        FormatError: it is no JSON that means one thing.
        SchemaError: it is no bundle.
        LimitError: too large, too deep, or too many objects.
    """
    found = parse_json(data, where=file, allow_bom=True)
    if not isinstance(found, dict) or found.get("type") != "bundle":
        raise SchemaError("not a STIX bundle", where=Place(file=file, field="type"))
    ref = found.get("id")
    if not isinstance(ref, str) or not ref.startswith(_BUNDLE_ID) or not IDENTIFIER.fullmatch(ref):
        raise SchemaError("a bundle without an identifier", where=Place(file=file, field="id"))
    if found.get("spec_version", "2.1") != "2.1":
        raise SchemaError("another version of STIX than 2.1", where=Place(file=file, field="spec_version"))
    objects = found.get("objects", [])
    if not isinstance(objects, list):
        raise SchemaError("objects that are no list", where=Place(file=file, field="objects"))
    if len(objects) > MOST_OBJECTS:
        raise LimitError(f"over {MOST_OBJECTS} objects", where=Place(file=file, field="objects"))
    return objects


def check_all(objects: Iterable[object]) -> Iterator[Checked | LeftOut]:
    """Yield each object of a list that keeps the rules, or what is wrong with it.

    Two objects of one identifier and version, and markings that mark each other in a circle, are wrong too.
    """
    seen: dict[tuple[str, str], Stix] = {}
    marks: dict[str, frozenset[str]] = {}
    for number, found in enumerate(objects):
        place = f"objects[{number}]"
        try:
            one = check_object(found, place)
            before = seen.setdefault((one.id, one.version), one.body)
            if before is not one.body and before != one.body:
                raise SchemaError(f"another object of this id and version ({one.id})", where=Place(field=f"{place}.id"))
            if one.type == "marking-definition":
                meaning_of(one.body)
                marks[one.id] = frozenset(one.body.get("object_marking_refs", ()))
                _refuse_circle(one.id, marks, place)
        except InputError as error:
            error.where = error.where if error.where.field else Place(field=place)
            yield LeftOut(error)
        else:
            if before is one.body:
                yield one


def _refuse_circle(start: str, marks: Mapping[str, frozenset[str]], place: str) -> None:
    seen: set[str] = set()
    waiting = list(marks[start])
    while waiting:
        here = waiting.pop()
        if here == start:
            raise SchemaError(f"markings that mark each other in a circle ({start})", where=Place(field=place))
        if here not in seen:
            seen.add(here)
            waiting += marks.get(here, ())


def records_of(
    checked: Checked, originator: AuthorityId, known: Known, *, file: str | None, sha256: BlobHash | None
) -> tuple[Record, ...]:
    """Return the records of one object: the object, and one more for each set of markings on single properties."""
    body = checked.body
    marks = body.get("object_marking_refs", ())
    # What TLP means is published; all else that bears no marking is for those who have it.
    base = tlp("CLEAR") if checked.id in CODE_OF and not marks else handling_of(marks, known.markings)
    groups = _groups(body)
    whole = [refs for refs, props in groups.items() if props & _NEVER_APART]
    for refs in whole:
        base = _joined(base, handling_of(refs, known.markings))
        del groups[refs]
    apart = {prop for props in groups.values() for prop in props}
    origin = Origin(originator, "stix", file, sha256, body.get("modified", body.get("created")), checked.id)
    parts = [(base, body if not groups else _part(body, body.keys() - apart, frozenset()))]
    for refs, props in groups.items():
        parts.append((_joined(base, handling_of(refs, known.markings)), _part(body, props, refs)))
    key = EntityKey(checked.id)
    mention = Mention(key, _schema_of(body))
    return tuple(
        Record(
            origin=origin, handling=handling, mentions=(mention,), facts=tuple(_facts(key, mention.schema, part, body))
        )
        for handling, part in parts
    )


def _joined(base: Handling, more: Handling) -> Handling:
    return base if is_held(base) else more if is_held(more) else together((base, more))


def _groups(body: Stix) -> dict[frozenset[str], set[str]]:
    """Return the properties that bear markings of their own, by the set of these markings."""
    marks: dict[str, set[str]] = {}
    for one in body.get("granular_markings", ()):
        for path in one["selectors"] if "marking_ref" in one else ():
            marks.setdefault(path.partition(".")[0], set()).add(one["marking_ref"])
    groups: dict[frozenset[str], set[str]] = {}
    for prop, refs in marks.items():
        groups.setdefault(frozenset(refs), set()).add(prop)
    return groups


def _part(body: Stix, props: Iterable[str], refs: frozenset[str]) -> Stix:
    """Return some properties of an object, with the granular markings that speak of them and their places."""
    wanted = set(props) - {"granular_markings"}
    entries = []
    for number, one in enumerate(body["granular_markings"]):
        paths = [path for path in one["selectors"] if path.partition(".")[0] in wanted]
        if paths:
            entries.append([number, {**one, "selectors": paths}])
    found: Stix = {"stix": {prop: value for prop, value in body.items() if prop in wanted}, "marks": entries}
    if refs:
        found["of"] = body["id"]
    return found


def _schema_of(body: Stix) -> str:
    kind = body["type"]
    if kind == "identity":
        # Whether a person is suspect or victim STIX cannot say, and headwater takes no person without saying it.
        return "Organization" if body.get("identity_class") in {"organization", "group", "class"} else "Note"
    return _SCHEMA_OF.get(kind, "Note")


def _facts(key: EntityKey, schema: str, part: Stix, body: Stix) -> list[Fact]:
    found = [Fact(key, CONTENT, orjson.dumps(part).decode())]
    kind = body["type"]
    if kind not in REQUIRED and kind not in OBSERVABLES and kind not in _SCO_KINDS:
        return found
    version = body.get("modified", body.get("created"))
    if version:
        found.append(Fact(key, "modifiedAt", version))
    if body.get("revoked") and schema != "UnknownLink":
        found.append(Fact(key, "keywords", REVOKED))
    inside = part["stix"] if "marks" in part else part
    named = _NAMED if schema != "UnknownLink" else _LINK
    if kind in _SCO_KINDS:
        named = (*named, (_SCO_KINDS[kind][1], "publicKey" if schema == "CryptoWallet" else "name"))
    for name, prop in named:
        value = inside.get(name)
        if isinstance(value, str) and value.strip():
            found.append(Fact(key, prop, value))
    if kind == "indicator":
        found += [Fact(key, "keywords", said) for said in _watched(inside)]
    return found


def _watched(inside: Stix) -> list[str]:
    """Return what an indicator says to look for and when, in the words of `model.threat`."""
    said = [valid_word(inside["valid_from"], inside.get("valid_until"))] if "valid_from" in inside else []
    pattern = inside.get("pattern")
    if inside.get("pattern_type", "stix") != "stix" or not isinstance(pattern, str):
        return said
    said += [word(kind, value) for kind, value in compared(pattern)]
    return [*said, TOGETHER] if is_joint(pattern) else said


def assemble(contents: Iterable[str]) -> Stix | None:
    """Return an object put together from the parts that somebody may see, None where the object itself is not among them."""
    whole: Stix | None = None
    more: Stix = {}
    marks: dict[int, dict[str, Any]] = {}
    for text in contents:
        found = orjson.loads(text)
        if not isinstance(found, dict) or "misp" in found:
            continue
        if "marks" not in found:
            return found
        for number, entry in found["marks"]:
            held = marks.setdefault(number, {**entry, "selectors": []})
            held["selectors"] += [path for path in entry["selectors"] if path not in held["selectors"]]
        if "of" in found:
            more |= found["stix"]
        else:
            whole = dict(found["stix"])
    if whole is None:
        return None
    whole |= {prop: value for prop, value in more.items() if prop not in whole}
    if marks:
        whole["granular_markings"] = [marks[number] for number in sorted(marks)]
    return whole


def content_older(found: object) -> Checked | None:
    """Return an object of STIX 2.0 as another server keeps it: kept as it is and never interpreted; None for any other."""
    if not isinstance(found, dict) or found.get("spec_version", "2.0") != "2.0" or found.get("type") in OBSERVABLES:
        return None
    kind, ref, stamp = found.get("type"), found.get("id"), found.get("modified", found.get("created"))
    match = IDENTIFIER.fullmatch(ref) if isinstance(ref, str) else None
    if (
        match is None
        or match[1] != kind
        or not isinstance(ref, str)
        or not isinstance(stamp, str)
        or not is_time(stamp)
    ):
        return None
    marks = found.get("object_marking_refs", [])
    granular = found.get("granular_markings", [])
    if not isinstance(marks, list) or not all(isinstance(one, str) for one in marks) or granular:
        return None
    return Checked(found, ref, match[1], sortable(stamp), frozenset(), "2.0")


def content_of(record: Record) -> list[tuple[EntityKey, str]]:
    """Return the objects of threat intelligence that a record keeps, or parts of them, by the entity they are about."""
    return [(fact.entity, fact.value) for fact in record.facts if fact.prop == CONTENT and fact.value[:1] == "{"]


def is_complete(body: Stix) -> bool:
    """Return whether an object still has all that its type must have, after parts of it were left out."""
    kind = str(body.get("type"))
    return all(prop in body for prop in (*REQUIRED.get(kind, ()), *OBSERVABLES.get(kind, ())))


def _is_unmarked(body: Stix) -> bool:
    if body["type"] in {"marking-definition", "extension-definition"}:
        return False
    refs = body.get("object_marking_refs", ())
    return not any(ref in CODE_OF for ref in refs)
