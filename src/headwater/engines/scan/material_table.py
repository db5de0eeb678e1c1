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
LEAST_GAP: Final = 1e-9
"""Difference of two materials in the first spectrum below which nothing tells one from the other."""


class Table:
    """What each material shows in the first spectrum, and how much of it there is, over −ln T in the second."""

    def __init__(self, step: float, lows: Floats, areals: Floats, index_of: Floats, kind: Any) -> None:  # noqa: ANN401 - np.float32, np.float64
        """Take the curves.

        Args:
            step: of the table, in −ln T of the second spectrum.
            lows: what each material shows in the first spectrum at each step, (materials, steps), the lightest material first.
            areals: how much of it there is, g/cm².
            index_of: index of each material.
            kind: of the numbers that are reckoned with.
        """
        self._kind, self._step, self._last, self._pairs = kind, step, lows.shape[1] - 2, len(lows) - 1
        self._index, self._apart = index_of[:-1].astype(kind), np.diff(index_of).astype(kind)
        self._lows, self._areals = (_lines(one, kind) for one in (lows, areals))

    def decompose(self, low: Reals, high: Reals, noise: tuple[float, float], averaged: float) -> tuple[Reals, Reals, Reals]:
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
        part = np.maximum(high, np.float32(0.0)).astype(self._kind, copy=False).reshape(-1)
        part *= self._kind(1.0 / self._step)
        place = part.astype(np.intp)
        np.minimum(place, self._last, out=place)
        part -= place.astype(self._kind)
        lows, areals = (held.take(place, axis=0, mode="clip") for held in (self._lows, self._areals))
        over, gap, rise = low.reshape(-1) - _on(lows, 0, part), _on(lows, 1, part), lows[:, 1].copy()
        areal, more = _on(areals, 0, part), _on(areals, 1, part)
        weight, begins, apart = _share(over, gap), self._index[0], self._apart[0]
        beyond = np.ones(weight.size, bool)
        for number in range(1, self._pairs):
            # What is heavier than the heavier of two materials lies between it and the next one.
            beyond &= weight > 1.0
            on = beyond.astype(self._kind)
            over -= gap
            rise += lows[:, 2 * number + 1] * on
            areal += more * on
            gap += (_on(lows, number + 1, part) - gap) * on
            more += (_on(areals, number + 1, part) - more) * on
            weight = np.where(beyond, _share(over, gap), weight)
            begins = begins + (self._index[number] - begins) * on
            apart = apart + (self._apart[number] - apart) * on
        more *= np.clip(weight, -0.5, 1.5)
        areal += more
        weight *= apart
        weight += begins
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


def _lines(curves: Floats, kind: Any) -> Reals:  # noqa: ANN401 - see above
    """Return beginning and rise of each step of the first curve, and of how far each lies above the one before it. Shape: -> (steps - 1, even)."""
    lines = (curves[0], *np.diff(curves, axis=0))
    parts = [part for line in lines for part in (line[:-1], np.diff(line))]
    # Rows of a size that numpy copies in one go.
    wide = 1 << (len(parts) - 1).bit_length()
    return np.stack([*parts, *[np.zeros(curves.shape[1] - 1)] * (wide - len(parts))], -1).astype(kind)


def _on(held: Reals, line: int, part: Reals) -> Reals:
    """Return the value of a line at a part of a step."""
    found = held[:, 2 * line + 1] * part
    found += held[:, 2 * line]
    return found


def _share(over: Reals, gap: Reals) -> Reals:
    """Return where between two materials each pixel lies: 0 the lighter, 1 the heavier; 0 where nothing tells them apart."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = over / gap
    found[np.flatnonzero(np.abs(gap) <= LEAST_GAP)] = 0.0
    return found
