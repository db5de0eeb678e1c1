"""Queries and parameters, checked before anything is compared."""

from typing import Any

import pytest

from headwater.engines.match.query import read_request
from headwater.errors import SchemaError

GOOD = {"id": "1", "name": "Goran Fiktivski"}


def request(*rows: object, **params: Any) -> Any:
    return read_request({"queries": list(rows), **params})


@pytest.mark.parametrize(
    ("rows", "line", "field"),
    [
        ([GOOD, {"name": "Goran"}], 2, "id"),
        ([GOOD, {**GOOD, "name": "Other"}], 2, "id"),
        ([{**GOOD, "schema": "Unicorn"}], 1, "schema"),
        ([{**GOOD, "birth_date": "1975-13-45"}], 1, "birth_date"),
        ([{**GOOD, "shoe_size": "42"}], 1, "shoe_size"),
        ([{**GOOD, "gender": 1}], 1, "gender"),
        (["Goran"], 1, None),
    ],
)
def test_a_bad_query_is_refused_by_row_and_field(rows: list[object], line: int, field: str | None) -> None:
    with pytest.raises(SchemaError) as caught:
        request(*rows)
    assert (caught.value.where.line, caught.value.where.field) == (line, field)
    assert "Goran" not in str(caught.value)


def test_a_query_without_a_name_asks_about_its_identifier_and_without_either_it_cannot_be_screened() -> None:
    numbered, blank = request({"id": "1", "id_number": "P1234567"}, {"id": "2", "name": " "}).queries
    assert (numbered.hindrance, numbered.traits.numbers) == ("", ("P1234567",))
    assert "neither a name nor an identifier" in blank.hindrance


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"min_score": 1.5}, "min_score"),
        ({"min_score": "high"}, "min_score"),
        ({"top": 0}, "top"),
        ({"top": True}, "top"),
        ({"lists": "uk-csv"}, "lists"),
        ({"snapshots": ["a"]}, "snapshots"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": 5}, "as_of"),
        ({"fetched": {"uk-csv": "today"}}, "fetched"),
        ({"stale_after_days": -1}, "stale_after_days"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(params: dict[str, Any], field: str) -> None:
    with pytest.raises(SchemaError) as caught:
        request(GOOD, **params)
    assert caught.value.where.field == field


def test_queries_must_be_given() -> None:
    with pytest.raises(SchemaError) as caught:
        read_request({})
    assert caught.value.where.field == "queries"


def test_blank_fields_count_as_left_out() -> None:
    query = request({**GOOD, "birth_date": " ", "nationality": None, "schema": ""}).queries[0]
    assert query.schema == "Person"
    assert query.traits.dates == query.traits.countries == ()


def test_a_date_with_one_impossible_part_is_read_as_far_as_it_goes_and_said_to_be_doubtful() -> None:
    query = request({**GOOD, "birth_date": "1974-01-32"}).queries[0]
    assert query.traits.dates == ("1974-01",)
    assert "1974-01" in dict(query.doubts)["birth_date"]


@pytest.mark.parametrize(("name", "words"), [("?!", "no letters"), ("x" * 401, "longer than 400")])
def test_a_name_that_cannot_be_screened_says_why(name: str, words: str) -> None:
    assert words in request({"id": "1", "name": name}).queries[0].hindrance
