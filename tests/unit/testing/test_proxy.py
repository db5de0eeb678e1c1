"""The proxy that makes bad lines: each fault is what its name says."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from headwater.testing.proxy import HOST, Proxy, Weather

SAID = bytes(range(256)) * 64


class Echo:
    """A server that keeps what it hears and says it back."""

    def __init__(self) -> None:
        self.door = socket.create_server((HOST, 0))
        self.heard: list[bytearray] = []
        self.twice = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.door.getsockname()[1])

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line, bytearray()), daemon=True).start()

    def _answer(self, line: socket.socket, heard: bytearray) -> None:
        self.heard.append(heard)
        with line:
            try:
                while piece := line.recv(4096):
                    heard += piece
                    if len(self.heard) > 1:
                        self.twice.set()
                    line.sendall(piece)
            except OSError:
                return


@contextmanager
def line_through(fault: str, **more: float) -> Iterator[tuple[socket.socket, Echo, Proxy]]:
    echo = Echo()
    with socket.create_server((HOST, 0)) as free:
        port = int(free.getsockname()[1])
    weather = Weather(faults=(fault,), after_bytes=1, hold_s=0.3, delay_s=0.01, slow_bytes_per_s=2000, **more)  # type: ignore[arg-type]
    proxy = Proxy(port, echo.port, weather, 3)
    try:
        with socket.create_connection((HOST, port), timeout=10) as line:
            yield line, echo, proxy
    finally:
        proxy.close()
        echo.door.close()


def talk(line: socket.socket) -> bytes:
    """Say something and return what comes back until the line ends or all has come."""
    back = bytearray()
    try:
        line.sendall(SAID)
        while len(back) < len(SAID) and (piece := line.recv(4096)):
            back += piece
    except OSError:
        pass
    return bytes(back)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["reset", "cut_up", "cut_down", "slow", "black_hole", "drop"])
def test_what_breaks_a_line_lets_not_all_come_back(fault: str) -> None:
    with line_through(fault) as (line, _, proxy):
        assert len(talk(line)) < len(SAID)
        assert proxy.counts[fault] == 1


def test_a_delay_alters_nothing() -> None:
    with line_through("delay") as (line, _, proxy):
        assert talk(line) == SAID
        assert proxy.counts["delay"] == 1


def test_what_is_corrupted_differs_in_single_bits() -> None:
    with line_through("corrupt", corrupt_every=4096) as (line, _, _proxy):
        back = talk(line)
    wrong = [one ^ other for one, other in zip(back, SAID, strict=True) if one != other]
    assert 1 <= len(wrong) <= 8
    assert all(each.bit_count() == 1 for each in wrong)


@pytest.mark.slow
def test_what_is_duplicated_comes_once_more() -> None:
    with line_through("duplicate") as (line, echo, _):
        assert talk(line) == SAID
        assert echo.twice.wait(10)
        assert SAID.startswith(bytes(echo.heard[1][:4096]))


def test_once_the_weather_clears_all_comes_back() -> None:
    with line_through("reset") as (_, echo, proxy):
        proxy.clear()
        with socket.create_connection((HOST, proxy.port), timeout=10) as good:
            assert talk(good) == SAID
        assert echo.heard
