"""Lessons, crops and the graph of the detector: what training rests on, without the training."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from headwater.engines.scan.cells import CELL, CHANNELS
from headwater.engines.scan.classes import CLASSES, ITEMS
from headwater.errors import MissingExtraError
from headwater.exercise.vehicles.lessons import TRAIN_SEED, Lesson, lessons
from headwater.node import scan_train
from headwater.node.scan_graph import LAYERS, as_onnx
from headwater.node.scan_model import load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scene() -> list[Lesson]:
    """One scene of training."""
    return list(lessons(TRAIN_SEED + 9_999, 1))


def test_a_scene_is_shown_clean_and_with_things_whose_middles_lie_in_their_labels(scene: list[Lesson]) -> None:
    clean, *hiding = scene
    assert clean.centres == ()
    assert not clean.labels.any()
    assert len(hiding) == 2
    assert any(lesson.centres for lesson in hiding)
    for lesson in hiding:
        rows, columns = lesson.labels.shape
        for kind, row, column in lesson.centres:
            assert kind in range(1, len(CLASSES))
            assert 0 <= row < rows
            assert 0 <= column < columns
        assert {kind for kind, _, _ in lesson.centres} >= set(np.unique(lesson.labels[lesson.labels > 0]).tolist())


def test_the_same_seed_teaches_the_same_lesson(scene: list[Lesson]) -> None:
    again = next(lessons(TRAIN_SEED + 9_999, 1))
    assert (again.cells.fine == scene[0].cells.fine).all()


def test_crops_have_one_size_and_teach_middles_where_things_are(scene: list[Lesson]) -> None:
    views = [[scan_train._short(lesson) for lesson in scene]]
    draw = np.random.default_rng(3)
    seen = 0
    for _ in range(4):
        fine, middle, labels, near = scan_train.batch(views, draw)
        tall, wide = scan_train.CROP
        assert fine.shape == (scan_train.BATCH, 1, tall * CELL, wide * CELL)
        assert middle.shape == (scan_train.BATCH, CHANNELS, tall * 2, wide * 2)
        assert labels.shape == (scan_train.BATCH, tall, wide)
        assert np.isfinite(fine).all()
        assert np.isfinite(middle).all()
        for crop, kind, row, column in zip(*np.nonzero(near >= 1.0), strict=True):
            around = labels[crop, max(row - 6, 0) : row + 7, max(column - 6, 0) : column + 7]
            assert (around != 0).any(), ITEMS[kind]
            seen += 1
    assert seen > 0


def chance() -> dict[str, tuple[Any, Any]]:
    """Weights drawn from chance."""
    draw = np.random.default_rng(5)
    return {
        name: (draw.normal(0, 0.1, (made, given, side, side)), draw.normal(0, 0.1, made))
        for name, (given, made, side, _) in LAYERS.items()
    }


def test_the_graph_runs_and_answers_for_every_cell() -> None:
    session = onnxruntime.InferenceSession(as_onnx(chance()))
    (told,) = session.run(
        None, {"fine": np.ones((1, 1, 96, 160), np.float32), "middle": np.ones((1, CHANNELS, 24, 40), np.float32)}
    )
    assert told.shape == (1, 2 * len(ITEMS), 12, 20)
    assert np.isfinite(told).all()


def test_what_is_far_away_changes_nothing_near() -> None:
    session = onnxruntime.InferenceSession(as_onnx(chance()))
    fine, middle = np.zeros((1, 1, 64, 1600), np.float32), np.zeros((1, CHANNELS, 16, 400), np.float32)
    (before,) = session.run(None, {"fine": fine, "middle": middle})
    fine[..., 1500:] = 3.0
    (after,) = session.run(None, {"fine": fine, "middle": middle})
    assert np.abs(after - before)[..., :90].max() < 1e-5
    assert np.abs(after - before)[..., 190:].max() > 1e-3


def test_the_model_that_ships_is_of_this_graph_and_says_how_it_was_made() -> None:
    manifest = load(None).manifest
    assert manifest["inputs"] == {"fine": [1, 1, None, None], "middle": [1, CHANNELS, None, None]}
    assert manifest["data_card"]["train_seeds"][0] == TRAIN_SEED


def test_without_pytorch_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="train"):
        scan_train.train(0, tmp_path / "m.onnx", scenes=1, steps=1)
