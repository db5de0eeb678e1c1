"""The draft notice to the rescue centre: what a person reads, corrects and sends, within the minute.

It tells what a rescue coordination centre asks first (IAMSAR Manual, volume II: position, time, nature of distress, persons,
craft, weather, help on the way), and what Implementing Regulation (EU) 2021/581, article 20, asks of an event of search and
rescue: inform without delay, and report its closure within 24 hours.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from headwater.engines.watch.danger import Setting
from headwater.engines.watch.post import Alert
from headwater.model.finding import told_score
from headwater.model.times import format_instant

AHEAD_S: Final = (600, 1800, 3600)
DRIFT_SPREAD: Final = 0.2
"""Share of the way by which a drift on a river is unsure on either side."""
CLOSURE_H: Final = 24
PERSONS: Final = "persons-in-water"


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """Where to search after a time: place, m, and radius, m."""

    after_s: int
    x: float
    y: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Notice:
    """A draft for a person: nothing is sent by itself."""

    text: str
    drift: tuple[DriftPoint, ...]
    rescuer: str | None
    minutes: float | None
    close_by: str


def drift_ahead(alert: Alert, setting: Setting) -> tuple[DriftPoint, ...]:
    """Return where the object will be if it only drifts: with the current along the river, from its place and spread."""
    current = setting.current_ms if setting.current_ms is not None else 0.0
    known = setting.current_ms is not None
    points = []
    for after in AHEAD_S:
        # A river's current runs along x; where none is known, the track's own motion is all there is.
        x = alert.x + (current if known else alert.vx) * after
        y = alert.y + (0.0 if known else alert.vy) * after
        points.append(DriftPoint(after, x, y, 15.0 + DRIFT_SPREAD * abs(x - alert.x)))
    return tuple(points)


def draft_notice(alert: Alert, setting: Setting) -> Notice:
    """Return the draft notice of a rescue alert."""
    lon, lat = setting.origin.to_degrees(alert.x, alert.y)
    when = setting.start + timedelta(seconds=alert.t_s)
    drift = drift_ahead(alert, setting)
    help_at = setting.nearest_rescue(alert.x, alert.y)
    close_by = format_instant((when + timedelta(hours=CLOSURE_H)).replace(microsecond=0))
    what = "PERSONS IN THE WATER" if alert.kind == PERSONS else "CRAFT IN DANGER"
    lines = [
        "DRAFT - to the rescue coordination centre - a person checks and sends this",
        f"{what}: {lat:.5f} N {lon:.5f} E (WGS 84) at {format_instant(when.replace(microsecond=0))}",
        f"Certainty {told_score(alert.score, 2):.0%}. Why: {'; '.join(alert.reasons)}.",
        f"Moves {alert.vx:.1f} m/s east, {alert.vy:.1f} m/s north.",
    ]
    for point in drift:
        east, north = setting.origin.to_degrees(point.x, point.y)
        lines.append(
            f"Adrift in {point.after_s // 60} min: {north:.5f} N {east:.5f} E, search radius {point.radius_m:.0f} m"
        )
    if help_at is not None:
        lines.append(f"Nearest help: {help_at[0].name}, about {help_at[1]:.0f} min (not tasked by this notice)")
    lines += [
        f"Rests on {len(alert.evidence)} sensor detections; nobody is identified.",
        f"Article 20 of Regulation (EU) 2021/581: report when the event is closed, at the latest {close_by}.",
    ]
    rescuer, minutes = (None, None) if help_at is None else (help_at[0].name, help_at[1])
    return Notice("\n".join(lines), drift, rescuer, minutes, close_by)
