"""A folder for what is worked out on the way: at a node in its own directory, and gone afterwards, even after a kill.

Nobody tidies up after `kill -9`; the next that works in the same place does. As long as a process lives, and any that it
forked, it holds a lock (flock(2)) on its folder, so what nobody holds is left over. A folder that is swept away in the instant
in which it was made, and not yet held, is made again.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    beside = home if home is not None else Path(tempfile.gettempdir())
    sweep(beside)
    with translated(beside):
        folder, handle = _held(beside)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
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


def _held(beside: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=beside))
        with suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if folder.is_dir():
                return folder, handle
            os.close(handle)
