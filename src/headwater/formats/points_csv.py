"""Detections as CSV: one a row, in metres or in degrees; rows that make no sense are rejected one by one.

The columns are ``t_s`` or ``time``, ``sensor``, ``x,y`` or ``lon,lat``, and ``sigma_m``, ``class``, ``size_band``, ``sure``, ``own``;
others are passed over and never kept, whatever they hold.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from headwater.errors import FormatError, Place, SchemaError
from headwater.formats.safe_csv import Row, csv_value, iter_csv
from headwater.model.detections import Bearing, Detection, Origin, Reject
from headwater.model.times import parse_instant

EARLIEST_S: Final = -86_400.0
LATEST_S: Final = 31 * 86_400.0
AHEAD_S: Final = 5.0
AGAIN_S: Final = 10.0
DEFAULTS: Final = {"sigma_m": 20.0, "sure": 0.5}
Cells = dict[str, str]


@dataclass(slots=True)
class DetectionsRead:
    """What came of one input.

    Attributes:
        detections: the good rows, in the order of the input.
        rejected: every row that was not taken, with field and reason.
        doubled: how many rows were dropped because an equal one had come within 10 s.
        warnings: what is unusual, such as a sensor's clock that runs ahead.
        rows: how many rows there were.
        origin: where the metres begin; None where the input is in metres and says nothing of it.
        start: the moment of second 0; None where the input counts seconds and says nothing of it.
        bearings: what was told as a direction; the places that it gives are among the detections too, under its rows.
        stands: where sensors stand that told a direction, m; None of one that moved.
    """

    detections: list[Detection] = field(default_factory=list)
    rejected: list[Reject] = field(default_factory=list)
    doubled: int = 0
    warnings: list[str] = field(default_factory=list)
    rows: int = 0
    origin: Origin | None = None
    start: datetime | None = None
    bearings: list[Bearing] = field(default_factory=list)
    stands: dict[str, tuple[float, float] | None] = field(default_factory=dict)

    def or_refuse(self, file: str | None) -> "DetectionsRead":
        """Return itself.

        Raises:
            FormatError: every row was bad, or there was none.
        """
        if not self.detections:
            reason = f": {self.rejected[0].field}: {self.rejected[0].reason}" if self.rejected else ""
            raise FormatError(f"no row of {self.rows} can be used{reason}", where=file)
        return self


class Doubles:
    """Remembers what was seen in the last seconds, so that an equal report is dropped."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._seen: dict[tuple[object, ...], float] = {}
        self._swept = -math.inf

    def is_double(self, key: tuple[object, ...], time_s: float) -> bool:
        """Return whether an equal report came within 10 s, and remember this one."""
        before = self._seen.get(key)
        self._seen[key] = time_s
        if time_s - self._swept > AGAIN_S:
            self._seen = {old: when for old, when in self._seen.items() if time_s - when <= AGAIN_S}
            self._swept = time_s
        return before is not None and abs(time_s - before) <= AGAIN_S


class Clocks:
    """Finds sensors whose clock runs ahead of the node's."""

    def __init__(self, now_s: float | None) -> None:
        """Take the node's own time in seconds of the watch; None where a file is read long after."""
        self._now_s = now_s
        self.ahead: dict[str, float] = {}

    def hear(self, sensor: str, time_s: float) -> None:
        """Take in a sensor's time."""
        if self._now_s is not None and time_s - self._now_s > AHEAD_S:
            self.ahead[sensor] = max(self.ahead.get(sensor, 0.0), time_s - self._now_s)

    def warnings(self) -> list[str]:
        """Return a line for each sensor that runs ahead."""
        return [f"clock: sensor '{name}' is {ahead:.0f} s ahead" for name, ahead in sorted(self.ahead.items())]


