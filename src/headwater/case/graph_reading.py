"""Reads a CASE graph (JSON-LD) as vertices whose properties bear the vocabulary's own names.

Only what exchanged graphs use is read: a context of prefixes, ``@graph``, nested vertices. A remote context is not
fetched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from headwater.case.terms import OURS, short
from headwater.errors import FormatError, LimitError, SchemaError
from headwater.formats.safe import MAX_JSON_BYTES, parse_json

MOST_BYTES: Final = 256 * 1024 * 1024
"""A graph of a hundred thousand exhibits."""
_DEEPEST: Final = 100
_SPACED: Final = re.compile(rb'"\s+:')
_KEPT: Final = frozenset({"@id", "@type", "@value", "@context", "@language"})


@dataclass(slots=True)
class Vertex:
    """One thing of the graph.

    Attributes:
        ref: its name.
        types: its classes, as module and name; empty text for one of another vocabulary.
        values: what each property holds, as it stands.
        links: the names of the vertices that a property leads to.
        strange: properties that are no word of any vocabulary.
        defined: how often it stands in the graph with more than its name.
    """

    ref: str
    types: frozenset[str] = frozenset()
    values: dict[str, list[object]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)
    defined: int = 0

    def pointers(self, name: str) -> list[str]:
        """Return the vertices that a property points at, or that stand inside it."""
        return self.links.get(name) or []

    def texts(self, name: str) -> list[str]:
        """Return the values of a property as texts, typed or not."""
        held = self.values.get(name)
        return [] if held is None else [text for value in held if (text := literal(value)[0]) is not None]


def literal(value: object) -> tuple[str | None, str]:
    """Return the text and datatype of a value; None where it is none."""
    if isinstance(value, str):
        return value, "string"
    if isinstance(value, dict):
        found, kind = value.get("@value"), str(value.get("@type", ""))
        plain = found if isinstance(found, str) or found is None else str(found).lower()
        return plain, kind.rpartition("#")[2].rpartition(":")[2]
    if isinstance(value, bool):
        return str(value).lower(), "boolean"
    if isinstance(value, int):
        return str(value), "integer"
    return None, ""


def read_graph(data: bytes, *, file: str) -> dict[str, Vertex]:
    """Return the vertices of a JSON-LD document by name.

    Raises:
        InputError: it is not JSON, too large, a key stands twice, or it is no graph.
    """
    top, pairs = _load(data, file)
    if not isinstance(top, dict) or not isinstance(top.get("@context"), dict):
        raise SchemaError("not a JSON-LD graph with its own context", where=file, fix="give a CASE graph")
    reader = _Reader(_prefixes(top["@context"]), file)
    graph = top.get("@graph")
    if graph is None:
        graph = {key: value for key, value in top.items() if key != "@context"}
    for value in graph if isinstance(graph, list) else [graph]:
        reader.pairs += len(value) if isinstance(value, dict) and graph is top.get("@graph") else 0
        reader.take(value, 0)
    if pairs and pairs != reader.pairs + len(top) + _pairs(top["@context"]):
        parse_json(data, where=file)  # a key stands twice, or where no vertex can be: this says which
    if not reader.vertices:
        raise SchemaError("a graph of nothing", where=file, fix="give a CASE graph")
    return reader.vertices


def _load(data: bytes, file: str) -> tuple[Any, int]:
    """Return what a JSON text says, and how many keys stand in it; none where the slow way has compared them already.

    Without a backslash, and with no space before a colon, a quote and a colon are a key and nothing else: to count
    those is ten times as quick as to read the text again.
    """
    if len(data) > MOST_BYTES:
        raise LimitError(f"a graph over {MOST_BYTES} bytes", where=file)
    if b"\\" in data or _SPACED.search(data) or not data.startswith(b"{"):
        if len(data) > MAX_JSON_BYTES:
            raise LimitError(f"a graph over {MAX_JSON_BYTES} bytes that is not in plain form", where=file)
        return parse_json(data, where=file, allow_bom=True), 0
    try:
        return orjson.loads(data), data.count(b'":')
    except orjson.JSONDecodeError as error:
        raise FormatError("not JSON", where=file) from error


def _pairs(context: Mapping[str, object]) -> int:
    return len(context) + sum(len(value) for value in context.values() if isinstance(value, dict))


def _prefixes(context: Mapping[str, object]) -> dict[str, str]:
    found = {key: value for key, value in context.items() if isinstance(value, str)}
    nested = {
        key: value["@id"]
        for key, value in context.items()
        if isinstance(value, dict) and isinstance(value.get("@id"), str)
    }
    return {**found, **nested}


class _Reader:
    """Gathers vertices; a name is looked up in the context once."""

    def __init__(self, prefixes: Mapping[str, str], file: str) -> None:
        self._prefixes = prefixes
        self._file = file
        self._names: dict[str, str | None] = {}
        self._classes: dict[str, frozenset[str]] = {}
        self.vertices: dict[str, Vertex] = {}
        self._blank = 0
        self.pairs = 0

    def take(self, value: object, depth: int) -> None:
        """Take in a vertex with all that stands in it."""
        if not isinstance(value, dict) or "@value" in value:
            return
        ref = value.get("@id")
        if not isinstance(ref, str):
            self._blank += 1
            ref = value["@id"] = f"_:vertex-{self._blank}"  # so that whatever holds it can point at it
        elif len(value) == 1:
            return
        if depth > _DEEPEST:
            raise LimitError(f"a graph nested over {_DEEPEST} deep", where=self._file)
        vertex = self.vertices.get(ref)
        if vertex is None:
            vertex = self.vertices[ref] = Vertex(ref)
        told = False
        for key, held in value.items():
            if key == "@type":
                vertex.types |= self._kinds(held)
            elif key not in _KEPT:
                told = True
                self._hold(vertex, key, held if isinstance(held, list) else [held], depth)
        vertex.defined += told

    def _kinds(self, held: object) -> frozenset[str]:
        if isinstance(held, str) and held in self._classes:
            return self._classes[held]
        parts = held if isinstance(held, list) else [held]
        kinds = frozenset(self._name(str(part)) or f"?{part}" for part in parts)
        if isinstance(held, str):
            self._classes[held] = kinds
        return kinds

    def _hold(self, vertex: Vertex, key: str, parts: list[Any], depth: int) -> None:
        """Keep what a property of a vertex holds, and take in what stands inside it."""
        links = []
        for part in parts:
            if type(part) is dict:
                self.pairs += len(part)
                if "@value" not in part and (len(part) > 1 or "@id" not in part):
                    self.take(part, depth + 1)  # gives it a name if it has none
                if "@id" in part:
                    links.append(part["@id"])
        name = self._name(key)
        if name is None:
            vertex.strange.append(key)
            return
        if name in vertex.values:
            parts, links = [*vertex.values[name], *parts], [*vertex.pointers(name), *links]
        vertex.values[name] = parts
        if links:
            vertex.links[name] = links

    def _name(self, key: str) -> str | None:
        """Return a term's own name; empty for one of a foreign vocabulary, None for what means nothing."""
        if key not in self._names:
            self._names[key] = self._expand(key)
        return self._names[key]

    def _expand(self, key: str) -> str | None:
        prefix, colon, rest = key.partition(":")
        if not colon:
            base = self._prefixes.get(key) or (self._prefixes.get("@vocab", "") + key)
            iri = self._prefixes.get(base.partition(":")[0], "") + base.partition(":")[2] if "://" not in base else base
        else:
            iri = key if rest.startswith("//") else self._prefixes.get(prefix, "") + rest
        if "://" not in iri:
            return None
        ours = short(iri)
        return ours or (None if iri.startswith(OURS) else f"<{iri}>")
