"""Columns: one thing in four spellings gives the same columns."""

import pytest

from headwater.engines.match.link.columns import MOST_SHARED, rows_of
from headwater.engines.match.link.sheet import sheet_of
from headwater.engines.match.link.values import hull, phone_of, sure_numbers
from headwater.engines.match.sound import fold
from tests.link_world import BELGRADE, LONDON, PRISTINA, told, units

SPELLINGS = [
    ("Ђорђе Измишљеновић", "Đorđe Izmišljenović", "Gjorgje Izmishljenoviq", "Djordje Izmisljenovic"),
    ("Џевдет Шпикури", "Dževdet Špikuri", "Xhevdet Shpikuri", "Xhevdet Shpikuri"),
    ("Жељко Бездобожић", "Željko Bezdobožić", "Zheljko Bezdobozhiq", "Zeljko Bezdobozic"),
]


@pytest.mark.parametrize("names", SPELLINGS, ids=lambda names: names[1])
def test_a_name_in_cyrillic_latin_albanian_and_english_gives_the_same_columns(names: tuple[str, ...]) -> None:
    rows = rows_of(list(units([told(LONDON, f"uk-{at}", name=name) for at, name in enumerate(names)]).values()))
    assert len({(row["given"], row["family"]) for row in rows}) == 1


def test_two_families_have_two_hulls() -> None:
    assert hull(fold("izmišljenović")) != hull(fold("shpikuri"))


def test_a_known_given_name_is_found_behind_the_family_name_too() -> None:
    rows = rows_of(
        list(
            units(
                [told(LONDON, "uk-1", name="Izmišljenović Đorđe"), told(LONDON, "uk-2", name="Đorđe Izmišljenović")]
            ).values()
        )
    )
    assert rows[0]["given"] == rows[1]["given"]


def test_what_the_record_tells_apart_is_believed_before_the_order_of_the_name() -> None:
    (row,) = rows_of(
        list(
            units(
                [told(LONDON, "uk-1", name="Nobody Quillfeather", firstName="Quillfeather", lastName="Nobody")]
            ).values()
        )
    )
    assert (row["given"], row["family"]) == (hull(fold("quillfeather")), hull(fold("nobody")))


def test_near_spellings_are_neighbours_by_screenings_own_likeness() -> None:
    rows = rows_of(
        list(
            units(
                [
                    told(LONDON, "uk-1", name="Marko Izmisljenovic"),
                    told(LONDON, "uk-2", name="Marko Izmisljnović"),
                    told(LONDON, "uk-3", name="Mirko Shpikuri"),
                ]
            ).values()
        )
    )
    assert rows[1]["family"] in rows[0]["family_near"]
    assert rows[2]["family_near"] is None
    assert rows[0]["given_near"] is None, "Mirko is another name, not Marko mistyped"


@pytest.mark.parametrize("number", ["+381 60 1234567", "00381601234567", "060/1234-567", "060 1234567"])
def test_a_telephone_number_is_one_with_and_without_its_country(number: str) -> None:
    assert phone_of(number) == "01234567"


@pytest.mark.parametrize("number", ["112", "", "call me", "٠١٢٣٤٥٦٧٨"])
def test_what_is_no_telephone_number_says_nothing(number: str) -> None:
    assert phone_of(number) == ""


def test_sure_numbers_bear_the_register_and_forgive_a_camera() -> None:
    found = units(
        [
            told(BELGRADE, "rs-1", idNumber="T1O8"),
            told(BELGRADE, "rs-2", idNumber="TI08O"),
            told(PRISTINA, "xk-1", idNumber="T1080"),
        ]
    )
    assert sure_numbers(found["RS-MOI/rs-2"]) == frozenset({"RS:T1080"})
    assert sure_numbers(found["XK-KP/xk-1"]) == frozenset({"XK:T1080"})
    assert sure_numbers(found["RS-MOI/rs-1"]) == frozenset(), "too short to be sure of"


def test_a_key_that_too_many_share_compares_nobody_and_is_counted() -> None:
    found = list(units([told(LONDON, f"uk-{at}", phone="060 1234567") for at in range(MOST_SHARED + 1)]).values())
    assert sheet_of(found).common == 1
    assert not sheet_of(found).paired
    assert not sheet_of(found[1:]).common
    assert sheet_of(found[1:]).paired


def test_one_name_has_one_number_whatever_the_column_and_a_key_of_one_alone_is_left_out() -> None:
    records = [
        told(LONDON, "uk-1", name="Marko Izmisljenovic", phone="060 1234567"),
        told(LONDON, "uk-2", name="Izmisljnović Marko", phone="060 1234567", birthDate="1975-03-04"),
    ]
    one, other = sheet_of(list(units(records).values())).table.to_pylist()
    assert {one["family"], one["given"]} == set(one["words"])
    assert other["family"] in one["family_near"] or other["given"] in one["family_near"]
    assert (one["birth"], one["year"], one["births"]) == (None, None, None)
    assert (other["year"], other["whole"], other["births"]) == (1975, 1, [other["birth"]])
    assert set(one["keys"]) == set(other["keys"]) != set()
