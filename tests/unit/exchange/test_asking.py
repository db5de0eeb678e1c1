"""A question over HTTP to somebody who is no partner: what is too large, too slow, cut short or not there is said as such."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import create_server, socket
from urllib.parse import SplitResult, urlsplit

import pytest

from headwater.errors import PeerRefusedError, PeerTimeoutError, PeerUnreachableError
from headwater.exchange.asking import Question, Whom, ask

WHOM = Whom("the publisher", 1000, 5.0, "the old version stays")
Answer = Callable[[socket], object]


@contextmanager
def answering(answer: Answer) -> Iterator[SplitResult]:
    """A server that takes one question and says what it is told to."""
    with create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65536)
                answer(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield urlsplit(f"http://127.0.0.1:{server.getsockname()[1]}/list?all=1")
        thread.join(10)


def whole(data: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(data), data)


def test_an_answer_comes_with_its_status_and_no_redirect_is_followed() -> None:
    moved = whole(b"", "302 Found").replace(b"\r\n\r\n", b"\r\nLocation: http://elsewhere.example/\r\n\r\n")
    for said, status in ((whole(b"a list"), 200), (moved, 302)):
        with answering(lambda line, said=said: line.sendall(said)) as at:  # type: ignore[misc]
            assert ask(WHOM, at, Question()).status == status


def test_an_answer_that_is_too_large_is_refused_before_all_of_it_is_here() -> None:
    with answering(lambda line: line.sendall(whole(b"x" * 5000))) as at, pytest.raises(PeerRefusedError, match="1000"):
        ask(WHOM, at, Question())


def test_who_sends_a_byte_now_and_then_is_not_waited_for_for_ever() -> None:
    stop = threading.Event()

    def drip(line: socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        try:
            while not stop.wait(0.02):
                line.sendall(b"x")
        except OSError:
            return

    slow = Whom("the publisher", 1000, 0.3)
    with answering(drip) as at:
        with pytest.raises(PeerTimeoutError):
            ask(slow, at, Question())
        stop.set()


def test_an_answer_that_breaks_off_and_nobody_at_all_are_unreachable() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nonly this"
    with answering(lambda line: line.sendall(cut)) as at, pytest.raises(PeerUnreachableError, match="the publisher"):
        ask(WHOM, at, Question())
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PeerUnreachableError):
        ask(WHOM, urlsplit(f"http://127.0.0.1:{port}/"), Question())
