"""Materials from two spectra: a calibration wedge, and what each pixel is made of, with its sigma.

Index 0 is cellulose, 0.5 aluminium, 1 steel. What lies beyond steel (lead) shows an index above 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.attenuation import ln_behind, mass_attenuation
from headwater.engines.scan.bands import bands
from headwater.engines.scan.cubic import Cubic
from headwater.engines.scan.material_table import Kind, Table
from headwater.engines.scan.normalise import Normalised
from headwater.engines.scan.spectra import SYSTEMS, system
from headwater.errors import Place, SchemaError
from headwater.model.scan import ScanMeta

Floats = NDArray[np.float64]
Reals = NDArray[np.float32]

INDEX: Final = {"organic": 0.0, "aluminium": 0.5, "steel": 1.0}
SAME_AS: Final = {
    "cellulose": "organic", "organic": "organic", "polyethylene": "organic", "pe": "organic", "water": "organic",
    "paper": "organic", "wood": "organic", "plastic": "organic", "aluminium": "aluminium", "aluminum": "aluminium", "al": "aluminium",
    "steel": "steel", "iron": "steel", "fe": "steel",
}  # fmt: skip
STEP: Final = 0.01
DEEPEST: Final = 7.5
SMOOTH_PX: Final = 5
"""Side of the square over which the logarithms are averaged before the index is told."""
LEAST_DEPTH: Final = 0.02
"""−ln T below which there is nothing to tell a material of: about half a gram of anything."""
_FORMULAS: Final = {"organic": "C6H10O5", "aluminium": "Al", "steel": "Fe"}


@dataclass(frozen=True, slots=True)
class Calibration:
    """What each material shows in the first spectrum, and how much of it there is, over −ln T in the second.

    Attributes:
        names: materials, the lightest first.
        lows, areals: (materials, steps), the steps `STEP` apart.
        source: where it comes from: ``wedge``, or the kind of spectra it was computed for.
    """

    names: tuple[str, ...]
    lows: Floats
    areals: Floats
    source: str


@dataclass(frozen=True, slots=True)
class Materials:
    """Areal density (g/cm²), index and its sigma of every pixel. Shape of each: (height, width)."""

    areal: Reals
    index: Reals
    sigma: Reals


@dataclass(frozen=True, slots=True)
class WedgeStep:
    """One step of a calibration wedge: material, g/cm², ln T in both spectra."""

    material: str
    areal: float
    ln_low: float
    ln_high: float


def calibrate(steps: Sequence[WedgeStep], source: str = "wedge") -> Calibration:
    """Return the calibration that a wedge gives.

    Args:
        steps: of cellulose (or another organic) and steel at least, of aluminium too where there is one.
        source: where they come from.

    Raises:
        SchemaError: a material is unknown or missing, or a curve does not rise.
    """
    curves: dict[str, list[tuple[float, float, float]]] = {}
    for one in steps:
        name = SAME_AS.get(one.material.lower())
        if name is None:
            raise SchemaError("a material that is none of the wedge's", where=Place(field="material"))
        if not all(np.isfinite(value) for value in (one.areal, one.ln_low, one.ln_high)) or one.areal < 0:
            raise SchemaError("a step of a wedge that is no number", where=Place(field="areal_g_cm2"))
        curves.setdefault(name, []).append((one.areal, -one.ln_low, -one.ln_high))
    if not {"organic", "steel"} <= set(curves):
        raise SchemaError("a wedge without an organic material and steel", where=Place(field="material"))
    names = tuple(name for name in INDEX if name in curves)
    grid = np.arange(0.0, DEEPEST + STEP / 2, STEP)
    lows, areals = np.empty((len(names), len(grid))), np.empty((len(names), len(grid)))
    for place, name in enumerate(names):
        rows = np.array(sorted({(0.0, 0.0, 0.0), *(row for row in curves[name] if row[0] > 0)}))
        if len(rows) < 3 or (np.diff(rows, axis=0) <= 0).any():  # noqa: PLR2004 - two points of a curve besides nothing
            raise SchemaError("a curve of too few steps, or one that does not rise", where=Place(field=name))
        # Ratios change slowly with depth, so they carry a curve past its last step better than the curve itself does.
        ratio_low = Cubic(rows[1:, 2], rows[1:, 1] / rows[1:, 2])
        ratio_areal = Cubic(rows[1:, 2], rows[1:, 0] / rows[1:, 2])
        inside = np.clip(grid, rows[1, 2], rows[-1, 2])
        lows[place], areals[place] = grid * ratio_low(inside), grid * ratio_areal(inside)
    return Calibration(names, lows, areals, source)


@cache
def computed(name: str) -> Calibration:
    """Return the calibration of a kind of scanner as its spectra give it, for want of a wedge."""
    pair = system(name)
    steps = []
    areals = np.geomspace(0.3, 400.0 if pair.beam == "mv" else 60.0, 24)
    for material, formula in _FORMULAS.items():
        low, high = (mass_attenuation(formula, one.energy_mev) for one in (pair.low, pair.high))
        for areal in areals:
            deep = ln_behind(pair.high.weight, areal * high)
            if -deep < DEEPEST:
                steps.append(WedgeStep(material, float(areal), ln_behind(pair.low.weight, areal * low), deep))
    return calibrate(steps, name)


def nearest_system(meta: ScanMeta) -> str:
    """Return the kind of spectra that is nearest to what a header says of the beam."""
    if len(meta.energies_mv) != 2 or meta.beam == "kv":  # noqa: PLR2004 - two spectra
        peak = max(meta.energies_mv, default=6.0 if meta.beam != "kv" else 0.3)
        if meta.beam == "kv" or peak < 1.0:
            return "kv160" if peak < 0.23 else "kv300"  # noqa: PLR2004 - half way
        return "mv3.5_6"
    names = [name for name in SYSTEMS if name.startswith("mv")]
    return min(
        names, key=lambda name: sum(abs(a - b) for a, b in zip(system(name).end_mv, meta.energies_mv, strict=True))
    )


def materials(seen: Normalised, calibration: Calibration, smooth: int = SMOOTH_PX) -> Materials:
    """Return what each pixel is made of; NaN where it is not assessed.

    Raises:
        SchemaError: there are not two spectra.
    """
    import cv2

    if len(seen.depth) != 2:  # noqa: PLR2004 - low and high
        raise SchemaError("one spectrum: material is not assessed", where=Place(field="channels"))
    low, high = (cv2.blur(channel, (smooth, smooth)) if smooth > 1 else channel for channel in seen.depth)
    made = _told(np.asarray(low), np.asarray(high), calibration, seen.noise, smooth * smooth, np.float32)
    bad = seen.bad
    for rows in bands(*bad.shape):
        areal, thick = made.areal[rows], np.asarray(high[rows])
        if smooth > 1:
            # Where the picture has an edge, an average over it says too little of either side: the areal density is taken sharp.
            areal *= np.clip(seen.depth[1, rows] / np.maximum(thick, np.float32(0.02)), 0.0, 4.0)
        silent = np.flatnonzero(bad[rows] | (thick < LEAST_DEPTH))
        for layer in (made.index[rows], made.sigma[rows]):
            layer.reshape(-1)[silent] = np.nan
        areal.reshape(-1)[np.flatnonzero(bad[rows])] = np.nan
    return made


def resolve(low: Reals, high: Reals, calibration: Calibration, noise: Sequence[float], averaged: float) -> Materials:
    """Return what two attenuations, averaged over some pixels, tell."""
    return _told(low, high, calibration, noise, averaged, np.float64)


def document_of(calibration: Calibration) -> dict[str, object]:
    """Return a calibration as it is written to a file."""
    rows = {
        name: [
            [float(areal), float(low), float(at * STEP)]
            for at, (areal, low) in enumerate(zip(calibration.areals[place], calibration.lows[place], strict=True))
            if at % 5 == 0
        ]
        for place, name in enumerate(calibration.names)
    }
    return {
        "schema": "headwater.scan.calibration/1",
        "source": calibration.source,
        "index": {name: INDEX[name] for name in calibration.names},
        "curves": rows,
    }


def calibration_of(given: Mapping[str, object]) -> Calibration:
    """Return the calibration that a file holds.

    Raises:
        SchemaError: it is none.
    """
    curves = given.get("curves")
    if given.get("schema") != "headwater.scan.calibration/1" or not isinstance(curves, Mapping):
        raise SchemaError("no calibration", where=Place(field="schema"))
    steps = []
    for name, rows in curves.items():
        if not isinstance(rows, list):
            raise SchemaError("no curve", where=Place(field="curves"))
        for row in rows:
            if not isinstance(row, list) or len(row) != 3 or not all(isinstance(value, int | float) for value in row):  # noqa: PLR2004
                raise SchemaError("no step of a curve", where=Place(field="curves"))
            steps.append(WedgeStep(str(name), float(row[0]), -float(row[1]), -float(row[2])))
    return calibrate([one for one in steps if one.areal > 0], str(given.get("source", "wedge")))


def _told(
    low: Reals, high: Reals, calibration: Calibration, noise: Sequence[float], averaged: float, kind: Kind
) -> Materials:
    index = np.array([INDEX[name] for name in calibration.names])
    table = Table(STEP, calibration.lows, calibration.areals, index, kind)
    return Materials(*table.decompose(low, high, (float(noise[0]), float(noise[1])), float(averaged)))
