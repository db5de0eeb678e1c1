"""The cursor of TAXII's pages: a number in a collection, signed, for one question.

It is a counter and never a time, so whoever goes on from it sees each object once. It holds for the question that it was
given for: with other filters it is refused, for the pages would not fit together.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.node.node import Node
from headwater.store import Transaction

KIND: Final = "taxii-key"
_KEY_BYTES: Final = 32
_MARK_BYTES: Final = 16
_NUMBER_BYTES: Final = 8


def cursor_key(node: Node) -> bytes:
    """Return the key of this node's cursors; it is made when it is first asked for."""
    with node.store.snapshot() as snapshot:
        held = snapshot.document(KIND, KIND)
    if held is not None:
        return held

    def change(tx: Transaction) -> bytes:
        there = tx.document(KIND, KIND)
        if there is not None:
            return there
        made = node.chance.draw(_KEY_BYTES)
        tx.put_document(KIND, KIND, made)
        return made

    return node.store.write(change)


def sign(key: bytes, number: int, question: str) -> str:
    """Return the cursor that leads on from a number, for one question."""
    counted = number.to_bytes(_NUMBER_BYTES, "big")
    return base64.urlsafe_b64encode(counted + _mark(key, counted, question)).decode().rstrip("=")


def read(key: bytes, cursor: str, question: str) -> int:
    """Return the number that a cursor leads on from.

    Raises:
        SchemaError: it is none of this node's, or was given for another question.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError) as error:
        raise SchemaError("'next' is none of this server's", where=Place(field="next")) from error
    counted, mark = raw[:_NUMBER_BYTES], raw[_NUMBER_BYTES:]
    if not hmac.compare_digest(mark, _mark(key, counted, question)):
        fix = "ask again from the beginning, with the filters that you want"
        raise SchemaError("'next' was given for another question", where=Place(field="next"), fix=fix)
    return int.from_bytes(counted, "big")


def _mark(key: bytes, counted: bytes, question: str) -> bytes:
    asked = hashlib.sha256(question.encode("utf-8", "surrogatepass")).digest()
    return hmac.digest(key, counted + asked, "sha256")[:_MARK_BYTES]
