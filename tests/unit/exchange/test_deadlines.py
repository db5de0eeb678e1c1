"""When a request must be answered, over changes of clocks, leap days and clarifications."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headwater.errors import SchemaError
from headwater.exchange.deadlines import Deadline, Pause, deadline
from headwater.model.times import format_instant, parse_instant
from headwater.node.conformance import answer

ROWS = 10
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def hour(count: float) -> datetime:
    return START + timedelta(hours=count)


def urgent(*pauses: Pause) -> Deadline:
    return deadline(START, "Europe/Belgrade", "urgent", "direct", pauses)


def due(at: str, zone: str, urgency: str = "normal", access: str = "direct") -> str:
    found = deadline(parse_instant(at), zone, urgency, access).due_at
    assert found is not None
    return format_instant(found)


def test_every_row_of_the_table_is_answered_as_it_says(shared: Path) -> None:
    with (shared / "data" / "exchange" / "deadlines" / "deadlines.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == ROWS
    for row in rows:
        pauses = [pair.split("/") for pair in row["pauses"].split()]
        given = {key: row[key] for key in ("received_at", "zone", "urgency", "access")}
        found = answer("deadlines", {"id": row["case"], **given, "pauses": pauses})
        assert found == {"id": row["case"], **{key: row[key] for key in ("alarm_50", "alarm_80", "due_at")}}


def test_a_due_time_that_does_not_exist_moves_on_by_the_gap() -> None:
    assert due("2026-03-22T01:30:00Z", "Europe/Belgrade") == "2026-03-29T01:30:00Z"  # 02:30 is 03:30 that night


def test_a_due_time_that_exists_twice_is_the_first() -> None:
    assert due("2026-10-18T00:30:00Z", "Europe/Belgrade") == "2026-10-25T00:30:00Z"  # 02:30 summer time


def test_a_request_in_the_second_of_two_equal_hours_is_due_at_the_same_wall_clock() -> None:
    assert due("2026-10-25T01:30:00Z", "Europe/Belgrade") == "2026-11-01T01:30:00Z"


def test_times_are_rounded_to_the_second_half_a_second_upward() -> None:
    assert due("2026-03-02T09:00:00.5Z", "Etc/UTC") == "2026-03-09T09:00:01Z"
    assert due("2026-03-02T09:00:00.499999Z", "Etc/UTC") == "2026-03-09T09:00:00Z"


def test_a_clarification_asked_at_or_after_the_due_time_changes_nothing() -> None:
    assert urgent(Pause(hour(8), hour(20))) == urgent()
    assert urgent(Pause(hour(9), None)) == urgent()
    assert urgent(Pause(hour(1), hour(1))) == urgent()


def test_a_clarification_that_is_not_answered_holds_up_what_has_not_gone_up_yet() -> None:
    assert urgent(Pause(hour(5), None)) == Deadline(hour(4), None, None)


def test_clarifications_that_overlap_stop_the_clock_once() -> None:
    assert urgent(Pause(hour(2), hour(4)), Pause(hour(1), hour(3))).due_at == hour(11)
    assert urgent(Pause(hour(1), None), Pause(hour(2), hour(3))).due_at is None


def test_a_clarification_from_before_the_request_stops_the_clock_only_from_the_request_on() -> None:
    assert urgent(Pause(hour(-2), hour(1))).due_at == hour(9)
    assert urgent(Pause(hour(-2), hour(-1))) == urgent()


@pytest.mark.parametrize(("hours", "level"), [(0, 0), (3.9, 0), (4, 50), (6.4, 80), (7.99, 80), (8, 100), (99, 100)])
def test_the_alarm_rises_with_the_part_of_the_running_time(hours: float, level: int) -> None:
    assert urgent().level(hour(hours)) == level


@pytest.mark.parametrize(
    ("zone", "urgency", "access"),
    [
        ("Europe/Nowhere", "normal", "direct"),
        ("../etc/passwd", "normal", "direct"),
        ("", "normal", "direct"),
        ("Europe", "normal", "direct"),
        ("Etc/UTC", "soon", "direct"),
        ("Etc/UTC", "urgent", "perhaps"),
    ],
)
def test_what_the_profile_does_not_know_is_refused(zone: str, urgency: str, access: str) -> None:
    with pytest.raises(SchemaError):
        deadline(START, zone, urgency, access)


def test_a_time_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(SchemaError):
        deadline(datetime(9999, 12, 31, tzinfo=UTC), "Etc/UTC", "normal")


def test_an_answer_before_its_question_is_refused() -> None:
    with pytest.raises(SchemaError):
        Pause(hour(2), hour(1))
