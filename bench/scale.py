"""The plan for many authorities, simulated: forty of them, ten million messages a day, a billion payments, 100,000 sensors.

    python bench/scale.py [--seed 1]        write docs/explain/scale.md and its picture

Costs of a unit are what the benchmarks measured (docs/evidence/bench); nothing is assumed of a machine that was not measured.
A day is played in steps of ten seconds: messages come at every link by chance (Poisson), more by day than by night; a node has
one core for sending and receiving; urgent ones go first; an authority that cannot be reached is asked again after the time
that the product waits. What takes less than a step is not simulated but measured, and stands beside it.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np

ROOT: Final = Path(__file__).resolve().parent.parent
EVIDENCE: Final = ROOT / "docs" / "evidence" / "bench"
PAGE: Final = ROOT / "docs" / "explain" / "scale.md"
PICTURE: Final = ROOT / "docs" / "explain" / "scale.svg"

AUTHORITIES: Final = 40
MESSAGES: Final = 10_000_000
PAYMENTS: Final = 1_000_000_000
SENSORS: Final = 100_000
URGENT: Final = 0.02
"""Share of messages that are urgent."""
SKEW: Final = 0.7
"""The k-th largest authority has a weight of k to the power of minus this: the largest one is in a quarter of all messages."""
STEP_S: Final = 10
STEPS: Final = 86_400 // STEP_S
HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 7, 10, 11, 10, 9, 8, 9, 10, 9, 7, 5, 3, 2, 2, 1, 1, 1)
"""How much comes in each hour of the day, relative to one another."""
AGAIN_S: Final = {"urgent": 30, "normal": 300}
"""After how long at most an authority that was away is tried again (docs/explain/limits.md)."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured.

    Attributes:
        send_s: CPU seconds that a message costs its sender.
        receive_s: the same of the receiver.
        link_rate: messages a second that one pair of nodes has exchanged.
        urgent_ms: 99th percentile of an urgent message beside bulk, ms.
        kept_bytes: bytes that one node keeps of a message.
        payment_s: CPU seconds for a payment, all typologies, in the largest table that was measured.
        payments: rows of that table.
        detections: detections a second that one core takes in, tracks and keeps, from as many sensors as `sensors`.
    """

    send_s: float
    receive_s: float
    link_rate: float
    urgent_ms: float
    kept_bytes: float
    payment_s: float
    payments: int
    detections: float
    sensors: int = 500


@dataclass(frozen=True, slots=True)
class Case:
    """A day.

    Attributes:
        title: what it is, in words.
        times: how many times the messages of the plan.
        away: places of authorities that cannot be reached, from which hour to which.
        bulk: messages that each of the first so many authorities wants to send on top from eight o'clock on.
    """

    title: str
    times: float = 1.0
    away: tuple[tuple[int, float, float], ...] = ()
    bulk: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Lane:
    """What became of the messages of one lane: whole numbers of messages and seconds."""

    sent: float
    delivered: float
    p99_s: float
    worst_s: float
    waiting: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Day:
    """What came of a day; `busy` is the share of its core that each node used, for each step."""

    urgent: Lane
    normal: Lane
    busy: np.ndarray = field(repr=False)


CASES: Final = (
    Case("an ordinary day"),
    Case("the largest authority cannot be reached from 9 to 15 o'clock", away=((0, 9.0, 15.0),)),
    Case("half of all cannot be reached from 10 to 11", away=tuple((place, 10.0, 11.0) for place in range(1, 40, 2))),
    Case("three authorities send a million records more each, from 8 o'clock on", bulk=(3, 1_000_000)),
    Case("ten times as many messages: a hundred million", times=10.0),
    Case("forty times as many: four hundred million", times=40.0),
)


def weights() -> np.ndarray:
    """The share of each authority in messages, payments and sensors, largest first."""
    raw = np.arange(1, AUTHORITIES + 1, dtype=float) ** -SKEW
    share: np.ndarray = raw / raw.sum()
    return share


def arrivals(case: Case, draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Messages that come in at each step for each sender and receiver: two arrays of steps, senders, receivers."""
    share = weights()
    pairs = np.outer(share, share)
    np.fill_diagonal(pairs, 0.0)
    pairs /= pairs.sum()
    hours = np.array(HOURS, dtype=float) / sum(HOURS)
    of_step = np.repeat(hours / (3600 / STEP_S), 3600 // STEP_S)
    every = draw.poisson(MESSAGES * case.times * of_step[:, None, None] * pairs).astype(np.float32)
    urgent = draw.binomial(every.astype(np.int64), URGENT).astype(np.float32)
    normal = every - urgent
    many, each = case.bulk
    for place in range(many):
        normal[8 * 3600 // STEP_S, place] += each * pairs[place] / pairs[place].sum()
    return {"urgent": urgent, "normal": normal}


def reachable(case: Case, lane: str) -> np.ndarray:
    """Whether a partner counts as reachable, for each step and authority: back only when it is asked again."""
    up = np.ones((STEPS, AUTHORITIES), dtype=bool)
    for place, begin, end in case.away:
        up[int(begin * 3600 / STEP_S) : int((end * 3600 + AGAIN_S[lane]) / STEP_S), place] = False
    return up


def play(case: Case, costs: Costs, seed: int) -> Day:
    """Play a day."""
    come = arrivals(case, np.random.default_rng(seed))
    up = {lane: reachable(case, lane) for lane in come}
    waiting = {lane: np.zeros((AUTHORITIES, AUTHORITIES)) for lane in come}
    gone = {lane: np.zeros_like(come[lane]) for lane in come}
    left = {lane: np.zeros(STEPS) for lane in come}
    busy = np.zeros((STEPS, AUTHORITIES), dtype=np.float32)
    for step in range(STEPS):
        free, line = (
            np.full(AUTHORITIES, float(STEP_S)),
            np.full((AUTHORITIES, AUTHORITIES), float(costs.link_rate * STEP_S)),
        )
        for lane in ("urgent", "normal"):
            waiting[lane] += come[lane][step]
            both = up[lane][step][:, None] & up[lane][step][None, :]
            wish = np.where(both, np.minimum(waiting[lane], line), 0.0)
            load = wish.sum(axis=1) * costs.send_s + wish.sum(axis=0) * costs.receive_s
            part = np.minimum(1.0, free / np.maximum(load, 1e-12))
            moved = wish * np.minimum(part[:, None], part[None, :])
            free = np.maximum(0.0, free - moved.sum(axis=1) * costs.send_s - moved.sum(axis=0) * costs.receive_s)
            line -= moved
            waiting[lane] -= moved
            gone[lane][step], left[lane][step] = moved, waiting[lane].sum()
        busy[step] = 1.0 - free / STEP_S
    return Day(lane_of(come["urgent"], gone["urgent"], left["urgent"]),
               lane_of(come["normal"], gone["normal"], left["normal"]), busy)  # fmt: skip


def lane_of(come: np.ndarray, gone: np.ndarray, left: np.ndarray) -> Lane:
    """How long messages waited: first come, first gone on each link, to the step."""
    came, went = (each.reshape(STEPS, -1).cumsum(axis=0, dtype=np.float64) for each in (come, gone))
    counted: dict[int, float] = {}
    steps = np.arange(STEPS)
    for link in range(came.shape[1]):
        if came[-1, link] == 0.0:
            continue
        # The step at which the last message that came with a step has gone; what has not by midnight counts until then.
        done = np.searchsorted(went[:, link], came[:, link] - 1e-3)
        fresh = come.reshape(STEPS, -1)[:, link] > 0
        for waited, many in zip((done - steps)[fresh], come.reshape(STEPS, -1)[fresh, link], strict=True):
            counted[int(waited)] = counted.get(int(waited), 0.0) + float(many)
    waits = sorted(counted)
    reached = np.cumsum([counted[each] for each in waits])
    p99 = waits[int(np.searchsorted(reached, 0.99 * reached[-1]))]
    return Lane(float(came[-1].sum()), float(went[-1].sum()), float(p99 * STEP_S), float(waits[-1] * STEP_S), left)


def measured() -> Costs:
    """Read what the benchmarks kept.

    Raises:
        SystemExit: a benchmark was not run; said is which.
    """
    rows: dict[str, float] = {}
    for bench in ("exchange", "trace", "watch"):
        path = EVIDENCE / f"{bench}.json"
        if not path.exists():
            sys.exit(f"{bench} was not measured: make bench-{bench} ARGS=--write")
        rows |= {
            str(row["name"]): float(row["ratio"]) for row in json.loads(path.read_text(encoding="utf-8"))["results"]
        }
    largest = max(
        int(name.split()[2].replace(",", ""))
        for name in rows
        if name.startswith("all typologies, ") and "payments:" in name
    )
    whole = rows["cpu of a message, us"] / 1e6
    return Costs(
        send_s=whole * rows["sender's share of it, %"] / 100,
        receive_s=whole * (1 - rows["sender's share of it, %"] / 100),
        link_rate=rows["messages, per s"],
        urgent_ms=rows["urgent p99 busy, ms"],
        kept_bytes=1_000 * rows["kept of a message, KB"],
        payment_s=rows[f"all typologies, {largest:,} payments: CPU us a payment"] / 1e6,
        payments=largest,
        detections=rows["W2 detections a CPU s"],
    )  # fmt: skip


def table_of(days: Mapping[str, Day]) -> list[str]:
    """The table of simulated days."""
    lines = [
        "| day | busiest node: mean and most of its core | most waiting | normal: 99 % within, worst | urgent | at midnight |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for title, day in days.items():
        mean, most = day.busy.mean(axis=0).max(), day.busy.max()
        lanes = [f"{told(one.p99_s)}, {told(one.worst_s)}" for one in (day.normal, day.urgent)]
        open_ = day.normal.waiting[-1] + day.urgent.waiting[-1]
        lines.append(
            f"| {title} | {mean:.0%}, {most:.0%} | {day.normal.waiting.max() + day.urgent.waiting.max():,.0f} |"
            f" {lanes[0]} | {lanes[1]} | {'none' if open_ < 1 else f'{open_:,.0f}'} |"
        )
    return lines


def told(seconds: float) -> str:
    """A time in words; less than a step is not simulated."""
    if seconds < STEP_S:
        return f"< {STEP_S} s"
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s" if rest >= 60 else f"{rest} s"


def page(costs: Costs, days: Mapping[str, Day]) -> str:
    """The page."""
    share = weights()
    largest, smallest = share[0], share[-1]
    touched = 2 * largest * (1 - largest) / (1 - (share**2).sum()) * MESSAGES
    rows = PAYMENTS * largest
    parts = rows / costs.payments
    cpu_min = rows * costs.payment_s / 60
    sensors = SENSORS * largest
    text = (Path(__file__).parent / "scale.md.in").read_text(encoding="utf-8")
    return text.format(
        authorities=AUTHORITIES, messages=MESSAGES, payments=PAYMENTS, sensors=SENSORS, urgent=URGENT, skew=SKEW, step=STEP_S,
        largest=largest, smallest=smallest, share_both=touched / MESSAGES, peak=MESSAGES * max(HOURS) / sum(HOURS) / 3600,
        send_us=1e6 * costs.send_s, receive_us=1e6 * costs.receive_s, link=costs.link_rate, urgent_ms=costs.urgent_ms,
        kept_kb=costs.kept_bytes / 1e3, table="\n".join(table_of(days)), day_gb=touched * costs.kept_bytes / 1e9,
        year_tb=touched * costs.kept_bytes * 365 / 1e12, pay_rows=rows, pay_parts=parts, pay_min=cpu_min,
        pay_us=1e6 * costs.payment_s, pay_largest=costs.payments, day_rows=rows / 365, own=sensors,
        posts=-(-sensors // costs.sensors), per_post=costs.sensors, det=costs.detections, det_cores=sensors / costs.detections,
        all_cores=SENSORS / costs.detections,
    )  # fmt: skip


def picture(day: Day, title: str) -> str:
    """What waits over a day, and how busy the busiest node is."""
    wide, high, left, top = 960, 360, 90, 40
    width, height = wide - left - 70, high - top - 50
    waiting = day.normal.waiting + day.urgent.waiting
    most = max(1.0, float(waiting.max()))
    every = 6
    places = range(0, STEPS, every)

    def line(values: np.ndarray, scale: float) -> str:
        return " ".join(
            f"{left + width * at / STEPS:.1f},{top + height * (1 - values[at] / scale):.1f}" for at in places
        )

    hours = "".join(
        f'<text x="{left + width * hour / 24:.0f}" y="{high - 28}" text-anchor="middle">{hour}</text>'
        for hour in range(0, 25, 3)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" font-family="sans-serif" font-size="13">'
        f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{left}" y="22">{escape(title)}</text>'
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#ccc"/>'
        f'<polyline fill="none" stroke="#b3261e" stroke-width="2" points="{line(waiting, most)}"/>'
        f'<polyline fill="none" stroke="#00639a" stroke-width="2" stroke-dasharray="6 3" points="{line(day.busy.max(axis=1), 1.0)}"/>'
        f'<text x="{left - 6}" y="{top + 5}" text-anchor="end" fill="#b3261e">{most:,.0f}</text>'
        f'<text x="{left - 6}" y="{top + height}" text-anchor="end" fill="#b3261e">0</text>'
        f'<text x="{left + width + 6}" y="{top + 5}" fill="#00639a">100 %</text>'
        f'<text x="{left + width + 6}" y="{top + height}" fill="#00639a">0</text>'
        f'{hours}<text x="{left}" y="{high - 8}" fill="#b3261e">— messages that wait, all nodes</text>'
        f'<text x="{left + 300}" y="{high - 8}" fill="#00639a">- - share of its core that the busiest node uses</text>'
        f'<text x="{left + width}" y="{high - 8}" text-anchor="end">hour of the day</text></svg>\n'
    )  # fmt: skip


def main() -> int:
    """Play every day, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    costs = measured()
    days: dict[str, Any] = {}
    for case in CASES:
        print(f"{case.title} ...", file=sys.stderr, flush=True)
        days[case.title] = play(case, costs, given.seed)
    PAGE.write_text(page(costs, days), encoding="utf-8")
    PICTURE.write_text(picture(days[CASES[1].title], f"Simulated: {CASES[1].title}"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
