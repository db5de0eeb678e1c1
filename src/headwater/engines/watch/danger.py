"""The danger index: a sum of named parts that a person can read, weigh and dispute.

The weights stand in a data file that the node hands over, so that an authority can see them and set its own. A part of
which nothing is known adds its `unknown` weight, not nothing: what nobody measured is not thereby safe.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.detections import FARTHEST_M, Origin
from headwater.model.times import parse_instant

TWILIGHT: Final = timedelta(minutes=40)
BANDS_OF: Final = {"1-4": "few", "5-14": "loaded", "15-30": "overloaded", "30+": "overloaded"}


@dataclass(frozen=True, slots=True)
class RescuePoint:
    """Where help starts from: place in metres, minutes until it moves, its speed."""

    name: str
    x: float
    y: float
    ready_min: float
    speed_ms: float = 8.0

    def minutes_to(self, x: float, y: float) -> float:
        """Return the minutes until help is at a place, as the crow flies."""
        return self.ready_min + ((x - self.x) ** 2 + (y - self.y) ** 2) ** 0.5 / self.speed_ms / 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the post knows of its place and hour; None where it is not known.

    Attributes:
        origin: where the metres begin.
        start: the moment of second 0, UTC.
        near_bank_y, far_bank_y: the banks, m north; water between them.
        border_y: the border, m north.
        sensors: where those stand that report a direction, m east and north, by the name under which they report.
    """

    origin: Origin
    start: datetime
    near_bank_y: float | None = None
    far_bank_y: float | None = None
    border_y: float | None = None
    sunrise: datetime | None = None
    sunset: datetime | None = None
    water_temperature_c: float | None = None
    level_rise_m_per_h: float | None = None
    current_ms: float | None = None
    visibility_m: float | None = None
    registered_craft: frozenset[str] = frozenset()
    rescue_points: tuple[RescuePoint, ...] = ()
    sensors: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def on_water(self, y: float, margin: float = 0.0) -> bool:
        """Return whether a place lies between the banks, further from both than a margin."""
        if self.near_bank_y is None or self.far_bank_y is None:
            return True
        low, high = sorted((self.near_bank_y, self.far_bank_y))
        return low + margin < y < high - margin

    def nearest_rescue(self, x: float, y: float) -> tuple[RescuePoint, float] | None:
        """Return who is there first, and in how many minutes."""
        ways = [(point.minutes_to(x, y), point.name, point) for point in self.rescue_points]
        if not ways:
            return None
        minutes, _, point = min(ways)
        return point, minutes


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the index: its name, what it adds, and why."""

    name: str
    points: float
    text: str


Weights = Mapping[str, Mapping[str, float]]
"""Part, then level of it, to points; `threshold` holds the index from which a craft is in danger."""


def read_setting(given: Mapping[str, object]) -> Setting:
    """Return the setting that a context document describes.

    Raises:
        SchemaError: a field is missing or of another kind.
    """
    try:
        origin, river = _mapping(given, "origin"), _mapping(given, "river", {})
        craft = given.get("registered_craft") or []
        points = given.get("rescue_points") or []
        if not isinstance(craft, list) or not isinstance(points, list):
            raise SchemaError("not a list", where=Place(field="registered_craft"))
        begin = Origin(float(_number(origin, "lat") or 0.0), float(_number(origin, "lon") or 0.0))
        return Setting(
            origin=begin,
            start=parse_instant(str(given["start"]), field="start"),
            near_bank_y=_number(river, "near_bank_y"),
            far_bank_y=_number(river, "far_bank_y"),
            border_y=_number(given, "border_y"),
            sunrise=_instant(given, "sunrise"),
            sunset=_instant(given, "sunset"),
            water_temperature_c=_number(given, "water_temperature_c"),
            level_rise_m_per_h=_number(given, "level_rise_m_per_h"),
            current_ms=_number(given, "current_ms"),
            visibility_m=_number(given, "visibility_m"),
            registered_craft=frozenset(str(one["name"]) for one in craft),
            rescue_points=tuple(
                RescuePoint(str(one["name"]), float(one["x"]), float(one["y"]), float(one.get("ready_min", 0.0)))
                for one in points
            ),
            sensors={
                name: _stand(_mapping(_mapping(given, "sensors"), name), begin)
                for name in _mapping(given, "sensors", {})
            },
        )
    except KeyError as error:
        raise SchemaError("missing in the context", where=Place(field=str(error.args[0]))) from error
    except (TypeError, ValueError) as error:
        raise SchemaError("a context with a value of another kind", where=Place(field="context")) from error


def _stand(given: Mapping[str, object], origin: Origin) -> tuple[float, float]:
    """Return where a sensor stands, m, given in metres or in degrees."""
    east, north = ("x", "y") if "x" in given else ("lon", "lat")
    a, b = _number(given, east), _number(given, north)
    if a is None or b is None:
        raise SchemaError("a sensor without x and y, or lon and lat", where=Place(field="sensors"))
    if east == "lon" and not (abs(b) <= 90.0 and abs(a) <= 180.0):  # noqa: PLR2004 - degrees
        raise SchemaError("no place on the globe", where=Place(field="sensors"))
    x, y = (a, b) if east == "x" else origin.to_metres(a, b)
    if max(abs(x), abs(y)) > FARTHEST_M:
        raise SchemaError("a sensor over 200 km from the origin", where=Place(field="sensors"))
    return x, y


def surroundings(setting: Setting, time_s: float, x: float, y: float, weights: Weights) -> list[Part]:
    """Return the parts of the index that place and hour alone give."""
    parts = [_light(setting, time_s, weights["light"])]
    parts += _steps(setting.water_temperature_c, weights["water"], "water", _water_text)
    parts += _steps(setting.current_ms, weights["current"], "current", _current_text)
    parts += _steps(setting.level_rise_m_per_h, weights["rise"], "rise", _rise_text)
    parts += _steps(setting.visibility_m, weights["visibility"], "visibility", _visibility_text)
    help_at = setting.nearest_rescue(x, y)
    minutes = None if help_at is None else help_at[1]
    parts += _steps(minutes, weights["help"], "help", _help_text)
    return [part for part in parts if part.points]


def craft_part(band: str, weights: Weights) -> Part:
    """Return the part that the load of a craft gives."""
    level = BANDS_OF.get(band, "unknown")
    text = f"a boat with {band} persons" if band else "a boat, its load not seen"
    return Part("craft", weights["craft"][level], text)


def _light(setting: Setting, time_s: float, weights: Mapping[str, float]) -> Part:
    if setting.sunrise is None or setting.sunset is None:
        return Part("light", weights["unknown"], "it is not known whether it is dark")
    now = setting.start + timedelta(seconds=time_s)
    # Sunrise and sunset are those of one day; the days around it differ by minutes.
    clock = _day_seconds(now)
    rise, sets, dusk = _day_seconds(setting.sunrise), _day_seconds(setting.sunset), TWILIGHT.total_seconds()
    if rise + dusk <= clock <= sets - dusk:
        return Part("light", weights["day"], "by day")
    if rise <= clock <= sets:
        return Part("light", weights["twilight"], "at dawn or dusk")
    return Part("light", weights["dark"], "in the dark")


def _day_seconds(moment: datetime) -> float:
    return moment.hour * 3600.0 + moment.minute * 60.0 + moment.second


def _steps(value: float | None, weights: Mapping[str, float], name: str, text: "object") -> list[Part]:
    """Return the part of the nearest step that the value is within; steps are named by ``<=N`` or ``>=N``, in any order.

    Canonical JSON sorts names: a step must not depend on where it stands.
    """
    if value is None:
        return [Part(name, weights["unknown"], f"{name} is not known")]
    within = [
        (abs(float(step[2:]) - value), points)
        for step, points in weights.items()
        if (step[:2] == "<=" and value <= float(step[2:])) or (step[:2] == ">=" and value >= float(step[2:]))
    ]
    if not within:
        return []
    return [Part(name, min(within)[1], text(value))]  # type: ignore[operator] # one of the functions below


def _water_text(value: float) -> str:
    return f"water of {value:.0f} °C"


def _current_text(value: float) -> str:
    return f"a current of {value:.1f} m/s"


def _rise_text(value: float) -> str:
    return f"the water rises by {value * 100:.0f} cm an hour"


def _visibility_text(value: float) -> str:
    return f"visibility {value:.0f} m"


def _help_text(value: float) -> str:
    return f"help needs {value:.0f} minutes"


def _mapping(
    given: Mapping[str, object], name: str, missing: Mapping[str, object] | None = None
) -> Mapping[str, object]:
    found = given.get(name, missing)
    if not isinstance(found, Mapping):
        raise SchemaError("missing in the context, or no object", where=Place(field=name))
    return found


def _number(given: Mapping[str, object], name: str) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):  # noqa: PLR0124
        raise SchemaError("no number", where=Place(field=name))
    return float(value)


def _instant(given: Mapping[str, object], name: str) -> datetime | None:
    value = given.get(name)
    return None if value is None else parse_instant(str(value), field=name)
