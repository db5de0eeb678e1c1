"""Detections as CSV: bad rows are rejected one by one and counted, good rows still count."""

from datetime import UTC, datetime

import pytest

from headwater.errors import FormatError, SchemaError
from headwater.formats.points_csv import read_points
from headwater.model.detections import Origin, Reject

HEAD = b"t_s,sensor,x,y,sigma_m,class,size_band,sure,own\n"
GOOD = b"1,radar,10,20,5,boat,5-14,0.8,\n"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (b"NaN,radar,10,20,5,boat,,0.8,", "t_s"),
        (b",radar,10,20,5,boat,,0.8,", "t_s"),
        (b"1,,10,20,5,boat,,0.8,", "sensor"),
        (b"1,radar,inf,20,5,boat,,0.8,", "x"),
        (b"1,radar,10,200001,5,boat,,0.8,", "y"),
        (b"1,radar,10,20,0,boat,,0.8,", "sigma_m"),
        (b"1,radar,10,20,10001,boat,,0.8,", "sigma_m"),
        (b"1,radar,10,20,5,face,,0.8,", "class"),
        (b"1,radar,10,20,5,boat,,1.2,", "sure"),
        (b"1,radar,10,20,5,boat,7,0.8,", "size_band"),
        (b"-86401,radar,10,20,5,boat,,0.8,", "time"),
        (b"2678401,radar,10,20,5,boat,,0.8,", "time"),
        (b"1,radar", "x"),
    ],
)
def test_a_bad_row_is_rejected_with_its_number_and_field(row: bytes, field: str) -> None:
    read = read_points(HEAD + GOOD + row + b"\n" + GOOD.replace(b"1,", b"2,", 1))
    assert [(one.row, one.field) for one in read.rejected] == [(1, field)]
    assert [one.row for one in read.detections] == [0, 2]
    assert read.rows == 3


def test_a_reject_never_repeats_the_value() -> None:
    read = read_points(HEAD + GOOD + b"1,radar,10,20,5,ANA-MARIC,,0.8,\n")
    assert read.rejected == [Reject(1, "class", "a class that is not allowed")]


def test_a_row_that_comes_twice_is_dropped_and_counted() -> None:
    read = read_points(HEAD + GOOD + GOOD + GOOD.replace(b"1,", b"1.5,", 1))
    assert (len(read.detections), read.doubled) == (2, 1)


def test_columns_that_are_not_asked_for_do_not_get_past() -> None:
    read = read_points(b"t_s,sensor,x,y,plate,face_id\n1,cam,1,2,ZZ00EXR,77\n")
    assert "ZZ00EXR" not in repr(read)
    assert "77" not in repr(read.detections)


def test_degrees_and_times_are_brought_to_metres_and_seconds() -> None:
    data = b"time,sensor,lon,lat\n2026-01-01T00:00:00Z,a,19.0,44.0\n2026-01-01T00:00:30Z,a,19.0,44.001\n"
    read = read_points(data)
    assert read.origin == Origin(44.0, 19.0)
    assert read.start == datetime(2026, 1, 1, tzinfo=UTC)
    assert (read.detections[1].time_s, round(read.detections[1].y)) == (30.0, 111)


def test_a_sensor_that_runs_ahead_is_warned_of_and_kept() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    read = read_points(HEAD + GOOD.replace(b"1,", b"60,", 1), start=start, now=start)
    assert read.warnings == ["clock: sensor 'radar' is 60 s ahead"]
    assert len(read.detections) == 1


def test_a_latitude_beyond_the_pole_is_rejected() -> None:
    read = read_points(b"t_s,sensor,lon,lat\n1,a,19,44\n2,a,19,90.5\n")
    assert [one.field for one in read.rejected] == ["lat"]


@pytest.mark.parametrize("data", [b"", HEAD, HEAD + b"x,,,,,,,,\n"])
def test_a_file_without_a_good_row_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_points(data)


def test_a_file_without_a_needed_column_is_refused_by_its_name() -> None:
    with pytest.raises(SchemaError, match="sensor"):
        read_points(b"t_s,x,y\n1,2,3\n")
