"""Safe CSV: strict quoting and known positions on the way in, cells that no spreadsheet runs on the way out."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.errors import FormatError, LimitError, Place, SchemaError
from headwater.formats.safe import (
    MAX_COLUMNS,
    MAX_FIELD_BYTES,
    MAX_LINE_CHARACTERS,
    MAX_ROWS,
    check_size,
    check_text,
    line_at,
    utf8_error,
)

# What a spreadsheet takes for a formula, also behind white space, which some programs trim; and the mark itself.
_OTHER_SEPARATOR: Final = re.compile(r"\S[;\t]\S")
_FORMULA: Final = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n']")
MARK: Final = "'"
"""Stands before a cell that must stay text (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, counted from 1, and its cells."""

    line: int
    cells: list[str]


def named_rows(
    data: bytes, columns: Sequence[str], required: Sequence[str], *, file: str | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a small CSV with a fixed header: the line each begins on, and its cells by name.

    Raises:
        FormatError: it is empty or no CSV, or a row has another number of cells than the header.
        SchemaError: a required column is missing, or one is there that is not known.
        LimitError: too large.
    """
    rows = iter_csv(data, file=file)
    head = next(rows, None)
    if head is None:
        raise FormatError("empty", where=file)
    names = [csv_value(cell).strip().casefold() for cell in head.cells]
    wrong = [name for name in required if name not in names] or [name for name in names if name not in columns]
    if wrong:
        where = Place(file=file, line=head.line, field=wrong[0][:40])
        raise SchemaError("a missing or unknown column", where=where, fix=f"use {','.join(columns)}")
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise SchemaError("a column that stands there twice", where=Place(file=file, line=head.line, field=twice))
    for row in rows:
        if len(row.cells) != len(names):
            what = f"{len(row.cells)} cells where {len(names)} are named"
            raise FormatError(what, where=Place(file=file, line=row.line))
        yield row.line, {name: csv_value(cell).strip() for name, cell in zip(names, row.cells, strict=True)}


def iter_csv(data: bytes, *, file: str | None = None, encoding: str = "utf-8") -> Iterator[Row]:
    """Yield the rows of a CSV file; blank lines are passed over.

    Args:
        data: the bytes of the file; a byte order mark may stand first where the encoding is UTF-8.
        file: name of the file, for errors.
        encoding: ``utf-8`` or ``latin-1``.

    Raises:
        FormatError: empty, another encoding, a NUL, a quoted field that is never closed or goes on behind its quote.
        LimitError: too large, too many rows or columns, a field or a line too long.
    """
    check_size(data, file=file)
    nul = data.find(b"\0")
    if nul >= 0:
        raise FormatError("a NUL", where=Place(file=file, line=line_at(data, nul), offset=nul))
    # Decoding line by line keeps a large file from standing in memory a second time, four bytes a letter.
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig" if encoding == "utf-8" else encoding, newline="")
    reader = csv.reader(_lines(text, file), strict=True)
    line, count = 1, 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "field limit" in str(error):
                raise LimitError(f"a field over {MAX_FIELD_BYTES} bytes", where=Place(file=file, line=line)) from error
            what = "a quoted field that begins on this line is not closed, or goes on behind its closing quote"
            raise FormatError(what, where=Place(file=file, line=line)) from error
        except UnicodeDecodeError as error:
            raise utf8_error(data, file=file) or FormatError("not UTF-8", where=file) from error
        if cells is None:
            return
        if cells:
            count += 1
            if count == 1:
                check_separator(cells, Place(file=file, line=line))
            _check(cells, count, Place(file=file, line=line))
            yield Row(line, cells)
        line = reader.line_num + 1


def check_separator(cells: Sequence[str], place: Place) -> None:
    """Refuse headings that stand in one cell with semicolons or tabs between them, as spreadsheets of many countries save them.

    Raises:
        FormatError: they do.
    """
    if len(cells) == 1 and _OTHER_SEPARATOR.search(cells[0]):
        what, fix = (
            "semicolons or tabs stand between the cells",
            "save it with commas between the cells and read it again",
        )
        raise FormatError(what, where=place, fix=fix)


def csv_cell(value: str | float) -> str | float:
    """Return a value as a cell that no spreadsheet takes for a formula; numbers stay numbers.

    Source: OWASP, CSV injection.
    """
    return MARK + value if isinstance(value, str) and _FORMULA.match(value) else value


def csv_value(cell: str) -> str:
    """Return the text that `csv_cell` made a cell of."""
    return cell.removeprefix(MARK)


def csv_bytes(rows: Iterable[Sequence[str | float]]) -> bytes:
    """Return rows as a CSV file in UTF-8, with every text quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows([csv_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _lines(text: io.TextIOWrapper, file: str | None) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE_CHARACTERS + 1):
        number += 1
        if len(line) > MAX_LINE_CHARACTERS:
            raise LimitError(f"a line over {MAX_LINE_CHARACTERS} characters", where=Place(file=file, line=number))
        yield line


def _check(cells: list[str], count: int, place: Place) -> None:
    if count > MAX_ROWS:
        raise LimitError(f"over {MAX_ROWS} rows", where=place)
    if len(cells) > MAX_COLUMNS:
        raise LimitError(f"over {MAX_COLUMNS} columns", where=place)
    if max(map(len, cells)) * 4 > MAX_FIELD_BYTES:
        for number, cell in enumerate(cells, 1):
            check_text(cell, where=Place(file=place.file, line=place.line, field=f"column {number}"))
