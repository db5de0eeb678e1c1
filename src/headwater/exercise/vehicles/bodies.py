"""Vans and lorries without a load. Sizes, gauges, engines, doors and fittings are all drawn anew for every vehicle."""

from dataclasses import dataclass, field

from headwater.engines.scan.projector import Solid
from headwater.errors import Place, SchemaError
from headwater.exercise.vehicles.parts import (
    Draw,
    across,
    ball,
    between,
    box,
    pick,
    pick_side,
    plate,
    rod,
    sheet,
    shell,
    upright,
)


@dataclass(slots=True)
class Vehicle:
    """A vehicle: its solids, and the room in which things lie.

    Attributes:
        kind: ``van`` or ``lorry``.
        length, width: cm.
        hold: x0, x1, y0, y1 of the cargo room.
        cab: x0, x1, y0, y1 of the room of the driver.
        under: x0, x1, y0, y1 of the room below the floor.
    """

    kind: str
    length: float
    width: float
    height: float
    hold: tuple[float, float, float, float]
    cab: tuple[float, float, float, float]
    under: tuple[float, float, float, float]
    solids: list[Solid] = field(default_factory=list)


def make_vehicle(kind: str, draw: Draw) -> Vehicle:
    """Return a vehicle of a kind.

    Raises:
        SchemaError: there is no such kind.
    """
    if kind == "van":
        return _van(draw)
    if kind == "lorry":
        return _lorry(draw)
    raise SchemaError("an unknown kind of vehicle", where=Place(field="vehicle"), fix="use van or lorry")


def _van(draw: Draw) -> Vehicle:
    length, width, height = between(draw, 460, 700), between(draw, 165, 205), between(draw, 185, 275)
    floor, nose = between(draw, 48, 72), between(draw, 85, 130)
    cab_end = nose + between(draw, 95, 150)
    made = Vehicle(
        "van", length, width, height,
        (cab_end + 4, length - 6, floor + 1, height - 6), (nose, cab_end, floor, height - 15), (cab_end, length - 40, 25, floor - 2),
    )  # fmt: skip
    gauge, side = between(draw, 0.07, 0.13), width / 2
    add = made.solids.extend
    for z in (-side, side):
        add(
            [
                sheet(nose * 0.9, length, floor - 15, height - 4, z, gauge),
                sheet(8, nose, 35, between(draw, 85, 105), z, gauge),
            ]
        )
        add(_sheet_ribs(draw, nose + 50, length, floor, height, z * 0.985))
        add(_door(draw, nose + 8, cab_end - 5, floor, height, z * 0.97))
    add([plate(nose, length, height, width, gauge), plate(nose * 0.8, length, floor, width, gauge * 1.4)])
    if draw.random() < 0.6:
        add([plate(cab_end, length - 5, floor + 1, width - 15, between(draw, 0.6, 1.5), "organic")])
    for x in _steps(draw, nose + 20, length - 8, between(draw, 35, 75)):
        add(
            [
                box(
                    (x, floor - 4, 0),
                    (between(draw, 1.5, 4), between(draw, 2, 5), side * 0.95),
                    "steel",
                    between(draw, 0.6, 1.8),
                )
            ]
        )
        if draw.random() < 0.7:
            add([box((x, height - 3, 0), (1.5, 2, side * 0.95), "steel", between(draw, 0.5, 1.5))])
    if draw.random() < 0.75:
        add([box((cab_end, (floor + height) / 2, 0), (gauge * 0.6, (height - floor) / 2, side * 0.95), "steel")])
    add(
        [
            box(
                (length - 3, (floor + height) / 2, 0),
                (between(draw, 0.15, 0.35), (height - floor) / 2, side),
                "steel",
                between(draw, 3, 7),
            )
        ]
    )
    _front(draw, made, nose, floor)
    _cab(draw, made)
    wheel = between(draw, 29, 36)
    for x in (between(draw, 75, 105), length - between(draw, 75, 125)):
        _axle(draw, made, x, wheel, twin=False)
    _underside(draw, made, floor)
    return made


