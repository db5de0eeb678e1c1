"""Bulk tables as CSV, read block by block: a file larger than memory is no trouble.

The headings are the table's own (`model.tables`); those that are not required may be left out. An amount is a whole
number of minor units, a time has a zone.
"""

import csv
import re
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate
from threading import get_ident
from time import sleep
from typing import Any, BinaryIO, Final

from headwater.errors import FormatError, HeadwaterError, LimitError, Place, SchemaError
from headwater.formats.safe import BOM, MAX_COLUMNS, MAX_LINE_CHARACTERS, shown
from headwater.formats.safe_csv import check_separator
from headwater.formats.table_columns import need_arrow, parse_block, parse_value
from headwater.formats.table_rows import empty_text, rows_of
from headwater.model.tables import ROW, Table
from headwater.ports import LeftOut, Rows, Span

BLOCK_BYTES: Final = 8 * 1024 * 1024
_LOOKS: Final = 2
_LOOK_S: Final = 0.001
"""Seconds between two looks whether Arrow's thread is in Python, and how many must not see it."""
"""Bytes that are parsed at once; a row must fit into it."""
_ROW_NUMBER: Final = re.compile(r"Row #(\d+)")
_WIDTH: Final = re.compile(r"Expected (\d+) columns, got (\d+)")


class TableCsv:
    """One kind of table as CSV."""

    def __init__(self, name: str, title: str, table: Table, fixed: dict[str, str] | None = None) -> None:
        """Read a kind of table; `fixed` columns have one value that the format itself gives."""
        self.name = name
        self.title = title
        self.tables: tuple[str, ...] = (table.name,)
        self._table = table
        self._fixed = fixed or {}

    def rows(self, stream: BinaryIO, *, file: str, span: Span) -> Iterator[Rows | LeftOut]:
        """Yield the good rows block by block, and each bad one with its line and field.

        Raises:
            FormatError: empty, not CSV, not UTF-8, a heading is missing.
            LimitError: a row longer than a block.
        """
        with closing(_blocks(stream, self._headings(stream, file), file)) as blocks:
            yield from self.rows_of_blocks(blocks, file=file, span=span)

    def rows_of_blocks(self, blocks: Iterable[Any], *, file: str, span: Span) -> Iterator[Rows | LeftOut]:
        """Yield the good rows of blocks of texts under the table's own headings, and each bad one with its line.

        Raises:
            FormatError: there is no row.
        """
        done = 0
        folds = 0
        for block in blocks:
            found, bad = self._block(block, done, span)
            before = _folds(block)
            for at, error in bad:
                yield LeftOut(error.located(file=file, line=done + at + 2 + folds + before[at]))
            if found.num_rows:
                yield Rows(self._table.name, found)
            done += block.num_rows
            folds += before[-1]
        if not done:
            raise FormatError(f"there is no row in it, read as {self.name}", where=file)

    def _headings(self, stream: BinaryIO, file: str) -> list[str]:
        line = stream.readline(MAX_LINE_CHARACTERS + 1)
        if len(line) > MAX_LINE_CHARACTERS:
            raise LimitError(f"a line over {MAX_LINE_CHARACTERS} bytes", where=Place(file=file, line=1))
        if not line.strip(b"\xef\xbb\xbf \t\r\n\0"):
            raise FormatError("the file is empty, or its first line is", where=file)
        try:
            cells = next(csv.reader([line.removeprefix(BOM).decode()], strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise FormatError("the first line holds no CSV headings", where=Place(file=file, line=1)) from error
        check_separator(cells, Place(file=file, line=1))
        names = [cell.strip().casefold() for cell in cells]
        self.check_headings(names, Place(file=file, line=1))
        return names

    def check_headings(self, names: list[str], place: Place) -> None:
        """Refuse headings that are not the table's.

        Raises:
            SchemaError: one is unknown, named twice, or missing.
        """
        wanted = {column.heading: column for column in self._table.columns if column.name not in self._fixed}
        fix = f"use the columns {','.join(wanted)}"
        if len(names) > MAX_COLUMNS or len(set(names)) != len(names):
            raise SchemaError("a column named twice, or too many of them", where=place, fix=fix)
        for name in names:
            if name not in wanted:
                where = Place(file=place.file, line=place.line, field=shown(name, "heading"))
                raise SchemaError("an unknown column", where=where, fix=fix)
        for heading, column in wanted.items():
            if column.required and heading not in names:
                raise SchemaError(f"no column '{heading}'", where=place, fix=fix)

    def _block(self, block: Any, done: int, span: Span) -> tuple[Any, list[tuple[int, HeadwaterError]]]:  # noqa: ANN401
        """Return a block's rows with typed columns, and the rows of it that are wrong."""
        pa = need_arrow()
        arrays: dict[str, Any] = {}
        for column in self._table.columns:
            if column.name in self._fixed:
                arrays[column.name] = pa.repeat(pa.scalar(self._fixed[column.name]), block.num_rows)
            elif column.heading not in block.column_names:
                arrays[column.name] = empty_text(column, block.num_rows)
            else:
                array = parse_block(column, block[column.heading], span)
                if array is None:
                    return self._slowly(block, done, span)
                arrays[column.name] = array
        arrays[ROW] = pa.array(range(done + 1, done + block.num_rows + 1), pa.int64())
        return pa.table(arrays), []

    def _slowly(self, block: Any, done: int, span: Span) -> tuple[Any, list[tuple[int, HeadwaterError]]]:  # noqa: ANN401
        """Look at a block value by value; it holds at least one that is wrong, or of a kind that has no quick way."""
        texts = {name: block[name].to_pylist() for name in block.column_names}
        good: list[dict[str, Any]] = []
        bad: list[tuple[int, HeadwaterError]] = []
        for at in range(block.num_rows):
            try:
                row: dict[str, Any] = {
                    column.name: self._fixed.get(column.name)
                    or parse_value(column, texts[column.heading][at] if column.heading in texts else "", span)
                    for column in self._table.columns
                }
            except SchemaError as error:
                bad.append((at, error))
                continue
            row[ROW] = done + at + 1
            good.append(row)
        return rows_of(self._table, good), bad


def _blocks(stream: BinaryIO, headings: list[str], file: str) -> Generator[Any, None, None]:
    """Yield the rows of a CSV file as blocks of texts."""
    pa = need_arrow()
    read = pa.csv.ReadOptions(block_size=BLOCK_BYTES, column_names=headings, use_threads=False)
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    convert = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(headings, pa.string()), strings_can_be_null=False, null_values=[]
    )
    followed = _Followed(stream)
    try:
        with pa.csv.open_csv(followed, read_options=read, parse_options=parse, convert_options=convert) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])
    except pa.ArrowInvalid as error:
        raise _refused(str(error), file) from error
    finally:
        followed.end()


