"""Tracks of boxes in images, from any detector, with a fixed or a moving camera; frames are never seen."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from headwater.engines.watch.boxes_kernel import WIDTH, Floats, frame
from headwater.errors import SchemaError

DEFAULTS: Final = {
    "HIGH": 0.8, "NEW": 0.7, "BUFFER": 0.1, "LEAST": 0.1, "LOW_LEAST": 0.1, "AGAIN_BUFFER": -1.0, "AGAIN_LEAST": 0.3,
    "HEIGHT_POWER": 2.0, "NOISE": 0.12, "ACCEL": 0.006, "SIZE_GAIN": 0.2, "LOST_S": 1.5, "CONFIRM_HITS": 2.0,
    "SURE": 0.85, "BLEND": 0.6, "CAMERA": 0.7, "COAST": 0.0, "DAMP": 1.0, "YOUNG_LOST": 0.0, "DOUBLE": 0.5,
    "CALM": 0.2, "UNREST": 0.2,
}  # fmt: skip
"""How the tracker judges, in the order of the names in `boxes_kernel`; chosen as docs/howto/sensors.md says."""
USUAL_RATE: Final = 30.0


class BoxTracker:
    """Follows boxes frame by frame, without looking ahead.

    Args:
        frame_rate: frames a second.
        judged: values of `DEFAULTS` to be replaced, for measurements.

    Source: Bewley et al. 2016 and Zhang et al. 2022 (two stages), Cao et al. 2023 (re-match at the last observation).
    """

    def __init__(self, frame_rate: float = USUAL_RATE, judged: dict[str, float] | None = None) -> None:
        """Begin without tracks."""
        if not frame_rate > 0.0:
            raise SchemaError("not above 0", where="frame_rate")
        self._told = np.array(list({**DEFAULTS, **(judged or {})}.values()), np.float64)
        self._pace = USUAL_RATE / float(frame_rate)
        self._tracks = np.zeros((64, WIDTH))
        self._count = 0
        self._next = 1

    def update(self, boxes: ArrayLike) -> Floats:
        """Take the boxes of one frame and return the tracks that are seen in it.

        Args:
            boxes: x1 y1 x2 y2 score.
        Shape: (n, 5) -> (m, 5) x1 y1 x2 y2 id.  Units: pixels; score 0 to 1.
        """
        given = np.ascontiguousarray(boxes, np.float64)
        self._tracks, self._count, self._next, out = frame(
            self._tracks, self._count, self._told, self._pace, self._next, given
        )
        return out
