"""Writes a sealed bundle: a BagIt 1.0 folder that a stranger can check without us.

The bundle is made beside its final name and takes it when it is whole and on the disk. The same case, salts and time
give the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256, sha512
from importlib.resources import files
from pathlib import Path
from typing import Final

from headwater.case.copying import copied, take_back, write_new
from headwater.case.crate import CRATE_FILE, crate_bytes
from headwater.case.custody import CustodyEvent, chains
from headwater.case.data.verify import SIGNED, STAMP, TAGGED, FileSum, bag_files, canonical, tag_lists
from headwater.case.exhibit import HashedFile, reference_key
from headwater.case.files import Inside, folder_beside
from headwater.case.folder import CASE_FILE
from headwater.case.gate import CLEAR, UNREAD, Look, PieceLook, look_at_bytes
from headwater.case.graph import Graph
from headwater.case.log import LogLine, custody_in, log_bytes
from headwater.case.manifest import ManifestRow, manifest_bytes, root_of, salted_rows
from headwater.case.model import CaseFile
from headwater.case.protected import Shield, draw_pseudonyms, shield
from headwater.case.seal import Head, Seal, Signer, make_seal
from headwater.case.views import GROUP, Audience, View, described, exhibit_path, shown_paths, statement_path
from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.canonical import encode
from headwater.model.collecting import collecting_later
from headwater.model.finding import Finding
from headwater.ports import Chance, Clock

LEAK_FIX: Final = "take it out of the item, or leave the items named out with --withhold-blocked"
Stamper = Callable[[bytes], bytes]
"""Returns a time-stamp reply over a SHA-512."""
Released = Callable[[], Iterator[bytes]]
"""Yields the bytes of an item that the vault keeps."""


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file of the payload that is made for it.

    Attributes:
        path: below ``data/``.
        said: what the gate looks through, where that is quicker than to open what was made of it; None for the bytes.
    """

    path: str
    data: bytes
    said: bytes | None = None


@dataclass(frozen=True, slots=True)
class SealOptions:
    """What a seal may need to know of an earlier one, and what to do with an item that may not leave.

    Attributes:
        previous: SHA-256 of the case's earlier seal, in hex (`Seal.digest`).
        pseudonyms: those of the earlier seal (`Seal.pseudonyms`); for whom there is none, one is drawn.
        withhold_blocked: leave out items in which a protected person's identity stands, instead of refusing.
        made: schedules and what findings can be run again from.
        shield: what may not leave, where the case folder does not say it any more because a vault keeps it.
        hidden: items that the vault keeps and that never leave: name and sums.
        released: those of them that a person has released into the view that this is sealed for: name and bytes.
        stamper: gets the time stamp; None for a seal without one.
    """

    previous: str | None = None
    pseudonyms: Mapping[str, str] = field(default_factory=dict)
    withhold_blocked: bool = False
    made: tuple[MadeFile, ...] = ()
    shield: Shield | None = None
    hidden: Mapping[str, FileSum] = field(default_factory=dict)
    released: Mapping[str, Released] = field(default_factory=dict)
    stamper: Stamper | None = None


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
    guard = options.shield or shield(case, names)
    at = clock.now()
    with folder_beside(out) as folder, collecting_later():
        payload = _Payload(folder=folder, case=case, shield=guard, options=options)
        payload.copy_items()
        for finding in findings:
            payload.write_made(MadeFile(f"findings/{finding.id}.json", encode(finding)))
        for file in options.made:
            payload.write_made(file)
        lines = tuple(log_lines)
        payload.write_made(MadeFile("log.jsonl", log_bytes(lines)))
        _describe(payload, names, custody_in(lines), signer, at)
        payload.refuse_leaks()
        kept, rows = payload.rows(chance)
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
            stamped=options.stamper is not None,
            tags={name: sha256(data).hexdigest() for name, data in tags.items()},
        )
        made = make_seal(head, rows, signer, names, kept)
        beside = dict(tags)
        if options.stamper is not None:
            beside[STAMP] = options.stamper(sha512(made.as_bytes()).digest())
        write_beside(folder, made.head.as_row(), made.as_bytes(), manifest_bytes(made.rows), payload.shown(), beside)
    return made


def _describe(
    payload: "_Payload",
    names: Mapping[str, str],
    recorded: tuple[CustodyEvent, ...],
    signer: Signer,
    at: datetime,
) -> None:
    """Write the graph and the crate: they tell of nothing that defence and court are not shown."""
    case = payload.case
    graph = Graph(case, payload.shield, names)
    paths = {exhibit_path(exhibit): exhibit for exhibit in described(case)}
    shown = {path: exhibit for path, exhibit in paths.items() if path not in payload.withheld}
    by_exhibit = chains((*case.custody, *recorded))
    for path, exhibit in shown.items():
        graph.add_exhibit(exhibit, path)
        graph.add_custody(exhibit, by_exhibit.get(reference_key(exhibit.ref), ()))
    graph.add_sealing(shown.values(), signer.authority, at)
    payload.write_made(MadeFile("case.jsonld", graph.as_bytes(), graph.said()))
    title = payload.shield.cover(case.matter.operation)
    titles = {path: f"Exhibit {exhibit.ref}" for path, exhibit in shown.items()}
    released = frozenset(payload.released)
    court = shown_paths(case, View(Audience.COURT), {one.path: one for one in payload.shown()}, released)
    listed = [one for one in payload.shown() if one.path in court]
    crate = crate_bytes(case.matter, title, listed, titles, signer.authority, at)
    payload.write_made(MadeFile(CRATE_FILE, crate))


