"""Loads: what honest vehicles carry, packed as people pack: pallets, crates, sacks, rolls, machines, furniture, odds and ends."""

from typing import Final

import numpy as np

from headwater.engines.scan.projector import Solid
from headwater.exercise.vehicles.bodies import Vehicle
from headwater.exercise.vehicles.parts import Draw, across, ball, between, box, pick, rod, shell, upright

LOADS: Final = (
    "empty",
    "textile",
    "paper",
    "wood",
    "food",
    "drinks",
    "plastic",
    "machines",
    "furniture",
    "parcels",
    "mixed",
    "metal",
)
SIMPLE: Final = ("textile", "paper", "wood", "food", "drinks", "plastic", "machines", "furniture", "parcels", "metal")
MOST_PIECES: Final = 170


def load(vehicle: Vehicle, kind: str, draw: Draw) -> list[Solid]:
    """Return a load for a vehicle.

    Args:
        vehicle: what carries it.
        kind: one of `LOADS`.
        draw: chance.
    """
    if kind == "empty":
        return []
    x0, x1, y0, y1 = vehicle.hold
    made: list[Solid] = []
    at = x0 + between(draw, 0, 25)
    fill = between(draw, 0.35, 0.95)
    while at < x1 - 25 and len(made) < MOST_PIECES:
        long = between(draw, 35, 120)
        end = min(at + long, x1)
        here = pick(draw, SIMPLE) if kind == "mixed" else kind
        top = y0 + (y1 - y0) * fill * between(draw, 0.5, 1.05)
        made += _bay(draw, here, (at, end, y0, min(top, y1)), vehicle.width)
        at = end + (between(draw, 0, 4) if draw.random() < 0.75 else between(draw, 5, 60))
    return made


def _bay(draw: Draw, kind: str, room: tuple[float, float, float, float], width: float) -> list[Solid]:
    """Return one bay of a load, from the floor up."""
    x0, x1, y0, y1 = room
    made: list[Solid] = []
    if kind in {"food", "drinks", "machines", "paper", "parcels"} and draw.random() < 0.6:
        made += _pallet(draw, x0, x1, y0, width)
        y0 += 14
    if kind == "wood":
        return made + _planks(draw, (x0, x1, y0, y1), width)
    if kind == "machines":
        return made + _machine(draw, (x0, x1, y0, y1), width)
    if kind == "furniture":
        return made + _furniture(draw, (x0, x1, y0, y1), width)
    if kind == "metal":
        return made + _metal(draw, (x0, x1, y0, y1), width)
    if kind in {"textile", "plastic"} and draw.random() < 0.5:
        return made + _rolls(draw, kind, (x0, x1, y0, y1), width)
    material, low, high = {
        "textile": ("organic", 0.1, 0.4), "paper": ("organic", 0.3, 0.8), "food": ("sugar", 0.3, 0.9), "drinks": ("water", 0.6, 1.0),
        "plastic": ("plastic", 0.05, 0.4), "parcels": ("organic", 0.05, 0.5),
    }[kind]  # fmt: skip
    return made + _crates(draw, (x0, x1, y0, y1), width, (material, low, high), varied=kind == "parcels")


def _pallet(draw: Draw, x0: float, x1: float, y: float, width: float) -> list[Solid]:
    middle, half, deep = (x0 + x1) / 2, (x1 - x0) / 2, width * 0.42
    boards = [
        box((middle, y + 12, 0), (half, 1, deep), "organic", 0.45),
        box((middle, y + 1, 0), (half, 1, deep), "organic", 0.3),
    ]
    return boards + [
        box((x, y + 6.5, 0), (between(draw, 4, 7), 4.5, deep), "organic", 0.3) for x in (x0 + 7, middle, x1 - 7)
    ]


