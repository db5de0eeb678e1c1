"""Writes a sealed bundle: a BagIt 1.0 folder that a stranger can check without us.

The bundle is made beside its final name and takes it when it is whole and on the disk. The same case, salts and time
give the same bytes.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256, sha512
from importlib.resources import files
from pathlib import Path
from typing import Final

from headwater.case.crate import CRATE_FILE, crate_bytes, paths_below
from headwater.case.custody import chain_of
from headwater.case.data.verify import BAG, SIGNED, TAGGED, FileSum, bag_files, tag_lists
from headwater.case.exhibit import HashedFile, payload_name
from headwater.case.files import CHUNK, folder_beside, open_inside
from headwater.case.graph import Graph
from headwater.case.log import LogLine, custody_in, log_bytes
from headwater.case.manifest import manifest_bytes, root_of, salted_rows
from headwater.case.model import CaseFile
from headwater.case.protected import OVERLAP, Shield, draw_pseudonyms, shield
from headwater.case.seal import Head, Seal, Signer, make_seal
from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.canonical import encode
from headwater.model.finding import Finding
from headwater.ports import Chance, Clock

LEAK_FIX: Final = "take it out of the item, or seal without the items named"


def seal(
    case: CaseFile,
    out: Path,
    signer: Signer,
    clock: Clock,
    chance: Chance,
    log_lines: Iterable[LogLine] = (),
    findings: Iterable[Finding] = (),
    *,
    previous: str | None = None,
    pseudonyms: Mapping[str, str] | None = None,
    withhold_blocked: bool = False,
) -> Seal:
    """Write the sealed bundle of a case and return its seal.

    Args:
        out: the folder to make; there must be nothing of that name.
        log_lines: the ledger's lines about the case; those of custody go into the graph too.
        previous: SHA-256 of the case's earlier seal, in hex (`Seal.digest`).
        pseudonyms: those of the earlier seal (`Seal.pseudonyms`); for whom there is none, one is drawn.
        withhold_blocked: leave out items in which a protected person's identity stands, instead of refusing.
    Raises:
        ForbiddenError: a protected person's identity stands in an item; the text names items by reference.
        SchemaError: an item is not the file that was read, or there is something named `out` already.
        SignatureError: the signer's signature does not fit its public key.
        StoreError: the disk is full or refuses.
    """
    names = {**draw_pseudonyms(case, chance), **(pseudonyms or {})}
    lines = tuple(log_lines)
    at = clock.now()
    with folder_beside(out) as folder:
        payload = _Payload(folder, shield(case, names))
        withheld = payload.add_items(case, withhold_blocked=withhold_blocked)
        for finding in sorted(findings, key=lambda finding: finding.id):
            payload.add_made(f"data/findings/{finding.id}.json", encode(finding), finding.id)
        payload.add_made("data/log.jsonl", log_bytes(lines), "log")
        graph = Graph(case, payload.shield, names)
        shown = [exhibit for exhibit in case.exhibits if exhibit.ref not in withheld]
        custody = (*case.custody, *custody_in(lines))
        for exhibit in shown:
            graph.add_exhibit(exhibit, exhibit_path(exhibit.ref, exhibit.file.path))
            graph.add_custody(exhibit, chain_of(exhibit, custody))
        graph.add_sealing(shown, signer.authority, at)
        payload.add_made("data/case.jsonld", graph.as_bytes(), "case.jsonld")
        title = payload.shield.cover(case.matter.operation)
        titles = {exhibit_path(item.ref, item.file.path)[5:]: f"Exhibit {item.ref}" for item in shown}
        crate = crate_bytes(case.matter, title, paths_below(payload.shown()), titles, at)
        payload.add_made(f"data/{CRATE_FILE}", crate, CRATE_FILE)
        payload.refuse_leaks()
        rows = salted_rows(payload.sums, frozenset(payload.withheld), chance)
        tags = {name: files("headwater.case.data").joinpath(name).read_bytes() for name in TAGGED}
        head = Head(
            case=case.matter.urn,
            count=len(rows),
            root=root_of(rows).hex(),
            sealed_by=signer.authority,
            key=signer.public_key.hex(),
            sealed_at=at,
            previous=previous,
            tags={name: sha256(data).hexdigest() for name, data in tags.items()},
        )
        made = make_seal(head, rows, signer, names)
        _write_beside(folder, made, [one for one in payload.sums if one.path not in payload.withheld], tags)
    return made


def exhibit_path(ref: str, path: str) -> str:
    """Return where an exhibit's file lies in a bundle."""
    return f"data/exhibits/{payload_name(ref, path)}"


