"""Training the detector: lessons from the simulator, a small convolutional network, one ONNX file with its manifest and card.

Fixed seeds give the same lessons and, on one machine and with one thread, the same model. Nothing here is needed where scans are looked at.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.cells import CELL, CHANNELS, FINE_CM, MIDDLE
from headwater.engines.scan.classes import CLASSES, ITEMS
from headwater.errors import MissingExtraError
from headwater.exercise.vehicles.lessons import TRAIN_SEED, Lesson, lessons
from headwater.node.files import write
from headwater.node.scan_graph import as_onnx
from headwater.node.scan_model import OWN_KIND, SCHEMA

Reals = NDArray[np.float32]
Progress = Callable[[int, int], None]

SCENES: Final = 300
STEPS: Final = 1_500
BATCH: Final = 6
CROP: Final = (48, 80)
"""Rows and columns of cells of one crop: 1.9 by 3.2 m."""
CLEAN_SHARE: Final = 0.35
"""Share of crops from scans in which nothing is hidden."""
ON_ITEM: Final = 0.8
"""Share of the other crops that hold at least one thing for sure."""
MIDDLE_SIGMA: Final = {"person": 2.0, "drugs": 1.2, "rifle": 1.2, "pistol": 0.8}
"""Cells by which the middle of a thing may be missed at half the price."""
RATE: Final = 2.5e-3
WARM: Final = 80
THREADS: Final = 1


@dataclass(slots=True)
class _View:
    """A lesson in half as much memory."""

    fine: NDArray[np.float16]
    middle: NDArray[np.float16]
    labels: NDArray[np.int8]
    centres: tuple[tuple[int, float, float], ...]


def train(
    seed: int,
    out: Path,
    *,
    scenes: int = SCENES,
    steps: int = STEPS,
    progress: Progress = lambda _done, _all: None,
) -> dict[str, Any]:
    """Train a detector and write it with its manifest.

    Args:
        seed: added to the seeds of training; 0 makes the model that ships.
        out: the ONNX file; the manifest stands beside it as ``NAME.json``.
        scenes: how many made-up vehicles to learn from.
        steps: of `BATCH` crops each.
        progress: hears how far it is.

    Returns:
        the manifest.

    Raises:
        MissingExtraError: PyTorch or onnx is not installed.
    """
    try:
        import torch

        from headwater.node.scan_network import new_network, step_of
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "torch") from error
    first = TRAIN_SEED + seed * 10_000
    views: list[list[_View]] = [[] for _ in range(scenes)]
    for lesson in lessons(first, scenes):
        views[lesson.scene].append(_short(lesson))
        progress(lesson.scene, scenes + steps)
    torch.set_num_threads(THREADS)
    torch.manual_seed(seed)
    draw = np.random.default_rng(first)
    network = new_network()
    step = step_of(network, RATE, WARM, steps)
    for number in range(steps):
        step(number, *batch(views, draw))
        progress(scenes + number, scenes + steps)
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


def batch(views: Sequence[Sequence[_View]], draw: np.random.Generator) -> tuple[Reals, Reals, NDArray[np.int8], Reals]:
    """Return some crops: both grids, labels, and how near the middle of a thing each cell is."""
    made = []
    for _ in range(BATCH):
        scene = views[int(draw.integers(len(views)))]
        clean = draw.random() < CLEAN_SHARE or len(scene) == 1
        made.append(_crop(scene[0] if clean else scene[int(draw.integers(1, len(scene)))], draw))
    fine, middle, labels, middles = (np.stack(part) for part in zip(*made, strict=True))
    return fine[:, None], middle, labels, middles


def _short(lesson: Lesson) -> _View:
    return _View(
        lesson.cells.fine.astype(np.float16), lesson.cells.middle.astype(np.float16), lesson.labels, lesson.centres
    )


def _crop(view: _View, draw: np.random.Generator) -> tuple[Reals, Reals, NDArray[np.int8], Reals]:
    """Return one crop, perhaps mirrored, of a slightly different machine; what lies outside the image is open air."""
    tall, wide = CROP
    top, left = _corner(view, draw)
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
    gain = np.float32(1 + 0.04 * draw.standard_normal())
    fine *= gain
    middle[[0, 2, 3]] *= gain
    middle[1] += np.float32(0.04 * draw.standard_normal()) * (middle[0] > 0.05)  # noqa: PLR2004 - beside the vehicle there is no material
    if draw.random() < 0.3:  # noqa: PLR2004
        fine += np.float32(draw.uniform(0, 0.02)) * draw.standard_normal(fine.shape, dtype=np.float32)
    return fine, middle, labels, near


def _corner(view: _View, draw: np.random.Generator) -> tuple[int, int]:
    tall, wide = CROP
    rows, columns = view.labels.shape
    if view.centres and draw.random() < ON_ITEM:
        _, row, column = view.centres[int(draw.integers(len(view.centres)))]
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
