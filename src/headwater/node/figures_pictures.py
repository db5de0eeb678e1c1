"""Series that are kept, as tables with notes on their definitions and as charts with a line for each vintage."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from headwater.engines.figures import Book
from headwater.engines.figures import Shelf as Seen
from headwater.formats.figure_chart import Line, Pane, chart_bytes
from headwater.formats.figure_out import OutTable, table_bytes
from headwater.formats.safe_sheet import Cell
from headwater.model.period import Kind
from headwater.node.figures import Keeper, day_of
from headwater.node.figures_runs import picture_kind
from headwater.node.files import write

MOST_VINTAGES: Final = 6
"""Vintages in one chart, the newest; more lines cannot be told apart in print."""


def write_series(keeper: Keeper, series: Sequence[str], as_of: str | None, out: Path) -> int:
    """Write series as a table, each as it was known on a day, with its vintages told in the notes; return the rows.

    Raises:
        SchemaError: no such series, or no such day.
        SettingsError: a file that is neither CSV nor ODS.
    """
    book, names = _named(keeper, series)
    day = day_of(as_of)
    known = {name: book.known(name, day) for name in names}
    periods = sorted({period for held in known.values() for period in held})
    rows: list[tuple[Cell, ...]] = [
        (str(period), *(known[name][period].value if period in known[name] else None for name in names))
        for period in periods
    ]
    notes = [f"{name}: {what.title}. {what.note}" for name, what in ((one, book.definition(one, day)) for one in names)]
    for name in names:
        seen = sorted({one.seen_on for one in known[name].values()})
        notes.append(f"{name}: as published on {', '.join(str(one) for one in seen[-3:])}.")
    title = f"Figures as known on {as_of}" if as_of else "Figures as last published"
    made = table_bytes(
        OutTable(title, ("period", *names), tuple(rows), tuple(notes)), out.suffix.lower().removeprefix(".")
    )
    for behind, data in made.items():
        write(out if not behind else out.with_name(out.name + behind), data)
    return len(rows)


def chart_series(keeper: Keeper, series: Sequence[str], as_of: str | None, out: Path) -> int:
    """Draw series with a line for each vintage; return how many charts there are.

    Raises:
        SchemaError: no such series, or no such day.
        SettingsError: a picture that cannot be made.
    """
    kind = picture_kind(out)
    book, names = _named(keeper, series)
    day = day_of(as_of)
    panes, notes = [], []
    for name in names:
        what = book.definition(name, day)
        panes.append(Pane(what.title, str(what.unit), _vintage_lines(book, name, day)))
        notes.append(f"{name}: {what.note}")
    write(out, chart_bytes(panes, " ".join(notes), kind))
    return len(panes)


def _vintage_lines(book: Book, name: str, day: date | None) -> tuple[Line, ...]:
    """Return a line for each day on which the series was seen, the newest first."""
    by_day: dict[date, list[tuple[date, float]]] = {}
    for period, vintages in book.vintages(name).items():
        for known in vintages:
            if period.kind is not Kind.RANGE and (day is None or known.seen_on <= day):
                by_day.setdefault(known.seen_on, []).append((period.end, float(known.value)))
    newest = sorted(by_day, reverse=True)[:MOST_VINTAGES]
    return tuple(Line(f"seen on {seen}", tuple(sorted(by_day[seen]))) for seen in newest)


def _named(keeper: Keeper, series: Sequence[str]) -> tuple[Book, list[str]]:
    with keeper.view() as view:
        book = Seen(view).book
    return book, list(dict.fromkeys(name for text in series for name in book.named(text)))
