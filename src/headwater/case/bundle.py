"""Writes a sealed bundle: a BagIt 1.0 folder that a stranger can check without us.

The bundle is made beside its final name and takes it when it is whole and on the disk. The same case, salts and time
give the same bytes.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256, sha512
from importlib.resources import files
from pathlib import Path
from typing import Final

from headwater.case.crate import CRATE_FILE, crate_bytes
from headwater.case.custody import CustodyEvent, chains
from headwater.case.data.verify import BAG, SIGNED, TAGGED, FileSum, bag_files, tag_lists
from headwater.case.exhibit import Exhibit, HashedFile, payload_name, reference_key
from headwater.case.files import CHUNK, folder_beside, open_inside
from headwater.case.folder import CASE_FILE
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


@dataclass(frozen=True, slots=True)
class SealOptions:
    """What a seal may need to know of an earlier one, and what to do with an item that may not leave.

    Attributes:
        previous: SHA-256 of the case's earlier seal, in hex (`Seal.digest`).
        pseudonyms: those of the earlier seal (`Seal.pseudonyms`); for whom there is none, one is drawn.
        withhold_blocked: leave out items in which a protected person's identity stands, instead of refusing.
    """

    previous: str | None = None
    pseudonyms: Mapping[str, str] = field(default_factory=dict)
    withhold_blocked: bool = False


FIRST_SEAL: Final = SealOptions()


def seal(
    case: CaseFile,
    out: Path,
    signer: Signer,
    clock: Clock,
    chance: Chance,
    log_lines: Iterable[LogLine] = (),
    findings: Iterable[Finding] = (),
    options: SealOptions = FIRST_SEAL,
) -> Seal:
    """Write the sealed bundle of a case and return its seal.

    Args:
        case: the case folder as it was read.
        out: the folder to make; there must be nothing of that name.
        signer: who seals.
        clock: gives the time of sealing.
        chance: gives salts and pseudonyms.
        log_lines: the ledger's lines about the case; those of custody go into the graph too.
        findings: what engines claimed and the case keeps.
        options: what else there is to know.

    Raises:
        ForbiddenError: a protected person's identity stands in an item; the text names items by reference.
        SchemaError: an item is not the file that was read, or there is something named `out` already.
        SignatureError: the signer's signature does not fit its public key.
        StoreError: the disk is full or refuses.
    """
    names = {**draw_pseudonyms(case, chance), **options.pseudonyms}
    at = clock.now()
    with folder_beside(out) as folder:
        payload = _Payload(
            folder=folder, case=case, shield=shield(case, names), withhold_blocked=options.withhold_blocked
        )
        payload.copy_items()
        for finding in findings:
            payload.write_made(f"findings/{finding.id}.json", encode(finding))
        lines = tuple(log_lines)
        payload.write_made("log.jsonl", log_bytes(lines))
        _describe(payload, names, custody_in(lines), signer, at)
        payload.refuse_leaks()
        rows = salted_rows(payload.sums, frozenset(payload.withheld), chance)
        package = files("headwater.case.data")
        tags = {name: package.joinpath(name).read_bytes() for name in TAGGED}
        head = Head(
            case=case.matter.urn,
            count=len(rows),
            root=root_of(rows).hex(),
            sealed_by=signer.authority,
            key=signer.public_key.hex(),
            sealed_at=at,
            previous=options.previous,
            tags={name: sha256(data).hexdigest() for name, data in tags.items()},
        )
        made = make_seal(head, rows, signer, names)
        _write_beside(folder, made, payload.shown(), tags)
    return made


def _describe(
    payload: "_Payload",
    names: Mapping[str, str],
    recorded: tuple[CustodyEvent, ...],
    signer: Signer,
    at: datetime,
) -> None:
    """Write the graph and the crate: what is withheld stands in neither."""
    case = payload.case
    graph = Graph(case, payload.shield, names)
    shown = [exhibit for exhibit in case.exhibits if exhibit_path(exhibit) not in payload.withheld]
    by_exhibit = chains((*case.custody, *recorded))
    for exhibit in shown:
        graph.add_exhibit(exhibit, exhibit_path(exhibit))
        graph.add_custody(exhibit, by_exhibit.get(reference_key(exhibit.ref), ()))
    graph.add_sealing(shown, signer.authority, at)
    payload.write_made("case.jsonld", graph.as_bytes())
    title = payload.shield.cover(case.matter.operation)
    titles = {exhibit_path(exhibit): f"Exhibit {exhibit.ref}" for exhibit in shown}
    payload.write_made(CRATE_FILE, crate_bytes(case.matter, title, payload.shown(), titles, signer.authority, at))


def exhibit_path(exhibit: Exhibit) -> str:
    """Return where an exhibit's file lies in a bundle."""
    return f"data/exhibits/{payload_name(exhibit.ref, exhibit.file.path)}"


@dataclass(slots=True, kw_only=True)
class _Payload:
    """The payload while it is written: what lies there, what is withheld, where an identity was found."""

    folder: Path
    case: CaseFile
    shield: Shield
    withhold_blocked: bool
    sums: list[FileSum] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    leaks: list[str] = field(default_factory=list)

    def copy_items(self) -> None:
        """Copy exhibits and statements; the statements of protected persons stay in the house."""
        for exhibit in self.case.exhibits:
            self._add(exhibit.ref, exhibit.file, exhibit_path(exhibit), protected=False)
        for one in self.case.statements:
            path = f"data/statements/{payload_name(one.id, one.file.path)}"
            self._add(one.id, one.file, path, protected=one.protected)

    def write_made(self, path: str, data: bytes) -> None:
        """Write a file that is made here."""
        if self.shield.finds(data):
            self.leaks.append(path)
        write_new(self.folder / "data" / path, data)
        self.sums.append(FileSum(f"data/{path}", len(data), sha256(data).hexdigest(), sha512(data).hexdigest()))

    def refuse_leaks(self) -> None:
        """Refuse to go on when a protected person's identity stands anywhere."""
        if self.leaks:
            what = f"a protected person's identity stands in {len(self.leaks)} item(s): {', '.join(self.leaks)}"
            raise ForbiddenError(what, fix=LEAK_FIX)

    def shown(self) -> list[FileSum]:
        """Return what is not withheld."""
        return [one for one in self.sums if one.path not in self.withheld]

    def _add(self, name: str, file: HashedFile, path: str, *, protected: bool) -> None:
        where = Place(file=CASE_FILE, field=name)  # never the file: its name can name a person
        found, leaks = self._copy(file, None if protected else path, where)
        if found.sha256 != file.sha256:
            raise SchemaError("not the file that was read into the case", where=where, fix="read the case again")
        self.sums.append(found._replace(path=path))
        if protected or (leaks and self.withhold_blocked):
            self.withheld.add(path)
            (self.folder / path).unlink(missing_ok=True)
        elif leaks:
            self.leaks.append(name)

    def _copy(self, file: HashedFile, path: str | None, where: Place) -> tuple[FileSum, bool]:
        """Copy a file, or only read it where no path is given; return its sums and whether an identity stands in it."""
        first, second, size, leaks, tail = sha256(), sha512(), 0, False, b""
        target = -1 if path is None else _create(self.folder / path)
        try:
            with os.fdopen(open_inside(self.case.folder, file.path, where=where), "rb", buffering=0) as reader:
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
