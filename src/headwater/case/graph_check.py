"""What is wrong with a CASE graph: a rule for each kind of nonsense, in one pass over the vertices.

A SHACL engine needs minutes for a thousand exhibits and takes no offence at custody that cannot have happened. This
looks for what a court would ask: is each item named, sized and hashed, who did what to it and when, does every pointer
lead somewhere.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from headwater.case.check import Problem
from headwater.case.graph_custody import custody_problems
from headwater.case.graph_reading import Vertex, literal, read_graph
from headwater.case.terms import OURS, terms
from headwater.errors import SchemaError
from headwater.model.collecting import collecting_later
from headwater.model.times import parse_instant

FILE: Final = "observable:File"
RECORD: Final = "investigation:ProvenanceRecord"
_HASHES: Final = {
    "MD5": 32,
    "SHA1": 40,
    "SHA224": 56,
    "SHA256": 64,
    "SHA384": 96,
    "SHA512": 128,
    "SHA3224": 56,
    "SHA3256": 64,
    "SHA3384": 96,
    "SHA3512": 128,
}
"""Hex letters of each method, whose names are written without hyphens here."""
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_NUMBERS: Final = frozenset({"integer", "nonNegativeInteger", "positiveInteger", "int", "long", "unsignedInt"})
_PERFORMS: Final = frozenset({"core:IdentityAbstraction", "identity:Identity", "role:Role"})
_AHEAD: Final = timedelta(days=1)
"""A clock of another place may be a day ahead of ours."""
_PATHS: Final = ("observable:filePath", "observable:fileName")


def check_graph(data: bytes, *, file: str, now: datetime) -> list[Problem]:
    """Return what is wrong with a CASE graph; nothing for a sound one.

    Args:
        data: the JSON-LD document.
        file: its name, for errors.
        now: what lies after it has not happened.

    Raises:
        InputError: it cannot be read as a graph.
    """
    with collecting_later():
        return _found(read_graph(data, file=file), now)


def _found(graph: Mapping[str, Vertex], now: datetime) -> list[Problem]:
    found: list[Problem] = []
    for vertex in graph.values():
        plan = _plan(tuple(vertex.values))
        if plan.unknown or vertex.strange or vertex.defined != 1 or not _are_known(vertex.types):
            found.extend(_words(vertex, plan))
        if plan.times or plan.numbers:
            found.extend(_values(vertex, plan, now))
        if plan.links:
            found.extend(_pointers(vertex, plan, graph))
        for rule in _rules_for(vertex.types):
            found.extend(rule(vertex, graph))
    found.extend(custody_problems(graph))
    return list(dict.fromkeys(found))


Rule = Callable[[Vertex, Mapping[str, Vertex]], Iterator[Problem]]


@cache
def _rules_for(kinds: frozenset[str]) -> tuple[Rule, ...]:
    """Return the rules for things of some classes; what is a kind of file (an image, an archive) is a file."""
    above = frozenset().union(*(terms().above.get(kind, frozenset()) for kind in kinds))
    return tuple(rule for kind, rule in _RULES.items() if kind in above)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What there is to look at in a vertex that has some properties: thousands have the same ones."""

    unknown: tuple[str, ...]
    times: tuple[str, ...]
    numbers: tuple[str, ...]
    links: tuple[tuple[str, frozenset[str]], ...]


@cache
def _plan(names: tuple[str, ...]) -> _Plan:
    known = terms()
    ours = [name for name in names if name[0] != "<"]
    return _Plan(
        tuple(name for name in ours if name not in known.data and name not in known.objects),
        tuple(name for name in ours if known.data.get(name) == "dateTime"),
        tuple(name for name in ours if known.data.get(name) in _NUMBERS),
        tuple((name, known.objects[name]) for name in ours if name in known.objects),
    )


@cache
def _are_known(kinds: frozenset[str]) -> bool:
    """Return whether there are classes and `_words` has nothing against them."""
    return bool(kinds) and all(kind[0] == "<" or kind in terms().above for kind in kinds)


def _words(vertex: Vertex, plan: _Plan) -> Iterator[Problem]:
    for name in vertex.strange:
        yield Problem("unknown-property", vertex.ref, f"not a word of any vocabulary: {ascii(name)[1:-1]}")
    for name in plan.unknown:
        yield Problem("unknown-property", vertex.ref, f"CASE 1.5 has no property {ascii(name)[1:-1]}")
    for kind in vertex.types:
        if kind[0] != "<" and kind not in terms().above:
            yield Problem("wrong-kind", vertex.ref, f"CASE 1.5 has no class {ascii(kind)[1:-1]}")
    if vertex.defined and not vertex.types:
        yield Problem("wrong-kind", vertex.ref, "it does not say what it is")
    if vertex.defined > 1:
        yield Problem("reused-id", vertex.ref, "two things bear this name")


def _values(vertex: Vertex, plan: _Plan, now: datetime) -> Iterator[Problem]:
    times: dict[str, datetime] = {}
    for name in plan.times:
        held = vertex.values[name]
        moments = [_moment(value) for value in held]
        if len(held) != 1 or moments[0] is None:
            yield Problem("bad-time", vertex.ref, f"{name} is not one typed time with a zone")
        elif moments[0] > now + _AHEAD:
            yield Problem("bad-time", vertex.ref, f"{name} lies in the future")
        else:
            times[name] = moments[0]
    for begin, start in times.items():
        end = times.get(begin.replace("startTime", "endTime"))
        if end is not None and end < start:
            yield Problem("end-before-start", vertex.ref, "it ended before it began")
    for name in plan.numbers:
        if not all(_is_number(value, terms().data[name]) for value in vertex.values[name]):
            code = "bad-size" if name == "observable:sizeInBytes" else "bad-value"
            yield Problem(code, vertex.ref, f"{name} is no typed whole number")


