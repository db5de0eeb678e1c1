"""Backups: a whole node in one encrypted file while it is served, and a node out of such a file, proved to be that node.

A backup holds the database as it is at one moment, then every file that the database may name, the settings and the node's
keys. Left out are the root keys, which lie offline; the vault's master key, without which no protected person can be read
(`headwater.store.vault`) and which is copied by itself; and what is computed anew. Its last member names the SHA-256 of every
other and the ledger's head, so that a restored node is either the one that was saved or is not put up at all.
"""

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO, Final

from headwater.errors import FormatError, SettingsError, StoreCorruptError
from headwater.exchange.keys import ROOT_FOLDER
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.node import uploads
from headwater.node.files import written_beside
from headwater.node.node import HALF_MADE, Node
from headwater.node.scratch import PREFIX, scratch
from headwater.node.strongbox import SALT_BYTES, BoxReader, BoxWriter
from headwater.node.system import SystemChance, SystemClock
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.settings import FILE_NAME
from headwater.store import Store, StoreOptions, sync_folder
from headwater.store.faults import translated
from headwater.store.vault import FOLDER as VAULT
from headwater.store.vault import MASTER

DATABASE: Final = "store.sqlite"
PROOF: Final = "backup.json"
_LEFT_OUT: Final = frozenset({"derived", ROOT_FOLDER, uploads.FOLDER})
_FOLDERS: Final = ("blobs", "tables", "derived")
_TRIES: Final = 3
_CHUNK: Final = 1 << 20
_MOST_PROOF: Final = 1 << 28

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a backup says of itself.

    Attributes:
        authority: whose node it is.
        size: leaves of its ledger.
        root: their Merkle root, in hex: what partners have witnessed or will find.
        files: SHA-256 of each file, by its path.
    """

    authority: AuthorityId
    size: int
    root: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Restored:
    """A node that was put up from a backup.

    Attributes:
        vault: whether protected persons are in it, whose master key must be put back by hand.
    """

    proof: Proof
    home: Path
    vault: bool


class _GoneError(Exception):
    """A file was erased while the backup was being written."""


def back_up(node: Node, session: Session, out: Path, passphrase: str, progress: Progress = lambda *_: None) -> Proof:
    """Write a node to one encrypted file; others may go on using it.

    Args:
        node: the node.
        session: who asks: an administrator.
        out: the file; what had that name is replaced once the new one is whole and on the disk.
        passphrase: whoever knows it can read everything but the vault.
        progress: hears how many of how many files are written.

    Raises:
        PolicyError: the user may not.
        StoreError: the disk is full or refuses.
    """
    may(session, Act.NODE_BACK_UP)
    node.store.note(Event("node.backed-up", session.user, out.name, session.purpose))
    for left in reversed(range(_TRIES)):
        try:
            with written_beside(out) as file:
                box = BoxWriter(file, passphrase, SystemChance().draw(SALT_BYTES))
                proof = _write(node, box, progress)
                box.finish()
        except _GoneError as error:
            # The copy of the database names a file that was rightly erased since: a new copy does not.
            if not left:
                raise StoreCorruptError("files vanish while they are saved", where=str(node.home)) from error
        else:
            return proof
    raise AssertionError


def restore(file: Path, home: Path, passphrase: str, progress: Progress = lambda *_: None) -> Restored:
    """Put up a node from a backup in a directory that is not there yet: whole and proved, or not at all.

    Args:
        file: the backup.
        home: the directory to make.
        passphrase: of that backup.
        progress: hears how many bytes of how many are read.

    Raises:
        SettingsError: there is something in that place.
        FormatError: there is no such file, another passphrase, or the file was changed or cut off.
        StoreCorruptError: what was restored is not what its proof says.
        StoreError: the disk is full or refuses.
    """
    if not file.is_file():
        raise FormatError(
            "there is no such file", where=str(file), fix="name the file that headwater node backup wrote"
        )
    if os.path.lexists(home):
        raise SettingsError("there is something in that place", where=str(home), fix="name a directory that is free")
    with translated(home):
        home.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{home.name}.", dir=home.parent))
    try:
        proof = _read(file, beside, passphrase, progress)
        _prove(beside, proof)
        with translated(home):
            for folder in [path for path in beside.rglob("*") if path.is_dir()]:
                sync_folder(folder)
            sync_folder(beside)
            beside.rename(home)
            sync_folder(home.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Restored(proof, home, vault=(home / VAULT).is_dir())


def _write(node: Node, box: BoxWriter, progress: Progress) -> Proof:
    sums: dict[str, str] = {}
    with scratch(node.home) as folder:
        copy = folder / DATABASE
        node.store.copy_to(copy)
        with _looked_at(copy.parent) as store, store.snapshot() as snapshot:
            head = snapshot.head()
        paths = list(_files(node.home))
        with tarfile.open(fileobj=box, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_CHUNK) as archive:
            sums[DATABASE] = _add(archive, DATABASE, copy)
            for done, path in enumerate(paths, start=1):
                sums[path] = _add(archive, path, node.home / path)
                progress(done, len(paths))
            proof = Proof(node.authority, head.size, head.root.hex(), sums)
            data = encode(proof)
            archive.addfile(_member(PROOF, len(data)), io.BytesIO(data))
    return proof


def _files(home: Path) -> Iterator[str]:
    """Yield what is saved besides the database: plain files, none of those left out, none half written."""
    for at, folders, names in os.walk(home):
        inside = Path(at).relative_to(home)
        folders[:] = sorted(each for each in folders if str(inside / each) not in _LEFT_OUT and not _passing(each))
        for name in sorted(names):
            path = (inside / name).as_posix()
            plain = not Path(at, name).is_symlink() and Path(at, name).is_file()
            if plain and not _passing(name) and not path.startswith(DATABASE) and path != f"{VAULT}/{MASTER}":
                yield path


def _passing(name: str) -> bool:
    """Return whether something lies in a node's directory for a moment only."""
    return name.startswith((".new-", ".part-", PREFIX)) or name == HALF_MADE