def _lorry(draw: Draw) -> Vehicle:
    length, width, height = between(draw, 680, 980), between(draw, 225, 250), between(draw, 310, 390)
    floor, cab_end = between(draw, 95, 125), between(draw, 165, 230)
    made = Vehicle(
        "lorry", length, width, height,
        (cab_end + 25, length - 8, floor + 4, height - 8), (30, cab_end, floor - 20, height * 0.8), (cab_end, length - 60, 40, floor - 8),
    )  # fmt: skip
    side, add = width / 2, made.solids.extend
    wall, gauge = pick(draw, ("steel", "aluminium", "plastic", "organic")), between(draw, 0.1, 0.2)
    thick = {"steel": between(draw, 0.15, 0.25), "aluminium": between(draw, 0.2, 0.5)}.get(
        wall, between(draw, 1.5, 6.0)
    )
    start = cab_end + 20
    for z in (-side, side):
        foam = wall in {"plastic", "organic"}
        piece = sheet(start, length, floor, height, z, thick, wall)
        add(
            [Solid(piece.kind, piece.centre, piece.half, wall, between(draw, 0.08, 0.5), piece.turn)]
            if foam
            else [piece]
        )
        add(_sheet_ribs(draw, start, length, floor, height, z * 0.98))
        add([sheet(15, cab_end, floor - 20, height * between(draw, 0.75, 0.9), z * 0.95, gauge)])
        add(_door(draw, 50, cab_end - 20, floor - 10, height * 0.8, z * 0.93))
        add([sheet(35, length - 20, floor - 32, floor - 8, z * between(draw, 0.3, 0.4), between(draw, 0.6, 1.0))])
    add(
        [
            plate(start, length, height, width, gauge),
            plate(start, length, floor, width, between(draw, 1.5, 3.5), "organic"),
        ]
    )
    add([plate(15, cab_end, height * 0.82, width * 0.95, gauge)])
    for x in _steps(draw, start, length - 10, between(draw, 30, 60)):
        add(
            [
                box(
                    (x, floor - 5, 0),
                    (between(draw, 1, 3), between(draw, 3, 6), side * 0.95),
                    "steel",
                    between(draw, 1.5, 4.0),
                )
            ]
        )
    for x in (start, length - 3):
        add(
            [
                box(
                    (x, (floor + height) / 2, 0),
                    (between(draw, 0.3, 0.8), (height - floor) / 2, side),
                    wall,
                    between(draw, 0.4, 2.5),
                )
            ]
        )
    _front(draw, made, 55, floor - 10)
    _cab(draw, made)
    wheel = between(draw, 44, 52)
    add([])
    for place, x in enumerate(
        (between(draw, 105, 150), length - between(draw, 130, 220), length - between(draw, 60, 90))
    ):
        if place < 2 or draw.random() < 0.5:
            _axle(draw, made, x, wheel, twin=place > 0)
    _underside(draw, made, floor - 10)
    return made


def _steps(draw: Draw, low: float, high: float, step: float) -> list[float]:
    found, at = [], low + between(draw, 0, step)
    while at < high:
        found.append(at)
        at += step * between(draw, 0.8, 1.25)
    return found


def _sheet_ribs(draw: Draw, x0: float, x1: float, floor: float, height: float, z: float) -> list[Solid]:
    made = [
        box(
            (x, (floor + height) / 2, z),
            (between(draw, 1.5, 4), (height - floor) / 2, between(draw, 1, 2.5)),
            "steel",
            between(draw, 0.4, 1.2),
        )
        for x in _steps(draw, x0, x1, between(draw, 40, 110))
    ]
    rails = _steps(draw, floor + 20, height - 10, between(draw, 40, 90))
    return made + [
        box(((x0 + x1) / 2, y, z), ((x1 - x0) / 2, between(draw, 1.5, 4), 1.2), "steel", between(draw, 0.3, 0.9))
        for y in rails
    ]


def _door(draw: Draw, x0: float, x1: float, floor: float, height: float, z: float) -> list[Solid]:
    """Return what is inside a front door: beam, motor, lock, speaker, window."""
    window = floor + (height - floor) * between(draw, 0.4, 0.5)
    made = [
        sheet(x0, x1, window, height - 18, z, between(draw, 0.35, 0.55), "glass"),
        rod(
            ((x0 + x1) / 2, floor + between(draw, 15, 30), z),
            (x1 - x0) / 2,
            1.6,
            "steel",
            (0, 0, between(draw, -0.15, 0.15)),
            2.5,
        ),
        across((x0 + between(draw, 20, 40), floor + between(draw, 25, 40), z), 3, between(draw, 5, 8), "steel", 2.5),
        box((x1 - between(draw, 8, 14), window - between(draw, 5, 25), z), (4, 6, 2.5), "steel", between(draw, 2.5, 5)),
        box(
            ((x0 + x1) / 2, (floor + window) / 2, z * 0.97), ((x1 - x0) / 2, (window - floor) / 2, 1.2), "plastic", 0.3
        ),
    ]
    if draw.random() < 0.7:
        made.append(
            box(
                (x0 + between(draw, 25, 45), floor + between(draw, 30, 45), z), (5, 3, 3), "copper", between(draw, 1, 3)
            )
        )
    return made


