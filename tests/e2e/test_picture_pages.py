"""Map, charts, alerts, payments, figures, lists and timeline in Debian's Chromium, on nodes of the exercise that run."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from headwater.exercise.scenario import USERS
from tests.e2e.conftest import Played
from tests.e2e.page_process import CHROMIUM, Houses, Reader, houses, needs_chromium, screens, violations

pytestmark = [pytest.mark.e2e, needs_chromium]
Desk = Callable[..., Reader]
LONDON, BELGRADE = USERS["uk"], USERS["rs"]
URN = "00EX0000126"
SERIES = "/figures/frontex-ibc.western-balkan-route?ahead=1"
PATHS = ("/map", "/alerts", "/charts", "/payments", "/figures", SERIES, "/lists", "/lists/uk-csv", f"/timeline/{URN}")
SOFTWARE = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
NO_WEBGL = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis"]


@pytest.fixture(scope="module")
def nodes(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    assert played.code == 0, played.out + played.err
    with houses(played.folder, tmp_path_factory.mktemp("pictures") / "homes") as made:
        yield made


@pytest.fixture(scope="module")
def browsers() -> Iterator[dict[str, Any]]:
    """Chromium twice: one that draws with WebGL in software, one that cannot."""
    with sync_playwright() as playwright:
        made = {
            name: playwright.chromium.launch(executable_path=CHROMIUM, args=args)
            for name, args in (("webgl", SOFTWARE), ("plain", NO_WEBGL))
        }
        yield made
        for browser in made.values():
            browser.close()


@pytest.fixture
def desk(browsers: dict[str, Any], nodes: Houses, tmp_path: Path) -> Iterator[Desk]:
    opened = []
    complaints: list[str] = []

    def sit(key: str, user: str, kind: str = "webgl", **options: Any) -> Reader:
        context = browsers[kind].new_context(locale="en-GB", **options)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Reader(page, screens(tmp_path), complaints).sign_in(nodes.link(key, user), "oic")

    yield sit
    for context in opened:
        context.close()
    assert complaints == [], "the browser has nothing against any page, its policy included"


def go(reader: Reader, path: str) -> None:
    reader.page.goto(reader.page.url.split("/", 3)[0] + "//" + reader.page.url.split("/")[2] + path)


def move(page: Any) -> None:
    """Ask for the map that moves, by keyboard."""
    page.locator("[data-act=move]").focus()
    page.keyboard.press("Enter")
    page.locator("#map-drawing[data-moves]").wait_for()


def move_with_webgl(page: Any) -> None:
    """Ask for the map on WebGL, and wait until it is there."""
    move(page)
    page.locator("[data-act=webgl]").focus()
    page.keyboard.press("Enter")
    page.locator("#map-canvas[data-ready=yes]").wait_for(timeout=60_000)


def shown(page: Any) -> list[float]:
    """The part of the drawing that is shown: left, top, width, height."""
    return [float(one) for one in page.locator("#map-drawing svg svg").get_attribute("viewBox").split()]


def test_the_map_is_drawn_with_rescue_first_and_says_what_was_chosen(desk: Desk) -> None:
    reader = desk("rs", BELGRADE[0])
    page = reader.page
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url))
    go(reader, "/map?view=balkans")
    assert page.locator("#map-drawing > svg").is_visible()
    page.wait_for_load_state("networkidle")
    move(page)
    assert not [one for one in fetched if "maplibre-gl.mjs" in one or "region.json" in one], "until it is asked for"
    page.locator("[data-act=webgl]").click()
    page.locator("#map-canvas[data-ready=yes]").wait_for(timeout=60_000)
    assert not page.locator("#map-drawing").is_visible()
    assert page.evaluate("document.activeElement.closest('#map-canvas') !== null"), "arrow keys move it from here on"
    page.emulate_media(media="print")
    assert page.locator("#map-drawing > svg").is_visible()
    page.emulate_media(media="screen")
    assert "craft in danger" in page.locator("[data-lane=rescue] li").first.inner_text()
    reader.show("map")
    box = page.locator("#map-canvas").bounding_box()
    # 44 N, 19 E in the middle of a map from 13 to 24.5 E: found where the drawing has it.
    left = page.evaluate(
        "(() => { const g = document.querySelector('#map-drawing circle[r=\"10\"]'); return Number(g.getAttribute('cx')) / 960; })()"
    )
    assert 0 < left < 1
    assert box["width"] > 300


@pytest.mark.parametrize("moved", [None, move, move_with_webgl])
def test_the_day_is_chosen_by_typing_and_the_table_follows(desk: Desk, moved: Callable[[Any], None] | None) -> None:
    reader = desk("rs", BELGRADE[0])
    page = reader.page
    go(reader, "/map")
    if moved:
        moved(page)
    assert page.locator("#map-facts tr[data-finding]").count() == 2
    page.locator("#f-day").fill("2020-01-01")
    page.locator("#f-day").dispatch_event("change")
    page.locator("#map-facts .empty").wait_for()
    page.wait_for_url("**day=2020-01-01**")


def test_without_webgl_the_drawing_moves_by_keyboard_buttons_and_mouse(desk: Desk) -> None:
    reader = desk("rs", BELGRADE[0], "plain")
    page = reader.page
    go(reader, "/map")
    whole = shown(page)
    move(page)
    page.locator("[data-act=webgl]").click()
    page.locator("#map-hands [role=status]", has_text="the drawing stays").wait_for()
    assert not page.locator("#map-canvas").is_visible()
    name = page.locator("#map-drawing svg svg > text").first
    height = name.bounding_box()["height"]
    page.keyboard.press("+")
    page.keyboard.press("+")
    left, top, width, tall = shown(page)
    assert width == pytest.approx(whole[2] / 2.25, rel=0.01)
    assert tall / width == pytest.approx(whole[3] / whole[2], rel=0.01)
    assert name.bounding_box()["height"] == pytest.approx(height, rel=0.1), "a name stays as large as it was"
    page.keyboard.press("ArrowRight")
    assert shown(page)[0] > left
    page.locator("#map-drawing").scroll_into_view_if_needed()
    box = page.locator("#map-drawing > svg").bounding_box()
    left, top, *_ = shown(page)
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 140)
    page.mouse.up()
    across, down, width, _ = shown(page)
    assert (left - across, top - down) == pytest.approx(
        (60 * width / box["width"], 40 * width / box["width"]), abs=0.1
    ), "what was under the hand stays under it"
    page.locator("#map-drawing").focus()
    held = page.locator("#map-drawing svg svg").get_attribute("viewBox")
    page.mouse.wheel(0, -100)
    page.locator(f"#map-drawing svg svg:not([viewBox='{held}'])").wait_for()
    assert shown(page)[2] < width
    before = shown(page)
    page.locator("#f-days").fill("5")
    page.locator("#f-days").dispatch_event("change")
    page.wait_for_url("**days=5**")
    assert shown(page) == pytest.approx(before), "other days are shown at the same place"
    page.locator("[data-move=all]").click()
    assert shown(page) == pytest.approx(whole)
    page.locator("#map-drawing svg svg > g").last.click()
    page.locator("#map-told", has_text="danger").wait_for()
    reader.show("map-drawn")
    assert violations(page) == []


def test_a_picture_is_saved_as_png(desk: Desk, tmp_path: Path) -> None:
    reader = desk("rs", BELGRADE[0], "plain")
    go(reader, "/map")
    with reader.page.expect_download() as waiting:
        reader.page.locator("a[data-png]").click()
    waiting.value.save_as(tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_a_chart_is_made_grown_and_moved_by_keyboard_and_keeps_its_places(desk: Desk) -> None:
    reader = desk("uk", LONDON[0])
    page = reader.page
    go(reader, "/charts?entity=veza-1")
    page.locator("form[data-form=chart] button").click()
    page.locator("#chart-canvas[data-ready=yes]").wait_for()
    before = page.locator("tr[data-entity]").count()
    page.get_by_role("button", name="Show next").first.click()
    page.locator("p.notice").wait_for()
    assert page.locator("tr[data-entity]").count() > before
    page.locator("#chart-canvas[data-ready=yes]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#chart-told").inner_text()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowDown")
    moved = json.loads(page.locator("#chart-save [name=places]").input_value())
    page.locator("#chart-save button").click()
    page.locator("#chart-canvas[data-ready=yes]").wait_for()
    held = {
        one["id"]: [one["x"], one["y"]]
        for one in json.loads(page.locator("#chart-canvas").get_attribute("data-graph"))["vertices"]
    }
    [(key, place)] = moved.items()
    assert held[key] == pytest.approx(place, abs=0.01)
    reader.show("chart")


def test_a_lead_in_payments_is_followed_to_its_rows_without_naming_a_payer(desk: Desk) -> None:
    reader = desk("uk", LONDON[0])
    page = reader.page
    go(reader, "/payments?typology=gather-scatter")
    page.locator("tr[data-finding] a").first.click()
    page.locator("tr[data-row]").first.wait_for()
    assert "account 1" in page.locator("main").inner_text()
    assert page.locator("figure svg").first.is_visible()
    reader.show("payments")


def test_every_page_fits_a_narrow_screen_in_albanian_without_any_script(desk: Desk) -> None:
    reader = desk("uk", USERS["uk"][1], viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = reader.page
    for path in PATHS:
        go(reader, f"{path}{'&' if '?' in path else '?'}lang=sq")
        assert page.locator("html").get_attribute("lang") == "sq"
        assert page.locator("main h1").inner_text()
        wide = int(page.evaluate("document.documentElement.scrollWidth"))
        assert wide <= 320, f"{path}: {wide} pixels"
        reader.show(f"narrow{path.partition('?')[0].replace('/', '-')}")


def test_every_page_prints_without_its_controls(desk: Desk) -> None:
    reader = desk("uk", USERS["uk"][1])
    reader.page.emulate_media(media="print")
    for path in PATHS:
        go(reader, path)
        assert not reader.page.locator("header nav").is_visible(), path
        assert reader.page.locator("main h1").is_visible(), path
        assert not reader.page.locator(".canvas:visible").count(), path


def test_axe_finds_nothing_on_any_page_with_a_picture(desk: Desk) -> None:
    reader = desk("uk", USERS["uk"][1])
    page = reader.page
    go(reader, "/charts?entity=veza-1")
    page.locator("form[data-form=chart] button").click()
    page.locator("#chart-canvas[data-ready=yes]").wait_for()
    chart = "/" + page.url.split("/", 3)[3]
    go(reader, "/payments?typology=gather-scatter")
    lead = page.locator("tr[data-finding] a").first.get_attribute("href")
    wrong = {}
    for tag in ("en", "sr-Cyrl"):
        for path in (*PATHS, chart, lead):
            go(reader, f"{path}{'&' if '?' in path else '?'}lang={tag}")
            if found := violations(page):
                wrong[tag, path] = found
    assert wrong == {}
