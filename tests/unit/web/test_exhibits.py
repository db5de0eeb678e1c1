"""A file goes into a case by the page, hashed as it comes; nothing stays of one that is refused. Schedules are read there."""

import hashlib
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from headwater.model.ids import FindingId
from headwater.node import Node, incoming
from headwater.node.scratch import PREFIX
from tests.node_world import AUDITOR, SUPERVISOR, WRITER, events
from tests.page_world import ORIGIN, Answer, Browser, browser
from tests.unit.web.conftest import URN

pytestmark = pytest.mark.slow  # a node of its own for each test

TAKES_IN = """
import sys, time
from pathlib import Path
from headwater.node.incoming import Incoming
file = Incoming.begin(Path(sys.argv[1]))
file.write(b"half of it")
file.close()
print("half", flush=True)
time.sleep(60)
"""
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = b"\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def multipart(fields: dict[str, str], files: list[tuple[str, bytes]], field: str = "file") -> tuple[bytes, str]:
    boundary = "----x7MA4YWxkTrZu0gW"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, data in files:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def send(
    reader: Browser, data: bytes, name: str = "photo.pdf", *, cut: int = 0, key: str = "x", **changes: str
) -> Answer:
    fields = {
        "form_token": reader.token(), "key": key, "ref": "PQ/1", "description": "a delivery note", "producer": "W1",
        "captured_at": "2026-11-20T08:00:00Z", "status": "unused", "list": "mg6c", **changes,
    }  # fmt: skip
    body, kind = multipart(fields, [(name, data)])
    return reader.ask(
        "POST", f"/cases/{URN}/exhibits", body[: len(body) - cut], {"origin": ORIGIN, "content_type": kind}
    )


def left(node: Node) -> list[Path]:
    return [path for folder in node.home.glob(f"{PREFIX}*") for path in (folder, *folder.rglob("*"))]


def test_a_file_becomes_an_exhibit_and_the_page_shows_its_hash(node: Node, builder: Browser) -> None:
    whole = hashlib.sha256(PDF).hexdigest()
    answer = send(builder, PDF, sha256=whole.upper())
    assert answer.goes_to == f"/cases/{URN}?done=added&sum={whole}"
    assert f'data-sum="{whole}"' in builder.get(answer.goes_to).text
    [item] = builder.get(f"/cases/{URN}?format=json").json["rows"][0]["case"]["items"]
    assert (item["ref"], item["sha256"], item["status"]) == ("PQ/1", whole, "unused")
    assert left(node) == []
    assert events(node, "case.added")[-1].who == SUPERVISOR


