"""Files beside the database: blobs and tables under the hash of their content, and what is computed from them.

A blob or table is written under another name, synced, renamed, and its folder synced: it is there whole and to stay, or
not there. Derived files may be deleted at any time.
"""

import mmap
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from headwater.errors import FormatError, StoreCorruptError, StoreError
from headwater.model.ids import BlobHash, blob_hash
from headwater.ports import Chance
from headwater.store.faults import translated
from headwater.store.parts import Part, opened
from headwater.store.rows import Problem

_PARQUET_MARK: Final = b"PAR1"
"""First and last four bytes of a Parquet file (parquet.apache.org, file format)."""
_UNFINISHED: Final = ".new-"
_BEGINNING: Final = ".part-"


class Files:
    """The folders `blobs`, `tables` and `derived` of one node."""

    def __init__(self, home: Path, chance: Chance, *, read_only: bool) -> None:
        """Take the node's directory; names of unfinished files are drawn from chance."""
        self._read_only = read_only
        self._blobs = home / "blobs"
        self._tables = home / "tables"
        self._derived = home / "derived"
        self._chance = chance

    def make(self) -> None:
        """Make the folders."""
        for folder in (self._blobs, self._tables, self._derived):
            make_folder(folder)

    def put_blob(self, data: bytes) -> BlobHash:
        """Keep a blob; durable before the call returns."""
        ref = BlobHash(sha256(data).hexdigest())
        self._keep(data, self._blobs / ref)
        return ref

    def put_parts(self, parts: Iterable[bytes], expected: BlobHash | None = None) -> BlobHash:
        """Keep a blob that comes in parts, never all of it in memory; durable before the call returns.

        Raises:
            FormatError: it is not the blob that was expected; nothing is kept.
        """
        whole, unfinished = sha256(), self._unfinished(self._blobs)
        try:
            with translated(unfinished), os.fdopen(_open_for_owner(unfinished), "wb") as stream:
                for part in parts:
                    whole.update(part)
                    stream.write(part)
                stream.flush()
                os.fsync(stream.fileno())
            ref = BlobHash(whole.hexdigest())
            if expected not in {None, ref}:
                raise FormatError("a blob that is not the one expected")
            with translated(unfinished):
                unfinished.rename(self._blobs / ref)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(self._blobs)
        return ref

    @contextmanager
    def part(self, name: str) -> Iterator[Part]:
        """Open the beginning of a blob that comes bit by bit, under a name that its attempts have in common."""
        with opened(self._beginning(name)) as part:
            yield part
        sync_folder(self._blobs)

    def part_size(self, name: str) -> int:
        """Return how many bytes of a beginning are there."""
        file = self._beginning(name)
        with translated(file):
            try:
                return file.stat().st_size
            except FileNotFoundError:  # there is none, or it has just become a whole blob
                return 0

    def remove_parts(self, names: Iterable[str]) -> None:
        """Remove beginnings, durably: what they are of was withdrawn; those of others stay, or nobody's would ever be whole."""
        with translated(self._blobs):
            for name in names:
                self._beginning(name).unlink(missing_ok=True)
        sync_folder(self._blobs)

    def put_table(self, parquet: bytes | Path) -> BlobHash:
        """Keep a Parquet table; a file given by its path is moved in.

        Raises:
            FormatError: it is not Parquet.
        """
        if isinstance(parquet, bytes):
            _check_parquet(parquet[:4], parquet[-4:], len(parquet), "bytes")
            ref = BlobHash(sha256(parquet).hexdigest())
            self._keep(parquet, self._table_file(ref))
            return ref
        with translated(parquet), parquet.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - 4))
            last = stream.read(4)
            stream.seek(0)
            _check_parquet(stream.read(4), last, size, parquet.name)
            stream.seek(0)
            ref = BlobHash(file_digest(stream, "sha256").hexdigest())
            os.fsync(stream.fileno())
        self._move_in(parquet, size, self._table_file(ref))
        return ref

    def blob(self, ref: BlobHash) -> memoryview | None:
        """Return the bytes of a blob, mapped from its file; None where there is none."""
        return _mapped(self._blobs / blob_hash(ref))

    def blob_bytes(self, ref: BlobHash) -> bytes | None:
        """Return a copy of the bytes of a blob, None where there is none."""
        file = self._blobs / blob_hash(ref)
        with translated(file):
            try:
                return file.read_bytes()
            except FileNotFoundError:
                return None

    def table_path(self, ref: BlobHash) -> str | None:
        """Return the path of a table, None where there is none."""
        file = self._table_file(blob_hash(ref))
        return str(file) if file.is_file() else None

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        """Return the bytes kept under a name, built now if they are not there.

        Where the disk has no room for them, they are handed out all the same: reading goes on.
        """
        file = self._derived / sha256(name.encode()).hexdigest()
        found = _mapped(file)
        if found is not None:
            return found
        data = build()
        if not self._read_only:
            with suppress(StoreError):
                make_folder(self._derived)
                unfinished = self._write_beside(data, file)
                with translated(file):
                    unfinished.rename(file)
        return memoryview(data)

    def remove_blob(self, ref: BlobHash) -> None:
        """Remove a blob's file, durably; one that is not there does no harm."""
        self.remove_blobs([ref])

    def remove_blobs(self, refs: Iterable[BlobHash]) -> None:
        """Remove the files of blobs and of tables, durably, as `remove_blob` does."""
        with translated(self._blobs):
            for ref in refs:
                (self._blobs / blob_hash(ref)).unlink(missing_ok=True)
                self._table_file(ref).unlink(missing_ok=True)
        for folder in (self._blobs, self._tables):
            sync_folder(folder)

    def clear_derived(self) -> None:
        """Remove all that was computed from content, also a folder that is being filled or that a killed process left."""
        with translated(self._derived):
            for found in self._derived.iterdir() if self._derived.is_dir() else ():
                if found.is_dir() and not found.is_symlink():
                    shutil.rmtree(found)
                else:
                    found.unlink(missing_ok=True)

    def check(self) -> Iterator[Problem]:
        """Yield every file whose content is not what its name says."""
        with translated(self._blobs):
            kept = sorted([*self._blobs.iterdir(), *self._tables.iterdir()])
        for file in kept:
            if file.name.startswith((_UNFINISHED, _BEGINNING)):
                continue  # what a killed process left behind, or what is not whole yet; nobody was promised it
            with translated(file), file.open("rb") as stream:
                if file_digest(stream, "sha256").hexdigest() != file.name.partition(".")[0]:
                    yield Problem(f"{file.parent.name}/{file.name}", "altered-file")

    def _keep(self, data: bytes, target: Path) -> None:
        if not _is_there(target, len(data)):
            unfinished = self._write_beside(data, target)
            with translated(target):
                unfinished.rename(target)
        # Also when it was there: another process may have renamed it and not yet synced the folder.
        sync_folder(target.parent)

    def _write_beside(self, data: bytes, target: Path) -> Path:
        unfinished = self._unfinished(target.parent)
        with translated(target):
            try:
                with os.fdopen(_open_for_owner(unfinished), "wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise
        return unfinished

    def _move_in(self, given: Path, size: int, target: Path) -> None:
        with translated(target):
            if _is_there(target, size):
                given.unlink()
            elif given.stat().st_dev == target.parent.stat().st_dev:
                given.rename(target)
                target.chmod(0o600)
            else:
                unfinished = self._unfinished(target.parent)
                try:
                    with given.open("rb") as whole, os.fdopen(_open_for_owner(unfinished), "wb") as stream:
                        shutil.copyfileobj(whole, stream)
                        stream.flush()
                        os.fsync(stream.fileno())
                except OSError:
                    unfinished.unlink(missing_ok=True)
                    raise
                unfinished.rename(target)
                given.unlink()
        sync_folder(target.parent)

    def _unfinished(self, folder: Path) -> Path:
        return folder / f"{_UNFINISHED}{self._chance.draw(8).hex()}"

    def _beginning(self, name: str) -> Path:
        return self._blobs / f"{_BEGINNING}{sha256(name.encode()).hexdigest()}"

    def _table_file(self, ref: BlobHash) -> Path:
        return self._tables / f"{ref}.parquet"


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, durably, with those above it; one that is there stays as it is."""
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    with translated(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
    try:
        sync_folder(folder.parent)
    except StoreError:
        folder.rmdir()  # else the next attempt would find it and trust that it is durable
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    with translated(folder):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _open_for_owner(file: Path) -> int:
    return os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)


def _is_there(file: Path, size: int) -> bool:
    """Return whether a file is there already.

    Raises:
        StoreCorruptError: it is, with another length than its content has: it is left as evidence, not replaced.
    """
    with translated(file):
        try:
            found = file.stat().st_size
        except FileNotFoundError:
            return False
        if found != size:
            raise StoreCorruptError("a file does not hold what its name says", where=str(file))
    return True


def _mapped(file: Path) -> memoryview | None:
    with translated(file):
        try:
            handle = os.open(file, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            if os.fstat(handle).st_size == 0:
                return memoryview(b"")
            return memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_READ))
        finally:
            os.close(handle)


def _check_parquet(first: bytes, last: bytes, size: int, name: str) -> None:
    if first != _PARQUET_MARK or last != _PARQUET_MARK or size < 2 * len(_PARQUET_MARK):
        raise FormatError("not a Parquet file", where=name)
