"""The developers' data: the reference middleware's verdicts, recorded peer tracks, leeway clouds, scripted nights at a river."""

import base64
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from headwater.engines.watch import PointTracker, Post, leeway_drift, read_case, read_setting
from headwater.formats.asterix import PassedOver, read_asterix
from headwater.formats.asterix_detections import degrees_of
from headwater.formats.points_csv import read_points
from headwater.formats.sapient import check_message
from headwater.node.watch_tracks import track
from tests.watch_world import weights

pytestmark = [pytest.mark.peer, pytest.mark.shared]
EARTH_M = 6_371_000.0


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data" / "watch"


def test_verdicts_are_those_of_the_reference_middleware(data: Path) -> None:
    rows = [json.loads(line) for line in (data / "sapient/verdicts_dev.jsonl").read_text(encoding="utf-8").splitlines()]
    differ = []
    for row in rows:
        if row.get("apex_crash"):
            continue
        checked = check_message(base64.b64decode(row["b64"]))
        wanted = {tuple(error) for error in row["errors"]}
        found = set(checked.errors) if checked.parses else set()
        if (
            checked.parses != row["parse"]
            or found != wanted
            or (row["parse"] and (checked.content or None) != row["content"])
        ):
            differ.append(row["name"])
    assert len(rows) > 2000
    assert differ == []


def test_a_registration_that_the_reference_crashes_on_gets_a_plain_answer(data: Path) -> None:
    rows = [json.loads(line) for line in (data / "sapient/verdicts_dev.jsonl").read_text(encoding="utf-8").splitlines()]
    [row] = [one for one in rows if one.get("apex_crash")]
    assert check_message(base64.b64decode(row["b64"])).errors == (
        ("mandatory_fields_present", "registration.icd_version"),
    )


def gospa(truth: NDArray[np.float64], found: NDArray[np.float64], cut: float = 200.0) -> float:
    """GOSPA, p=2, alpha=2 (Rahmathullah et al. 2017)."""
    from scipy.optimize import linear_sum_assignment

    d2 = ((truth[:, None] - found[None]) ** 2).sum(2)
    r, c = linear_sum_assignment(np.minimum(d2, cut * cut))
    good = d2[r, c] < cut * cut
    return math.sqrt(d2[r, c][good].sum() + (len(truth) + len(found) - 2 * good.sum()) * cut * cut / 2)


