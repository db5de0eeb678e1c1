"""The disk of one simulated node: it loses its power, is full, or refuses, after so many operations."""

import random
import sys
from collections.abc import Callable
from pathlib import Path

import apsw

from headwater.testing.powercut import Disk


class NodeDisk(Disk):
    """A disk whose power can be cut and which can refuse for a while."""

    def __init__(self, name: str) -> None:
        """Register below SQLite under a name."""
        self.name = name
        self._refuses_after = sys.maxsize
        self._refuses_for = 0
        self._full = False
        self.on_cut: Callable[[], None] = _nothing
        super().__init__(name)

    def boot(self) -> None:
        """Give power for as long as nobody cuts it, to what lies in the real files."""
        self.start(sys.maxsize)
        self.mend()

    def cut_after(self, operations: int) -> None:
        """Cut the power in the middle of the node's work."""
        self._left = operations

    def refuse_after(self, operations: int, times: int, *, full: bool) -> None:
        """Refuse so many times after so many operations: full, or broken."""
        self._refuses_after, self._refuses_for, self._full = operations, times, full

    def mend(self) -> None:
        """Refuse nothing any more."""
        self._refuses_after = sys.maxsize

    def leave_all(self) -> None:
        """Write to the real files all that was written: the process ended, not the machine."""
        for name, image in self.images.items():
            Path(name).write_bytes(image.shown)

    def spend(self) -> None:
        """Use up power for one operation, or refuse it."""
        was_alive = self._left >= 0
        try:
            super().spend()
        except apsw.Error:
            if was_alive:
                self.on_cut()
            raise
        self._refuses_after -= 1
        if self._refuses_after >= 0:
            return
        self._refuses_for -= 1
        if self._refuses_for < 0:
            self.mend()
            return
        if self._full:
            raise apsw.FullError("database or disk is full")
        error = apsw.IOError("disk I/O error")
        vars(error)["extendedresult"] = apsw.SQLITE_IOERR_FSYNC
        raise error


def _nothing() -> None:
    """Do nothing."""


def survivors(disk: NodeDisk, chance: random.Random, *, power: bool) -> None:
    """Leave in the real files what survives the end of the power, or only of the process."""
    if power:
        disk.leave(chance)
    else:
        disk.leave_all()
