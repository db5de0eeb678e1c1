"""What the tests of watch share: the invented night at the river, as places and as directions, and small builders."""

import json
import math
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from headwater.engines.watch import Post, read_setting
from headwater.engines.watch.post import Alert
from headwater.exercise.river_night import ORIGIN, START, RiverNight, river_night
from headwater.formats.sapient_write import bearing_message, status_message, uuid4_of
from headwater.model.detections import Bearing, Detection

RADAR, WEST, EAST = uuid4_of("radar"), uuid4_of("west"), uuid4_of("east")
STANDS = {RADAR: (-400.0, -30.0), WEST: (-250.0, -20.0), EAST: (380.0, -20.0)}


@cache
def night(*, boat: bool = True) -> RiverNight:
    """The night of the exercise, with or without the boat."""
    return river_night(boat=boat)


def weights() -> dict[str, Any]:
    """The points of the danger index as they ship."""
    found: dict[str, Any] = json.loads(files("headwater.node").joinpath("data/danger.json").read_bytes())
    return found


def alerts_of(detections: tuple[Detection, ...], **changes: Any) -> list[Alert]:
    """The alerts that detections raise on the river of the exercise, with some of what is known of it changed."""
    return list(Post(read_setting({**night().context, **changes}), weights()).run(detections))


def seen(time_s: float, y: float, **more: Any) -> Detection:
    """One detection of a boat at a place across the river."""
    values: dict[str, Any] = {
        "row": int(time_s),
        "sensor": "test",
        "x": 0.0,
        "sigma_m": 3.0,
        "kind": "boat",
        "sure": 0.8,
    }
    return Detection(time_s=time_s, y=y, **{**values, **more})


def direction(seen: Detection, sensor: str, row: int, *, ranged: bool) -> bytes:
    """A detection as a sensor sees it that knows no place of what it sees."""
    stand = STANDS[sensor]
    dx, dy = seen.x - stand[0], seen.y - stand[1]
    far = math.hypot(dx, dy)
    told = Bearing(
        row=row, time_s=seen.time_s, sensor=sensor, azimuth=math.atan2(dx, dy), sigma=seen.sigma_m / far,
        range_m=far if ranged else None, range_sigma_m=seen.sigma_m, kind=seen.kind, size_band=seen.size_band, sure=seen.sure,
        own=seen.own,
    )  # fmt: skip
    return bearing_message(told, sensor, START + timedelta(seconds=seen.time_s))


def stands() -> list[bytes]:
    """Where the sensors say that they stand."""
    return [status_message(sensor, START, ORIGIN.to_degrees(*place)) for sensor, place in STANDS.items()]


def by_radar() -> list[bytes]:
    """The night as one radar sees it that knows ranges and bearings."""
    return [direction(one, RADAR, row, ranged=True) for row, one in enumerate(night().detections)]


def by_cameras() -> list[bytes]:
    """Two cameras that know bearings alone; each sees what the sensors of the night saw at that moment."""
    return [
        direction(one, sensor, 2 * row + at, ranged=False)
        for row, one in enumerate(night().detections)
        for at, sensor in enumerate((WEST, EAST))
    ]
