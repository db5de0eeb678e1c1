"""The same vehicle twice: its last empty pass laid under the new one, and what is there now that was not, or is gone.

The passes differ in line, speed and suspension, which an affine map takes up; doors, straps and fuel differ by a pixel or two, which
the tolerance takes up. A reference that cannot be laid under is another vehicle, or a bad pass: then nothing is said.

Source: Evangelidis and Psarakis, Parametric image alignment using enhanced correlation coefficient maximization, 2008.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.explain import LIGHT, METAL, to_cm
from headwater.engines.scan.material import Calibration, Materials, resolve
from headwater.engines.scan.normalise import Normalised
from headwater.model.scan import ScanImage

Reals = NDArray[Any]
"""Of np.float32; OpenCV's own types are wider."""
Floats = NDArray[np.float64]

WORK_CM: Final = 1.0
"""Working pixel."""
TOLERANCE: Final = 2
"""Working pixels by which things may lie elsewhere."""
DEEPEST: Final = 5.0
LEAST_FIT: Final = 0.55
"""Correlation of the fine structure of both passes from which they are of one vehicle."""
MOST_SCALE: Final = 0.12
MOST_SHEAR: Final = 0.03
SIGMA_CM: Final = 2.5
MOST_ALARMS: Final = 5
MISSING_WEIGHT: Final = 0.15
"""What a thing that is gone counts for beside one that came: fuel is burnt between all passes, and nobody hides by taking away."""
EDGE_SHARE: Final = 0.06
EDGE: Final = 1.5
"""Strength at which a change ends: a share of its own, and at least what clean passes of vans differ by."""
WHOLE_SHARE: Final = 0.3
"""Share of a change's own difference down to which what joins it belongs to it."""
LEAST_WHOLE: Final = 0.03
"""The same in −ln T at least."""
SHEET: Final = (11, 85)
"""Working pixels that a sheet on edge is narrower than, and straight upright for at least: longer than a leaning gun is in one column."""
SHEET_DEPTH: Final = 0.02
"""−ln T by which such a line differs at least."""
SYSTEMATIC: Final = 0.13
"""Relative error of a mass beyond noise: registration, and two calibrations. Found on pairs of tuning seeds."""
MASKED: Final = 0.3
"""By how much the vehicle's own edges there may exceed what came before that is said."""
MOST_MASKED: Final = 3.0
_COARSE: Final = 4


@dataclass(frozen=True, slots=True)
class Registration:
    """How the reference was laid under the new pass.

    Attributes:
        matrix: six numbers that turn pixels of the new file into pixels of the reference's.
        residual: what is left of movement between them, pixels of the new file.
        fit: correlation of their fine structure.
        ok: whether they are passes of one vehicle.
        why: what speaks against it, where they are not.
    """

    matrix: tuple[float, ...]
    residual: float
    fit: float
    ok: bool
    why: str = ""


@dataclass(slots=True)
class Change:
    """One place where the passes differ."""

    kind: str
    score: float
    box_px: tuple[int, int, int, int]
    box_cm: tuple[float, float, float, float]
    areal: float
    mass: float
    mass_error: float
    index: float | None
    index_error: float | None
    reasons: list[str] = field(default_factory=list)
    counter: list[str] = field(default_factory=list)

    def document(self, number: int) -> dict[str, Any]:
        """Return it as it stands in a document."""
        return {
            "id": f"c{number}",
            "kind": self.kind,
            "box_px": list(self.box_px),
            "box_cm": [round(value, 1) for value in self.box_cm],
            "areal_g_cm2": round(self.areal, 2),
            "mass_kg": round(self.mass, 3),
            "mass_kg_error": round(self.mass_error, 3),
            "index": None if self.index is None else round(self.index, 3),
            "index_error": None if self.index_error is None else round(self.index_error, 3),
            "score": round(self.score, 4),
            "reasons": self.reasons,
            "counter": self.counter,
        }


@dataclass(frozen=True, slots=True)
class _Parts:
    """Where something came or went: what is surely told from the vehicle's own movement, and all that joins it."""

    sure: NDArray[np.bool_]
    whole: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Compared:
    """Both passes laid on each other: registration, score of the strongest change, and every change by strength."""

    registration: Registration
    score: float
    changes: tuple[Change, ...]


