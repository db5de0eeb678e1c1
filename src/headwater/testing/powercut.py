"""Cuts the power under a store, many times, and compares what is left with what was promised.

::

    python -m headwater.testing.powercut --cuts 5000 [--synchronous NORMAL] [--seed 7] --json

The disk is simulated below SQLite: what was written since a file's last sync sits aside. At the cut, each 512-byte
sector of it survives or not, and the store is opened again on what is left, as the next life of the same node. Not
modelled: disks that lie about a sync, and folder entries out of order. With `--synchronous NORMAL` losses must be
found; that they are is the proof that the harness can see one.
"""

import random
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import apsw

from headwater.errors import StoreError
from headwater.store import Head, Store, StoreOptions
from headwater.testing import report
from headwater.testing.fakes import FakeClock, SeededChance
from headwater.testing.promises import broken_promises, receive

SECTOR_BYTES: Final = 512
_VFS: Final = "headwater-powercut"
_LIVES: Final = 20
"""Cuts that one node goes through before a fresh one takes its place."""
_MOST_OPERATIONS: Final = 90
_CHECKPOINT_PAGES: Final = 24
"""So small that many cuts fall into the folding of the log into the database."""


@dataclass(slots=True)
class _Image:
    """One file: what is on the platter, what the system shows, and what lies between."""

    durable: bytearray
    shown: bytearray
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Writes as (offset, data), truncations as (size, None), in their order, since the last sync."""


class Disk(apsw.VFS):
    """A disk that forgets what was not synced. Locks and shared memory are the real file's."""

    def __init__(self, name: str = _VFS) -> None:
        """Register below SQLite under a name, on top of the operating system's own layer."""
        self.images: dict[str, _Image] = {}
        self._gate = threading.Lock()
        self._left = sys.maxsize
        super().__init__(name, "")

    def start(self, operations: int) -> None:
        """Give power for so many writes, truncations and syncs."""
        self.images.clear()
        self._left = operations

    def cut(self) -> None:
        """Cut the power: from now on nothing is read, written or synced."""
        with self._gate:
            self._left = 0

    def leave(self, chance: random.Random) -> None:
        """Write to the real files what survives."""
        survival = chance.choice((0.0, 0.5, 0.5, 0.9, 1.0))
        for name, image in self.images.items():
            Path(name).write_bytes(_survivors(image, survival, chance))

    def spend(self) -> None:
        """Use up power for one operation."""
        with self._gate:
            self._left -= 1
            if self._left < 0:
                raise _no_power()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        """Open a file of the simulated disk; what SQLite only puts aside has no name, and no life after a cut."""
        if name is None:
            return super().xOpen(name, flags)
        text = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        return _File(self, text, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802 - SQLite's signature
        """Delete a file, at once and for good."""
        self.spend()
        self.images.pop(filename, None)
        super().xDelete(filename, syncdir)

    def excepthook(self, *_: object) -> bool:
        """Say nothing where SQLite has nobody to tell: without power all fails."""
        return True


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, text: str, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        if text not in disk.images:
            data = Path(text).read_bytes()
            disk.images[text] = _Image(bytearray(data), bytearray(data))
        self._image = disk.images[text]

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._image.shown[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.spend()
        copy = bytes(data)
        _apply(self._image.shown, offset, copy)
        self._image.pending.append((offset, copy))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.spend()
        _apply(self._image.shown, newsize, None)
        self._image.pending.append((newsize, None))

    def xSync(self, flags: int) -> None:  # noqa: ARG002, N802
        self._disk.spend()
        for offset, written in self._image.pending:
            _apply(self._image.durable, offset, written)
        self._image.pending.clear()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._image.shown)

    def excepthook(self, *_: object) -> bool:
        return True


def run(cuts: int, *, synchronous: str = "FULL", seed: int = 0) -> report.Report:
    """Cut the power so many times and return what was found."""
    chance = random.Random(seed)
    begun = time.monotonic()
    bad: list[str] = []
    spent = True
    disk = Disk()
    with tempfile.TemporaryDirectory(prefix="headwater-powercut-") as folder:
        fresh = Path(folder) / "fresh"
        Store.create(fresh, clock=FakeClock(), chance=SeededChance(seed)).close()
        home = Path(folder) / "node"
        promised: dict[int, Head] = {}
        for number in range(cuts):
            if spent or number % _LIVES == 0:
                shutil.rmtree(home, ignore_errors=True)
                shutil.copytree(fresh, home)
                promised = {}
            options = StoreOptions(synchronous=synchronous, vfs=_VFS, checkpoint_pages=_CHECKPOINT_PAGES)
            disk.start(chance.randrange(1, _MOST_OPERATIONS))
            _live(home, options, chance, promised, disk)
            disk.leave(chance)
            (home / "store.sqlite-shm").unlink(missing_ok=True)
            found = _look(home, promised)
            spent = bool(found)
            bad += [f"cut {number}, seed {seed}: {what}" for what in found]
    disk.unregister()
    return report.Report(cuts, tuple(bad), time.monotonic() - begun)


def _live(home: Path, options: StoreOptions, chance: random.Random, promised: dict[int, Head], disk: Disk) -> None:
    """Receive messages until there is no more power, or for a while: then the cut comes while nothing is done."""
    try:
        store = Store.open(home, clock=FakeClock(), chance=SeededChance(chance.getrandbits(32)), options=options)
    except StoreError:
        return
    first = max(promised, default=-1) + 1
    number = first + chance.randrange(3)  # sometimes one is left out, as when its first attempt failed
    try:
        for _ in range(chance.randrange(1, 8)):
            count = chance.randrange(1, 5)
            waiting = [(each, store.submit(receive(each))) for each in range(number, number + count)]
            promised.update({each: future.result() for each, future in waiting})
            number += count
    except StoreError:
        pass
    finally:
        disk.cut()  # before closing, which would fold the log into the database and sync it
        store.close()


def _look(home: Path, promised: dict[int, Head]) -> list[str]:
    try:
        store = Store.open(home, clock=FakeClock(), chance=SeededChance(), options=StoreOptions(synchronous="OFF"))
    except StoreError as error:
        return [f"{error.code}: {error.what}"]
    try:
        return list(broken_promises(store, promised))
    except StoreError as error:
        return [f"{error.code}: {error.what}"]
    finally:
        store.close()


def _survivors(image: _Image, survival: float, chance: random.Random) -> bytes:
    """Return the file after the cut: each sector of each write survives by chance, torn from its neighbours."""
    data = bytearray(image.durable)
    for offset, written in image.pending:
        if written is None:
            if chance.random() < survival:
                _apply(data, offset, None)
            continue
        start = 0
        while start < len(written):
            end = min(len(written), start + SECTOR_BYTES - (offset + start) % SECTOR_BYTES)
            if chance.random() < survival:
                _apply(data, offset + start, written[start:end])
            start = end
    return bytes(data)


def _apply(data: bytearray, offset: int, written: bytes | None) -> None:
    """Write at an offset, or cut at a size; what is skipped over reads as zeros."""
    if written is None:
        del data[offset:]
        return
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset : offset + len(written)] = written


def _no_power() -> apsw.Error:
    error = apsw.IOError("no power")
    vars(error)["extendedresult"] = apsw.SQLITE_IOERR_WRITE
    return error


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = report.parser(__doc__)
    parser.add_argument("--cuts", type=int, default=1000, help="how many times the power is cut")
    parser.add_argument("--synchronous", default="FULL", choices=("FULL", "NORMAL", "OFF"), help="when SQLite syncs")
    given = parser.parse_args(arguments)
    return report.tell(run(given.cuts, synchronous=given.synchronous, seed=given.seed), as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
