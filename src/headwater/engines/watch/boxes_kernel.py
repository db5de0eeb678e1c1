"""One frame of the box tracker, compiled: predict, undo the camera's motion, match in three stages, begin, end.

Motion is one Kalman filter for the two axes of a box's centre, its noise in units of the box's height; width and height
follow by a fixed gain. What the camera does is taken from the detections themselves: when it pans, the boxes move together.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.assignment import assign
from headwater.engines.watch.kernels import EMPTY, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

(ID, CX, CY, W, H, VX, VY, P11, P12, P22, HITS, AWAY, CONFIRMED, LX, LY, LW, LH, BELIEF, PARTNER, BVX, BVY) = range(21)
WIDTH: Final = 21
"""Numbers of one track; places in pixels, speeds in pixels a frame, AWAY in frames since it was seen."""

(HIGH, NEW, BUFFER, LEAST, LOW_LEAST, AGAIN_BUFFER, AGAIN_LEAST, HEIGHT_POWER, NOISE, ACCEL, SIZE_GAIN, LOST_S,
 CONFIRM_HITS, SURE, BLEND, CAMERA, COAST, DAMP, YOUNG_LOST, DOUBLE, CALM, UNREST) = range(22)  # fmt: skip
FIRST_SPEED: Final = 0.1
"""Standard deviation of a new box's speed, heights a frame at 30 frames a second."""


@kernel
def unrest(told: Floats) -> float:
    """Return how many times more than on a calm scene boxes leave their course: 1 on calm ones, more from a moving car."""
    return max(1.0, told[UNREST] / told[CALM])


@kernel
def overlap(a: Floats, at: int, b: Floats, other: int, buffer: float, power: float) -> float:
    """Return the overlap of two boxes (centre, size) as a share of their union, each widened by `buffer` of its size.

    Boxes of unlike height are held to be less alike: the share is multiplied by the ratio of heights to a power.
    Source: Yang et al. 2023 (buffered overlap); Yang et al. 2024 (height-modulated overlap).
    """
    grown = 1.0 + 2.0 * buffer
    wa, ha, wb, hb = a[at, 2] * grown, a[at, 3] * grown, b[other, 2] * grown, b[other, 3] * grown
    across = min(a[at, 0] + wa / 2, b[other, 0] + wb / 2) - max(a[at, 0] - wa / 2, b[other, 0] - wb / 2)
    if across <= 0.0:
        return 0.0
    down = min(a[at, 1] + ha / 2, b[other, 1] + hb / 2) - max(a[at, 1] - ha / 2, b[other, 1] - hb / 2)
    if down <= 0.0:
        return 0.0
    both = across * down
    alike = min(ha, hb) / max(ha, hb)
    return both / (wa * ha + wb * hb - both) * alike**power


@kernel
def match(
    boxes: Floats, tracks_at: Ints, many: int, seen: Floats, seen_at: Ints, few: int, buffer: float, least: float,
    power: float, partner: Ints, owner: Ints,
) -> None:  # fmt: skip
    """Match some tracks with some detections by overlap, in place of the marks in `partner` and `owner`."""
    if many == 0 or few == 0:
        return
    track_of, seen_of, gain = np.empty(many * few, np.int64), np.empty(many * few, np.int64), np.empty(many * few)
    pairs = 0
    for i in range(many):
        if partner[tracks_at[i]] != EMPTY:
            continue
        for j in range(few):
            if owner[seen_at[j]] != EMPTY:
                continue
            share = overlap(boxes, tracks_at[i], seen, seen_at[j], buffer, power)
            if share > least:
                track_of[pairs], seen_of[pairs], gain[pairs] = tracks_at[i], seen_at[j], share - least + 1e-3
                pairs += 1
    found, _ = assign(track_of, seen_of, gain, pairs, len(partner), len(owner))
    for i in range(many):
        one = found[tracks_at[i]]
        if one != EMPTY:
            partner[tracks_at[i]] = one
            owner[one] = tracks_at[i]


