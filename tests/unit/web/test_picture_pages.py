"""The pages with pictures over HTTP: page, twin and every export, each with its handling, noted, and refused by field."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.node import Node
from headwater.node.pages import charts
from headwater.testing.fakes import FakeClock
from tests.node_world import SUPERVISOR, WRITER, as_user, events
from tests.page_world import Browser, browser
from tests.picture_world import SERIES, case_folder, parsed, payments, series, ties, watch

pytestmark = pytest.mark.slow


@pytest.fixture
def full(node: Node, tmp_path: Path) -> dict[str, str]:
    """A node with something on every page; the address of each page."""
    watch(node, ["boat", "boat"], lane="border")
    watch(node, ["boat", "person-group"])
    lead = payments(node)
    ties(node)
    series(node)
    chart = charts.make(node, as_user(node), "p1")
    return {
        "map": "/map", "alerts": "/alerts", "charts": f"/charts/{chart}", "payments": "/payments", "trace": f"/payments/{lead}",
        "figures": "/figures", "series": f"/figures/{SERIES}", "lists": "/lists", "list": "/lists/uk-csv",
        "timeline": f"/timeline/{case_folder(node, tmp_path / 'case')}",
    }  # fmt: skip


PAGES = ("map", "alerts", "charts", "payments", "trace", "figures", "series", "lists", "list", "timeline")
SVGS = ("map", "charts", "trace", "series", "timeline")


@pytest.mark.parametrize("name", PAGES)
def test_each_page_has_a_handling_line_a_twin_and_nothing_inline(
    analyst: Browser, full: dict[str, str], name: str
) -> None:
    answer = analyst.get(full[name])
    assert answer.status == 200
    assert re.search(r'<main id="main" data-page="(map|alerts|charts|payments|figures|lists|timeline)"', answer.text)
    assert 'class="banner" data-handling=' in answer.text
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)| style=|\bon[a-z]+=", answer.text)
    twin = analyst.get(f"{full[name]}?format=json").json
    rows = twin.get("rows") or twin["vertices"]
    assert rows
    assert all("id" in row for row in rows if name != "list" or row)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_written_as_csv_and_json_with_who_when_and_why(
    node: Node, analyst: Browser, full: dict[str, str], name: str
) -> None:
    table = analyst.get(f"{full[name]}?export=csv")
    assert table.status == 200
    assert WRITER in table.text.splitlines()[0]
    told = analyst.get(f"{full[name]}?export=json").json
    assert (told["who"], told["purpose"]) == (WRITER, "oic")
    assert told["rows"]
    assert len(events(node, "page.exported")) == 2


@pytest.mark.parametrize("name", SVGS)
def test_each_picture_is_well_formed_and_bears_its_handling_line(
    node: Node, analyst: Browser, full: dict[str, str], name: str
) -> None:
    answer = analyst.get(f"{full[name]}?export=svg")
    root = parsed(answer.text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    line = " ".join("".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text"))
    assert f"{WRITER} · oic" in line
    assert [event.detail["format"] for event in events(node, "page.exported")] == ["svg"]
    assert answer.headers["content-disposition"].endswith('.svg"')


def test_the_map_gives_geojson_in_which_people_have_no_track(analyst: Browser, full: dict[str, str]) -> None:
    told = analyst.get("/map?export=geojson").json
    assert told["about"]["who"] == WRITER
    lines = [one for one in told["features"] if one["geometry"]["type"] == "LineString"]
    assert [one["properties"]["lane"] for one in lines] == ["border"]
    assert told["features"][-1]["properties"]["layer"] == "rescue"


@pytest.mark.parametrize("path", ["charts", "trace"])
def test_graphs_are_written_as_graphml_that_another_reader_takes(
    analyst: Browser, full: dict[str, str], path: str
) -> None:
    import rustworkx

    answer = analyst.get(f"{full[path]}?export=graphml")
    file = Path(analyst.app.site.node.home) / "x.graphml"
    file.write_bytes(answer.data)
    [graph] = rustworkx.read_graphml(str(file))
    assert graph.num_nodes() >= 3
    assert graph.num_edges() >= 3
    assert graph.attrs["who"] == WRITER


def test_lines_on_which_states_differ_are_dashed_with_a_footnote(analyst: Browser, full: dict[str, str]) -> None:
    text = analyst.get("/map?view=balkans").text
    assert "without prejudice to positions on status" in text
    assert "Kosovo*" in text
    assert 'stroke-dasharray="5 3"' in text
    analyst.language = "sr-Latn"
    assert "Kosovo*" in analyst.get("/map?view=balkans").text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/map?day=yesterday", "day"), ("/map?days=0", "days"), ("/map?layer=people", "layer"), ("/map?box=1,2,3", "box"),
        ("/map?view=moon", "view"), ("/alerts?state=lost", "state"), ("/payments?page=99", "page"),
        ("/payments?typology=x", "typology"), (f"/figures/{SERIES}?as_of=soon", "as_of"), ("/figures/none", "series"),
        ("/lists/uk-csv?page=99", "page"), ("/map?export=exe", "export"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_named(analyst: Browser, full: dict[str, str], path: str, field: str) -> None:
    answer = analyst.get(path)
    assert answer.status == 400
    assert field in answer.text


@pytest.mark.parametrize("path", ["/charts/none", "/payments/fnd-none", "/lists/none", "/timeline/none"])
def test_what_there_is_not_is_answered_alike(analyst: Browser, full: dict[str, str], path: str) -> None:
    assert analyst.get(path).status == 404
    assert "none" not in re.sub(r"<(link|script|select).*?>", "", analyst.get(path).text)


def test_a_chart_is_worked_on_by_forms_alone(node: Node, analyst: Browser, full: dict[str, str]) -> None:
    path = full["charts"]
    assert analyst.post(path, {"version": "1", "act": "hide", "vertex": "v1"}).status == 303
    assert analyst.post(path, {"version": "2", "act": "expand", "vertex": "c1"}).goes_to.endswith("?done=1")
    places = json.dumps({"p1": [1.5, 2]})
    assert analyst.post(path, {"version": "3", "act": "move", "places": places}).status == 303
    assert analyst.post(path, {"version": "3", "act": "hide", "vertex": "v1"}).status == 409
    [first] = [one for one in analyst.get(f"{path}?format=json").json["vertices"] if one["id"] == "p1"]
    assert (first["x"], first["y"]) == (1.5, 2.0)


@pytest.mark.parametrize(
    "places", ["[", "[1]", '{"p1": 3}', '{"p1": [1, "x"]}', '{"nobody": [1, 2]}', '{"p1": [1e400, 0]}']
)
def test_places_that_are_none_are_refused(analyst: Browser, full: dict[str, str], places: str) -> None:
    assert analyst.post(full["charts"], {"version": "1", "act": "move", "places": places}).status in {400, 404}


def test_a_chart_goes_into_a_case_as_a_picture(node: Node, analyst: Browser, full: dict[str, str]) -> None:
    from headwater.node import cases

    urn = full["timeline"].rpartition("/")[2]
    before = len(cases.get(node, urn).strays)
    answer = analyst.post(full["charts"], {"version": "1", "act": "case", "case": urn})
    assert answer.status == 303, answer.text
    assert len(cases.get(node, urn).strays) == before + 1


def test_a_list_that_is_stale_by_its_own_date_is_not_said_to_be_helped_by_reading_it_again(
    node: Node, clock: FakeClock
) -> None:
    clock.move(timedelta(days=9))
    reader = browser(node, WRITER)
    for path in ("/lists", "/lists/uk-csv"):
        assert "etch it, or read its newest edition" in reader.get(path).text


def test_somebody_elses_chart_is_answered_like_none(node: Node, full: dict[str, str]) -> None:
    other = browser(node, SUPERVISOR)
    assert other.get(full["charts"]).data == other.get("/charts/none").data


def test_text_of_others_stays_text_in_page_and_picture(node: Node, analyst: Browser) -> None:
    from headwater.model.fact import Fact
    from headwater.model.ids import EntityKey
    from headwater.model.record import Mention, Origin, Record
    from tests.node_world import LONDON
    from tests.picture_world import HANDLING, add_records

    evil = '"><script>alert(1)</script>\x00\u202e'.replace("\x00", "")
    key = EntityKey(evil)
    record = Record(
        origin=Origin(LONDON, "evil"), handling=HANDLING, mentions=(Mention(key, "Company"),), facts=(Fact(key, "name", evil),)
    )  # fmt: skip
    add_records(node, record)
    made = charts.make(node, as_user(node), evil, "A title")
    for query in ("", "?export=svg", "?export=graphml"):
        text = analyst.get(f"/charts/{made}{query}").text
        assert "<script>alert" not in text
    parsed(analyst.get(f"/charts/{made}?export=svg").text)
    parsed(analyst.get(f"/charts/{made}?export=graphml").text)
