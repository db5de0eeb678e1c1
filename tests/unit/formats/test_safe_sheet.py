"""Spreadsheets: what is written is read back, and what no honest program writes is refused."""

import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest

from headwater.errors import FormatError, InputError, LimitError, Place
from headwater.formats.safe_sheet import Cell, _number, column_letters, read_workbook
from headwater.formats.sheet_out import Rows, ods_bytes, xlsx_bytes

ROWS: list[list[Cell]] = [["Route", None, 'a<b>&"c"'], [], [1, 2.5, date(2024, 2, 29)], [" spaced ", -3, "=1+1"]]
WRITERS = pytest.mark.parametrize("write", [ods_bytes, xlsx_bytes])
Write = Callable[[list[tuple[str, Rows]]], bytes]


@WRITERS
def test_what_is_written_is_read_back(write: Write) -> None:
    [first, second] = read_workbook(write([("One & two", ROWS), ("Empty", [])]))
    assert (first.name, second.name, second.rows) == ("One & two", "Empty", ())
    cells = [[cell.strip() if isinstance(cell, str) else cell for cell in row.cells] for row in first.rows]
    assert cells == [["Route", None, 'a<b>&"c"'], [1, 2.5, date(2024, 2, 29)], ["spaced", -3, "=1+1"]]
    assert [row.line for row in first.rows] == [1, 3, 4]


@WRITERS
def test_the_same_cells_are_the_same_bytes(write: Write) -> None:
    assert write([("a", ROWS)]) == write([("a", ROWS)])


def changed(data: bytes, member: str, old: bytes, new: bytes) -> bytes:
    """A workbook with something else in one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            text = before.read(info)
            assert info.filename != member or old in text
            after.writestr(info.filename, text.replace(old, new) if info.filename == member else text)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
XLSX, ODS = xlsx_bytes([("a", [[1, "x"]])]), ods_bytes([("a", [[1, "x"]])])


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"PK\x03\x04", FormatError),
        (b"not a workbook", FormatError),
        (changed(XLSX, SHEET, b'<row r="1">', b'<row r="0">'), FormatError),
        (changed(XLSX, SHEET, b'r="B1"', b'r="A1"'), FormatError),
        (changed(XLSX, SHEET, b'r="B1"', b'r="ZZZ1"'), LimitError),
        (changed(XLSX, SHEET, b"<v>1</v>", b"<v>one</v>"), FormatError),
        (changed(XLSX, SHEET, b"<v>1</v>", b"<v>1e999</v>"), FormatError),
        (changed(XLSX, SHEET, b'<c r="A1">', b'<c r="A1" t="s">'), FormatError),
        (changed(XLSX, SHEET, b"<worksheet", b"<!DOCTYPE x [<!ENTITY y 'z'>]><worksheet"), FormatError),
        (changed(XLSX, "xl/_rels/workbook.xml.rels", b"sheet1.xml", b"gone.xml"), FormatError),
        (changed(ODS, "content.xml", b'office:value="1"', b'office:value="NaN"'), FormatError),
        (changed(ODS, "content.xml", b'"float" office:value="1"', b'"date" office:date-value="2024-02-31"'), FormatError),
        (changed(ODS, "content.xml", b"<table:table-row>", b'<table:table-row table:number-rows-repeated="99999999">'), LimitError),
        (changed(ODS, "content.xml", b'<table:table-cell office:value-type="string">', b'<table:table-cell office:value-type="string" table:number-columns-repeated="5000">'), LimitError),
        (changed(ODS, "content.xml", b"</office:body>", b""), FormatError),
        (changed(ODS, "content.xml", b"<table:table ", b"<table:tabel "), FormatError),
    ],
)  # fmt: skip
def test_a_workbook_that_no_program_writes_is_refused(data: bytes, error: type[InputError]) -> None:
    with pytest.raises(error):
        read_workbook(data, file="book")


def test_a_sheet_filled_up_with_empty_cells_stays_small() -> None:
    filled = changed(ODS, "content.xml", b"</table:table-row>", b'<table:table-cell table:number-columns-repeated="16384"/></table:table-row><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>')  # fmt: skip
    [sheet] = read_workbook(filled)
    assert [row.cells for row in sheet.rows] == [[1, "x"]]


def test_columns_have_the_letters_that_spreadsheets_show() -> None:
    assert [column_letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize("text", ["inf", "-inf", "1e999", "-1e999", "nan", "", "x"])
def test_a_cell_of_numbers_holds_one_that_can_be_counted_with(text: str) -> None:
    with pytest.raises(FormatError):
        _number(text, Place(file="book.ods"))
