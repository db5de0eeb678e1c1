"""Tracks at a node: a file of detections, boxes or pictures in, a file of tracks out."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from headwater.engines.watch import BoxTracker, MotionDetector, PointTracker
from headwater.engines.watch.scans import scans
from headwater.errors import FormatError, MissingExtraError, SchemaError
from headwater.formats.mot import read_mot, write_mot
from headwater.formats.moving_features import write_moving_features
from headwater.formats.points_csv import DetectionsRead
from headwater.formats.track_map import TrackMap
from headwater.model.detections import GROUPS, Reject
from headwater.node.files import bytes_of, write
from headwater.node.watch_fused import can_fuse, fuse
from headwater.node.watch_read import coarse, moment_of, read_placed

Progress = Callable[[int, int], None]
TRACK_FORMATS: Final = ("mot", "points", "sapient", "ais", "cot", "asterix", "video")


@dataclass(slots=True)
class Tracked:
    """What came of tracking: what was read, what was rejected, and the tracks by number."""

    read: int
    rejected: list[Reject]
    tracks: int
    doubled: int = 0
    warnings: list[str] = field(default_factory=list)
    biases: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return it as it stands in a document."""
        return {
            "read": self.read,
            "rejected": len(self.rejected),
            "tracks": self.tracks,
            "alerts": 0,
            "doubled": self.doubled,
            "rejects": [{"row": one.row, "field": one.field, "reason": one.reason} for one in self.rejected[:100]],
            "warnings": self.warnings,
            **({"biases": self.biases} if self.biases else {}),
        }


def track(
    form: str, path: Path, out: Path, *, fps: float = 30.0, model: tuple[Path, Path] | None = None, context: Path | None = None,
    progress: Progress | None = None,
) -> Tracked:  # fmt: skip
    """Track what a file holds and write the tracks; `out` ends in .txt (MOT rows), .json (Moving Features), .svg or .jsonl.

    Args:
        form: one of `TRACK_FORMATS`.
        path: the file.
        out: where the tracks go.
        fps: frames a second of boxes and pictures.
        model: the user's own detector and its classes, for pictures.
        context: where metres and seconds begin, and where sensors stand; the file's own first place and time without it.
        progress: hears how far it is.

    Raises:
        InputError: the file is not in the format, or no row can be used.
        MissingExtraError: a library is not installed.
        StoreIoError: the tracks cannot be written.
    """
    if form not in TRACK_FORMATS:
        raise SchemaError("no format to track", where=form, fix=f"use one of {', '.join(TRACK_FORMATS)}")
    if form == "mot":
        frames, rejected = read_mot(bytes_of(path), file=path.name)
        rows = sum(len(boxes) for boxes in frames.values()) + len(rejected)
        last = max(frames)
        given = ((number, [box for _, box in frames.get(number, [])]) for number in range(min(frames), last + 1))
        return _boxes(given, last, rows, rejected, out, fps, progress)
    if form == "video":
        return _video(path, out, fps, model, progress)
    return _points(read_placed(form, path, context), out, progress)


def _boxes(
    frames: Iterator[tuple[int, list[Any]]], last: int, rows: int, rejected: list[Reject], out: Path, fps: float,
    progress: Progress | None,
) -> Tracked:  # fmt: skip
    import numpy as np

    tracker, shown = BoxTracker(fps), []
    for number, boxes in frames:
        seen = tracker.update(np.array(boxes, float).reshape(-1, 5))
        shown += [(number, int(one[4]), *(float(value) for value in one[:4])) for one in seen]
        if progress is not None:
            progress(number, last)
    if out.suffix == ".txt":
        write(out, write_mot(shown))  # type: ignore[arg-type] # six numbers each, by construction
    else:
        names = ("frame", "track", "x1", "y1", "x2", "y2")
        write(out, b"".join(orjson.dumps(dict(zip(names, row, strict=True))) + b"\n" for row in shown))
    return Tracked(rows, rejected, len({row[1] for row in shown}))


def _video(path: Path, out: Path, fps: float, model: tuple[Path, Path] | None, progress: Progress | None) -> Tracked:
    try:
        import cv2
    except ModuleNotFoundError as error:
        raise MissingExtraError("video", error.name or "cv2") from error
    reader: Any = cv2.VideoCapture(str(path))
    try:
        total = int(reader.get(cv2.CAP_PROP_FRAME_COUNT)) if reader.isOpened() else 0
        detect, counted = _detector(model), [0]

        def frames() -> Iterator[tuple[int, list[Any]]]:
            number = 0
            while True:
                good, frame = reader.read()  # the frame is used here and then forgotten
                if not good:
                    return
                number += 1
                counted[0] += 1
                yield number, list(detect(frame, number / fps))

        found = _boxes(frames(), max(total, 1), 0, [], out, fps, progress)
        if counted[0] == 0:
            raise FormatError("a video without frames, or in a format that OpenCV cannot read", where=path.name)
        found.read = counted[0]
        return found
    finally:
        reader.release()


