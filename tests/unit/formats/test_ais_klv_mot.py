"""AIS, MISB 0601 and MOT files: what can be read is, and what is wrong says where."""

import struct

import pytest

from headwater.errors import FormatError, SchemaError
from headwater.formats.ais import read_ais_csv, read_nmea
from headwater.formats.klv import KEY, checksum, read_klv
from headwater.formats.mot import read_mot, write_mot

AIS = b"Time,MMSI,Latitude_degrees,Longitude_degrees\n"


def test_a_ship_that_leaps_is_marked_and_kept() -> None:
    rows = b"2026-01-01 00:00:00,1,44,19\n2026-01-01 00:01:00,1,45,19\n2026-01-01 00:02:00,1,44.001,19\n"
    read = read_ais_csv(AIS + rows)
    assert [bool(one.implausible) for one in read.detections] == [False, True, False]


def test_one_number_in_two_places_at_once_is_marked() -> None:
    read = read_ais_csv(AIS + b"2026-01-01 00:00:00,1,44,19\n2026-01-01 00:00:00,1,44.1,19\n")
    assert read.detections[1].implausible


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (b"yesterday,1,44,19", "time"),
        (b"2026-01-01 00:00:00,x,44,19", "mmsi"),
        (b"2026-01-01 00:00:00,1,91,19", "lat"),
        (b"2026-01-01 00:00:00,1,44,54.8", "x"),
        (b"2026-01-01 00:00:00,1", "row"),
    ],
)
def test_a_bad_report_is_rejected_by_its_field(row: bytes, field: str) -> None:
    read = read_ais_csv(AIS + b"2026-01-01 00:00:00,1,44,19\n" + row + b"\n")
    assert [one.field for one in read.rejected] == [field]


def test_sentences_are_decoded_and_others_say_why_not() -> None:
    good = b"!AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\n"
    found = list(read_nmea(good + b"$GPGGA,1\n!AIVDM,1,1,,A,,0*26\n"))
    assert [(one.kind, bool(one.error)) for one in found] == [("1", False), ("", True), ("", True)]
    with pytest.raises(FormatError):
        list(read_nmea(b"\n"))


def klv(items: bytes) -> bytes:
    body = items + b"\x01\x02"
    head = KEY + bytes([len(body) + 2])
    return head + body + struct.pack(">H", checksum(head + body))


def test_a_packet_says_where_the_camera_is() -> None:
    lat = struct.pack(">i", round(44.0 * (2**32 - 2) / 180.0))
    [packet] = read_klv(b"noise" + klv(b"\x02\x08" + (5).to_bytes(8, "big") + b"\x0d\x04" + lat))
    assert packet.time_us == 5
    assert packet.values["sensor_lat"] == pytest.approx(44.0, abs=1e-6)
    assert packet.errors == []


def test_a_packet_with_a_wrong_sum_or_a_cut_says_so() -> None:
    good = klv(b"\x02\x08" + bytes(8))
    spoiled = good[:-1] + bytes([good[-1] ^ 1])
    assert [packet.errors for packet in read_klv(spoiled)] == [[("checksum", "tag 1")]]
    assert [packet.errors for packet in read_klv(good[:-3])] == [[("cut", "length")]]


def test_the_out_of_range_mark_is_no_place() -> None:
    [packet] = read_klv(klv(b"\x0d\x04\x80\x00\x00\x00"))
    assert packet.values == {}


def test_boxes_are_read_by_frame_and_bad_rows_by_number() -> None:
    frames, rejected = read_mot(b"1,-1,10,20,30,40,0.9\n2,-1,1,2,0,4,1\n2,-1,1,2,3\n3,-1,1,2,3,4,1.7,x\n")
    assert frames == {1: [(0, (10.0, 20.0, 40.0, 60.0, 0.9))], 3: [(3, (1.0, 2.0, 4.0, 6.0, 1.0))]}
    assert [(one.row, one.field) for one in rejected] == [(1, "width"), (2, "row")]
    assert write_mot([(1, 7, 10.0, 20.0, 40.0, 60.0)]) == b"1,7,10.00,20.00,30.00,40.00,1,-1,-1,-1\n"


@pytest.mark.parametrize("data", [b"a,b\n", b"\xff\xfe", b"1,-1,1,1,1,1,nan\n"])
def test_a_file_without_a_box_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_mot(data)


def test_a_csv_without_ships_is_refused() -> None:
    with pytest.raises(SchemaError, match="MMSI"):
        read_ais_csv(b"a,b\n1,2\n")
