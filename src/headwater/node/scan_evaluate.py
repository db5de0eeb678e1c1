"""The agency's kit: its own clean scans and its own items (or TIP) in, a performance card with intervals out.

A hit: the alarm's centre lies in the item's box grown by 10 cm, and its area is at most six times that grown box.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from headwater.engines.scan import assess
from headwater.engines.scan.explain import CLASS_OF, not_assessed
from headwater.engines.scan.overlay import curve
from headwater.engines.scan.site import Site, at_prevalence, operating_point
from headwater.errors import FormatError, Place, SchemaError
from headwater.formats.safe import parse_json
from headwater.formats.scan_write import png
from headwater.model.scan import ImageKind, ScanImage
from headwater.node.files import bytes_of, write
from headwater.node.scan import each_scan, watching
from headwater.node.scan_make import TRUTH

Progress = Callable[[int, int], None]
SCHEMA: Final = "headwater.scan.card/1"
HIT_RULE: Final = "centre in the item box grown by 10 cm; area at most 6 times the grown box"
GROWN_MM: Final = 100.0
MOST_AREA: Final = 6.0
CORNERS: Final = 4
MOST_HIDDEN: Final = 0.3
"""Share of an item that lies in a region that is not assessed, from which a miss was foretold."""
PREVALENCES: Final = (0.001,)
CURVE: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
Box = Sequence[float]


@dataclass(frozen=True, slots=True)
class Answer:
    """How unusual a scan is where it was hit, and anywhere; and of an item, whether its box was said to be not assessed."""

    hit: float
    any: float
    item: str | None
    blocked: bool


def evaluate(
    clean: Path,
    items: Path,
    site_file: Path | None,
    levels: Sequence[float],
    card: Path | None,
    model: str | None = None,
    progress: Progress = lambda _d, _a: None,
) -> dict[str, Any]:
    """Return the performance card of a detector at a site, and write it with its curve where a file is named.

    Args:
        clean: folder of clean scans that set no threshold.
        items: folder of scans with one known item each, and ``truth.jsonl``.
        site_file: thresholds of the site.
        levels: declared shares of false alarms.
        card: file for the card; its curve stands beside it as PNG.
        model: the model; the one that ships where left out.
        progress: hears how far it is.

    Raises:
        InputError: a file cannot be used, or the truth names no item of a scan.
    """
    using = watching(site_file, levels[0], model)
    truth = read_truth(items / TRUTH)
    quiet = [answer(scan, None, using.model.detector, using.site) for scan in each_scan([clean], progress)]
    loud, made = list[Answer](), False
    for scan in each_scan([items], progress):
        line = truth.get(scan.file)
        if line is None or not line.get("item"):
            continue
        made = made or scan.image_kind is not ImageKind.OPERATIONAL
        loud.append(answer(scan, line, using.model.detector, using.site))
    if not quiet or not loud:
        raise SchemaError("no clean scan, or no scan with an item that the truth names", where=str(items))
    document = {
        "schema": SCHEMA,
        "evaluated": using.site.own,
        "simulated": made,
        "site": using.digest,
        "model": {"id": using.model.id, "sha256": using.model.sha256},
        **figures(quiet, loud, using.site, levels),
        "hit_rule": HIT_RULE,
    }
    if card is not None:
        write(card, json.dumps(document, indent=1).encode())
        write(
            card.with_suffix(".png"),
            png(curve(points(quiet, loud, using.site), "detected at the right place, all items")),
        )
    return document


def read_truth(path: Path) -> dict[str, dict[str, Any]]:
    """Return the lines of a truth file by the name of their scan.

    Raises:
        FormatError: a line is no object with a file and, where it has an item, a box.
    """
    found = {}
    for number, line in enumerate(bytes_of(path).splitlines(), 1):
        if not line.strip():
            continue
        value = parse_json(line, where=Place(file=path.name, line=number))
        if not isinstance(value, dict) or not isinstance(value.get("file"), str):
            raise FormatError("no object that names a file", where=Place(file=path.name, line=number))
        box = value.get("box_px")
        if value.get("item") and not (
            isinstance(box, list) and len(box) == CORNERS and all(isinstance(one, int | float) for one in box)
        ):
            raise FormatError("an item without a box", where=Place(file=path.name, line=number, field="box_px"))
        found[Path(value["file"]).name] = value
    return found


def answer(scan: ScanImage, truth: Mapping[str, Any] | None, detector: Any, site: Site) -> Answer:  # noqa: ANN401 - a detector
    """Return how a detector answers to one scan."""
    judged = assess.judge(scan, detector)
    if judged.grid is None:
        return Answer(-np.inf, -np.inf, None if truth is None else str(truth["item"]), blocked=True)
    marks = [(site.laws[mark.name].unusual(mark.score), mark, judged.grid.box_px(*mark.box)) for mark in judged.marks]
    most = max((value for value, _, _ in marks), default=-np.inf)
    if truth is None:
        return Answer(-np.inf, most, None, blocked=False)
    item = str(truth["item"])
    mm = scan.meta.mm_x or 10.0, scan.meta.mm_y or 10.0
    wanted = CLASS_OF.get(item, item)
    hits = [value for value, mark, box in marks if CLASS_OF[mark.name] == wanted and is_hit(box, truth["box_px"], mm)]
    regions = not_assessed(judged.seen, scan) if judged.seen is not None else []
    return Answer(
        max(hits, default=-np.inf),
        most,
        item,
        blocked=any(_share(truth["box_px"], one["box_px"]) > MOST_HIDDEN for one in regions),
    )


def is_hit(box: Box, truth: Box, mm: tuple[float, float]) -> bool:
    """Return whether an alarm is at an item, by the rule of the house."""
    grow_x, grow_y = GROWN_MM / mm[0], GROWN_MM / mm[1]
    x0, y0, x1, y1 = truth[0] - grow_x, truth[1] - grow_y, truth[2] + grow_x, truth[3] + grow_y
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    area = (box[2] - box[0]) * (box[3] - box[1])
    return x0 <= x <= x1 and y0 <= y <= y1 and area <= MOST_AREA * (x1 - x0) * (y1 - y0)


def figures(quiet: Sequence[Answer], loud: Sequence[Answer], site: Site, levels: Sequence[float]) -> dict[str, Any]:
    """Return rates with their intervals: of false alarms at the site's thresholds, and of items found, class by class."""
    false, classes = dict[str, dict[str, Any]](), dict[str, dict[str, Any]]()
    thresholds = {level: operating_point(site.clean, level, own=site.own).threshold for level in levels}
    for level in levels:
        count = sum(one.any > thresholds[level] for one in quiet)
        false[f"{level:g}"] = {"rate": round(count / len(quiet), 5), "interval95": interval(count, len(quiet))}
    for item in dict.fromkeys(one.item for one in loud if one.item):
        mine = [one for one in loud if one.item == item]
        found = {level: sum(one.hit > thresholds[level] for one in mine) for level in levels}
        classes[item] = {
            "n": len(mine),
            "rate_at": {f"{level:g}": round(count / len(mine), 4) for level, count in found.items()},
            "interval95": {f"{level:g}": interval(count, len(mine)) for level, count in found.items()},
        }
    low = min(levels)
    overall = sum(one.hit > thresholds[low] for one in loud) / len(loud)
    rate = max(float(false[f"{low:g}"]["rate"]), low)
    worth = {f"{one:g}": {"true_per_alarm": round(at_prevalence(overall, rate, one), 4)} for one in PREVALENCES}
    return {"n_clean": len(quiet), "fa": false, "classes": classes, "at_prevalence": worth}


