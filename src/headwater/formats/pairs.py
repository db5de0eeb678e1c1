"""Given pairs to score, for benchmarks: two names a row as CSV, or two sets of properties a line as JSON lines.

CSV has the columns ``id,schema,name1,name2``; others (a label, a note) are passed over. A line of JSON is
``{"id", "schema", "query": {property: [values]}, "candidate": {...}}`` in FollowTheMoney's names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from headwater.errors import FormatError, HeadwaterError, Place, SchemaError
from headwater.formats.safe import parse_json_lines
from headwater.formats.safe_csv import csv_value, iter_csv

REQUIRED: Final = ("id", "schema", "name1", "name2")
Properties = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sets of properties of one entity type."""

    id: str
    schema: str
    left: Properties
    right: Properties


def read_pairs(data: bytes, *, file: str | None = None) -> list[Pair]:
    """Return the pairs of a file: JSON lines where it begins with a brace, CSV otherwise.

    Raises:
        InputError: it is neither, a pair has no id or type, two pairs have the same id, or there is none.
    """
    found: dict[str, Pair] = {}
    pairs = _json(data, file) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _csv(data, file)
    for line, pair in pairs:
        if pair.id in found:
            raise SchemaError("the same id twice", where=Place(file=file, line=line, field="id"))
        found[pair.id] = pair
    if not found:
        raise FormatError("there is no pair in it", where=file)
    return list(found.values())


def _csv(data: bytes, file: str | None) -> Iterator[tuple[int, Pair]]:
    rows = iter_csv(data, file=file)
    head = next(rows, None)
    columns = [csv_value(cell).strip().casefold() for cell in head.cells] if head else []
    for name in REQUIRED:
        if name not in columns:
            fix = f"use the columns {','.join(REQUIRED)}"
            raise SchemaError(f"no column '{name}'", where=Place(file=file, line=1), fix=fix)
    for row in rows:
        where = Place(file=file, line=row.line)
        if len(row.cells) != len(columns):
            raise FormatError(f"{len(row.cells)} cells where {len(columns)} are named", where=where)
        given = {name: csv_value(cell).strip() for name, cell in zip(columns, row.cells, strict=True)}
        if not given["id"] or not given["schema"]:
            raise SchemaError("a pair without an id or a type", where=where)
        yield row.line, Pair(given["id"], given["schema"], {"name": [given["name1"]]}, {"name": [given["name2"]]})


def _json(data: bytes, file: str | None) -> Iterator[tuple[int, Pair]]:
    for line, found in parse_json_lines(data, file=file):
        where = Place(file=file, line=line)
        if isinstance(found, HeadwaterError):
            raise found.located(file=file, line=line)
        if not isinstance(found, dict) or not isinstance(found.get("schema"), str):
            raise SchemaError("a pair without a type", where=where)
        if not isinstance(found.get("id"), str | int) or isinstance(found.get("id"), bool):
            raise SchemaError("a pair without an id", where=where)
        sides = [
            _properties(found.get(side), Place(file=file, line=line, field=side)) for side in ("query", "candidate")
        ]
        yield line, Pair(str(found["id"]), found["schema"], *sides)


def _properties(given: object, where: Place) -> Properties:
    if not isinstance(given, dict):
        raise SchemaError("a side of a pair that is no set of properties", where=where)
    for values in given.values():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise SchemaError("a property that is no list of texts", where=where)
    return given
