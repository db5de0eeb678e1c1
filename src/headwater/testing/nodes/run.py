"""The run: set up as the exercise does, send, kill, let everything come to rest, compare."""

import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from headwater.errors import HeadwaterError
from headwater.exchange.envelope import Lane
from headwater.exchange.outbox import APPROVER
from headwater.exercise.scenario import USERS
from headwater.exercise.stage import AUTHORITIES, House, Stage, stage, until
from headwater.exercise.steps.finding import read_files
from headwater.exercise.steps.opening import make_nodes, make_trust
from headwater.model.ids import AuthorityId
from headwater.node import Node, messages
from headwater.testing import report
from headwater.testing.nodes.desk import Desk, listen
from headwater.testing.nodes.officer import PARTNERS, Post
from headwater.testing.nodes.promises import STALLED_S, Promises
from headwater.testing.nodes.rest import CALM, at_rest

PREPARED: Final = "nodes.json"
"""Ports and records of a stage that was set up, so that copies of it can be used."""
PLANTED: Final = "headwater.testing.nodes.planted"
_MEAN_LIFE_S: Final = 0.5
"""Mean time between two kills, of any process."""
_EARLY: Final = 0.1
"""Share of kills that hit a node again while it starts."""
_MEAN_START_S: Final = 0.2
_MEAN_ACT_S: Final = 0.004
"""Mean time between an officer's last word and the kill: most often he is in the middle of the next letter."""
_OFFICERS: Final = 0.4
"""Share of kills that hit the officers instead of the node."""
_LONGEST_SILENCE_S: Final = 30.0
_DRAIN_S: Final = 60.0
"""Everything must be delivered this long after the last fault."""
_START_S: Final = 30.0


def prepare(folder: Path) -> None:
    """Set up the three nodes of the exercise in a folder, through the real commands, and end their processes."""
    with stage(folder) as made:
        for play in (make_nodes, make_trust, read_files):
            play(made, planted=False)
    ports = {key: house.port for key, house in made.houses.items()}
    sizes = {key: _events(house) for key, house in made.houses.items()}
    kept = {"ports": ports, "notes": {**made.notes, CALM: sizes}}
    (folder / PREPARED).write_text(json.dumps(kept), encoding="utf-8")


