"""Made-up scans: a vehicle, a load, perhaps something hidden, and a scanner with its own noise, drift and blur."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.projector import Solid, View, transmission
from headwater.engines.scan.spectra import SYSTEMS, system
from headwater.errors import Place, SchemaError
from headwater.exercise.vehicles.bodies import Vehicle, make_vehicle
from headwater.exercise.vehicles.items import hide, mass_kg
from headwater.exercise.vehicles.loads import LOADS, load
from headwater.exercise.vehicles.parts import Draw, between, moved, pick
from headwater.model.scan import DUAL, ImageKind, ScanMeta

Floats = NDArray[np.float64]
OPAQUE_T: Final = 0.0015
"""Transmission below which nothing is told: a metre of water squared, or 20 cm of steel at 6 MV."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A scanner.

    Attributes:
        name: of this one machine.
        system: kind of spectra.
        air: counts in open air.
        photons: how many photons give those counts, per pixel and channel.
        electronic: noise of the electronics, counts.
        blur_px: sigma of the point spread, pixels.
        scatter: share of the mean signal around that is scattered in.
        gain: sigma of the gain of a row, relative.
        pulse: sigma of the dose from column to column, relative.
        mm: size of a pixel.
    """

    name: str = "exercise-portal"
    system: str = "mv3.5_6"
    air: float = 52_900.0
    photons: float = 60_000.0
    electronic: float = 12.0
    blur_px: float = 0.7
    scatter: float = 0.006
    gain: float = 0.001
    pulse: float = 0.003
    mm: float = 5.0

    def __post_init__(self) -> None:
        """Refuse a kind of spectra that there is none of."""
        if self.system not in SYSTEMS:
            raise SchemaError(
                "an unknown kind of scanner", where=Place(field="system"), fix=f"use one of {', '.join(SYSTEMS)}"
            )


PORTAL: Final = Machine()


@dataclass(slots=True)
class Scene:
    """A vehicle as it drove through, and what is hidden in it."""

    vehicle: Vehicle
    loaded: str
    solids: list[Solid]
    view: View
    item: str | None = None
    place: str | None = None
    hidden: list[Solid] = field(default_factory=list)


@dataclass(slots=True)
class Scan:
    """A made-up scan and the truth about it."""

    pixels: NDArray[np.uint16]
    meta: ScanMeta
    truth: dict[str, Any]


def make_scene(
    kind: str, draw: Draw, machine: Machine = PORTAL, *, loaded: str | None = None, item: str | None = None
) -> Scene:
    """Return a scene drawn from chance.

    Args:
        kind: ``van`` or ``lorry``.
        draw: chance.
        machine: the scanner, for the grid of the image.
        loaded: one of `loads.LOADS`; drawn where left out.
        item: one of `items.ITEMS`; none where left out.

    Raises:
        SchemaError: an unknown kind, load or item.
    """
    vehicle = make_vehicle(kind, draw)
    cargo = loaded or pick(draw, LOADS)
    if cargo not in LOADS:
        raise SchemaError("an unknown load", where=Place(field="load"), fix=f"use one of {', '.join(LOADS)}")
    solids = vehicle.solids + load(vehicle, cargo, draw)
    made = Scene(vehicle, cargo, solids, _view(vehicle, draw, machine))
    return with_item(made, item, draw) if item else made


def with_item(scene: Scene, item: str, draw: Draw) -> Scene:
    """Return a scene with something hidden in it, which displaces what was there."""
    hidden, place = hide(scene.vehicle, item, draw)
    return replace(scene, solids=scene.solids + hidden, item=item, place=place, hidden=hidden)


def later_pass(scene: Scene, draw: Draw) -> Scene:
    """Return the same vehicle as it passes again: other line, suspension, speed, fuel and small things in the cab."""
    shift = (between(draw, -30, 30), between(draw, -2.5, 2.5), between(draw, -6, 6))
    view = scene.view
    step = view.step_cm * between(draw, 0.985, 1.015)
    solids = moved(scene.solids, shift)
    solids = [replace_fuel(one, draw) if one.material == "fuel" else one for one in solids]
    columns = round(view.columns * view.step_cm / step)
    moved_view = replace(view, columns=columns, step_cm=step)
    old = scene.vehicle
    vehicle = replace(
        old, hold=_shifted(old.hold, shift), cab=_shifted(old.cab, shift), under=_shifted(old.under, shift)
    )
    return Scene(vehicle, scene.loaded, solids, moved_view)


def replace_fuel(solid: Solid, draw: Draw) -> Solid:
    """Return fuel that stands a little higher or lower."""
    change = between(draw, 0.5, 1.0)
    drop = solid.half[1] * (1 - change)
    return replace(
        solid,
        centre=(solid.centre[0], solid.centre[1] - drop, solid.centre[2]),
        half=(solid.half[0], solid.half[1] * change, solid.half[2]),
    )


def render(scene: Scene, machine: Machine, draw: Draw, *, clean: Floats | None = None) -> Scan:
    """Return the scan of a scene.

    Args:
        scene: what drives through.
        machine: the scanner.
        draw: chance, for the noise.
        clean: transmission of the scene without what is hidden, where it is known: then only the columns around it are new.
    """
    through, share = beam(scene, machine, clean=clean)
    pixels = expose(through, machine, draw)
    spectra = system(machine.system)
    meta = ScanMeta(
        channels=DUAL,
        air=(machine.air, machine.air),
        dark=(0.0, 0.0),
        mm_x=scene.view.step_cm * 10,
        mm_y=scene.view.pitch_cm * 10,
        image_kind=ImageKind.SIMULATED,
        scanner=machine.name,
        beam=spectra.beam,
        energies_mv=spectra.end_mv,
        vehicle_kind=scene.vehicle.kind,
        dose_usv=None,
    )
    truth: dict[str, Any] = {
        "vehicle": scene.vehicle.kind,
        "cargo": scene.loaded,
        "item": scene.item,
        "place": scene.place,
    }
    if scene.hidden:
        truth["box_px"] = list(scene.view.box_of(scene.hidden))
        truth["mass_kg"] = round(mass_kg(scene.hidden), 3)
        truth["opaque_share"] = round(share, 4)
    return Scan(pixels, meta, truth)


def beam(scene: Scene, machine: Machine, *, clean: Floats | None = None) -> tuple[Floats, float]:
    """Return the transmission of a scene, and the share of the hidden thing's box that is opaque without it."""
    if not scene.hidden:
        return transmission(scene.solids, scene.view, machine.system), 0.0
    x0, y0, x1, y1 = scene.view.box_of(scene.hidden)
    first, last = max(x0 - 4, 0), min(x1 + 4, scene.view.columns)
    if clean is None:
        through = transmission(scene.solids, scene.view, machine.system)
        bare = (
            transmission(scene.solids[: -len(scene.hidden)], scene.view, machine.system, (first, last))
            if last > first
            else through[:, :, :0]
        )
    else:
        through, bare = clean.copy(), clean[:, :, first:last]
        if last > first:
            through[:, :, first:last] = transmission(scene.solids, scene.view, machine.system, (first, last))
    seen = bare[1, y0:y1, max(x0 - first, 0) : max(x1 - first, 0)]
    return through, float((seen < OPAQUE_T).mean()) if seen.size else 1.0


