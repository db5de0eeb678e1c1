"""Later words on a message: that a person has read it, accepted it, or acted on it. Normative text: docs/spec/receipt.md.

A receipt says what became of bytes, and the node gives it by itself. What people do with a message comes later, each word by
a person's decision, as a small message of its own in the message's thread. The sender keeps each word once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.exchange.parties import purpose_of, sender_of
from headwater.model.canonical import decode, encode
from headwater.model.ids import MessageId
from headwater.model.message import Kind, Message
from headwater.ports import Event
from headwater.store import Incoming, Snapshot, Transaction

TOLD: Final = "told"
"""Kind of the documents that hold a partner's later words on a message of ours, by the message."""
WORDS: Final = ("read", "accepted", "acted")
"""What a person can let the sender know."""


@dataclass(frozen=True, slots=True)
class Told:
    """One word of a partner on a message of ours: what it says, when it came, and the message that says it."""

    word: str
    at: datetime
    message: MessageId


def telling(row: Incoming, message: Message, word: str, purpose: str) -> Message:
    """Return the message that tells a word on another.

    Args:
        row: the message that came, and was not refused.
        message: its content.
        word: one of `WORDS`.
        purpose: why it is told.

    Raises:
        SchemaError: there is no such word.
    """
    if word not in WORDS:
        raise SchemaError("no word on a message", where=Place(field="word"), fix=f"use {', '.join(WORDS)}")
    return Message(
        kind=Kind.RECEIPT,
        recipient=row.peer,
        agreement=message.agreement,
        purpose=purpose,
        thread=row.id,
        result=word,
    )


def hear(tx: Transaction, message: Message, ref: MessageId) -> None:
    """Keep a partner's word on a message of ours; what is no word on one that it was sent is noted, and changes nothing."""
    sender, word = sender_of(message), message.result
    row = tx.outgoing(MessageId(message.thread)) if message.thread else None
    if row is None or row.peer != sender or word not in WORDS:
        tx.note(Event("exchange.word-doubted", sender, ref))
        return
    known = told(tx, row.id)
    if word not in [each.word for each in known]:
        tx.put_document(TOLD, row.id, encode((*known, Told(word, tx.now, ref))))
        tx.note(Event("exchange.told", sender, row.id, purpose_of(message), {"word": word}))


def told(reader: Snapshot | Transaction, ref: MessageId) -> tuple[Told, ...]:
    """Return a partner's words on a message of ours, in the order they came."""
    body = reader.document(TOLD, ref)
    return decode(body, tuple[Told, ...]) if body else ()
