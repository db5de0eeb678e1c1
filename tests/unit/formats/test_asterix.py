"""ASTERIX: blocks and records, what a target is, where and when; what is cut says at which byte."""

import struct
from datetime import UTC, datetime
from typing import Any

import pytest

from headwater.errors import FormatError, SchemaError
from headwater.formats.asterix import AsterixRecord, PassedOver, read_asterix
from headwater.formats.asterix_detections import detections_of_asterix
from headwater.formats.udp_capture import read_datagrams
from headwater.model.detections import Origin
from tests.asterix_world import block, capture, plot, record, station, tod, track

ORIGIN = Origin(45.0, 16.0)
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def test_records_are_read_one_behind_another_with_their_bytes_and_other_categories_counted() -> None:
    passed = PassedOver()
    data = (
        block(48, plot(1.0, 3000.0, 4000.0), plot(2.0, 1.0, 1.0))
        + block(65, b"\x00")
        + block(62, track(3.0, 45.0, 16.0))
    )
    found = list(read_asterix(data, passed=passed))
    assert [(one.index, one.category, one.source, one.errors) for one in found] == [
        (0, 48, "25/1", ()), (1, 48, "25/1", ()), (2, 62, "25/100", ()),
    ]  # fmt: skip
    assert [data[one.offset] for one in found] == [
        0xF0,
        0xF0,
        record(62, i010=b"ab", i070=tod(1), i105=bytes(8), i040=b"\0\0")[0],
    ]
    assert passed.warnings() == ["1 blocks of category 065 passed over"]


@pytest.mark.parametrize("items", [
    {"i130": b"\xfe" + bytes(7)}, {"i120": b"\xc0" + bytes(2) + b"\x02" + bytes(12)}, {"i250": b"\x02" + bytes(16)}, {"iSP": b"\x04abc"},
    {"i110": bytes(2)}, {"i220": bytes(3)},
])  # fmt: skip
def test_an_item_of_any_length_ends_where_the_next_record_begins(items: dict[str, Any]) -> None:
    found = list(read_asterix(block(48, plot(1.0, 3.0, 4.0, **items), plot(2.0, 5.0, 6.0))))
    assert [one.errors for one in found] == [(), ()]
    assert found[1].items["140"] == tod(2.0)
    for name, data in items.items():
        assert found[0].items[name[1:]] == data


def test_parts_of_three_octets_and_compounds_of_a_track_are_passed_over_whole() -> None:
    more: dict[str, Any] = {
        "i380": b"\xc1\x01\x01\x80" + bytes(3 + 6) + bytes(2),
        "i290": b"\x0d\x00" + bytes(1 + 2),
        "i510": b"\0\0\1\0\0\2",
    }
    found = list(read_asterix(block(62, track(1.0, 45.0, 16.0, **more), track(2.0, 45.1, 16.1))))
    assert [one.errors for one in found] == [(), ()]
    assert found[0].items["510"] == b"\0\0\1\0\0\2"


@pytest.mark.parametrize(("data", "offset"), [
    (block(48, plot(1.0, 3.0, 4.0)) + b"\x30\x00\x40\xf0", 14), (block(48, plot(1.0, 3.0, 4.0)) + b"\x30\x00", 14),
    (block(48, plot(1.0, 3.0, 4.0)) + b"\x30\x00\x02", 14), (b"\x30\x00\x30", 0),
])  # fmt: skip
def test_a_cut_block_ends_the_file_at_its_byte_and_what_came_before_stays(data: bytes, offset: int) -> None:
    got: list[AsterixRecord] = []
    with pytest.raises(FormatError) as error:
        got.extend(iter(read_asterix(data)))  # what was yielded before the error is in `got`
    assert error.value.where.offset == offset
    again = read_asterix(data)
    if offset:
        assert next(again).items["010"] == bytes([25, 1])


