"""What is told of many pixels at once is what is told of one after the other, whatever the bands, the spectra and the materials."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from headwater.engines.scan import bands
from headwater.engines.scan.material import INDEX, STEP, Calibration, computed, materials, resolve
from headwater.engines.scan.normalise import normalise
from headwater.engines.scan.overlay import coloured
from tests.scan_world import wedge

NOISE = (0.004, 0.006)


def one_by_one(low: Any, high: Any, known: Calibration, averaged: float) -> Any:
    """The same in plain words: the first two neighbours that a pixel lies between, or the last two."""
    index_of, made = [INDEX[name] for name in known.names], []
    for seen, deep in zip(low.tolist(), high.tolist(), strict=True):
        at = max(deep, 0.0) / STEP
        place = min(int(at), known.lows.shape[1] - 2)
        lows, areals = (
            one[:, place] + (at - place) * (one[:, place + 1] - one[:, place]) for one in (known.lows, known.areals)
        )
        pair, gap, weight = 0, 0.0, 0.0
        for pair in range(len(lows) - 1):
            gap = lows[pair + 1] - lows[pair]
            weight = (seen - lows[pair]) / gap if abs(gap) > 1e-9 else 0.0
            if weight <= 1.0:
                break
        apart = index_of[pair + 1] - index_of[pair]
        slope = (known.lows[pair, place + 1] - known.lows[pair, place]) / STEP
        spread = NOISE[0] ** 2 * np.exp(seen) + slope**2 * NOISE[1] ** 2 * np.exp(deep)
        made.append(
            (
                areals[pair] + np.clip(weight, -0.5, 1.5) * (areals[pair + 1] - areals[pair]),
                np.clip(index_of[pair] + weight * apart, -1.0, 2.0),
                min(apart / max(abs(gap), 1e-9) * np.sqrt(spread / averaged), 9.0),
            )
        )
    return np.array(made).T


@pytest.mark.parametrize("beam", ["mv3.5_6", "mv6_9", "kv160"])
@pytest.mark.parametrize("names", [slice(None), slice(0, 3, 2)], ids=["three", "two"])
def test_pixels_are_told_as_one_after_the_other(beam: str, names: slice) -> None:
    whole = computed(beam)
    known = Calibration(whole.names[names], whole.lows[names], whole.areals[names], whole.source)
    draw = np.random.default_rng(4)
    high = np.concatenate([[-0.05, 0.0, 0.0, 7.6], draw.uniform(-0.02, 7.4, 500), draw.uniform(0.0, 0.1, 100)])
    share = np.clip(high / STEP, 0, known.lows.shape[1] - 1).astype(int)
    between = draw.uniform(-0.3, 1.3, len(high))
    low = known.lows[0, share] + between * (known.lows[-1, share] - known.lows[0, share])
    low[2] = 0.01
    found = resolve(low[None].astype(np.float32), high[None].astype(np.float32), known, NOISE, 9.0)
    for told, right in zip(
        (found.areal, found.index, found.sigma),
        one_by_one(low.astype(np.float32), high.astype(np.float32), known, 9.0),
        strict=True,
    ):
        assert np.allclose(told[0], right, rtol=1e-5, atol=1e-6)


def test_bands_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = wedge()[0]
    pixels = scan.pixels[:, :, 400:900].copy()
    pixels[:, 30], pixels[:, 60:70, 100:130], pixels[0, 80:90, 10:20] = 0, 3, 65_535
    scan, known, told = replace(scan, pixels=pixels), computed("mv3.5_6"), []
    for size in (1 << 30, 1700):
        monkeypatch.setattr(bands, "BAND_PX", size)
        seen = normalise(scan)
        found = materials(seen, known)
        told.append((seen.depth, seen.bad, *seen.noise, found.areal, found.index, found.sigma, coloured(seen, found)))
    for whole, banded in zip(*told, strict=True):
        assert np.array_equal(whole, banded, equal_nan=True)
