"""Several byte strings in one: each with its length before it, as four bytes, big-endian."""

import struct
from collections.abc import Iterable
from typing import Final

from headwater.errors import FormatError, LimitError

MAX_ENVELOPES: Final = 64
"""Most envelopes in one batch."""
MAX_BATCH: Final = 32 * 1024 * 1024
"""Most bytes in one batch: it must fit in memory several times over."""
SLOWEST: Final = 8 * 1024
"""Bytes a second of the slowest line that a message must get through: 64 kbit/s."""
_LENGTH: Final = struct.Struct(">I")


def join(parts: Iterable[bytes]) -> bytes:
    """Return the parts in one byte string."""
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def split(data: bytes, *, most: int) -> list[bytes]:
    """Return the parts of a byte string that `join` made.

    Args:
        data: at least one part.
        most: how many parts there may be.

    Raises:
        LimitError: there are more parts.
        FormatError: it is empty, or ends inside a part.
    """
    parts: list[bytes] = []
    place = 0
    while place < len(data):
        if len(parts) == most:
            raise LimitError(f"more than {most} parts in one batch")
        start = place + _LENGTH.size
        if start > len(data):
            raise FormatError("a batch that ends inside a length")
        (length,) = _LENGTH.unpack_from(data, place)
        place = start + length
        if place > len(data):
            raise FormatError("a batch that ends inside a part")
        parts.append(data[start:place])
    if not parts:
        raise FormatError("an empty batch")
    return parts
