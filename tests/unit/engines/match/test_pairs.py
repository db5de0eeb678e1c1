"""Two given sets of properties."""

import pytest

from headwater.engines.match import compare_pair
from headwater.errors import SchemaError


def test_a_name_in_parts_meets_the_whole_name() -> None:
    found = compare_pair("Person", {"firstName": ["Goran"], "lastName": ["Fiktivski"]}, {"name": ["Fiktivski, Goran"]})
    assert found.score >= 0.7


def test_the_best_of_several_names_counts() -> None:
    found = compare_pair("Person", {"name": ["Goran Fiktivski"]}, {"name": ["Zub"], "alias": ["Горан Фиктивски"]})
    assert found.score >= 0.7


def test_dates_and_numbers_are_compared_too() -> None:
    left = {"name": ["Goran Fiktivski"], "birthDate": ["1990-01-30"]}
    same = compare_pair("Person", left, {"name": ["Goran Fiktivski"], "birthDate": ["1990-01-30"]})
    other = compare_pair("Person", left, {"name": ["Goran Fiktivski"], "birthDate": ["1951"]})
    assert same.log_odds > other.log_odds + 5
    number = compare_pair("Company", {"registrationNumber": ["HE 445566"]}, {"registrationNumber": ["he445566"]})
    assert number.score > 0.9


def test_a_side_with_nothing_to_compare_is_refused_by_name() -> None:
    with pytest.raises(SchemaError) as caught:
        compare_pair("Person", {"name": ["Goran Fiktivski"]}, {"name": ["?!"]})
    assert caught.value.where.field == "right"


def test_an_unknown_entity_type_is_refused() -> None:
    with pytest.raises(SchemaError):
        compare_pair("Unicorn", {"name": ["A B"]}, {"name": ["A B"]})
