"""Documents of one key under numbers of their own: what a partner adds to as often as it likes costs a document each time.

A list in one document would be kept anew, whole, with each addition.
"""

from collections.abc import Iterator
from itertools import count

from headwater.store import Snapshot, Transaction


def bodies(reader: Snapshot | Transaction, kind: str, key: str) -> Iterator[bytes]:
    """Yield the bodies of a key's documents in the order in which they were added."""
    for number in count():
        body = reader.document(kind, numbered(key, number))
        if body is None:
            return
        yield body


def first_free(reader: Snapshot | Transaction, kind: str, key: str) -> int:
    """Return the first number under which a key has no document: found by doubling, and by halves from there."""
    high = 1
    while reader.document(kind, numbered(key, high - 1)) is not None:
        high *= 2
    low = high // 2
    while low < high - 1:
        middle = (low + high) // 2
        is_taken = reader.document(kind, numbered(key, middle - 1)) is not None
        low, high = (middle, high) if is_taken else (low, middle)
    return low


def numbered(key: str, number: int) -> str:
    """Return what a key's document of a number is called: the first, as all of before, by the key alone."""
    return f"{key}/{number}" if number else key
