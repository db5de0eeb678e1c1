"""Hidden things: people, bulk drugs, rifles, pistols; of varied make, pose and number, and where they may be put."""

from typing import Final

import numpy as np

from headwater.engines.scan.projector import Solid, View, areal_density
from headwater.errors import Place, SchemaError
from headwater.exercise.vehicles.bodies import Vehicle
from headwater.exercise.vehicles.parts import Draw, ball, between, box, moved, pick, pick_side, rod, shell, turned

ITEMS: Final = ("pistol", "rifle", "drugs", "person")
PLACES: Final = {
    "person": ("hold", "hold", "hold", "cab", "bulkhead"),
    "drugs": ("hold", "hold", "floor", "door", "cab", "roof", "bulkhead", "under"),
    "rifle": ("hold", "hold", "floor", "cab", "roof", "bulkhead", "under"),
    "pistol": ("hold", "hold", "door", "cab", "floor", "roof", "bulkhead"),
}
FLAT: Final = frozenset({"floor", "roof", "under"})
"""Rooms that are low and long: what lies in them lies flat."""
UPRIGHT: Final = frozenset({"bulkhead", "door"})


def hide(vehicle: Vehicle, item: str, draw: Draw) -> tuple[list[Solid], str]:
    """Return a hidden thing where it lies in a vehicle, and the name of the place.

    Raises:
        SchemaError: there is no such item.
    """
    if item not in ITEMS:
        raise SchemaError("an unknown item", where=Place(field="item"), fix=f"use one of {', '.join(ITEMS)}")
    place = pick(draw, PLACES[item])
    x0, x1, y0, y1 = _room(vehicle, place, draw)
    room = (x1 - x0, y1 - y0, vehicle.width * 0.86)
    made = make_item(item, draw, place, room)
    low, high = extent(made)
    for _ in range(39):
        if (high - low <= np.asarray(room)).all():
            break
        made = make_item(item, draw, place, room)
        low, high = extent(made)
    size = high - low
    free = np.maximum(np.asarray(room) - size, 0.0)
    # Things lie on what is below them in half of the cases, and anywhere in a load in the others.
    lift = free[1] * (
        between(draw, 0, 1) if place in {"hold", "door", "bulkhead"} and draw.random() < 0.6 else between(draw, 0, 0.08)
    )
    at = (
        x0 + free[0] * between(draw, 0, 1) - low[0],
        y0 + lift - low[1],
        (pick_side(draw) * vehicle.width * 0.44 if place == "door" else free[2] * between(draw, -0.5, 0.5))
        - (low[2] + high[2]) / 2,
    )
    return moved(made, (float(at[0]), float(at[1]), float(at[2]))), place


def make_item(item: str, draw: Draw, place: str, room: tuple[float, float, float]) -> list[Solid]:
    """Return a hidden thing about the origin, turned as it would lie in such a place."""
    flat, standing = place in FLAT, place in UPRIGHT
    if item == "person":
        people = person(draw, lying=flat or (not standing and draw.random() < 0.4))
        if draw.random() < 0.25 and place == "hold":
            people = people + moved(person(draw, lying=False), (between(draw, 40, 60), 0, between(draw, -20, 20)))
        return people
    if item == "drugs":
        return drugs(draw, flat=flat, standing=standing, room=room)
    count = 1 if draw.random() < 0.65 else int(draw.integers(2, 5))
    made: list[Solid] = []
    for number in range(count):
        one = rifle(draw) if item == "rifle" else pistol(draw)
        roll = 0.0 if draw.random() < 0.6 else between(draw, -np.pi / 2, np.pi / 2)
        pitch = between(draw, -0.15, 0.15) if flat or item == "rifle" else between(draw, -np.pi, np.pi)
        if standing and item == "rifle":
            pitch = np.pi / 2 + between(draw, -0.3, 0.3)
        one = turned(one, (roll, between(draw, -0.6, 0.6), pitch))
        made += moved(one, (between(draw, -10, 10), number * between(draw, 2, 5), number * between(draw, 3, 7)))
    return made


