"""Queries for screening as CSV: what is read, and what is refused with its line and field."""

import pytest

from headwater.errors import FormatError, InputError, SchemaError
from headwater.formats.queries_csv import COLUMNS, read_queries


def test_every_column_is_read_and_blanks_are_left_out() -> None:
    data = (",".join(COLUMNS) + "\n1,Person,Фиктив Шпикури,1975-02,Exampleville,XK,male,X1\n2,,Other,,,,,\n").encode()
    first, second = read_queries(data)
    assert first == dict(
        zip(COLUMNS, ["1", "Person", "Фиктив Шпикури", "1975-02", "Exampleville", "XK", "male", "X1"], strict=True)
    )
    assert second == {"id": "2", "name": "Other"}


def test_a_name_that_is_missing_stays_as_a_question_that_cannot_be_screened() -> None:
    assert read_queries(b"id,name\n1,\n") == [{"id": "1", "name": ""}]


def test_a_mark_against_formulas_is_taken_off() -> None:
    assert read_queries(b'id,name\n1,"\'=1+1"\n') == [{"id": "1", "name": "=1+1"}]


@pytest.mark.parametrize(
    ("data", "kind", "line", "field"),
    [
        (b"", FormatError, None, None),
        (b"id,name\n", FormatError, None, None),
        (b"id,birth_date\n1,1975\n", SchemaError, 1, None),
        (b"id,name,shoe\n1,A,43\n", SchemaError, 1, "shoe"),
        (b"id,name\n,A\n", SchemaError, 2, "id"),
        (b"id,name\n1,A\n1,B\n", SchemaError, 3, "id"),
        (b"id,name\n1,A,B\n", FormatError, 2, None),
        (b"id,name\n1,\xff\n", FormatError, 2, None),
        (b"<html></html>\n", SchemaError, 1, None),
    ],
)
def test_what_is_no_file_of_queries_is_refused_with_its_place(
    data: bytes, kind: type[InputError], line: int | None, field: str | None
) -> None:
    with pytest.raises(kind) as caught:
        read_queries(data, file="queries.csv")
    assert caught.value.where.file == "queries.csv"
    assert (caught.value.where.line, caught.value.where.field) == (line, field)
