"""Detections out of ASTERIX records: plots of a radar about its own place, and targets that come with degrees.

A category says only the time of day, so the day comes from the capture, from the start of the watch, or stays open. Test targets,
simulated ones and fixed field monitors are refused: none of them is an object.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.formats.asterix import AsterixRecord, PassedOver, read_asterix
from headwater.formats.points_csv import DetectionsRead, Doubles, in_span
from headwater.model.detections import Detection, Origin, Reject

NAUTICAL_MILE_M: Final = 1852.0
FOOT_M: Final = 0.3048
DAY_S: Final = 86_400.0
TIMES: Final = {10: ("140",), 21: ("071", "073", "077"), 48: ("140",), 62: ("070",)}
"""Where each category tells the time of day, the best first, in 1/128 s."""
SSR_SIGMA: Final = (70.0, math.radians(0.08))
PSR_SIGMA: Final = (120.0, math.radians(0.15))
"""Metres along, radians across. Source: EUROCONTROL Standard for Radar Surveillance in En-Route Airspace, section 6."""
TRACK_SIGMA_M: Final = 100.0
SURFACE_SIGMA_M: Final = 10.0
ADS_B_SIGMA_M: Final = 30.0
LEAST_SIGMA_M: Final = 1.0
STATION_STATUS: Final = 34
PLACES_HELP: Final = 'name them in the context: "sensors": {"25/201": {"lat": 45.0, "lon": 16.0}}'
DRONE, SURFACE_VEHICLES = 13, (20, 21)
"""Emitter categories of CAT021 that are no manned aircraft."""


@dataclass(slots=True)
class _Clock:
    """Puts times of day on one line: each within half a day of the one before."""

    start: datetime | None
    before: float | None = None

    def seconds(self, day_s: float, captured: datetime | None) -> float:
        """Return seconds after the start; where nobody says the day, after the midnight before the first report."""
        if captured is not None and self.start is None:
            near = captured - timedelta(seconds=_half_day(_day_seconds(captured) - day_s))
            self.start = near.replace(hour=0, minute=0, second=0, microsecond=0)
        if captured is not None and self.start is not None:
            about = (captured - self.start).total_seconds()
        elif self.before is not None:
            about = self.before
        else:
            about = 0.0 if self.start is not None else day_s
        offset = day_s if self.start is None else day_s - _day_seconds(self.start)
        self.before = about + _half_day(offset - about)
        return self.before


@dataclass(slots=True)
class _Reader:
    """What one file says, record by record."""

    found: DetectionsRead
    clock: _Clock
    sensors: Mapping[str, tuple[float, float]]
    told: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    doubles: Doubles = field(default_factory=Doubles)
    lonely: str = ""

    def take(self, record: AsterixRecord) -> None:
        """Take a target's record in: a detection or a reject."""
        self.found.rows += 1
        try:
            seen = self._detection(record)
        except SchemaError as error:
            self.found.rejected.append(Reject(record.index, error.where.field or "record", error.what))
            return
        if self.doubles.is_double((seen.sensor, seen.time_s, seen.x, seen.y), seen.time_s):
            self.found.doubled += 1
        else:
            self.found.detections.append(seen)

    def _station(self, record: AsterixRecord) -> None:
        place = record.items.get("120")
        if place is not None and record.source:
            height, lat, lon = (_signed(part) for part in (place[:2], place[2:5], place[5:]))
            self.told[record.source] = (lat * 180.0 / 2**23, lon * 180.0 / 2**23, float(height))

    def _detection(self, record: AsterixRecord) -> Detection:
        if record.errors:
            rule, item = record.errors[0]
            raise SchemaError(rule.replace("_", " "), where=Place(field=f"I{record.category:03d}/{item}"))
        if not record.source:
            raise _refused(record, "010", "nobody says who reports")
        refuse_no_object(record)
        day = next((record.items[name] for name in TIMES[record.category] if name in record.items), None)
        if day is None:
            raise _refused(record, TIMES[record.category][0], "no time")
        x, y, sigma = self._place(record)
        seconds = int.from_bytes(day, "big") / 128.0
        if seconds >= DAY_S:
            raise _refused(record, TIMES[record.category][0], "no time of day")
        time_s = in_span(self.clock.seconds(seconds, record.captured))
        self.found.start = self.clock.start
        kind, own = kind_of(record)
        return Detection(
            row=record.index, time_s=time_s, sensor=f"asterix {record.source} cat{record.category:03d}", x=x, y=y,
            sigma_m=min(max(sigma, LEAST_SIGMA_M), 10_000.0), kind=kind, sure=0.5 if kind == "unknown" else 0.95, own=own,
        )  # fmt: skip

    def _place(self, record: AsterixRecord) -> tuple[float, float, float]:
        degrees = degrees_of(record)
        if degrees is not None:
            lat, lon, sigma = degrees
            if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):  # noqa: PLR2004 - degrees
                raise _refused(record, "105", "no place on the globe")
            self.found.origin = self.found.origin or Origin(lat, lon)
            return (*self.found.origin.to_metres(lon, lat), sigma)
        x0, y0, height = self._site(record)
        x, y, sigma = metres_of(record, height)
        return x0 + x, y0 + y, sigma

    def _site(self, record: AsterixRecord) -> tuple[float, float, float]:
        """Return where a station stands: as the watch knows it, as it says itself, or at the origin where it is alone."""
        known, told = self.sensors.get(record.source), self.told.get(record.source)
        height = told[2] if told is not None else 0.0
        if known is not None:
            return (*known, height)
        if told is not None:
            self.found.origin = self.found.origin or Origin(told[0], told[1])
            return (*self.found.origin.to_metres(told[1], told[0]), height)
        if record.source == self.lonely:
            return 0.0, 0.0, height
        raise _refused(record, "010", "a radar whose place is not known")

    def settle(self, records: list[AsterixRecord], file: str | None) -> None:
        """Learn where stations stand, and whether one alone may stand at the origin.

        Raises:
            SchemaError: there are several, and nobody says where any of them stands.
        """
        for record in records:  # a station may say where it stands after its first plots
            if record.category == STATION_STATUS and not record.errors:
                self._station(record)
        targets = [one for one in records if one.category != STATION_STATUS and not one.errors and one.source]
        lost = {one.source for one in targets if degrees_of(one) is None} - set(self.sensors) - set(self.told)
        if self.found.origin is not None or any(one.source not in lost or degrees_of(one) for one in targets):
            return
        if len(lost) > 1:
            names = ", ".join(sorted(lost))
            raise SchemaError(f"radars whose places nobody says ({names})", where=file, fix=PLACES_HELP)
        self.lonely = next(iter(lost), "")


