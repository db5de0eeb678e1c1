"""MOTChallenge text files: one box a row, frame, id, left, top, width, height, score; ids of detections are -1."""

import math
from collections.abc import Iterable
from typing import Final

from headwater.errors import FormatError, Place
from headwater.formats.safe import check_size
from headwater.model.detections import Reject

LEAST_COLUMNS: Final = 7
MOST_FRAMES: Final = 10_000_000
Box = tuple[float, float, float, float, float]


def read_mot(data: bytes, *, file: str | None = None) -> tuple[dict[int, list[tuple[int, Box]]], list[Reject]]:
    """Return the boxes of each frame (row, then x1 y1 x2 y2 score), and the rows that are no box.

    Raises:
        FormatError: it is no text, or no row can be used.
    """
    check_size(data, file=file)
    frames: dict[int, list[tuple[int, Box]]] = {}
    rejected: list[Reject] = []
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise FormatError("not ASCII text", where=Place(file=file, offset=error.start)) from error
    for number, line in enumerate(line for line in lines if line.strip()):
        cells = line.replace(" ", ",").split(",") if "," not in line else line.split(",")
        fault = _fault(cells)
        if fault is not None:
            rejected.append(Reject(number, *fault))
            continue
        frame, left, top, width, height, score = (float(cells[at]) for at in (0, 2, 3, 4, 5, 6))
        box = (left, top, left + width, top + height, min(max(score, 0.0), 1.0))
        frames.setdefault(int(frame), []).append((number, box))
    if not frames:
        raise FormatError(f"no row of {len(rejected)} is a box", where=file)
    return frames, rejected


def write_mot(rows: Iterable[tuple[int, int, float, float, float, float]]) -> bytes:
    """Return tracks as MOT rows: frame, id, left, top, right, bottom of each."""
    return "".join(
        f"{frame},{number},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},1,-1,-1,-1\n"
        for frame, number, x1, y1, x2, y2 in rows
    ).encode()


def _fault(cells: list[str]) -> tuple[str, str] | None:
    if len(cells) < LEAST_COLUMNS:
        return "row", "fewer than seven numbers"
    names = ("frame", "id", "left", "top", "width", "height", "score")
    for name, cell in zip(names, cells, strict=False):
        try:
            value = float(cell)
        except ValueError:
            return name, "no number"
        if not math.isfinite(value):
            return name, "no finite number"
        if name == "frame" and not (value.is_integer() and 0 <= value <= MOST_FRAMES):
            return name, "no frame number"
        if name in ("width", "height") and value <= 0.0:
            return name, "not above 0"
    return None
