"""Detections: what one sensor says of one object at one time. Objects and groups, never persons.

There is no field for a name, a face, a plate, a sex, an age or an origin, and none can be added by a caller: what a sensor
says beyond these fields is left where it was. A group is one detection with a band of size.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from headwater.errors import Place, SchemaError

CLASSES: Final = (
    "vehicle", "lorry", "boat", "drone", "aircraft", "animal", "person-group", "person-in-water", "unknown",
)  # fmt: skip
"""Everything that a sensor may call an object; another word is refused."""
GROUPS: Final = frozenset({"person-group", "person-in-water"})
"""People: coarsened and ended after a time, unless a rescue case holds them."""
SIZE_BANDS: Final = ("", "1-4", "5-14", "15-30", "30+")
"""How many, as exactly as it may be said; the first is "not said"."""
FARTHEST_M: Final = 200_000.0
COARSEST_M: Final = 10_000.0
WIDEST: Final = math.radians(20.0)
"""A bearing less sure than this says nothing, rad."""
CELL_SIGMA_M: Final = 200.0
"""How unsure a place is that was moved to the middle of its H3 cell (resolution 9: 0.1 km2)."""
EQUATOR_M: Final = 6_378_137.0
ECCENTRICITY2: Final = 6.69437999014e-3
EARTH_FLATTENING: Final = 1.0 / 298.257223563


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One sensor output.

    Attributes:
        row: its place in what was read, counted from 0.
        time_s: seconds after the start of the watch.
        sensor: the sensor's name.
        x, y: metres east and north of the origin of the watch.
        sigma_m: standard deviation on each axis, m.
        kind: one of `CLASSES`.
        size_band: one of `SIZE_BANDS`.
        sure: how sure the sensor is of the class, 0 to 1.
        own: name of the craft where it reports itself.
        implausible: why it is doubted and never fused silently; empty where it is not.
        with_rows: the other reports that it was made of, as a place where two bearings cross.
    """

    row: int
    time_s: float
    sensor: str
    x: float
    y: float
    sigma_m: float = 20.0
    kind: str = "unknown"
    size_band: str = ""
    sure: float = 0.5
    own: str = ""
    implausible: str = ""
    with_rows: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no sensor can have seen."""
        if not self.sensor:
            raise SchemaError("no sensor", where=Place(field="sensor"))
        for field, value in (("t_s", self.time_s), ("x", self.x), ("y", self.y)):
            if not math.isfinite(value):
                raise SchemaError("no finite number", where=Place(field=field))
        for field, value in (("x", self.x), ("y", self.y)):
            if abs(value) > FARTHEST_M:
                raise SchemaError("over 200 km from the origin", where=Place(field=field))
        if not 0.0 < self.sigma_m <= COARSEST_M:
            raise SchemaError("not above 0 m and at most 10 km", where=Place(field="sigma_m"))
        if not 0.0 <= self.sure <= 1.0:
            raise SchemaError("not between 0 and 1", where=Place(field="sure"))
        if self.kind not in CLASSES:
            raise SchemaError("a class that is not allowed", where=Place(field="class"))
        if self.size_band not in SIZE_BANDS:
            raise SchemaError("no band of size", where=Place(field="size_band"))

    @property
    def is_coarse(self) -> bool:
        """Whether it is of people and was moved to its cell: it still counts, and no track can be made of it."""
        return self.kind in GROUPS and self.sigma_m >= CELL_SIGMA_M


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """What a sensor says that knows a direction, and perhaps how far, but no place.

    Attributes:
        row: its place in what was read, counted from 0.
        time_s: seconds after the start of the watch.
        sensor: the sensor's name.
        azimuth: radians east of true north.
        sigma: standard deviation of the azimuth, rad.
        range_m: how far over ground, m; None where the sensor cannot tell.
        range_sigma_m: standard deviation of that, m.
        kind, size_band, sure, own: as in `Detection`.
    """

    row: int
    time_s: float
    sensor: str
    azimuth: float
    sigma: float
    range_m: float | None = None
    range_sigma_m: float = 20.0
    kind: str = "unknown"
    size_band: str = ""
    sure: float = 0.5
    own: str = ""

    def __post_init__(self) -> None:
        """Refuse what no sensor can have seen."""
        for field, value in (("t_s", self.time_s), ("azimuth", self.azimuth)):
            if not math.isfinite(value):
                raise SchemaError("no finite number", where=Place(field=field))
        if abs(self.azimuth) > 2.0 * math.tau:
            raise SchemaError("over two turns", where=Place(field="azimuth"))
        if not 0.0 < self.sigma <= WIDEST:
            raise SchemaError("not above 0 and at most 20 degrees", where=Place(field="azimuth_error"))
        if self.range_m is not None and not 0.0 < self.range_m <= FARTHEST_M:
            raise SchemaError("not above 0 and at most 200 km", where=Place(field="range"))
        if not 0.0 < self.range_sigma_m <= COARSEST_M:
            raise SchemaError("not above 0 m and at most 10 km", where=Place(field="range_error"))


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken: its number from 0, the field, the reason; never the value."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the metres of a watch begin: WGS 84 degrees."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        """Refuse a place that is not on the globe."""
        if not (abs(self.lat) < 90.0 and abs(self.lon) <= 180.0):  # noqa: PLR2004 - degrees
            raise SchemaError("no place on the globe", where=Place(field="origin"))

    def scale(self) -> tuple[float, float]:
        """Return metres east and north of one degree here."""
        return _scale(self.lat)

    def to_metres(self, lon: float, lat: float) -> tuple[float, float]:
        """Return metres east and north of a place near the origin."""
        east, north = self.scale()
        return ((lon - self.lon + 180.0) % 360.0 - 180.0) * east, (lat - self.lat) * north

    def to_degrees(self, x: float, y: float) -> tuple[float, float]:
        """Return longitude and latitude of a place in metres."""
        east, north = self.scale()
        return self.lon + x / east, self.lat + y / north


@lru_cache(maxsize=64)
def _scale(lat: float) -> tuple[float, float]:
    """Return metres of one degree.  Source: WGS 84, radii of curvature of the ellipsoid."""
    phi = math.radians(lat)
    flat = ECCENTRICITY2 * math.sin(phi) ** 2
    normal = EQUATOR_M / math.sqrt(1.0 - flat)
    meridian = EQUATOR_M * (1.0 - ECCENTRICITY2) / (1.0 - flat) ** 1.5
    return math.radians(1.0) * normal * math.cos(phi), math.radians(1.0) * meridian