def _crates(
    draw: Draw, room: tuple[float, float, float, float], width: float, stuff: tuple[str, float, float], *, varied: bool
) -> list[Solid]:
    x0, x1, y0, y1 = room
    material, low, high = stuff
    made: list[Solid] = []
    density = between(draw, low, high)
    high_each, wide_each = between(draw, 18, 55), between(draw, 22, 60)
    y = y0
    while y < y1 - 10:
        tall = min(high_each * (between(draw, 0.6, 1.3) if varied else 1.0), y1 - y)
        x = x0
        while x < x1 - 8:
            wide = min(wide_each * (between(draw, 0.5, 1.4) if varied else 1.0), x1 - x)
            if varied:
                material, density = pick(draw, ("organic", "plastic", "organic", "sugar")), between(draw, 0.05, 0.7)
            rows = int(draw.integers(1, 4))
            deep = width * 0.44 / rows
            for row in range(rows):
                z = (2 * row - rows + 1) * deep
                slip = between(draw, -2, 2)
                piece = box(
                    (x + wide / 2 + slip, y + tall / 2, z),
                    (wide / 2 - 0.3, tall / 2 - 0.2, deep - 0.5),
                    material,
                    density * between(draw, 0.85, 1.15),
                    (0, between(draw, -0.06, 0.06), 0),
                )
                made.append(piece)
                if draw.random() < 0.12:
                    made.append(_inside(draw, piece))
            x += wide
        y += tall
    return made


def _inside(draw: Draw, piece: Solid) -> Solid:
    """Return something that lies in a crate and is no contraband."""
    material = pick(draw, ("steel", "aluminium", "water", "plastic", "glass", "organic", "copper", "pvc"))
    density = {"steel": between(draw, 0.8, 5), "aluminium": between(draw, 0.8, 2.7), "copper": between(draw, 1, 5)}.get(
        material, between(draw, 0.4, 1.3)
    )
    half = tuple(side * between(draw, 0.15, 0.7) for side in piece.half)
    centre = tuple(
        at + (big - small) * between(draw, -0.9, 0.9)
        for at, big, small in zip(piece.centre, piece.half, half, strict=True)
    )
    turn = (between(draw, -1, 1), between(draw, -0.5, 0.5), between(draw, -1.5, 1.5))
    shape = int(draw.integers(3))
    centre3, half3 = (centre[0], centre[1], centre[2]), (half[0], half[1], half[2])
    if shape == 0:
        return box(centre3, half3, material, density, (0.0, 0.0, turn[2] if draw.random() < 0.4 else 0.0))
    if shape == 1:
        return ball(centre3, half3, material, density, turn)
    return rod(centre3, half3[0], min(half3[1], half3[2]), material, turn, density)


def _planks(draw: Draw, room: tuple[float, float, float, float], width: float) -> list[Solid]:
    x0, x1, y0, y1 = room
    made, y = [], y0
    while y < y1 - 4:
        thick = between(draw, 4, 18)
        deep = width * between(draw, 0.25, 0.45)
        made.append(
            box(
                ((x0 + x1) / 2 + between(draw, -5, 5), y + thick / 2, between(draw, -8, 8)),
                ((x1 - x0) / 2, thick / 2 - 0.3, deep),
                "organic",
                between(draw, 0.35, 0.75),
                (0, 0, between(draw, -0.02, 0.02)),
            )
        )
        y += thick + between(draw, 0, 3)
    return made


def _rolls(draw: Draw, kind: str, room: tuple[float, float, float, float], width: float) -> list[Solid]:
    x0, x1, y0, y1 = room
    radius = between(draw, 10, 28)
    material = "organic" if kind == "textile" else "plastic"
    made = []
    for y in np.arange(y0 + radius, y1 - radius * 0.6, radius * 1.85):
        for x in np.arange(x0 + radius, x1 - radius * 0.6, radius * 2.02):
            half = width * between(draw, 0.3, 0.45)
            density = between(draw, 0.15, 0.5)
            made.append(across((float(x), float(y), 0), half, radius, material, density))
            if draw.random() < 0.5:
                made.append(across((float(x), float(y), 0), half, radius * 0.15, "organic", 0.0))
    return made


