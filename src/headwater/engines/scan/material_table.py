"""Two attenuations to areal density and material index, pixel by pixel, by a table over the second.

In numpy, band by band, with numbers of 32 bits where the attenuations have no more: as quick as a compiled loop, and no compiler is
loaded, which takes longer than a scan.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.bands import bands

Reals = NDArray[Any]
Floats = NDArray[np.float64]
Kind = type[np.float32] | type[np.float64]
LEAST_GAP: Final = 1e-9
"""Difference of two materials in the first spectrum below which nothing tells one from the other."""
NOTHING: Final = 1e-6
"""Steps of −ln T up to which there is nothing to tell a material of."""


class Table:
    """What each material shows in the first spectrum, and how much of it there is, over −ln T in the second."""

    def __init__(self, step: float, lows: Floats, areals: Floats, index_of: Floats, kind: Kind) -> None:
        """Take the curves.

        Args:
            step: of the table, in −ln T of the second spectrum.
            lows: what each material shows in the first spectrum at each step, (materials, steps), the lightest material first.
            areals: how much of it there is, g/cm².
            index_of: index of each material.
            kind: of the numbers that are reckoned with.
        """
        self._step, self._last = step, lows.shape[1] - 2
        self._kind: Any = kind
        self._index, self._apart = index_of[:-1].astype(kind), np.diff(index_of).astype(kind)
        gaps = np.diff(lows, axis=0)
        # What is heavier than the heavier of two materials lies beyond its curve, on the side on which that lies beyond the lighter one's.
        side = np.sign(gaps[:-1, :-1] + gaps[:-1, 1:])
        self._ends = [np.stack([*_line(one), on], -1).astype(kind) for one, on in zip(lows[1:-1], side, strict=True)]
        curves = zip(lows[:-1], gaps, areals[:-1], np.diff(areals, axis=0), strict=True)
        # One row for each step of each pair: eight numbers, which are copied in one go.
        self._rows = np.concatenate(
            [np.stack([part for one in four for part in _line(one)], -1) for four in curves]
        ).astype(kind)

    def decompose(
        self, low: Reals, high: Reals, noise: tuple[float, float], averaged: float
    ) -> tuple[Reals, Reals, Reals]:
        """Return areal density, index and its sigma.

        Args:
            low: −ln T in the first spectrum.
            high: −ln T in the second.
            noise: relative noise of open air in both.
            averaged: over how many pixels both attenuations were averaged.
        """
        areal, index, sigma = (np.empty(low.shape, np.float32) for _ in range(3))
        for rows in bands(*low.shape):
            self._band(low[rows], high[rows], noise, averaged, (areal[rows], index[rows], sigma[rows]))
        return areal, index, sigma

    def _band(
        self, low: Reals, high: Reals, noise: tuple[float, float], averaged: float, out: tuple[Reals, Reals, Reals]
    ) -> None:
        part: Any = np.maximum(high, np.float32(0.0)).astype(self._kind, copy=False).reshape(-1)
        part *= self._kind(1.0 / self._step)
        place = part.astype(np.intp)
        np.minimum(place, self._last, out=place)
        told = part > NOTHING
        part -= place.astype(self._kind)
        seen, pair = low.reshape(-1), np.zeros(place.size, np.intp)
        for end in self._ends:
            held = end.take(place, axis=0, mode="clip")
            told &= (seen - _on(held, 0, part)) * held[:, 2] > 0.0
            pair += told
        if self._ends:
            place += pair * (self._last + 1)
        held = self._rows.take(place, axis=0, mode="clip")
        weight, gap = seen - _on(held, 0, part), _on(held, 1, part)
        rise: Any = held[:, 1].copy()
        areal, more = _on(held, 2, part), _on(held, 3, part)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight /= gap
        weight[np.flatnonzero(np.abs(gap) <= LEAST_GAP)] = 0.0
        apart = self._apart.take(pair, mode="clip")
        more *= np.clip(weight, -0.5, 1.5)
        areal += more
        weight *= apart
        weight += self._index.take(pair, mode="clip")
        np.clip(weight, -1.0, 2.0, out=weight)
        rise *= self._kind(noise[1] / self._step)
        rise *= rise
        rise *= np.exp(high).reshape(-1)
        rise += self._kind(noise[0] * noise[0]) * np.exp(low).reshape(-1)
        rise *= self._kind(1.0 / averaged)
        np.sqrt(rise, out=rise)
        rise *= apart
        rise /= np.maximum(np.abs(gap, out=gap), self._kind(LEAST_GAP), out=gap)
        np.minimum(rise, 9.0, out=rise)
        for made, one in zip(out, (areal, weight, rise), strict=True):
            made[...] = one.reshape(made.shape)


def _line(curve: Floats) -> tuple[Floats, Floats]:
    """Return the beginning and the rise of each step of a curve."""
    return curve[:-1], np.diff(curve)


def _on(held: Reals, line: int, part: Reals) -> Reals:
    """Return the value of a line at a part of a step."""
    found = held[:, 2 * line + 1] * part
    found += held[:, 2 * line]
    return found
