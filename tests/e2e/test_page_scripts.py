"""What the page's scripts do where a browser lacks something, and what a hand on the map's slider does: through Debian's Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.node import Node
from tests import node_world, picture_world
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, reading, violations
from tests.node_world import WRITER, free_port

pytestmark = [pytest.mark.e2e, needs_chromium]

# What a browser of old lacks; and waits of seconds are short ones, for nothing here is about how long they are.
WITHOUT_EVENTS = """
delete window.EventSource;
const later = window.setTimeout;
window.setTimeout = (act, ms, ...more) => later(act, ms > 5000 ? 100 : ms, ...more);
"""


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Houses]:
    left = tmp_path / "made"
    left.mkdir()
    ports = {"listen": f"127.0.0.1:{free_port()}", "page": f"127.0.0.1:{free_port()}"}
    node_world.init(left / "uk", **ports)
    with Node.open(left / "uk", {}) as node:
        picture_world.watch(
            node, ["boat"] * 2500
        )  # one a minute: from the evening of 1 March to the afternoon of the 3rd
    with houses(left, tmp_path / "homes", keys=("uk",)) as made:
        yield made


@pytest.fixture
def reader(nodes: Houses, tmp_path: Path) -> Iterator[Reader]:
    with reading(nodes, WRITER, tmp_path) as made:
        yield made


def test_a_browser_without_events_asks_now_and_then_and_tells_what_is_new(nodes: Houses, reader: Reader) -> None:
    page = reader.page
    exchange = f"{page.url.rstrip('/')}/exchange"
    page.goto("about:blank")  # the page that was signed in at has its events still
    page.add_init_script(WITHOUT_EVENTS)
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(exchange)
    page.locator("#live[data-heard]").wait_for(state="attached")
    assert page.locator("#live").inner_text() == ""
    with Node.open(nodes.home("uk"), {}) as node:
        picture_world.watch(node, ["boat"] * 5, place=(200.0, 0.0))
    page.locator("#live", has_text="A rescue alert has come in.").wait_for(timeout=15_000)
    assert "pulse" in asked
    assert "events" not in asked
    page.locator("#live a").click()
    reader.at("queue")


def test_the_slider_is_another_hand_on_the_day_and_renews_table_drawing_and_address(reader: Reader) -> None:
    page = reader.page
    page.goto(f"{page.url.rstrip('/')}/map?days=1")
    reader.at("map")
    slider, day = page.locator("#day-slider"), page.locator("#f-day")
    assert (slider.get_attribute("max"), slider.input_value(), day.input_value()) == ("2", "2", "2026-03-03")
    rows = page.locator("#map-facts").inner_html()
    slider.focus()
    page.keyboard.press("Home")
    assert day.input_value() == slider.get_attribute("aria-valuetext") == "2026-03-01"
    page.wait_for_url("**/map?*day=2026-03-01*")
    assert page.locator("#map-facts").inner_html() != rows, "two hours of that evening"
    assert "day=2026-03-01" in str(page.locator("#map-exports a").first.get_attribute("href"))
    assert "day=2026-03-01" in str(page.locator("#map-canvas").get_attribute("data-source"))
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/map?*day=2026-03-02*")
    day.fill("2026-03-03")
    day.dispatch_event("change")
    page.wait_for_url("**/map?*day=2026-03-03*")
    assert slider.input_value() == "2"
    assert page.locator("#map-facts").inner_html() == rows
    day.fill("2026-04-30")  # beyond what was seen: the slider stays where it is
    day.dispatch_event("change")
    page.wait_for_url("**/map?*day=2026-04-30*")
    assert slider.input_value() == "2"
    assert violations(page) == []
    reader.show("map-slider")
