"""The UK Sanctions List as CSV: a line with the date of the report, then the 58 columns.

Rows are combinations of names and attributes: the rows of one Unique ID are one designation.
"""

from collections.abc import Iterator
from typing import Final

from headwater.errors import FormatError, HeadwaterError, Place, SchemaError
from headwater.formats.dates import report_date
from headwater.formats.entries import Entry, list_origin, sha256_of
from headwater.formats.reading import Notice, Reading
from headwater.formats.safe_csv import Row, iter_csv
from headwater.formats.uk_list import COLUMNS, KINDS, NEW_KIND, ORIGINATOR, entry_of
from headwater.ports import LeftOut, SourceInput

HEADER_LINE: Final = 2
REPORT_DATE: Final = "Report Date:"


class UkCsv:
    """The UK list's CSV as a data source."""

    name = "uk-csv"
    title = "UK Sanctions List, CSV"

    def read(self, given: SourceInput) -> Reading:
        """Yield what is wrong with each bad row, then one record for each designation.

        Raises:
            InputError: the file is no UK list CSV, lacks a column, or is beyond the limits.
        """
        rows = iter_csv(given.data, file=given.name)
        version, header = _head(rows, given.name)
        notices = list(_new_columns(header, given.name))
        entries: dict[str, tuple[Entry, int]] = {}
        kinds: set[str] = set(KINDS)
        for row in rows:
            place = Place(file=given.name, line=row.line)
            try:
                cells = _cells(row, header, place)
                entry = entry_of(cells, place)
                entries.setdefault(entry.key, (entry, row.line))[0].take(entry, where=place)
            except HeadwaterError as error:
                yield LeftOut(error.located(file=given.name, line=row.line))
                continue
            if cells["Designation Type"].strip() not in kinds:
                kinds.add(cells["Designation Type"].strip())
                notices.append(Notice(NEW_KIND, Place(file=given.name, line=row.line, field="Designation Type")))
        sha256 = sha256_of(given.data)
        for entry, line in entries.values():
            origin = list_origin(ORIGINATOR, self.name, given.name, sha256, version=version, place=f"row {line}")
            yield entry.record(origin)
        return tuple(notices)


def _new_columns(header: list[str], file: str) -> Iterator[Notice]:
    extra = len([column for column in header if column not in COLUMNS])
    if extra:
        what = f"{extra} column(s) that the UK list did not have before, kept as notes"
        yield Notice(what, Place(file=file, line=HEADER_LINE))


def _head(rows: Iterator[Row], file: str) -> tuple[str, list[str]]:
    """Return the date of the report and the columns."""
    try:
        first, second = next(rows, None), next(rows, None)
    except FormatError as error:
        if error.where.offset is not None:
            raise
        first = second = None
    header = [" ".join(cell.split()) for cell in second.cells] if second else []
    # The identifier first: the one column by which a reader of the error sees what kind of file it should have been.
    for column in ("Unique ID", *COLUMNS):
        if column not in header:
            where = Place(file=file, line=HEADER_LINE)
            raise FormatError(f"not a UK list CSV: line {HEADER_LINE} lacks column '{column}'", where=where)
    if len(set(header)) != len(header):
        raise FormatError("not a UK list CSV: a column is named twice", where=Place(file=file, line=HEADER_LINE))
    text = first.cells[0] if first else ""
    version = report_date(text.removeprefix(REPORT_DATE).strip()) if text.startswith(REPORT_DATE) else None
    if version is None:
        where = Place(file=file, line=1)
        raise FormatError("not a UK list CSV: line 1 is not 'Report Date: DD-Mon-YYYY'", where=where)
    return version, header


def _cells(row: Row, header: list[str], place: Place) -> dict[str, str]:
    if len(row.cells) != len(header):
        raise SchemaError(f"a row of {len(row.cells)} cells under {len(header)} columns", where=place)
    return dict(zip(header, row.cells, strict=True))
