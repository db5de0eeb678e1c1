"""In a language two fifths longer than English, every page still fits a narrow screen, and no word is cut off."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.node import Node, screening, signin
from headwater.testing.fakes import FakeClock
from headwater.web import app
from headwater.web.app import Address, page_app
from headwater.web.partner import serve
from tests import node_world
from tests.e2e.page_process import needs_chromium
from tests.node_world import WRITER, as_user, free_port, person, read, write_list, write_report
from tests.pseudo_world import PSEUDO

pytestmark = [pytest.mark.e2e, needs_chromium]
CUT = """
[...document.querySelectorAll("main *, header *")].filter((one) => {
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  return box.width > 2 && box.height > 2 && style.overflowX === "hidden" && one.scrollWidth > one.clientWidth + 1
    && one.textContent.trim() && !one.closest("svg, .quiet, .scroll, details:not([open])");
}).map((one) => one.outerHTML.slice(0, 120))
"""
WIDE = """
[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > 321 && !one.closest(".scroll, svg"))
  .map((one) => `${one.tagName} ${one.className} ${one.id} ${Math.round(one.getBoundingClientRect().right)}`).slice(0, 12)
"""
PATHS = (
    *(
        "/",
        "/queue",
        "/search",
        "/exchange",
        "/exchange/new",
        "/cases",
        "/cases/00EX0000126",
        "/admin",
        "/help",
        "/map",
    ),
    *("/alerts", "/charts", "/payments", "/scans", "/figures", "/lists", "/entities/p-1", "/entities/p-1?tab=timeline"),
    "/authenticators",
)


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A page in the language that nobody speaks, behind a real socket, and a ticket for it."""
    home = node_world.init(tmp_path / "uk")
    with node_world.node_at(home, FakeClock()) as node:
        _fill(node, tmp_path)
        monkeypatch.setattr(app, "language", lambda _: PSEUDO)
        port, stop = free_port(), threading.Event()
        made = page_app(node, Address(host="127.0.0.1", port=port))
        thread = threading.Thread(target=serve, args=(made, "127.0.0.1", port), kwargs={"stop": stop})
        thread.start()
        try:
            yield f"http://localhost:{port}/sign-in?ticket={signin.ticket(node, WRITER)}"
        finally:
            made.site.pulse.stopping.set()
            stop.set()
            thread.join()


def _fill(node: Node, folder: Path) -> None:
    names = ["Marko Izmišljotinović", "Ana Nepostojić"]
    read(node, "uk", write_list(folder / "in", names))
    queries = [{"id": name, "name": name, "birth_date": "1975-04-02"} for name in names]
    screening.at_node(node, as_user(node, WRITER, "sanctions"), screening.Asked(queries))
    read(node, "report", write_report(folder / "report", person("p-1", "Ivo Izmišljenić")))


def test_long_words_break_no_page(address: str, chromium: Any) -> None:
    context = chromium.new_context(locale="en-GB", viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(address)
    page.locator("#p-oic").check()
    page.locator("form[data-form=login] button").click()
    page.locator("main[data-page=start]").wait_for()
    base = page.url.rstrip("/")
    page.goto(f"{base}/cases")
    page.locator("[name=urn]").fill("00EX0000126")
    page.locator("[name=operation]").fill("PSEUDO")
    page.locator("form[data-form=decide] button").click()
    page.locator("main[data-page=cases]").wait_for()
    wrong = {}
    for path in PATHS:
        page.goto(base + path)
        width, cut = page.evaluate("document.documentElement.scrollWidth"), page.evaluate(CUT)
        if width > 320 or cut:
            wrong[path] = width, cut, page.evaluate(WIDE)
    context.close()
    assert wrong == {}
