"""The exercise as a process of its own: started, watched through /proc, stopped."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE_S = 300.0


@dataclass
class Exercise:
    """One run of `python -m headwater demo`, with the most memory that all its processes held together.

    Attributes:
        words: what stands after `demo`.
        environment: what is set beside the test's own environment.
        peak_bytes: the highest sum of resident sizes that was seen; memory that processes share counts for each.
    """

    words: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    peak_bytes: int = 0
    seen: set[int] = field(default_factory=set)

    def __enter__(self) -> Self:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HEADWATER_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "headwater", "demo", *self.words],
            env={**kept, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
                self.process.communicate(timeout=PATIENCE_S)
        finally:
            self.process.kill()
            self._done.set()
            self._watch.join()

    def end(self) -> tuple[int, str, str]:
        """Wait for the end and return exit code, standard output and standard error."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        self._done.set()
        self._watch.join()
        return self.process.returncode, out, err

    def nodes(self) -> list[int]:
        """The node processes of this run that live now."""
        return [pid for pid in list(self.seen) if b"\0node\0serve\0" in command_of(pid)]

    def living(self) -> list[int]:
        """Every process of this run that lives now."""
        return [pid for pid in list(self.seen) if b"headwater" in command_of(pid)]

    def _look(self) -> None:
        while not self._done.wait(0.02):
            family = list(descendants(self.process.pid))
            self.seen.update(family)
            self.peak_bytes = max(self.peak_bytes, sum(resident_bytes(pid) for pid in family))


def descendants(pid: int) -> Iterator[int]:
    """A process and all that it started, and they, as long as they live."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from descendants(int(child))


def resident_bytes(pid: int) -> int:
    """The resident size of a process; nothing where it has ended."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def command_of(pid: int) -> bytes:
    """The command line of a process; nothing where it has ended or is only waited for."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def document(text: str) -> dict[str, Any]:
    """The one document of a run; anything before or after it is an error."""
    found = json.loads(text)
    assert isinstance(found, dict)
    return found
