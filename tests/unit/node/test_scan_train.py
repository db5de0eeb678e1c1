"""Lessons, crops and the graph of the detector: what training rests on, without the training."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from headwater.engines.scan.cells import CELL, CHANNELS
from headwater.engines.scan.classes import CLASSES, ITEMS
from headwater.errors import MissingExtraError, SchemaError
from headwater.exercise.vehicles.lessons import TRAIN_SEED, TUNE_SEED, Lesson, lessons
from headwater.node import scan_lessons, scan_train
from headwater.node.scan_graph import GREW, LAYERS, as_onnx, weights_of
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
    views = [[scan_lessons._short(lesson) for lesson in scene]]
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


def test_scenes_that_were_kept_teach_what_they_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: list[Lesson]
) -> None:
    monkeypatch.setattr(scan_lessons, "lessons", lambda *_: iter(scene))
    drawn = scan_lessons.Pool(7, tmp_path)
    drawn.reach(1)
    monkeypatch.setattr(scan_lessons, "lessons", lambda *_: pytest.fail("drawn twice"))
    again = scan_lessons.Pool(7, tmp_path)
    again.reach(1)
    assert [path.name for path in tmp_path.iterdir()] == ["scene-7.npz"]
    for old, new in zip(drawn.scenes[0], again.scenes[0], strict=True):
        assert (old.fine == new.fine).all()
        assert (old.middle == new.middle).all()
        assert (old.labels == new.labels).all()
        assert old.centres == new.centres


def test_of_many_scenes_the_newest_are_held_and_mistakes_keep_to_their_scene(
    monkeypatch: pytest.MonkeyPatch, scene: list[Lesson]
) -> None:
    monkeypatch.setattr(scan_lessons, "lessons", lambda seed, _: iter([scene[seed % len(scene)]]))
    pool = scan_lessons.Pool(0, most=2)
    assert (pool.reach(2), pool.reach(3), pool.reach(3), pool.reach(2)) == (0, 1, 0, 0)
    assert (pool.drawn, len(pool.scenes)) == (3, 2)
    assert (pool.scenes[1][0].fine == scene[2].cells.fine.astype(np.float16)).all()

    monkeypatch.setattr(scan_train, "FIRST_SCENES", 4)
    monkeypatch.setattr(scan_train, "batch", lambda *_: ())
    left = scan_train.learn(lambda *_: 0.0, 1, pool, np.random.default_rng(1), [(0, 1, 2), (1, 5, 6)], 4)
    assert left == [(0, 5, 6)], "one came, in the place of a scene with a mistake"


def test_the_strongest_mistakes_are_sought_in_clean_lessons_class_by_class(scene: list[Lesson]) -> None:
    views = [[scan_lessons._short(lesson) for lesson in scene]] * 3

    def answers(fine: Any, middle: Any) -> Any:
        rows, columns = fine.shape[0] // CELL, fine.shape[1] // CELL
        assert middle.shape == (CHANNELS, rows * 2, columns * 2)
        made = np.full((2 * len(ITEMS), rows, columns), -6.0)
        made[: len(ITEMS), 1, 1] = 9.0
        for kind in range(len(ITEMS)):
            made[len(ITEMS) + kind, 2 + kind, 7] = 3.0
        return made

    spots = scan_train.strongest_mistakes(views, answers, 1)
    assert {spot[0] for spot in spots} == {1}
    assert {spot[1:] for spot in spots} == {(2 + kind, 7) for kind in range(len(ITEMS))}


def test_a_crop_of_a_mistake_holds_it_and_nothing_is_taught_there(scene: list[Lesson]) -> None:
    marked = scan_lessons._short(scene[0])
    marked.fine[:] = 0
    marked.fine[20 * CELL, 30 * CELL] = 9.0
    draw = np.random.default_rng(2)
    for _ in range(5):
        fine, _, labels, near = scan_train._crop(marked, draw, (20, 30))
        assert fine.max() > 4
        assert not labels.any()
        assert not near.any()


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


def test_what_a_model_holds_can_be_gone_on_from() -> None:
    weights = chance()
    held = weights_of(as_onnx(weights))
    assert held.keys() == weights.keys()
    for name, (kernel, bias) in weights.items():
        # Kernels have 8 bits, so each number is right to half a step of the largest of its channel.
        step = np.abs(kernel).max(axis=(1, 2, 3), keepdims=True) / 127
        assert (np.abs(held[name][0] - kernel) <= 0.51 * step).all()
        assert held[name][1] == pytest.approx(bias, abs=1e-3)


def test_a_model_of_other_layers_cannot_be_gone_on_from() -> None:
    from onnx import load_model_from_string

    model = load_model_from_string(as_onnx(chance()))
    kept = [one for one in model.graph.initializer if one.name != "told.kernel8"]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    with pytest.raises(SchemaError, match="other layers"):
        weights_of(model.SerializeToString())


def test_a_smaller_model_of_before_is_gone_on_from_with_nought_for_what_it_lacks() -> None:
    from onnx import load_model_from_string, numpy_helper

    weights = chance()
    model = load_model_from_string(as_onnx(weights))
    kept = [one for one in model.graph.initializer if one.name.split(".")[0] not in GREW]
    for place, one in enumerate(kept):
        value = numpy_helper.to_array(one)
        if one.name.startswith("fine1."):
            kept[place] = numpy_helper.from_array(np.ascontiguousarray(value[:12]), one.name)
        if one.name == "fine2.kernel8":
            kept[place] = numpy_helper.from_array(np.ascontiguousarray(value[:, :12]), one.name)
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    held = weights_of(model.SerializeToString())
    assert all(not held[name][0].any() and not held[name][1].any() for name in GREW)
    assert held["fine1"][0].shape == weights["fine1"][0].shape
    assert held["fine1"][0][:12].any()
    assert not held["fine1"][0][12:].any()
    assert not held["fine2"][0][:, 12:].any()
    assert held["told"][0] == pytest.approx(weights["told"][0], abs=5e-3)


def test_a_model_with_larger_layers_cannot_be_gone_on_from() -> None:
    weights = chance()
    kernel, bias = weights["fine1"]
    larger = {**weights, "fine1": (np.concatenate([kernel, kernel]), np.concatenate([bias, bias]))}
    with pytest.raises(SchemaError, match="larger layers"):
        weights_of(as_onnx(larger))


def test_the_middle_of_a_long_layer_may_be_missed_along_it_and_not_across_it() -> None:
    labels = np.zeros(scan_train.CROP, np.int8)
    labels[20:23, 10:60] = 2
    labels[40:42, 70:72] = 2
    near = scan_train._near([(2, 21.0, 34.5), (2, 40.5, 70.5)], labels, 0, 0)[1]
    assert near[21, 34] == 1.0
    assert near[21, 39] > 0.5
    assert near[26, 34] < 0.05
    # A brick's middle is seen.
    assert near[40, 75] < 0.05


def test_a_thing_outside_of_a_crop_takes_no_other_things_size() -> None:
    labels = np.zeros(scan_train.CROP, np.int8)
    labels[20:23, 10:60] = 2
    assert scan_train._near([(2, 21.0, 90.0)], labels, 0, 0).max() == 0.0


def test_a_manifest_names_the_model_that_was_gone_on_from() -> None:
    before = load(None)
    manifest = scan_train.manifest_of(0, b"", 10, 20, before.manifest)
    assert manifest["data_card"]["from"]["sha256"] == before.sha256
    assert "from" not in scan_train.manifest_of(0, b"", 10, 20)["data_card"]


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
    assert TRAIN_SEED <= manifest["data_card"]["train_seeds"][0] < TUNE_SEED


def test_without_pytorch_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="train"):
        scan_train.train(0, tmp_path / "m.onnx", scenes=1, steps=1)
