"""How two dates of birth agree."""

import pytest

from headwater.engines.match.dates import DateClass, classify, compare_dates, read_date, salvage_date


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ("1975-03-14", "1975-03-14", DateClass.EQUAL),
        ("1975-03-14", "1975-03", DateClass.MONTH),
        ("1975", "1975-03-14", DateClass.YEAR),
        ("1975-03-12", "1975-12-03", DateClass.SWAPPED),
        ("1957-03-14", "1975-03-14", DateClass.TRANSPOSED),
        ("1975-03-12", "1975-03-21", DateClass.TRANSPOSED),
        ("1975-03-14", "1975-03-15", DateClass.DIGIT),
        ("1975-03-14", "1985-03-14", DateClass.DIGIT),
        ("1975-03-14", "1975-11-29", DateClass.NEAR),
        ("1975", "1976", DateClass.YEAR_ONE),
        ("1975-03-14", "1976-03-14", DateClass.YEAR_ONE),
        ("1975-03-14", "1976", DateClass.YEAR_ONE),
        ("1975-03-14", "1976-01-01", DateClass.YEAR_ONE),
        ("1975-03-14", "1976-11-29", DateClass.CONTRADICTED),
        ("1975-03-14", "1978-01-01", DateClass.APPROXIMATE),
        ("1975", "1978", DateClass.APPROXIMATE),
        ("1951-03-14", "1975-03-14", DateClass.SAME_DAY),
        ("1965", "1975", DateClass.DECADE),
        ("1951", "1975", DateClass.CONTRADICTED),
        ("1957", "1975", DateClass.CONTRADICTED),
    ],
)
def test_each_class_of_agreement(left: str, right: str, kind: DateClass) -> None:
    assert classify(left, right) is kind
    assert classify(right, left) is kind


def test_the_best_of_several_dates_counts() -> None:
    found = compare_dates(["1975-03-14"], ["1951", "1975"])
    assert found is not None
    assert (found.kind, found.right) == (DateClass.YEAR, "1975")


def test_a_date_that_is_left_out_is_no_contradiction() -> None:
    assert compare_dates([], ["1975"]) is None
    assert compare_dates(["1975"], []) is None


def test_a_date_is_read_with_or_without_its_zeros() -> None:
    assert read_date("1969-7-6") == "1969-07-06"
    assert read_date("1969") == "1969"
    assert read_date("1975-13-45") is None
    assert read_date("14/03/1975") is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [("1974-01-32", "1974-01"), ("1968-13-30", "1968"), ("1975-13-05", "1975-05-13"), ("1975-02-30", "1975-02")],
)
def test_of_a_date_with_one_impossible_part_the_rest_is_kept(text: str, kept: str) -> None:
    assert salvage_date(text) == kept


@pytest.mark.parametrize("text", ["1975-13-45", "soon", "0000-13-01", "1975-00", "1975-00-00"])
def test_a_date_without_sense_is_not_guessed_at(text: str) -> None:
    assert salvage_date(text) is None
