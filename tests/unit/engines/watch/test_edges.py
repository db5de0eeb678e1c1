"""Edges of the sensor post: what a band, a bank, a minute and a report just do and just do not."""

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from headwater.engines.watch import FusionTracker, draft_notice, read_setting
from headwater.engines.watch.danger import Part, Setting, _light, _steps, _water_text, craft_part
from headwater.engines.watch.engine import _numbered
from headwater.engines.watch.notice import drift_ahead
from headwater.engines.watch.points import _turned
from headwater.engines.watch.points_kernel import A11, A12, A22, C11, C12, C22, VX, VY, WIDTH
from headwater.engines.watch.post import SAME_PLACE_M, SAME_TIME_S, STOPPED_S, Alert, Post, _Known
from headwater.engines.watch.routes import RouteOptions, _changes, _corridors, two_sided
from headwater.engines.watch.scans import can_be_one
from headwater.engines.watch.stream import StreamTracker
from headwater.engines.watch.stream_kernel import ID, P11, X, Y
from headwater.engines.watch.stream_kernel import WIDTH as ROW_WIDTH
from headwater.errors import SchemaError
from headwater.model.detections import Detection
from tests.watch_world import night, seen, weights

RIVER = {"river": {"near_bank_y": 0.0, "far_bank_y": 100.0}}


def setting(**changes: Any) -> Setting:
    return read_setting({**night().context, **RIVER, **changes})


def alert(**changes: Any) -> Alert:
    told: dict[str, Any] = {
        "t_s": 0.0, "lane": "rescue", "kind": "craft-in-danger", "x": 0.0, "y": 50.0, "vx": 2.0, "vy": -1.0, "score": 0.9,
        "parts": (Part("light", 1.0, "in the dark"), Part("craft", 1.5, "a boat")), "evidence": (3, 4), "track": 1,
    }  # fmt: skip
    return Alert(**{**told, **changes})


@pytest.mark.parametrize(
    ("band", "points"), [("1-4", 0.3), ("5-14", 0.8), ("15-30", 1.5), ("30+", 1.5), ("", 0.4), ("odd", 0.4)]
)
def test_a_load_has_its_points(band: str, points: float) -> None:
    assert craft_part(band, weights()).points == points


@pytest.mark.parametrize(
    ("value", "points"), [(4.9, 2.0), (5.0, 2.0), (5.1, 1.5), (10.0, 1.5), (18.0, 0.4), (18.1, None), (None, 0.7)]
)
def test_a_value_is_within_its_nearest_step_and_what_is_not_known_adds_too(
    value: float | None, points: float | None
) -> None:
    found = _steps(value, weights()["water"], "water", _water_text)
    assert [part.points for part in found] == ([] if points is None else [points])


@pytest.mark.parametrize(
    ("minutes", "level"), [(-1, "dark"), (0, "twilight"), (39, "twilight"), (40, "day"), (500, "day")]
)
def test_day_begins_forty_minutes_after_sunrise_and_ends_as_long_before_sunset(minutes: int, level: str) -> None:
    held = setting()
    assert held.sunrise is not None
    assert held.sunset is not None
    for moment in (held.sunrise + timedelta(minutes=minutes), held.sunset - timedelta(minutes=minutes)):
        found = _light(held, (moment - held.start).total_seconds(), weights()["light"])
        assert found.points == weights()["light"][level], (moment, found)


@pytest.mark.parametrize(("y", "margin", "on"), [(0.0, 0.0, False), (0.1, 0.0, True), (100.0, 0.0, False), (4.0, 4.0, False), (96.0, 4.0, False), (95.9, 4.0, True), (-2.0, -3.0, True), (102.0, -3.0, True)])  # fmt: skip
def test_water_lies_between_both_banks_whichever_is_named_first(y: float, margin: float, on: bool) -> None:
    turned = {"near_bank_y": 100.0, "far_bank_y": 0.0}
    assert setting().on_water(y, margin) is setting(river=turned).on_water(y, margin) is on


def test_help_is_there_first_that_is_ready_and_near() -> None:
    points = [
        {"name": "far", "x": 4_800.0, "y": 0.0, "ready_min": 0.0},
        {"name": "slow", "x": 0.0, "y": 0.0, "ready_min": 11.0},
    ]
    found = setting(rescue_points=points).nearest_rescue(0.0, 0.0)
    assert found is not None
    assert found[0].name == "far"
    assert found[1] == pytest.approx(10.0)


@pytest.mark.parametrize(
    "place", [{"x": 0.0, "y": 200_001.0}, {"x": -200_001.0, "y": 0.0}, {"lon": 0.0, "lat": 91.0}, {"x": 1.0}]
)
def test_a_sensor_stands_within_reach(place: dict[str, float]) -> None:
    with pytest.raises(SchemaError):
        setting(sensors={"a": place})


