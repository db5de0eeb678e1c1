"""Drafts: messages that the rules hold back, until a person with the right role has approved or withdrawn them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from headwater.errors import ConflictError
from headwater.model.canonical import decode, encode
from headwater.model.ids import MessageId
from headwater.model.message import Message
from headwater.store import Transaction

DRAFT: Final = "draft"
"""Kind of the documents that hold drafts, by the identifier that the message will have."""


class DraftState(StrEnum):
    """What became of a message that was held back."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that was held back.

    Attributes:
        id: the identifier it will have.
        message: as it was written.
        state: waiting, sent or refused.
        rule: the rule that holds it.
        asked_by, asked_at: who wanted to send it, and when.
    """

    id: MessageId
    message: Message
    state: DraftState
    rule: str
    asked_by: str
    asked_at: datetime


def waiting(tx: Transaction, ref: MessageId) -> Draft:
    """Return a draft that waits.

    Raises:
        ConflictError: there is no such draft, or it no longer waits.
    """
    body = tx.document(DRAFT, ref)
    draft = decode(body, Draft) if body else None
    if draft is None or draft.state is not DraftState.WAITING:
        raise ConflictError("no such message waits for approval", where=ref, fix="see what waits: headwater inbox list")
    return draft


def put(tx: Transaction, draft: Draft) -> None:
    """Keep a draft as it is now."""
    tx.put_document(DRAFT, draft.id, encode(draft))