def compare(new: ScanImage, old: ScanImage, seen: Normalised, before: Normalised, calibration: Calibration) -> Compared:
    """Return how a new pass differs from the reference.

    Args:
        new: the image of this pass.
        old: the image of the earlier one; both of one vehicle, as far as plates tell.
        seen: attenuation of this pass, two spectra.
        before: the same of the earlier one.
        calibration: of the scanner.
    """
    now, then = _working(seen, new), _working(before, old)
    if new.meta.direction != old.meta.direction:
        then = np.ascontiguousarray(then[:, :, ::-1])
    matrix = _register(now[1], then[1])
    laid, inside = _laid(then, matrix, now.shape[1:])
    registration = _checked(matrix, now[1], laid[1], inside, new, old)
    if not registration.ok:
        return Compared(registration, 0.0, ())
    changes = _changes(now, laid, inside, new, seen, calibration)
    return Compared(registration, max((one.score for one in changes), default=0.0), tuple(changes))


def _working(seen: Normalised, scan: ScanImage) -> Reals:
    """Return attenuation at 1 cm. Shape: -> (2, rows, columns)."""
    import cv2

    wide = max(round(scan.width * (scan.meta.mm_x or 10.0) / 10 / WORK_CM), 16)
    tall = max(round(scan.height * (scan.meta.mm_y or 10.0) / 10 / WORK_CM), 16)
    return np.stack(
        [
            cv2.resize(np.minimum(one, np.float32(DEEPEST)), (wide, tall), interpolation=cv2.INTER_AREA)
            for one in seen.depth
        ]
    ).astype(np.float32)


def _structure(image: Reals, sigma: float) -> Reals:
    """Return what stands out of its surroundings, with thick things held back: registration is by outlines."""
    import cv2

    soft = np.sqrt(np.maximum(image, np.float32(0)))
    return np.asarray(cv2.GaussianBlur(soft, (0, 0), sigma) - cv2.GaussianBlur(soft, (0, 0), sigma * 4), np.float32)


def _register(now: Reals, then: Reals) -> Floats:
    """Return the map from working pixels of the new pass to those of the reference. Shape: -> (2, 3)."""
    import cv2

    small_now, small_then = (
        cv2.resize(one, None, fx=1 / _COARSE, fy=1 / _COARSE, interpolation=cv2.INTER_AREA) for one in (now, then)
    )
    start = _shift(_structure(small_now, 1.0), _structure(small_then, 1.0))
    best, best_fit = start, -1.0
    for stretch in (1.0, 0.97, 1.03):
        middle = small_now.shape[1] / 2
        guess = start.copy()
        guess[0, 0], guess[0, 2] = stretch, start[0, 2] + middle * (1 - stretch)
        made, fit = _refine(_structure(small_now, 1.0), _structure(small_then, 1.0), guess, 60)
        if fit > best_fit:
            best, best_fit = made, fit
    matrix = best.copy()
    matrix[:, 2] = best[:, 2] * _COARSE + (best[:, :2].sum(axis=1) - 1) * (_COARSE - 1) / 2
    for sigma in (2.5, 1.2):
        made, fit = _refine(_structure(now, sigma), _structure(then, sigma), matrix, 40)
        matrix = made if fit > 0 else matrix
    return matrix


def _shift(now: Reals, then: Reals) -> Floats:
    """Return the shift at which both agree best, by correlation over all shifts."""
    rows, columns = (max(a, b) for a, b in zip(now.shape, then.shape, strict=True))
    shape = (2 * rows, 2 * columns)
    product = np.fft.irfft2(np.fft.rfft2(then, shape) * np.conj(np.fft.rfft2(now, shape)), shape)
    down, along = (int(place) for place in np.unravel_index(int(product.argmax()), shape))
    down = down - shape[0] if down > rows else down
    along = along - shape[1] if along > columns else along
    return np.array([[1.0, 0.0, float(along)], [0.0, 1.0, float(down)]])


