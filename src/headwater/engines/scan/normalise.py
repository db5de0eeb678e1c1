"""From counts to the logarithm of attenuation: air and dark, rows and columns that drift, and what may not be assessed."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.bands import bands
from headwater.errors import SchemaError
from headwater.model.scan import ScanImage

Reals = NDArray[np.float32]
Flags = NDArray[np.bool_]
Counts = NDArray[np.uint16]

STARVED_T: Final = 0.0015
"""Transmission below which scatter and electronics outweigh the beam; about 20 cm of steel at 6 MV."""
STARVED_SIGMAS: Final = 4.0
SATURATED: Final = 65_500
OPEN_T: Final = 0.93
"""Share of the open level from which a pixel is open air, however the machine drifts."""
OPEN_SHARE: Final = 0.98
SCATTER_STEP: Final = 8
SCATTER_SIGMA: Final = 8.0
SCATTER_MARGIN: Final = 1.5
SCATTER_MOST: Final = 0.012
"""Share of the signal around that is scattered in, at most: 0.5 to 1 % at megavolts, behind a collimator."""
FLAT_AIR: Final = 0.2
LEAST_OPEN: Final = 6
"""Open rows or columns from which drift is told."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A scan as attenuation.

    Attributes:
        depth: −ln T, (channels, height, width); at least −0.05.
        starved, saturated: which pixels have too few counts, or clip, in any channel.
        dead_rows: rows that say nothing.
        noise: relative noise of one pixel in open air, per channel.
        air_ratio: measured over declared air level, per channel.
        open_share: share of pixels in open air.
    """

    depth: Reals
    starved: Flags
    saturated: Flags
    dead_rows: tuple[int, ...]
    noise: tuple[float, ...]
    air_ratio: tuple[float, ...]
    open_share: float

    @property
    def bad(self) -> Flags:
        """Which pixels are not assessed."""
        bad = self.starved | self.saturated
        if self.dead_rows:
            bad = bad.copy()
            bad[list(self.dead_rows)] = True
        return bad


def normalise(scan: ScanImage) -> Normalised:
    """Return the attenuation that a scan shows.

    Raises:
        SchemaError: the scan has no counts.
    """
    if not scan.is_counts:
        raise SchemaError("pixels that are no counts: material and alarms are not assessed", where=scan.file)
    channels, height, width = scan.pixels.shape
    depth = np.empty((channels, height, width), np.float32)
    starved, saturated = np.zeros((height, width), bool), np.zeros((height, width), bool)
    noise, ratios, dead, open_share = [], [], set(), 0.0
    for channel in range(channels):
        pixels = scan.pixels[channel]
        dead |= set(_dead_rows(pixels))
        dark = float(scan.meta.dark[channel])
        declared = scan.meta.air[channel] if scan.meta.air is not None else _open_level(pixels)
        # What will be depth is counts over air first: no image is held twice.
        share, ratio, sigma, open_share = _levelled(pixels, dark, max(float(declared) - dark, 1.0), depth[channel])
        noise.append(sigma)
        ratios.append(ratio)
        least = max(STARVED_T, STARVED_SIGMAS * sigma * sigma)
        limit = _scatter_limit(share)
        for rows in bands(height, width):
            band = share[rows]
            starved[rows] |= (band < least) | (band < limit[rows])
            saturated[rows] |= pixels[rows] >= SATURATED
            np.maximum(band, np.float32(least / 2), out=band)
            np.log(band, out=band)
            np.negative(band, out=band)
            np.maximum(band, np.float32(-0.05), out=band)
    return Normalised(depth, starved, saturated, tuple(sorted(dead)), tuple(noise), tuple(ratios), open_share)


def _scatter_limit(share: Reals) -> Any:  # noqa: ANN401 - of np.float32; OpenCV's own types are wider
    """Return below what share each pixel may be scatter alone: a shadow is never darker than what its surroundings scatter into it.

    The darkest place of a scan says how much that is at most; a scan without a black place says nothing, and a cap holds.
    """
    import cv2

    height, width = share.shape
    small = cv2.resize(
        share, (max(width // SCATTER_STEP, 1), max(height // SCATTER_STEP, 1)), interpolation=cv2.INTER_AREA
    )
    wide = cv2.GaussianBlur(small, (0, 0), SCATTER_SIGMA)
    floor = min(float((small / np.maximum(wide, np.float32(0.05))).min()), SCATTER_MOST)
    return cv2.resize(
        wide * np.float32(max(floor, 0.0) * SCATTER_MARGIN), (width, height), interpolation=cv2.INTER_LINEAR
    )


def _open_level(counts: Reals | Counts) -> float:
    """Return the level of open air where the file does not say: the brightest level that many pixels share."""
    sample = counts[:: max(counts.shape[0] // 256, 1), :: max(counts.shape[1] // 512, 1)].astype(np.float32)
    high = float(np.percentile(sample, 97.0))
    near = sample[(sample > high * OPEN_T) & (sample < high * (2 - OPEN_T))]
    return float(np.median(near)) if near.size else high


def _dead_rows(pixels: NDArray[np.uint16]) -> list[int]:
    """Return rows that hold one value only that is not open air, or nothing: a detector that died."""
    if pixels.shape[1] < LEAST_OPEN:
        return []
    sampled = pixels[:, :: max(pixels.shape[1] // 256, 1)]
    flat = (sampled == sampled[:, :1]).all(axis=1)
    if flat.any():
        level = _open_level(pixels)
        flat[flat] = (pixels[flat] == pixels[flat, :1]).all(axis=1)
        flat &= np.abs(pixels[:, 0] - level) > FLAT_AIR * level
    # Nine tenths of an empty row hold nothing; only rows of which half does are worth sorting.
    empty = np.count_nonzero(sampled, axis=1) * 2 < sampled.shape[1]
    if empty.any():
        empty[empty] = np.percentile(sampled[empty], 90, axis=1) < 1
    return [int(row) for row in np.flatnonzero(flat | empty)]


def _levelled(pixels: Counts, dark: float, air: float, share: Reals) -> tuple[Reals, float, float, float]:
    """Return counts over air with the drift of rows and columns taken out where open air shows it, and what the air tells.

    Args:
        pixels: counts.
        dark: counts without a beam.
        air: counts of the beam in open air, as declared.
        share: what is written over.
    """
    import cv2

    height, width = pixels.shape
    small = _share(pixels[:: max(height // 200, 1), :: max(width // 400, 1)], dark, air)
    level = _open_level(small)
    level = level if 0.5 < level < 2.0 else 1.0  # noqa: PLR2004 - no drift is as large: the header lies, or all is covered
    open_ = np.empty((height, width), bool)
    in_column, in_row = np.zeros(width, np.int64), np.empty(height, np.int64)
    for rows in bands(height, width):
        share[rows] = _share(pixels[rows], dark, air)
        np.greater(share[rows], level * OPEN_T, out=open_[rows])
        ones = open_[rows].view(np.uint8)
        in_column += cv2.reduce(ones, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
        in_row[rows] = cv2.reduce(ones, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    columns, rows_open = np.flatnonzero(in_column / height > OPEN_SHARE), np.flatnonzero(in_row / width > OPEN_SHARE)
    gain, dose = _drift(share, level, columns, rows_open)
    differences = []
    for rows in bands(height, width):
        band = share[rows]
        band *= gain[rows]
        band *= dose
        both = np.flatnonzero(open_[rows, 1:] & open_[rows, :-1])
        differences.append(np.abs(np.diff(band, axis=1).reshape(-1)[both]))
    steps = np.concatenate(differences)
    sigma = _median(steps) / 0.6745 / float(np.sqrt(2.0)) if steps.size > 64 else 0.01  # noqa: PLR2004
    return share, float(level), max(sigma, 1e-5), max(int(in_row.sum()), 1) / share.size


def _median(values: Reals) -> float:
    """Return the median of numbers, which are put in another order: numpy's own looks for two numbers at once, eight times as long."""
    middle = values.size // 2
    values.partition(middle)
    return float(
        values[middle] if values.size % 2 else np.mean([values[:middle].max(), values[middle]], dtype=np.float32)
    )


