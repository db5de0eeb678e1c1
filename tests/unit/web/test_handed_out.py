"""Whatever leaves a page bears the handling of what is in it, who, when and why, and the ledger notes what and how much."""

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from headwater.model.ids import FindingId
from headwater.model.times import format_instant
from headwater.node import Node
from headwater.node.pages import charts
from headwater.node.pages.words import Marks
from headwater.web.page import _csv
from headwater.web.pictures import banner_line
from tests.node_world import WRITER, as_user, events, person, read, write_report
from tests.page_world import Browser
from tests.picture_world import SERIES, case_folder, payments, series, ties, watch
from tests.scan_page_world import PERSON, claim, van

pytestmark = pytest.mark.slow

TABLES = (
    *("queue", "finding", "compare", "search", "entity", "entity-timeline", "map", "alerts", "chart", "payments"),
    *("trace", "figures", "series", "lists", "list", "scans", "scan", "case", "timeline"),
)
PICTURES = {
    "entity-map": ("svg",), "entity-timeline": ("svg",), "map": ("svg", "geojson"), "chart": ("svg", "graphml"),
    "trace": ("svg", "graphml"), "series": ("svg",), "timeline": ("svg",),
}  # fmt: skip


@pytest.fixture
def pages(node: Node, analyst: Browser, hits: list[FindingId], tmp_path: Path) -> dict[str, str]:
    """A node with something on every page that is handed out, and the address of each."""
    read(node, "report", write_report(tmp_path / "in", person("p-9", "Marko Izmišljotinović")))
    watch(node, ["boat", "boat"], lane="border")
    alert = watch(node, ["boat", "person-group"])
    lead, tied = payments(node), ties(node)
    series(node)
    claim(node, van(node), "rescue", "person", PERSON)
    with node.view(as_user(node)) as view:
        scan = next(iter(view.records(source="scan"))).id
    urn = case_folder(node, tmp_path / "case")
    return {
        "queue": "/queue", "finding": f"/findings/{alert}", "compare": f"/findings/{tied}/compare",
        "search": analyst.post("/search", {"q": "Izmišljotinović"}).goes_to, "entity": "/entities/p1",
        "entity-map": "/entities/p1?tab=map", "entity-timeline": "/entities/p1?tab=timeline", "map": "/map",
        "alerts": "/alerts", "chart": f"/charts/{charts.make(node, as_user(node), 'p1')}", "payments": "/payments",
        "trace": f"/payments/{lead}", "figures": "/figures", "series": f"/figures/{SERIES}", "lists": "/lists",
        "list": "/lists/uk-csv", "scans": "/scans", "scan": f"/scans/{scan}", "case": f"/cases/{urn}",
        "timeline": f"/timeline/{urn}",
    }  # fmt: skip


def on(address: str, **query: str) -> str:
    """An address with a field more."""
    return address + "".join(f"{'&' if '?' in address else '?'}{name}={value}" for name, value in query.items())


def marked(answer: str) -> set[str]:
    """The codes that a page says are on what it shows: its banner, or row by row where it has none."""
    banner = re.findall(r'class="banner" data-handling="([^"]*)"', answer)
    return {code for line in banner or re.findall(r'data-handling="([^"]*)"', answer) for code in line.split()}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_it_may_be_used_for_and_the_ledger_how_much_left(
    node: Node, analyst: Browser, pages: dict[str, str], name: str
) -> None:
    codes = marked(analyst.get(pages[name]).text)
    told = analyst.get(on(pages[name], export="json")).json
    sheet = analyst.get(on(pages[name], export="csv"))
    head, names, *rows = csv.reader(io.StringIO(sheet.data.decode("utf-8-sig")))
    about = dict(cell.removeprefix("# ").split(": ", 1) for cell in head)
    for said in (told, about):
        words = set(re.split(r"[ ·]+", said["handling"]))
        assert codes <= words, (codes, said["handling"])
        assert (said["who"], said["purpose"], said["node"]) == (WRITER, "oic", node.authority)
        assert said["at"] == format_instant(node.clock.now())
    assert len(rows) == len(told["rows"]) > 0
    assert {key for row in told["rows"] for key in row} == set(names)
    noted = events(node, "page.exported")
    assert [one.detail["format"] for one in noted] == ["json", "csv"]
    assert {one.detail["rows"] for one in noted} == {len(rows)}
    assert {one.who for one in noted} == {WRITER}


@pytest.mark.parametrize(("name", "form"), [(name, form) for name, forms in PICTURES.items() for form in forms])
def test_a_picture_says_so_too(node: Node, analyst: Browser, pages: dict[str, str], name: str, form: str) -> None:
    codes = marked(analyst.get(pages[name]).text)
    answer = analyst.get(on(pages[name], export=form))
    assert answer.status == 200
    text = answer.text if form == "geojson" else " ".join(ET.fromstring(answer.text).itertext())  # noqa: S314 - our own
    if form == "geojson":
        text = " ".join(json.loads(text)["about"].values())
    for said in (*codes, WRITER, "oic", format_instant(node.clock.now())):
        assert said in text, (said, text[-300:])
    assert [one.detail["format"] for one in events(node, "page.exported")] == [form]


def test_a_scan_that_is_taken_along_is_noted_and_one_that_is_looked_at_is_not(
    node: Node, analyst: Browser, pages: dict[str, str]
) -> None:
    assert analyst.get(f"{pages['scan']}/picture.png").status == 200
    assert events(node, "page.exported") == []
    assert analyst.get(f"{pages['scan']}/picture.png?save=1").status == 200
    assert [one.detail["format"] for one in events(node, "page.exported")] == ["png"]


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        (Marks((), (), None, never_onward=False, retain_until=""), "no marking · may pass on to anybody"),
        (Marks(("P",), (), (), never_onward=False, retain_until=""), "P · ask the originator before passing on"),
        (Marks(("P", "X"), (), ("RS", "XK"), never_onward=False, retain_until=""), "P X · may pass on to RS, XK"),
        (Marks(("P",), ("c1", "c2"), None, never_onward=True, retain_until="2027-01-02"), "P · never onward · c1 · c2 · keep until 2027-01-02"),
    ],
)  # fmt: skip
def test_the_line_of_a_page_says_all_that_its_marks_say(marks: Marks, said: str) -> None:
    class Words:
        language = type("English", (), {"gettext": staticmethod(lambda text: text)})

    assert banner_line(Words(), marks) == said  # type: ignore[arg-type] # it asks for words alone


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+A1", "'+A1"), ("-A1", "'-A1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"),
        (" =1+1", "' =1+1"), ("\uff1d1+1", "'\uff1d1+1"), ("\uff0b1", "'\uff0b1"), ("\uff20SUM(A1)", "'\uff20SUM(A1)"),
        ("-12.5", "-12.5"), ("+381", "+381"), ("plain", "plain"), (None, ""), (-3, "-3"), ([1, "a"], '[1, "a"]'),
    ],
)  # fmt: skip
def test_no_cell_is_taken_for_a_formula_and_no_column_is_lost(value: object, cell: str) -> None:
    rows = list(csv.reader(io.StringIO(_csv({"who": "x"}, [{"a": 1}, {"b": value}]).decode("utf-8-sig"), newline="")))
    assert rows[1] == ["a", "b"]
    assert rows[3] == ["", cell]
