"""The door for partners' nodes: sealed envelopes in, signed receipts out.

::

    POST /v1/inbox         1 to 64 envelopes, each with its length before it  ->  receipts, likewise
    GET  /v1/files/HASH    a sealed chunk of a file, by SHA-256
    GET  /v1/card          this node's card, public
    GET  /v1/health        whether the node answers

Who calls is not asked here: every envelope proves its own sender. What is refused is said inside signed receipts; HTTP
tells only that a batch could not be read or kept, by number alone and never with content.
"""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from headwater.errors import (
    HeadwaterError,
    InputError,
    LimitError,
    StoreBusyError,
    StoreFullError,
    StoreIoError,
)
from headwater.exchange.framing import MAX_BATCH, SLOWEST
from headwater.model.ids import BlobHash, blob_hash

BYTES: Final = "application/octet-stream"
FREE: Final = 256 * 1024
"""Bytes of a batch that every caller may send: a message alone gets through whatever others send."""
MOST_READ: Final = 8 * MAX_BATCH
"""Bytes beyond these that may be in memory at once, of all callers together: anybody can send them."""
READ_S: Final = 60.0
"""How long a batch may take to come, beyond what the slowest line needs for what has come: couriers wait half of it."""

STATUS: Final[tuple[tuple[type[HeadwaterError], int], ...]] = (
    (LimitError, 413),
    (InputError, 400),
    (StoreFullError, 507),
    (StoreIoError, 507),
    (HeadwaterError, 503),
)
"""The one table from declared errors to HTTP: the first line that fits. Whatever is not the caller's fault is 503."""


class Exchange(Protocol):
    """What this door needs of the node behind it."""

    def receive(self, batch: bytes) -> bytes:
        """Take a batch and return the receipts, once everything is durable."""
        ...

    def card_bytes(self) -> bytes:
        """Return the node's own card as a file holds it."""
        ...

    def chunk(self, name: BlobHash) -> bytes | None:
        """Return a sealed chunk of a file, None where there is none that may be fetched."""
        ...


def partner_app(exchange: Exchange) -> Starlette:
    """Return the application that partners' nodes talk to."""
    room = _Room()

    async def inbox(request: Request) -> Response:
        """Take a batch."""
        # In a thread: batches that come at once wait for one sync of the store together.
        share = _Share(room)
        try:
            async with asyncio.timeout(READ_S) as limit:
                batch = await _body(request, share, limit)
            answer = await run_in_threadpool(exchange.receive, batch)
        except HeadwaterError as error:
            return refused(error)
        except ClientDisconnect:
            return Response(status_code=400)
        except TimeoutError:
            return Response(status_code=408)
        finally:
            share.give_back()
        return Response(answer, media_type=BYTES)

    async def card(_: Request) -> Response:
        """Show the card."""
        try:
            return Response(await run_in_threadpool(exchange.card_bytes), media_type="application/json")
        except HeadwaterError as error:
            return refused(error)

    async def file(request: Request) -> Response:
        """Hand out a sealed chunk; what there is not and what is no chunk are answered alike."""
        try:
            name = blob_hash(request.path_params["name"])
            data = await run_in_threadpool(exchange.chunk, name)
        except HeadwaterError as error:
            return refused(error)
        return Response(status_code=404) if data is None else Response(data, media_type=BYTES)

    async def health(_: Request) -> Response:
        """Show that the node answers."""
        return JSONResponse({"ok": True})

    return Starlette(
        routes=[
            Route("/v1/inbox", inbox, methods=["POST"]),
            Route("/v1/files/{name}", file, methods=["GET"]),
            Route("/v1/card", card, methods=["GET"]),
            Route("/v1/health", health, methods=["GET"]),
        ]
    )


def refused(error: HeadwaterError) -> Response:
    """Return the answer to an error: a number and its code, nothing that the error says."""
    status = next(number for kind, number in STATUS if isinstance(error, kind))
    return JSONResponse({"code": error.code}, status_code=status)


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    stop: threading.Event | None = None,
    tls: tuple[Path, Path] | None = None,
    listener: socket.socket | None = None,
) -> None:
    """Serve until a signal comes or `stop` is set; batches that were begun are answered first.

    Args:
        app: what answers.
        host: address to listen on.
        port: port to listen on.
        stop: set by somebody else to end; signals end it too where this is the main thread.
        tls: certificate and key, each a PEM file.
        listener: a socket that is bound to the address already: nobody can take it in between.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=30,
            limit_concurrency=1024,
            h11_max_incomplete_event_size=16 * 1024,
            ssl_certfile=tls[0] if tls else None,
            ssl_keyfile=tls[1] if tls else None,
        )
    )
    if stop is not None:
        threading.Thread(target=_end_with, args=(server, stop), name="serve-stop", daemon=True).start()
    with _outlived(signal.SIGINT, signal.SIGTERM):
        server.run(sockets=[listener] if listener else None)


@contextmanager
def _outlived(*signals: signal.Signals) -> Iterator[None]:
    """Let the process live on after a signal that the server has ended for: uvicorn raises it again once it is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, lambda *_: None) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end_with(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    server.should_exit = True


@dataclass(slots=True)
class _Room:
    """The memory that all batches have together."""

    taken: int = 0


@dataclass(slots=True)
class _Share:
    """What one batch takes of it, beyond what every batch may have."""

    room: _Room
    size: int = 0
    taken: int = 0

    def take(self, size: int) -> None:
        """Take memory for more bytes.

        Raises:
            StoreBusyError: others have all of it.
        """
        self.size += size
        more = max(0, self.size - FREE) - self.taken
        if self.room.taken + more > MOST_READ and more:
            raise StoreBusyError("too many large batches at once")
        self.taken += more
        self.room.taken += more

    def give_back(self) -> None:
        """Give back what was taken: the batch is out of memory."""
        self.room.taken -= self.taken
        self.taken = 0


async def _body(request: Request, share: _Share, limit: asyncio.Timeout) -> bytes:
    """Return the body, and stop reading as soon as it is over the limit, or slower than any line."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:12]) > MAX_BATCH:
        raise LimitError("a batch over the limit")
    parts: list[bytes] = []
    size, until = 0, limit.when() or 0.0
    async for part in request.stream():
        size += len(part)
        limit.reschedule(until + size / SLOWEST)
        share.take(len(part))
        parts.append(part)
        if size > MAX_BATCH:
            raise LimitError("a batch over the limit")
    return b"".join(parts)