def detections_of_asterix(
    data: bytes, *, file: str | None = None, origin: Origin | None = None, start: datetime | None = None,
    sensors: Mapping[str, tuple[float, float]] | None = None,
) -> DetectionsRead:  # fmt: skip
    """Return the detections of a file of ASTERIX blocks, or of a capture of them.

    Args:
        data: the bytes.
        file: its name, for errors.
        origin: where metres begin; the first place in degrees where left out.
        start: the moment of second 0; midnight before the first report where left out and the file is a capture.
        sensors: metres east and north of each radar, by ``SAC/SIC``. A radar can say its place itself (I034/120); one alone of
            which nobody does is the origin, and the watch then knows metres and no degrees.

    Raises:
        InputError: it is no ASTERIX, is cut, or no record can be used.
    """
    passed = PassedOver()
    records = list(read_asterix(data, file=file, passed=passed))
    reader = _Reader(DetectionsRead(origin=origin, start=start), _Clock(start), sensors or {})
    reader.settle(records, file)
    for record in records:
        if record.category != STATION_STATUS or record.errors:
            reader.take(record)
    reader.found.warnings += passed.warnings()
    return reader.found.or_refuse(file)


def refuse_no_object(record: AsterixRecord) -> None:
    """Refuse what stands for no object: simulated and test targets, field monitors, messages about a station itself.

    Raises:
        SchemaError: it is one of these.
    """
    items = record.items
    name, second = {10: ("020", 0xE0), 21: ("040", 0x30), 48: ("020", 0x80), 62: ("080", 0x80)}[record.category]
    told = items.get(name, b"")
    monitor = record.category in (21, 48) and told[:1] and told[0] & 0x02
    simulated = record.category == 48 and told[:1] and told[0] & 0x10  # noqa: PLR2004 - a category
    if monitor or simulated or (len(told) > 1 and told[1] & second):
        raise _refused(record, name, "a test target, a simulated one or a field monitor")
    if record.category == 10 and items.get("000", b"\x01") != b"\x01":  # noqa: PLR2004 - a category
        raise _refused(record, "000", "no target report")


def kind_of(record: AsterixRecord) -> tuple[str, str]:
    """Return the class of the object, and the name under which it reports itself; both say only what it transmits."""
    items = record.items
    address = items.get({10: "220", 21: "080", 48: "220"}.get(record.category, ""), b"")
    own = f"icao:{address.hex()}" if address else ""
    if record.category == 10:  # noqa: PLR2004 - a category
        told = items.get("020", b"")
        kind = {2: "aircraft", 4: "vehicle", 6: "aircraft"}.get(told[1] & 0x06, "") if len(told) > 1 else ""
        return kind or ("aircraft" if own else "unknown"), own
    if record.category == 21:  # noqa: PLR2004 - a category
        emitter = items.get("020", b"\x00")[0]
        return "drone" if emitter == DRONE else "vehicle" if emitter in SURFACE_VEHICLES else "aircraft", own
    if record.category == 48:  # noqa: PLR2004 - a category
        return "aircraft" if _is_secondary(record) else "unknown", own
    return "aircraft" if {"060", "245", "380"} & set(items) else "unknown", own


