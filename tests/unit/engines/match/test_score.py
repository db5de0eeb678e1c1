"""The score: calibrated, strictly ordered, and silent about what is left out."""

from itertools import pairwise

import pytest

from headwater.engines.match import weights
from headwater.engines.match.score import Comparison, Traits, compare, log_odds_of, probability
from tests.match_world import side_by_side

SAME = side_by_side("Živorad Testerović", "Živorad Testerović")


def with_traits(query: Traits, listed: Traits) -> Comparison:
    return compare(SAME, query, listed)


def test_the_score_rises_strictly_and_never_reaches_one() -> None:
    scores = [probability(log_odds / 2) for log_odds in range(-40, 80)]
    assert all(low < high for low, high in pairwise(scores))
    assert scores[-1] < 1.0


def test_log_odds_and_probability_undo_each_other() -> None:
    assert probability(log_odds_of(0.7)) == pytest.approx(0.7)
    assert log_odds_of(0.0) < -100
    assert log_odds_of(1.0) > 100


def test_what_is_left_out_on_either_side_says_nothing() -> None:
    full = Traits(("1975-03-14",), ("rs",), ("male",), ("ZZ0123456",))
    assert with_traits(full, Traits()).log_odds == with_traits(Traits(), full).log_odds == SAME.log_odds


def test_a_date_that_agrees_raises_and_one_that_contradicts_lowers() -> None:
    agreeing = with_traits(Traits(dates=("1975-03-14",)), Traits(dates=("1975-03-14",)))
    against = with_traits(Traits(dates=("1975-03-14",)), Traits(dates=("1951-11-02",)))
    assert agreeing.log_odds > SAME.log_odds > against.log_odds


def test_one_nationality_in_common_is_agreement() -> None:
    found = with_traits(Traits(countries=("rs", "me")), Traits(countries=("me",)))
    assert found.countries == (True, "me", "me")


def test_an_equal_identifier_decides_even_with_another_name_and_date() -> None:
    other = side_by_side("Živorad Testerović", "Shpëtim Qorrhaxhaj")
    found = compare(
        other,
        Traits(("1975-03-14",), (), (), ("ZZ0123456",)),
        Traits(("1951-11-02",), (), (), ("ZZ0123456",)),
    )
    assert found.score > 0.9


def test_an_identifier_read_with_confused_letters_says_less_than_an_equal_one() -> None:
    equal = compare(None, Traits(numbers=("B0518XZ",)), Traits(numbers=("B0518XZ",)))
    optical = compare(None, Traits(numbers=("BO518XZ",)), Traits(numbers=("B0518XZ",)))
    assert equal.log_odds > optical.log_odds > 0


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ("Testerović Živorad", "Živorad Ilin"),
        ("Живорад Тестеровић", "Жарко Тестеровић"),
        ("Živorad Testerovic", "Živorad Testarević"),
        ("Živorad M. Testerović", "Živojin M. Testerović"),
    ],
)
def test_a_nearer_name_scores_higher(near: str, far: str) -> None:
    assert side_by_side(near, "Živorad Testerović").log_odds > side_by_side(far, "Živorad Testerović").log_odds


def test_a_missing_middle_name_costs_less_than_a_different_one() -> None:
    listed = "Živorad Markov Testerović"
    missing = side_by_side("Živorad Testerović", listed).log_odds
    assert missing > 0
    assert missing > side_by_side("Živorad Ilin Testerović", listed).log_odds + 1


def test_no_name_alone_says_more_than_its_cap() -> None:
    assert SAME.log_odds <= weights.NAME_CAP
