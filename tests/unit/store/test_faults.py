"""Each failure of SQLite and of the system becomes one declared error."""

import errno
import os
from pathlib import Path

import apsw
import pytest

from headwater.errors import StoreBusyError, StoreCorruptError, StoreError, StoreFullError, StoreIoError
from headwater.store import faults


def io_error(extended: int) -> apsw.Error:
    error = apsw.IOError("disk I/O error")
    vars(error)["extendedresult"] = extended
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (apsw.FullError("database or disk is full"), StoreFullError),
        (apsw.BusyError("database is locked"), StoreBusyError),
        (apsw.LockedError("database table is locked"), StoreBusyError),
        (apsw.CorruptError("database disk image is malformed"), StoreCorruptError),
        (apsw.NotADBError("file is not a database"), StoreCorruptError),
        (apsw.SQLError("no such table: record"), StoreCorruptError),
        (io_error(apsw.SQLITE_IOERR_SHORT_READ), StoreCorruptError),
        (io_error(apsw.SQLITE_IOERR_WRITE), StoreIoError),
        (apsw.CantOpenError("unable to open database file"), StoreIoError),
        (apsw.ConstraintError("UNIQUE constraint failed"), StoreError),
        (apsw.SQLError("near x: syntax error"), StoreError),
    ],
)
def test_what_sqlite_raises_is_declared(tmp_path: Path, error: apsw.Error, kind: type[StoreError]) -> None:
    assert type(faults.from_sqlite(error, tmp_path / "store.sqlite")) is kind


def test_an_io_error_on_a_full_disk_is_told_by_there_being_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoRoom:
        f_bavail = 3
        f_frsize = 4096

    error = io_error(apsw.SQLITE_IOERR_SHMSIZE)
    assert type(faults.from_sqlite(error, tmp_path / "store.sqlite")) is StoreIoError
    monkeypatch.setattr(os, "statvfs", lambda _: NoRoom)
    assert type(faults.from_sqlite(error, tmp_path / "store.sqlite")) is StoreFullError


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_the_systems_numbers_for_a_full_disk_are_known(number: int) -> None:
    assert type(faults.from_os(OSError(number, ""), "blobs")) is StoreFullError


def test_any_other_number_is_an_io_error_and_named() -> None:
    error = faults.from_os(OSError(errno.EIO, ""), "blobs")
    assert type(error) is StoreIoError
    assert "EIO" in str(error)