class _Followed:
    """A stream that is read ahead by a thread of Arrow's own, which asks Python for each piece.

    Left to itself that thread would still do so while Python ends, and the process would be aborted. `end` waits until it has
    left Python: its next read, if there is one, finds nothing more.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._readers: set[int] = set()
        self._is_over = False
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        self._readers.add(get_ident())
        return b"" if self._is_over else self._stream.read(size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return False

    def end(self) -> None:
        self._is_over = True
        left = 0
        while left < _LOOKS:
            sleep(_LOOK_S)  # whoever waits for Python's lock gets it meanwhile
            others = self._readers - {get_ident()}
            left = 0 if others & sys._current_frames().keys() else left + 1  # noqa: SLF001 - the one way to see it


def _refused(said: str, file: str) -> FormatError | LimitError:
    """Return what Arrow's error means; its own text holds the row itself and goes no further."""
    if "Empty CSV" in said:
        return FormatError("there is no row in it", where=file)
    if "straddling" in said:
        return LimitError(f"a row over {BLOCK_BYTES} bytes, or a quoted field that is never closed", where=file)
    if "UTF8" in said or "UTF-8" in said:
        return FormatError("not UTF-8", where=file)
    row, width = _ROW_NUMBER.search(said), _WIDTH.search(said)
    line = int(row[1]) + 1 if row else None
    what = f"{width[2]} cells where {width[1]} are named" if width else "not CSV"
    return FormatError(what, where=Place(file=file, line=line))


def _folds(block: Any) -> Sequence[int]:  # noqa: ANN401
    """Return how many line ends stand inside the values before each row of a block, and, at the end, in all of them."""
    pc = need_arrow().compute
    folded = [name for name in block.column_names if pc.any(pc.match_substring(block[name], "\n")).as_py()]
    if not folded:
        return [0] * (block.num_rows + 1)
    counts = [0] * block.num_rows
    for name in folded:
        counts = [sum(pair) for pair in zip(counts, pc.count_substring(block[name], "\n").to_pylist(), strict=True)]
    return [0, *accumulate(counts)]
