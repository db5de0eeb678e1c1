"""Places out of directions: a range and a bearing are one place, two bearings from different places cross in one.

Two bearing-only sensors that see several objects at once have false crossings beside the true ones; nothing but a third sensor
or time tells them apart, so all are handed on: a false one costs a look, a missing one may cost a life.
"""

import math
from collections.abc import Mapping
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.detections import COARSEST_M, Bearing, Detection

TOGETHER_S: Final = 3.0
"""Bearings so close in time are of one moment: a boat at 3 m/s has moved by less than their error."""
LEAST_ANGLE: Final = math.radians(12.0)
"""Lines that cross at less say nothing of how far."""
FARTHEST_CROSSING_M: Final = 30_000.0
SAME_SD: Final = 4.0
SAME_RATE: Final = math.radians(1.5)
"""How fast an object may turn about a sensor, rad/s: 3 m/s at 115 m."""
MOST_BEARINGS: Final = 64
"""Bearings of one sensor that are kept for the next sensor to cross."""


class Sightings:
    """Turns bearings into detections as soon as there is enough of them.

    Args:
        places: where each sensor stands, m, as far as that is known beforehand.
    """

    def __init__(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Begin without bearings."""
        self._places = dict(places)
        self._held: dict[str, list[Bearing]] = {}

    def stands(self, sensor: str, x: float, y: float) -> bool:
        """Take in where a sensor stands now; return whether that is news."""
        news = self._places.get(sensor) != (x, y)
        self._places[sensor] = (x, y)
        return news

    def take(self, seen: Bearing) -> list[Detection]:
        """Return the places that a bearing gives with those before it.

        Raises:
            SchemaError: nobody has said where the sensor stands, or the place is too far off.
        """
        stand = self._places.get(seen.sensor)
        if stand is None:
            raise SchemaError(
                "range and bearing of a sensor whose own place is not known", where=Place(field="location")
            )
        if seen.range_m is not None:
            return [_located(seen, stand, seen.range_m)]
        found = [
            one
            for sensor, bearings in sorted(self._held.items())
            if sensor != seen.sensor
            for other in bearings
            if abs(seen.time_s - other.time_s) <= TOGETHER_S
            and (one := _crossing(seen, stand, other, self._places[sensor])) is not None
        ]
        held = [one for one in self._held.get(seen.sensor, []) if not _is_past(one, seen)]
        self._held[seen.sensor] = [*held[1 - MOST_BEARINGS :], seen]
        return found


def _is_past(old: Bearing, new: Bearing) -> bool:
    """Return whether a bearing is too old, or a newer one of the same sensor is of the same object."""
    late = new.time_s - old.time_s
    apart = abs(math.remainder(new.azimuth - old.azimuth, math.tau))
    return late > TOGETHER_S or (late > 0.0 and apart <= SAME_SD * new.sigma + SAME_RATE * late)


def _located(seen: Bearing, stand: tuple[float, float], range_m: float) -> Detection:
    x, y = stand[0] + range_m * math.sin(seen.azimuth), stand[1] + range_m * math.cos(seen.azimuth)
    sigma = math.sqrt((seen.range_sigma_m**2 + (range_m * seen.sigma) ** 2) / 2.0)
    return _made(seen, x, y, min(sigma, COARSEST_M))


def _crossing(
    seen: Bearing, stand: tuple[float, float], other: Bearing, there: tuple[float, float]
) -> Detection | None:
    """Return where two bearings cross; None where they do not, or so flatly that it says nothing."""
    if "unknown" not in (seen.kind, other.kind) and seen.kind != other.kind:
        return None
    turn = math.sin(seen.azimuth - other.azimuth)
    if abs(turn) < math.sin(LEAST_ANGLE):
        return None
    dx, dy = there[0] - stand[0], there[1] - stand[1]
    # Along each line: Cramer's rule on stand + far * u = there + yon * v.
    far = (dy * math.sin(other.azimuth) - dx * math.cos(other.azimuth)) / -turn
    yon = (dy * math.sin(seen.azimuth) - dx * math.cos(seen.azimuth)) / -turn
    if not (0.0 < far <= FARTHEST_CROSSING_M and 0.0 < yon <= FARTHEST_CROSSING_M):
        return None
    # Each line is unsure across itself; the two together have this mean variance on each axis.
    across = ((far * seen.sigma) ** 2 + (yon * other.sigma) ** 2) / turn**2
    sigma = math.sqrt(across / 2.0)
    if sigma > COARSEST_M:
        return None
    x, y = stand[0] + far * math.sin(seen.azimuth), stand[1] + far * math.cos(seen.azimuth)
    surer = max(seen, other, key=lambda one: (one.kind != "unknown", one.sure))
    return _made(seen, x, y, sigma, other, surer)


def _made(
    seen: Bearing, x: float, y: float, sigma_m: float, other: Bearing | None = None, named: Bearing | None = None
) -> Detection:
    named = named or seen
    return Detection(
        row=seen.row, time_s=seen.time_s, sensor=seen.sensor if other is None else _pair(seen.sensor, other.sensor), x=x, y=y,
        sigma_m=sigma_m, kind=named.kind, size_band=named.size_band, sure=named.sure, own=named.own,
        with_rows=() if other is None else (other.row,),
    )  # fmt: skip


def _pair(first: str, second: str) -> str:
    return " x ".join(sorted((first, second)))
