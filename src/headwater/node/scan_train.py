"""Training the detector: lessons from the simulator, a small convolutional network, one ONNX file with its manifest and card.

Fixed seeds give the same lessons and, on one machine and with as many threads, the same model. Nothing here is needed where scans are looked at.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.cells import CELL, CHANNELS, FINE_CM, MIDDLE
from headwater.engines.scan.classes import CLASSES, ITEMS
from headwater.engines.scan.detector import WHOLE
from headwater.errors import MissingExtraError
from headwater.exercise.vehicles.lessons import TRAIN_SEED
from headwater.node.files import write
from headwater.node.scan_graph import as_onnx, weights_of
from headwater.node.scan_lessons import Pool, Shown
from headwater.node.scan_model import OWN_KIND, SCHEMA, read

Reals = NDArray[np.float32]
Progress = Callable[[int, int], None]

SCENES: Final = 4_300
STEPS: Final = 6_900
BATCH: Final = 6
CROP: Final = (48, 80)
"""Rows and columns of cells of one crop: 1.9 by 3.2 m."""
FIRST_SCENES: Final = 300
STEPS_A_SCENE: Final = 1.6
"""Steps for which one more scene comes in. A detector that is shown few vehicles for long learns those vehicles."""
MOST_SCENES: Final = 600
"""Scenes that are drawn on at once, the newest: some 5 GB. Each is shown for a thousand steps at most."""
ON_DRUGS: Final = 0.18
"""Share of the crops about a thing that are about drugs for sure, where the scene has some: they are the hardest to tell from a load."""
CLEAN_SHARE: Final = 0.35
"""Share of crops from scans in which nothing is hidden."""
ON_ITEM: Final = 0.8
"""Share of the other crops that hold at least one thing for sure."""
LOOK_BACK: Final = 400
"""After every so many steps the detector's strongest mistakes are sought, to be shown again."""
PARTS: Final = 4
"""Mistakes are sought in every so many scenes, in others each time."""
ON_MISTAKE: Final = 0.5
"""Share of clean crops that hold such a mistake."""
WORST: Final = 0.3
"""Share of mistakes, the strongest first, that are shown again."""
FARTHEST: Final = 4.0
"""Cells by which the middle of a bent thing may lie beside it."""
MIDDLE_SIGMA: Final = {"person": 2.0, "drugs": 1.2, "rifle": 1.2, "pistol": 0.8}
"""Cells by which the middle of a small thing may be missed at half the price."""
OF_SPREAD: Final = 0.35
"""Share of a thing's own spread by which its middle may be missed, where that is more: nobody sees where the middle of a long layer is."""
TUNING_CROPS: Final = 4
"""Batches that tell the normalisations of a network that goes on what its layers usually say."""
THREADS: Final = 1


Spot = tuple[int, float, float]
"""A scene, and the row and column of a mistake in its clean lesson."""


