"""Whole pages as each kind of reader sees them: every word, link, form, field and mark of them, line by line.

A button that is shown without its right, a value that was hidden, a word that says something else differs from the file beside
this one. What is drawn or made by hashing is called by the order in which a page shows it; pictures are told by their words.
"""

import difflib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.node import Node
from headwater.testing.fakes import FakeClock
from headwater.web import statics
from tests import node_world
from tests.frozen import hold
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER
from tests.page_world import Answer, Browser, browser
from tests.picture_world import everything
from tests.wired_world import lines, size_of

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]  # what is held names where the store lies
WHOLE = Path(__file__).with_name("pages_whole.json")
READERS = {
    WRITER: "oic",
    SUPERVISOR: "court",
    AUDITOR: "audit",
    GUARDIAN: "victim-protection",
}
DRAWN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-fA-F]{12,}|[A-Za-z0-9_-]{22,}={0,2}|(?:\d{5} ){7}\d{5}|[0-9T:-]+\.\d{6}Z"
)
KEPT = frozenset(
    {
        "href",
        "action",
        "method",
        "name",
        "value",
        "type",
        "checked",
        "selected",
        "required",
        "disabled",
        "hidden",
        "formaction",
        "for",
    }
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


def _without_the_machine(text: str) -> str:
    """A page without what the doctor says of the machine that the tests run on, and what has come into logs by looking."""
    text = re.sub(r"(The log of this case</summary><ul>).*?</ul>", r"\1</ul>", text, flags=re.DOTALL)
    text = re.sub(r"<h2>The doctor</h2><ul>.*?</ul>", "", text, flags=re.DOTALL)
    return re.sub(r"The log holds \d+ events", "The log holds events", text)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("pages")
    with node_world.node_at(node_world.init(folder / "uk"), FakeClock()) as node:
        yield node, everything(node, folder)


@pytest.fixture(scope="module")
def readers(world: tuple[Node, dict[str, str]]) -> dict[str, Browser]:
    made = {user: browser(world[0], user, purpose) for user, purpose in READERS.items()}
    for reader in made.values():
        reader.app._limits.take = lambda *_: True  # type: ignore[method-assign] # more than a person asks for in a minute
    return made


PAGES = (
    *("start", "queue", "finding", "compare", "search", "entity", "entity-protected", "entity-map", "entity-timeline"),
    *(
        "map",
        "alerts",
        "charts",
        "chart",
        "payments",
        "trace",
        "figures",
        "series",
        "lists",
        "list",
        "scans",
        "scan",
        "scan-rescue",
    ),
    *(
        "cases",
        "case",
        "schedule",
        "timeline",
        "exchange",
        "exchange-new",
        "protect",
        "task",
        "audit",
        "admin",
        "authenticators",
        "help",
    ),
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_it_was_for_each_reader(
    world: tuple[Node, dict[str, str]], readers: dict[str, Browser], name: str
) -> None:
    told: dict[str, list[str]] = {}
    first: list[str] = []
    for user, reader in readers.items():
        answer = reader.get(world[1][name])
        lines = [str(answer.status), *lines_of(_without_the_machine(answer.text))]
        if answer.status != 200:
            told[user] = lines
        elif not first:
            first = told[user] = lines
        else:
            told[user] = [
                line
                for line in difflib.unified_diff(first, lines, lineterm="", n=0)
                if not line.startswith(("---", "+++"))
            ]
    hold(WHOLE, name, told)


ASKED = {
    "queue": (
        "state=open&order=kind",
        "state=all&order=priority&work=nobody",
        "least=0.95",
        "kind=match.screening",
        "page=2",
    ),
    "search": ("schema=Person", "originator=UK-NCA", "page=2"),
    "finding": ("act=undo", "decided=confirm"),
    "compare": (),
    "entity": (),
    "entity-protected": (),
    "entity-map": (),
    "entity-timeline": (),
    "map": ("layer=detections&fine=5", "from=2026-03-01&to=2026-03-01"),
    "alerts": ("state=open", "state=dismiss"),
    "charts": ("entity=p1",),
    "chart": ("kind=owner", "from=p1&to=v1"),
    "payments": ("typology=gather-scatter", "page=2"),
    "trace": (),
    "figures": (),
    "series": ("as_of=2025-05-01", "as_of=2025-03-31"),
    "series-anew": ("ahead=1",),
    "lists": (),
    "list": ("page=2",),
    "scans": ("page=2",),
    "scan": (),
    "scan-dark": (),
    "cases": (),
    "case": (),
    "schedule": (),
    "timeline": ("lane=case",),
    "exchange": (),
    "audit": ("kind=user.added", "subject=g.keeper", "before=5"),
    "admin": (),
}
"""What can be asked of a page."""
FORMS = ("csv", "json", "ftm", "svg", "graphml", "geojson")
READS = {"schedule": SUPERVISOR, "audit": AUDITOR}
"""Who is asked where the officer may not look."""


@pytest.mark.parametrize("name", ASKED)
def test_what_a_page_answers_and_hands_out_is_what_it_was(
    world: tuple[Node, dict[str, str]], readers: dict[str, Browser], name: str
) -> None:
    node, address, reader = world[0], world[1][name], readers[READS.get(name, WRITER)]
    # The log grows with each look, and the settings say where a node stands: of these two, what is asked for alone.
    asks = [
        f"{query}&format=json".lstrip("&") for query in ("", *ASKED[name]) if query or name not in ("admin", "audit")
    ]
    told: dict[str, object] = {}
    for query in (*asks, *(f"export={form}" for form in FORMS)):
        node.store.write(lambda _: None)
        since = size_of(node)
        answer = reader.get(f"{address}{'&' if '?' in address else '?'}{query}")
        node.store.write(lambda _: None)
        noted = [[kind, detail] for kind, _, _, _, detail in lines(node, since) if kind == "page.exported"]
        told[query] = named([answer.status, answer.headers.get("content-disposition", ""), _read(answer), noted])
    hold(WHOLE, f"{name}, asked and handed out", told)


@pytest.mark.parametrize("name", ["scan", "scan-rescue", "scan-dark"])
def test_the_pixels_that_a_page_draws_are_what_they_were(
    world: tuple[Node, dict[str, str]], readers: dict[str, Browser], name: str
) -> None:
    address, _, query = world[1][name].partition("?")
    told = {}
    for what in ("pixels?channel=low", "pixels?channel=high", "pixels?channel=odd", "materials?", "picture.png?"):
        answer = readers[WRITER].get(f"{address}/{what}{'' if what[-1] == '?' else '&'}{query}".rstrip("?&"))
        kind = answer.headers["content-type"]
        told[what] = [answer.status, kind, np.frombuffer(answer.data, np.uint8) if "octet-stream" in kind else ""]
    hold(WHOLE, f"{name}, its pixels", told)


def _read(answer: Answer) -> object:
    """What an answer says: a document as it is, a sheet by its rows, a picture by its words; what is no more than a page, not."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json" or "geo+json" in kind:
        if "ftm" in answer.headers.get("content-disposition", ""):
            return [json.loads(line) for line in answer.text.splitlines()]
        told = answer.json
        for row in told.get("rows", ()):
            if isinstance(row, dict) and "case" in row:
                row["case"].pop("log", None)
        return {**told, "rows": len(told["rows"])} if "handling" in told and "rows" in told else told
    if kind == "text/csv":
        return answer.data.decode("utf-8-sig").splitlines()[:3]
    return lines_of(f"<main>{answer.text}</main>")[-3:] if "html" in kind else lines_of(f"<main>{answer.text}</main>")


def named(thing: object, names: dict[str, str] | None = None) -> Any:
    """A document with numbers for what is drawn or hashed."""
    names = {} if names is None else names
    if isinstance(thing, dict):
        return {key: named(value, names) for key, value in thing.items()}
    if isinstance(thing, list):
        return [named(one, names) for one in thing]
    return (
        DRAWN.sub(lambda found: names.setdefault(found[0], f"#{len(names) + 1}"), thing)
        if isinstance(thing, str)
        else thing
    )
