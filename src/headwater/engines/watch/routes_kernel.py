"""Stops and ways of many tracks, compiled: where objects stay, and which cells they pass."""

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.kernels import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def plausible(
    track: Ints, time_s: Floats, x: Floats, y: Floats, fastest_ms: float, slack_m: float
) -> NDArray[np.bool_]:
    """Return which reports, ordered by track and time, can be reached from the last plausible one of their track."""
    keep = np.ones(len(track), np.bool_)
    last = 0
    for at in range(1, len(track)):
        if track[at] != track[last]:
            last = at
            continue
        dx, dy = x[at] - x[last], y[at] - y[last]
        reach = fastest_ms * (time_s[at] - time_s[last]) + slack_m
        if dx * dx + dy * dy > reach * reach:
            keep[at] = False
        else:
            last = at
    return keep


@kernel
def stops(track: Ints, time_s: Floats, x: Floats, y: Floats, radius_m: float, least_s: float) -> Floats:
    """Return the stops of tracks: track, begin, end, mean x, mean y, first report, number of reports.

    A stop is a stretch that stays within a radius of its first place for a time.  Shape: (n,) x4 -> (m, 7).
    """
    found = np.empty((64, 7))
    count, at, n = 0, 0, len(track)
    while at < n:
        end, sx, sy = at, 0.0, 0.0
        while end < n and track[end] == track[at]:
            dx, dy = x[end] - x[at], y[end] - y[at]
            if dx * dx + dy * dy > radius_m * radius_m:
                break
            sx += x[end]
            sy += y[end]
            end += 1
        if end > at and time_s[end - 1] - time_s[at] >= least_s:
            if count == len(found):
                more = np.empty((2 * count, 7))
                more[:count] = found
                found = more
            k = end - at
            found[count, 0], found[count, 1], found[count, 2] = track[at], time_s[at], time_s[end - 1]
            found[count, 3], found[count, 4], found[count, 5], found[count, 6] = sx / k, sy / k, at, k
            count += 1
            at = end
        else:
            at += 1
    return found[:count]


@kernel
def passes(track: Ints, cell: Ints) -> NDArray[np.bool_]:
    """Return which reports, ordered by track and time, enter a cell: the first of a track, and each in another cell."""
    enters = np.ones(len(track), np.bool_)
    for at in range(1, len(track)):
        enters[at] = track[at] != track[at - 1] or cell[at] != cell[at - 1]
    return enters