@pytest.mark.parametrize(
    ("name", "data"),
    [("scan.png", png()), ("notes.txt", "Белешка, çdo ditë\n".encode()), ("rows.csv", b"a,b\n1,2\n"), ("x", PDF)],
)
def test_what_it_is_follows_from_what_is_in_it(builder: Browser, name: str, data: bytes) -> None:
    assert send(builder, data, name).status == 303


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("run.exe", b"MZ\x90\0" + b"\0" * 100),
        ("harmless.pdf", b"MZ\x90\0" + b"\0" * 100),
        ("photo.jpg", PDF),
        ("script.txt", b"#!/bin/sh\nrm -rf /\n"),
        ("a.out", b"\x7fELF" + b"\0" * 60),
        ("broken.txt", b"\xff\xfe\xfa"),
        ("../../etc/passwd", b"\0\1\2"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_nothing_is_stored(
    node: Node, builder: Browser, name: str, data: bytes
) -> None:
    answer = send(builder, data, name)
    assert answer.status == 415, answer.text
    assert left(node) == []
    assert builder.get(f"/cases/{URN}?format=json").json["rows"][0]["case"]["items"] == []


def test_a_file_that_is_not_the_one_expected_is_refused(node: Node, builder: Browser) -> None:
    answer = send(builder, PDF, sha256="0" * 64)
    assert (answer.status, hashlib.sha256(PDF).hexdigest() in answer.text) == (409, True)
    whole = hashlib.sha256(PDF).hexdigest()
    assert send(builder, PDF, sha256=whole[:-1] + ("1" if whole[-1] == "0" else "0")).status == 409
    assert send(builder, PDF, sha256="of paper").status == 400
    assert left(node) == []


@pytest.mark.parametrize("cut", [4, 40, 70])
def test_one_that_breaks_off_is_not_stored(node: Node, builder: Browser, cut: int) -> None:
    answer = send(builder, PDF * 50, cut=cut)
    assert answer.status == 400
    assert "broke off" in answer.text
    assert left(node) == []


def test_a_file_over_the_limit_is_refused_while_it_is_read(
    node: Node, builder: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MOST_BYTES", 100_000)
    answer = send(builder, b"%PDF-" + b"a" * 120_000)
    assert (answer.status, "headwater case add" in answer.text) == (413, True)
    huge = builder.ask(
        "POST",
        f"/cases/{URN}/exhibits",
        b"x",
        {"origin": ORIGIN, "content_length": "99999999999", "content_type": "x/y"},
    )
    assert huge.status == 413
    assert left(node) == []


def test_a_form_of_more_fields_than_any_page_has_is_refused(node: Node, builder: Browser) -> None:
    body, kind = multipart({"form_token": "x", **{f"field{number}": "x" for number in range(1_100)}}, [("a.pdf", PDF)])
    answer = builder.ask("POST", f"/cases/{URN}/exhibits", body, {"origin": ORIGIN, "content_type": kind})
    assert answer.status == 413
    assert left(node) == []


def test_a_form_sent_twice_is_one_exhibit(builder: Browser) -> None:
    assert {send(builder, PDF).goes_to for _ in range(2)} == {send(builder, PDF).goes_to}
    assert len(builder.get(f"/cases/{URN}?format=json").json["rows"][0]["case"]["items"]) == 1
    assert send(builder, PDF, key="another").status == 400  # the reference is taken


def test_nothing_is_read_from_whoever_may_not_add(node: Node, builder: Browser) -> None:
    assert send(browser(node), PDF).status == 401
    assert send(browser(node, AUDITOR), PDF).status == 403
    body, kind = multipart({"form_token": "wrong", "key": "k"}, [("a.pdf", PDF)])
    told = {"content_type": kind}
    assert builder.ask("POST", f"/cases/{URN}/exhibits", body, {**told, "origin": "https://evil.example"}).status == 403
    assert builder.ask("POST", f"/cases/{URN}/exhibits", body, {**told, "origin": ORIGIN}).status == 403
    assert left(node) == []


@pytest.mark.parametrize("files", [[], [("a.pdf", b"")], [("a.pdf", PDF), ("b.pdf", PDF)]])
def test_it_is_one_file_at_a_time(node: Node, builder: Browser, files: list[tuple[str, bytes]]) -> None:
    body, kind = multipart({"form_token": builder.token(), "key": "k"}, files)
    answer = builder.ask("POST", f"/cases/{URN}/exhibits", body, {"origin": ORIGIN, "content_type": kind})
    assert answer.status == 400
    assert left(node) == []


@pytest.mark.parametrize(
    "body", [b"", b"--", b"\0" * 2000, b"--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n"]
)
def test_what_is_no_form_is_refused(node: Node, builder: Browser, body: bytes) -> None:
    told = {"origin": ORIGIN, "content_type": "multipart/form-data; boundary=b"}
    assert builder.ask("POST", f"/cases/{URN}/exhibits", body, told).status == 400
    plain = {"origin": ORIGIN, "content_type": "application/x-www-form-urlencoded"}
    assert builder.ask("POST", f"/cases/{URN}/exhibits", b"a=b", plain).status == 415
    assert left(node) == []


def test_a_schedule_is_read_without_giving_numbers_and_made_with_them(node: Node, builder: Browser) -> None:
    send(builder, PDF)
    page = builder.get(f"/cases/{URN}/schedules/mg6c")
    assert page.status == 200, page.text
    for word in ("MG6C", "a delivery note", "data-draft", "1 item has no number for good yet"):
        assert word in page.text, word
    assert "1 item has no number for good yet" in builder.get(f"/cases/{URN}/schedules/mg6c").text
    made = builder.post(f"/cases/{URN}/schedules/mg6c", {})
    assert (made.status, made.data[:5]) == (200, b"%PDF-")
    assert "no number for good yet" not in builder.get(f"/cases/{URN}/schedules/mg6c").text
    assert len(events(node, "case.schedule-read")) == 3


@pytest.mark.parametrize("form", ["mg6c", "mg6d", "mg6e", "dmd"])
def test_every_schedule_is_there_with_its_marking_and_handed_out(builder: Browser, form: str) -> None:
    page = builder.get(f"/cases/{URN}/schedules/{form}")
    assert page.status == 200, page.text
    assert ("OFFICIAL-SENSITIVE" in page.text) is (form in {"mg6d", "mg6e"})
    assert builder.get(f"/cases/{URN}/schedules/{form}?export=csv").status == 200


def test_schedules_are_the_disclosure_officers_to_read(node: Node, builder: Browser) -> None:
    assert "schedules" in builder.get(f"/cases/{URN}").text
    analyst = browser(node, WRITER)
    assert "schedules/mg6d" not in analyst.get(f"/cases/{URN}").text
    assert analyst.get(f"/cases/{URN}/schedules/mg6d").status == 403
    assert builder.get(f"/cases/{URN}/schedules/mg7").status == 400
    assert builder.get("/cases/00XX0000000/schedules/mg6c").status == 404


def test_what_a_cut_off_node_left_is_swept_when_it_opens(node: Node, analyst: Browser, hits: list[FindingId]) -> None:
    other = [sys.executable, "-c", TAKES_IN, str(node.home)]
    with subprocess.Popen(other, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        browser(node)  # a second process of the same node: what comes in at the first stays
        assert [path.read_bytes() for path in left(node) if path.is_file()] == [b"half of it"]
        process.kill()
    browser(node)
    assert left(node) == []
