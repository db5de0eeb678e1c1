"""HTTP between nodes: one POST at a time on a connection that stays open.

A partner's node is reached at the endpoints of its signed card and nowhere else; no redirect is followed, no proxy of the
environment is used. Who the partner is follows from receipts, never from the connection.
"""

import http.client
import threading
import time
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from headwater.errors import PeerRefusedError, PeerTimeoutError, PeerUnreachableError
from headwater.exchange.card import check_endpoint

MAX_ANSWER: Final = 8 * 1024 * 1024
"""Most bytes of an answer: 128 receipts and what HTTP may add."""
_PART: Final = 256 * 1024


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
        return self._exchange(endpoint, path, body, timeout_s)

    def get(self, endpoint: str, path: str, *, timeout_s: float) -> bytes:
        """Return what the partner's node keeps under a path.

        Raises:
            PeerUnreachableError: there is no connection, or it broke.
            PeerTimeoutError: there was no answer in time.
            PeerRefusedError: the node answered with anything but success.
        """
        return self._exchange(endpoint, path, None, timeout_s)

    def _exchange(self, endpoint: str, path: str, body: bytes | None, timeout_s: float) -> bytes:
        check_endpoint(endpoint)
        connection, is_fresh = self._connection(endpoint, timeout_s)
        data: bytes | None = None
        try:
            data = _ask(connection, endpoint, path, body, time.monotonic() + timeout_s)
        except TimeoutError as error:
            raise PeerTimeoutError("the partner's node did not answer in time", where=endpoint) from error
        except (OSError, http.client.HTTPException) as error:
            if is_fresh or not isinstance(error, ConnectionError):
                raise PeerUnreachableError("the partner's node cannot be reached", where=endpoint) from error
        finally:
            if data is None:
                self._drop(endpoint)
        # A connection that was kept open may have been closed by the other side meanwhile; the same bytes may go twice.
        return self._exchange(endpoint, path, body, timeout_s) if data is None else data

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
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
        self._open[key] = connection
        return connection, True

    def _drop(self, endpoint: str) -> None:
        connection = self._open.pop((threading.get_ident(), endpoint), None)
        if connection is not None:
            connection.close()


def _ask(connection: http.client.HTTPConnection, endpoint: str, path: str, body: bytes | None, until: float) -> bytes:
    if body is None:
        connection.request("GET", path)
    else:
        connection.request("POST", path, body, {"Content-Type": "application/octet-stream"})
    answer = connection.getresponse()
    if answer.status != HTTPStatus.OK:
        raise PeerRefusedError(f"the partner's node answered with status {answer.status}", where=endpoint)
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(_PART):
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER:
            raise PeerRefusedError("the partner's node answered with more than receipts can be", where=endpoint)
        # Each read has a time-out of its own; a node that sends one byte a second must not hold the lane for ever.
        if time.monotonic() > until:
            raise TimeoutError
    if answer.length:
        raise http.client.IncompleteRead(b"".join(parts), answer.length)
    answer.close()  # read1 leaves a whole answer open, and an open one keeps the connection from its next request
    return b"".join(parts)
