"""One history from one seed, and many of them in several processes."""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final, Self
from unittest import mock

from headwater.exchange import delivery
from headwater.exchange.envelope import Lane
from headwater.model.ids import AuthorityId
from headwater.testing.sim.acts import Officers
from headwater.testing.sim.checks import at_rest, count_messages, is_from_tomorrow, is_late, left_in_file
from headwater.testing.sim.clock import NodeClock
from headwater.testing.sim.crypto import repeatable_crypto
from headwater.testing.sim.disk import NodeDisk
from headwater.testing.sim.faults import Faults
from headwater.testing.sim.keys import SimKeys
from headwater.testing.sim.mix import Mix
from headwater.testing.sim.network import Network
from headwater.testing.sim.node import SimNode
from headwater.testing.sim.plants import planted
from headwater.testing.sim.setting import Setting, make_setting
from headwater.testing.sim.world import Crew, EndlessError, World

STARTS: Final = (
    datetime(2026, 9, 25, 8, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 52, tzinfo=UTC),
    datetime(2027, 3, 28, 0, 52, tzinfo=UTC),
)
"""When histories begin: on a day like others, and shortly before summer time ends and begins."""
IDLE_S: Final = 300.0
"""Longest sleep of a simulated courier; the product's own five seconds would only cost time."""
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - folders in it are made under names that nobody can guess
_LOOK_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class History:
    """What became of one seed.

    Attributes:
        bad: what must not be; empty is good.
        simulated_s: how long it was, in its own time.
        drained_s: how long everything took to come to rest once nothing went wrong any more.
        trace: SHA-256 over all that happened.
        messages: how many were on their way.
        done: how often officers did what.
        cpu_s: seconds of CPU that it took to play.
    """

    seed: int
    bad: tuple[str, ...]
    simulated_s: float
    drained_s: float
    trace: str
    messages: int = 0
    done: dict[str, int] = field(default_factory=dict)
    cpu_s: float = 0.0


