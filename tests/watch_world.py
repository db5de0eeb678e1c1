"""What the tests of watch share: the invented night at the river, and small builders."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from headwater.engines.watch import Post, read_setting
from headwater.engines.watch.post import Alert
from headwater.exercise.river_night import RiverNight, river_night
from headwater.model.detections import Detection


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
