"""Tracks of objects on the ground or on water, from scans of points in metres: radar, AIS, a camera with a map."""

import numpy as np
from numpy.typing import ArrayLike

from headwater.engines.watch.intersection import SharedTrack
from headwater.engines.watch.points_kernel import (
    A11,
    A12,
    A22,
    ACCEL,
    C11,
    C12,
    C22,
    CLUTTER,
    CONFIRMED,
    DETECT,
    ID,
    NEXT_ID,
    NOW,
    SETTINGS,
    SIGMA,
    SIGMA_V,
    VX,
    VY,
    WIDTH,
    Floats,
    X,
    Y,
    scan,
)
from headwater.errors import SchemaError


class PointTracker:
    """Follows many objects from one sensor, scan by scan, without looking ahead.

    Args:
        sigma_m: standard deviation of a detection on each axis, m.
        detect: chance that the sensor sees an object in one scan.
        clutter_per_m2: false detections per square metre and scan.
        accel: spectral density of an object's acceleration, m^2/s^3.
        sigma_v: standard deviation of an object's speed on each axis before it is known, m/s.

    Attributes:
        owners: id of the track to which each point of the last scan was given.

    Source: Bar-Shalom, Li and Kirubarajan 2001, Estimation with Applications to Tracking and Navigation.
    """

    def __init__(
        self,
        sigma_m: float = 20.0,
        detect: float = 0.9,
        clutter_per_m2: float = 1e-7,
        accel: float = 0.05,
        sigma_v: float = 10.0,
    ) -> None:
        """Begin without tracks."""
        for name, value in (("sigma_m", sigma_m), ("accel", accel), ("sigma_v", sigma_v)):
            if not value > 0.0:
                raise SchemaError("not above 0", where=name)
        if not 0.0 < detect < 1.0 or clutter_per_m2 < 0.0:
            raise SchemaError("a chance of detection outside 0 to 1, or clutter below 0", where="detect")
        self._told = np.zeros(SETTINGS)
        self._told[[SIGMA, DETECT, CLUTTER, ACCEL, SIGMA_V]] = sigma_m, detect, clutter_per_m2, accel, sigma_v
        self._told[[NOW, NEXT_ID]] = -1e18, 1.0
        self._tracks = np.zeros((64, WIDTH))
        self._count = 0
        self.owners = np.zeros(0)

    def step(self, time_s: float, points: ArrayLike, sigma_m: float | None = None) -> Floats:
        """Take one scan and return the tracks that it shows: seen in it, or more likely there and missed than not.

        Args:
            time_s: time of the scan, not before the last one's.
            points: places in metres.
            sigma_m: standard deviation of this scan's points where it differs from the usual.
        Shape: (n, 2) -> (m, 6) id, x, vx, y, vy, confirmed (1 or 0).  Units: s, m, m/s.
        """
        seen = np.ascontiguousarray(points, np.float64).reshape(-1, 2)
        if sigma_m is not None:
            self._told[SIGMA] = sigma_m
        self.owners = np.zeros(len(seen))
        self._tracks, self._count, out = scan(self._tracks, self._count, self._told, float(time_s), seen, self.owners)
        return out

    def shared(self) -> dict[int, SharedTrack]:
        """Return the confirmed tracks, each with its covariance, as they may be shared with another state."""
        found: dict[int, SharedTrack] = {}
        for row in self._tracks[: self._count]:
            if row[CONFIRMED] > 0.0:
                mean = (float(row[X]), float(row[VX]), float(row[Y]), float(row[VY]))
                found[int(row[ID])] = SharedTrack(float(self._told[NOW]), mean, _turned(row))
        return found


def _turned(row: Floats) -> tuple[tuple[float, ...], ...]:
    """Return the covariance of x, vx, y, vy from that along and across the course."""
    speed = float(np.hypot(row[VX], row[VY]))
    ux, uy = (row[VX] / speed, row[VY] / speed) if speed > 0.0 else (1.0, 0.0)
    along = np.array([[row[A11], row[A12]], [row[A12], row[A22]]])
    across = np.array([[row[C11], row[C12]], [row[C12], row[C22]]])
    spread = np.block(
        [[along * ux * ux + across * uy * uy, (along - across) * ux * uy],
         [(along - across) * ux * uy, along * uy * uy + across * ux * ux]]
    )  # fmt: skip
    return tuple(tuple(float(value) for value in line) for line in spread)
