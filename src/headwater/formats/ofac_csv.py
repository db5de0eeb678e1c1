"""OFAC's Specially Designated Nationals as CSV: `sdn.csv` with `alt.csv` and `add.csv` beside it, joined by entry number.

No header row, Latin-1, ``-0-`` where there is nothing, a lone Ctrl-Z at the end.
Source: https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from headwater.errors import FormatError, HeadwaterError, InputError, Place, SchemaError
from headwater.formats.entries import Entry, list_origin, sha256_of
from headwater.formats.ofac_remarks import add_name, add_remarks
from headwater.formats.reading import Notice, Reading
from headwater.formats.safe_csv import Row, iter_csv
from headwater.model.ids import EntityKey
from headwater.ports import LeftOut, SourceInput

ORIGINATOR: Final = "US-OFAC"
WITHOUT_ALIASES: Final = "Read without alt.csv and add.csv: other names and addresses are not known"
NEW_KIND: Final = "a kind of entry that the OFAC list did not have before, read as LegalEntity"
_COLUMNS: Final = {"sdn.csv": 12, "alt.csv": 5, "add.csv": 6}
_SCHEMATA: Final = {"individual": "Person", "vessel": "Vessel", "aircraft": "Airplane", "": "Organization"}
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_END_OF_FILE: Final = b"\x1a"


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: list[str]


@dataclass(slots=True)
class _Side:
    """A side file: its rows by entry number, what was wrong with others, and how a row is added to its entry."""

    name: str
    add: Callable[[Entry, list[str]], None]
    rows: dict[str, list[_Line]] = field(default_factory=dict)
    wrong: list[LeftOut] = field(default_factory=list)

    def add_to(self, entry: Entry, number: str) -> str:
        """Add the rows of one entry, and return where they stand."""
        rows = self.rows.pop(number, [])
        for row in rows:
            self.add(entry, row.cells)
        return f"{self.name} row {', '.join(str(row.number) for row in rows)}" if rows else ""

    def orphans(self, file: str) -> Iterator[LeftOut]:
        """Yield the rows that no entry has asked for: part of the list is missing, or these are of another edition."""
        for line in (line for lines in self.rows.values() for line in lines):
            yield LeftOut(SchemaError(f"no such entry in {file}", where=Place(file=self.name, line=line.number)))


class OfacCsv:
    """The OFAC list as a data source."""

    name = "ofac-csv"
    title = "OFAC Specially Designated Nationals, sdn.csv with alt.csv and add.csv beside it"

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each entry of `sdn.csv`.

        Raises:
            InputError: the file is no `sdn.csv`, a side file is absent, or something is beyond the limits.
        """
        sides = [_side_file(given, "alt.csv", _add_alias), _side_file(given, "add.csv", _add_address)]
        return (yield from _read(given, self.name, sides))


