"""The live doors of a post: SAPIENT over TCP, Cursor on Target over TCP; on the loopback unless somebody says otherwise."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from headwater.errors import InputError, SettingsError
from headwater.formats.cot import CotStream, alert_event, read_event
from headwater.formats.sapient import HEAD, MAX_FRAME_BYTES, frame
from headwater.formats.sapient_write import alert_message
from headwater.model.times import parse_instant
from headwater.node.files import json_object
from headwater.node.system import SystemClock
from headwater.node.watch_journal import Journal
from headwater.node.watch_post import LivePost

SYNC_S: Final = 0.2
EXPIRE_EVERY_S: Final = 60.0
MOST_WAITING: Final = 64 * 1024 * 1024
"""Bytes that a client may leave unread before it is let go: a slow client must not fill the post's memory."""
HOLDS: Final = timedelta(hours=1)


class Hub:
    """Joins the post with its clients."""

    def __init__(self, post: LivePost) -> None:
        """Begin without clients."""
        self.post = post
        self.cot: set[CotClient] = set()
        self.fusion: set[SapientClient] = set()

    def spread(self, alerts: list[dict[str, Any]]) -> None:
        """Send alerts to every client, rescue before all else."""
        for alert in sorted(alerts, key=lambda one: one["lane"] != "rescue"):
            event = as_event(alert)
            for client in tuple(self.cot):
                client.send(event)
            message = frame(alert_message(self.post.node, self.post.clock.now(), alert))
            for peer in tuple(self.fusion):
                peer.write(message)

    def relay(self, events: bytes, sender: "CotClient") -> None:
        """Send events on to every client but the one they came from."""
        for client in tuple(self.cot):
            if client is not sender:
                client.send(events)


def as_event(alert: dict[str, Any]) -> bytes:
    """Return an alert as a CoT event."""
    text = f"{alert['lane'].upper()}: {alert['kind']}. {'; '.join(alert['reasons'])}"
    return alert_event(alert["id"], parse_instant(alert["at"]), alert["lat"], alert["lon"], 20.0, text, HOLDS)


class _Client(asyncio.Protocol):
    """What both kinds of client share: a transport that must not be flooded."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment] # asyncio hands a stream protocol a Transport
        self.welcome()

    def welcome(self) -> None:
        """Greet a client that has just come."""

    def write(self, data: bytes) -> None:
        """Send bytes, or let a client go that reads too slowly."""
        if self.transport is None or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > MOST_WAITING:
            self.transport.abort()
            return
        self.transport.write(data)


class CotClient(_Client):
    """One client of Cursor on Target."""

    def __init__(self, hub: Hub) -> None:
        """Begin with an empty stream."""
        super().__init__(hub)
        self._stream = CotStream()

    def welcome(self) -> None:
        """Tell the client every alert that was raised, so that none is lost to whoever was away."""
        self.hub.cot.add(self)
        for alert in self.hub.post.standing():
            self.send(as_event(alert))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the client."""
        self.hub.cot.discard(self)

    def send(self, events: bytes) -> None:
        """Send events to this client."""
        self.write(events)

    def data_received(self, data: bytes) -> None:
        """Relay every good event; refuse a bad one and stay."""
        good = []
        for part in self._stream.feed(data):
            try:
                read_event(part)  # an event that was too long stands here as nothing, and is refused as that
            except InputError:
                self.hub.post.counts.refused_events += 1
                continue
            self.hub.post.counts.events += 1
            good.append(part)
        if good:
            self.hub.relay(b"\n".join(good) + b"\n", self)


class SapientClient(_Client):
    """One SAPIENT node: an edge node that reports, or a fusion node that wants the alerts."""

    def __init__(self, hub: Hub) -> None:
        """Begin with an empty stream."""
        super().__init__(hub)
        self._held = b""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the node."""
        self.hub.fusion.discard(self)

    def data_received(self, data: bytes) -> None:
        """Take every whole message; a frame over 1 MiB ends the connection, for nothing behind it can be found."""
        held = self._held + data if self._held else data
        messages, at = [], 0
        while at + HEAD.size <= len(held):
            (size,) = HEAD.unpack_from(held, at)
            if size > MAX_FRAME_BYTES:
                self.hub.post.counts.rejected += 1
                if self.transport is not None:
                    self.transport.close()
                break
            if at + HEAD.size + size > len(held):
                break
            messages.append(held[at + HEAD.size : at + HEAD.size + size])
            at += HEAD.size + size
        self._held = held[at:]
        if not messages:
            return
        taken = self.hub.post.take(messages)
        if taken.alerts:  # rescue first: before any answer
            self.hub.spread(taken.alerts)
        for answer in taken.answers:
            self.write(frame(answer))
        if taken.fusion:
            self.hub.fusion.add(self)
            for alert in self.hub.post.standing():
                self.write(frame(alert_message(self.hub.post.node, self.hub.post.clock.now(), alert)))


def serve(
    host: str, sapient_port: int | None, cot_port: int | None, context: Path | None, folder: Path | None,
    *, ready: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    """Serve until SIGINT or SIGTERM, and return what was done.

    Args:
        host: the address to listen on.
        sapient_port: port for SAPIENT; 0 is any free one, None does not serve it.
        cot_port: port for CoT, in the same way.
        context: what the post knows of its place and hour.
        folder: where the journal lies; None keeps none.
        ready: hears where it listens.

    Raises:
        InputError: the context cannot be used.
        SettingsError: a port is taken.
        StoreIoError: the journal cannot be opened.
    """
    clock = SystemClock()
    journal = None if folder is None else Journal(folder, clock)
    post = LivePost(None if context is None else json_object(context), journal, clock)
    try:
        asyncio.run(_serve(Hub(post), host, sapient_port, cot_port, ready))
    finally:
        if journal is not None:
            journal.close()
    return post.document()


async def _serve(
    hub: Hub, host: str, sapient_port: int | None, cot_port: int | None, ready: Callable[[str], None]
) -> None:
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, done.set)
    doors = []
    try:
        if sapient_port is not None:
            doors.append(("sapient", await loop.create_server(lambda: SapientClient(hub), host, sapient_port)))
        if cot_port is not None:
            doors.append(("cot", await loop.create_server(lambda: CotClient(hub), host, cot_port)))
    except OSError as error:
        raise SettingsError(f"cannot listen: {error.strerror}", where=f"{host}", fix="choose another port") from error
    ready(" ".join(f"{name}={_port(door.sockets)}" for name, door in doors))
    sys.stderr.flush()
    expired = loop.time()
    try:
        while not done.is_set():
            try:
                await asyncio.wait_for(done.wait(), SYNC_S)
            except TimeoutError:
                if hub.post.journal is not None:
                    hub.post.journal.sync()
                if loop.time() - expired > EXPIRE_EVERY_S:
                    expired = loop.time()
                    hub.post.expire()
    finally:
        for _, door in doors:
            door.close()


def _port(sockets: Iterable[Any]) -> str:
    return next(f"{one.getsockname()[0]}:{one.getsockname()[1]}" for one in sockets)
