"""People, firms, vehicles and vessels as CSV, one record a row: what an analyst exports from a case system to link it.

Only ``id`` is required. ``originator`` names the authority whose row it is; without it the row is the reader's own.
A person needs a ``category`` (what the person is to the matter); without one the row is refused. Several values stand
in one cell with ``|`` between them.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from headwater.errors import FormatError, HeadwaterError, Place, SchemaError
from headwater.formats.entries import sha256_of
from headwater.formats.reading import Reading
from headwater.formats.safe import identifier
from headwater.formats.safe_csv import Row, csv_value, iter_csv
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, authority_id
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import is_person, schema
from headwater.model.times import is_partial_date
from headwater.ports import LeftOut, SourceInput

PROPERTIES: Final = {
    "name": "name",
    "given_name": "firstName",
    "family_name": "lastName",
    "alias": "alias",
    "previous_name": "previousName",
    "father_name": "fatherName",
    "birth_date": "birthDate",
    "birth_place": "birthPlace",
    "gender": "gender",
    "id_number": "idNumber",
    "passport_number": "passportNumber",
    "tax_number": "taxNumber",
    "phone": "phone",
    "email": "email",
    "website": "website",
    "address": "address",
    "registration_number": "registrationNumber",
    "vin": "registrationNumber",
    "imo_number": "imoNumber",
    "mmsi": "mmsi",
    "call_sign": "callSign",
    "model": "model",
    "build_date": "buildDate",
}
"""Columns, and the FollowTheMoney properties that they hold."""
OTHER_COLUMNS: Final = ("id", "originator", "schema", "category")
SEVERAL: Final = "|"
DEFAULT_SCHEMA: Final = "Person"


class ThingsCsv:
    """People, firms, vehicles and vessels as CSV."""

    name = "things-csv"
    title = "People, firms, vehicles and vessels, CSV"

    def __init__(self, category: PersonCategory | None = None) -> None:
        """Make a reader.

        Args:
            category: what persons are to the matter in rows that do not say; None refuses such rows.
        """
        self._category = category

    def read(self, given: SourceInput) -> Reading:
        """Yield a record for each row.

        Raises:
            InputError: the file is no such CSV, or beyond the limits.
        """
        rows = iter_csv(given.data, file=given.name)
        columns = _columns(next(rows, None), given.name)
        sha256 = sha256_of(given.data)
        for row in rows:
            origin = Origin(given.originator, self.name, given.name, sha256, None, f"row {row.line}")
            try:
                yield self._record(_cells(row, columns), origin)
            except HeadwaterError as error:
                yield LeftOut(error.located(file=given.name, line=row.line))
        return ()

    def _record(self, cells: dict[str, str], origin: Origin) -> Record:
        key = EntityKey(identifier(cells.get("id"), where=Place(field="id")))
        kind = cells.get("schema", DEFAULT_SCHEMA)
        known = schema(kind).properties
        if "originator" in cells:
            origin = replace(origin, originator=authority_id(cells["originator"]))
        facts: list[Fact] = []
        for column, prop in PROPERTIES.items():
            for value in _values(cells.get(column, "")):
                if prop not in known:
                    raise SchemaError(f"{kind} has no such property", where=Place(field=column))
                if known[prop] == "date" and not is_partial_date(value):
                    raise SchemaError("no such date", where=Place(field=column), fix="write YYYY-MM-DD, or less")
                facts.append(Fact(key, prop, value))
        mention = Mention(key, kind, self._category_of(cells) if is_person(kind) else None)
        return Record(origin=origin, handling=Handling(), mentions=(mention,), facts=tuple(dict.fromkeys(facts)))

    def _category_of(self, cells: dict[str, str]) -> PersonCategory | None:
        given = cells.get("category")
        if given is None:
            return self._category
        if given not in list(PersonCategory):
            raise SchemaError(
                "no such category", where=Place(field="category"), fix=f"name one of {', '.join(PersonCategory)}"
            )
        return PersonCategory(given)


def _columns(head: Row | None, file: str) -> list[str]:
    if head is None:
        raise FormatError("empty", where=file)
    columns = [csv_value(cell).strip().casefold() for cell in head.cells]
    where = Place(file=file, line=head.line)
    every = (*OTHER_COLUMNS, *PROPERTIES)
    if "id" not in columns:
        raise SchemaError("no column 'id'", where=where, fix=f"use the columns {','.join(every)}")
    unknown = [name for name in columns if name not in every]
    if unknown:
        raise SchemaError(
            "an unknown column",
            where=Place(file=file, line=head.line, field=unknown[0][:40]),
            fix=f"use {','.join(every)}",
        )
    if len(set(columns)) != len(columns):
        raise SchemaError("a column is named twice", where=where)
    return columns


def _cells(row: Row, columns: list[str]) -> dict[str, str]:
    if len(row.cells) != len(columns):
        raise FormatError(f"{len(row.cells)} cells where {len(columns)} are named")
    cells = {name: csv_value(cell).strip() for name, cell in zip(columns, row.cells, strict=True)}
    return {name: value for name, value in cells.items() if value}


def _values(cell: str) -> Iterator[str]:
    return (value.strip() for value in cell.split(SEVERAL) if value.strip())
