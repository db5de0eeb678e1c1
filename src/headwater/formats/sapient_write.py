"""Writing SAPIENT messages: what an edge node and a fusion node say."""

import hashlib
import math
from datetime import datetime
from typing import Any, Final

from sapient_msg.bsi_flex_335_v2_0 import registration_pb2

from headwater.formats.sapient import LAT_LNG_DEG, Message
from headwater.formats.sapient_place import TRUE_NORTH
from headwater.model.detections import Bearing, Detection, Origin

VERSION: Final = "BSI Flex 335 v2.0"
WGS84_E: Final = 1
DEGREES_M: Final = 1
FUSION_NODE: Final[int] = registration_pb2.Registration.NODE_TYPE_FUSION_NODE
_ULID_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(moment: datetime, seed: str) -> str:
    """Return the ULID of a moment whose random part follows from a text: the same thing has the same name."""
    number = int(moment.timestamp() * 1000) << 80 | int.from_bytes(hashlib.sha256(seed.encode()).digest()[:10], "big")
    return "".join(_ULID_LETTERS[number >> shift & 31] for shift in range(125, -1, -5))


def uuid4_of(seed: str) -> str:
    """Return a UUID of version 4 in form, made from a text."""
    raw = bytearray(hashlib.sha256(seed.encode()).digest()[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _new(node: str, moment: datetime) -> Any:  # noqa: ANN401 - a message of protobuf has no common typed base
    message = Message()
    message.timestamp.FromDatetime(moment)
    message.node_id = node
    return message


def detection_message(seen: Detection, node: str, moment: datetime, origin: Origin) -> bytes:
    """Return a detection as an edge node reports it."""
    message = _new(node, moment)
    report = message.detection_report
    report.report_id = ulid(moment, f"report {node} {seen.row}")
    report.object_id = ulid(moment, f"object {node} {seen.row}")
    place = report.location
    place.x, place.y = origin.to_degrees(seen.x, seen.y)
    east, north = origin.scale()
    place.x_error, place.y_error = seen.sigma_m / east, seen.sigma_m / north
    place.coordinate_system, place.datum = LAT_LNG_DEG, WGS84_E
    report.detection_confidence = seen.sure
    _described(report, seen)
    data: bytes = message.SerializeToString()
    return data


def bearing_message(seen: Bearing, node: str, moment: datetime) -> bytes:
    """Return a direction, and how far where that is known, as an edge node reports it."""
    message = _new(node, moment)
    report = message.detection_report
    report.report_id = ulid(moment, f"report {node} {seen.row}")
    report.object_id = ulid(moment, f"object {node} {seen.row}")
    told = report.range_bearing
    told.azimuth, told.azimuth_error = math.degrees(seen.azimuth), math.degrees(seen.sigma)
    if seen.range_m is not None:
        told.range, told.range_error = seen.range_m, seen.range_sigma_m
    told.coordinate_system, told.datum = DEGREES_M, TRUE_NORTH
    report.detection_confidence = seen.sure
    _described(report, seen)
    data: bytes = message.SerializeToString()
    return data


def status_message(node: str, moment: datetime, place: tuple[float, float]) -> bytes:
    """Return a node's status report that says where it stands: longitude and latitude."""
    message = _new(node, moment)
    told = message.status_report
    told.report_id = ulid(moment, f"status {node}")
    told.system, told.info, told.mode = type(told).SYSTEM_OK, type(told).INFO_NEW, "watch"
    told.node_location.x, told.node_location.y = place
    told.node_location.coordinate_system, told.node_location.datum = LAT_LNG_DEG, WGS84_E
    data: bytes = message.SerializeToString()
    return data


def _described(report: Any, seen: Detection | Bearing) -> None:  # noqa: ANN401 - a message of protobuf
    """Write what an object is called, how many it holds and what it calls itself."""
    named = report.classification.add()
    named.type, named.confidence = seen.kind, seen.sure
    for kind, value in (("size-band", seen.size_band), ("own-craft", seen.own)):
        if value:
            info = report.object_info.add()
            info.type, info.value = kind, value


def registration_message(node: str, moment: datetime, *, fusion: bool = False) -> bytes:
    """Return how a node introduces itself: a camera that reports boats and groups, or a fusion node."""
    message = _new(node, moment)
    told = message.registration
    told.icd_version = VERSION
    told.name = "headwater"
    kinds: Any = registration_pb2.Registration
    told.node_definition.add().node_type = FUSION_NODE if fusion else kinds.NODE_TYPE_CAMERA
    able = told.capabilities.add()
    able.category, able.type = "detection", "objects and groups"
    told.status_definition.status_interval.units = kinds.TIME_UNITS_SECONDS
    told.status_definition.status_interval.value = 60
    mode = told.mode_definition.add()
    mode.mode_name, mode.mode_type = "watch", kinds.MODE_TYPE_PERMANENT
    mode.settle_time.units, mode.settle_time.value = kinds.TIME_UNITS_SECONDS, 0
    region = mode.task.region_definition
    region.region_type.append(kinds.REGION_TYPE_AREA_OF_INTEREST)
    area = region.region_area.add()
    area.location_units, area.location_datum = LAT_LNG_DEG, WGS84_E
    made = told.config_data.add()
    made.manufacturer, made.model = "headwater", "watch"
    data: bytes = message.SerializeToString()
    return data


def registration_ack(node: str, to: str, moment: datetime, reasons: list[str]) -> bytes:
    """Return the answer to a registration: accepted, or why not."""
    message = _new(node, moment)
    message.destination_id = to
    message.registration_ack.acceptance = not reasons
    message.registration_ack.ack_response_reason.extend(reasons)
    data: bytes = message.SerializeToString()
    return data


def error_message(node: str, moment: datetime, packet: bytes, errors: list[str]) -> bytes:
    """Return the answer to a message that cannot be taken, with the message and what is wrong with it."""
    message = _new(node, moment)
    message.error.packet = packet
    message.error.error_message.extend(errors)
    data: bytes = message.SerializeToString()
    return data


def alert_message(node: str, moment: datetime, alert: dict[str, Any]) -> bytes:
    """Return an alert (see `node.watch_alerts`) as a SAPIENT Alert, of high priority where life is in danger."""
    message = _new(node, moment)
    told = message.alert
    told.alert_id = ulid(moment, alert["id"])
    kinds: Any = type(told)
    rescue = alert["lane"] == "rescue"
    told.alert_type = kinds.ALERT_TYPE_CRITICAL if rescue else kinds.ALERT_TYPE_INFORMATION
    told.status = kinds.ALERT_STATUS_ACTIVE
    told.priority = kinds.DISCRETE_PRIORITY_HIGH if rescue else kinds.DISCRETE_PRIORITY_LOW
    told.description = f"{alert['lane'].upper()}: {alert['kind']}. {'; '.join(alert['reasons'])}"
    told.location.x, told.location.y = alert["lon"], alert["lat"]
    told.location.coordinate_system, told.location.datum = LAT_LNG_DEG, WGS84_E
    told.confidence = alert["score"]
    data: bytes = message.SerializeToString()
    return data
