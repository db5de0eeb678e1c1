"""The graph of a case: what the leak gate is told of it is all that stands in it."""

import json
from collections.abc import Iterator
from pathlib import Path

from headwater.case.custody import chains
from headwater.case.exhibit import ExhibitStatus, reference_key
from headwater.case.graph import Graph
from headwater.case.protected import draw_pseudonyms, shield
from headwater.case.views import exhibit_path
from headwater.model.ids import AuthorityId
from tests.case_world import NOON, VICTIM_NAME, Repeating, made_case

OURS = {"SHA256", "sealed", *ExhibitStatus}
"""Words that the graph itself puts there."""


def texts(value: object) -> Iterator[str]:
    """Yield every text below a vertex, but names, types, numbers, hashes and times."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in {
                "@id",
                "@type",
                "types:hashValue",
                "observable:sizeInBytes",
                "action:startTime",
                "action:endTime",
            }:
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        assert isinstance(value, str)
        yield value


def test_every_text_in_the_graph_is_said_to_the_gate(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case", lambda case: case["custody"][0].update(by="P3", place="an inn"))
    names = draw_pseudonyms(case, Repeating())
    graph = Graph(case, shield(case, names), names)
    by_exhibit = chains(case.custody)
    for exhibit in case.exhibits:
        graph.add_exhibit(exhibit, exhibit_path(exhibit))
        graph.add_custody(exhibit, by_exhibit.get(reference_key(exhibit.ref), ()))
    graph.add_sealing(case.exhibits, AuthorityId("UK-NCA"), NOON)
    found = set(texts(json.loads(graph.as_bytes())["@graph"]))
    said = set(graph.said().decode().split("\n"))
    assert len(found) > 20
    assert found - OURS <= said


def test_two_texts_that_stand_beside_each_other_are_no_name(tmp_path: Path) -> None:
    places = ("node uk", "Zorana", "Kestenović")
    events = [
        {"exhibit": "JS/1", "event": "copied", "by": "P5", "at": f"2026-02-11T0{hour}:00:00Z", "place": place}
        for hour, place in enumerate(places, 5)
    ]
    case = made_case(tmp_path / "case", lambda case: case.update(custody=events))
    names = draw_pseudonyms(case, Repeating())
    guard = shield(case, names)
    graph = Graph(case, guard, names)
    graph.add_exhibit(case.exhibits[0], exhibit_path(case.exhibits[0]))
    graph.add_custody(case.exhibits[0], case.custody)
    assert not guard.finds(graph.said())
    assert guard.finds(graph.said() + f" {VICTIM_NAME}".encode())
