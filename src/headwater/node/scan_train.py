"""Training the detector: lessons from the simulator, two looks of boosted trees, one small ONNX file with its manifest and card.

Fixed seeds give the same model. Nothing here is needed where scans are looked at.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.context import CLASSES, second_features
from headwater.engines.scan.context import COUNT as SECOND
from headwater.engines.scan.features import COUNT as FIRST
from headwater.engines.scan.features import FINE_CM, Cells
from headwater.errors import MissingExtraError
from headwater.exercise.vehicles.lessons import TRAIN_SEED, lessons
from headwater.node.files import write

Reals = NDArray[np.float32]
SCENES: Final = 240
ROUNDS: Final = (90, 60)
FOLDS: Final = 2
RANDOM_CELLS: Final = 350
HARD_CELLS: Final = 90
TREES: Final = {
    "objective": "multiclass", "num_class": len(CLASSES), "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 30,
    "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 2.0, "max_bin": 127, "num_threads": 1,
    "deterministic": True, "force_row_wise": True, "verbose": -1,
}  # fmt: skip
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class _Piece:
    scene: int
    clean: bool
    cells: Cells
    labels: NDArray[np.int8]


def train(
    seed: int, out: Path, *, scenes: int = SCENES, progress: Progress = lambda _done, _all: None
) -> dict[str, Any]:
    """Train a detector and write it with its manifest.

    Args:
        seed: added to the seeds of training; 0 makes the model that ships.
        out: the ONNX file; the manifest stands beside it as ``NAME.json``.
        scenes: how many made-up vehicles to learn from.
        progress: hears how far it is.

    Returns:
        the manifest.

    Raises:
        MissingExtraError: LightGBM or onnx is not installed.
    """
    try:
        import lightgbm
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "lightgbm") from error
    pieces = []
    for lesson in lessons(TRAIN_SEED + seed * 10_000, scenes):
        short = Cells(
            lesson.cells.features.astype(np.float16),
            lesson.cells.blocked,
            lesson.cells.areal,
            lesson.cells.index,
            lesson.cells.scale,
        )  # half as much memory
        pieces.append(_Piece(lesson.scene, lesson.item is None, short, lesson.labels))
        progress(lesson.scene, scenes)
    draw = np.random.default_rng(TRAIN_SEED + seed)
    parts = [[piece for piece in pieces if piece.scene % FOLDS == fold] for fold in range(FOLDS)]
    folds = [_fit(lightgbm, *_rows(part, None, draw), ROUNDS[0], seed) for part in parts]
    rows = [[], []]  # type: list[list[Any]]
    for fold, part in enumerate(parts):
        other = folds[(fold + 1) % FOLDS]
        for piece in part:
            features = piece.cells.features.astype(np.float32)
            shape = piece.cells.blocked.shape
            first = (
                other.predict(features.reshape(-1, FIRST), num_threads=1)
                .reshape(*shape, len(CLASSES))
                .astype(np.float32)
            )
            full = Cells(features, piece.cells.blocked, piece.cells.areal, piece.cells.index, piece.cells.scale)
            again = second_features(full, first).reshape(-1, SECOND)
            chosen = _chosen(piece, first.reshape(-1, len(CLASSES)), draw)
            rows[0].append(again[chosen])
            rows[1].append(piece.labels.ravel()[chosen])
    second = _fit(lightgbm, np.concatenate(rows[0]), np.concatenate(rows[1]), ROUNDS[1], seed)
    first_all = _fit(lightgbm, *_rows(pieces, None, draw), ROUNDS[0], seed)
    data = as_onnx(first_all, second)
    manifest = {
        "schema": "headwater.scan.model/1",
        "id": f"builtin-{seed + 1}",
        "kind": "two-looks",
        "channels": ["low", "high"],
        "mm_per_px": FINE_CM * 10,
        "classes": list(CLASSES),
        "inputs": {"cells": [None, FIRST], "context": [None, SECOND]},
        "sha256": sha256(data).hexdigest(),
        "licence": "Apache-2.0",
        "data_card": {
            "data": "made-up vans and lorries of headwater's own simulator; no image of a real vehicle, no person's data",
            "train_seeds": [TRAIN_SEED + seed * 10_000, TRAIN_SEED + seed * 10_000 + scenes - 1],
            "scenes": scenes,
            "machines": "3.5/6 and 6/9 MV, 12,000 to 150,000 photons a pixel, 4 to 10.5 mm, spectra off by up to 1 %; 4/6 MV held back",
            "not_for": "other beams than megavolt pairs, single spectra; figures at a site need that site's own scans",
        },
    }
    write(out, data)
    write(out.with_suffix(".json"), (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def _rows(pieces: list[_Piece], _: None, draw: np.random.Generator) -> tuple[Reals, NDArray[np.int8]]:
    features, labels = [], []
    for piece in pieces:
        chosen = _chosen(piece, None, draw)
        features.append(piece.cells.features.reshape(-1, FIRST)[chosen].astype(np.float32))
        labels.append(piece.labels.ravel()[chosen])
    return np.concatenate(features), np.concatenate(labels)


def _chosen(piece: _Piece, first: Reals | None, draw: np.random.Generator) -> NDArray[np.int64]:
    """Return which cells to learn from: all that hold something, some that hold nothing, and those that fooled the first look."""
    labels = piece.labels.ravel()
    nothing = np.flatnonzero(labels == 0)
    many = RANDOM_CELLS if piece.clean else RANDOM_CELLS // 4
    chosen = [np.flatnonzero(labels > 0), draw.choice(nothing, min(many, len(nothing)), replace=False)]
    if first is not None and piece.clean:
        chosen += [nothing[np.argsort(-first[nothing, place])[:HARD_CELLS]] for place in range(1, len(CLASSES))]
    return np.unique(np.concatenate(chosen))


def _fit(lightgbm: Any, features: Reals, labels: NDArray[np.int8], rounds: int, seed: int) -> Any:  # noqa: ANN401 - LightGBM's booster
    """Return boosted trees; every class weighs half of what hidden none weighs together, whatever its number of cells."""
    counts = np.bincount(labels, minlength=len(CLASSES)).astype(float)
    weights = np.where(np.arange(len(CLASSES)) == 0, 1.0, counts[0] / np.maximum(counts, 1.0) * 0.25)
    data = lightgbm.Dataset(
        features, labels.astype(np.int32), weight=np.minimum(weights, 8.0)[labels], free_raw_data=True
    )
    return lightgbm.train({**TREES, "seed": seed + 7}, data, rounds)


def as_onnx(first: Any, second: Any) -> bytes:  # noqa: ANN401 - boosters
    """Return both looks as one ONNX graph: inputs ``cells`` and ``context``, outputs ``first`` and ``second``.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    try:
        from onnx import TensorProto, helper
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "onnx") from error
    nodes, inputs, outputs = [], [], []
    for booster, given, told, count in ((first, "cells", "first", FIRST), (second, "context", "second", SECOND)):
        nodes.append(
            helper.make_node(
                "TreeEnsembleClassifier", [given], [f"{told}_label", told], domain="ai.onnx.ml", **_trees(booster)
            )
        )
        inputs.append(helper.make_tensor_value_info(given, TensorProto.FLOAT, [None, count]))
        outputs.append(helper.make_tensor_value_info(told, TensorProto.FLOAT, [None, len(CLASSES)]))
    graph = helper.make_graph(nodes, "headwater-two-looks", inputs, outputs)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="headwater")
    data: bytes = made.SerializeToString(deterministic=True)
    return data