def _share(pixels: Counts, dark: float, air: float) -> Reals:
    share = pixels.astype(np.float32)
    share -= np.float32(dark)
    share /= np.float32(air)
    return share


def _drift(share: Reals, level: float, columns: Any, rows: Any) -> tuple[Reals, Reals]:  # noqa: ANN401 - numbers of columns and rows
    """Return what each row and each column is to be multiplied with. Shape: -> (height, 1), (width,)."""
    height, width = share.shape
    if columns.size >= LEAST_OPEN:
        # Sorted whole, which processors do in their widest registers: half the time of a median.
        ranked = np.sort(share[:, columns], axis=1)
        air = (ranked[:, (columns.size - 1) // 2] + ranked[:, columns.size // 2]) / np.float32(2.0)
        alive = (air > 0.5 * level) & (air < 2.0 * level)
        gain = np.where(alive, 1.0 / np.maximum(air, 1e-6), 1.0 / level).astype(np.float32)
    else:
        gain = np.full(height, 1.0 / np.float32(level), np.float32)
    dose = np.ones(width, np.float32)
    if rows.size >= LEAST_OPEN:
        pulse = np.mean(share[rows] * gain[rows, None], axis=0)
        alive = (pulse > 0.8) & (pulse < 1.25)  # noqa: PLR2004 - a pulse that is further off is no pulse
        dose = np.where(alive, 1.0 / np.maximum(pulse, 1e-6), 1.0).astype(np.float32)
    return gain[:, None], dose
