"""The tree over a log, as RFC 6962 section 2.1 draws it: root, proofs, and checks that need no log.

A proof is made from complete subtrees only. The subtree at `level` and `place` covers the leaves from
``place << level`` up to, not including, ``(place + 1) << level``; once complete it never changes, so each can be kept
and any proof reads a logarithm of them. The checks follow RFC 9162, sections 2.1.3.2 and 2.1.4.2, and refuse what C2SP
tlog-proof refuses. Leaves are data before hashing and ``leaf hashes`` after.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from headwater.errors import Place, SchemaError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a log without leaves (RFC 6962, section 2.1)."""

Subtree = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree at a level and place; at level 0, a leaf hash."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf's data. Source: RFC 6962, section 2.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees. Source: RFC 6962, section 2.1."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete subtrees at the right edge of a log: all that is needed to append to it.

    Attributes:
        size: number of leaves.
        hashes: one hash for each bit set in `size`, the largest subtree first.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a size that the number of hashes does not fit."""
        if self.size < 0 or self.size.bit_count() != len(self.hashes):
            raise SchemaError("a log's edge that does not fit its size", where=Place(field="size"))

    def add(self, leaf: bytes) -> tuple["Frontier", tuple[bytes, ...]]:
        """Return the edge after one more leaf hash, and the subtrees it completed, from level 1 upward."""
        growing = Growing(self)
        done = growing.add(leaf)
        return growing.edge, tuple(done)

    @property
    def root(self) -> bytes:
        """The root over all leaves."""
        return _fold(self.hashes)


class Growing:
    """The edge of a log while leaves are added to it: no new value is made for each of them.

    Attributes:
        size: number of leaves.
    """

    __slots__ = ("_hashes", "size")

    def __init__(self, edge: Frontier) -> None:
        """Begin at an edge, which stays as it is."""
        self.size = edge.size
        self._hashes = list(edge.hashes)

    def add(self, leaf: bytes) -> list[bytes]:
        """Add a leaf hash and return the subtrees it completed, from level 1 upward."""
        done: list[bytes] = []
        size = self.size
        while size & 1:
            leaf = node_hash(self._hashes.pop(), leaf)
            done.append(leaf)
            size >>= 1
        self._hashes.append(leaf)
        self.size += 1
        return done

    @property
    def edge(self) -> Frontier:
        """The edge as it is now."""
        return Frontier(self.size, tuple(self._hashes))


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes in order; over none, `EMPTY_ROOT`."""
    growing = Growing(Frontier())
    for leaf in leaf_hashes:
        growing.add(leaf)
    return growing.edge.root


def edge_places(size: int) -> list[tuple[int, int]]:
    """Return level and place of each complete subtree at the right edge of a log, the largest first."""
    return _cover(0, size)


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the audit path of a leaf in the log of a size, from the leaf upward.

    Args:
        index: number of the leaf, from 0.
        size: leaves of the log that the proof is for; it may have grown since.
        subtree: reads the hash of a complete subtree.

    Raises:
        SchemaError: there is no such leaf in a log of that size.
    Source: RFC 6962, section 2.1.1.
    """
    if not 0 <= index < size:
        raise SchemaError("no such leaf in a log of that size", where=Place(field="index"))
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_hash(middle, high, subtree))
            high = middle
        else:
            path.append(_range_hash(low, middle, subtree))
            low = middle
    return path[::-1]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Return the proof that a log of the new size begins with the log of the old size.

    Raises:
        SchemaError: the old size is negative or larger than the new one.
    Source: RFC 6962, section 2.1.2; an empty proof from size 0, as RFC 9162 has it.
    """
    if not 0 <= old <= new:
        raise SchemaError("the older log is not the smaller one", where=Place(field="old"))
    if old in (0, new):
        return []
    path: list[bytes] = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range_hash(middle, high, subtree))
            high = middle
        else:
            path.append(_range_hash(low, middle, subtree))
            low, whole = middle, False
    if not whole:
        path.append(_range_hash(low, high, subtree))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether a proof shows that a leaf hash stands at an index of the log with a size and root.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size or not _all_hashes((leaf, root, *proof)):
        return False
    node, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether a proof shows that the log with the new size and root begins with the old one.

    From size 0 only an empty proof and the empty root are taken.

    Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 <= old <= new or not _all_hashes((old_root, new_root, *proof)):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    computed_old = computed_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            computed_old = node_hash(sibling, computed_old)
            computed_new = node_hash(sibling, computed_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed_new = node_hash(computed_new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and computed_old == old_root and computed_new == new_root


def _split(count: int) -> int:
    """Return the largest power of two below a count of at least two."""
    return 1 << (count - 1).bit_length() - 1


def _cover(low: int, high: int) -> list[tuple[int, int]]:
    """Return the fewest complete subtrees over a range that begins where a subtree of its size may begin."""
    places: list[tuple[int, int]] = []
    while low < high:
        level = (high - low).bit_length() - 1
        places.append((level, low >> level))
        low += 1 << level
    return places


def _range_hash(low: int, high: int, subtree: Subtree) -> bytes:
    return _fold([subtree(level, place) for level, place in _cover(low, high)])


def _fold(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    computed = hashes[-1]
    for left in reversed(hashes[:-1]):
        computed = node_hash(left, computed)
    return computed


def _all_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
