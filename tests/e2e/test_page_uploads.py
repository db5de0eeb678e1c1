"""A file goes up through Debian's Chromium over a line that is really cut: it goes on where it stopped, also after the page was closed.

The browser finds the page's name at a relay that passes bytes on, counts them, and breaks connections when it is told to.
"""

import hashlib
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from headwater.node import Node, uploads
from headwater.node.pages import casefile
from tests import node_world
from tests.e2e.page_process import CHROMIUM, Houses, Reader, houses, needs_chromium, screens, violations
from tests.node_world import SUPERVISOR, free_port

pytestmark = [pytest.mark.e2e, needs_chromium]
URN = "00EX0000126"
RELAY = "127.0.0.9"
"""Where the browser is told that localhost lies; the node listens on 127.0.0.1 at the same port."""
SIZE = 9_000_000
LATE = 600_000
"""Bytes that a line which lags still holds when it breaks: two seconds of them, a drop each few milliseconds."""
FILE = b"%PDF-1.7\n" + random.Random(4).randbytes(SIZE - 9)


@dataclass
class Relay:
    """Passes bytes between a browser and a node.

    Attributes:
        sent: bytes that went to the node.
        cut_at: breaks everything once so many went, and passes nothing more until `mend`; 0 for never.
        lags: breaks the browser's end, and lets the node have the last of it drop by drop.
    """

    port: int
    sent: int = 0
    cut_at: int = 0
    is_cut: bool = False
    cuts: int = 0
    lags: bool = False
    _open: list[socket.socket] = field(default_factory=list)
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            if self.is_cut:
                _break(near)
                continue
            far = socket.create_connection(("127.0.0.1", self.port))
            with self._gate:
                self._open += [near, far]
            for one, other, counts in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass, args=(one, other, counts), daemon=True).start()

    def mend(self) -> None:
        self.cut_at, self.is_cut = 0, False

    def close(self, spared: socket.socket | None = None) -> None:
        """Let go of every connection."""
        with self._gate:
            for each in self._open:
                if each is not spared:
                    _break(each)
            self._open.clear()

    def _pass(self, one: socket.socket, other: socket.socket, counts: bool) -> None:
        late = b""
        try:
            while data := one.recv(16_384):
                if counts:
                    self.sent += len(data)
                    if self.lags and self.cut_at and self.sent >= self.cut_at - LATE:
                        late += data
                        if self.sent < self.cut_at:
                            continue
                        self._cut(other)
                        _drip(late, other)
                        return
                    if self.cut_at and self.sent >= self.cut_at and not self.is_cut:
                        self._cut()
                        return
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def _cut(self, spared: socket.socket | None = None) -> None:
        self.is_cut, self.lags = True, False
        self.cuts += 1
        self.close(spared)


def _drip(data: bytes, line: socket.socket) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(0, len(data), 1024):
        line.sendall(data[at : at + 1024])
        time.sleep(0.003)
    _break(line)


def _break(line: socket.socket) -> None:
    """Close a connection as a cable does that is pulled out at the other end: with a reset, not with a farewell."""
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        line.close()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    left = tmp_path_factory.mktemp("made")
    ports = {"listen": f"127.0.0.1:{free_port()}", "page": f"127.0.0.1:{free_port()}"}
    node_world.init(left / "uk", **ports)
    with Node.open(left / "uk", {}) as node:
        officer = node.session(SUPERVISOR, "oic")
        matter = {"urn": URN, "operation": "PAPERWORK", "purpose": "investigate-oic", "profile": "cps-dg6"}
        casefile.open_case(node, officer, matter, "k")
        person = {"id": "W1", "category": "witness", "name": "Prudence Quillfeather"}
        casefile.add_rows(node, officer, URN, {"persons": [person]}, "p")
    with houses(left, tmp_path_factory.mktemp("uploads") / "homes", keys=("uk",)) as made:
        yield made


@pytest.fixture
def relay(nodes: Houses) -> Iterator[Relay]:
    port = int(nodes.link("uk", SUPERVISOR).split("/")[2].rpartition(":")[2])
    with socket.create_server((RELAY, port)) as listener:
        made = Relay(port)
        threading.Thread(target=made.serve, args=(listener,), daemon=True).start()
        yield made
        listener.shutdown(socket.SHUT_RDWR)
        made.close()