@dataclass(slots=True, kw_only=True)
class _Payload:
    """The payload while it is written: what lies there, what is withheld, where an identity was found."""

    folder: Path
    case: CaseFile
    shield: Shield
    options: SealOptions
    sums: list[FileSum] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    leaks: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def copy_items(self) -> None:
        """Copy exhibits and statements; the statements of protected persons stay in the house."""
        with Inside(self.case.folder) as inside:
            for exhibit in self.case.exhibits:
                self._add(inside, exhibit.ref, exhibit.file, exhibit_path(exhibit), protected=False)
            for one in self.case.statements:
                self._add(inside, one.id, one.file, statement_path(one), protected=one.protected)

    def write_made(self, file: MadeFile) -> None:
        """Write a file that is made here."""
        look = look_at_bytes(file.data if file.said is None else file.said, self.shield)
        self._note(look, file.path, f"data/{file.path}", may_be_left_out=False)
        write_new(self.folder / "data" / file.path, file.data)
        self.sums.append(_sum(f"data/{file.path}", file.data))

    def refuse_leaks(self) -> None:
        """Refuse to go on when a protected person's identity stands anywhere, or where nobody could look."""
        if self.leaks:
            what = f"a protected person's identity stands in {len(self.leaks)} item(s): {', '.join(self.leaks)}"
            raise ForbiddenError(what, fix=LEAK_FIX)
        if self.unread:
            what = (
                f"{len(self.unread)} item(s) cannot be opened to look for protected persons: {', '.join(self.unread)}"
            )
            raise ForbiddenError(what, fix="give them unlocked and whole, or leave them out with --withhold-blocked")

    def shown(self) -> list[FileSum]:
        """Return what is not withheld."""
        return [one for one in self.sums if one.path not in self.withheld]

    def rows(self, chance: Chance) -> tuple[tuple[ManifestRow, ...], tuple[ManifestRow, ...]]:
        """Return the rows of what is withheld, and the list, in which they stand as one.

        One row, and always one: neither how many items are withheld nor that there are any is told.
        """
        kept = salted_rows([one for one in self.sums if one.path in self.withheld], frozenset(), chance)
        group = _sum(GROUP, canonical([row.shown() for row in kept]))
        return kept, salted_rows([*self.shown(), group], frozenset({GROUP}), chance)

    def _add(self, inside: Inside, name: str, file: HashedFile, path: str, *, protected: bool) -> None:
        if file.path in self.options.released:
            self._write_released(file, path, self.options.released[file.path])
            return
        if file.path in self.options.hidden:
            self.sums.append(self.options.hidden[file.path]._replace(path=path))
            self.withheld.add(path)
            if not protected:
                self._note(Look("named"), name, path, may_be_left_out=True)
            return
        try:
            found, look = self._copy(inside, file, path, kept=protected)
        except SchemaError as error:
            error.where = Place(file=CASE_FILE, field=name)  # never the file: its name can name a person
            raise
        self.sums.append(found)
        if protected:
            self.withheld.add(path)
        else:
            self._note(look, name, path, may_be_left_out=True)

    def _write_released(self, file: HashedFile, path: str, pieces: Released) -> None:
        """Write an item that the vault keeps: nobody looks through it, for a person has decided about this one."""
        found = copied(pieces(), path, f"{self.folder}/{path}")
        if found.sha256 != file.sha256:
            raise SchemaError("not the item that was released", where=Place(file=CASE_FILE, field=path))
        self.sums.append(found)
        self.released.add(path)

    def _note(self, look: Look, name: str, path: str, *, may_be_left_out: bool) -> None:
        if not look.stops:
            return
        if may_be_left_out and self.options.withhold_blocked:
            self.withheld.add(path)
            take_back(self.folder / path)
        else:
            (self.unread if look.why == UNREAD else self.leaks).append(name)

    def _copy(self, inside: Inside, file: HashedFile, path: str, *, kept: bool) -> tuple[FileSum, Look]:
        """Copy a file, or only read it where it is kept back; return its sums and what a look at it found."""
        place = f"{self.folder}/{path}"  # thousands of times: a Path for each would take longer than the copy
        look = PieceLook(self.shield)
        pieces = inside.pieces(file.path)
        found = copied(pieces, path, None) if kept else copied(pieces, path, place, look)
        if found.sha256 != file.sha256:
            raise SchemaError("not the file that was read into the case", fix="read the case again")
        return found, CLEAR if kept else look.end(lambda: Path(place).open("rb"))


def _sum(path: str, data: bytes) -> FileSum:
    return FileSum(path, len(data), sha256(data).hexdigest(), sha512(data).hexdigest())


def write_beside(
    folder: Path,
    head: Mapping[str, object],
    seal_json: bytes,
    list_json: bytes,
    shown: list[FileSum],
    others: Mapping[str, bytes],
) -> None:
    """Write what stands beside the payload: the seal, its list, and the bag over both.

    Args:
        folder: the bundle.
        head: what was signed.
        seal_json: the seal's bytes.
        list_json: the list's bytes.
        shown: the payload as it stands in the folder.
        others: README.txt, verify.py and the time stamp.
    """
    beside = {**others, **dict(zip(SIGNED, (list_json, seal_json), strict=True)), **bag_files(head, shown)}
    beside.update(tag_lists(beside))
    for name in sorted(beside):
        write_new(folder / name, beside[name])
