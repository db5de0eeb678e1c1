"""The partners' door: sizes are capped while reading, errors are numbers, nothing of an error's text gets out."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from headwater.errors import (
    FormatError,
    HeadwaterError,
    KeyTrustError,
    LimitError,
    StoreBusyError,
    StoreFullError,
    StoreIoError,
)
from headwater.exchange.framing import MAX_BATCH
from headwater.web import partner
from headwater.web.partner import FREE, partner_app

CHUNK = "ab" * 32


class FakeExchange:
    """An exchange that answers as told."""

    def __init__(self, error: HeadwaterError | None = None) -> None:
        self.error = error
        self.batches: list[bytes] = []

    def receive(self, batch: bytes) -> bytes:
        self.batches.append(batch)
        if self.error is not None:
            raise self.error
        return b"receipts"

    def chunk(self, name: str) -> bytes | None:
        if self.error is not None:
            raise self.error
        return b"sealed" if name == CHUNK else None

    def card_bytes(self) -> bytes:
        if self.error is not None:
            raise self.error
        return b"{}"


def call(
    exchange: FakeExchange, method: str, path: str, chunks: Iterable[bytes] = (), headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Ask the application directly, without a network."""
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    asyncio.run(partner_app(exchange)(scope, receive, send))
    return sent[0]["status"], b"".join(event.get("body", b"") for event in sent[1:])


def test_a_batch_is_handed_over_whole_and_the_receipts_come_back() -> None:
    exchange = FakeExchange()
    assert call(exchange, "POST", "/v1/inbox", [b"ab", b"c"]) == (200, b"receipts")
    assert exchange.batches == [b"abc"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (FormatError("Canary"), 400),
        (LimitError("Canary"), 413),
        (StoreFullError("Canary"), 507),
        (StoreBusyError("Canary"), 503),
        (StoreIoError("Canary"), 507),
        (KeyTrustError("Canary"), 503),
    ],
)
def test_an_error_is_a_number_and_its_code_and_no_content(error: HeadwaterError, status: int) -> None:
    for method, path in (("POST", "/v1/inbox"), ("GET", "/v1/card")):
        answer = call(FakeExchange(error), method, path, [b"x"])
        assert answer == (status, json.dumps({"code": error.code}, separators=(",", ":")).encode())


def test_a_batch_over_the_limit_is_not_read_to_its_end() -> None:
    exchange = FakeExchange()
    read = 0

    def endless() -> Iterable[bytes]:
        nonlocal read
        chunk = bytes(1024 * 1024)
        for _ in range(MAX_BATCH // len(chunk) + 8):
            read += 1
            yield chunk

    assert call(exchange, "POST", "/v1/inbox", endless())[0] == 413
    assert exchange.batches == []


def test_a_batch_that_announces_to_be_over_the_limit_is_not_read_at_all() -> None:
    exchange = FakeExchange()
    headers = {"Content-Length": str(MAX_BATCH + 1)}
    assert call(exchange, "POST", "/v1/inbox", [b"x"], headers) == (413, b'{"code":"input.limit"}')
    assert exchange.batches == []


@pytest.mark.parametrize("announced", ["", "many", "-1", "9" * 400, "²"])
def test_an_announced_length_that_is_none_does_no_harm(announced: str) -> None:
    status, _ = call(
        FakeExchange(),
        "POST",
        "/v1/inbox",
        [b"x"],
        {"Content-Length": announced.encode("latin-1", "ignore").decode("latin-1")},
    )
    assert status in {200, 413}


def test_health_and_card_are_public_and_nothing_else_is_there() -> None:
    assert call(FakeExchange(), "GET", "/v1/health") == (200, b'{"ok":true}')
    assert call(FakeExchange(), "GET", "/v1/card") == (200, b"{}")
    assert call(FakeExchange(), "GET", "/v1/inbox")[0] == 405
    assert call(FakeExchange(), "GET", "/")[0] == 404
    assert call(FakeExchange(), "GET", "/docs")[0] == 404


@pytest.mark.parametrize(
    ("name", "answer"),
    [(CHUNK, (200, b"sealed")), ("cd" * 32, (404, b"")), ("AB" * 32, (400, b'{"code":"input.schema"}'))],
)
def test_a_chunk_is_handed_out_by_its_hash_and_nothing_else_is(name: str, answer: tuple[int, bytes]) -> None:
    assert call(FakeExchange(), "GET", f"/v1/files/{name}") == answer


def test_a_chunk_that_cannot_be_read_is_a_number() -> None:
    assert call(FakeExchange(StoreIoError("disk")), "GET", f"/v1/files/{CHUNK}") == (507, b'{"code":"store.io"}')


class Caller:
    """Somebody who sends so many bytes and then waits, holding the line, until told to end."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.waits, self.end = asyncio.Event(), asyncio.Event()
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        if self.left:
            part = bytes(min(self.left, 1024 * 1024))
            self.left -= len(part)
            return {"type": "http.request", "body": part, "more_body": True}
        self.waits.set()
        await self.end.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, event: Any) -> None:
        self.status = event.get("status", self.status)

    def ask(self, app: Any) -> "asyncio.Task[None]":
        scope = {"type": "http", "method": "POST", "path": "/v1/inbox", "raw_path": b"/v1/inbox", "query_string": b""}
        return asyncio.create_task(app({**scope, "headers": []}, self.receive, self.send))


def test_large_batches_of_many_callers_have_a_bound_together_and_a_small_one_gets_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(partner, "MOST_READ", 4 * 1024 * 1024)
    exchange = FakeExchange()

    async def play() -> list[int]:
        app = partner_app(exchange)
        held, more, small = Caller(4 * 1024 * 1024 + FREE), Caller(1024 * 1024), Caller(FREE)
        first = held.ask(app)
        await held.waits.wait()
        small.end.set()
        await asyncio.gather(more.ask(app), small.ask(app))
        held.end.set()
        await first
        again = Caller(4 * 1024 * 1024)
        again.end.set()
        await again.ask(app)
        return [held.status, more.status, small.status, again.status]

    assert asyncio.run(play()) == [200, 503, 200, 200]
    assert sorted(map(len, exchange.batches)) == [FREE, 4 * 1024 * 1024, 4 * 1024 * 1024 + FREE]


def test_a_batch_that_does_not_come_to_its_end_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner, "READ_S", 0.05)

    async def play() -> int:
        caller = Caller(10)
        await asyncio.wait_for(caller.ask(partner_app(FakeExchange())), 5.0)
        return caller.status

    assert asyncio.run(play()) == 408


def test_a_slow_line_has_the_time_that_what_has_come_needs_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner, "READ_S", 0.2)
    monkeypatch.setattr(partner, "SLOWEST", 1_000)

    async def play(parts: int, size: int) -> int:
        caller = Trickling(parts, size)
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: caller.seconds)
        await caller.ask(partner_app(FakeExchange()))
        return caller.status

    assert asyncio.run(play(12, 100)) == 200, "half a second of a line that is twice as fast as the slowest"
    assert asyncio.run(play(40, 10)) == 408, "a fifth of it"


class Trickling(Caller):
    """Somebody who sends a part every twentieth of a second, by the loop's clock."""

    def __init__(self, parts: int, size: int) -> None:
        super().__init__(0)
        self.parts, self.size, self.seconds = parts, size, 0.0

    async def receive(self) -> dict[str, Any]:
        self.seconds += 0.05
        for _ in range(3):  # whose time is over hears of it
            await asyncio.sleep(0)
        self.parts -= 1
        return {"type": "http.request", "body": bytes(self.size), "more_body": self.parts > 0}
