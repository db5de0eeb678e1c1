"""The ledger: one leaf for each event, in a tree whose head partners witness.

A leaf's data is its commitment, SHA-256 over 16 random bytes and the event. The tree is made over commitments alone, so
that an event can be erased (salt and event destroyed) without breaking any proof, and nobody can guess it back.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from headwater.errors import InputError, StoreCorruptError, StoreError
from headwater.model.canonical import decode, encode
from headwater.model.merkle import (
    HASH_BYTES,
    Frontier,
    Growing,
    consistency_proof,
    edge_places,
    inclusion_proof,
    leaf_hash,
)
from headwater.model.times import format_instant
from headwater.ports import Chance, Event
from headwater.store.link import Link, Linked
from headwater.store.rows import Head, Leaf

SALT_BYTES: Final = 16
_SALTS_DRAWN: Final = 32
"""Salts drawn at once: each draw asks the operating system, and lets another thread go first."""
ERASED: Final = "store.erased"
"""Kind of the event that announces an erasure; its subject is the number of the leaf."""
_PAGE: Final = 512
_SUBTREES: Final = "SELECT commitment, subtrees FROM ledger WHERE number = ?"
_LEAF: Final = "SELECT number, salt, event, commitment FROM ledger WHERE number = ?"
_LEAVES: Final = "SELECT number, salt, event, commitment FROM ledger WHERE number >= ? ORDER BY number LIMIT ?"

_LEAVES_WITH: Final = (
    "SELECT number, salt, event, commitment FROM ledger WHERE number >= ? AND instr(event, ?) ORDER BY number LIMIT ?"
)
_ABOUT: Final = "SELECT number FROM leaf_about WHERE subject = ? AND number >= ? ORDER BY number LIMIT ?"
_EVENTS: Final = "SELECT event FROM ledger WHERE number >= ? ORDER BY number LIMIT ?"
_SUBJECT_BYTES: Final = 8


class _LeafRow(NamedTuple):
    """The columns of `_LEAVES`."""

    number: int
    salt: bytes | None
    event: bytes | None
    commitment: bytes


@dataclass(frozen=True, slots=True)
class _Subject:
    """What an event is about, of the bytes that hold it."""

    subject: str


@dataclass(frozen=True, slots=True)
class _Line:
    """An event as its bytes hold it."""

    at: datetime
    kind: str
    who: str
    subject: str
    purpose: str = ""
    detail: dict[str, str | int] = field(default_factory=dict)


def event_bytes(event: Event, at: datetime) -> bytes:
    """Return the bytes that a leaf commits to: canonical JSON, keys in order."""
    return encode(
        {
            "at": format_instant(at),
            "detail": dict(event.detail),
            "kind": event.kind,
            "purpose": event.purpose,
            "subject": event.subject,
            "who": event.who,
        }
    )


def read_event(data: bytes) -> tuple[datetime, Event]:
    """Return the time and event that bytes of a leaf hold.

    Raises:
        InputError: they hold none.
    """
    line = decode(data, _Line)
    return line.at, Event(line.kind, line.who, line.subject, line.purpose, line.detail)


def commitment(salt: bytes, event: bytes) -> bytes:
    """Return what stands in the tree for an event."""
    return sha256(salt + event).digest()


def stored_head(link: Link) -> Head:
    """Return the head as it was last written."""
    found = link.one(tuple[int, bytes], "SELECT size, root FROM ledger_head")
    if found is None:
        raise StoreCorruptError("the ledger has lost its head", where=str(link.file))
    return Head(*found)


def load_edge(link: Link) -> Frontier:
    """Return the edge of the tree, so that leaves can be added.

    Raises:
        StoreCorruptError: the last leaves and the head do not belong together; nothing may be added to such a ledger.
    """
    head = stored_head(link)
    if link.number("SELECT MAX(number) + 1 FROM ledger") != head.size:
        raise StoreCorruptError("the ledger is shorter or longer than its head says", where=str(link.file))
    subtree = subtree_reader(link)
    edge = Frontier(head.size, tuple(subtree(level, place) for level, place in edge_places(head.size)))
    if edge.root != head.root:
        raise StoreCorruptError("the ledger does not fit its head", where=str(link.file))
    return edge


def subtree_reader(link: Link) -> Callable[[int, int], bytes]:
    """Return a function that reads the hash of a complete subtree by level and place: one row each."""

    def subtree(level: int, place: int) -> bytes:
        last_leaf = (place + 1 << level) - 1
        found = link.one(tuple[bytes, bytes], _SUBTREES, last_leaf)
        if found is None:
            raise StoreCorruptError(f"the ledger lacks leaf {last_leaf}", where=str(link.file))
        data, subtrees = found
        if level == 0:
            return leaf_hash(data)
        part = subtrees[(level - 1) * HASH_BYTES : level * HASH_BYTES]
        if len(part) != HASH_BYTES:
            raise StoreCorruptError(f"the ledger lacks a subtree at leaf {last_leaf}", where=str(link.file))
        return part

    return subtree


class LedgerReading(Linked):
    """What can be read of the ledger."""

    def head(self) -> Head:
        """Return the head."""
        return stored_head(self._link)

    def leaf(self, index: int) -> Leaf:
        """Return one leaf.

        Raises:
            StoreError: there is no such leaf.
        """
        found = self._link.one(_LeafRow, _LEAF, index)
        if found is None:
            raise StoreError(f"the ledger has no leaf {index}", fix="see its size with: headwater audit head")
        return self._as_leaf(found)

    def leaves(self, start: int = 0) -> Iterator[Leaf]:
        """Yield the leaves from an index on, in order."""
        while page := self._link.rows(_LeafRow, _LEAVES, start, _PAGE):
            yield from map(self._as_leaf, page)
            start = page[-1].number + 1

    def opening(self, index: int) -> bytes:
        """Return what a leaf commits to: its salt, then its event's bytes.

        Raises:
            StoreError: there is no such leaf, or it was erased: nothing can be proved about it any more.
        """
        found = self._link.one(_LeafRow, _LEAF, index)
        if found is None or found.salt is None or found.event is None:
            raise StoreError(f"the ledger has no leaf {index} that still holds an event", fix="name another")
        return found.salt + found.event

    def leaves_about(self, subject: str) -> Iterator[Leaf]:
        """Yield the leaves whose event is about something, in order.

        Those that `index_leaves` has been over are looked up, and only what came since is looked through.
        """
        start, name = 0, _short(subject)
        while numbers := self._link.rows(tuple[int], _ABOUT, name, start, _PAGE):
            for (number,) in numbers:
                leaf = self.leaf(number)
                if leaf.event is not None and leaf.event.subject == subject:
                    yield leaf
            start = numbers[-1][0] + 1
        start, needle = self.leaves_indexed(), encode(subject)
        while page := self._link.rows(_LeafRow, _LEAVES_WITH, start, needle, _PAGE):
            for row in page:
                leaf = self._as_leaf(row)
                if leaf.event is not None and leaf.event.subject == subject:
                    yield leaf
            start = page[-1].number + 1

    def subjects(self, start: int, most: int) -> list[str | None]:
        """Return what the leaves from an index on are about, None for those that were erased: no more is read of them."""
        rows = self._link.rows(tuple[bytes | None], _EVENTS, start, most)
        try:
            return [None if event is None else decode(event, _Subject).subject for (event,) in rows]
        except InputError as error:
            raise StoreCorruptError("a leaf cannot be read", where=str(self._link.file)) from error

    def leaves_indexed(self) -> int:
        """Return how many leaves can be found by what they are about without looking through them."""
        return self._link.number("SELECT size FROM leaf_about_to")

    def root_at(self, size: int) -> bytes:
        """Return the root that the ledger had at a size.

        Raises:
            StoreError: it never had that size.
        """
        self._check_size(size)
        subtree = subtree_reader(self._link)
        return Frontier(size, tuple(subtree(level, place) for level, place in edge_places(size))).root

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that a leaf stands in the ledger of a size: a logarithm of rows is read.

        Raises:
            StoreError: the ledger never had that size, or not that leaf.
        """
        self._check_size(size)
        if not 0 <= index < size:
            raise StoreError(f"there is no leaf {index} in a ledger of {size}", fix="name a leaf below the size")
        return inclusion_proof(index, size, subtree_reader(self._link))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the ledger of a size begins with that of an older size.

        Raises:
            StoreError: the ledger never had one of the sizes, or the older is larger.
        """
        self._check_size(new)
        if not 0 <= old <= new:
            raise StoreError(f"a ledger of {new} does not begin with one of {old}", fix="name the smaller size first")
        return consistency_proof(old, new, subtree_reader(self._link))

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.head().size:
            raise StoreError(f"the ledger never had {size} leaves", fix="see its size with: headwater audit head")

    def _as_leaf(self, row: _LeafRow) -> Leaf:
        index, salt, event, committed = row
        if salt is None or event is None:
            return Leaf(index, None, None, None, committed)
        try:
            at, noted = read_event(event)
        except InputError as error:
            raise StoreCorruptError(f"leaf {index} cannot be read", where=str(self._link.file)) from error
        return Leaf(index, at, noted, salt, committed)


class LedgerWriting(LedgerReading):
    """What can be added to the ledger."""

    now: datetime
    _chance: Chance
    _growing: Growing
    _salts: memoryview

    def head(self) -> Head:
        """Return the head after what this transaction has added so far."""
        edge = self._growing.edge
        return Head(edge.size, edge.root)

    def note(self, event: Event) -> int:
        """Append an event and return the number of its leaf."""
        line = event_bytes(event, self.now)
        salt = self._salt()
        data = commitment(salt, line)
        index = self._growing.size
        subtrees = self._growing.add(leaf_hash(data))
        self._link.later("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", (index, salt, line, data, b"".join(subtrees)))
        return index

    def _salt(self) -> bytes:
        if not self._salts:
            self._salts = memoryview(self._chance.draw(_SALTS_DRAWN * SALT_BYTES))
        salt, self._salts = self._salts[:SALT_BYTES], self._salts[SALT_BYTES:]
        return bytes(salt)

    def index_leaves(self, start: int, subjects: Sequence[str | None]) -> None:
        """Let leaves be found by what they are about.

        Args:
            start: `leaves_indexed`, as it was when the leaves were read; where it has moved on since, nothing is done.
            subjects: of the leaves from there on, None for those that were erased.
        """
        if self.leaves_indexed() != start:
            return
        rows = [(_short(subject), start + place) for place, subject in enumerate(subjects) if subject is not None]
        self._link.many("INSERT INTO leaf_about VALUES (?, ?)", rows)
        self._link.run("UPDATE leaf_about_to SET size = ?", start + len(subjects))

    def erase_event(self, index: int, *, who: str, purpose: str) -> int:
        """Destroy what a leaf says and note that it was done; its place in the tree stays.

        The bytes are overwritten in the database once SQLite's log is folded into it, at the latest on closing.

        Returns:
            the number of the leaf that announces it.

        Raises:
            StoreError: there is no such leaf, it is erased, or it announces an erasure itself.
        """
        leaf = self.leaf(index)
        if leaf.event is None or leaf.event.kind == ERASED:
            raise StoreError(f"leaf {index} cannot be erased", fix="name a leaf that still holds an event of its own")
        self._link.run("UPDATE ledger SET salt = NULL, event = NULL WHERE number = ?", index)
        self._link.run("DELETE FROM leaf_about WHERE subject = ? AND number = ?", _short(leaf.event.subject), index)
        return self.note(Event(ERASED, who, str(index), purpose))


def _short(subject: str) -> bytes:
    return sha256(subject.encode()).digest()[:_SUBJECT_BYTES]
