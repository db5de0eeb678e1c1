"""The matching door: yente's and OpenRefine's words, behind a token, the policy and the ledger."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from headwater.errors import ForbiddenError
from headwater.node import Node, match_desk
from headwater.testing.fakes import FakeClock
from headwater.web.matching import MAX_BODY, matching_app, token_of
from tests.node_world import AUDITOR, WRITER, as_user, events, init, node_at, read, write_list

MARKO = "Marko Izmišljotinović"
QUERY = {
    "queries": {
        "q1": {"schema": "Person", "properties": {"name": ["Марко Измишљотиновић"], "birthDate": ["1975-04-02"]}}
    }
}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = node_at(init(tmp_path / "node"), FakeClock())
    read(made, "uk", write_list(tmp_path / "list", [MARKO, "Ana Nepostojić"]))
    yield made
    made.close()


@pytest.fixture
def token(node: Node) -> str:
    return match_desk.issue(node, as_user(node, WRITER, "operation"), WRITER, "sanctions")


def call(node: Node, method: str, path: str, body: bytes = b"", authorization: str = "") -> tuple[int, Any]:
    """One request and its answer."""
    path, _, query = path.partition("?")
    headers = [(b"authorization", authorization.encode())] if authorization else []
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers,
             "scheme": "http", "server": ("127.0.0.1", 8811), "http_version": "1.1"}  # fmt: skip
    sent: list[dict[str, Any]] = []
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return pending.pop(0) if pending else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(matching_app(match_desk.Desk(node))(scope, receive, send))
    return sent[0]["status"], json.loads(b"".join(one.get("body", b"") for one in sent[1:]) or b"null")


def test_yentes_question_gets_the_entry_with_score_features_and_source(node: Node, token: str) -> None:
    status, answer = call(node, "POST", "/match/default", json.dumps(QUERY).encode(), f"Bearer {token}")
    [result] = answer["responses"]["q1"]["results"]
    assert status == 200
    assert (result["id"], result["caption"], result["match"]) == ("uk:TEST000001", MARKO, True)
    assert result["score"] > 0.9
    assert any(code.startswith("name.") for code in result["features"])
    assert len(result["source"]["sha256"]) == 64
    [event] = events(node, "match.screened")
    assert event.who == WRITER


@pytest.mark.parametrize(
    ("threshold", "cutoff", "results", "matches"),
    [(0.5, 0.4, 2, 2), (0.99, 0.4, 2, 1), (0.99, 0.985, 1, 1), (0.4, 0.999, 2, 2)],
)
def test_entries_are_told_from_the_lower_of_cutoff_and_threshold_on_and_are_a_match_from_the_threshold_on(
    node: Node, token: str, tmp_path: Path, threshold: float, cutoff: float, results: int, matches: int
) -> None:
    read(node, "uk", write_list(tmp_path / "more", [MARKO, "Marko Izmisljotin", "Ana Nepostojić"]))
    path = f"/match/default?threshold={threshold}&cutoff={cutoff}"
    _, answer = call(node, "POST", path, json.dumps(QUERY).encode(), f"Bearer {token}")
    found = answer["responses"]["q1"]["results"]
    assert [one["match"] for one in found] == [one["score"] >= threshold for one in found]
    assert (len(found), sum(one["match"] for one in found)) == (results, matches), [one["score"] for one in found]


def test_openrefine_reads_the_manifest_and_reconciles(node: Node, token: str) -> None:
    basic = "Basic " + base64.b64encode(f"any:{token}".encode()).decode()
    status, manifest = call(node, "GET", "/reconcile", authorization=basic)
    assert (status, manifest["versions"]) == (200, ["0.2"])
    form = urlencode(
        {"queries": json.dumps({"q0": {"query": MARKO, "type": "Person", "limit": 2}, "q1": {"query": "Nobody Here"}})}
    )
    status, answer = call(node, "POST", "/reconcile", form.encode(), basic)
    assert status == 200
    assert answer["q0"]["result"][0]["id"] == "uk:TEST000001"
    assert 0 < answer["q0"]["result"][0]["score"] <= 100
    assert answer["q1"]["result"] == []


def test_every_name_of_yentes_question_is_asked_about_and_an_entry_is_answered_once(node: Node, token: str) -> None:
    names = ["Nobody Whatsoever", MARKO, "Марко Измишљотиновић"]
    body = {"queries": {"q": {"schema": "Person", "properties": {"name": names[:1], "alias": names[1:]}}}}
    _, answer = call(node, "POST", "/match/default", json.dumps(body).encode(), f"Bearer {token}")
    assert [one["id"] for one in answer["responses"]["q"]["results"]] == ["uk:TEST000001"]


def test_a_name_in_parts_and_an_identifier_alone_are_questions_too(node: Node, token: str) -> None:
    parts = {"schema": "Person", "properties": {"firstName": ["Marko"], "lastName": ["Izmišljotinović"]}}
    number = {"schema": "Person", "properties": {"passportNumber": ["P0000000000"]}}
    body = json.dumps({"queries": {"parts": parts, "number": number}}).encode()
    _, answer = call(node, "POST", "/match/default", body, f"Bearer {token}")
    assert [one["id"] for one in answer["responses"]["parts"]["results"]] == ["uk:TEST000001"]
    assert (answer["responses"]["number"]["status"], answer["responses"]["number"]["results"]) == (200, [])


def test_openrefine_adds_columns_of_what_the_list_says_of_an_entry(node: Node, token: str) -> None:
    _, proposed = call(node, "GET", "/reconcile/properties?type=Person", authorization=f"Bearer {token}")
    assert {"birthDate", "program", "provisions"} <= {one["id"] for one in proposed["properties"]}
    asked = {"ids": ["uk:TEST000001", "uk:none"], "properties": [{"id": "name"}, {"id": "program"}]}
    form = urlencode({"extend": json.dumps(asked)}).encode()
    status, answer = call(node, "POST", "/reconcile", form, f"Bearer {token}")
    assert (status, [one["id"] for one in answer["meta"]]) == (200, ["name", "program"])
    assert {"str": MARKO} in answer["rows"]["uk:TEST000001"]["name"]
    assert answer["rows"]["uk:TEST000001"]["program"]
    assert answer["rows"]["uk:none"] == {"name": [], "program": []}
    assert len(events(node, "match.extended")) == 1


def test_the_catalog_names_the_lists_in_force(node: Node, token: str) -> None:
    _, answer = call(node, "GET", "/catalog", authorization=f"Bearer {token}")
    assert [(one["name"], one.get("entity_count")) for one in answer["datasets"]][1:] == [("uk", 2)]


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic !!!", "Digest x"])
def test_nobody_is_answered_without_a_token(node: Node, authorization: str) -> None:
    status, answer = call(node, "POST", "/match/default", json.dumps(QUERY).encode(), authorization)
    assert status == 401
    assert "responses" not in answer
    assert events(node, "match.screened") == []


def test_a_token_gives_no_more_than_its_user_may(node: Node) -> None:
    token = match_desk.issue(node, as_user(node, WRITER, "operation"), AUDITOR, "sanctions")
    status, _ = call(node, "POST", "/match/default", json.dumps(QUERY).encode(), f"Bearer {token}")
    assert status == 403


def test_only_an_admin_issues_tokens(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        match_desk.issue(node, as_user(node, AUDITOR, "sanctions"), WRITER, "sanctions")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/match/default", b"{", 400),
        ("/match/default", b"[]", 400),
        ("/match/default", b'{"queries": []}', 400),
        ("/match/default", b'{"queries": {"a": 1}}', 400),
        ("/match/default", b'{"queries": {"a": {"schema": "Person", "properties": {"name": [{}]}}}}', 400),
        ("/match/nowhere", json.dumps(QUERY).encode(), 404),
        ("/match/default?limit=0", json.dumps(QUERY).encode(), 400),
        ("/match/default", b" " * (MAX_BODY + 1), 413),
        ("/reconcile", b"queries=%7B", 400),
        ("/reconcile", b"\xff", 400),
        ("/reconcile", b"extend=%7B%7D", 400),
    ],
)
def test_a_question_that_is_none_is_refused(node: Node, token: str, path: str, body: bytes, status: int) -> None:
    assert call(node, "POST", path, body, f"Bearer {token}")[0] == status


def test_a_name_that_cannot_be_screened_is_said_so_and_the_others_are_answered(node: Node, token: str) -> None:
    body = {
        "queries": {
            **QUERY["queries"],
            "q2": {"schema": "Person", "properties": {"name": ["..."]}},
            "q3": {"properties": {}},
        }
    }
    _, answer = call(node, "POST", "/match/sanctions", json.dumps(body).encode(), f"Bearer {token}")
    assert answer["responses"]["q2"]["status"] == 400
    assert answer["responses"]["q1"]["results"]


def test_a_header_that_is_no_token_is_none() -> None:
    assert [token_of(text) for text in ("", "Bearer", "Basic /w==", "Negotiate abc")] == ["", "", "", ""]
