"""Alerts at a node: detections past a sensor post, rescue first; each written at once, with drift, help and a draft notice."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import orjson

from headwater.engines.watch import Post, StreamTracker, draft_notice, read_setting
from headwater.engines.watch.danger import Setting
from headwater.engines.watch.post import Alert
from headwater.errors import StoreIoError
from headwater.formats.eurosur import FIRST_REPORT_H, EurosurEvent, write_event_draft
from headwater.formats.track_map import MapMark, TrackMap
from headwater.model.canonical import content_id
from headwater.model.detections import GROUPS, Detection, Reject
from headwater.model.finding import told_score
from headwater.node.files import json_object, make_folder, write
from headwater.node.watch_read import danger_weights, moment_of, read_detections

Progress = Callable[[int, int], None]
TURN: Final = 2000
RESCUE: Final = "rescue"
LEAST_PLACES: Final = 8
SMOOTH: Final = 4
MOST_DOTS: Final = 20_000


@dataclass(slots=True)
class Alerted:
    """What came of a run: rows read and rejected, tracks, and the alerts as documents."""

    read: int
    rejected: list[Reject]
    tracks: int
    alerts: list[dict[str, Any]] = field(default_factory=list)
    doubled: int = 0
    warnings: list[str] = field(default_factory=list)
    findings: int = 0

    def document(self) -> dict[str, Any]:
        """Return it as it stands in a document."""
        return {
            "read": self.read,
            "rejected": len(self.rejected),
            "tracks": self.tracks,
            "alerts": len(self.alerts),
            "rescue": sum(alert["lane"] == RESCUE for alert in self.alerts),
            "doubled": self.doubled,
            "rejects": [{"row": one.row, "field": one.field, "reason": one.reason} for one in self.rejected[:100]],
            "warnings": self.warnings,
            "findings": self.findings,
        }


def alert_document(alert: Alert, setting: Setting) -> dict[str, Any]:
    """Return an alert as one line of a file: the alert, why, on what, and for rescue where to search and who is near."""
    lon, lat = setting.origin.to_degrees(alert.x, alert.y)
    found: dict[str, Any] = {
        "t_s": alert.t_s,
        "lane": alert.lane,
        "kind": alert.kind,
        "x": round(alert.x, 2),
        "y": round(alert.y, 2),
        "score": round(alert.score, 4),
        "reasons": list(alert.reasons),
        "evidence": list(alert.evidence),
        "at": moment_of(setting.start, alert.t_s),
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "track": alert.track,
        "parts": [{"name": part.name, "points": part.points, "text": part.text} for part in alert.parts],
    }
    found["id"] = content_id("alr", {name: found[name] for name in ("t_s", "lane", "kind", "x", "y", "at")})
    if alert.crossing is not None:
        names = ("p", "t10", "t50", "t90")
        found["crossing"] = {name: round(value, 3) for name, value in zip(names, alert.crossing, strict=True)}
    if alert.lane == RESCUE:
        notice = draft_notice(alert, setting)
        found["drift"] = [
            {"after_s": one.after_s, "x": round(one.x, 1), "y": round(one.y, 1), "radius_m": round(one.radius_m, 1)}
            for one in notice.drift
        ]
        found["rescuer"], found["minutes"] = notice.rescuer, notice.minutes
        found["notice"] = notice.text
        found["close_by"] = notice.close_by
    found["eurosur_first_report_due"] = moment_of(setting.start, alert.t_s + FIRST_REPORT_H * 3600)
    return found


def raise_alerts(
    path: Path, context: Path, out: Path, *, form: str = "points", draw: Path | None = None, drafts: Path | None = None,
    progress: Progress | None = None,
) -> Alerted:  # fmt: skip
    """Run detections past a post and write every alert the moment it is true, one JSON line each.

    Args:
        path: the detections.
        context: what the post knows of its place and hour.
        out: where the alerts go; each is on the disk before the next detection is looked at.
        form: format of the detections.
        draw: where a map goes, SVG.
        drafts: a folder for the draft notices and EUROSUR drafts.
        progress: hears how many of how many detections are done.

    Raises:
        InputError: the detections or the context cannot be used.
        StoreIoError: the disk refuses.
    """
    setting = read_setting(json_object(context))
    read = read_detections(form, path, origin=setting.origin, start=setting.start, sensors=setting.sensors)
    post = Post(setting, danger_weights())
    done = Alerted(read.rows, read.rejected, 0, doubled=read.doubled, warnings=read.warnings)
    with _lines(out) as line:
        for at, seen in enumerate(read.detections):
            for alert in post.take(seen):
                document = alert_document(alert, setting)
                line(document)
                done.alerts.append(document)
            if progress is not None and at % TURN == 0:
                progress(at, len(read.detections))
    done.tracks = post.tracks_begun
    if drafts is not None:
        write_drafts(drafts, done.alerts, read.detections)
    if draw is not None:
        write(draw, picture(read.detections, done.alerts, setting))
    return done


@contextmanager
def _lines(out: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    try:
        handle: IO[bytes] = out.open("wb")
    except OSError as error:
        raise StoreIoError(f"the file cannot be written: {error.strerror}", where=str(out)) from error
    with handle:

        def line(document: dict[str, Any]) -> None:
            try:
                handle.write(orjson.dumps(document) + b"\n")
                handle.flush()
                os.fsync(handle.fileno())
            except OSError as error:
                raise StoreIoError(f"the file cannot be written: {error.strerror}", where=str(out)) from error

        yield line


def write_drafts(folder: Path, alerts: list[dict[str, Any]], detections: list[Detection]) -> None:
    """Write the draft notice of each rescue alert, and a EUROSUR draft of each alert.

    Raises:
        StoreIoError: the disk refuses.
    """
    make_folder(folder)
    by_row = {one.row: one for one in detections}
    for number, alert in enumerate(alerts, 1):
        name = f"{number:02d}-{alert['kind']}"
        if "notice" in alert:
            write(folder / f"{name}.txt", alert["notice"].encode())
        write(folder / f"{name}-eurosur.json", eurosur_draft(alert, by_row))


def eurosur_draft(alert: dict[str, Any], by_row: dict[int, Detection]) -> bytes:
    """Return the EUROSUR draft of an alert."""
    from headwater.model.times import parse_instant

    rows = [by_row[row] for row in alert["evidence"] if row in by_row]
    bands = sorted((one.size_band for one in rows if one.size_band), key=len)
    return write_event_draft(
        EurosurEvent(
            identifier=alert["id"],
            rescue=alert["lane"] == RESCUE,
            moment=parse_instant(alert["at"]),
            # The node is aware from the alert on; nobody is before.
            aware=parse_instant(alert["at"]),
            lat=alert["lat"],
            lon=alert["lon"],
            score=alert["score"],
            craft="" if alert["kind"] == "persons-in-water" else "boat",
            persons=bands[-1] if bands else "",
            sensors=tuple({one.sensor for one in rows}),
            description=f"{alert['kind'].replace('-', ' ').capitalize()}. {'; '.join(alert['reasons'])}.",
        )
    )


def picture(detections: list[Detection], alerts: list[dict[str, Any]], setting: Setting) -> bytes:
    """Return the map of alerts, of the ways of objects (never of people), and of where to search."""
    ways = open_ways(detections)
    banks = None
    if setting.near_bank_y is not None and setting.far_bank_y is not None:
        banks = (setting.near_bank_y, setting.far_bank_y)
    drift = [(alert, one) for alert in alerts for one in alert.get("drift", [])[:1]]
    rescue = [one for one in alerts if one["lane"] == RESCUE]
    return TrackMap(
        f"Alerts, from {setting.start:%Y-%m-%d %H:%M} UTC",
        {number: _smoothed(places) for number, places in ways.items() if len(places) >= LEAST_PLACES},
        banks,
        setting.border_y,
        [MapMark(one["x"], one["y"], one["lane"], _mark_text(one)) for one in alerts],
        [(one["x"], one["y"], one["radius_m"]) for _, one in drift],
        [f"adrift: search here after {one['after_s'] // 60} min" for _, one in drift],
        [place for places in ways.values() for place in places][:MOST_DOTS],
        [
            f"Nearest help: {one['rescuer']}, about {one['minutes']:.0f} min."
            for one in rescue[:1]
            if one.get("rescuer")
        ],
    ).svg()


def open_ways(detections: list[Detection]) -> dict[int, list[tuple[float, float]]]:
    """Return the places of each object that is not of people, by its track; what is mostly called people is left out whole."""
    tracker, seen = StreamTracker(), dict[int, list[Detection]]()
    for one in detections:
        seen.setdefault(tracker.take(one.time_s, one.x, one.y, one.sigma_m, one.sensor), []).append(one)
    return {
        number: [(one.x, one.y) for one in reports if one.kind not in GROUPS]
        for number, reports in seen.items()
        if 2 * sum(one.kind in GROUPS for one in reports) <= sum(one.kind != "unknown" for one in reports)
    }


def _mark_text(alert: dict[str, Any]) -> str:
    moment = str(alert["at"])[11:19]
    crossing = alert.get("crossing")
    ahead = f", border in {crossing['t10']:.0f} to {crossing['t90']:.0f} s" if crossing else ""
    return f"{moment} {alert['lane']}: {alert['kind'].replace('-', ' ')} {told_score(alert['score'], 2):.0%}{ahead}"


def _smoothed(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a way as the means of some reports in turn: what is drawn is where it went, not each sensor's error."""
    return [
        (sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part))
        for at in range(0, len(places), SMOOTH)
        if (part := places[at : at + SMOOTH])
    ]
