"""The real clock and the real chance, handed to every room that asks for them."""

import os
import resource
from datetime import UTC, datetime
from pathlib import Path


class SystemClock:
    """Tells this machine's time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class SystemChance:
    """Draws from the operating system's generator."""

    def draw(self, count: int) -> bytes:
        """Return some random bytes, fit for keys and salts."""
        return os.urandom(count)


def peak_memory_mb() -> float:
    """Return the most memory that this process ever held, in MB.

    Linux hands a child the ``ru_maxrss`` of the process that started it, so its own high-water mark (proc(5), ``VmHWM``)
    is read where there is one.
    """
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").partition("VmHWM:")[2].split()
    except OSError:
        told = []
    return int(told[0]) / 1024 if told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
