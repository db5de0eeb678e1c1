"""A case folder is read whole or refused with the place of what is wrong, and never with what stood there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headwater.case.folder import new_case
from headwater.errors import FormatError, InputError, LimitError, SchemaError
from tests.case_world import FILES, Change, made_case, write_case

SECRET = "zzTELLTALEzz"


def put(*path: str | int, value: Any) -> Change:
    """A change that puts a value at a place."""

    def change(case: dict[str, Any]) -> None:
        at: Any = case
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """A change that takes a field away."""

    def change(case: dict[str, Any]) -> None:
        at: Any = case
        for part in path[:-1]:
            at = at[part]
        del at[path[-1]]

    return change


REFUSED: list[tuple[str, Change, str]] = [
    ("a file that is missing", put("exhibits", 0, "file", value=f"exhibits/{SECRET}.txt"), "exhibits[0].file"),
    ("a file above the folder", put("exhibits", 0, "file", value=f"../{SECRET}.txt"), "exhibits[0].file"),
    ("a file that climbs", put("exhibits", 0, "file", value="exhibits/../case.json"), "exhibits[0].file"),
    ("a file by absolute path", put("statements", 1, "file", value="/etc/hostname"), "statements[1].file"),
    ("a folder for a file", put("exhibits", 0, "file", value="exhibits"), "exhibits[0].file"),
    ("a reference repeated but for case and spaces", put("exhibits", 1, "ref", value=" js/ 1"), "exhibits[1].ref"),
    ("a reference that is none", put("exhibits", 0, "ref", value=f"../{SECRET}"), "exhibits[0].ref"),
    ("a statement named as an exhibit", put("statements", 0, "id", value="mk/1"), "statements[0].id"),
    ("an unknown category", put("persons", 0, "category", value=SECRET), "persons[0].category"),
    ("an associate", put("persons", 0, "category", value="associate"), "persons[0].category"),
    ("no category", drop("persons", 0, "category"), "persons[0].category"),
    ("a person twice", put("persons", 1, "id", value="P1"), "persons[1].id"),
    ("an unknown producer", put("exhibits", 0, "producer", value=SECRET), "exhibits[0].producer"),
    ("an unknown maker", put("statements", 0, "maker", value=SECRET), "statements[0].maker"),
    ("an unknown defendant", put("offences", 0, "defendants", value=[SECRET]), "offences[0].defendants"),
    ("an unknown handling code", put("exhibits", 0, "handling", value=SECRET), "exhibits[0].handling"),
    ("an unknown exhibit as proof", put("elements", 0, "proved_by", value=["ZZ/9"]), "elements[0].proved_by"),
    ("no reference as proof", put("elements", 0, "proved_by", value=["%"]), "elements[0].proved_by"),
    ("an unknown exhibit in custody", put("custody", 0, "exhibit", value="ZZ/9"), "custody[0].exhibit"),
    ("an unknown offence code", put("offences", 0, "code", value=SECRET), "offences[0].code"),
    ("an unknown offence", put("elements", 0, "offence", value=SECRET), "elements[0].offence"),
    ("an unknown element", put("elements", 0, "element", value=SECRET), "elements[0].element"),
    ("a time without a zone", put("custody", 0, "at", value="2026-02-11T04:20:00"), "custody[0].at"),
    ("a time that is none", put("exhibits", 0, "captured_at", value=SECRET), "exhibits[0].captured_at"),
    ("a day that does not exist", put("offences", 0, "from", value="2026-02-31"), "offences[0].from"),
    ("an offence that ends first", put("offences", 0, "to", value="2026-01-01"), "offences[0].to"),
    ("no purpose", drop("case", "purpose"), "case.purpose"),
    ("a blank purpose", put("case", "purpose", value=" "), "case.purpose"),
    ("a URN of another form", put("case", "urn", value="0EX0000126"), "case.urn"),
    ("a URN in other digits", put("case", "urn", value="٠٠EX0000126"), "case.urn"),
    ("an unknown profile", put("case", "profile", value=SECRET), "case.profile"),
    ("no head", drop("case"), "case"),
    ("sensitive material without a reason", drop("material", 2, "reason"), "material[2].reason"),
    ("a block without a count", drop("material", 1, "count"), "material[1].count"),
    ("a block of none", put("material", 1, "count", value=0), "material[1].count"),
    ("a count that is true", put("material", 1, "count", value=True), "material[1].count"),
    ("a line of material twice", put("material", 1, "id", value="M1"), "material[1].id"),
    ("an unknown schedule", put("material", 0, "list", value=SECRET), "material[0].list"),
    ("a custody event of another kind", put("custody", 0, "event", value=SECRET), "custody[0].event"),
    ("custody without a place", put("custody", 0, "place", value=""), "custody[0].place"),
    ("custody with half a hash", put("custody", 0, "sha256", value="00"), "custody[0].sha256"),
    ("a search without hits", drop("searches", 0, "hits"), "searches[0].hits"),
    ("terms that are one text", put("searches", 0, "terms", value=SECRET), "searches[0].terms"),
    ("an indicator on nobody", put("indicators", 0, "person", value=SECRET), "indicators[0].person"),
    ("a decision by nobody", put("decisions", 0, "by", value=SECRET), "decisions[0].by"),
    ("an unknown field", put("custody", 0, SECRET.lower(), value="x"), f"custody[0].{SECRET.lower()}"),
    ("an unknown table", put("custodi", value=[]), "custodi"),
    ("a list that is none", put("custody", value={}), "custody"),
    ("a row that is none", put("custody", 0, value="x"), "custody[0]"),
    ("a flag that is a word", put("persons", 0, "protected", value="no"), "persons[0].protected"),
    ("an origin without a node", put("exhibits", 2, "origin", value={}), "exhibits[2].origin.node"),
]


@pytest.mark.parametrize(("change", "place"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_folder_is_refused_with_the_place_and_without_the_content(tmp_path: Path, change: Change, place: str) -> None:
    folder = write_case(tmp_path, change)
    with pytest.raises(SchemaError) as caught:
        new_case(folder)
    assert (caught.value.where.file, caught.value.where.field) == ("case.json", place)
    assert SECRET not in str(caught.value)


def test_a_whole_folder_is_read(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    assert [exhibit.ref for exhibit in case.exhibits] == ["JS/1", "MK/1", "RS/1"]
    assert case.exhibits[0].file.size == len(FILES["exhibits/JS_1_scan_note.txt"])
    assert {person.id for person in case.protected_persons} == {"P3", "P4"}


def test_what_else_is_said_of_a_person_is_kept_as_an_identifier(tmp_path: Path) -> None:
    case = made_case(tmp_path, put("persons", 2, "passport", value=[{"number": "X123"}, "Y456"]))
    assert case.persons[2].identifiers[-2:] == (("passport", "X123"), ("passport", "Y456"))


def test_a_statement_of_a_protected_person_is_protected_without_saying_so(tmp_path: Path) -> None:
    assert [statement.protected for statement in made_case(tmp_path).statements] == [False, True]


def test_a_file_that_no_line_names_is_noticed(tmp_path: Path) -> None:
    case = made_case(tmp_path, files={"exhibits/deeper/more.txt": "x"})
    assert case.strays == ("exhibits/deeper/more.txt",)


@pytest.mark.parametrize("linked", ["exhibits/JS_1_scan_note.txt", "exhibits"])
def test_a_link_is_a_file_outside_the_folder(tmp_path: Path, linked: str) -> None:
    folder = write_case(tmp_path / "case")
    (folder / linked).rename(tmp_path / "elsewhere")
    (folder / linked).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SchemaError, match="outside the folder"):
        new_case(folder)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda text: text[:-1], FormatError),
        (lambda text: text.replace('"lead_node"', '"urn": "00EX0000126", "lead_node"'), FormatError),
        (lambda text: text.encode("utf-16"), FormatError),
        (lambda text: "[" * 300 + "]" * 300, LimitError),
        (lambda text: "[]", SchemaError),
        (lambda text: "", FormatError),
    ],
    ids=["cut short", "a key twice", "UTF-16", "bottomless", "a list", "empty"],
)
def test_a_case_file_that_is_none_is_refused(
    tmp_path: Path, spoil: Callable[[str], str | bytes], error: type[InputError]
) -> None:
    path = write_case(tmp_path) / "case.json"
    spoiled = spoil(path.read_text(encoding="utf-8"))
    path.write_bytes(spoiled if isinstance(spoiled, bytes) else spoiled.encode())
    with pytest.raises(error):
        new_case(tmp_path)


def test_a_folder_without_a_case_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"case\.json"):
        new_case(tmp_path)
