"""Tracks where sensors tell directions: all reports together, each sensor's bias estimated, late ones put in their place."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from headwater.engines.watch import FusionTracker
from headwater.formats.points_csv import DetectionsRead
from headwater.model.detections import Detection

Progress = Callable[[int, int], None]
Report = tuple[int, float, str, str, float, float]
"""Row, time s, sensor, kind, and the two numbers of `FusionTracker.add`."""
EVERY_S: Final = 5.0
SETTLE_S: Final = 10.0
"""Tracks are told as they are believed when all that may come late has come."""
DETECT: Final = 0.9
CLUTTER: Final = 1.0
REACH: Final = 1.2
FARTHEST_M: Final = 30_000.0
NAMES_S: Final = 5.0
NAMES_M: Final = 60.0
NAMES_SD: Final = 3.0


@dataclass(slots=True)
class Fused:
    """What came of it.

    Attributes:
        rows: time s, and id, x, vx, y, vy of each track that is believed then.
        kinds: what reports near a track call it, by its id.
        biases: of each sensor that may have one: range m and bearing rad, or the bearing alone.
        doubled, too_late: reports that were dropped.
    """

    rows: list[tuple[float, Any]] = field(default_factory=list)
    kinds: dict[int, Counter[str]] = field(default_factory=dict)
    biases: dict[str, tuple[float, ...]] = field(default_factory=dict)
    doubled: int = 0
    too_late: int = 0


def can_fuse(read: DetectionsRead) -> bool:
    """Return whether directions were told, each by a sensor that stands still."""
    return bool(read.bearings) and all(read.stands.get(one.sensor) is not None for one in read.bearings)


def fuse(read: DetectionsRead, progress: Progress | None = None) -> Fused:
    """Follow everything that was reported, in the order in which it came."""
    reports = sorted(_reports(read))
    tracker, found = FusionTracker(_sensors(read)), Fused()
    named = sorted(read.detections, key=lambda one: one.time_s)
    times = [one.time_s for one in named]
    latest = now = reports[0][1]
    for at, (_, time_s, sensor, kind, a, b) in enumerate(reports):
        latest = max(latest, time_s)
        while latest - SETTLE_S >= now:
            _tell(tracker, now, found, named, times)
            now += EVERY_S
        tracker.add(latest, time_s, sensor, kind, a, b)
        if progress is not None and at % 500 == 0:
            progress(at, len(reports))
    while now <= latest:
        _tell(tracker, now, found, named, times)
        now += EVERY_S
    found.biases, found.doubled, found.too_late = tracker.biases(), tracker.doubled, tracker.too_late
    return found


def _tell(tracker: FusionTracker, now: float, found: Fused, named: list[Detection], times: list[float]) -> None:
    begin, end = bisect_left(times, now - NAMES_S), bisect_left(times, now + NAMES_S)
    for one in tracker.tracks(now):
        found.rows.append((now, one))
        votes = found.kinds.setdefault(int(one[0]), Counter())
        for seen in named[begin:end]:
            ahead = seen.time_s - now
            reach = NAMES_M + NAMES_SD * seen.sigma_m
            if abs(one[1] + ahead * one[2] - seen.x) < reach and abs(one[3] + ahead * one[4] - seen.y) < reach:
                votes[seen.kind] += 1


def _reports(read: DetectionsRead) -> Iterator[Report]:
    directions = {one.row for one in read.bearings}
    for seen in read.detections:
        if seen.row not in directions and not seen.implausible:
            yield seen.row, seen.time_s, seen.sensor, "xy", seen.x, seen.y
    for one in read.bearings:
        if one.range_m is None:
            yield one.row, one.time_s, f"{one.sensor} bearing", "b", one.azimuth, 0.0
        else:
            yield one.row, one.time_s, one.sensor, "rb", one.range_m, one.azimuth


def _sensors(read: DetectionsRead) -> dict[str, dict[str, object]]:
    """Return what each sensor is, as far as its first report says it."""
    found: dict[str, dict[str, object]] = {}
    directions = {one.row for one in read.bearings}
    for one in read.bearings:
        name = one.sensor if one.range_m is not None else f"{one.sensor} bearing"
        x, y = read.stands[one.sensor] or (0.0, 0.0)
        sigma = (one.sigma,) if one.range_m is None else (one.range_sigma_m, one.sigma)
        told = found.setdefault(
            name, {"x": x, "y": y, "sigma": sigma, "detect": DETECT, "clutter": CLUTTER, "reach": 1.0}
        )
        far = FARTHEST_M if one.range_m is None else REACH * one.range_m
        told["reach"] = max(float(str(told["reach"])), far)
    for seen in read.detections:
        if seen.row not in directions:
            sigma = (seen.sigma_m, seen.sigma_m)
            found.setdefault(
                seen.sensor,
                {"x": 0.0, "y": 0.0, "sigma": sigma, "detect": DETECT, "clutter": CLUTTER, "reach": FARTHEST_M},
            )
    return found