def _front(draw: Draw, made: Vehicle, nose: float, floor: float) -> None:
    """Add engine, gearbox, radiator, battery and bumper."""
    add = made.solids.extend
    middle, level = nose * between(draw, 0.55, 0.75), floor + between(draw, -5, 18)
    metal = pick(draw, ("steel", "aluminium"))
    block = box(
        (middle, level, between(draw, -12, 12)),
        (between(draw, 18, 30), between(draw, 18, 28), between(draw, 18, 28)),
        metal,
        between(draw, 2.2, 4.0) if metal == "steel" else between(draw, 1.3, 2.0),
    )
    add([block])
    for place in range(int(draw.integers(3, 6))):
        x = middle - 16 + 11 * place
        add([upright((x, level + 6, block.centre[2]), between(draw, 7, 10), between(draw, 3.5, 4.5), "steel", 0.0)])
        add([upright((x, level + 3, block.centre[2]), 3, 3.6, "aluminium", 2.2)])
    add([rod((middle, level - 18, 0), 22, between(draw, 4, 6), "steel", (0, 0, between(draw, -0.1, 0.1)), 5.0)])
    add(
        [
            rod(
                (middle + 40, level - 10, 0),
                between(draw, 18, 28),
                between(draw, 10, 15),
                "aluminium",
                (0, 0, 0.05),
                between(draw, 1.5, 2.6),
            )
        ]
    )
    add([box((14, level + 5, 0), (between(draw, 1.5, 3), between(draw, 20, 28), made.width * 0.3), "aluminium", 0.7)])
    battery = box(
        (between(draw, 25, 50), level + between(draw, 10, 25), pick_side(draw) * made.width * 0.3),
        (13, 9, 8.5),
        "plastic",
        1.1,
    )
    plates = box(battery.centre, (11.5, 6, 7.5), "lead", between(draw, 2.4, 3.6))
    add([battery, plates])
    add(
        [
            box((6, floor - 5, 0), (4, 9, made.width * 0.45), "plastic", 0.3),
            box((9, floor - 4, 0), (2, 5, made.width * 0.42), "steel", 1.2),
        ]
    )
    for _ in range(int(draw.integers(3, 8))):
        x, y = between(draw, 15, nose + 15), level + between(draw, -10, 30)
        size = (between(draw, 2, 10), between(draw, 2, 9), between(draw, 3, 12))
        add(
            [
                box(
                    (x, y, between(draw, -50, 50)),
                    size,
                    pick(draw, ("steel", "aluminium", "plastic", "copper")),
                    between(draw, 0.5, 2.5),
                )
            ]
        )
    add([rod((nose * 0.8, level + 12, between(draw, -40, 40)), between(draw, 10, 16), between(draw, 5, 8), "water")])


def _cab(draw: Draw, made: Vehicle) -> None:
    """Add dashboard, steering, seats and what lies about."""
    x0, x1, y0, _ = made.cab
    add = made.solids.extend
    dash = x0 + between(draw, 5, 20)
    add(
        [
            box(
                (dash, y0 + between(draw, 40, 55), 0),
                (between(draw, 12, 22), between(draw, 8, 15), made.width * 0.42),
                "plastic",
                between(draw, 0.2, 0.4),
            )
        ]
    )
    add([across((dash, y0 + 45, 0), made.width * 0.4, between(draw, 2, 3), "steel", 2.5)])
    add([box((dash + 5, y0 + 48, between(draw, -10, 10)), (8, 6, 10), "aluminium", between(draw, 0.6, 1.4))])
    add([rod((dash + 20, y0 + 48, made.width * 0.22), 22, 1.6, "steel", (0, 0, -0.7), 4.0)])
    for z in (-made.width * 0.23, made.width * 0.23):
        seat = min(x0 + between(draw, 55, 75), x1 - 25)
        tilt = between(draw, 0.1, 0.35)
        add([box((seat, y0 + 38, z), (24, 7, 24), "plastic", between(draw, 0.06, 0.12), (0, 0, 0.08))])
        add([box((seat + 26, y0 + 75, z), (6, 32, 22), "plastic", between(draw, 0.06, 0.12), (0, 0, -tilt))])
        add([rod((seat + 26, y0 + 75, z + side), 30, 1.2, "steel", (0, 0, 1.57 - tilt), 2.5) for side in (-18, 18)])
        add([box((seat, y0 + 27, z), (22, 3, 20), "steel", between(draw, 0.4, 1.2))])
    for _ in range(int(draw.integers(0, 6))):
        half = (between(draw, 4, 18), between(draw, 2, 12), between(draw, 4, 15))
        material = pick(draw, ("organic", "plastic", "water", "steel", "aluminium"))
        density = between(draw, 0.15, 1.0) if material in {"organic", "plastic", "water"} else between(draw, 0.3, 1.5)
        add(
            [
                box(
                    (between(draw, x0 + 20, x1), between(draw, y0 + 5, y0 + 45), between(draw, -60, 60)),
                    half,
                    material,
                    density,
                )
            ]
        )


