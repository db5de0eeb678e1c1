"""Reasons in words."""

from typing import Any

import pytest

from headwater.engines.match.reasons import day_text
from headwater.model.finding import Finding
from tests.match_world import ask, entry


def only(query: dict[str, str] | str, **params: Any) -> Finding:
    hits = ask(query, **params).hits
    assert len(hits) == 1
    return hits[0].finding


def test_a_hit_says_in_one_sentence_what_agrees_and_where_the_entry_stands() -> None:
    finding = only({"name": "Живорад Тестеровић", "birth_date": "1976-03-14", "nationality": "RS"})
    assert finding.text == (
        "Name agrees in 2 of 2 parts, transliterated from Serbian Cyrillic; birth year differs by one; "
        "nationality is the same. UK list of 13 Feb 2026, row 4."
    )


def test_a_name_read_from_another_script_says_from_which() -> None:
    finding = only("Шпетим Ћорхаџај")
    assert "transliterated from Serbian Cyrillic" in finding.text


def test_reasons_bear_weight_and_both_values_strongest_first() -> None:
    finding = only({"name": "Živorad Testerović", "birth_date": "1975-03-14", "nationality": "rs", "gender": "male"})
    codes = [reason.code for reason in finding.reasons]
    assert sorted(codes) == ["date.equal", "gender.same", "name.exact", "nationality.same"]
    weights = [abs(reason.weight) for reason in finding.reasons]
    assert weights == sorted(weights, reverse=True)
    by_code = {reason.code: reason for reason in finding.reasons}
    assert (by_code["date.equal"].left, by_code["date.equal"].right) == ("1975-03-14", "1975-03-14")
    assert (by_code["nationality.same"].left, by_code["nationality.same"].right) == ("rs", "rs")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Živorad Marin Testerović", "one part of the query not in the list"),
        ("Abd al-Rahman Mithali", "one part of the list not in the query"),
        ("Ž. Testerović", "an initial standing for a name"),
        ("Živorad Tesderović", "with a slip of the pen"),
        ("Živo Rad Testerović", "written together"),
    ],
)
def test_what_is_missing_or_misspelled_is_said(query: str, words: str) -> None:
    found = ask(query, min_score=0.01).hits
    assert any(words in hit.finding.text for hit in found)


def test_a_weak_alias_says_that_it_is_one() -> None:
    found = ask("Zhuti", min_score=0.01).hits
    assert any("a weak alias" in hit.finding.text for hit in found)


def test_an_identifier_with_another_name_is_a_kind_of_its_own() -> None:
    finding = only({"name": "Shpresa Sajuar", "id_number": "zz-0123456"})
    assert finding.kind == "match.identifier"
    assert "identifier is the same, with another name" in finding.text.lower()


@pytest.mark.parametrize(("number", "words"), [("9074729", "a valid IMO number"), ("9074728", "check digit is wrong")])
def test_a_ships_number_says_whether_its_check_digit_holds(number: str, words: str) -> None:
    ship = entry("uk:9", schema="Vessel", name="Fictional Moon", imoNumber=number)
    finding = only({"name": "Fictional Moon", "schema": "Vessel", "id_number": number}, records=(ship,))
    assert words in finding.text


def test_a_list_unknown_to_us_is_named_as_its_source_names_it() -> None:
    finding = only(
        "Goran Fiktivski", records=(entry("z:1", source="own", version=None, name="Goran Fiktivski"),), lists=["own"]
    )
    assert "List 'own', row 3." in finding.text


@pytest.mark.parametrize(
    ("version", "text"), [("2026-02-13", "13 Feb 2026"), ("2026-02-13T08:00:00Z", "13 Feb 2026"), ("v7", "v7")]
)
def test_a_version_that_is_a_day_is_written_as_one(version: str, text: str) -> None:
    assert day_text(version) == text
