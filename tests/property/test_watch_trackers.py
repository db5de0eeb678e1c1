"""Trackers follow invented objects through noise, misses and clutter, each as its field scores it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from headwater.engines.watch import (
    BoxTracker,
    DriftCase,
    FusionTracker,
    PointTracker,
    forecast_crossing,
    leeway_drift,
    mine,
)
from headwater.engines.watch.assignment import best_rows
from headwater.engines.watch.drift import PERSON_IN_WATER
from headwater.engines.watch.routes import RouteOptions, two_sided
from headwater.errors import SchemaError
from headwater.model.detections import Origin

Floats = NDArray[np.float64]


@pytest.mark.parametrize("seed", range(5))
def test_the_assignment_is_the_best_there_is(seed: int) -> None:
    from scipy.optimize import linear_sum_assignment

    gain = np.random.default_rng(seed).normal(1.0, 2.0, (6, 5))
    chosen = best_rows(gain)
    alone = np.hstack([gain, np.where(np.eye(6) > 0, 0.0, -1e9)])
    rows, columns = linear_sum_assignment(-alone)
    best = sum(alone[r, c] for r, c in zip(rows, columns, strict=True))
    assert sum(gain[r, c] for r, c in enumerate(chosen) if c >= 0) == pytest.approx(best)
    used = [c for c in chosen if c >= 0]
    assert len(used) == len(set(used))


def point_scans(rng: np.random.Generator, targets: int, scans: int) -> tuple[Floats, list[Floats]]:
    place = rng.uniform(0, 10_000, (targets, 2))
    speed = rng.uniform(-12, 12, (targets, 2))
    truth, seen = [], []
    for k in range(scans):
        at = place + 5.0 * k * speed
        truth.append(at)
        hit = at[rng.random(targets) < 0.9]
        hit = hit + rng.normal(0, 20, hit.shape)
        seen.append(np.vstack([hit, rng.uniform(0, 10_000, (5, 2))]))
    return np.array(truth), seen


def test_points_are_followed_through_misses_and_clutter() -> None:
    truth, scans = point_scans(np.random.default_rng(1), 12, 30)
    tracker, out = PointTracker(clutter_per_m2=5e-8), np.zeros((0, 6))
    for k, scan in enumerate(scans):
        out = tracker.step(5.0 * k, scan)
    confirmed = out[out[:, 5] == 1]
    far = np.hypot(truth[-1][:, None, 0] - confirmed[None, :, 1], truth[-1][:, None, 1] - confirmed[None, :, 3])
    assert (far.min(axis=1) < 80).sum() >= 11
    assert len(confirmed) <= 15
    assert len(tracker.owners) == len(scans[-1])
    assert len(tracker.shared()) >= 11


def test_an_empty_scan_and_a_tracker_without_sense_are_taken_and_refused() -> None:
    assert PointTracker().step(0.0, np.zeros((0, 2))).shape == (0, 6)
    for told in ({"sigma_m": 0.0}, {"detect": 1.0}, {"accel": -1.0}, {"clutter_per_m2": -1.0}):
        with pytest.raises(SchemaError):
            PointTracker(**told)


def test_a_thousand_objects_are_each_followed() -> None:
    _, scans = point_scans(np.random.default_rng(2), 1000, 4)
    tracker, out = PointTracker(clutter_per_m2=5e-8), np.zeros((0, 6))
    for k, scan in enumerate(scans):
        out = tracker.step(5.0 * k, scan)
    assert (out[:, 5] == 1).sum() > 800


def test_boxes_keep_their_numbers_while_they_pass_each_other() -> None:
    tracker, ids = BoxTracker(frame_rate=30.0), []
    for k in range(60):
        boxes = np.array([[10 + 3 * k, 50, 50 + 3 * k, 150, 0.95], [300 - 3 * k, 60, 340 - 3 * k, 165, 0.95]])
        out = tracker.update(boxes)
        if len(out) == 2 and k in (10, 59):
            ids.append([int(one[4]) for one in sorted(out.tolist(), key=lambda one: one[0] if k == 10 else -one[0])])
    assert ids[0] == ids[1]


def test_boxes_are_followed_while_the_camera_pans() -> None:
    tracker, numbers = BoxTracker(frame_rate=10.0), set()
    for k in range(40):
        left = 25.0 * k
        boxes = [[100 + 150 * n + left, 50, 140 + 150 * n + left, 150, 0.95] for n in range(5)]
        numbers |= {int(one[4]) for one in tracker.update(np.array(boxes))}
    assert len(numbers) == 5


def test_no_boxes_give_no_tracks() -> None:
    tracker = BoxTracker()
    assert tracker.update(np.zeros((0, 5))).shape == (0, 5)
    with pytest.raises(SchemaError):
        BoxTracker(frame_rate=0.0)


SENSORS = {
    "radar": {"x": 0.0, "y": -2000.0, "sigma": (25.0, 0.012), "detect": 0.9, "clutter": 4, "reach": 14000.0},
    "grid": {"x": 0.0, "y": 0.0, "sigma": (30.0, 30.0), "detect": 0.8, "clutter": 3, "reach": 1e9},
}


def fused(*, shuffle: bool, bias: tuple[float, float]) -> FusionTracker:
    rng = np.random.default_rng(5)
    place, speed = rng.uniform(1000, 8000, (8, 2)), rng.uniform(-8, 8, (8, 2))
    rows = []
    for k in range(0, 160, 2):
        at = place + k * speed
        for x, y in at:
            if k % 4 == 0 and rng.random() < 0.9:
                far, course = np.hypot(x, y + 2000), np.arctan2(x, y + 2000)
                rows.append(
                    (
                        float(k),
                        "radar",
                        "rb",
                        far + bias[0] + rng.normal(0, 25),
                        course + bias[1] + rng.normal(0, 0.012),
                    )
                )
            if k % 6 == 0 and rng.random() < 0.8:
                rows.append((float(k), "grid", "xy", x + rng.normal(0, 30), y + rng.normal(0, 30)))
    arrivals = [(row[0] + (rng.uniform(0, 8) if shuffle else 0.0), *row) for row in rows]
    tracker = FusionTracker(SENSORS)
    for row in sorted(arrivals, key=lambda one: one[0]):
        tracker.add(*row)
        tracker.add(*row)
    return tracker


def test_a_radars_bias_is_found_and_doubles_are_dropped() -> None:
    tracker = fused(shuffle=False, bias=(60.0, -0.01))
    assert tracker.biases()["radar"] == pytest.approx((60.0, -0.01), abs=12.0)
    assert tracker.biases()["radar"][1] == pytest.approx(-0.01, abs=0.004)
    assert len(tracker.tracks(160.0)) == 8
    assert tracker.doubled > 300


def test_reports_that_come_late_are_put_in_their_place() -> None:
    ordered, late = (fused(shuffle=shuffle, bias=(0.0, 0.0)).tracks(160.0) for shuffle in (False, True))
    assert len(late) == len(ordered)
    assert np.allclose(np.sort(late[:, 1]), np.sort(ordered[:, 1]), atol=60.0)


def test_a_report_older_than_what_is_settled_is_counted() -> None:
    tracker = fused(shuffle=False, bias=(0.0, 0.0))
    tracker.tracks(160.0)
    tracker.add(161.0, 5.0, "grid", "xy", 1.0, 2.0)
    assert tracker.too_late == 1


@pytest.mark.parametrize(
    "row", [(0, 0, "x", "xy", 1, 2), (0, 0, "radar", "z", 1, 2), (0, 0, "radar", "rb", float("nan"), 2)]
)
def test_a_report_that_makes_no_sense_is_refused(row: tuple[float, float, str, str, float, float]) -> None:
    with pytest.raises(SchemaError):
        FusionTracker(SENSORS).add(*row)


def test_a_track_straight_at_a_line_crosses_and_one_going_away_does_not() -> None:
    history = np.array([(t, 5.0 * t, 0.0) for t in range(0, 100, 5)])
    line = np.array([[900.0, -1e4], [900.0, 1e4]])
    p, t10, t50, t90 = forecast_crossing(history, line, 300.0, 10.0)
    assert p > 0.9
    assert t10 <= t50 <= t90
    assert t50 == pytest.approx(85.0, rel=0.25)
    assert forecast_crossing(history, -line, 300.0, 10.0)[0] < 0.1
    assert forecast_crossing(history, line, 300.0, 10.0) == (p, t10, t50, t90)
    with pytest.raises(SchemaError):
        forecast_crossing(history[:1], line, 300.0, 10.0)


def drifted(**changes: object) -> Floats:
    told: dict[str, object] = {
        "coefficients": PERSON_IN_WATER, "lon": 3.0, "lat": 54.0, "wind_e_ms": (10.0,), "wind_n_ms": (0.0,),
        "current_e_ms": (0.0,), "current_n_ms": (0.0,), "hours": 6.0, "particles": 2000,
    }  # fmt: skip
    return leeway_drift(DriftCase(**{**told, **changes}))  # type: ignore[arg-type] # fields by name


def test_a_cloud_drifts_downwind_and_the_same_way_each_time() -> None:
    cloud = drifted()
    assert cloud[:, 0].mean() > 3.02
    assert cloud[:, 1].mean() == pytest.approx(54.0, abs=0.005)
    assert np.array_equal(cloud, drifted())
    assert not np.array_equal(cloud, drifted(seed=2))


def test_the_side_of_a_positive_crosswind_is_honoured() -> None:
    one_sided = {**PERSON_IN_WATER, "CWLSLOPE": 0.54}
    right, left = (
        drifted(coefficients=one_sided, jibe_per_h=0.0, positive_crosswind=side)[:, 1].mean()
        for side in ("right", "left")
    )
    assert right < 54.0 < left


def test_without_wind_only_the_current_carries() -> None:
    cloud = drifted(wind_e_ms=(0.0,), current_e_ms=(1.0,))
    assert cloud[:, 0].std() < 1e-9
    assert (cloud[0, 0] - 3.0) * 111_195 * np.cos(np.radians(54)) == pytest.approx(21_600, rel=0.01)


@pytest.mark.parametrize(
    "changes",
    [
        {"hours": 0.0},
        {"particles": 0},
        {"positive_crosswind": "up"},
        {"lat": 91.0},
        {"coefficients": {}},
        {"wind_e_ms": ()},
    ],
)
def test_a_case_that_cannot_be_reckoned_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SchemaError):
        drifted(**changes)


def test_stops_corridors_and_changes_are_mined() -> None:
    rows = []
    for track in range(6):
        rows += [(track, 10.0 * k, 40.0 * k, 3.0 * track) for k in range(100)]
        rows += [(track, 1000.0 + 10.0 * k, 4000.0, 3.0 * track) for k in range(60)]
        rows.append((track, 500.0, 90_000.0, 0.0))
    a = np.array(rows)
    found = mine(
        a[:, 0].astype(np.int64), a[:, 1].copy(), a[:, 2].copy(), a[:, 3].copy(), Origin(44.0, 19.0),
        RouteOptions(base_until_s=5.0, least_tracks=3),
    )  # fmt: skip
    assert (found.points, found.implausible, found.tracks) == (966, 6, 6)
    assert len(found.stops) == 6
    assert found.corridors[0]["tracks"] == 6
    assert found.links[0]["passages"] == 6
    assert two_sided(0, 100, 0.5) < 1e-9
    assert two_sided(50, 100, 0.5) == 1.0
