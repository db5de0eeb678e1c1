"""Fictional lists: repeatable, visibly invented, and in the official forms."""

import csv
import io
import unicodedata
from datetime import date

import pytest

from headwater.errors import SchemaError
from headwater.exercise.list_files import FORMATS, list_files
from headwater.exercise.lists import PUBLISHED, make_list
from headwater.exercise.names import cyrillic, plain
from headwater.formats.uk_list import COLUMNS


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_seed_gives_the_same_bytes(form: str) -> None:
    first, again = (list_files(form, make_list(50, 7)) for _ in range(2))
    assert first == again
    assert first != list_files(form, make_list(50, 8))


def test_a_shorter_list_is_the_beginning_of_a_longer_one() -> None:
    assert make_list(100, 7)[:40] == make_list(40, 7)


def test_the_bytes_of_a_seed_stay_the_same_from_version_to_version() -> None:
    names = [one.name for one in make_list(8, 1)]
    assert names == NAMES


NAMES = [
    "Ljubiša Oglednovević",
    "IMAGINARY HAULAGE TEST DOOEL",
    "SAMPLE NO 165 LIFEJACKETS TEST DOO",
    "Amina Samira al-Badil",
    "PLACEHOLDER LIFEJACKETS TEST LLC",
    "Edmund Sampleleyson",
    "Marko Đorđe Nepostojenić",
    "Driton Shkëlzen Shembenuri",
]


def test_the_csv_has_the_official_header() -> None:
    (data,) = list_files("uk-csv", make_list(3, 7), published=date(2026, 3, 9)).values()
    first, second, *_ = csv.reader(io.StringIO(data.decode(), newline=""))
    assert first == ["Report Date: 09-Mar-2026"]
    assert tuple(second) == COLUMNS
    assert len(COLUMNS) == 58


def test_every_name_says_that_it_is_invented() -> None:
    for one in make_list(2_000, 7):
        if one.kind != "Individual":
            assert "TEST" in one.family
        else:
            stem = plain(one.family.removeprefix("al-")).lower()
            assert stem.startswith(INVENTED), one.family


INVENTED = (
    *("izmislj", "nepostoj", "primer", "zamislj", "obrazac", "nikakv", "bezimen", "prividj"),
    *("uzor", "ogledn", "shpik", "trill", "shemb", "imagj", "prov", "askush"),
    *("paqen", "mostr", "hic", "rrem", "izmisl", "nepost", "zamisl", "obraz"),
    *("nikak", "bezim", "probn", "lazn", "fiction", "nonesuch", "example", "madeup"),
    *("placeholder", "nobody", "sample", "pretend", "invent", "dummy", "wahmi", "khayali"),
    *("mithali", "tajribi", "majhul", "muftarad", "namudhaji", "ghayrmawjud", "tamthili", "badil"),
)


def test_all_languages_scripts_and_kinds_are_there() -> None:
    made = make_list(500, 7)
    assert {one.kind for one in made} == {"Individual", "Entity", "Ship"}
    assert {one.language for one in made} == {"Serbian", "Macedonian", "Arabic", ""}
    for one in made:
        if one.native:
            letters = [letter for letter in one.native if letter.isalpha()]
            scripts = {unicodedata.name(letter).split()[0] for letter in letters}
            assert scripts == {one.script.upper()}, one.native


@pytest.mark.parametrize(
    ("latin", "language", "own"),
    [
        ("Đorđe Njegoš Izmišljenović", "Serbian", "Ђорђе Његош Измишљеновић"),
        ("Ljubiša Džinić", "Serbian", "Љубиша Џинић"),
        ("Ljupčo Lažnovski", "Macedonian", "Љупчо Лажновски"),
    ],
)
def test_cyrillic_follows_the_spelling(latin: str, language: str, own: str) -> None:
    assert cyrillic(latin, language) == own


def test_every_ship_number_has_its_check_digit() -> None:
    numbers = [one.imo for one in make_list(500, 7) if one.kind == "Ship"]
    assert numbers
    for number in numbers:
        assert sum(int(digit) * weight for digit, weight in zip(number[:6], range(7, 1, -1), strict=True)) % 10 == int(
            number[6]
        )


def test_every_date_lies_before_the_day_of_the_list() -> None:
    for one in make_list(500, 7):
        assert one.listed <= one.updated < PUBLISHED


def test_a_list_without_entries_and_an_unknown_format_are_refused() -> None:
    with pytest.raises(SchemaError):
        make_list(0, 7)
    with pytest.raises(SchemaError, match="use one of"):
        list_files("xls", make_list(1, 7))
