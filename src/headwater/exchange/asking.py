"""One question over HTTP to somebody who is no partner: a publisher, a sign-in provider, a time-stamp authority.

No redirect is followed, no proxy of the environment is used, certificates are checked; an answer is small enough and comes in
time as a whole, however slowly each part of it comes.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import SplitResult

from headwater.errors import PeerRefusedError, PeerTimeoutError, PeerUnreachableError

_PART: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is asked, and what it is allowed.

    Attributes:
        name: as a refusal calls it, ``the publisher``.
        most: bytes that an answer may have.
        timeout_s: seconds until all of it must be here.
        fix: what to do where it does not answer; empty is what the error itself says.
    """

    name: str
    most: int
    timeout_s: float
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; its status is for the caller to judge."""

    status: int
    data: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    method: str = "GET"
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def ask(whom: Whom, at: SplitResult, question: Question) -> Reply:
    """Return what is answered at an address, whose scheme and host the caller has judged.

    Raises:
        PeerUnreachableError: there is no connection, or it broke.
        PeerTimeoutError: the whole answer was not there in time.
        PeerRefusedError: it is larger than it may be.
    """
    host = at.hostname or ""
    connection: http.client.HTTPConnection
    if at.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, at.port, timeout=whom.timeout_s, context=context)
    else:
        connection = http.client.HTTPConnection(host, at.port, timeout=whom.timeout_s)
    path = f"{at.path or '/'}?{at.query}" if at.query else at.path or "/"
    until = time.monotonic() + whom.timeout_s
    try:
        hurry(connection, until)
        connection.request(question.method, path, question.body, {"User-Agent": "headwater", **question.headers})
        answer = connection.getresponse()
        data = read_bounded(answer, whom.most, until, who=whom.name, where=host)
        return Reply(answer.status, data, dict(answer.headers))
    except TimeoutError as error:
        raise PeerTimeoutError(f"{whom.name} did not answer in time", where=host, fix=whom.fix) from error
    except (OSError, http.client.HTTPException, UnicodeError) as error:  # the last: a host that is no name at all
        raise PeerUnreachableError(f"{whom.name} cannot be reached", where=host, fix=whom.fix) from error
    finally:
        connection.close()


def hurry(connection: http.client.HTTPConnection, until: float) -> None:
    """Let the next answer on a connection end with a `TimeoutError` where it is not there by `time.monotonic` `until`.

    A connection's own time-out is that of each read: who sends a letter of a header now and then would hold the asker for ever.
    """
    connection.response_class = partial(_Answer, until)  # type: ignore[assignment]


class _Answer(http.client.HTTPResponse):
    """An answer that comes in time or not at all."""

    def __init__(self, until: float, sock: socket.socket, *args: Any, **words: Any) -> None:  # noqa: ANN401 - as http.client calls it
        super().__init__(sock, *args, **words)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock, until))


class _InTime(io.RawIOBase):
    """What comes from a socket until a moment, and nothing after it."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw, self._sock, self._until = raw, sock, until

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int | None:  # noqa: ANN401 - any buffer
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._sock.settimeout(left_s)
        return self._raw.readinto(into)

    def close(self) -> None:
        self._raw.close()
        super().close()


def read_bounded(answer: http.client.HTTPResponse, most: int, until: float, *, who: str, where: str) -> bytes:
    """Return all of an answer.

    Each read has a time-out of its own, and who sends a byte a second would hold the asker for ever.

    Args:
        answer: whose body is still to be read.
        most: bytes that it may have.
        until: `time.monotonic` by which all must be here.
        who: as a refusal calls whoever answers.
        where: named in a refusal.

    Raises:
        PeerRefusedError: it is larger than it may be.
        TimeoutError: it takes too long.
        http.client.IncompleteRead: it broke off.
    """
    data = bytearray()
    while part := answer.read1(_PART):
        data += part
        if len(data) > most:
            raise PeerRefusedError(f"{who} answered with over {most} bytes", where=where)
        if time.monotonic() > until:
            raise TimeoutError
    if answer.length:
        raise http.client.IncompleteRead(bytes(data), answer.length)
    return bytes(data)
