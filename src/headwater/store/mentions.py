"""Which records speak of which entity: an index that is written behind.

Entities are named by chance, so each mention would change a page of its own with every message, and a node with a million
records would write five pages for each new one. Instead a record puts one short row at the end of a list, and the writer
takes the list over into the index once it is long, sorted, so that one page takes many rows; a few rows with each group of
changes, so that nobody waits for all of them. Whoever asks looks into both.

::

    record ─▶ mention_new (one row at its end) ─▶ sorted, a slice with each group ─▶ mentioned (entity, record)
"""

from collections.abc import Collection, Iterable
from hashlib import sha256
from struct import pack, unpack_from
from typing import Final

from headwater.model.canonical import encode
from headwater.model.ids import EntityKey, RecordId
from headwater.model.record import Record
from headwater.store.link import Link

LONG: Final = 2048
"""Records whose mentions wait until they are taken over: to look through so many takes a fifth of a millisecond."""
_FASTER: Final = 2
"""How many times as quickly as they come rows are taken over."""
_ENTITY_BYTES: Final = 8

_INDEXED: Final = (
    "SELECT m.entity, r.id FROM mentioned m JOIN record r ON r.number = m.record"
    " WHERE m.entity IN (SELECT CAST(value AS BIGINT) FROM json_each(?)) LIMIT ?"
)
_WAITING: Final = "SELECT r.id, n.entities FROM mention_new n JOIN record r ON r.number = n.record"
_WAITING_OF: Final = f"{_WAITING} WHERE instr(n.entities, ?)"
_FEW: Final = 8
"""Entities for each of which the database looks through the list: it is quicker at that, but for many of them."""
_ALL_NEW: Final = "SELECT record, entities FROM mention_new WHERE record <= ? ORDER BY record"
_FIRST: Final = "SELECT MIN(record) FROM mention_new"
_LAST: Final = "SELECT MAX(record) FROM mention_new"
# A record of which something was erased meanwhile waits no more.
_TAKE_OVER: Final = (
    "INSERT OR IGNORE INTO mentioned SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM mention_new WHERE record = ?2)"
)


def short(key: str) -> int:
    """Return what stands for an entity in the index: eight bytes of the SHA-256 of its key, as a signed number."""
    return int.from_bytes(sha256(key.encode()).digest()[:_ENTITY_BYTES], "big", signed=True)


def packed(entities: Iterable[int]) -> bytes:
    """Return entities as a row of `mention_new` holds them: eight bytes each."""
    found = tuple(entities)
    return pack(f">{len(found)}q", *found)


def unpacked(entities: bytes) -> list[int]:
    """Return what `packed` was given; what is left over of a damaged row is no entity."""
    count = len(entities) // _ENTITY_BYTES
    return list(unpack_from(f">{count}q", entities))


def entities_of(record: Record) -> list[int]:
    """Return what stands for each entity that a record mentions."""
    return [short(mention.key) for mention in record.mentions]


def refs_of(link: Link, keys: Collection[EntityKey], most: int) -> list[tuple[EntityKey, RecordId]]:
    """Return which records may speak of some entities, each pair once; where they are more than `most`, some of them."""
    wanted = {short(key): key for key in keys}
    found = link.rows(tuple[int, str], _INDEXED, encode([str(one) for one in wanted]).decode(), most + 1)
    if len(found) <= most:
        if len(wanted) > _FEW:
            waiting = link.rows(tuple[str, bytes], _WAITING)
        else:
            waiting = [row for one in wanted for row in link.rows(tuple[str, bytes], _WAITING_OF, packed([one]))]
        found += [(one, ref) for ref, entities in waiting for one in unpacked(entities) if one in wanted]
    return [(wanted[entity], RecordId(ref)) for entity, ref in dict.fromkeys(found)]


def erase(link: Link, number: int, gone: Collection[int], rest: Collection[int]) -> None:
    """Let a record that was erased in part be found by what is left of it alone.

    Args:
        link: within a change.
        number: of the record.
        gone: what stands for the entities that it mentions no more.
        rest: what stands for those that it still mentions.
    """
    link.run("DELETE FROM mention_new WHERE record = ?", number)
    link.many("DELETE FROM mentioned WHERE entity = ? AND record = ?", [(entity, number) for entity in gone])
    link.many("INSERT OR IGNORE INTO mentioned VALUES (?, ?)", [(entity, number) for entity in rest])


def leads_to(link: Link, entity: int, number: int) -> bool:
    """Return whether a record, by its number, is found by an entity."""
    if link.number("SELECT COUNT(*) FROM mentioned WHERE entity = ? AND record = ?", entity, number):
        return True
    waiting = link.one(tuple[bytes], "SELECT entities FROM mention_new WHERE record = ?", number)
    return waiting is not None and entity in unpacked(waiting[0])


def indexed(link: Link) -> int:
    """Return how many pairs of an entity and a record the index and the list hold together, each counted once."""
    waiting = link.rows(tuple[int, bytes], _ALL_NEW, link.number(_LAST))
    pairs = {(one, number) for number, entities in waiting for one in unpacked(entities)}
    there = "SELECT COUNT(*) FROM mentioned WHERE entity = ? AND record = ?"
    return link.number("SELECT COUNT(*) FROM mentioned") + sum(not link.number(there, *pair) for pair in pairs)


class TakingOver:
    """Takes what waits over into the index. What it holds in memory is only what it will write next: it may be lost."""

    _of: int
    _upto: int
    _seen: int

    def __init__(self) -> None:
        """Begin with nothing at hand: the numbers are those of the rows."""
        self._rows: list[tuple[int, int]] = []

    def forget(self) -> None:
        """Begin anew: what was written last was undone."""
        self._rows = []

    def step(self, link: Link) -> None:
        """Write a slice, within a change: twice as many rows as came since the last one, for each of which one waits."""
        last = link.number(_LAST)
        if not self._rows:
            first = link.number(_FIRST)
            if last - first + 1 < LONG:
                return
            self._gather(link, last)
            self._seen = first + LONG - 1
        much = min(len(self._rows), -(-self._of * _FASTER * (last - self._seen) // LONG))
        self._seen = last
        written = self._rows[len(self._rows) - much :]
        del self._rows[len(self._rows) - much :]
        link.many(_TAKE_OVER, written)
        if not self._rows:
            link.run("DELETE FROM mention_new WHERE record <= ?", self._upto)

    def _gather(self, link: Link, last: int) -> None:
        waiting = link.rows(tuple[int, bytes], _ALL_NEW, last)
        self._rows = sorted(((one, number) for number, entities in waiting for one in unpacked(entities)), reverse=True)
        self._of, self._upto = len(self._rows), last
