"""One report at a time, compiled: which track it belongs to, and how it changes that track.

Rescue cannot wait until a scan is whole, so each report is settled as it comes: what is decided after a report depends on
the reports up to it and on nothing after it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.kernels import EMPTY, kernel

Floats = NDArray[np.float64]

(ID, X, VX, Y, VY, P11, P12, P22, LAST, HITS, FIRST_X, FIRST_Y, FIRST, SENSOR) = range(14)
WIDTH: Final = 14
GATE: Final = 14.0
ACCEL: Final = 0.02
SPEED_SD: Final = 3.0
SILENCE_S: Final = 30.0
YOUNG_SILENCE_S: Final = 9.0
"""How long a track of a few reports waits for its next; one of many waits `SILENCE_S`."""
OLD: Final = 5.0
LATE_S: Final = 10.0
"""How much older than the last report of a track a report may be and still be of it."""


@kernel
def _waits(row: Floats) -> float:
    return SILENCE_S if row[HITS] >= OLD else YOUNG_SILENCE_S


@kernel
def take(
    tracks: Floats, count: int, next_id: int, now: float, x: float, y: float, sigma: float, sensor: float
) -> tuple[int, int, int]:
    """Take one report: return the row of its track, how many tracks there are, and the next id.

    There must be room for one more track. A sensor's second report of the same moment is of another object. A track that this
    report comes too late or too early for is left as it is: clocks are wrong at times, and one that is takes nothing from others.
    """
    best, chosen = -1e18, EMPTY
    noise = sigma * sigma
    for k in range(count):
        row = tracks[k]
        dt = now - row[LAST]
        if dt < -LATE_S or dt > _waits(row) or (dt <= 0.0 and row[SENSOR] == sensor):
            continue
        dx, dy = x - row[X] - dt * row[VX], y - row[Y] - dt * row[VY]
        spread = row[P11] + 2.0 * dt * row[P12] + dt * dt * row[P22] + ACCEL * abs(dt) ** 3 / 3.0 + noise
        far = (dx * dx + dy * dy) / spread
        if far > GATE:
            continue
        fits = -0.5 * far - np.log(spread)
        if fits > best:
            best, chosen = fits, k
    if chosen == EMPTY:
        row = tracks[count]
        row[:] = 0.0
        row[ID], row[X], row[Y], row[P11], row[P22] = next_id, x, y, noise, SPEED_SD**2
        row[LAST] = row[FIRST] = now
        row[FIRST_X], row[FIRST_Y], row[HITS], row[SENSOR] = x, y, 1.0, sensor
        return count, count + 1, next_id + 1
    row = tracks[chosen]
    dt = max(now - row[LAST], 0.0)
    row[X] += dt * row[VX]
    row[Y] += dt * row[VY]
    row[P11] += 2.0 * dt * row[P12] + dt * dt * row[P22] + ACCEL * dt**3 / 3.0
    row[P12] += dt * row[P22] + ACCEL * dt * dt / 2.0
    row[P22] = min(row[P22] + ACCEL * dt, 4.0 * SPEED_SD**2)
    gain, lift = row[P11] / (row[P11] + noise), row[P12] / (row[P11] + noise)
    dx, dy = x - row[X], y - row[Y]
    row[X] += gain * dx
    row[Y] += gain * dy
    row[VX] += lift * dx
    row[VY] += lift * dy
    row[P22] -= lift * row[P12]
    row[P12] -= gain * row[P12]
    row[P11] -= gain * row[P11]
    row[LAST] = max(now, row[LAST])
    row[HITS] += 1.0
    row[SENSOR] = sensor
    return chosen, count, next_id


@kernel
def forget(tracks: Floats, count: int, now: float) -> int:
    """Take away the tracks that no report of about now could still be of, and return how many are left, in their order."""
    kept = 0
    for k in range(count):
        if now - tracks[k, LAST] > _waits(tracks[k]) + LATE_S:
            continue
        if kept != k:
            tracks[kept] = tracks[k]
        kept += 1
    return kept
