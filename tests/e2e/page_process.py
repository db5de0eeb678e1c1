"""The pages of the exercise's three nodes as processes, and a browser without a screen that walks through them."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from headwater.node import Node, signin

CHROMIUM = "/usr/bin/chromium"
needs_chromium = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Debian's package chromium")
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
VIOLATIONS = (
    "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map("
    "one => ({rule: one.id, at: one.nodes.map(node => node.html).slice(0, 3)})))"
)
KEYS = ("uk", "rs", "xk")
PATIENCE_S = 60.0
SCREENS = "PAGE_SCREENS"


@dataclass
class Houses:
    """Three nodes that run, each from a copy of what the exercise left."""

    folder: Path
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def home(self, key: str) -> Path:
        return self.folder / key

    def link(self, key: str, user: str) -> str:
        """A link that signs a user in once."""
        with Node.open(self.home(key), {}) as node:
            return signin.address(node, signin.ticket(node, user))

    def start(self, key: str) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
        with (self.folder / f"{key}-page.log").open("ab") as log:
            words = [sys.executable, "-m", "headwater", "node", "serve", "--home", str(self.home(key))]
            self.running.append(
                subprocess.Popen(
                    words, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
                )
            )

    def await_page(self, key: str) -> None:
        with Node.open(self.home(key), {}) as node:
            address = node.settings.page_address
        assert address is not None
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            line = HTTPConnection("127.0.0.1", address[1], timeout=5)
            try:
                line.request("GET", "/sign-in", headers={"Host": f"localhost:{address[1]}"})
                if line.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
            finally:
                line.close()
        raise AssertionError((self.folder / f"{key}-page.log").read_text())


@contextmanager
def houses(left: Path, folder: Path, keys: tuple[str, ...] = KEYS) -> Iterator[Houses]:
    """Three nodes with their pages, from copies of what an exercise left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    for key in keys:
        shutil.copytree(left / key, folder / key)
    made = Houses(folder)
    try:
        for key in keys:
            made.start(key)
        for key in keys:
            made.await_page(key)
        yield made
    finally:
        for process in made.running:
            process.send_signal(signal.SIGTERM)
        for process in made.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class Reader:
    """One officer at one node's page; whatever the browser's console says against the page is kept."""

    page: Any
    screens: Path
    complaints: list[str]

    def sign_in(self, link: str, purpose: str = "oic") -> "Reader":
        self.page.goto(link)
        self.page.locator(f"#p-{purpose}").check()
        self.page.locator("form[data-form=login] button").click()
        self.page.locator("main[data-page=start]").wait_for()
        return self

    def show(self, name: str) -> None:
        """Keep a picture of the page."""
        self.page.screenshot(path=str(self.screens / f"{name}.png"), full_page=True)

    def at(self, page: str) -> None:
        """Wait until a page is there."""
        self.page.locator(f"main[data-page={page}]").wait_for()


def violations(page: Any) -> list[dict[str, Any]]:
    """What axe-core finds wrong on a page: the rule, and the first places."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(VIOLATIONS)
    return found


def screens(folder: Path) -> Path:
    """Where pictures are kept: the folder that the environment names, else the test's own."""
    made = Path(os.environ.get(SCREENS) or folder)
    made.mkdir(parents=True, exist_ok=True)
    return made


@contextmanager
def reading(nodes: Houses, user: str, folder: Path, purpose: str = "oic") -> Iterator[Reader]:
    """Yield an officer of London at its page, in a browser of their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with watched(browser, folder / "screens", "never") as made:
            yield made.sign_in(nodes.link("uk", user), purpose)
        browser.close()


@contextmanager
def watched(chromium: Any, folder: Path, expected: str) -> Iterator[Reader]:
    """Yield a reader with a page of its own; at the end the console must hold nothing but what a pattern expects."""
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Reader(page, screens(folder), complaints)
    context.close()
    assert [one for one in complaints if not re.search(expected, one)] == [], "the policy of content included"
