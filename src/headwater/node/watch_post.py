"""The live post without its sockets: messages in, answers and alerts out."""

from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from headwater.engines.watch import Post, Sightings, read_setting
from headwater.engines.watch.danger import Setting
from headwater.errors import InputError, SchemaError
from headwater.formats.points_csv import AHEAD_S, in_span
from headwater.formats.sapient import Checked, check_message, detection_of, frame, kind_of, stand_of
from headwater.formats.sapient_write import FUSION_NODE, error_message, registration_ack, uuid4_of
from headwater.model.canonical import encode
from headwater.model.detections import GROUPS, Bearing, Detection
from headwater.node.watch_alerts import alert_document
from headwater.node.watch_journal import Journal
from headwater.node.watch_read import danger_weights
from headwater.ports import Clock

REMEMBERED: Final = 200_000
"""Report identifiers that are remembered, to drop a report that comes again: over ten seconds at 15,000 a second."""


@dataclass(slots=True)
class Counts:
    """What a live post has done so far."""

    messages: int = 0
    detections: int = 0
    rejected: int = 0
    doubled: int = 0
    clock: int = 0
    alerts: int = 0
    events: int = 0
    refused_events: int = 0


@dataclass(slots=True)
class Taken:
    """What came of some bytes: answers to the sender, and new alerts."""

    answers: list[bytes] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    fusion: bool = False


