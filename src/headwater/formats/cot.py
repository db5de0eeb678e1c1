"""Cursor on Target, event 2.0: one small XML document an event, on its own or one after another on a line."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from headwater.errors import FormatError, InputError, LimitError, Place, SchemaError
from headwater.formats.safe import utf8_error
from headwater.model.times import format_instant, parse_instant

MAX_EVENT_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 32
MAX_TEXT: Final = 256
END: Final = b"</event>"
UNKNOWN_ERROR_M: Final = 9_999_999.0
"""What the standard writes for an error that is not known."""
NEEDED: Final = ("uid", "type", "time", "start", "stale", "how")
TYPES: Final = (
    ("a-.-S", "boat"), ("a-.-A-M-F-Q", "drone"), ("a-.-A", "aircraft"), ("a-.-G-E-V", "vehicle"), ("a-.-G-U", "person-group"),
)  # fmt: skip
"""Beginnings of an event's type, a dot for the affiliation, and the class they mean."""


@dataclass(frozen=True, slots=True)
class CotEvent:
    """One event.

    Attributes:
        uid: the sender's name of the thing.
        type: the tree of what it is, dots of letters.
        time, start, stale: when it was said, and from when to when it holds.
        how: how it came to be known.
        lat, lon: degrees.
        ce: circular error, m; 9999999 where it is not known.
    """

    uid: str
    type: str
    time: datetime
    start: datetime
    stale: datetime
    how: str
    lat: float
    lon: float
    ce: float

    @property
    def kind(self) -> str:
        """The class of the thing; a person is never more than a group."""
        words = self.type.split("-")
        plain = "-".join([words[0], ".", *words[2:]])
        return next((kind for begin, kind in TYPES if plain.startswith(begin)), "unknown")


def read_event(data: bytes) -> CotEvent:
    """Return the event of one document.

    Raises:
        InputError: it is over 64 kB, has a document type, is not well-formed, lacks an attribute, or ends before it starts.
    """
    if len(data) > MAX_EVENT_BYTES:
        raise LimitError("a CoT event over 64 kB")
    not_utf8 = utf8_error(data)
    if not_utf8 is not None:  # expat would take a byte order mark's word for UTF-16
        raise not_utf8
    seen = _Seen()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.StartDoctypeDeclHandler = seen.forbid
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's signature
    except expat.ExpatError as error:
        raise FormatError(f"not well-formed XML: {expat.ErrorString(error.code)}") from error
    return _event(seen)


class _Seen:
    """What expat told of the two elements that count."""

    __slots__ = ("depth", "event", "point")

    def __init__(self) -> None:
        self.event: dict[str, str] | None = None
        self.point: dict[str, str] | None = None
        self.depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise LimitError("a CoT event that is too deep")
        if self.depth == 1:
            if name != "event":
                raise FormatError("the outermost element is not 'event'")
            self.event = attributes
        elif self.depth == 2 and name == "point":  # noqa: PLR2004 - directly inside the event
            self.point = attributes

    def end(self, _: str) -> None:
        self.depth -= 1

    def forbid(self, *_: object) -> None:
        raise FormatError("a document type, which no CoT event has")


def _event(seen: _Seen) -> CotEvent:
    event, point = seen.event, seen.point
    if event is None or point is None:
        raise SchemaError("an event without a point", where=Place(field="point"))
    for name in NEEDED:
        if not 0 < len(event.get(name, "")) <= MAX_TEXT:
            raise SchemaError("missing, empty or too long", where=Place(field=name))
    if event.get("version", "2.0") != "2.0":
        raise SchemaError("another version than 2.0", where=Place(field="version"))
    start, stale = parse_instant(event["start"], field="start"), parse_instant(event["stale"], field="stale")
    if stale < start:
        raise SchemaError("stale before it starts", where=Place(field="stale"))
    lat, lon, ce = (_number(point, name) for name in ("lat", "lon", "ce"))
    if abs(lat) > 90.0 or abs(lon) > 180.0:  # noqa: PLR2004 - degrees
        raise SchemaError("no place on the globe", where=Place(field="lat"))
    time = parse_instant(event["time"], field="time")
    return CotEvent(event["uid"], event["type"], time, start, stale, event["how"], lat, lon, ce)


def _number(point: dict[str, str], name: str) -> float:
    try:
        value = float(point[name])
    except (KeyError, ValueError) as error:
        raise SchemaError("no number", where=Place(field=name)) from error
    if not math.isfinite(value):
        raise SchemaError("no finite number", where=Place(field=name))
    return value


class CotStream:
    """Cuts a stream of bytes into events; an event that is too long is dropped, and the stream goes on behind it."""

    def __init__(self) -> None:
        """Begin with nothing held."""
        self._held = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes and return every event that is whole now; an empty one stands for one that was dropped."""
        held = self._held + data if self._held else data
        if END not in held[max(0, len(self._held) - len(END)) :]:
            self._hold(held)
            return []
        *parts, rest = held.split(END)
        whole = [part + END for part in parts]
        if self._skipping:
            whole[0], self._skipping = b"", False
        found = [part.lstrip() if len(part) <= MAX_EVENT_BYTES else b"" for part in whole]
        self._held = b""
        self._hold(rest)
        return found

    def _hold(self, held: bytes) -> None:
        if len(held) > MAX_EVENT_BYTES:
            self._skipping, held = True, held[-len(END) :]
        self._held = held


def read_cot(data: bytes) -> Iterator[tuple[int, CotEvent | InputError]]:
    """Yield every event of a file with its number, or why it was refused."""
    stream = CotStream()
    for index, part in enumerate(stream.feed(data)):
        try:
            yield index, read_event(part)
        except InputError as error:
            yield index, error


def write_event(event: CotEvent, remarks: str = "") -> bytes:
    """Return an event as its document, with a remark where there is one."""
    attributes = " ".join(
        f"{name}={quoteattr(value)}"
        for name, value in (
            ("uid", event.uid),
            ("type", event.type),
            ("time", format_instant(event.time)),
            ("start", format_instant(event.start)),
            ("stale", format_instant(event.stale)),
            ("how", event.how),
        )
    )
    detail = f"<detail><remarks>{escape(remarks)}</remarks></detail>" if remarks else "<detail/>"
    point = (
        f'<point lat="{event.lat:.7f}" lon="{event.lon:.7f}" hae="0" ce="{event.ce:.1f}" le="{UNKNOWN_ERROR_M:.1f}"/>'
    )
    return f'<event version="2.0" {attributes}>{point}{detail}</event>'.encode()


def alert_event(
    uid: str, moment: datetime, lat: float, lon: float, error_m: float, text: str, hold: timedelta = timedelta(hours=1)
) -> bytes:
    """Return a rescue alert as an event: type ``b-r-f-h-c``, a casualty report, machine-made."""
    return write_event(CotEvent(uid, "b-r-f-h-c", moment, moment, moment + hold, "m-f", lat, lon, error_m), text)
