"""Lists of cases and of one's own charts leave the page as files, with who, when and why, and the ledger notes it."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, EntityKey, FindingId
from headwater.model.record import PROTECTED, Mention, Origin, PersonCategory, Record
from headwater.node import Node, findings, runs
from headwater.node.pages import sharing
from tests.node_world import AUDITOR, GUARDIAN, LONDON, as_user, events, person, read, write_report
from tests.page_world import Browser, browser
from tests.picture_world import HANDLING, add_records, watch

pytestmark = pytest.mark.slow  # a node of its own for each test


@pytest.mark.parametrize("path", ["/cases", "/charts", "/scans", "/lists", "/payments", "/exchange", "/queue"])
def test_a_list_is_handed_out_as_a_sheet_and_as_json(node: Node, analyst: Browser, path: str) -> None:
    if path == "/cases":
        analyst.post("/cases", {"urn": "00EX0000126", "operation": "LISTED", "profile": "cps-dg6", "key": "k"})
    sheet, told = analyst.get(f"{path}?export=csv"), analyst.get(f"{path}?export=json")
    assert (sheet.status, told.status) == (200, 200)
    assert "# who: " in sheet.text
    assert told.json["who"]
    if path == "/cases":
        assert "00EX0000126" in sheet.text
        assert len(told.json["rows"]) == 1
    assert [one.detail["format"] for one in events(node, "page.exported")] == ["csv", "json"]
    assert analyst.get(f"{path}?export=exe").status == 400


@pytest.mark.parametrize("path", ["/cases", "/charts", "/exchange", "/admin", "/audit"])
def test_a_list_of_what_the_node_itself_did_or_has_says_that_it_is_the_houses_alone(
    node: Node, analyst: Browser, path: str
) -> None:
    whose = browser(node, AUDITOR, "audit") if path == "/audit" else analyst
    assert whose.get(f"{path}?export=json").json["handling"] == "UK-NCA · never onward"
    assert "# handling: UK-NCA · never onward" in whose.get(f"{path}?export=csv").text


SHEETS = {
    "finding": "/findings/{finding}",
    "compare": "/findings/{finding}/compare",
    "partners": "/admin",
    "entity": "/entities/{entity}",
    "alerts": "/alerts",
    "map": "/map",
    "figures": "/figures",
    "list": "/lists/uk-csv",
}


@pytest.mark.parametrize("name", SHEETS)
def test_what_stands_in_a_table_on_any_page_is_handed_out(
    node: Node, analyst: Browser, hits: list[FindingId], name: str
) -> None:
    path = SHEETS[name].format(finding=hits[0], entity=listed(node))
    for form in ("csv", "json"):
        answer = analyst.get(f"{path}?export={form}")
        assert answer.status == 200, (path, answer.text)
        assert f'attachment; filename="{name}-' in answer.headers["content-disposition"]
        assert "o.reed" in answer.text
    assert [one.detail["format"] for one in events(node, "page.exported")] == ["csv", "json"]


WHOLE = " · never onward · nobody is told before the raid · keep until 2027-01-31"
STRICT = replace(
    HANDLING,
    conditions=frozenset({"nobody is told before the raid"}),
    never_onward=True,
    retain_until=date(2027, 1, 31),
)


@pytest.mark.parametrize("name", ["finding", "compare", "queue", "alerts", "map"])
def test_an_export_bears_all_that_the_handling_of_one_finding_in_it_says(
    node: Node, analyst: Browser, hits: list[FindingId], name: str
) -> None:
    watch(node, ["boat"])  # its handling leaves more open
    alert = watch(node, ["boat"] * 2, place=(50.0, 0.0), handling=STRICT)
    with node.view(as_user(node)) as view:
        [first] = [one for one in view.findings() if one.id == hits[0]]
    two_sides = replace(first, score=0.6, handling=STRICT)
    findings.keep(node, as_user(node), [two_sides], runs.Noted("screen", "1", "{}"))
    path = {
        "finding": f"/findings/{alert}",
        "compare": f"/findings/{two_sides.id}/compare",
        "queue": "/queue",
        "alerts": "/alerts",
        "map": "/map",
    }[name]
    assert analyst.get(f"{path}?export=json").json["handling"].endswith(WHOLE)
    assert WHOLE in analyst.get(f"{path}?export=csv").text.splitlines()[0]


@pytest.mark.parametrize("codes", [{"P"}, set[str]()], ids=["with a code", "without any"])
@pytest.mark.parametrize("name", ["entity", "search"])
def test_an_export_bears_all_that_the_handling_of_one_record_in_it_says(
    node: Node, analyst: Browser, name: str, codes: set[str]
) -> None:
    key = EntityKey("p-1")
    given = Record(
        origin=Origin(LONDON, "report"),
        handling=replace(STRICT, codes=frozenset(codes)),
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(key, "name", "Zvonimir Nikadić"),),
    )
    add_records(node, given)
    path = "/entities/p-1" if name == "entity" else analyst.post("/search", {"q": "Zvonimir Nikadić"}).goes_to
    line = " ".join(codes) or "no marking"
    assert analyst.get(f"{path}?export=json").json["handling"] == f"{line}{WHOLE}"
    assert f"{line}{WHOLE}" in analyst.get(f"{path}?export=csv").text.splitlines()[0]
    assert "may pass on to anybody" not in analyst.get(path).text


def listed(node: Node) -> str:
    """The key of a thing on the list."""
    with node.view(as_user(node, purpose="sanctions")) as view:
        return next(m.key for one in view.records() for m in one.mentions if m.schema == "Person")


def test_a_list_of_things_is_handed_out_as_ftm_and_what_may_not_leave_stays(
    node: Node, analyst: Browser, tmp_path: Path
) -> None:
    read(node, "report", write_report(tmp_path / "in", person("p-1", "Marko Izmišljotinović")))
    token = analyst.post("/search", {"q": "Izmišljotinović"}).goes_to
    found = {hit["id"] for hit in analyst.get(f"{token}?format=json").json["rows"]}
    assert "p-1" in found
    assert len(found) == 2
    answer = analyst.get(f"{token}?export=ftm")
    assert answer.status == 200, answer.text
    ids = {json.loads(line)["id"] for line in answer.text.splitlines()}
    assert "p-1" not in ids  # its marking asks for an agreement
    assert found - {"p-1"} <= ids
    assert events(node, "page.exported")[-1].detail == {"format": "ftm", "rows": 1, "held": 1}
    page = analyst.get("/lists/uk-csv?export=ftm")
    assert page.status == 200
    assert len({json.loads(line)["id"] for line in page.text.splitlines()}) >= 2


@pytest.mark.parametrize("category", list(PersonCategory))
def test_a_record_of_a_protected_person_stays_even_where_its_handling_lets_it_leave(
    category: PersonCategory,
) -> None:
    person_key = EntityKey("p")
    free = Record(
        origin=Origin(AuthorityId("UK-NCA"), "report"),
        handling=UNRESTRICTED,
        mentions=(Mention(person_key, "Person", category),),
        facts=(Fact(person_key, "name", "Zvonimir Nikadić"),),
    )
    assert sharing._is_free(free) is (category not in PROTECTED)


def test_nothing_that_may_not_leave_is_an_empty_file(node: Node, analyst: Browser, tmp_path: Path) -> None:
    read(node, "report", write_report(tmp_path / "in", person("p-1", "Zvonimir Nikadić")))
    token = analyst.post("/search", {"q": "Zvonimir Nikadić"}).goes_to
    answer = analyst.get(f"{token}?export=ftm")
    assert (answer.status, "rule release" in answer.text) == (403, True)
    assert events(node, "page.exported") == []


def test_who_may_not_release_takes_no_ftm_along(node: Node) -> None:
    reader = browser(node, GUARDIAN)
    token = reader.post("/search", {"q": "Izmišljotinović"}).goes_to
    assert "export=ftm" not in reader.get(token).text
    assert reader.get(f"{token}?export=ftm").status == 403
