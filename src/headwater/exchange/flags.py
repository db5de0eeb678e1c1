"""Flags: messages that were taken with a key before its owner said that it must not have been trusted since an earlier moment.

They stay where they are, with all that became of them; a person looks at each and decides. Which key signed a message is not
kept, so all that came from that partner since then are flagged.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from headwater.exchange.card import Card
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, MessageId
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

FLAGGED: Final = "flagged"
"""Kind of the documents that say why a message is to be looked at again, by the message."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a message is to be looked at again: the key that its sender revoked, from when on, and when we learned it."""

    key: str
    revoked_from: datetime
    at: datetime


def flag_since(tx: Transaction, peer: AuthorityId, held: Card, given: Card) -> int:
    """Flag what came from a partner since the earliest moment from which a new card revokes a key; return how many."""
    before = {key.key for key in held.signing if key.counts_until is not None}
    revoked = [(at, key) for key in given.signing if (at := key.counts_until) is not None and key.key not in before]
    if not revoked:
        return 0
    since, first = min(revoked, key=lambda each: each[0])
    refs = [row.id for row in tx.incoming_since(peer, since) if row.state != "refused"]
    for ref in refs:
        tx.put_document(FLAGGED, ref, encode(Flag(first.name, since, tx.now)))
    if refs:
        detail: dict[str, str | int] = {"key": first.name, "from": first.revoked_from or "", "messages": len(refs)}
        tx.note(Event("exchange.flagged", peer, peer, detail=detail))
    return len(refs)


def flags(reader: Snapshot | Transaction) -> dict[MessageId, Flag]:
    """Return all flags by message."""
    return {MessageId(key): decode(body, Flag) for key, _, body in reader.documents(FLAGGED)}
