"""Recovery codes: ten words of chance on paper, each good once, for the day on which a key or a telephone is lost.

A code has 120 bits, so that one pass of SHA-256 keeps it: nobody tries out that many (NIST SP 800-63B, 5.1.2: from 112 bits
on a look-up secret needs no slow hash).
"""

import base64
import hashlib
import re
from dataclasses import replace
from typing import Final

from headwater.errors import ForbiddenError, Place
from headwater.node.authenticators import held_or_new, keep, shown
from headwater.node.node import Node
from headwater.ports import Event
from headwater.store import Transaction

COUNT: Final = 10
BYTES: Final = 15
_GROUP: Final = 4
_UNREADABLE: Final = str.maketrans("018", "OIB")
"""Base32 has no 0, 1, 8: whoever writes them means the letters that look alike (RFC 4648, 6)."""


def renew(node: Node, user: str, purpose: str) -> tuple[str, ...]:
    """Return new recovery codes of a user, to be shown once; those from before count no more.

    Raises:
        ForbiddenError: the user has nothing yet that could be lost.
    """
    codes = drawn(node)

    def change(transaction: Transaction) -> None:
        if shown(transaction, user).is_empty:
            raise ForbiddenError(
                "recovery codes stand in for a passkey or an app", where=Place(field="recovery"), fix="set one up first"
            )
        keep(transaction, replace(held_or_new(transaction, user), recovery=hashes(codes)))
        transaction.note(Event("page.recovery-made", user, user, purpose, {"count": len(codes)}))

    node.store.write(change)
    return codes


def drawn(node: Node) -> tuple[str, ...]:
    """Return ten fresh codes as people read them: six groups of four letters."""
    texts = (base64.b32encode(node.chance.draw(BYTES)).decode() for _ in range(COUNT))
    return tuple("-".join(re.findall(f".{{{_GROUP}}}", text)) for text in texts)


def hashes(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is kept of codes."""
    return tuple(hashed(code) for code in codes)


def hashed(code: str) -> str:
    """Return what is kept of a code, however it was typed: small letters, spaces and letters that look alike are forgiven."""
    plain = re.sub(r"[\s-]+", "", code).upper().translate(_UNREADABLE)
    return hashlib.sha256(f"headwater/recovery/1 {plain}".encode("utf-8", "replace")).hexdigest()
