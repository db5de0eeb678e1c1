"""Safe spreadsheets: the cells of XLSX and ODS files as texts, counts and days, under the limits of `safe`.

Formulas are not run: what a cell showed when the file was saved is read. Macros, pictures and links stay unread.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Final

from headwater.errors import FormatError, LimitError, Place
from headwater.formats.safe import MAX_COLUMNS, MAX_ROWS, check_text
from headwater.formats.safe_archive import read_members
from headwater.formats.safe_xml import Element, iter_xml

Cell = str | int | float | date | None
"""What a cell shows: a text, a number, a day; None is an empty one."""
MAX_CELLS: Final = 4_000_000
"""Cells of one sheet; the route file of 2025 has about 300,000."""
MAX_SHEETS: Final = 200
ODS_TYPE: Final = "application/vnd.oasis.opendocument.spreadsheet"
_COORDINATE: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of XLSX; its 29 February 1900, which never was, is older than any series."""
_MAX_SERIAL: Final = 2_958_465
"""31 December 9999."""
_DATE_FORMATS: Final = frozenset({*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)})
_DATE_CODE: Final = re.compile(r"[ydm]", re.IGNORECASE)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|\[[^\]]*\]|\\.")
_TABLE: Final = re.compile(rb"<table:table(?=[\s>]).*?</table:table>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not empty: its number, counted from 1, and its cells."""

    line: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name and its rows."""

    name: str
    rows: tuple[SheetRow, ...]


def is_workbook(data: bytes) -> bool:
    """Return whether bytes begin like a zip file, as every workbook does."""
    return data.startswith(b"PK")


def read_workbook(data: bytes, *, file: str | None = None) -> tuple[Sheet, ...]:
    """Return the sheets of an XLSX or ODS file.

    Raises:
        FormatError: neither of both, damaged or encrypted.
        LimitError: beyond the limits of archives, of XML, of rows, columns or cells.
    """
    if not is_workbook(data):
        raise FormatError("not an XLSX or ODS file", where=file)
    members = {str(member.path): member.data for member in read_members(data, file=file)}
    if "content.xml" in members:
        return tuple(_ods(members["content.xml"], file))
    if "xl/workbook.xml" in members:
        return tuple(_xlsx(members, file))
    raise FormatError("not an XLSX or ODS file: it holds no workbook", where=file)


def column_letters(index: int) -> str:
    """Return the letters of a column, counted from 0, as spreadsheets show them."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _xlsx(members: dict[str, bytes], file: str | None) -> Iterator[Sheet]:
    texts = _shared_texts(members.get("xl/sharedStrings.xml"), file)
    dated = _dated_styles(members.get("xl/styles.xml"), file)
    targets = _targets(members.get("xl/_rels/workbook.xml.rels"), file)
    sheets = list(iter_xml(members["xl/workbook.xml"], root="workbook", entries=frozenset({"sheet"}), file=file))[1:]
    if len(sheets) > MAX_SHEETS:
        raise LimitError(f"over {MAX_SHEETS} sheets", where=file)
    for sheet in sheets:
        target = targets.get(_relation_of(sheet), "")
        if target not in members:
            raise FormatError("a sheet that the workbook names is not in it", where=file)
        if target.startswith("xl/worksheets/"):
            yield Sheet(sheet.attributes.get("name", ""), tuple(_xlsx_rows(members[target], texts, dated, file)))


def _relation_of(sheet: Element) -> str:
    return next((value for key, value in sheet.attributes.items() if key.rpartition(":")[2] == "id"), "")


def _targets(data: bytes | None, file: str | None) -> dict[str, str]:
    if data is None:
        raise FormatError("the workbook does not say where its sheets are", where=file)
    found = {}
    for one in iter_xml(data, root="Relationships", entries=frozenset({"Relationship"}), file=file):
        target = one.attributes.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        found[one.attributes.get("Id", "")] = str(PurePosixPath(path))
    return found


def _shared_texts(data: bytes | None, file: str | None) -> list[str]:
    if data is None:
        return []
    found = list(iter_xml(data, root="sst", entries=frozenset({"si"}), file=file))[1:]
    return ["".join([*(t.text for t in one.all("t")), *(t.text for t in one.all("r/t"))]) for one in found]


def _dated_styles(data: bytes | None, file: str | None) -> frozenset[int]:
    """Return the numbers of the cell styles that show a number as a day."""
    if data is None:
        return frozenset()
    own: set[int] = set()
    styles: list[int] = []
    for one in iter_xml(data, root="styleSheet", entries=frozenset({"numFmt", "cellXfs"}), file=file):
        if one.tag == "numFmt":
            code = _QUOTED.sub("", one.attributes.get("formatCode", ""))
            if _DATE_CODE.search(code):
                own.add(_whole(one.attributes.get("numFmtId", "")) or 0)
        elif one.tag == "cellXfs":
            styles = [_whole(each.attributes.get("numFmtId", "0")) or 0 for each in one.all("xf")]
    return frozenset(place for place, number in enumerate(styles) if number in _DATE_FORMATS or number in own)


def _xlsx_rows(data: bytes, texts: list[str], dated: frozenset[int], file: str | None) -> Iterator[SheetRow]:
    line = count = 0
    for row in iter_xml(data, root="worksheet", entries=frozenset({"row"}), file=file):
        if row.tag != "row":
            continue
        given = _whole(row.attributes.get("r", ""))
        if given is not None and not line < given <= MAX_ROWS:
            raise FormatError("rows out of order", where=Place(file=file, line=line + 1))
        line = line + 1 if given is None else given
        cells: list[Cell] = []
        for cell in row.all("c"):
            at = _column(cell.attributes.get("r", ""), len(cells), Place(file=file, line=line))
            cells += [None] * (at - len(cells))
            cells.append(
                _xlsx_cell(cell, texts, dated, Place(file=file, line=line, field=f"column {column_letters(at)}"))
            )
        count += len(cells)
        _check_count(count, file)
        if _trim(cells):
            yield SheetRow(line, cells)


def _column(reference: str, place: int, where: Place) -> int:
    """Return the column of a cell, counted from 0; one that names none stands behind the one before."""
    found = _COORDINATE.fullmatch(reference)
    if found:
        at = 0
        for letter in found[1]:
            at = at * 26 + ord(letter) - ord("A") + 1
        if at - 1 < place:
            raise FormatError("cells out of order", where=where)
        place = at - 1
    if place >= MAX_COLUMNS:
        raise LimitError(f"over {MAX_COLUMNS} columns", where=where)
    return place


def _xlsx_cell(cell: Element, texts: list[str], dated: frozenset[int], where: Place) -> Cell:
    kind, text = cell.attributes.get("t", "n"), cell.value("v")
    if kind == "inlineStr":
        return "".join([*cell.texts("is/t"), *cell.texts("is/r/t")]) or None
    if not text:
        return None
    if kind == "s":
        place = _whole(text)
        if place is None or place >= len(texts):
            raise FormatError("a cell that points at no text", where=where)
        return texts[place] or None
    if kind in {"str", "e", "d"}:
        return text
    if kind == "b":
        return "TRUE" if text == "1" else "FALSE"
    number = _number(text, where)
    style = _whole(cell.attributes.get("s", "0")) or 0
    if style in dated and 0 < number <= _MAX_SERIAL:
        return _EPOCH + timedelta(days=int(number))
    return number


def _ods(data: bytes, file: str | None) -> Iterator[Sheet]:
    """Yield the tables of an ODS file; each row bears no number, so they are counted."""
    name, rows, line, count, sheets = "", list[SheetRow](), 0, 0, 0
    for row in _ods_rows(data, file):
        if isinstance(row, str):
            if sheets:
                yield Sheet(name, tuple(rows))
            name, rows, line, sheets = row, [], 0, sheets + 1
            if sheets > MAX_SHEETS:
                raise LimitError(f"over {MAX_SHEETS} sheets", where=file)
            continue
        repeat = min(_whole(row.attributes.get("table:number-rows-repeated", "1")) or 1, MAX_ROWS)
        cells = _ods_cells(row, Place(file=file, line=line + 1))
        if _trim(cells):
            count += len(cells) * repeat
            _check_count(count, file)
            if line + repeat > MAX_ROWS:
                raise LimitError(f"over {MAX_ROWS} rows", where=file)
            rows += [SheetRow(line + 1 + more, list(cells)) for more in range(repeat)]
        line += repeat
    if not sheets:
        raise FormatError("there is no sheet in it", where=file)
    yield Sheet(name, tuple(rows))


def _ods_rows(data: bytes, file: str | None) -> Iterator[Element | str]:
    """Yield each row, and before those of a table its name.

    The whole is read once to see that it is well-formed; then each table by itself, since a table is too large for one
    entry of `iter_xml` and a row does not say to which it belongs.
    """
    for _ in iter_xml(data, root="office:document-content", entries=frozenset(), file=file):
        pass
    for found in _TABLE.finditer(data):
        for one in iter_xml(found.group(), root="table:table", entries=frozenset({"table:table-row"}), file=file):
            yield one.attributes.get("table:name", "") if one.tag == "table:table" else one


def _ods_cells(row: Element, where: Place) -> list[Cell]:
    cells: list[Cell] = []
    for cell in row.children:
        if cell.tag not in {"table:table-cell", "table:covered-table-cell"}:
            continue
        repeat = _whole(cell.attributes.get("table:number-columns-repeated", "1")) or 1
        value = _ods_cell(cell, where)
        if value is not None and len(cells) + repeat > MAX_COLUMNS:
            raise LimitError(f"over {MAX_COLUMNS} columns", where=where)
        # A sheet is filled up to its last column with empty cells: as many as there may be are kept.
        cells += [value] * min(repeat, MAX_COLUMNS - len(cells))
    return cells


def _ods_cell(cell: Element, where: Place) -> Cell:
    kind = cell.attributes.get("office:value-type", "")
    if kind in {"float", "percentage", "currency"}:
        return _number(cell.attributes.get("office:value", ""), where)
    if kind == "date":
        text = cell.attributes.get("office:date-value", "")[:10]
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise FormatError("a day that there is not", where=where) from error
    text = " ".join(_text_of(one) for one in cell.all("text:p")).strip()
    check_text(text, where=where)
    return text or None


def _text_of(element: Element) -> str:
    """Return the text of a paragraph; a part of it in another style stands in an element of its own."""
    return element.text + "".join(_text_of(child) for child in element.children if child.tag.startswith("text:"))


def _number(text: str, where: Place) -> int | float:
    try:
        number = float(text)
    except ValueError as error:
        raise FormatError("a cell of numbers without one", where=where) from error
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - only NaN differs from itself
        raise FormatError("a number beyond what a double holds", where=where)
    return int(number) if number.is_integer() else number


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004 - no row has more


def _trim(cells: list[Cell]) -> bool:
    """Take empty cells off the end; say whether any is left."""
    while cells and cells[-1] is None:
        cells.pop()
    return bool(cells)


def _check_count(count: int, file: str | None) -> None:
    if count > MAX_CELLS:
        raise LimitError(f"over {MAX_CELLS} cells in one sheet", where=file)
