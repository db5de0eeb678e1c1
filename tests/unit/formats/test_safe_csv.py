"""CSV in, with positions, and out, without formulae."""

import csv
import json
from pathlib import Path

import pytest

from headwater.errors import FormatError, InputError, LimitError, Place
from headwater.formats import safe_csv
from headwater.formats.safe_csv import csv_bytes, csv_cell, csv_value, iter_csv, named_rows


def rows(data: bytes, encoding: str = "utf-8") -> list[tuple[int, list[str]]]:
    return [(row.line, row.cells) for row in iter_csv(data, file="x.csv", encoding=encoding)]


def test_a_row_bears_the_line_it_begins_on() -> None:
    assert rows(b'a,b\r\n"x\ny",2\n\n3,4') == [(1, ["a", "b"]), (2, ["x\ny", "2"]), (5, ["3", "4"])]


def test_a_separator_of_unicode_is_no_line_end() -> None:
    assert rows("a\u2028b,c\x0bd\n".encode()) == [(1, ["a\u2028b", "c\x0bd"])]


def test_a_byte_order_mark_is_no_part_of_the_first_cell() -> None:
    assert rows(b"\xef\xbb\xbfa,b\n") == [(1, ["a", "b"])]


def test_latin_1_is_read_where_it_is_named() -> None:
    assert rows(b"\xe9,b\n", "latin-1") == [(1, ["é", "b"])]


def test_one_column_may_speak_in_semicolons() -> None:
    assert rows(b"notes; and sources\na;b\n") == [(1, ["notes; and sources"]), (2, ["a;b"])]


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b'a,b\nc,"d\ne\n', 2, "not closed"),
        (b'a,b\n"c"d,e\n', 2, "behind its closing quote"),
        (b"a\nb\n\xff\n", 3, "not UTF-8"),
        (b"a\nb\0\n", 2, "NUL"),
        (b" \n", None, "empty"),
        (b"id;name\n1;a\n", 1, "semicolons"),
        (b"\xef\xbb\xbfid\tname\n1\ta\n", 1, "tabs"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(data: bytes, line: int | None, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        rows(data)
    assert caught.value.where.line == line
    assert caught.value.where.file == "x.csv"


def test_a_position_counts_from_the_beginning_of_the_file() -> None:
    with pytest.raises(FormatError) as caught:
        rows(b"a\n" * 10_000 + b"\xff\n")
    assert (caught.value.where.line, caught.value.where.offset) == (10_001, 20_000)


@pytest.mark.parametrize("size", [65_537, 200_000])
@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_field_over_65536_bytes_is_refused_with_its_line(size: int, quote: bytes) -> None:
    with pytest.raises(LimitError, match="65536") as caught:
        rows(b"a,b\nc," + quote + b"x" * size + quote + b"\n")
    assert caught.value.where.line == 2


def test_a_field_of_65536_bytes_is_read() -> None:
    assert len(rows(b"x" * 65_536 + b"\n")[0][1][0]) == 65_536


def test_a_line_without_end_is_refused_before_it_is_a_row() -> None:
    with pytest.raises(LimitError, match="line over"):
        rows(b"x," * 600_000)


def test_too_many_columns_and_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitError, match="columns"):
        rows(b"," * 2_000)
    monkeypatch.setattr(safe_csv, "MAX_ROWS", 3)
    with pytest.raises(LimitError, match="rows"):
        rows(b"a\n" * 4)


CELLS = [
    *("=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x"),
    *("=cmd|' /C calc'!A0", '=HYPERLINK("http://a.example","x")', 'a"b', "a,b", "a;b", "a\nb", "-5", "00123"),
    *("+44 20 7946 0000", "1E5", "", "'x", "\u00a0=1", "''"),
]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_comes_back_as_it_left(cell: str) -> None:
    data = csv_bytes([[cell, "end"]])
    ((_, (left, end)),) = rows(data)
    assert (csv_value(left), csv_value(end)) == (cell, "end")
    assert not left.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


def test_every_cell_of_the_shared_table_comes_back(shared: Path) -> None:
    with (shared / "data/reliability/csv_out.csv").open(newline="") as handle:
        cells = [json.loads(row["cell_as_json_string"]) for row in csv.DictReader(handle)]
    assert len(cells) == 24
    assert [csv_value(row[1][0]) for row in rows(csv_bytes([[cell, "."] for cell in cells]))] == cells


def test_a_number_stays_a_number() -> None:
    assert csv_cell(-5) == -5
    assert csv_bytes([[-5, "-5"]]) == b'-5,"\'-5"\r\n'


@pytest.mark.parametrize(
    ("data", "line", "field"),
    [
        (b"a\nx\n", 1, "b"),
        (b"a,b,d\nx,y,z\n", 1, "d"),
        (b"a,b,b\nx,y,z\n", 1, "b"),
        (b"a,b\nx,y\nx\n", 3, None),
    ],
    ids=["missing", "unknown", "twice", "short row"],
)
def test_a_header_or_row_that_does_not_fit_is_refused_with_line_and_column(
    data: bytes, line: int, field: str | None
) -> None:
    with pytest.raises(InputError) as caught:
        list(named_rows(data, ("a", "b", "c"), ("a", "b"), file="f.csv"))
    assert caught.value.where == Place(file="f.csv", line=line, field=field)


def test_named_rows_bear_their_line_and_every_cell_by_name() -> None:
    assert list(named_rows(b"b, A\n1, 2\n", ("a", "b", "c"), ("a", "b"))) == [(2, {"b": "1", "a": "2"})]
