"""Sharing tracks with another state: estimates with their covariance, never detections; fused without counting twice.

Tracks of people are in no file of shared tracks, neither in one that is written nor in one that is read. The file goes to the partner
beside a message, under the agreement's rules, and is opened there under the handling that it came with.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from headwater.engines.watch import PointTracker, SharedTrack, intersect
from headwater.engines.watch.intersection import pairs
from headwater.engines.watch.scans import scans
from headwater.errors import FormatError, NoBasisError, Place, SchemaError
from headwater.exchange.files import Progress
from headwater.exchange.outbox import Sending
from headwater.model.detections import CLASSES, GROUPS, Origin
from headwater.model.ids import MessageId
from headwater.model.times import format_instant, parse_instant
from headwater.node import attachments, messages
from headwater.node.files import json_object, write
from headwater.node.node import Node
from headwater.node.scratch import scratch
from headwater.node.watch_read import read_placed
from headwater.policy.acts import Act
from headwater.policy.session import Session, may

SCHEMA: Final = "headwater/tracks/1"
FIELDS: Final = frozenset({"track", "class", "mean", "covariance"})
MOST_TRACKS: Final = 10_000
KIND: Final = "alert"
"""Kind of the message beside which tracks go: what concerns a partner now."""
MOST_APART_S: Final = 300.0
"""Tracks of times further apart say nothing of one another: at 3 m/s an object is anywhere within a kilometre by then."""


def share(path: Path, out: Path, form: str = "points", context: Path | None = None) -> dict[str, Any]:
    """Track detections and write the tracks as they stand at the end, without those of people.

    Raises:
        InputError: the file cannot be used, or says nothing of place and time.
    """
    read = read_placed(form, path, context)
    if read.origin is None or read.start is None:
        raise FormatError("tracks to be shared need degrees and times", where=path.name)
    tracker, named = PointTracker(), dict[int, Counter[str]]()
    for scan in scans([one for one in read.detections if not one.implausible]):
        sigma = sum(one.sigma_m for one in scan.seen) / len(scan.seen)
        tracker.step(scan.time_s, np.array([(one.x, one.y) for one in scan.seen]), sigma)
        for reports, owner in zip(scan.reports, tracker.owners.tolist(), strict=True):
            named.setdefault(int(owner), Counter()).update(one.kind for one in reports)
    rows, people = [], 0
    last = 0.0
    for number, one in tracker.shared().items():
        counts = named.get(number, Counter(["unknown"]))
        kind = max(counts, key=lambda name: (counts[name], name))
        last = one.time_s
        if GROUPS & set(counts):  # one report that says people is enough: what may be people stays at home
            people += 1
        else:
            rows.append(_row(str(number), kind, one))
    document = {
        "schema": SCHEMA,
        "origin": {"lat": read.origin.lat, "lon": read.origin.lon},
        "at": format_instant(read.start + timedelta(seconds=round(last, 3))),
        "tracks": rows,
    }
    write(out, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return {"read": read.rows, "rejected": len(read.rejected), "tracks": len(rows), "alerts": 0, "withheld": people}


def send(
    node: Node, session: Session, tracks: Path, to: str, agreement: str, *, text: str, progress: Progress | None = None
) -> Sending:
    """Send a file of shared tracks to a partner: an alert with the file beside it, judged by the rules of the agreement.

    Raises:
        InputError: it is no file of shared tracks.
        PolicyError: the user may not send, or the rules refuse it.
        TrustError: the partner's card is not confirmed and current.
    """
    read_tracks(json_object(tracks), tracks.name)
    letter = messages.Letter(text=text, reason=text)
    return messages.send(node, session, messages.address(KIND, to, agreement), letter, [tracks], progress)


def received(node: Node, session: Session, ref: MessageId) -> "Shared":
    """Return the tracks that came beside a message, if its handling lets the session see them.

    Raises:
        PolicyError: there is no such message, or the user may not see what it brought.
        SchemaError: what it brought are no tracks.
    """
    may(session, Act.MESSAGE_LOOK)
    _, message = node.exchange.show(ref)
    names = [each.name for each in message.files] if message is not None else []
    if len(names) != 1 or message is None:
        raise SchemaError("a message without tracks, or with more than one file", where=ref)
    if message.purpose != session.purpose:
        raise NoBasisError(
            "the tracks were sent for another purpose", where=ref, fix=f"use --purpose {message.purpose}"
        )
    with scratch(node.home) as folder:
        path = folder / "tracks.json"
        attachments.save(node, session, ref, names[0], path)
        found = read_tracks(json_object(path), names[0])
    return replace(found, owner=str(message.sender))


@dataclass(frozen=True, slots=True)
class Shared:
    """Tracks of one state.

    Attributes:
        origin: where their metres begin.
        at: when they all hold.
        tracks: class and estimate by name.
        owner: the authority that they came from; empty where they are our own.
    """

    origin: Origin
    at: datetime
    tracks: dict[str, tuple[str, SharedTrack]]
    owner: str = ""

    def seen_from(self, other: "Shared") -> "Shared":
        """Return the tracks in the metres of another's origin."""
        moved = {name: (kind, self._moved(one, other.origin)) for name, (kind, one) in self.tracks.items()}
        return replace(self, origin=other.origin, tracks=moved)

    def _moved(self, one: SharedTrack, origin: Origin) -> SharedTrack:
        x, y = origin.to_metres(*self.origin.to_degrees(one.mean[0], one.mean[2]))
        return replace(one, mean=(x, one.mean[1], y, one.mean[3]))


