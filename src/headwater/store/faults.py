"""The one place where what SQLite or the operating system says becomes one of our own errors."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from headwater.errors import StoreBusyError, StoreCorruptError, StoreError, StoreFullError, StoreIoError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CORRUPT_INSIDE_IO: Final = frozenset(
    {apsw.SQLITE_IOERR_SHORT_READ, apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_CORRUPTFS}
)
_LEAST_ROOM: Final = 1 << 16
"""Bytes: with less than this free, SQLite cannot even grow its shared memory by one step (32 KiB)."""


def from_os(error: OSError, where: Path | str) -> StoreError:
    """Return the declared error for a failed call of the operating system."""
    kind = StoreFullError if error.errno in _FULL else StoreIoError
    what = "the disk is full" if kind is StoreFullError else f"the disk refused ({_name(error.errno)})"
    return kind(what, where=str(where))


def from_sqlite(error: apsw.Error, where: Path, connection: apsw.Connection | None = None) -> StoreError:
    """Return the declared error for what SQLite raised.

    SQLite has two texts for a full disk: `database or disk is full`, and `disk I/O error` where it was not a write that
    failed. The second is told from other I/O errors by the system's own error number, or by there being no room.
    """
    place = str(where)
    if isinstance(error, apsw.FullError):
        return StoreFullError("the disk is full", where=place)
    if isinstance(error, apsw.BusyError | apsw.LockedError | apsw.ProtocolError):
        return StoreBusyError("another process holds the store", where=place)
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return StoreCorruptError("the store is damaged", where=place)
    if isinstance(error, apsw.SQLError) and "no such" in str(error):
        return StoreCorruptError(f"the store lacks a part: {error}", where=place)
    if isinstance(error, apsw.IOError | apsw.CantOpenError | apsw.NoMemError | apsw.ReadOnlyError):
        extended = getattr(error, "extendedresult", 0)
        if extended in _CORRUPT_INSIDE_IO:
            return StoreCorruptError("the store is cut short or its bytes are wrong", where=place)
        number = connection.system_errno if connection is not None else 0
        if number in _FULL or not _has_room(where):
            return StoreFullError("the disk is full", where=place)
        return StoreIoError(f"the disk refused ({_name(number) or type(error).__name__})", where=place)
    # What is left is a broken rule of the schema (a settled message, a second version of a record) or our own mistake.
    return StoreError(f"the store refused: {error}", where=place, fix="report this: the store guards against it")


@contextmanager
def translated(where: Path) -> Iterator[None]:
    """Raise the declared error for any failure of the operating system inside."""
    try:
        yield
    except OSError as error:
        raise from_os(error, where) from error


def _has_room(where: Path) -> bool:
    try:
        state = os.statvfs(where.parent)
    except OSError:
        return True
    return state.f_bavail * state.f_frsize >= _LEAST_ROOM


def _name(number: int | None) -> str:
    return errno.errorcode.get(number or 0, "")
