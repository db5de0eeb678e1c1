"""Scans out of reports: what a tracker takes in one step has at most one report of each object.

A radar that turns gives scans of itself: many reports of one moment. Cameras, AIS and several sensors together report each object at
a time of its own, and some objects oftener than others. There a scan is as long as it takes until most objects were reported again,
and of the reports in it that can be of one object the last one counts.
"""

import math
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.model.detections import Detection

LONGEST_S: Final = 10.0
SHORTEST_S: Final = 0.02
MOST_SEEN_AGAIN: Final = 0.9
"""Share of reports whose object was reported again within a scan's length; it is the chance of detection of `PointTracker`."""
SLACK: Final = 1.05
FASTEST_MS: Final = 15.0
"""How far apart two reports of one object can be for each second between them; craft that report themselves have names instead."""
SAME_SD: Final = 4.0
SAMPLE: Final = 5_000
"""Reports from which the length of a scan is taken: they are enough, and all of a year's would take long."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a tracker takes in one step.

    Attributes:
        time_s: of its last report.
        seen: one report of each object.
        reports: all reports of each, in the order of `seen`.
    """

    time_s: float
    seen: tuple[Detection, ...]
    reports: tuple[tuple[Detection, ...], ...]


def scans(detections: Sequence[Detection]) -> Iterator[Scan]:
    """Yield reports in scans, in the order of time."""
    ordered = sorted(detections, key=lambda one: (one.time_s, one.sensor, one.row))
    moments = Counter((one.time_s, one.sensor) for one in ordered)
    if sum(count for count in moments.values() if count > 1) > len(ordered) / 2:
        yield from _swept(ordered)
        return
    length = scan_length(ordered)
    held: list[Detection] = []
    for seen in ordered:
        if held and seen.time_s - held[0].time_s >= length:
            yield _gathered(held)
            held = []
        held.append(seen)
    if held:
        yield _gathered(held)


def _swept(ordered: Sequence[Detection]) -> Iterator[Scan]:
    held: list[Detection] = []
    for seen in ordered:
        if held and (seen.time_s, seen.sensor) != (held[0].time_s, held[0].sensor):
            yield _whole(held)
            held = []
        held.append(seen)
    if held:
        yield _whole(held)


def _whole(held: list[Detection]) -> Scan:
    return Scan(held[-1].time_s, tuple(held), tuple((one,) for one in held))


def _gathered(held: list[Detection]) -> Scan:
    """Return reports as a scan in which those that can be of one object stand together."""
    groups: list[list[Detection]] = []
    for seen in held:
        near = [group for group in groups if can_be_one(group[-1], seen)]
        if near:
            min(near, key=lambda group: math.hypot(group[-1].x - seen.x, group[-1].y - seen.y)).append(seen)
        else:
            groups.append([seen])
    return Scan(held[-1].time_s, tuple(group[-1] for group in groups), tuple(tuple(group) for group in groups))


def can_be_one(before: Detection, after: Detection) -> bool:
    """Return whether two reports can be of one object: by name where both tell one, else by place."""
    if before.own and after.own:
        return before.own == after.own
    if before.sensor == after.sensor and before.time_s == after.time_s:
        return False
    reach = SAME_SD * math.hypot(before.sigma_m, after.sigma_m) + FASTEST_MS * abs(after.time_s - before.time_s)
    return math.hypot(after.x - before.x, after.y - before.y) <= reach


def scan_length(ordered: Sequence[Detection]) -> float:
    """Return the length of a scan, s: within it nine of ten objects are reported again by whoever reported them."""
    recent: deque[Detection] = deque()
    again: list[float] = []
    for seen in ordered[:SAMPLE]:
        while recent and seen.time_s - recent[0].time_s > LONGEST_S:
            recent.popleft()
        before = next((one for one in reversed(recent) if one.sensor == seen.sensor and can_be_one(one, seen)), None)
        if before is not None:
            again.append(seen.time_s - before.time_s)
            recent.remove(before)
        recent.append(seen)
    if not again:
        return LONGEST_S
    return min(max(SLACK * sorted(again)[int(MOST_SEEN_AGAIN * (len(again) - 1))], SHORTEST_S), LONGEST_S)
