"""Fusing two states' tracks of one object by covariance intersection: no state needs to know what the other's rests on.

Two tracks may rest on the same radar, or on each other. Covariance intersection never claims to be surer than that allows:
the fused covariance is an upper bound whatever the two have in common.  Source: Julier and Uhlmann 1997.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import Place, SchemaError

Floats = NDArray[np.float64]
SIZE: Final = 4
STEPS: Final = 40
GOLDEN: Final = (5.0**0.5 - 1.0) / 2.0
NO_PAIR: Final = 1e6
GATE: Final = 18.5
"""Squared distance in four dimensions beyond which two tracks are not of one object (99.9 %)."""


@dataclass(frozen=True, slots=True)
class SharedTrack:
    """One track as it may be shared: no detection, no sensor, only where, how fast, how sure.

    Attributes:
        time_s: when it holds.
        mean: x, vx, y, vy, in m and m/s.
        covariance: of the same.
    """

    time_s: float
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        """Refuse what is no estimate."""
        spread = np.array(self.covariance, float)
        if len(self.mean) != SIZE or spread.shape != (SIZE, SIZE) or not np.isfinite(spread).all():
            raise SchemaError("not four numbers with their covariance", where=Place(field="track"))
        if not np.isfinite(self.mean).all() or not np.isfinite(self.time_s):
            raise SchemaError("no finite number", where=Place(field="track"))
        if not np.allclose(spread, spread.T) or np.linalg.eigvalsh(spread).min() <= 0.0:
            raise SchemaError("a covariance that is none", where=Place(field="covariance"))

    def at(self, time_s: float, accel: float = 0.25) -> "SharedTrack":
        """Return the track moved to another time, less sure by what an object may do meanwhile."""
        dt = time_s - self.time_s
        step = np.eye(SIZE)
        step[0, 1] = step[2, 3] = dt
        noise = np.zeros((SIZE, SIZE))
        span = abs(dt)
        for axis in (0, 2):
            noise[axis, axis], noise[axis + 1, axis + 1] = span**3 / 3.0, span
            noise[axis, axis + 1] = noise[axis + 1, axis] = dt * span / 2.0
        mean = step @ np.array(self.mean)
        return _made(time_s, mean, step @ np.array(self.covariance) @ step.T + accel * noise)


def same_object(left: SharedTrack, right: SharedTrack) -> bool:
    """Return whether two tracks of one time can be of one object: their difference lies within what both allow."""
    return _apart(left, right) <= GATE


def _apart(left: SharedTrack, right: SharedTrack) -> float:
    apart = np.array(left.mean) - np.array(right.mean)
    # With an unknown common error the difference's covariance may be up to twice the sum.
    spread = 2.0 * (np.array(left.covariance) + np.array(right.covariance))
    return float(apart @ np.linalg.solve(spread, apart))


def pairs(left: Sequence[SharedTrack], right: Sequence[SharedTrack]) -> list[tuple[int, int]]:
    """Return which tracks of two states can be of one object, each in one pair at most, the nearest in sum of all.

    Args:
        left: tracks of one time,
        right: and others of the same time.
    """
    from scipy.optimize import linear_sum_assignment

    far = np.full((len(left), len(right)), NO_PAIR)
    for row, one in enumerate(left):
        for column, two in enumerate(right):
            if same_object(one, two):
                far[row, column] = _apart(one, two)
    rows, columns = linear_sum_assignment(far)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if far[row, column] < NO_PAIR]


def intersect(left: SharedTrack, right: SharedTrack) -> SharedTrack:
    """Return the two tracks as one, at the later one's time.

    Raises:
        SchemaError: they cannot be of one object.
    """
    time_s = max(left.time_s, right.time_s)
    left, right = left.at(time_s), right.at(time_s)
    if not same_object(left, right):
        raise SchemaError("two tracks that are not of one object", where=Place(field="track"))
    a, b = np.linalg.inv(np.array(left.covariance)), np.linalg.inv(np.array(right.covariance))

    def spread(weight: float) -> float:
        return -float(np.linalg.slogdet(weight * a + (1.0 - weight) * b)[1])

    low, high = 0.0, 1.0
    for _ in range(STEPS):  # the determinant is convex in the weight: golden section finds its least
        first, second = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if spread(first) < spread(second):
            high = second
        else:
            low = first
    weight = min((0.0, 1.0, (low + high) / 2.0), key=spread)
    covariance = np.linalg.inv(weight * a + (1.0 - weight) * b)
    mean = covariance @ (weight * a @ np.array(left.mean) + (1.0 - weight) * b @ np.array(right.mean))
    return _made(time_s, mean, np.asarray(covariance, np.float64))


def _made(time_s: float, mean: Floats, covariance: Floats) -> SharedTrack:
    even = 0.5 * (covariance + covariance.T)
    return SharedTrack(time_s, tuple(mean.tolist()), tuple(tuple(row) for row in even.tolist()))
