"""Tracks from reports one by one: quick, without looking ahead, for whoever needs to know which reports belong together.

Sensors' clocks are wrong at times, and somebody may set one so. A report is held against the tracks by its own time alone; which
tracks are over is told by the middle one of the sensors' clocks, so that one of them can end no track of the others.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.stream_kernel import HITS, ID, OLD, SENSOR, WIDTH, forget, take

Row = NDArray[np.float64]

FORGET_EVERY: Final = 256
"""Reports after which tracks that are over are taken away."""
HEARD_WITHIN: Final = 4_096
"""Reports within which a sensor must have been heard for its clock to count."""
MOST_OF_ONE: Final = 4_096
"""Young tracks that one sensor may hold: of more, its oldest go."""


class StreamTracker:
    """Says of each report to which track it belongs; see `stream_kernel`.

    Attributes:
        now: what the middle one of the sensors' clocks said when tracks were last taken away, s.
    """

    def __init__(self) -> None:
        """Begin without tracks."""
        self.now = -math.inf
        self._tracks = np.zeros((256, WIDTH))
        self._count = 0
        self._next = 1
        self._sensors: dict[str, int] = {}
        self._heard: dict[str, tuple[float, int]] = {}
        self._taken = 0

    def take(self, time_s: float, x: float, y: float, sigma_m: float, sensor: str) -> int:
        """Return the number of the track of a report.

        Args:
            time_s: when, by the sensor's clock.
            x: m east.
            y: m north.
            sigma_m: standard deviation on each axis, m.
            sensor: who reports.
        """
        return int(self.follow(time_s, x, y, sigma_m, sensor)[ID])

    def follow(self, time_s: float, x: float, y: float, sigma_m: float, sensor: str) -> Row:
        """Return the row of the track of a report, as it is after it; good until the next report."""
        self._taken += 1
        if self._taken % FORGET_EVERY == 0:
            self._forget()
        if self._count + 1 >= len(self._tracks):
            self._tracks = np.concatenate([self._tracks, np.zeros_like(self._tracks)])
        number = float(self._sensors.setdefault(sensor, len(self._sensors)))
        self._heard[sensor] = time_s, self._taken
        at, self._count, self._next = take(self._tracks, self._count, self._next, time_s, x, y, sigma_m, number)
        row: Row = self._tracks[at]
        return row

    def alive(self) -> frozenset[int]:
        """Return the numbers of the tracks that there are."""
        return frozenset(int(number) for number in self._tracks[: self._count, ID])

    def _forget(self) -> None:
        self._heard = {name: held for name, held in self._heard.items() if self._taken - held[1] <= HEARD_WITHIN}
        times = sorted(time_s for time_s, _ in self._heard.values())
        self.now = times[(len(times) - 1) // 2]
        self._count = forget(self._tracks, self._count, self.now)
        if self._count <= MOST_OF_ONE:
            return
        rows = self._tracks[: self._count]
        young = rows[:, HITS] < OLD
        stays = np.ones(self._count, dtype=bool)
        for sensor in np.unique(rows[young, SENSOR]):
            stays[np.flatnonzero(young & (rows[:, SENSOR] == sensor))[:-MOST_OF_ONE]] = False
        left = rows[stays]
        self._tracks[: len(left)] = left
        self._count = len(left)
