"""Files that come from or go to people: read without following a link, written so that half a bundle is never seen."""

import ctypes
import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from headwater.case.exhibit import HashedFile
from headwater.errors import HeadwaterError, Place, SchemaError, StoreFullError, StoreIoError

CHUNK: Final = 1 << 20
FEW: Final = 200
"""Files that are waited for one by one."""
_NO_STEP: Final = frozenset(("", "."))
_NO_NAMES: Final = _NO_STEP | {".."}
_PLAINLY: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Inside:
    """Opens plain files in a folder; the folder that the last one lay in stays open, for there are thousands in one."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing open."""
        self._folder = folder
        self._parent: str | None = None
        self._at = -1

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is still open."""
        self._leave()

    def open(self, path: str, *, where: Place | None = None) -> int:
        """Return a descriptor of a file; no part of its path may be a link or climb out.

        Raises:
            SchemaError: there is no such file, or it is outside the folder, a link, or no plain file.
        """
        return self._opened(path, where)[0]

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield all that a file holds.

        No more is asked for than is there, and a short answer is the end: to lend a megabyte to each small file would
        take longer than to read it.

        Raises:
            SchemaError: there is no such file, or it is outside the folder, a link, or no plain file.
        """
        at, size = self._opened(path, None)
        try:
            asked = min(CHUNK, size + 1)
            while piece := os.read(at, asked):
                yield piece
                if len(piece) < asked:
                    return
        finally:
            os.close(at)

    def _opened(self, path: str, where: Place | None) -> tuple[int, int]:
        """Return a descriptor of a file, and its size."""
        parent, _, name = path.rpartition("/")
        if name in _NO_NAMES or "\0" in path or path.startswith("/") or ".." in parent.split("/"):
            raise SchemaError("a file outside the folder", where=where, fix="name a file inside the case folder")
        try:
            if parent != self._parent:
                self._enter(parent)
            found = os.open(name, _PLAINLY, dir_fd=self._at)
        except OSError as error:
            linked = error.errno in (errno.ELOOP, errno.ENOTDIR)
            what = "a file outside the folder: a link leads to it" if linked else "a file that cannot be read"
            raise SchemaError(what, where=where, fix="put the file itself into the case folder") from error
        kind = os.fstat(found)
        if not stat.S_ISREG(kind.st_mode):
            os.close(found)
            raise SchemaError("not a plain file", where=where)
        return found, kind.st_size

    def _enter(self, parent: str) -> None:
        self._leave()
        self._at = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in parent.split("/"):
            if part in _NO_STEP:
                continue
            inner = os.open(part, _PLAINLY | os.O_DIRECTORY, dir_fd=self._at)
            os.close(self._at)
            self._at = inner
        self._parent = parent

    def _leave(self) -> None:
        if self._at >= 0:
            os.close(self._at)
        self._parent, self._at = None, -1


def open_inside(folder: Path, path: str, *, where: Place) -> int:
    """Return a descriptor of a plain file in a folder, as `Inside.open` does.

    Raises:
        SchemaError: there is no such file, or it is outside the folder, a link, or no plain file.
    """
    with Inside(folder) as inside:
        return inside.open(path, where=where)


def hash_inside(inside: Inside, path: str) -> HashedFile:
    """Return a file of a folder with its size and hash.

    Raises:
        SchemaError: it is not a plain file inside the folder.
    """
    total, size = hashlib.sha256(), 0
    for piece in inside.pieces(path):
        total.update(piece)
        size += len(piece)
    return HashedFile(path, size, total.hexdigest())


def files_below(folder: Path, name: str) -> Iterator[str]:
    """Yield the paths of whatever stands below a folder's folder, links and special files too, in order."""
    for at, folders, names in os.walk(folder / name):
        folders.sort()
        links = [part for part in folders if Path(at, part).is_symlink()]
        place = Path(at).relative_to(folder).as_posix()
        for part in sorted([*names, *links]):
            yield f"{place}/{part}"


@contextmanager
def folder_beside(out: Path) -> Iterator[Path]:
    """Give a new folder to fill; it gets its name when it is whole and on the disk, else nothing is left of it.

    Raises:
        SchemaError: something of that name is there already.
        StoreError: the disk is full or refuses.
    """
    taken = SchemaError("there is something of that name already", where=str(out), fix="give a name that is free")
    if os.path.lexists(out):
        raise taken
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise _refusal(error, out) from error
    try:
        yield partial
        sync_below(partial)
        partial.chmod(0o755)
        if os.path.lexists(out):
            raise taken
        partial.rename(out)
        _sync(out.parent)
    except OSError as error:
        raise _refusal(error, out) from error
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(partial)


def sync_below(folder: Path) -> None:
    """Wait until everything in a folder is on the disk.

    Many files are waited for at once, with the whole file system (syncfs(2), which tells of errors since Linux 5.8): one
    by one they would take most of the time that a large bundle takes.
    """
    if sum(len(names) for _, _, names in os.walk(folder)) > FEW and _sync_all(folder):
        return
    for at, _, names in os.walk(folder, topdown=False):
        for name in names:
            _sync(Path(at, name))
        _sync(Path(at))


def _sync_all(folder: Path) -> bool:
    """Wait for the file system that a folder lies on; false where that cannot be asked for."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        return False
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if call(at) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(at)
    return True


def _sync(path: Path) -> None:
    at = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(at)
    finally:
        os.close(at)


def _refusal(error: OSError, path: Path) -> HeadwaterError:
    kind = StoreFullError if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreIoError
    return kind(f"cannot be written: {error.strerror}", where=str(path))