def points(quiet: Sequence[Answer], loud: Sequence[Answer], site: Site) -> list[tuple[float, float, float, float]]:  # noqa: ARG001 - the thresholds of a curve are those of its own clean scans
    """Return a curve: share of false alarms among these clean scans, share found, and the interval of that."""
    values = np.array(sorted(one.any for one in quiet))
    made = []
    for level in CURVE:
        if level * len(values) < 1:
            continue
        threshold = float(np.quantile(values, 1 - level))
        count = sum(one.hit > threshold for one in loud)
        low, high = interval(count, len(loud))
        made.append((level, count / len(loud), low, high))
    return made


def interval(count: int, of: int) -> list[float]:
    """Return the 95 % interval of a share (Clopper and Pearson, 1934)."""
    from scipy.stats import beta

    low = float(beta.ppf(0.025, count, of - count + 1)) if count else 0.0
    high = float(beta.ppf(0.975, count + 1, of - count)) if count < of else 1.0
    return [round(low, 4), round(high, 4)]


def _share(item: Box, region: Box) -> float:
    wide = min(item[2], region[2]) - max(item[0], region[0])
    tall = min(item[3], region[3]) - max(item[1], region[1])
    area = (item[2] - item[0]) * (item[3] - item[1])
    return max(wide, 0) * max(tall, 0) / area if area > 0 else 0.0
