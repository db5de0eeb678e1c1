"""Leeway drift: where an object on the water may be after some hours, as a cloud of particles.

Allen and Plourde 1999, Review of Leeway (US Coast Guard CG-D-08-99): an object drifts downwind and across the wind by a slope
(per cent of the wind) and an offset (cm/s), each with a spread; half of the objects of a kind sail right of downwind, half
left, and now and then one jibes to the other side.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.forecast_kernel import normals, uniform
from headwater.engines.watch.kernels import kernel
from headwater.errors import Place, SchemaError

Floats = NDArray[np.float64]

EARTH_M: Final = 6_371_000.0
NAMES: Final = (
    "DWSLOPE", "DWOFFSET", "DWSTD", "CWRSLOPE", "CWROFFSET", "CWRSTD", "CWLSLOPE", "CWLOFFSET", "CWLSTD",
)  # fmt: skip
MOST_PARTICLES: Final = 1_000_000
MOST_HOURS: Final = 240.0
MOST_STEPS: Final = 100_000
SIDES: Final = {"right": 1.0, "left": -1.0}
PERSON_IN_WATER: Final = {
    "DWSLOPE": 0.96, "DWOFFSET": 0.0, "DWSTD": 12.0, "CWRSLOPE": 0.54, "CWROFFSET": 0.0, "CWRSTD": 9.4,
    "CWLSLOPE": -0.54, "CWLOFFSET": 0.0, "CWLSTD": 9.4,
}  # fmt: skip
"""Person in water, state unknown (Allen and Plourde 1999, table of mean values)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftCase:
    """One question of drift.

    Attributes:
        coefficients: by `NAMES`; slopes in per cent of the wind, offsets and spreads in cm/s.
        lon, lat: where it was last seen, degrees.
        wind_e_ms, wind_n_ms: where the wind blows to, m/s; one value for each hour, the last holds on.
        current_e_ms, current_n_ms: the water's motion, in the same way.
        hours: how long.
        step_s: length of a step.
        particles: how many.
        jibe_per_h: chance of a jibe in an hour.
        positive_crosswind: the side that a positive crosswind slope means: ``right`` of downwind as published, or ``left``.
        seed: which draws.
    """

    coefficients: Mapping[str, float]
    lon: float
    lat: float
    wind_e_ms: tuple[float, ...]
    wind_n_ms: tuple[float, ...]
    current_e_ms: tuple[float, ...]
    current_n_ms: tuple[float, ...]
    hours: float
    step_s: float = 600.0
    particles: int = 5000
    jibe_per_h: float = 0.04
    positive_crosswind: str = "right"
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned."""
        missing = [name for name in NAMES if not math.isfinite(self.coefficients.get(name, math.nan))]
        if missing:
            raise SchemaError("a coefficient is missing or no number", where=Place(field=missing[0]))
        if not 0.0 < self.hours <= MOST_HOURS or not self.step_s >= 1.0 or self.hours * 3600 / self.step_s > MOST_STEPS:
            raise SchemaError("not above 0 and at most 240 hours, in at most 100,000 steps", where=Place(field="hours"))
        if not 1 <= self.particles <= MOST_PARTICLES:
            raise SchemaError("not between 1 and 1,000,000", where=Place(field="particles"))
        if self.positive_crosswind not in SIDES:
            raise SchemaError("neither right nor left", where=Place(field="positive_crosswind"))
        if not (abs(self.lat) < 90.0 and abs(self.lon) <= 180.0):
            raise SchemaError("no place on the globe", where=Place(field="start"))
        for name in ("wind_e_ms", "wind_n_ms", "current_e_ms", "current_n_ms"):
            values: tuple[float, ...] = getattr(self, name)
            if not values or not all(math.isfinite(value) for value in values):
                raise SchemaError("no numbers", where=Place(field=name))
        if not 0.0 <= self.jibe_per_h <= 1.0:
            raise SchemaError("not between 0 and 1", where=Place(field="jibe_probability_per_h"))


def read_case(given: Mapping[str, object]) -> DriftCase:
    """Return the question that a document asks.

    Raises:
        SchemaError: a field is missing or impossible.
    """
    try:
        start, told = given["start"], given["coefficients"]
        if not isinstance(start, Mapping) or not isinstance(told, Mapping):
            raise SchemaError("no object", where=Place(field="start"))
        return DriftCase(
            coefficients={str(name): float(value) for name, value in told.items()},
            lon=float(start["lon"]),
            lat=float(start["lat"]),
            wind_e_ms=_hourly(given["wind_e_ms"]),
            wind_n_ms=_hourly(given["wind_n_ms"]),
            current_e_ms=_hourly(given.get("current_e_ms", 0.0)),
            current_n_ms=_hourly(given.get("current_n_ms", 0.0)),
            hours=float(str(given["hours"])),
            step_s=float(str(given.get("step_s", 600.0))),
            particles=int(str(given.get("particles", 5000))),
            jibe_per_h=float(str(given.get("jibe_probability_per_h", 0.04))),
            positive_crosswind=str(given.get("positive_crosswind", "right")),
            seed=int(str(given.get("seed", 1))),
        )
    except KeyError as error:
        raise SchemaError("missing in the case", where=Place(field=str(error.args[0]))) from error
    except (TypeError, ValueError) as error:
        raise SchemaError("a case with a value of another kind", where=Place(field="case")) from error


def _hourly(value: object) -> tuple[float, ...]:
    return tuple(float(one) for one in value) if isinstance(value, list) else (float(str(value)),)


def leeway_drift(case: DriftCase) -> Floats:
    """Return where each particle is at the end.

    Shape: -> (particles, 2) longitude, latitude.  Units: degrees.
    """
    steps = max(1, round(case.hours * 3600.0 / case.step_s))
    hours = math.ceil(case.hours)
    field = np.empty((hours, 4))
    for at, name in enumerate(("wind_e_ms", "wind_n_ms", "current_e_ms", "current_n_ms")):
        values: tuple[float, ...] = getattr(case, name)
        field[:, at] = [values[min(hour, len(values) - 1)] for hour in range(hours)]
    told = np.array([case.coefficients[name] for name in NAMES])
    return spread(
        case.particles, steps, case.hours * 3600.0 / steps, case.lon, case.lat, told, field, case.jibe_per_h,
        SIDES[case.positive_crosswind], case.seed,
    )  # fmt: skip


@kernel
def spread(
    particles: int, steps: int, step_s: float, lon: float, lat: float, told: Floats, field: Floats, jibe_per_h: float,
    side: float, seed: int,
) -> Floats:  # fmt: skip
    """Return where each particle is after all steps; every second one begins left of downwind."""
    out = np.empty((particles, 2))
    jibe = jibe_per_h * step_s / 3600.0
    degree = np.pi / 180.0 * EARTH_M
    draws = normals(2 * particles, seed)
    for k in range(particles):
        e, attempt = draws[2 * k], 0
        while told[0] + e * told[2] / 20.0 < 0.0 and attempt < 100:  # an object does not drift against the wind
            attempt += 1
            e = normals(2, seed + 7919 * (k + 1) + attempt)[0]
        down_slope, down_offset = told[0] + e * told[2] / 20.0, told[1] + e * told[2] / 2.0
        first = 3 if k % 2 == 0 else 6
        e = draws[2 * k + 1]
        slope, loose = told[first], e * told[first + 2] / 20.0
        offset = told[first + 1] + e * told[first + 2] / 2.0
        x, y = lon, lat
        for s in range(steps):
            hour = min(int((s + 0.5) * step_s / 3600.0), len(field) - 1)
            we, wn = field[hour, 0], field[hour, 1]
            wind = np.sqrt(we * we + wn * wn)
            ve, vn = field[hour, 2], field[hour, 3]
            if wind > 0.0:
                down = (down_slope * wind + down_offset) / 100.0
                across = side * ((slope + loose) * wind + offset) / 100.0
                ve += (down * we + across * wn) / wind
                vn += (down * wn - across * we) / wind
            x += ve * step_s / (degree * np.cos(y * np.pi / 180.0))
            y += vn * step_s / degree
            if uniform((seed * 1009 + k) * 131071 + s) < jibe:
                slope = -slope
        out[k, 0], out[k, 1] = x, y
    return out
