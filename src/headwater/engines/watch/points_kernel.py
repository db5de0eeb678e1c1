"""One scan of the point tracker, compiled: predict, gate, assign, update, begin, end.

A track is one row of numbers. Its motion is held in two independent axes, along its course and across it, so that the
covariance is six numbers; beside it stands the hypothesis that the object lies still. Its existence is a probability
(integrated probabilistic data association: Musicki, Evans and Stankovic 1994), and so is the chance that the sensor sees
it at all, learned per track, because an anchored ship reports once in minutes and a moving one each few seconds.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.assignment import assign
from headwater.engines.watch.kernels import EMPTY, kernel

Floats = NDArray[np.float64]

(ID, X, VX, Y, VY, A11, A12, A22, C11, C12, C22, EXISTS, HITS, MISSED, SEEN_A, SEEN_B, CONFIRMED, XS, YS, PS, STILL,
 LAST, UPDATED, TURN, SILENT) = range(25)  # fmt: skip
WIDTH: Final = 25
"""Numbers of one track: see the names above; lengths in m, times in s."""

(SIGMA, DETECT, CLUTTER, ACCEL, SIGMA_V, NOW, NEXT_ID, JITTER, HIT_SUM, GAP_SUM, JITTER_SUM, SPEED_SUM) = range(12)
SETTINGS: Final = 12
"""Numbers of one tracker: what it was told, and what it has learned of its sensor."""

GATE: Final = 16.0
"""Squared Mahalanobis distance, two dimensions: 4 standard deviations, 0.03 % of true pairs outside."""
BIRTH_PER_M2: Final = 1e-8
LIFE_S: Final = 600.0
"""Mean time for which an object stays in sight of the sensor."""
CONFIRM: Final = 0.95
FORGET: Final = 1e-3
"""Below this chance of existing, even after a fitting detection, a track ends."""
SWING_M2: Final = 25.0
"""Variance that a still object shows beside the sensor's own: a ship swings at anchor."""
STOP_S: Final = 900.0
"""Mean time between starting and stopping."""
SEEN_WEIGHT: Final = 4.0
TURN_FACTOR: Final = 40.0
"""How much more a manoeuvring object's acceleration varies than one's that keeps its course."""
TURN_BEGINS: Final = 0.03
TURN_ENDS: Final = 0.25
SELDOM: Final = 0.75
"""A sensor that turns out to see less than this share of what it was said to see reports its objects seldom."""
SHOW: Final = 0.2
"""A missed track is shown on while it is at least so likely to exist."""


@kernel
def seen_rate(told: Floats) -> float:
    """Return the chance that an object is seen in one scan, as learned from gaps that were bridged later."""
    return (told[HIT_SUM] + 50.0 * told[DETECT]) / (told[HIT_SUM] + told[GAP_SUM] + 50.0)


@kernel
def predict(tracks: Floats, count: int, told: Floats, dt: float) -> None:
    """Move every track to the time of the scan, in place."""
    for k in range(count):
        row = tracks[k]
        row[X] += dt * row[VX]
        row[Y] += dt * row[VY]
        turn = TURN_BEGINS + (1.0 - TURN_BEGINS - TURN_ENDS) * row[TURN]
        row[TURN] = turn
        q = told[ACCEL] * (1.0 + turn * turn * TURN_FACTOR)
        for a, b, c in ((A11, A12, A22), (C11, C12, C22)):
            row[a] += 2.0 * dt * row[b] + dt * dt * row[c] + q * dt**3 / 3.0
            row[b] += dt * row[c] + q * dt * dt / 2.0
            row[c] = min(row[c] + q * dt, 4.0 * told[SIGMA_V] ** 2)
        row[PS] += 0.02 * dt
        change = 1.0 - np.exp(-dt / STOP_S)
        row[STILL] = row[STILL] * (1.0 - change) + (1.0 - row[STILL]) * change * 0.5
        row[EXISTS] *= np.exp(-dt / LIFE_S)
        row[UPDATED] = 0.0


