"""Queries for screening as CSV: whom an officer or a bank asks about, one a row.

The columns are ``id,schema,name,birth_date,birth_place,nationality,gender,id_number``; only id and name are required.
"""

from collections.abc import Iterator
from typing import Final

from headwater.errors import FormatError, Place, SchemaError
from headwater.formats.safe_csv import Row, csv_value, iter_csv

COLUMNS: Final = ("id", "schema", "name", "birth_date", "birth_place", "nationality", "gender", "id_number")
REQUIRED: Final = ("id", "name")


def read_queries(data: bytes, *, file: str | None = None) -> list[dict[str, str]]:
    """Return the queries of a file, blanks left out.

    Raises:
        InputError: it is no such CSV, a row has no id, two rows have the same, or there is no row.
    """
    rows = iter_csv(data, file=file)
    head = next(rows, None)
    if head is None:
        raise FormatError("empty", where=file)
    columns = [csv_value(cell).strip().casefold() for cell in head.cells]
    for name in REQUIRED:
        if name not in columns:
            raise SchemaError(
                f"no column '{name}'",
                where=Place(file=file, line=head.line),
                fix=f"use the columns {','.join(COLUMNS)}",
            )
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise SchemaError(
            "an unknown column",
            where=Place(file=file, line=head.line, field=unknown[0][:40]),
            fix=f"use {','.join(COLUMNS)}",
        )
    found = list(_queries(columns, rows, file))
    if not found:
        raise FormatError("there is no query in it", where=file)
    return found


def lines_of(data: bytes) -> list[int]:
    """Return the line on which each query of a file begins."""
    rows = iter_csv(data)
    next(rows, None)
    return [row.line for row in rows]


def _queries(columns: list[str], rows: Iterator[Row], file: str | None) -> Iterator[dict[str, str]]:
    seen: set[str] = set()
    for row in rows:
        where = Place(file=file, line=row.line)
        if len(row.cells) != len(columns):
            raise FormatError(f"{len(row.cells)} cells where {len(columns)} are named", where=where)
        query = {name: csv_value(cell).strip() for name, cell in zip(columns, row.cells, strict=True)}
        query = {name: value for name, value in query.items() if value}
        if not query.get("id"):
            raise SchemaError("a row without an id", where=Place(file=file, line=row.line, field="id"))
        if query["id"] in seen:
            raise SchemaError("the same id twice", where=Place(file=file, line=row.line, field="id"))
        seen.add(query["id"])
        yield {"name": "", **query}
