"""What goes over the line, word by word, when this node asks somebody: a partner's node, a publisher, a time-stamp authority."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from socket import create_server, socket
from urllib.parse import urlsplit

import pytest

from headwater.errors import HeadwaterError, PeerRefusedError, PeerTimeoutError, PeerUnreachableError, SchemaError
from headwater.exchange.asking import Question, Reply, Whom, ask
from headwater.exchange.stamping import MAX_REPLY, ask_authority
from headwater.exchange.transport import HttpTransport

WHOM = Whom("the publisher", 4, 5.0, "the old version stays")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: v7\r\n\r\nhi"
HELLO = b"\x16\x03"
"""What TLS begins with (RFC 8446, section 5.1): a handshake record."""


@contextmanager
def line(answer: bytes, *, silent: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """Answer one question and end; what was heard is collected."""
    heard: list[bytes] = []
    done = threading.Event()
    with create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(_heard(connection))
                connection.sendall(answer)
                if silent:
                    done.wait(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], heard
        finally:
            done.set()
            thread.join(10)


def _heard(connection: socket) -> bytes:
    said = connection.recv(65536)
    head, _, body = said.partition(b"\r\n\r\n")
    length = next((int(each[16:]) for each in head.split(b"\r\n") if each.startswith(b"Content-Length: ")), 0)
    while len(body) < length and (piece := connection.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body if not said.startswith(HELLO) else said


def words(heard: bytes) -> tuple[str, dict[str, str], bytes]:
    """The first line, the header lines and the body of a question."""
    head, _, body = heard.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    return first, dict(each.split(": ", 1) for each in rest), body


@pytest.mark.parametrize(
    ("at", "first"),
    [
        ("", "GET / HTTP/1.1"),
        ("/", "GET / HTTP/1.1"),
        ("/list", "GET /list HTTP/1.1"),
        ("/list?all=1&b=2", "GET /list?all=1&b=2 HTTP/1.1"),
        ("?all=1", "GET /?all=1 HTTP/1.1"),
    ],
)
def test_a_publisher_is_asked_for_what_the_address_names(at: str, first: str) -> None:
    with line(OK) as (port, heard):
        reply = ask(WHOM, urlsplit(f"http://127.0.0.1:{port}{at}"), Question())
    assert reply == Reply(200, b"hi", {"Content-Length": "2", "ETag": "v7"})
    said, headers, body = words(heard[0])
    assert (said, headers["Host"], headers["User-Agent"], body) == (first, f"127.0.0.1:{port}", "headwater", b"")


def test_a_question_goes_with_its_method_headers_and_body() -> None:
    with line(OK) as (port, heard):
        ask(
            WHOM,
            urlsplit(f"http://127.0.0.1:{port}/q"),
            Question("POST", b"what", {"If-None-Match": "v6", "User-Agent": "x"}),
        )
    said, headers, body = words(heard[0])
    assert (said, headers["If-None-Match"], headers["User-Agent"], body) == ("POST /q HTTP/1.1", "v6", "x", b"what")


@pytest.mark.parametrize("size", [4, 5])
def test_an_answer_may_be_as_large_as_it_is_allowed_and_no_larger(size: int) -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, b"x" * size)
    with line(said) as (port, _):
        at = urlsplit(f"http://127.0.0.1:{port}/")
        if size == 4:
            assert ask(WHOM, at, Question()).data == b"xxxx"
        else:
            with pytest.raises(PeerRefusedError):
                ask(WHOM, at, Question())


@pytest.mark.parametrize(
    ("said", "silent", "error"),
    [(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", False, PeerUnreachableError), (b"", True, PeerTimeoutError)],
)
def test_what_went_wrong_names_whom_where_and_what_to_do(
    said: bytes, silent: bool, error: type[HeadwaterError]
) -> None:
    whom = Whom("the publisher", 4, 0.3 if silent else 20.0, "the old version stays")
    with line(said, silent=silent) as (port, _), pytest.raises(error) as refused:
        ask(whom, urlsplit(f"http://127.0.0.1:{port}/"), Question())
    assert refused.value.what.startswith("the publisher ")
    assert (str(refused.value.where), refused.value.fix) == ("127.0.0.1", "the old version stays")


def a_partner(at: str) -> object:
    with closing(HttpTransport()) as transport:
        return transport.post(at, "/v1/inbox", b"batch", timeout_s=5.0)


def a_partners_file(at: str) -> object:
    with closing(HttpTransport()) as transport:
        return transport.get(at, "/v1/files/x", bytearray(9), timeout_s=5.0)


ASKERS: dict[str, Callable[[str], object]] = {
    "a publisher": lambda at: ask(WHOM, urlsplit(at + "/"), Question()),
    "an authority": lambda at: ask_authority(at + "/", b"query", timeout_s=5.0),
    "a partner": a_partner,
    "a partner for a file": a_partners_file,
}


@pytest.mark.parametrize("who", ASKERS)
def test_whoever_is_named_by_https_is_spoken_to_in_tls_and_by_http_in_the_clear(who: str) -> None:
    with line(b"") as (port, heard), pytest.raises(PeerUnreachableError):
        ASKERS[who](f"https://127.0.0.1:{port}")
    assert heard[0].startswith(HELLO)
    with line(OK) as (port, heard):
        ASKERS[who](f"http://127.0.0.1:{port}")
    assert heard[0][:5] in {b"GET /", b"POST "}


def test_a_partner_is_asked_for_a_file_by_its_path_and_given_a_batch_as_bytes() -> None:
    transport = HttpTransport()
    with line(OK) as (port, heard):
        into = bytearray(9)
        assert bytes(transport.get(f"http://127.0.0.1:{port}", "/v1/files/x", into, timeout_s=5.0)) == b"hi"
        assert bytes(into) == b"hi" + bytes(7)
    assert words(heard[0])[0] == "GET /v1/files/x HTTP/1.1"
    with line(OK) as (port, heard):
        assert transport.post(f"http://127.0.0.1:{port}", "/v1/inbox", b"batch", timeout_s=5.0) == b"hi"
    said, headers, body = words(heard[0])
    assert (said, headers["Content-Type"], body) == ("POST /v1/inbox HTTP/1.1", "application/octet-stream", b"batch")
    transport.close()


def test_a_time_stamp_authority_is_asked_as_rfc_3161_says() -> None:
    with line(OK) as (port, heard):
        assert ask_authority(f"http://127.0.0.1:{port}/tsr?a=1", b"query", timeout_s=5.0) == b"hi"
    said, headers, body = words(heard[0])
    assert (said, headers["Content-Type"], body) == ("POST /tsr?a=1 HTTP/1.1", "application/timestamp-query", b"query")


@pytest.mark.parametrize("status", [201, 302, 404, 500])
def test_a_time_stamp_authority_that_says_anything_but_success_has_refused(status: int) -> None:
    said = b"HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n" % status
    with line(said) as (port, _), pytest.raises(PeerRefusedError, match=f"status {status}") as refused:
        ask_authority(f"http://127.0.0.1:{port}/", b"query", timeout_s=5.0)
    assert str(refused.value.where) == "127.0.0.1"


@pytest.mark.parametrize("size", [MAX_REPLY, MAX_REPLY + 1])
def test_a_time_stamp_is_as_large_as_it_may_be_and_no_larger(size: int) -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)
    with line(said) as (port, _):
        if size == MAX_REPLY:
            assert ask_authority(f"http://127.0.0.1:{port}/", b"query", timeout_s=5.0) == bytes(size)
        else:
            with pytest.raises(PeerRefusedError, match="the time-stamp authority"):
                ask_authority(f"http://127.0.0.1:{port}/", b"query", timeout_s=5.0)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://stamps.example/",
        "stamps.example",
        "http://",
        "http://me@stamps.example/",
        "https://x:99999999/",
        "http://[/",
    ],
)
def test_what_is_no_address_of_an_authority_is_refused_before_anybody_is_asked(url: str) -> None:
    with pytest.raises(SchemaError, match="no URL of a time-stamp authority") as refused:
        ask_authority(url, b"query", timeout_s=0.1)
    assert str(refused.value.where) == "--stamp"