@kernel
def axes(row: Floats, told: Floats) -> tuple[float, float, float, float]:
    """Return the course as a unit vector, and the variances of a detection along and across it."""
    speed2 = row[VX] * row[VX] + row[VY] * row[VY]
    noise = told[SIGMA] ** 2
    along, across = row[A11] + noise + told[JITTER] * speed2, row[C11] + noise
    if speed2 < 1e-12:
        return 1.0, 0.0, along, across
    speed = np.sqrt(speed2)
    return row[VX] / speed, row[VY] / speed, along, across


@kernel
def likelihoods(row: Floats, told: Floats, x: float, y: float) -> tuple[float, float, float]:
    """Return the squared distance of a detection from a track, and its density if the object moves and if it is still."""
    ux, uy, along, across = axes(row, told)
    dx, dy = x - row[X], y - row[Y]
    da, dc = dx * ux + dy * uy, dy * ux - dx * uy
    far = da * da / along + dc * dc / across
    moving = np.exp(-0.5 * far) / (2.0 * np.pi * np.sqrt(along * across))
    spread = row[PS] + told[SIGMA] ** 2 + SWING_M2
    dx, dy = x - row[XS], y - row[YS]
    near = (dx * dx + dy * dy) / spread
    still = np.exp(-0.5 * near) / (2.0 * np.pi * spread)
    return min(far, near) if row[STILL] > 0.05 else far, moving, still


@kernel
def update(row: Floats, told: Floats, x: float, y: float, now: float) -> None:
    """Let a detection correct a track, in place."""
    far, moving, still = likelihoods(row, told, x, y)
    odds = row[STILL] * still
    whole = odds + (1.0 - row[STILL]) * moving
    row[STILL] = min(max(odds / max(whole, 1e-300), 1e-4), 1.0 - 1e-4)
    ux, uy, along, across = axes(row, told)
    dx, dy = x - row[X], y - row[Y]
    da, dc = dx * ux + dy * uy, dy * ux - dx * uy
    straight = np.exp(-0.5 * far)
    turned = np.exp(-0.5 * (da * da / (along * 2.0) + dc * dc / (across * 2.0))) / 2.0
    row[TURN] = row[TURN] * turned / max(row[TURN] * turned + (1.0 - row[TURN]) * straight, 1e-300)
    if row[HITS] > 5.0 and row[CONFIRMED] > 0.0 and row[STILL] < 0.1:
        speed2 = row[VX] * row[VX] + row[VY] * row[VY]
        if speed2 > 9.0:  # the axis across the course tells what noise alone does
            told[JITTER_SUM] = 0.999 * told[JITTER_SUM] + min(da * da, 9.0 * along) - min(dc * dc, 9.0 * across)
            told[SPEED_SUM] = 0.999 * told[SPEED_SUM] + speed2
            told[JITTER] = max(0.0, told[JITTER_SUM] / (told[SPEED_SUM] + 1000.0))
    ga, va = row[A11] / along, row[A12] / along
    gc, vc = row[C11] / across, row[C12] / across
    row[X] += ga * da * ux - gc * dc * uy
    row[Y] += ga * da * uy + gc * dc * ux
    row[VX] += va * da * ux - vc * dc * uy
    row[VY] += va * da * uy + vc * dc * ux
    row[A22] -= va * row[A12]
    row[A12] -= ga * row[A12]
    row[A11] -= ga * row[A11]
    row[C22] -= vc * row[C12]
    row[C12] -= gc * row[C12]
    row[C11] -= gc * row[C11]
    noise = told[SIGMA] ** 2 + SWING_M2
    gain = row[PS] / (row[PS] + noise)
    row[XS] += gain * (x - row[XS])
    row[YS] += gain * (y - row[YS])
    row[PS] -= gain * row[PS]
    if row[STILL] < 0.02:  # it moves: should it stop, it stops here
        row[XS], row[YS], row[PS] = row[X], row[Y], max(row[A11], row[C11])
    elif row[STILL] > 0.98:
        row[X], row[Y], row[VX], row[VY] = row[XS], row[YS], 0.0, 0.0
        row[A11] = row[C11] = row[PS]
        row[A12] = row[C12] = 0.0
        row[A22] = row[C22] = 1.0
    row[LAST] = now


