"""Places and directions in SAPIENT: degrees, radians, UTM; true north and no other."""

import math
from datetime import UTC, datetime

import pytest

from headwater.errors import SchemaError
from headwater.formats.sapient import Message, check_message, detection_of, stand_of
from headwater.formats.sapient_place import from_utm
from headwater.formats.sapient_write import bearing_message, detection_message, status_message, uuid4_of
from headwater.model.detections import Bearing, Detection, Origin

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = Origin(44.0, 19.0)
NODE = uuid4_of("radar")
SEEN = Bearing(row=4, time_s=0.0, sensor=NODE, azimuth=1.25, sigma=0.01, range_m=800.0, range_sigma_m=12.0, kind="boat", size_band="5-14",
               sure=0.75, own="exercise 1")  # fmt: skip


def test_a_direction_comes_back_as_it_was_sent_and_breaks_no_rule() -> None:
    data = bearing_message(SEEN, NODE, NOW)
    assert check_message(data).errors == ()
    found = detection_of(Message.FromString(data), 4, ORIGIN, NOW.timestamp())
    assert isinstance(found, Bearing)
    assert (found.azimuth, found.sigma, found.range_m, found.range_sigma_m, found.sure) == pytest.approx(
        (1.25, 0.01, 800.0, 12.0, 0.75)
    )
    assert (found.kind, found.size_band, found.own, found.sensor, found.row) == ("boat", "5-14", "exercise 1", NODE, 4)


@pytest.mark.parametrize(
    ("system", "angle", "length"), [(1, math.degrees(1), 1), (2, 1, 1), (3, math.degrees(1), 1e-3), (4, 1, 1e-3)]
)
def test_every_unit_of_the_standard_means_the_same(system: int, angle: float, length: float) -> None:
    message = Message.FromString(bearing_message(SEEN, NODE, NOW))
    told = message.detection_report.range_bearing
    told.coordinate_system = system
    told.azimuth, told.range, told.elevation = 0.5 * angle, 1000.0 * length, math.acos(0.8) * angle
    told.azimuth_error, told.range_error = 0.01 * angle, 12.0 * length
    found = detection_of(message, 0, ORIGIN, 0.0)
    assert isinstance(found, Bearing)
    assert (found.azimuth, found.range_m) == pytest.approx((0.5, 800.0))
    assert (found.sigma, found.range_sigma_m) == pytest.approx((0.01, 12.0))


@pytest.mark.parametrize(("field", "value", "why"), [
    ("datum", 2, "magnetic north"), ("datum", 4, "heading"), ("coordinate_system", 0, "units"), ("azimuth", None, "without a bearing"),
])  # fmt: skip
def test_a_bearing_from_another_north_is_refused_by_name(field: str, value: int | None, why: str) -> None:
    message = Message.FromString(bearing_message(SEEN, NODE, NOW))
    told = message.detection_report.range_bearing
    told.ClearField(field) if value is None else setattr(told, field, value)
    with pytest.raises(SchemaError, match=why):
        detection_of(message, 0, ORIGIN, 0.0)


def test_a_node_says_where_it_stands() -> None:
    data = status_message(NODE, NOW, ORIGIN.to_degrees(120.0, -40.0))
    assert check_message(data).errors == ()
    message = Message.FromString(data)
    assert stand_of(message, ORIGIN) == pytest.approx((120.0, -40.0))
    message.status_report.ClearField("node_location")
    assert stand_of(message, ORIGIN) is None


@pytest.mark.parametrize(("zone", "east", "north", "lat", "lon"), [
    ("30U", 699_375.0, 5_710_164.0, 51.507381, -0.126954), ("56H", 334_873.0, 6_252_266.0, -33.857000, 151.214998), ("34N", 500_000.0, 0.0, 0.0, 21.0),
])  # fmt: skip
def test_utm_is_read_as_the_national_surveys_have_it(
    zone: str, east: float, north: float, lat: float, lon: float
) -> None:
    assert from_utm(zone, east, north) == pytest.approx((lat, lon), abs=2e-6)


@pytest.mark.parametrize(("zone", "east"), [("", 5e5), ("61T", 5e5), ("34I", 5e5), ("34T", 9e6), ("34T", math.nan)])
def test_no_zone_or_a_place_far_outside_it_is_refused(zone: str, east: float) -> None:
    with pytest.raises(SchemaError):
        from_utm(zone, east, 5e6)


def test_a_place_in_radians_is_the_same_place() -> None:
    seen = Detection(row=0, time_s=0.0, sensor="s", x=300.0, y=-200.0, sigma_m=5.0)
    message = Message.FromString(detection_message(seen, NODE, NOW, ORIGIN))
    place = message.detection_report.location
    place.coordinate_system = 2
    for name in ("x", "y", "x_error", "y_error"):
        setattr(place, name, math.radians(getattr(place, name)))
    found = detection_of(message, 0, ORIGIN, NOW.timestamp())
    assert isinstance(found, Detection)
    assert (found.x, found.y, found.sigma_m) == pytest.approx((300.0, -200.0, 5.0), rel=1e-6)


@pytest.mark.parametrize("system", [1, 2])
@pytest.mark.parametrize("errors", [(3e-5, 1e-5), (1e-5, 3e-5), (0.0, 2e-5)])
def test_a_place_is_as_unsure_as_its_worse_coordinate(system: int, errors: tuple[float, float]) -> None:
    unit = 1.0 if system == 1 else math.radians(1.0)
    seen = Detection(row=0, time_s=0.0, sensor=NODE, x=120.0, y=-40.0, sigma_m=5.0, kind="boat")
    message = Message.FromString(detection_message(seen, NODE, NOW, ORIGIN))
    told = message.detection_report.location
    told.coordinate_system, told.x, told.y = system, 19.0 * unit, 44.0 * unit
    told.x_error, told.y_error = (one * unit for one in errors)
    east, north = ORIGIN.scale()
    found = detection_of(message, 0, ORIGIN, 0.0)
    assert isinstance(found, Detection)
    assert found.sigma_m == pytest.approx(max(errors[0] * east, errors[1] * north))