def _add(archive: tarfile.TarFile, name: str, path: Path) -> str:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise _GoneError from error
    with file, translated(path):
        hashed = _Hashing(file)
        archive.addfile(_member(name, os.fstat(file.fileno()).st_size), hashed)
    return hashed.sum.hexdigest()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


class _Hashing(io.RawIOBase):
    """Hashes a file while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sum = sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sum.update(data)
        return data


def _read(file: Path, folder: Path, passphrase: str, progress: Progress) -> Proof:
    """Write out the files of a backup, each as the proof at its end says."""
    found: dict[str, str] = {}
    proof: Proof | None = None
    with translated(file), file.open("rb") as raw:
        total = os.fstat(raw.fileno()).st_size
        box = io.BufferedReader(BoxReader(raw, passphrase, name=file.name), _CHUNK)
        try:
            with tarfile.open(fileobj=box, mode="r|", bufsize=_CHUNK) as archive:
                for member in archive:
                    body = archive.extractfile(member) if member.isreg() else None
                    if body is None or proof is not None or not _is_inside(member.name):
                        raise FormatError("no backup of headwater", where=file.name)
                    if member.name == PROOF:
                        proof = decode(body.read(_MOST_PROOF), Proof)
                    else:
                        found[member.name] = _extract(body, folder / member.name)
                    progress(raw.tell(), total)
        except tarfile.TarError as error:
            raise FormatError("no backup of headwater", where=file.name) from error
        box.read()  # to the end: a file that was cut off behind its last member is told
    if proof is None or dict(proof.files) != found or not {DATABASE, FILE_NAME} <= found.keys():
        raise FormatError("a backup that does not hold what it says", where=file.name, fix="use another copy")
    return proof


def _is_inside(name: str) -> bool:
    parts = name.split("/")
    return bool(name) and "\0" not in name and not {"", ".", ".."} & set(parts)


def _extract(body: IO[bytes], path: Path) -> str:
    total = sha256()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with translated(path), os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        while data := body.read(_CHUNK):
            total.update(data)
            out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return total.hexdigest()


@contextmanager
def _looked_at(folder: Path) -> Iterator[Store]:
    with closing(
        Store.open(folder, clock=SystemClock(), chance=SystemChance(), options=StoreOptions(read_only=True))
    ) as store:
        yield store


def _prove(folder: Path, proof: Proof) -> None:
    """Look at all that was restored, as `headwater node check` does, and at the ledger's head."""
    for name in _FOLDERS:  # those that held nothing
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    with _looked_at(folder) as store:
        problems = store.check()
        with store.snapshot() as snapshot:
            head = snapshot.head()
    if problems:
        raise StoreCorruptError(f"{problems[0].kind} at {problems[0].at}", where=str(folder), fix="use another backup")
    if (head.size, head.root.hex()) != (proof.size, proof.root):
        raise StoreCorruptError(
            "another ledger than the one that was saved", where=str(folder), fix="use another backup"
        )