@contextmanager
def staged(prepared: Path | None) -> Iterator[Path]:
    """Yield a folder with the stage set up: a copy of one that was prepared, or a new one; it is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="headwater-nodes-") as temporary:
        folder = Path(temporary) / "stage"
        if prepared is None:
            folder.mkdir()
            prepare(folder)
        else:
            shutil.copytree(prepared, folder)
        yield folder


def run(kills: int, *, seed: int = 0, plant: str | None = None, prepared: Path | None = None) -> report.Report:
    """Kill node processes so many times, and return what was found.

    Args:
        kills: how many SIGKILLs node processes get; officers get some on top.
        seed: what is drawn from it decides whom a kill hits and when, and what is sent. Processes are not repeatable.
        plant: a known fault, which must be found.
        prepared: a folder made by `prepare`; it is copied, and stays as it is.
    """
    begun = time.monotonic()
    with staged(prepared) as folder:
        with opened(folder, plant) as made:
            killer = _Killer(made, seed, plant)
            bad = [*tried(lambda: killer.kill(kills)), *tried(lambda: drain(made))]
        bad += [f"{house.authority} ended with {code} when it was asked to" for house, code in ends(made) if code != 0]
        bad += at_rest(made, killer.promises, killer.counts)
    wrong = [f"{key}: {what}" for key, promises in killer.promises.items() for what in promises.wrong]
    found = tuple(f"seed {seed}: {what}" for what in [*killer.bad, *wrong, *bad])
    return report.Report(kills, found, time.monotonic() - begun, dict(killer.counts))


class _Killer:
    """Sends and kills."""

    def __init__(self, made: Stage, seed: int, plant: str | None) -> None:
        self.promises = {key: Promises() for key in made.houses}
        self.counts: Counter[str] = Counter(nodes_killed=0, officers_killed=0, killed_at_start=0)
        self.bad: list[str] = []
        self._made = made
        self._chance = random.Random(seed)
        self._plant = plant
        self._desks: dict[str, Desk] = {}

    def kill(self, times: int) -> None:
        """Start everything, kill so many node processes at random times, and let the officers end their day."""
        for house in self._made.houses.values():
            self._made.start(house)
        try:
            for key in self._made.houses:
                self._open_desk(key)
            killed, at = 0, time.monotonic()
            while self.counts["nodes_killed"] < times:
                self._listen(_MEAN_LIFE_S)
                self._look_after()
                self._kill_one(self._chance.choice(list(self._made.houses.values())))
                if self.counts["nodes_killed"] > killed:
                    killed, at = self.counts["nodes_killed"], time.monotonic()
                elif time.monotonic() > at + STALLED_S:
                    self.bad.append(f"no node answered for {STALLED_S:.0f} s")
                    break
        finally:
            for desk in self._desks.values():
                desk.close()
        for house in self._made.houses.values():
            until(lambda house=house: self._made.answers(house), f"{house.authority} to answer", _START_S, house)

    def _kill_one(self, house: House) -> None:
        if self._chance.random() < _OFFICERS:
            self._kill_officer(house.key)
        elif self._made.answers(house):
            self._kill_node(house)
            while self._chance.random() < _EARLY:
                self._listen(_MEAN_START_S)
                self._kill_node(house)
                self.counts["killed_at_start"] += 1

    def _kill_node(self, house: House) -> None:
        self._made.kill(house)
        self._made.launch(house)
        self.counts["nodes_killed"] += 1

    def _kill_officer(self, key: str) -> None:
        desk = self._desks.pop(key)
        if desk.speaks_within(_LONGEST_SILENCE_S):
            self._listen(_MEAN_ACT_S)
        else:
            self.bad.append(f"the officer of {key} said nothing for {_LONGEST_SILENCE_S:.0f} s")
        desk.kill()
        self.counts["officers_killed"] += 1
        self._open_desk(key)

    def _listen(self, mean_s: float) -> None:
        listen(self._desks.values(), time.monotonic() + self._chance.expovariate(1 / mean_s))

    def _open_desk(self, key: str) -> None:
        record = str(self._made.notes[f"record-{key}"])
        promises, seed = self.promises[key], self._chance.getrandbits(32)
        home = self._made.houses[key].home
        post = Post(key, home, record, tuple(promises.waiting), tuple(promises.unseen), seed, self._plant)
        self._desks[key] = Desk.opened(post, promises)

    def _look_after(self) -> None:
        """Start what has ended by itself, and keep that it has."""
        for house in self._made.houses.values():
            if house.process is not None and house.process.poll() is not None:
                self.bad.append(f"{house.authority} ended by itself with {house.process.returncode}")
                self._made.launch(house)


def tried(act: Callable[[], None]) -> list[str]:
    """Return what went wrong with an act, as a list that is empty where nothing did."""
    try:
        act()
    except HeadwaterError as error:
        return [f"{error.code}: {error.what}"]
    return []


def drain(made: Stage, within_s: float = _DRAIN_S) -> None:
    """Approve what still waits for a second person, and wait until everything is delivered."""
    with ExitStack() as stack:
        nodes = {key: stack.enter_context(Node.open(house.home, {})) for key, house in made.houses.items()}
        for key, node in nodes.items():
            _approve_all(node, USERS[key][1])
        until(lambda: not any(_queued(node, PARTNERS[key]) for key, node in nodes.items()), "all to go", within_s)


def _approve_all(node: Node, supervisor: str) -> None:
    session = node.session(supervisor, "oic")
    for draft in node.exchange.drafts():
        messages.approve(node, session, draft.id, APPROVER)


def _queued(node: Node, partners: tuple[str, ...]) -> bool:
    with node.store.snapshot() as snapshot:
        return any(
            snapshot.due_outgoing(AuthorityId(AUTHORITIES[key][0]), lane, 1) for key in partners for lane in Lane
        )


def _events(house: House) -> int:
    with Node.open(house.home, {}) as node, node.store.snapshot() as snapshot:
        return snapshot.head().size


def ends(made: Stage) -> Iterator[tuple[House, int | None]]:
    """Yield each house with the exit status of its process."""
    for house in made.houses.values():
        if house.process is not None:
            yield house, house.process.returncode


@contextmanager
def opened(folder: Path, plant: str | None) -> Iterator[Stage]:
    """Yield a stage that `prepare` has set up, and end its processes afterwards."""
    kept = json.loads((folder / PREPARED).read_text(encoding="utf-8"))
    ports: Mapping[str, int] = kept["ports"]
    houses = {
        key: House(key, authority, name, zone, folder / key, ports[key])
        for key, (authority, name, zone) in AUTHORITIES.items()
    }
    program = ("headwater",) if plant is None else (PLANTED, plant)
    made = Stage(folder, houses, notes=kept["notes"], program=program)
    try:
        yield made
    finally:
        made.close()
