"""How alike two parts of names are."""

import pytest

from headwater.engines.match.likeness import MEETING, Way, edit_cost, known_as, likeness
from headwater.engines.match.names import Part, part


def of(word: str, *, arabic: bool = False) -> Part:
    return part(word, person=True, arabic=arabic)


def alike(left: str, right: str) -> float:
    return likeness(of(left), of(right))[0]


def test_the_same_letters_are_the_same() -> None:
    assert likeness(of("živorad"), of("zivorad")) == (1.0, Way.SAME)


def test_another_spelling_of_the_same_sound_is_nearly_the_same() -> None:
    near, way = likeness(of("qorrhaxhaj"), of("ćorhadžaj"))
    assert near > 0.95
    assert way is Way.SPELLING


@pytest.mark.parametrize(
    ("left", "right"),
    [("marko", "mirko"), ("arbër", "arben"), ("zoran", "goran"), ("jovan", "jovana"), ("nexhat", "nexhip")],
)
def test_two_known_given_names_do_not_meet_however_near_their_letters(left: str, right: str) -> None:
    assert alike(left, right) < MEETING


@pytest.mark.parametrize(("left", "right"), [("mohammed", "muhamed"), ("sergej", "sergey"), ("hysen", "hussein")])
def test_spellings_of_one_known_given_name_are_nearly_the_same(left: str, right: str) -> None:
    assert alike(left, right) >= 0.95


def test_a_slip_in_an_unknown_word_still_meets() -> None:
    assert alike("fiktivski", "fiktvski") > 0.7
    assert alike("zub", "zug") >= MEETING


def test_the_ending_of_a_womans_family_name_is_the_same_family() -> None:
    assert alike("fiktivov", "fiktivova") > 0.9


def test_the_patronymic_ending_makes_another_family() -> None:
    assert alike("fiktivov", "fiktivović") < alike("fiktivov", "fiktivova") - 0.2


def test_neighbours_that_changed_places_are_one_slip() -> None:
    assert edit_cost("fiktivski", "fitkivski") < 1.0


def test_a_slip_in_the_first_letter_weighs_more() -> None:
    assert edit_cost("mandel", "bandel") > edit_cost("mandel", "manbel")


@pytest.mark.parametrize(("left", "right"), [("fiktivski", "goran"), ("ab", "xyzuvw")])
def test_strangers_do_not_meet(left: str, right: str) -> None:
    assert alike(left, right) < MEETING


def test_an_initial_meets_a_name_that_begins_with_it_and_no_other() -> None:
    assert likeness(of("g"), of("goran")) == (0.9, Way.INITIAL)
    assert likeness(of("g"), of("anton"))[0] == 0.0


def test_figures_are_the_same_or_not() -> None:
    assert alike("2004", "2005") == 0.0


def test_a_part_in_arabic_script_meets_its_latin_spelling() -> None:
    assert likeness(of("mŧaly", arabic=True), of("mithali"))[0] > 0.8
    assert likeness(of("nasr", arabic=True), of("karim"))[0] < MEETING


def test_a_word_that_begins_with_a_letter_typed_twice_is_no_known_name() -> None:
    assert known_as(of("sad"))
    assert known_as(of("ssad")) == ()
    assert alike("ssad", "asad") > MEETING > alike("sad", "asad")
    assert known_as(of("rrahim"))  # as Albanian writes it
    assert known_as(of("aaron")) == known_as(of("aron"))
