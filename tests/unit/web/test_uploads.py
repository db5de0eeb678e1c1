"""A file goes up piece by piece: where it breaks it goes on, nothing but the whole file counts, and it is its user's alone."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from headwater.errors import ForbiddenError, SchemaError
from headwater.node import Node, cases, incoming, uploads
from headwater.node.scratch import PREFIX
from headwater.testing.fakes import FakeClock
from headwater.web.fields import MOST_FIELDS
from tests.node_world import SUPERVISOR, WRITER, as_user, events
from tests.page_world import ORIGIN, PORT, Answer, Browser, browser
from tests.unit.web.conftest import URN
from tests.unit.web.test_exhibits import multipart

pytestmark = pytest.mark.slow  # a node of its own for each test

FILE = b"%PDF-1.7\n" + bytes(range(256)) * 9_000
"""Three chunks, the last one short."""


def sum_of(data: bytes) -> str:
    """The sum that the browser tells, as docs/spec/files.md cuts a file."""
    chunks = [data[at : at + (1 << 20)] for at in range(0, len(data), 1 << 20)]
    return hashlib.sha256(b"".join(hashlib.sha256(chunk).digest() for chunk in chunks)).hexdigest()


def begin(reader: Browser, data: bytes = FILE, **changes: str) -> Answer:
    told = {"name": "note.pdf", "size": str(len(data)), "changed": "1764144000000", **changes}
    return reader.post(f"/cases/{URN}/uploads", told)


def put(reader: Browser, ref: str, at: int, data: bytes, token: str | None = None) -> Answer:
    told = {"origin": ORIGIN, "x-form-token": reader.token() if token is None else token}
    return reader.ask("POST", f"/cases/{URN}/uploads/{ref}?at={at}", data, told)


def finish(reader: Browser, ref: str, told: str, *, key: str = "x", **changes: str) -> Answer:
    fields = {
        "form_token": reader.token(), "key": key, "ref": "PQ/1", "description": "a delivery note", "producer": "W1",
        "captured_at": "2026-11-20T08:00:00Z", "status": "unused", "list": "mg6c", "upload": ref, "sum": told, **changes,
    }  # fmt: skip
    body, kind = multipart(fields, [])
    return reader.ask("POST", f"/cases/{URN}/exhibits", body, {"origin": ORIGIN, "content_type": kind})


def left(node: Node) -> list[str]:
    folders = [node.home / uploads.FOLDER, *node.home.glob(f"{PREFIX}*")]
    return sorted(path.name for folder in folders for path in folder.rglob("*"))


def test_a_file_that_comes_in_pieces_is_the_exhibit_that_it_was(node: Node, builder: Browser) -> None:
    ref = begin(builder).json["upload"]
    cut = 1_500_000
    assert put(builder, ref, 0, FILE[:cut]).json == {"upload": ref, "at": cut, "size": len(FILE)}
    assert begin(builder).json == {"upload": ref, "at": cut, "size": len(FILE)}
    assert put(builder, ref, cut, FILE[cut:]).json["at"] == len(FILE)
    answer = finish(builder, ref, sum_of(FILE))
    assert answer.goes_to == f"/cases/{URN}?done=added&sum={hashlib.sha256(FILE).hexdigest()}"
    assert left(node) == []
    assert finish(builder, ref, sum_of(FILE)).goes_to == answer.goes_to, "a form sent twice is one exhibit"
    assert len(events(node, "case.added")) == len(builder.get(f"/cases/{URN}?format=json").json["rows"]) + 1


def test_what_came_before_the_connection_broke_is_kept(node: Node, builder: Browser) -> None:
    ref = begin(builder).json["upload"]
    parts = [FILE[:65_536], FILE[65_536:100_000]]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": f"/cases/{URN}/uploads/{ref}", "raw_path": b"", "query_string": b"at=0", "root_path": "",
        "headers": [
            (b"host", f"localhost:{PORT}".encode()), (b"origin", ORIGIN.encode()), (b"x-form-token", builder.token().encode()),
            (b"cookie", "; ".join(f"{name}={value}" for name, value in builder.cookies.items()).encode()),
        ],
        "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", PORT),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop(0), "more_body": True}
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        return None

    asyncio.run(builder.app(scope, receive, send))
    assert begin(builder).json["at"] == 100_000
    assert put(builder, ref, 100_000, FILE[100_000:]).status == 200
    assert finish(builder, ref, sum_of(FILE)).status == 303


@pytest.mark.parametrize("at", [1, 999, len(FILE), 10**9 - 1])
def test_bytes_go_nowhere_but_to_the_end_of_what_is_here(node: Node, builder: Browser, at: int) -> None:
    ref = begin(builder).json["upload"]
    put(builder, ref, 0, FILE[:1000])
    assert put(builder, ref, at, b"x").status == 409
    assert begin(builder).json["at"] == 1000


def test_no_more_comes_than_was_said(node: Node, builder: Browser) -> None:
    ref = begin(builder, b"%PDF-").json["upload"]
    assert put(builder, ref, 0, b"%PDF-1.7 and more").status == 413
    assert begin(builder, b"%PDF-").json["at"] == 0
    huge = begin(builder, size=str(incoming.MOST_BYTES + 1))
    assert (huge.status, "headwater case add" in huge.text) == (413, True)
    assert begin(builder, size="0").status == 400
    assert begin(builder, name="\u202ea").status == 400


def test_one_request_brings_a_piece_and_not_all(node: Node, builder: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_PIECE", 1000)
    ref = begin(builder).json["upload"]
    assert put(builder, ref, 0, FILE).status == 413


def test_what_has_not_all_come_or_is_another_file_is_no_exhibit(node: Node, builder: Browser) -> None:
    ref = begin(builder).json["upload"]
    put(builder, ref, 0, FILE[:-1])
    assert finish(builder, ref, sum_of(FILE[:-1])).status == 409
    put(builder, ref, len(FILE) - 1, b"?")
    answer = finish(builder, ref, sum_of(FILE))
    assert (answer.status, "changed on its way" in answer.text) == (409, True)
    assert left(node) == []
    assert builder.get(f"/cases/{URN}?format=json").json["rows"][0]["case"]["items"] == []


def test_a_field_that_is_wrong_costs_no_second_sending(node: Node, builder: Browser) -> None:
    ref = begin(builder).json["upload"]
    put(builder, ref, 0, FILE)
    assert finish(builder, ref, sum_of(FILE), producer="W9").status == 400
    assert finish(builder, ref, sum_of(FILE), key="y").status == 303


def test_a_program_is_refused_however_it_comes(node: Node, builder: Browser) -> None:
    program = b"MZ\x90\0" + bytes(500)
    ref = begin(builder, program).json["upload"]
    put(builder, ref, 0, program)
    assert finish(builder, ref, sum_of(program)).status == 415


def test_an_upload_is_its_users_alone_and_of_one_case(node: Node, builder: Browser) -> None:
    ref = begin(builder).json["upload"]
    other = browser(node, WRITER)
    assert put(other, ref, 0, FILE[:10]).status == 404
    assert finish(other, ref, sum_of(FILE)).status == 404
    for made_up in ("0" * 40, "..%2f..%2fstore", ref[:-1], ref.upper() + "x"):
        assert put(builder, made_up, 0, b"x").status == 404, made_up
    assert builder.post("/cases/00EX0000999/uploads", {"name": "a", "size": "1"}).status == 404
    assert begin(builder).json["at"] == 0
    assert begin(other).json["upload"] != ref


def test_an_upload_begun_for_one_case_is_there_at_no_door_of_another(node: Node, builder: Browser) -> None:
    there = "00EX0000777"
    assert builder.post("/cases", {"urn": there, "operation": "OTHER", "profile": "cps-dg6", "key": "k2"}).status == 303
    person = {"id": "W1", "category": "witness", "name": "Prudence Quillfeather", "key": "p2"}
    assert builder.post(f"/cases/{there}/persons", person).status == 303
    ref = begin(builder).json["upload"]
    put(builder, ref, 0, FILE[:-5])
    mine = as_user(node, SUPERVISOR, "court")
    doors: dict[str, Callable[[str], object]] = {
        "how far": lambda urn: uploads.held(node, mine, urn, ref),
        "the next bytes": lambda urn: uploads.piece(node, mine, urn, ref, len(FILE) - 5).close(),
        "taken away": lambda urn: uploads.let_go(node, mine, urn, ref),
        "the whole": lambda urn: uploads.take(node, mine, urn, ref, sum_of(FILE))[0].discard(),
    }
    for door, act in doors.items():
        if door == "the whole":
            ref = begin(builder).json["upload"]
            put(builder, ref, 0, FILE)
        with pytest.raises(ForbiddenError, match="no such upload"):
            act(there)
        act(URN)
    told = {"origin": ORIGIN, "x-form-token": builder.token()}
    assert builder.ask("POST", f"/cases/{there}/uploads/{ref}?at=0", b"x", told).status == 404
    fields = {
        "form_token": builder.token(), "key": "y", "ref": "PQ/1", "description": "a delivery note", "producer": "W1",
        "captured_at": "2026-11-20T08:00:00Z", "status": "unused", "list": "mg6c", "upload": ref, "sum": sum_of(FILE),
    }  # fmt: skip
    body, kind = multipart(fields, [])
    assert builder.ask("POST", f"/cases/{there}/exhibits", body, {"origin": ORIGIN, "content_type": kind}).status == 404
    assert (len(cases.get(node, there).exhibits), len(cases.get(node, URN).exhibits)) == (0, 0)
    assert finish(builder, ref, sum_of(FILE)).status == 303
    assert (len(cases.get(node, there).exhibits), len(cases.get(node, URN).exhibits)) == (0, 1)


def test_nothing_is_read_without_the_forms_token_or_from_elsewhere(node: Node, builder: Browser) -> None:
    ref = begin(builder).json["upload"]
    assert put(builder, ref, 0, FILE[:10], token="wrong").status == 403
    foreign = {"origin": "https://evil.example", "x-form-token": builder.token()}
    assert builder.ask("POST", f"/cases/{URN}/uploads/{ref}?at=0", b"x", foreign).status == 403
    assert put(browser(node), ref, 0, b"x").status == 401
    assert begin(builder).json["at"] == 0


def test_four_wait_for_one_user_and_each_a_day(node: Node, builder: Browser, clock: FakeClock) -> None:
    begin(browser(node, WRITER), name="of somebody else.pdf")
    refs = []
    for number in range(uploads.MOST_OPEN + 1):
        refs.append(begin(builder, name=f"{number}.pdf").json["upload"])
        clock.move(timedelta(minutes=1))
    assert put(builder, refs[0], 0, b"%").status == 404
    assert [put(builder, ref, 0, b"%").status for ref in refs[1:]] == [200] * uploads.MOST_OPEN
    clock.move(uploads.KEPT_FOR)
    assert begin(browser(node, SUPERVISOR), name="another.pdf").json["at"] == 0
    assert len(left(node)) == 1, "the papers and bytes of the others are gone"


def test_a_node_that_starts_again_keeps_what_waits_and_sweeps_what_is_torn(node: Node, builder: Browser) -> None:
    ref = begin(builder).json["upload"]
    put(builder, ref, 0, FILE[:5000])
    (node.home / uploads.FOLDER / f"{'0' * 40}.data").write_bytes(b"nobody's")
    (node.home / uploads.FOLDER / f"{'1' * 40}.json").write_text("{")
    again = browser(node, SUPERVISOR)
    assert begin(again).json["at"] == 5000
    assert len(left(node)) == 2


def test_a_paper_says_nothing_that_a_path_is_made_of(node: Node, builder: Browser) -> None:
    ref = begin(builder, name="../../../etc/passwd").json["upload"]
    paper = json.loads((node.home / uploads.FOLDER / f"{ref}.json").read_text())
    assert (paper["user"], paper["name"]) == (SUPERVISOR, "../../../etc/passwd")
    assert {path.name for path in (node.home / uploads.FOLDER).iterdir()} == {f"{ref}.json"}
    with pytest.raises(SchemaError):
        uploads.begin(node, as_user(node, SUPERVISOR), URN, uploads.Told("", 1, ""))


@pytest.mark.parametrize("value", ["x", ""])
def test_a_form_with_a_file_has_as_many_fields_as_one_without_and_empty_ones_count(
    node: Node, builder: Browser, value: str
) -> None:
    fields = {"form_token": builder.token(), **{f"f{at}": value for at in range(MOST_FIELDS)}}
    body, kind = multipart(fields, [("a.pdf", FILE[:100])])
    answer = builder.ask("POST", f"/cases/{URN}/exhibits", body, {"origin": ORIGIN, "content_type": kind})
    assert (answer.status, left(node)) == (413, [])
