"""Scans hold one report of each object, whoever reports and however often."""

from random import Random

import pytest

from headwater.engines.watch.scans import Scan, scan_length, scans
from headwater.model.detections import Detection


def reports(*, every_s: float, objects: int, until_s: float = 120.0, sensors: int = 1, **more: str) -> list[Detection]:
    """Objects 400 m apart that move, each reported by each sensor at a time of its own."""
    draw, found = Random(3), list[Detection]()
    for number in range(objects):
        for sensor in range(sensors):
            time_s = draw.uniform(0.0, every_s)
            while time_s < until_s:
                found.append(
                    Detection(
                        row=len(found), time_s=time_s, sensor=f"s{sensor}", x=2.0 * time_s + draw.gauss(0, 5),
                        y=400.0 * number + draw.gauss(0, 5), sigma_m=5.0, own=more.get("own", "") and f"{more['own']}{number}",
                    )
                )  # fmt: skip
                time_s += every_s
    return found


def objects_of(scan: Scan) -> list[int]:
    return [round(one.y / 400.0) for one in scan.seen]


@pytest.mark.parametrize("every_s", [0.5, 2.0, 6.0])
@pytest.mark.parametrize("objects", [1, 7])
@pytest.mark.parametrize("sensors", [1, 2])
def test_no_object_is_in_a_scan_twice_and_no_report_is_lost(every_s: float, objects: int, sensors: int) -> None:
    given = reports(every_s=every_s, objects=objects, sensors=sensors)
    found = list(scans(given))
    assert all(len(set(objects_of(one))) == len(one.seen) for one in found)
    assert sorted(one.row for scan in found for group in scan.reports for one in group) == sorted(
        one.row for one in given
    )
    assert all(group[-1] is seen for scan in found for group, seen in zip(scan.reports, scan.seen, strict=True))
    whole = [scan for scan in found[1:-1] if len(scan.seen) == objects]
    assert len(whole) >= 0.85 * len(found[1:-1])


@pytest.mark.parametrize(("every_s", "least", "most"), [(0.5, 0.5, 0.6), (2.0, 2.0, 2.2), (60.0, 10.0, 10.0)])
def test_a_scan_is_as_long_as_objects_take_to_be_reported_again(every_s: float, least: float, most: float) -> None:
    given = sorted(reports(every_s=every_s, objects=5), key=lambda one: one.time_s)
    assert least <= scan_length(given) <= most


def test_names_tell_ships_apart_that_lie_side_by_side() -> None:
    side = [
        Detection(row=at, time_s=float(at), sensor="ais", x=0.0, y=3.0 * at, own=f"mmsi:{at % 2}") for at in range(10)
    ]
    assert max(len(one.seen) for one in scans(side)) == 2


def test_a_radar_that_turns_keeps_its_own_scans() -> None:
    turns = [
        Detection(row=3 * turn + at, time_s=4.0 * turn, sensor="r", x=50.0 * at, y=0.0)
        for turn in range(5)
        for at in range(3)
    ]
    assert [(one.time_s, len(one.seen)) for one in scans(turns)] == [(4.0 * turn, 3) for turn in range(5)]


def test_without_reports_there_is_no_scan() -> None:
    assert list(scans([])) == []
