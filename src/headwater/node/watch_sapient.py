"""Files of SAPIENT messages to detections: places as they are told, and those that directions give."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from headwater.engines.watch import Sightings
from headwater.errors import SchemaError
from headwater.formats.points_csv import DetectionsRead, Doubles, in_span
from headwater.formats.sapient import Checked, detection_of, read_sapient, stand_of
from headwater.formats.sapient_place import place_of
from headwater.model.detections import Bearing, Origin, Reject
from headwater.node.watch_read import take_in

NOWHERE: Final = Origin(0.0, 0.0)
MOVED_M: Final = 5.0
"""A place that differs by less is the same one, told again."""


def detections_of_sapient(
    data: bytes, name: str, origin: Origin | None, start: datetime | None, sensors: Mapping[str, tuple[float, float]]
) -> DetectionsRead:
    """Return the detections of a file of SAPIENT messages.

    Ranges and bearings count from where the node's status report, or else the context, says that it stands.

    Raises:
        InputError: it is no such file, or no message can be used.
    """
    found, doubles, seen_ids = DetectionsRead(origin=origin, start=start, stands=dict(sensors)), Doubles(), set[str]()
    sightings = Sightings(sensors)
    for one in read_sapient(data, file=name):
        found.rows += 1
        try:
            if not one.ok:
                kind, path = one.errors[0]
                found.rejected.append(Reject(one.index, path or "message", kind))
            elif one.content == "status_report":
                _settle(found, one.message)
                place = stand_of(one.message, found.origin or NOWHERE)
                if place is not None:
                    _stand(found, one.message.node_id, place)
                    sightings.stands(one.message.node_id, *place)
            elif one.content == "detection_report":
                _take(one, found, doubles, seen_ids, sightings)
        except SchemaError as error:
            found.rejected.append(Reject(one.index, error.where.field or "row", error.what))
    return found.or_refuse(name)


def _take(one: Checked, found: DetectionsRead, doubles: Doubles, seen_ids: set[str], sightings: Sightings) -> None:
    report = one.message.detection_report
    _settle(found, one.message)
    if found.start is None:
        found.start = datetime.fromtimestamp(one.message.timestamp.seconds, UTC)
    if report.report_id in seen_ids:
        found.doubled += 1
        return
    seen_ids.add(report.report_id)
    seen = detection_of(one.message, one.index, found.origin or NOWHERE, found.start.timestamp())
    if seen is None:
        return
    in_span(seen.time_s)
    if not isinstance(seen, Bearing):
        take_in(found, doubles, seen)
        return
    places = sightings.take(seen)
    found.bearings.append(seen)
    for place in places:
        take_in(found, doubles, place)


def _stand(found: DetectionsRead, sensor: str, place: tuple[float, float]) -> None:
    """Remember where a sensor stands; one that has moved has no one place."""
    before = found.stands.setdefault(sensor, place)
    if before is not None and math.dist(before, place) > MOVED_M:
        found.stands[sensor] = None


def _settle(found: DetectionsRead, message: Any) -> None:  # noqa: ANN401 - a message of protobuf
    """Let the metres begin at the first place that is told, where nobody says where."""
    if found.origin is not None:
        return
    report = message.detection_report if message.HasField("detection_report") else None
    if report is not None and report.HasField("location"):
        lat, lon, _ = place_of(report.location, NOWHERE)
    elif message.HasField("status_report") and message.status_report.HasField("node_location"):
        lat, lon, _ = place_of(message.status_report.node_location, NOWHERE)
    else:
        return
    found.origin = Origin(lat, lon)
