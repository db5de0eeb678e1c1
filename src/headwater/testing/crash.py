"""Kills a writing process with -9, many times, and compares what its store holds with what it promised.

::

    python -m headwater.testing.crash --cycles 1000 [--plant ack-before-commit] [--seed 7] --json

Each cycle forks a writer over the same store. It receives the messages of which nobody knows whether they were kept,
a few that were promised (a partner that lost the receipt sends again), and new ones; each promise goes through a pipe.
It is killed at a random time, mostly after the second promise, at times while it opens the store. A plant is a known
fault, which must be found. What a kill cannot show is a missing sync: the operating system keeps what was written.
"""

import os
import random
import select
import shutil
import signal
import struct
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from headwater.errors import StoreError
from headwater.store import Head, Store
from headwater.testing import report
from headwater.testing.fakes import FakeClock, SeededChance
from headwater.testing.promises import act_on, broken_promises, numbers_kept, receive, receive_without_asking, take_in

PLANTS: Final = ("ack-before-commit", "no-dedupe", "split-transaction")
"""Faults that can be planted: promise before the commit, act again on what came before, keep a message in two parts."""

_LIVES: Final = 50
"""Kills that one node goes through before a fresh one takes its place."""
_IN_FLIGHT: Final = 4
_LEAST_PROMISES: Final = 2
_MEAN_LIFE_S: Final = 0.012
_EARLY: Final = 0.1
"""Share of kills that do not wait for two promises."""
_LONGEST_WAIT_S: Final = 30.0
_PROMISE: Final = struct.Struct("<qq32s")

Tell = Callable[[int, Head], None]


def run(cycles: int, *, plant: str | None = None, seed: int = 0) -> report.Report:
    """Kill so many writers and return what was found."""
    chance = random.Random(seed)
    begun = time.monotonic()
    bad: list[str] = []
    with tempfile.TemporaryDirectory(prefix="headwater-crash-") as folder:
        home = Path(folder) / "node"
        promised: dict[int, Head] = {}
        spent, cycle = True, 0
        while cycle < cycles:
            if spent or cycle % _LIVES == 0:
                shutil.rmtree(home, ignore_errors=True)
                Store.create(home, clock=FakeClock(), chance=SeededChance(seed)).close()
                promised = {}
            told, wrong = _one_life(home, promised, plant, chance)
            promised.update(told)
            found = [*_look(home, promised), *wrong]
            spent = bool(found)
            bad += [f"cycle {cycle}, seed {seed}: {what}" for what in found]
            # A life too short for two promises is looked at, and comes on top.
            cycle += spent or len(told) >= _LEAST_PROMISES
    return report.Report(cycles, tuple(bad), time.monotonic() - begun)


def _one_life(
    home: Path, promised: Mapping[int, Head], plant: str | None, chance: random.Random
) -> tuple[dict[int, Head], list[str]]:
    """Fork a writer, kill it, and return what it promised, and what was wrong with how it lived."""
    again = chance.sample(sorted(promised), min(3, len(promised)))
    first = max(promised, default=-1) + 1
    # Those in flight at the last kill come again: they were perhaps kept, and nobody was told.
    numbers = [*range(first, first + _IN_FLIGHT), *again]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _child(home, numbers, first + _IN_FLIGHT, plant, writing, chance.getrandbits(32))
    os.close(writing)
    try:
        return _listen_and_kill(child, reading, chance)
    finally:
        os.close(reading)


def _child(home: Path, numbers: list[int], following: int, plant: str | None, pipe: int, seed: int) -> None:
    """Write until killed. Never returns."""
    try:

        def tell(number: int, head: Head) -> None:
            os.write(pipe, _PROMISE.pack(number, head.size, head.root))

        store = Store.open(home, clock=FakeClock(), chance=SeededChance(seed))
        _write(store, numbers, following, plant, tell)
    finally:
        os._exit(1)


def _write(store: Store, numbers: list[int], following: int, plant: str | None, tell: Tell) -> None:
    waiting: deque[tuple[int, Future[Head]]] = deque()
    queue = deque(numbers)
    while True:
        number = queue.popleft() if queue else following
        following += number == following
        if plant == "split-transaction" and number not in numbers_kept(store):
            store.write(take_in(number))
            waiting.append((number, store.submit(act_on(number))))
        else:
            waiting.append(
                (number, store.submit((receive_without_asking if plant == "no-dedupe" else receive)(number)))
            )
        if plant == "ack-before-commit":
            with store.snapshot() as reader:
                tell(number, reader.head())
        if len(waiting) == _IN_FLIGHT:
            done, future = waiting.popleft()
            tell(done, future.result())


def _listen_and_kill(child: int, pipe: int, chance: random.Random) -> tuple[dict[int, Head], list[str]]:
    received, wrong = b"", list[str]()
    if chance.random() >= _EARLY:
        enough = _LEAST_PROMISES * _PROMISE.size
        until = time.monotonic() + _LONGEST_WAIT_S
        received = _listen(pipe, until, enough)
        if len(received) < enough and time.monotonic() >= until:
            wrong.append(f"the writer did not promise {_LEAST_PROMISES} messages in {_LONGEST_WAIT_S:.0f} s")
    received += _listen(pipe, time.monotonic() + chance.expovariate(1 / _MEAN_LIFE_S))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    received += _listen(
        pipe, time.monotonic() + _LONGEST_WAIT_S
    )  # what was promised before the kill; ends with the pipe
    whole = len(received) // _PROMISE.size * _PROMISE.size
    told = {number: Head(size, root) for number, size, root in _PROMISE.iter_unpack(received[:whole])}
    return told, wrong if os.WIFSIGNALED(status) else [*wrong, "the writer ended by itself"]


def _listen(pipe: int, until: float, enough: int | None = None) -> bytes:
    """Return what comes through the pipe until a time, its end, or there is enough."""
    received = b""
    while enough is None or len(received) < enough:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        part = os.read(pipe, 1 << 16) if ready else b""
        if not part:
            break
        received += part
    return received


def _look(home: Path, promised: Mapping[int, Head]) -> list[str]:
    try:
        store = Store.open(home, clock=FakeClock(), chance=SeededChance())
    except StoreError as error:
        return [f"{error.code}: {error.what}"]
    try:
        return list(broken_promises(store, promised))
    finally:
        store.close()


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = report.parser(__doc__)
    parser.add_argument("--cycles", type=int, default=1000, help="how many writers are killed")
    parser.add_argument("--plant", choices=PLANTS, help="a known fault, which must be found")
    given = parser.parse_args(arguments)
    return report.tell(run(given.cycles, plant=given.plant, seed=given.seed), as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
