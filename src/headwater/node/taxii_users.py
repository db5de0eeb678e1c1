"""Who may ask a node by TAXII: its users, each with a password of its own that is kept as a slow hash.

A password that was right is remembered in this process, so that a client that asks every second does not hash every second.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

KIND: Final = "taxii-user"
PURPOSE: Final = "cyber-defence"
"""For which everything by TAXII is done."""
LEAST: Final = 8
"""Letters of a password."""
_SALT_BYTES: Final = 16
_COST: Final = {"n": 1 << 14, "r": 8, "p": 1}
"""scrypt as RFC 7914 suggests for interactive use: 16 MiB and some 50 ms."""
_REMEMBERED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Password:
    """One user's password, as scrypt left it, in hex; and for which purpose it signs in."""

    user: str
    salt: str
    hashed: str
    purpose: str = PURPOSE


def set_password(node: Node, session: Session, user: str, password: str) -> None:
    """Let a user of the node ask by TAXII with a password; an earlier one is forgotten.

    Raises:
        ForbiddenError: the session may not change users, or there is no such user.
        SchemaError: the password is too short.
    """
    may(session, Act.USER_CHANGE)
    node.session(user, PURPOSE)
    if len(password) < LEAST:
        raise SchemaError(f"a password of less than {LEAST} letters", where=Place(field="password"))
    made = _made(node, user, password)

    def change(tx: Transaction) -> None:
        keep(tx, made)
        tx.note(Event("taxii.user", session.user, user, session.purpose))

    node.store.write(change)


def keep(tx: Transaction, made: Password) -> None:
    """Keep a password's hash."""
    tx.put_document(KIND, made.user, encode(made))


def made_of(node: Node, user: str, password: str) -> Password:
    """Return the hash of a password that comes from another server's dump; its length is what it was there."""
    return _made(node, user, password)


def any_user(node: Node) -> bool:
    """Return whether anybody may ask by TAXII."""
    with node.store.snapshot() as snapshot:
        return next(iter(snapshot.documents(KIND)), None) is not None


class Door:
    """Tells who asks, and remembers for this process whom it has let in."""

    def __init__(self, node: Node) -> None:
        """Stand before a node."""
        self._node = node
        self._key = node.chance.draw(32)
        self._known: dict[bytes, str] = {}

    def session(self, user: str, password: str) -> Session:
        """Return the session of a user who gives the right password.

        Raises:
            ForbiddenError: there is no such user, the password is wrong, or the user is switched off.
        """
        with self._node.store.snapshot() as snapshot:
            body = snapshot.document(KIND, user) if user else None
        held = decode(body, Password) if body is not None else Password(user, "00" * _SALT_BYTES, "")
        seen = hmac.digest(self._key, f"{user}\0{password}".encode("utf-8", "surrogatepass"), "sha256")
        if self._known.get(seen) != held.hashed or not held.hashed:
            # A user that there is not costs as much time as one that there is.
            if not hmac.compare_digest(_hashed(held.salt, password), held.hashed):
                raise ForbiddenError(
                    "no user of this node with that password",
                    fix="an admin sets one: headwater taxii user add NAME --password-stdin",
                )
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[seen] = held.hashed
        return self._node.session(held.user, held.purpose)


def _made(node: Node, user: str, password: str) -> Password:
    salt = node.chance.draw(_SALT_BYTES).hex()
    return Password(user, salt, _hashed(salt, password))


def _hashed(salt: str, password: str) -> str:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=bytes.fromhex(salt), dklen=32, maxmem=64 << 20, **_COST).hex()