@dataclass(slots=True)
class _Payload:
    """The payload while it is written: what lies there, what is withheld, where an identity was found."""

    folder: Path
    shield: Shield
    sums: list[FileSum] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    leaks: list[str] = field(default_factory=list)

    def add_items(self, case: CaseFile, *, withhold_blocked: bool) -> set[str]:
        """Copy exhibits and statements; return the names of those that are withheld."""
        statements = [
            (one.id, one.file, f"data/statements/{payload_name(one.id, one.file.path)}", one.protected)
            for one in case.statements
        ]
        items = [(one.ref, one.file, exhibit_path(one.ref, one.file.path), False) for one in case.exhibits]
        withheld = set()
        for name, file, path, protected in [*items, *statements]:
            where = Place(file=file.path)
            found, leaks = self._copy(case.folder, file, None if protected else path, where)
            if found.sha256 != file.sha256:
                raise SchemaError("not the file that was read into the case", where=where, fix="read the case again")
            self.sums.append(found._replace(path=path))
            if protected or (leaks and withhold_blocked):
                withheld.add(name)
                self.withheld.add(path)
                (self.folder / path).unlink(missing_ok=True)
            elif leaks:
                self.leaks.append(name)
        return withheld

    def add_made(self, path: str, data: bytes, name: str) -> None:
        """Write a file that is made here."""
        if self.shield.finds(data):
            self.leaks.append(name)
        write_new(self.folder / path, data)
        self.sums.append(FileSum(path, len(data), sha256(data).hexdigest(), sha512(data).hexdigest()))

    def refuse_leaks(self) -> None:
        """Refuse to go on when a protected person's identity stands anywhere."""
        if self.leaks:
            what = f"a protected person's identity stands in {len(self.leaks)} item(s): {', '.join(self.leaks)}"
            raise ForbiddenError(what, fix=LEAK_FIX)

    def shown(self) -> list[tuple[str, int]]:
        """Return the paths and sizes of what is not withheld."""
        return [(one.path, one.size) for one in self.sums if one.path not in self.withheld]

    def _copy(self, source: Path, file: HashedFile, path: str | None, where: Place) -> tuple[FileSum, bool]:
        """Copy a file, or only read it where no path is given; return its sums and whether an identity stands in it."""
        first, second, size, leaks, tail = sha256(), sha512(), 0, False, b""
        target = -1 if path is None else _create(self.folder / path)
        try:
            with os.fdopen(open_inside(source, file.path, where=where), "rb", buffering=0) as reader:
                while chunk := reader.read(CHUNK):
                    first.update(chunk)
                    second.update(chunk)
                    size += len(chunk)
                    if path is not None:
                        _write_all(target, chunk)
                        leaks = leaks or self.shield.finds(tail + chunk)
                        tail = chunk[-OVERLAP:]
        finally:
            if target >= 0:
                os.close(target)
        return FileSum(file.path, size, first.hexdigest(), second.hexdigest()), leaks


def _write_beside(folder: Path, made: Seal, shown: list[FileSum], tags: Mapping[str, bytes]) -> None:
    beside = {**tags, **dict(zip(SIGNED, (manifest_bytes(made.rows), made.as_bytes()), strict=True))}
    beside.update(bag_files(made.head.as_row(), shown))
    beside = {name: beside[name] for name in (*TAGGED, *SIGNED, *BAG)}
    beside.update(tag_lists(beside))
    for name, data in beside.items():
        write_new(folder / name, data)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet."""
    target = _create(path)
    try:
        _write_all(target, data)
    finally:
        os.close(target)


def _create(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644)


def _write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
