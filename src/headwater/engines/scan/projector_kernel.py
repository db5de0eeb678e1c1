"""The fan beam through solids: exact chords, the later solid displacing the earlier, then Beer and Lambert bin by bin.

Lengths in cm. x runs along the vehicle, y up, z away from the source. A solid is a row: kind, centre, half sizes, and the nine
numbers of the rotation that turns the world into its own axes.
"""

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.kernels import kernel

BOX, ELLIPSOID, CYLINDER = 0, 1, 2
"""A cylinder lies along its own first axis."""
MOST_HITS = 96
"""Solids that one ray meets; the shell of a lorry and all its load stay below 60."""
_TINY = 1e-9
_FAR = 1e9


@kernel
def _slab(origin: float, direction: float, half: float, near: float, far: float) -> tuple[float, float]:
    if abs(direction) < _TINY:
        return (near, far) if abs(origin) <= half else (1.0, 0.0)
    one, two = (-half - origin) / direction, (half - origin) / direction
    if one > two:
        one, two = two, one
    return max(near, one), min(far, two)


@kernel
def _round(a: float, b: float, c: float, near: float, far: float) -> tuple[float, float]:
    if a < _TINY:
        return (near, far) if c <= 0 else (1.0, 0.0)
    root = b * b - a * c
    if root <= 0:
        return 1.0, 0.0
    root = np.sqrt(root)
    return max(near, (-b - root) / a), min(far, (-b + root) / a)


@kernel
def chord(
    solid: NDArray[np.float64], kind: int, origin: NDArray[np.float64], way: NDArray[np.float64]
) -> tuple[float, float]:
    """Return where a ray enters and leaves a solid, in lengths of its direction; the second is smaller where it misses."""
    ox, oy, oz = origin[0] - solid[0], origin[1] - solid[1], origin[2] - solid[2]
    p0 = solid[6] * ox + solid[7] * oy + solid[8] * oz
    p1 = solid[9] * ox + solid[10] * oy + solid[11] * oz
    p2 = solid[12] * ox + solid[13] * oy + solid[14] * oz
    d0 = solid[6] * way[0] + solid[7] * way[1] + solid[8] * way[2]
    d1 = solid[9] * way[0] + solid[10] * way[1] + solid[11] * way[2]
    d2 = solid[12] * way[0] + solid[13] * way[1] + solid[14] * way[2]
    near, far = 0.0, _FAR
    if kind == BOX:
        near, far = _slab(p0, d0, solid[3], near, far)
        if near < far:
            near, far = _slab(p1, d1, solid[4], near, far)
        if near < far:
            near, far = _slab(p2, d2, solid[5], near, far)
        return near, far
    if kind == CYLINDER:
        near, far = _slab(p0, d0, solid[3], near, far)
        if near >= far:
            return 1.0, 0.0
        e0, f0 = 0.0, 0.0
    else:
        e0, f0 = p0 / solid[3], d0 / solid[3]
    e1, e2, f1, f2 = p1 / solid[4], p2 / solid[5], d1 / solid[4], d2 / solid[5]
    return _round(
        f0 * f0 + f1 * f1 + f2 * f2, e0 * f0 + e1 * f1 + e2 * f2, e0 * e0 + e1 * e1 + e2 * e2 - 1.0, near, far
    )


@kernel
def _seen_lengths(
    entry: NDArray[np.float64], leave: NDArray[np.float64], count: int, lengths: NDArray[np.float64],
    lows: NDArray[np.float64], highs: NDArray[np.float64],
) -> None:  # fmt: skip
    """Set the length that each of several stretches keeps when every later one displaces it."""
    covered = 0
    for hit in range(count - 1, -1, -1):
        low, high = entry[hit], leave[hit]
        left = high - low
        place = 0
        while place < covered:
            if lows[place] < high and highs[place] > low:
                left -= min(highs[place], high) - max(lows[place], low)
                low, high = min(low, lows[place]), max(high, highs[place])
                covered -= 1
                lows[place], highs[place] = lows[covered], highs[covered]
                # What was joined may touch a stretch that was passed; those are disjoint from the first stretch, so only
                # the part outside it can touch, and that part lies in the joined stretch already.
            else:
                place += 1
        lows[covered], highs[covered] = low, high
        covered += 1
        lengths[hit] = max(left, 0.0)


