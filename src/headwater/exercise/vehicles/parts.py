"""Building blocks of scenes: solids with their names left out, sheets, shells, tubes and heaps."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from headwater.engines.scan.projector import Kind, Solid

Draw = np.random.Generator
Point = tuple[float, float, float]

DENSITY: Final = {
    "steel": 7.87, "aluminium": 2.7, "copper": 8.96, "zinc": 7.13, "lead": 11.35, "glass": 2.4, "rubber": 1.15, "plastic": 0.95,
    "pvc": 1.35, "water": 1.0, "tissue": 1.04, "bone": 1.6, "fuel": 0.83, "organic": 0.6, "sugar": 0.9, "drug": 1.15,
    "heroin": 1.1, "meth": 0.95, "resin": 1.0,
}  # fmt: skip


def box(
    centre: Point, half: Point, material: str, density: float | None = None, turn: Point = (0.0, 0.0, 0.0)
) -> Solid:
    """Return a box."""
    return Solid(Kind.BOX, centre, half, material, DENSITY[material] if density is None else density, turn)


def ball(
    centre: Point, half: Point, material: str, density: float | None = None, turn: Point = (0.0, 0.0, 0.0)
) -> Solid:
    """Return an ellipsoid."""
    return Solid(Kind.ELLIPSOID, centre, half, material, DENSITY[material] if density is None else density, turn)


def rod(
    centre: Point,
    half_length: float,
    radius: float,
    material: str,
    turn: Point = (0.0, 0.0, 0.0),
    density: float | None = None,
) -> Solid:
    """Return a cylinder that lies along x before it is turned."""
    half = (half_length, radius, radius)
    return Solid(Kind.CYLINDER, centre, half, material, DENSITY[material] if density is None else density, turn)


def across(centre: Point, half_length: float, radius: float, material: str, density: float | None = None) -> Solid:
    """Return a cylinder across the vehicle, as wheels and axles are."""
    return rod(centre, half_length, radius, material, (0.0, np.pi / 2, 0.0), density)


def upright(centre: Point, half_length: float, radius: float, material: str, density: float | None = None) -> Solid:
    """Return a standing cylinder."""
    return rod(centre, half_length, radius, material, (0.0, 0.0, np.pi / 2), density)


def shell(outer: Solid, wall: float, inside: str = "organic", inside_density: float = 0.0) -> list[Solid]:
    """Return a solid and what fills it; a hollow is filled with nothing."""
    half = tuple(max(side - wall, 0.05) for side in outer.half)
    inner = Solid(outer.kind, outer.centre, (half[0], half[1], half[2]), inside, inside_density, outer.turn)
    return [outer, inner]


def sheet(x0: float, x1: float, y0: float, y1: float, z: float, thick: float, material: str = "steel") -> Solid:
    """Return a standing sheet along the vehicle."""
    return box(((x0 + x1) / 2, (y0 + y1) / 2, z), (abs(x1 - x0) / 2, abs(y1 - y0) / 2, thick / 2), material)


def plate(x0: float, x1: float, y: float, width: float, thick: float, material: str = "steel") -> Solid:
    """Return a lying sheet as wide as the vehicle."""
    return box(((x0 + x1) / 2, y, 0.0), (abs(x1 - x0) / 2, thick / 2, width / 2), material)


def moved(solids: Sequence[Solid], by: Point) -> list[Solid]:
    """Return solids somewhere else."""
    return [
        Solid(
            one.kind, (one.centre[0] + by[0], one.centre[1] + by[1], one.centre[2] + by[2]), one.half, one.material, one.density,
            one.turn,
        )
        for one in solids
    ]  # fmt: skip


def turned(solids: Sequence[Solid], turn: Point) -> list[Solid]:
    """Return solids turned about the origin as one body."""
    frame = Solid(Kind.BOX, (0, 0, 0), (1, 1, 1), "steel", 1.0, turn).axes().T
    made = []
    for one in solids:
        axes = frame @ one.axes().T
        about_y = -np.arcsin(np.clip(axes[2, 0], -1, 1))
        angles = (
            float(np.arctan2(axes[2, 1], axes[2, 2])),
            float(about_y),
            float(np.arctan2(axes[1, 0], axes[0, 0])),
        )
        x, y, z = (float(value) for value in frame @ np.asarray(one.centre))
        made.append(Solid(one.kind, (x, y, z), one.half, one.material, one.density, angles))
    return made


def between(draw: Draw, low: float, high: float) -> float:
    """Return a number between two."""
    return float(draw.uniform(low, high))


def pick(draw: Draw, options: Sequence[str]) -> str:
    """Return one of several words."""
    return options[int(draw.integers(len(options)))]


def pick_side(draw: Draw) -> float:
    """Return one side of the vehicle, -1 or 1."""
    return 1.0 if draw.random() < 0.5 else -1.0
