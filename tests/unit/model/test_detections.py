"""A detection that exists makes sense, and has no place for a person."""

import dataclasses
import math
from typing import Any

import pytest

from headwater.errors import SchemaError
from headwater.model.detections import CLASSES, Detection, Origin

GOOD: dict[str, Any] = {"row": 0, "time_s": 1.0, "sensor": "radar", "x": 1.0, "y": 2.0}


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("time_s", math.nan, "t_s"),
        ("x", math.inf, "x"),
        ("y", -math.inf, "y"),
        ("x", 200_001.0, "x"),
        ("sensor", "", "sensor"),
        ("sigma_m", 0.0, "sigma_m"),
        ("sigma_m", -1.0, "sigma_m"),
        ("sigma_m", 10_001.0, "sigma_m"),
        ("sigma_m", math.nan, "sigma_m"),
        ("sure", 1.01, "sure"),
        ("sure", -0.01, "sure"),
        ("kind", "face", "class"),
        ("kind", "person", "class"),
        ("size_band", "17", "size_band"),
    ],
)
def test_what_no_sensor_can_have_seen_is_refused_by_its_field(field: str, value: object, named: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Detection(**{**GOOD, field: value})
    assert caught.value.where.field == named
    assert Detection(**GOOD).kind == "unknown"


def test_nothing_in_a_detection_can_identify_a_person() -> None:
    fields = {field.name for field in dataclasses.fields(Detection)}
    place = {"row", "with_rows", "time_s", "sensor", "x", "y", "sigma_m"}
    assert fields == place | {"kind", "size_band", "sure", "own", "implausible"}
    assert "person" not in CLASSES
    assert not hasattr(Detection(**GOOD), "__dict__")


def test_metres_and_degrees_lead_back_to_each_other() -> None:
    origin = Origin(44.26, 19.38)
    lon, lat = origin.to_degrees(1234.5, -678.9)
    assert origin.to_metres(lon, lat) == pytest.approx((1234.5, -678.9))
    assert origin.scale() == pytest.approx((79_880, 111_117), abs=60)


def test_an_origin_off_the_globe_is_refused() -> None:
    with pytest.raises(SchemaError, match="globe"):
        Origin(90.0, 0.0)
