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
        (io_error(apsw.SQLITE_IOERR_DATA), StoreCorruptError),
        (io_error(apsw.SQLITE_IOERR_CORRUPTFS), StoreCorruptError),
        (apsw.ProtocolError("locking protocol"), StoreBusyError),
        (apsw.NoMemError("out of memory"), StoreIoError),
        (apsw.ReadOnlyError("attempt to write a readonly database"), StoreIoError),
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


class Failing:
    """A connection that says what the system said."""

    def __init__(self, number: int) -> None:
        self.system_errno = number


@pytest.mark.parametrize(
    ("error", "number", "said"),
    [
        (io_error(apsw.SQLITE_IOERR_WRITE), errno.EIO, "the disk refused (EIO)"),
        (io_error(apsw.SQLITE_IOERR_WRITE), 0, "the disk refused (IOError)"),
        (io_error(apsw.SQLITE_IOERR_WRITE), None, "the disk refused (IOError)"),
        (apsw.CantOpenError("unable to open database file"), errno.EACCES, "the disk refused (EACCES)"),
        (io_error(apsw.SQLITE_IOERR_WRITE), errno.ENOSPC, "the disk is full"),
        (io_error(apsw.SQLITE_IOERR_WRITE), errno.EDQUOT, "the disk is full"),
        (io_error(apsw.SQLITE_IOERR_SHORT_READ), errno.ENOSPC, "the store is cut short or its bytes are wrong"),
        (apsw.SQLError("no such table: record"), None, "the store lacks a part: no such table: record"),
        (apsw.FullError("database or disk is full"), None, "the disk is full"),
        (apsw.BusyError("database is locked"), None, "another process holds the store"),
        (apsw.CorruptError("malformed"), None, "the store is damaged"),
        (apsw.ConstraintError("a message is settled once"), None, "the store refused: a message is settled once"),
    ],
)
def test_what_was_said_is_told_with_the_place(tmp_path: Path, error: apsw.Error, number: int | None, said: str) -> None:
    connection = None if number is None else Failing(number)
    told = faults.from_sqlite(error, tmp_path / "store.sqlite", connection)  # type: ignore[arg-type]
    assert told.what == said
    assert str(tmp_path / "store.sqlite") in str(told)


@pytest.mark.parametrize(("pages", "kind"), [(15, StoreFullError), (16, StoreIoError), (17, StoreIoError)])
def test_there_is_no_room_where_less_than_64_kib_are_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: int, kind: type[StoreError]
) -> None:
    class Room:
        f_bavail = pages
        f_frsize = 4096

    monkeypatch.setattr(os, "statvfs", lambda _: Room)
    assert type(faults.from_sqlite(io_error(apsw.SQLITE_IOERR_WRITE), tmp_path / "store.sqlite")) is kind


def test_a_place_that_tells_of_no_room_is_taken_to_have_some(tmp_path: Path) -> None:
    gone = tmp_path / "gone" / "store.sqlite"
    assert type(faults.from_sqlite(io_error(apsw.SQLITE_IOERR_WRITE), gone)) is StoreIoError


def test_what_the_system_says_is_told_with_its_place_and_name() -> None:
    with (
        pytest.raises(StoreIoError, match=r"the disk refused \(EACCES\).*blobs") as caught,
        faults.translated(Path("blobs")),
    ):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert isinstance(caught.value.__cause__, PermissionError)
    with pytest.raises(StoreFullError, match=r"the disk is full.*blobs"), faults.translated(Path("blobs")):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert faults.from_os(OSError("without a number"), "blobs").what == "the disk refused ()"