@pytest.mark.parametrize("targets", [20, 50, 100])
def test_points_are_followed_at_least_as_well_as_by_stone_soup(data: Path, targets: int) -> None:
    scene = np.load(data / f"scene/scene_{targets}.npz")
    peer = np.load(data / f"scene/stonesoup_gnn_{targets}.npz")["tracks"]
    tracker = PointTracker(20.0, 0.9, max(20, targets // 2) / 20_000.0**2, 0.05, 10.0)
    rows = []
    for k in range(len(scene["truth"])):
        shown = tracker.step(5.0 * k, scene["dets"][scene["dets"][:, 0] == k][:, 1:])
        rows += [(k, *one) for one in shown]
    ours = np.array(rows)
    ever = np.unique(ours[ours[:, 6] == 1, 1])
    ours = ours[np.isin(ours[:, 1], ever)]
    score = []
    for tracks in (ours, peer):
        each = [
            gospa(scene["truth"][k][scene["alive"][k]][:, [0, 2]], tracks[tracks[:, 0] == k][:, [2, 4]])
            for k in range(len(scene["truth"]))
        ]
        score.append(float(np.mean(each)))
    assert score[0] <= 1.01 * score[1]


def test_clouds_lie_where_the_reference_has_them(data: Path) -> None:
    reference = json.loads((data / "drift/leeway_reference.json").read_text(encoding="utf-8"))
    for given in reference["cases"]:
        case, wanted = read_case(given), given["expect"]
        cloud = leeway_drift(case)
        east = np.radians(cloud[:, 0] - case.lon) * EARTH_M * math.cos(math.radians(54.0))
        north = np.radians(cloud[:, 1] - case.lat) * EARTH_M
        wind = math.hypot(given["wind_e_ms"], given["wind_n_ms"])
        ue, un = given["wind_e_ms"] / wind, given["wind_n_ms"] / wind
        off = math.hypot(east.mean() - wanted["mean_east_m"], north.mean() - wanted["mean_north_m"])
        error = 3.0 * math.hypot(wanted["sd_downwind_m"], wanted["sd_crosswind_m"]) * math.sqrt(2.0 / case.particles)
        assert off <= max(0.02 * math.hypot(wanted["mean_east_m"], wanted["mean_north_m"]), error), given["object"]
        assert (east * ue + north * un).std() == pytest.approx(wanted["sd_downwind_m"], rel=0.1)
        assert (north * ue - east * un).std() == pytest.approx(wanted["sd_crosswind_m"], rel=0.1)


@pytest.mark.parametrize(
    "name", ["capsize_1", "capsize_2", "crossing_1", "crossing_2", "patrol_1", "fishing_1", "quiet_1"]
)
def test_a_scripted_night_raises_the_rescue_alert_or_does_not(data: Path, name: str) -> None:
    folder = data / "river" / name
    context: dict[str, Any] = json.loads((folder / "context.json").read_text(encoding="utf-8"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    setting = read_setting(context)
    read = read_points((folder / "detections.csv").read_bytes(), origin=setting.origin, start=setting.start)
    times = [alert.t_s for alert in Post(setting, weights()).run(read.detections) if alert.lane == "rescue"]
    if truth["wanted"] == "none":
        assert times == []
    else:
        assert any(truth["leaves_bank_s"] - 120 <= time_s <= truth["mid_river_s"] for time_s in times)


def test_recorded_blocks_are_read_as_the_reference_decoder_reads_them(data: Path) -> None:
    """Figures of the GPL decoder (asterix-decoder 0.7), which ran on its own on these files."""
    folder = data / "samples"
    [plot] = read_asterix((folder / "cat048.raw").read_bytes())
    assert (plot.source, plot.items["220"].hex(), int.from_bytes(plot.items["140"], "big") / 128) == (
        "25/201",
        "3c660c",
        27354.6015625,
    )
    assert int.from_bytes(plot.items["040"][:2], "big") / 256 == 197.68359375
    assert int.from_bytes(plot.items["040"][2:], "big") * 360 / 65_536 == 340.13671875
    passed = PassedOver()
    tracks = list(read_asterix((folder / "cat062cat065.raw").read_bytes(), passed=passed))
    assert [int.from_bytes(one.items["040"], "big") for one in tracks] == [4980, 7977]
    assert degrees_of(tracks[0]) == pytest.approx((44.73441302776337, 13.0415278673172, 100.0))
    assert degrees_of(tracks[1]) == pytest.approx((45.40080785751343, 15.13318419456482, 100.0))
    assert passed.blocks == {65: 1}
    captured = list(read_asterix((folder / "cat_034_048.pcap").read_bytes()))
    assert [one.errors for one in captured] == [()] * 162
    assert sum(one.category == 48 for one in captured) == 128


def test_a_recorded_capture_gives_tracks_about_its_radars(data: Path, tmp_path: Path) -> None:
    sites = {name: {"x": 0.0, "y": 0.0} for name in ("25/11", "25/12", "25/13", "25/14", "25/201", "25/204", "25/205")}
    context = tmp_path / "context.json"
    context.write_text(
        json.dumps({"origin": {"lat": 45.0, "lon": 16.0}, "start": "2016-05-05T07:00:00Z", "sensors": sites})
    )
    done = track("asterix", data / "samples/cat_034_048.pcap", tmp_path / "t.jsonl", context=context)
    assert done.read == 128
    assert {one.reason for one in done.rejected} == {"over 200 km from the origin", "no place"}
    assert (done.tracks > 0) == bool((tmp_path / "t.jsonl").read_bytes())
