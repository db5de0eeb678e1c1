"""The detector: shares of every class in every cell, and the places where one stands out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.context import CLASSES, ITEMS, log_odds, second_features
from headwater.engines.scan.features import CELL_CM, Cells
from headwater.errors import FormatError

Reals = NDArray[Any]
"""Of np.float32; OpenCV's own types are wider."""
Predict = Callable[[Reals], Reals]
"""Rows of features to rows of shares of `CLASSES`."""

PEAK_SIGMA: Final = {"person": 1.6, "drugs": 1.0, "rifle": 1.0, "pistol": 0.6}
"""Size, in cells, over which shares are gathered before a place is told."""
REACH_CELLS: Final = {"person": 12.0, "drugs": 8.0, "rifle": 9.0, "pistol": 2.5}
"""How far from its peak an alarm's box may go."""
LEAST_CELLS: Final = {"person": (3.0, 3.0), "drugs": (1.5, 1.0), "rifle": (1.5, 1.0), "pistol": (1.5, 1.5)}
"""Half of the least box about a peak, columns and rows."""
EDGE_SHARE: Final = 0.35
"""Share of the peak's own at which a box ends."""
MOST_PLACES: Final = 3
ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Places:
    """Where one class stands out: score (log-odds), and box in cells (row0, row1, column0, column1)."""

    name: str
    score: float
    box: tuple[float, float, float, float]


class Detector(Protocol):
    """What gives the share of each class in each cell."""

    def shares(self, seen: Cells, depth: Reals, mm: tuple[float, float]) -> Reals:
        """Return shares. Shape: -> (rows, columns, classes)."""
        ...


@dataclass(frozen=True, slots=True)
class HeatMap:
    """An agency's own network: attenuation at its pixel size in, a map of shares for each of its classes out.

    Attributes:
        run: (1, channels, height, width) to (1, classes, height, width), shares from 0 to 1.
        mm: size of its pixel.
        columns: for each of its classes, the place in `CLASSES`; 0 where it is none of ours.
    """

    run: Predict
    mm: float
    columns: tuple[int, ...]

    def shares(self, seen: Cells, depth: Reals, mm: tuple[float, float]) -> Reals:
        """Return the strongest share of each class in each cell.

        Raises:
            FormatError: the network answers in another shape than its manifest says, or with what is no share.
        """
        import cv2

        size = tuple(max(round(side * each / self.mm), 8) for side, each in zip(depth.shape[:0:-1], mm, strict=True))
        small = np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in depth])[None].astype(
            np.float32
        )
        maps = np.asarray(self.run(small))
        if maps.shape != (1, len(self.columns), size[1], size[0]) or not np.isfinite(maps).all():
            raise FormatError("the model answers in another shape than its manifest says", where="model")
        if maps.min() < -ROUNDING or maps.max() > 1.0 + ROUNDING:
            raise FormatError("the model answers with what is no share", where="model")
        rows, columns = seen.blocked.shape
        made = np.zeros((rows, columns, len(CLASSES)), np.float32)
        for place, column in enumerate(self.columns):
            if column:
                grid = cv2.resize(
                    np.ascontiguousarray(maps[0, place], np.float32), (columns, rows), interpolation=cv2.INTER_AREA
                )
                made[..., column] = np.maximum(made[..., column], np.clip(grid, 0.0, 1.0))
        return made


@dataclass(frozen=True, slots=True)
class TwoLooks:
    """Both looks of the detector that ships."""

    first: Predict
    second: Predict

    def shares(self, seen: Cells, depth: Reals, mm: tuple[float, float]) -> Reals:  # noqa: ARG002 - the seam of detectors
        """Return the share of each class in each cell. Shape: -> (rows, columns, classes)."""
        rows, columns, count = seen.features.shape
        first = self.first(seen.features.reshape(-1, count)).reshape(rows, columns, len(CLASSES))
        again = second_features(seen, first)
        second = self.second(again.reshape(rows * columns, -1)).reshape(rows, columns, len(CLASSES))
        # The second look alone is sure of too much; the mean of both found more on scans of the tuning seeds.
        mean = (log_odds(first) + log_odds(second)) / 2
        return np.asarray(1.0 / (1.0 + np.exp(-mean)), np.float32)


def places(shares: Reals, blocked: Reals) -> list[Places]:
    """Return where each class stands out most, at most three places a class, the strongest first.

    Args:
        shares: (rows, columns, classes).
        blocked: share of each cell that is not assessed.
    """
    import cv2

    found = []
    for number, name in enumerate(ITEMS, start=1):
        grid = cv2.GaussianBlur(
            np.ascontiguousarray(shares[..., number]), (0, 0), PEAK_SIGMA[name], borderType=cv2.BORDER_CONSTANT
        )
        grid = np.where(blocked > 0.5, np.float32(0), grid)  # noqa: PLR2004 - most of the cell
        left = grid.copy()
        for _ in range(MOST_PLACES):
            row, column = np.unravel_index(int(left.argmax()), left.shape)
            peak = float(left[row, column])
            if peak <= 0:
                break
            box = _box(grid, int(row), int(column), name)
            found.append(Places(name, float(log_odds(np.array([peak], np.float32))[0]), box))
            r0, r1, c0, c1 = (int(value) for value in (max(box[0] - 2, 0), box[1] + 2, max(box[2] - 2, 0), box[3] + 2))
            left[r0:r1, c0:c1] = 0
    return sorted(found, key=lambda one: -one.score)


def strongest(found: list[Places]) -> dict[str, float]:
    """Return the highest score of each class; the least possible where it stands out nowhere."""
    least = float(log_odds(np.array([0.0], np.float32))[0])
    return {name: max((one.score for one in found if one.name == name), default=least) for name in ITEMS}


def _box(grid: Reals, row: int, column: int, name: str) -> tuple[float, float, float, float]:
    """Return the box around a peak in which its class stays strong."""
    import cv2

    strong = (grid >= EDGE_SHARE * grid[row, column]).astype(np.uint8)
    _, labels = cv2.connectedComponents(strong, connectivity=8)
    rows, columns = np.nonzero(labels == labels[row, column])
    near = (np.abs(rows - row) <= REACH_CELLS[name]) & (np.abs(columns - column) <= REACH_CELLS[name])
    rows, columns = rows[near], columns[near]
    wide, tall = LEAST_CELLS[name]
    weights = grid[rows, columns]
    middle_row, middle_column = (
        float((rows * weights).sum() / weights.sum()) + 0.5,
        float((columns * weights).sum() / weights.sum()) + 0.5,
    )
    row0, row1 = min(float(rows.min()), middle_row - tall), max(float(rows.max()) + 1, middle_row + tall)
    column0, column1 = (
        min(float(columns.min()), middle_column - wide),
        max(float(columns.max()) + 1, middle_column + wide),
    )
    height, width = grid.shape
    return max(row0, 0.0), min(row1, float(height)), max(column0, 0.0), min(column1, float(width))


def grown_cm(cells: float) -> float:
    """Return a length in cells as centimetres."""
    return cells * CELL_CM
