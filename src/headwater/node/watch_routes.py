"""Forecasts, drift and routes at a node: files in, files out."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson

from headwater.engines.watch import StreamTracker, forecast_crossing, leeway_drift, mine, read_case
from headwater.engines.watch.routes import RouteOptions
from headwater.errors import FormatError, Place, SchemaError
from headwater.formats.points_csv import DetectionsRead
from headwater.formats.safe_csv import csv_bytes
from headwater.model.detections import GROUPS, Detection, Origin
from headwater.model.times import format_instant
from headwater.node.files import json_object, write
from headwater.node.watch_read import read_placed
from headwater.node.watch_tracks import Tracked

Progress = Callable[[int, int], None]
NOWHERE: Final = Origin(0.0, 0.0)
MOST_HORIZON_S: Final = 86_400.0
LEAST_REPORTS: Final = 3
RECENT_S: Final = 60.0


def forecast(
    path: Path, line: Path, out: Path, *, horizon_s: float, every_s: float = 60.0, form: str = "points", context: Path | None = None,
    progress: Progress | None = None,
) -> Tracked:  # fmt: skip
    """Forecast when each track will cross a line, each minute from what was known then; write one JSON line each.

    Args:
        path: detections as CSV; what reports itself (`own`, MMSI) is one track, others are tracked first.
        line: GeoJSON with a LineString, in degrees where the detections are, else in metres.
        out: where the forecasts go.
        horizon_s: how far to look ahead.
        every_s: time between two forecasts of one track.
        form: format of the detections.
        context: where metres and seconds begin, and where sensors stand.
        progress: hears how far it is.

    Raises:
        InputError: a file cannot be used.
    """
    if not 0.0 < horizon_s <= MOST_HORIZON_S or every_s <= 0.0:
        raise SchemaError("not above 0 and at most a day", where="--horizon")
    import numpy as np

    read = read_placed(form, path, context)
    border = read_line(json_object(line), read.origin)
    ways = _ways(read)
    rows: list[bytes] = []
    for done, (number, seen) in enumerate(sorted(ways.items(), key=lambda one: str(one[0]))):
        history = np.array([(one.time_s, one.x, one.y) for one in seen])
        history = history[np.r_[True, np.diff(history[:, 0]) > 0]]
        sigma = float(np.mean([one.sigma_m for one in seen]))
        rows += _of_track(number, history, border, horizon_s, every_s, sigma)
        if progress is not None:
            progress(done + 1, len(ways))
    write(out, b"\n".join(rows) + b"\n" if rows else b"")
    return Tracked(read.rows, read.rejected, len(ways), read.doubled, read.warnings)


def _of_track(number: object, history: Any, border: Any, horizon_s: float, every_s: float, sigma: float) -> list[bytes]:  # noqa: ANN401
    import numpy as np

    rows = []
    for now in np.arange(history[0, 0] + RECENT_S, history[-1, 0] + every_s, every_s):
        past = history[history[:, 0] <= now]
        if len(past) < LEAST_REPORTS or past[-LEAST_REPORTS, 0] <= now - RECENT_S:
            continue
        p, t10, t50, t90 = forecast_crossing(past, border, horizon_s, sigma)
        late = now - past[-1, 0]
        times = [
            None if not np.isfinite(value) else round(float(max(value - late, 0.0)), 1) for value in (t10, t50, t90)
        ]
        row = {"time": round(float(now), 3), "track": number, "p": round(p, 4)}
        rows.append(orjson.dumps({**row, **dict(zip(("t10", "t50", "t90"), times, strict=True))}))
    return rows


def read_line(given: Mapping[str, object], origin: Origin | None) -> Any:  # noqa: ANN401 - an array of numpy
    """Return the corners of the first LineString of a GeoJSON document, in metres.

    Raises:
        SchemaError: there is none, or a corner is no place.
    """
    import numpy as np

    pending: list[object] = [given]
    while pending:
        one = pending.pop(0)
        if not isinstance(one, Mapping):
            continue
        if one.get("type") == "LineString":
            try:
                corners = np.array([[float(a), float(b)] for a, b, *_ in one["coordinates"]])
            except (KeyError, TypeError, ValueError) as error:
                raise SchemaError("corners that are no pairs of numbers", where=Place(field="coordinates")) from error
            if len(corners) < 2 or not np.isfinite(corners).all():  # noqa: PLR2004 - a line has two ends
                raise SchemaError("a line of fewer than two corners", where=Place(field="coordinates"))
            return corners if origin is None else np.array([origin.to_metres(*corner) for corner in corners.tolist()])
        pending += list(one.get("features", [])) if isinstance(one.get("features"), list) else []
        pending.append(one.get("geometry"))
    raise SchemaError("no LineString in it", where="--line")


def _ways(read: DetectionsRead) -> dict[object, list[Detection]]:
    """Return the detections of each track, in order of time."""
    ways: dict[object, list[Detection]] = {}
    rest: list[Detection] = []
    for seen in read.detections:
        if seen.implausible:
            continue
        (ways.setdefault(seen.own, []) if seen.own else rest).append(seen)
    tracker = StreamTracker()
    for seen in sorted(rest, key=lambda one: (one.time_s, one.row)):
        ways.setdefault(tracker.take(seen.time_s, seen.x, seen.y, seen.sigma_m, seen.sensor), []).append(seen)
    kept = {name: sorted(seen, key=lambda one: (one.time_s, one.row)) for name, seen in ways.items()}
    return {
        str(name) if isinstance(name, str) else name: seen for name, seen in kept.items() if len(seen) >= LEAST_REPORTS
    }


def drift_file(case: Path, out: Path) -> dict[str, Any]:
    """Reckon a case of drift and write where each particle is, longitude and latitude.

    Raises:
        InputError: the case cannot be used.
    """
    told = read_case(json_object(case))
    places = leeway_drift(told)
    write(
        out, csv_bytes([("lon", "lat"), *([float(f"{lon:.7f}"), float(f"{lat:.7f}")] for lon, lat in places.tolist())])
    )
    return {
        "particles": len(places),
        "hours": told.hours,
        "centre": {"lon": round(float(places[:, 0].mean()), 6), "lat": round(float(places[:, 1].mean()), 6)},
    }


def routes(
    path: Path, out: Path, options: RouteOptions, *, form: str = "points", context: Path | None = None
) -> dict[str, Any]:
    """Mine routes from detections and write them as JSON.

    Raises:
        InputError: the file cannot be used, or lies in no known place.
    """
    import numpy as np

    read = read_placed(form, path, context)
    if read.origin is None:
        raise FormatError("routes need degrees: columns lon and lat", where=path.name)
    numbers: dict[object, int] = {}
    rows = [
        (numbers.setdefault(name, len(numbers)), one.time_s, one.x, one.y)
        for name, seen in _ways(read).items()
        if sum(one.kind in GROUPS for one in seen) * 2 <= len(seen)  # ways of people on the move are not mined
        for one in seen
    ]
    if not rows:
        raise FormatError("no track long enough to be mined", where=path.name)
    a = np.array(rows)
    found = mine(a[:, 0].astype(np.int64), a[:, 1].copy(), a[:, 2].copy(), a[:, 3].copy(), read.origin, options)
    start = None if read.start is None else format_instant(read.start)
    document = {"options": asdict(options), "start": start, **asdict(found)}
    write(out, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return {
        "read": read.rows,
        "rejected": len(read.rejected),
        "tracks": found.tracks,
        "alerts": 0,
        "implausible": found.implausible,
        "stops": len(found.stops),
        "corridors": len(found.corridors),
        "changes": len(found.changes),
    }
