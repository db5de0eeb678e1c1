"""Tables that go out: read, protected, attacked, and written with their totals and notes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from headwater.engines.figures import Method, Published, Table, publish
from headwater.engines.figures.table import TOTAL
from headwater.errors import FormatError, Place, SchemaError
from headwater.formats.figure_cells import FigureInput, count, csv_rows, is_note, is_total, text_of
from headwater.formats.figure_out import OutTable
from headwater.formats.safe import check_size
from headwater.formats.safe_sheet import SheetRow
from headwater.model.figures import Caution
from headwater.model.period import Period, parse_period
from headwater.node.figures import given
from headwater.node.figures_runs import write_table
from headwater.node.node import Node
from headwater.node.system import SystemClock
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event

Progress = Callable[[int, int], None]
SUPPRESSED: Final = "c"
JOINED: Final = ", "


def read_table(file: Path) -> tuple[Table, list[Caution]]:
    """Return a table of a CSV file: its header and its first columns name the categories; totals are left out.

    Several columns of categories, such as nationality and sex, make one: a row for each combination.

    Raises:
        InputError: it is no table, or a cell of it no count.
    """
    held = given(file, SystemClock().now())
    check_size(held.data, file=held.name)
    rows = list(csv_rows(held))
    if len(rows) < 2 or len(rows[0].cells) < 2:  # noqa: PLR2004 - a header and a row, a category and a count
        raise FormatError("there is no table in it: the first row and column must name the categories", where=held.name)
    header = [text_of(cell) for cell in rows[0].cells]
    if any(text_of(cell).replace(",", "").isdigit() and _period_or_none(text_of(cell)) is None for cell in header[1:]):
        raise FormatError("the header is missing: the first row holds counts", where=Place(held.name, rows[0].line))
    first = _categories(rows[1:], len(header))
    columns = [at for at in range(first, len(header)) if header[at] and not is_total(header[at])]
    if not columns:
        raise FormatError("there is no column of counts in it", where=held.name)
    names, counts, totals = [], [], [name for name in header[1:] if is_total(name)]
    for row in rows[1:]:
        parts = [text_of(row.cells[at]) if at < len(row.cells) else "" for at in range(first)]
        if any(map(is_total, parts)):
            totals.append(JOINED.join(parts))
        elif not is_note(parts[0]):
            names.append(JOINED.join(parts))
            counts.append(tuple(_counts(row, columns, header, held)))
    text = "A total stands among the categories: it is made anew."
    cautions = [Caution("total-inside-dimension", f"{held.name}, {name}", text) for name in totals]
    corner = JOINED.join(header[:first])
    return Table(corner, tuple(names), tuple(header[at] for at in columns), tuple(counts)), cautions


def _categories(rows: Sequence[SheetRow], width: int) -> int:
    """Return how many columns at the left name categories: a second one, such as sex, has no digit in any cell."""
    first = 1
    while first < width - 1:
        cells = [text_of(row.cells[first]) if first < len(row.cells) else "" for row in rows]
        if any(not cell or any(map(str.isdigit, cell)) for cell in cells):
            break
        first += 1
    return first


def _counts(row: SheetRow, columns: Sequence[int], header: Sequence[str], held: FigureInput) -> Iterator[int]:
    for at in columns:
        where = Place(file=held.name, line=row.line, field=header[at])
        value = count(row.cells[at] if at < len(row.cells) else None, where)
        if value is None:
            raise SchemaError("a cell without a count: a table goes out whole", where=where, fix="write 0 for none")
        yield value


def _period_or_none(text: str) -> Period | None:
    """Return the period that a text names, None where it names none."""
    try:
        return parse_period(text)
    except SchemaError:
        return None


def published(
    table: Table,
    method: str,
    threshold: int,
    *,
    at: tuple[Node, Session] | None = None,
    progress: Progress | None = None,
) -> Published:
    """Return a table as it may go out, after it was attacked.

    Args:
        table: the counts.
        method: how small cells are protected.
        threshold: counts from 1 to below it are small.
        at: the node and session that it goes out from; then it must be allowed to, and the ledger says that it did.
        progress: hears how far the attack is.

    Raises:
        ForbiddenError: a small cell could be narrowed, or the user may not publish.
        SchemaError: an impossible threshold.
    """
    if at is not None:
        may(at[1], Act.FIGURES_PUBLISH)
    made = publish(table, Method(method), threshold, progress)
    if at is not None:
        node, session = at
        detail: dict[str, str | int] = {"method": method, "threshold": threshold, "rows": len(made.cells) - 1}
        node.store.note(Event("figures.published", session.user, "table", session.purpose, detail))
    return made


def write_published(out: Path, made: Published) -> None:
    """Write a published table with its totals, CSV or ODS by the file's ending."""
    names = (*made.table.rows, TOTAL)
    rows = tuple(
        (name, *(SUPPRESSED if cell is None else cell for cell in line))
        for name, line in zip(names, made.cells, strict=True)
    )
    if made.base is not None:
        notes = [
            f"Every count, totals included, is rounded to a neighbouring multiple of {made.base}; rows and columns add up."
        ]
    else:
        notes = [f"'{SUPPRESSED}' is a count that is not shown, so that no small one can be worked out."]
    if made.merged:
        notes.append(f"In 'Other' are rows of few counts: {', '.join(made.merged)}.")
    write_table(out, OutTable("Published table", (made.table.corner, *made.table.columns, TOTAL), rows, tuple(notes)))
