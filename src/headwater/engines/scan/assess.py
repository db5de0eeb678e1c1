"""One scan from counts to alarms: normalise, material, detect, decide, explain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from headwater.engines.scan import explain
from headwater.engines.scan.cells import Cells, cells
from headwater.engines.scan.detector import Detector, Places, places, strongest
from headwater.engines.scan.material import Calibration, Materials, computed, materials, nearest_system
from headwater.engines.scan.normalise import Normalised, normalise
from headwater.engines.scan.readings import calls_for_rescue
from headwater.engines.scan.site import OperatingPoint, Site, unusual
from headwater.model.scan import ImageKind, ScanFormat, ScanImage

THICK: Final = (0.5, 2.5)
"""−ln T between which the balance of both spectra is watched."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A scan with all that was worked out from it, but no decision.

    Attributes:
        scan: the image.
        seen: attenuation; None where there are no counts.
        found: materials; None where they are not assessed.
        grid: cells; None where the detector cannot look.
        marks: where each class stands out.
        reasons: why something was not assessed.
    """

    scan: ScanImage
    seen: Normalised | None
    found: Materials | None
    grid: Cells | None
    marks: tuple[Places, ...]
    reasons: tuple[str, ...]

    @property
    def scores(self) -> dict[str, float]:
        """Strongest score of each class."""
        return strongest(list(self.marks))


def judge(scan: ScanImage, looks: Detector, calibration: Calibration | None = None) -> Judged:
    """Return what a scan shows.

    Args:
        scan: the image.
        looks: the detector.
        calibration: of the scanner; computed from the declared spectra where there is none.
    """
    reasons = cannot(scan)
    if not scan.is_counts:
        return Judged(scan, None, None, None, (), tuple(reasons))
    seen = normalise(scan)
    if reasons:
        return Judged(scan, seen, None, None, (), tuple(reasons))
    used = calibration or computed(nearest_system(scan.meta))
    found = materials(seen, used)
    size = scan.meta.mm_x or 10.0, scan.meta.mm_y or 10.0
    grid = cells(seen, used, *size)
    return Judged(scan, seen, found, grid, tuple(places(looks.answers(grid, seen.depth, size), grid.blocked)), ())


def cannot(scan: ScanImage) -> list[str]:
    """Return why material and alarms cannot be assessed; none where they can."""
    if scan.format is ScanFormat.IMAGE8:
        return ["8-bit, material not assessed"]
    if scan.format is ScanFormat.DICOS_TDR:
        return ["a report, not an image"]
    reasons = []
    if not scan.meta.is_dual:
        reasons.append("one energy: material not assessed, and the detector needs two")
    if scan.meta.mm_x is None or scan.meta.mm_y is None:
        reasons.append("size of a pixel is not known")
    return reasons


def monitors(one: Judged) -> dict[str, float]:
    """Return what is watched of a machine in one scan: noise and air level of both spectra, and their balance."""
    if one.seen is None or one.found is None:
        return {}
    depth = one.seen.depth[1]
    thick = (depth > THICK[0]) & (depth < THICK[1]) & np.isfinite(one.found.index)
    index = float(np.median(one.found.index[thick])) if int(thick.sum()) > 500 else float("nan")  # noqa: PLR2004 - a few square centimetres
    low, high = one.seen.noise
    return {
        "noise_low": float(np.log(low)), "noise_high": float(np.log(high)), "air_low": one.seen.air_ratio[0],
        "air_high": one.seen.air_ratio[1], "index": index,
    }  # fmt: skip


def alarms(one: Judged, site: Site, point: OperatingPoint) -> list[explain.Alarm]:
    """Return the alarms of a scan, persons first, then the most unusual.

    Args:
        one: what the scan shows.
        site: the laws that make classes comparable.
        point: the threshold.
    """
    made: list[explain.Alarm] = []
    if one.grid is not None and one.found is not None:
        for mark in one.marks:
            value = site.laws[mark.name].unusual(mark.score)
            if value > point.threshold:
                made.append(explain.alarm(mark.name, value, point.threshold, mark.box, one.grid, one.scan, one.found))
    made = _apart(sorted(made, key=lambda alarm: -alarm.unusual))
    if calls_for_rescue(one.scan.meta.readings) and not any(alarm.kind == "person" for alarm in made):
        made.append(explain.from_readings(one.scan, point.threshold))
    return sorted(made, key=lambda alarm: (alarm.queue != "rescue", -alarm.unusual))


def score(one: Judged, laws: Mapping[str, Any]) -> float | None:
    """Return how unusual the most unusual place of a scan is; None where it was not looked for."""
    return unusual(one.scores, laws) if one.grid is not None else None


def is_evidence(scan: ScanImage) -> bool:
    """Return whether an image may ever be evidence: one that was made, in whole or in part, may not."""
    return scan.image_kind is ImageKind.OPERATIONAL


def _apart(found: Sequence[explain.Alarm]) -> list[explain.Alarm]:
    """Return alarms without those of the same kind that lie in a stronger one."""
    kept: list[explain.Alarm] = []
    for alarm in found:
        middle = (alarm.box_px[0] + alarm.box_px[2]) / 2, (alarm.box_px[1] + alarm.box_px[3]) / 2
        inside = any(
            other.kind == alarm.kind
            and other.box_px[0] <= middle[0] < other.box_px[2]
            and other.box_px[1] <= middle[1] < other.box_px[3]
            for other in kept
        )
        if not inside:
            kept.append(alarm)
    return kept
