"""HTTP between nodes: one POST at a time on a connection that stays open.

A partner's node is reached at the endpoints of its signed card and nowhere else; no redirect is followed, no proxy of the
environment is used. Who the partner is follows from receipts, never from the connection.
"""

import http.client
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlsplit

from headwater.errors import PeerRefusedError, PeerTimeoutError, PeerUnreachableError
from headwater.exchange.asking import hurry, read_bounded
from headwater.exchange.card import check_endpoint

T = TypeVar("T")

MAX_ANSWER: Final = 8 * 1024 * 1024
"""Most bytes of an answer: 128 receipts and what HTTP may add."""


class HttpTransport:
    """Implements `ports.Transport`. Each thread has connections of its own, so no lane waits for another."""

    def __init__(self) -> None:
        """Begin without a connection."""
        self._open: dict[tuple[int, str], http.client.HTTPConnection] = {}

    def post(self, endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        """Return the partner's answer.

        Raises:
            PeerUnreachableError: there is no connection, or it broke.
            PeerTimeoutError: there was no answer in time.
            PeerRefusedError: the node answered with anything but success.
        """
        return self._exchange(endpoint, path, body, timeout_s, lambda answer, until: _read(answer, endpoint, until))

    def get(self, endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        """Return what the partner's node keeps under a path: the beginning of `into`, which the caller may use again.

        Raises:
            PeerUnreachableError: there is no connection, or it broke.
            PeerTimeoutError: there was no answer in time.
            PeerRefusedError: the node answered with anything but success, or with more than there is room for.
        """

        def read(answer: http.client.HTTPResponse, until: float) -> memoryview:
            return _read_into(answer, endpoint, into, until)

        return self._exchange(endpoint, path, None, timeout_s, read)

    def _exchange(
        self,
        endpoint: str,
        path: str,
        body: bytes | None,
        timeout_s: float,
        read: Callable[[http.client.HTTPResponse, float], T],
    ) -> T:
        check_endpoint(endpoint)
        connection, is_fresh = self._connection(endpoint, timeout_s)
        data: T | None = None
        try:
            until = time.monotonic() + timeout_s
            hurry(connection, until)
            answer = _ask(connection, endpoint, path, body)
            data = read(answer, until)
            answer.close()  # one that was read in parts stays open, and an open one keeps the connection from its next request
        except TimeoutError as error:
            raise PeerTimeoutError("the partner's node did not answer in time", where=endpoint) from error
        except (OSError, http.client.HTTPException, UnicodeError) as error:  # the last: a host that is no name at all
            if is_fresh or not isinstance(error, ConnectionError):
                raise PeerUnreachableError("the partner's node cannot be reached", where=endpoint) from error
        finally:
            if data is None:
                self._drop(endpoint)
        # A connection that was kept open may have been closed by the other side meanwhile; the same bytes may go twice.
        return self._exchange(endpoint, path, body, timeout_s, read) if data is None else data

    def close(self) -> None:
        """Close every connection, once the threads that used them have ended."""
        connections, self._open = self._open, {}
        for connection in connections.values():
            connection.close()

    def _connection(self, endpoint: str, timeout_s: float) -> tuple[http.client.HTTPConnection, bool]:
        key = (threading.get_ident(), endpoint)
        kept = self._open.get(key)
        if kept is not None and kept.sock is not None:
            kept.sock.settimeout(timeout_s)
            return kept, False
        parts = urlsplit(endpoint)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(parts.hostname), parts.port, timeout=timeout_s)
        self._open[key] = connection
        return connection, True

    def _drop(self, endpoint: str) -> None:
        connection = self._open.pop((threading.get_ident(), endpoint), None)
        if connection is not None:
            connection.close()


def _ask(
    connection: http.client.HTTPConnection, endpoint: str, path: str, body: bytes | None
) -> http.client.HTTPResponse:
    if body is None:
        connection.request("GET", path)
    else:
        connection.request("POST", path, body, {"Content-Type": "application/octet-stream"})
    answer = connection.getresponse()
    if answer.status != HTTPStatus.OK:
        raise PeerRefusedError(f"the partner's node answered with status {answer.status}", where=endpoint)
    return answer


def _read(answer: http.client.HTTPResponse, endpoint: str, until: float, most: int = MAX_ANSWER) -> bytes:
    return read_bounded(answer, most, until, who="the partner's node", where=endpoint)


def _read_into(answer: http.client.HTTPResponse, endpoint: str, into: bytearray, until: float) -> memoryview:
    """Read an answer where it is to stand: a new block of memory for each costs as much as opening what is in it."""
    length = answer.length
    if length is None:  # it does not say how long it is
        data = _read(answer, endpoint, until, len(into))
        into[: len(data)] = data
        return memoryview(into)[: len(data)]
    if length > len(into):
        raise PeerRefusedError("the partner's node answered with more than there can be", where=endpoint)
    whole, size = memoryview(into)[:length], 0
    while size < length:
        count = answer.fp.readinto1(whole[size:])
        if not count:
            raise http.client.HTTPException("the answer broke off")
        size += count
        if time.monotonic() > until:
            raise TimeoutError
    return whole
