"""Two names side by side."""

import pytest

from headwater.engines.match.align import Alignment, align
from headwater.engines.match.likeness import Way
from tests.match_world import parts


def aligned(left: str, right: str, *, person: bool = True) -> Alignment:
    return align(parts(left, person=person), parts(right, person=person))


def test_reordered_parts_all_meet() -> None:
    found = aligned("Testerović Živorad Marin", "Marin Živorad Testerović")
    assert len(found.meetings) == 3
    assert not found.left_over
    assert not found.exact


def test_a_part_that_one_side_leaves_out_is_an_omission_and_no_conflict() -> None:
    found = aligned("Živorad Testerović", "Živorad Markov Testerović")
    assert found.left_over == 0.0
    assert found.right_over > 0.5


def test_a_part_that_differs_is_left_over_on_both_sides() -> None:
    found = aligned("Živorad Markov Testerović", "Živorad Ilin Testerović")
    assert found.left_over > 0.5
    assert found.right_over > 0.5


def test_a_first_name_left_out_is_told_apart_from_a_later_one() -> None:
    whole = "Gerardo Antonio Ficticio Inventado"
    assert aligned("Antonio Inventado", whole).first_over > 0.5
    assert aligned(whole, "Antonio Inventado").first_over > 0.5
    assert aligned("Gerardo Inventado", whole).first_over == 0.0
    assert aligned("Antonio Nadie Inventado", whole).first_over == 0.0, (
        "where both leave something over it is a conflict"
    )


def test_a_word_for_any_firm_is_at_odds_with_no_form_of_law() -> None:
    assert not aligned("Exemplar Refinery Corporation", "The Exemplar Refinery Company", person=False).other_form
    assert aligned("Exemplar Refinery AG", "Exemplar Refinery GmbH", person=False).other_form


def test_each_part_meets_one_part_at_most() -> None:
    found = aligned("Nasir Nasirov", "Nasir Karim")
    assert len(found.meetings) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [("Qorr Haxhaj Shpëtim", "Shpëtim Qorrhaxhaj"), ("Shpëtim Qorrhaxhaj", "Shpëtim Qorr Haxhaj")],
)
def test_a_part_cut_in_two_meets_the_whole(left: str, right: str) -> None:
    found = aligned(left, right)
    assert Way.JOINED in {meeting.way for meeting in found.meetings}
    assert not found.left_over
    assert not found.right_over


def test_a_blank_in_the_wrong_place_is_seen_through() -> None:
    found = aligned("Shpëti Mqorrhaxhaj", "Shpëtim Qorrhaxhaj")
    assert [meeting.way for meeting in found.meetings] == [Way.JOINED]


def test_a_slip_in_one_of_two_parts_is_not_hidden_by_running_the_names_together() -> None:
    found = aligned("Marko Testerović", "Mirko Testerović")
    assert found.left_over > 0.5
    assert found.right_over > 0.5


def test_two_names_that_share_nothing_leave_everything_over() -> None:
    found = aligned("Goran Fiktivski", "Shpëtim Qorrhaxhaj")
    assert found.meetings == ()
    assert found.agreed == 0.0
