"""A folder for what is worked out on the way: at a node in its own directory, and gone afterwards, even after a kill.

Nobody tidies up after `kill -9`; the next that works in the same place does, and a page that opens. Several processes may
serve one directory: as long as a process lives, and any that it forked, it holds a lock (flock(2)) on its folder, so what
nobody holds is left over. A folder that is swept away in the instant in which it was made, and not yet held, is made again.
Where a file system has no such locks, nothing is swept.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headwater.store.faults import translated

PREFIX: Final = "headwater-work-"


@contextmanager
def scratch(home: Path | None) -> Iterator[Path]:
    """Yield a folder that nobody else can read, and sweep away what others left beside it.

    Args:
        home: the node's directory; None for work that no node has to do with: the machine's own place for such things.

    Raises:
        StoreError: the disk is full or refuses.
    """
    held = hold(home if home is not None else Path(tempfile.gettempdir()))
    try:
        yield held.folder
    finally:
        held.let_go()


@dataclass(frozen=True, slots=True)
class Held:
    """A folder that this process holds."""

    folder: Path
    _handle: int

    def let_go(self) -> None:
        """Take it away."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._handle)


def hold(beside: Path) -> Held:
    """Return a new folder that nobody else can read, for whoever cannot use `scratch`, and sweep as it does.

    Raises:
        StoreError: the disk is full or refuses.
    """
    sweep(beside)
    with translated(beside):
        while True:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=beside))
            with suppress(FileNotFoundError):
                handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                with suppress(OSError):
                    fcntl.flock(handle, fcntl.LOCK_EX)
                if folder.is_dir():
                    return Held(folder, handle)
                os.close(handle)


def sweep(beside: Path) -> None:
    """Take away the folders that nobody holds any more; what cannot be opened belongs to somebody else."""
    for folder in beside.glob(f"{PREFIX}*"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
