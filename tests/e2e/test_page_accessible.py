"""axe-core finds nothing on any page in any language; every page is reached and left by keyboard alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.exercise.scenario import USERS
from headwater.node import Node, findings
from headwater.web.words import LANGUAGES
from tests.e2e.conftest import Played
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, violations

pytestmark = [pytest.mark.e2e, needs_chromium]
WRITER, SUPERVISOR, AUDITOR = USERS["uk"]


@pytest.fixture(scope="module")
def nodes(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    assert played.code == 0, played.out + played.err
    with houses(played.folder, tmp_path_factory.mktemp("accessible") / "homes", keys=("uk",)) as made:
        yield made


@pytest.fixture(scope="module")
def context(chromium: Any) -> Any:
    return chromium.new_context(locale="en-GB")


@pytest.fixture(scope="module")
def paths(nodes: Houses) -> list[str]:
    """Every page with something on it, and some with nothing."""
    with Node.open(nodes.home("uk"), {}) as node:
        shown = findings.every(node, node.session(WRITER, "oic"))
        kinds = {one.finding.kind: one.finding.id for one in shown}
        sent = next(row.id for row in node.exchange.outgoing() if row.kind == "spontaneous")
    return [
        *("/", "/queue", "/queue?state=refer", "/search", "/exchange", "/exchange/new", f"/exchange/{sent}", "/cases"),
        *("/cases/00EX0000126", "/admin", "/help", "/nothing", f"/findings/{kinds['match.screening']}"),
        *(f"/findings/{kinds['match.link']}/compare", "/entities/organiser", "/sign-in"),
        "/exchange/new?entity=organiser&to=RS-MOI@EX-UK-RS-OIC",
        *("/authenticators", "/scans"),
    ]


@pytest.mark.parametrize(
    "tag", [tag if tag in {"en", "sr-Cyrl"} else pytest.param(tag, marks=pytest.mark.deep) for tag in sorted(LANGUAGES)]
)
def test_axe_finds_nothing_on_any_page(nodes: Houses, context: Any, paths: list[str], tag: str, tmp_path: Path) -> None:
    page = context.new_page()
    reader = Reader(page, tmp_path, []).sign_in(nodes.link("uk", WRITER))
    base = reader.page.url.rstrip("/")
    wrong = {}
    for path in paths:
        page.goto(f"{base}{path}{'&' if '?' in path else '?'}lang={tag}")
        found = violations(page)
        if found:
            wrong[path] = found
    page.close()
    assert wrong == {}, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_axe_would_find_what_is_wrong(nodes: Houses, context: Any, tmp_path: Path) -> None:
    page = context.new_page()
    Reader(page, tmp_path, []).sign_in(nodes.link("uk", WRITER))
    page.evaluate("document.getElementById('main').append(document.createElement('input'))")
    assert {one["rule"] for one in violations(page)} == {"label"}
    page.close()


def test_every_page_is_walked_by_keyboard_alone_and_shows_where_it_is(
    nodes: Houses, context: Any, paths: list[str], tmp_path: Path
) -> None:
    page = context.new_page()
    reader = Reader(page, tmp_path, []).sign_in(nodes.link("uk", WRITER))
    base = reader.page.url.rstrip("/")
    for path in paths:
        page.goto(f"{base}{path}")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip", path
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        reached = page.evaluate(
            "[document.activeElement.tagName, !!document.activeElement.closest('main, footer, body')]"
        )
        assert reached[1], path
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert reached[0] == "BODY" or outline != "none", path
    page.close()


def test_small_targets_are_no_smaller_than_24_pixels(
    nodes: Houses, context: Any, paths: list[str], tmp_path: Path
) -> None:
    page = context.new_page()
    reader = Reader(page, tmp_path, []).sign_in(nodes.link("uk", WRITER))
    base = reader.page.url.rstrip("/")
    small = {}
    for path in paths:
        page.goto(f"{base}{path}")
        found = page.evaluate(
            "[...document.querySelectorAll('button, select, summary, input:not([type=hidden])')]"
            ".map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])"
            ".filter(([, box]) => box.width > 0 && (box.height < 24 || box.width < 24)).map(([html]) => html)"
        )
        if found:
            small[path] = found
    page.close()
    assert small == {}
