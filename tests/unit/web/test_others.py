"""Text of others: fenced in, with hidden letters shown, never run, never let out of its place."""

import pytest

from headwater.web.page import _cell, plain
from headwater.web.templating import others


def test_text_of_others_is_escaped_and_fenced() -> None:
    text = str(others('<script>alert(1)</script>"', "sr-Cyrl"))
    assert text == '<bdi dir="auto" lang="sr-Cyrl">&lt;script&gt;alert(1)&lt;/script&gt;&#34;</bdi>'


@pytest.mark.parametrize("letter", ["\u202e", "\u200b", "\u2066", "\x07", "\ufeff"])
def test_a_letter_that_does_not_show_is_shown_by_its_number(letter: str) -> None:
    assert f"U+{ord(letter):04X}" in str(others(f"a{letter}b"))
    assert letter not in str(others(f"a{letter}b"))


def test_a_language_of_others_cannot_leave_its_attribute() -> None:
    assert 'onload="' not in str(others("a", '"><img onload="x'))


def test_long_text_is_folded() -> None:
    assert "<details" in str(others("a" * 500))
    assert "<details" not in str(others("a" * 500, fold=False))


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "@x", "-2+3", "\tx"])
def test_what_a_sheet_would_run_is_made_text(text: str) -> None:
    assert _cell(text).startswith("'")


def test_a_number_stays_a_number_in_a_sheet() -> None:
    assert _cell("-2.5") == "-2.5"
    assert plain({"a": (1, 2), "b": frozenset({"y", "x"})}) == {"a": [1, 2], "b": ["x", "y"]}
