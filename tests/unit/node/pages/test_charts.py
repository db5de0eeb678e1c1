"""Charts of links: grown, cut, moved and merged by their owner, read anew under the rights of whoever looks."""

import pytest

from headwater.errors import ConflictError, ForbiddenError, SchemaError
from headwater.model.decision import Verb
from headwater.node import Node, findings
from headwater.node.pages import charts
from tests.node_world import SUPERVISOR, as_user
from tests.picture_world import ties


def made(node: Node, key: str = "p1") -> str:
    ties(node)
    return charts.make(node, as_user(node), key)


def test_a_chart_begins_with_an_entity_and_its_neighbours(node: Node) -> None:
    shown = charts.chart(node, as_user(node), made(node))
    assert {vertex.id: vertex.label for vertex in shown.vertices} == {
        "p1": "Izmišljena Osoba", "c1": "NEPOSTOJEĆA DOO", "v1": "ZZ00EXR", "p2": "Измишљена Особа",
    }  # fmt: skip


def test_every_edge_says_who_says_so_and_how_surely(node: Node) -> None:
    shown = charts.chart(node, as_user(node), made(node))
    told = {(edge.a, edge.b): [(tie.kind, tie.by, tie.sure) for tie in edge.ties] for edge in shown.edges}
    assert told["c1", "p1"] == [("Ownership", "UK-NCA", True)]
    assert told["p1", "v1"] == [("named together", "UK-NCA", False)]
    assert told["p1", "p2"] == [("match.link", "link 1", False)]


def test_a_dismissed_finding_ties_nothing(node: Node) -> None:
    ref = ties(node)
    findings.decide(node, as_user(node), ref, Verb.DISMISS, "Two persons.")
    shown = charts.chart(node, as_user(node), charts.make(node, as_user(node), "p1"))
    assert "p2" not in {vertex.id for vertex in shown.vertices}


def test_what_is_hidden_is_not_on_a_chart_and_counts_nowhere(node: Node) -> None:
    shown = charts.chart(node, as_user(node), made(node))
    [first] = [vertex for vertex in shown.vertices if vertex.id == "p1"]
    assert first.more == 0
    assert "x1" not in {vertex.id for vertex in shown.vertices}
    with pytest.raises(ForbiddenError):
        charts.make(node, as_user(node), "x1")


def test_a_hidden_vertex_comes_back_by_expanding_its_neighbour(node: Node) -> None:
    session, ref = as_user(node), made(node)
    charts.hide(node, session, ref, 1, "v1")
    assert "v1" not in {vertex.id for vertex in charts.chart(node, session, ref).vertices}
    assert charts.expand(node, session, ref, 2, "c1") == 1
    assert "v1" in {vertex.id for vertex in charts.chart(node, session, ref).vertices}


def test_what_was_moved_stays_there_when_the_chart_grows(node: Node) -> None:
    session, ref = as_user(node), made(node)
    charts.hide(node, session, ref, 1, "v1")
    charts.move(node, session, ref, 2, {"p1": (7.0, -3.5)})
    charts.expand(node, session, ref, 3, "c1")
    [first] = [vertex for vertex in charts.chart(node, session, ref).vertices if vertex.id == "p1"]
    assert (first.x, first.y, first.pinned) == (7.0, -3.5, True)


def test_a_step_on_an_older_state_is_refused(node: Node) -> None:
    session, ref = as_user(node), made(node)
    charts.rename(node, session, ref, 1, "Another title")
    with pytest.raises(ConflictError):
        charts.hide(node, session, ref, 1, "v1")


def test_a_chart_is_its_makers_alone(node: Node) -> None:
    ref = made(node)
    with pytest.raises(ForbiddenError):
        charts.chart(node, as_user(node, SUPERVISOR), ref)
    assert charts.every(node, as_user(node, SUPERVISOR)) == []


def test_two_charts_are_merged_and_places_stay(node: Node) -> None:
    session, ref = as_user(node), made(node)
    charts.hide(node, session, ref, 1, "v1")
    other = charts.make(node, session, "v1", "The lorry")
    before = {vertex.id: (vertex.x, vertex.y) for vertex in charts.chart(node, session, ref).vertices}
    charts.merge(node, session, ref, 2, other)
    after = {vertex.id: (vertex.x, vertex.y) for vertex in charts.chart(node, session, ref).vertices}
    assert before.items() <= after.items()
    assert "v1" in after


def test_the_shortest_path_between_two_is_found_through_what_is_not_shown(node: Node) -> None:
    session, ref = as_user(node), made(node)
    charts.hide(node, session, ref, 1, "p1")
    assert charts.chart(node, session, ref, ends=("p2", "c1")).path == ("p2", "p1", "c1")


def test_a_chart_that_was_put_away_is_gone(node: Node) -> None:
    session, ref = as_user(node), made(node)
    charts.put_away(node, session, ref, 1)
    assert charts.every(node, session) == []
    with pytest.raises(ForbiddenError):
        charts.chart(node, session, ref)


def test_places_and_titles_that_are_none_are_refused(node: Node) -> None:
    session, ref = as_user(node), made(node)
    with pytest.raises(SchemaError):
        charts.move(node, session, ref, 1, {"p1": (float("inf"), 0.0)})
    with pytest.raises(SchemaError):
        charts.rename(node, session, ref, 1, "\u202eevil")


def test_what_is_kept_of_a_chart_holds_no_name(node: Node) -> None:
    ref = made(node)
    with node.store.snapshot() as snapshot:
        body = snapshot.document(charts.KIND, ref)
    assert body is not None
    assert "Osoba" not in body.decode()
