"""How strongly matter weakens X-rays: mass attenuation of a formula, transmission through layers of it.

Each process is interpolated by itself, as a monotone cubic (PCHIP) through the logarithms of energy and coefficient between two
edges of absorption; totals are summed last. Pair production begins at its threshold, where its logarithm does not exist: it is
nought up to the first tabulated point.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headwater.engines.scan.cubic import Cubic
from headwater.engines.scan.elements import elements
from headwater.errors import Place, SchemaError

Floats = NDArray[np.float64]

LEAST_MEV: Final = 0.001
MOST_MEV: Final = 20.0
_EDGE: Final = 1.0005
"""Two energies closer than this ratio are the two sides of an edge."""
_PROCESSES: Final = 5
_PART: Final = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)")


def parse_formula(formula: str) -> dict[str, float]:
    """Return the mass fractions of the elements in a chemical formula such as ``C17H22ClNO4``.

    Raises:
        SchemaError: it is no formula, or holds an element of which there is no table.
    """
    counts: dict[str, float] = {}
    end = 0
    for part in _PART.finditer(formula):
        if part.start() != end or part.group(1) not in elements():
            break
        counts[part.group(1)] = counts.get(part.group(1), 0.0) + float(part.group(2) or 1)
        end = part.end()
    if not counts or end != len(formula):
        raise SchemaError("no formula of elements that are tabled", where=Place(field="formula"))
    masses = {symbol: count * elements()[symbol][0] for symbol, count in counts.items()}
    whole = sum(masses.values())
    if whole <= 0:
        raise SchemaError("a formula of nothing", where=Place(field="formula"))
    return {symbol: mass / whole for symbol, mass in masses.items()}


def mass_attenuation(formula: str, energies_mev: ArrayLike) -> Floats:
    """Return the total mass attenuation coefficient, coherent scatter included.

    Args:
        formula: elements and their numbers.
        energies_mev: 0.001 to 20.

    Returns:
        cm²/g, of the shape of the energies.

    Raises:
        SchemaError: no such formula, or an energy outside the table.

    Source: NIST XCOM (Standard Reference Database 8).
    """
    energies = np.asarray(energies_mev, np.float64)
    if energies.size and not (
        np.isfinite(energies).all() and energies.min() >= LEAST_MEV and energies.max() <= MOST_MEV
    ):
        raise SchemaError(f"an energy outside {LEAST_MEV} to {MOST_MEV:g} MeV", where=Place(field="energies_mev"))
    total = np.zeros(energies.shape)
    for symbol, fraction in parse_formula(formula).items():
        total += fraction * _element(symbol, energies)
    return total


def ln_transmission(energy_mev: ArrayLike, weight: ArrayLike, layers: Sequence[tuple[str, float]]) -> float:
    """Return the logarithm of the transmission of a spectrum through layers.

    Args:
        energy_mev: energies of the bins.
        weight: share of the signal in air that each bin gives, in any unit.
        layers: formula and areal density, g/cm².

    Raises:
        SchemaError: weights or densities that cannot be.
    """
    energies, weights = np.asarray(energy_mev, np.float64), np.asarray(weight, np.float64)
    if energies.shape != weights.shape or energies.ndim != 1 or not energies.size:
        raise SchemaError("energies and weights that do not fit", where=Place(field="weight"))
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise SchemaError("weights that are none", where=Place(field="weight"))
    depth = np.zeros(energies.shape)
    for formula, areal in layers:
        if not (np.isfinite(areal) and areal >= 0):
            raise SchemaError("an areal density that is none", where=Place(field="g_cm2"))
        depth += areal * mass_attenuation(formula, energies)
    return ln_behind(weights, depth)


def ln_behind(weights: Floats, depth: Floats) -> float:
    """Return the logarithm of the transmission of a spectrum whose bins are weakened each by its own depth.

    Args:
        weights: share of the signal in air that each bin gives, in any unit.
        depth: −ln T of each bin.
    """
    # The least depth is taken out first, so that nothing vanishes behind a metre of steel.
    least = float(depth[weights > 0].min())
    return float(np.log(np.sum(weights * np.exp(least - depth)) / weights.sum())) - least


def _element(symbol: str, energies: Floats) -> Floats:
    at = np.log(energies)
    total = np.zeros(energies.shape)
    for edges, curves in _curves(symbol):
        inside = (at >= edges[0]) & (at < edges[1])
        if inside.any():
            for start, curve in curves:
                total[inside] += np.where(at[inside] >= start, np.exp(curve(np.maximum(at[inside], start))), 0.0)
    return total


@cache
def _curves(symbol: str) -> list[tuple[tuple[float, float], list[tuple[float, Cubic]]]]:
    """Return, for each stretch between two edges, where each process begins in it and its curve."""
    rows = np.array(elements()[symbol][1])
    energy = np.log(rows[:, 0])
    cuts = [0, *(int(at) + 1 for at in np.flatnonzero(rows[1:, 0] < rows[:-1, 0] * _EDGE)), len(rows)]
    found = []
    for place, (first, last) in enumerate(pairwise(cuts)):
        low = -np.inf if place == 0 else energy[first]
        high = np.inf if last == len(rows) else energy[last]
        curves = []
        for process in range(1, 1 + _PROCESSES):
            values = rows[first:last, process]
            shown = values > 0
            if np.count_nonzero(shown) > 1:
                x, y = energy[first:last][shown], np.log(values[shown])
                curves.append((float(x[0]) if process > _PROCESSES - 2 else -np.inf, Cubic(x, y)))
            # One point alone is the foot of an edge that the next stretch repeats.
        found.append(((float(low), float(high)), curves))
    return found
