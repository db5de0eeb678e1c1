"""Whole pages as each kind of reader sees them: every word, link, form, field and mark of them, line by line.

A button that is shown without its right, a value that was hidden, a word that says something else differs from the file beside
this one. What is drawn or made by hashing is called by the order in which a page shows it; pictures are told by their words.
"""

import difflib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from headwater.node import Node
from headwater.testing.fakes import FakeClock
from headwater.web import statics
from tests import node_world
from tests.frozen import hold
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER
from tests.page_world import Browser, browser
from tests.picture_world import everything

pytestmark = pytest.mark.slow
WHOLE = Path(__file__).with_name("pages_whole.json")
READERS = {
    WRITER: "oic",
    SUPERVISOR: "court",
    AUDITOR: "audit",
    GUARDIAN: "victim-protection",
}
DRAWN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-fA-F]{12,}|[A-Za-z0-9_-]{22,}={0,2}|(?:\d{5} ){7}\d{5}"
)
KEPT = frozenset(
    {"href", "action", "method", "name", "value", "type", "checked", "selected", "required", "disabled", "hidden", "formaction", "for"}
)
"""Attributes that say what a reader can do; those named data-… are told as well."""


class _Lines(HTMLParser):
    """Tells a page line by line: words, and tags that a reader can use or a test can find."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        here = dict(attrs)
        if tag == "main" or (tag == "aside" and here.get("class") == "banner"):
            self._inside += 1
        if not self._inside:
            return
        secret = here.get("name") in ("form_token", "key")
        kept = [
            f"{name}={'~' if secret and name == 'value' else value or ''}"
            for name, value in attrs
            if name in KEPT or (name.startswith("data-") and name != "data-label") or (tag == "text" and name == "fill")
        ]
        if kept:
            self.told.append(f"<{tag} {' '.join(kept)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("main", "aside") and self._inside:
            self._inside -= 1

    def handle_data(self, data: str) -> None:
        if self._inside and (words := " ".join(data.split())):
            self.told.append(words)


def lines_of(text: str) -> list[str]:
    """A page as lines, with numbers for what is drawn or hashed."""
    reader = _Lines()
    reader.feed(text)
    names: dict[str, str] = {}

    def called(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"#{len(names) + 1}")

    return [DRAWN.sub(called, line.replace(statics.tree().name, "TREE")) for line in reader.told]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("pages")
    with node_world.node_at(node_world.init(folder / "uk"), FakeClock()) as node:
        yield node, everything(node, folder)


@pytest.fixture(scope="module")
def readers(world: tuple[Node, dict[str, str]]) -> dict[str, Browser]:
    return {user: browser(world[0], user, purpose) for user, purpose in READERS.items()}


PAGES = (
    *("start", "queue", "finding", "compare", "search", "entity", "entity-map", "entity-timeline"),
    *("map", "alerts", "charts", "chart", "payments", "trace", "figures", "series", "lists", "list", "scans", "scan", "scan-rescue"),
    *("cases", "case", "schedule", "timeline", "exchange", "exchange-new", "protect", "task", "audit", "admin", "authenticators", "help"),
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_it_was_for_each_reader(
    world: tuple[Node, dict[str, str]], readers: dict[str, Browser], name: str
) -> None:
    told: dict[str, list[str]] = {}
    first: list[str] = []
    for user, reader in readers.items():
        answer = reader.get(world[1][name])
        lines = [str(answer.status), *lines_of(answer.text)]
        if answer.status != 200:
            told[user] = lines
        elif not first:
            first = told[user] = lines
        else:
            told[user] = [
                line for line in difflib.unified_diff(first, lines, lineterm="", n=0) if not line.startswith(("---", "+++"))
            ]
    hold(WHOLE, name, told)
