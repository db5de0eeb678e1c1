"""The quarantine: sealed envelopes from a partner whose key is revoked or whose card has expired.

They are kept as they came, unopened, until a person decides. The space is small and counted for each partner, because
anybody can write a partner's name on an envelope; what does not fit is refused like the rest, and its sender still has it.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.store import Transaction

QUARANTINE: Final = "quarantine"
QUARANTINE_LIST: Final = "quarantine-list"
MOST_ENVELOPES: Final = 64
MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is kept in quarantine for one partner: hashes of envelopes, and their bytes together."""

    envelopes: tuple[str, ...] = ()
    size: int = 0


def quarantine(tx: Transaction, peer: AuthorityId, envelope: bytes) -> bool:
    """Keep an envelope unopened; False where it is there already or there is no room."""
    shelf = shelf_of(tx, peer)
    name = sha256(envelope).hexdigest()
    size = shelf.size + len(envelope)
    if name in shelf.envelopes or len(shelf.envelopes) >= MOST_ENVELOPES or size > MOST_BYTES:
        return False
    tx.put_document(QUARANTINE, name, envelope)
    tx.put_document(QUARANTINE_LIST, peer, encode(Shelf((*shelf.envelopes, name), size)))
    return True


def shelf_of(reader: Transaction, peer: AuthorityId) -> Shelf:
    """Return what is kept in quarantine for a partner."""
    body = reader.document(QUARANTINE_LIST, peer)
    return decode(body, Shelf) if body else Shelf()
