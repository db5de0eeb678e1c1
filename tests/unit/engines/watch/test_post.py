"""The sensor post calls rescue before mid-river, on what it has seen so far, and not for those who are safe."""

import random
from dataclasses import replace

import pytest

from headwater.engines.watch import draft_notice, read_setting
from headwater.model.detections import Detection
from tests.watch_world import alerts_of, night, seen

pytestmark = pytest.mark.slow


def test_rescue_is_called_before_the_boat_is_in_mid_river_and_before_the_border_is_asked() -> None:
    scene = night()
    alerts = alerts_of(scene.detections)
    assert scene.leaves_s is not None
    assert scene.middle_s is not None
    assert alerts[0].lane == "rescue"
    assert scene.leaves_s - 120 <= alerts[0].t_s <= scene.middle_s
    assert next(alert.t_s for alert in alerts if alert.lane == "border") >= alerts[0].t_s


def test_the_border_alert_tells_how_likely_and_when() -> None:
    crossing = next(alert.crossing for alert in alerts_of(night().detections) if alert.lane == "border")
    assert crossing is not None
    p, t10, t50, t90 = crossing
    assert 0.5 <= p <= 1.0
    assert 0.0 < t10 <= t50 <= t90


def test_a_night_without_a_boat_is_quiet() -> None:
    assert [alert for alert in alerts_of(night(boat=False).detections) if alert.lane == "rescue"] == []


def test_the_same_alert_comes_when_the_line_is_cut_right_behind_it() -> None:
    scene = night()
    first = alerts_of(scene.detections)[0]
    cut = tuple(one for one in scene.detections if one.row <= max(first.evidence))
    assert alerts_of(cut)[0] == first


@pytest.mark.parametrize("ahead_s", [None, -600.0, -20.0, 20.0, 600.0])
def test_a_sensor_whose_clock_is_wrong_takes_nothing_from_the_others(ahead_s: float | None) -> None:
    # None: it stands. That far off, a track could be anywhere, and all of the others' would be over.
    scene = night()
    first = alerts_of(scene.detections)[0]
    wrong = replace(scene.detections[0], sensor="wrong", y=-1000.0, sure=0.2, kind="unknown", size_band="", own="")
    mixed: list[Detection] = []
    for number, one in enumerate(scene.detections):
        time_s = wrong.time_s if ahead_s is None else one.time_s + ahead_s
        mixed += [replace(wrong, time_s=time_s, x=(20.0 * number + more) % 2000) for more in range(20)]
        mixed.append(one)
    alerts = alerts_of(tuple(replace(one, row=row) for row, one in enumerate(mixed)))
    assert (alerts[0].lane, alerts[0].kind) == (first.lane, first.kind)
    assert alerts[0].t_s == first.t_s


def test_an_alert_rests_on_detections_that_are_there() -> None:
    scene = night()
    for alert in alerts_of(scene.detections):
        assert alert.evidence
        assert all(scene.detections[row].row == row for row in alert.evidence)
        assert 0.0 <= alert.score <= 1.0
        assert alert.reasons


def test_a_registered_boat_is_not_called_for_and_an_unregistered_name_does_not_help() -> None:
    crossing = tuple(seen(t, 5.0 + t) for t in range(0, 60, 2))
    assert alerts_of(crossing)
    named = tuple(replace(one, own="exercise watch 1") for one in crossing)
    assert alerts_of(named) == []
    boasting = tuple(replace(one, own="somebody else") for one in crossing)
    assert alerts_of(boasting)


@pytest.mark.parametrize(
    "y", [70.0, 1.0, -1.5], ids=["in the river", "at the bank", "on the bank, as near as a sensor can tell"]
)
def test_persons_in_the_water_are_called_for_by_day_and_in_warm_water_too(y: float) -> None:
    draw = random.Random(3)
    people = tuple(
        Detection(
            row=t,
            time_s=36_000.0 + t,
            sensor="s",
            x=draw.gauss(0, 2),
            y=y,
            sigma_m=3.0,
            kind="person-in-water",
            sure=0.55,
        )
        for t in range(0, 20, 2)
    )
    kinds = [
        alert.kind for alert in alerts_of(people, water_temperature_c=22.0, current_ms=0.1, level_rise_m_per_h=0.0)
    ]
    assert kinds == ["persons-in-water"]


def test_a_boat_by_day_over_warm_slow_water_is_no_rescue() -> None:
    crossing = tuple(seen(36_000.0 + t, 5.0 + t, size_band="1-4") for t in range(0, 100, 2))
    calm = {"water_temperature_c": 21.0, "current_ms": 0.3, "level_rise_m_per_h": 0.0, "visibility_m": 8000.0}
    assert [alert.lane for alert in alerts_of(crossing, **calm)] == ["border"]


def test_a_boat_that_stops_in_mid_river_is_told_as_that() -> None:
    calm = {"water_temperature_c": 17.0, "current_ms": 0.3, "level_rise_m_per_h": 0.0, "visibility_m": 8000.0}
    way = [seen(36_000.0 + t, min(5.0 + t, 80.0), size_band="15-30") for t in range(0, 160, 2)]
    assert "stopped-mid-river" in [alert.kind for alert in alerts_of(tuple(way), **calm)]


def test_an_implausible_detection_raises_nothing_by_itself() -> None:
    crossing = tuple(seen(t, 5.0 + t, implausible="a leap") for t in range(0, 60, 2))
    assert alerts_of(crossing) == []


def test_the_draft_notice_says_where_when_why_and_what_to_report() -> None:
    scene = night()
    alert = alerts_of(scene.detections)[0]
    notice = draft_notice(alert, read_setting(scene.context))
    for words in (
        "DRAFT",
        "CRAFT IN DANGER",
        "WGS 84",
        "search radius",
        "Nearest help",
        "Article 20",
        "nobody is identified",
    ):
        assert words in notice.text
    assert notice.close_by.startswith("2026-11-26")
    assert [point.after_s for point in notice.drift] == [600, 1800, 3600]
    assert notice.drift[0].x > alert.x