@pytest.mark.parametrize(("body", "error"), [
    (b"\xf0\x19\x01\x00", ("cut", "140")), (b"\x01\x01\x01\x01\x08", ("no_such_item", "33")), (b"\xff" * 20, ("too_long", "fspec")),
    (b"\x02\xc0\x01", ("cut", "130")), (b"\x01\x01\x01\x04\x00", ("no_length", "SP")), (b"\x01", ("cut", "fspec")),
])  # fmt: skip
def test_a_record_that_cannot_be_read_is_told_and_the_next_block_is_read(body: bytes, error: tuple[str, str]) -> None:
    first, second = read_asterix(block(48, body) + block(48, plot(1.0, 3.0, 4.0)))
    assert first.errors == (error,)
    assert (second.index, second.errors) == (1, ())


def test_a_radar_alone_is_the_origin_and_its_plots_lie_where_they_were_seen() -> None:
    found = detections_of_asterix(block(48, plot(100.0, 3000.0, 4000.0), plot(104.0, -5000.0, 100.0, kind=2)))
    assert (found.origin, found.start) == (None, None)
    places = [(one.time_s, one.x, one.y) for one in found.detections]
    assert places[0] == pytest.approx((100.0, 3000.0, 4000.0), abs=5.0)
    assert places[1] == pytest.approx((104.0, -5000.0, 100.0), abs=5.0)
    assert [one.kind for one in found.detections] == ["unknown", "aircraft"]


def test_the_height_of_a_target_shortens_its_range_over_ground() -> None:
    height = struct.pack(">H", round(3000.0 / 0.3048 / 25))  # 3-D radar: 3,000 m up, 5,000 m along the beam
    found = detections_of_asterix(block(48, plot(1.0, 0.0, 5000.0, i110=height)))
    assert found.detections[0].y == pytest.approx(4000.0, abs=10.0)


def test_a_radar_that_says_where_it_stands_gives_degrees() -> None:
    found = detections_of_asterix(block(48, plot(1.0, 0.0, 1852.0)) + block(34, station(45.0, 16.0)))
    assert found.origin is not None
    assert (found.origin.lat, found.origin.lon) == pytest.approx((45.0, 16.0), abs=1e-4)
    assert found.detections[0].y == pytest.approx(1852.0, abs=5.0)


def test_several_radars_need_their_places_and_are_put_there() -> None:
    data = block(48, plot(1.0, 0.0, 1000.0), plot(1.0, 0.0, 1000.0, sic=2))
    with pytest.raises(SchemaError, match=r"25/1, 25/2.*sensors"):
        detections_of_asterix(data)
    found = detections_of_asterix(
        data, origin=ORIGIN, start=START, sensors={"25/1": (0.0, 0.0), "25/2": (500.0, -300.0)}
    )
    assert [(round(one.x, -1), round(one.y, -1)) for one in found.detections] == [(0, 1000), (500, 700)]
    partly = detections_of_asterix(data, origin=ORIGIN, start=START, sensors={"25/1": (0.0, 0.0)})
    assert [(one.row, one.field, one.reason) for one in partly.rejected] == [
        (1, "I048/010", "a radar whose place is not known")
    ]


def test_targets_in_degrees_keep_their_own_accuracy() -> None:
    exact = track(1.0, 45.0, 16.0, i500=b"\x80" + struct.pack(">HH", 60, 60))
    ads_b = record(
        21,
        i010=b"\x19\x05",
        i040=b"\x00",
        i131=struct.pack(">ii", 2**28, 2**27),
        i080=b"\xab\xcd\xef",
        i073=tod(2.0),
        i020=b"\x0d",
    )
    surface = record(
        10,
        i010=b"\x19\x06",
        i000=b"\x01",
        i020=b"\x01\x04",
        i140=tod(3.0),
        i041=struct.pack(">ii", 2**29, 2**28),
        i500=b"\x28\x10\0\0",
    )
    found = detections_of_asterix(block(62, exact))
    assert found.detections[0].sigma_m == pytest.approx(30.0)
    [drone] = detections_of_asterix(block(21, ads_b)).detections
    assert (drone.kind, drone.own) == ("drone", "icao:abcdef")
    [car] = detections_of_asterix(block(10, surface)).detections
    assert (car.kind, car.sigma_m) == ("vehicle", 10.0)
    assert detections_of_asterix(block(10, surface)).origin == Origin(45.0, 22.5)


