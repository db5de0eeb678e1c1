"""Figures as long CSV: one row a value, with the columns ``series,period,value`` and, where known, ``seen_on``.

Every other column is a dimension. Rows of different days of publication make different editions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from headwater.errors import FormatError, Place, SchemaError
from headwater.formats import figure_checks
from headwater.formats.csv_wide import SOURCE
from headwater.formats.figure_cells import (
    NOT_A_SERIES,
    TOTAL_INSIDE,
    Cautions,
    FigureInput,
    Gathering,
    Read,
    count,
    csv_rows,
    day_of,
    is_note,
    is_title,
    is_total,
    labels,
    period_of,
    text_of,
)
from headwater.formats.figure_definitions import understood
from headwater.formats.safe import check_size
from headwater.formats.safe_sheet import SheetRow
from headwater.model.figures import Definition, Edition, series_name
from headwater.model.period import Period

NEEDED: Final = ("series", "period", "value")
SEEN_ON: Final = "seen_on"


@dataclass(slots=True)
class _Row:
    series: str
    title: str
    period: Period
    value: int | None
    dimensions: tuple[tuple[str, str], ...]
    line: int


@dataclass(slots=True)
class _Day:
    """The rows of one day of publication."""

    rows: list[_Row] = field(default_factory=list)


class CsvLong:
    """Long CSV as a format of figures."""

    name = "csv-long"
    title = "Figures, CSV: the columns series,period,value,seen_on"

    def read(self, given: FigureInput) -> Read:
        """Return the editions in a file, one for each source and day of publication.

        Raises:
            InputError: it is no such file, or a value in it is not a count.
        """
        check_size(given.data, file=given.name)
        rows = list(csv_rows(given))
        cautions = Cautions()
        top = _top(rows, given, cautions)
        header = labels(rows[top])
        days: dict[tuple[str, date, bool], _Day] = {}
        for row in rows[top + 1 :]:
            self._take(row, header, given, cautions, days)
        if not days:
            raise FormatError("there is no value in it", where=given.name)
        editions = [self._edition(given, key, day.rows) for key, day in sorted(days.items())]
        for edition in editions:
            figure_checks.check(edition, cautions)
            _note_totals(edition, given, cautions)
        return Read(tuple(editions), cautions.all())

    def _take(
        self,
        row: SheetRow,
        header: Sequence[str],
        given: FigureInput,
        cautions: Cautions,
        days: dict[tuple[str, date, bool], _Day],
    ) -> None:
        cells = dict(zip(header, [*row.cells, *[None] * len(header)], strict=False))
        title = text_of(cells["series"])
        empty = cells["value"] is None or text_of(cells["value"]) == "0"
        if (
            is_note(title)
            or (title and cells["period"] is None and cells["value"] is None)
            or (empty and is_title(title))
        ):
            where = Place(file=given.name, line=row.line, field="series")
            cautions.add(NOT_A_SERIES, where, "A title or note stands where a series must: the row was left out.")
            return
        place = {name: Place(file=given.name, line=row.line, field=name) for name in (*NEEDED, SEEN_ON)}
        name = self._name(title, given, place["series"])
        others = [(key, text_of(cells[key])) for key in header if key not in (*NEEDED, SEEN_ON) and key]
        if any(is_total(category) for _, category in others):
            where = Place(file=given.name, line=row.line)
            cautions.add(TOTAL_INSIDE, where, "A total stands among the categories: it is left out of sums.")
            return
        stated = cells.get(SEEN_ON)
        dated = stated is not None or given.seen_on is not None
        period = period_of(cells["period"], place["period"])
        value = count(cells["value"], place["value"])
        seen_on = day_of(stated, place[SEEN_ON]) if stated is not None else given.seen_on or given.today
        if dated and value is not None and period.end > seen_on:
            raise SchemaError(
                f"seen_on {seen_on} is earlier than the end of the period {period}",
                where=place[SEEN_ON],
                fix="correct the day of publication; a value cannot be known before its period is over",
            )
        kept = days.setdefault((name.partition(".")[0], seen_on, dated), _Day())
        kept.rows.append(_Row(name, title, period, value, tuple(others), row.line))

    def _name(self, title: str, given: FigureInput, place: Place) -> str:
        try:
            return series_name(given.source or SOURCE, title)
        except SchemaError as error:
            raise SchemaError(error.what, where=place) from error

    def _edition(self, given: FigureInput, key: tuple[str, date, bool], rows: Sequence[_Row]) -> Edition:
        source, seen_on, dated = key
        gathering = Gathering()
        definitions: dict[str, Definition] = {}
        by_series: dict[str, list[_Row]] = {}
        for row in rows:
            by_series.setdefault(row.series, []).append(row)
        for name, mine in by_series.items():
            definitions[name] = understood(name, mine[0].title)
            periods = figure_checks.settle([row.period for row in mine], "")
            for row, period in zip(mine, periods, strict=True):
                where = Place(file=given.name, line=row.line, field="period")
                gathering.add(name, row.dimensions, period, row.value, where)
        return gathering.edition(given, source, seen_on, definitions, dated=dated)


def _top(rows: Sequence[SheetRow], given: FigureInput, cautions: Cautions) -> int:
    """Return the place of the header, below titles and notes of one cell."""
    for at, row in enumerate(rows):
        missing = [word for word in NEEDED if word not in labels(row)]
        if not missing:
            return at
        where = Place(file=given.name, line=row.line)
        if sum(cell is not None for cell in row.cells) > 1:
            raise FormatError(f"the header is missing, or lacks {', '.join(missing)}", where=where)
        cautions.add(NOT_A_SERIES, where, "A title or note stands above the header: it is no series.")
    raise FormatError(f"the header is missing: no row with {', '.join(NEEDED)}", where=Place(file=given.name, line=1))


def _note_totals(edition: Edition, given: FigureInput, cautions: Cautions) -> None:
    """Note a series that is the total of those beside it."""
    for name, what in edition.definitions:
        if is_total(what.title) or is_total(name.partition(".")[2].replace("-", " ")):
            where = Place(file=given.name, field=name)
            if len(edition.series) > 1:
                cautions.add(TOTAL_INSIDE, where, "A total stands among the series: it is left out of sums.")