def _refine(now: Reals, then: Reals, matrix: Floats, steps: int) -> tuple[Floats, float]:
    import cv2

    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, steps, 1e-5)
    try:
        fit, made = cv2.findTransformECC(now, then, matrix.astype(np.float32), cv2.MOTION_AFFINE, criteria)
    except cv2.error:  # it does not converge: what it began with is all there is
        return matrix, -1.0
    return np.asarray(made, np.float64), float(fit)


def _laid(then: Reals, matrix: Floats, shape: tuple[int, ...]) -> tuple[Reals, NDArray[np.bool_]]:
    """Return the reference as the new pass would show it, and where it reaches."""
    import cv2

    size = (shape[1], shape[0])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = np.stack([cv2.warpAffine(one, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE) for one in then])
    there = cv2.warpAffine(np.ones(then.shape[1:], np.float32), matrix, size, flags=how) > 0.99  # noqa: PLR2004 - wholly inside
    return laid.astype(np.float32), there


def _checked(
    matrix: Floats, now: Reals, laid: Reals, inside: NDArray[np.bool_], new: ScanImage, old: ScanImage
) -> Registration:
    fine_now, fine_laid = _structure(now, 1.2), _structure(laid, 1.2)
    fit = float(np.corrcoef(fine_now[inside], fine_laid[inside])[0, 1]) if inside.sum() > 1000 else 0.0  # noqa: PLR2004 - a tenth of a square metre
    residual = _residual(fine_now, fine_laid, inside) * WORK_CM * 10 / (new.meta.mm_x or 10.0)
    why = ""
    if not (abs(matrix[0, 0] - 1) < MOST_SCALE and abs(matrix[1, 1] - 1) < MOST_SCALE):
        why = "one would have to be stretched too far to fit the other"
    elif max(abs(matrix[0, 1]), abs(matrix[1, 0])) > MOST_SHEAR:
        why = "one would have to be turned or sheared too far to fit the other"
    elif float(inside.mean()) < 0.6:  # noqa: PLR2004 - more than half of the image
        why = "they overlap too little"
    elif not fit > LEAST_FIT:
        why = "their structure does not agree: another vehicle, or much of the load is new"
    scale_new = np.array([10 * WORK_CM / (new.meta.mm_x or 10.0), 10 * WORK_CM / (new.meta.mm_y or 10.0)])
    scale_old = np.array([10 * WORK_CM / (old.meta.mm_x or 10.0), 10 * WORK_CM / (old.meta.mm_y or 10.0)])
    told = matrix.copy()
    told[:, :2] = matrix[:, :2] * scale_old[:, None] / scale_new[None, :]
    told[:, 2] = matrix[:, 2] * scale_old
    return Registration(
        tuple(round(float(value), 6) for value in told.ravel()), round(residual, 3), round(fit, 4), not why, why
    )


def _residual(now: Reals, laid: Reals, inside: NDArray[np.bool_]) -> float:
    """Return the median of what blocks still have to move, working pixels; by gradient, one step."""
    down, along = np.gradient(laid)
    found = []
    size = 48
    for row in range(0, now.shape[0] - size + 1, size):
        for column in range(0, now.shape[1] - size + 1, size):
            part = np.s_[row : row + size, column : column + size]
            gx, gy, gt = along[part][inside[part]], down[part][inside[part]], (now - laid)[part][inside[part]]
            if gx.size < size * size // 2:
                continue
            normal = np.array([[(gx * gx).sum(), (gx * gy).sum()], [(gx * gy).sum(), (gy * gy).sum()]])
            if np.linalg.eigvalsh(normal)[0] > 1e-2:  # noqa: PLR2004 - a block with structure in both directions
                found.append(float(np.hypot(*np.linalg.solve(normal, [(gx * gt).sum(), (gy * gt).sum()]))))
    return float(np.median(found)) if found else 0.0