def person(draw: Draw, *, lying: bool) -> list[Solid]:
    """Return a body of soft tissue with the larger bones, lying, crouching, sitting or standing."""
    size = between(draw, 0.75, 1.08)
    stout = between(draw, 0.85, 1.25)
    pose = "lying" if lying else pick(draw, ("crouching", "sitting", "standing", "sitting"))
    trunk = between(draw, 0.05, 0.5) if pose in {"crouching", "sitting"} else between(draw, -0.05, 0.1)
    hip = {"crouching": between(draw, 0.4, 1.2), "sitting": between(draw, -0.2, 0.25), "standing": -1.5, "lying": -1.5}[
        pose
    ]
    knee = {
        "crouching": between(draw, -2.2, -1.4),
        "sitting": between(draw, -1.6, -0.3),
        "standing": -1.57,
        "lying": -1.57,
    }[pose]
    made: list[Solid] = []

    def limb(
        x: float, y: float, angle: float, length: float, radius: float, z: float, bone: float
    ) -> tuple[float, float]:
        end_x, end_y = x + length * np.cos(angle), y + length * np.sin(angle)
        middle = ((x + end_x) / 2, (y + end_y) / 2, z)
        made.append(ball(middle, (length * 0.56, radius, radius), "tissue", None, (0, 0, angle)))
        if bone:
            made.append(rod(middle, length * 0.45, bone, "bone", (0, 0, angle)))
        return end_x, end_y

    shoulder_x, shoulder_y = limb(0, 0, np.pi / 2 - trunk, 52 * size, 11.5 * size * stout, 0, 0)
    made.append(
        ball(
            (shoulder_x * 0.5, shoulder_y * 0.55, 0),
            (26 * size, 10.5 * size * stout, 17 * size * stout),
            "tissue",
            None,
            (0, 0, np.pi / 2 - trunk),
        )
    )
    made.append(
        ball(
            (shoulder_x * 0.62, shoulder_y * 0.66, 0),
            (11 * size, 6.5 * size, 11 * size),
            "tissue",
            0.45,
            (0, 0, np.pi / 2 - trunk),
        )
    )
    made.append(rod((shoulder_x * 0.5 - 5, shoulder_y * 0.5, 0), 25 * size, 1.6, "bone", (0, 0, np.pi / 2 - trunk)))
    head = np.pi / 2 - trunk - between(draw, -0.1, 0.6)
    head_x, head_y = shoulder_x + 18 * size * np.cos(head), shoulder_y + 18 * size * np.sin(head)
    made.extend(
        [
            ball((head_x, head_y, 0), (11.5 * size, 9 * size, 7.8 * size), "bone", 1.35, (0, 0, head)),
            ball((head_x, head_y, 0), (10.8 * size, 8.3 * size, 7.1 * size), "tissue", None, (0, 0, head)),
        ]
    )
    for z in (-9 * size, 9 * size):
        knee_x, knee_y = limb(0, 0, hip + between(draw, -0.15, 0.15), 43 * size, 8 * size * stout, z, 1.3)
        foot_x, foot_y = limb(
            knee_x, knee_y, knee + hip * 0.3 if pose == "crouching" else knee, 42 * size, 5.2 * size, z, 1.3
        )
        made.append(ball((foot_x + 6, foot_y, z), (12 * size, 3.6, 4.5), "tissue"))
        arm = between(draw, -2.2, 0.3)
        elbow_x, elbow_y = limb(shoulder_x, shoulder_y, arm, 29 * size, 4.6 * size * stout, z * 2.1, 0.9)
        limb(elbow_x, elbow_y, arm + between(draw, 0, 1.6), 26 * size, 3.8 * size, z * 1.8, 0.8)
    if pose == "lying":
        made = turned(made, (between(draw, -1.5, 1.5), 0.0, np.pi / 2 + between(draw, -0.1, 0.1)))
    return turned(
        made, (0.0, between(draw, -0.9, 0.9) + (np.pi if draw.random() < 0.5 else 0.0), between(draw, -0.1, 0.1))
    )