def _trees(booster: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the attributes of a tree ensemble that answers as the booster does."""
    names = (
        "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids", "nodes_falsenodeids",
        "nodes_missing_value_tracks_true", "class_treeids", "class_nodeids", "class_ids", "class_weights",
    )  # fmt: skip
    made: dict[str, Any] = {name: [] for name in names}

    def add(node: dict[str, Any], tree: int) -> int:
        here = counts[tree]
        counts[tree] += 1
        row = len(made["nodes_treeids"])
        leaf = "leaf_value" in node
        for name, value in (
            ("nodes_treeids", tree), ("nodes_nodeids", here), ("nodes_featureids", 0 if leaf else node["split_feature"]),
            ("nodes_values", 0.0 if leaf else _down(node["threshold"])), ("nodes_modes", "LEAF" if leaf else "BRANCH_LEQ"),
            ("nodes_truenodeids", 0), ("nodes_falsenodeids", 0), ("nodes_missing_value_tracks_true", 0),
        ):  # fmt: skip
            made[name].append(value)
        if leaf:
            for name, value in (
                ("class_treeids", tree),
                ("class_nodeids", here),
                ("class_ids", tree % len(CLASSES)),
                ("class_weights", float(node["leaf_value"])),
            ):
                made[name].append(value)
        else:
            made["nodes_truenodeids"][row] = add(node["left_child"], tree)
            made["nodes_falsenodeids"][row] = add(node["right_child"], tree)
        return here

    counts: dict[int, int] = {}
    for tree in booster.dump_model()["tree_info"]:
        counts[tree["tree_index"]] = 0
        add(tree["tree_structure"], tree["tree_index"])
    made["classlabels_int64s"] = list(range(len(CLASSES)))
    made["post_transform"] = "SOFTMAX"
    return made


def _down(threshold: float) -> float:
    """Return the largest 32-bit number that is not above a threshold: features have 32 bits, and so compare the same."""
    near = np.float32(threshold)
    return float(near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf)))
