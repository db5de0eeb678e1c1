"""The detector: how likely each class is in every cell, and the places where one stands out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.cells import CELL, MIDDLE, Cells
from headwater.engines.scan.classes import ITEMS, LEAST, log_odds
from headwater.errors import FormatError

Reals = NDArray[Any]
"""Of np.float32; OpenCV's own types are wider."""
Predict = Callable[[Reals], Reals]
"""An image of attenuation to a map of shares."""
Look = Callable[[Reals, Reals], Reals]
"""The fine and the middle grid of a scan to log-odds of shares and of middles. Shape: -> (1, 2 * len(ITEMS), rows, columns)."""

PEAK_SIGMA: Final = {"person": 1.6, "drugs": 1.0, "rifle": 1.0, "pistol": 0.6}
"""Size, in cells, over which the shares of an agency's own network are gathered before a place is told."""
REACH_CELLS: Final = {"person": 14.0, "drugs": 10.0, "rifle": 14.0, "pistol": 4.0}
"""How far from its peak an alarm's box may go."""
LEAST_CELLS: Final = {"person": (3.0, 3.0), "drugs": (1.5, 1.0), "rifle": (1.5, 1.0), "pistol": (1.5, 1.5)}
"""Half of the least box about a peak, columns and rows."""
EDGE_SHARE: Final = 0.35
"""Share of the strongest near the peak at which a box ends."""
MOST_PLACES: Final = 3
WHOLE: Final = 4
"""Cells of which the network wants a multiple: it looks at cells of 4, 8 and 16 cm."""
WEIGHT: Final = 1.0
"""What the surroundings' shares count for beside the middle's own answer; found best on scans of the tuning seeds."""
ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Answers:
    """What a detector says of each cell and class.

    Attributes:
        peaks: how likely the middle of a thing lies here, log-odds. Shape: (rows, columns, len(ITEMS)).
        shares: how likely a part of it does. Shape: (rows, columns, len(ITEMS)).
    """

    peaks: Reals
    shares: Reals


@dataclass(frozen=True, slots=True)
class Places:
    """Where one class stands out: score (log-odds), and box in cells (row0, row1, column0, column1)."""

    name: str
    score: float
    box: tuple[float, float, float, float]


@runtime_checkable
class Detector(Protocol):
    """What says how likely each class is in each cell."""

    def answers(self, seen: Cells, depth: Reals, mm: tuple[float, float]) -> Answers:
        """Return what it says."""
        ...


@dataclass(frozen=True, slots=True)
class HeatMap:
    """An agency's own network: attenuation at its pixel size in, a map of shares for each of its classes out.

    Attributes:
        run: (1, channels, height, width) to (1, classes, height, width), shares from 0 to 1.
        mm: size of its pixel.
        columns: for each of its classes, the place in `ITEMS`; −1 where it is none of ours.
    """

    run: Predict
    mm: float
    columns: tuple[int, ...]

    def answers(self, seen: Cells, depth: Reals, mm: tuple[float, float]) -> Answers:
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
        made = np.zeros((rows, columns, len(ITEMS)), np.float32)
        for place, column in enumerate(self.columns):
            if column >= 0:
                grid = cv2.resize(
                    np.ascontiguousarray(maps[0, place], np.float32), (columns, rows), interpolation=cv2.INTER_AREA
                )
                made[..., column] = np.maximum(made[..., column], np.clip(grid, 0.0, 1.0))
        gathered = [
            cv2.GaussianBlur(
                np.ascontiguousarray(made[..., at]), (0, 0), PEAK_SIGMA[name], borderType=cv2.BORDER_CONSTANT
            )
            for at, name in enumerate(ITEMS)
        ]
        return Answers(log_odds(np.stack(gathered, axis=-1)), made)


