"""The journal of a live post: every detection as it came, and every alert, so that a kill loses neither.

`detections.sapient` holds SAPIENT frames in the order of arrival; a frame that a power cut left unfinished is cut off when it
is opened. `alerts.jsonl` holds each alert before it is sent. The post is a function of the journal: reading it again gives the
same alerts with the same names, so those that were not written yet are found, and none is sent under two names.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from headwater.errors import FormatError, StoreIoError
from headwater.formats.sapient import read_frames
from headwater.node.files import bytes_of, make_folder

DETECTIONS: Final = "detections.sapient"
ALERTS: Final = "alerts.jsonl"


class Journal:
    """A folder with the frames and alerts of one post.

    Attributes:
        alerts: every alert that was ever raised, by its identifier, oldest first.
    """

    def __init__(self, folder: Path) -> None:
        """Open a folder, made where there is none.

        Raises:
            StoreIoError: the disk refuses.
        """
        make_folder(folder)
        self._detections, self._alerts = folder / DETECTIONS, folder / ALERTS
        self.alerts: dict[str, dict[str, Any]] = {}
        self._cut()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            self._frames = os.open(self._detections, flags, 0o600)
            self._lines = os.open(self._alerts, flags, 0o600)
        except OSError as error:
            raise StoreIoError(f"the journal cannot be opened: {error.strerror}", where=str(folder)) from error
        self._dirty = False

    def _cut(self) -> None:
        """Cut off what a kill left unfinished, and take in the alerts."""
        if self._alerts.exists():
            data = bytes_of(self._alerts)
            whole = data[: data.rfind(b"\n") + 1]
            if len(whole) < len(data):
                self._shorten(self._alerts, len(whole))
            for line in whole.splitlines():
                alert = orjson.loads(line)
                self.alerts[alert["id"]] = alert

    def frames(self) -> Iterator[bytes]:
        """Yield every message in the journal, and cut off an unfinished one at its end."""
        data = bytes_of(self._detections)
        try:
            yield from read_frames(data)
        except FormatError as error:
            self._shorten(self._detections, error.where.offset or 0)

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
        self._write(self._frames, frames)
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

    def _write(self, handle: int, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(handle, left) :]
        except OSError as error:
            raise StoreIoError(f"the journal cannot be written: {error.strerror}", where="journal") from error
