"""HTTP between nodes: one POST at a time on a connection that stays open.

A partner's node is reached at the endpoints of its signed card and nowhere else; no redirect is followed, no proxy of the
environment is used. Who the partner is follows from receipts, never from the connection.
"""

import http.client
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from headwater.errors import PeerRefusedError, PeerTimeoutError, PeerUnreachableError
from headwater.exchange.card import check_endpoint

MAX_ANSWER: Final = 8 * 1024 * 1024
"""Most bytes of an answer: 64 receipts and what HTTP may add."""
_CHUNK: Final = 64 * 1024


@dataclass(slots=True)
class HttpTransport:
    """Implements `ports.Transport`. Each thread has connections of its own."""

    _local: threading.local = field(default_factory=threading.local)

    def post(self, endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        """Return the partner's answer.

        Raises:
            PeerUnreachableError: there is no connection, or it broke.
            PeerTimeoutError: there was no answer in time.
            PeerRefusedError: the node answered with anything but success.
        """
        check_endpoint(endpoint)
        connection, fresh = self._connection(endpoint, timeout_s)
        try:
            return self._exchange(connection, endpoint, path, body, time.monotonic() + timeout_s)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self._drop(endpoint)
            if fresh:
                raise _unreachable(endpoint) from error
        except TimeoutError as error:
            self._drop(endpoint)
            raise PeerTimeoutError("the partner's node did not answer in time", where=endpoint) from error
        except (OSError, http.client.HTTPException) as error:
            self._drop(endpoint)
            raise _unreachable(endpoint) from error
        # A connection that was kept open may have been closed by the other side meanwhile; the same bytes may go twice.
        return self.post(endpoint, path, body, timeout_s=timeout_s)

    def close(self) -> None:
        """Close this thread's connections."""
        for endpoint in list(self._open()):
            self._drop(endpoint)

    def _exchange(
        self, connection: http.client.HTTPConnection, endpoint: str, path: str, body: bytes, until: float
    ) -> bytes:
        connection.request("POST", path, body, {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        if answer.status != HTTPStatus.OK:
            self._drop(endpoint)
            raise PeerRefusedError(f"the partner's node answered with status {answer.status}", where=endpoint)
        data = bytearray()
        while chunk := answer.read1(_CHUNK):
            data += chunk
            if len(data) > MAX_ANSWER:
                self._drop(endpoint)
                raise PeerRefusedError("the partner's node answered with more than receipts can be", where=endpoint)
            # Each read has a time-out of its own; a node that sends one byte a second must not hold the lane for ever.
            if time.monotonic() > until:
                raise TimeoutError
        if answer.will_close:
            self._drop(endpoint)
        return bytes(data)

    def _connection(self, endpoint: str, timeout_s: float) -> tuple[http.client.HTTPConnection, bool]:
        kept = self._open().get(endpoint)
        if kept is not None:
            if kept.sock is not None:
                kept.sock.settimeout(timeout_s)
            return kept, False
        parts = urlsplit(endpoint)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
        self._open()[endpoint] = connection
        return connection, True

    def _drop(self, endpoint: str) -> None:
        connection = self._open().pop(endpoint, None)
        if connection is not None:
            connection.close()

    def _open(self) -> dict[str, http.client.HTTPConnection]:
        if not hasattr(self._local, "connections"):
            self._local.connections = {}
        connections: dict[str, http.client.HTTPConnection] = self._local.connections
        return connections


def _unreachable(endpoint: str) -> PeerUnreachableError:
    return PeerUnreachableError("the partner's node cannot be reached", where=endpoint)
