"""A file layer below SQLite that fails a chosen write, sync or open with a chosen error, once or from then on."""

import errno
import threading
from typing import Final

import apsw

NAME: Final = "headwater-faultydisk"
"""What `StoreOptions.vfs` names."""
OPERATIONS: Final = ("write", "sync", "open")


class FaultyDisk(apsw.VFS):
    """The operating system's own layer, until it is told to fail."""

    def __init__(self) -> None:
        """Register below SQLite."""
        self._gate = threading.Lock()
        self._operation = ""
        self._left = 0
        self._number = 0
        self._lasting = False
        self.failed = 0
        """Operations that have failed since `arm`."""
        super().__init__(NAME, "")

    def arm(self, operation: str, nth: int, number: int, *, lasting: bool) -> None:
        """Let the nth operation of a kind fail with an error number; with `lasting`, all after it too."""
        with self._gate:
            self._operation, self._left, self._number, self._lasting = operation, nth, number, lasting
            self.failed = 0

    def mend(self) -> None:
        """Let nothing fail any more."""
        with self._gate:
            self._operation = ""

    def pass_or_fail(self, operation: str) -> None:
        """Let an operation through, or fail it as SQLite's own layer would."""
        with self._gate:
            if operation != self._operation:
                return
            self._left -= 1
            if self._left > 0 or (self._left < 0 and not self._lasting):
                return
            self.failed += 1
            raise _as_sqlite_says(operation, self._number)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        """Open a file, or fail to."""
        self.pass_or_fail("open")
        return _File(self, name, flags)

    def xGetLastError(self) -> tuple[int, str | None]:  # noqa: N802
        """Return the error number of what failed."""
        return self._number, None

    def excepthook(self, *_: object) -> bool:
        """Say nothing where SQLite has nobody to tell."""
        return True


class _File(apsw.VFSFile):
    def __init__(self, disk: FaultyDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.pass_or_fail("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.pass_or_fail("sync")
        super().xSync(flags)

    def excepthook(self, *_: object) -> bool:
        return True


def _as_sqlite_says(operation: str, number: int) -> apsw.Error:
    """Return the error of SQLite's unix layer: only a write knows a full disk; all else is an I/O error."""
    if operation == "open":
        return apsw.CantOpenError("unable to open database file")
    if operation == "write" and number == errno.ENOSPC:
        return apsw.FullError("database or disk is full")
    error = apsw.IOError("disk I/O error")
    extended = apsw.SQLITE_IOERR_WRITE if operation == "write" else apsw.SQLITE_IOERR_FSYNC
    vars(error)["extendedresult"] = extended
    return error
