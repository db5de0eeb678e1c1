"""Figures as wide CSV: the first column is the period, each other column a series."""

from collections.abc import Sequence
from typing import Final

from headwater.errors import FormatError, Place, SchemaError
from headwater.formats import figure_checks
from headwater.formats.figure_cells import (
    NOT_A_SERIES,
    NOT_GIVEN,
    TOTAL_INSIDE,
    Cautions,
    FigureInput,
    Gathering,
    Read,
    count,
    csv_rows,
    is_note,
    is_title,
    is_total,
    labels,
    period_of,
    text_of,
)
from headwater.formats.figure_definitions import understood
from headwater.formats.safe import check_size
from headwater.formats.safe_sheet import Cell, SheetRow
from headwater.model.figures import Definition, series_name
from headwater.model.period import Period, is_period

SOURCE: Final = "csv"
"""The source of a file whose reader was told none."""
LEAST_REMARKS: Final = 3
"""Texts from which a column without a number is taken for remarks; fewer are bad counts, and refused."""


class CsvWide:
    """Wide CSV as a format of figures."""

    name = "csv-wide"
    title = "Figures, CSV: first column the period, each other column a series"

    def read(self, given: FigureInput) -> Read:
        """Return the edition in a file.

        Raises:
            InputError: it is no such file, or a value in it is not a count.
        """
        check_size(given.data, file=given.name)
        rows = list(csv_rows(given))
        cautions = Cautions()
        top = _top(rows, given, cautions)
        header, body = rows[top], _body(rows[top + 1 :], given, cautions)
        columns = _columns(header, body, given, cautions)
        periods = _periods(header, body, given)
        gathering = Gathering()
        source = given.source or SOURCE
        definitions: dict[str, Definition] = {}
        for at, title in columns.items():
            name = series_name(source, title)
            if name in definitions:
                raise FormatError(f"the column '{title[:40]}' is there twice", where=_place(given, header, title))
            definitions[name] = understood(name, title)
            for row, period in zip(body, periods, strict=True):
                cell = row.cells[at] if at < len(row.cells) else None
                gathering.add(name, (), period, count(cell, _place(given, row, title)), _place(given, row, title))
        seen_on = given.seen_on or max(given.today, *(period.end for period in periods))
        dated = given.seen_on is not None
        edition = gathering.edition(given, source, seen_on, definitions, dated=dated)
        figure_checks.check(edition, cautions)
        return Read((edition,), cautions.all())


def _top(rows: Sequence[SheetRow], given: FigureInput, cautions: Cautions) -> int:
    """Return the place of the header, below titles and notes."""
    for at, row in enumerate(rows):
        filled = [cell for cell in row.cells if cell is not None]
        if len(filled) == 1 and len(rows) > at + 1 and len(rows[at + 1].cells) > 1:
            where = Place(file=given.name, line=row.line)
            cautions.add(NOT_A_SERIES, where, "A title or note stands above the header: it is no series.")
            continue
        if is_period(text_of(row.cells[0])) or len(filled) < 2:  # noqa: PLR2004 - a period and a series at least
            break
        return at
    raise FormatError(
        "the header is missing: the first row must name the period and each series",
        where=Place(file=given.name, line=rows[0].line if rows else 1),
    )


def _body(rows: Sequence[SheetRow], given: FigureInput, cautions: Cautions) -> list[SheetRow]:
    kept = []
    for row in rows:
        where = Place(file=given.name, line=row.line)
        if is_total(text_of(row.cells[0])):
            cautions.add(TOTAL_INSIDE, where, "A total stands among the periods: it is left out of sums.")
        elif is_note(text_of(row.cells[0])) or (
            row.cells[0] is None and sum(one is not None for one in row.cells) == 1
        ):
            cautions.add(NOT_A_SERIES, where, "A note stands below or beside the figures: it is no period.")
        else:
            kept.append(row)
    if not kept:
        raise FormatError("there is no row of figures in it", where=given.name)
    return kept


def _columns(header: SheetRow, body: Sequence[SheetRow], given: FigureInput, cautions: Cautions) -> dict[int, str]:
    """Return the columns that are series, by their place."""
    found: dict[int, str] = {}
    for at, cell in enumerate(header.cells[1:], 1):
        title = text_of(cell)
        cells = [row.cells[at] for row in body if at < len(row.cells) and row.cells[at] is not None]
        if is_note(title) or _is_words(cells) or _is_empty(title, cells):
            where = _place(given, header, title)
            cautions.add(NOT_A_SERIES, where, "A column is a title or a note and no series: it was left out.")
        elif is_total(title):
            where = _place(given, header, title)
            cautions.add(TOTAL_INSIDE, where, "A total stands among the series: it is left out of sums.")
            found[at] = title
        elif title:
            found[at] = title
        elif cells:
            raise FormatError("a column of figures without a header", where=_place(given, header, f"column {at + 1}"))
    wide = next((row for row in body if len(row.cells) > len(header.cells)), None)
    if wide is not None and any(cell is not None for cell in wide.cells[len(header.cells) :]):
        raise SchemaError("a row with more cells than the header", where=Place(file=given.name, line=wide.line))
    if not found:
        raise FormatError("there is no series in it", where=given.name)
    return found


def _is_empty(title: str, cells: Sequence[Cell]) -> bool:
    """Return whether a column has nothing to say below what reads like a title: no cell, or only noughts."""
    return is_title(title) and all(text_of(cell) in {"0", *NOT_GIVEN} for cell in cells)


def _is_words(cells: Sequence[Cell]) -> bool:
    """Return whether a column holds remarks and no counts: some texts, and no digit in any."""
    texts = [text for cell in cells if (text := text_of(cell)).lower() not in NOT_GIVEN]
    return len(texts) >= LEAST_REMARKS and not any(char.isdigit() for text in texts for char in text)


def _periods(header: SheetRow, body: Sequence[SheetRow], given: FigureInput) -> list[Period]:
    label = labels(header)[0] or "column 1"
    found = [period_of(row.cells[0], _place(given, row, label)) for row in body]
    return figure_checks.settle(found, label)


def _place(given: FigureInput, row: SheetRow, column: str) -> Place:
    return Place(file=given.name, line=row.line, field=column[:60])
