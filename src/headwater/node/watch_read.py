"""Sensor files at a node: messages of a format one by one, and the detections in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from headwater.errors import FormatError, InputError, Place, SchemaError
from headwater.formats.points_csv import DetectionsRead, Doubles, in_span, read_points
from headwater.formats.safe import parse_json
from headwater.model.detections import Detection, Origin, Reject
from headwater.node.files import bytes_of, json_object

MESSAGE_FORMATS: Final = ("sapient", "cot", "ais", "klv", "asterix")
DETECTION_FORMATS: Final = ("points", "sapient", "ais", "cot", "asterix")
DEGREE_ROUND: Final = 3


@dataclass(slots=True)
class MessagesRead:
    """The messages of one file, and the error that ended it early, if one did."""

    file: str
    messages: list[dict[str, Any]]
    error: InputError | None = None


def danger_weights() -> dict[str, Any]:
    """Return the points of the danger index as they stand in the data file."""
    return dict(_weights())


@cache
def _weights() -> dict[str, Any]:
    data = files("headwater.node").joinpath("data/danger.json").read_bytes()
    found = parse_json(data, where="danger.json")
    if not isinstance(found, dict):
        raise FormatError("not a JSON object", where="danger.json")
    return found


def read_messages(form: str, file: str) -> MessagesRead:
    """Return every message of a file, each with what is wrong with it; a cut file keeps those before the cut.

    Raises:
        SchemaError: no such format.
        MissingExtraError: a library of the extra is not installed.
    """
    if form not in MESSAGE_FORMATS:
        raise SchemaError("no sensor format", where=form, fix=f"use one of {', '.join(MESSAGE_FORMATS)}")
    found = MessagesRead(Path(file).name, [])
    try:
        for message in _messages(form, bytes_of(Path(file)), found.file):
            found.messages.append(message)
        if not found.messages:
            raise FormatError(f"there is no message in it, read as {form}", where=found.file)
    except InputError as error:
        found.error = error
    return found


def _messages(form: str, data: bytes, file: str) -> Iterator[dict[str, Any]]:
    if form == "sapient":
        from headwater.formats.sapient import read_sapient

        for one in read_sapient(data, file=file):
            errors = [list(error) for error in one.errors if one.parses]
            yield _message(one.index, parse=one.parses, content=one.content or None, errors=errors)
    elif form == "cot":
        from headwater.formats.cot import read_cot

        for index, event in read_cot(data):
            bad = isinstance(event, InputError)
            errors = [[event.what, event.where.field or ""]] if isinstance(event, InputError) else []
            yield _message(
                index, parse=not bad, content=None if isinstance(event, InputError) else event.type, errors=errors
            )
    elif form == "ais":
        from headwater.formats.ais import read_nmea

        for ship in read_nmea(data, file=file):
            errors = [[ship.error, ""]] if ship.error else []
            yield _message(ship.index, parse=bool(ship.kind), content=ship.kind or None, errors=errors)
    elif form == "asterix":
        from headwater.formats.asterix import read_asterix

        for record in read_asterix(data, file=file):
            errors = [list(error) for error in record.errors]
            content = f"cat{record.category:03d}"
            message = _message(record.index, parse=not errors, content=content, errors=errors)
            yield {**message, "offset": record.offset, "source": record.source, "items": sorted(record.items)}
    else:
        from headwater.formats.klv import read_klv

        for index, packet in enumerate(read_klv(data, file=file)):
            errors = [list(error) for error in packet.errors]
            message = _message(
                index, parse=("cut", "length") not in packet.errors, content="uas-local-set", errors=errors
            )
            yield {**message, "time_us": packet.time_us, "values": packet.values}


def _message(index: int, *, parse: bool, content: str | None, errors: list[list[str]]) -> dict[str, Any]:
    return {"index": index, "parse": parse, "content": content, "ok": parse and not errors, "errors": errors}


def read_detections(
    form: str, path: Path, *, origin: Origin | None = None, start: datetime | None = None, now: datetime | None = None,
    sensors: Mapping[str, tuple[float, float]] | None = None,
) -> DetectionsRead:  # fmt: skip
    """Return the detections of a file.

    Args:
        form: one of `DETECTION_FORMATS`; ``points`` also takes an AIS file with a column MMSI.
        path: the file.
        origin: where metres begin; the first place where left out and the file is in degrees.
        start: the moment of second 0; that of the first row where left out and the file has times.
        now: the node's clock, to find sensors that run ahead.
        sensors: where those stand that report a direction, m, by the name under which they report.

    Raises:
        InputError: no row can be used, or the file is in another format.
    """
    data, name = bytes_of(path), path.name
    if form in ("points", "ais") and data[:200].lstrip()[:1] != b"!":
        head = data.split(b"\n", 1)[0].lower()
        if b"mmsi" in head:
            from headwater.formats.ais import read_ais_csv

            return read_ais_csv(data, file=name, origin=origin)
        if form == "points":
            return read_points(data, file=name, origin=origin, start=start, now=now)
    if form == "sapient":
        from headwater.node.watch_sapient import detections_of_sapient

        return detections_of_sapient(data, name, origin, start, sensors or {})
    if form == "asterix":
        from headwater.formats.asterix_detections import detections_of_asterix

        return detections_of_asterix(data, file=name, origin=origin, start=start, sensors=sensors)
    if form == "cot":
        return _from_cot(data, name, origin, start)
    if form == "ais":
        raise SchemaError(
            "NMEA lines bear no time of their own", where=name, fix="give a CSV with Time, MMSI, Latitude, Longitude"
        )
    raise SchemaError("no format of detections", where=form, fix=f"use one of {', '.join(DETECTION_FORMATS)}")


def read_placed(form: str, path: Path, context: Path | None) -> DetectionsRead:
    """Return the detections of a file, placed by a context document where there is one.

    Raises:
        InputError: a file cannot be used.
    """
    if context is None:
        return read_detections(form, path)
    from headwater.engines.watch import read_setting

    setting = read_setting(json_object(context))
    return read_detections(form, path, origin=setting.origin, start=setting.start, sensors=setting.sensors)


def _from_cot(data: bytes, name: str, origin: Origin | None, start: datetime | None) -> DetectionsRead:
    from headwater.formats.cot import read_cot

    found, doubles = DetectionsRead(origin=origin, start=start), Doubles()
    for index, event in read_cot(data):
        found.rows += 1
        if isinstance(event, InputError):
            found.rejected.append(Reject(index, event.where.field or "event", event.what))
            continue
        found.origin = found.origin or Origin(event.lat, event.lon)
        found.start = found.start or event.time
        try:
            x, y = found.origin.to_metres(event.lon, event.lat)
            time_s = in_span((event.time - found.start).total_seconds())
            sigma = event.ce if 0.0 < event.ce <= 10_000.0 else 20.0  # noqa: PLR2004 - the coarsest that counts, m
            seen = Detection(
                row=index, time_s=time_s, sensor=f"cot:{event.uid}", x=x, y=y, sigma_m=sigma, kind=event.kind
            )
        except SchemaError as error:
            found.rejected.append(Reject(index, error.where.field or "event", error.what))
            continue
        take_in(found, doubles, seen)
    return found.or_refuse(name)


def take_in(found: DetectionsRead, doubles: Doubles, seen: Detection) -> None:
    """Add a detection to what was found, or count it where an equal one came within 10 s."""
    if doubles.is_double((seen.sensor, seen.time_s, seen.x, seen.y, seen.kind), seen.time_s):
        found.doubled += 1
    else:
        found.detections.append(seen)


def coarse(origin: Origin, x: float, y: float, resolution: int = 9) -> str:
    """Return the H3 cell of a place: about 0.1 km2 at resolution 9, as exact as a track of people may be told."""
    import h3

    lon, lat = origin.to_degrees(x, y)
    return str(h3.latlng_to_cell(lat, lon, resolution))


def moment_of(start: datetime | None, time_s: float) -> str | None:
    """Return a time of the watch as an instant; None where its start is not known."""
    if start is None:
        return None
    whole = start + timedelta(seconds=round(time_s, DEGREE_ROUND))
    return whole.astimezone(UTC).isoformat().replace("+00:00", "Z")


__all__ = [
    "DETECTION_FORMATS", "MESSAGE_FORMATS", "MessagesRead", "Place", "coarse", "danger_weights", "moment_of",
    "read_detections", "read_messages", "read_placed", "take_in",
]  # fmt: skip