def train(
    seed: int,
    out: Path,
    *,
    scenes: int | None = None,
    steps: int | None = None,
    start: str | None = None,
    kept: Path | None = None,
    progress: Progress = lambda _done, _all: None,
) -> dict[str, Any]:
    """Train a detector and write it with its manifest.

    Args:
        seed: added to the seeds of training.
        out: the ONNX file; the manifest stands beside it as ``NAME.json``.
        scenes: how many made-up vehicles to learn from, at most.
        steps: of `BATCH` crops each.
        start: name or path of a model of the same layers, to go on from; from nothing where left out.
        kept: folder in which scenes are kept, and from which they are taken when they are there.
        progress: hears how far it is.

    Returns:
        the manifest.

    Raises:
        MissingExtraError: PyTorch or onnx is not installed.
        InputError: the model to go on from cannot be read, or is of other layers.
    """
    scenes, steps = scenes or SCENES, steps or STEPS
    try:
        import torch

        from headwater.node.scan_network import Step, new_network, take_over
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "torch") from error
    first = TRAIN_SEED + seed * 10_000
    begun = None if start is None else read(None if start == "builtin" else start)
    pool = Pool(first, kept, MOST_SCENES)
    torch.set_num_threads(THREADS)
    torch.manual_seed(seed)
    draw = np.random.default_rng(first)
    network = new_network()
    if begun is not None:
        pool.reach(min(scenes, FIRST_SCENES))
        take_over(network, weights_of(begun[2]), [batch(pool.scenes, draw)[:2] for _ in range(TUNING_CROPS)])
    step = Step(network, steps, has_learned=begun is not None)
    mistakes: list[Spot] = []
    for number in range(steps):
        mistakes = learn(step, number, pool, draw, mistakes, scenes)
        progress(number, steps)
    data = as_onnx(step.weights())
    manifest = manifest_of(seed, data, pool.drawn, steps, None if begun is None else begun[1])
    write(out, data)
    write(out.with_suffix(".json"), (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def learn(
    step: Any,  # noqa: ANN401 - scan_network.Step, which needs PyTorch
    number: int,
    pool: Pool,
    draw: np.random.Generator,
    mistakes: list[Spot],
    scenes: int,
) -> list[Spot]:
    """Take one step, and return the mistakes that the next one may be shown."""
    gone = pool.reach(min(scenes, FIRST_SCENES + int(number / STEPS_A_SCENE)))
    mistakes = [(scene - gone, row, column) for scene, row, column in mistakes if scene >= gone]
    if number % LOOK_BACK == 0 and (number or step.has_learned):
        mistakes = strongest_mistakes(pool.scenes, step.answers, number // LOOK_BACK % PARTS)
    step(number, *batch(pool.scenes, draw, mistakes))
    return mistakes


def manifest_of(
    seed: int, data: bytes, scenes: int, steps: int, begun: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what stands beside a model: what it takes and gives, what it has learned from, and which model it goes on from."""
    first = TRAIN_SEED + seed * 10_000
    gone_on = (
        {}
        if begun is None
        else {"from": {"id": begun["id"], "sha256": begun["sha256"], "data_card": begun["data_card"]}}
    )
    return {
        "schema": SCHEMA,
        "id": f"builtin-{seed + 5}",
        "kind": OWN_KIND,
        "channels": ["low", "high"],
        "mm_per_px": FINE_CM * 10,
        "classes": list(CLASSES),
        "inputs": {"fine": [1, 1, None, None], "middle": [1, CHANNELS, None, None]},
        "sha256": sha256(data).hexdigest(),
        "licence": "Apache-2.0",
        "data_card": {
            "data": "made-up vans and lorries of headwater's own simulator; no image of a real vehicle, no person's data",
            "train_seeds": [first, first + scenes - 1],
            "scenes": scenes,
            "steps": steps,
            **gone_on,
            "machines": "3.5/6 and 6/9 MV, 8,000 to 250,000 photons a pixel, 4 to 10.5 mm, spectra off by up to 1 %; 4/6 MV held back",
            "not_for": "other beams than megavolt pairs, single spectra; figures at a site need that site's own scans",
        },
    }


def strongest_mistakes(
    scenes: Sequence[Sequence[Shown]], answers: Callable[[Reals, Reals], Reals], part: int
) -> list[Spot]:
    """Return the places of clean scenes that look most like a hidden thing to what has been learned so far.

    Args:
        scenes: their first lessons are clean.
        answers: of the network to both grids of a scan.
        part: which of `PARTS` of the scenes is looked at.
    """
    found: list[list[tuple[float, Spot]]] = [[] for _ in ITEMS]
    for number in range(part, len(scenes), PARTS):
        clean = scenes[number][0]
        rows, columns = (side - side % WHOLE for side in clean.labels.shape)
        half = CELL // MIDDLE
        told = answers(
            clean.fine[: rows * CELL, : columns * CELL].astype(np.float32),
            clean.middle[:, : rows * half, : columns * half].astype(np.float32),
        )
        for kind, middles in enumerate(told[len(ITEMS) :]):
            row, column = (int(place) for place in np.unravel_index(int(middles.argmax()), middles.shape))
            found[kind].append((float(middles[row, column]), (number, row, column)))
    worst = max(int(WORST * len(found[0])), 1)
    return [spot for one in found for _, spot in sorted(one, reverse=True)[:worst]]


def batch(
    scenes: Sequence[Sequence[Shown]], draw: np.random.Generator, mistakes: Sequence[Spot] = ()
) -> tuple[Reals, Reals, NDArray[np.int8], Reals]:
    """Return some crops: both grids, labels, and how near the middle of a thing each cell is."""
    made = []
    for _ in range(BATCH):
        if draw.random() < CLEAN_SHARE:
            again = bool(mistakes) and draw.random() < ON_MISTAKE
            number, *spot = mistakes[int(draw.integers(len(mistakes)))] if again else (int(draw.integers(len(scenes))),)
            made.append(_crop(scenes[number][0], draw, spot))
            continue
        scene = scenes[int(draw.integers(len(scenes)))]
        view = scene[int(draw.integers(1, len(scene)))]
        things = view.centres if draw.random() < ON_ITEM else ()
        drugs = tuple(thing for thing in things if CLASSES[thing[0]] == "drugs")
        things = drugs if drugs and draw.random() < ON_DRUGS else things
        made.append(_crop(view, draw, things[int(draw.integers(len(things)))][1:] if things else ()))
    fine, middle, labels, middles = (np.stack(part) for part in zip(*made, strict=True))
    return fine[:, None], middle, labels, middles


def _crop(
    view: Shown, draw: np.random.Generator, spot: Sequence[float]
) -> tuple[Reals, Reals, NDArray[np.int8], Reals]:
    """Return one crop, perhaps mirrored, of a slightly different machine; what lies outside the image is open air."""
    tall, wide = CROP
    top, left = _corner(view, draw, spot)
    rows, columns = view.labels.shape
    r0, r1, c0, c1 = max(top, 0), min(top + tall, rows), max(left, 0), min(left + wide, columns)
    half = CELL // MIDDLE
    fine, labels = np.zeros((tall * CELL, wide * CELL), np.float32), np.zeros((tall, wide), np.int8)
    middle = np.zeros((CHANNELS, tall * half, wide * half), np.float32)
    for target, source, by in ((fine, view.fine, CELL), (middle, view.middle, half), (labels, view.labels, 1)):
        target[..., (r0 - top) * by : (r1 - top) * by, (c0 - left) * by : (c1 - left) * by] = source[
            ..., r0 * by : r1 * by, c0 * by : c1 * by
        ]
    near = _near(view.centres, labels, top, left)
    if draw.random() < 0.5:  # noqa: PLR2004 - vehicles drive either way
        fine, middle = np.ascontiguousarray(fine[:, ::-1]), np.ascontiguousarray(middle[:, :, ::-1])
        labels, near = np.ascontiguousarray(labels[:, ::-1]), np.ascontiguousarray(near[:, :, ::-1])
    gain = np.float32(1 + 0.06 * draw.standard_normal())
    fine *= gain
    middle[[0, 2, 3]] *= gain
    middle[1] += np.float32(0.04 * draw.standard_normal()) * (middle[0] > 0.05)  # noqa: PLR2004 - beside the vehicle there is no material
    if draw.random() < 0.3:  # noqa: PLR2004
        fine += np.float32(draw.uniform(0, 0.02)) * draw.standard_normal(fine.shape, dtype=np.float32)
    return fine, middle, labels, near


def _corner(view: Shown, draw: np.random.Generator, spot: Sequence[float]) -> tuple[int, int]:
    """Return where a crop begins: so that it holds a spot where one is given, anywhere otherwise."""
    tall, wide = CROP
    rows, columns = view.labels.shape
    if spot:
        row, column = spot
        top, left = int(row - draw.uniform(0.15, 0.85) * tall), int(column - draw.uniform(0.15, 0.85) * wide)
    else:
        top, left = int(draw.integers(-4, max(rows - tall, 0) + 5)), int(draw.integers(-4, max(columns - wide, 0) + 5))
    return min(max(top, -8), max(rows - tall + 8, -8)), min(max(left, -8), max(columns - wide + 8, -8))


def _near(centres: Sequence[tuple[int, float, float]], labels: NDArray[np.int8], top: int, left: int) -> Reals:
    """Return 1 at the middle of each thing, less around it, the further the longer it is. Shape: -> (classes, rows, columns)."""
    tall, wide = labels.shape
    made = np.zeros((len(ITEMS), tall, wide), np.float32)
    rows, columns = np.mgrid[:tall, :wide]
    for kind, row, column in centres:
        down, along = row - top, column - left
        high, long = _spread(labels == kind, down, along)
        least = MIDDLE_SIGMA[CLASSES[kind]]
        high, long = max(OF_SPREAD * high, least), max(OF_SPREAD * long, least)
        near = np.exp(-(((rows - down) / high) ** 2) / 2 - ((columns - along) / long) ** 2 / 2)
        near[near < 0.02] = 0.0  # noqa: PLR2004 - far from it
        if 0 <= round(down) < tall and 0 <= round(along) < wide:
            near[round(down), round(along)] = 1.0
        made[kind - 1] = np.maximum(made[kind - 1], near)
    return made


def _spread(cells: NDArray[np.bool_], row: float, column: float) -> tuple[float, float]:
    """Return how far the cells of the one thing that lies at a place spread from it, in rows and in columns; 0 where none lies there."""
    import cv2

    _, things = cv2.connectedComponents(cells.astype(np.uint8), connectivity=8)
    rows, columns = np.nonzero(cells)
    away = (rows - row) ** 2 + (columns - column) ** 2
    if not away.size or away.min() > FARTHEST**2:
        return 0.0, 0.0
    nearest = int(away.argmin())
    rows, columns = np.nonzero(things == things[rows[nearest], columns[nearest]])
    return float(np.sqrt(((rows - row) ** 2).mean())), float(np.sqrt(((columns - column) ** 2).mean()))