@kernel
def _rows_of(
    solid: NDArray[np.float64], source_y: float, source_z: float, top: float, pitch: float, rows: int
) -> tuple[int, int]:
    """Return the rows between which the shadow of a solid must lie."""
    reach_y = reach_z = 0.0
    for axis in range(3):
        reach_y += abs(solid[7 + 3 * axis]) * solid[3 + axis]
        reach_z += abs(solid[8 + 3 * axis]) * solid[3 + axis]
    low, high = _FAR, -_FAR
    for end_y in (-reach_y, reach_y):
        for end_z in (-reach_z, reach_z):
            depth = max(solid[2] + end_z - source_z, 1.0)
            at = source_y + (solid[1] + end_y - source_y) * (-source_z) / depth
            low, high = min(low, at), max(high, at)
    first, last = int(np.floor((top - high) / pitch)) - 1, int(np.ceil((top - low) / pitch)) + 1
    return max(first, 0), min(last, rows)


@kernel
def project(
    solids: NDArray[np.float64], kinds: NDArray[np.int64], materials: NDArray[np.int64], densities: NDArray[np.float64],
    reach_x: NDArray[np.float64], frame: NDArray[np.float64], first: int, columns: int, rows: int,
    attenuation: NDArray[np.float64], weights: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Return the transmission of each pixel in each channel.

    Args:
        solids: a row each; later ones displace earlier ones.
        kinds: of each solid.
        materials: of each solid.
        densities: of each solid; 0 is air.
        reach_x: half of the extent of each solid along x.
        frame: height and distance (negative z) of the source, height of the top row and size of a row at z = 0, x of column
            0 and size of a column, and by how much the fan leans along x for each cm of depth.
        first: first column.
        columns: how many columns.
        rows: how many rows.
        attenuation: cm²/g, (materials, channels, bins).
        weights: (channels, bins), each channel adding up to 1.

    Shape: -> (channels, rows, columns).
    """
    source_y, source_z, top, pitch, x0, step, lean = frame
    channels, bins = weights.shape
    made = np.ones((channels, rows, columns))
    entry, leave = np.empty((rows, MOST_HITS)), np.empty((rows, MOST_HITS))
    who = np.empty((rows, MOST_HITS), np.int64)
    hits = np.zeros(rows, np.int64)
    lengths, lows, highs = np.empty(MOST_HITS), np.empty(MOST_HITS), np.empty(MOST_HITS)
    areal = np.zeros(attenuation.shape[0])
    here, depth = np.zeros(attenuation.shape[0], np.int64), np.zeros(bins)
    origin, way = np.empty(3), np.empty(3)
    for column in range(columns):
        hits[:] = 0
        at = x0 + (first + column) * step
        origin[0], origin[1], origin[2] = at + lean * source_z, source_y, source_z
        for number in range(len(solids)):
            middle = at + lean * solids[number, 2]
            if abs(solids[number, 0] - middle) > reach_x[number] + abs(lean) * 200.0:
                continue
            low, high = _rows_of(solids[number], source_y, source_z, top, pitch, rows)
            for row in range(low, high):
                way[0], way[1], way[2] = -lean * source_z, top - (row + 0.5) * pitch - source_y, -source_z
                near, far = chord(solids[number], kinds[number], origin, way)
                if far > near and hits[row] < MOST_HITS:
                    place = hits[row]
                    entry[row, place], leave[row, place], who[row, place] = near, far, number
                    hits[row] += 1
        for row in range(rows):
            count = hits[row]
            if count == 0:
                continue
            rise = top - (row + 0.5) * pitch - source_y
            unit = np.sqrt(rise * rise + source_z * source_z * (1.0 + lean * lean))
            _seen_lengths(entry[row], leave[row], count, lengths, lows, highs)
            areal[:] = 0.0
            for hit in range(count):
                areal[materials[who[row, hit]]] += lengths[hit] * unit * densities[who[row, hit]]
            present = 0
            for material in range(len(areal)):
                if areal[material] > 0.0:
                    here[present] = material
                    present += 1
            for channel in range(channels):
                depth[:] = 0.0
                for place in range(present):
                    through = attenuation[here[place], channel]
                    for bin_ in range(bins):
                        depth[bin_] += areal[here[place]] * through[bin_]
                total = 0.0
                for bin_ in range(bins):
                    total += weights[channel, bin_] * np.exp(-depth[bin_])
                made[channel, row, column] = total
    return made