def drugs(draw: Draw, *, flat: bool, standing: bool, room: tuple[float, float, float]) -> list[Solid]:
    """Return bulk drugs: bricks in stacks or layers, or sacks, of 5 to 60 kg."""
    material = pick(draw, ("drug", "drug", "heroin", "resin", "meth"))
    density = between(draw, 0.85, 1.25) if material != "meth" else between(draw, 0.7, 1.05)
    mass = between(draw, 6, 45) if draw.random() < 0.8 else between(draw, 3, 80)
    if draw.random() < 0.2 and not (flat or standing):
        volume = mass * 1000 / density
        count = int(draw.integers(1, 4))
        radius = (volume / count / (4 / 3 * np.pi) / 0.9) ** (1 / 3)
        return [
            ball(
                (number * radius * 1.7, 0, between(draw, -5, 5)),
                (radius * 1.2, radius * 0.75, radius),
                material,
                density,
                (0, 0, between(draw, -0.3, 0.3)),
            )
            for number in range(count)
        ]
    brick = np.array([between(draw, 9, 13), between(draw, 2.0, 3.6), between(draw, 6, 9)])
    each = float(np.prod(2 * brick)) * density / 1000
    bricks = max(round(mass / each), 3)
    deep = max(1, min(int(room[2] / (2 * brick[2])), int(draw.integers(1, 7))))
    if flat:
        high = max(1, min(int(room[1] / (2 * brick[1])), int(draw.integers(1, 4))))
    elif standing:
        high = max(2, min(int(room[1] / (2 * brick[1])), bricks // deep))
        deep = max(1, min(deep, 2))
    else:
        high = max(1, min(int(room[1] / (2 * brick[1])), int(draw.integers(2, 9))))
    long = max(1, min(-(-bricks // (deep * high)), max(int(room[0] / (2 * brick[0])), 1)))
    made: list[Solid] = []
    loose = between(draw, 0.0, 0.6)
    for number in range(min(long * high * deep, bricks)):
        z, y, x = number % deep, number // deep % high, number // (deep * high)
        centre = np.array([2 * x - long + 1, 2 * y - high + 1, 2 * z - deep + 1]) * (brick + 0.15) + draw.normal(
            0, loose, 3
        )
        made.append(
            box(
                (float(centre[0]), float(centre[1]), float(centre[2])),
                (float(brick[0]), float(brick[1]), float(brick[2])),
                material,
                density,
                (0, 0, between(draw, -0.03, 0.03)),
            )
        )
    return made


def rifle(draw: Draw) -> list[Solid]:
    """Return a long gun along x: barrel, receiver, bolt, magazine, stock."""
    length = between(draw, 70, 112)
    barrel = length * between(draw, 0.42, 0.55)
    start = -length / 2
    receiver = start + length - barrel
    tall = between(draw, 1.8, 3.2)
    made = shell(
        box((receiver - 12, 0, 0), (between(draw, 10, 15), tall, 1.7), "steel"), 0.35, "steel", between(draw, 0.6, 2.5)
    )
    made += [
        rod((receiver + barrel / 2, between(draw, 0, 1.5), 0), barrel / 2, between(draw, 0.7, 1.1), "steel"),
        rod((receiver + barrel / 2, between(draw, 0, 1.5), 0), barrel / 2, 0.3, "organic", (0, 0, 0), 0.0),
        rod((receiver - 10, 0.6, 0), 7, 0.9, "steel"),
    ]
    stock = pick(draw, ("organic", "plastic", "steel"))
    half = (receiver - 24 - start) / 2
    if stock == "steel":
        made += [rod((start + half, -1 + dy, 0), half, 0.6, "steel", (0, 0, 0.06)) for dy in (0, -4)]
    else:
        made.append(
            box(
                (start + half, -3, 0),
                (half, between(draw, 3, 5), 1.8),
                stock,
                0.8 if stock == "organic" else 1.1,
                (0, 0, 0.15),
            )
        )
    made.append(
        box(
            (receiver + barrel * 0.3, -0.5, 0), (barrel * 0.28, 2.2, 2.2), stock if stock != "steel" else "plastic", 0.8
        )
    )
    made.append(rod((receiver + barrel / 2, between(draw, 0, 1.5), 0), barrel / 2, 0.8, "steel"))
    if draw.random() < 0.8:
        made += shell(
            box(
                (receiver - 9, -tall - between(draw, 6, 9), 0),
                (3.2, between(draw, 6, 10), 1.3),
                "steel",
                None,
                (0, 0, between(draw, -0.5, 0.1)),
            ),
            0.12,
            "copper",
            between(draw, 0.2, 3.2),
        )
    if draw.random() < 0.4:
        made.append(rod((receiver - 8, tall + 3.5, 0), between(draw, 10, 16), 1.8, "aluminium", (0, 0, 0), 1.2))
    made.append(box((receiver - 22, -tall - 4, 0), (1.8, 4.5, 1.5), "plastic", 1.1, (0, 0, 0.35)))
    return made


def pistol(draw: Draw) -> list[Solid]:
    """Return a hand gun along x: slide or barrel and cylinder, frame, grip, magazine."""
    length = between(draw, 15, 23)
    tall = between(draw, 1.3, 1.8)
    frame = pick(draw, ("steel", "aluminium", "plastic"))
    made: list[Solid] = []
    if draw.random() < 0.8:
        made += shell(
            box((0, 0, 0), (length / 2, tall, 1.3), "steel"), between(draw, 0.35, 0.6), "steel", between(draw, 1, 3)
        )
        made.append(rod((length * 0.05, 0.2, 0), length * 0.42, 0.75, "steel"))
    else:
        made += [
            rod((length * 0.15, 0.3, 0), length * 0.35, 0.9, "steel"),
            rod((-length * 0.15, 0, 0), 2.2, 1.9, "steel", (0, 0, 0), 5.5),
        ]
    made.append(
        box((-length * 0.08, -tall - 0.7, 0), (length * 0.38, 0.9, 1.2), frame, None if frame != "plastic" else 1.2)
    )
    lean = between(draw, 0.1, 0.35)
    grip_y = -tall - between(draw, 4.5, 6)
    made.append(
        box((-length * 0.32, grip_y, 0), (2.6, 5, 1.5), frame if frame != "steel" else "aluminium", 1.5, (0, 0, -lean))
    )
    made += shell(
        box((-length * 0.32, grip_y, 0), (1.7, 4.8, 1.1), "steel", None, (0, 0, -lean)),
        0.1,
        "copper",
        between(draw, 0.0, 4.5),
    )
    return made


def extent(solids: list[Solid]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest corner of some solids. Shape: -> (3,), (3,)."""
    centres = np.array([one.centre for one in solids])
    reach = np.array([one.reach() for one in solids])
    return (centres - reach).min(axis=0), (centres + reach).max(axis=0)


def mass_kg(solids: list[Solid]) -> float:
    """Return the mass of a body of solids, kg; where two overlap only the later one counts."""
    low, high = extent(solids)
    size = high - low
    step = float(np.clip(max(size[0], size[1]) / 240.0, 0.05, 1.0))
    # From a thousand times as far away as the thing is large, all rays are parallel.
    far = View(
        int(size[0] / step) + 3, int(size[1] / step) + 3, step, step, float(low[0]) - step, float(high[1]) + step,
        float(low[1] + high[1]) / 2, float(-1000.0 * size.max()),
    )  # fmt: skip
    centred = moved(solids, (0.0, 0.0, -float(low[2] + high[2]) / 2))
    return float(areal_density(centred, far).sum()) * step * step / 1000.0


def _room(vehicle: Vehicle, place: str, draw: Draw) -> tuple[float, float, float, float]:
    x0, x1, y0, y1 = vehicle.hold
    cab, under = vehicle.cab, vehicle.under
    if place == "cab":
        return (cab[0] + 25, cab[1], cab[2] + 3, cab[2] + 85)
    if place == "floor":
        return (x0, x1, y0 - between(draw, 8, 13), y0 + 2)
    if place == "roof":
        return (x0, x1, y1 - 6, y1 + 6)
    if place == "under":
        return (under[0], under[1], max(under[3] - 22, 28), under[3] - 4)
    if place == "bulkhead":
        return (x0, x0 + between(draw, 22, 40), y0, y1 - 10)
    if place == "door":
        return (cab[0] + 25, cab[1] - 3, cab[2] + 4, cab[2] + 70)
    return (x0, x1, y0, y1 - 5)