@kernel
def median(values: Floats, count: int) -> float:
    """Return the middle of the first values."""
    ordered = np.sort(values[:count])
    return (ordered[(count - 1) // 2] + ordered[count // 2]) / 2.0


@kernel
def camera_shift(boxes: Floats, count: int, seen: Floats, few: int, told: Floats, away: Floats) -> tuple[float, float]:
    """Return how far the camera moved every box beyond what was expected: the middle of what clear pairs show.

    Fewer than three clear pairs tell nothing; the fewer there are, the less of their shift is believed.
    """
    dx, dy, pairs = np.empty(count), np.empty(count), 0
    for i in range(count):
        if away[i] > 0.0:
            continue
        best, second, at = 0.0, 0.0, EMPTY
        for j in range(few):
            share = overlap(boxes, i, seen, j, 0.5, 1.0)
            if share > best:
                best, second, at = share, best, j
            elif share > second:
                second = share
        if at != EMPTY and best > 0.3 and second < 0.6 * best:
            dx[pairs], dy[pairs] = seen[at, 0] - boxes[i, 0], seen[at, 1] - boxes[i, 1]
            pairs += 1
    if pairs < 3:
        return 0.0, 0.0
    trust = told[CAMERA] * pairs / (pairs + 2.0)
    return trust * median(dx, pairs), trust * median(dy, pairs)


@kernel
def update(row: Floats, seen: Floats, one: int, told: Floats) -> None:
    """Let a detection correct a track, in place."""
    score = seen[one, 4]
    noise = (told[NOISE] * row[H]) ** 2 * (2.0 - score)
    whole = row[P11] + noise
    gain, lift = row[P11] / whole, row[P12] / whole
    dx, dy = seen[one, 0] - row[CX], seen[one, 1] - row[CY]
    if row[HITS] > 2.0 and row[AWAY] == 0.0:
        told[UNREST] += 0.01 * (min((dx * dx + dy * dy) / (2.0 * whole), 9.0) - told[UNREST])
    if row[AWAY] > 0.0 and row[HITS] > 1.0:
        # What was seen last and what is seen now tell the speed between better than the speed guessed while it was away.
        span = row[AWAY] + 1.0
        row[VX] = 0.5 * row[VX] + 0.5 * (seen[one, 0] - row[LX]) / span
        row[VY] = 0.5 * row[VY] + 0.5 * (seen[one, 1] - row[LY]) / span
        row[CX] += gain * dx
        row[CY] += gain * dy
    else:
        row[CX] += gain * dx
        row[CY] += gain * dy
        row[VX] += lift * dx
        row[VY] += lift * dy
    row[P22] -= lift * row[P12]
    row[P12] -= gain * row[P12]
    row[P11] -= gain * row[P11]
    size = max(min(told[SIZE_GAIN] * unrest(told), 0.8), 1.0 / (row[HITS] + 1.0))
    row[W] += size * (seen[one, 2] - row[W])
    row[H] += size * (seen[one, 3] - row[H])
    row[LX], row[LY], row[LW], row[LH] = seen[one, 0], seen[one, 1], seen[one, 2], seen[one, 3]
    row[HITS] += 1.0
    row[AWAY] = 0.0
    row[BELIEF] += score
    if row[HITS] >= told[CONFIRM_HITS] and row[BELIEF] / row[HITS] > told[SURE]:
        row[CONFIRMED] = 1.0


@kernel
def predict(tracks: Floats, count: int, told: Floats, pace: float, boxes: Floats) -> None:
    """Move every track on by a frame, and write its box as centre and size."""
    wild = unrest(told)
    for k in range(count):
        row = tracks[k]
        if row[AWAY] > 0.0:
            row[VX] *= told[DAMP] ** pace
            row[VY] *= told[DAMP] ** pace
        row[CX] += row[VX]
        row[CY] += row[VY]
        q = (told[ACCEL] * row[H] * pace * wild) ** 2
        row[P11] += 2.0 * row[P12] + row[P22] + q / 3.0
        row[P12] += row[P22] + q / 2.0
        row[P22] += q
        row[AWAY] += 1.0
        boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3] = row[CX], row[CY], row[W], row[H]


@kernel
def frame(
    tracks: Floats, count: int, told: Floats, pace: float, next_id: int, given: Floats
) -> tuple[Floats, int, int, Floats]:
    """Take one frame's boxes (x1 y1 x2 y2 score); return tracks, their number, the next id, and what is shown.

    `pace` is 30 divided by the frames a second: how much longer than usual a frame lasts.
    """
    n = len(given)
    seen = np.empty((n, 5))
    high, low = np.empty(n, np.int64), np.empty(n, np.int64)
    highs = lows = 0
    for j in range(n):
        seen[j, 0], seen[j, 1] = (given[j, 0] + given[j, 2]) / 2.0, (given[j, 1] + given[j, 3]) / 2.0
        seen[j, 2], seen[j, 3] = max(given[j, 2] - given[j, 0], 1e-3), max(given[j, 3] - given[j, 1], 1e-3)
        seen[j, 4] = given[j, 4]
        if seen[j, 4] >= told[HIGH]:
            high[highs] = j
            highs += 1
        else:
            low[lows] = j
            lows += 1
    boxes = np.empty((count, 4))
    predict(tracks, count, told, pace, boxes)
    if told[CAMERA] > 0.0 and count > 2:
        sx, sy = camera_shift(boxes, count, seen, n, told, tracks[:count, AWAY] - 1.0)
        if sx != 0.0 or sy != 0.0:
            for k in range(count):
                tracks[k, CX] += sx
                tracks[k, CY] += sy
                tracks[k, LX] += sx
                tracks[k, LY] += sy
                boxes[k, 0] += sx
                boxes[k, 1] += sy
    partner, owner = np.full(count, EMPTY, np.int64), np.full(n, EMPTY, np.int64)
    near, young = np.empty(count, np.int64), np.empty(count, np.int64)
    nears = youngs = 0
    for k in range(count):
        if tracks[k, CONFIRMED] > 0.0:
            near[nears] = k
            nears += 1
        else:
            young[youngs] = k
            youngs += 1
    power = told[HEIGHT_POWER]
    match(boxes, near, nears, seen, high, highs, told[BUFFER], told[LEAST], power, partner, owner)
    match(boxes, near, nears, seen, low, lows, told[BUFFER], told[LOW_LEAST], power, partner, owner)
    if nears and told[AGAIN_BUFFER] >= 0.0:
        last = np.empty((count, 4))
        for k in range(count):
            last[k, 0], last[k, 1], last[k, 2], last[k, 3] = tracks[k, LX], tracks[k, LY], tracks[k, LW], tracks[k, LH]
        match(last, near, nears, seen, high, highs, told[AGAIN_BUFFER], told[AGAIN_LEAST], power, partner, owner)
    match(boxes, young, youngs, seen, high, highs, told[BUFFER], told[LEAST], power, partner, owner)
    match(boxes, young, youngs, seen, low, lows, told[BUFFER], told[LOW_LEAST], power, partner, owner)
    lost = told[LOST_S] * 30.0 / pace
    kept = 0
    for k in range(count):
        one = partner[k]
        if one != EMPTY:
            tracks[k, AWAY] -= 1.0
            update(tracks[k], seen, one, told)
        tracks[k, PARTNER] = one
        if tracks[k, AWAY] > (lost if tracks[k, CONFIRMED] > 0.0 else told[YOUNG_LOST]):
            continue
        if kept != k:
            tracks[kept] = tracks[k]
        kept += 1
    fresh = 0
    for j in range(n):
        if owner[j] == EMPTY and seen[j, 4] >= told[NEW]:
            fresh += 1
    if kept + fresh > len(tracks):
        more = np.zeros((2 * (kept + fresh), WIDTH))
        more[:kept] = tracks[:kept]
        tracks = more
    for j in range(n):
        if owner[j] != EMPTY or seen[j, 4] < told[NEW]:
            continue
        doubled = False
        for other in range(n):  # a box mostly inside one that a track has taken is that object once more
            if owner[other] >= 0 and other != j and overlap(seen, j, seen, other, 0.0, 0.0) > told[DOUBLE]:
                doubled = True
        if doubled:
            continue
        row = tracks[kept]
        row[:] = 0.0
        row[ID], row[CX], row[CY], row[W], row[H] = next_id, seen[j, 0], seen[j, 1], seen[j, 2], seen[j, 3]
        row[P11] = (told[NOISE] * row[H]) ** 2
        row[P22] = (FIRST_SPEED * row[H] * pace) ** 2
        row[HITS], row[BELIEF], row[PARTNER] = 1.0, seen[j, 4], j
        row[LX], row[LY], row[LW], row[LH] = row[CX], row[CY], row[W], row[H]
        if told[CONFIRM_HITS] <= 1.0 and seen[j, 4] > told[SURE]:
            row[CONFIRMED] = 1.0
        next_id += 1
        kept += 1
    out, shown, wild = np.empty((kept, 5)), 0, unrest(told)
    for k in range(kept):
        row = tracks[k]
        if row[CONFIRMED] == 0.0 or row[AWAY] > told[COAST]:
            continue
        blend = told[BLEND] / wild if row[AWAY] == 0.0 else 1.0
        cx, cy = blend * row[CX] + (1.0 - blend) * row[LX], blend * row[CY] + (1.0 - blend) * row[LY]
        w, h = blend * row[W] + (1.0 - blend) * row[LW], blend * row[H] + (1.0 - blend) * row[LH]
        out[shown, 0], out[shown, 1], out[shown, 2], out[shown, 3] = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
        out[shown, 4] = row[ID]
        shown += 1
    return tracks, kept, next_id, out[:shown]