def _is_secondary(record: AsterixRecord) -> bool:
    """Return whether a transponder answered: types 2 to 7 of I048/020."""
    return record.items.get("020", b"\x20")[0] >> 5 >= 2  # noqa: PLR2004 - single SSR


def degrees_of(record: AsterixRecord) -> tuple[float, float, float] | None:
    """Return latitude, longitude and standard deviation, m, of a record that tells degrees."""
    items = record.items
    if record.category == 62 and "105" in items:  # noqa: PLR2004 - a category
        return (*_pair(items["105"], 180.0 / 2**25), _track_sigma(items.get("500", b"")))
    if record.category == 21:  # noqa: PLR2004 - a category
        if "131" in items:
            return (*_pair(items["131"], 180.0 / 2**30), ADS_B_SIGMA_M)
        if "130" in items:
            return (*_pair(items["130"], 180.0 / 2**23), ADS_B_SIGMA_M)
    if record.category == 10 and "041" in items:  # noqa: PLR2004 - a category
        return (*_pair(items["041"], 180.0 / 2**31), _surface_sigma(items))
    return None


def metres_of(record: AsterixRecord, site_height_m: float) -> tuple[float, float, float]:
    """Return metres east and north of the radar, and the standard deviation, m.

    Raises:
        SchemaError: the record tells no place.
    """
    items = record.items
    if record.category == 48 and "040" in items:  # noqa: PLR2004 - a category
        slant = int.from_bytes(items["040"][:2], "big") / 256.0 * NAUTICAL_MILE_M
        bearing = math.radians(int.from_bytes(items["040"][2:], "big") * 360.0 / 65_536.0)
        up = _height(items) - site_height_m
        ground = math.sqrt(max(slant * slant - up * up, 0.0))
        along, across = SSR_SIGMA if _is_secondary(record) else PSR_SIGMA
        return ground * math.sin(bearing), ground * math.cos(bearing), max(along, ground * across)
    if record.category == 48 and "042" in items:  # noqa: PLR2004 - a category
        return (*_pair(items["042"], NAUTICAL_MILE_M / 128.0), TRACK_SIGMA_M)
    if record.category == 62 and "100" in items:  # noqa: PLR2004 - a category
        return (*_pair(items["100"], 0.5), _track_sigma(items.get("500", b"")))
    if record.category == 10 and "042" in items:  # noqa: PLR2004 - a category
        return (*_pair(items["042"], 1.0), _surface_sigma(items))
    if record.category == 10 and "040" in items:  # noqa: PLR2004 - a category
        far = float(int.from_bytes(items["040"][:2], "big"))
        bearing = math.radians(int.from_bytes(items["040"][2:], "big") * 360.0 / 65_536.0)
        return far * math.sin(bearing), far * math.cos(bearing), _surface_sigma(items)
    raise _refused(record, "040" if record.category in (10, 48) else "105", "no place")


def _height(items: Mapping[str, bytes]) -> float:
    """Return the height of a target, m: as a 3-D radar measured it, or of its flight level; 0 where neither is told."""
    if "110" in items:
        return _signed(items["110"], 14) * 25.0 * FOOT_M
    return _signed(items["090"], 14) * 25.0 * FOOT_M if "090" in items else 0.0


def _track_sigma(told: bytes) -> float:
    """Return the standard deviation that I062/500 estimates of a place, m."""
    if told and told[0] & 0x80 and len(told) >= 5:  # noqa: PLR2004 - which parts there are, and the first
        east, north = (int.from_bytes(told[at : at + 2], "big") * 0.5 for at in (1, 3))
        return math.hypot(east, north) / math.sqrt(2.0)
    return TRACK_SIGMA_M


def _surface_sigma(items: Mapping[str, bytes]) -> float:
    told = items.get("500", b"")
    return max(told[0], told[1]) * 0.25 if len(told) == 4 else SURFACE_SIGMA_M  # noqa: PLR2004 - I010/500


def _pair(data: bytes, unit: float) -> tuple[float, float]:
    half = len(data) // 2
    return _signed(data[:half]) * unit, _signed(data[half:]) * unit


def _signed(data: bytes, bits: int = 0) -> int:
    """Return a number in two's complement; of `bits` bits, where fewer count than there are."""
    if not bits:
        return int.from_bytes(data, "big", signed=True)
    value = int.from_bytes(data, "big") & ((1 << bits) - 1)
    return value - (1 << bits) if value >> (bits - 1) else value


def _day_seconds(moment: datetime) -> float:
    day = moment.astimezone(UTC)
    return day.hour * 3600.0 + day.minute * 60.0 + day.second + day.microsecond * 1e-6


def _half_day(seconds: float) -> float:
    """Return a difference of times of day, brought to within half a day."""
    return (seconds + DAY_S / 2) % DAY_S - DAY_S / 2


def _refused(record: AsterixRecord, item: str, why: str) -> SchemaError:
    return SchemaError(why, where=Place(field=f"I{record.category:03d}/{item}"))
