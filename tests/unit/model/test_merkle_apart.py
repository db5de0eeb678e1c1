"""The checks of the tree against the recursion that RFC 9162 and RFC 6962 describe, for every place in every small log.

Whatever a proof of the wrong length could be made to lead to is tried as a root: none of it is believed.
"""

from collections.abc import Sequence
from itertools import product
from typing import Final

import pytest

from headwater.errors import SchemaError
from headwater.model import merkle
from tests.unit.model.test_merkle import leaves_of, naive_root, subtree_of

LARGEST: Final = 17
LARGEST_WRONG: Final = 9
MOST_HASHES: Final = 5
LEAVES: Final = leaves_of(LARGEST)
OTHERS: Final = [merkle.leaf_hash(b"other %d" % number) for number in range(MOST_HASHES)]


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D_n) of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), naive_root(list(leaves[k:]))]
    return [*path(index - k, leaves[k:]), naive_root(list(leaves[:k]))]


def subproof(old: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b) of RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [naive_root(list(leaves))]
    k = split(len(leaves))
    if old <= k:
        return [*subproof(old, leaves[:k], whole), naive_root(list(leaves[k:]))]
    return [*subproof(old - k, leaves[k:], False), naive_root(list(leaves[:k]))]


def folds(first: bytes, rest: Sequence[bytes]) -> set[bytes]:
    """All that hashes can be joined to, each from the left or the right, or left out."""
    found = {first}
    for one in rest:
        found |= {merkle.node_hash(one, each) for each in found} | {merkle.node_hash(each, one) for each in found}
    return found


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_leaf_of_every_small_log_is_proved_as_the_recursion_proves_it(size: int) -> None:
    leaves = LEAVES[:size]
    root = merkle.root(leaves)
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, subtree_of(leaves))
        assert proof == path(index, leaves)
        assert merkle.verify_inclusion(index, size, leaves[index], proof, root) is True
        for at in range(len(proof)):
            swapped = [*proof[:at], *proof[at + 1 :]]
            assert merkle.verify_inclusion(index, size, leaves[index], swapped, root) is False


@pytest.mark.parametrize("size", range(1, LARGEST_WRONG + 1))
def test_no_proof_of_a_wrong_length_leads_to_any_root(size: int) -> None:
    for index, count in product(range(size), range(MOST_HASHES)):
        if count != len(path(index, LEAVES[:size])):
            for root in folds(LEAVES[0], OTHERS[:count]):
                assert merkle.verify_inclusion(index, size, LEAVES[0], OTHERS[:count], root) is False


@pytest.mark.parametrize("new", range(LARGEST + 1))
def test_every_small_log_is_proved_to_begin_with_every_smaller_one(new: int) -> None:
    roots = [naive_root(LEAVES[:size]) for size in range(new + 1)]
    for old in range(new + 1):
        proof = merkle.consistency_proof(old, new, subtree_of(LEAVES[:new]))
        assert proof == ([] if old in (0, new) else subproof(old, LEAVES[:new], True))
        assert merkle.verify_consistency(old, new, roots[old], roots[new], proof) is True
        # Every log begins with the empty one, whatever its root.
        assert merkle.verify_consistency(old, new, roots[old], OTHERS[0], proof) is (old == 0 < new)
        assert merkle.verify_consistency(old, new, OTHERS[0], roots[new], proof) is False
        assert merkle.verify_consistency(old, new, roots[old], roots[new], [*proof, OTHERS[0]]) is False
        for at in range(len(proof)):
            assert merkle.verify_consistency(old, new, roots[old], roots[new], [*proof[:at], *proof[at + 1 :]]) is False


@pytest.mark.parametrize("new", range(2, 7))
def test_no_proof_of_a_wrong_length_shows_that_a_log_has_grown(new: int) -> None:
    for old, count in product(range(1, new), range(4)):
        if count != len(subproof(old, LEAVES[:new], True)):
            first, *rest = OTHERS[: count + 1]
            # Where the older log is one whole subtree, its root is what the proof begins with.
            begun = [first] if old.bit_count() == 1 else [OTHERS[0]]
            proof = rest if old.bit_count() == 1 else OTHERS[:count]
            reached = folds(begun[0], OTHERS[1 : count + 1])
            for before, after in product(reached, reached):
                assert merkle.verify_consistency(old, new, before, after, proof) is False


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_an_edge_is_that_of_its_leaves_however_it_was_grown(size: int) -> None:
    one_by_one = merkle.Frontier()
    growing = merkle.Growing(merkle.Frontier())
    for leaf in LEAVES[:size]:
        one_by_one, completed = one_by_one.add(leaf)
        assert tuple(growing.add(leaf)) == completed
    assert growing.size == size
    assert growing.edge == one_by_one
    assert one_by_one.root == naive_root(LEAVES[:size])
    assert [len(LEAVES[place << level : (place + 1) << level]) for level, place in merkle.edge_places(size)] == [
        1 << at for at in reversed(range(8)) if size >> at & 1
    ]


@pytest.mark.parametrize(("size", "hashes"), [(-1, 8), (-1, 1), (0, 1), (1, 0), (3, 1), (3, 3)])
def test_no_edge_has_a_size_that_its_hashes_do_not_fit(size: int, hashes: int) -> None:
    with pytest.raises(SchemaError):
        merkle.Frontier(size, (merkle.EMPTY_ROOT,) * hashes)


def test_every_hash_of_a_question_must_be_one() -> None:
    one, two = LEAVES[:2]
    root = merkle.node_hash(one, two)
    short = one[:31]
    assert merkle.verify_inclusion(0, 2, one, [two], root) is True
    assert merkle.verify_inclusion(0, 2, one, [short], merkle.node_hash(one, short)) is False
    assert merkle.verify_inclusion(0, 2, short, [two], merkle.node_hash(short, two)) is False
    assert merkle.verify_consistency(1, 2, one, root, [two]) is True
    assert merkle.verify_consistency(1, 2, short, merkle.node_hash(short, two), [two]) is False
    assert merkle.verify_consistency(1, 1, short, short, []) is False
    assert merkle.verify_consistency(1, 2, one, merkle.node_hash(one, short), [short]) is False


def test_leaves_and_joined_hashes_are_those_of_others() -> None:
    # Published with Certificate Transparency: the leaf without data, and the roots over the first data of its test log.
    data = (b"", b"\x00", b"\x10", b"\x20\x21")
    roots = (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    )
    leaves = [merkle.leaf_hash(one) for one in data]
    assert [merkle.root(leaves[: count + 1]).hex() for count in range(4)] == list(roots)
