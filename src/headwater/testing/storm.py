"""Everything at once: nodes killed every few seconds, bad lines, full disks; every message arrives once and unaltered.

::

    python -m headwater.testing.storm --messages 100000 [--every 5] [--plant act-again] [--seed 7] --json

Sets up the three nodes of the exercise through the real commands, a `proxy` before each, and an officer's process at each.
Every so many seconds something is struck: a node or an officer is killed with -9, or a node's disk is full for a while
(``RLIMIT_FSIZE``: the system refuses each write beyond a size). Once so many messages are promised the weather clears,
everything must be delivered, and all promises, messages, receipts, records and ledgers are compared. How far it has come is
told on standard error every ten seconds.
"""

import random
import resource
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from headwater.exercise.stage import House, Stage, until
from headwater.testing import nodes, report
from headwater.testing.network import STORMY, proxied
from headwater.testing.nodes.desk import Desk, listen
from headwater.testing.nodes.officer import Post
from headwater.testing.nodes.promises import Progress, Promises
from headwater.testing.nodes.rest import ALARMS, at_rest
from headwater.testing.nodes.run import drain, ends, opened, tried
from headwater.testing.proxy import Weather

EVERY_S: Final = 5.0
"""Seconds between two strikes (exchange.md, goal G3)."""
_WEATHER: Final = Weather(after_bytes=1_500_000, lasts_bytes=200_000, corrupt_every=50_000, hold_s=2.0)
"""Lines that let some hundred messages pass before they fail: with worse ones, 100,000 would take days."""
_STRIKES: Final = ("node", "node", "node", "officer", "disk")
"""What is struck: dealt like cards, so that every five strikes hold each sort however fast the machine is."""
_FULL_FOR_S: Final = 2.0
_PAUSE_S: Final = 0.005
_MOST_UNSEEN: Final = 400
_LISTEN_S: Final = 0.2
_TELL_S: Final = 10.0
_START_S: Final = 60.0
_DRAIN_S: Final = 400.0
"""The longest rest of a message that a full disk could not take is five minutes."""

Tell = Callable[[str], None]


def run(
    messages: int,
    *,
    every_s: float = EVERY_S,
    least_strikes: int = 0,
    seed: int = 0,
    plant: str | None = None,
    prepared: Path | None = None,
    tell: Tell = lambda _: None,
) -> report.Report:
    """Send so many messages in the storm and return what was found.

    Args:
        messages: how many are promised, at least, before the weather clears.
        every_s: seconds between two strikes.
        least_strikes: the weather does not clear before so many, however fast the machine sends.
        seed: what is drawn from it decides on letters, lines and strikes. Processes are not repeatable.
        plant: a known fault of the nodes, which must be found.
        prepared: a folder made by `nodes.prepare`; it is copied, and stays as it is.
        tell: hears now and then how far it has come.
    """
    begun = time.monotonic()
    with nodes.staged(prepared) as folder:
        with opened(folder, plant) as made:
            chance = random.Random(seed)
            storm = _Storm(made, chance, plant, tell)
            with proxied(made, _WEATHER, chance, storm.counts) as proxies:
                bad = tried(lambda: storm.rage(messages, every_s, least_strikes))
                for proxy in proxies:
                    proxy.clear()
                tell(f"{storm.promised} promised; the weather is clear, waiting for what is on its way")
                bad += tried(lambda: drain(made, _DRAIN_S))
        tell("delivered; comparing all that the nodes hold")
        bad += [f"{house.authority} ended with {code} when it was asked to" for house, code in ends(made) if code != 0]
        bad += at_rest(made, storm.promises, storm.counts, alarms=ALARMS - STORMY)
    bad += [f"{key}: {what}" for key, each in storm.promises.items() for what in each.wrong]
    if storm.promised < messages:
        bad.append(f"only {storm.promised} of {messages} messages were promised")
    found = tuple(f"seed {seed}: {what}" for what in [*storm.bad, *bad])
    return report.Report(storm.promised, found, time.monotonic() - begun, dict(storm.counts))


