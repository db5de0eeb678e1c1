"""Places of a chart's vertices."""

import random

import pytest

from headwater.engines.trace.layout import layout
from headwater.errors import SchemaError

STAR = [("hub", f"leaf{number}") for number in range(12)]
PAIRS = [("a", "b"), ("c", "d"), ("d", "e")]
NAMES = sorted({name for pair in STAR + PAIRS for name in pair} | {"alone"})


def test_another_order_of_the_same_graph_gives_the_same_picture() -> None:
    edges = STAR + PAIRS
    first = layout(NAMES, edges)
    shuffled, turned = list(NAMES), [(b, a) for a, b in edges]
    random.Random(3).shuffle(shuffled)
    random.Random(4).shuffle(turned)
    assert layout(shuffled + shuffled[:3], turned + turned[:2]) == first


def test_what_has_a_place_keeps_it_when_more_comes() -> None:
    before = layout(["hub", "leaf0", "leaf1"], STAR[:2])
    after = layout(NAMES, STAR + PAIRS, before)
    assert {name: after[name] for name in before} == before


def test_vertices_that_come_later_lie_near_those_they_are_tied_to() -> None:
    after = layout(["hub", "far", "new"], [("hub", "new")], {"hub": (10.0, 10.0), "far": (-40.0, 0.0)})
    assert abs(after["new"][0] - 10) + abs(after["new"][1] - 10) < 6


def test_parts_without_a_tie_do_not_overlap() -> None:
    made = layout(NAMES, STAR + PAIRS)
    star = [made[name] for name in ("hub", *(f"leaf{number}" for number in range(12)))]
    box = (min(x for x, _ in star), max(x for x, _ in star), min(y for _, y in star), max(y for _, y in star))
    for name in ("a", "b", "c", "d", "e", "alone"):
        x, y = made[name]
        assert not (box[0] <= x <= box[1] and box[2] <= y <= box[3])


def test_no_two_vertices_share_a_place() -> None:
    made = layout(NAMES, STAR + PAIRS)
    assert len(set(made.values())) == len(NAMES)


def test_an_empty_chart_has_no_places() -> None:
    assert layout([], []) == {}


def test_an_edge_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(SchemaError):
        layout(["a"], [("a", "b")])


def test_a_place_that_is_no_number_is_refused() -> None:
    with pytest.raises(SchemaError):
        layout(["a"], [], {"a": (float("nan"), 0.0)})
