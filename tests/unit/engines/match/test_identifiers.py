"""Identifiers of people, companies, ships and vehicles."""

import pytest

from headwater.engines.match.identifiers import IdClass, compare_numbers, imo_is_valid, normal


def test_blanks_and_signs_make_no_difference() -> None:
    assert normal("zz 0123-456") == normal("ZZ0123456") == "ZZ0123456"


@pytest.mark.parametrize("number", ["", "123", "-----", "00000", "ABCDEFG", "AB 1"])
def test_what_is_too_short_or_has_no_figure_says_nothing(number: str) -> None:
    assert normal(number) == ""


def test_an_imo_prefix_is_taken_off() -> None:
    assert normal("IMO 9074729") == "9074729"


@pytest.mark.parametrize(("left", "right"), [("B0518XZ", "BO518XZ"), ("1NM0123", "INM0123"), ("AB85512", "A88SS12")])
def test_letters_that_cameras_confuse_still_agree(left: str, right: str) -> None:
    assert compare_numbers(left, right) is IdClass.OPTICAL


def test_equal_and_different_numbers_are_told_apart() -> None:
    assert compare_numbers("ZZ0123456", "ZZ0123456") is IdClass.EQUAL
    assert compare_numbers("ZZ0123456", "ZZ0123457") is IdClass.DIFFERENT


def test_the_check_digit_of_a_ships_number() -> None:
    assert imo_is_valid("IMO 9074729")
    assert not imo_is_valid("9074728")
    assert not imo_is_valid("907472")
