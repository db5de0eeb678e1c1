"""Looking for many words at once says what looking for them one by one says, with the library and without it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.case.finder import finder

LETTERS = st.binary(max_size=40).map(lambda data: bytes(b"ab\0\xd0"[byte & 3] for byte in data))
WORDS = st.lists(LETTERS.filter(bool), max_size=12)


@given(WORDS, LETTERS)
def test_it_says_what_looking_one_by_one_says(words: list[bytes], data: bytes) -> None:
    assert finder(words)(data) is any(word in data for word in words)


@given(WORDS, LETTERS)
def test_it_says_the_same_where_the_library_is_not_installed(words: list[bytes], data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ahocorasick_rs", None)
        assert finder(words)(data) is any(word in data for word in words)
