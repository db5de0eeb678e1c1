"""Hostile files of figures, each with a harmless twin: the one refused within the limits, the other read."""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from headwater.errors import InputError
from headwater.formats.sheet_out import ods_bytes, xlsx_bytes
from tests.figures_world import read

MOST_SECONDS = 5.0
MOST_BYTES = 256 * 1024 * 1024
ROUTES = [
    ["Route", "BorderType", "Nationality", "JAN2024", "FEB2024", "MAR2024"],
    ["A Route", "Land", "Examplia", 1, 2, 3],
]
BOATS = [["Date", "Migrants arrived", "Boats arrived"], ["2024-01-01", 40, 1], ["2024-01-02", 0, 0]]
XLSX, ODS = xlsx_bytes([("Detections_of_IBC", ROUTES)]), ods_bytes([("SB_01", BOATS)])  # type: ignore[list-item]
SHEET = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True)
class Case:
    """One hostile file and its twin."""

    name: str
    form: str
    hostile: bytes
    benign: bytes


def packed(workbook: bytes, member: str, old: bytes, new: bytes) -> bytes:
    """A workbook with something else in one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            text = before.read(info)
            after.writestr(info.filename, text.replace(old, new, 1) if info.filename == member else text)
    return out.getvalue()


def with_member(workbook: bytes, name: str, data: bytes) -> bytes:
    """A workbook with one member more."""
    out = io.BytesIO(workbook)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def csv_cases() -> Iterator[Case]:
    """What may stand where a count, a period or a name must."""
    good = b"month,a\n2024-01,1\n"
    cells = (
        *(b"-1", b"1.5", b"1e9", b"0x10", b"NaN", b"inf", b"=1+1", b"+1", b"1_000", b"12 34", b"1;2", b"one"),
        *("１２".encode(), "١٢".encode(), b"9" * 25, b"x" * 70_000, b"\xff", b"1\x00", b'"1', b'"1"2'),
    )
    for number, cell in enumerate(cells):
        yield Case(f"count {number}", "csv-wide", b"month,a\n2024-01," + cell + b"\n", good)
        yield Case(
            f"long count {number}",
            "csv-long",
            b"series,period,value\na.b,2024-01," + cell + b"\n",
            b"series,period,value\na.b,2024-01,1\n",
        )
    for number, period in enumerate(
        (
            b"2024-00",
            b"2024-13",
            b"2024Q5",
            b"9999-12-32",
            b"2024-02-30",
            b"2024..2020",
            b"x",
            b"0000-01",
            b"2024-01-01..",
            b"1e3",
        )
    ):
        yield Case(f"period {number}", "csv-wide", b"month,a\n" + period + b",1\n", good)
        yield Case(
            f"long period {number}",
            "csv-long",
            b"series,period,value\na.b," + period + b",1\n",
            b"series,period,value\na.b,2024,1\n",
        )
    yield Case("ten thousand columns", "csv-wide", b"month" + b",a" * 10_000 + b"\n", good)
    yield Case("nothing", "csv-wide", b"\n\n", good)


def workbook_cases() -> Iterator[Case]:
    """What a workbook may try."""
    bomb = b"<row r='3'>" + b"<c><v>1</v></c>" * 2_000 + b"</row>"
    for name, workbook, form, member, old, new in (
        ("document type", XLSX, "frontex-ibc", SHEET, b"<worksheet", b"<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet"),
        ("entity", ODS, "uk-small-boats", "content.xml", b"Migrants", b"&xxe;"),
        ("too many cells", XLSX, "frontex-ibc", SHEET, b"</sheetData>", bomb + b"</sheetData>"),
        ("cut short", XLSX, "frontex-ibc", SHEET, b"</worksheet>", b""),
        ("deep", XLSX, "frontex-ibc", SHEET, b"<sheetData>", b"<sheetData>" + b"<a>" * 100),
        ("long text", ODS, "uk-small-boats", "content.xml", b"Migrants", b"x" * 70_000),
        ("negative", XLSX, "frontex-ibc", SHEET, b"<v>2</v>", b"<v>-2</v>"),
        ("fraction", XLSX, "frontex-ibc", SHEET, b"<v>2</v>", b"<v>2.5</v>"),
        ("overflow", XLSX, "frontex-ibc", SHEET, b"<v>2</v>", b"<v>1e400</v>"),
        ("huge", XLSX, "frontex-ibc", SHEET, b"<v>2</v>", b"<v>1e300</v>"),
        (
            "rows repeated",
            ODS,
            "uk-small-boats",
            "content.xml",
            b"<table:table-row>",
            b'<table:table-row table:number-rows-repeated="999999999">',
        ),
        ("not UTF-8", ODS, "uk-small-boats", "content.xml", b"Migrants", b"\xff\xfe"),
        (
            "sheet elsewhere",
            XLSX,
            "frontex-ibc",
            "xl/_rels/workbook.xml.rels",
            b"worksheets/sheet1.xml",
            b"../../etc/passwd",
        ),
    ):
        yield Case(name, form, packed(workbook, member, old, new), workbook)
    yield Case("path outside", "frontex-ibc", with_member(XLSX, "../evil", b"x"), XLSX)
    yield Case("bomb", "frontex-ibc", with_member(XLSX, "zeros", b"\0" * 300_000_000), XLSX)
    yield Case("a member twice", "frontex-ibc", with_member(XLSX, "XL/workbook.xml", b"<workbook/>"), XLSX)
    yield Case("zip of nothing", "uk-small-boats", with_member(b"", "a", b"b"), ODS)


CASES = [*csv_cases(), *workbook_cases()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.form}: {case.name}")
def test_a_hostile_file_is_refused_within_limits_and_its_twin_is_read(case: Case) -> None:
    assert read(case.form, case.benign, "IBC_2024_06_01.xlsx").editions
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(InputError) as caught:
        read(case.form, case.hostile, "IBC_2024_06_01.xlsx")
    spent, peak = time.process_time() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(str(caught.value)) < 600
    assert spent < MOST_SECONDS
    assert peak < MOST_BYTES


def test_a_cell_that_a_spreadsheet_would_run_goes_out_as_text() -> None:
    from headwater.formats.figure_out import OutTable, table_bytes

    made = table_bytes(OutTable("t", ("=cmd()", "b"), (("@x", 1),)), "csv")[""]
    assert b"'=cmd()" in made
    assert b"'@x" in made
