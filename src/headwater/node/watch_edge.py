"""The edge role of SAPIENT: a sensor, or a file that is played as one, that reports to a fusion node over TCP."""

import socket
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

from headwater.errors import PeerTimeoutError, PeerUnreachableError
from headwater.formats.sapient import HEAD, Checked, check_message, frame
from headwater.formats.sapient_write import detection_message, registration_message, uuid4_of
from headwater.model.detections import Detection, Origin

WAIT_S: Final = 10.0
BATCH: Final = 200


class SapientEdge:
    """One connection of an edge node, or of a fusion node that listens to another's alerts."""

    def __init__(self, host: str, port: int, name: str, *, fusion: bool = False, wait_s: float = WAIT_S) -> None:
        """Connect and register.

        Raises:
            PeerUnreachableError: nobody listens there.
            PeerTimeoutError: no answer came.
        """
        self.node = uuid4_of(name)
        self._held = b""
        self._early: list[Checked] = []
        try:
            self._line = socket.create_connection((host, port), timeout=wait_s)
        except OSError as error:
            raise PeerUnreachableError(f"no SAPIENT node at {host}:{port}") from error
        self.send([registration_message(self.node, datetime.now().astimezone(), fusion=fusion)])
        while True:
            answer = self._next()
            if answer.content == "registration_ack":
                self.accepted = bool(answer.message.registration_ack.acceptance)
                break
            self._early.append(answer)

    def send(self, messages: Sequence[bytes]) -> None:
        """Send messages.

        Raises:
            PeerUnreachableError: the connection broke.
        """
        try:
            self._line.sendall(b"".join(frame(one) for one in messages))
        except OSError as error:
            raise PeerUnreachableError("the SAPIENT connection broke") from error

    def receive(self) -> Checked:
        """Return the next message.

        Raises:
            PeerTimeoutError: none came in time.
            PeerUnreachableError: the connection ended.
        """
        return self._early.pop(0) if self._early else self._next()

    def _next(self) -> Checked:
        while True:
            if len(self._held) >= HEAD.size:
                (size,) = HEAD.unpack_from(self._held)
                if len(self._held) >= HEAD.size + size:
                    data, self._held = self._held[HEAD.size : HEAD.size + size], self._held[HEAD.size + size :]
                    return check_message(data)
            try:
                more = self._line.recv(1 << 16)
            except TimeoutError as error:
                raise PeerTimeoutError("no SAPIENT message came") from error
            except OSError as error:
                raise PeerUnreachableError("the SAPIENT connection broke") from error
            if not more:
                raise PeerUnreachableError("the SAPIENT connection ended")
            self._held += more

    def close(self) -> None:
        """End the connection."""
        self._line.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the connection."""
        self.close()


def play(
    edge: SapientEdge, detections: Sequence[Detection], origin: Origin, start: datetime, *, speed: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Report detections as a sensor would, as fast as they go or at so many times the pace at which they were seen.

    Raises:
        PeerUnreachableError: the connection broke.
    """
    began, sent = time.monotonic(), 0
    held: list[bytes] = []
    for at, seen in enumerate(detections):
        if speed:
            ahead = (seen.time_s - detections[0].time_s) / speed - (time.monotonic() - began)
            if ahead > 0:
                edge.send(held)
                held = []
                time.sleep(ahead)
        sensor = uuid4_of(f"{edge.node} {seen.sensor}")  # a gateway: it speaks for several sensors
        held.append(detection_message(seen, sensor, start + timedelta(seconds=seen.time_s), origin))
        if len(held) >= BATCH:
            edge.send(held)
            held = []
            if progress is not None:
                progress(at, len(detections))
        sent += 1
    edge.send(held)
    return {"sent": sent}
