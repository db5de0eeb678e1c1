"""The tree against a plain recursion written from the text of RFC 6962, and against vectors made elsewhere."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import SchemaError
from headwater.model import merkle

SIZES = st.integers(0, 130)


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def leaves_of(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"leaf %d" % number) for number in range(count)]


def subtree_of(leaves: list[bytes]) -> merkle.Subtree:
    def subtree(level: int, place: int) -> bytes:
        part = leaves[place << level : place + 1 << level]
        assert len(part) == 1 << level, "only complete subtrees may be asked for"
        return naive_root(part)

    return subtree


def leaf_texts(data: dict[str, Any], count: int) -> list[bytes]:
    return [merkle.leaf_hash(f"headwater leaf {data['salt']}{number}".encode()) for number in range(count)]


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((shared / "data/exchange/merkle/vectors.json").read_text())
    assert data["roots"]
    assert data["inclusion"]
    assert data["consistency"]
    return data


def hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def test_every_root_of_the_vectors_is_computed(vectors: dict[str, Any]) -> None:
    for row in vectors["roots"]:
        assert merkle.root(leaf_texts(vectors, row["size"])).hex() == row["root"], row["size"]


def test_every_inclusion_vector_is_judged_as_it_says(vectors: dict[str, Any]) -> None:
    for row in vectors["inclusion"]:
        leaf, root = bytes.fromhex(row["leaf_hash"]), bytes.fromhex(row["root"])
        found = merkle.verify_inclusion(row["index"], row["size"], leaf, hashes(row["proof"]), root)
        assert found is row["valid"], row


def test_every_consistency_vector_is_judged_as_it_says(vectors: dict[str, Any]) -> None:
    for row in vectors["consistency"]:
        first, second = hashes([row["root1"], row["root2"]])
        found = merkle.verify_consistency(row["size1"], row["size2"], first, second, hashes(row["proof"]))
        assert found is row["valid"], row


def test_every_valid_proof_of_the_vectors_is_the_one_we_make(vectors: dict[str, Any]) -> None:
    leaves = leaf_texts(vectors, 1000)
    subtree = subtree_of(leaves)
    for row in vectors["inclusion"]:
        if row["valid"]:
            assert merkle.inclusion_proof(row["index"], row["size"], subtree) == hashes(row["proof"])
    for row in vectors["consistency"]:
        if row["valid"]:
            assert merkle.consistency_proof(row["size1"], row["size2"], subtree) == hashes(row["proof"])


@given(SIZES)
def test_the_root_is_that_of_the_recursion(size: int) -> None:
    leaves = leaves_of(size)
    assert merkle.root(leaves) == naive_root(leaves)


@given(SIZES)
def test_the_edge_lists_the_subtrees_that_the_places_name(size: int) -> None:
    leaves = leaves_of(size)
    edge = merkle.Frontier()
    for leaf in leaves:
        edge, _ = edge.add(leaf)
    subtree = subtree_of(leaves)
    assert edge.hashes == tuple(subtree(level, place) for level, place in merkle.edge_places(size))


@given(st.integers(1, 130))
def test_a_leaf_completes_the_subtrees_that_end_with_it(size: int) -> None:
    leaves = leaves_of(size)
    edge = merkle.Frontier()
    done: tuple[bytes, ...] = ()
    for leaf in leaves:
        edge, done = edge.add(leaf)
    ends = [level for level in range(1, 9) if size % (1 << level) == 0]
    subtree = subtree_of(leaves)
    assert done == tuple(subtree(level, (size >> level) - 1) for level in ends)


@given(st.data())
def test_what_is_proved_included_verifies_and_nothing_else_does(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 130))
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    root = naive_root(leaves)
    proof = merkle.inclusion_proof(index, size, subtree_of(leaves))
    assert merkle.verify_inclusion(index, size, leaves[index], proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index) if size > 1 else st.just(size))
    assert not merkle.verify_inclusion(other, size, leaves[index], proof, root)
    assert not merkle.verify_inclusion(index, size, leaves[index], [*proof, root], root)
    assert not merkle.verify_inclusion(index, size, merkle.leaf_hash(b"another"), proof, root)
    for place in range(len(proof)):
        assert not merkle.verify_inclusion(index, size, leaves[index], proof[:place] + proof[place + 1 :], root)


@given(st.data())
def test_what_is_proved_consistent_verifies_and_nothing_else_does(data: st.DataObject) -> None:
    new = data.draw(SIZES)
    old = data.draw(st.integers(0, new))
    leaves = leaves_of(new)
    old_root, new_root = naive_root(leaves[:old]), naive_root(leaves)
    proof = merkle.consistency_proof(old, new, subtree_of(leaves))
    assert merkle.verify_consistency(old, new, old_root, new_root, proof)
    assert not merkle.verify_consistency(old, new, old_root, new_root, [*proof, new_root])
    other = merkle.leaf_hash(b"another")
    assert not merkle.verify_consistency(old, new, other, new_root, proof)
    if old:
        assert not merkle.verify_consistency(old, new, old_root, other, proof)
    for place in range(len(proof)):
        flipped = [*proof]
        flipped[place] = bytes([flipped[place][0] ^ 1]) + flipped[place][1:]
        assert not merkle.verify_consistency(old, new, old_root, new_root, flipped)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (4, 3), (0, -1)])
def test_a_leaf_outside_the_log_is_neither_proved_nor_believed(index: int, size: int) -> None:
    leaf = merkle.leaf_hash(b"")
    assert not merkle.verify_inclusion(index, size, leaf, [], leaf)
    with pytest.raises(SchemaError):
        merkle.inclusion_proof(index, size, subtree_of(leaves_of(3)))


@pytest.mark.parametrize(("old", "new"), [(3, 2), (-1, 2), (1, 0)])
def test_a_shrunken_log_is_neither_proved_nor_believed(old: int, new: int) -> None:
    leaf = merkle.leaf_hash(b"")
    assert not merkle.verify_consistency(old, new, leaf, leaf, [])
    with pytest.raises(SchemaError):
        merkle.consistency_proof(old, new, subtree_of(leaves_of(3)))


def test_from_the_empty_log_only_the_empty_root_and_an_empty_proof_are_taken() -> None:
    leaf = merkle.leaf_hash(b"")
    assert merkle.verify_consistency(0, 1, merkle.EMPTY_ROOT, leaf, [])
    assert not merkle.verify_consistency(0, 1, leaf, leaf, [])
    assert not merkle.verify_consistency(0, 1, merkle.EMPTY_ROOT, leaf, [leaf])
    assert not merkle.verify_consistency(0, 0, merkle.EMPTY_ROOT, leaf, [])


def test_a_proof_too_long_for_the_size_is_refused_even_where_it_leads_to_the_root() -> None:
    one, two = leaves_of(2)
    root = merkle.node_hash(one, two)
    assert merkle.verify_inclusion(1, 2, two, [one], root)
    assert not merkle.verify_inclusion(0, 1, two, [one], root)
    assert not merkle.verify_consistency(1, 1, two, root, [one])


def test_a_hash_of_another_length_is_refused() -> None:
    leaf = merkle.leaf_hash(b"")
    assert not merkle.verify_inclusion(0, 1, leaf[:31], [], leaf[:31])


def test_an_edge_must_fit_its_size() -> None:
    with pytest.raises(SchemaError):
        merkle.Frontier(3, (merkle.EMPTY_ROOT,))
