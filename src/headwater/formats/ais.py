"""AIS: NMEA lines as a receiver gives them, or position reports as CSV; leaps that no ship makes are marked."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import Any, Final

from headwater.errors import FormatError, MissingExtraError, Place, SchemaError
from headwater.formats.points_csv import DetectionsRead, Doubles, in_span
from headwater.formats.safe import check_size
from headwater.formats.safe_csv import iter_csv
from headwater.model.detections import Detection, Origin, Reject

FASTEST_KN: Final = 60.0
KNOT_MS: Final = 0.514444
SIGMA_M: Final = 15.0
NO_LAT: Final = 91.0
NO_LON: Final = 181.0
SENSOR: Final = "ais"
_COUNT: Final = re.compile(rb"[0-9]{1,2}")
"""Of how many sentences a message is made: one digit in the standard."""
_SENTENCE: Final = re.compile(rb"!([\x20-\x29\x2b-\x7e]{1,300})\*([0-9A-Fa-f]{2})(?:,[\x20-\x7e]{0,200})?")
"""A sentence with its checksum: visible ASCII. NMEA 0183 allows 82 characters; some receivers write more, and behind it
where and when they heard it."""
JUMP: Final = "a leap above 60 knots, or one number in two places"


@dataclass(frozen=True, slots=True)
class AisMessage:
    """One message of a receiver: its number, kind, the ship's number, and why it was refused where it was."""

    index: int
    kind: str
    mmsi: str
    lat: float | None
    lon: float | None
    error: str = ""


def read_nmea(data: bytes, *, file: str | None = None) -> Iterator[AisMessage]:
    """Yield every message of NMEA lines; messages in several sentences are put together.

    Raises:
        MissingExtraError: pyais is not installed.
        FormatError: there is no NMEA sentence in it.
    """
    check_size(data, file=file)
    pending: dict[tuple[bytes, bytes], list[bytes]] = {}
    index = -1
    for line in data.splitlines():
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        at = max(text.find(b"!"), 0)
        cells = text[at:].split(b",")
        if len(cells) < 7 or not cells[0].startswith(b"!"):  # noqa: PLR2004 - fields of an AIVDM sentence
            index += 1
            yield AisMessage(index, "", "", None, None, "no AIS sentence")
            continue
        sentence = _SENTENCE.fullmatch(text, at)
        if sentence is None or reduce(xor, sentence[1]) != int(sentence[2], 16):
            index += 1
            yield AisMessage(index, "", "", None, None, "no checksum, or one that does not hold")
            continue
        parts = [text[at:]]
        if cells[1] not in (b"1", b""):
            key = (cells[3], cells[4])
            parts = [*pending.pop(key, []), text[at:]]
            if _COUNT.fullmatch(cells[1]) and len(parts) < int(cells[1]):
                pending[key] = parts
                continue
        index += 1
        yield _decode(index, parts)
    for _ in pending:
        index += 1
        yield AisMessage(index, "", "", None, None, "a message whose other sentences never came")
    if index < 0:
        raise FormatError("no AIS sentence in it", where=file)


def _decode(index: int, parts: list[bytes]) -> AisMessage:
    try:
        from pyais import decode
        from pyais.exceptions import AISBaseException
    except ModuleNotFoundError as error:
        raise MissingExtraError("watch", error.name or "pyais") from error
    try:
        found: Any = decode(*parts)
    except (AISBaseException, ValueError, IndexError, KeyError, TypeError, UnicodeDecodeError) as error:
        return AisMessage(index, "", "", None, None, f"cannot be decoded ({type(error).__name__})")
    lat, lon = getattr(found, "lat", None), getattr(found, "lon", None)
    if lat is None or lon is None or lat == NO_LAT or lon == NO_LON:
        lat = lon = None
    elif not (abs(lat) <= 90.0 and abs(lon) <= 180.0):  # noqa: PLR2004 - degrees
        return AisMessage(index, str(found.msg_type), str(found.mmsi), None, None, "no place on the globe")
    return AisMessage(index, str(found.msg_type), str(found.mmsi), lat, lon)


def read_ais_csv(data: bytes, *, file: str | None = None, origin: Origin | None = None) -> DetectionsRead:
    """Return the position reports of a CSV with time, MMSI, latitude and longitude; speed and course are not needed.

    Raises:
        InputError: it is no such CSV, or no row can be used.
    """
    rows = iter_csv(data, file=file)
    head = next(rows, None)
    names = {cell.strip().casefold(): at for at, cell in enumerate(head.cells)} if head else {}
    try:
        when, ship = names["time"], names["mmsi"]
        north = next(names[name] for name in ("latitude_degrees", "latitude", "lat") if name in names)
        east = next(names[name] for name in ("longitude_degrees", "longitude", "lon") if name in names)
    except (KeyError, StopIteration) as error:
        raise SchemaError("no columns Time, MMSI, Latitude and Longitude", where=file) from error
    found, doubles, checked = DetectionsRead(origin=origin), Doubles(), PlausibleShips()
    for number, row in enumerate(rows):
        found.rows += 1
        try:
            moment, name, lat, lon = _cells(row.cells, when, ship, north, east)
            found.start = found.start or moment
            time_s = in_span((moment - found.start).total_seconds())
            if found.origin is None:
                found.origin = Origin(lat, lon)
            x, y = found.origin.to_metres(lon, lat)
            seen = Detection(
                row=number, time_s=time_s, sensor=SENSOR, x=x, y=y, sigma_m=SIGMA_M, kind="boat", sure=0.95,
                own=f"mmsi:{name}",
            )  # fmt: skip
        except SchemaError as error:
            found.rejected.append(Reject(number, error.where.field or "row", error.what))
            continue
        if doubles.is_double((name, time_s, x, y), time_s):
            found.doubled += 1
            continue
        found.detections.append(checked.marked(seen))
    return found.or_refuse(file)


class PlausibleShips:
    """Marks a report that lies further from the same ship's last one than any ship goes."""

    def __init__(self) -> None:
        """Begin knowing no ship."""
        self._last: dict[str, Detection] = {}

    def marked(self, seen: Detection) -> Detection:
        """Return the detection, marked where it is implausible; the last plausible one stays the measure."""
        last = self._last.get(seen.own)
        if last is not None:
            far = math.hypot(seen.x - last.x, seen.y - last.y)
            span = abs(seen.time_s - last.time_s)
            if far > FASTEST_KN * KNOT_MS * span + 4.0 * SIGMA_M + 100.0:
                return replace(seen, implausible=JUMP)
        self._last[seen.own] = seen
        return seen


def _cells(cells: list[str], when: int, ship: int, north: int, east: int) -> tuple[datetime, str, float, float]:
    if max(when, ship, north, east) >= len(cells):
        raise SchemaError("cells are missing", where=Place(field="row"))
    try:
        moment = datetime.fromisoformat(cells[when].strip())
    except ValueError as error:
        raise SchemaError("no time", where=Place(field="time")) from error
    name = cells[ship].strip()
    if not (name.isascii() and name.isdigit()):
        raise SchemaError("no ship's number", where=Place(field="mmsi"))
    try:
        lat, lon = float(cells[north]), float(cells[east])
    except ValueError as error:
        raise SchemaError("no number", where=Place(field="lat")) from error
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):  # noqa: PLR2004 - degrees
        raise SchemaError("no place on the globe", where=Place(field="lat"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC), name, lat, lon
