"""Monotone cubics through points (PCHIP): the same curves as scipy's, without the second of CPU that loading its interpolation takes.

Source: F. N. Fritsch and J. Butland, A Method for Constructing Local Monotone Piecewise Cubic Interpolants, SIAM J. Sci. Stat.
Comput. 5 (1984) 300-304.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Cubic:
    """A curve that rises where its points rise and falls where they fall; beyond them its first and last piece go on."""

    def __init__(self, x: ArrayLike, y: ArrayLike) -> None:
        """Take two points at least, x rising."""
        self._x, held = np.asarray(x, np.float64), np.asarray(y, np.float64)
        wide = np.diff(self._x)
        rise = np.diff(held) / wide
        slope = _slopes(wide, rise)
        bend = (slope[:-1] + slope[1:] - 2 * rise) / wide
        self._parts = (bend / wide, (rise - slope[:-1]) / wide - bend, slope[:-1], held[:-1])

    def __call__(self, at: ArrayLike) -> Floats:
        """Return the curve at some places. Shape: any -> same."""
        place = np.clip(np.searchsorted(self._x, at, "right") - 1, 0, len(self._x) - 2)
        along = np.asarray(at, np.float64) - self._x[place]
        cube, square, line, start = (part[place] for part in self._parts)
        return np.asarray(((cube * along + square) * along + line) * along + start)


def _slopes(wide: Floats, rise: Floats) -> Floats:
    """Return the slope at each point: nothing at a turn, else the harmonic mean of both sides, the wider one counting for less."""
    if len(rise) == 1:
        return np.repeat(rise, 2)
    found = np.zeros(len(rise) + 1)
    same = rise[:-1] * rise[1:] > 0
    one, two = 2 * wide[1:] + wide[:-1], wide[1:] + 2 * wide[:-1]
    found[1:-1][same] = ((one + two)[same]) / (one[same] / rise[:-1][same] + two[same] / rise[1:][same])
    found[0], found[-1] = _end(wide[:2], rise[:2]), _end(wide[:-3:-1], rise[:-3:-1])
    return found


def _end(wide: Floats, rise: Floats) -> float:
    """Return the slope at an end, of a parabola through three points where that turns nothing round."""
    found = ((2 * wide[0] + wide[1]) * rise[0] - wide[0] * rise[1]) / (wide[0] + wide[1])
    if found * rise[0] <= 0:
        return 0.0
    return float(3 * rise[0] if rise[0] * rise[1] <= 0 and abs(found) > 3 * abs(rise[0]) else found)
