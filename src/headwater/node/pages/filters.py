"""Filters of the queue that a user keeps, and where the user stopped: addresses of the page, never content."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.store import Transaction

KIND: Final = "page-filters"
MOST: Final = 20
MOST_LETTERS: Final = 60


@dataclass(frozen=True, slots=True)
class Kept:
    """What a user keeps.

    Attributes:
        named: filters by name, each as the fields of an address.
        last: the filter that was looked at last.
    """

    named: Mapping[str, Mapping[str, str]]
    last: Mapping[str, str]


NOTHING: Final = Kept({}, {})


def kept(node: Node, session: Session) -> Kept:
    """Return what a user keeps."""
    with node.store.snapshot() as snapshot:
        body = snapshot.document(KIND, session.user)
    return decode(body, Kept) if body else NOTHING


def stopped_at(node: Node, session: Session, held: Kept, query: Mapping[str, str]) -> None:
    """Remember where a user is in the queue; written only where it has changed, and not waited for."""
    if dict(held.last) != dict(query):
        body = encode(replace(held, last=dict(query)))
        node.store.submit(lambda transaction: transaction.put_document(KIND, session.user, body))


def keep(node: Node, session: Session, name: str, query: Mapping[str, str]) -> None:
    """Keep a filter under a name; one of that name is replaced.

    Raises:
        SchemaError: there is no name, or there are too many.
    """
    may(session, Act.FINDING_LOOK)
    if not name or len(name) > MOST_LETTERS:
        raise SchemaError(f"not 1 to {MOST_LETTERS} letters", where=Place(field="name"))
    held = kept(node, session)
    named = {**held.named, name: {key: value for key, value in query.items() if key != "page"}}
    if len(named) > MOST:
        raise SchemaError(f"more than {MOST} filters", where=Place(field="name"), fix="let one go first")
    _put(node, session, replace(held, named=named))


def let_go(node: Node, session: Session, name: str) -> None:
    """Let a filter go; one that is not there does no harm."""
    may(session, Act.FINDING_LOOK)
    held = kept(node, session)
    _put(node, session, replace(held, named={key: value for key, value in held.named.items() if key != name}))


def _put(node: Node, session: Session, held: Kept) -> None:
    def change(transaction: Transaction) -> None:
        transaction.put_document(KIND, session.user, encode(held))

    node.store.write(change)
