"""What one node knows of a partner's log, and how it judges the partner's next word about it.

A partner's log may only grow. Each signed word about it, a checkpoint or the head in a receipt, is compared with the
largest ones that are held:

* the same size with another root: two histories (`trust.equivocation`);
* a smaller size in a word that was given later: the log was set back (`trust.rollback`);
* a larger size: the partner must prove that the log leads from the one to the other; a proof that does not hold is none
  that an honest log can give (`trust.equivocation`).

Words that come late, on another lane or again, prove nothing. Which of two was given later no clock says, for a partner's
may be set back by hours. It follows from what the word answers: our messages are numbered as they are queued, and a word that
speaks of one queued after we held the larger head was given after it. Between two checkpoints, their own numbers say it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from headwater.errors import EquivocationError, RollbackError
from headwater.exchange.alarms import Fault, raise_alarm
from headwater.exchange.partners import Documents
from headwater.exchange.receipt import Receipt
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.model.merkle import HASH_BYTES, verify_consistency
from headwater.model.message import Grown
from headwater.store import Head, Incoming, Transaction

WITNESS: Final = "witness"
RECEIPT_HEAD: Final = "receipt-head"
CHECKPOINT: Final = "checkpoint"
"""Kind of the documents that hold cosigned checkpoints as signed notes, by AUTHORITY/SIZE."""
UNSAID: Final = (1 << 53) - 1
"""For a head that was kept without our number: no message is later."""


class Word(StrEnum):
    """What a partner's checkpoint is beside those held."""

    NEW = "new"
    SAME = "same"
    LATE = "late"
    UNPROVED = "unproved"
    SHRUNK = "shrunk"
    FORKED = "forked"


