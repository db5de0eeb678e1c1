"""Everything that scanning answers about small made-up images, whole: alarms, findings, materials, sites, regions, pictures."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.engines.scan import explain, overlay, screen
from headwater.engines.scan.assess import alarms, cannot, is_evidence, judge, monitors, score
from headwater.engines.scan.classes import ITEMS
from headwater.engines.scan.engine import ScanEngine
from headwater.engines.scan.material import (
    WedgeStep,
    calibrate,
    calibration_of,
    computed,
    document_of,
    materials,
    nearest_system,
)
from headwater.engines.scan.normalise import normalise
from headwater.engines.scan.readings import calls_for_rescue, weighed
from headwater.engines.scan.site import (
    Drift,
    Law,
    Site,
    at_prevalence,
    expected,
    fit,
    law_of,
    needed,
    operating_point,
    site_of,
)
from headwater.engines.scan.site import document_of as site_document
from headwater.engines.scan.spectra import SYSTEMS
from headwater.formats.scan_write import neutral_tiff
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey
from headwater.model.record import Mention
from headwater.model.scan import ImageKind, Reading, ReadingKind, ScanFormat, ScanImage
from headwater.testing.memory_view import MemoryView
from tests.contract.test_scan_contract import PARAMS, Dark, record_of
from tests.frozen import hold, tried
from tests.scan_world import META, image, wedge

WHOLE = Path(__file__).with_name("scan_whole.json")
NEAR = 1e-4
"""Pictures are worked on in numbers of 32 bits, and no two processors add them up alike."""
DOG, CO2, DENSITY, RADIATION, STILL = (
    Reading(ReadingKind.DOG, alarm=True, p_d=0.8, p_fa=0.1), Reading(ReadingKind.CO2, alarm=True, p_d=0.9, p_fa=0.03),
    Reading(ReadingKind.DENSITY, alarm=False, p_d=0.7, p_fa=0.2), Reading(ReadingKind.RADIATION, alarm=True, p_d=0.9, p_fa=0.01),
    Reading(ReadingKind.VIBRATION, alarm=False, p_d=0.95, p_fa=0.02),
)  # fmt: skip
SETS = {
    "none": (),
    "dog": (DOG,),
    "all": (DOG, CO2, DENSITY, RADIATION, STILL),
    "co2": (CO2,),
    "but still": (CO2, STILL),
    "two": (CO2, DOG),
}
SITE = Site({name: Law(-8.0 + at / 2, 1.0 + at / 8) for at, name in enumerate(ITEMS)}, tuple(float(one) / 100 for one in range(40)), {"noise_low": (-4.6, 0.1), "air_high": (1.0, 0.01)}, (), "f" * 64, own=True)  # fmt: skip


def counts(first: int = 500) -> Any:
    """A piece of the wedge: steps of aluminium and steel in counts."""
    return wedge()[0].pixels[:, ::2, first : first + 240].copy()


def spoiled() -> Any:
    """The same with a row that died, a shadow that is too deep, one that is small, and pixels that clip."""
    made = counts()
    made[:, 30] = 0
    made[:, 40:60, 100:130] = 3
    made[:, 20:21, 20:22] = 3
    made[0, 60:75, 10:20] = 65_535
    return made


def scans() -> dict[str, ScanImage]:
    """Images of every kind."""
    return {
        "plain": image(counts(), mm_y=10.0), "backwards": image(counts(), mm_y=10.0, direction="tail-first"), "spoiled": image(spoiled(), mm_y=10.0),
        "answered": image(counts(), mm_y=10.0, readings=SETS["all"]), "co2": image(counts(), mm_y=10.0, readings=SETS["co2"]),
        "blank, co2": image(np.full((2, 80, 160), 52_000, np.uint16), readings=SETS["co2"]), "coarse": image(counts()[:, ::2, ::2].copy(), mm_x=10.0, mm_y=20.0),
        "without air": image(counts(), mm_y=10.0, air=None, dark=(300.0, 100.0)), "one energy": image(counts()[:1].copy(), channels=("low",), air=(52_900.0,), dark=(0.0,)),
        "no size": image(counts(), mm_x=None), "put in": image(counts(), mm_y=10.0, image_kind=ImageKind.TIP),
        "eight bits": replace(image(counts()[:1].copy(), channels=("low",), air=None, dark=(0.0,)), format=ScanFormat.IMAGE8),
        "kilovolts": image(counts(), mm_y=10.0, beam="kv", energies_mv=(0.16,)),
    }  # fmt: skip


def judged() -> dict[str, Any]:
    """What each image shows, its alarms at two thresholds, and the regions of which nothing is said."""
    found: dict[str, Any] = {}
    for name, scan in scans().items():
        one = judge(scan, Dark())
        points = [operating_point(SITE.clean, level, own=True) for level in (0.05, 0.5)]
        high = replace(points[0], threshold=7.2)
        found[name] = {
            "reasons": one.reasons, "cannot": cannot(scan), "scores": one.scores, "score": score(one, SITE.laws), "monitors": monitors(one),
            "evidence": is_evidence(scan), "alarms": [[made.document(at) for at, made in enumerate(alarms(one, SITE, point), 1)] for point in (points[0], high)],
            "blocked": explain.not_assessed(one.seen, scan) if one.seen else None, "cells": one.grid,
        }  # fmt: skip
    return found


def weighed_boxes() -> dict[str, Any]:
    """What boxes of one image hold beyond what lies around them, and what is said for and against."""
    scan = scans()["spoiled"]
    seen = normalise(scan)
    found = materials(seen, computed("mv3.5_6"))
    boxes = (
        (60, 10, 90, 40),
        (0, 0, 30, 30),
        (95, 35, 135, 65),
        (10, 60, 20, 75),
        (200, 10, 240, 70),
        (100, 0, 160, 80),
    )
    grid = judge(scan, Dark()).grid
    assert grid is not None
    cells = ((1.0, 3.0, 2.0, 4.0), (2.0, 7.5, 8.0, 18.0), (0.0, 9.9, 0.0, 3.0), (4.2, 6.1, 12.3, 16.9))
    return {
        "weighed": [explain.weigh(box, found, scan) for box in boxes],
        "alarms": [explain.alarm(name, 6.0 + at, 2.5, cell, grid, scan, found).document(at) for name in (*ITEMS, "odd") for at, cell in enumerate(cells)],
        "from readings": [explain.from_readings(replace(scan, meta=replace(scan.meta, readings=given)), 3.0).document(1) for given in SETS.values()],
        "places": [explain.to_cm(box, one) for box in boxes for one in (scan, scans()["backwards"], scans()["no size"])],
        "apart": [(made.name, made.box_px) for made in _overlapping()],
    }  # fmt: skip


def _overlapping() -> list[explain.Alarm]:
    """Alarms of two kinds, one of each inside a stronger one."""
    from headwater.engines.scan.assess import _apart

    given = (("rifle", 9.0, (0, 0, 40, 40)), ("drugs", 8.0, (10, 10, 30, 30)), ("pistol", 7.0, (10, 10, 30, 30)), ("drugs", 6.0, (25, 25, 60, 60)), ("drugs", 5.0, (10, 15, 50, 25)))  # fmt: skip
    return _apart([explain.Alarm(name, value, 1.0, box, (0.0, 0.0, 1.0, 1.0), None, None, None, None, None) for name, value, box in given])  # fmt: skip


def found_by_the_engine() -> dict[str, Any]:
    """Findings of four images, one of them of a vehicle that has a name, whole."""
    metas = (
        replace(META, mm_y=10.0),
        replace(META, mm_y=10.0, readings=SETS["all"]),
        replace(META, mm_y=10.0, direction="tail-first"),
        META,
    )
    pictures = (counts(), counts(580), counts(), np.full((2, 80, 160), 52_000, np.uint16))
    records, blobs = [], {}
    for number, (pixels, meta) in enumerate(zip(pictures, metas, strict=True), 1):
        record, blob = record_of(b"", number)
        mentions = (Mention(EntityKey("vehicle:1"), "Vehicle"),) if number == 2 else ()
        records.append(replace(record, mentions=mentions, handling=Handling(codes=frozenset({f"C{number}"}))))
        blobs[blob] = neutral_tiff(pixels, meta)
    view = MemoryView(records, blobs=blobs)

    def run(**more: object) -> Any:
        return list(ScanEngine().run(view, {**PARAMS, "site": SITE, **more}))

    odd: dict[str, dict[str, object]] = {
        "more": {"more": 1}, "no level": {"fa": True}, "odd level": {"fa": "1"}, "level": {"fa": 1.0}, "no site": {"site": 1}, "no reader": {"decode": 1}, "no detector": {"detector": 1},
        "odd images": {"images": "x"},
    }  # fmt: skip
    return {
        "all": run(), "one": [one.text for one in run(images=[records[2].blobs[0]])], "none": run(images=[]), "strict": [one.reasons[-1].text for one in run(fa=0.01)],
        "refused": {name: tried(lambda given: run(**given), given) for name, given in odd.items()},
    }  # fmt: skip


def levelled() -> dict[str, Any]:
    """Images as attenuation, and of what each pixel is made."""
    found: dict[str, Any] = {}
    for name, scan in scans().items():
        seen = tried(normalise, scan) if name == "eight bits" else normalise(scan)
        found[name] = seen
        if name in ("plain", "spoiled", "without air"):
            found[f"{name}: bad"] = seen.bad
            made = materials(seen, computed("mv3.5_6"))
            found[f"{name}: made of"] = [made, materials(seen, computed("mv3.5_6"), 1).areal]
            found[f"{name}: on the screen"] = screen.materials(scan).index
        if name == "one energy":
            found["one energy: made of"] = tried(materials, seen, computed("mv3.5_6"))
    return found


def calibrated() -> dict[str, Any]:
    """Calibrations that are reckoned and those that a wedge gives; which spectra a header means."""
    steps = [WedgeStep(name, areal, -areal / (18 - at), -areal / (20 - 2 * at)) for at, name in enumerate(("cellulose", "Al", "steel")) for areal in (5.0, 10.0, 20.0, 40.0)]  # fmt: skip
    made = calibrate(steps)
    document = document_of(made)
    odd: dict[str, list[WedgeStep]] = {
        "unknown": [*steps, WedgeStep("lead", 1.0, -1.0, -1.0)], "nan": [*steps, WedgeStep("steel", float("nan"), -1.0, -1.0)], "below": [*steps, WedgeStep("steel", -1.0, -1.0, -1.0)],
        "no steel": steps[:8], "few": [*steps[:4], steps[-1]], "falls": [*steps, WedgeStep("steel", 80.0, -0.1, -0.1)],
    }  # fmt: skip
    metas = [
        {"energies_mv": value, "beam": beam}
        for value in ((), (3.5, 6.0), (6.0, 9.0), (4.0, 6.0), (0.16,), (0.3,), (2.5,))
        for beam in ("mv", "kv", "")
    ]
    return {
        "wedge": made, "document": document, "back": tried(lambda: calibration_of(document).names),
        "reckoned": {name: computed(name) for name in sorted(SYSTEMS)}, "systems": [nearest_system(replace(META, **given)) for given in metas],  # type: ignore[arg-type] # spelt out above
        "refused": {name: tried(calibrate, given) for name, given in odd.items()},
        "no file": [tried(calibration_of, given) for given in ({}, {**document, "schema": "x"}, {**document, "curves": {}}, {**document, "curves": {"steel": [[1]]}})],
    }  # fmt: skip


def sites() -> dict[str, Any]:
    """Sites from clean scans, their thresholds and intervals, and what a machine that drifts is said to do."""
    draw = np.random.default_rng(5)
    base = Site(
        {name: Law(-1.0, 0.5 + at) for at, name in enumerate(ITEMS)}, (1.0, 2.0, 3.0), {}, (), "0" * 64, own=False
    )
    clean = [{name: float(draw.gumbel(at, 0.5 + at)) for at, name in enumerate(ITEMS)} for _ in range(60)]
    watched = [
        {"noise_low": float(draw.normal(-4.6, 0.1)), "index": float(draw.normal()) if at % 2 else float("nan")}
        for at in range(60)
    ]
    made = fit(clean, watched, [3.0, 1.0, 2.0], base)
    points = [
        operating_point(values, level, own=own)
        for values in (made.clean, made.clean[:19], made.clean[:18], ())
        for level in (0.01, 0.05, 0.2)
        for own in (True, False)
    ]
    drift = Drift({"noise_low": (-4.6, 0.1), "index": (0.0, 1.0)})
    ways = [
        (-4.6, 0.0),
        (-4.0, 0.0),
        (-4.0, 0.2),
        (-4.0, float("nan")),
        (-3.5, 0.1),
        (-3.5, 9.0),
        (-3.5, 99.0),
        (-4.6, 0.0),
    ]
    document = site_document(made)
    odd: dict[str, dict[str, Any]] = {
        "own": {"own": 1}, "not own": {"own": False}, "monitors": {"monitors": {"odd": [1, 1], "index": [0, 1]}}, "no spread": {"monitors": {"index": [0, 0]}}, "law": {"laws": {name: [0, 0] for name in ITEMS}},
        "no law": {"laws": {}}, "infinite": {"pairs": [float("inf")]}, "unsorted": {"clean": [3, 1, 2]}, "schema": {"schema": "x"}, "texts": {"clean": ["a"]},
    }  # fmt: skip
    return {
        "fitted": made, "few": fit(clean[:29], watched[:29], [], base), "bare": fit(clean, [], [], replace(base, clean=())), "document": document,
        "read": {name: tried(lambda given: site_of({**document, **given}), given) for name, given in odd.items()}, "points": points, "needed": [needed(level) for level in (0.001, 0.01, 0.3)],
        "drift": [drift.take({"noise_low": low, "index": index}) for low, index in ways], "unwatched": Drift({}).take({"index": 9.0}), "law": law_of([float(one) for one in draw.gumbel(-3, 1.5, 50)]),
        "words": [expected(points[0], 1_000, detection, prevalence) for detection in (None, 0.8, 0.0) for prevalence in (0.001, 0.05)],
        "prevalence": [at_prevalence(*given) for given in ((0.8, 0.01, 0.001), (0.0, 0.0, 0.5), (1.0, 0.5, 0.5))],
    }  # fmt: skip


def answered() -> dict[str, Any]:
    """What other sensors' answers weigh for each class."""
    return {name: {"rescue": calls_for_rescue(given), **{kind: weighed(given, kind) for kind in ("person", "drugs", "weapon")}, "odd": weighed(given[:0], "odd")} for name, given in SETS.items()}  # fmt: skip