def fuse(ours: Path, theirs: Path | Shared, out: Path) -> dict[str, Any]:
    """Fuse our tracks with those of another state by covariance intersection; tracks without a partner stay as they are.

    Raises:
        InputError: a file is no file of shared tracks, or the two are of times too far apart.
    """
    mine = read_tracks(json_object(ours), ours.name)
    given = theirs if isinstance(theirs, Shared) else read_tracks(json_object(theirs), theirs.name)
    late = (given.at - mine.at).total_seconds()
    if abs(late) > MOST_APART_S:
        raise SchemaError(f"tracks of times over {MOST_APART_S:.0f} s apart", where=Place(field="at"))
    now = max(0.0, late)
    own = {name: (kind, one.at(now)) for name, (kind, one) in mine.tracks.items()}
    other = {
        name: (kind, replace(one, time_s=late).at(now)) for name, (kind, one) in given.seen_from(mine).tracks.items()
    }
    rows, fused = _joined(own, other)
    document = {
        "schema": SCHEMA,
        "origin": {"lat": mine.origin.lat, "lon": mine.origin.lon},
        "at": format_instant(mine.at + timedelta(seconds=now)),
        "tracks": rows,
    }
    if given.owner:  # whose word it takes to pass this on
        document["controlled_by"] = [given.owner]
    write(out, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return {"read": len(own) + len(other), "rejected": 0, "tracks": len(rows), "alerts": 0, "fused": fused}


Tracks = dict[str, tuple[str, SharedTrack]]


def _joined(own: Tracks, other: Tracks) -> tuple[list[dict[str, Any]], int]:
    """Return the rows of both, those of one object as one, and how many were."""
    mine, theirs = list(own.items()), list(other.items())
    found = {
        left: right
        for left, right in pairs([one for _, (_, one) in mine], [one for _, (_, one) in theirs])
        if "unknown" in (mine[left][1][0], theirs[right][1][0]) or mine[left][1][0] == theirs[right][1][0]
    }
    rows = []
    for at, (name, (kind, one)) in enumerate(mine):
        if at in found:
            number, (told, two) = theirs[found[at]]
            rows.append(_row(f"{name}+{number}", told if kind == "unknown" else kind, intersect(one, two)))
        else:
            rows.append(_row(name, kind, one))
    taken = set(found.values())
    rows += [_row(f"+{name}", kind, one) for at, (name, (kind, one)) in enumerate(theirs) if at not in taken]
    return rows, len(found)


def _row(name: str, kind: str, one: SharedTrack) -> dict[str, Any]:
    return {"track": name, "class": kind, "mean": one.mean, "covariance": one.covariance}


def read_tracks(given: Mapping[str, Any], file: str) -> Shared:
    """Return the tracks of a document.

    Raises:
        SchemaError: it is no document of shared tracks, or has one of people.
    """
    if given.get("schema") != SCHEMA:
        raise SchemaError("no file of shared tracks", where=Place(file=file, field="schema"))
    try:
        origin = Origin(float(given["origin"]["lat"]), float(given["origin"]["lon"]))
        moment = parse_instant(str(given["at"]), field="at")
        rows = given["tracks"]
        if not isinstance(rows, list) or len(rows) > MOST_TRACKS:
            raise SchemaError("no list of tracks, or too long a one", where=Place(file=file, field="tracks"))
        found: Tracks = {}
        for row in rows:
            if set(row) != FIELDS or row["class"] not in CLASSES or row["class"] in GROUPS:
                raise SchemaError("a track with other fields, or of people", where=Place(file=file, field="tracks"))
            spread = tuple(tuple(float(value) for value in line) for line in row["covariance"])
            one = SharedTrack(0.0, tuple(float(value) for value in row["mean"]), spread)
            found[str(row["track"])] = (row["class"], one)
    except (KeyError, TypeError, ValueError) as error:
        raise SchemaError("a field is missing or of another kind", where=file) from error
    return Shared(origin, moment, found)