def read_points(
    data: bytes, *, file: str | None = None, origin: Origin | None = None, start: datetime | None = None,
    now: datetime | None = None,
) -> DetectionsRead:  # fmt: skip
    """Return the detections of a CSV file.

    Args:
        data: the bytes of the file.
        file: its name, for errors.
        origin: where metres begin; of a file in degrees, the first good place where it is not given.
        start: the moment of second 0; of a file with times, the first row's where it is not given.
        now: the node's clock, for sensors that run ahead; None where the file is old.

    Raises:
        InputError: it is no CSV, lacks a column, or no row can be used.
    """
    rows = iter_csv(data, file=file)
    head = next(rows, None)
    if head is None:
        raise FormatError("empty", where=file)
    columns = [csv_value(cell).strip().casefold() for cell in head.cells]
    clock = _column(columns, ("t_s", "time"), head.line, file)
    place = _column(columns, ("x", "lon"), head.line, file)
    for needed in ("sensor", "y" if place == "x" else "lat"):
        _column(columns, (needed,), head.line, file)
    found = DetectionsRead(origin=origin, start=start)
    now_s = (now - start).total_seconds() if now is not None and start is not None else None
    clocks, doubles = Clocks(now_s), Doubles()
    for number, cells in _dicts(rows, columns):
        found.rows += 1
        try:
            seen = _detection(number, cells, found, by_time=clock == "time", by_degrees=place == "lon")
        except SchemaError as error:
            found.rejected.append(Reject(number, error.where.field or "row", error.what))
            continue
        if doubles.is_double(
            (seen.sensor, seen.time_s, seen.x, seen.y, seen.kind, seen.size_band, seen.sure), seen.time_s
        ):
            found.doubled += 1
            continue
        clocks.hear(seen.sensor, seen.time_s)
        found.detections.append(seen)
    found.warnings += clocks.warnings()
    return found.or_refuse(file)


def in_span(time_s: float) -> float:
    """Return a time that lies in the watch.

    Raises:
        SchemaError: it is more than a day before the start or 31 days after.
    """
    if not EARLIEST_S <= time_s <= LATEST_S:
        raise SchemaError("over a day before the start, or over 31 days after it", where=Place(field="time"))
    return time_s


def _detection(number: int, cells: Cells, found: DetectionsRead, *, by_time: bool, by_degrees: bool) -> Detection:
    if by_time:
        moment = parse_instant(_given(cells, "time"), field="time")
        found.start = found.start or moment
        time_s = (moment - found.start).total_seconds()
    else:
        time_s = _number(cells, "t_s")
    if by_degrees:
        lon, lat = _number(cells, "lon"), _number(cells, "lat")
        if abs(lat) > 90.0 or abs(lon) > 180.0:  # noqa: PLR2004 - degrees
            raise SchemaError("no place on the globe", where=Place(field="lat"))
        found.origin = found.origin or Origin(lat, lon)
        x, y = found.origin.to_metres(lon, lat)
    else:
        x, y = _number(cells, "x"), _number(cells, "y")
    return Detection(
        row=number,
        time_s=in_span(time_s),
        sensor=_given(cells, "sensor"),
        x=x,
        y=y,
        sigma_m=_number(cells, "sigma_m"),
        kind=cells.get("class") or "unknown",
        size_band=cells.get("size_band", ""),
        sure=_number(cells, "sure"),
        own=cells.get("own", ""),
    )


def _dicts(rows: Iterator[Row], columns: list[str]) -> Iterator[tuple[int, Cells]]:
    wanted = [at for at, name in enumerate(columns) if name in WANTED]
    for number, row in enumerate(rows):
        cells = row.cells
        yield number, {columns[at]: csv_value(cells[at]).strip() for at in wanted if at < len(cells)}


WANTED: Final = frozenset(
    {"t_s", "time", "sensor", "x", "y", "lon", "lat", "sigma_m", "class", "size_band", "sure", "own"}
)
"""Every column that is looked at; what stands in another one does not get past this file."""


def _column(columns: list[str], names: tuple[str, ...], line: int, file: str | None) -> str:
    for name in names:
        if name in columns:
            return name
    raise SchemaError(
        f"no column '{' or '.join(names)}'", where=Place(file=file, line=line), fix="use t_s,sensor,x,y,sigma_m,class"
    )


def _given(cells: Mapping[str, str], name: str) -> str:
    value = cells.get(name, "")
    if not value:
        raise SchemaError("empty", where=Place(field=name))
    return value


def _number(cells: Mapping[str, str], name: str) -> float:
    text = cells.get(name, "")
    if not text and name in DEFAULTS:
        return DEFAULTS[name]
    try:
        value = float(text)
    except ValueError as error:
        raise SchemaError("no number", where=Place(field=name)) from error
    if not math.isfinite(value):
        raise SchemaError("no finite number", where=Place(field=name))
    return value


Reader = Callable[[bytes], DetectionsRead]