def _changes(
    now: Reals, laid: Reals, inside: NDArray[np.bool_], new: ScanImage, seen: Normalised, calibration: Calibration
) -> list[Change]:
    """Return where the passes differ by more than the tolerance explains, the strongest first."""
    import cv2

    kernel = np.ones((2 * TOLERANCE + 1, 2 * TOLERANCE + 1), np.uint8)
    most, least = cv2.dilate(laid[1], kernel), cv2.erode(laid[1], kernel)
    usable = cv2.erode(inside.astype(np.uint8), kernel) > 0
    usable &= (now[1] < DEEPEST * 0.98) & (laid[1] < DEEPEST * 0.98)
    # Deep attenuation is less sure, and edges of deep things move more: differences are told in units of both.
    rough = cv2.GaussianBlur(most - least, (0, 0), SIGMA_CM)
    unsure = 0.012 + 0.02 * laid[1] + 0.25 * rough + seen.noise[1] * np.exp(np.minimum(now[1], 4.0) / 2)
    materials = [
        resolve(
            np.ascontiguousarray(cv2.blur(one[0], (3, 3))),
            np.ascontiguousarray(cv2.blur(one[1], (3, 3))),
            calibration,
            seen.noise,
            36.0,
        )
        for one in (now, laid)
    ]
    found: list[Change] = []
    for kind, difference in (("extra", now[1] - most), ("missing", least - now[1])):
        clear = _without_sheets(np.maximum(difference, np.float32(0)))
        strength = cv2.GaussianBlur(np.where(usable, clear / unsure, 0.0).astype(np.float32), (0, 0), SIGMA_CM)
        plain = now[1] - laid[1] if kind == "extra" else laid[1] - now[1]
        plain = cv2.GaussianBlur(np.where(usable, plain, 0.0).astype(np.float32), (0, 0), SIGMA_CM)
        left = strength.copy()
        for _ in range(MOST_ALARMS):
            row, column = np.unravel_index(int(left.argmax()), left.shape)
            peak = float(left[row, column])
            if peak < 0.5:  # noqa: PLR2004 - less than half of what is unsure anyway
                break
            # One thing has thick and thin parts: it ends where the difference is no longer told from what is unsure anyway.
            strong = strength > min(max(EDGE_SHARE * peak, EDGE), 0.5 * peak)
            _, labels = cv2.connectedComponents(strong.astype(np.uint8), connectivity=8)
            mask = labels == labels[row, column]
            weight = 1.0 if kind == "extra" else MISSING_WEIGHT
            parts = _Parts(mask, _whole(mask, plain))
            masked = float(np.median(rough[parts.whole])) / max(float(np.percentile(plain[parts.whole], 75)), 0.01)
            found.append(_change(kind, peak * weight, parts, masked, now, laid, materials, new))
            left[cv2.dilate(parts.whole.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0] = 0
    return sorted(found, key=lambda one: -one.score)[: 2 * MOST_ALARMS]


def _whole(mask: NDArray[np.bool_], plain: Reals) -> NDArray[np.bool_]:
    """Return a change with what belongs to it but lies within the tolerance: what stands beside an edge of the vehicle."""
    import cv2

    strong = (plain > max(WHOLE_SHARE * float(np.percentile(plain[mask], 75)), LEAST_WHOLE)) | mask
    _, labels = cv2.connectedComponents(strong.astype(np.uint8), connectivity=8)
    row, column = (int(places[0]) for places in np.nonzero(mask))
    return np.asarray(labels == labels[row, column])


def _without_sheets(difference: Reals) -> Reals:
    """Return a difference without the long thin upright lines in it: sheets across the vehicle that the fan meets edge on.

    A bulkhead that was met squarely hides in a line of one millimetre; half a degree of another line of travel spreads it over some
    centimetres, though nothing was moved. What stands out of such a line along its length stays.
    """
    import cv2

    wide, long = SHEET
    there = cv2.morphologyEx((difference > SHEET_DEPTH).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 1), np.uint8))
    runs = cv2.morphologyEx(there, cv2.MORPH_OPEN, np.ones((long, 1), np.uint8))
    thin = (runs > 0) & (cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones((1, wide), np.uint8)) == 0)
    columns = np.flatnonzero(thin.any(axis=0))
    if not columns.size:
        return difference
    made = difference.copy()
    beside = cv2.dilate(thin.astype(np.uint8), np.ones((1, 5), np.uint8)) > 0
    for column in np.flatnonzero(beside.any(axis=0)):
        rows = beside[:, column]
        level = float(np.percentile(made[rows, column], 75))
        made[rows, column] = np.maximum(made[rows, column] - np.float32(level), np.float32(0))
    return made


