"""Lessons for the detector: scans of many machines, clean and with hidden things in them, as the detector sees them.

Seeds of training, tuning and report lie apart, and were set before anything was trained: training draws from 1,000,000 on, tuning
from 2,000,000 on, reports (the benchmark) from 3,000,000 on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.cells import Cells, cells
from headwater.engines.scan.classes import CLASSES
from headwater.engines.scan.material import computed, nearest_system
from headwater.engines.scan.normalise import normalise
from headwater.engines.scan.projector import Solid, View, transmission
from headwater.exercise.vehicles.items import hide
from headwater.exercise.vehicles.loads import LOADS
from headwater.exercise.vehicles.parts import between, moved, pick
from headwater.exercise.vehicles.scenes import Machine, Scene, expose, make_scene
from headwater.exercise.vehicles.variety import another_make, clutter, look_alikes, one_lump, restyled
from headwater.model.ids import BlobHash
from headwater.model.scan import DUAL, ScanFormat, ScanImage, ScanMeta

TRAIN_SEED: Final = 1_000_000
TUNE_SEED: Final = 2_000_000
REPORT_SEED: Final = 3_000_000
LORRIES: Final = 0.25
RESTYLED: Final = 0.5
"""Share of vehicles of another make than the generator's."""
CLUTTER: Final = 0.2
"""Share of vehicles with a load of no order."""
LOOK_ALIKES: Final = 0.5
"""Share of vehicles in which honest things lie that look a little like what is sought."""
OTHER_MAKE: Final = 0.4
"""Share of hidden things of another make than the generator's."""
FINE_SHARE: Final = 0.75
"""Share of machines with pixels of at most 5.5 mm; the others teach that a scan may be coarse."""
MISFIT: Final = 0.004
"""Sigma of the exponent by which a machine's first spectrum differs from the one computed for it: about 0.15 in material index."""
HIDINGS: Final = 2
"""Times that one scene is shown with things hidden in it, for each time that it is shown clean."""
MOST_ITEMS: Final = 7
WHAT: Final = ("person", "drugs", "rifle", "pistol")
LEAST_CONTRAST: Final = 0.02
"""Mean change of −ln T below which nobody could see a thing, and nobody should learn to."""
BESIDE: Final = 4
"""Columns beside a hidden thing that are looked at anew with it."""
_NOWHERE: Final = BlobHash("0" * 64)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One scan: what the detector sees, what is in each cell, and where the middle of each hidden thing is.

    Attributes:
        scene: number of the scene.
        cells: what the detector sees.
        labels: number of the class of each cell, −1 where nobody should learn. Shape: (rows, columns).
        centres: class, row, column, in cells.
    """

    scene: int
    cells: Cells
    labels: NDArray[np.int8]
    centres: tuple[tuple[int, float, float], ...]


def some_machine(draw: np.random.Generator) -> Machine:
    """Return a machine drawn from chance. No 4/6 MV machine is among them: reports hold that one back as unseen."""
    return Machine(
        name="lesson",
        system=pick(draw, ("mv3.5_6", "mv3.5_6", "mv6_9")),
        photons=float(np.exp(draw.uniform(np.log(8_000), np.log(250_000)))),
        electronic=between(draw, 4, 25),
        blur_px=between(draw, 0.4, 1.3),
        scatter=between(draw, 0.0, 0.015),
        gain=between(draw, 0.0005, 0.004),
        pulse=between(draw, 0.001, 0.006),
        mm=between(draw, 4.0, 5.5) if draw.random() < FINE_SHARE else between(draw, 5.5, 10.5),
    )


def lessons(seed: int, count: int) -> Iterator[Lesson]:
    """Yield the lessons of some scenes: each clean, then twice with several things in it.

    Args:
        seed: of the first scene; the others follow it.
        count: how many scenes.
    """
    for number in range(count):
        draw = np.random.default_rng(seed + number)
        machine = some_machine(draw)
        scene = some_scene(draw, machine)
        clean = transmission(scene.solids, scene.view, machine.system)
        misfit = 1.0 + MISFIT * draw.standard_normal()
        seen = as_cells(expose(_other(clean, misfit), machine, draw), scene.view, machine)
        yield Lesson(number, seen, np.zeros(seen.blocked.shape, np.int8), ())
        for _ in range(HIDINGS):
            yield _hiding(number, scene, clean, machine, draw, misfit)


def some_scene(draw: np.random.Generator, machine: Machine) -> Scene:
    """Return a vehicle and its honest load, often of another make or of no order."""
    loose = draw.random() < CLUTTER
    scene = make_scene(
        "lorry" if draw.random() < LORRIES else "van", draw, machine, loaded="empty" if loose else pick(draw, LOADS)
    )
    if loose:
        scene.solids += clutter(scene.vehicle, draw)
    if draw.random() < LOOK_ALIKES:
        scene.solids += look_alikes(scene.vehicle, draw)
    return restyled(scene, draw) if draw.random() < RESTYLED else scene


def some_hidden(scene: Scene, item: str, draw: np.random.Generator) -> list[Solid]:
    """Return a hidden thing where it lies, perhaps of another make."""
    made = hide(scene.vehicle, item, draw)[0]
    if draw.random() >= OTHER_MAKE:
        return made
    if item == "drugs" and draw.random() < 0.5:
        x, y, z = np.mean([one.centre for one in made], axis=0)
        return moved(one_lump(draw), (float(x), float(y), float(z)))
    return another_make(made, draw)


def as_cells(pixels: NDArray[np.uint16], view: View, machine: Machine) -> Cells:
    """Return made-up counts as the detector sees them."""
    ends = {
        "mv3.5_6": (3.5, 6.0),
        "mv4_6": (4.0, 6.0),
        "mv6_9": (6.0, 9.0),
        "kv160": (0.16, 0.16),
        "kv300": (0.3, 0.3),
    }[machine.system]
    meta = ScanMeta(
        channels=DUAL, air=(machine.air, machine.air), dark=(0.0, 0.0), mm_x=view.step_cm * 10, mm_y=view.pitch_cm * 10,
        beam=machine.system[:2], energies_mv=ends,
    )  # fmt: skip
    scan = ScanImage(file="lesson", sha256=_NOWHERE, format=ScanFormat.NEUTRAL, meta=meta, pixels=pixels)
    return cells(normalise(scan), computed(nearest_system(meta)), view.step_cm * 10, view.pitch_cm * 10)


def _hiding(
    number: int, scene: Scene, clean: NDArray[np.float64], machine: Machine, draw: np.random.Generator, misfit: float
) -> Lesson:
    """Return a scene with several things hidden in it."""
    hidden: list[tuple[str, list[Solid]]] = []
    for _ in range(int(draw.integers(3, MOST_ITEMS + 1))):
        item = pick(draw, WHAT)
        hidden.append((item, some_hidden(scene, item, draw)))
    solids = [*scene.solids, *(one for _, thing in hidden for one in thing)]
    through = clean.copy()
    for first, last in _stretches([scene.view.box_of(thing) for _, thing in hidden], scene.view.columns):
        through[:, :, first:last] = transmission(solids, scene.view, machine.system, (first, last))
    seen = as_cells(expose(_other(through, misfit), machine, draw), scene.view, machine)
    rows, columns = seen.blocked.shape
    change = _cellwise(np.abs(np.log(np.maximum(through[1], 1e-6)) - np.log(np.maximum(clean[1], 1e-6))), rows, columns)
    labels = np.zeros((rows, columns), np.int8)
    centres = []
    for item, thing in hidden:
        x0, _, x1, _ = scene.view.box_of(thing)
        if x1 <= x0:
            continue
        alone = np.zeros(through.shape[1:])
        alone[:, x0:x1] = -np.log(np.maximum(transmission(thing, scene.view, machine.system, (x0, x1))[1], 1e-6))
        centres += _labelled(labels, _cellwise(alone, rows, columns), change, seen, CLASSES.index(item))
    return Lesson(number, seen, labels, tuple(centres))


def _stretches(boxes: Sequence[tuple[int, int, int, int]], columns: int) -> list[tuple[int, int]]:
    """Return the columns in which any of some boxes lies, with some beside, as stretches that do not touch."""
    made: list[tuple[int, int]] = []
    for x0, _, x1, _ in sorted(boxes):
        if x1 <= x0:
            continue
        first, last = max(x0 - BESIDE, 0), min(x1 + BESIDE, columns)
        if made and first <= made[-1][1]:
            first, last = made[-1][0], max(made.pop()[1], last)
        made.append((first, last))
    return made


def _labelled(
    labels: NDArray[np.int8], mean: NDArray[np.float64], change: NDArray[np.float64], seen: Cells, kind: int
) -> list[tuple[int, float, float]]:
    """Write one hidden thing into the labels: its class where it is thick, nobody's where it is thin; return its middle."""
    full = float(np.percentile(mean[mean > 0], 90)) if (mean > 0).any() else 1.0
    thick = mean > 0.3 * full
    labels[(mean > 0.002) & (labels == 0)] = -1
    if not thick.any():
        return []
    visible = thick & (seen.blocked < 0.5)
    if visible.sum() < 0.4 * thick.sum() or change[thick].mean() < LEAST_CONTRAST:
        labels[thick] = -1
        return []
    labels[thick] = -1
    labels[visible] = kind
    rows, columns = np.nonzero(thick)
    weights = mean[rows, columns]
    return [(kind, float((rows * weights).sum() / weights.sum()), float((columns * weights).sum() / weights.sum()))]


def _cellwise(image: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    import cv2

    return np.asarray(cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA), np.float64)


def _other(through: NDArray[np.float64], misfit: float) -> NDArray[np.float64]:
    """Return a transmission as a slightly softer or harder first spectrum would have it."""
    return np.stack([through[0] ** misfit, through[1]])
