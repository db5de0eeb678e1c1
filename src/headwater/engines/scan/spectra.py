"""The spectra of scanners: what each energy adds to the signal that a detector gives in open air.

Megavolt beams: Kramers' thick-target rule, hardened by the target and an aluminium flattener, seen by cadmium tungstate. Kilovolt
beams: Kramers' rule with tungsten's K lines, seen by a sandwich of two scintillators with copper between. Scanners differ; a
site calibrates with a wedge, and nothing learned here holds at a machine before its own clean scans say so.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.attenuation import mass_attenuation
from headwater.errors import Place, SchemaError

Floats = NDArray[np.float64]
BINS: Final = 14
FINE: Final = 240
LEAST_MEV: Final = 0.03


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One spectrum of detected signal: energies, MeV, and weights that add up to 1."""

    energy_mev: Floats
    weight: Floats


@dataclass(frozen=True, slots=True)
class System:
    """A scanner's pair of spectra.

    Attributes:
        low, high: fine spectra.
        end_mv: end points, MV.
        beam: ``mv`` or ``kv``.
    """

    low: Spectrum
    high: Spectrum
    end_mv: tuple[float, float]
    beam: str


SYSTEMS: Final = ("mv3.5_6", "mv4_6", "mv6_9", "kv160", "kv300")


@cache
def system(name: str) -> System:
    """Return a kind of scanner.

    Raises:
        SchemaError: there is none of the name.
    """
    if name not in SYSTEMS:
        raise SchemaError(
            "an unknown kind of scanner", where=Place(field="system"), fix=f"use one of {', '.join(SYSTEMS)}"
        )
    if name.startswith("mv"):
        low, high = (float(part) for part in name.removeprefix("mv").split("_"))
        return System(_linac(low), _linac(high), (low, high), "mv")
    peak = float(name.removeprefix("kv")) / 1000.0
    low_spectrum, high_spectrum = _tube(peak)
    return System(low_spectrum, high_spectrum, (peak, peak), "kv")


@cache
def condensed(name: str, bins: int = BINS) -> tuple[Spectrum, Spectrum]:
    """Return both spectra of a scanner in few bins, cut where attenuation changes by equal steps."""
    pair = system(name)
    return _condense(pair.low, bins), _condense(pair.high, bins)


def _linac(end: float) -> Spectrum:
    edges = np.geomspace(0.08, end, FINE + 1)
    energy, width = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
    # Kramers for the number of photons; a target of 3 mm tungsten and a flattener of 4 cm aluminium take the soft ones.
    number = (end - energy) / energy
    through = np.exp(-mass_attenuation("W", energy) * 19.3 * 0.3 - mass_attenuation("Al", energy) * 2.7 * 4.0)
    seen = 1.0 - np.exp(-mass_attenuation("CdWO4", energy) * 7.9 * 2.0)
    return _normal(energy, number * through * seen * energy * width)


def _tube(peak: float) -> tuple[Spectrum, Spectrum]:
    edges = np.geomspace(LEAST_MEV, peak, FINE + 1)
    energy, width = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
    number = (peak - energy) / energy
    for line, share in ((0.0593, 0.10), (0.0672, 0.035)):  # K alpha and K beta of tungsten
        if peak > 0.0695:  # noqa: PLR2004 - K edge of tungsten, MeV
            number += share * number.sum() * np.exp(-0.5 * ((energy - line) / 0.0008) ** 2) / 8.0
    filtered = number * np.exp(
        -mass_attenuation("Al", energy) * 2.7 * 0.3 - mass_attenuation("Cu", energy) * 8.96 * 0.05
    )
    thin = mass_attenuation("CsI", energy) * 4.51 * 0.03
    between = mass_attenuation("Cu", energy) * 8.96 * 0.06
    thick = mass_attenuation("CsI", energy) * 4.51 * 0.3
    low = filtered * (1.0 - np.exp(-thin)) * energy * width
    high = filtered * np.exp(-thin - between) * (1.0 - np.exp(-thick)) * energy * width
    return _normal(energy, low), _normal(energy, high)


def _normal(energy: Floats, weight: Floats) -> Spectrum:
    return Spectrum(energy, weight / weight.sum())


def _condense(fine: Spectrum, bins: int) -> Spectrum:
    """Return a spectrum in few bins of equal steps in the logarithm of energy, each at the mean of its attenuation in iron."""
    cuts = np.geomspace(
        float(fine.energy_mev[fine.weight > 1e-7 * fine.weight.max()][0]), float(fine.energy_mev[-1]) * 1.0001, bins + 1
    )
    energies, weights = [], []
    for low, high in pairwise(cuts):
        inside = (fine.energy_mev >= low) & (fine.energy_mev < high)
        share = float(fine.weight[inside].sum())
        if share > 0:
            energies.append(float((fine.energy_mev[inside] * fine.weight[inside]).sum() / share))
            weights.append(share)
    return _normal(np.array(energies), np.array(weights))
