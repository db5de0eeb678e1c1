"""Files of shared tracks: what is in them, what is refused, and how two are brought together in time and place."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import FormatError, SchemaError
from headwater.model.detections import Origin
from headwater.node import watch_share

pytestmark = pytest.mark.slow

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
EVEN = [[100.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 100.0, 0.0], [0.0, 0.0, 0.0, 1.0]]


def tracks(path: Path, *rows: tuple[str, str, list[float]], late_s: float = 0.0, origin: Origin | None = None) -> Path:
    """A file of tracks: name, class and mean of each."""
    origin = origin or Origin(50.0, 1.0)
    document = {
        "schema": watch_share.SCHEMA, "origin": {"lat": origin.lat, "lon": origin.lon},
        "at": (START + timedelta(seconds=late_s)).isoformat().replace("+00:00", "Z"),
        "tracks": [{"track": name, "class": kind, "mean": mean, "covariance": EVEN} for name, kind, mean in rows],
    }  # fmt: skip
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def fused(ours: Path, theirs: Path, out: Path) -> dict[str, Any]:
    watch_share.fuse(ours, theirs, out)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_later_tracks_are_fused_at_their_time_in_our_metres(tmp_path: Path) -> None:
    ours = tracks(tmp_path / "a", ("1", "boat", [0.0, 5.0, 0.0, 0.0]))
    other = Origin(50.001, 1.0)
    y = Origin(50.0, 1.0).to_metres(other.lon, other.lat)[1]
    theirs = tracks(tmp_path / "b", ("7", "boat", [50.0, 5.0, -y, 0.0]), late_s=10.0, origin=other)
    found = fused(ours, theirs, tmp_path / "out")
    assert found["at"] == "2026-11-25T03:00:10Z"
    [row] = found["tracks"]
    assert row["track"] == "1+7"
    assert row["mean"] == pytest.approx([50.0, 5.0, 0.0, 0.0], abs=0.5)


def test_the_pairs_are_those_that_lie_nearest_in_sum_and_others_stay(tmp_path: Path) -> None:
    ours = tracks(tmp_path / "a", ("1", "boat", [0.0, 0.0, 0.0, 0.0]), ("2", "unknown", [30.0, 0.0, 0.0, 0.0]))
    theirs = tracks(
        tmp_path / "b", ("8", "boat", [14.0, 0.0, 0.0, 0.0]), ("9", "boat", [-14.0, 0.0, 0.0, 0.0]), ("10", "boat", [900.0, 0.0, 0.0, 0.0])
    )  # fmt: skip
    found = fused(ours, theirs, tmp_path / "out")
    assert {(row["track"], row["class"]) for row in found["tracks"]} == {
        ("1+9", "boat"),
        ("2+8", "boat"),
        ("+10", "boat"),
    }


def test_a_boat_and_a_drone_are_not_one(tmp_path: Path) -> None:
    ours = tracks(tmp_path / "a", ("1", "boat", [0.0, 0.0, 0.0, 0.0]))
    theirs = tracks(tmp_path / "b", ("8", "drone", [0.0, 0.0, 0.0, 0.0]))
    assert watch_share.fuse(ours, theirs, tmp_path / "out")["fused"] == 0


def test_tracks_of_times_far_apart_are_not_fused(tmp_path: Path) -> None:
    ours, theirs = tracks(tmp_path / "a"), tracks(tmp_path / "b", late_s=301.0)
    with pytest.raises(SchemaError, match="apart"):
        watch_share.fuse(ours, theirs, tmp_path / "out")


@pytest.mark.parametrize("change", [
    {"schema": "x"}, {"tracks": {}}, {"at": "now"}, {"origin": {"lat": 91, "lon": 0}}, {"origin": {}}, {"tracks": [{"track": "1"}]},
    {"tracks": [{"track": "1", "class": "person-group", "mean": [0, 0, 0, 0], "covariance": EVEN}]},
    {"tracks": [{"track": "1", "class": "boat", "mean": [0, 0, 0, 0], "covariance": EVEN, "name": "x"}]},
    {"tracks": [{"track": "1", "class": "boat", "mean": [0, 0, 0, "x"], "covariance": EVEN}]},
    {"tracks": [{"track": "1", "class": "boat", "mean": [0, 0, 0, 0], "covariance": [[-1, 0, 0, 0], *EVEN[1:]]}]},
])  # fmt: skip
def test_what_is_no_file_of_tracks_or_tells_of_people_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tracks(tmp_path / "a", ("1", "boat", [0.0, 0.0, 0.0, 0.0]))
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(SchemaError):
        watch_share.fuse(path, path, tmp_path / "out")


def test_reports_without_degrees_or_times_cannot_be_shared(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"t_s,sensor,x,y\n1,a,2,3\n")
    with pytest.raises(FormatError, match="degrees"):
        watch_share.share(path, tmp_path / "out")


def test_a_track_that_one_report_calls_people_stays_at_home(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [
        f"2026-11-25T03:00:{at:02d}Z,a,1.0,50.0,20,{'person-group' if at == 30 else 'boat'}" for at in range(0, 60, 5)
    ]
    path.write_text("\n".join(["time,sensor,lon,lat,sigma_m,class", *rows]) + "\n", encoding="utf-8")
    told = watch_share.share(path, tmp_path / "out")
    assert (told["tracks"], told["withheld"]) == (0, 1)
