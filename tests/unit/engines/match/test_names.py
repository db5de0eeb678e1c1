"""A name in parts."""

import pytest

from headwater.engines.match.names import MAX_NAME_LENGTH, Kind, parse
from tests.match_world import name


def plain(text: str, *, person: bool = True) -> list[str]:
    return [part.plain for part in name(text, person=person).parts]


def test_titles_and_particles_are_left_out_of_a_persons_name() -> None:
    assert plain("Dr. Sheikh Nasir bin al-Mithali") == ["nasir", "mithali"]


def test_titles_stay_where_nothing_else_remains() -> None:
    assert plain("Haji") == ["haji"]


def test_a_family_name_before_a_comma_goes_to_the_end() -> None:
    assert plain("TESTEROVIĆ, Živorad") == ["zivorad", "testerovic"]


@pytest.mark.parametrize(
    "text", ["Abd al-Rahman Mithali", "Abdul Rahman Mithali", "Abdulrahman Mithali", "MITHALI, Abdul Rahman"]
)
def test_the_servant_of_is_one_part_with_what_follows(text: str) -> None:
    assert len(name(text).parts) == 2


@pytest.mark.parametrize("text", ["Nasir al-Din", "Nasir ud Din", "Nasiruddin", "Nasir Eldin"])
def test_endings_of_arabic_names_join_the_word_before_them(text: str) -> None:
    assert len(name(text).parts) == 1


def test_names_run_together_are_cut_at_the_capital() -> None:
    assert plain("ŽivoradTesterović") == ["zivorad", "testerovic"]


def test_figures_in_a_persons_name_are_read_as_the_letters_they_look_like() -> None:
    assert plain("G0ran F1ktivski") == ["goran", "fiktivski"]


def test_a_single_letter_of_a_person_is_an_initial() -> None:
    assert [part.kind for part in name("G. Fiktivski").parts] == [Kind.INITIAL, Kind.WORD]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Exemplar LLC", "Exemplar Limited Liability Company"),
        ("Exemplar GmbH", "Exemplar d.o.o."),
        ("OAO Exemplar", "Exemplar Joint Stock Company"),
        ("First Exemplar Int'l", "1st Exemplar International"),
        ("Brigade Forty-Four", "Brigade 44"),
        ("E.X.P. Company", "EXP Company"),
    ],
)
def test_organisations_in_two_customary_forms_have_the_same_parts(left: str, right: str) -> None:
    assert sorted(plain(left, person=False)) == sorted(plain(right, person=False))


def test_a_ships_prefix_is_no_part_of_its_name() -> None:
    assert plain("M/V Fictional Star", person=False) == plain("Fictional Star", person=False)


@pytest.mark.parametrize("text", ["", "   ", "!!!", "?? -- ..", "\u200b"])
def test_a_name_without_letters_cannot_be_screened(text: str) -> None:
    assert parse(text, person=True) is None


def test_a_name_of_the_greatest_length_can_be_screened_and_a_longer_one_cannot() -> None:
    assert parse("a" * MAX_NAME_LENGTH, person=True) is not None
    assert parse("a" * (MAX_NAME_LENGTH + 1), person=True) is None


def test_silent_signs_and_compositions_make_no_difference() -> None:
    assert plain("Zˇ‘Nasir’") == plain("Zˇ'Nasir'")
    assert plain("Z\u030civorad") == plain("Živorad")


def test_marks_above_arabic_letters_make_no_difference() -> None:
    assert plain("مُحَمَّد ناصر") == plain("محمد ناصر")


def test_a_cyrillic_word_is_read_in_the_language_that_the_whole_name_gives_away() -> None:
    assert plain("Живорад Тестеровић")[0] == "zivorad"
    assert plain("Живорад Вымышленный")[0] == "zhivorad"
