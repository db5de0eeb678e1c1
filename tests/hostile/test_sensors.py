"""Hostile sensor files, each with a harmless twin: the one refused or rejected within the limits, the other read."""

import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headwater.errors import HeadwaterError
from headwater.formats.ais import read_ais_csv, read_nmea
from headwater.formats.asterix_detections import detections_of_asterix
from headwater.formats.cot import read_event
from headwater.formats.klv import KEY, read_klv
from headwater.formats.mot import read_mot
from headwater.formats.points_csv import read_points
from headwater.formats.sapient import frame, read_sapient
from headwater.formats.sapient_write import detection_message, uuid4_of
from headwater.model.detections import Detection, Origin
from headwater.node.watch_routes import read_line
from tests.asterix_world import block, capture, track
from tests.unit.formats.test_cot import GOOD as EVENT

MOST_SECONDS = 1.0
MOST_BYTES = 256 * 1024 * 1024
MESSAGE = detection_message(
    Detection(row=0, time_s=0.0, sensor="s", x=0.0, y=0.0),
    uuid4_of("x"),
    datetime(2026, 1, 1, tzinfo=UTC),
    Origin(44, 19),
)
NESTED = b"\x0a" * 3
TRACK = block(62, track(1.0, 45.0, 16.0))
POINTS = b"t_s,sensor,x,y\n1,a,2,3\n"
Parse = Callable[[bytes], object]


def all_clean(data: bytes) -> object:
    """Every message of a SAPIENT file, or an error."""
    found = list(read_sapient(data))
    if not found or not all(one.ok for one in found):
        raise HeadwaterError("not clean")
    return found


def whole_packets(data: bytes) -> object:
    """Every KLV packet of a file, or an error."""
    found = list(read_klv(data))
    if not found or any(packet.errors for packet in found):
        raise HeadwaterError("not whole")
    return found


def deep(levels: int) -> bytes:
    """A protobuf message nested in itself."""
    body = b""
    for _ in range(levels):
        size = len(body)
        head = b"\x3a"
        while size > 127:
            head += bytes([size & 127 | 128])
            size >>= 7
        body = head + bytes([size]) + body
    return body


CASES: tuple[tuple[str, Parse, bytes, bytes], ...] = (
    ("a frame that claims 4 GiB", all_clean, b"\xff\xff\xff\xff" + MESSAGE, frame(MESSAGE)),
    ("a frame that claims nothing", all_clean, b"\0\0\0\0" * 10, frame(MESSAGE) * 10),
    ("a million empty frames", all_clean, b"\0\0\0\0" * 20_000, frame(MESSAGE) * 100),
    ("a message in itself", all_clean, frame(deep(20_000)), frame(MESSAGE)),
    ("base64 that is none", all_clean, b'{"b64": "' + b"!" * 50_000 + b'"}', frame(MESSAGE)),
    ("an entity bomb", read_event, EVENT.replace(b"<event", b'<!DOCTYPE e [<!ENTITY a "aaaa">]><event', 1), EVENT),
    ("a deep event", read_event, EVENT.replace(b"<detail/>", b"<a>" * 9_000 + b"</a>" * 9_000), EVENT),
    ("a long attribute", read_event, EVENT.replace(b"EX-1", b"x" * 60_000), EVENT),
    ("a packet that claims 2 GiB", whole_packets, KEY + b"\x84\x7f\xff\xff\xff", KEY + b"\x04\x01\x02\x1c\x5f"),
    ("a block that claims 64 KiB", detections_of_asterix, b"\x30\xff\xff" + b"\xff" * 9_000, TRACK),
    ("blocks of nothing", detections_of_asterix, b"\x3e\x00\x03" * 80_000, TRACK),
    ("bits without end", detections_of_asterix, b"\x3e\xff\xff" + b"\xff" * 65_532, TRACK),
    ("a packet that claims 4 GiB", detections_of_asterix, capture((1.0, TRACK))[:32] + b"\xff" * 8 + TRACK, capture((1.0, TRACK))),
    ("rows of commas", read_points, b"t_s,sensor,x,y\n" + b"," * 2_000 + b"\n", POINTS),
    ("numbers without end", read_points, b"t_s,sensor,x,y\n1,a," + b"9" * 5_000 + b",3\n", POINTS),
    ("a NUL", read_points, POINTS + b"2,\0,2,3\n", POINTS),
    ("a huge exponent", read_mot, b"1,-1,1e308,1e308,1e308,1e308,1e999\n", b"1,-1,1,2,3,4,1\n"),
    ("a frame number beyond reason", read_mot, b"1e300,-1,1,1,1,1,1\n", b"1,-1,1,2,3,4,1\n"),
    ("ships without places", read_ais_csv, b"Time,MMSI,lat,lon\n,,,\n", b"Time,MMSI,lat,lon\n2026-01-01 00:00:00,1,44,19\n"),
)  # fmt: skip


@pytest.mark.parametrize(("parse", "hostile", "benign"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_hostile_is_refused_within_the_limits_and_its_twin_is_read(
    parse: Parse, hostile: bytes, benign: bytes
) -> None:
    begun = time.process_time()
    with pytest.raises(HeadwaterError):
        parse(hostile)
    assert time.process_time() - begun < MOST_SECONDS
    tracemalloc.start()  # apart: what is traced takes four times as long
    with pytest.raises(HeadwaterError):
        parse(hostile)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES
    if parse is not whole_packets:
        parse(benign)


def test_sentences_that_never_end_are_let_go() -> None:
    data = b"".join(b"!AIVDM,9,1,%d,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\n" % n for n in range(500))
    assert all(one.error for one in read_nmea(data))


@pytest.mark.parametrize("given", [{"type": "FeatureCollection", "features": [[]] * 1000}, {"features": {"a": 1}}, {}])
def test_a_document_without_a_line_is_refused(given: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(HeadwaterError):
        read_line(given, None)