def expose(through: Floats, machine: Machine, draw: Draw) -> NDArray[np.uint16]:
    """Return the counts that a scanner gives for a transmission: scatter, blur, photons, gain, electronics. Shape kept."""
    import cv2

    channels, rows, columns = through.shape
    made = np.empty(through.shape, np.uint16)
    gain = 1.0 + machine.gain * draw.standard_normal((rows, 1))
    for channel in range(channels):
        image = through[channel]
        if machine.scatter:
            small = cv2.resize(image, (max(columns // 16, 1), max(rows // 16, 1)), interpolation=cv2.INTER_AREA)
            wide = cv2.resize(cv2.GaussianBlur(small, (0, 0), 5.0), (columns, rows), interpolation=cv2.INTER_LINEAR)
            image = image + machine.scatter * wide
        if machine.blur_px > 0:
            image = cv2.GaussianBlur(image, (0, 0), machine.blur_px)
        dose = 1.0 + machine.pulse * draw.standard_normal((1, columns))
        photons = image * machine.photons * dose
        # Beyond a few tens of photons a Poisson draw is a normal one; below, the electronics drown the difference.
        seen = photons + np.sqrt(photons) * draw.standard_normal(photons.shape)
        counts = seen * (machine.air / machine.photons) * gain + machine.electronic * draw.standard_normal(
            photons.shape
        )
        made[channel] = np.clip(np.rint(counts), 0, 65_535).astype(np.uint16)
    return made


def _view(vehicle: Vehicle, draw: Draw, machine: Machine) -> View:
    step = machine.mm / 10
    margin_front, margin_back = between(draw, 15, 60), between(draw, 15, 60)
    low, top = between(draw, 8, 22), vehicle.height + between(draw, 10, 35)
    return View(
        columns=int((vehicle.length + margin_front + margin_back) / step),
        rows=int((top - low) / step),
        step_cm=step,
        pitch_cm=step,
        x0_cm=-margin_front,
        top_cm=top,
        source_y_cm=between(draw, 60, 180),
        source_z_cm=-between(draw, 300, 520),
        lean=between(draw, -0.06, 0.06) if draw.random() < 0.5 else 0.0,
    )


def _shifted(
    room: tuple[float, float, float, float], shift: tuple[float, float, float]
) -> tuple[float, float, float, float]:
    return room[0] + shift[0], room[1] + shift[0], room[2] + shift[1], room[3] + shift[1]
