"""SAPIENT: frames, the rules that the schema itself holds, and what is taken of a detection."""

from datetime import UTC, datetime

import pytest
from google.protobuf import json_format

from headwater.errors import FormatError, SchemaError
from headwater.formats.sapient import Message, check_message, detection_of, frame, read_frames, read_sapient
from headwater.formats.sapient_write import (
    alert_message,
    detection_message,
    error_message,
    registration_ack,
    registration_message,
    ulid,
    uuid4_of,
)
from headwater.model.detections import Detection, Origin

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = Origin(44.0, 19.0)
NODE = uuid4_of("test")
SEEN = Detection(
    row=3,
    time_s=5.0,
    sensor="s",
    x=10.0,
    y=20.0,
    sigma_m=5.0,
    kind="boat",
    size_band="15-30",
    sure=0.75,
    own="rescue 1",
)
DETECTION = detection_message(SEEN, NODE, NOW, ORIGIN)
ALERT = {"id": "a", "lane": "rescue", "kind": "k", "reasons": ["r"], "lon": 19.0, "lat": 44.0, "score": 0.5}


@pytest.mark.parametrize(
    "data",
    [
        DETECTION,
        registration_message(NODE, NOW),
        registration_message(NODE, NOW, fusion=True),
        registration_ack(NODE, NODE, NOW, []),
        error_message(NODE, NOW, b"x", ["no"]),
        alert_message(NODE, NOW, ALERT),
    ],
)
def test_what_we_write_breaks_no_rule(data: bytes) -> None:
    assert check_message(data).errors == ()


def spoiled(change: str) -> bytes:
    message = Message.FromString(DETECTION)
    report = message.detection_report
    match change:
        case "no timestamp":
            message.ClearField("timestamp")
        case "no location":
            report.ClearField("location")
        case "no class name":
            report.classification[0].ClearField("type")
        case "lower-case ULID":
            report.report_id = report.report_id.lower()
        case "upper-case UUID":
            message.node_id = NODE.upper()
        case "another UUID version":
            message.node_id = NODE[:14] + "1" + NODE[15:]
        case "unknown datum":
            report.location.datum = 99
        case _:
            message.ClearField("detection_report")
    data: bytes = message.SerializeToString()
    return data


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("no timestamp", ("mandatory_fields_present", "timestamp")),
        ("no location", ("mandatory_oneof_present", "detection_report")),
        ("no class name", ("mandatory_fields_present", "detection_report.classification.0.type")),
        ("lower-case ULID", ("id_format_valid", "detection_report.report_id")),
        ("upper-case UUID", ("id_format_valid", "node_id")),
        ("another UUID version", ("id_format_valid", "node_id")),
        ("unknown datum", ("no_unknown_enum_values", "detection_report.location.datum")),
        ("nothing in it", ("mandatory_oneof_present", "")),
    ],
)
def test_each_broken_rule_is_named_with_its_path(change: str, error: tuple[str, str]) -> None:
    assert check_message(spoiled(change)).errors == (error,)


def test_an_unknown_field_is_found_where_it_stands_and_left_in_the_message() -> None:
    checked = check_message(DETECTION + b"\xfa\x3f\x01x")
    assert checked.errors == (("no_unknown_fields", ""),)
    assert len(checked.message.SerializeToString()) > len(DETECTION)


def test_a_repeated_field_that_must_be_filled_is_found_empty() -> None:
    message = Message.FromString(registration_message(NODE, NOW))
    message.registration.ClearField("capabilities")
    assert check_message(message.SerializeToString()).errors == (
        ("mandatory_repeated_present", "registration.capabilities"),
    )


@pytest.mark.parametrize(("version", "good"), [("BSI_Flex_335_v1.0", True), ("BSI Flex 335 v3.0", False)])
def test_a_version_is_known_or_not(version: str, good: bool) -> None:
    message = Message.FromString(registration_message(NODE, NOW))
    message.registration.icd_version = version
    assert check_message(message.SerializeToString()).ok is good


def test_bytes_that_are_no_message_do_not_parse() -> None:
    checked = check_message(DETECTION[:-3])
    assert (checked.parses, checked.ok) == (False, False)


def test_a_cut_frame_keeps_the_messages_before_it_and_names_the_byte() -> None:
    data = frame(DETECTION) * 2
    frames = read_frames(data[:-1], file="x")
    assert next(frames) == DETECTION
    with pytest.raises(FormatError) as caught:
        next(frames)
    assert caught.value.where.offset == len(frame(DETECTION))


def test_a_frame_over_one_mebibyte_is_refused() -> None:
    with pytest.raises(FormatError, match="1 MiB"):
        list(read_frames((1024 * 1024 + 1).to_bytes(4, "little")))


def test_a_file_may_hold_json_or_base64_lines() -> None:
    text = json_format.MessageToJson(Message.FromString(DETECTION), indent=None).encode()
    assert [one.ok for one in read_sapient(text + b"\n" + text)] == [True, True]
    assert [one.parses for one in read_sapient(b'{"b64": "AAAA"}\n')] == [False]
    with pytest.raises(FormatError):
        list(read_sapient(b'{"b64": "!"}\n'))
    with pytest.raises(FormatError):
        list(read_sapient(b'{"x": 1}\n'))


def test_a_detection_comes_back_as_it_was_sent() -> None:
    found = detection_of(Message.FromString(DETECTION), 3, ORIGIN, NOW.timestamp())
    assert isinstance(found, Detection)
    assert found is not None
    assert (found.kind, found.size_band, found.own, found.sensor) == ("boat", "15-30", "rescue 1", NODE)
    assert (found.x, found.y, found.sigma_m, found.sure) == pytest.approx((10.0, 20.0, 5.0, 0.75), rel=1e-4)


def test_sex_and_other_sub_classes_of_people_are_not_taken() -> None:
    message = Message.FromString(DETECTION)
    one = message.detection_report.classification[0]
    one.type = "Human"
    below = one.sub_class.add()
    below.type, below.level = "Male", 1
    found = detection_of(message, 0, ORIGIN, NOW.timestamp())
    assert found is not None
    assert found.kind == "person-group"
    assert "Male" not in repr(found)


def test_coordinates_of_no_known_system_are_refused() -> None:
    message = Message.FromString(DETECTION)
    message.detection_report.location.coordinate_system = 0
    with pytest.raises(SchemaError, match="neither degrees"):
        detection_of(message, 0, ORIGIN, 0.0)


def test_equal_things_have_equal_ulids() -> None:
    assert ulid(NOW, "x") == ulid(NOW, "x")
    assert ulid(NOW, "x") != ulid(NOW, "y")
    assert len(ulid(NOW, "x")) == 26
