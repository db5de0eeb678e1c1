"""From counts to the logarithm of attenuation: air and dark, rows and columns that drift, and what may not be assessed."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.errors import SchemaError
from headwater.model.scan import ScanImage

Reals = NDArray[np.float32]
Flags = NDArray[np.bool_]

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
        counts = scan.pixels[channel].astype(np.float32)
        dead |= set(_dead_rows(scan.pixels[channel]))
        dark = np.float32(scan.meta.dark[channel])
        declared = scan.meta.air[channel] if scan.meta.air is not None else _open_level(counts)
        air = max(float(declared) - float(dark), 1.0)
        share = (counts - dark) / np.float32(air)
        share, ratio, sigma, open_share = _levelled(share)
        noise.append(sigma)
        ratios.append(ratio)
        least = max(STARVED_T, STARVED_SIGMAS * sigma * sigma)
        starved |= (share < least) | _in_scatter(share)
        saturated |= scan.pixels[channel] >= SATURATED
        np.log(np.maximum(share, np.float32(least / 2)), out=depth[channel])
    np.negative(depth, out=depth)
    np.maximum(depth, np.float32(-0.05), out=depth)
    return Normalised(depth, starved, saturated, tuple(sorted(dead)), tuple(noise), tuple(ratios), open_share)


def _in_scatter(share: Reals) -> Flags:
    """Return where what is seen may be scatter alone: a shadow is never darker than what its surroundings scatter into it.

    The darkest place of a scan says how much that is at most; a scan without a black place says nothing, and a cap holds.
    """
    import cv2

    height, width = share.shape
    small = cv2.resize(
        share, (max(width // SCATTER_STEP, 1), max(height // SCATTER_STEP, 1)), interpolation=cv2.INTER_AREA
    )
    wide = cv2.GaussianBlur(small, (0, 0), SCATTER_SIGMA)
    floor = min(float((small / np.maximum(wide, np.float32(0.05))).min()), SCATTER_MOST)
    limit = cv2.resize(
        wide * np.float32(max(floor, 0.0) * SCATTER_MARGIN), (width, height), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(share < limit)


def _open_level(counts: Reals) -> float:
    """Return the level of open air where the file does not say: the brightest level that many pixels share."""
    sample = counts[:: max(counts.shape[0] // 256, 1), :: max(counts.shape[1] // 512, 1)]
    high = float(np.percentile(sample, 97.0))
    near = sample[(sample > high * OPEN_T) & (sample < high * (2 - OPEN_T))]
    return float(np.median(near)) if near.size else high


def _dead_rows(pixels: NDArray[np.uint16]) -> list[int]:
    """Return rows that hold one value only that is not open air, or nothing: a detector that died."""
    if pixels.shape[1] < LEAST_OPEN:
        return []
    flat = pixels.max(axis=1) == pixels.min(axis=1)
    level = _open_level(pixels.astype(np.float32))
    flat &= np.abs(pixels[:, 0] - level) > FLAT_AIR * level
    empty = np.percentile(pixels[:, :: max(pixels.shape[1] // 256, 1)], 90, axis=1) < 1
    return [int(row) for row in np.flatnonzero(flat | empty)]


def _levelled(share: Reals) -> tuple[Reals, float, float, float]:
    """Return the image with the drift of rows and columns taken out where open air shows it, and what the air tells."""
    small = share[:: max(share.shape[0] // 200, 1), :: max(share.shape[1] // 400, 1)]
    level = _open_level(small)
    level = level if 0.5 < level < 2.0 else 1.0  # noqa: PLR2004 - no drift is as large: the header lies, or all is covered
    open_ = share > level * OPEN_T
    columns, rows = np.flatnonzero(open_.mean(axis=0) > OPEN_SHARE), np.flatnonzero(open_.mean(axis=1) > OPEN_SHARE)
    if columns.size >= LEAST_OPEN:
        gain = np.median(share[:, columns], axis=1)
        alive = (gain > 0.5 * level) & (gain < 2.0 * level)
        share = share * np.where(alive, 1.0 / np.maximum(gain, 1e-6), 1.0 / level).astype(np.float32)[:, None]
    else:
        share = share / np.float32(level)
    if rows.size >= LEAST_OPEN:
        dose = np.mean(share[rows], axis=0)
        alive = (dose > 0.8) & (dose < 1.25)  # noqa: PLR2004 - a pulse that is further off is no pulse
        share = share * np.where(alive, 1.0 / np.maximum(dose, 1e-6), 1.0).astype(np.float32)
    air = share[open_] if open_.any() else np.ones(1, np.float32)
    differences = np.diff(share, axis=1)[open_[:, 1:] & open_[:, :-1]]
    sigma = float(np.median(np.abs(differences)) / 0.6745 / np.sqrt(2.0)) if differences.size > 64 else 0.01  # noqa: PLR2004
    return share, float(level), max(sigma, 1e-5), float(air.size / share.size)
