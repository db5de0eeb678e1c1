"""Made-up scans for tests: small, quick, and with the truth beside them."""

from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np

from headwater.engines.scan.projector import Solid, View, transmission
from headwater.exercise.vehicles.parts import box
from headwater.exercise.vehicles.scenes import Machine, expose
from headwater.model.ids import BlobHash
from headwater.model.scan import DUAL, ImageKind, ScanFormat, ScanImage, ScanMeta

MACHINE = Machine(name="test", scatter=0.0)
META = ScanMeta(
    channels=DUAL, air=(52_900.0, 52_900.0), dark=(0.0, 0.0), mm_x=5.0, mm_y=5.0, beam="mv", energies_mv=(3.5, 6.0), scanner="test",
)  # fmt: skip


def view(columns: int = 400, rows: int = 160) -> View:
    """A scanner that looks at the first metres of the road from far away."""
    return View(columns, rows, 0.5, 0.5, 0.0, 85.0, 40.0, -500.0)


def image(pixels: Any, *, name: str = "test.tif", **meta: Any) -> ScanImage:
    """Counts as a scan."""
    digest = BlobHash(sha256(pixels.tobytes()).hexdigest())
    return ScanImage(file=name, sha256=digest, format=ScanFormat.NEUTRAL, meta=replace(META, **meta), pixels=pixels)


@cache
def wedge() -> tuple[ScanImage, tuple[tuple[str, float, int], ...]]:
    """A scan of steps of cellulose, aluminium and steel, and material, g/cm² and column of each."""
    solids: list[Solid] = []
    truth = []
    for place, (material, density, areal) in enumerate(
        (name, rho, areal)
        for name, rho in (("organic", 1.0), ("aluminium", 2.7), ("steel", 7.87))
        for areal in (10.0, 20.0, 40.0, 80.0)
    ):
        x = 20.0 + 40.0 * place
        solids.append(box((x, 45.0, 0.0), (9.0, 30.0, areal / density / 2), material, density))
        truth.append((material, areal, int(x / 0.5)))
    pixels = expose(transmission(solids, view(1000), "mv3.5_6"), MACHINE, np.random.default_rng(11))
    return image(pixels), tuple(truth)


SIMULATED = ImageKind.SIMULATED
