"""SAPIENT (BSI Flex 335 v2.0): messages in frames, as JSON or as base64 lines, validated; detections out of them.

On the wire a frame is four bytes of length, least significant first, and one protobuf message.
"""

import base64
import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import FormatError, MissingExtraError, Place
from headwater.formats.safe import check_size, parse_json
from headwater.formats.sapient_kinds import KINDS
from headwater.formats.sapient_place import bearing_of, place_of
from headwater.model.detections import CLASSES, Bearing, Detection, Origin

try:
    from google.protobuf import json_format
    from google.protobuf.message import DecodeError
    from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

    from headwater.formats.sapient_rules import Error, check
except ModuleNotFoundError as error:
    raise MissingExtraError("watch", error.name or "sapient_msg") from error

Message: Any = sapient_message_pb2.SapientMessage
MAX_FRAME_BYTES: Final = 1024 * 1024
HEAD: Final = struct.Struct("<I")
UNPARSABLE: Final = "parse"
LAT_LNG_DEG: Final = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """One message as it was found.

    Attributes:
        index: its number, from 0.
        message: the parsed message; None where it does not parse.
        content: which of the message kinds it holds; empty where none.
        errors: every rule that it breaks: type, dotted path.
    """

    index: int
    message: Any
    content: str
    errors: tuple[Error, ...]

    @property
    def parses(self) -> bool:
        """Whether the bytes are a message at all."""
        return self.message is not None

    @property
    def ok(self) -> bool:
        """Whether it parses and breaks no rule."""
        return self.parses and not self.errors


def check_message(data: bytes, index: int = 0) -> Checked:
    """Return a message and every rule that it breaks."""
    message = Message()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return Checked(index, None, "", ((UNPARSABLE, ""),))
    return Checked(index, message, message.WhichOneof("content") or "", tuple(check(data, message)))


def frame(data: bytes) -> bytes:
    """Return a message with its length in front."""
    return HEAD.pack(len(data)) + data


def read_frames(data: bytes, *, file: str | None = None) -> Iterator[bytes]:
    """Yield the messages of a stream of frames.

    Raises:
        FormatError: a frame is over 1 MiB or cut, with the byte at which it begins; those before it were yielded.
    """
    at = 0
    while at < len(data):
        if at + HEAD.size > len(data):
            raise FormatError("a SAPIENT frame is cut", where=Place(file=file, offset=at))
        (size,) = HEAD.unpack_from(data, at)
        if size > MAX_FRAME_BYTES:
            raise FormatError("a SAPIENT frame over 1 MiB", where=Place(file=file, offset=at))
        if at + HEAD.size + size > len(data):
            raise FormatError("a SAPIENT frame is cut", where=Place(file=file, offset=at))
        yield data[at + HEAD.size : at + HEAD.size + size]
        at += HEAD.size + size


def read_sapient(data: bytes, *, file: str | None = None) -> Iterator[Checked]:
    """Yield every message of a file: frames, one JSON message, or JSON lines of messages or of ``{"b64": ...}``.

    Raises:
        FormatError: the file is none of these; see `read_frames`.
    """
    check_size(data, file=file)
    parts = _json_parts(data, file) if data.lstrip()[:1] == b"{" else read_frames(data, file=file)
    for index, part in enumerate(parts):
        yield check_message(part, index)


def _json_parts(data: bytes, file: str | None) -> Iterator[bytes]:
    whole = _message_of(data)
    if whole is not None:
        yield whole
        return
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        where = Place(file=file, line=number)
        found = parse_json(line, where=where)
        if isinstance(found, dict) and isinstance(found.get("b64"), str):
            try:
                yield base64.b64decode(found["b64"], validate=True)
            except binascii.Error as error:
                raise FormatError("not base64", where=Place(file=file, line=number, field="b64")) from error
            continue
        one = _message_of(line)
        if one is None:
            raise FormatError("no SAPIENT message in JSON", where=where)
        yield one


def _message_of(text: bytes) -> bytes | None:
    try:
        made: bytes = json_format.Parse(text, Message()).SerializeToString()
    except (json_format.ParseError, UnicodeDecodeError):
        return None
    return made


def detection_of(message: Any, row: int, origin: Origin, start_s: float) -> Detection | Bearing | None:  # noqa: ANN401
    """Return the detection that a message reports, or the direction where it tells no place; None where it reports neither.

    Args:
        message: a valid SAPIENT message.
        row: its number.
        origin: where metres begin.
        start_s: POSIX time of second 0.

    Raises:
        SchemaError: a value that no sensor can have seen.
    """
    if not message.HasField("detection_report"):
        return None
    report = message.detection_report
    kind, sure, band = _kind_of(report)
    seen = {
        "row": row,
        "time_s": message.timestamp.seconds + message.timestamp.nanos * 1e-9 - start_s,
        "sensor": message.node_id,
        "kind": kind,
        "sure": sure,
        "size_band": band,
        "own": next((one.value for one in report.object_info if one.type == "own-craft"), ""),
    }
    if report.HasField("range_bearing"):
        return bearing_of(report.range_bearing, **seen)
    lat, lon, sigma = place_of(report.location, origin)
    x, y = origin.to_metres(lon, lat)
    return Detection(x=x, y=y, sigma_m=sigma, **seen)


def kind_of(message: Any) -> str:  # noqa: ANN401 - a message of protobuf
    """Return the class that a detection report gives its object."""
    return _kind_of(message.detection_report)[0]


def stand_of(message: Any, origin: Origin) -> tuple[float, float] | None:  # noqa: ANN401 - a message of protobuf
    """Return where a node says in its status report that it stands, m; None where it says nothing of it.

    Raises:
        SchemaError: it is no place.
    """
    if not message.HasField("status_report") or not message.status_report.HasField("node_location"):
        return None
    lat, lon, _ = place_of(message.status_report.node_location, origin)
    return origin.to_metres(lon, lat)


def _kind_of(report: Any) -> tuple[str, float, str]:  # noqa: ANN401
    """Return class, certainty and band of size; a class that is not allowed is unknown."""
    best, sure = "unknown", report.detection_confidence if report.HasField("detection_confidence") else 0.5
    top = -1.0
    for one in report.classification:
        confidence = one.confidence if one.HasField("confidence") else 0.5
        if confidence > top:
            word = one.type.strip().lower()
            best, top = (word if word in CLASSES else KINDS.get(word, "unknown")), confidence
    if top >= 0.0:
        sure = top
    band = next((one.value for one in report.object_info if one.type == "size-band"), "")
    return best, min(max(float(sure), 0.0), 1.0), band