def _moment(value: object) -> datetime | None:
    text, kind = literal(value)
    if text is None or kind != "dateTime":
        return None
    try:
        return parse_instant(text)
    except SchemaError:
        return None


def _is_number(value: object, kind: str) -> bool:
    text, given = literal(value)
    if text is None or given not in _NUMBERS or not _WHOLE.fullmatch(text):
        return False
    return int(text) >= 0 or kind == "integer"


def _file(vertex: Vertex, graph: Mapping[str, Vertex]) -> Iterator[Problem]:
    facets = [graph[ref] for ref in vertex.pointers("core:hasFacet") if ref in graph]
    sizes = [size for facet in facets for size in facet.texts("observable:sizeInBytes")]
    if not any(name.strip() for facet in facets for name in facet.texts("observable:fileName")):
        yield Problem("no-name", vertex.ref, "a file without a name")
    if not sizes or len(set(sizes)) > 1 or sizes[0].startswith("-"):
        yield Problem("bad-size", vertex.ref, "a file without one size")
    if any(_climbs(path) for facet in facets for name in _PATHS for path in facet.texts(name)):
        yield Problem("bad-path", vertex.ref, "a path that climbs out")
    yield from _hashes(
        vertex, [graph[ref] for each in facets for ref in each.pointers("observable:hash") if ref in graph]
    )


def _climbs(path: str) -> bool:
    return ".." in path and ".." in re.split(r"[/\\]", path)


def _hashes(vertex: Vertex, hashes: list[Vertex]) -> Iterator[Problem]:
    by_method: dict[str, set[str]] = {}
    for one in hashes:
        for method in one.texts("types:hashMethod"):
            by_method.setdefault(_method(method), set()).update(value.lower() for value in one.texts("types:hashValue"))
    if not any(one.texts("types:hashValue") for one in hashes):
        yield Problem("no-hash", vertex.ref, "a file without a hash")
    for method, values in by_method.items():
        if len(values) > 1:
            yield Problem("bad-hash", vertex.ref, f"two values of one {ascii(method)[1:-1]}")


def _hash(vertex: Vertex, _: Mapping[str, Vertex]) -> Iterator[Problem]:
    methods, values = vertex.texts("types:hashMethod"), vertex.values.get("types:hashValue", [])
    if len(methods) != 1 or len(values) != 1:
        yield Problem("bad-hash", vertex.ref, "not one method and one value")
        return
    text, kind = literal(values[0])
    length = _HASHES.get(_method(methods[0]))
    good = text is not None and kind == "hexBinary" and _HEX.fullmatch(text) and len(text) % 2 == 0
    if not good or (length is not None and len(text or "") != length):
        yield Problem("bad-hash", vertex.ref, f"no value of {ascii(methods[0])[1:-1]} in typed hex")


def _method(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _record(vertex: Vertex, _: Mapping[str, Vertex]) -> Iterator[Problem]:
    if not vertex.pointers("core:object"):
        yield Problem("empty-provenance", vertex.ref, "a record of nothing")
    if len(vertex.texts("investigation:exhibitNumber")) != 1:
        yield Problem("exhibit-number", vertex.ref, "not one exhibit number")


def _action(vertex: Vertex, graph: Mapping[str, Vertex]) -> Iterator[Problem]:
    performers = vertex.pointers("action:performer")
    if len(performers) != 1 or len(vertex.values.get("action:performer", ())) != 1:
        yield Problem("performer-not-identity", vertex.ref, "not one person or body did it")
    for ref in performers:
        if ref in graph and not _fits(graph[ref].types, _PERFORMS):
            yield Problem("performer-not-identity", vertex.ref, "what did it is neither a person nor a body")
    if not vertex.values.get("action:startTime"):
        yield Problem("bad-time", vertex.ref, "it does not say when")


_RULES: Final[Mapping[str, Rule]] = {
    FILE: _file,
    "types:Hash": _hash,
    RECORD: _record,
    "investigation:InvestigativeAction": _action,
}


def _pointers(vertex: Vertex, plan: _Plan, graph: Mapping[str, Vertex]) -> Iterator[Problem]:
    for name, wanted in plan.links:
        refs = vertex.pointers(name)
        if len(vertex.values[name]) != len(refs):
            yield Problem("wrong-kind", vertex.ref, f"{name} holds a text where it must lead to a thing")
        for ref in refs:
            target = graph.get(ref)
            if target is None:
                if not ref.startswith(OURS):
                    yield Problem("dangling", vertex.ref, f"{name} leads nowhere")
            elif wanted and name != "action:performer" and not _fits(target.types, wanted):
                yield Problem("wrong-kind", vertex.ref, f"{name} leads to a thing of another kind")


@cache
def _fits(kinds: frozenset[str], wanted: frozenset[str]) -> bool:
    """Return whether a thing of some classes is of a kind that is wanted; a foreign class may be any."""
    above = terms().above
    return any(kind[0] == "<" or not wanted.isdisjoint(above.get(kind, ())) for kind in kinds)
