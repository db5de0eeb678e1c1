"""A scan in Debian's Chromium: a van with a person in it beside its earlier empty pass, read, found, looked into by keyboard."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from headwater.exercise.vehicles.scenes import Machine, later_pass, make_scene, render, with_item
from headwater.formats.scan_write import neutral_tiff
from headwater.model.scan import ImageKind
from headwater.node import Node, scan, scan_keep
from headwater.web.words import LANGUAGES
from tests import node_world
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, screens, violations
from tests.node_world import WRITER

pytestmark = [pytest.mark.e2e, needs_chromium]
Desk = Callable[..., Reader]
SEED = 4


def passes(folder: Path) -> list[Path]:
    """One van twice, as a portal would have it: first empty, then with a person in it."""
    draw = np.random.default_rng(SEED)
    machine = Machine(name="test", mm=5.0)
    empty = make_scene("van", draw, machine, loaded="empty")
    later = later_pass(empty, draw)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, scene in (("first", empty), ("later", with_item(later, "person", draw))):
        made = render(scene, machine, draw)
        meta = replace(made.meta, image_kind=ImageKind.OPERATIONAL, plate="ZZ00TST", dose_usv=0.1)
        files.append(folder / f"{name}.tif")
        files[-1].write_bytes(neutral_tiff(made.pixels, meta))
    return files


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    left = tmp_path_factory.mktemp("made")
    ports = {"listen": f"127.0.0.1:{node_world.free_port()}", "page": f"127.0.0.1:{node_world.free_port()}"}
    home = node_world.init(left / "uk", **ports)
    using = scan.watching(None, 0.05, None)
    with Node.open(home, {}) as node:
        session = node.session(WRITER, "border-safety")
        for file in passes(left / "in"):
            scan_keep.keep_files(node, session, [file], using)
    with houses(left, tmp_path_factory.mktemp("scans") / "homes", keys=("uk",)) as made:
        yield made


@pytest.fixture
def desk(chromium: Any, nodes: Houses, tmp_path: Path) -> Iterator[Desk]:
    opened = []
    complaints: list[str] = []

    def sit(**options: Any) -> Reader:
        context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}, **options)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Reader(page, screens(tmp_path), complaints).sign_in(nodes.link("uk", WRITER), "border-safety")

    yield sit
    for context in opened:
        context.close()
    assert complaints == [], "the browser has nothing against any page, its policy included"


def from_the_queue(reader: Reader) -> Any:
    """Open the scan of the first finding of the queue, which is that of a person."""
    page = reader.page
    page.goto(page.url.rstrip("/") + "/queue")
    first = page.locator("[data-finding]").first
    assert "Life in danger" in first.inner_text()
    first.locator("a", has_text="Open the scan").click()
    page.locator("[data-viewer][data-ready]").wait_for()
    return page


def seen(page: Any) -> Any:
    """What stands on the canvas, as the screen has it."""
    data = page.locator("figure:not([data-reference]) canvas").screenshot()
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), int)


def test_a_scan_is_looked_into_by_keyboard_beside_its_reference(desk: Desk) -> None:
    reader = desk()
    page = from_the_queue(reader)
    assert page.locator("[data-rescue-look]").count() == 1
    assert page.locator("figure[data-reference] canvas").is_visible()
    assert page.locator("[data-plain]").count() == 0, "the node draws nothing for a browser that draws itself"
    reader.show("scan")
    field = page.locator("[data-field]").first
    field.focus()
    states = [page.locator("[data-viewer]").get_attribute("data-ready")]
    whole = seen(page)
    assert whole.std() > 20, "something is drawn"
    for key in ("n", "w", "l", "m", "+"):
        page.keyboard.press(key)
        page.locator(f'[data-viewer]:not([data-ready="{states[-1]}"])').wait_for()
        states.append(page.locator("[data-viewer]").get_attribute("data-ready"))
    assert np.abs(seen(page) - whole).mean() > 5, "the picture has changed"
    reader.show("scan-close")
    assert page.locator("figure:not([data-reference]) [data-told]").inner_text().startswith("1 ")
    page.keyboard.press("0")
    page.locator('[data-viewer][data-ready^="grey 1.00"]').wait_for()
    page.locator("input[type=number][data-set=window]").fill("0.5")
    page.locator('[data-viewer][data-ready$=" 0.50"]').wait_for()
    assert np.abs(seen(page) - whole).mean() > 5


def test_every_tool_of_the_viewer_does_what_it_says(desk: Desk) -> None:
    page = from_the_queue(desk())
    viewer, field = page.locator("[data-viewer]"), page.locator("[data-field]").first

    def ready(*wanted: str) -> None:
        page.locator("".join(f"[data-viewer][data-ready$='{one}']" for one in wanted)).wait_for()

    for name, state in (("thin", "1.00 0.60 1.20"), ("thick", "1.00 4.00 4.00"), ("all", "1.00 3.00 6.00")):
        page.locator(f"[data-do={name}]").click()
        ready(state)
    field.focus()
    for key, state in (
        ("l", "3.10 6.00"), ("k", "3.00 6.00"), ("w", "3.00 6.90"), ("e", "3.00 6.00"),
        ("+", "1.25 3.00 6.00"), ("+", "1.56 3.00 6.00"), ("-", "1.25 3.00 6.00"),
    ):  # fmt: skip
        page.keyboard.press(key)
        ready(state)
    page.keyboard.press("m")
    page.locator("[data-viewer][data-ready^='grey 1.25']").wait_for()
    page.locator("[data-set=boxes]").uncheck()
    here = seen(page).mean(axis=2)
    for there, back, axis in (("ArrowLeft", "ArrowRight", 1), ("ArrowUp", "ArrowDown", 0)):
        field.focus()
        page.keyboard.press(there)
        page.wait_for_timeout(200)
        moved = seen(page).mean(axis=2)
        shift = round(0.08 * here.shape[axis])
        assert (
            np.abs(np.roll(here, shift, axis) - moved)[60:-60, 60:-60].mean()
            < np.abs(here - moved)[60:-60, 60:-60].mean()
        )
        page.keyboard.press(back)
        page.wait_for_timeout(200)
        assert np.abs(seen(page).mean(axis=2) - here).mean() < 1
    page.keyboard.press("i")
    page.wait_for_timeout(200)
    assert np.corrcoef(seen(page).mean(axis=2).ravel(), here.ravel())[0, 1] < -0.3, "light is dark"
    page.keyboard.press("i")
    page.keyboard.press("b")
    page.wait_for_timeout(200)
    assert page.locator("[data-set=boxes]").is_checked()
    assert np.abs(seen(page).mean(axis=2) - here).mean() > 0.05, "the boxes are there again"
    field.hover()
    page.mouse.wheel(0, -100)
    ready("1.56 3.00 6.00")
    box = field.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 250, box["y"] + 180)
    page.keyboard.up("Shift")
    page.mouse.up()
    ready("1.56 2.80 6.50")
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.keyboard.up("Shift")
    page.wait_for_timeout(200)
    assert viewer.get_attribute("data-ready").endswith("1.56 2.80 6.50"), "let go of, it stays"


def test_material_colours_are_told_from_grey(desk: Desk) -> None:
    page = from_the_queue(desk())
    colour = seen(page)
    page.locator("[data-set=mode]").select_option("grey")
    page.locator('[data-viewer][data-ready^="grey"]').wait_for()
    page.locator("[data-set=boxes]").uncheck()
    page.locator("[data-do=in]").click()
    page.locator('[data-viewer][data-ready^="grey 1.25"]').wait_for()
    grey = seen(page)
    assert np.ptp(colour, axis=2).mean() > 4 * np.ptp(grey, axis=2).mean()
    assert (np.ptp(grey, axis=2) < 30).mean() > 0.95


def test_outside_the_rescue_queue_the_person_is_blurred_on_the_screen(desk: Desk) -> None:
    reader = desk()
    page = from_the_queue(reader)
    page.locator("[data-set=boxes]").uncheck()
    page.locator("[data-go]").first.click()
    page.locator("[data-viewer]:not([data-ready*=' 1.00 '])").wait_for()
    sharp = seen(page)
    page.goto(page.url.partition("?")[0])
    page.locator("[data-viewer][data-ready]").wait_for()
    assert page.locator("[data-blurred]").count() == 1
    page.locator("[data-set=boxes]").uncheck()
    page.locator("[data-go]").first.click()
    page.locator("[data-viewer]:not([data-ready*=' 1.00 '])").wait_for()
    reader.show("scan-blurred")
    middle = (slice(100, -100), slice(300, -300))
    assert edges(seen(page)[middle]) < edges(sharp[middle]) / 2


def edges(picture: Any) -> float:
    return float(np.abs(np.diff(picture, axis=1)).mean() + np.abs(np.diff(picture, axis=0)).mean())


def test_without_scripts_the_node_draws_the_picture(desk: Desk) -> None:
    reader = desk(java_script_enabled=False)
    page = reader.page
    page.goto(page.url.rstrip("/") + "/scans")
    page.locator("tr[data-scan] a").first.click()
    picture = page.locator("[data-plain]").first
    picture.wait_for()
    assert not page.locator("[data-tools]").is_visible()
    assert picture.bounding_box()["height"] > 100
    reader.show("scan-plain")


def test_where_the_pixels_do_not_come_the_nodes_picture_stands_there(desk: Desk) -> None:
    reader = desk()
    page = reader.page
    page.route("**/pixels**", lambda route: route.fulfill(status=200, body=b""))
    page.route("**/materials**", lambda route: route.abort())
    reader.complaints.clear()
    page.goto(page.url.rstrip("/") + "/scans")
    page.locator("tr[data-scan] a").first.click()
    page.locator("[data-viewer][data-ready=picture]").wait_for()
    page.locator("figure > img").first.wait_for()
    assert not page.locator("[data-tools]").is_visible()
    assert all("ERR_FAILED" in one for one in reader.complaints)
    reader.complaints.clear()


def test_the_picture_is_saved_and_the_ledger_knows(desk: Desk, nodes: Houses, tmp_path: Path) -> None:
    page = from_the_queue(desk())
    with page.expect_download() as waiting:
        page.locator("a[href*='save=1']").first.click()
    waiting.value.save_as(tmp_path / "scan.png")
    assert cv2.imread(str(tmp_path / "scan.png")) is not None
    with Node.open(nodes.home("uk"), {}) as node, node.store.snapshot() as snapshot:
        told = [leaf.event for leaf in snapshot.leaves() if leaf.event is not None]
    assert ("scan", "png") in {(one.subject, one.detail["format"]) for one in told if one.kind == "page.exported"}
    assert {one.detail["what"] for one in told if one.kind == "look.scan"} >= {"page", "pixels", "materials", "picture"}


@pytest.mark.parametrize(
    "tag", [tag if tag == "sr-Cyrl" else pytest.param(tag, marks=pytest.mark.deep) for tag in sorted(LANGUAGES)]
)
def test_axe_finds_nothing_on_the_pages_of_scans(desk: Desk, tag: str) -> None:
    page = from_the_queue(desk())
    base = page.url.split("/scans")[0]
    found = {}
    for path in (page.url.removeprefix(base), "/scans"):
        page.goto(f"{base}{path}{'&' if '?' in path else '?'}lang={tag}")
        if path != "/scans":
            page.locator("[data-viewer][data-ready]").wait_for()
        found[path] = violations(page)
    assert [one for one in found.values() if one] == []


def test_the_page_stands_on_a_narrow_screen(desk: Desk) -> None:
    page = from_the_queue(desk())
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
