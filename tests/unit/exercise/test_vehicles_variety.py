"""Vehicles and things of other makes: what lessons are drawn from must be possible, and unlike."""

import numpy as np
import pytest

from headwater.engines.scan.projector import transmission
from headwater.exercise.vehicles.items import extent, hide, mass_kg
from headwater.exercise.vehicles.parts import box
from headwater.exercise.vehicles.scenes import PORTAL, make_scene
from headwater.exercise.vehicles.variety import another_make, clutter, look_alikes, one_lump, restyled, stretched

pytestmark = pytest.mark.slow
SEEDS = range(4)


def test_a_solid_that_lies_askew_is_drawn_out_along_the_world() -> None:
    (made,) = stretched(
        [box((10.0, 5.0, 0.0), (20.0, 1.0, 1.0), "steel", None, (0.0, 0.0, np.pi / 2))], (1.0, 2.0, 1.0)
    )
    assert made.centre == pytest.approx((10.0, 10.0, 0.0))
    assert made.half == pytest.approx((40.0, 1.0, 1.0))


@pytest.mark.parametrize("seed", SEEDS)
def test_another_make_of_a_vehicle_keeps_its_rooms_within_it_and_can_be_scanned(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scene = make_scene("van", draw, PORTAL, loaded="mixed")
    made = restyled(scene, draw)
    x0, x1, y0, y1 = made.vehicle.hold
    assert 0 < x0 < x1 <= made.vehicle.length
    assert 0 < y0 < y1 <= made.vehicle.height
    assert len(made.solids) <= len(scene.solids)
    seen = transmission(made.solids, made.view, "mv3.5_6", (300, 360))
    assert seen.shape[1:] == (made.view.rows, 60)
    assert 0.0 < seen.min() < 0.9 < seen.max() <= 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_load_of_no_order_lies_in_the_hold_and_is_no_heavier_than_its_stuff(seed: int) -> None:
    draw = np.random.default_rng(seed)
    vehicle = make_scene("van", draw, PORTAL, loaded="empty").vehicle
    x0, x1, y0, y1 = vehicle.hold
    for one in clutter(vehicle, draw):
        assert x0 <= one.centre[0] <= x1
        assert y0 - 1 <= one.centre[1] <= y1
        assert 0.0 <= one.density < 9.0
    assert look_alikes(vehicle, draw)


@pytest.mark.parametrize("item", ["person", "drugs", "rifle", "pistol"])
def test_a_hidden_thing_of_another_make_lies_where_the_first_lay_and_weighs_about_as_much(item: str) -> None:
    for seed in SEEDS:
        draw = np.random.default_rng(seed)
        first = hide(make_scene("van", draw, PORTAL, loaded="empty").vehicle, item, draw)[0]
        made = another_make(first, draw)
        middles = [np.mean(extent(one), axis=0) for one in (first, made)]
        assert np.abs(middles[0] - middles[1]).max() < 30
        assert 0.3 < mass_kg(made) / mass_kg(first) < 2.5


def test_drugs_in_one_piece_weigh_what_was_drawn() -> None:
    for seed in range(30):
        assert 3.5 < mass_kg(one_lump(np.random.default_rng(seed))) < 75
