"""By keyboard alone: how many keys a decision takes, how many are decided in a minute, and the other tasks of a day."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.exercise.scenario import USERS
from tests.e2e.conftest import Played
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, screens

pytestmark = [pytest.mark.e2e, needs_chromium]
WRITER, SUPERVISOR, _ = USERS["uk"]
MANY = 10
MOST_KEYS, MOST_KEYS_BACK = 4, 2
"""Keys beside the letters of the reason."""
LEAST_A_MINUTE = 10


@pytest.fixture(scope="module")
def nodes(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    assert played.code == 0, played.out + played.err
    with houses(played.folder, tmp_path_factory.mktemp("keys") / "homes", keys=("uk",)) as made:
        yield made


class Hands:
    """A reader without a mouse, whose keys are counted."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.keys = 0

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)


@pytest.fixture
def reader(chromium: Any, nodes: Houses, tmp_path: Path) -> Iterator[Reader]:
    context = chromium.new_context(locale="en-GB")
    yield Reader(context.new_page(), screens(tmp_path), []).sign_in(nodes.link("uk", WRITER))
    context.close()


def test_ten_findings_are_decided_in_a_minute_with_four_keys_each_and_two_take_one_back(reader: Reader) -> None:
    page, hands = reader.page, Hands(reader.page)
    base = page.url.rstrip("/")
    page.goto(f"{base}/queue?kind=trace.corridor-fan-in")
    begun = time.monotonic()
    for _ in range(MANY):
        hands.press("j")
        ref = page.evaluate("document.activeElement.dataset.finding")
        hands.press("x")
        page.locator("main[data-page=findings]").wait_for()
        page.locator("#f-reason:focus").wait_for()
        hands.write("Exercise.")
        hands.press("Control+Enter")
        page.locator("p.notice [data-act=next]").wait_for()
        if ref != _last(page):
            raise AssertionError("another finding was decided")
        hands.press("j")
        page.locator("main[data-page=queue]").wait_for()
    minutes = (time.monotonic() - begun) / 60
    told = {"decided": MANY, "keys_each": hands.keys / MANY, "a_minute": round(MANY / minutes, 1)}
    (reader.screens / "keys.json").write_text(json.dumps(told), encoding="utf-8")
    assert hands.keys <= MOST_KEYS * MANY
    assert told["a_minute"] >= LEAST_A_MINUTE, told
    page.goto(f"{base}/findings/{ref}")
    back = Hands(page)
    back.press("z")
    back.write("Hit the wrong key.")
    back.press("Control+Enter")
    page.locator("p.notice [data-act=next]").wait_for()
    assert page.locator("p.facts .tag").first.inner_text() == "open"
    assert back.keys <= MOST_KEYS_BACK


def _last(page: Any) -> str:
    return str(page.locator("article[data-finding]").get_attribute("data-finding"))


def test_a_search_a_chart_and_a_message_are_made_by_keyboard_alone(reader: Reader) -> None:
    page, hands = reader.page, Hands(reader.page)
    base = page.url.rstrip("/")
    page.goto(f"{base}/queue")
    hands.press("/")
    page.locator("main[data-page=search] [name=q]").wait_for()
    hands.press("/")
    hands.write("Биљана Привидјоревић")
    hands.press("Enter")
    page.locator("[data-entity]").first.wait_for()
    _tab_to(hands, "[data-entity] a")
    hands.press("Enter")
    reader.at("entities")
    page.goto(f"{base}/charts?entity=organiser")
    _tab_to(hands, "form[action='/charts'] button")
    hands.press("Enter")
    page.locator("main[data-page=charts] #chart-canvas, main[data-page=charts] svg").first.wait_for()
    page.goto(f"{base}/exchange/new?entity=organiser&to=RS-MOI@EX-UK-RS-OIC")
    _tab_to(hands, "[name=text]")
    hands.write("Exercise, by keyboard")
    _tab_to(hands, "[data-act=preview]")
    hands.press("Enter")
    page.locator("[data-preview]").wait_for()
    _tab_to(hands, "[data-act=send]")
    hands.press("Enter")
    page.locator("article[data-message]").wait_for()


def test_a_case_is_sealed_and_handed_out_by_keyboard_alone(chromium: Any, nodes: Houses, tmp_path: Path) -> None:
    context = chromium.new_context(locale="en-GB")
    reader = Reader(context.new_page(), screens(tmp_path), []).sign_in(nodes.link("uk", SUPERVISOR), "court")
    page, hands = reader.page, Hands(reader.page)
    page.goto(page.url.rstrip("/") + "/cases/00EX0000126")
    _tab_to(hands, "[data-act=seal]")
    hands.press("Enter")
    page.locator("[data-bundle]").first.wait_for()
    _tab_to(hands, "details:has(form[data-form=view]) summary")
    hands.press("Enter")
    _tab_to(hands, "[data-act=view]")
    with page.expect_download() as waiting:
        hands.press("Enter")
    assert waiting.value.suggested_filename.endswith(".zip")
    context.close()


def _tab_to(hands: Hands, selector: str) -> None:
    """Go on with Tab until something that a selector names has the focus."""
    for _ in range(250):
        hands.press("Tab")
        if hands.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} is not reached")