class Stage:
    """What many histories in one process share: folders in memory, disks, threads, nodes that were set up."""

    def __init__(self, nodes: int | None, plant: str | None, mix: Mix) -> None:
        """Play with so many nodes; None: each seed with its own number of 2 to 5."""
        self._nodes = nodes
        self._mix = mix
        self._crew = Crew()
        self._stack = ExitStack()
        base = str(_MEMORY) if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="headwater-sim-", dir=base))
        self._folder = Path(folder)
        self._stack.enter_context(repeatable_crypto())
        self._stack.enter_context(mock.patch.object(delivery, "IDLE_S", IDLE_S))
        self._stack.enter_context(_quiet(logging.getLogger("headwater")))
        self._stack.enter_context(planted(plant))
        self._settings: dict[int, Setting] = {}
        self._disks = [NodeDisk(f"headwater-sim-{number}") for number in range(5)]

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of everything."""
        self._crew.close()
        for disk in self._disks:
            disk.unregister()
        self._stack.close()

    def play(self, seed: int) -> History:
        """Play one history."""
        begun = time.process_time()
        return replace(self._played(seed), cpu_s=time.process_time() - begun)

    def _played(self, seed: int) -> History:
        world = World(seed, self._crew)
        count = self._nodes or world.chance.choice((2, 2, 3, 3, 4, 5))
        setting = self._setting(count)
        folder = self._folder / "now"
        folder.mkdir()
        try:
            setting.copy(folder)
            return _Play(world, self._mix, setting, folder, self._disks).play()
        finally:
            shutil.rmtree(folder)

    def _setting(self, count: int) -> Setting:
        if count not in self._settings:
            folder = self._folder / str(count)
            folder.mkdir()
            self._settings[count] = make_setting(folder, count)
        return self._settings[count]


class _Play:
    """One history."""

    def __init__(self, world: World, mix: Mix, setting: Setting, folder: Path, disks: list[NodeDisk]) -> None:
        self._world = world
        self._mix = mix
        self._folder = folder
        self._network = Network(world, mix)
        self._nodes: dict[AuthorityId, SimNode] = {}
        start = world.chance.choice(STARTS)
        keys = setting.keys()
        for me, disk in zip(setting.authorities, disks, strict=False):
            skew = world.chance.uniform(-mix.skew_s, mix.skew_s)
            clock = NodeClock(lambda: world.now, start, skew)
            node = SimNode(world, self._network, me, folder / me, disk, clock, SimKeys(keys[me]))
            node.peers = setting.peers(me)
            self._nodes[me] = node
        self._officers = Officers(world, self._nodes)
        self._faults = Faults(world, mix, self._network, list(self._nodes.values()))
        self._drained_s = 0.0
        self._late = False
        self._messages = 0

    def play(self) -> History:
        """Play it to its end."""
        world, mix = self._world, self._mix
        for node in self._nodes.values():
            node.boot()
        weights = mix.act_weights
        for _ in range(mix.acts):
            what = world.chance.choices(list(weights), list(weights.values()))[0]
            world.at(world.chance.uniform(0, mix.faults_s), partial(self._officers.act, what))
        self._faults.draw()
        try:
            world.run(mix.faults_s)
            self._rest()
            self._late, self._messages = is_late(self._nodes), count_messages(self._nodes)
            world.bad += at_rest(self._nodes, self._officers.book, lossy=mix.corrupt > 0)
        except EndlessError:
            world.fault("the history does not come to an end")
        finally:
            for node in self._nodes.values():
                node.close()
        if not world.bad and not self._late:
            for me in self._nodes:
                data = (self._folder / me / "store.sqlite").read_bytes()
                world.bad += [f"{me}: {what}" for what in left_in_file(data, self._officers.book)]
        return History(
            world.seed,
            tuple(world.bad),
            world.now,
            self._drained_s,
            world.trace,
            self._messages,
            dict(self._officers.book.done),
        )

    def _rest(self) -> None:
        """Let everything come to rest, with nothing going wrong any more; then sync, and once more."""
        world = self._world
        self._faults.end()
        begun = world.now
        for step in (self._officers.put_right, self._officers.sync_all):
            step()
            end = world.now + self._mix.drain_s
            calm = _Calm(world, self._nodes)
            world.run(end, calm.reached)
            if not calm.reached():
                world.fault(f"not everything came to rest within {self._mix.drain_s:.0f} s")
                return
            self._drained_s = max(self._drained_s, world.now - begun)
            begun = world.now


class _Calm:
    """Whether everything has come to rest: looked at now and then."""

    def __init__(self, world: World, nodes: dict[AuthorityId, SimNode]) -> None:
        self._world = world
        self._nodes = nodes
        self._calm = False
        self._size = -1
        world.after(_LOOK_S, self._look)

    def reached(self) -> bool:
        """Return whether everything had come to rest at the last look."""
        return self._calm

    def _look(self) -> None:
        size, busy = 0, False
        for node in self._nodes.values():
            with node.store.snapshot() as snapshot:
                size += snapshot.head().size
                due = [(peer, lane) for peer in node.peers for lane in Lane if snapshot.is_due(peer, lane)]
                rows = [row for peer, lane in due for row in snapshot.due_outgoing(peer, lane, 64)]
            busy = busy or any(not is_from_tomorrow(row.envelope, node.clock.now()) for row in rows)
        # One more look after the last change: a tend may still have something to ask.
        if not busy and size == self._size:
            self._calm = True
            return
        self._size = -1 if busy else size
        self._world.after(_LOOK_S if busy else 2 * 60.0, self._look)


@contextmanager
def _quiet(log: logging.Logger) -> Iterator[None]:
    """Let nothing be logged: a history tells more."""
    before, log.disabled = log.level, True
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)
        log.disabled = False


def play_many(
    seeds: range, *, nodes: int | None = None, plant: str | None = None, mix: Mix | None = None, processes: int = 1
) -> tuple[list[History], float]:
    """Play many histories and return them, and how long it took."""
    begun = time.monotonic()
    part = partial(_play_part, nodes=nodes, plant=plant, mix=mix or Mix())
    if processes == 1:
        return part(seeds), time.monotonic() - begun
    parts = [seeds[number::processes] for number in range(processes)]
    part = partial(part, parent=os.getpid())
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        found = [history for histories in pool.map(part, parts) for history in histories]
    return sorted(found, key=lambda history: history.seed), time.monotonic() - begun


def _play_part(
    seeds: range, *, nodes: int | None, plant: str | None, mix: Mix, parent: int | None = None
) -> list[History]:
    """Play some histories; where the process that asked for them is no more, no further ones."""
    with Stage(nodes, plant, mix) as stage:
        return [stage.play(seed) for seed in seeds if parent is None or os.getppid() == parent]
