"""What the detector looks at: answers of blob, edge and ridge filters at several sizes, in attenuation and in material.

All sizes are in centimetres of the vehicle, so a model serves scanners of any pixel. No feature says where in the vehicle a cell
lies: what is learned is what hidden things look like, not where a phantom keeps its engine.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.material import Calibration, resolve
from headwater.engines.scan.normalise import Normalised
from headwater.errors import Place, SchemaError

Reals = NDArray[Any]
"""Of np.float32; OpenCV's own types are wider."""

FINE_CM: Final = 0.5
"""Working pixel."""
MIDDLE: Final = 4
"""Working pixels in one pixel of the middle grid: 2 cm."""
CELL: Final = 8
"""Working pixels in one cell: 4 cm."""
CELL_CM: Final = FINE_CM * CELL
DEEPEST: Final = 7.0
_FINE_SIGMAS: Final = (1.0, 2.0)
_MIDDLE_SIGMAS: Final = (1.0, 2.0)
_CELL_SIGMAS: Final = (1.0, 2.0, 4.0)
_ANSWERS: Final = 6
"""Of one filter bank: level, brightest and darkest blob, edge, ridge, trough."""
COUNT: Final = len(_FINE_SIGMAS) * (_ANSWERS - 1) + 3 * len(_MIDDLE_SIGMAS) * _ANSWERS + 4 * len(_CELL_SIGMAS) * 5 + 7
"""Features of a cell."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A scan as cells.

    Attributes:
        features: (rows, columns, `COUNT`).
        blocked: share of each cell that is not assessed. Shape: (rows, columns).
        areal: mean areal density of each cell, g/cm². Shape: (rows, columns).
        index: material index of each cell. Shape: (rows, columns).
        scale: pixels of the file in one working pixel, x and y.
    """

    features: Reals
    blocked: Reals
    areal: Reals
    index: Reals
    scale: tuple[float, float]

    def box_px(self, row0: float, row1: float, column0: float, column1: float) -> tuple[int, int, int, int]:
        """Return a box of cells as pixels of the file: x0, y0, x1, y1."""
        x, y = CELL * self.scale[0], CELL * self.scale[1]
        return int(np.floor(column0 * x)), int(np.floor(row0 * y)), int(np.ceil(column1 * x)), int(np.ceil(row1 * y))


def cells(seen: Normalised, calibration: Calibration, mm_x: float, mm_y: float) -> Cells:
    """Return the features of every cell of a scan.

    Args:
        seen: two channels of attenuation.
        calibration: of the scanner.
        mm_x: width of a pixel.
        mm_y: height of a pixel.

    Raises:
        SchemaError: there are not two spectra.
    """
    import cv2

    if len(seen.depth) != 2:  # noqa: PLR2004 - low and high
        raise SchemaError("one spectrum: the detector needs two", where=Place(field="channels"))
    height, width = seen.depth.shape[1:]
    wide = max(round(width * mm_x / 10 / FINE_CM / CELL), 3) * CELL
    tall = max(round(height * mm_y / 10 / FINE_CM / CELL), 3) * CELL
    how = cv2.INTER_AREA if mm_x <= FINE_CM * 10 else cv2.INTER_LINEAR
    low, high = (
        channel if channel.shape == (tall, wide) else cv2.resize(channel, (wide, tall), interpolation=how)
        for channel in (np.minimum(one, np.float32(DEEPEST)) for one in seen.depth)
    )
    bad = cv2.resize(seen.bad.astype(np.float32), (wide, tall), interpolation=cv2.INTER_AREA)
    averaged = max(MIDDLE * MIDDLE * width * height / (wide * tall), 1.0)
    low2, high2 = _smaller(low, MIDDLE), _smaller(high, MIDDLE)
    areal, index, sigma = _materials(low2, high2, calibration, seen, averaged)
    metal, light = areal * np.clip(index, 0.0, 1.3), areal * np.clip(1.0 - index, 0.0, 1.3)
    parts = [_bank(high, sigma_, CELL)[1:] for sigma_ in _FINE_SIGMAS]
    half = CELL // MIDDLE
    parts += [_bank(grid, sigma_, half) for grid in (high2, metal, index) for sigma_ in _MIDDLE_SIGMAS]
    coarse = [_smaller(grid, half) for grid in (high2, metal, light, index)]
    parts += [_plain(grid, sigma_) for grid in coarse for sigma_ in _CELL_SIGMAS]
    blocked = _smaller(bad, CELL)
    parts.append(_texture(high, blocked, sigma, half, seen))
    features = np.ascontiguousarray(np.moveaxis(np.concatenate(parts), 0, -1), np.float32)
    return Cells(features, blocked, _smaller(areal, half), coarse[3], (width / wide, height / tall))


