"""Sharing tracks with another state: estimates with their covariance, never detections; fused without counting twice.

The file goes to the partner like any other: `headwater send ... --attach tracks.json`, under the agreement's rules.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from headwater.engines.watch import PointTracker, SharedTrack, intersect
from headwater.engines.watch.intersection import same_object
from headwater.errors import FormatError, Place, SchemaError
from headwater.model.detections import CLASSES, GROUPS, Origin
from headwater.model.times import format_instant, parse_instant
from headwater.node.files import json_object, write
from headwater.node.watch_read import read_placed
from headwater.node.watch_tracks import scans

SCHEMA: Final = "headwater/tracks/1"
FIELDS: Final = frozenset({"track", "class", "mean", "covariance"})
MOST_TRACKS: Final = 100_000


def share(path: Path, out: Path, form: str = "points", context: Path | None = None) -> dict[str, Any]:
    """Track detections and write the tracks as they stand at the end, without those of people.

    Raises:
        InputError: the file cannot be used, or says nothing of place and time.
    """
    read = read_placed(form, path, context)
    if read.origin is None or read.start is None:
        raise FormatError("tracks to be shared need degrees and times", where=path.name)
    tracker, named = PointTracker(), dict[int, dict[str, int]]()
    for time_s, scan in scans([one for one in read.detections if not one.implausible]):
        sigma = sum(one.sigma_m for one in scan) / len(scan)
        tracker.step(time_s, np.array([(one.x, one.y) for one in scan]), sigma)
        for seen, owner in zip(scan, tracker.owners.tolist(), strict=True):
            counts = named.setdefault(int(owner), {})
            counts[seen.kind] = counts.get(seen.kind, 0) + 1
    rows = []
    last = 0.0
    for number, one in tracker.shared().items():
        counts = named.get(number, {"unknown": 1})
        kind = max(counts, key=lambda name: (counts[name], name))
        last = one.time_s
        if kind not in GROUPS:
            rows.append({"track": number, "class": kind, "mean": one.mean, "covariance": one.covariance})
    document = {
        "schema": SCHEMA,
        "origin": {"lat": read.origin.lat, "lon": read.origin.lon},
        "at": format_instant(read.start + timedelta(seconds=round(last, 3))),
        "tracks": rows,
    }
    write(out, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return {"read": read.rows, "rejected": len(read.rejected), "tracks": len(rows), "alerts": 0}


def fuse(ours: Path, theirs: Path, out: Path) -> dict[str, Any]:
    """Fuse two files of shared tracks by covariance intersection; tracks without a partner stay as they are.

    Raises:
        InputError: a file is no file of shared tracks.
    """
    origin, start, mine = _read(ours, None, None)
    _, _, other = _read(theirs, origin, start)
    rows, left, fused = [], dict(other), 0
    for number, (kind, one) in mine.items():
        moved = {key: two.at(max(one.time_s, two.time_s)) for key, (_, two) in left.items()}
        near = [
            (float(np.hypot(two.mean[0] - one.mean[0], two.mean[2] - one.mean[2])), key)
            for key, two in moved.items()
            if same_object(one.at(two.time_s), two)
        ]
        if near:
            key = min(near)[1]
            rows.append(_row(f"{number}+{key}", kind, intersect(one, left.pop(key)[1])))
            fused += 1
        else:
            rows.append(_row(str(number), kind, one))
    rows += [_row(f"+{number}", kind, two) for number, (kind, two) in left.items()]
    document = {"schema": SCHEMA, "origin": {"lat": origin.lat, "lon": origin.lon}, "tracks": rows}
    write(out, orjson.dumps({**document, "at": format_instant(start)}, option=orjson.OPT_INDENT_2))
    return {"read": len(mine) + len(other), "rejected": 0, "tracks": len(rows), "alerts": 0, "fused": fused}


def _row(name: str, kind: str, one: SharedTrack) -> dict[str, Any]:
    return {"track": name, "class": kind, "mean": one.mean, "covariance": one.covariance}


Tracks = dict[str, tuple[str, SharedTrack]]


def _read(path: Path, origin: Origin | None, start: datetime | None) -> tuple[Origin, datetime, Tracks]:
    """Return the tracks of a file, in the metres and seconds of another where that is given."""
    given: dict[str, Any] = json_object(path)
    if given.get("schema") != SCHEMA:
        raise SchemaError("no file of shared tracks", where=Place(file=path.name, field="schema"))
    try:
        own = Origin(float(given["origin"]["lat"]), float(given["origin"]["lon"]))
        moment = parse_instant(str(given["at"]), field="at")
        rows = given["tracks"]
        if not isinstance(rows, list) or len(rows) > MOST_TRACKS:
            raise SchemaError("no list of tracks, or too long a one", where=Place(file=path.name, field="tracks"))
        found: Tracks = {}
        for row in rows:
            if set(row) != FIELDS or row["class"] not in CLASSES or row["class"] in GROUPS:
                raise SchemaError(
                    "a track with other fields, or of people", where=Place(file=path.name, field="tracks")
                )
            spread = tuple(tuple(float(value) for value in line) for line in row["covariance"])
            late = 0.0 if start is None else (moment - start).total_seconds()
            one = SharedTrack(late, tuple(float(value) for value in row["mean"]), spread)
            found[str(row["track"])] = (row["class"], one if origin is None else _moved(one, own, origin))
    except (KeyError, TypeError, ValueError) as error:
        raise SchemaError("a field is missing or of another kind", where=path.name) from error
    return origin or own, start or moment, found


def _moved(one: SharedTrack, own: Origin, origin: Origin) -> SharedTrack:
    x, y = origin.to_metres(*own.to_degrees(one.mean[0], one.mean[2]))
    return replace(one, mean=(x, one.mean[1], y, one.mean[3]))
