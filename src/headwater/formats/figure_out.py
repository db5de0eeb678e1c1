"""Figures on the way out: a table of values with the notes on its definitions, as CSV or ODS."""

from collections.abc import Sequence
from dataclasses import dataclass

from headwater.errors import SettingsError
from headwater.formats.safe_csv import csv_bytes
from headwater.formats.safe_sheet import Cell
from headwater.formats.sheet_out import ods_bytes


@dataclass(frozen=True, slots=True)
class OutTable:
    """A table as it goes out.

    Attributes:
        title: what it shows.
        header: the names of its columns.
        rows: its cells; None is an empty one.
        notes: definitions, sources and what was done to the figures, one sentence each.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def table_bytes(table: OutTable, kind: str) -> dict[str, bytes]:
    """Return the files of a table by what stands behind their name: notes are a sheet of an ODS file, else a file beside.

    Args:
        table: the table.
        kind: ``csv`` or ``ods``.

    Raises:
        SettingsError: another kind of file.
    """
    if kind == "ods":
        notes = [(table.title,), *((note,) for note in table.notes)]
        return {"": ods_bytes([("Figures", [table.header, *table.rows]), ("Notes", notes)])}
    if kind != "csv":
        raise SettingsError("no such kind of table", where=kind[:20], fix="name a file that ends with .csv or .ods")
    made = {"": csv_bytes([table.header, *(_plain(row) for row in table.rows)])}
    if table.notes:
        made[".notes.txt"] = "\n".join([table.title, "", *table.notes, ""]).encode()
    return made


def _plain(row: Sequence[Cell]) -> list[str | float]:
    return ["" if cell is None else cell if isinstance(cell, int | float) else str(cell) for cell in row]