def _materials(
    low: Reals, high: Reals, calibration: Calibration, seen: Normalised, averaged: float
) -> tuple[Reals, Reals, Reals]:
    """Return areal density, and an index that shrinks to that of light things where nothing can be told."""
    found = resolve(low, high, calibration, seen.noise, averaged)
    trust = 1.0 / (1.0 + (found.sigma / 0.3) ** 2)
    return found.areal, np.asarray(found.index * trust, np.float32), found.sigma


def _smaller(image: Reals, by: int) -> Reals:
    """Return means over squares. Shape: (h, w) -> (h / by, w / by)."""
    height, width = image.shape
    return np.asarray(image.reshape(height // by, by, width // by, by).mean(axis=(1, 3)), np.float32)


def _pooled(image: Reals, by: int, how: Any) -> Reals:  # noqa: ANN401 - np.max or np.min
    height, width = image.shape
    return np.asarray(how(how(image.reshape(height // by, by, width // by, by), axis=3), axis=1), np.float32)


def _filters(image: Reals, sigma: float) -> tuple[Reals, Reals, Reals, Reals, Reals]:
    """Return level, blob (difference of Gaussians), edge, ridge and trough (eigenvalues of the Hessian), in units of a pixel."""
    import cv2

    level = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    wide = cv2.GaussianBlur(level, (0, 0), sigma * 1.25, borderType=cv2.BORDER_REPLICATE)
    down, along = np.gradient(level)
    xx = np.gradient(along, axis=1)
    yy, xy = np.gradient(down, axis=0), np.gradient(down, axis=1)
    middle, spread = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    size = np.float32(sigma * sigma)
    return (
        level,
        level - wide,
        np.hypot(down, along) * np.float32(sigma),
        (middle + spread) * size,
        (middle - spread) * size,
    )


def _bank(image: Reals, sigma: float, by: int) -> Reals:
    """Return the answers of one filter bank, pooled into cells. Shape: -> (6, rows, columns)."""
    level, blob, edge, trough, ridge = _filters(image, sigma)
    return np.stack(
        [
            _smaller(level, by),
            _pooled(blob, by, np.max),
            _pooled(blob, by, np.min),
            _smaller(edge, by),
            _pooled(trough, by, np.max),
            _pooled(ridge, by, np.min),
        ]
    )


def _plain(image: Reals, sigma: float) -> Reals:
    """Return the answers of one filter bank on the grid of cells. Shape: -> (5, rows, columns)."""
    return np.stack(_filters(image, sigma))


def _texture(high: Reals, blocked: Reals, sigma: Reals, half: int, seen: Normalised) -> Reals:
    """Return roughness at two sizes, extremes around, and how sure material is. Shape: -> (7, rows, columns)."""
    import cv2

    mean, square = _smaller(high, CELL), _smaller(high * high, CELL)
    rough = np.sqrt(np.maximum(square - mean * mean, 0.0))
    mean3, square3 = cv2.blur(mean, (3, 3)), cv2.blur(square, (3, 3))
    wide = np.sqrt(np.maximum(square3 - mean3 * mean3, 0.0))
    kernel = np.ones((3, 3), np.uint8)
    return np.stack(
        [
            rough,
            wide,
            cv2.dilate(_pooled(high, CELL, np.max), kernel),
            cv2.erode(_pooled(high, CELL, np.min), kernel),
            blocked,
            _smaller(np.minimum(sigma, np.float32(2.0)), half),
            np.full(mean.shape, np.log10(max(seen.noise[1], 1e-5)), np.float32),
        ]
    ).astype(np.float32)
