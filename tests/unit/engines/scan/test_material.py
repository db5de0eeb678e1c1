"""Counts to attenuation to material: drift is taken out, what cannot be told is not, and steel is not cellulose."""

from dataclasses import replace

import numpy as np
import pytest

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
from headwater.engines.scan.projector import transmission
from headwater.errors import SchemaError
from headwater.exercise.vehicles.parts import box
from headwater.exercise.vehicles.scenes import PORTAL, expose
from tests.scan_world import META, image, view, wedge


def test_each_step_of_a_wedge_is_what_it_is_made_of() -> None:
    scan, truth = wedge()
    found = materials(normalise(scan), computed("mv3.5_6"))
    for material, areal, column in truth:
        part = np.s_[70:90, column - 10 : column + 10]
        assert float(np.nanmedian(found.areal[part])) == pytest.approx(areal, rel=0.03), (material, areal)
        expected = {"organic": 0.0, "aluminium": 0.5, "steel": 1.0}[material]
        assert float(np.nanmean(found.index[part])) == pytest.approx(expected, abs=0.12), (material, areal)


def test_sigma_is_the_spread_that_is_there() -> None:
    scan, truth = wedge()
    found = materials(normalise(scan), computed("mv3.5_6"))
    for material, areal, column in truth:
        part = np.s_[60:100, column - 12 : column + 12]
        spread, told = float(np.nanstd(found.index[part])), float(np.nanmedian(found.sigma[part]))
        assert 0.5 < spread / told < 2.0, (material, areal, spread, told)


def test_rows_and_columns_that_drift_are_levelled() -> None:
    scan, _ = wedge()
    draw = np.random.default_rng(3)
    gain = (1 + 0.02 * draw.standard_normal(scan.height))[None, :, None]
    dose = (1 + 0.02 * draw.standard_normal(scan.width))[None, None, :]
    worse = image(np.clip(scan.pixels * gain * dose, 0, 65_000).astype(np.uint16))
    before, after = normalise(scan).depth, normalise(worse).depth
    raw = -np.log(np.maximum(worse.pixels[1], 1) / 52_900)
    good = before[1] < 3
    assert np.abs(after[1] - before[1])[good].mean() < 0.3 * np.abs(raw - before[1])[good].mean()


def test_what_is_too_dark_or_clipped_is_not_assessed() -> None:
    pixels = np.full((2, 60, 120), 52_900, np.uint16)
    pixels[:, 20:30, 40:60], pixels[:, 40:44, 80:90] = 20, 65_535
    seen = normalise(image(pixels))
    assert seen.starved[20:30, 40:60].all()
    assert seen.saturated[40:44, 80:90].all()
    found = materials(seen, computed("mv3.5_6"))
    assert np.isnan(found.areal[20:30, 40:60]).all()
    assert np.isfinite(found.areal[:10]).all()


def test_a_shadow_that_scatter_fills_is_still_not_assessed() -> None:
    block = [
        box((100.0, 45.0, 0.0), (20.0, 20.0, 35.0), "steel"),
        box((40.0, 45.0, 0.0), (20.0, 20.0, 20.0), "organic", 1.0),
    ]
    pixels = expose(transmission(block, view(), "mv3.5_6"), PORTAL, np.random.default_rng(5))
    seen = normalise(image(pixels))
    assert seen.starved[60:100, 180:220].mean() > 0.95
    assert seen.starved[60:100, 60:100].mean() < 0.01


def test_a_dead_row_is_named() -> None:
    scan, _ = wedge()
    pixels = scan.pixels.copy()
    pixels[:, 33] = 0
    assert normalise(image(pixels)).dead_rows == (33,)


def test_a_level_that_is_not_declared_is_taken_from_open_air() -> None:
    scan, _ = wedge()
    bare = image(scan.pixels, air=None)
    assert normalise(bare).depth[1] == pytest.approx(normalise(scan).depth[1], abs=0.01)


def test_a_calibration_comes_back_from_its_file() -> None:
    made = computed("mv3.5_6")
    again = calibration_of(document_of(made))
    assert again.lows == pytest.approx(made.lows, rel=2e-3, abs=2e-3)
    assert again.areals == pytest.approx(made.areals, rel=2e-3, abs=2e-2)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [WedgeStep("steel", areal, -areal / 10, -areal / 11) for areal in (1.0, 2.0, 3.0)],
        [WedgeStep("kryptonite", 1.0, -0.1, -0.1)],
        [WedgeStep(name, areal, 0.1, -0.1) for name in ("steel", "cellulose") for areal in (1.0, 2.0)],
        [WedgeStep(name, areal, -float("nan"), -0.1) for name in ("steel", "cellulose") for areal in (1.0, 2.0)],
    ],
)
def test_a_wedge_that_is_none_is_refused(steps: list[WedgeStep]) -> None:
    with pytest.raises(SchemaError):
        calibrate(steps)


def test_one_spectrum_tells_no_material() -> None:
    one = image(np.full((1, 60, 80), 40_000, np.uint16), channels=("high",), air=(52_900.0,), dark=(0.0,))
    with pytest.raises(SchemaError, match="one spectrum"):
        materials(normalise(one), computed("mv3.5_6"))


def test_the_nearest_spectra_are_chosen() -> None:
    assert nearest_system(META) == "mv3.5_6"
    assert nearest_system(replace(META, energies_mv=(6.0, 9.0))) == "mv6_9"
    assert nearest_system(replace(META, beam="kv", energies_mv=(0.3, 0.3))) == "kv300"
