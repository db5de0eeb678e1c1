"""A file of radar and camera directions: one track an object, each sensor's bias found, late and doubled reports handled."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from headwater.formats.sapient import frame
from headwater.formats.sapient_write import bearing_message, detection_message, status_message, uuid4_of
from headwater.model.detections import Bearing, Detection, Origin
from headwater.node.watch_tracks import track

pytestmark = pytest.mark.slow

ORIGIN = Origin(44.0, 19.0)
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
RADAR, CAMERA, SHIPS = uuid4_of("radar"), uuid4_of("camera"), uuid4_of("ships")
STANDS = {RADAR: (0.0, 0.0), CAMERA: (3000.0, -500.0)}
BOATS = ((1000.0, 3000.0, 4.0, -2.0), (-2500.0, 4000.0, 5.0, 1.0), (2000.0, 5500.0, -3.0, -4.0))
BIAS_M, BIAS_RAD = 80.0, 0.015


def session(*, late: bool = False, seed: int = 5) -> bytes:
    """Three boats; the radar is off in range and bearing; one boat reports itself; the camera knows bearings alone."""
    draw, rows = Random(seed), list[tuple[float, bytes]]()
    for time_s in range(0, 240, 4):
        moment = START + timedelta(seconds=time_s)
        for at, (x0, y0, vx, vy) in enumerate(BOATS):
            x, y = x0 + vx * time_s, y0 + vy * time_s
            row = 10 * time_s + at
            told = Bearing(
                row=row, time_s=time_s, sensor=RADAR, azimuth=math.atan2(x, y) + BIAS_RAD + draw.gauss(0, 0.003), sigma=0.003,
                range_m=math.hypot(x, y) + BIAS_M + draw.gauss(0, 15), range_sigma_m=15.0, kind="boat", sure=0.8,
            )  # fmt: skip
            rows.append((time_s, bearing_message(told, RADAR, moment)))
            azimuth = math.atan2(x - STANDS[CAMERA][0], y - STANDS[CAMERA][1]) + draw.gauss(0, 0.001)
            seen = Bearing(row=row, time_s=time_s, sensor=CAMERA, azimuth=azimuth, sigma=0.001, kind="boat", sure=0.8)
            rows.append((time_s + (draw.uniform(0, 9) if late else 0.0), bearing_message(seen, CAMERA, moment)))
            own = Detection(
                row=row,
                time_s=time_s,
                sensor=SHIPS,
                x=x + draw.gauss(0, 10),
                y=y + draw.gauss(0, 10),
                sigma_m=10.0,
                kind="boat",
            )
            if at == 0:
                rows.append((time_s, detection_message(own, SHIPS, moment, ORIGIN)))
    rows.sort(key=lambda one: one[0])
    first = [status_message(name, START, ORIGIN.to_degrees(*place)) for name, place in STANDS.items()]
    return b"".join(frame(one) for one in (*first, *(data for _, data in rows)))


@pytest.mark.parametrize("late", [False, True])
def test_one_track_an_object_and_the_bias_of_the_radar_is_found(tmp_path: Path, late: bool) -> None:
    path, out = tmp_path / "s.sapient", tmp_path / "t.jsonl"
    path.write_bytes(session(late=late))
    context = tmp_path / "c.json"
    context.write_text(json.dumps({"origin": {"lat": 44.0, "lon": 19.0}, "start": START.isoformat()}), encoding="utf-8")
    done = track("sapient", path, out, context=context)
    range_m, bearing = done.biases[RADAR]
    assert range_m == pytest.approx(BIAS_M, abs=15.0)
    assert bearing == pytest.approx(BIAS_RAD, abs=0.003)
    assert set(done.document()["biases"]) == {RADAR, f"{CAMERA} bearing"}
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    last = max(row["time"] for row in rows)
    here = [row for row in rows if row["time"] == last]
    truth = [(x0 + vx * last, y0 + vy * last) for x0, y0, vx, vy in BOATS]
    assert len(here) == len(BOATS)
    assert all(min(math.dist((row["x"], row["y"]), place) for row in here) < 40.0 for place in truth)
    assert {row["class"] for row in here} == {"boat"}


def test_a_report_that_comes_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "s.sapient"
    path.write_bytes(session() * 2)
    done = track("sapient", path, tmp_path / "t.jsonl")
    assert done.doubled == (done.read - 4) // 2


def test_a_sensor_that_moves_is_followed_by_its_places_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.sapient"
    moved = frame(status_message(RADAR, START, ORIGIN.to_degrees(900.0, 0.0)))
    path.write_bytes(moved + session())
    done = track("sapient", path, tmp_path / "t.jsonl")
    assert done.biases == {}
    assert done.tracks >= 1
