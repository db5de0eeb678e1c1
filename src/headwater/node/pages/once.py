"""A form that counts once: its key is claimed before the act, and leads to what the act made afterwards."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from headwater.errors import ConflictError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.node.node import Node
from headwater.policy.session import Session
from headwater.store import Transaction

KIND = "page-once"


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a key was used for: empty while the act goes on, and after one that failed."""

    made: str = ""
    free: bool = False


def once(node: Node, session: Session, key: str, act: Callable[[], str]) -> str:
    """Carry out an act once for each key of a user, and return what it made, then and ever after.

    Raises:
        SchemaError: the form has no key.
        ConflictError: the same form is being carried out just now.
        HeadwaterError: whatever the act itself raises; the key may be used again.
    """
    if not key:
        raise SchemaError("a form without its key", where=Place(field="key"), fix="load the page again")
    name = _name(session, key)

    def claim(transaction: Transaction) -> str | None:
        body = transaction.document(KIND, name)
        held = decode(body, _Claim) if body else None
        if held is not None and held.made:
            return held.made
        if held is not None and not held.free:
            raise ConflictError("this form is being carried out just now", where=Place(field="key"))
        transaction.put_document(KIND, name, encode(_Claim()))
        return None

    before = node.store.write(claim)
    if before is not None:
        return before
    try:
        made = act()
    except BaseException:
        _put(node, name, _Claim(free=True))
        raise
    _put(node, name, _Claim(made=made or "done"))
    return made


def made_before(node: Node, session: Session, key: str) -> str:
    """Return what a key of a user made, empty where it made nothing yet."""
    with node.store.snapshot() as snapshot:
        body = snapshot.document(KIND, _name(session, key))
    return decode(body, _Claim).made if body else ""


def _name(session: Session, key: str) -> str:
    return hashlib.sha256(f"{session.user}\n{key}".encode()).hexdigest()


def _put(node: Node, name: str, claim: _Claim) -> None:
    node.store.write(lambda tx: tx.put_document(KIND, name, encode(claim)))