def _machine(draw: Draw, room: tuple[float, float, float, float], width: float) -> list[Solid]:
    """Return white goods or machines: a casing with motor, weight, frame and boards in it."""
    x0, x1, y0, y1 = room
    made: list[Solid] = []
    y = y0
    while y < y1 - 35:
        tall = min(between(draw, 45, 110), y1 - y)
        for z in (-width * 0.22, width * 0.22) if draw.random() < 0.7 else (0.0,):
            half = ((x1 - x0) / 2 - 1, tall / 2 - 1, width * 0.19)
            middle = ((x0 + x1) / 2, y + tall / 2, z)
            made += shell(box(middle, half, "steel"), between(draw, 0.07, 0.12))
            for _ in range(int(draw.integers(2, 7))):
                spot = tuple(at + side * between(draw, -0.7, 0.7) for at, side in zip(middle, half, strict=True))
                made.append(_fitting(draw, (spot[0], spot[1], spot[2])))
            if draw.random() < 0.4:
                drum = min(half[0], half[1]) * between(draw, 0.5, 0.8)
                made += shell(across(middle, half[2] * 0.7, drum, "steel"), 0.1)
        y += tall
    return made


def _fitting(draw: Draw, spot: tuple[float, float, float]) -> Solid:
    size = between(draw, 3, 14)
    choice = int(draw.integers(6))
    if choice == 0:
        return across(spot, size * 0.8, size * 0.6, "copper", between(draw, 2, 5))
    if choice == 1:
        return box(spot, (size, size * 0.6, size * 0.6), "steel", between(draw, 1, 5))
    if choice == 2:
        return upright(spot, size * 1.5, size * 0.5, "aluminium", between(draw, 1, 2.7))
    if choice == 3:
        return box(spot, (size * 1.6, size * 0.3, size), "plastic", between(draw, 0.4, 1.2))
    if choice == 4:
        return rod(spot, size * 2, between(draw, 0.6, 2), "steel", (0, between(draw, -1, 1), between(draw, -1.5, 1.5)))
    return ball(spot, (size * 1.5, size, size), pick(draw, ("water", "plastic", "organic")), between(draw, 0.3, 1.1))


def _furniture(draw: Draw, room: tuple[float, float, float, float], width: float) -> list[Solid]:
    x0, x1, y0, y1 = room
    made: list[Solid] = []
    y = y0
    while y < y1 - 30:
        tall = min(between(draw, 40, 110), y1 - y)
        z, deep = between(draw, -15, 15), width * between(draw, 0.2, 0.4)
        outer = box(
            ((x0 + x1) / 2, y + tall / 2, z),
            ((x1 - x0) / 2 - 1, tall / 2 - 0.5, deep),
            "organic",
            between(draw, 0.5, 0.75),
        )
        if draw.random() < 0.55:
            made += shell(outer, between(draw, 1.2, 2.5))
            for shelf in _levels(draw, y, tall):
                made.append(box((outer.centre[0], shelf, z), (outer.half[0], 1.0, deep), "organic", 0.65))
        else:
            made.append(box(outer.centre, outer.half, "plastic", between(draw, 0.03, 0.09)))
            made += [
                upright((outer.centre[0] + dx, y + 10, z), 8, between(draw, 3, 4), "steel", 1.0)
                for dx in np.linspace(-outer.half[0] * 0.8, outer.half[0] * 0.8, int(draw.integers(2, 7)))
            ]
        y += tall
    return made


def _levels(draw: Draw, y: float, tall: float) -> list[float]:
    return [y + tall * share for share in np.linspace(0, 1, int(draw.integers(3, 6)))[1:-1]]


def _metal(draw: Draw, room: tuple[float, float, float, float], width: float) -> list[Solid]:
    x0, x1, y0, y1 = room
    made: list[Solid] = []
    top = y0 + (y1 - y0) * between(draw, 0.15, 0.5)
    y = y0
    while y < top:
        radius = between(draw, 1.2, 6)
        material = pick(draw, ("steel", "aluminium", "copper", "zinc"))
        for z in np.arange(-width * 0.35, width * 0.35, between(draw, 18, 50)):
            piece = rod(
                ((x0 + x1) / 2, y + radius, float(z)),
                (x1 - x0) / 2,
                radius,
                material,
                (0, between(draw, -0.05, 0.05), between(draw, -0.02, 0.02)),
            )
            made += shell(piece, radius * between(draw, 0.1, 0.4)) if draw.random() < 0.7 else [piece]
        y += 2 * radius + between(draw, 0, 3)
    return made