def blocks(picture: Any) -> list[Any]:
    """A picture as the mean colours of its parts, to the nearest four of 255."""
    rows, columns = np.linspace(0, picture.shape[0], 9).astype(int), np.linspace(0, picture.shape[1], 9).astype(int)
    means = [picture[a:b, c:d].reshape(-1, *picture.shape[2:]).mean(axis=0) for a, b in itertools.pairwise(rows) for c, d in itertools.pairwise(columns)]  # fmt: skip
    return [list(picture.shape), np.array(means)]


def drawn() -> dict[str, Any]:
    """Pictures for the screen, for everybody and for the rescue queue."""
    alarm = {"id": "a1", "class": "person", "box_px": [60, 20, 100, 60], "mass_kg": None}
    drugs = {"id": "a2", "class": "drugs", "box_px": [150, 10, 200, 70], "mass_kg": 12.3, "mass_kg_error": 1.2}
    blocked = [{"box_px": [0, 0, 120, 10], "reason": "opaque"}]
    found: dict[str, Any] = {}
    for name in ("plain", "spoiled", "one energy", "eight bits", "put in"):
        scan = scans()[name]
        found[name] = blocks(screen.drawn(scan, [alarm, drugs], blocked))
    scan = scans()["plain"]
    grey = overlay.grey(normalise(scan), (0.5, 3.0))
    found["for everybody"] = blocks(
        overlay.overlay(replace(scan, meta=replace(scan.meta, mm_x=30.0, mm_y=40.0)), grey, [alarm, drugs], blocked)
    )
    found["counts of nobody"] = blocks(
        overlay.without_persons(
            replace(scan, meta=replace(scan.meta, mm_x=30.0, mm_y=40.0)), [(60, 20, 100, 60)]
        ).pixels[0][..., None]
    )
    found["a curve"] = blocks(
        overlay.curve([(0.01, 0.5, 0.4, 0.6), (0.05, 0.7, 0.6, 0.8), (0.2, 0.9, 0.8, 1.0)], "made up")
    )
    found["two"] = blocks(overlay.beside([grey, grey[:40, :100]]))
    return found


WORLDS: dict[str, Callable[[], Any]] = {
    "judged": judged, "weighed boxes": weighed_boxes, "engine": found_by_the_engine, "levelled": levelled, "calibrated": calibrated, "sites": sites,
    "answered": answered, "drawn": drawn,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_what_scanning_answers_is_what_it_answered(name: str) -> None:
    hold(WHOLE, name, WORLDS[name](), NEAR)
