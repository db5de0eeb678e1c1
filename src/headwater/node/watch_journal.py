"""The journal of a live post: every detection as it came, and every alert, so that a kill loses neither.

`detections.sapient` holds SAPIENT frames in the order of arrival; a frame that a power cut left unfinished is cut off when it
is opened. `alerts.jsonl` holds each alert before it is sent. The post is a function of the journal: reading it again gives the
same alerts with the same names, so those that were not written yet are found, and none is sent under two names.

Reports of people are overwritten in place 72 hours after they came: their frames stay as zeros, so that every other report keeps
its number. `arrivals.jsonl` says from which byte on reports came when, once a minute.
"""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from headwater.errors import FormatError, StoreIoError
from headwater.formats.sapient import HEAD, read_frames
from headwater.node.files import bytes_of, make_folder
from headwater.ports import Clock

DETECTIONS: Final = "detections.sapient"
ALERTS: Final = "alerts.jsonl"
ARRIVALS: Final = "arrivals.jsonl"
KEEP: Final = timedelta(hours=72)
"""How long a report of people is kept."""
MARK_EVERY: Final = timedelta(minutes=1)


class Journal:
    """A folder with the frames and alerts of one post.

    Attributes:
        alerts: every alert that was ever raised, by its identifier, oldest first.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Open a folder, made where there is none.

        Raises:
            StoreIoError: the disk refuses.
        """
        make_folder(folder)
        self._clock = clock
        self._detections, self._alerts, self._arrivals = folder / DETECTIONS, folder / ALERTS, folder / ARRIVALS
        self.alerts: dict[str, dict[str, Any]] = {}
        self._marks: list[tuple[int, datetime]] = []
        self._erased = 0
        self._cut()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            self._frames = os.open(self._detections, flags, 0o600)
            self._lines = os.open(self._alerts, flags, 0o600)
            self._mark_lines = os.open(self._arrivals, flags, 0o600)
        except OSError as error:
            raise StoreIoError(f"the journal cannot be opened: {error.strerror}", where=str(folder)) from error
        self._dirty = False
        self._size = self._detections.stat().st_size

    def _cut(self) -> None:
        """Cut off what a kill left unfinished, and take in the alerts and when reports came."""
        for alert in self._whole_lines(self._alerts):
            self.alerts[alert["id"]] = alert
        for mark in self._whole_lines(self._arrivals):
            self._marks.append((int(mark["byte"]), datetime.fromisoformat(mark["at"])))

    def _whole_lines(self, path: Path) -> list[dict[str, Any]]:
        if not path.exists():
            return []
        data = bytes_of(path)
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            self._shorten(path, len(whole))
        return [orjson.loads(line) for line in whole.splitlines()]

    def frames(self) -> Iterator[tuple[bytes, bool]]:
        """Yield every message, and whether it came so long ago that nothing new follows from it; cut off an unfinished one."""
        data, at, old = bytes_of(self._detections), 0, self._due()
        try:
            for message in read_frames(data):
                yield message, at < old
                at += HEAD.size + len(message)
        except FormatError as error:
            self._size = error.where.offset or 0
            self._shorten(self._detections, self._size)

    def _due(self) -> int:
        """Return up to which byte everything came over 72 hours ago."""
        limit = self._clock.now() - KEEP
        return max((byte for byte, moment in self._marks if moment <= limit), default=0)

    def expire(self, is_of_people: Callable[[bytes], bool]) -> int:
        """Overwrite the reports of people that came over 72 hours ago, durably, and return how many.

        Raises:
            StoreIoError: the disk refuses.
        """
        self._mark(self._clock.now())
        until, count = self._due(), 0
        if until <= self._erased:
            return 0
        try:
            with self._detections.open("r+b") as handle:
                while self._erased < until:
                    handle.seek(self._erased)
                    (size,) = HEAD.unpack(handle.read(HEAD.size))
                    message = handle.read(size)
                    if message.strip(b"\0") and is_of_people(message):
                        handle.seek(self._erased + HEAD.size)
                        handle.write(bytes(size))
                        count += 1
                    self._erased += HEAD.size + size
                handle.flush()
                os.fsync(handle.fileno())
        except OSError as error:
            raise StoreIoError(f"the journal cannot be written: {error.strerror}", where=DETECTIONS) from error
        return count

    def _mark(self, now: datetime) -> None:
        """Write down from which byte on reports come from now on, where some came since that was last done."""
        if self._size and (
            not self._marks or (self._size > self._marks[-1][0] and now - self._marks[-1][1] >= MARK_EVERY)
        ):
            self._marks.append((self._size, now))
            line = {"byte": self._size, "at": now.isoformat()}
            self._write(self._mark_lines, orjson.dumps(line) + b"\n")

    def _shorten(self, path: Path, size: int) -> None:
        try:
            os.truncate(path, size)
        except OSError as error:
            raise StoreIoError(f"the journal cannot be mended: {error.strerror}", where=str(path)) from error

    def append(self, frames: bytes) -> None:
        """Write frames; they outlive the process from now on, and the machine from the next `sync` on.

        Raises:
            StoreIoError: the disk refuses.
        """
        self._mark(self._clock.now())
        self._write(self._frames, frames)
        self._size += len(frames)
        self._dirty = True

    def alert(self, document: dict[str, Any]) -> bool:
        """Write an alert, durable before the call returns; return whether it is new.

        Raises:
            StoreIoError: the disk refuses.
        """
        if document["id"] in self.alerts:
            return False
        self.sync()
        self._write(self._lines, orjson.dumps(document) + b"\n")
        os.fsync(self._lines)
        self.alerts[document["id"]] = document
        return True

    def sync(self) -> None:
        """Make every frame durable."""
        if self._dirty:
            os.fsync(self._frames)
            self._dirty = False

    def close(self) -> None:
        """Make everything durable and close."""
        self.sync()
        os.close(self._frames)
        os.close(self._lines)
        os.close(self._mark_lines)

    def _write(self, handle: int, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(handle, left) :]
        except OSError as error:
            raise StoreIoError(f"the journal cannot be written: {error.strerror}", where="journal") from error