def post(**changes: Any) -> Post:
    return Post(setting(**changes), weights())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"kind": "border-crossing"}, True), ({"track": 1, "t_s": -9e9}, False), ({"track": 2}, False),
        ({"track": 2, "x": SAME_PLACE_M - 1}, False), ({"track": 2, "x": SAME_PLACE_M + 1}, True),
        ({"track": 2, "t_s": -SAME_TIME_S + 1}, False), ({"track": 2, "t_s": -SAME_TIME_S}, True),
    ],
)  # fmt: skip
def test_an_alert_is_told_once_about_one_track_or_place(old: dict[str, Any], new: bool) -> None:
    held = post(current_ms=0.0)
    held._told = [alert(**old)]
    assert held._is_new(alert()) is new


def test_what_floats_is_looked_for_where_it_has_drifted_to() -> None:
    held = post(current_ms=1.0)
    held._told = [alert(track=2, x=SAME_PLACE_M + 90.0, t_s=-100.0)]
    assert not held._is_new(alert())
    held._told = [alert(track=2, x=SAME_PLACE_M + 110.0, t_s=-100.0)]
    assert held._is_new(alert())


def test_what_is_swept_away_is_what_is_over() -> None:
    held = post()
    held._stream.now = 1_000.0
    held._told = [alert(t_s=1_000.0 - SAME_TIME_S), alert(t_s=1_001.0 - SAME_TIME_S)]
    held._known = {7: _Known()}
    held._sweep()
    assert [one.t_s for one in held._told] == [1_001.0 - SAME_TIME_S]
    assert held._known == {}


@pytest.mark.parametrize(
    ("reports", "craft"),
    [
        ([("boat", 0.5)] * 3, True), ([("boat", 0.5)] * 2, False), ([("boat", 0.49)] * 3, False),
        ([("boat", 0.6)] * 3 + [("animal", 0.9)] * 3, False), ([("person-group", 0.5)] * 6, True), ([("person-group", 0.5)] * 5, False),
        ([("unknown", 1.0)] * 9, False),
    ],
)  # fmt: skip
def test_a_craft_is_one_that_enough_reports_call_so(reports: list[tuple[str, float]], craft: bool) -> None:
    known = _Known()
    for at, (kind, sure) in enumerate(reports):
        known.hear(seen(float(at), 0.0, kind=kind, sure=sure), frozenset())
    assert post()._is_craft(known) is craft


def test_a_track_remembers_every_report_it_rests_on_and_what_most_speaks_for() -> None:
    known = _Known()
    for at, band, sure in ((0.0, "30+", 0.2), (1.0, "5-14", 0.9), (2.0, "", 0.9), (3.0, "30+", 0.3)):
        known.hear(
            seen(at, 0.0, size_band=band, sure=sure, row=10 + int(at), with_rows=(100 + int(at),)), frozenset({"OWN"})
        )
    assert tuple(known.rows) == (100, 10, 101, 11, 102, 12, 103, 13)
    assert known.band == "5-14"
    exempt = [known.exempt]
    known.hear(seen(4.0, 0.0, own="OWN"), frozenset({"OWN"}))
    known.hear(seen(5.0, 0.0), frozenset({"OWN"}))
    exempt.append(known.exempt)
    assert exempt == [False, True]
    known.hear(seen(64.1, 0.0), frozenset())
    assert [at for at, *_ in known.recent] == [5.0, 64.1]


def row(y: float, number: int = 1) -> Any:
    made = np.zeros(ROW_WIDTH)
    made[[ID, X, Y, P11]] = number, 0.0, y, 0.01
    return made


@pytest.mark.parametrize(("y", "stops"), [(50.0, True), (30.0, True), (20.0, False), (80.0, False)])
def test_a_craft_stops_in_mid_river_after_it_was_under_way_and_still_for_a_while(y: float, stops: bool) -> None:
    held, known = post(), _Known()
    for at in range(int(STOPPED_S) + 30):
        _, stopped = held._motion(seen(float(at), y), row(y), known)
        assert not stopped, "it never was under way"
    known.moved = True
    known.slow_since = math.inf
    told = [held._motion(seen(float(at), y), row(y), known)[1] for at in range(100, 110 + int(STOPPED_S))]
    assert (True in told) is stops
    assert not any(told[: int(STOPPED_S)])


