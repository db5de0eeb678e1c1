"""HTTP between nodes, against a small server on this machine that misbehaves as told."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from headwater.errors import HeadwaterError, PeerRefusedError, PeerTimeoutError, PeerUnreachableError, SchemaError
from headwater.exchange.card import check_endpoint
from headwater.exchange.transport import MAX_ANSWER, HttpTransport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@contextmanager
def server(*answers: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection with each answer in turn; the requests that came are collected."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def work() -> None:
            for answer in answers:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    heard.append(hear(connection))
                    answer(connection)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    thread.join(10)


def hear(connection: socket.socket) -> bytes:
    """Read one request to its end."""
    request = b""
    while not request.endswith(b"batch"):
        part = connection.recv(65536)
        if not part:
            break
        request += part
    return request


def say(data: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(data)


def twice(connection: socket.socket) -> None:
    connection.sendall(OK)
    hear(connection)
    connection.sendall(OK)


def silent(connection: socket.socket) -> None:
    connection.recv(65536)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    pause = threading.Event()
    for _ in range(100):
        try:
            connection.sendall(b"x")
        except OSError:
            return
        pause.wait(0.05)


def post(endpoint: str, transport: HttpTransport | None = None, timeout_s: float = 5.0) -> bytes:
    used = transport or HttpTransport()
    try:
        return used.post(endpoint, "/v1/inbox", b"batch", timeout_s=timeout_s)
    finally:
        if transport is None:
            used.close()


def test_the_body_is_posted_and_the_answer_returned() -> None:
    with server(say(OK)) as (endpoint, heard):
        assert post(endpoint) == b"hi"
    assert heard[0].startswith(b"POST /v1/inbox HTTP/1.1\r\n")


def test_the_connection_is_used_again() -> None:
    transport = HttpTransport()
    with server(twice) as (endpoint, heard):
        assert (post(endpoint, transport), post(endpoint, transport)) == (b"hi", b"hi")
        transport.close()
    assert len(heard) == 1


def test_each_request_on_a_connection_has_the_time_that_it_was_given() -> None:
    transport = HttpTransport()
    with server(twice) as (endpoint, _):
        for timeout_s in (5.0, 3.0):
            post(endpoint, transport, timeout_s)
            (kept,) = transport._open.values()
            assert kept.sock.gettimeout() == pytest.approx(timeout_s, abs=1.0)
        transport.close()


def test_a_connection_that_was_closed_meanwhile_is_opened_anew() -> None:
    transport = HttpTransport()
    with server(say(OK), say(OK)) as (endpoint, heard):
        assert (post(endpoint, transport), post(endpoint, transport)) == (b"hi", b"hi")
        transport.close()
    assert len(heard) == 2


ANSWERS: dict[str, tuple[Callable[[socket.socket], None], type[HeadwaterError]]] = {
    "busy": (say(b"HTTP/1.1 503 busy\r\nContent-Length: 0\r\n\r\n"), PeerRefusedError),
    "too large": (say(b"HTTP/1.1 413 large\r\nContent-Length: 0\r\n\r\n"), PeerRefusedError),
    "redirect": (
        say(b"HTTP/1.1 302 over there\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        PeerRefusedError,
    ),
    "no content": (say(b"HTTP/1.1 204 nothing\r\n\r\n"), PeerRefusedError),
    "no http": (say(b"this is no HTTP\r\n\r\n"), PeerUnreachableError),
    "closed": (say(b""), PeerUnreachableError),
    "cut short": (say(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut"), PeerUnreachableError),
    "bad chunk": (say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), PeerUnreachableError),
    "silent": (silent, PeerTimeoutError),
    "drip": (drip, PeerTimeoutError),
}
"""What the other side may do instead of answering."""


@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_the_other_side_does_is_a_declared_error(name: str) -> None:
    answer, error = ANSWERS[name]
    with server(answer) as (endpoint, _), pytest.raises(error):
        post(endpoint, timeout_s=0.3)


@pytest.mark.parametrize("name", ANSWERS)
def test_on_a_connection_that_was_kept_open_it_is_the_same_error_and_only_a_closed_one_is_opened_anew(
    name: str,
) -> None:
    answer, error = ANSWERS[name]
    transport, asked = HttpTransport(), list[bytes]()

    def later(connection: socket.socket) -> None:
        connection.sendall(OK)
        asked.append(hear(connection))
        answer(connection)

    with server(later, say(OK)) as (endpoint, heard):
        assert post(endpoint, transport) == b"hi"
        if name == "closed":  # as where it was closed while nobody asked: the same bytes go once more
            assert post(endpoint, transport, timeout_s=0.3) == b"hi"
        else:
            with pytest.raises(error):
                post(endpoint, transport, timeout_s=0.3)
            assert (len(asked), len(heard)) == (1, 1)
            assert post(endpoint, transport) == b"hi"
        transport.close()
    assert (len(asked), len(heard)) == (1, 2)


def test_an_answer_without_end_is_cut_off() -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            while True:
                connection.sendall(bytes(65536))
        except OSError:
            return

    assert MAX_ANSWER < 2**24
    with server(flood) as (endpoint, _), pytest.raises(PeerRefusedError):
        post(endpoint)


def get(endpoint: str, room: int, timeout_s: float = 5.0) -> bytes:
    transport = HttpTransport()
    try:
        return bytes(transport.get(endpoint, "/v1/files/x", bytearray(room), timeout_s=timeout_s))
    finally:
        transport.close()


@contextmanager
def files(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one request for a file."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def work() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                answer(connection)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(10)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi",
    ],
    ids=["with its length", "in chunks", "until the connection ends"],
)
def test_what_is_fetched_comes_into_the_memory_that_was_given(answer: bytes) -> None:
    with files(say(answer)) as endpoint:
        assert get(endpoint, 10) == b"hi"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"), PeerRefusedError),
        (say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world"), PeerRefusedError),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"), PeerUnreachableError),
        (say(b"HTTP/1.1 404 none\r\nContent-Length: 0\r\n\r\n"), PeerRefusedError),
        (drip, PeerTimeoutError),
    ],
    ids=["more than there is room for", "more without a length", "cut short", "none", "drip"],
)
def test_whatever_comes_instead_of_a_file_is_a_declared_error(
    answer: Callable[[socket.socket], None], error: type[HeadwaterError]
) -> None:
    with files(answer) as endpoint, pytest.raises(error):
        get(endpoint, 10 if error is not PeerTimeoutError else 200_000, timeout_s=0.3)


def test_a_node_that_is_not_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(PeerUnreachableError):
        post(endpoint)


def test_a_header_that_comes_letter_by_letter_holds_nobody_longer_than_the_timeout() -> None:
    letters: list[bytes] = []

    def drip_a_header(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
        pause = threading.Event()
        for _ in range(60):
            try:
                connection.sendall(b"x")
            except OSError:
                return
            letters.append(b"x")
            pause.wait(0.05)

    with server(drip_a_header) as (endpoint, _), pytest.raises(PeerTimeoutError):
        post(endpoint, timeout_s=0.3)
    assert len(letters) < 40


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
def test_a_host_that_no_name_can_be_is_unreachable(host: str) -> None:
    endpoint = f"http://{host}:80"
    check_endpoint(endpoint)
    with pytest.raises(PeerUnreachableError):
        post(endpoint)


def test_only_what_a_card_may_name_is_called() -> None:
    for endpoint in ("http://127.0.0.1", "file:///etc/passwd", "http://user@127.0.0.1:80", "http://127.0.0.1:80/x"):
        with pytest.raises(SchemaError):
            post(endpoint)
