"""The tour: one officer's and one disclosure officer's way through the pages, a picture of each, and what each weighs.

`make tour` keeps the pictures and a page that shows them in a row. What is asserted here does not depend on how busy the machine
is: bytes, requests, shifts of what is drawn. Times of drawing are written down beside them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from headwater.exercise.scenario import USERS
from headwater.node import Node, findings
from tests.e2e.conftest import Played
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, screens, violations

pytestmark = [pytest.mark.e2e, needs_chromium]
WRITER, SUPERVISOR, _ = USERS["uk"]
URN: Final = "00EX0000126"
WATCH: Final = """
window.__seen = {shift: 0, blocked: 0, longest: 0, drawn: 0};
const watch = (type, act) => new PerformanceObserver((list) => list.getEntries().forEach(act)).observe({type, buffered: true});
watch("layout-shift", (one) => { if (!one.hadRecentInput) window.__seen.shift += one.value; });
watch("largest-contentful-paint", (one) => { window.__seen.drawn = one.startTime; });
watch("longtask", (one) => {
  window.__seen.blocked += Math.max(0, one.duration - 50);
  window.__seen.longest = Math.max(window.__seen.longest, one.duration);
});
"""
STOPS: Final = {
    "start": ("/", "What waits, clocks, receipts, what is stale."),
    "queue": ("/queue", "A life in danger stands first; what is ticked is taken on, ranked or dismissed together."),
    "finding": ("/findings/{screening}", "The claim, what speaks for and against, and on what it rests."),
    "compare": ("/findings/{link}/compare", "Two sides, line by line."),
    "search": ("/search", "Any script, any spelling; no name stands in an address."),
    "entity": ("/entities/organiser", "Every fact with origin, grade and handling."),
    "entity-timeline": ("/entities/organiser?tab=timeline", "When it was, was written down, claimed, decided, told."),
    "map": ("/map", "What was seen, in cells; rescue on top; lines take no side."),
    "exchange": ("/exchange", "In, out, clocks, receipts."),
    "preview": ("/exchange/new?entity=organiser&to=RS-MOI@EX-UK-RS-OIC", "The partner will see exactly this."),
    "case": (f"/cases/{URN}", "What stands in a case, and what it lacks."),
    "timeline": (f"/timeline/{URN}", "A case on one axis, with gaps and conflicts."),
    "lists": ("/lists", "Editions in force, and how old they are."),
    "figures": ("/figures", "Counts of routes, by edition."),
    "admin": ("/admin", "Keys, partners, agreements in words."),
    "help": ("/help", "Keys and words."),
}
KINDS: Final = {"map": "map", "timeline": "chart", "entity-timeline": "chart", "figures": "chart"}


@dataclass
class Weight:
    """What one page weighs when nothing of it is known yet; the font apart."""

    bytes: int = 0
    gz: int = 0
    js_gz: int = 0
    requests: int = 0
    urls: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def nodes(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    assert played.code == 0, played.out + played.err
    with houses(played.folder, tmp_path_factory.mktemp("tour") / "homes", keys=("uk",)) as made:
        yield made


@pytest.fixture(scope="module")
def paths(nodes: Houses) -> Mapping[str, str]:
    with Node.open(nodes.home("uk"), {}) as node:
        kinds = {one.finding.kind: one.finding.id for one in findings.every(node, node.session(WRITER, "oic"))}
    told = {"screening": kinds["match.screening"], "link": kinds["match.link"]}
    return {name: path.format(**told) for name, (path, _) in STOPS.items()}


@pytest.fixture(scope="module")
def reader(chromium: Any, nodes: Houses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.add_init_script(WATCH)
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield Reader(page, screens(tmp_path_factory.mktemp("pictures")), complaints).sign_in(nodes.link("uk", WRITER))
    context.close()
    assert complaints == []


def weigh(reader: Reader, url: str) -> tuple[Weight, dict[str, float]]:
    """Open a page with an empty cache, and return what came and how it was drawn."""
    link = reader.page.context.new_cdp_session(reader.page)
    found = Weight()
    link.send("Network.enable")
    link.send("Network.clearBrowserCache")
    link.on("Network.responseReceived", lambda one: found.urls.update({one["requestId"]: one["response"]["url"]}))

    def came(one: dict[str, Any]) -> None:
        path = found.urls.get(one["requestId"], "")
        if path.startswith(("data:", "blob:")) or path.endswith((".woff2", "/events")):
            return
        found.requests += 1
        found.gz += one["encodedDataLength"]
        found.js_gz += one["encodedDataLength"] if path.endswith((".js", ".mjs")) else 0

    link.on("Network.loadingFinished", came)
    link.on("Network.dataReceived", lambda one: _add(found, one))
    reader.page.goto(url, wait_until="load")
    reader.page.wait_for_timeout(300)
    seen: dict[str, float] = reader.page.evaluate("window.__seen")
    link.detach()
    return found, seen


def _add(found: Weight, one: dict[str, Any]) -> None:
    if not found.urls.get(one["requestId"], "").endswith((".woff2", "/events")):
        found.bytes += one["dataLength"]


def test_every_stop_of_the_tour_is_shown_and_weighs_no_more_than_its_budget(
    reader: Reader, paths: Mapping[str, str], shared: Path
) -> None:
    budgets = json.loads((shared / "data" / "web" / "budgets.json").read_text(encoding="utf-8"))["kinds"]
    base = reader.page.url.rstrip("/")
    over, table = {}, {}
    for number, (name, path) in enumerate(paths.items(), start=1):
        weight, seen = weigh(reader, base + path)
        assert reader.page.locator("main[data-page=error]").count() == 0, path
        reader.show(f"{number:02d}-{name}")
        budget = budgets[KINDS.get(name, "text")]
        told = {
            "bytes": weight.bytes, "gz": weight.gz, "requests": weight.requests, "js_gz": weight.js_gz,
            "layout_shift": seen["shift"],
        }  # fmt: skip
        table[name] = told | {key: round(seen[key]) for key in ("drawn", "blocked", "longest")}
        if heavy := {key: (value, budget[key]) for key, value in told.items() if value > budget[key]}:
            over[name] = heavy
    (reader.screens / "weights.json").write_text(json.dumps(table, indent=1), encoding="utf-8")
    _write_index(reader.screens)
    assert over == {}


def test_the_measure_would_see_a_page_that_is_too_heavy_and_jumps(reader: Reader) -> None:
    reader.page.route(
        "**/help",
        lambda route: route.fulfill(
            body="<body><p>a</p>" + "x" * 300_000 + "<script>setTimeout(() => {}, 0)</script>",
            content_type="text/html",
        ),
    )
    weight, _ = weigh(reader, reader.page.url.split("/", 3)[0] + "//" + reader.page.url.split("/")[2] + "/help")
    reader.page.unroute("**/help")
    assert weight.bytes > 250_000


def test_axe_finds_nothing_on_tabs_triage_exhibits_and_schedules(nodes: Houses, chromium: Any, tmp_path: Path) -> None:
    context = chromium.new_context(locale="en-GB")
    reader = Reader(context.new_page(), screens(tmp_path), []).sign_in(nodes.link("uk", SUPERVISOR))
    page, base = reader.page, reader.page.url.rstrip("/")
    wrong = {}
    for path in (
        *("/queue", "/entities/organiser?tab=map", "/entities/organiser?tab=timeline", f"/cases/{URN}"),
        *(f"/cases/{URN}/schedules/{form}" for form in ("mg6c", "mg6d", "mg6e", "dmd")),
    ):
        for tag in ("en", "sq"):
            page.goto(f"{base}{path}{'&' if '?' in path else '?'}lang={tag}")
            page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
            if found := violations(page):
                wrong[path, tag] = found
        reader.show(path.strip("/").replace("/", "-").replace("?", "-"))
    context.close()
    assert wrong == {}


def test_several_are_taken_on_and_ranked_and_the_page_says_so(nodes: Houses, chromium: Any, tmp_path: Path) -> None:
    context = chromium.new_context(locale="en-GB")
    reader = Reader(context.new_page(), screens(tmp_path), []).sign_in(nodes.link("uk", WRITER))
    page = reader.page
    page.goto(page.url.rstrip("/") + "/queue?state=all")
    ticks = page.locator("input[name=finding]")
    for number in range(2):
        ticks.nth(number).check()
    page.locator("[data-act=take]").click()
    assert "2 findings were sorted." in page.locator("p.notice").inner_text()
    assert page.locator(f'[data-owner="{WRITER}"]').count() == 2
    for number in range(2):
        ticks.nth(number).check()
    page.locator("#b-priority").select_option("high")
    page.locator("#b-label").select_option("for-briefing")
    page.locator("[data-act=rank]").click()
    assert page.locator("[data-priority=high]").count() == 2
    reader.show("queue-sorted")
    context.close()


def test_an_exhibit_is_uploaded_with_and_without_scripts_and_a_wrong_one_is_refused(
    nodes: Houses, chromium: Any, tmp_path: Path
) -> None:
    good, wrong = tmp_path / "note.txt", tmp_path / "note.pdf"
    good.write_text("A delivery note, invented.\n", encoding="utf-8")
    wrong.write_bytes(b"MZ" + bytes(500))
    for scripts in (True, False):
        context = chromium.new_context(locale="en-GB", java_script_enabled=scripts)
        reader = Reader(context.new_page(), screens(tmp_path), []).sign_in(nodes.link("uk", SUPERVISOR))
        page = reader.page
        page.goto(page.url.rstrip("/") + f"/cases/{URN}")
        form = page.locator("form[data-upload]")
        page.locator("details", has=form).locator("summary").click()
        form.locator("#x-ref").fill(f"TOUR/{int(scripts)}")
        form.locator("#x-description").fill("a delivery note")
        form.locator("#x-captured").fill("2026-11-20T08:00:00Z")
        form.locator("#x-file").set_input_files(wrong)
        form.locator("button").click()
        told = page.locator("[data-refused], [data-status]").first
        told.wait_for()
        assert "headwater case add" in told.inner_text()
        if not scripts:
            page.go_back()
            page.locator("details", has=form).locator("summary").click()
            form.locator("#x-ref").fill("TOUR/0")
            form.locator("#x-description").fill("a delivery note")
            form.locator("#x-captured").fill("2026-11-20T08:00:00Z")
        form.locator("#x-file").set_input_files(good)
        form.locator("button").click()
        page.locator("[data-sum]").wait_for()
        assert page.locator(f'[data-item="TOUR/{int(scripts)}"]').count() == 1
        reader.show(f"exhibit-{int(scripts)}")
        context.close()


def _write_index(folder: Path) -> None:
    """Write a page that shows the pictures in a row, each with its sentence."""
    rows = [
        f'<figure><img src="{number:02d}-{name}.png" alt="{said}" width="960"><figcaption>{number}. {said}</figcaption></figure>'
        for number, (name, (_, said)) in enumerate(STOPS.items(), start=1)
    ]
    text = "\n".join(["<!doctype html><html lang=en><meta charset=utf-8><title>Tour</title><h1>Tour</h1>", *rows])
    (folder / "index.html").write_text(text, encoding="utf-8")
