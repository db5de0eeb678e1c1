"""The list is in one order and one form, each row with a salt of its own, and its root is that of RFC 6962."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.case.data.verify import FileSum, canonical, leaf_hash, merkle_root, strict_json
from headwater.case.manifest import ManifestRow, manifest_bytes, root_of, salted_rows
from headwater.errors import SchemaError
from headwater.model import merkle
from tests.case_world import Repeating


def a_sum(path: str) -> FileSum:
    return FileSum(path, len(path), hashlib.sha256(path.encode()).hexdigest(), "")


def test_rows_stand_in_the_order_of_the_bytes_of_their_paths() -> None:
    paths = ["data/é", "data/z", "data/Z", "data/a/b", "data/a.b", "data/𐐷", "data/｡"]
    rows = salted_rows(map(a_sum, paths), frozenset(), Repeating())
    assert [row.path for row in rows] == sorted(paths, key=str.encode)


def test_each_row_has_a_salt_of_its_own() -> None:
    rows = salted_rows([a_sum(f"data/{number}") for number in range(50)], frozenset(), Repeating())
    assert len({row.salt for row in rows}) == 50
    assert {len(row.salt) for row in rows} == {32}


def test_a_withheld_row_shows_its_leaf_and_nothing_else_and_keeps_the_root() -> None:
    files = [a_sum("data/a"), a_sum("data/b"), a_sum("data/c")]
    whole = salted_rows(files, frozenset(), Repeating())
    part = salted_rows(files, frozenset({"data/b"}), Repeating())
    shown = json.loads(manifest_bytes(part))
    assert shown[1] == {"leaf": whole[1].leaf.hex(), "reason": "withheld"}
    assert root_of(part) == root_of(whole)


@pytest.mark.parametrize("path", ["exhibits/a", "data", "data/../a", "data//a", "/data/a", "data/a\n", "data/e\u0301"])
def test_a_path_that_no_verifier_would_take_is_refused(path: str) -> None:
    with pytest.raises(SchemaError):
        ManifestRow(path, "0" * 64, 0, "0" * 32)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_the_verifiers_root_is_that_of_the_log(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == merkle.root(leaves)


def test_the_leaf_is_the_hash_of_a_zero_byte_and_the_canonical_row() -> None:
    row = {"path": "data/a", "sha256": "0" * 64, "size": 1, "salt": "0" * 32}
    text = f'{{"path":"data/a","salt":"{"0" * 32}","sha256":"{"0" * 64}","size":1}}'
    assert leaf_hash(row) == hashlib.sha256(b"\0" + text.encode()).digest()


VALUES = st.recursive(
    st.text() | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcXYZ_.", max_size=5), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.peer
@given(VALUES)
def test_canonical_bytes_are_those_of_rfc_8785(value: Any) -> None:
    peer = pytest.importorskip("rfc8785")
    assert canonical(value) == peer.dumps(value)


@given(VALUES)
def test_what_was_written_is_read_again(value: Any) -> None:
    assert strict_json(canonical(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'[{"a":{"b":1,"b":2}}]',
        b"1.5",
        b"1e3",
        b"NaN",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 18,
        b"-Infinity",
        b"\xff",
        b"",
        b"[1],",
        b"[" * 200_000,
    ],
)
def test_json_that_two_readers_might_read_differently_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - Python words it, not we
        strict_json(text)
