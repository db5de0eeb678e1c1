"""What the detector looks at: attenuation at 5 mm, and at 2 cm attenuation, material index, metal, light matter and how sure that is.

All sizes are in centimetres of the vehicle, so a model serves scanners of any pixel.
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
CHANNELS: Final = 5
"""Layers of the middle grid."""
_DEPTH_UNIT, _METAL_UNIT, _LIGHT_UNIT = 2.0, 10.0, 20.0
"""What brings −ln T, and g/cm² of metal and of light matter, to numbers about one."""
_SURE: Final = 0.3
"""Sigma of the index from which it counts for half."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A scan as cells.

    Attributes:
        fine: attenuation of each working pixel. Shape: (rows * `CELL`, columns * `CELL`).
        middle: attenuation, index, metal, light matter, sigma of the index. Shape: (`CHANNELS`, rows * 2, columns * 2).
        blocked: share of each cell that is not assessed. Shape: (rows, columns).
        areal: mean areal density of each cell, g/cm². Shape: (rows, columns).
        index: material index of each cell. Shape: (rows, columns).
        scale: pixels of the file in one working pixel, x and y.
    """

    fine: Reals
    middle: Reals
    blocked: Reals
    areal: Reals
    index: Reals
    scale: tuple[float, float]

    def box_px(self, row0: float, row1: float, column0: float, column1: float) -> tuple[int, int, int, int]:
        """Return a box of cells as pixels of the file: x0, y0, x1, y1."""
        x, y = CELL * self.scale[0], CELL * self.scale[1]
        return int(np.floor(column0 * x)), int(np.floor(row0 * y)), int(np.ceil(column1 * x)), int(np.ceil(row1 * y))


def cells(seen: Normalised, calibration: Calibration, mm_x: float, mm_y: float) -> Cells:
    """Return what the detector sees of a scan.

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
    found = resolve(low2, high2, calibration, seen.noise, averaged)
    # Where nothing can be told of the material, the index shrinks to that of light things.
    index = found.index / (1.0 + (found.sigma / _SURE) ** 2)
    metal, light = found.areal * np.clip(index, 0.0, 1.3), found.areal * np.clip(1.0 - index, 0.0, 1.3)
    middle = np.stack(
        [high2 / _DEPTH_UNIT, index, metal / _METAL_UNIT, light / _LIGHT_UNIT, np.minimum(found.sigma, 2.0)]
    ).astype(np.float32)
    half = CELL // MIDDLE
    return Cells(
        np.asarray(high / np.float32(_DEPTH_UNIT), np.float32), middle, _smaller(bad, CELL), _smaller(found.areal, half),
        _smaller(np.asarray(index, np.float32), half), (width / wide, height / tall),
    )  # fmt: skip


def _smaller(image: Reals, by: int) -> Reals:
    """Return means over squares. Shape: (h, w) -> (h / by, w / by)."""
    height, width = image.shape
    return np.asarray(image.reshape(height // by, by, width // by, by).mean(axis=(1, 3)), np.float32)
