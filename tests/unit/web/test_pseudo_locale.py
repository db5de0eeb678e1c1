"""In a language that nobody speaks, every word of every page is in that language: none was written past the catalogues."""

from pathlib import Path
from typing import Any

import pytest

from headwater.model.ids import FindingId
from headwater.model.schema import schemata
from headwater.node import Node
from headwater.node.pages.queue import ORDERS
from headwater.policy.acts import Role
from headwater.policy.purposes import PURPOSES
from headwater.web import app
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER, person, read, write_report
from tests.page_world import browser
from tests.pseudo_world import CLOSE, OPEN, PSEUDO, not_translated, pseudo

pytestmark = pytest.mark.slow  # a node of its own for each test

NAMES = frozenset({"CSV", "JSON", "FtM", "SVG", "PNG", "GraphML", "GeoJSON", "headwater", "SHA-256", "PDF", "English"})
CODES = frozenset({*schemata(), *PURPOSES, *Role, *ORDERS, "Oznaka"})
PAGES = {
    WRITER: (
        *("/", "/queue", "/queue?state=all", "/search", "/exchange", "/exchange/new", "/cases", "/cases/00EX0000126"),
        *(
            "/map",
            "/alerts",
            "/charts",
            "/payments",
            "/scans",
            "/figures",
            "/lists",
            "/lists/uk-csv",
            "/help",
            "/admin",
        ),
        *("/entities/p-1", "/entities/p-1?tab=map", "/entities/p-1?tab=timeline", "/authenticators", "/nothing"),
        *("/timeline/00EX0000126", "/findings/{finding}", "/findings/{finding}/compare"),
    ),
    SUPERVISOR: ("/", "/cases/00EX0000126", "/cases/00EX0000126/schedules/mg6e"),
    AUDITOR: ("/audit", "/admin"),
    GUARDIAN: ("/protect",),
}


def test_no_word_of_any_page_is_written_past_the_catalogues(
    node: Node, hits: list[FindingId], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(node, "report", write_report(tmp_path / "in", person("p-1", "Ivo Izmišljenić")))
    writer = browser(node, WRITER)
    writer.post("/cases", {"urn": "00EX0000126", "operation": "PSEUDO", "profile": "cps-dg6", "key": "k"})
    readers: dict[str, Any] = {WRITER: writer} | {
        user: browser(node, user, "victim-protection" if user == GUARDIAN else "oic")
        for user in (SUPERVISOR, AUDITOR, GUARDIAN)
    }
    token = writer.post("/search", {"q": "Ivo"}).goes_to
    monkeypatch.setattr(app, "language", lambda _: PSEUDO)
    wrong = {}
    for user, paths in PAGES.items():
        for path in (*paths, token) if user == WRITER else paths:
            answer = readers[user].get(path.replace("{finding}", hits[0]))
            assert answer.status in {200, 404}, (path, answer.text)
            assert OPEN in answer.text, path
            if found := not_translated(answer.text, NAMES | CODES):
                wrong[path] = found
    sign_in = browser(node).get("/sign-in")
    if found := not_translated(sign_in.text, NAMES | CODES):
        wrong["/sign-in"] = found
    assert wrong == {}


def test_the_language_is_two_fifths_longer_and_keeps_placeholders() -> None:
    text = "%(count)s finding was dismissed."
    assert len(pseudo(text)) >= 1.4 * len(text)
    assert "%(count)s" in pseudo(text)


@pytest.mark.parametrize(
    "html",
    [
        "<p>two words</p>", "<h1>Queue</h1>", "<button aria-label='Close it'></button>", "<input placeholder='Reason'>",
        "<table><tr><th>Name</th></tr></table>", f"<p>{OPEN}x{CLOSE} and more words</p>",
    ],
)  # fmt: skip
def test_a_word_past_the_catalogues_is_found(html: str) -> None:
    assert not_translated(html, NAMES) != []


@pytest.mark.parametrize(
    "html",
    [
        f"<h1>{pseudo('Queue')}</h1>",
        "<p><bdi>of somebody else</bdi></p>",
        "<a>CSV</a>",
        '<p lang="en">an engine says so</p>',
    ],
)
def test_words_of_others_and_of_catalogues_are_not(html: str) -> None:
    assert not_translated(html, NAMES) == []