class LivePost:
    """Takes SAPIENT messages, journals detections, and raises alerts.

    Args:
        context: what the post knows of its place and hour; None raises no alert.
        journal: where detections and alerts are kept; None keeps nothing.
        clock: tells the time.
    """

    def __init__(self, context: dict[str, object] | None, journal: Journal | None, clock: Clock) -> None:
        """Begin with what the journal holds, and write the alerts that a kill kept from being written."""
        self.setting: Setting | None = None if context is None else read_setting(context)
        self.journal = journal
        self.clock = clock
        self.counts = Counts()
        self.node = uuid4_of(f"headwater {encode(context or {}).decode()}")
        self._post = None if self.setting is None else Post(self.setting, danger_weights())
        self._sightings = Sightings({} if self.setting is None else self.setting.sensors)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._row = 0
        self._why = ""
        self.ahead_s: dict[str, float] = {}
        self.recovered: list[dict[str, Any]] = []
        if journal is not None:
            for data, is_old in journal.frames():
                self.recovered += self._replay(data, new=not is_old)
            self.expire()

    def expire(self) -> int:
        """Let the journal forget the reports of people whose time is over, and return how many."""
        return 0 if self.journal is None else self.journal.expire(_is_of_people)

    def _replay(self, data: bytes, *, new: bool) -> list[dict[str, Any]]:
        checked = check_message(data)
        if not checked.ok:
            self._row += 1  # a detection of people whose time is over: its number stays taken
            return []
        if checked.content == "status_report":
            self._stand(checked.message)
        return self._alerts(checked.message, new=new)

    def take(self, messages: list[bytes]) -> Taken:
        """Take some messages: journal the detections, then look at them."""
        taken, kept = Taken(), bytearray()
        good: list[tuple[bytes, Any]] = []
        for data in messages:
            self.counts.messages += 1
            checked = check_message(data)
            if not checked.ok:
                self._refuse(checked, data, taken)
            elif checked.content == "registration":
                told = checked.message.registration
                taken.fusion = any(one.node_type == FUSION_NODE for one in told.node_definition)
                taken.answers.append(registration_ack(self.node, checked.message.node_id, self.clock.now(), []))
            elif self._is_news(checked):
                kept += frame(data)
                good.append((data, checked.message))
        if kept and self.journal is not None:
            self.journal.append(bytes(kept))
        for data, message in good:
            self._why = ""
            taken.alerts += self._alerts(message)
            if self._why:
                taken.answers.append(error_message(self.node, self.clock.now(), data, [self._why]))
        return taken

    def _is_news(self, checked: Checked) -> bool:
        """Return whether a message says what an alert can rest on and what was not said before."""
        if checked.content == "status_report":
            return self._stand(checked.message)
        return checked.content == "detection_report" and not self._is_double(checked.message.detection_report.report_id)

    def _refuse(self, checked: Checked, data: bytes, taken: Taken) -> None:
        """Count a message that breaks a rule and answer it; an error is never answered by another."""
        self.counts.rejected += 1
        errors = [f"{kind}: {path or 'message'}" for kind, path in checked.errors]
        if checked.content == "registration":
            taken.answers.append(registration_ack(self.node, checked.message.node_id, self.clock.now(), errors))
        elif checked.content != "error":
            taken.answers.append(error_message(self.node, self.clock.now(), data, errors))

    def _stand(self, message: Any) -> bool:  # noqa: ANN401 - a message of protobuf
        """Take in where a node says that it stands; return whether that is news to be kept."""
        if self.setting is None:
            return False
        try:
            place = stand_of(message, self.setting.origin)
        except SchemaError:
            self.counts.rejected += 1
            return False
        return place is not None and self._sightings.stands(message.node_id, *place)

    def _is_double(self, report: str) -> bool:
        if report in self._seen:
            self.counts.doubled += 1
            return True
        self._seen[report] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False

    def _alerts(self, message: Any, *, new: bool = True) -> list[dict[str, Any]]:  # noqa: ANN401 - a message of protobuf
        """Return the new alerts that a detection makes true; each is durable in the journal.

        What is read again after reports of people were overwritten (not `new`) may look otherwise than it did: it raises nothing.
        """
        if not message.HasField("detection_report"):
            return []
        self.counts.detections += 1
        row, self._row = self._row, self._row + 1
        if self._post is None or self.setting is None:
            return []
        try:
            places = self._places(message, row)
        except SchemaError as error:
            self.counts.rejected += 1
            self._why = f"{error.what}: detection_report.{error.where.field or ''}"
            return []
        found = []
        for seen in places:
            for alert in self._post.take(seen):
                document = alert_document(alert, self.setting)
                if new and (self.journal is None or self.journal.alert(document)):
                    self.counts.alerts += 1
                    found.append(document)
        return found

    def _places(self, message: Any, row: int) -> list[Detection]:  # noqa: ANN401 - a message of protobuf
        """Return where a report, with the directions before it, says that an object is.

        Raises:
            SchemaError: a value that no sensor can have seen, or a direction from nobody knows where.
        """
        setting = self.setting
        if setting is None:
            return []
        seen = detection_of(message, row, setting.origin, setting.start.timestamp())
        if seen is None:
            return []
        in_span(seen.time_s)
        self._hear_clock(message.node_id, seen.time_s - (self.clock.now() - setting.start).total_seconds())
        return self._sightings.take(seen) if isinstance(seen, Bearing) else [seen]

    def _hear_clock(self, sensor: str, ahead_s: float) -> None:
        """Keep how far ahead a sensor's clock runs. It is told and never corrected: a journal read later must give the same alerts."""
        if ahead_s <= AHEAD_S:
            return
        self.counts.clock += 1
        before = self.ahead_s.get(sensor)
        self.ahead_s[sensor] = (
            ahead_s if before is None else min(before, ahead_s)
        )  # what the line adds only makes it less
        if before is None:
            self._why = f"clock: {ahead_s:.0f} s ahead of the node: timestamp"

    def document(self) -> dict[str, Any]:
        """Return what was done so far, as it stands in a document."""
        counts = asdict(self.counts)
        tracks = 0 if self._post is None else self._post.tracks_begun
        return {
            "read": counts["messages"],
            "tracks": tracks,
            **counts,
            "clock_ahead_s": dict(sorted(self.ahead_s.items())),
        }

    def standing(self) -> list[dict[str, Any]]:
        """Return every alert that was raised here, oldest first: what a client that comes late must still hear."""
        return [] if self.journal is None else list(self.journal.alerts.values())


def _is_of_people(data: bytes) -> bool:
    """Return whether a message reports people."""
    checked = check_message(data)
    return checked.ok and checked.content == "detection_report" and kind_of(checked.message) in GROUPS


__all__ = ["Counts", "InputError", "LivePost", "Taken"]
