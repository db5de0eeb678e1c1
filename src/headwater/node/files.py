"""Files named on a command line: their bytes as an input, the records of a format in them, and files written whole."""

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from headwater.errors import FormatError, StoreFullError, StoreIoError
from headwater.formats import registry
from headwater.formats.reading import ReadResult, read_all
from headwater.formats.safe import MAX_FILE_BYTES, parse_json
from headwater.model.ids import AuthorityId
from headwater.ports import Source, SourceInput
from headwater.store import sync_folder
from headwater.store.faults import from_os, translated

STDIN: Final = "-"


def load(
    name: str,
    file: str,
    originator: AuthorityId,
    *,
    keep_good: bool = False,
    plugins: Collection[str] = (),
) -> tuple[Source, SourceInput, ReadResult]:
    """Return a file's records without keeping them.

    Args:
        name: the format.
        file: a path, or ``-`` for standard input.
        originator: controller of what names none itself.
        keep_good: keep the good rows of a file that has bad ones.
        plugins: what may be loaded of other packages.

    Raises:
        InputError: the file cannot be read as what it claims to be.
        SettingsError: there is no such format that may be loaded.
    """
    source = registry.source(name, plugins)
    given = given_file(file, originator)
    return source, given, read_all(source, given, keep_good=keep_good)


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a small file.

    Raises:
        FormatError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=str(path)) from error


def write(out: Path, data: bytes | memoryview) -> None:
    """Write a file beside its final name and let it take that name.

    Raises:
        StoreError: the disk is full or refuses; nothing is left of it then.
    """
    beside = out.with_name(out.name + ".new")
    try:
        beside.write_bytes(data)
        beside.replace(out)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        told = from_os(error, out)
        if isinstance(told, StoreFullError):
            raise told from error
        raise StoreIoError(
            f"the file cannot be written: {error.strerror}",
            where=str(out),
            fix="name a file in a folder that is there and may be written to",
        ) from error


@contextmanager
def written_beside(out: Path) -> Iterator[BinaryIO]:
    """Give a file to write that only its owner reads; it takes its name when it is whole and on the disk.

    Raises:
        StoreError: the disk is full or refuses; nothing is left of it then.
    """
    beside = out.with_name(out.name + ".new")
    with translated(out):
        beside.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.replace(out)
        finally:
            beside.unlink(missing_ok=True)
    sync_folder(out.resolve().parent)


def make_folder(path: Path) -> None:
    """Make a folder where there is none.

    Raises:
        StoreIoError: the disk refuses.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreIoError(f"the folder cannot be made: {error.strerror}", where=str(path)) from error


def json_object(path: Path) -> dict[str, object]:
    """Return the JSON object that a file holds.

    Raises:
        InputError: it cannot be read as one.
    """
    found = parse_json(bytes_of(path), where=str(path), allow_bom=True)
    if not isinstance(found, dict):
        raise FormatError("not a JSON object", where=str(path))
    return found


def given_file(file: str, originator: AuthorityId) -> SourceInput:
    """Return a file, or standard input, as an input.

    Raises:
        FormatError: it cannot be read.
    """
    if file == STDIN:
        data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        return SourceInput("stdin", data, lambda _: None, originator)
    path = Path(file)

    def beside(other: str) -> bytes | None:
        neighbour = path.parent / other
        return _bytes(neighbour) if neighbour.is_file() else None

    return SourceInput(path.name, _bytes(path), beside, originator)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            return handle.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
