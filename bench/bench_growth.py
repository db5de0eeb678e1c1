"""What ten and a hundred times the data cost: CPU of one unit at three sizes, room by room.

    python bench/bench_growth.py [--only events records ...] [--most 1.0]

Each room does the same at three sizes, each ten times the one before, in a process of its own, twice; the lesser CPU counts.
Told are the cost of one unit at the largest size and how many times that is the cost at the smallest; the peer is a room
whose cost of a unit never grows, which is 1. The fit is the slope of a line through the logarithms of size and whole cost:
1 grows as the data does, 2 as its square. `--most 0.1` measures a tenth of each size.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

A_DECADE: Final = 1.5
"""What a unit may cost at ten times the data, as a multiple: the goal of trace.md (T3), taken for every room that reads all it has."""
ROUNDS: Final = 2
GROUP: Final = 1_000
ASKED: Final = 500
LOOKED_UP: Final = frozenset({"queries"})
"""Rooms of which one unit looks into all of the data: it may cost more in more, and has no goal."""


def events(count: int) -> float:
    """Note events in the ledger, a thousand in a change, synced."""
    from bench.bench_store import fresh, note_from

    with fresh() as store:
        begun = time.process_time()
        for start in range(0, count, GROUP):
            store.write(note_from(start, min(GROUP, count - start)))
        return time.process_time() - begun


def records(count: int) -> float:
    """Keep records of six facts, five hundred in a change, synced."""
    from bench.bench_store import fresh, record

    def keep(part: list[Any], tx: Any) -> None:
        for each in part:
            tx.add_record(each)

    made = [record(number) for number in range(count)]
    with fresh() as store:
        begun = time.process_time()
        for start in range(0, count, 500):
            store.write(partial(keep, made[start : start + 500]))
        return time.process_time() - begun


def proofs(count: int) -> float:
    """Prove that an event stands in a ledger of so many; the cost is that of one proof times the size."""
    from bench.bench_store import fresh, note_from

    with fresh("OFF") as store:
        for start in range(0, count, GROUP):
            store.write(note_from(start, min(GROUP, count - start)))
        with store.snapshot() as reader:
            head = reader.head()
            begun = time.process_time()
            for number in range(ASKED):
                reader.inclusion(number * (head.size // ASKED), head.size)
            return (time.process_time() - begun) / ASKED * count


def queries(count: int) -> float:
    """Screen five hundred names against a list of so many; the cost is that of one query times the size."""
    import random

    from bench.bench_screening import invented
    from headwater.engines.match import screen
    from headwater.testing.memory_view import MemoryView

    made = invented(2 * count)
    names = [fact.value for one in made for fact in one.facts if fact.prop in ("name", "alias")]
    asked = random.Random(8).choices(names, k=ASKED)
    view, params = MemoryView(made), {"lists": ["made"], "snapshots": {"made": "x"}}
    screen(view, {**params, "queries": []})
    begun = time.process_time()
    screen(view, {**params, "queries": [{"id": str(n), "name": name} for n, name in enumerate(asked)]})
    return (time.process_time() - begun) / ASKED * count


def linked(count: int) -> float:
    """Link so many records of three states."""
    from bench.linking_data import REPORT_SEED, world
    from headwater.engines.match.link import Asked, link
    from headwater.testing.memory_view import MemoryView

    made = world(count, REPORT_SEED)
    begun = time.process_time()
    link(MemoryView(made.records), Asked())
    return time.process_time() - begun


def payments(count: int) -> float:
    """Trace in a year of so many payments, from CSV to findings."""
    words = [sys.executable, str(Path(__file__).parent / "bench_trace.py"), "--one", str(count)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.strip().splitlines()[-1])["cpu_s"])


def tracked(count: int) -> float:
    """Follow so many objects over thirty scans; the first scans, which compile nothing any more, are left out."""
    import numpy as np

    from headwater.engines.watch import PointTracker

    draw = np.random.default_rng(5)
    at, speed = draw.uniform(0, 2_000 * count**0.5, (count, 2)), draw.uniform(-15, 15, (count, 2))
    tracker = PointTracker(clutter_per_m2=1e-9)
    spent = 0.0
    for scan in range(30):
        seen = (at + 5.0 * scan * speed + draw.normal(0, 20, at.shape))[draw.random(count) < 0.9]
        begun = time.process_time()
        tracker.step(5.0 * scan, seen)
        spent += time.process_time() - begun if scan >= 5 else 0.0
    return spent / 25


ROOMS: Final[dict[str, tuple[Callable[[int], float], int, str]]] = {
    "events": (events, 1_000, "event noted in the ledger"),
    "records": (records, 1_000, "record of six facts kept"),
    "proofs": (proofs, 1_000, "proof that an event stands in the ledger"),
    "queries": (queries, 1_000, "name screened against a list of so many persons"),
    "linked": (linked, 300, "record linked"),
    "payments": (payments, 10_000, "payment traced"),
    "tracked": (tracked, 100, "object followed, for one scan"),
}
"""What is measured, by name: how, the smallest size, and what one unit is."""


def slope(found: list[tuple[int, float]]) -> float:
    """The slope of the line through the logarithms, by least squares."""
    points = [(log(size), log(cost)) for size, cost in found]
    middle = [sum(part) / len(points) for part in zip(*points, strict=True)]
    across: float = sum((x - middle[0]) * (y - middle[1]) for x, y in points)
    spread: float = sum((x - middle[0]) ** 2 for x, _ in points)
    return across / spread


def measured(name: str, size: int) -> float:
    """The lesser CPU of some rounds, each in a process of its own."""
    words = [sys.executable, str(Path(__file__).resolve()), "--one", name, str(size)]
    done = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for _ in range(ROUNDS)]
    return min(float(said.strip().splitlines()[-1]) for said in done)


def room(name: str, most: float) -> list[dict[str, Any]]:
    """The rows of one room."""
    _, smallest, unit = ROOMS[name]
    sizes = [max(1, int(smallest * most)) * times for times in (1, 10, 100)]
    found = [(size, measured(name, size)) for size in sizes]
    each = [cost / size for size, cost in found]
    told = ", ".join(f"{1e6 * cost:.3g} us of {size:,}" for (size, _), cost in zip(found, each, strict=True))
    print(f"{name}: {told}", file=sys.stderr, flush=True)
    worst = max(after / before for before, after in pairwise(each))
    goal = {} if name in LOOKED_UP else {"at_most": A_DECADE}
    fit = f"whole cost grows as n^{slope(found):.2f}"
    return [
        {"name": f"{unit}: CPU us", "ratio": round(1e6 * each[-1], 3), "what": f"at {sizes[-1]:,}"},
        {"name": f"{unit}: a decade", "ratio": round(worst, 3), "what": f"{told}; {fit}"} | goal,
    ]


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=sorted(ROOMS), default=list(ROOMS))
    parser.add_argument("--most", type=float, default=1.0, help="share of each size")
    parser.add_argument("--one", nargs=2, metavar=("ROOM", "SIZE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(ROOMS[given.one[0]][0](int(given.one[1])))
        return 0
    print(json.dumps({"results": [row for name in given.only for row in room(name, given.most)]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