def _detector(model: tuple[Path, Path] | None) -> Callable[[Any, float], Any]:
    """Return what finds boxes in a frame: the user's model, or whatever moves."""
    if model is None:
        return MotionDetector().detect
    from headwater.node.watch_detector import ObjectDetector

    own = ObjectDetector(*model)
    return lambda frame, time_s: own.detect(frame, time_s)[0]


@dataclass(slots=True)
class _Trail:
    """One track as it grows: its places and what its detections call it."""

    places: list[tuple[float, float, float]] = field(default_factory=list)
    named: Counter[str] = field(default_factory=Counter)
    confirmed: bool = False

    @property
    def kind(self) -> str:
        """The class that most detections give it."""
        named = [(count, kind) for kind, count in self.named.items() if kind != "unknown"]
        return max(named)[1] if named else "unknown"


def _points(read: DetectionsRead, out: Path, progress: Progress | None) -> Tracked:
    import numpy as np

    if can_fuse(read):
        return _fused(read, out, progress)
    doubted = sum(bool(one.implausible) for one in read.detections)
    if doubted:
        read.warnings.append(f"{doubted} implausible reports were marked and not fused")
    tracker, trails, rows = PointTracker(), dict[int, _Trail](), list[tuple[float, int, Any, int]]()
    done = 0
    for scan in scans([one for one in read.detections if not one.implausible]):
        time_s = scan.time_s
        sigma = sum(one.sigma_m for one in scan.seen) / len(scan.seen)
        shown = tracker.step(time_s, np.array([(one.x, one.y) for one in scan.seen]), sigma)
        for reports, owner in zip(scan.reports, tracker.owners.tolist(), strict=True):
            trails.setdefault(int(owner), _Trail()).named.update(one.kind for one in reports)
        for one in shown:
            trail = trails.setdefault(int(one[0]), _Trail())
            trail.places.append((time_s, float(one[1]), float(one[3])))
            trail.confirmed = trail.confirmed or one[5] > 0
            rows.append((time_s, int(one[0]), one, len(trail.places)))
        done += sum(map(len, scan.reports))
        if progress is not None:
            progress(done, len(read.detections))
    confirmed = {number: trail for number, trail in trails.items() if trail.confirmed}
    write(out, _written(out, confirmed, rows, read))
    return Tracked(read.rows, read.rejected, len(confirmed), read.doubled, read.warnings)


def _fused(read: DetectionsRead, out: Path, progress: Progress | None) -> Tracked:
    import numpy as np

    found = fuse(read, progress)
    trails, rows = dict[int, _Trail](), list[tuple[float, int, Any, int]]()
    for time_s, one in found.rows:
        number = int(one[0])
        trail = trails.setdefault(number, _Trail(named=found.kinds[number]))
        trail.places.append((time_s, float(one[1]), float(one[3])))
        rows.append((time_s, number, np.append(one, 1.0), len(trail.places)))
    write(out, _written(out, trails, rows, read))
    if found.too_late:
        read.warnings.append(f"{found.too_late} reports came over ten seconds late and were dropped")
    doubled = read.doubled + found.doubled
    return Tracked(read.rows, read.rejected, len(trails), doubled, read.warnings, found.biases)


def _written(
    out: Path, trails: dict[int, _Trail], rows: list[tuple[float, int, Any, int]], read: DetectionsRead
) -> bytes:
    kinds = {number: trail.kind for number, trail in trails.items()}
    open_ones = {number: trail.places for number, trail in trails.items() if kinds[number] not in GROUPS}
    if out.suffix == ".svg":
        return TrackMap(
            "Tracks", {number: [place[1:] for place in places] for number, places in open_ones.items()}
        ).svg()
    if out.suffix == ".json":
        if read.origin is None or read.start is None:
            raise SchemaError(
                "Moving Features need degrees and times", where=str(out), fix="give lon,lat and time columns"
            )
        return write_moving_features(open_ones, kinds, read.origin, read.start)
    lines = []
    for time_s, number, one, _ in rows:
        if number in trails:
            lines.append(orjson.dumps(_row(time_s, number, one, kinds[number], read)))
    return b"\n".join(lines) + b"\n" if lines else b""


def _row(time_s: float, number: int, one: Any, kind: str, read: DetectionsRead) -> dict[str, Any]:  # noqa: ANN401
    row: dict[str, Any] = {"time": round(time_s, 3), "track": number, "class": kind, "confirmed": bool(one[5])}
    moment = moment_of(read.start, time_s)
    if moment is not None:
        row["at"] = moment
    x, y = float(one[1]), float(one[3])
    if kind in GROUPS:  # people are told as a cell, never as a point
        if read.origin is not None:
            row["h3"] = coarse(read.origin, x, y)
        else:
            row["cell_m"] = [round(x / 300.0) * 300, round(y / 300.0) * 300]
        return row
    row.update(x=round(x, 2), y=round(y, 2), vx=round(float(one[2]), 3), vy=round(float(one[4]), 3))
    if read.origin is not None:
        lon, lat = read.origin.to_degrees(x, y)
        row.update(lon=round(lon, 7), lat=round(lat, 7))
    return row