@pytest.fixture
def reader(nodes: Houses, relay: Relay, tmp_path: Path) -> Iterator[Reader]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        words = ["--no-sandbox", f"--host-resolver-rules=MAP localhost {RELAY}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=words)
        context = browser.new_context(locale="en-GB")
        yield Reader(context.new_page(), screens(tmp_path), []).sign_in(nodes.link("uk", SUPERVISOR))
        browser.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "recording.pdf"
    made.write_bytes(FILE)
    return made


def fill(page: Any, base: str, file: Path, ref: str) -> Any:
    """Open the case's page and fill in the form of an exhibit."""
    page.goto(f"{base}/cases/{URN}")
    form = page.locator("form[data-upload]")
    page.locator("details", has=form).locator("summary").click()
    form.locator("#x-file").set_input_files(file)
    form.locator("#x-ref").fill(ref)
    form.locator("#x-description").fill("a recording")
    form.locator("#x-captured").fill("2026-11-20T08:00:00Z")
    return form


def test_a_line_that_breaks_half_way_and_comes_back_goes_on_by_itself(relay: Relay, reader: Reader, file: Path) -> None:
    page = reader.page
    form = fill(page, page.url.rstrip("/"), file, "CUT/1")
    before = relay.sent
    relay.cut_at = before + SIZE // 2
    form.locator("button").click()
    page.locator("[data-progress] span", has_text="goes on by itself").wait_for()
    reader.show("upload-waits")
    assert violations(page) == []
    relay.mend()
    page.locator("[data-sum]").wait_for(timeout=60_000)
    assert page.locator("[data-sum] code").inner_text() == hashlib.sha256(FILE).hexdigest()
    assert relay.cuts == 1
    # What was on its way when the line broke is sent again; what had come is not.
    assert relay.sent - before < SIZE + 1_500_000


def test_a_page_that_was_closed_half_way_goes_on_when_the_same_file_is_chosen_again(
    relay: Relay, reader: Reader, nodes: Houses, file: Path
) -> None:
    page, base = reader.page, reader.page.url.rstrip("/")
    form = fill(page, base, file, "CUT/2")
    before = relay.sent
    relay.cut_at = before + 2 * SIZE // 3
    form.locator("button").click()
    page.locator("[data-progress] span", has_text="goes on by itself").wait_for()
    context = page.context
    page.close()
    relay.mend()
    page = context.new_page()
    form = fill(page, base, file, "CUT/2")
    form.locator("button").click()
    page.locator("[data-sum]").wait_for(timeout=60_000)
    assert page.locator("[data-sum] code").inner_text() == hashlib.sha256(FILE).hexdigest()
    assert relay.sent - before < SIZE + 1_500_000
    assert list((nodes.home("uk") / uploads.FOLDER).iterdir()) == []


def test_what_still_comes_over_the_line_that_broke_is_not_met_with_a_whole_piece_again(
    relay: Relay, reader: Reader, file: Path
) -> None:
    page = reader.page
    form = fill(page, page.url.rstrip("/"), file, "CUT/4")
    before = relay.sent
    relay.lags, relay.cut_at = True, before + 2 * SIZE // 3
    form.locator("button").click()
    page.locator("[data-progress] span", has_text="goes on by itself").wait_for()
    relay.mend()
    page.locator("[data-sum]").wait_for(timeout=60_000)
    assert page.locator("[data-sum] code").inner_text() == hashlib.sha256(FILE).hexdigest()
    assert relay.cuts == 1
    assert relay.sent - before < SIZE + 1_500_000


def test_a_node_that_is_ended_and_starts_again_goes_on_too(
    relay: Relay, reader: Reader, nodes: Houses, file: Path
) -> None:
    page = reader.page
    form = fill(page, page.url.rstrip("/"), file, "CUT/3")
    before = relay.sent
    relay.cut_at = before + SIZE // 2
    form.locator("button").click()
    page.locator("[data-progress] span", has_text="goes on by itself").wait_for()
    ended = nodes.running.pop()
    ended.kill()
    ended.wait()
    nodes.start("uk")
    nodes.await_page("uk")
    relay.mend()
    page.locator("[data-sum]").wait_for(timeout=60_000)
    assert page.locator("[data-sum] code").inner_text() == hashlib.sha256(FILE).hexdigest()
    assert relay.sent - before < SIZE + 1_500_000
