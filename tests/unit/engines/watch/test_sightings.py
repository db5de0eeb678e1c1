"""Directions become places: with a range at once, without one where two cross."""

import math
from random import Random

import pytest

from headwater.engines.watch import Sightings
from headwater.errors import SchemaError
from headwater.model.detections import Bearing, Detection

WEST, EAST = (-300.0, 0.0), (300.0, 0.0)
PLACES = {"west": WEST, "east": EAST}


def bearing(time_s: float, sensor: str, x: float, y: float, **more: object) -> Bearing:
    stand = PLACES[sensor]
    values: dict[str, object] = {"row": int(time_s * 10), "sigma": 0.004, "kind": "boat", "sure": 0.8, **more}
    azimuth = math.atan2(x - stand[0], y - stand[1])
    return Bearing(time_s=time_s, sensor=sensor, azimuth=azimuth, **values)  # type: ignore[arg-type] # spelt out above


def test_a_range_and_a_bearing_are_a_place() -> None:
    [seen] = Sightings(PLACES).take(bearing(1.0, "west", 0.0, 400.0, range_m=500.0, range_sigma_m=10.0))
    assert (seen.x, seen.y) == pytest.approx((0.0, 400.0))
    assert seen.sigma_m == pytest.approx(math.sqrt((10.0**2 + 2.0**2) / 2.0))
    assert (seen.kind, seen.sensor, seen.with_rows) == ("boat", "west", ())


def test_two_bearings_cross_in_one_place_as_unsure_as_their_angle_makes_it() -> None:
    sightings = Sightings(PLACES)
    assert sightings.take(bearing(1.0, "west", 0.0, 300.0)) == []
    [seen] = sightings.take(bearing(1.2, "east", 0.0, 300.0, size_band="5-14", sure=0.9))
    assert (seen.x, seen.y) == pytest.approx((0.0, 300.0))
    assert (seen.row, seen.with_rows, seen.size_band, seen.sure) == (12, (10,), "5-14", 0.9)
    assert seen.sigma_m == pytest.approx(math.hypot(300.0, 300.0) * 0.004)  # at a right angle: each line's own error


def test_the_error_that_is_told_is_the_error_that_is_made() -> None:
    draw, off, told = Random(5), [], []
    for number in range(400):
        found: list[Detection] = []
        sightings, x, y = Sightings(PLACES), draw.uniform(-200.0, 200.0), draw.uniform(150.0, 600.0)
        for sensor in PLACES:
            one = bearing(float(number), sensor, x, y)
            blurred = Bearing(
                row=1, time_s=one.time_s, sensor=sensor, azimuth=one.azimuth + draw.gauss(0.0, 0.004), sigma=0.004
            )
            found = sightings.take(blurred)
        off.append((found[0].x - x) ** 2 + (found[0].y - y) ** 2)
        told.append(2.0 * found[0].sigma_m ** 2)
    assert sum(off) / sum(told) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("other", [
    bearing(1.0, "east", 900.0, 300.0), bearing(9.0, "east", 0.0, 300.0), bearing(1.0, "east", 0.0, 300.0, kind="animal"),
    bearing(1.0, "east", 0.0, -300.0), bearing(1.0, "west", 0.0, 300.0),
])  # fmt: skip
def test_what_does_not_cross_gives_no_place(other: Bearing) -> None:
    sightings = Sightings(PLACES)
    sightings.take(bearing(1.0, "west", 0.0, 300.0))
    assert sightings.take(other) == []


def test_of_an_object_that_moves_only_the_newest_bearing_is_crossed() -> None:
    sightings = Sightings(PLACES)
    for time_s in (1.0, 1.5, 2.0):
        sightings.take(bearing(time_s, "west", time_s, 300.0))
    assert len(sightings.take(bearing(2.0, "east", 2.0, 300.0))) == 1


def test_two_objects_before_two_sensors_cross_at_the_true_places_too() -> None:
    sightings = Sightings(PLACES)
    for x in (-100.0, 100.0):
        sightings.take(bearing(1.0, "west", x, 300.0))
    found = [one for x in (-100.0, 100.0) for one in sightings.take(bearing(1.0, "east", x, 300.0))]
    places = {(round(one.x), round(one.y)) for one in found}
    assert {(-100, 300), (100, 300)} <= places
    assert len(found) == 4


def test_a_sensor_whose_place_nobody_knows_is_refused_until_it_says() -> None:
    sightings = Sightings({"west": WEST})
    with pytest.raises(SchemaError, match="place is not known"):
        sightings.take(bearing(1.0, "east", 0.0, 300.0))
    assert sightings.stands("east", *EAST)
    assert not sightings.stands("east", *EAST)
    assert sightings.take(bearing(1.0, "east", 0.0, 300.0)) == []


@pytest.mark.parametrize("wrong", [
    {"azimuth": math.nan}, {"azimuth": 20.0}, {"sigma": 0.0}, {"sigma": 1.0}, {"range_m": -1.0}, {"range_m": 3e5}, {"range_sigma_m": 0.0},
    {"time_s": math.inf},
])  # fmt: skip
def test_a_direction_that_makes_no_sense_is_none(wrong: dict[str, float]) -> None:
    values: dict[str, object] = {"row": 0, "time_s": 0.0, "sensor": "s", "azimuth": 0.0, "sigma": 0.01, **wrong}
    with pytest.raises(SchemaError):
        Bearing(**values)  # type: ignore[arg-type] # wrong on purpose