def test_a_notice_tells_place_drift_and_deadline() -> None:
    held, one = setting(current_ms=1.5), alert(t_s=60.0, x=100.0)
    text = draft_notice(one, held).text
    lon, lat = held.origin.to_degrees(100.0, 50.0)
    assert f"{lat:.5f} N {lon:.5f} E (WGS 84)" in text
    drift = drift_ahead(one, held)
    assert [(point.after_s, point.x, point.y) for point in drift] == [
        (600, 1_000.0, 50.0),
        (1800, 2_800.0, 50.0),
        (3600, 5_500.0, 50.0),
    ]
    assert [point.radius_m for point in drift] == pytest.approx([195.0, 555.0, 1_095.0])
    own = drift_ahead(one, setting(current_ms=None))
    assert [(point.x, point.y) for point in own] == [(1_300.0, -550.0), (3_700.0, -1_750.0), (7_300.0, -3_550.0)]
    when = held.start + timedelta(seconds=60, hours=24)
    assert draft_notice(one, held).close_by == when.replace(microsecond=0).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("before", "after", "one"),
    [
        ({"own": "a"}, {"own": "a", "x": 9e4}, True), ({"own": "a"}, {"own": "b"}, False), ({}, {}, False), ({}, {"sensor": "other"}, True),
        ({}, {"time_s": 2.0, "x": 30.0 + 4.0 * math.hypot(5.0, 5.0) - 0.1}, True), ({}, {"time_s": 2.0, "x": 30.0 + 4.0 * math.hypot(5.0, 5.0) + 0.1}, False),
    ],
)  # fmt: skip
def test_two_reports_can_be_of_one_object_by_name_else_by_place(
    before: dict[str, Any], after: dict[str, Any], one: bool
) -> None:
    plain: dict[str, Any] = {"row": 0, "time_s": 0.0, "sensor": "s", "x": 0.0, "y": 0.0, "sigma_m": 5.0}
    left, right = Detection(**{**plain, **before}), Detection(**{**plain, **after})
    assert can_be_one(left, right) is can_be_one(right, left) is one


def test_a_track_is_as_unsure_along_its_course_whichever_way_that_leads() -> None:
    made = np.zeros(WIDTH)
    made[[A11, A12, A22, C11, C12, C22]] = 9.0, 1.0, 4.0, 25.0, 2.0, 16.0
    made[[VX, VY]] = 3.0, 0.0
    east = np.array(_turned(made))
    assert (east[0, 0], east[1, 1], east[2, 2], east[3, 3], east[0, 1]) == (9.0, 4.0, 25.0, 16.0, 1.0)
    made[[VX, VY]] = 0.0, 3.0
    north = np.array(_turned(made))
    assert (north[0, 0], north[1, 1], north[2, 2], north[3, 3]) == (25.0, 16.0, 9.0, 4.0)


def test_the_clock_of_the_stream_is_the_middle_of_its_sensors() -> None:
    stream = StreamTracker()
    for name, time_s in (("a", 10.0), ("b", 20.0), ("c", 9_000.0)):
        stream.take(time_s, 0.0, 0.0, 5.0, name)
    stream._forget()
    assert stream.now == 20.0


SENSORS: dict[str, dict[str, object]] = {
    "grid": {"x": 0.0, "y": 0.0, "sigma": (30.0, 30.0), "detect": 0.8, "clutter": 3, "reach": 1e9},
}


def test_one_report_makes_no_track_a_double_counts_once_and_a_late_one_not_at_all() -> None:
    tracker = FusionTracker(SENSORS)
    tracker.add(0.0, 0.0, "grid", "xy", 0.0, 0.0)
    assert len(tracker.tracks(0.0)) == 0
    for at in range(1, 30):
        for _ in range(2):
            tracker.add(float(at), float(at), "grid", "xy", 5.0 * at, 0.0)
    assert tracker.doubled == 29
    assert len(tracker.tracks(29.0)) == 1
    lying = len(tracker._buffer.rows)
    tracker.add(30.0, 5.0, "grid", "xy", 1.0, 1.0)
    assert (tracker.too_late, len(tracker._buffer.rows)) == (1, lying)


def test_a_corridor_and_a_link_are_used_by_enough_and_a_change_is_told_by_the_day() -> None:
    track = np.repeat(np.arange(3), 2)
    cells = np.array([0, 1] * 3)
    corridors, links = _corridors(track, cells, ["a", "b"], RouteOptions(least_tracks=3))
    assert [one["h3"] for one in corridors] == ["a", "b"]
    assert links == ({"from": "a", "to": "b", "passages": 3},)
    assert _corridors(track[:4], cells[:4], ["a", "b"], RouteOptions(least_tracks=3)) == ((), ())
    day = 86_400.0
    time_s = np.array([0.0, day] + [day + 100.0 * at for at in range(1, 40)] + [3 * day])
    [change] = _changes(time_s, np.zeros(len(time_s), np.int64), ["a"], RouteOptions(base_until_s=day))
    assert (change["before_per_day"], change["after_per_day"]) == (1.0, 20.5)
    assert change["p_value"] == pytest.approx(two_sided(41, 42, 2 / 3), rel=1e-2)


def test_a_report_is_followed_as_it_came_under_the_number_of_its_row() -> None:
    came = Detection(
        row=0, time_s=1.5, sensor="ais", x=2.0, y=3.0, sigma_m=4.0, kind="boat", size_band="1-4", sure=0.9, own="MMSI 0"
    )
    assert _numbered(came, 7) == replace(came, row=7)
