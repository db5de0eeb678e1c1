"""A scanner's view of a scene of solids: transmission, pixel by pixel and channel by channel, without noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan import projector_kernel
from headwater.engines.scan.attenuation import mass_attenuation
from headwater.engines.scan.spectra import Spectrum, condensed

Floats = NDArray[np.float64]

MATERIALS: Final = {
    "organic": "C6H10O5",
    "plastic": "C2H4",
    "water": "H2O",
    "tissue": "C5H40O18N",
    "fuel": "C12H23",
    "sugar": "C12H22O11",
    "drug": "C17H22ClNO4",
    "heroin": "C21H23NO5",
    "meth": "C10H16ClN",
    "resin": "C21H30O2",
    "pvc": "C2H3Cl",
    "rubber": "C5H8S",
    "glass": "SiO2",
    "bone": "Ca3O10H12C6",
    "aluminium": "Al",
    "steel": "Fe",
    "copper": "Cu",
    "zinc": "Zn",
    "lead": "Pb",
}
"""What scenes are made of. Tissue and bone by mass of their elements, roughly (ICRU 44)."""
NAMES: Final = tuple(MATERIALS)


class Kind(IntEnum):
    """Shape of a solid."""

    BOX = projector_kernel.BOX
    ELLIPSOID = projector_kernel.ELLIPSOID
    CYLINDER = projector_kernel.CYLINDER


@dataclass(frozen=True, slots=True)
class Solid:
    """One solid; where two overlap, the later in the list is there alone.

    Attributes:
        kind: shape.
        centre: x along the vehicle from its nose, y above the road, z away from the source's side, cm.
        half: half sizes along its own axes, cm; a cylinder lies along its first.
        material: a key of `MATERIALS`.
        density: g/cm³; 0 is a hollow.
        turn: angles about x, y and z, rad, applied in this order.
    """

    kind: Kind
    centre: tuple[float, float, float]
    half: tuple[float, float, float]
    material: str
    density: float
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def volume(self) -> float:
        """Volume, cm³."""
        share = {Kind.BOX: 8.0, Kind.ELLIPSOID: 4.0 / 3.0 * np.pi, Kind.CYLINDER: 2.0 * np.pi}[self.kind]
        return float(share * self.half[0] * self.half[1] * self.half[2])

    def axes(self) -> Floats:
        """Return the rows that turn the world into its own axes. Shape: -> (3, 3)."""
        (sx, sy, sz), (cx, cy, cz) = np.sin(self.turn), np.cos(self.turn)
        about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        return np.asarray((about_z @ about_y @ about_x).T, np.float64)

    def reach(self) -> Floats:
        """Return half of its extent along x, y and z. Shape: -> (3,)."""
        return np.asarray(np.abs(self.axes().T) @ np.asarray(self.half), np.float64)


@dataclass(frozen=True, slots=True)
class View:
    """Where the scanner stands, and the grid of its image at the vehicle's middle.

    Attributes:
        columns, rows: size of the image.
        step_cm, pitch_cm: size of a pixel at z = 0.
        x0_cm: x of the first column.
        top_cm: height of the upper edge of the first row at z = 0.
        source_y_cm, source_z_cm: height and (negative) distance of the source.
        lean: by how much the fan leans forward for each cm of depth.
    """

    columns: int
    rows: int
    step_cm: float
    pitch_cm: float
    x0_cm: float
    top_cm: float
    source_y_cm: float
    source_z_cm: float
    lean: float = 0.0

    def box_of(self, solids: Sequence[Solid]) -> tuple[int, int, int, int]:
        """Return the box of pixels that the shadow of some solids fills, cut to the image."""
        corners = []
        for one in solids:
            reach = one.reach()
            for side_x in (-1, 1):
                for side_y in (-1, 1):
                    for side_z in (-1, 1):
                        x, y, z = np.asarray(one.centre) + reach * (side_x, side_y, side_z)
                        depth = max(z - self.source_z_cm, 1.0)
                        height = self.source_y_cm + (y - self.source_y_cm) * -self.source_z_cm / depth
                        corners.append(
                            ((x - self.lean * z - self.x0_cm) / self.step_cm, (self.top_cm - height) / self.pitch_cm)
                        )
        low, high = np.min(corners, axis=0), np.max(corners, axis=0)
        x0, x1 = np.clip([np.floor(low[0]), np.ceil(high[0])], 0, self.columns)
        y0, y1 = np.clip([np.floor(low[1]), np.ceil(high[1])], 0, self.rows)
        return int(x0), int(y0), int(x1), int(y1)


def transmission(
    solids: Sequence[Solid], view: View, system_name: str, columns: tuple[int, int] | None = None
) -> Floats:
    """Return what gets through a scene.

    Args:
        solids: the scene.
        view: the scanner.
        system_name: kind of scanner (`spectra.SYSTEMS`).
        columns: first column and the one after the last; all where left out.

    Shape: -> (2, rows, columns).
    """
    return transmission_of(solids, view, condensed(system_name), columns)


def transmission_of(
    solids: Sequence[Solid], view: View, spectra: Sequence[Spectrum], columns: tuple[int, int] | None = None
) -> Floats:
    """Return what gets through a scene under any spectra. Shape: -> (spectra, rows, columns)."""
    first, last = columns or (0, view.columns)
    bins = max(len(one.weight) for one in spectra)
    weights = np.zeros((len(spectra), bins))
    table = np.zeros((len(NAMES), len(spectra), bins))
    for channel, one in enumerate(spectra):
        weights[channel, : len(one.weight)] = one.weight
        for place, name in enumerate(NAMES):
            table[place, channel, : len(one.weight)] = _tabled(name, tuple(one.energy_mev))
    return _projected(solids, view, (first, last), table, weights)


def areal_density(solids: Sequence[Solid], view: View) -> Floats:
    """Return the mass in the beam of each pixel, g/cm², each centimetre counted once. Shape: -> (rows, columns)."""
    # A table of ones turns the exponent itself into g/cm²; scaled, so that tons of it do not vanish.
    scale = 1e-3
    table, weights = np.full((len(NAMES), 1, 1), scale), np.ones((1, 1))
    return np.asarray(-np.log(_projected(solids, view, (0, view.columns), table, weights)[0]) / scale)


def _projected(solids: Sequence[Solid], view: View, columns: tuple[int, int], table: Floats, weights: Floats) -> Floats:
    rows = np.array([[*one.centre, *one.half, *one.axes().ravel()] for one in solids]).reshape(-1, 15)
    middle = view.x0_cm + view.step_cm / 2
    frame = np.array([view.source_y_cm, view.source_z_cm, view.top_cm, view.pitch_cm, middle, view.step_cm, view.lean])
    return projector_kernel.project(
        rows,
        np.array([int(one.kind) for one in solids], np.int64),
        np.array([NAMES.index(one.material) for one in solids], np.int64),
        np.array([one.density for one in solids], np.float64),
        np.array([one.reach()[0] for one in solids], np.float64),
        frame, columns[0], columns[1] - columns[0], view.rows, table, weights,
    )  # fmt: skip


@cache
def _tabled(name: str, energies: tuple[float, ...]) -> Floats:
    return mass_attenuation(MATERIALS[name], np.array(energies))
