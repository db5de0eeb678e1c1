"""The sensor post: detections in, alerts out, report by report; danger to life first.

An alert is decided by the reports up to it and none after, so it is the same when the line is cut right behind it. The
rescue lane waits for nothing: no border question and no decision of enforcement stands before it.
"""

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from headwater.engines.watch.danger import Part, Setting, Weights, craft_part, surroundings
from headwater.engines.watch.forecast import forecast_crossing
from headwater.engines.watch.stream import Row, StreamTracker
from headwater.engines.watch.stream_kernel import HITS, ID, P11, VX, VY, X, Y
from headwater.model.detections import Detection

CRAFT: Final = frozenset({"boat"})
LEAST_NAMED: Final = 3
"""Reports that must name an object before it counts as that object."""
LEAST_SURE: Final = 0.5
LEAST_PERSONS: Final = 2
PERSONS_SURE: Final = 0.35
FROM_BANK_M: Final = 4.0
UNDER_WAY_MS: Final = 0.3
CLEAR_SD: Final = 2.5
WAY_S: Final = 16.0
WAY_LEAST_S: Final = 6.0
STOPPED_S: Final = 20.0
STOPPED_MS: Final = 0.35
SAME_PLACE_M: Final = 150.0
SWEEP_EVERY: Final = 1_024
"""Tracks begun after which what is known of those that ended is forgotten."""
SAME_TIME_S: Final = 600.0
SLOPE: Final = 1.2
"""What one point of the index above the threshold adds to the log-odds of the score."""
HORIZON_S: Final = 600.0
LIKELY: Final = 0.5
ASK_AGAIN_S: Final = 5.0
RECENT_S: Final = 60.0
FAR_M: Final = 100_000.0
MIDDLE: Final = 0.25
"""Mid-river is further than this share of its width from both banks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Advice to a person: where, how urgent, why, and on which detections.

    Attributes:
        t_s: time of the detection that made it true.
        lane: ``rescue``, ``border`` or ``info``; the rescue lane is served first.
        kind: what is alerted: ``craft-in-danger``, ``persons-in-water``, ``stopped-mid-river``, ``border-crossing``.
        x, y: where, m.
        vx, vy: how it moves, m/s.
        score: chance that it is so, 0 to 1.
        parts: the danger index part by part.
        evidence: rows of the detections, from 0.
        track: number of the track.
        crossing: chance to reach the border, and the 10, 50 and 90 % points of when, s from now; None where not asked.
    """

    t_s: float
    lane: str
    kind: str
    x: float
    y: float
    vx: float
    vy: float
    score: float
    parts: tuple[Part, ...]
    evidence: tuple[int, ...]
    track: int
    crossing: tuple[float, float, float, float] | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """The parts as sentences, the heaviest first."""
        return tuple(f"{part.text} (+{part.points:g})" for part in sorted(self.parts, key=lambda one: -one.points))


@dataclass(slots=True)
class _Known:
    """What is known of one track beside its motion."""

    rows: dict[int, None] = field(default_factory=dict)
    named: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    sure: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    bands: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    exempt: bool = False
    moved: bool = False
    slow_since: float = math.inf
    last: float = -math.inf
    told: set[str] = field(default_factory=set)
    way: deque[tuple[float, float, float, float]] = field(default_factory=deque)
    recent: deque[tuple[float, float, float]] = field(default_factory=deque)
    asked: float = -math.inf

    def pace(self, now: float, x: float, y: float, spread: float) -> tuple[float, float, float]:
        """Return speed east, speed north and their standard deviation over the last seconds, from place to place.

        The filter's own velocity follows a boat's stroke; what counts for a crossing is the way made.
        """
        self.way.append((now, x, y, spread))
        while len(self.way) > LEAST_NAMED and now - self.way[0][0] > WAY_S:
            self.way.popleft()
        then, x0, y0, spread0 = self.way[0]
        span = now - then
        if span < WAY_LEAST_S:
            return 0.0, 0.0, math.inf
        return (x - x0) / span, (y - y0) / span, math.sqrt(spread + spread0) / span

    def hear(self, seen: Detection, registered: frozenset[str]) -> None:
        """Take in what a detection says of the object."""
        self.rows.update(dict.fromkeys((*seen.with_rows, seen.row)))
        self.last = seen.time_s
        self.recent.append((seen.time_s, seen.x, seen.y))
        while seen.time_s - self.recent[0][0] > RECENT_S:
            self.recent.popleft()
        if seen.kind != "unknown":
            self.named[seen.kind] += 1
            self.sure[seen.kind] += seen.sure
        if seen.size_band:
            self.bands[seen.size_band] += seen.sure
        self.exempt = self.exempt or (bool(seen.own) and seen.own in registered)

    def is_named(self, kind: str, times: int, sure: float) -> bool:
        """Return whether enough reports call it so, and are sure enough on average."""
        count = self.named[kind]
        return count >= times and self.sure[kind] >= sure * count

    @property
    def band(self) -> str:
        """The band of size that most speaks for; empty where none was told."""
        return max(self.bands.items(), key=lambda one: (one[1], one[0]))[0] if self.bands else ""


