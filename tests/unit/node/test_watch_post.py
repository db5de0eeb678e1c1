"""The live post without its sockets: directions are followed like places, a restart loses nothing, people are forgotten in time."""

import math
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.exercise.river_night import ORIGIN, START
from headwater.formats.sapient import HEAD, check_message
from headwater.formats.sapient_write import detection_message, uuid4_of
from headwater.model.detections import GROUPS
from headwater.node.watch_journal import ALERTS, DETECTIONS, Journal
from headwater.node.watch_post import LivePost
from headwater.testing.fakes import FakeClock
from tests.watch_world import STANDS, alerts_of, by_cameras, by_radar, night, stands

pytestmark = pytest.mark.slow


def post(folder: Path, clock: FakeClock | None = None) -> LivePost:
    clock = clock or FakeClock(START)
    return LivePost(night().context, Journal(folder, clock), clock)


def ids(alerts: Iterable[dict[str, object]]) -> list[object]:
    return [one["id"] for one in alerts]


@pytest.mark.parametrize("made", [by_radar, by_cameras], ids=["range and bearing", "bearing alone"])
def test_directions_that_come_live_call_rescue_before_mid_river(made: object, tmp_path: Path) -> None:
    scene = night()
    assert scene.leaves_s is not None
    assert scene.middle_s is not None
    live = post(tmp_path)
    taken = live.take([*stands(), *made()])  # type: ignore[operator] # one of the two above
    first = taken.alerts[0]
    assert first["lane"] == "rescue"
    assert scene.leaves_s - 120 <= first["t_s"] <= scene.middle_s
    assert math.hypot(first["x"] - 60.0 - 0.9 * (first["t_s"] - scene.leaves_s), first["y"]) < 80.0
    assert live.counts.rejected == 0
    assert [one["lane"] for one in taken.alerts].count("rescue") <= 2


def test_a_place_made_of_two_bearings_rests_on_both(tmp_path: Path) -> None:
    taken = post(tmp_path).take([*stands(), *by_cameras()])
    rows = set(taken.alerts[0]["evidence"])
    assert {row % 2 for row in rows} == {0, 1}


@pytest.mark.parametrize("made", [by_radar, by_cameras], ids=["range and bearing", "bearing alone"])
@pytest.mark.parametrize("cut", [0.2, 0.45, 0.8])
def test_a_restart_half_way_gives_the_same_alerts_from_directions(made: object, cut: float, tmp_path: Path) -> None:
    messages = [*stands(), *made()]  # type: ignore[operator] # one of the two above
    whole = ids(post(tmp_path / "whole").take(messages).alerts)
    half = int(cut * len(messages))
    first = post(tmp_path / "cut")
    before = ids(first.take(messages[:half]).alerts)
    again = post(tmp_path / "cut")  # the first was never closed: killed
    assert again.recovered == []
    after = ids(again.take(messages[half:]).alerts)
    assert before + after == whole
    assert ids(again.standing()) == whole


def test_a_sensor_that_never_said_where_it_stands_is_told_so(tmp_path: Path) -> None:
    live = post(tmp_path)
    taken = live.take(by_radar()[:1])
    [answer] = [check_message(one) for one in taken.answers]
    assert answer.content == "error"
    assert "place is not known" in answer.message.error.error_message[0]
    assert live.counts.rejected == 1


def test_a_context_can_say_where_sensors_stand(tmp_path: Path) -> None:
    sensors = {name: {"x": place[0], "y": place[1]} for name, place in STANDS.items()}
    live = LivePost({**night().context, "sensors": sensors}, None, FakeClock(START))
    assert live.take(by_radar()).alerts


def test_reports_of_people_are_overwritten_after_72_hours_and_all_else_stays(tmp_path: Path) -> None:
    scene, clock = night(), FakeClock(START)
    messages = [
        detection_message(one, uuid4_of(one.sensor), START + timedelta(seconds=one.time_s), ORIGIN)
        for one in scene.detections
    ]
    live = post(tmp_path, clock)
    alerts = ids(live.take(messages).alerts)
    assert alerts == ids(live.standing())
    clock.move(timedelta(minutes=2))
    assert live.expire() == 0
    clock.move(timedelta(hours=71))
    assert live.expire() == 0
    clock.move(timedelta(hours=1))
    people = [at for at, one in enumerate(scene.detections) if one.kind in GROUPS]
    assert live.expire() == len(people) > 0
    data, at, left = (tmp_path / DETECTIONS).read_bytes(), 0, []
    while at < len(data):
        (size,) = HEAD.unpack_from(data, at)
        left.append(data[at + HEAD.size : at + HEAD.size + size])
        at += HEAD.size + size
    assert left == [bytes(len(one)) if number in people else one for number, one in enumerate(messages)]
    lines = (tmp_path / ALERTS).read_bytes()
    again = post(tmp_path, clock)
    assert (again.recovered, ids(again.standing())) == ([], alerts)
    assert (tmp_path / ALERTS).read_bytes() == lines
    assert again._row == len(messages)


def test_alerts_of_a_replayed_journal_equal_those_of_the_file(tmp_path: Path) -> None:
    scene = night()
    messages = [
        detection_message(one, uuid4_of(one.sensor), START + timedelta(seconds=one.time_s), ORIGIN)
        for one in scene.detections
    ]
    found = post(tmp_path).take(messages).alerts
    assert [(one["lane"], one["kind"]) for one in found] == [
        (one.lane, one.kind) for one in alerts_of(scene.detections)
    ]


def test_a_sensor_that_runs_ahead_is_told_once_and_named_with_how_far(tmp_path: Path) -> None:
    clock = FakeClock(START - timedelta(seconds=60))
    live = post(tmp_path, clock)
    scene = night().detections[:20]
    messages = [
        detection_message(one, uuid4_of(one.sensor), START + timedelta(seconds=one.time_s), ORIGIN) for one in scene
    ]
    taken = live.take(messages)
    told = [check_message(one).message.error.error_message[0] for one in taken.answers]
    assert len(told) == len({one.sensor for one in scene})
    assert all("clock: 6" in one for one in told)
    document = live.document()
    assert document["clock"] == len(scene)
    assert set(document["clock_ahead_s"]) == {uuid4_of(one.sensor) for one in scene}
    assert min(document["clock_ahead_s"].values()) == pytest.approx(60.0, abs=5.0)
    assert {"read", "rejected", "tracks", "alerts"} <= set(document)
    assert post(tmp_path / "right", FakeClock(START)).take(messages[:1]).answers == []
