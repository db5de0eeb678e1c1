"""STIX 2.1 as a release: a bundle of the objects that some records keep, closed under what they refer to.

Each object goes as it was received, without the parts whose records are not among those given, and never less strict than
its record: where that is stricter than the object's own markings, the TLP marking that says so is put in their place. The
bundle carries its marking definitions. What names an object that does not go along is left out and reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from headwater.errors import ForbiddenError
from headwater.formats.misp import stix_of
from headwater.formats.stix import assemble, content_of, is_complete
from headwater.formats.stix_marking import CODE_OF, LEVELS, TLP2, TLP2_EXTENSION, code_of, definition, strictest
from headwater.formats.stix_rules import Stix, sortable
from headwater.model.handling import Handling, join_all
from headwater.model.record import Record

_SPACE: Final = UUID("6d2ad4c5-7bb5-5c4a-9a0e-1d5b4a3f0c11")
"""Names bundles by their content, so that the same release has the same bytes."""


@dataclass(frozen=True, slots=True)
class Written:
    """One document, and what could not go into it: identifiers with why."""

    data: bytes
    left_out: tuple[tuple[str, str], ...] = ()


class StixRelease:
    """STIX 2.1 bundles as a release."""

    name = "stix"
    title = "STIX 2.1 bundle, JSON"

    def write(self, records: Iterable[Record]) -> bytes:
        """Return one bundle; what had to be left out stands in a note beside what goes.

        Raises:
            ForbiddenError: no object can go.
        """
        return write_bundle(records, say=True).data


def write_bundle(records: Iterable[Record], *, say: bool = False) -> Written:
    """Return a bundle of the objects of some records, and what was left out.

    Args:
        records: those that may go, parts of objects in records of their own.
        say: put what was left out into the bundle, as a note.

    Raises:
        ForbiddenError: no object can go.
    """
    objects, left = objects_of(records)
    kept, more = _closed(objects)
    left += more
    if not kept:
        raise ForbiddenError("no object of threat intelligence can go", fix="release what it refers to with it")
    found = [*_definitions(kept), *kept]
    if say and left:
        found.append(_note(kept, left))
    name = uuid5(_SPACE, orjson.dumps(found, option=orjson.OPT_SORT_KEYS).hex())
    bundle = {"type": "bundle", "id": f"bundle--{name}", "objects": found}
    return Written(orjson.dumps(bundle, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE), tuple(left))


def objects_of(records: Iterable[Record]) -> tuple[list[Stix], list[tuple[str, str]]]:
    """Return the STIX objects that some records keep, each version once, and what has no counterpart in STIX."""
    parts: dict[tuple[str, str], list[str]] = {}
    handlings: dict[tuple[str, str], list[Handling]] = {}
    left: list[tuple[str, str]] = []
    for record in records:
        contents = content_of(record)
        if not contents:
            left += [(str(mention.key), f"a {mention.schema} has no counterpart") for mention in record.mentions]
        for key, text in contents:
            name = (str(key), version_in(record))
            parts.setdefault(name, []).append(text)
            handlings.setdefault(name, []).append(record.handling)
    found: list[Stix] = []
    for name, texts in parts.items():
        body = assemble(texts) or _of_misp(texts)
        if body is None:
            left.append((name[0], "STIX has no counterpart, or only a part of it may go"))
        elif not is_complete(body):
            left.append((body["id"], "what it cannot do without may not go"))
        else:
            found.append(marked(body, join_all(handlings[name])))
    return found, left


def version_in(record: Record) -> str:
    """Return the version of the object that a record keeps; empty where it has none."""
    return next((fact.value for fact in record.facts if fact.prop == "modifiedAt"), record.origin.version or "")


def marked(body: Stix, handling: Handling) -> Stix:
    """Return an object that is marked no less strictly than a handling; as it is where it already is."""
    if body["type"] in {"marking-definition", "extension-definition"}:
        return body
    refs = [*body.get("object_marking_refs", ())]
    granular = [one["marking_ref"] for one in body.get("granular_markings", ()) if "marking_ref" in one]
    own = strictest(CODE_OF[ref] for ref in (*refs, *granular) if ref in CODE_OF)
    needed = code_of(handling)
    if (own is None and needed == "AMBER") or (own is not None and LEVELS.index(own) >= LEVELS.index(needed)):
        return body
    return {**body, "object_marking_refs": [*(ref for ref in refs if ref not in CODE_OF), TLP2[needed]]}


def _of_misp(texts: list[str]) -> Stix | None:
    found = orjson.loads(texts[0])
    return stix_of(found) if isinstance(found, dict) else None


def _closed(objects: list[Stix]) -> tuple[list[Stix], list[tuple[str, str]]]:
    """Return the objects without what they say of objects that do not go along, and what was left out.

    An object that cannot do without such a reference, or that bears a marking that does not go along, is left out whole.
    """
    kept = dict(enumerate(objects))
    left: list[tuple[str, str]] = []
    again = True
    while again:
        again = False
        names = {body["id"] for body in kept.values()} | set(CODE_OF) | {TLP2_EXTENSION}
        for number, body in list(kept.items()):
            missing = [ref for ref in _refs(body) if ref not in names]
            if not missing:
                continue
            again = True
            shorter = _without(body, frozenset(missing))
            what = "it" if shorter is None else "what it says of it"
            left.append((body["id"], f"{missing[0]} does not go along, so {what} is left out"))
            if shorter is None:
                del kept[number]
            else:
                kept[number] = shorter
    return list(kept.values()), left


def _without(body: Stix, missing: frozenset[str]) -> Stix | None:
    """Return an object without some references, None where it cannot do without them."""
    shorter: Stix = {}
    marks = {
        *body.get("object_marking_refs", ()),
        *(one.get("marking_ref") for one in body.get("granular_markings", ())),
    }
    if marks & missing or any(name in missing for name in body.get("extensions", ())):
        return None
    for prop, value in body.items():
        if prop.endswith("_ref") and value in missing:
            continue
        rest = [one for one in value if one not in missing] if prop.endswith("_refs") else value
        if rest or not prop.endswith("_refs"):
            shorter[prop] = rest
    # A granular marking on what is no longer there would select nothing.
    granular = [
        one for one in shorter.get("granular_markings", ()) if all(_head(path) in shorter for path in one["selectors"])
    ]
    if len(granular) != len(shorter.get("granular_markings", ())):
        return None
    return shorter if is_complete(shorter) else None


def _refs(body: Stix) -> list[str]:
    found: list[str] = []
    for prop, value in body.items():
        if prop.endswith("_ref"):
            found.append(value)
        elif prop.endswith("_refs"):
            found += value
    found += [one["marking_ref"] for one in body.get("granular_markings", ()) if "marking_ref" in one]
    found += [name for name in body.get("extensions", ()) if name.startswith("extension-definition--")]
    return [ref for ref in found if ref != body["id"]]


def _head(path: str) -> str:
    return path.partition(".")[0]


def _definitions(kept: list[Stix]) -> list[Stix]:
    """Return the definitions of TLP 2.0 that the objects bear and do not bring; those of TLP 1 stand in the standard."""
    there = {body["id"] for body in kept}
    used = {ref for body in kept for ref in body.get("object_marking_refs", ())}
    used |= {one["marking_ref"] for body in kept for one in body.get("granular_markings", ()) if "marking_ref" in one}
    return [definition(code) for code, ref in TLP2.items() if ref in used - there]


def _note(kept: list[Stix], left: list[tuple[str, str]]) -> dict[str, Any]:
    named = [body for body in kept if body["type"] != "marking-definition"] or kept
    stamp = max((body["modified"] for body in kept if "modified" in body), key=sortable, default="1970-01-01T00:00:00Z")
    text = "\n".join(f"{ref}: {why}" for ref, why in left)
    codes = [CODE_OF[ref] for body in kept for ref in body.get("object_marking_refs", ()) if ref in CODE_OF]
    return {
        "type": "note",
        "spec_version": "2.1",
        "id": f"note--{uuid5(_SPACE, text)}",
        "created": stamp,
        "modified": stamp,
        "abstract": "what was left out of this bundle",
        "content": text,
        "object_refs": [named[0]["id"]],
        "object_marking_refs": [TLP2[strictest([*codes, "AMBER"]) or "AMBER"]],
    }
