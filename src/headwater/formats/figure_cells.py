"""What the readers of figures share: tables of cells, counts as files write them, and an edition gathered cell by cell."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

from headwater.errors import FormatError, Place, SchemaError
from headwater.formats.entries import sha256_of
from headwater.formats.safe import check_size, visible
from headwater.formats.safe_csv import csv_value, iter_csv
from headwater.formats.safe_sheet import Cell, Sheet, SheetRow, is_workbook, read_workbook
from headwater.model.figures import MAX_COUNT, Caution, Definition, Edition, Strand
from headwater.model.ids import BlobHash
from headwater.model.period import Period, parse_period

NOT_A_SERIES: Final = "not-a-series"
TOTAL_INSIDE: Final = "total-inside-dimension"
SHOWN: Final = 40
"""Letters of a wrong value that an error repeats: these are published figures, and the reader must find the cell."""
NOT_GIVEN: Final = frozenset({"", ":", "..", "z", "x"})
"""How the Home Office and others write that there is no value (GSS: shorthand in tables)."""
_NOTE: Final = re.compile(
    r"\s*(?:\*|©|\(c\)\s|https?:|www\.|(?:source|note|notes|title|disclaimer|copyright|contact|published|last updated|"
    r"data as of|extracted|accessed)\b(?=\s*(?:[:\d]|$|as|on|of)))",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(
    r"\s*(?:(?:table|figure|chart|annex)\s+\w+\s*[:.–-]|(?:(?:monthly|quarterly|weekly|daily|annual|number of)\s+)?"
    r"(?:detections?|returns?|arrivals|referrals|people|crossings|figures|statistics|data|numbers)\s+(?:of|by|per|at|on)\b)",
    re.IGNORECASE,
)
_TOTAL: Final = re.compile(r"(?:grand |sub)?-?totals?(?: \(.*\))?", re.IGNORECASE)
_COUNT: Final = re.compile(r"(?:\d{1,3}(?:[,\u00a0\u202f ]\d{3})+|\d{1,16})(?:\.0+)?", re.ASCII)
_FRACTION: Final = re.compile(r"\d{0,16}\.\d+")
_COMMA: Final = re.compile(r"\d[\d.]*,\d+|\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_NEGATIVE: Final = re.compile(r"[-\u2212\u2013]\s*\d.*|\(\d.*\)")
_DATED_NAME: Final = re.compile(r"(20\d\d)[_-](\d\d)[_-](\d\d)(?=\.\w+$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class FigureInput:
    """One file of figures.

    Attributes:
        name: name of the file, without its folder.
        data: its bytes.
        today: the day of reading, for a file that does not say when it was published.
        source: name of the source, where the user gives one.
        seen_on: day of publication, where the user gives one.
    """

    name: str
    data: bytes
    today: date
    source: str | None = None
    seen_on: date | None = None

    @property
    def sha256(self) -> BlobHash:
        """SHA-256 of the bytes."""
        return sha256_of(self.data)


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a file: its editions, oldest first, and what a reader should know about it."""

    editions: tuple[Edition, ...]
    cautions: tuple[Caution, ...]


class FigureReader(Protocol):
    """A format of figures: bytes to editions."""

    name: str
    title: str

    def read(self, given: FigureInput) -> Read:
        """Return the editions in a file.

        Raises:
            InputError: it is not in this format, or a value in it is not a count.
        """
        ...


def tables(given: FigureInput) -> tuple[Sheet, ...]:
    """Return the tables of an XLSX, ODS or CSV file.

    Raises:
        FormatError: it is none of these, or damaged.
        LimitError: beyond the limits.
    """
    check_size(given.data, file=given.name)
    if is_workbook(given.data):
        return read_workbook(given.data, file=given.name)
    return (Sheet("", tuple(csv_rows(given))),)


def csv_rows(given: FigureInput) -> Iterator[SheetRow]:
    """Yield the rows of a CSV file that have a cell with something in it."""
    for row in iter_csv(given.data, file=given.name):
        cells: list[Cell] = [csv_value(cell).strip() or None for cell in row.cells]
        if any(cell is not None for cell in cells):
            yield SheetRow(row.line, cells)


def text_of(cell: Cell) -> str:
    """Return a cell as text, without spare white space."""
    return "" if cell is None else " ".join(str(cell).split())


def is_note(text: str) -> bool:
    """Return whether a text is a title or a note about a table, and no category in it."""
    return bool(_NOTE.match(text))


def is_title(text: str) -> bool:
    """Return whether a text reads like the title of a table; alone it is no proof, since a series can be called so."""
    return bool(_TITLE.match(text))


def is_total(text: str) -> bool:
    """Return whether a category is the sum of the others."""
    return bool(_TOTAL.fullmatch(text.strip()))


def shown(cell: Cell) -> str:
    """Return a wrong value as an error may repeat it."""
    text = visible(text_of(cell))
    return f"'{text[:SHOWN]}{'…' if len(text) > SHOWN else ''}'"


