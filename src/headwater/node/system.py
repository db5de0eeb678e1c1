"""The real clock and the real chance, handed to every room that asks for them."""

import gc
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of those it started that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


@contextmanager
def settled() -> Iterator[None]:
    """Keep Python's collector, while a long run makes many short-lived things, from walking all that was there before.

    What was laid out lives on anyway; walking it over and over took a fifth of a run of some hundred queries.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