class Post:
    """Watches one place. Hand it detections in the order in which they arrive.

    Args:
        setting: what is known of the place and hour.
        weights: the points of the danger index.

    Attributes:
        doubled: how many detections were dropped because an equal one had come within 10 s.
    """

    def __init__(self, setting: Setting, weights: Weights) -> None:
        """Begin without tracks."""
        self.setting = setting
        self.weights = weights
        self.tracks_begun = 0
        self._stream = StreamTracker()
        self._known: dict[int, _Known] = {}
        self._told: list[Alert] = []

    def run(self, detections: Iterable[Detection]) -> Iterator[Alert]:
        """Yield the alerts that detections raise, each as soon as it is true."""
        for seen in detections:
            yield from self.take(seen)

    def take(self, seen: Detection) -> list[Alert]:
        """Take one detection and return the alerts that it makes true, rescue before border."""
        row = self._stream.follow(seen.time_s, seen.x, seen.y, seen.sigma_m, seen.sensor)
        number = int(row[ID])
        known = self._known.get(number)
        if known is None:
            known = self._known[number] = _Known()
            self.tracks_begun += 1
            if self.tracks_begun % SWEEP_EVERY == 0:
                self._sweep()
        known.hear(seen, self.setting.registered_craft)
        if known.exempt or seen.implausible:
            return []
        motion = self._motion(seen, row, known)
        found = [
            self._persons(seen, row, known),
            self._craft(seen, row, known, motion),
            self._border(seen, row, known, motion),
        ]
        alerts = [alert for alert in found if alert is not None and self._is_new(alert)]
        self._told += alerts
        return alerts

    def _sweep(self) -> None:
        """Forget what is known of tracks that ended, and alerts too old to be repeated."""
        alive = self._stream.alive()
        self._known = {number: known for number, known in self._known.items() if number in alive}
        self._told = [alert for alert in self._told if self._stream.now - alert.t_s < SAME_TIME_S]

    def _is_new(self, alert: Alert) -> bool:
        current = self.setting.current_ms or 0.0
        return not any(
            old.kind == alert.kind
            and (
                old.track == alert.track
                or (
                    # What floats has drifted since.
                    math.hypot(old.x - alert.x, old.y - alert.y) < SAME_PLACE_M + current * (alert.t_s - old.t_s)
                    and alert.t_s - old.t_s < SAME_TIME_S
                )
            )
            for old in self._told
        )

    def _persons(self, seen: Detection, row: Row, known: _Known) -> Alert | None:
        if seen.kind != "person-in-water" or "persons-in-water" in known.told:
            return None
        if not known.is_named("person-in-water", LEAST_PERSONS, PERSONS_SURE) or not self.setting.on_water(
            row[Y], -3.0
        ):
            return None
        known.told.add("persons-in-water")
        people = Part("persons", self.weights["persons"]["in-water"], "persons in the water")
        return self._alert("rescue", "persons-in-water", seen, row, known, [people])

    def _craft(self, seen: Detection, row: Row, known: _Known, motion: tuple[bool, bool]) -> Alert | None:
        if not self._is_craft(known) or "craft" in known.told or row[HITS] < LEAST_NAMED + 1:
            return None
        under_way, stopped = motion
        if not under_way and not stopped:
            return None
        parts = [craft_part(known.band, self.weights)]
        if stopped:
            parts.append(Part("stopped", self.weights["stopped"]["mid-river"], "it has stopped in mid-river"))
        parts += surroundings(self.setting, seen.time_s, row[X], row[Y], self.weights)
        if sum(part.points for part in parts) < self.weights["threshold"]["craft"]:
            return None
        known.told.add("craft")
        return self._alert("rescue", "stopped-mid-river" if stopped else "craft-in-danger", seen, row, known, parts)

    def _border(self, seen: Detection, row: Row, known: _Known, motion: tuple[bool, bool]) -> Alert | None:
        border = self.setting.border_y
        if border is None or "border" in known.told or not self._is_craft(known) or row[HITS] < LEAST_NAMED + 1:
            return None
        if not motion[0] or seen.time_s - known.asked < ASK_AGAIN_S:
            return None
        known.asked = seen.time_s
        line = np.array([[row[X] - FAR_M, border], [row[X] + FAR_M, border]])
        history = np.array(
            [place for at, place in enumerate(known.recent) if not at or place[0] > known.recent[at - 1][0]]
        )
        if len(history) < LEAST_NAMED:
            return None
        p, t10, t50, t90 = forecast_crossing(history, line, HORIZON_S, seen.sigma_m)
        if p < LIKELY:
            return None
        known.told.add("border")
        text = f"{p:.0%} to reach the border within {HORIZON_S / 60:.0f} minutes, in {t10:.0f} to {t90:.0f} s"
        part = Part("border", 1.0, text)
        return replace(
            self._alert("border", "border-crossing", seen, row, known, [part], p), crossing=(p, t10, t50, t90)
        )

    def _is_craft(self, known: _Known) -> bool:
        animal = known.sure["animal"] > known.sure["boat"]
        named = any(known.is_named(kind, LEAST_NAMED, LEAST_SURE) for kind in CRAFT)
        return (named and not animal) or known.is_named("person-group", 2 * LEAST_NAMED, LEAST_SURE)

    def _motion(self, seen: Detection, row: Row, known: _Known) -> tuple[bool, bool]:
        """Return whether it is clearly under way on the water, and whether it has stopped in mid-river."""
        setting = self.setting
        east, north, spread = known.pace(seen.time_s, row[X], row[Y], max(row[P11], 0.0))
        margin = max(FROM_BANK_M, 1.5 * math.sqrt(max(row[P11], 0.0)))
        on_water = setting.on_water(row[Y], margin)
        speed = abs(north) if setting.near_bank_y is not None else math.hypot(east, north)
        under_way = on_water and speed > UNDER_WAY_MS and speed > CLEAR_SD * spread
        known.moved = known.moved or under_way
        still = math.hypot(east, north) < STOPPED_MS and math.isfinite(spread) and self._is_mid(row[Y])
        known.slow_since = min(known.slow_since, seen.time_s) if still else math.inf
        stopped = known.moved and seen.time_s - known.slow_since >= STOPPED_S
        return under_way, stopped

    def _is_mid(self, y: float) -> bool:
        if self.setting.near_bank_y is None or self.setting.far_bank_y is None:
            return False
        return self.setting.on_water(y, MIDDLE * abs(self.setting.far_bank_y - self.setting.near_bank_y))

    def _alert(
        self, lane: str, kind: str, seen: Detection, row: Row, known: _Known,
        parts: list[Part], score: float | None = None,
    ) -> Alert:  # fmt: skip
        above = sum(part.points for part in parts) - self.weights["threshold"]["craft"]
        return Alert(
            t_s=seen.time_s,
            lane=lane,
            kind=kind,
            x=float(row[X]),
            y=float(row[Y]),
            vx=float(row[VX]),
            vy=float(row[VY]),
            score=1.0 / (1.0 + math.exp(-SLOPE * above - 1.0)) if score is None else score,
            parts=tuple(parts),
            evidence=tuple(known.rows),
            track=int(row[ID]),
        )
