"""Messages to be delivered again: a partner misses numbers that it has receipted, so its store was set back.

The same bytes go out again. Their rows stay as they were settled; this list beside them says what is still to be done.
"""

from typing import Final

from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, MessageId
from headwater.store import Outgoing, Snapshot, Transaction

AGAIN: Final = "again"
MOST: Final = 1000


def deliver_again(tx: Transaction, peer: AuthorityId, refs: list[MessageId]) -> None:
    """Put messages on the list, those that stand on it already only once."""
    wanted = list(dict.fromkeys([*_listed(tx, peer), *refs]))[:MOST]
    tx.put_document(AGAIN, peer, encode(wanted))


def again_due(reader: Snapshot, peer: AuthorityId, lane: str, limit: int) -> list[Outgoing]:
    """Return messages on the list that go on a lane, in the order they were put there."""
    rows = [row for ref in _listed(reader, peer) if (row := reader.outgoing(ref)) is not None]
    return [row for row in rows if row.lane == lane][:limit]


def is_listed(reader: Snapshot, peer: AuthorityId) -> bool:
    """Return whether anything is to be delivered to a partner again."""
    return bool(_listed(reader, peer))


def delivered_again(tx: Transaction, peer: AuthorityId, refs: set[MessageId]) -> None:
    """Take messages off the list."""
    tx.put_document(AGAIN, peer, encode([ref for ref in _listed(tx, peer) if ref not in refs]))


def _listed(reader: Snapshot, peer: AuthorityId) -> list[MessageId]:
    body = reader.document(AGAIN, peer)
    return [MessageId(ref) for ref in decode(body, list[str])] if body else []
