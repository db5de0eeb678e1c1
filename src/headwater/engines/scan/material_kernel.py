"""Two attenuations to areal density and material index, pixel by pixel, by a table over the second."""

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.kernels import kernel


@kernel
def decompose(
    low: NDArray[np.float32], high: NDArray[np.float32], step: float, lows: NDArray[np.float64], areals: NDArray[np.float64],
    index_of: NDArray[np.float64], noise_low: float, noise_high: float, averaged: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """Return areal density, index and its sigma.

    Args:
        low: −ln T in the first spectrum.
        high: −ln T in the second.
        step: of the table, in −ln T of the second spectrum.
        lows: what each material shows in the first spectrum at each step, (materials, steps), the lightest material first.
        areals: how much of it there is, g/cm².
        index_of: index of each material.
        noise_low: relative noise of open air in the first spectrum.
        noise_high: the same in the second.
        averaged: over how many pixels both attenuations were averaged.
    """
    height, width = low.shape
    steps, materials = lows.shape[1], lows.shape[0]
    areal = np.empty((height, width), np.float32)
    index = np.empty((height, width), np.float32)
    sigma = np.empty((height, width), np.float32)
    for row in range(height):
        for column in range(width):
            at = max(high[row, column], 0.0) / step
            place = min(int(at), steps - 2)
            part = at - place
            seen = low[row, column]
            best, weight = 0, 0.0
            gap = 0.0
            for first in range(materials - 1):
                one = lows[first, place] * (1.0 - part) + lows[first, place + 1] * part
                two = lows[first + 1, place] * (1.0 - part) + lows[first + 1, place + 1] * part
                gap = two - one
                best = first
                weight = (seen - one) / gap if abs(gap) > 1e-9 else 0.0
                if weight <= 1.0:
                    break
            here = index_of[best] + weight * (index_of[best + 1] - index_of[best])
            one = areals[best, place] * (1.0 - part) + areals[best, place + 1] * part
            two = areals[best + 1, place] * (1.0 - part) + areals[best + 1, place + 1] * part
            share = min(max(weight, -0.5), 1.5)
            areal[row, column] = one + share * (two - one)
            index[row, column] = min(max(here, -1.0), 2.0)
            slope = (lows[best, place + 1] - lows[best, place]) / step
            spread = noise_low * noise_low * np.exp(seen) + slope * slope * noise_high * noise_high * np.exp(
                high[row, column]
            )
            steepness = abs(index_of[best + 1] - index_of[best]) / max(abs(gap), 1e-9)
            sigma[row, column] = min(steepness * np.sqrt(spread / averaged), 9.0)
    return areal, index, sigma