@dataclass(frozen=True, slots=True)
class Network:
    """The detector that ships: a small convolutional network over both grids of a scan.

    Attributes:
        look: the network.
        mirrored: whether it also looks at the mirror image, and both answers are averaged: two looks err less than one.
    """

    look: Look
    mirrored: bool = True

    def answers(self, seen: Cells, depth: Reals, mm: tuple[float, float]) -> Answers:  # noqa: ARG002 - the seam of detectors
        """Return how likely the middle, and any part, of each class is in each cell."""
        import cv2

        rows, columns = seen.blocked.shape
        down, along = -rows % WHOLE, -columns % WHOLE
        half = CELL // MIDDLE
        # What is missing to a whole number of the coarsest cells is open air.
        fine = np.pad(seen.fine, ((0, down * CELL), (0, along * CELL)))
        middle = np.pad(seen.middle, ((0, 0), (0, down * half), (0, along * half)))
        told = self.look(fine[None, None], middle[None])[0]
        if self.mirrored:
            turned = self.look(
                np.ascontiguousarray(fine[None, None, :, ::-1]), np.ascontiguousarray(middle[None, :, :, ::-1])
            )
            told = (told + turned[0, :, :, ::-1]) / 2
        told = told[:, :rows, :columns].astype(np.float32)
        shares = 1.0 / (1.0 + np.exp(-told[: len(ITEMS)]))
        around = [
            cv2.GaussianBlur(np.ascontiguousarray(shares[at]), (0, 0), PEAK_SIGMA[name], borderType=cv2.BORDER_CONSTANT)
            for at, name in enumerate(ITEMS)
        ]
        peaks = told[len(ITEMS) :] + np.float32(WEIGHT) * log_odds(np.stack(around))
        return Answers(
            np.ascontiguousarray(np.moveaxis(peaks, 0, -1)), np.ascontiguousarray(np.moveaxis(shares, 0, -1))
        )


def places(told: Answers, blocked: Reals) -> list[Places]:
    """Return where each class stands out most, at most three places a class, the strongest first.

    Args:
        told: what a detector says.
        blocked: share of each cell that is not assessed.
    """
    found = []
    for number, name in enumerate(ITEMS):
        # Most of a cell is too dark: nothing is told of it.
        left = np.where(blocked > 0.5, -np.inf, told.peaks[..., number]).astype(np.float32)  # noqa: PLR2004
        shares = told.shares[..., number]
        for _ in range(MOST_PLACES):
            row, column = (int(place) for place in np.unravel_index(int(left.argmax()), left.shape))
            score = float(left[row, column])
            if not np.isfinite(score):
                break
            box = _box(shares, row, column, name)
            found.append(Places(name, score, box))
            r0, r1, c0, c1 = (int(value) for value in (max(box[0] - 2, 0), box[1] + 2, max(box[2] - 2, 0), box[3] + 2))
            left[r0:r1, c0:c1] = -np.inf
            left[row, column] = -np.inf
    return sorted(found, key=lambda one: -one.score)


def strongest(found: list[Places]) -> dict[str, float]:
    """Return the highest score of each class; the least possible where it stands out nowhere."""
    least = float(log_odds(np.array([0.0], np.float32))[0])
    return {name: max((one.score for one in found if one.name == name), default=least) for name in ITEMS}


def _box(shares: Reals, row: int, column: int, name: str) -> tuple[float, float, float, float]:
    """Return the box around a peak in which its class stays strong."""
    import cv2

    grid = cv2.GaussianBlur(np.ascontiguousarray(shares), (0, 0), 0.6, borderType=cv2.BORDER_CONSTANT)
    top, left = max(row - 2, 0), max(column - 2, 0)
    near_peak = grid[top : row + 3, left : column + 3]
    at_row, at_column = (int(place) for place in np.unravel_index(int(near_peak.argmax()), near_peak.shape))
    row, column = top + at_row, left + at_column
    strong = (grid >= EDGE_SHARE * grid[row, column]).astype(np.uint8)
    _, labels = cv2.connectedComponents(strong, connectivity=8)
    rows, columns = np.nonzero(labels == labels[row, column])
    near = (np.abs(rows - row) <= REACH_CELLS[name]) & (np.abs(columns - column) <= REACH_CELLS[name])
    rows, columns = rows[near], columns[near]
    wide, tall = LEAST_CELLS[name]
    weights = grid[rows, columns] + np.float32(LEAST)
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
