"""Lists of cases and of one's own charts leave the page as files, with who, when and why, and the ledger notes it."""

import pytest

from headwater.node import Node
from tests.node_world import events
from tests.page_world import Browser

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
