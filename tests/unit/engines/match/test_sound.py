"""How words sound across spellings, and what their consonants are."""

import pytest

from headwater.engines.match.sound import fold, omissions, skeleton, substitution, unvowelled_cost


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("xhemal", "džemal"),
        ("gjergj", "đerđ"),
        ("shpetim", "špetim"),
        ("zhivko", "živko"),
        ("ilitch", "ilić"),
        ("nretsay", "nrecaj"),
        ("ljiljana", "lilyana"),
        ("njegić", "nyegich"),
        ("bardhyl", "bardil"),
        ("gaşi", "gashi"),
        ("mueller", "müller"),
        ("abdullah", "abdula"),
        ("yevgeni", "evgeni"),
    ],
)
def test_two_spellings_of_one_name_fold_to_one_sound(left: str, right: str) -> None:
    assert fold(left) == fold(right)


def test_figures_are_not_taken_for_doubled_letters() -> None:
    assert fold("44") == "44"


@pytest.mark.parametrize(("left", "right"), [("j", "J"), ("q", "C"), ("q", "k"), ("c", "k")])
def test_letters_that_languages_read_differently_cost_nothing(left: str, right: str) -> None:
    assert substitution(left, right) == substitution(right, left) == 0.0


def test_strange_sounds_cost_a_whole_edit() -> None:
    assert substitution("m", "k") == 1.0


def test_an_ending_that_marks_another_person_costs_more_than_a_dropped_vowel_inside() -> None:
    assert omissions("jovana")[5] > omissions("jovana")[3]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("muhammad", "mohamed"),
        ("altikriti", "tikriti"),
        ("abdulrahman", "abdurrahman"),
        ("fatima", "fatemeh"),
    ],
)
def test_spellings_of_arabic_names_share_their_consonants(left: str, right: str) -> None:
    assert skeleton(left) == skeleton(right)


def test_a_word_without_short_vowels_is_read_as_its_latin_spelling_for_next_to_nothing() -> None:
    assert unvowelled_cost("hsin", "husain") < 0.5
    assert unvowelled_cost("sdam", "sadam") < 0.5


def test_a_long_vowel_that_does_not_fit_tells_two_names_apart() -> None:
    assert unvowelled_cost("said", "saud") > unvowelled_cost("said", "said") + 0.5


def test_letters_that_languages_read_as_d_or_z_fit_both() -> None:
    assert unvowelled_cost("rmDan", "ramadan") == unvowelled_cost("rmDan", "ramazan")
