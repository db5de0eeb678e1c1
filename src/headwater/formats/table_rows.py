"""Rows of bulk tables one by one: for formats that are no tables themselves, such as XML messages and JSON statements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from headwater.errors import FormatError, HeadwaterError
from headwater.formats.table_columns import arrow_type, need_arrow, parse_value
from headwater.model.tables import ROW, TABLES, Column, Table
from headwater.ports import LeftOut, Rows, Span

AT_ONCE: Final = 50_000
"""Rows that are handed on together."""


def rows_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - an Arrow table
    """Return typed rows as an Arrow table with all columns of their kind."""
    pa = need_arrow()
    columns = {
        column.name: pa.array([row[column.name] for row in rows], arrow_type(column)) for column in table.columns
    }
    columns[ROW] = pa.array([row[ROW] for row in rows], pa.int64())
    return pa.table(columns)


def empty_text(column: Column, count: int) -> Any:  # noqa: ANN401 - an Arrow array
    """Return a column in which nothing stands."""
    pa = need_arrow()
    kind = arrow_type(column)
    return pa.repeat(pa.scalar("" if kind == pa.string() else None, kind), count)


Read = tuple[str, int, Mapping[str, Any] | HeadwaterError]
"""Table, line, and either texts and numbers by column name or what was wrong with the row."""


def gathered(found: Iterable[Read], *, file: str, span: Span) -> Iterator[Rows | LeftOut]:
    """Yield rows that were read one by one, many at a time; values are checked as those of a CSV file are.

    A value that is a number already was checked by whoever made it.

    Raises:
        FormatError: there is no row.
    """
    waiting: dict[str, list[dict[str, Any]]] = {}
    seen: dict[str, int] = {}
    for name, line, given in found:
        seen[name] = seen.get(name, 0) + 1
        if isinstance(given, HeadwaterError):
            yield LeftOut(given.located(file=file, line=line))
            continue
        try:
            row = {
                column.name: value
                if isinstance(value := given.get(column.name, ""), int)
                else parse_value(column, value or "", span)
                for column in TABLES[name].columns
            }
        except HeadwaterError as error:
            yield LeftOut(error.located(file=file, line=line))
            continue
        row[ROW] = seen[name]
        rows = waiting.setdefault(name, [])
        rows.append(row)
        if len(rows) >= AT_ONCE:
            yield Rows(name, rows_of(TABLES[name], waiting.pop(name)))
    if not seen:
        raise FormatError("there is no entry in it", where=file)
    for name, rows in waiting.items():
        yield Rows(name, rows_of(TABLES[name], rows))
