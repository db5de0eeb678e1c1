"""The river of the exercise: an invented night on an invented stretch, drawn from a seed; nobody in it exists.

Two sensors on one bank see a boat leave, loaded, in the dark, over cold and rising water; a registered boat keeps watch further
down; an animal swims; driftwood passes; somebody walks on the bank far off, and is nobody's business.
"""

import json
import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from headwater.formats.safe_csv import csv_bytes
from headwater.formats.sapient import frame
from headwater.formats.sapient_write import detection_message, uuid4_of
from headwater.model.detections import Detection, Origin

SEED: Final = 2026
WIDTH_M: Final = 160.0
ORIGIN: Final = Origin(44.0, 19.0)
"""Where the exercise puts its river; no real crossing is meant."""
START: Final = datetime.fromisoformat("2026-11-25T01:10:00+00:00")
SENSORS: Final = (("exercise-thermal", 2, 3.0), ("exercise-radar", 4, 8.0))
COLUMNS: Final = ("t_s", "sensor", "x", "y", "sigma_m", "class", "size_band", "sure", "own")


@dataclass(frozen=True, slots=True)
class RiverNight:
    """One night: what the sensors report, what the post knows, and when the boat is where.

    Attributes:
        detections: in order of time.
        context: what the post knows.
        leaves_s, middle_s: when the boat leaves the bank and reaches mid-river; None where none leaves.
    """

    detections: tuple[Detection, ...]
    context: dict[str, Any]
    leaves_s: float | None
    middle_s: float | None


def river_night(seed: int = SEED, *, boat: bool = True, minutes: float = 15.0) -> RiverNight:
    """Return a night with or without the boat."""
    draw = random.Random(seed)
    rows: list[tuple[float, str, float, float, float, str, str, float, str]] = []

    def see(time_s: int, x: float, y: float, kind: str, band: str, sure: float, own: str = "") -> None:
        for name, period, sigma in SENSORS:
            if time_s % period == 0 and draw.random() < 0.85:
                blurred = draw.random() < 0.25
                rows.append(
                    (time_s, name, x + draw.gauss(0, sigma), y + draw.gauss(0, sigma), sigma, "unknown" if blurred else kind,
                     band if draw.random() < 0.5 else "", min(max((sure / 2 if blurred else sure) + draw.gauss(0, 0.06), 0.05), 0.99), own)
                )  # fmt: skip

    end, current, speed = int(minutes * 60), 1.5, draw.uniform(0.8, 1.1)
    leaves = int(draw.uniform(200, 300))
    for time_s in range(end):
        see(time_s, -180 + 60 * math.sin(time_s / 90), WIDTH_M * 0.35, "boat", "1-4", 0.9, "exercise watch 1")
        if 60 <= time_s < 160:
            see(time_s, 140 - 0.4 * (time_s - 60), 20 + 0.5 * (time_s - 60), "animal", "", 0.6)
        if 400 <= time_s < 520:
            see(time_s, -220 + current * (time_s - 400), 0.6 * WIDTH_M, "boat", "", 0.35)
        if 500 <= time_s < 600:
            see(time_s, 420 + 0.5 * (time_s - 500), -25, "person-group", "1-4", 0.6)
        if boat and leaves - 80 <= time_s < leaves:
            see(time_s, 60 + draw.gauss(0, 1), -4, "person-group", "15-30", 0.75)
            see(time_s, 61, -1, "boat", "", 0.7)
        if boat and leaves <= time_s < leaves + WIDTH_M / speed:
            see(time_s, 60 + 0.6 * current * (time_s - leaves), speed * (time_s - leaves), "boat", "15-30", 0.8)
    rows.sort(key=lambda row: row[0])
    seen = tuple(
        Detection(
            row=at, time_s=float(t), sensor=name, x=x, y=y, sigma_m=sigma, kind=kind, size_band=band, sure=sure, own=own
        )
        for at, (t, name, x, y, sigma, kind, band, sure, own) in enumerate(rows)
    )
    middle = leaves + WIDTH_M / 2 / speed if boat else None
    return RiverNight(seen, _context(current), float(leaves) if boat else None, middle)


def _context(current: float) -> dict[str, Any]:
    return {
        "fiction": "Exercise. Place, boat and people are invented.",
        "origin": {"lat": ORIGIN.lat, "lon": ORIGIN.lon},
        "start": START.isoformat().replace("+00:00", "Z"),
        "river": {"near_bank_y": 0.0, "far_bank_y": WIDTH_M},
        "border_y": WIDTH_M / 2,
        "sunrise": "2026-11-25T05:55:00Z",
        "sunset": "2026-11-25T15:05:00Z",
        "water_temperature_c": 7.0,
        "level_rise_m_per_h": 0.4,
        "current_ms": current,
        "visibility_m": 900.0,
        "registered_craft": [{"name": "exercise watch 1", "reports_position": True}],
        "rescue_points": [
            {"name": "exercise fire station", "x": -2100.0, "y": -300.0, "ready_min": 9.0},
            {"name": "exercise watch 1", "x": -180.0, "y": 56.0, "ready_min": 1.0},
        ],
    }


def write_night(folder: Path, night: RiverNight) -> dict[str, Path]:
    """Write a night as a sensor post has it: SAPIENT frames, the same as CSV, and the context."""
    files = {"sapient": folder / "river.sapient", "csv": folder / "river.csv", "context": folder / "river-context.json"}
    frames = [
        frame(detection_message(one, uuid4_of(one.sensor), START + timedelta(seconds=one.time_s), ORIGIN))
        for one in night.detections
    ]
    files["sapient"].write_bytes(b"".join(frames))
    lines: list[tuple[str | float, ...]] = [COLUMNS]
    lines += [
        (
            one.time_s,
            one.sensor,
            round(one.x, 3),
            round(one.y, 3),
            one.sigma_m,
            one.kind,
            one.size_band,
            round(one.sure, 3),
            one.own,
        )
        for one in night.detections
    ]
    files["csv"].write_bytes(csv_bytes(lines))
    files["context"].write_text(json.dumps(night.context, indent=1), encoding="utf-8")
    return files
