"""Lessons for the detector: clean scans of many machines as cells, and the same with each kind of thing hidden in them.

Seeds of training, tuning and report lie apart, and were set before anything was trained: training draws from 1,000,000 on, tuning
from 2,000,000 on, reports (the benchmark) from 3,000,000 on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.context import CLASSES
from headwater.engines.scan.features import CELL_CM, Cells, cells
from headwater.engines.scan.material import computed, nearest_system
from headwater.engines.scan.normalise import normalise
from headwater.engines.scan.projector import View, transmission
from headwater.exercise.vehicles.items import ITEMS
from headwater.exercise.vehicles.parts import between, pick
from headwater.exercise.vehicles.scenes import Machine, Scene, beam, expose, make_scene, with_item
from headwater.model.ids import BlobHash
from headwater.model.scan import DUAL, ScanFormat, ScanImage, ScanMeta

TRAIN_SEED: Final = 1_000_000
TUNE_SEED: Final = 2_000_000
REPORT_SEED: Final = 3_000_000
LORRIES: Final = 0.3
FINE_SHARE: Final = 0.65
"""Share of machines with pixels of at most 5.5 mm; the others teach that a scan may be coarse."""
MISFIT: Final = 0.004
"""Sigma of the exponent by which a machine's first spectrum differs from the one computed for it: about 0.15 in material index."""
_AROUND: Final = 14
"""Cells around a hidden thing that a lesson shows."""
_NOWHERE: Final = BlobHash("0" * 64)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One piece of a scan: its cells, and what is in each: number of the class, −1 where nobody should learn."""

    scene: int
    item: str | None
    cells: Cells
    labels: NDArray[np.int8]


def some_machine(draw: np.random.Generator) -> Machine:
    """Return a machine drawn from chance. No 4/6 MV machine is among them: reports hold that one back as unseen."""
    return Machine(
        name="lesson",
        system=pick(draw, ("mv3.5_6", "mv3.5_6", "mv6_9")),
        photons=float(np.exp(draw.uniform(np.log(12_000), np.log(150_000)))),
        electronic=between(draw, 4, 25),
        blur_px=between(draw, 0.4, 1.1),
        scatter=between(draw, 0.0, 0.012),
        gain=between(draw, 0.0005, 0.003),
        pulse=between(draw, 0.001, 0.006),
        mm=between(draw, 4.0, 5.5) if draw.random() < FINE_SHARE else between(draw, 5.5, 10.5),
    )


def lessons(seed: int, count: int) -> Iterator[Lesson]:
    """Yield the lessons of some scenes: each clean, then with each kind of thing in it.

    Args:
        seed: of the first scene; the others follow it.
        count: how many scenes.
    """
    for number in range(count):
        draw = np.random.default_rng(seed + number)
        machine = some_machine(draw)
        scene = make_scene("lorry" if draw.random() < LORRIES else "van", draw, machine)
        clean, _ = beam(scene, machine)
        misfit = 1.0 + MISFIT * draw.standard_normal()
        seen = as_cells(expose(_other(clean, misfit), machine, draw), scene.view, machine)
        yield Lesson(number, None, seen, np.zeros(seen.blocked.shape, np.int8))
        for item in ITEMS:
            yield _with(scene, clean, item, machine, draw, number, misfit)


def as_cells(pixels: NDArray[np.uint16], view: View, machine: Machine, columns: tuple[int, int] | None = None) -> Cells:
    """Return the cells of made-up counts, of some columns only where they are named."""
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
    seen = normalise(scan)
    if columns is not None:
        # Cut only now: open air beside the vehicle levels every row, in a lesson as in a whole scan.
        part = slice(*columns)
        seen = replace(
            seen, depth=seen.depth[:, :, part], starved=seen.starved[:, part], saturated=seen.saturated[:, part]
        )
    return cells(seen, computed(nearest_system(meta)), view.step_cm * 10, view.pitch_cm * 10)


def _with(
    scene: Scene,
    clean: NDArray[np.float64],
    item: str,
    machine: Machine,
    draw: np.random.Generator,
    number: int,
    misfit: float,
) -> Lesson:
    """Return the piece of a scan around something hidden; the rest would only be the clean scan again."""
    hiding = with_item(scene, item, draw)
    through, _ = beam(hiding, machine, clean=clean)
    x0, _, x1, _ = scene.view.box_of(hiding.hidden)
    margin = round(_AROUND * CELL_CM / scene.view.step_cm)
    first = max(min(x0 - margin, scene.view.columns - 4 * margin), 0)
    last = min(max(x1 + margin, first + 4 * margin), scene.view.columns)
    alone = transmission(hiding.hidden, scene.view, machine.system, (first, last))[1]
    seen = as_cells(expose(_other(through, misfit), machine, draw), scene.view, machine, (first, last))
    return Lesson(number, item, seen, _labels(-np.log(np.maximum(alone, 1e-6)), seen, item))


def _other(through: NDArray[np.float64], misfit: float) -> NDArray[np.float64]:
    """Return a transmission as a slightly softer or harder first spectrum would have it."""
    return np.stack([through[0] ** misfit, through[1]])


def _labels(depth: NDArray[np.float64], seen: Cells, item: str) -> NDArray[np.int8]:
    """Return the class of each cell: the item's where it is thick, nobody's where it is thin, none elsewhere."""
    import cv2

    rows, columns = seen.blocked.shape
    mean = cv2.resize(depth, (columns, rows), interpolation=cv2.INTER_AREA)
    full = float(np.percentile(mean[mean > 0], 90)) if (mean > 0).any() else 1.0
    labels = np.zeros(mean.shape, np.int8)
    labels[mean > 0.002] = -1
    labels[(mean > 0.3 * full) & (seen.blocked < 0.5)] = CLASSES.index(item)
    return labels
