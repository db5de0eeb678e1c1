"""Official files with one row a value: year, quarter, some dimensions, and the count in the last column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.errors import FormatError, Place
from headwater.formats.figure_cells import (
    NOT_A_SERIES,
    TOTAL_INSIDE,
    Cautions,
    FigureInput,
    count,
    header_row,
    is_note,
    is_total,
    labels,
    shown,
    text_of,
)
from headwater.formats.safe_sheet import Cell, Sheet, SheetRow
from headwater.model.figures import slug
from headwater.model.period import Kind, Period, is_period, parse_period

YEAR: Final = "year"
QUARTER: Final = "quarter"


@dataclass(frozen=True, slots=True)
class Value:
    """One row: its quarter, its categories by column, its count and where it stands."""

    period: Period
    categories: dict[str, str]
    value: int | None
    where: Place


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file of this kind looks like.

    Attributes:
        words: words that the header must have.
        counts: says of a header's label whether its column holds the count.
        sheets: says of a sheet's name whether it can hold the data.
    """

    words: tuple[str, ...]
    counts: Callable[[str], bool]
    sheets: Callable[[str], bool] = lambda _: True


def rows_of(sheets: Sequence[Sheet], layout: Layout, given: FigureInput, cautions: Cautions) -> list[Value]:
    """Return the rows of the first sheet that has the header.

    Raises:
        FormatError: none has it.
        SchemaError: a quarter or a count is none.
    """
    last: FormatError | None = None
    for sheet in sorted(sheets, key=lambda one: not layout.sheets(one.name)):
        try:
            top = header_row(sheet.rows, layout.words, given)
        except FormatError as error:
            last = last or error
            continue
        return _values(sheet.rows[top], sheet.rows[top + 1 :], layout, given, cautions)
    raise last or FormatError("there is no sheet in it", where=given.name)


def _values(
    header: SheetRow, rows: Sequence[SheetRow], layout: Layout, given: FigureInput, cautions: Cautions
) -> list[Value]:
    names = labels(header)
    held = [at for at, name in enumerate(names) if layout.counts(name)]
    if not held:
        where = Place(file=given.name, line=header.line)
        raise FormatError("the header is missing: no column of counts", where=where)
    at_count = held[-1]
    columns = {name: at for at, name in enumerate(names) if name and at != at_count and name not in {YEAR, QUARTER}}
    found = []
    for row in rows:
        cells = [*row.cells, *[None] * (len(names) - len(row.cells))]
        where = Place(file=given.name, line=row.line, field=names[at_count])
        if is_note(text_of(cells[0])) or _lonely(row):
            cautions.add(NOT_A_SERIES, where, "A title or note stands among the rows: it was left out.")
            continue
        categories = {name: text_of(cells[at]) for name, at in columns.items()}
        period_text = text_of(_cell(cells, names, QUARTER))
        if is_total(period_text) or any(is_total(one) for one in categories.values()):
            cautions.add(TOTAL_INSIDE, where, "A total stands among the categories: it is left out of sums.")
            continue
        period = _quarter(_cell(cells, names, YEAR), _cell(cells, names, QUARTER), Place(given.name, row.line, QUARTER))
        found.append(Value(period, categories, count(cells[at_count], where), where))
    return found


def _lonely(row: SheetRow) -> bool:
    return sum(cell is not None for cell in row.cells) == 1


def _cell(cells: Sequence[Cell], names: Sequence[str], name: str) -> Cell:
    return cells[names.index(name)] if name in names else None


def _quarter(year: Cell, quarter: Cell, where: Place) -> Period:
    """Return the quarter of a row: ``2024 Q1`` in one cell, or the year beside ``Q1`` or ``1``."""
    text = text_of(quarter)
    for candidate in (text, f"{text_of(year)}Q{text.upper().removeprefix('Q')}"):
        if is_period(candidate):
            period = parse_period(candidate)
            if period.kind is Kind.QUARTER:
                return period
    raise FormatError(f"not a quarter: {shown(year)} {shown(quarter)}", where=where)


def dimensions_of(categories: dict[str, str], leave: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return categories as dimensions, by the slug of their column, without some columns."""
    return tuple(sorted((slug(name), value) for name, value in categories.items() if name not in leave))
