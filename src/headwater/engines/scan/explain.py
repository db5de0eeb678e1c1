"""An alarm in words and numbers: where, how much, of what, with intervals, what speaks for it and what against."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan import readings as other
from headwater.engines.scan.cells import CELL_CM, Cells
from headwater.engines.scan.material import Materials
from headwater.engines.scan.normalise import Normalised
from headwater.engines.scan.site import shown
from headwater.model.scan import Reading, ScanImage

CLASS_OF: Final = {"person": "person", "drugs": "drugs", "rifle": "weapon", "pistol": "weapon"}
SYSTEMATIC: Final = 0.12
"""Relative error of a mass beyond noise: what lies around, scatter, and a box that is not the thing's outline."""
RING: Final = 3
"""Cells around a box from which what lies there anyway is told."""
LEAST_BLOCKED: Final = 0.0005
OPAQUE_CM2: Final = 25.0
"""Area from which starved pixels are a region that may hide something, cm²."""
LIGHT, METAL = 0.25, 0.7
Box = tuple[int, int, int, int]


@dataclass(slots=True)
class Alarm:
    """One place where something may be hidden."""

    name: str
    unusual: float
    threshold: float
    box_px: Box
    box_cm: tuple[float, float, float, float]
    areal: float | None
    mass: float | None
    mass_error: float | None
    index: float | None
    index_error: float | None
    reasons: list[str] = field(default_factory=list)
    counter: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Class as it is told: weapon, drugs or person."""
        return CLASS_OF.get(self.name, self.name)

    @property
    def queue(self) -> str:
        """Which queue it goes to; a person is rescued first."""
        return "rescue" if self.kind == "person" else "search"

    def document(self, number: int) -> dict[str, Any]:
        """Return it as it stands in a document."""
        return {
            "id": f"a{number}",
            "class": self.kind,
            "score": round(shown(self.unusual), 8),
            "threshold": round(shown(self.threshold), 8),
            "box_px": list(self.box_px),
            "box_cm": [round(value, 1) for value in self.box_cm],
            "areal_g_cm2": _round(self.areal, 2),
            "mass_kg": _round(self.mass, 2),
            "mass_kg_error": _round(self.mass_error, 2),
            "index": _round(self.index, 3),
            "index_error": _round(self.index_error, 3),
            "queue": self.queue,
            "reasons": self.reasons,
            "counter": self.counter,
        }


def alarm(
    name: str,
    unusual: float,
    threshold: float,
    box: tuple[float, float, float, float],
    seen: Cells,
    scan: ScanImage,
    found: Materials,
) -> Alarm:
    """Return the alarm of one place.

    Args:
        name: class of the detector.
        unusual: how much the place is so.
        threshold: what it had to pass.
        box: row0, row1, column0, column1, in cells.
        seen: the cells.
        scan: the image.
        found: its materials, for the extra over what lies around.
    """
    x0, y0, x1, y1 = seen.box_px(*box)
    box_px = max(x0, 0), max(y0, 0), min(x1, scan.width), min(y1, scan.height)
    areal, mass, mass_error, index, index_error = weigh(box_px, found, scan)
    made = Alarm(name, unusual, threshold, box_px, to_cm(box_px, scan), areal, mass, mass_error, index, index_error)
    made.reasons.append(sentence(made))
    made.reasons.append(f"of clean scans, {shown(unusual):.2%} hold nothing that looks as much like it")
    made.counter += _counter(box_px, seen, box, scan)
    _weigh_readings(made, scan.meta.readings)
    return made


def from_readings(scan: ScanImage, threshold: float) -> Alarm:
    """Return the rescue alarm that other sensors alone call for; its box is the whole vehicle."""
    whole = (0, 0, scan.width, scan.height)
    made = Alarm("person", threshold, threshold, whole, to_cm(whole, scan), None, None, None, None, None)
    made.reasons.append("other sensors answered as they do when a person is inside; the image alone shows none")
    _weigh_readings(made, scan.meta.readings)
    return made


def to_cm(box: Box, scan: ScanImage) -> tuple[float, float, float, float]:
    """Return a box in cm from the vehicle's nose and above the road's edge of the image: x0, y0, x1, y1, y upward."""
    x, y = (scan.meta.mm_x or 10.0) / 10, (scan.meta.mm_y or 10.0) / 10
    x0, y0, x1, y1 = box
    if scan.meta.direction == "tail-first":
        x0, x1 = scan.width - x1, scan.width - x0
    return x0 * x, (scan.height - y1) * y, x1 * x, (scan.height - y0) * y


def weigh(
    box: Box, found: Materials, scan: ScanImage
) -> tuple[float | None, float | None, float | None, float | None, float | None]:
    """Return areal density, mass, its error, index and its error of what a box holds beyond what lies around it.

    The error of a mass is one sigma: the spread of what lies around, and a systematic part.
    """
    x0, y0, x1, y1 = box
    inside = found.areal[y0:y1, x0:x1]
    margin = max(int(RING * CELL_CM * 10 / (scan.meta.mm_x or 10.0) / 2), 2)
    around = _ring(found.areal, box, margin)
    if not np.isfinite(inside).any():
        return None, None, None, None, None
    base = float(np.nanmedian(around)) if np.isfinite(around).any() else 0.0
    extra = np.nan_to_num(inside - base)
    area = (scan.meta.mm_x or 10.0) * (scan.meta.mm_y or 10.0) / 100
    thick = extra > 0.25 * max(float(np.nanpercentile(extra, 95)), 1e-3)
    mass = max(float(extra[thick].sum()) * area / 1000, 0.0)
    spread = float(np.nanstd(around)) if np.isfinite(around).any() else 1.0
    count = max(int(thick.sum()), 1)
    # What lies around is not noise but structure: it does not average out over an area, so it counts in full over a third.
    error = float(np.hypot(SYSTEMATIC * mass, spread * count * area / 1000 * 0.33))
    areal = float(extra[thick].mean()) if thick.any() else 0.0
    index, sigma = found.index[y0:y1, x0:x1][thick], found.sigma[y0:y1, x0:x1][thick]
    good = np.isfinite(index) & np.isfinite(sigma)
    if not good.any():
        return areal, mass, error, None, None
    weight = 1.0 / np.maximum(sigma[good], 0.02) ** 2
    told = float((index[good] * weight).sum() / weight.sum())
    return areal, mass, error, told, float(np.hypot(np.median(sigma[good]) / 5, 0.04))


def sentence(one: Alarm) -> str:
    """Return what an alarm says in words. A drug is never named: an image cannot tell one from sugar."""
    stuff = _stuff(one.index)
    where = f"{one.box_cm[0]:.0f} to {one.box_cm[2]:.0f} cm from the nose, {one.box_cm[1]:.0f} to {one.box_cm[3]:.0f} cm above the image's lower edge"
    amount = (
        "mass not assessed"
        if one.mass is None or one.mass_error is None
        else f"{one.mass:.1f} ± {one.mass_error:.1f} kg"
    )
    shape = {
        "person": "shape and make-up of a body", "drugs": "compact, unlike the load around it", "rifle": "shape of a long gun",
        "pistol": "shape of a hand gun",
    }.get(one.name, "unlike what clean scans show")  # fmt: skip
    return f"{stuff}, {amount}, {shape}, {where}"


def not_assessed(seen: Normalised, scan: ScanImage) -> list[dict[str, Any]]:
    """Return the regions of a scan about which nothing is said, each with its reason; they are never passed over."""
    import cv2

    area = scan.width * scan.height
    found: list[dict[str, Any]] = []
    pixel = (scan.meta.mm_x or 10.0) * (scan.meta.mm_y or 10.0) / 100
    rows = list(seen.dead_rows)
    for first, last in _runs(rows):
        found.append(_region((0, first, scan.width, last + 1), "dead", (last + 1 - first) * scan.width / area))
    # What is no wider than a seam hides nothing; regions that nearly touch are told as one.
    join = max(round(30.0 / (scan.meta.mm_x or 10.0)), 1) | 1
    for flags, reason in ((seen.starved, "opaque"), (seen.saturated, "saturated")):
        mask = flags.copy()
        if rows:
            mask[rows] = False
        if not mask.any():
            continue
        grown = cv2.dilate(mask.astype(np.uint8), np.ones((join, join), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
        sizes = np.bincount(labels[mask], minlength=count)
        for place in range(1, count):
            if sizes[place] * pixel < OPAQUE_CM2 and sizes[place] < LEAST_BLOCKED * area:
                continue
            x, y, w, h = (int(value) for value in stats[place][:4])
            told = reason if reason == "saturated" or sizes[place] * pixel >= OPAQUE_CM2 else "starved"
            found.append(_region((x, y, x + w, y + h), told, float(sizes[place]) / area))
    return found


def _region(box: Box, reason: str, share: float) -> dict[str, Any]:
    return {"box_px": list(box), "reason": reason, "share": round(share, 5)}


def _runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def _ring(image: NDArray[np.float32], box: Box, margin: int) -> NDArray[np.float32]:
    x0, y0, x1, y1 = box
    outer = image[max(y0 - margin, 0) : y1 + margin, max(x0 - margin, 0) : x1 + margin].copy()
    top, left = y0 - max(y0 - margin, 0), x0 - max(x0 - margin, 0)
    outer[top : top + y1 - y0, left : left + x1 - x0] = np.nan
    return outer


def _stuff(index: float | None) -> str:
    if index is None:
        return "material not assessed"
    if index < LIGHT:
        return "organic"
    return "metal" if index > METAL else "light metal, or organic with metal"


def _counter(box_px: Box, seen: Cells, box: tuple[float, float, float, float], scan: ScanImage) -> list[str]:
    rows, columns = slice(int(box[0]), int(np.ceil(box[1]))), slice(int(box[2]), int(np.ceil(box[3])))
    told = []
    blocked = float(seen.blocked[rows, columns].mean()) if seen.blocked[rows, columns].size else 0.0
    if blocked > 0.1:  # noqa: PLR2004 - a tenth of the box
        told.append(f"{blocked:.0%} of the box is too dark to be assessed")
    if box_px[0] <= 1 or box_px[2] >= scan.width - 1:
        told.append("the box touches the end of the image")
    if not scan.meta.is_dual:
        told.append("one energy only: material is not assessed")
    return told


def _weigh_readings(made: Alarm, readings: Sequence[Reading]) -> None:
    total, pro, contra = other.weighed(readings, made.kind)
    made.reasons += pro
    made.counter += contra
    if pro or contra:
        made.reasons.append(f"other sensors together: {np.exp(total):.2g} times the odds")


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