def _change(
    kind: str,
    score: float,
    parts: _Parts,
    masked: float,
    now: Reals,
    laid: Reals,
    found: list[Materials],
    new: ScanImage,
) -> Change:
    import cv2

    mask, whole = parts.sure, parts.whole
    rows, columns = np.nonzero(whole)
    x_scale, y_scale = 10 * WORK_CM / (new.meta.mm_x or 10.0), 10 * WORK_CM / (new.meta.mm_y or 10.0)
    box = (
        int(columns.min() * x_scale), int(rows.min() * y_scale), int(np.ceil((columns.max() + 1) * x_scale)),
        int(np.ceil((rows.max() + 1) * y_scale)),
    )  # fmt: skip
    sign = 1.0 if kind == "extra" else -1.0
    # Single passes tell areal density badly where they are thin; their difference at equal index tells it well.
    extra = sign * (found[0].areal - found[1].areal)
    around = cv2.dilate(whole.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    wide = cv2.dilate(whole.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    ring = extra[around & ~wide]
    base, spread = (
        (float(np.median(ring)), float(1.4826 * np.median(np.abs(ring - np.median(ring))))) if ring.size else (0.0, 0.1)
    )
    inside = extra[wide] - base
    mass = max(float(inside.sum()) * WORK_CM * WORK_CM / 1000, 0.0)
    count = int(wide.sum())
    # Neighbouring pixels of a ring err together over some 5 x 5 of them.
    # Beside edges of the vehicle, what came is told from what moved only in part: as much again may not be counted.
    systematic = float(np.hypot(SYSTEMATIC, min(masked, MOST_MASKED)))
    error = float(np.hypot(systematic * mass, spread * np.sqrt(count * 25.0) / 1000 + abs(base) * count / 3000))
    areal = float(np.percentile(inside, 75))
    index, index_error = _index_of_difference(mask, sign, found)
    words = (
        "organic"
        if index is not None and index < LIGHT
        else "metal"
        if index is not None and index > METAL
        else "light metal or mixed"
    )
    x0, y0, x1, y1 = box
    box = max(x0, 0), max(y0, 0), min(x1, new.width), min(y1, new.height)
    made = Change(kind, score, box, to_cm(box, new), areal, mass, error, index, index_error)
    told = "was not there on the last empty scan" if kind == "extra" else "was there on the last empty scan and is gone"
    made.reasons.append(f"{words} mass of {mass:.1f} ± {error:.1f} kg that {told}")
    made.reasons.append(
        f"attenuation {float((sign * (now[1] - laid[1]))[mask].mean()):+.2f} in −ln T over {int(mask.sum())} cm²"
    )
    if masked > MASKED:
        made.counter.append("it lies beside edges of the vehicle: part of its mass may not be counted")
    if float(laid[1][mask].mean()) > 3:  # noqa: PLR2004 - a twentieth gets through
        made.counter.append("it lies behind something thick: its outline is unsure")
    return made


def _index_of_difference(
    mask: NDArray[np.bool_], sign: float, found: list[Materials]
) -> tuple[float | None, float | None]:
    """Return the index of what came or went: metal that is more, over mass that is more."""
    metal = [one.areal[mask] * np.clip(one.index[mask], -0.3, 1.3) for one in found]
    more = sign * (found[0].areal[mask] - found[1].areal[mask])
    total = float(more.sum())
    if total <= 0.2 * len(more):
        return None, None
    value = float((sign * (metal[0] - metal[1])).sum()) / total
    noise = float(
        np.median(np.hypot(found[0].sigma[mask] * found[0].areal[mask], found[1].sigma[mask] * found[1].areal[mask]))
    )
    error = noise * np.sqrt(len(more) * 9.0) / total
    return float(np.clip(value, -0.5, 1.5)), float(min(np.hypot(error, 0.05), 1.0))
