"""Tuning of a trained model: what clean scans of its own kind of vehicle score, so that it can say something before a site has scans.

Drawn from seeds of its own: neither those of training nor those of any report.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from headwater.engines.scan import assess, site
from headwater.engines.scan.classes import ITEMS
from headwater.exercise.vehicles.lessons import LORRIES, TUNE_SEED
from headwater.exercise.vehicles.scenes import PORTAL, later_pass, make_scene, render
from headwater.model.ids import BlobHash
from headwater.model.scan import ImageKind, ScanFormat, ScanImage
from headwater.node.files import json_object, write
from headwater.node.scan_compare import compare_scans
from headwater.node.scan_model import load

Progress = Callable[[int, int], None]
CLEAN: Final = 400
PAIRS: Final = 60


def tune(
    out: Path, *, clean: int = CLEAN, pairs: int = PAIRS, progress: Progress = lambda _d, _a: None
) -> dict[str, Any]:
    """Add what clean scans and clean pairs score to a model's manifest, and return it."""
    model = load(str(out))
    scores, watched = [], []
    for number in range(clean):
        judged = assess.judge(clean_scan(TUNE_SEED + number), model.detector)
        scores.append(judged.scores)
        watched.append(assess.monitors(judged))
        progress(number, clean + pairs)
    between = []
    for number in range(pairs):
        before, after = clean_pair(TUNE_SEED + 100_000 + number)
        found = compare_scans(after, before)
        if found.registration.ok:
            between.append(found.score)
        progress(clean + number, clean + pairs)
    base = site.Site({name: site.Law(0.0, 1.0) for name in ITEMS}, (), {}, (), model.sha256, own=False)
    made = replace(site.fit(scores, watched, between, base), own=False, monitors={})
    manifest = json_object(out.with_suffix(".json"))
    document = site.document_of(made)
    manifest["tuning"] = {name: _short(document[name]) for name in ("laws", "clean", "monitors", "pairs")}
    write(out.with_suffix(".json"), (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def clean_scan(seed: int) -> ScanImage:
    """Return a clean scan of a made-up vehicle."""
    draw = np.random.default_rng(seed)
    scene = make_scene("lorry" if draw.random() < LORRIES else "van", draw, PORTAL)
    return as_image(render(scene, PORTAL, draw))


def clean_pair(seed: int) -> tuple[ScanImage, ScanImage]:
    """Return two clean passes of one empty vehicle, the earlier first."""
    draw = np.random.default_rng(seed)
    scene = make_scene("van", draw, PORTAL, loaded="empty")
    return as_image(render(scene, PORTAL, draw)), as_image(render(later_pass(scene, draw), PORTAL, draw))


def as_image(made: Any) -> ScanImage:  # noqa: ANN401 - a made-up scan
    """Return a made-up scan as the readers would give it."""
    meta = replace(made.meta, image_kind=ImageKind.SIMULATED)
    digest = BlobHash(sha256(made.pixels.tobytes()).hexdigest())
    return ScanImage(file="made-up.tif", sha256=digest, format=ScanFormat.NEUTRAL, meta=meta, pixels=made.pixels)


def _short(value: Any) -> Any:  # noqa: ANN401 - numbers in lists
    """Return numbers with as many digits as they are worth."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, list):
        return [_short(one) for one in value]
    return {key: _short(one) for key, one in value.items()} if isinstance(value, dict) else value
