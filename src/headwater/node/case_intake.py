"""A case folder on its way into the node: protected persons go to the vault, all else is copied under plain names.

What the node keeps of a folder (`cases/`) names nobody who is protected: their rows bear a pseudonym, texts are covered,
files are called after their reference, and an item that names one of them, or that nobody could look into, lies in the
vault.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any, Final

from headwater.case.data.verify import FileSum
from headwater.case.exhibit import HashedFile, payload_name
from headwater.case.files import CHUNK, open_inside
from headwater.case.folder import CASE_FILE, load_case
from headwater.case.gate import NAMED, look_at
from headwater.case.model import CaseFile, Person
from headwater.case.protected import Shield
from headwater.errors import Place, SchemaError, StoreIoError
from headwater.model.canonical import decode, encode
from headwater.node import protected
from headwater.node.node import Node
from headwater.node.protected import Entry, Subject

HIDDEN_FILE: Final = "hidden.json"
_KEPT_OF_A_PERSON: Final = ("id", "category", "role")


@dataclass(frozen=True, slots=True)
class Hidden:
    """An item that lies in the vault: the entry, what it is, and why it is there.

    Attributes:
        names: a protected person is named in it, or made it; false where nobody could look into it.
    """

    ref: str
    size: int
    sha256: str
    sha512: str
    names: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One exhibit or statement: its folder, its reference, where its file lies, and whether it never leaves the vault."""

    folder: str
    ref: str
    path: str
    secret: bool = False


@dataclass(slots=True)
class Intake:
    """One folder that is taken in.

    Attributes:
        subjects: the protected persons of the case by their identifier in the folder, old and new.
        hidden: items in the vault by the path that the kept `case.json` gives them.
        made: new entries of the vault, to be erased again when the intake fails.
    """

    node: Node
    urn: str
    source: Path
    target: Path
    subjects: dict[str, Subject]
    hidden: dict[str, Hidden] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def take(
        self, document: dict[str, Any], persons: Iterable[Person], items: Iterable[Item], strays: Iterable[str]
    ) -> dict[str, Any]:
        """Lay what a document tells of down in the node, and return the document as the node keeps it.

        Args:
            document: a `case.json`, or a supplement to one.
            persons: those of the document.
            items: exhibits and statements of the document.
            strays: files that it does not name.

        Raises:
            SchemaError: a file is not there, or is none.
            StoreError: the disk refuses.
        """
        for person in persons:
            if person.protected:
                self._protect(person)
        guard = self._guard()
        places: dict[str, str] = {}
        for item in items:
            places[item.path] = f"{item.folder}/{payload_name(item.ref, item.path)}"
            self._lay(item.path, places[item.path], guard, secret=item.secret)
        for number, path in enumerate(strays, start=1 + self._strays()):
            self._lay(path, f"exhibits/unlisted-{number}", guard, secret=False)
        return self._covered(document, guard, places)

    def write(self, document: dict[str, Any]) -> None:
        """Write what the node keeps: `case.json`, and which items lie in the vault."""
        text = json.dumps(document, ensure_ascii=False, indent=1).encode()
        for name, data in ((HIDDEN_FILE, encode(self.hidden)), (CASE_FILE, text)):
            beside = self.target / f"{name}.new"
            try:
                beside.write_bytes(data)
                beside.replace(self.target / name)
            except OSError as error:
                raise StoreIoError(f"the case cannot be kept: {error.strerror}", where=name) from error

    def undo(self) -> None:
        """Erase what was put into the vault."""
        for ref in self.made:
            protected.vault(self.node).erase(ref)

    def _protect(self, person: Person) -> None:
        fields = (("name", person.name), *person.identifiers)
        if person.name == (known.pseudonym if (known := self.subjects.get(person.id)) else None):
            return  # a supplement speaks of somebody who is in the vault already
        subject = protected.keep(
            self.node, self.subjects, self.urn, person.id, person.category.value, Entry(tuple(fields))
        )
        self.made.append(subject.ref)
        self.subjects[person.id] = subject

    def _guard(self) -> Shield:
        return protected.shield_for(self.node, self.subjects.values())

    def _strays(self) -> int:
        return len(list((self.target / "exhibits").glob("unlisted-*"))) + sum(
            "unlisted-" in name for name in self.hidden
        )

    def _lay(self, path: str, place: str, guard: Shield, *, secret: bool) -> None:
        """Copy one item to its place, or put it into the vault."""
        where = Place(file=CASE_FILE, field="file")
        if place in self.hidden or (self.target / place).exists():
            raise SchemaError(
                "an item of that reference is in the case already", where=where, fix="give it another one"
            )
        with os.fdopen(open_inside(self.source, path, where=where), "rb") as file:
            look = None if secret else look_at(file, guard)
            file.seek(0)
            if look is not None and not look.stops:
                self._copy(file, place)
                return
            first, second, size = sha256(), sha512(), 0
            while chunk := file.read(CHUNK):
                first.update(chunk)
                second.update(chunk)
                size += len(chunk)
            file.seek(0)
            ref = protected.vault(self.node).put_file(file)
        self.made.append(ref)
        names = look is None or look.why == NAMED
        self.hidden[place] = Hidden(ref, size, first.hexdigest(), second.hexdigest(), names)

    def _copy(self, file: Any, place: str) -> None:  # noqa: ANN401 - an open file
        target = self.target / place
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("xb") as out:
                while chunk := file.read(CHUNK):
                    out.write(chunk)
        except OSError as error:
            raise StoreIoError(f"the case cannot be kept: {error.strerror}", where=place) from error

    def _covered(self, document: dict[str, Any], guard: Shield, places: Mapping[str, str]) -> dict[str, Any]:
        """Return `case.json` as the node keeps it."""

        def cover(value: object) -> object:
            if isinstance(value, str):
                return guard.cover(value)
            if isinstance(value, list):
                return [cover(part) for part in value]
            return {key: cover(part) for key, part in value.items()} if isinstance(value, dict) else value

        kept: dict[str, Any] = {key: cover(value) for key, value in document.items() if key != "persons"}
        for name in ("exhibits", "statements"):
            for row, given in zip(kept.get(name, []), document.get(name, []), strict=True):
                row["file"] = places[given["file"]]
        if "persons" in document:
            kept["persons"] = [self._person(row) for row in document["persons"]]
        return kept

    def _person(self, row: dict[str, Any]) -> dict[str, Any]:
        subject = self.subjects.get(str(row.get("id")))
        if subject is None:
            return row
        told: dict[str, Any] = {key: row[key] for key in _KEPT_OF_A_PERSON if key in row}
        return {**told, "name": subject.pseudonym, "protected": True}


def items_of(case: CaseFile) -> list[Item]:
    """Return the exhibits and statements of a case."""
    items = [Item("exhibits", exhibit.ref, exhibit.file.path) for exhibit in case.exhibits]
    return [*items, *(Item("statements", one.id, one.file.path, one.protected) for one in case.statements)]


def read_kept(folder: Path) -> tuple[CaseFile, dict[str, Hidden]]:
    """Return a case as the node keeps it, with the items that lie in the vault."""
    path = folder / HIDDEN_FILE
    hidden = decode(path.read_bytes(), dict[str, Hidden]) if path.exists() else {}
    known = {place: HashedFile(place, one.size, one.sha256) for place, one in hidden.items()}
    return load_case(folder, known), hidden


def hidden_sums(hidden: Mapping[str, Hidden]) -> dict[str, FileSum]:
    """Return the sums of the items that lie in the vault."""
    return {place: FileSum(place, one.size, one.sha256, one.sha512) for place, one in hidden.items()}
