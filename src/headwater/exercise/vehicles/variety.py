"""What makes lessons unlike each other: vehicles and things of other makes, loads of no order, honest look-alikes.

A detector that has only seen what one generator makes learns that generator. Nothing of this is drawn where scans are reported on.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from headwater.engines.scan.projector import Kind, Solid
from headwater.exercise.vehicles.bodies import Vehicle
from headwater.exercise.vehicles.items import extent
from headwater.exercise.vehicles.parts import DENSITY, Draw, ball, between, box, moved, pick, rod, shell, turned
from headwater.exercise.vehicles.scenes import Scene

Point = tuple[float, float, float]
LIGHT: Final = ("organic", "plastic", "water", "sugar", "rubber", "pvc", "organic", "plastic")
METAL: Final = ("steel", "steel", "aluminium", "copper", "zinc", "glass")
MISSING: Final = 0.07
"""Share of parts that another make does not have."""


def stretched(solids: Sequence[Solid], by: Point) -> list[Solid]:
    """Return solids drawn out along the world's axes about its origin."""
    scale = np.asarray(by)
    made = []
    for one in solids:
        reach = np.asarray(one.half) * np.linalg.norm(one.axes() * scale, axis=1)
        centre = np.asarray(one.centre) * scale
        made.append(replace(one, centre=_point(centre), half=_point(reach)))
    return made


def restyled(scene: Scene, draw: Draw) -> Scene:
    """Return a scene whose vehicle has other proportions, gauges and densities, and lacks some parts."""
    by = (between(draw, 0.85, 1.15), between(draw, 0.88, 1.12), between(draw, 0.9, 1.1))
    dense = {name: between(draw, 0.75, 1.3) for name in DENSITY}
    kept = [one for one in scene.solids if one.density == 0.0 or draw.random() > MISSING]
    solids = [replace(one, density=one.density * dense[one.material]) for one in stretched(kept, by)]
    old, view = scene.vehicle, scene.view
    vehicle = replace(
        old, length=old.length * by[0], height=old.height * by[1], width=old.width * by[2], hold=_room(old.hold, by),
        cab=_room(old.cab, by), under=_room(old.under, by),
    )  # fmt: skip
    columns = int(view.columns + old.length * (by[0] - 1) / view.step_cm)
    top = view.top_cm + old.height * (by[1] - 1) + (between(draw, -25, 0) if draw.random() < 0.2 else 0.0)
    rows = int(view.rows + (top - view.top_cm) / view.pitch_cm)
    return replace(
        scene, vehicle=vehicle, solids=solids, view=replace(view, columns=columns, rows=max(rows, 200), top_cm=top)
    )


def clutter(vehicle: Vehicle, draw: Draw) -> list[Solid]:
    """Return a load of no order: solids of any shape, size, material and lie, from the floor up."""
    x0, x1, y0, y1 = vehicle.hold
    made: list[Solid] = []
    high = y0 + (y1 - y0) * between(draw, 0.3, 1.0)
    for _ in range(int(draw.integers(15, 90))):
        size = float(np.exp(draw.uniform(np.log(2.5), np.log(32.0))))
        half = _point(size * np.exp(draw.normal(0, 0.45, 3)))
        metal = draw.random() < 0.3
        material = pick(draw, METAL if metal else LIGHT)
        # The larger, the lighter: what is large is packed or hollow.
        full = min(1.0, 12.0 / size) * between(draw, 0.05, 1.0)
        most = DENSITY[material] * full * (0.6 if metal else 1.1)
        y = y0 + (high - y0) * float(draw.beta(1.0, 1.6))
        centre = (between(draw, x0 + 5, x1 - 5), min(y + half[1], y1 - 4), vehicle.width * between(draw, -0.4, 0.4))
        made += _any_shape(draw, centre, half, material, most)
    return made


def look_alikes(vehicle: Vehicle, draw: Draw) -> list[Solid]:
    """Return some honest things that look a little like what is sought: tools, pipes, stands, rolled and stuffed things."""
    made: list[Solid] = []
    for _ in range(int(draw.integers(1, 6))):
        kind = int(draw.integers(3))
        one = _long_thing(draw) if kind == 0 else _hand_tool(draw) if kind == 1 else _stuffed(draw)
        one = turned(one, (between(draw, -3.1, 3.1), between(draw, -0.9, 0.9), between(draw, -3.1, 3.1)))
        x0, x1, y0, y1 = vehicle.hold if draw.random() < 0.8 else vehicle.cab
        made += moved(
            one, (between(draw, x0 + 15, x1 - 15), between(draw, y0 + 8, max(y1 - 25, y0 + 9)), between(draw, -60, 60))
        )
    return made


