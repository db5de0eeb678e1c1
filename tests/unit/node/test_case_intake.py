"""What a case folder holds of protected persons lies in the vault: each field however short, each item at each of its places."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from headwater.node import Node, cases
from headwater.node.case_intake import read_kept
from tests.case_world import write_case
from tests.node_world import WRITER, as_user
from tests.unit.case.test_gate import CLOSED, docx
from tests.unit.node.test_case_flow import CUSTODY, EXHIBIT, LINE, supplement

URN: Final = "00EX0000126"
SECRET: Final = {
    "name": "Ivo", "alias": "Zuj", "born": "2001-03-09", "contact": "+383 44 512", "address": "Ob 7", "document": "P77",
    "face": "A scar", "notes": "qat",
}  # fmt: skip
"""A protected person all of whose fields are as short as such fields can be."""
NAMED: Final[dict[str, bytes]] = {
    **{f"the {field}": f"Seen: {value}, and gone.".encode() for field, value in SECRET.items()},
    "the name in a document": docx(SECRET["name"]),
}


def victim(document: dict[str, Any]) -> None:
    document["persons"].append({"id": "P9", "category": "victim", **SECRET})


def court(node: Node) -> Any:
    return as_user(node, WRITER, "court")


def exhibit(node: Node, folder: Path, data: bytes) -> None:
    (folder / "exhibits/MK_1_transfers.csv").write_bytes(data)
    cases.take_in(node, court(node), folder)


def statement(node: Node, folder: Path, data: bytes) -> None:
    (folder / "statements/S1.txt").write_bytes(data)
    cases.take_in(node, court(node), folder)


def unlisted(node: Node, folder: Path, data: bytes) -> None:
    (folder / "exhibits/nobody-lists-this.bin").write_bytes(data)
    cases.take_in(node, court(node), folder)


def added_later(node: Node, folder: Path, data: bytes) -> None:
    cases.take_in(node, court(node), folder)
    more = supplement(folder.parent / "more", exhibits=[EXHIBIT], material=[LINE], custody=[CUSTODY])
    (more.parent / "more.txt").write_bytes(data)
    cases.add(node, court(node), URN, more)


EVERY_KIND: Final = [(exhibit, kind) for kind in (*CLOSED, *NAMED)]
EVERY_PLACE: Final = [
    (place, kind)
    for place in (statement, unlisted, added_later)
    for kind in ("an encrypted archive", "an archive cut short", "the name", "the name in a document")
]


@pytest.mark.parametrize(("place", "kind"), [*EVERY_KIND, *EVERY_PLACE])
def test_what_names_a_protected_person_or_cannot_be_looked_into_lies_in_the_vault(
    node: Node, tmp_path: Path, place: Callable[[Node, Path, bytes], None], kind: str
) -> None:
    data = {**CLOSED, **NAMED}[kind]
    place(node, write_case(tmp_path / "folder", victim), data)
    [folder] = (node.home / cases.FOLDER).iterdir()
    _, hidden = read_kept(folder)
    found = [one for one in hidden.values() if one.size == len(data)]
    assert [one.names for one in found] == [kind in NAMED], "in the vault, and said to name somebody where it does"
    assert not [path for path in node.home.rglob("*") if path.is_file() and data in path.read_bytes()]


def test_every_field_of_a_protected_person_is_covered_in_every_text_of_the_case(node: Node, tmp_path: Path) -> None:
    def told(document: dict[str, Any]) -> None:
        victim(document)
        for number, value in enumerate(SECRET.values()):
            text = f"of {value}, seen"
            document["exhibits"][number % 3]["description"] += text
            document["material"][number % 3]["description"] += text
            document["custody"][number % 4]["place"] += f" {value}"
            document["searches"][0]["terms"].append(value)
            document["case"]["operation"] += f" {value}"

    cases.take_in(node, court(node), write_case(tmp_path / "folder", told))
    [folder] = (node.home / cases.FOLDER).iterdir()
    text = json.dumps(json.loads((folder / "case.json").read_text(encoding="utf-8")), ensure_ascii=False)
    assert [value for value in SECRET.values() if value in text] == []
