"""The danger index is a sum of parts that can be read one by one."""

from typing import Any

import pytest

from headwater.engines.watch.danger import craft_part, read_setting, surroundings
from headwater.errors import SchemaError
from tests.watch_world import night, weights


def parts(time_s: float = 0.0, **changes: Any) -> dict[str, float]:
    setting = read_setting({**night().context, **changes})
    return {part.name: part.points for part in surroundings(setting, time_s, 0.0, 50.0, weights())}


def test_every_part_of_a_bad_night_is_named() -> None:
    assert set(parts()) == {"light", "water", "current", "rise", "visibility"}


@pytest.mark.parametrize(
    ("name", "value", "part", "points"),
    [
        ("water_temperature_c", 20.0, "water", None),
        ("water_temperature_c", 4.0, "water", 2.0),
        ("water_temperature_c", None, "water", 0.7),
        ("current_ms", 0.2, "current", None),
        ("level_rise_m_per_h", 0.6, "rise", 1.3),
        ("visibility_m", 9000.0, "visibility", None),
        ("rescue_points", [], "help", 0.4),
    ],
)
def test_a_part_follows_what_is_known(name: str, value: object, part: str, points: float | None) -> None:
    changes: dict[str, Any] = {name: value}
    assert parts(**changes).get(part) == points


@pytest.mark.parametrize(("hour", "points"), [(0, 1.0), (5, 0.7), (9, None), (13.5, 0.7), (15, 1.0)])
def test_light_follows_the_hour(hour: float, points: float | None) -> None:
    # second 0 is 01:10 UTC; the sun is up from 05:55 to 15:05
    assert parts(hour * 3600.0).get("light") == points


def test_an_unknown_load_is_not_taken_for_an_empty_boat() -> None:
    assert craft_part("", weights()).points > craft_part("1-4", weights()).points
    assert craft_part("15-30", weights()).points == craft_part("30+", weights()).points


@pytest.mark.parametrize(
    "spoiled",
    [
        {"start": "yesterday"},
        {"origin": None},
        {"water_temperature_c": "cold"},
        {"current_ms": True},
        {"rescue_points": [{}]},
    ],
)
def test_a_context_that_makes_no_sense_is_refused(spoiled: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        read_setting({**night().context, **spoiled})


def test_a_context_without_a_start_is_refused() -> None:
    with pytest.raises(SchemaError, match="missing"):
        read_setting({"origin": {"lat": 1, "lon": 1}})


def test_the_nearest_help_is_the_one_that_is_there_first() -> None:
    setting = read_setting(night().context)
    found = setting.nearest_rescue(-2100.0, -300.0)
    assert found is not None
    assert found[0].name == "exercise watch 1"


def test_the_order_in_which_steps_stand_changes_nothing() -> None:
    setting = read_setting(night().context)
    given = weights()
    turned = {
        name: dict(reversed(levels.items())) if isinstance(levels, dict) else levels for name, levels in given.items()
    }
    for celsius in (-1.0, 4.9, 5.0, 7.0, 12.0, 18.0, 30.0):
        here = read_setting({**night().context, "water_temperature_c": celsius, "level_rise_m_per_h": celsius / 20.0})
        assert surroundings(here, 0.0, 0.0, 50.0, given) == surroundings(here, 0.0, 0.0, 50.0, turned)
    assert surroundings(setting, 0.0, 0.0, 50.0, given) == surroundings(setting, 0.0, 0.0, 50.0, turned)
