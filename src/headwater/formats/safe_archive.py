"""Safe zip and tar: every member is looked at before the first byte is written anywhere."""

import io
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from headwater.errors import FormatError, InputError, LimitError, Place
from headwater.formats.safe import (
    MAX_ARCHIVE_BYTES,
    MAX_ARCHIVE_MEMBERS,
    MAX_ARCHIVE_RATIO,
    SMALL_ARCHIVE_BYTES,
    check_size,
)

_GZIP: Final = b"\x1f\x8b"
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\\:]")
_WINDOW: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 65_536
# Zip writes the kind of a member into the upper half of its attributes, as Unix does; 0 is a plain file.
_PLAIN_KINDS: Final = (0, stat.S_IFREG, stat.S_IFDIR)
# What the two libraries let out on damaged files, found by fuzzing them.
_BROKEN: Final = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, IndexError, OverflowError, NotImplementedError),
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive, after all checks: a relative path below the place it is unpacked to, and its bytes."""

    path: PurePosixPath
    data: bytes


def read_members(data: bytes, *, file: str | None = None) -> tuple[Member, ...]:
    """Return the files of a zip, tar or gzipped tar.

    Raises:
        FormatError: neither zip nor tar, damaged, encrypted, or with a member that is a link, a device, named twice, or
            outside the place it is unpacked to.
        LimitError: too many members, too large unpacked, or a ratio that no honest file has.
    """
    check_size(data, file=file)
    try:
        found = tuple(_from_zip(data, file) if zipfile.is_zipfile(io.BytesIO(data)) else _from_tar(data, file))
    except InputError:
        raise
    except _BROKEN as error:
        raise FormatError("not a zip or tar file, or a damaged one", where=file) from error
    return found


def unpack(data: bytes, into: Path, *, file: str | None = None) -> tuple[Path, ...]:
    """Write the files of an archive below a directory, after all of them passed, and return their paths.

    Raises:
        FormatError: as `read_members`, or a file is there already.
        LimitError: as `read_members`.
    """
    paths = []
    for member in read_members(data, file=file):
        path = into.joinpath(*member.path.parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as handle:
                handle.write(member.data)
        except OSError as error:
            raise FormatError("a member cannot be written: a file is in its way", where=file) from error
        paths.append(path)
    return tuple(paths)


def _from_zip(data: bytes, file: str | None) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        _check_count(len(infos), file)
        _check_total(sum(info.file_size for info in infos), len(data), file)
        taken: set[str] = set()
        plain = []
        for number, info in enumerate(infos, 1):
            place = Place(file=file, field=f"member {number}")
            path = _path(info.filename, place)
            if stat.S_IFMT(info.external_attr >> 16) not in _PLAIN_KINDS:
                raise FormatError("a link or device in an archive", where=place)
            if info.flag_bits & 1:
                raise FormatError("an encrypted member", where=place, fix="unpack it by hand and check it")
            if not info.is_dir():
                _check_once(path, taken, place)
                plain.append((info, path, place))
        for info, path, place in plain:
            with archive.open(info) as handle:
                # The size in the table can lie: read one byte more than it says.
                content = handle.read(info.file_size + 1)
            if len(content) != info.file_size:
                raise FormatError("a member is not as long as the archive says", where=place)
            yield Member(path, content)


def _from_tar(data: bytes, file: str | None) -> Iterator[Member]:
    plain = _gunzip(data, file) if data.startswith(_GZIP) else data
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        infos = []
        for info in archive:
            infos.append(info)
            _check_count(len(infos), file)
        _check_total(sum(info.size for info in infos), len(data), file)
        taken: set[str] = set()
        for number, info in enumerate(infos, 1):
            place = Place(file=file, field=f"member {number}")
            path = _path(info.name, place)
            if not (info.isreg() or info.isdir()) or info.issparse():
                raise FormatError("a link or device in an archive", where=place)
            if info.isdir():
                continue
            _check_once(path, taken, place)
            handle = archive.extractfile(info)
            content = handle.read() if handle is not None else b""
            if len(content) != info.size:
                raise FormatError("a member is not as long as the archive says", where=place)
            yield Member(path, content)


def _gunzip(data: bytes, file: str | None) -> bytes:
    """Return what is in a gzip file, stopping at the limits instead of after them."""
    most = min(MAX_ARCHIVE_BYTES, max(SMALL_ARCHIVE_BYTES, MAX_ARCHIVE_RATIO * len(data)))
    stream = zlib.decompressobj(_WINDOW)
    out = bytearray(stream.decompress(data, _PIECE))
    while not stream.eof and (piece := stream.decompress(stream.unconsumed_tail, _PIECE)):
        out += piece
        if len(out) > most:
            raise LimitError(f"an archive that unpacks to over {most} bytes", where=file)
    if not stream.eof:
        raise FormatError("the archive is cut short", where=file)
    if stream.unused_data.strip(b"\0"):
        raise FormatError("something stands behind the archive", where=file)
    return bytes(out)


def _path(name: str, place: Place) -> PurePosixPath:
    path = PurePosixPath(name)
    if not name or name.startswith("/") or _DRIVE.match(name) or _UNSAFE.search(name) or ".." in path.parts:
        raise FormatError("a member's path leads outside, or is no plain path", where=place)
    return path


def _check_once(path: PurePosixPath, taken: set[str], place: Place) -> None:
    # Some file systems do not tell capitals apart: what is one file there must not be two here.
    name = str(path).casefold()
    if name in taken:
        raise FormatError("two members with one name", where=place)
    taken.add(name)


def _check_count(count: int, file: str | None) -> None:
    if count > MAX_ARCHIVE_MEMBERS:
        raise LimitError(f"an archive of over {MAX_ARCHIVE_MEMBERS} members", where=file)


def _check_total(total: int, packed: int, file: str | None) -> None:
    if total > MAX_ARCHIVE_BYTES:
        raise LimitError(f"an archive that unpacks to over {MAX_ARCHIVE_BYTES} bytes", where=file)
    if total > SMALL_ARCHIVE_BYTES and total > MAX_ARCHIVE_RATIO * packed:
        raise LimitError(f"an archive that unpacks to over {MAX_ARCHIVE_RATIO} times its size", where=file)