@kernel
def stage(
    tracks: Floats, count: int, told: Floats, points: Floats, order: NDArray[np.int64], free: NDArray[np.bool_],
    confirmed: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Return the partner of every track of one rank, among detections that are free."""
    seen = len(points)
    size, pairs = 4 * (count + seen) + 64, 0
    track_of, seen_of = np.empty(size, np.int64), np.empty(size, np.int64)
    gain = np.empty(size)
    sorted_x = points[order, 0]
    for k in range(count):
        row = tracks[k]
        if row[CONFIRMED] != confirmed:
            continue
        _, _, along, across = axes(row, told)
        reach = np.sqrt(GATE * max(along, across))
        low, high = row[X] - reach, row[X] + reach
        if row[STILL] > 0.05:
            still = np.sqrt(GATE * (row[PS] + told[SIGMA] ** 2 + SWING_M2))
            low, high = min(low, row[XS] - still), max(high, row[XS] + still)
        chance = row[SEEN_A] / (row[SEEN_A] + row[SEEN_B])
        alone = (1.0 - chance) * (told[CLUTTER] + BIRTH_PER_M2)
        begin = np.searchsorted(sorted_x, low)
        for at in range(begin, seen):
            if sorted_x[at] > high:
                break
            j = order[at]
            if not free[j] or (abs(points[j, 1] - row[Y]) > reach and row[STILL] <= 0.05):
                continue
            far, moving, still_density = likelihoods(row, told, points[j, 0], points[j, 1])
            if far > GATE:
                continue
            density = row[STILL] * still_density + (1.0 - row[STILL]) * moving
            better = np.log(max(row[EXISTS] * chance * density, 1e-300) / alone)
            if better <= 0.0:
                continue
            if pairs == size:
                size *= 2
                longer, wider, higher = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
                longer[:pairs], wider[:pairs], higher[:pairs] = track_of, seen_of, gain
                track_of, seen_of, gain = longer, wider, higher
            track_of[pairs], seen_of[pairs], gain[pairs] = k, j, better
            pairs += 1
    return assign(track_of, seen_of, gain, pairs, count, seen)


@kernel
def after(row: Floats, told: Floats, points: Floats, partner: int, now: float) -> None:
    """Let a scan's outcome change what is believed of a track: its detection, or that there was none."""
    chance = row[SEEN_A] / (row[SEEN_A] + row[SEEN_B])
    exists = row[EXISTS]
    if partner == EMPTY:
        row[EXISTS] = exists * (1.0 - chance) / (1.0 - exists * chance)
        row[MISSED] += 1.0
        row[SEEN_B] += exists
        return
    x, y = points[partner, 0], points[partner, 1]
    _, moving, still = likelihoods(row, told, x, y)
    ratio = (row[STILL] * still + (1.0 - row[STILL]) * moving) / (told[CLUTTER] + 1e-13)
    row[EXISTS] = min(exists * chance * ratio / (exists * chance * ratio + 1.0 - exists), 0.9999)
    update(row, told, x, y, now)
    if row[SILENT] > 0.0 and seen_rate(told) > SELDOM * told[DETECT]:
        # Where a sensor sees nearly everything in nearly every scan, what comes back after a silence may be another object.
        row[ID] = told[NEXT_ID]
        told[NEXT_ID] += 1.0
    row[SILENT] = 0.0
    if row[CONFIRMED] > 0.0:
        told[HIT_SUM] += 1.0
        told[GAP_SUM] += row[MISSED]
    row[HITS] += 1.0
    row[MISSED] = 0.0
    row[SEEN_A] += 1.0
    row[UPDATED] = 1.0
    if (row[HITS] >= 3.0 and row[EXISTS] > CONFIRM) or (row[HITS] >= 2.0 and row[EXISTS] > 0.9995):
        row[CONFIRMED] = 1.0


@kernel
def begin_track(row: Floats, told: Floats, x: float, y: float, now: float) -> None:
    """Begin a track at a detection that nobody claimed."""
    row[:] = 0.0
    row[ID] = told[NEXT_ID]
    told[NEXT_ID] += 1.0
    row[X], row[Y], row[XS], row[YS] = x, y, x, y
    row[A11] = row[C11] = row[PS] = told[SIGMA] ** 2
    row[A22] = row[C22] = told[SIGMA_V] ** 2
    row[EXISTS] = BIRTH_PER_M2 / (BIRTH_PER_M2 + told[CLUTTER])
    row[HITS] = row[UPDATED] = 1.0
    row[STILL] = 0.3
    row[TURN] = TURN_BEGINS
    learned = seen_rate(told)
    row[SEEN_A], row[SEEN_B] = SEEN_WEIGHT * learned, SEEN_WEIGHT * (1.0 - learned)
    row[LAST] = now


@kernel
def scan(
    tracks: Floats, count: int, told: Floats, now: float, points: Floats, owners: Floats
) -> tuple[Floats, int, Floats]:
    """Take one scan: return the tracks, their number, and what is to be shown (id, x, vx, y, vy, confirmed).

    `owners` takes the id of the track to which each point was given.
    """
    dt = max(now - told[NOW], 0.0)
    told[NOW] = now
    seen = len(points)
    if count:
        predict(tracks, count, told, dt)
    order = np.argsort(points[:, 0])
    free = np.ones(seen, np.bool_)
    for rank in (1.0, 0.0):
        partner, owner = stage(tracks, count, told, points, order, free, rank)
        for k in range(count):
            if tracks[k, CONFIRMED] == rank and tracks[k, UPDATED] == 0.0:
                after(tracks[k], told, points, partner[k], now)
                if partner[k] == EMPTY:
                    tracks[k, UPDATED] = -1.0  # looked at: it must not be looked at again at another rank
                else:
                    owners[partner[k]] = tracks[k, ID]
        for j in range(seen):
            if owner[j] != EMPTY:
                free[j] = False
    kept = 0
    for k in range(count):
        peak = 1.0 / (2.0 * np.pi * np.sqrt((tracks[k, A11] + told[SIGMA] ** 2) * (tracks[k, C11] + told[SIGMA] ** 2)))
        still = tracks[k, STILL] / (2.0 * np.pi * (tracks[k, PS] + told[SIGMA] ** 2 + SWING_M2))
        best = tracks[k, EXISTS] * max(peak, still) / (told[CLUTTER] + BIRTH_PER_M2)
        if tracks[k, EXISTS] < FORGET or best < 1.0:
            continue
        if kept != k:
            tracks[kept] = tracks[k]
        kept += 1
    fresh = 0
    for j in range(seen):
        fresh += free[j]
    if kept + fresh > len(tracks):
        more = np.zeros((2 * (kept + fresh), WIDTH))
        more[:kept] = tracks[:kept]
        tracks = more
    for j in range(seen):
        if free[j]:
            begin_track(tracks[kept], told, points[j, 0], points[j, 1], now)
            owners[j] = tracks[kept, ID]
            kept += 1
    out, shown = np.empty((kept, 6)), 0
    regular = seen_rate(told) > SELDOM * told[DETECT]
    for k in range(kept):
        row = tracks[k]
        chance = row[SEEN_A] / (row[SEEN_A] + row[SEEN_B])
        likely = row[EXISTS] > SHOW if regular else row[EXISTS] * chance > 0.5
        if row[UPDATED] <= 0.0 and (row[SILENT] > 0.0 or not likely):
            row[SILENT] = 1.0
            continue
        out[shown, 0], out[shown, 1], out[shown, 2] = row[ID], row[X], row[VX]
        out[shown, 3], out[shown, 4], out[shown, 5] = row[Y], row[VY], row[CONFIRMED]
        shown += 1
    return tracks, kept, out[:shown]