def _axle(draw: Draw, made: Vehicle, x: float, radius: float, *, twin: bool) -> None:
    add = made.solids.extend
    side = made.width / 2 - 12
    for z in (-side, side):
        half = between(draw, 22, 27) if twin else between(draw, 9, 14)
        add([across((x, radius, z * (0.88 if twin else 0.98)), half, radius, "rubber", between(draw, 0.9, 1.2))])
        add(
            [
                across(
                    (x, radius, z * (0.88 if twin else 0.98)),
                    half * 0.9,
                    radius * between(draw, 0.60, 0.72),
                    "organic",
                    0.0,
                )
            ]
        )
        add([across((x, radius, z), between(draw, 0.5, 1.2), radius * 0.64, pick(draw, ("steel", "aluminium")))])
        add([across((x, radius, z * 0.9), between(draw, 0.9, 1.6), radius * between(draw, 0.4, 0.5), "steel")])
        add(
            [
                upright(
                    (x + between(draw, -6, 6), radius + between(draw, 18, 28), z * 0.75),
                    between(draw, 15, 24),
                    between(draw, 2.5, 6),
                    "steel",
                    between(draw, 1.0, 2.5),
                )
            ]
        )
    add([across((x, radius, 0), side, between(draw, 2.5, 5.5), "steel", between(draw, 3, 7))])
    if draw.random() < 0.5:
        add([ball((x, radius, 0), (between(draw, 12, 17), between(draw, 11, 15), 14), "steel", between(draw, 3, 5))])
        add([box((x, radius + 8, z * 0.8), (between(draw, 45, 65), 1.6, 3), "steel", None) for z in (-side, side)])


def _underside(draw: Draw, made: Vehicle, floor: float) -> None:
    """Add tank, exhaust, shaft and spare wheel."""
    add = made.solids.extend
    x0, x1, _, _ = made.under
    tank_x = between(draw, x0 + 20, max(x0 + 25, x1 - 80))
    level = floor - between(draw, 15, 22)
    if made.kind == "lorry":
        radius = between(draw, 22, 30)
        outer = rod((tank_x, level - 10, made.width * 0.38), between(draw, 45, 75), radius, "aluminium")
        add(shell(outer, 0.35))
        _fill(draw, made, outer)
    else:
        outer = box(
            (tank_x, level, between(draw, -25, 25)),
            (between(draw, 25, 40), between(draw, 9, 13), between(draw, 25, 38)),
            "plastic",
        )
        add(shell(outer, 0.6))
        _fill(draw, made, outer)
    z = between(draw, -40, 40)
    add([rod(((x0 + x1) / 2, level, z), (x1 - x0) / 2, between(draw, 2.2, 3.5), "steel", (0, 0, 0), 1.0)])
    for _ in range(int(draw.integers(1, 3))):
        add(
            shell(
                rod((between(draw, x0, x1), level, z), between(draw, 18, 35), between(draw, 8, 12), "steel"),
                0.25,
                "steel",
                between(draw, 0.1, 0.4),
            )
        )
    if draw.random() < 0.6:
        add([rod(((x0 + x1) / 2, level + 3, 0), (x1 - x0) / 2, between(draw, 3, 5), "steel", (0, 0, 0), 2.0)])
    if draw.random() < 0.7:
        x, y = made.length - between(draw, 50, 90), floor - between(draw, 12, 18)
        wheel = upright((x, y, 0), between(draw, 8, 11), between(draw, 28, 36), "rubber", between(draw, 0.5, 0.8))
        add([wheel, upright((x, y, 0), 8, 20, "organic", 0.0), upright((x, y, 0), 0.5, 20, "steel")])


def _fill(draw: Draw, made: Vehicle, tank: Solid) -> None:
    """Add fuel that stands to some height in a tank."""
    share = between(draw, 0.1, 0.95)
    half = tank.half
    level = -half[1] + 2 * half[1] * share
    depth = half[2] * (0.97 if tank.kind == 0 else 0.8)
    middle = (tank.centre[0], tank.centre[1] + (level - half[1]) / 2, tank.centre[2])
    made.solids.append(box(middle, (half[0] - 0.7, max((level + half[1]) / 2 - 0.6, 0.2), depth), "fuel"))
