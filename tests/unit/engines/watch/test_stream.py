"""Tracks from reports one by one: what belongs together, what is forgotten, and how much is held at most."""

import pytest

from headwater.engines.watch.stream import FORGET_EVERY, MOST_OF_ONE, StreamTracker

pytestmark = pytest.mark.slow


def passing(tracker: StreamTracker, sensor: str, begin: float, count: int, *, ahead_s: float = 0.0) -> list[int]:
    """An object that goes east at 5 m/s, seen every second."""
    return [tracker.take(begin + at + ahead_s, 5.0 * (begin + at), 0.0, 3.0, sensor) for at in range(count)]


def test_reports_of_one_object_are_one_track() -> None:
    assert set(passing(StreamTracker(), "radar", 0.0, 20)) == {1}


def test_what_is_silent_for_long_is_another_object() -> None:
    tracker = StreamTracker()
    before, after = passing(tracker, "radar", 0.0, 20), passing(tracker, "radar", 60.0, 5)
    assert set(before).isdisjoint(after)


def test_a_report_that_is_a_little_late_is_of_its_track() -> None:
    tracker = StreamTracker()
    passing(tracker, "radar", 0.0, 20)
    assert tracker.take(15.0, 75.0, 0.0, 3.0, "camera") == 1
    assert tracker.take(5.0, 25.0, 0.0, 3.0, "camera") != 1


def test_tracks_that_are_over_are_forgotten() -> None:
    tracker = StreamTracker()
    for at in range(4 * FORGET_EVERY):
        tracker.take(float(at), 1000.0 * at, 0.0, 3.0, "radar")
    assert len(tracker.alive()) < 2 * FORGET_EVERY


@pytest.mark.parametrize("ahead_s", [-1000.0, 1000.0])
def test_one_wrong_clock_ends_no_track_of_the_others(ahead_s: float) -> None:
    tracker = StreamTracker()
    found = set()
    for at in range(2 * FORGET_EVERY):
        found.add(tracker.take(float(at), 5.0 * at, 0.0, 3.0, "radar"))
        tracker.take(at + 0.5, 5.0 * at + 2.5, 0.0, 3.0, "camera")
        tracker.take(at + ahead_s, 9000.0, 9000.0, 3.0, "wrong")
    assert found == {1}


@pytest.mark.parametrize("stands", [True, False])
def test_a_sensor_that_floods_holds_so_many_tracks_and_no_more(stands: bool) -> None:
    tracker = StreamTracker()
    followed = set()
    for at in range(3 * MOST_OF_ONE):
        tracker.take(0.0 if stands else at + 1e6, 100.0 * at, -9000.0, 3.0, "flood")
        if at % 100 == 0:
            followed.add(tracker.take(at / 100, at / 20, 0.0, 3.0, "radar"))
    assert len(followed) == 1
    assert len(tracker.alive()) <= MOST_OF_ONE + FORGET_EVERY
