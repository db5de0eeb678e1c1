"""A TCP proxy on the loopback between two real nodes, which does to connections what networks do. Seeded, not repeatable.

::

    delay       each piece waits up to half a second     slow        one kilobyte in a second
    drop        pieces vanish, then the line is dead     black_hole  takes everything and answers nothing
    reset       RST in the middle of a message           corrupt     one bit is another, about every 10 kB
    cut_up      the way of requests is closed            duplicate   what was sent comes once more, later
    cut_down    the way of answers is closed
"""

import random
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

FAULTS: Final = ("delay", "drop", "reset", "cut_up", "cut_down", "slow", "black_hole", "corrupt", "duplicate")
HOST: Final = "127.0.0.1"
_PIECE: Final = 4096
_POLL_S: Final = 0.2
_RST: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST."""
_LONGEST_KEPT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Weather:
    """What a proxy does.

    Attributes:
        faults: kinds that it draws from, one for each connection.
        after_bytes: mean number of bytes that pass before.
        lasts_bytes: how many pass with a fault that lets any pass, before the connection is closed.
        hold_s: how long a dead line, a black hole or a slow line lasts before it is closed.
    """

    faults: Sequence[str] = FAULTS
    after_bytes: int = 12_000
    lasts_bytes: int = 40_000
    delay_s: float = 0.5
    slow_bytes_per_s: int = 1000
    corrupt_every: int = 10_000
    hold_s: float = 3.0


class Proxy:
    """Listens on one port and passes on to another; `clear` lets everything pass from then on."""

    def __init__(self, listen: int, to: int, weather: Weather, seed: int) -> None:
        """Bind the port and begin."""
        self.counts: Counter[str] = Counter()
        self.port = listen
        self._to = to
        self._weather = weather
        self._chance = random.Random(seed)
        self._stop = threading.Event()
        self._clear = threading.Event()
        self._gate = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._door = socket.create_server((HOST, listen), backlog=64)
        self._door.settimeout(_POLL_S)
        self._start(self._accept)

    def clear(self) -> None:
        """End the bad weather: lines that suffer are closed, new ones are good."""
        self._clear.set()

    def close(self) -> None:
        """Close everything and wait for it."""
        self._stop.set()
        self._clear.set()
        for thread in self._threads:
            thread.join()
        self._door.close()

    @property
    def is_over(self) -> bool:
        """Whether it is being closed."""
        return self._stop.is_set()

    @property
    def is_clear(self) -> bool:
        """Whether the weather is good."""
        return self._clear.is_set()

    def did(self, fault: str) -> None:
        """Count what was done to a connection."""
        with self._gate:
            self.counts[fault] += 1

    def rest(self, seconds: float) -> bool:
        """Wait, but not beyond the bad weather; return whether that has ended."""
        return self._clear.wait(seconds)

    def replay(self, data: bytearray, after_s: float) -> None:
        """Send once more, later, what was sent until then, and listen to no answer."""

        def act() -> None:
            if self._stop.wait(after_s):
                return
            try:
                with socket.create_connection((HOST, self._to), timeout=5) as line:
                    line.sendall(bytes(data))
                    line.shutdown(socket.SHUT_WR)
                    while line.recv(_PIECE):
                        pass
            except OSError:
                return  # the node is busy or gone: then this comes only once
            self.did("duplicate")

        self._start(act)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._door.accept()
            except TimeoutError:
                continue
            self._start(lambda client=client: self._serve(client))  # type: ignore[misc]

    def _serve(self, client: socket.socket) -> None:
        with self._gate:
            seed = self._chance.getrandbits(64)
        try:
            server = socket.create_connection((HOST, self._to), timeout=5)
        except OSError:
            client.close()
            return
        _Line(self, self._weather, client, server, random.Random(seed)).run()

    def _start(self, act: Callable[[], None]) -> None:
        thread = threading.Thread(target=act, daemon=True)
        with self._gate:
            self._threads = [each for each in self._threads if each.is_alive()]
            self._threads.append(thread)
        thread.start()


class _Line:
    """One connection through the proxy."""

    def __init__(
        self, proxy: Proxy, weather: Weather, client: socket.socket, server: socket.socket, chance: random.Random
    ) -> None:
        self._proxy = proxy
        self._weather = weather
        self._client = client
        self._server = server
        self._chance = chance
        self._fault = "" if proxy.is_clear else chance.choice(weather.faults)
        self._left = chance.expovariate(1 / weather.after_bytes)
        self._struck = False
        self._sent = bytearray()

    def run(self) -> None:
        """Pass bytes both ways until either side ends, or the fault ends it."""
        try:
            while not self._proxy.is_over:
                if self._fault and self._proxy.is_clear:
                    break  # the sender begins again on a good line
                ready, _, _ = select.select([self._client, self._server], [], [], _POLL_S)
                for source in ready:
                    piece = source.recv(_PIECE)
                    if not piece or not self._pass(source, piece):
                        return
        except OSError:
            return
        finally:
            self._client.close()
            self._server.close()

    def _pass(self, source: socket.socket, piece: bytes) -> bool:
        """Pass a piece on, in whatever way; False ends the connection."""
        up = source is self._client
        target = self._server if up else self._client
        if self._fault == "duplicate" and up and not self._proxy.is_clear and len(self._sent) < _LONGEST_KEPT:
            self._sent += piece
            if not self._struck:
                self._struck = True
                self._proxy.replay(self._sent, self._chance.uniform(0.1, 2))
        self._left -= len(piece)
        if self._fault and self._left < -self._weather.lasts_bytes:
            return False  # enough of this; the next line suffers from something else
        if not self._fault or self._left > 0 or self._fault == "duplicate":
            target.sendall(piece)
            return True
        if not self._struck:
            self._struck = True
            self._proxy.did(self._fault)
        return self._strike(target, piece, up=up)

    def _strike(self, target: socket.socket, piece: bytes, *, up: bool) -> bool:
        match self._fault:
            case "delay":
                self._proxy.rest(self._chance.uniform(0, self._weather.delay_s))
                target.sendall(piece)
            case "slow":
                return self._drip(target, piece)
            case "corrupt":
                target.sendall(self._altered(piece))
            case "reset":
                target.sendall(piece[: len(piece) // 2])
                for end in (self._client, self._server):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
                return False
            case "cut_up":
                self._server.shutdown(socket.SHUT_WR)
                return self._hear_out()
            case "cut_down":
                # The request passes; whatever is answered does not.
                if up:
                    target.sendall(piece)
                    return True
                return False
            case _:  # drop, black_hole: nothing more passes, in one direction or both
                if self._fault == "black_hole" or self._chance.random() < 0.5:
                    self._proxy.rest(self._weather.hold_s)
                    return False
        return True

    def _drip(self, target: socket.socket, piece: bytes) -> bool:
        until = time.monotonic() + self._weather.hold_s
        step = max(1, self._weather.slow_bytes_per_s // 10)
        for start in range(0, len(piece), step):
            target.sendall(piece[start : start + step])
            if self._proxy.rest(0.1) or time.monotonic() > until:
                return False
        return True

    def _hear_out(self) -> bool:
        """Pass on the rest of what is answered."""
        self._server.settimeout(self._weather.hold_s)
        while piece := self._server.recv(_PIECE):
            self._client.sendall(piece)
        return False

    def _altered(self, piece: bytes) -> bytes:
        if self._chance.random() > len(piece) / self._weather.corrupt_every:
            return piece
        changed = bytearray(piece)
        place = self._chance.randrange(len(changed) * 8)
        changed[place // 8] ^= 1 << place % 8
        return bytes(changed)
