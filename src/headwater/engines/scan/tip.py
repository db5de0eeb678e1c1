"""Threat image projection: an item computed into a clean scan, as its spectra and its load would have shown it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.attenuation import mass_attenuation
from headwater.engines.scan.material import Calibration, materials
from headwater.engines.scan.normalise import STARVED_T, Normalised
from headwater.engines.scan.projector import Solid, View, transmission_of
from headwater.engines.scan.spectra import Spectrum, condensed
from headwater.model.scan import ScanImage

Floats = NDArray[np.float64]
Draw = np.random.Generator
BLUR_PX: Final = 0.7


@dataclass(frozen=True, slots=True)
class Projected:
    """A scan with an item in it: pixels, the item's box, and which share of the box was opaque before."""

    pixels: NDArray[np.uint16]
    box: tuple[int, int, int, int]
    opaque_share: float


def project_into(
    scan: ScanImage,
    seen: Normalised,
    calibration: Calibration,
    system: str,
    item: Sequence[Solid],
    centre_px: tuple[float, float],
    draw: Draw,
) -> Projected:
    """Return a clean scan with an item in it.

    Args:
        scan: the clean scan of two spectra.
        seen: its attenuation.
        calibration: of its scanner.
        system: kind of its spectra.
        item: solids about the origin, cm.
        centre_px: where the origin lies, pixels of the file.
        draw: chance, for the photons that the item stops.
    """
    import cv2

    step, pitch = (scan.meta.mm_x or 10.0) / 10, (scan.meta.mm_y or 10.0) / 10
    view = View(scan.width, scan.height, step, pitch, -centre_px[0] * step, centre_px[1] * pitch, 0.0, -400.0)
    x0, y0, x1, y1 = view.box_of(item)
    first, last = max(x0 - 3, 0), min(x1 + 3, scan.width)
    if last <= first:
        return Projected(scan.pixels.copy(), (x0, y0, x1, y1), 0.0)
    part = np.s_[:, first:last]
    light, metal = _behind(seen, calibration, part)
    made = scan.pixels.astype(np.float64)
    for channel, spectrum in enumerate(condensed(system)):
        single = [Spectrum(np.array([energy]), np.array([1.0])) for energy in spectrum.energy_mev]
        through = transmission_of(item, view, single, (first, last))
        before = _weakened(spectrum, light, metal)
        ratio = (before * through).sum(axis=0) / np.maximum(before.sum(axis=0), 1e-12)
        ratio = cv2.GaussianBlur(ratio, (0, 0), BLUR_PX)
        air = (scan.meta.air or (1.0, 1.0))[channel] - scan.meta.dark[channel]
        counts = np.maximum(made[channel][part] - scan.meta.dark[channel], 0.0)
        # Of the photons that made these counts a share is stopped at random: the rest scatter by a binomial law.
        per_photon = air * seen.noise[channel] ** 2
        spread = np.sqrt(np.maximum(counts * ratio * (1.0 - ratio) * per_photon, 0.0))
        made[channel][part] = counts * ratio + spread * draw.standard_normal(counts.shape) + scan.meta.dark[channel]
    inside = seen.depth[1][y0:y1, x0:x1]
    share = float((inside > -np.log(STARVED_T)).mean()) if inside.size else 0.0
    return Projected(np.clip(np.rint(made), 0, 65_535).astype(np.uint16), (x0, y0, x1, y1), share)


def room_for(seen: Normalised, size_px: tuple[float, float], draw: Draw) -> tuple[float, float]:
    """Return a place in a vehicle at which an item may be put: inside its outline, and not behind what is opaque already.

    Args:
        seen: the clean scan.
        size_px: width and height of the item.
        draw: chance.
    """
    depth = seen.depth[1]
    columns = np.flatnonzero((depth > 0.05).mean(axis=0) > 0.15)  # noqa: PLR2004 - where a vehicle stands
    rows = np.flatnonzero((depth > 0.05).mean(axis=1) > 0.15)  # noqa: PLR2004
    if not columns.size or not rows.size:
        return depth.shape[1] / 2, depth.shape[0] / 2
    best, best_cost = (float(columns.mean()), float(rows.mean())), np.inf
    for _ in range(24):
        x = float(
            draw.uniform(
                columns[0] + size_px[0] / 2, max(columns[-1] - size_px[0] / 2, columns[0] + size_px[0] / 2 + 1)
            )
        )
        y = float(draw.uniform(rows[0] + size_px[1] / 2, max(rows[-1] - size_px[1] / 2, rows[0] + size_px[1] / 2 + 1)))
        x0, x1 = int(max(x - size_px[0] / 2, 0)), int(x + size_px[0] / 2) + 1
        y0, y1 = int(max(y - size_px[1] / 2, 0)), int(y + size_px[1] / 2) + 1
        inside = depth[y0:y1, x0:x1]
        cost = float((inside > 4.5).mean()) + 0.3 * float((inside < 0.04).mean()) if inside.size else np.inf  # noqa: PLR2004 - opaque, or beside the vehicle
        cost += 0.1 * draw.random()
        if cost < best_cost:
            best, best_cost = (x, y), cost
    return best


def _behind(seen: Normalised, calibration: Calibration, part: tuple[slice, slice]) -> tuple[Floats, Floats]:
    """Return what stands in the beam already, as cellulose and steel, g/cm²."""
    found = materials(seen, calibration)
    index = np.clip(np.nan_to_num(found.index[part], nan=0.0), 0.0, 1.0).astype(np.float64)
    areal = np.nan_to_num(found.areal[part], nan=150.0).astype(np.float64)
    areal = np.maximum(areal, 0.0)
    return areal * (1.0 - index), areal * index


def _weakened(spectrum: Spectrum, light: Floats, metal: Floats) -> Floats:
    """Return what is left of each bin of a spectrum. Shape: -> (bins, rows, columns)."""
    soft, hard = mass_attenuation("C6H10O5", spectrum.energy_mev), mass_attenuation("Fe", spectrum.energy_mev)
    depth = soft[:, None, None] * light + hard[:, None, None] * metal
    return np.asarray(spectrum.weight[:, None, None] * np.exp(-depth), np.float64)
