"""Custody in a CASE graph: what cannot have happened to an exhibit, and exhibits to which nothing happened."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from headwater.case.check import Problem
from headwater.case.graph_reading import Vertex, literal
from headwater.errors import SchemaError
from headwater.model.times import parse_instant

_INVESTIGATION: Final = "investigation:Investigation"
_RECORD: Final = "investigation:ProvenanceRecord"
_ACTION: Final = "investigation:InvestigativeAction"
_TAKES: Final = re.compile(r"seiz|receiv|collect|acquir|acquisition", re.IGNORECASE)
"""What begins custody of a thing; a copy may stand first only where nothing was seized."""
_SEIZES: Final = re.compile(r"seiz", re.IGNORECASE)

_ONE_WAY: Final = re.compile(r"contain|deriv|extract|copy|copied", re.IGNORECASE)
"""Relationships that cannot hold in both directions."""


def custody_problems(graph: Mapping[str, Vertex]) -> list[Problem]:
    """Return what is wrong with the custody of exhibits in a graph."""
    records = [vertex for vertex in graph.values() if _RECORD in vertex.types]
    actions = [vertex for vertex in graph.values() if _ACTION in vertex.types]
    return [
        *_numbers(records),
        *_listed(graph, records),
        *_touched(records, actions),
        *_circles(graph),
        *_informed(graph, actions),
    ]


def _numbers(records: list[Vertex]) -> Iterator[Problem]:
    seen: set[str] = set()
    for record in records:
        for number in record.texts("investigation:exhibitNumber"):
            key = "".join(number.split()).upper()
            if not key:
                yield Problem("exhibit-number", record.ref, "an empty exhibit number")
            elif key in seen:
                yield Problem("exhibit-number", record.ref, "another record bears this exhibit number")
            seen.add(key)


def _listed(graph: Mapping[str, Vertex], records: list[Vertex]) -> Iterator[Problem]:
    matters = [vertex for vertex in graph.values() if _INVESTIGATION in vertex.types]
    held: set[str] = set()
    waiting = [ref for matter in matters for ref in matter.pointers("core:object")]
    while waiting:
        ref = waiting.pop()
        if ref not in held:
            held.add(ref)
            waiting.extend(graph[ref].pointers("core:object") if ref in graph else ())
    for record in records:
        if record.ref not in held:
            yield Problem("unlisted-material", record.ref, "a record outside the investigation")


def _touched(records: list[Vertex], actions: list[Vertex]) -> Iterator[Problem]:
    """Look at the events of each exhibit: there must be one, and none before it was seized."""
    events: dict[str, list[Vertex]] = {}
    for action in actions:
        for ref in {*action.pointers("action:object"), *action.pointers("action:result")}:
            events.setdefault(ref, []).append(action)
    for record in records:
        about = {record.ref, *record.pointers("core:object")}
        mine = {action.ref: action for ref in about for action in events.get(ref, ())}
        if not mine:
            yield Problem("custody-gap", record.ref, "nothing says who had it")
            continue
        taken = [when for action in mine.values() if _named(action, _SEIZES) and (when := _begun(action))]
        for action in mine.values():
            when = _begun(action)
            if taken and when is not None and when < min(taken) and not _named(action, _TAKES):
                yield Problem("custody-order", record.ref, "something happened to it before it was seized")
                break


def _circles(graph: Mapping[str, Vertex]) -> Iterator[Problem]:
    """Find what results from itself, holds itself or informed itself, by however long a way."""
    flows: dict[str, set[str]] = {}
    holds: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    for vertex in graph.values():
        _pass(flows, vertex, "action:object", "action:result")
        _lead(holds, vertex, "core:object", "action:subaction")
        _lead(after, vertex, "investigation:wasInformedBy", "investigation:wasDerivedFrom")
        if any(_ONE_WAY.search(kind) for kind in vertex.texts("core:kindOfRelationship")):
            _pass(after, vertex, "core:source", "core:target")
    for edges, text in ((flows, "it results from itself"), (holds, "it holds itself"), (after, "it follows itself")):
        for ref in _in_circles(edges):
            yield Problem("custody-order", ref, f"a circle: {text}")


def _lead(edges: dict[str, set[str]], vertex: Vertex, *names: str) -> None:
    for name in names:
        if name in vertex.links:
            edges.setdefault(vertex.ref, set()).update(vertex.links[name])


def _pass(edges: dict[str, set[str]], vertex: Vertex, source: str, target: str) -> None:
    """Lead from each source to each target; of many to many by way of the vertex, for a graph of a megabyte could have millions."""
    sources, targets = vertex.pointers(source), vertex.pointers(target)
    if len(sources) > 1 and len(targets) > 1:
        edges.setdefault(vertex.ref, set()).update(targets)
        targets = [vertex.ref]
    for ref in sources:
        edges.setdefault(ref, set()).update(targets)


def _in_circles(edges: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield one vertex of every circle, found by walking each edge once."""
    done: set[str] = set()
    for start in edges:
        path: list[str] = []
        on_path: set[str] = set()
        waiting: list[tuple[str, bool]] = [(start, False)]
        while waiting:
            ref, leaving = waiting.pop()
            if leaving:
                on_path.discard(path.pop())
                done.add(ref)
            elif ref in on_path:
                yield ref
            elif ref not in done:
                path.append(ref)
                on_path.add(ref)
                waiting.append((ref, True))
                waiting.extend((other, False) for other in edges[ref] if other in edges)


def _informed(graph: Mapping[str, Vertex], actions: list[Vertex]) -> Iterator[Problem]:
    for action in actions:
        mine = _begun(action)
        for ref in action.pointers("investigation:wasInformedBy"):
            before = _begun(graph[ref]) if ref in graph else None
            if mine is not None and before is not None and before > mine:
                yield Problem("custody-order", action.ref, "it began before what it follows from")


def _named(action: Vertex, words: re.Pattern[str]) -> bool:
    return any(words.search(name) for name in action.texts("core:name"))


def _begun(action: Vertex) -> datetime | None:
    for value in action.values.get("action:startTime", ()):
        text, _ = literal(value)
        try:
            return parse_instant(text or "")
        except SchemaError:
            return None
    return None
