"""Asking a time-stamp authority over HTTP (RFC 3161, section 3.4). It is sent a hash and a nonce, and nothing else."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from headwater.errors import PeerRefusedError, SchemaError
from headwater.exchange.asking import Question, Whom, ask

MAX_REPLY: Final = 1 << 16
"""Bytes of a reply with a chain of certificates."""
_WHO: Final = "the time-stamp authority"


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
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SchemaError("no URL of a time-stamp authority", where="--stamp") from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise SchemaError("no URL of a time-stamp authority", where="--stamp")
    whom = Whom(_WHO, MAX_REPLY, timeout_s)
    reply = ask(whom, parts, Question("POST", query, {"Content-Type": "application/timestamp-query"}))
    if reply.status != HTTPStatus.OK:
        raise PeerRefusedError(f"{_WHO} answered with status {reply.status}", where=host)
    return reply.data
