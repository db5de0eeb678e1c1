"""A thing's places and moments bear originator, grade and handling; nobody is put on a map."""

from pathlib import Path
from typing import Any

import pytest

from headwater.model.ids import EntityKey, FindingId
from headwater.node import Node, users
from headwater.node.pages.entity import entity_page
from headwater.node.pages.entity_tabs import span_of
from headwater.node.users import User
from tests.node_world import WRITER, as_user, events, person, read, write_report
from tests.page_world import Browser

pytestmark = pytest.mark.slow  # a node of its own for each test

YARD = {
    "key": "yard", "schema": "Address",
    "properties": {"full": ["Izmišljena 1"], "latitude": ["44.81"], "longitude": ["20.46"]},
}  # fmt: skip
FIRM = {
    "key": "firm", "schema": "Company",
    "properties": {"name": ["Nepostoj d.o.o."], "addressEntity": ["yard"], "incorporationDate": ["2019-03"]},
}  # fmt: skip


def tell(node: Node, folder: Path, *entities: dict[str, Any], **changes: Any) -> None:
    read(node, "report", write_report(folder, *entities, **changes))


def test_a_firm_stands_where_its_address_is_with_origin_grade_and_handling(
    node: Node, analyst: Browser, tmp_path: Path
) -> None:
    tell(node, tmp_path / "in", FIRM, YARD)
    page = analyst.get("/entities/firm?tab=map")
    assert page.status == 200
    for word in ("Izmišljena 1", "44.81000, 20.46000", "UK-NCA", "1/B", 'data-handling="OFFICIAL P"', "<svg"):
        assert word in page.text, word
    [row] = analyst.get("/entities/firm?tab=map&format=json").json["rows"]
    assert (row["entity"], row["lat"], row["fact"]["originator"]) == ("yard", 44.81, "UK-NCA")
    assert analyst.get("/entities/yard?tab=map&format=json").json["rows"][0]["id"] == row["id"]


def test_only_whoever_may_read_the_ledger_sees_who_looked(node: Node, tmp_path: Path) -> None:
    tell(node, tmp_path / "in", FIRM, YARD)
    users.add(node.store, as_user(node, WRITER, "operation"), User("both", frozenset({"analyst", "auditor"})))
    assert entity_page(node, as_user(node), EntityKey("firm")).looks is None
    looks = entity_page(node, as_user(node, "both", "oic"), EntityKey("firm")).looks
    assert {look.who for look in looks or ()} == {WRITER}


def test_nobody_is_put_on_a_map(node: Node, analyst: Browser, tmp_path: Path) -> None:
    home = {"key": "p-1", **person("p-1", "Ivo Izmišljenić")}
    home["properties"] = {"name": ["Ivo Izmišljenić"], "addressEntity": ["yard"]}
    tell(node, tmp_path / "in", home, YARD)
    page = analyst.get("/entities/p-1?tab=map").text
    assert "People are put on no map" in page
    assert "20.46" not in page
    assert analyst.get("/entities/p-1?tab=map&format=json").json["rows"] == []
    assert [row["entity"] for row in analyst.get("/entities/yard?tab=map&format=json").json["rows"]] == ["yard"]


def test_dates_stand_on_the_axis_and_two_that_cannot_both_be_true_say_so(
    node: Node, analyst: Browser, tmp_path: Path
) -> None:
    tell(node, tmp_path / "one", FIRM)
    other = {**FIRM, "properties": {**FIRM["properties"], "incorporationDate": ["2021-05-04"]}}  # type: ignore[dict-item]
    tell(node, tmp_path / "two", other, reference="EX/UK/18", recorded_at="2026-11-25T09:00:00Z")
    rows = analyst.get("/entities/firm?tab=timeline&format=json").json["rows"]
    dated = [row for row in rows if row["lane"] == "dates"]
    assert [(row["at"][:10], row["until"][:10]) for row in dated] == [
        ("2019-03-01", "2019-03-31"),
        ("2021-05-04", "2021-05-04"),
    ]
    assert all(row["conflict"] and row["by"] == "UK-NCA" and "1/B" in row["grade"] for row in dated)
    assert [row["at"] for row in rows if row["lane"] == "recorded"] == ["2026-11-25T08:00:00Z", "2026-11-25T09:00:00Z"]
    assert "seen otherwise" in analyst.get("/entities/firm?tab=timeline").text


def test_what_was_claimed_and_decided_about_a_thing_stands_on_its_axis(
    node: Node, analyst: Browser, hits: list[FindingId]
) -> None:
    page = analyst.get(f"/findings/{hits[0]}")
    form = {"verb": "confirm", "reason": "seen", "version": page.field("version"), "key": page.field("key")}
    analyst.post(f"/findings/{hits[0]}/decide", form)
    with node.view(as_user(node, purpose="sanctions")) as view:
        key = next(subject for subject in view.finding(hits[0]).subjects if not subject.startswith("query:"))
    rows = analyst.get(f"/entities/{key}?tab=timeline&format=json").json["rows"]
    assert [row["lane"] for row in rows if row["link"] == f"/findings/{hits[0]}"] == ["findings", "decisions"]


@pytest.mark.parametrize("tab", ["map", "timeline"])
@pytest.mark.parametrize("form", ["csv", "json", "svg"])
def test_a_tab_is_handed_out_with_its_handling_and_noted(
    node: Node, analyst: Browser, tmp_path: Path, tab: str, form: str
) -> None:
    tell(node, tmp_path / "in", FIRM, YARD)
    answer = analyst.get(f"/entities/firm?tab={tab}&export={form}")
    assert answer.status == 200
    assert "OFFICIAL P" in answer.text
    assert "o.reed" in answer.text
    assert events(node, "page.exported")[-1].detail["format"] == form
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="entity-{tab}')


def test_a_hidden_thing_has_no_tabs_and_an_unknown_tab_is_refused(analyst: Browser) -> None:
    answers = {analyst.get(f"/entities/nobody{tab}").data for tab in ("", "?tab=map", "?tab=timeline")}
    assert len(answers) == 1
    assert analyst.get("/entities/nobody?tab=face").status == 400


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("1999-05-06", "1999-05-06", "1999-05-06"),
    ],
)
def test_a_date_told_less_exactly_is_a_stretch(value: str, first: str, last: str) -> None:
    span = span_of(value)
    assert span is not None
    assert (span[0].date().isoformat(), span[1].date().isoformat()) == (first, last)


@pytest.mark.parametrize("value", ["", "0000", "2024-13", "2024-02-30", "yesterday", "2024-1-1"])
def test_what_is_no_date_stands_on_no_axis(value: str) -> None:
    assert span_of(value) is None


def test_the_tabs_lead_to_each_other(node: Node, analyst: Browser, tmp_path: Path) -> None:
    tell(node, tmp_path / "in", FIRM, YARD)
    for tab in ("", "?tab=map", "?tab=timeline"):
        text = analyst.get(f"/entities/{EntityKey('firm')}{tab}").text
        assert all(f'data-tab="{name}"' in text for name in ("facts", "map", "timeline"))
        assert text.count('aria-current="page"') >= 1