class _Storm:
    """Lets officers send, and strikes."""

    def __init__(self, made: Stage, chance: random.Random, plant: str | None, tell: Tell) -> None:
        self.promises = {key: Promises() for key in made.houses}
        self.counts: Counter[str] = Counter(nodes_killed=0, officers_killed=0, disks_filled=0)
        self.bad: list[str] = []
        self._made = made
        self._chance = chance
        self._plant = plant
        self._tell = tell
        self._desks: dict[str, Desk] = {}
        self._full: dict[str, float] = {}
        self._dealt: list[str] = []

    @property
    def promised(self) -> int:
        """Messages of which a node has said that they are on their way."""
        return sum(len(each.queued) for each in self.promises.values())

    def rage(self, messages: int, every_s: float, least_strikes: int) -> None:
        """Start everything, strike until so many messages are promised, and let the officers end their day."""
        for house in self._made.houses.values():
            self._made.start(house)
        try:
            for key in self._made.houses:
                self._open_desk(key)
            self._until(messages, every_s, least_strikes)
        finally:
            for desk in self._desks.values():
                desk.close()
            self._make_room(float("inf"))
        for house in self._made.houses.values():
            until(lambda house=house: self._made.answers(house), f"{house.authority} to answer", _START_S, house)

    def _until(self, messages: int, every_s: float, least_strikes: int) -> None:
        begun = time.monotonic()
        strike_at, tell_at, strikes = begun + every_s, begun + _TELL_S, 0
        progress = Progress(self.promises, time.monotonic)
        while self.promised < messages or strikes < least_strikes:
            now = time.monotonic()
            listen(self._desks.values(), now + _LISTEN_S)
            self._make_room(now)
            self._look_after()
            if stalled := progress.stalled():
                self.bad += stalled
                return
            if now >= strike_at:
                self._strike(now)
                strike_at += every_s
                strikes += 1
            if now >= tell_at:
                tell_at += _TELL_S
                killed = f"{self.counts['nodes_killed']} nodes and {self.counts['officers_killed']} officers killed"
                done = report.pace(self.promised, messages, now - begun)
                self._tell(f"{done}; {killed}, {self.counts['disks_filled']} disks filled")

    def _strike(self, now: float) -> None:
        house = self._chance.choice(list(self._made.houses.values()))
        if not self._dealt:
            self._dealt = self._chance.sample(_STRIKES, len(_STRIKES))
        what = self._dealt.pop()
        if what == "officer":
            self._desks.pop(house.key).kill()
            self.counts["officers_killed"] += 1
            self._open_desk(house.key)
        elif what == "disk" and house.key not in self._full:
            self._fill_disk(house)
            self._full[house.key] = now + _FULL_FOR_S
        else:
            self._full.pop(house.key, None)  # the new process has room
            self._made.kill(house)
            self._made.launch(house)
            self.counts["nodes_killed"] += 1

    def _fill_disk(self, house: House) -> None:
        """Let the system refuse what a node writes beyond half of SQLite's log as it is now."""
        log = house.home / "store.sqlite-wal"
        self._limit(house, log.stat().st_size // 2 if log.exists() else 0)
        self.counts["disks_filled"] += 1

    def _make_room(self, now: float) -> None:
        for key in [key for key, until_ in self._full.items() if now >= until_]:
            del self._full[key]
            self._limit(self._made.houses[key], resource.RLIM_INFINITY)

    def _limit(self, house: House, most_bytes: int) -> None:
        if house.process is not None and house.process.poll() is None:
            _, hard = resource.prlimit(house.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(
                house.process.pid, resource.RLIMIT_FSIZE, (min(most_bytes, hard) if hard >= 0 else most_bytes, hard)
            )

    def _open_desk(self, key: str) -> None:
        record = str(self._made.notes[f"record-{key}"])
        promises, seed = self.promises[key], self._chance.getrandbits(32)
        post = Post(
            key=key,
            home=self._made.houses[key].home,
            record=record,
            waiting=tuple(promises.waiting),
            unseen=tuple(promises.unseen),
            seed=seed,
            plant=self._plant,
            pause_s=_PAUSE_S,
            most_unseen=_MOST_UNSEEN,
        )
        self._desks[key] = Desk.opened(post, promises)

    def _look_after(self) -> None:
        """Start what has ended by itself, and keep that it has."""
        for house in self._made.houses.values():
            if house.process is not None and house.process.poll() is not None:
                self.bad.append(f"{house.authority} ended by itself with {house.process.returncode}")
                self._made.launch(house)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = report.parser(__doc__)
    parser.add_argument("--messages", type=int, default=2000, help="how many messages are promised in the storm")
    parser.add_argument("--every", type=float, default=EVERY_S, help="seconds between two strikes")
    parser.add_argument("--plant", choices=nodes.PLANTS, help="a known fault of the nodes, which must be found")
    given = parser.parse_args(arguments)
    found = run(given.messages, every_s=given.every, seed=given.seed, plant=given.plant, tell=report.say)
    return report.tell(found, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
