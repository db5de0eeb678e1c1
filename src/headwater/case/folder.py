"""Reads a case folder: `case.json` beside `exhibits/` and `statements/`. It is refused whole or read whole."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from headwater.case import lines
from headwater.case.exhibit import Exhibit, HashedFile, reference_key
from headwater.case.files import Inside, files_below, open_inside
from headwater.case.model import CaseFile, Statement
from headwater.case.reading import Row
from headwater.errors import Place, SchemaError
from headwater.formats.safe import MAX_JSON_BYTES, parse_json
from headwater.model.collecting import collecting_later

CASE_FILE: Final = "case.json"
ITEM_FOLDERS: Final = ("exhibits", "statements")


def new_case(folder: Path) -> CaseFile:
    """Read a case folder and hash its files.

    Raises:
        FormatError: `case.json` is not JSON, or a key stands twice in it.
        LimitError: `case.json` is too large or too deep.
        SchemaError: a field is missing, unknown or wrong, or a file is missing or outside the folder.
    """
    return load_case(folder, {})


def load_case(folder: Path, elsewhere: Mapping[str, HashedFile]) -> CaseFile:
    """Read a case folder of which some files lie elsewhere.

    Args:
        folder: where `case.json` lies.
        elsewhere: the files that are not in the folder and what is known of them, by path.

    Raises:
        FormatError: `case.json` is not JSON, or a key stands twice in it.
        LimitError: `case.json` is too large or too deep.
        SchemaError: a field is missing, unknown or wrong, or a file is missing or outside the folder.
    """
    top = Row(case_document(folder), "", CASE_FILE)
    head = top.row("case")
    if head is None:
        raise SchemaError("no head of the case", where=top.where("case"))
    persons = tuple(lines.person(row) for row in top.rows("persons"))
    people = _unique("persons", "id", (person.id for person in persons))
    protected = {person.id for person in persons if person.protected}
    with Inside(folder) as inside, collecting_later():
        shelf = lines.Shelf(inside, elsewhere)
        exhibits = tuple(lines.exhibit(row, shelf, people) for row in top.rows("exhibits"))
        refs = _unique("exhibits", "ref", (reference_key(exhibit.ref) for exhibit in exhibits))
        statements = tuple(lines.statement(row, shelf, people, protected) for row in top.rows("statements"))
    said = _unique("statements", "id", (reference_key(statement.id) for statement in statements), taken=refs)
    charged = tuple(lines.offence(row, people) for row in top.rows("offences"))
    _unique("offences", "id", (offence.id for offence in charged))
    codes = {offence.id: offence.code for offence in charged}
    material = tuple(lines.material(row) for row in top.rows("material"))
    _unique("material", "id", (line.id for line in material))
    case = CaseFile(
        folder=folder,
        matter=lines.matter(head),
        offences=charged,
        persons=persons,
        exhibits=exhibits,
        statements=statements,
        proofs=tuple(lines.proof(row, codes, refs | said) for row in top.rows("elements")),
        material=material,
        custody=tuple(lines.custody(row, refs, people) for row in top.rows("custody")),
        searches=tuple(lines.search(row, people) for row in top.rows("searches")),
        indicators=tuple(lines.indicator(row, people) for row in top.rows("indicators")),
        decisions=tuple(lines.decision(row, people) for row in top.rows("decisions")),
        methods=tuple(lines.method(row) for row in top.rows("methods")),
        strays=_strays(folder, [*exhibits, *statements], elsewhere),
    )
    top.end()
    return case


def case_document(folder: Path) -> object:
    """Return what `case.json` in a folder says, unjudged.

    Raises:
        InputError: it is not there, not JSON, too large or too deep.
    """
    where = Place(file=CASE_FILE)
    with os.fdopen(open_inside(folder, CASE_FILE, where=where), "rb") as file:
        data = file.read(MAX_JSON_BYTES + 1)
    return parse_json(data, where=where, allow_bom=True)


def _unique(name: str, field: str, keys: Iterable[str], *, taken: frozenset[str] = frozenset()) -> frozenset[str]:
    seen: set[str] = set()
    for number, key in enumerate(keys):
        if key in seen or key in taken:
            raise SchemaError(
                "a name that stands twice", where=Place(file=CASE_FILE, field=f"{name}[{number}].{field}")
            )
        seen.add(key)
    return frozenset(seen)


def _strays(folder: Path, items: Iterable[Exhibit | Statement], elsewhere: Mapping[str, HashedFile]) -> tuple[str, ...]:
    named = {item.file.path for item in items}
    found = [path for name in ITEM_FOLDERS for path in files_below(folder, name)]
    return tuple(path for path in (*found, *elsewhere) if path not in named)
