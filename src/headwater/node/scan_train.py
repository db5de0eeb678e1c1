"""Training the detector: lessons from the simulator, a small convolutional network, one ONNX file with its manifest and card.

Fixed seeds give the same lessons and, on one machine and with one thread, the same model. Nothing here is needed where scans are looked at.
"""

import json
from collections.abc import Callable, Sequence
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
from headwater.node.scan_graph import as_onnx
from headwater.node.scan_lessons import Pool, Shown
from headwater.node.scan_model import OWN_KIND, SCHEMA

Reals = NDArray[np.float32]
Progress = Callable[[int, int], None]

SCENES: Final = 900
STEPS: Final = 4_500
BATCH: Final = 6
CROP: Final = (48, 80)
"""Rows and columns of cells of one crop: 1.9 by 3.2 m."""
FIRST_SCENES: Final = 60
ALL_SCENES_AT: Final = 0.6
"""Share of the steps by which all scenes have come in: until then every step may see newer ones."""
CLEAN_SHARE: Final = 0.35
"""Share of crops from scans in which nothing is hidden."""
ON_ITEM: Final = 0.8
"""Share of the other crops that hold at least one thing for sure."""
LOOKS_BACK: Final = (0.45, 0.75)
"""Shares of the steps after which the detector's strongest mistakes in all scenes are sought, to be shown again."""
ON_MISTAKE: Final = 0.5
"""Share of clean crops that hold such a mistake."""
WORST: Final = 0.3
"""Share of mistakes, the strongest first, that are shown again."""
MIDDLE_SIGMA: Final = {"person": 2.0, "drugs": 1.2, "rifle": 1.2, "pistol": 0.8}
"""Cells by which the middle of a thing may be missed at half the price."""
THREADS: Final = 1


Spot = tuple[int, float, float]
"""A scene, and the row and column of a mistake in its clean lesson."""


def train(
    seed: int,
    out: Path,
    *,
    scenes: int = SCENES,
    steps: int = STEPS,
    kept: Path | None = None,
    progress: Progress = lambda _done, _all: None,
) -> dict[str, Any]:
    """Train a detector and write it with its manifest.

    Args:
        seed: added to the seeds of training; 0 makes the model that ships.
        out: the ONNX file; the manifest stands beside it as ``NAME.json``.
        scenes: how many made-up vehicles to learn from.
        steps: of `BATCH` crops each.
        kept: folder in which scenes are kept, and from which they are taken when they are there.
        progress: hears how far it is.

    Returns:
        the manifest.

    Raises:
        MissingExtraError: PyTorch or onnx is not installed.
    """
    try:
        import torch

        from headwater.node.scan_network import Step, new_network
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "torch") from error
    first = TRAIN_SEED + seed * 10_000
    pool = Pool(first, kept)
    torch.set_num_threads(THREADS)
    torch.manual_seed(seed)
    draw = np.random.default_rng(first)
    step = Step(new_network(), steps)
    looks, mistakes = {int(share * steps) for share in LOOKS_BACK}, list[Spot]()
    for number in range(steps):
        pool.reach(min(scenes, int(FIRST_SCENES + scenes * number / (ALL_SCENES_AT * steps))))
        if number in looks:
            mistakes = strongest_mistakes(pool.scenes, step.answers)
        step(number, *batch(pool.scenes, draw, mistakes))
        progress(number, steps)
    data = as_onnx(step.weights())
    manifest = manifest_of(seed, data, scenes, steps)
    write(out, data)
    write(out.with_suffix(".json"), (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def manifest_of(seed: int, data: bytes, scenes: int, steps: int) -> dict[str, Any]:
    """Return what stands beside a model: what it takes and gives, and what it has learned from."""
    first = TRAIN_SEED + seed * 10_000
    return {
        "schema": SCHEMA,
        "id": f"builtin-{seed + 2}",
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
            "machines": "3.5/6 and 6/9 MV, 12,000 to 150,000 photons a pixel, 4 to 10.5 mm, spectra off by up to 1 %; 4/6 MV held back",
            "not_for": "other beams than megavolt pairs, single spectra; figures at a site need that site's own scans",
        },
    }


def strongest_mistakes(scenes: Sequence[Sequence[Shown]], answers: Callable[[Reals, Reals], Reals]) -> list[Spot]:
    """Return the places of clean scenes that look most like a hidden thing to what has been learned so far.

    Args:
        scenes: their first lessons are clean.
        answers: of the network to both grids of a scan.
    """
    found: list[list[tuple[float, Spot]]] = [[] for _ in ITEMS]
    for number, (clean, *_) in enumerate(scenes):
        rows, columns = (side - side % WHOLE for side in clean.labels.shape)
        half = CELL // MIDDLE
        told = answers(
            clean.fine[: rows * CELL, : columns * CELL].astype(np.float32),
            clean.middle[:, : rows * half, : columns * half].astype(np.float32),
        )
        for kind, middles in enumerate(told[len(ITEMS) :]):
            row, column = (int(place) for place in np.unravel_index(int(middles.argmax()), middles.shape))
            found[kind].append((float(middles[row, column]), (number, row, column)))
    worst = max(int(WORST * len(scenes)), 1)
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
        middles = view.centres if draw.random() < ON_ITEM else ()
        made.append(_crop(view, draw, middles[int(draw.integers(len(middles)))][1:] if middles else ()))
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
    near = _near(view.centres, top, left)
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


def _near(centres: Sequence[tuple[int, float, float]], top: int, left: int) -> Reals:
    """Return 1 at the middle of each thing, less around it. Shape: -> (classes, rows, columns)."""
    tall, wide = CROP
    made = np.zeros((len(ITEMS), tall, wide), np.float32)
    rows, columns = np.mgrid[:tall, :wide]
    for kind, row, column in centres:
        down, along = row - top, column - left
        sigma = MIDDLE_SIGMA[CLASSES[kind]]
        near = np.exp(-((rows - down) ** 2 + (columns - along) ** 2) / (2 * sigma**2))
        near[near < 0.02] = 0.0  # noqa: PLR2004 - far from it
        if 0 <= round(down) < tall and 0 <= round(along) < wide:
            near[round(down), round(along)] = 1.0
        made[kind - 1] = np.maximum(made[kind - 1], near)
    return made
