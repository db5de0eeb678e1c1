"""Messages to be delivered again: a partner misses numbers that it has receipted, so its store was set back.

The same bytes go out again. Their rows stay as they were settled; this list beside them says what is still to be done.
"""

from collections.abc import Collection
from itertools import islice
from typing import Final

from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, MessageId
from headwater.store import Outgoing, Snapshot, Transaction

AGAIN: Final = "again"
MOST: Final = 1000


def deliver_again(tx: Transaction, peer: AuthorityId, refs: list[MessageId]) -> None:
    """Put messages on the list, those that stand on it already only once."""
    listed = _listed(tx, peer)
    wanted = list(dict.fromkeys([*listed, *refs]))[:MOST]
    if wanted != listed:
        tx.put_document(AGAIN, peer, encode(wanted))


def again_due(
    reader: Snapshot, peer: AuthorityId, lane: str, limit: int, skip: Collection[MessageId] = ()
) -> list[Outgoing]:
    """Return messages on the list that go on a lane, in the order they were put there; `skip` are those that rest."""
    rows = (reader.outgoing(ref) for ref in _listed(reader, peer) if ref not in skip)
    return list(islice((row for row in rows if row is not None and row.lane == lane), limit))


def is_listed(reader: Snapshot, peer: AuthorityId) -> bool:
    """Return whether anything is to be delivered to a partner again."""
    return bool(_listed(reader, peer))


def delivered_again(tx: Transaction, peer: AuthorityId, refs: set[MessageId]) -> None:
    """Take messages off the list: all of a batch at once, for each change keeps the list anew."""
    listed = _listed(tx, peer)
    left = [ref for ref in listed if ref not in refs]
    if left != listed:
        tx.put_document(AGAIN, peer, encode(left))


def _listed(reader: Snapshot, peer: AuthorityId) -> list[MessageId]:
    body = reader.document(AGAIN, peer)
    return [MessageId(ref) for ref in decode(body, list[str])] if body else []
