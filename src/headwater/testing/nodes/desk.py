"""A desk: an officer's process, forked so that it is at work at once, and the pipe through which it tells promises."""

import os
import select
import signal
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from headwater.testing.nodes.officer import Post, work
from headwater.testing.nodes.promises import WRONG, Promises, line

_PART: Final = 1 << 16
LONGEST_ACT_S: Final = 120.0
"""An officer waits for the store for half a minute at most."""


@dataclass(slots=True)
class Desk:
    """One officer's process as the harness holds it."""

    post: Post
    promises: Promises
    process: int
    told: int
    stop: int
    heard: bytes = field(default=b"")

    @classmethod
    def opened(cls, post: Post, promises: Promises) -> "Desk":
        """Fork an officer and let it work."""
        told, telling = os.pipe()
        stopping, stop = os.pipe()
        process = os.fork()
        if process == 0:
            for end in (told, stop):  # held here, they would keep the officer alive without a harness
                os.close(end)
            _child(post, telling, stopping)
        os.close(telling)
        os.close(stopping)
        return cls(post, promises, process, told, stop)

    def hear(self) -> bool:
        """Keep what has been told; False at the end of the pipe. Waits until there is something."""
        part = os.read(self.told, _PART)
        *whole, self.heard = (self.heard + part).split(b"\n")
        for each in whole:
            self.promises.hear(each)
        return bool(part)

    def speaks_within(self, seconds: float) -> bool:
        """Wait for a word, keep it, and return whether it came."""
        return bool(select.select([self.told], [], [], seconds)[0]) and self.hear()

    def kill(self) -> None:
        """End the process with SIGKILL; what it had told before counts."""
        os.kill(self.process, signal.SIGKILL)
        self._ended()

    def close(self) -> None:
        """Let the officer finish what it is doing; one that does not is killed, and that is wrong."""
        with suppress(BrokenPipeError):  # it ended by itself; why stands in what it has told
            os.write(self.stop, b".")
        end = time.monotonic() + LONGEST_ACT_S
        while (left := end - time.monotonic()) > 0 and select.select([self.told], [], [], left)[0]:
            if not self.hear():
                break
        else:
            os.kill(self.process, signal.SIGKILL)
            self.promises.wrong.append(f"the officer was still at one thing after {LONGEST_ACT_S:.0f} s")
        self._ended()

    def _ended(self) -> None:
        while self.hear():
            pass
        os.waitpid(self.process, 0)
        os.close(self.told)
        os.close(self.stop)


def listen(desks: Iterable[Desk], until: float) -> None:
    """Keep what is told at any desk, until a time of `time.monotonic`."""
    by_pipe = {desk.told: desk for desk in desks}
    while (left := until - time.monotonic()) > 0:
        for pipe in select.select(list(by_pipe), [], [], left)[0]:
            if not by_pipe[pipe].hear():
                del by_pipe[pipe]  # it ended by itself; why stands in what it has told


def _child(post: Post, telling: int, stopping: int) -> None:
    """Work in the forked process. Never returns."""
    try:
        work(post, telling, stopping)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        where = traceback.extract_tb(error.__traceback__)[-1]
        os.write(telling, line(WRONG, post.key, f"{type(error).__name__} at {where.filename}:{where.lineno}: {error}"))
    finally:
        os._exit(0)
