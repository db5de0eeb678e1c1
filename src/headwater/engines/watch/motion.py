"""Moving objects before a fixed camera, by classical background subtraction; nothing is learned of anybody.

It works for wide views in which objects stand apart. In close crowds it fails: bodies that touch become one box, and the
size model can only cut it into slices. The frame is used and let go; no picture of an object is kept or handed on.
"""

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import MissingExtraError, SchemaError

Floats = NDArray[np.float64]

JUDGED: Final = {
    "scale": 0.5, "history": 500.0, "threshold": 12.0, "open": 3.0, "close_w": 3.0, "close_h": 7.0, "least_area": 60.0,
    "least_h": 12.0, "small": 0.75, "wide": 1.4, "join_gap": 0.35, "pad_w": 0.06, "pad_h": 0.0, "rate": 0.005,
}  # fmt: skip
SCORE_BASE: Final = 0.72
"""Score of a box that hardly anything fills: boxes that passed the size model are right in four cases of five."""
LEARN: Final = 200
"""Boxes from which the size model is taken seriously."""
RIDGE: Final = 50.0


class MotionDetector:
    """Finds what moves before a fixed camera, frame by frame.

    It learns how high and wide objects are at each height of the picture, joins pieces of one object, drops specks, and cuts
    boxes that hold several objects side by side.

    Args:
        judged: values of `JUDGED` to be replaced, for measurements.

    Raises:
        MissingExtraError: OpenCV is not installed.

    Source: Zivkovic 2004 (mixture of Gaussians with a changing number of parts), as OpenCV has it.
    """

    def __init__(self, judged: dict[str, float] | None = None) -> None:
        """Begin without a background."""
        try:
            import cv2
        except ModuleNotFoundError as error:
            raise MissingExtraError("video", error.name or "cv2") from error
        self._cv: Any = cv2
        self._told = {**JUDGED, **(judged or {})}
        self._background: Any = cv2.createBackgroundSubtractorMOG2(
            int(self._told["history"]),
            self._told["threshold"],
            True,  # noqa: FBT003 - OpenCV's signature
        )
        size = (int(self._told["close_w"]), int(self._told["close_h"]))
        self._close = cv2.getStructuringElement(cv2.MORPH_RECT, size)
        self._open = np.ones((int(self._told["open"]), int(self._told["open"])), np.uint8)
        self._sums = np.zeros((2, 2))
        self._heights, self._widths = np.zeros(2), np.zeros(2)
        self._seen = 0

    def detect(self, frame: NDArray[np.uint8], time_s: float) -> Floats:  # noqa: ARG002 - the seam of all detectors
        """Return the boxes of what moves in a frame.

        Args:
            frame: the picture, blue green red, at least 16 pixels each way.
            time_s: when it was taken.
        Shape: (height, width, 3) -> (n, 5) x1 y1 x2 y2 score, pixels.

        Raises:
            SchemaError: it is no such picture.
        """
        if frame.ndim != 3 or frame.shape[2] != 3 or min(frame.shape[:2]) < 16:  # noqa: PLR2004
            raise SchemaError("no picture of three colours and 16 pixels each way", where="frame")
        cv2, scale = self._cv, self._told["scale"]
        small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        mask = self._background.apply(small, learningRate=self._told["rate"])
        mask = cv2.morphologyEx((mask > 200).astype(np.uint8) * 255, cv2.MORPH_OPEN, self._open)  # noqa: PLR2004
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, self._close)
        _, _, found, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        found = found[1:]
        found = found[(found[:, 4] >= self._told["least_area"] / 3) & (found[:, 3] >= self._told["least_h"] / 3)]
        boxes = np.c_[found[:, 0], found[:, 1], found[:, 0] + found[:, 2], found[:, 1] + found[:, 3]].astype(float)
        return self._refined(boxes, mask, small.shape[0]) / np.array([scale, scale, scale, scale, 1.0])

    def _expected(self, bottom: float) -> tuple[float, float]:
        """Return height and width of an object whose foot is at a height of the picture; 0 while that is not known."""
        if self._seen < LEARN:
            return 0.0, 0.0
        system = self._sums + np.diag([1e-6, RIDGE])
        a, b = np.linalg.solve(system, self._heights), np.linalg.solve(system, self._widths)
        return max(a[0] + a[1] * bottom, 8.0), max(b[0] + b[1] * bottom, 4.0)

    def _learn(self, box: Floats) -> None:
        row = np.array([1.0, box[3]])
        self._sums = 0.999 * self._sums + np.outer(row, row)
        self._heights = 0.999 * self._heights + row * (box[3] - box[1])
        self._widths = 0.999 * self._widths + row * (box[2] - box[0])
        self._seen += 1

    def _refined(self, boxes: Floats, mask: NDArray[np.uint8], rows: int) -> Floats:
        boxes = self._joined(boxes)
        out: list[list[float]] = []
        for box in boxes:
            high, wide = self._expected(box[3])
            w, h = box[2] - box[0], box[3] - box[1]
            if high and h < self._told["small"] * high and box[3] < rows - 2:
                continue
            if h < self._told["least_h"] or w * h < self._told["least_area"]:
                continue
            if 0.2 < w / h < 0.7:  # noqa: PLR2004 - the shape of one upright object
                self._learn(box)
            parts = max(1, round(w / wide - 0.15)) if wide and w > self._told["wide"] * wide else 1
            out.extend(self._scored(part, mask) for part in self._cut(box, mask, parts))
        return np.array(out).reshape(-1, 5)

    def _joined(self, boxes: Floats) -> Floats:
        """Join pieces that stand above each other and together are no higher than one object."""
        left = [box for _, box in sorted(zip(-boxes[:, 3], boxes.tolist(), strict=True))] if len(boxes) else []
        out: list[list[float]] = []
        while left:
            box = left.pop(0)
            high, _ = self._expected(box[3])
            changed = bool(high)
            while changed:
                changed = False
                for other in left:
                    across = min(box[2], other[2]) - max(box[0], other[0])
                    gap = box[1] - other[3]
                    fits = box[3] - min(box[1], other[1]) < 1.25 * high
                    if (
                        across > 0.5 * min(box[2] - box[0], other[2] - other[0])
                        and gap < self._told["join_gap"] * high
                        and fits
                    ):
                        box = [
                            min(box[0], other[0]),
                            min(box[1], other[1]),
                            max(box[2], other[2]),
                            max(box[3], other[3]),
                        ]
                        left.remove(other)
                        changed = True
                        break
            out.append(box)
        return np.array(out).reshape(-1, 4)

    def _cut(self, box: Floats, mask: NDArray[np.uint8], parts: int) -> list[Floats]:
        """Cut a box that holds several objects side by side, each slice trimmed to what moves in it."""
        if parts == 1:
            return [box]
        edges = np.linspace(box[0], box[2], parts + 1)
        out: list[Floats] = []
        for left, right in pairwise(edges):
            piece = mask[int(box[1]) : int(box[3]), int(left) : int(right)]
            rows = np.flatnonzero(piece.any(axis=1))
            if len(rows) > 3:  # noqa: PLR2004 - a sliver is nothing
                out.append(np.array([left, box[1] + rows[0], right, box[1] + rows[-1] + 1]))
        return out

    def _scored(self, box: Floats, mask: NDArray[np.uint8]) -> list[float]:
        piece = mask[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])]
        share = float(np.count_nonzero(piece)) / max(piece.size, 1)
        pad_w, pad_h = self._told["pad_w"] * (box[2] - box[0]), self._told["pad_h"] * (box[3] - box[1])
        return [
            box[0] - pad_w,
            box[1] - pad_h,
            box[2] + pad_w,
            box[3] + pad_h,
            min(0.99, SCORE_BASE + (1.0 - SCORE_BASE) * share),
        ]
