"""Asking a time-stamp authority over HTTP (RFC 3161, section 3.4). It is sent a hash and a nonce, and nothing else."""

import http.client
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from headwater.errors import PeerRefusedError, PeerTimeoutError, PeerUnreachableError, SchemaError

MAX_REPLY: Final = 1 << 16
"""Bytes of a reply with a chain of certificates."""


def ask_authority(url: str, query: bytes, *, timeout_s: float) -> bytes:
    """Return an authority's reply. No redirect is followed and no proxy of the environment is used.

    Args:
        url: of the authority, as the person who seals has named it.
        query: the request in DER.
        timeout_s: most seconds to wait.

    Raises:
        SchemaError: it is no URL.
        PeerUnreachableError: the authority cannot be reached.
        PeerTimeoutError: it did not answer in time.
        PeerRefusedError: it answered with anything but a time stamp.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SchemaError("no URL of a time-stamp authority", where="--stamp") from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise SchemaError("no URL of a time-stamp authority", where="--stamp")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port, timeout=timeout_s)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, query, {"Content-Type": "application/timestamp-query"})
        answer = connection.getresponse()
        data = answer.read(MAX_REPLY + 1)
    except TimeoutError as error:
        raise PeerTimeoutError("the time-stamp authority did not answer in time", where=host) from error
    except (OSError, http.client.HTTPException) as error:
        raise PeerUnreachableError("the time-stamp authority cannot be reached", where=host) from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK or len(data) > MAX_REPLY:
        raise PeerRefusedError(f"the time-stamp authority answered with status {answer.status}", where=host)
    return data