class OfacCsvWithoutAliases:
    """`sdn.csv` alone: each record says that other names and addresses are not known."""

    name = "ofac-csv-without-aliases"
    title = "OFAC Specially Designated Nationals, sdn.csv alone"

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each entry of `sdn.csv`.

        Raises:
            InputError: the file is no `sdn.csv`, or is beyond the limits.
        """
        notices = yield from _read(given, self.name, [])
        return (Notice(WITHOUT_ALIASES, Place(file=given.name)), *notices)


def _read(given: SourceInput, source: str, sides: list[_Side]) -> Reading:
    sha256, new_kind = sha256_of(given.data), None
    for side in sides:
        yield from side.wrong
    for line in _first_checked(_lines(given.data, given.name, "sdn.csv"), given.name):
        if isinstance(line, LeftOut):
            yield line
            continue
        place = Place(file=given.name, line=line.number)
        try:
            entry = _entry(line, place)
            rows = [f"row {line.number}", *(words for side in sides if (words := side.add_to(entry, line.cells[0])))]
            if not sides:
                entry.say("notes", WITHOUT_ALIASES)
            origin = list_origin(ORIGINATOR, source, given.name, sha256, version=None, place="; ".join(rows))
            yield entry.record(origin)
        except HeadwaterError as error:
            yield LeftOut(error.located(file=given.name, line=line.number))
        if line.cells[2] not in _SCHEMATA:
            new_kind = new_kind or place
    for side in sides:
        yield from side.orphans(given.name)
    return (Notice(NEW_KIND, new_kind),) if new_kind else ()


def _lines(data: bytes, file: str, kind: str) -> Iterator[_Line | LeftOut]:
    for row in iter_csv(data.rstrip(_END_OF_FILE), file=file, encoding="latin-1"):
        try:
            yield _Line(row.line, _cells(row, kind, file))
        except InputError as error:
            yield LeftOut(error)


def _cells(row: Row, kind: str, file: str) -> list[str]:
    count = _COLUMNS[kind]
    if len(row.cells) != count:
        raise SchemaError(f"a row of {len(row.cells)} cells, not {count}", where=Place(file=file, line=row.line))
    cells = [cell.strip() for cell in row.cells]
    if not _NUMBER.fullmatch(cells[0]):
        raise SchemaError("not an entry number", where=Place(file=file, line=row.line, field="column 1"))
    return ["" if cell == "-0-" else cell for cell in cells]


def _first_checked(lines: Iterator[_Line | LeftOut], file: str) -> Iterator[_Line | LeftOut]:
    """Yield the lines; where the first is none of the list, the file is another format, not a list with a bad row."""
    for number, line in enumerate(lines):
        if number == 0 and isinstance(line, LeftOut):
            what = "not an OFAC sdn.csv: line 1 has not 12 columns that begin with an entry number"
            raise FormatError(what, where=Place(file=file, line=1)) from line.error
        yield line


def _side_file(given: SourceInput, name: str, add: Callable[[Entry, list[str]], None]) -> _Side:
    data = given.beside(name)
    if data is None:
        data = given.beside(name.upper())
    if data is None:
        fix = f"put {name} into the same folder, or read with --without-aliases"
        raise FormatError(f"{name} is not beside it", where=given.name, fix=fix)
    found = _Side(name, add)
    if data.strip() == _END_OF_FILE:
        return found
    for line in _lines(data, name, name):
        if isinstance(line, LeftOut):
            found.wrong.append(line)
        else:
            found.rows.setdefault(line.cells[0], []).append(line)
    return found


def _entry(line: _Line, place: Place) -> Entry:
    number, name, kind, programs, title, call_sign, ship_type, tonnage, gross, flag, owner, remarks = line.cells
    # A kind that the list did not have before is read as anybody whom law can address: better than to lose the entry.
    entry = Entry(EntityKey(f"ofac:{number}"), _SCHEMATA.get(kind, "LegalEntity"))
    if not name:
        raise SchemaError("an entry without a name", where=Place(file=place.file, line=place.line, field="column 2"))
    add_name(entry, "name", name)
    entry.decree("authority", "United States, Office of Foreign Assets Control")
    entry.decree("authorityId", number)
    for program in programs.split("] ["):
        entry.decree("program", program)
    if entry.schema == "Person":
        entry.say("position", title)
    else:
        entry.note("Title", title)
    if entry.schema == "Vessel":
        entry.say("callSign", call_sign)
        entry.say("type", ship_type)
        entry.say("tonnage", tonnage.replace(",", ""), original=tonnage)
        entry.say("grossRegisteredTonnage", gross.replace(",", ""), original=gross)
        entry.say("flag", flag)
        entry.note("Vessel owner", owner)
    if remarks:
        add_remarks(entry, remarks)
    return entry


def _add_alias(entry: Entry, cells: list[str]) -> None:
    _, _, kind, name, remarks = cells
    add_name(entry, "previousName" if kind == "fka" else "alias", name)
    entry.note("Other name", remarks)


def _add_address(entry: Entry, cells: list[str]) -> None:
    _, _, street, city, country, remarks = cells
    entry.say("address", ", ".join(part for part in (street, city, country) if part))
    entry.say("country", country)
    entry.note("Address", remarks)
