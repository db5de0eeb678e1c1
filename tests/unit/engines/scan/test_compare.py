"""Two passes of one vehicle: what came is found with its mass, what is the same is left alone, another vehicle is refused."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from headwater.engines.scan.compare import Compared
from headwater.errors import SchemaError
from headwater.exercise.vehicles.items import mass_kg
from headwater.exercise.vehicles.parts import box, moved
from headwater.exercise.vehicles.scenes import Machine, Scene, later_pass, make_scene, render
from headwater.model.scan import ScanImage, ScanMeta
from headwater.node.scan_compare import compare_scans
from headwater.node.scan_tune import as_image

pytestmark = pytest.mark.slow
COARSE = Machine(name="test", mm=10.0)


@cache
def passes() -> tuple[ScanImage, ScanImage, ScanImage, float, tuple[int, int, int, int]]:
    """An empty van, the same later, and the same later with 12 kg in it; the mass and where it lies."""
    draw = np.random.default_rng(41)
    scene = make_scene("van", draw, COARSE, loaded="empty")
    again = later_pass(scene, draw)
    x0, x1, y0, y1 = again.vehicle.hold
    parcel = moved([box((0.0, 0.0, 0.0), (20.0, 10.0, 7.5), "drug", 1.0)], ((x0 + x1) / 2, (y0 + y1) / 2, 0.0))
    hiding = Scene(again.vehicle, again.loaded, again.solids + parcel, again.view, "drugs", "hold", parcel)
    images = [as_image(render(one, COARSE, draw)) for one in (scene, again, hiding)]
    return images[0], images[1], images[2], mass_kg(parcel), again.view.box_of(parcel)


def test_what_came_is_found_with_its_mass_and_material() -> None:
    before, _, after, mass, truth = passes()
    found = compare_scans(after, before)
    best = found.changes[0]
    assert found.registration.ok
    assert best.kind == "extra"
    assert best.mass == pytest.approx(mass, rel=0.25)
    assert abs(best.mass - mass) < 3 * best.mass_error
    assert best.index is not None
    assert best.index < 0.35
    middle = (best.box_px[0] + best.box_px[2]) / 2, (best.box_px[1] + best.box_px[3]) / 2
    assert truth[0] <= middle[0] <= truth[2]
    assert truth[1] <= middle[1] <= truth[3]


def test_a_long_parcel_along_the_roof_is_one_change_and_weighed_whole() -> None:
    draw = np.random.default_rng(44)
    scene = make_scene("van", draw, COARSE, loaded="empty")
    again = later_pass(scene, draw)
    x0, x1, _, y1 = again.vehicle.hold
    parcel = moved([box((0.0, 0.0, 0.0), (100.0, 1.6, 20.0), "drug", 1.1)], ((x0 + x1) / 2, y1 + 5, 0.0))
    hiding = Scene(again.vehicle, again.loaded, again.solids + parcel, again.view, "drugs", "roof", parcel)
    before, after = (as_image(render(one, COARSE, draw)) for one in (scene, hiding))
    best, *others = compare_scans(after, before).changes
    assert best.kind == "extra"
    assert best.mass == pytest.approx(mass_kg(parcel), rel=0.25)
    assert abs(best.mass - mass_kg(parcel)) < 2 * best.mass_error
    assert all(one.score < 0.2 * best.score for one in others)


def test_what_went_is_told_as_missing() -> None:
    before, _, after, mass, _ = passes()
    best = compare_scans(before, after).changes[0]
    assert best.kind == "missing"
    assert best.mass == pytest.approx(mass, rel=0.25)


def test_the_same_van_again_scores_far_below_one_with_something_in_it() -> None:
    before, again, after, _, _ = passes()
    assert 3 * compare_scans(again, before).score < compare_scans(after, before).score


def test_a_van_that_backs_through_is_still_the_same() -> None:
    before, again, _, _, _ = passes()
    backed = replace(
        again, pixels=np.ascontiguousarray(again.pixels[:, :, ::-1]), meta=replace(again.meta, direction="tail-first")
    )
    assert compare_scans(backed, before).registration.ok


def test_another_vehicle_is_not_registered_and_says_nothing() -> None:
    before, _, _, _, _ = passes()
    draw = np.random.default_rng(43)
    other = as_image(render(make_scene("van", draw, COARSE, loaded="empty"), COARSE, draw))
    found = compare_scans(other, before)
    assert found == Compared(found.registration, 0.0, ())
    assert not found.registration.ok
    assert found.registration.why


def named(meta: ScanMeta, field: str, name: str) -> ScanMeta:
    """A pass of a vehicle with a name."""
    return replace(meta, plate=name) if field == "plate" else replace(meta, vehicle_id=name)


@pytest.mark.parametrize("field", ["plate", "vehicle_id"])
def test_another_plate_is_refused(field: str) -> None:
    before, again, _, _, _ = passes()
    one, two = (replace(scan, meta=named(scan.meta, field, name)) for scan, name in ((before, "A"), (again, "B")))
    with pytest.raises(SchemaError, match="another vehicle"):
        compare_scans(two, one)


def test_a_single_spectrum_is_refused() -> None:
    before, again, _, _, _ = passes()
    single = replace(
        again, pixels=again.pixels[:1], meta=replace(again.meta, channels=("low",), air=(1e4,), dark=(0.0,))
    )
    with pytest.raises(SchemaError, match="one spectrum"):
        compare_scans(single, before)