FAULTS: Final[Mapping[Word, tuple[Fault, str]]] = {
    Word.SHRUNK: (RollbackError, "its log is shorter than one it has signed earlier"),
    Word.FORKED: (EquivocationError, "its log does not lead on from one it has signed earlier"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one partner's log and of what it knows of ours.

    Attributes:
        size, root: its largest checkpoint that we have cosigned; size 0 and an empty root where there is none.
        seq: number of the message that brought it.
        ours: our largest checkpoint that it has cosigned.
        asked: sizes of our log that it holds, from which it wants proof.
        whole_to: all its numbers up to this one have come, or never will.
        void: its numbers above that one that never will.
        owed: our numbers that never will come, to be told to it.
        synced_at: when it last answered.
        unproved_since: since when its checkpoints have not been proved.
    """

    size: int = 0
    root: str = ""
    seq: int = 0
    ours: int = 0
    asked: tuple[int, ...] = ()
    whole_to: int = 0
    void: tuple[int, ...] = ()
    owed: tuple[int, ...] = ()
    synced_at: datetime | None = None
    unproved_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReceiptHead:
    """The largest log that a partner's receipts have named.

    Attributes:
        at: the partner's time.
        ref: SHA-256 of the receipt that named it, in hex.
        sent: our highest number to the partner when we kept it: what speaks of a higher one was given later.
    """

    size: int
    root: str
    at: datetime
    ref: str
    sent: int = UNSAID


@dataclass(frozen=True, slots=True)
class Said:
    """A partner's checkpoint as it came.

    Attributes:
        seq: the partner's number of its message.
        seen: our highest number that the partner had taken when it wrote it.
        grown: proofs by the size that they begin at.
    """

    size: int
    root: bytes
    seq: int
    seen: int
    grown: Mapping[int, tuple[bytes, ...]]


def judge(known: Known, said: Said) -> Word:
    """Return what a checkpoint is beside the one that is held."""
    if not known.root:
        return Word.NEW
    held = bytes.fromhex(known.root)
    if said.size == known.size:
        return Word.SAME if said.root == held else Word.FORKED
    if said.size < known.size:
        return Word.SHRUNK if said.seq > known.seq else Word.LATE
    path = said.grown.get(known.size)
    if path is None:
        return Word.UNPROVED
    return Word.NEW if verify_consistency(known.size, said.size, held, said.root, path) else Word.FORKED


def judge_receipt(head: ReceiptHead, said: Said) -> Word:
    """Return what a checkpoint is beside the largest log that receipts have named."""
    held = bytes.fromhex(head.root)
    if said.size == head.size:
        return Word.SAME if said.root == held else Word.FORKED
    if said.size < head.size:
        return Word.SHRUNK if said.seen > head.sent else Word.LATE
    path = said.grown.get(head.size)
    if path is None:
        return Word.UNPROVED
    return Word.NEW if verify_consistency(head.size, said.size, held, said.root, path) else Word.FORKED


def paths_of(grown: Iterable[Grown]) -> dict[int, tuple[bytes, ...]]:
    """Return a partner's proofs by the size they begin at; what is no hash cannot hold, and is kept as it came."""
    return {each.size: tuple(_hash(text) for text in each.path) for each in grown}


def known_of(reader: Documents, peer: AuthorityId) -> Known:
    """Return what is known of a partner's log."""
    body = reader.document(WITNESS, peer)
    return decode(body, Known) if body else Known()


def keep_known(tx: Transaction, peer: AuthorityId, known: Known) -> None:
    """Keep what is known of a partner's log."""
    tx.put_document(WITNESS, peer, encode(known))


def receipt_head(reader: Documents, peer: AuthorityId) -> ReceiptHead | None:
    """Return the largest log that a partner's receipts have named, None where there is none."""
    body = reader.document(RECEIPT_HEAD, peer)
    head = decode(body, ReceiptHead) if body else None
    return head if head is not None and head.root else None


def forget(tx: Transaction, peer: AuthorityId) -> None:
    """Begin anew with a partner's log: a person has accepted that it is another one now. All evidence stays."""
    keep_known(tx, peer, replace(known_of(tx, peer), size=0, root="", seq=0, unproved_since=None))
    if receipt_head(tx, peer) is not None:
        tx.put_document(RECEIPT_HEAD, peer, encode(ReceiptHead(0, "", tx.now, "")))


@dataclass(frozen=True, slots=True)
class Seen:
    """A receipt as a courier got it; its signature has been checked.

    Attributes:
        receipt: as it was read.
        data: its bytes.
        ref: SHA-256 of its bytes, in hex, under which they are kept.
        newest: our highest number among the messages that it speaks of.
    """

    receipt: Receipt
    data: bytes
    ref: str
    newest: int


def saw_receipt(tx: Transaction, peer: AuthorityId, seen: Seen, me: AuthorityId) -> None:
    """Compare the log that a partner's receipt names with the largest one held, and keep it where it is larger.

    Args:
        tx: the change that settles what the receipt speaks of.
        peer: who gave it.
        seen: the receipt.
        me: this node's own authority.
    """
    receipt, data = seen.receipt, seen.data
    log = receipt.log
    if log is None:
        return
    held, known = receipt_head(tx, peer), known_of(tx, peer)
    forked = (held is not None and log.size == held.size and log.root != held.root) or (
        log.size == known.size and bool(known.root) and log.root != known.root
    )
    shrunk = held is not None and log.size < held.size and seen.newest > held.sent
    if forked or shrunk:
        fault, what = FAULTS[Word.FORKED if forked else Word.SHRUNK]
        raise_alarm(tx, fault, peer, what, [_earlier(tx, peer, held, known), data], seen_by=me)
        return
    if held is None or log.size > held.size:
        head = ReceiptHead(log.size, log.root, receipt.given_at, seen.ref, tx.sent_last(peer))
        tx.put_document(RECEIPT_HEAD, peer, encode(head))


def number_used_twice(tx: Transaction, row: Incoming, envelope: bytes, me: AuthorityId) -> None:
    """Raise the alarm for a partner that has given one number to two messages: its store was set back, or it lies."""
    tx.keep_equivocation(row.id, row.peer, envelope)
    first = tx.document("receipt", row.receipt.hex()) or row.sha256
    raise_alarm(tx, RollbackError, row.peer, "it has used one number for two messages", [first, envelope], seen_by=me)


def two_contents(tx: Transaction, row: Incoming, envelope: bytes, me: AuthorityId) -> None:
    """Raise the alarm for a partner that has given one identifier to two contents; both are kept."""
    tx.keep_equivocation(row.id, row.peer, envelope)
    first = tx.document("receipt", row.receipt.hex()) or row.sha256
    what = "it has given one identifier to two messages"
    raise_alarm(tx, EquivocationError, row.peer, what, [first, envelope], seen_by=me)


def own_fault(head: Head, size: int, root: bytes, root_here: bytes | None) -> str:
    """Return in what our own log is not what we have signed earlier; empty where it is.

    Args:
        head: our log now.
        size: of what we have signed.
        root: of what we have signed.
        root_here: the root that our log has at that size, None where it never had it.
    """
    if size > head.size:
        return f"this node's log has {head.size} leaves; it has signed one of {size}"
    return "" if root == root_here else f"this node's log is another one than it has signed at {size} leaves"


def _earlier(tx: Transaction, peer: AuthorityId, held: ReceiptHead | None, known: Known) -> bytes:
    body = tx.document("receipt", held.ref) if held is not None else None
    return body or tx.document(CHECKPOINT, f"{peer}/{known.size}") or b""


def _hash(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return b""
    return data if len(data) == HASH_BYTES else b""
