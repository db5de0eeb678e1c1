"""Real node processes that talk over bad lines: every message arrives once and unaltered, whatever the network does.

::

    python -m headwater.testing.network --messages 400 [--fault corrupt|all] [--after-bytes 48000] [--seed 7] --json

Sets up the three nodes of the exercise through the real commands, puts a `proxy` before each, and lets officers send
until so many messages are promised. An officer waits once many of its messages are on their way, so that nearly all must get
through while lines are bad. Then the weather clears, everything must be delivered within a minute, and all promises, messages,
receipts, records and ledgers are compared, as after kills. How far it has come is told on standard error every ten seconds.
"""

import dataclasses
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from headwater.exercise.stage import Stage, free_ports
from headwater.settings import FILE_NAME, load, to_toml
from headwater.testing import nodes, report
from headwater.testing.nodes.desk import Desk, listen
from headwater.testing.nodes.officer import Post
from headwater.testing.nodes.promises import Progress, Promises
from headwater.testing.nodes.rest import ALARMS, at_rest
from headwater.testing.nodes.run import drain, ends, opened, tried
from headwater.testing.proxy import FAULTS, Proxy, Weather

_LISTEN_S: Final = 0.2
_TELL_S: Final = 10.0
_PAUSE_S: Final = 0.02
_MOST_UNSEEN: Final = 64
AFTER_BYTES: Final = 48_000
"""Some ten messages."""
STORMY: Final = frozenset(f"exchange.{word}" for word in ("refused", "receipt-doubted", "receipt-missing", "resting"))
"""Events that altered bytes bring about."""


def run(
    messages: int,
    *,
    fault: str = "all",
    after_bytes: int = AFTER_BYTES,
    seed: int = 0,
    plant: str | None = None,
    prepared: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> report.Report:
    """Send so many messages over bad lines and return what was found.

    Args:
        messages: how many are promised before the weather clears.
        fault: what the lines suffer from, or ``all``.
        after_bytes: mean number of bytes that pass a line before it fails.
        seed: what is drawn from it decides on letters and lines. Processes are not repeatable.
        plant: a known fault of the nodes, which must be found.
        prepared: a folder made by `nodes.prepare`; it is copied, and stays as it is.
        tell: hears now and then how far it has come.

    The report's runs are the messages that were promised; too few of them are bad.
    """
    begun = time.monotonic()
    weather = Weather(faults=FAULTS if fault == "all" else (fault,), after_bytes=after_bytes)
    with nodes.staged(prepared) as folder:
        bad: list[str] = []
        with opened(folder, plant) as made:
            chance = random.Random(seed)
            promises = {key: Promises() for key in made.houses}
            counts: Counter[str] = Counter(dict.fromkeys(weather.faults, 0))
            with proxied(made, weather, chance, counts) as proxies:
                for house in made.houses.values():
                    made.start(house)
                bad += _send(made, messages, promises, chance, plant, tell)
                for proxy in proxies:
                    proxy.clear()
                bad += tried(lambda: drain(made))
        bad += [f"{house.authority} ended with {code} when it was asked to" for house, code in ends(made) if code != 0]
        allowed = STORMY if "corrupt" in weather.faults else frozenset({"exchange.receipt-missing"})
        bad += at_rest(made, promises, counts, alarms=ALARMS - allowed)
    bad += [f"{key}: {what}" for key, each in promises.items() for what in each.wrong]
    if (sent := _promised(promises)) < messages:
        bad.append(f"only {sent} of {messages} messages were promised")
    found = tuple(f"seed {seed}: {what}" for what in bad)
    return report.Report(sent, found, time.monotonic() - begun, dict(counts))


def _promised(promises: Mapping[str, Promises]) -> int:
    return sum(len(each.queued) for each in promises.values())


def _send(
    made: Stage,
    messages: int,
    promises: dict[str, Promises],
    chance: random.Random,
    plant: str | None,
    tell: Callable[[str], None],
) -> list[str]:
    """Let officers work until so many messages are promised; return where they got no further before."""
    desks: list[Desk] = []
    try:
        for key, house in made.houses.items():
            record, drawn = str(made.notes[f"record-{key}"]), chance.getrandbits(32)
            post = Post(key, house.home, record, (), (), drawn, plant=plant, pause_s=_PAUSE_S, most_unseen=_MOST_UNSEEN)
            desks.append(Desk.opened(post, promises[key]))
        begun = tell_at = time.monotonic()
        progress = Progress(promises, time.monotonic)
        while (sent := _promised(promises)) < messages:
            now = time.monotonic()
            if now >= tell_at + _TELL_S:
                tell_at = now
                tell(report.pace(sent, messages, now - begun))
            listen(desks, now + _LISTEN_S)
            if stalled := progress.stalled():
                return stalled
        return []
    finally:
        for desk in desks:
            desk.close()


@contextmanager
def proxied(made: Stage, weather: Weather, chance: random.Random, counts: Counter[str]) -> Iterator[list[Proxy]]:
    """Put a proxy where each node's card says that it listens, and let the node listen elsewhere."""
    proxies: list[Proxy] = []
    try:
        for house, port in zip(made.houses.values(), free_ports(len(made.houses)), strict=True):
            proxies.append(Proxy(house.port, port, weather, chance.getrandbits(32)))
            settings = load(house.home, {}).settings
            moved = dataclasses.replace(settings, listen=f"127.0.0.1:{port}", endpoint=house.endpoint)
            (house.home / FILE_NAME).write_text(to_toml(moved), encoding="utf-8")
            house.port = port
        yield proxies
    finally:
        for proxy in proxies:
            proxy.close()
            counts.update(proxy.counts)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = report.parser(__doc__)
    parser.add_argument("--messages", type=int, default=400, help="how many messages are promised in bad weather")
    parser.add_argument("--fault", choices=(*FAULTS, "all"), default="all", help="what lines suffer from")
    parser.add_argument(
        "--after-bytes", type=int, default=AFTER_BYTES, help="how many pass a line before it fails, in the mean"
    )
    parser.add_argument("--plant", choices=nodes.PLANTS, help="a known fault of the nodes, which must be found")
    given = parser.parse_args(arguments)
    found = run(
        given.messages,
        fault=given.fault,
        after_bytes=given.after_bytes,
        seed=given.seed,
        plant=given.plant,
        tell=report.say,
    )
    return report.tell(found, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
