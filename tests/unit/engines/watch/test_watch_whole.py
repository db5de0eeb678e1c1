"""Everything that watching answers about small made-up worlds, whole: alerts, findings, notices, places, routes, drift."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.engines.watch import (
    BoxTracker,
    DriftCase,
    FusionTracker,
    PointTracker,
    SharedTrack,
    Sightings,
    StreamTracker,
    WatchEngine,
    draft_notice,
    forecast_crossing,
    intersect,
    leeway_drift,
    mine,
    read_case,
    read_setting,
)
from headwater.engines.watch.drift import PERSON_IN_WATER
from headwater.engines.watch.intersection import pairs, same_object
from headwater.engines.watch.routes import RouteOptions
from headwater.engines.watch.scans import scan_length, scans
from headwater.model.detections import Bearing, Detection, Origin
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash
from headwater.model.record import Origin as Source
from headwater.model.record import Record
from headwater.node.watch_keep import as_table
from headwater.testing.memory_view import MemoryView
from tests.frozen import hold, tried
from tests.watch_world import alerts_of, night, seen, weights

WHOLE = Path(__file__).with_name("watch_whole.json")
CALM = {"water_temperature_c": 21.0, "current_ms": 0.3, "level_rise_m_per_h": 0.0, "visibility_m": 8000.0}


def crossing(start_s: float = 0.0, pace: float = 1.0, seconds: int = 120, **more: Any) -> list[Detection]:
    """A boat that goes straight across."""
    return [seen(start_s + t, 5.0 + pace * t, **more) for t in range(0, seconds, 2)]


def lying(y: float, **more: Any) -> list[Detection]:
    """Something that lies still by day."""
    values = {"kind": "person-in-water", "sure": 0.55, **more}
    return [seen(36_000.0 + t, y + 0.3 * math.sin(t), **values) for t in range(0, 40, 2)]


def worlds() -> dict[str, tuple[list[Detection], dict[str, Any]]]:
    """Reports on the river, and what is known of it otherwise than on the night of the exercise."""
    mixed = [one for pair in zip(crossing(), crossing(1.0, kind="animal", sure=0.9), strict=True) for one in pair]
    named = [replace(one, own="exercise watch 1" if at == 3 else "") for at, one in enumerate(crossing())]
    stops = [seen(36_000.0 + t, min(5.0 + t, 80.0), size_band="15-30") for t in range(0, 200, 2)]
    return {
        "the night": (list(night().detections), {}),
        "without the boat": (list(night(boat=False).detections), {}),
        "by night": (crossing(), {}),
        "by day, calm": (crossing(36_000.0, size_band="1-4"), CALM),
        "nothing known": (crossing(), dict.fromkeys(("water_temperature_c", "current_ms", "level_rise_m_per_h", "visibility_m", "sunrise", "sunset")) | {"rescue_points": []}),
        "no river": (crossing(), {"river": {}}),
        "no border": (crossing(), {"border_y": None}),
        "stops": (stops, CALM),
        "stops, then goes on": ([*stops, *(seen(36_200.0 + t, 80.0 + t, size_band="30+") for t in range(0, 60, 2))], CALM),
        "slow": (crossing(pace=0.25), {}),
        "along the bank": ([replace(one, x=one.y, y=2.0) for one in crossing()], {}),
        "an animal more than a boat": (mixed, {}),
        "an animal less than a boat": ([replace(one, sure=0.2) if one.kind == "animal" else one for one in mixed], {}),
        "a group": (crossing(kind="person-group", sure=0.7), {}),
        "hardly sure": (crossing(sure=0.49), {}),
        "named once": (named, {}),
        "unlikely at first": ([replace(one, implausible="a leap" if at < 9 else "") for at, one in enumerate(crossing())], {}),
        "two boats": ([one for pair in zip(crossing(), crossing(x=400.0), strict=True) for one in pair], {}),
        "two boats, near": ([one for pair in zip(crossing(), crossing(x=60.0), strict=True) for one in pair], {}),
        "turns back": ([*crossing(seconds=60), *(seen(60.0 + t, 65.0 - t) for t in range(0, 60, 2))], {}),
        "in the water": (lying(70.0), CALM),
        "on the bank": (lying(-2.0), CALM),
        "on land": (lying(-8.0), CALM),
        "far on land": (lying(-100.0), CALM),
        "in the water, hardly sure": (lying(70.0, sure=0.3), CALM),
        "in the water, and again later": (lying(70.0) + [replace(one, time_s=one.time_s + 700.0, x=300.0) for one in lying(70.0)], CALM),
    }  # fmt: skip


def posted() -> dict[str, Any]:
    """What the post calls in each world, and the draft notice of each alert that goes to rescue."""
    found: dict[str, Any] = {}
    for name, (detections, changes) in worlds().items():
        numbered = tuple(replace(one, row=row) for row, one in enumerate(detections))
        alerts = alerts_of(numbered, **changes)
        setting = read_setting({**night().context, **changes})
        notices = [draft_notice(alert, setting) for alert in alerts if alert.lane == "rescue"]
        found[name] = {
            "alerts": [(replace(alert, evidence=()), _rows(alert.evidence), alert.reasons) for alert in alerts],
            "notices": notices,
        }
    return found


def _rows(rows: tuple[int, ...]) -> str:
    return f"{len(rows)}: {' '.join(map(str, rows[:6]))} .. {' '.join(map(str, rows[-3:]))}"


def settings() -> dict[str, Any]:
    """Contexts as they are read, and why others are not."""
    base = {**night().context, "sensors": {"east": {"x": 100.0, "y": -20.0}, "west": {"lon": 18.99, "lat": 44.001}}}
    given: dict[str, Any] = {
        "whole": {}, "least": None, "no list": {"registered_craft": "x"}, "no origin": {"origin": 3}, "no number": {"border_y": True},
        "odd start": {"start": "now"}, "odd sensor": {"sensors": {"a": {"x": 1.0}}}, "far sensor": {"sensors": {"a": {"x": 2e5 + 1, "y": 0.0}}},
        "no such place": {"sensors": {"a": {"lon": 181.0, "lat": 0.0}}}, "nameless": {"rescue_points": [{"x": 1}]}, "infinite": {"current_ms": math.inf},
        "no river": {"river": None},
    }  # fmt: skip
    least = {"origin": {"lat": 44, "lon": 19}, "start": "2026-01-01T00:00:00Z"}
    return {
        name: tried(lambda changes: read_setting(least if changes is None else {**base, **changes}), changes)
        for name, changes in given.items()
    }


def found_by_the_engine(folder: Path) -> dict[str, Any]:
    """The findings of two tables of one record and one of another, whole."""
    records, paths = [], {}
    coarse = [replace(one, kind="person-group", sigma_m=250.0) for one in crossing()]
    given = (list(night(boat=False).detections)[:80], crossing(), coarse + lying(70.0)), (list(night().detections),)
    number = 0
    for owner, tables in zip(("RS-MOI", "UK-NCA"), given, strict=True):
        names = []
        for detections in tables:
            number += 1
            name = BlobHash(f"{number}" * 64)
            path = folder / f"{number}.parquet"
            path.write_bytes(as_table([replace(one, row=10 + at) for at, one in enumerate(detections)]))
            paths[name] = str(path)
            names.append(name)
        origin = Source(AuthorityId(owner), "detections", file=f"{owner}.csv")
        records.append(Record(origin=origin, handling=Handling(codes=frozenset({owner[0]})), mentions=(), facts=(), tables=tuple(names)))  # fmt: skip
    view = MemoryView(records, table_paths=paths)
    params = {"context": night().context, "weights": weights()}

    def run(**more: Any) -> list[Any]:
        return [
            replace(one, evidence=(one.evidence[0], one.evidence[-1]))
            for one in WatchEngine().run(view, {**params, **more})
        ]

    return {
        "all": run(),
        "some": [one.subjects for one in run(tables=(BlobHash("2" * 64),))],
        "none": run(tables=[]),
        "refused": {
            name: tried(lambda more: run(**more), more)
            for name, more in {
                "unknown": {"more": 1}, "no context": {"context": None}, "no weights": {"weights": {"light": {}}},
                "weights that are none": {"weights": {**weights(), "help": {"unknown": "x"}}}, **{f"no {name}": {"weights": {**weights(), name: {}}} for name in weights()},
            }.items()
        },
    }  # fmt: skip


PLACES = {"west": (-300.0, 0.0), "east": (300.0, 0.0), "north": (0.0, 900.0)}


def bearing(time_s: float, sensor: str, x: float, y: float, **more: Any) -> Bearing:
    stand = PLACES[sensor]
    values: dict[str, Any] = {"row": round(time_s * 10), "sigma": 0.004, "kind": "boat", "sure": 0.8, **more}
    return Bearing(time_s=time_s, sensor=sensor, azimuth=math.atan2(x - stand[0], y - stand[1]), **values)


def crossed() -> list[Any]:
    """What a row of bearings gives, one after another."""
    sightings = Sightings({name: PLACES[name] for name in ("west", "east")})
    given = [
        bearing(0.0, "west", 0.0, 400.0, range_m=500.0, range_sigma_m=10.0, own="A", size_band="1-4"),
        bearing(1.0, "west", 0.0, 300.0, size_band="5-14"), bearing(1.0, "west", 200.0, 500.0, kind="unknown", sure=0.1),
        bearing(2.5, "east", 0.0, 300.0, sure=0.9), bearing(3.9, "east", 200.0, 500.0, kind="animal"),
        bearing(4.1, "east", 0.0, 300.0, kind="unknown", sure=0.99), bearing(4.2, "north", 0.0, 300.0),
        bearing(4.3, "east", 5.0, -400.0), bearing(5.0, "west", 5.0, -400.0, sigma=0.1), bearing(7.9, "west", 9_000.0, 20_000.0),
        bearing(8.0, "east", 9_000.0, 9_000.0), bearing(8.1, "west", 299.0, 3.0), bearing(9.0, "east", 299.0, 3.0, sigma=0.3),
        bearing(10.0, "east", 60.0, 0.0, range_m=240.0, range_sigma_m=9_999.0, sigma=0.3), bearing(20.0, "west", 0.0, 300.0, sure=0.95, own="B"), bearing(20.5, "east", 0.0, 300.0, sure=0.4, size_band="30+", own="C"),
    ]  # fmt: skip
    told = []
    for one in given:
        told.append(tried(sightings.take, one))
        if one.sensor == "north":
            told += [sightings.stands("north", *PLACES["north"]), sightings.stands("north", *PLACES["north"]), tried(sightings.take, one)]  # fmt: skip
    return told


def mined() -> dict[str, Any]:
    """Routes out of four made-up tracks, with stops, leaps and a base period."""
    rows: list[tuple[int, float, float, float]] = []
    for track in range(4):
        for at in range(60):
            x = 40.0 * at + 7.0 * track if at < 25 else 1_000.0 + 7.0 * track if at < 40 else 40.0 * (at - 15)
            rows.append((track, 1_000.0 * track + 30.0 * at, x, 300.0 * math.sin(at / 9.0) + 30.0 * track))
        rows.append((track, 1_000.0 * track + 30.0 * 10 + 1.0, 90_000.0, 0.0))
    rows += [(9, 9_000.0 + 60.0 * at, 3_000.0 * (at % 2), 0.0) for at in range(40)]
    rows += [(10 + at, 500.0 + 60.0 * at, 9_000.0, 9_000.0) for at in range(12)]
    rows += [(40 + at, 9_100.0 + 60.0 * at, -9_000.0, 9_000.0) for at in range(20)]
    tracks, times, east, north = (np.array(column) for column in zip(*rows[::-1], strict=True))
    origin = Origin(44.0, 19.0)
    options = {
        "as it comes": None, "two tracks": RouteOptions(least_tracks=2), "coarse": RouteOptions(resolution=6),
        "fast": RouteOptions(fastest_ms=200.0, least_tracks=1), "stops": RouteOptions(stop_radius_m=30.0, stop_s=60.0),
        "before and after": RouteOptions(base_until_s=9_000.0, least_tracks=1),
    }  # fmt: skip
    found: dict[str, Any] = {
        name: mine(tracks.astype(np.int64), times, east, north, origin, told) for name, told in options.items()
    }
    for wrong in ({"resolution": 16}, {"resolution": -1}, {"stop_s": 0.0}, {"least_tracks": 0}):
        found[f"refused {wrong}"] = tried(lambda wrong: RouteOptions(**wrong), wrong)
    return found


def drifted() -> dict[str, Any]:
    """Where particles end, by wind, water, side and seed."""
    base = {
        "coefficients": PERSON_IN_WATER, "start": {"lon": 19.0, "lat": 40.0}, "wind_e_ms": [8.0, 3.0], "wind_n_ms": 2.0, "current_e_ms": 0.3,
        "hours": 3, "particles": 400, "seed": 7,
    }  # fmt: skip
    given: dict[str, dict[str, Any]] = {
        "as it comes": {}, "another seed": {"seed": 8}, "left": {"positive_crosswind": "left"}, "no wind": {"wind_e_ms": 0.0, "wind_n_ms": 0.0},
        "current north": {"current_n_ms": [0.5, -0.1]}, "jibes": {"jibe_probability_per_h": 1.0}, "short": {"hours": 0.5, "step_s": 60.0},
        "long step": {"step_s": 3_600.0},
    }  # fmt: skip
    found: dict[str, Any] = {}
    for name, changes in given.items():
        places = leeway_drift(read_case({**base, **changes}))
        found[name] = {"mean": places.mean(axis=0), "spread": places.std(axis=0), "first": places[:3], "all": places}
    found["read"] = read_case(base)
    wrong: Any
    for wrong in (
        {"hours": 241}, {"hours": 0}, {"step_s": 0.5}, {"particles": 0}, {"particles": 1_000_001}, {"positive_crosswind": "up"}, {"wind_e_ms": []},
        {"jibe_probability_per_h": 1.1}, {"current_e_ms": []}, {"wind_n_ms": math.nan}, {"current_n_ms": math.inf}, {"start": {"lon": 0, "lat": 90}}, {"start": {"lon": 181, "lat": 0}}, {"start": 3}, {"coefficients": {}}, {"hours": "soon"},
    ):  # fmt: skip
        found[f"refused {wrong}"] = tried(lambda wrong: read_case({**base, **wrong}), wrong)
    found["refused without wind"] = tried(lambda: read_case({name: value for name, value in base.items() if name != "wind_n_ms"}))  # fmt: skip
    assert isinstance(found["read"], DriftCase)
    return found


def ahead() -> dict[str, Any]:
    """Whether and when tracks will reach a line."""
    line = [[-1e5, 100.0], [1e5, 100.0]]
    ways: dict[str, Callable[[float], tuple[float, float]]] = {
        "straight": lambda t: (0.0, t), "slow": lambda t: (0.0, 0.1 * t), "away": lambda t: (0.0, -t), "turning": lambda t: (40.0 * math.sin(t / 30), 0.7 * t),
        "along": lambda t: (t, 50.0),
    }  # fmt: skip
    found: dict[str, Any] = {}
    for name, way in ways.items():
        history = [[t, *way(t)] for t in range(0, 60, 3)]
        found[name] = [forecast_crossing(history, line, horizon, sigma) for horizon, sigma in ((600.0, 3.0), (60.0, 3.0), (600.0, 20.0))]  # fmt: skip
    found["one report"] = tried(lambda: forecast_crossing([[0, 0, 0]], line, 600.0, 3.0))
    found["no line"] = tried(lambda: forecast_crossing([[0, 0, 0], [1, 1, 1]], [[0.0, 0.0]], 600.0, 3.0))
    return found


def scene(count: int = 20) -> list[tuple[float, list[tuple[float, float]]]]:
    """Scans of three objects, the third of them late and now and then missed, with a false point in some."""
    made = []
    for at in range(count):
        points = [(20.0 * at, 3.0 * at), (500.0 - 18.0 * at, 40.0 + math.sin(at))]
        if at > 5 and at % 4:
            points.append((100.0, 25.0 * at))
        if at % 3 == 0:
            points.append((800.0 * math.sin(at), 700.0 * math.cos(at)))
        made.append((2.0 * at, points))
    return made


def tracked() -> dict[str, Any]:
    """What each tracker makes of the same objects."""
    points, stream = PointTracker(sigma_m=5.0, clutter_per_m2=1e-6), StreamTracker()
    stepped = [
        np.round(points.step(time_s, seen_then, 4.0 if time_s > 20 else None), 9) for time_s, seen_then in scene()
    ]
    shared = points.shared()
    numbers = [
        stream.take(time_s, x, y, 5.0, f"s{at % 2}") for time_s, found in scene() for at, (x, y) in enumerate(found)
    ]
    boxes = BoxTracker(25.0)
    framed = []
    for time_s, found in scene(16):
        framed.append(boxes.update([[x, y, x + 30.0, y + 60.0, 0.95 if at < 2 else 0.5 + time_s / 100] for at, (x, y) in enumerate(found)]))  # fmt: skip
    told = list(shared.values())
    late = [one.at(one.time_s + 3.0) for one in told]
    radar = {"x": -200.0, "y": 0.0, "sigma": [10.0, 0.01], "detect": 0.9, "clutter": 1.0, "reach": 3_000.0}
    fused = FusionTracker(
        {"radar": radar, "ais": {**radar, "sigma": [8.0, 8.0]}, "camera": {**radar, "sigma": [0.005]}}
    )
    for time_s, found in scene():
        for x, y in found[:2]:
            dx, dy = x + 200.0, y
            fused.add(time_s + 0.5, time_s, "radar", "rb", math.hypot(dx, dy) + 30.0, math.atan2(dx, dy) + 0.01)
            fused.add(time_s + 0.5, time_s, "camera", "b", math.atan2(dx, dy))
            fused.add(time_s + 0.5, time_s, "ais", "xy", x, y)
            fused.add(time_s + 0.5, time_s, "ais", "xy", x, y)
    fused.add(39.0, 38.5, "ais", "xy", 380.0, 57.0)
    fused.add(39.5, 39.0, "ais", "xy", 380.0, 57.0)
    fused.tracks(38.0)
    fused.add(60.0, 5.0, "ais", "xy", 1.0, 2.0)
    odd_sensors: list[dict[str, Any]] = [{"sigma": []}, {"detect": 1.0}, {"reach": 0.0}, {"clutter": -1.0}, {"x": "a"}]
    odd_trackers: list[dict[str, Any]] = [{"sigma_m": 0.0}, {"detect": 1.0}, {"clutter_per_m2": -1.0}, {"accel": 0.0}]
    return {
        "points": stepped, "owners": points.owners, "shared": shared, "stream": numbers, "alive": sorted(stream.alive()), "boxes": framed,
        "later": late, "same": [[same_object(one, two) for two in told] for one in told], "pairs": pairs(told, told[::-1]),
        "together": tried(lambda: intersect(told[0], late[0])), "apart": tried(lambda: intersect(told[0], told[1])),
        "fused": fused.tracks(40.0), "biases": fused.biases(), "counts": [fused.doubled, fused.too_late],
        "no track": tried(lambda: SharedTrack(0.0, (1.0,), ((1.0,),))),
        "no sensor": [tried(lambda wrong: FusionTracker({"a": {**radar, **wrong}}), wrong) for wrong in odd_sensors],
        "no report": [tried(lambda wrong: fused.add(70.0, 70.0, *wrong), wrong) for wrong in (("x", "xy", 1.0, 2.0), ("ais", "zz", 1.0, 2.0), ("ais", "xy", math.nan, 2.0))],
        "no points": [tried(lambda wrong: PointTracker(**wrong), wrong) for wrong in odd_trackers],
    }  # fmt: skip


def scanned() -> dict[str, Any]:
    """Reports of a turning radar, and of others, as scans."""
    swept = [seen(float(t), 10.0 * n, x=50.0 * n, row=10 * t + n) for t in range(4) for n in range(3)]
    loose = [seen(t + 0.7 * n, 10.0 * n + t, x=50.0 * n, row=10 * t + n, sensor=f"s{n}", own="A" if n == 1 else "") for t in range(0, 12, 2) for n in range(3)]  # fmt: skip
    return {
        name: {"length": scan_length(sorted(given, key=lambda one: one.time_s)), "scans": [(one.time_s, [x.row for x in one.seen], [[x.row for x in each] for each in one.reports]) for one in scans(given[::-1])]}
        for name, given in {"swept": swept, "loose": loose, "none": []}.items()
    }  # fmt: skip


WORLDS: dict[str, Callable[[], Any]] = {
    "posted": posted, "settings": settings, "crossed": crossed, "mined": mined, "drifted": drifted, "ahead": ahead, "tracked": tracked,
    "scanned": scanned,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_what_watching_answers_is_what_it_answered(name: str) -> None:
    hold(WHOLE, name, WORLDS[name]())


@pytest.mark.slow
def test_what_the_engine_finds_is_what_it_found(tmp_path: Path) -> None:
    hold(WHOLE, "engine", found_by_the_engine(tmp_path))
