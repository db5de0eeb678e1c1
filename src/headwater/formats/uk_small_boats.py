"""People and boats that arrived in the United Kingdom in small boats, as the Home Office publishes them by day and week."""

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
    is_total,
    labels,
    period_of,
    tables,
    text_of,
)
from headwater.formats.figure_definitions import SMALL_BOATS, define
from headwater.formats.safe_sheet import Sheet, SheetRow
from headwater.model.figures import Definition, Unit
from headwater.model.period import Period

_TOP: Final = 30
_PERIOD: Final = ("date", "week", "month", "day", "period")
_SERIES: Final = (
    ("prevented-people", Unit.COUNT, ("migrants prevented", "people prevented", "individuals prevented")),
    ("prevented-events", Unit.COUNT, ("events prevented", "boats prevented")),
    ("boats", Unit.BOAT, ("boats arrived", "boats")),
    ("people", Unit.PERSON, ("migrants arrived", "people arrived", "people", "migrants", "arrivals", "individuals")),
)
"""Slug, unit, and the words with which a column of it begins; the more special ones stand first."""


class UkSmallBoats:
    """The small-boat statistics as a format of figures."""

    name = SMALL_BOATS
    title = "Home Office, small boat arrivals by day or week, ODS, XLSX or CSV"

    def read(self, given: FigureInput) -> Read:
        """Return the edition in a file.

        Raises:
            InputError: it is no such file, or a value in it is not a count.
        """
        sheet, top, columns = _sheet(tables(given), given)
        header = sheet.rows[top]
        label = labels(header)[columns["period"]]
        cautions, gathering = Cautions(), Gathering()
        body = [row for row in sheet.rows[top + 1 :] if _is_figures(row, columns["period"], given, cautions)]
        read = [period_of(row.cells[columns["period"]], Place(given.name, row.line, label)) for row in body]
        periods = figure_checks.settle(read, label)
        definitions: dict[str, Definition] = {}
        for series, unit, _ in _SERIES:
            if series in columns:
                at = columns[series]
                name, title = f"{SMALL_BOATS}.{series}", text_of(header.cells[at])
                definitions[name] = define(title.replace("_", " "), unit)
                _gather(gathering, name, at, body, periods, given, title)
        stated = given.seen_on or dated_name(given.name)
        last = max((period.end for period in periods), default=given.today)
        edition = gathering.edition(
            given, SMALL_BOATS, stated or max(given.today, last), definitions, dated=stated is not None
        )
        figure_checks.check(edition, cautions)
        return Read((edition,), cautions.all())


def _gather(
    gathering: Gathering,
    name: str,
    at: int,
    body: Sequence[SheetRow],
    periods: Sequence[Period],
    given: FigureInput,
    title: str,
) -> None:
    for row, period in zip(body, periods, strict=True):
        cell = row.cells[at] if at < len(row.cells) else None
        where = Place(file=given.name, line=row.line, field=title)
        gathering.add(name, (), period, count(cell, where), where)


def _sheet(sheets: Sequence[Sheet], given: FigureInput) -> tuple[Sheet, int, dict[str, int]]:
    """Return the first sheet with a header of periods and arrivals, the place of the header, and its columns."""
    for sheet in sheets:
        for at, row in enumerate(sheet.rows[:_TOP]):
            columns = _columns(labels(row))
            if "period" in columns and "people" in columns:
                return sheet, at, columns
    raise FormatError("the header is missing: no row with a date or week, and people who arrived", where=given.name)


def _columns(names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, raw in enumerate(names):
        name = raw.replace("_", " ")
        if "period" not in found and name.startswith(_PERIOD):
            found["period"] = at
            continue
        for series, _, words in _SERIES:
            if series not in found and name.startswith(words):
                found[series] = at
                break
    return found


def _is_figures(row: SheetRow, at: int, given: FigureInput, cautions: Cautions) -> bool:
    """Return whether a row has a period; a note or a total is left out and said."""
    text = text_of(row.cells[at]) if at < len(row.cells) else ""
    where = Place(file=given.name, line=row.line)
    if is_total(text):
        cautions.add(TOTAL_INSIDE, where, "A total stands among the periods: it is left out of sums.")
        return False
    if not text or is_note(text) or sum(cell is not None for cell in row.cells) == 1:
        cautions.add(NOT_A_SERIES, where, "A title or note stands where a period must: the row was left out.")
        return False
    return True