def another_make(solids: Sequence[Solid], draw: Draw) -> list[Solid]:
    """Return a hidden thing of another make: drawn out, turned, of other density, some parts missing or of another shape."""
    low, high = extent(list(solids))
    middle = (low + high) / 2
    about = moved(solids, _point(-middle))
    if draw.random() < 0.3:
        about = turned(about, (0.0, 0.0, between(draw, -np.pi, np.pi)))
    about = stretched(about, _point(np.exp(draw.normal(0, 0.08, 3))))
    angular, dense = draw.random() < 0.3, between(draw, 0.88, 1.1)
    made = []
    for one in about:
        if len(about) > 3 and draw.random() < MISSING:
            continue
        kind = one.kind
        if angular and draw.random() < 0.6:
            kind = Kind.CYLINDER if kind is Kind.ELLIPSOID else Kind.BOX if kind is Kind.CYLINDER else kind
        shrink = 0.86 if kind is not one.kind else 1.0
        half = _point(np.asarray(one.half) * shrink * np.exp(draw.normal(0, 0.05, 3)))
        made.append(replace(one, kind=kind, half=half, density=one.density * dense))
    return moved(made or about, _point(middle))


def one_lump(draw: Draw) -> list[Solid]:
    """Return bulk drugs in one piece: a block, a drum or a bag, of 4 to 60 kg."""
    material = pick(draw, ("drug", "drug", "heroin", "resin", "meth"))
    density, mass = between(draw, 0.7, 1.3), float(np.exp(draw.uniform(np.log(4.0), np.log(60.0))))
    half = np.exp(draw.normal(0, 0.45, 3))
    half *= (mass * 1000 / density / (8 * np.prod(half))) ** (1 / 3)
    turn = (0.0, between(draw, -0.5, 0.5), between(draw, -0.3, 0.3))
    shape = int(draw.integers(3))
    if shape == 0:
        return [box((0, 0, 0), _point(half), material, density, turn)]
    if shape == 1:
        return [ball((0, 0, 0), _point(half * 1.24), material, density, turn)]
    return [rod((0, 0, 0), float(half[0] * 1.27), float(half[1] * 1.1), material, turn, density)]


def _any_shape(draw: Draw, centre: Point, half: Point, material: str, density: float) -> list[Solid]:
    turn = (between(draw, -0.3, 0.3), between(draw, -0.8, 0.8), draw.normal(0, 0.5) if draw.random() < 0.5 else 0.0)
    shape = int(draw.integers(3))
    one = (
        box(centre, half, material, density, turn)
        if shape == 0
        else ball(centre, half, material, density, turn)
        if shape == 1
        else rod(centre, half[0], min(half[1], half[2]), material, turn, density)
    )
    if draw.random() < 0.25:
        return shell(one, min(half) * between(draw, 0.05, 0.4))
    return [one]


def _long_thing(draw: Draw) -> list[Solid]:
    """Return a spade, stand, pipe, jack or umbrella."""
    long, thick = between(draw, 30, 95), between(draw, 0.5, 2.4)
    made = [rod((0, 0, 0), long, thick, pick(draw, ("steel", "aluminium", "organic", "plastic", "steel")), (0, 0, 0))]
    if draw.random() < 0.5:
        made = shell(made[0], thick * between(draw, 0.15, 0.5))
    for _ in range(int(draw.integers(0, 4))):
        at = long * between(draw, -1, 1)
        half = (between(draw, 2, 16), between(draw, 0.8, 6), between(draw, 0.8, 4))
        made += _any_shape(
            draw, (at, between(draw, -3, 3), 0), half, pick(draw, METAL + LIGHT), between(draw, 0.4, 2.5)
        )
    return made


def _hand_tool(draw: Draw) -> list[Solid]:
    """Return a drill, lamp, tap or bracket: a body and a handle at an angle."""
    long, tall = between(draw, 5, 16), between(draw, 1.5, 5)
    made = [
        box((0, 0, 0), (long, tall, between(draw, 1.5, 4)), pick(draw, ("plastic", "aluminium", "plastic")), between(draw, 0.3, 1.4)),
        rod((long * between(draw, -0.5, 0.5), 0, 0), long * between(draw, 0.2, 0.6), tall * 0.7, pick(draw, ("copper", "steel", "steel")),
            (0, 0, 0), between(draw, 1.5, 5)),
    ]  # fmt: skip
    lean, at = between(draw, -0.6, 0.6), long * between(draw, -1, 1)
    made.append(
        box((at, -tall - 5, 0), (between(draw, 1.5, 3), between(draw, 4, 9), 1.8), pick(draw, METAL + LIGHT), between(draw, 0.4, 2.0), (0, 0, lean))
    )  # fmt: skip
    if draw.random() < 0.5:
        made.append(rod((long + 4, 0, 0), between(draw, 2, 6), between(draw, 0.3, 1.2), "steel"))
    return made


def _stuffed(draw: Draw) -> list[Solid]:
    """Return a rolled carpet, a cushion, a canister, a bag of clothes: large and light, or small and full."""
    size = float(np.exp(draw.uniform(np.log(8.0), np.log(40.0))))
    half = _point(size * np.exp(draw.normal(0, 0.4, 3)))
    material = pick(draw, ("organic", "water", "plastic", "rubber", "sugar"))
    return _any_shape(draw, (0.0, 0.0, 0.0), half, material, min(1.0, 9.0 / size) * between(draw, 0.3, 1.0))


def _room(room: tuple[float, float, float, float], by: Point) -> tuple[float, float, float, float]:
    return room[0] * by[0], room[1] * by[0], room[2] * by[1], room[3] * by[1]


def _point(values: Sequence[float] | np.ndarray) -> Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
