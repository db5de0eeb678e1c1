"""Korean names, in the three ways of writing them."""

import pytest

from headwater.engines.match.korean_names import family_and_given, number, one_spelling


@pytest.mark.parametrize(
    "spellings",
    [
        ("jeong", "chong", "jong", "jung"),
        ("byeol", "pyol", "byol"),
        ("lee", "ri", "yi", "rhee", "li"),
        ("park", "pak", "bak"),
        ("kyung", "gyeong", "kyong"),
        ("ryong", "yong", "young"),
        ("hee", "hui"),
        ("huh", "heo", "ho"),
        ("choi", "choe"),
        ("paik", "baek"),
    ],
)
def test_the_spellings_of_one_syllable_are_one(spellings: tuple[str, ...]) -> None:
    assert len({one_spelling(one) for one in spellings}) == 1
    assert number(spellings[0]) >= 0


@pytest.mark.parametrize(("one", "other"), [("pong", "pyong"), ("song", "sang"), ("baek", "bak"), ("choe", "cho")])
def test_other_syllables_are_other_names(one: str, other: str) -> None:
    assert number(one) != number(other)


def test_a_syllable_of_another_language_is_none() -> None:
    assert one_spelling("tom")  # could be one, and is in no name
    assert number("tom") == -1
    assert one_spelling("xiang") == ""
    assert number("xiang") == -1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("kwak hwa byol", ["kwak", "hwa'byol"]),
        ("hwa byol kwak", ["kwak", "hwa'byol"]),
        ("kwak hwabyol", ["kwak", "hwa'byol"]),
        ("ha song kim", ["kim", "ha'song"]),  # of two that could be the family it is the commoner one
        ("kwak byol", []),  # too short to be told from other languages
        ("kwak hwa byol min", []),
        ("anna lee", []),  # a known name is not two syllables
        ("tom hwa kwak", []),
        ("hwa byol hwan", []),  # no family
    ],
)
def test_a_name_is_read_so_where_all_its_syllables_are(words: str, found: list[str]) -> None:
    assert family_and_given(words.split()) == found


def test_a_given_name_is_known_by_its_syllables_in_their_order() -> None:
    assert number("jong'byeol") == number("chong'pyol")
    assert number("jong'byeol") not in {number("byeol'jong"), number("jong"), -1}
    assert number("jong'tom") == -1
