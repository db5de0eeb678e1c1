"""The second look: a cell is judged again by what the first look thought of the cells around it (auto-context).

Source: Z. Tu, Auto-context and its application to high-level vision tasks, CVPR 2008.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.features import Cells

Reals = NDArray[Any]
"""Of np.float32; OpenCV's own types are wider."""

CLASSES: Final = ("none", "person", "drugs", "rifle", "pistol")
"""Columns of both models."""
ITEMS: Final = CLASSES[1:]
SIGMAS: Final = {"person": (2.0, 4.0), "drugs": (1.5, 3.0), "rifle": (1.0, 3.0), "pistol": (0.7, 1.5)}
"""Sizes, in cells of 4 cm, over which the first look is gathered."""
LEAST: Final = 1e-5
_KEPT: Final = [*range(46, 106, 5), *range(106, 113)]
"""Features that the second look sees too: levels at the size of a cell, roughness, what is blocked."""
_OFFSETS: Final = ((0, 1), (0, -1), (1, 0), (-1, 0), (0, 3), (0, -3), (3, 0), (-3, 0))
COUNT: Final = len(ITEMS) * (1 + 2 + len(_OFFSETS)) + 19


def log_odds(shares: Reals) -> Reals:
    """Return the logarithm of the odds of each share."""
    held = np.clip(shares, LEAST, 1.0 - LEAST)
    return np.asarray(np.log(held / (1.0 - held)), np.float32)


def second_features(seen: Cells, first: Reals) -> Reals:
    """Return what the second look is given.

    Args:
        seen: the cells.
        first: shares of the first look, (rows, columns, classes).

    Shape: -> (rows, columns, `COUNT`).
    """
    import cv2

    odds = log_odds(first[..., 1:])
    parts = []
    for place, name in enumerate(ITEMS):
        grid = np.ascontiguousarray(odds[..., place])
        shares = np.ascontiguousarray(first[..., place + 1])
        parts.append(grid)
        parts += [cv2.GaussianBlur(shares, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT) for sigma in SIGMAS[name]]
        parts += [_moved(grid, *offset) for offset in _OFFSETS]
    kept = seen.features[..., _KEPT]
    return np.concatenate([np.stack(parts, axis=-1), kept], axis=-1).astype(np.float32)


def _moved(grid: Reals, down: int, along: int) -> Reals:
    rows, columns = grid.shape
    at_row, at_column = (
        np.clip(np.arange(rows) + down, 0, rows - 1),
        np.clip(np.arange(columns) + along, 0, columns - 1),
    )
    return grid[at_row][:, at_column]