def count(cell: Cell, where: Place) -> int | None:
    """Return a cell as a count, None where none is given.

    Raises:
        SchemaError: it is text, negative, a fraction, or written with decimal commas.
    """
    if cell is None:
        return None
    text = str(cell) if isinstance(cell, int | float) else text_of(cell)
    if text.lower() in NOT_GIVEN:
        return None
    if isinstance(cell, date):
        raise SchemaError(f"a day where a count must stand: {shown(cell)}", where=where)
    if _COUNT.fullmatch(text):
        value = int(re.sub(r"\.0+$", "", text).translate({ord(mark): None for mark in ",\u00a0\u202f "}))
        if value <= MAX_COUNT:
            return value
        raise SchemaError(f"an impossibly large count: {shown(cell)}", where=where)
    for pattern, what in (
        (_NEGATIVE, "a negative count"),
        (_FRACTION, "a count that is a fraction, or one with a point between thousands"),
        (_COMMA, "a count with a decimal comma, or with mixed decimals"),
    ):
        if pattern.fullmatch(text):
            raise SchemaError(f"{what}: {shown(cell)}", where=where)
    # What is no number may be a remark about somebody: it is not repeated, its place says where to look.
    raise SchemaError("a text where a count must stand", where=where)


def period_of(cell: Cell, where: Place) -> Period:
    """Return the period that a cell names.

    Raises:
        SchemaError: it names none.
    """
    if isinstance(cell, date):
        return Period(cell, cell)
    try:
        return parse_period(text_of(cell))
    except SchemaError as error:
        raise SchemaError(f"{error.what}: {shown(cell)}", where=where, fix=error.fix) from error


def day_of(cell: Cell, where: Place) -> date:
    """Return the day that a cell names.

    Raises:
        SchemaError: it names none, or a longer period.
    """
    period = period_of(cell, where)
    if period.start != period.end:
        raise SchemaError(f"not a day: {shown(cell)}", where=where)
    return period.start


def dated_name(file: str) -> date | None:
    """Return the day that a file's name ends with, as ``YYYY_MM_DD``."""
    found = _DATED_NAME.search(file)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def labels(row: SheetRow) -> list[str]:
    """Return the cells of a header row as lower-case words."""
    return [text_of(cell).casefold() for cell in row.cells]


def header_row(rows: Sequence[SheetRow], words: Sequence[str], given: FigureInput, *, within: int = 30) -> int:
    """Return the place of the first row in which each of some words begins or ends a cell.

    Raises:
        FormatError: there is none near the top.
    """
    for at, row in enumerate(rows[:within]):
        found = labels(row)
        if all(any(word in label for label in found) for word in words):
            return at
    raise FormatError(f"the header is missing: no row with {', '.join(words)}", where=given.name)


@dataclass
class Cautions:
    """Warnings while they are gathered: one for each kind, with the first place and how many more there are."""

    found: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    def add(self, code: str, where: Place | str, text: str) -> None:
        """Note one."""
        first, said, more = self.found.get(code, (str(where), text, -1))
        self.found[code] = first, said, more + 1

    def all(self) -> tuple[Caution, ...]:
        """Return them, one for each kind."""
        return tuple(
            Caution(code, f"{where} (and {more} more)" if more else where, text)
            for code, (where, text, more) in self.found.items()
        )


@dataclass
class Gathering:
    """The cells of one edition while they are read."""

    cells: dict[tuple[str, tuple[tuple[str, str], ...]], dict[Period, int | None]] = field(default_factory=dict)

    def add(
        self, series: str, dimensions: tuple[tuple[str, str], ...], period: Period, value: int | None, where: Place
    ) -> None:
        """Keep one cell.

        Raises:
            SchemaError: it is there already.
        """
        held = self.cells.setdefault((series, dimensions), {})
        if period in held:
            raise SchemaError(f"the period {period} is repeated for '{series}'", where=where)
        held[period] = value

    def edition(
        self, given: FigureInput, source: str, seen_on: date, definitions: dict[str, Definition], *, dated: bool
    ) -> Edition:
        """Return the edition.

        Raises:
            FormatError: there is no value in it.
            SchemaError: it claims to be older than a period it gives a value for.
        """
        periods = tuple(sorted({period for held in self.cells.values() for period in held}))
        if not any(value is not None for held in self.cells.values() for value in held.values()):
            raise FormatError("there is no value in it", where=given.name)
        last = max(period.end for held in self.cells.values() for period, value in held.items() if value is not None)
        if last > seen_on:
            raise SchemaError(
                f"seen_on {seen_on} is earlier than the end of a period that it gives a value for, {last}",
                where=Place(file=given.name, field="seen_on"),
                fix="correct the day of publication; a value cannot be known before its period is over",
            )
        strands = tuple(
            Strand(series, tuple(held.get(period) for period in periods), dimensions)
            for (series, dimensions), held in sorted(self.cells.items())
        )
        used = {strand.series for strand in strands}
        return Edition(
            source=source,
            seen_on=seen_on,
            dated=dated,
            file=given.name,
            sha256=given.sha256,
            periods=periods,
            strands=strands,
            definitions=tuple(sorted((name, what) for name, what in definitions.items() if name in used)),
        )
