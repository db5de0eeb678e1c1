"""Tracks from reports one by one: quick, without looking ahead, for whoever needs to know which reports belong together."""

import numpy as np

from headwater.engines.watch.stream_kernel import ID, WIDTH, take


class StreamTracker:
    """Says of each report to which track it belongs; see `stream_kernel`."""

    def __init__(self) -> None:
        """Begin without tracks."""
        self._tracks = np.zeros((256, WIDTH))
        self._count = 0
        self._next = 1
        self._sensors: dict[str, int] = {}

    def take(self, time_s: float, x: float, y: float, sigma_m: float, sensor: str) -> int:
        """Return the number of the track of a report.

        Args:
            time_s: when, not before the report taken last.
            x: m east.
            y: m north.
            sigma_m: standard deviation on each axis, m.
            sensor: who reports.
        """
        if self._count + 1 >= len(self._tracks):
            self._tracks = np.concatenate([self._tracks, np.zeros_like(self._tracks)])
        number = float(self._sensors.setdefault(sensor, len(self._sensors)))
        at, self._count, self._next = take(self._tracks, self._count, self._next, time_s, x, y, sigma_m, number)
        return int(self._tracks[at, ID])
