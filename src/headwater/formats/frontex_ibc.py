"""The monthly detections of irregular border-crossing that Frontex publishes, one row a route, border type and nationality.

The sheet is `Detections_of_IBC`. Years differ: with a title row or without, with other words in the header, with a note
about the source in the margin or among the routes.
"""

from collections.abc import Sequence
from typing import Final

from headwater.errors import FormatError, Place
from headwater.formats import figure_checks
from headwater.formats.figure_cells import (
    NOT_A_SERIES,
    TOTAL_INSIDE,
    Cautions,
    FigureInput,
    Gathering,
    Read,
    count,
    dated_name,
    is_note,
    is_title,
    is_total,
    labels,
    tables,
    text_of,
)
from headwater.formats.figure_definitions import FRONTEX, define
from headwater.formats.safe_sheet import Cell, Sheet, SheetRow, column_letters
from headwater.model.figures import Definition, Unit, series_name
from headwater.model.period import Kind, Period, is_period, parse_period

SHEET: Final = "detections_of_ibc"
LEAST_MONTHS: Final = 3
"""Cells that name a month from which a row is the header."""
_TOP: Final = 40
_DIMENSIONS: Final = (
    ("route", ("route",)),
    ("border-type", ("border", "type", "location")),
    ("nationality", ("national", "citizen", "country", "origin")),
)


class FrontexIbc:
    """The Frontex file as a format of figures."""

    name = FRONTEX
    title = "Frontex, monthly detections of irregular border-crossing, XLSX"

    def read(self, given: FigureInput) -> Read:
        """Return the edition in a file.

        Raises:
            InputError: it is no such file, or a value in it is not a count.
        """
        sheet, top = _sheet(tables(given), given)
        header = sheet.rows[top]
        months = _months(header)
        columns = _columns(header, min(months), given)
        cautions, gathering = Cautions(), Gathering()
        definitions: dict[str, Definition] = {}
        for row in sheet.rows[top + 1 :]:
            cells = [*row.cells, *[None] * (max(months) + 1 - len(row.cells))]
            dimensions = _labels_of(row, cells, columns, months, given, cautions)
            if dimensions is None:
                continue
            route = dimensions["route"]
            name = series_name(FRONTEX, route)
            definitions.setdefault(name, define(route, Unit.DETECTION))
            others = tuple(sorted((key, value) for key, value in dimensions.items() if key != "route"))
            for at, month in months.items():
                where = Place(file=given.name, line=row.line, field=f"{column_letters(at)} ({month})")
                gathering.add(name, others, month, count(cells[at], where), where)
        stated = given.seen_on or dated_name(given.name)
        seen_on = stated or max(given.today, *(month.end for month in months.values()))
        edition = gathering.edition(given, FRONTEX, seen_on, definitions, dated=stated is not None)
        figure_checks.check(edition, cautions)
        return Read((edition,), cautions.all())


def _sheet(sheets: Sequence[Sheet], given: FigureInput) -> tuple[Sheet, int]:
    """Return the sheet with the detections, and the place of its header."""
    for sheet in sorted(sheets, key=lambda one: one.name.casefold() != SHEET):
        for at, row in enumerate(sheet.rows[:_TOP]):
            if len(_months(row)) >= LEAST_MONTHS:
                return sheet, at
    raise FormatError("the header is missing: no row names months, such as JAN2024", where=given.name)


def _months(row: SheetRow) -> dict[int, Period]:
    """Return the columns whose header names a month, up to the first gap behind them: what follows is margin."""
    found: dict[int, Period] = {}
    for at, cell in enumerate(row.cells):
        month = _month(cell)
        if month is not None:
            found[at] = month
        elif found:
            break
    return found


def _month(cell: Cell) -> Period | None:
    text = text_of(cell)
    if not text or not is_period(text):
        return None
    period = parse_period(text)
    if period.kind is Kind.DAY and period.start.day == 1:
        return parse_period(f"{period.start:%Y-%m}")
    return period if period.kind is Kind.MONTH else None


def _columns(header: SheetRow, end: int, given: FigureInput) -> dict[str, int]:
    """Return the place of each column of words by its dimension; the first is the route where none says so."""
    found: dict[str, int] = {}
    words = labels(header)[:end]
    for name, parts in _DIMENSIONS:
        for at, label in enumerate(words):
            if at not in found.values() and any(part in label for part in parts):
                found.setdefault(name, at)
    if not words:
        where = Place(file=given.name, line=header.line)
        raise FormatError("the header is missing: no column of routes stands before the months", where=where)
    if "route" not in found:
        found["route"] = next(at for at in range(end + 1) if at not in found.values())
    for at, label in enumerate(words):
        if at not in found.values() and label:
            found[label] = at
    return found


def _labels_of(
    row: SheetRow,
    cells: Sequence[Cell],
    columns: dict[str, int],
    months: dict[int, Period],
    given: FigureInput,
    cautions: Cautions,
) -> dict[str, str] | None:
    """Return the categories of a row, None where it is a note, a total, or empty."""
    found = {name: text_of(cells[at]) for name, at in columns.items()}
    where = Place(file=given.name, line=row.line)
    filled = any(cells[at] is not None for at in months)
    if not any(found.values()) and not filled:
        return None
    if is_note(found["route"]) or is_title(found["route"]) or not filled:
        cautions.add(NOT_A_SERIES, where, "A title or note stands where a route must: the row was left out.")
        return None
    if any(is_total(category) for category in found.values()):
        cautions.add(TOTAL_INSIDE, where, "A total stands among the categories: it is left out of sums.")
        return None
    if not found["route"]:
        raise FormatError("a row of figures without a route", where=where)
    return found