@pytest.mark.parametrize(("category", "one"), [
    (48, record(48, i010=b"\x19\x01", i140=tod(1), i020=b"\x30", i040=b"\0\1\0\1")),
    (48, record(48, i010=b"\x19\x01", i140=tod(1), i020=b"\x21\x80", i040=b"\0\1\0\1")),
    (48, record(48, i010=b"\x19\x01", i140=tod(1), i020=b"\x22", i040=b"\0\1\0\1")),
    (48, record(48, i010=b"\x19\x01", i140=tod(1), i020=b"\x20")),
    (62, track(1.0, 45.0, 16.0, i080=b"\x01\x80")), (62, track(86_401.0, 45.0, 16.0)), (62, track(1.0, 91.0, 16.0)),
    (62, record(62, i010=b"\x19\x64", i105=bytes(8))), (62, record(62, i070=tod(1), i105=bytes(8))),
    (10, record(10, i010=b"\x19\x01", i000=b"\x01", i020=b"\x01\x40", i140=tod(1), i042=bytes(4))),
    (10, record(10, i010=b"\x19\x01", i000=b"\x02", i140=tod(1), i042=bytes(4))),
    (21, record(21, i010=b"\x19\x01", i040=b"\x01\x20", i131=bytes(8), i073=tod(1))),
])  # fmt: skip
def test_what_stands_for_no_object_or_no_place_is_rejected_and_the_rest_counts(category: int, one: bytes) -> None:
    data = block(category, one) + block(62, track(2.0, 45.0, 16.0))
    found = detections_of_asterix(data, origin=ORIGIN, sensors={"25/1": (0.0, 0.0)})
    assert (len(found.rejected), len(found.detections), found.rows) == (1, 1, 2)
    assert found.rejected[0].field.startswith(f"I{category:03d}/")


def test_a_watch_that_runs_past_midnight_goes_on() -> None:
    start = datetime(2026, 11, 25, 23, 59, 0, tzinfo=UTC)
    data = block(62, track(86_390.0, 45.0, 16.0), track(10.0, 45.0, 16.1), track(70.0, 45.0, 16.2))
    assert [one.time_s for one in detections_of_asterix(data, start=start).detections] == [50.0, 70.0, 130.0]
    assert [one.time_s for one in detections_of_asterix(data).detections] == [86_390.0, 86_410.0, 86_470.0]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("link", [1, 101])
def test_a_capture_tells_the_day_and_where_a_block_lies(order: str, link: int) -> None:
    moment = datetime(2026, 11, 26, 0, 0, 1, tzinfo=UTC).timestamp()
    data = capture(
        (moment, block(62, track(86_399.5, 45.0, 16.0))),
        (moment + 1, block(62, track(0.5, 45.0, 16.1))),
        order=order,
        link=link,
    )
    found = detections_of_asterix(data)
    assert found.start == datetime(2026, 11, 25, tzinfo=UTC)
    assert [one.time_s for one in found.detections] == [86_399.5, 86_400.5]
    first = next(iter(read_asterix(data)))
    assert data[first.offset - 3] == 62


def test_a_capture_that_is_cut_or_of_another_kind_is_refused_with_its_byte() -> None:
    data = capture((0.0, b"abc"), (1.0, b"def"))
    with pytest.raises(FormatError) as error:
        list(read_datagrams(data[:-1]))
    assert error.value.where.offset == 24 + 16 + 14 + 20 + 8 + 3
    with pytest.raises(FormatError, match="editcap"):
        list(read_datagrams(b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a" + bytes(16)))
    tcp = bytearray(capture((0.0, block(62, track(1.0, 45.0, 16.0)))))
    tcp[24 + 16 + 14 + 9] = 6
    with pytest.raises(FormatError, match="no row"):
        detections_of_asterix(bytes(tcp))


def test_equal_reports_within_ten_seconds_are_dropped_and_counted() -> None:
    found = detections_of_asterix(block(62, track(1.0, 45.0, 16.0), track(1.0, 45.0, 16.0), track(2.0, 45.0, 16.0)))
    assert (found.doubled, len(found.detections)) == (1, 2)
