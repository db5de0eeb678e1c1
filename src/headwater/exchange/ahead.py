"""Amends that came before the facts that they name: remembered, and found when a message brings these.

Lanes and retries keep no common order, so that an amend may overtake what it amends. A partner may amend one name as often as it
likes: the amends of a name are kept under numbers of their own, for a list that grew would be kept anew with each.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from headwater.exchange.numbered import bodies, first_free, numbered
from headwater.exchange.parties import sender_of
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import Message
from headwater.store import Transaction

AHEAD: Final = "amend-ahead"
"""Kind of the documents that hold which amends named facts, by the partner and its name for them; from the second on with a number."""


def remember(tx: Transaction, sender: AuthorityId, ref: MessageId, names: Sequence[str]) -> None:
    """Remember an amend for messages that were sent before it and come after it, whether its facts are held or not."""
    for key in _keys(sender, names):
        tx.put_document(AHEAD, numbered(key, first_free(tx, AHEAD, key)), encode((ref,)))


def awaited(tx: Transaction, messages: Sequence[Message]) -> list[Message]:
    """Return those of some messages that bring facts which an amend has named before: hardly ever any."""
    keys = [(message, _keys(sender_of(message), message.facts)) for message in messages]
    found = tx.keys_among(AHEAD, [key for _, each in keys for key in each])
    return [message for message, each in keys if not found.isdisjoint(each)]


def came_before(tx: Transaction, message: Message) -> list[tuple[MessageId, Message]]:
    """Return the amends that came before facts that a message brings."""
    keys = _keys(sender_of(message), message.facts)
    refs = dict.fromkeys(ref for key in keys for ref in _known(tx, key))
    rows = ((ref, tx.incoming(ref)) for ref in refs)
    found = [(ref, decode(row.body, Message)) for ref, row in rows if row is not None and row.body]
    return [(ref, told) for ref, told in found if told.amend and set(told.amend.facts) & message.facts.keys()]


def _keys(sender: AuthorityId, names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([f"{sender}/{name.partition('/')[0]}" for name in names]))


def _known(tx: Transaction, key: str) -> Iterator[MessageId]:
    """Yield the amends of a name in the order in which they came; a document of before holds several."""
    for body in bodies(tx, AHEAD, key):
        yield from decode(body, tuple[MessageId, ...])
