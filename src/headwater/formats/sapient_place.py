"""Places and directions in SAPIENT messages: degrees, radians or UTM; range and bearing from the node."""

import math
import re
from typing import Any, Final

from headwater.errors import Place, SchemaError
from headwater.model.detections import EARTH_FLATTENING, EQUATOR_M, Bearing, Origin

DEGREES, RADIANS, UTM_M = 1, 2, 5
"""LocationCoordinateSystem of BSI Flex 335 v2.0."""
ANGLES: Final = {1: (math.radians(1.0), 1.0), 2: (1.0, 1.0), 3: (math.radians(1.0), 1000.0), 4: (1.0, 1000.0)}
"""RangeBearingCoordinateSystem to radians of its angles and metres of its ranges."""
TRUE_NORTH: Final = 1
NORTHS: Final = {2: "magnetic north", 3: "grid north", 4: "the heading of a platform"}
ZONE: Final = re.compile(r"(0?[1-9]|[1-5][0-9]|60) ?([C-HJ-NP-Xc-hj-np-x])")
NORTHERN: Final = "N"
"""The first band of latitude that lies north of the equator."""
FALSE_EAST_M, FALSE_NORTH_M, SCALE = 500_000.0, 10_000_000.0, 0.9996
USUAL_ERROR_M: Final = 20.0
USUAL_BEARING_ERROR: Final = math.radians(0.5)
USUAL_RANGE_ERROR_M: Final = 20.0


def place_of(location: Any, origin: Origin) -> tuple[float, float, float]:  # noqa: ANN401 - a message of protobuf
    """Return where a location is, and how unsure: latitude, longitude, m.

    Raises:
        SchemaError: coordinates of another kind, or no place on the globe.
    """
    system = location.coordinate_system
    east, north = origin.scale()
    if system == UTM_M:
        lat, lon = from_utm(location.utm_zone, location.x, location.y)
        sigma = max(location.x_error, location.y_error)
    elif system in (DEGREES, RADIANS):
        unit = 1.0 if system == DEGREES else math.degrees(1.0)
        lat, lon = location.y * unit, location.x * unit
        sigma = max(location.x_error * unit * east, location.y_error * unit * north)
    else:
        raise SchemaError("coordinates that are neither degrees, radians nor UTM", where=Place(field="location"))
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):  # noqa: PLR2004 - degrees
        raise SchemaError("no place on the globe", where=Place(field="location"))
    return lat, lon, sigma or USUAL_ERROR_M


def bearing_of(told: Any, **seen: Any) -> Bearing:  # noqa: ANN401 - a message of protobuf
    """Return a direction, and how far where that is told, in radians east of true north and metres over ground.

    Raises:
        SchemaError: it is told from another north, or is no direction.
    """
    where = Place(field="range_bearing")
    if told.datum != TRUE_NORTH:
        raise SchemaError(f"a bearing from {NORTHS.get(told.datum, 'nowhere')}, not from true north", where=where)
    if told.coordinate_system not in ANGLES:
        raise SchemaError("units of range and bearing that are not told", where=where)
    if not told.HasField("azimuth"):
        raise SchemaError("a range without a bearing", where=where)
    angle, length = ANGLES[told.coordinate_system]
    level = math.cos(told.elevation * angle) if math.isfinite(told.elevation) else 1.0
    return Bearing(
        azimuth=told.azimuth * angle,
        sigma=told.azimuth_error * angle or USUAL_BEARING_ERROR,
        range_m=told.range * length * level if told.HasField("range") else None,
        range_sigma_m=told.range_error * length or USUAL_RANGE_ERROR_M,
        **seen,
    )


def from_utm(zone: str, east_m: float, north_m: float) -> tuple[float, float]:
    """Return latitude and longitude of a place in UTM.

    Args:
        zone: number and letter of the band of latitude, as ``34T``.
        east_m: easting.
        north_m: northing.

    Raises:
        SchemaError: no such zone, or a place far outside it.

    Source: Krüger's series to the third order in the third flattening; Karney, Transverse Mercator with an accuracy of a few
    nanometers (2011), equations 36 and 15.
    """
    told = ZONE.fullmatch(zone.strip())
    if told is None:
        raise SchemaError("no UTM zone with its band of latitude, as 34T", where=Place(field="location.utm_zone"))
    if not (abs(east_m - FALSE_EAST_M) < 1_000_000.0 and abs(north_m) <= FALSE_NORTH_M):  # noqa: PLR2004 - far outside a zone
        raise SchemaError("no place in a UTM zone", where=Place(field="location"))
    n = EARTH_FLATTENING / (2.0 - EARTH_FLATTENING)
    radius = EQUATOR_M / (1.0 + n) * (1.0 + n**2 / 4.0 + n**4 / 64.0)
    south = told[2].upper() < NORTHERN
    xi = (north_m - (FALSE_NORTH_M if south else 0.0)) / (SCALE * radius)
    eta = (east_m - FALSE_EAST_M) / (SCALE * radius)
    beta = (
        n / 2.0 - 2.0 * n**2 / 3.0 + 37.0 * n**3 / 96.0,
        n**2 / 48.0 + n**3 / 15.0,
        17.0 * n**3 / 480.0,
    )
    xi1 = xi - sum(one * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, one in enumerate(beta, 1))
    eta1 = eta - sum(one * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, one in enumerate(beta, 1))
    chi = math.asin(math.sin(xi1) / math.cosh(eta1))
    lat = _geographic(chi)
    lon = math.radians(6.0 * int(told[1]) - 183.0) + math.atan2(math.sinh(eta1), math.cos(xi1))
    return math.degrees(lat), (math.degrees(lon) + 180.0) % 360.0 - 180.0


def _geographic(conformal: float) -> float:
    """Return the latitude of a conformal one; Newton's steps settle it to nanometres in a few rounds."""
    eccentricity = math.sqrt(EARTH_FLATTENING * (2.0 - EARTH_FLATTENING))
    lat = conformal
    for _ in range(8):
        half = eccentricity * math.atanh(eccentricity * math.sin(lat))
        lat = math.asin(math.tanh(math.asinh(math.tan(conformal)) + half))
    return lat
