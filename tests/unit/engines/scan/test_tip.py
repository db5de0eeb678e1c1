"""An item put into a clean scan shows what it would have shown, adds its noise, and leaves the rest alone."""

import numpy as np
import pytest

from headwater.engines.scan.material import computed
from headwater.engines.scan.normalise import normalise
from headwater.engines.scan.projector import transmission
from headwater.engines.scan.tip import project_into, room_for
from headwater.exercise.vehicles.parts import box, moved
from headwater.exercise.vehicles.scenes import Machine, expose
from tests.scan_world import image, view

QUIET = Machine(name="test", scatter=0.0, gain=0.0, pulse=0.0, electronic=0.0, photons=2e6)


@pytest.mark.parametrize(("material", "half"), [("steel", 1.0), ("drug", 6.0)])
def test_a_projected_item_is_as_dark_as_one_that_was_there(material: str, half: float) -> None:
    load = [box((100.0, 45.0, 0.0), (60.0, 30.0, 12.0), "organic", 1.0)]
    item = [box((0.0, 0.0, 0.0), (10.0, 8.0, half), material)]
    draw = np.random.default_rng(47)
    clean = image(expose(transmission(load, view(), "mv3.5_6"), QUIET, draw))
    # Beside the load, not in it: a projection displaces nothing.
    there = image(expose(transmission(load + moved(item, (100.0, 45.0, 30.0)), view(), "mv3.5_6"), QUIET, draw))
    centre = (200.0, 80.0)
    made = project_into(clean, normalise(clean), computed("mv3.5_6"), "mv3.5_6", item, centre, draw)
    part = np.s_[:, 74:86, 194:206]
    assert np.log(made.pixels[part].mean(axis=(1, 2)) / there.pixels[part].mean(axis=(1, 2))) == pytest.approx(
        [0, 0], abs=0.02
    )
    untouched = np.ones(clean.pixels.shape[2], bool)
    untouched[made.box[0] - 4 : made.box[2] + 4] = False
    assert (made.pixels[:, :, untouched] == clean.pixels[:, :, untouched]).all()


def test_the_same_seed_gives_the_same_counts() -> None:
    clean = image(expose(np.full((2, 60, 120), 0.5), QUIET, np.random.default_rng(1)))
    item = [box((0.0, 0.0, 0.0), (5.0, 4.0, 1.0), "steel")]
    runs = [
        project_into(
            clean, normalise(clean), computed("mv3.5_6"), "mv3.5_6", item, (60.0, 30.0), np.random.default_rng(5)
        ).pixels
        for _ in range(2)
    ]
    assert (runs[0] == runs[1]).all()


def test_room_is_looked_for_inside_the_vehicle() -> None:
    load = [box((100.0, 45.0, 0.0), (40.0, 20.0, 12.0), "organic", 1.0)]
    seen = normalise(image(expose(transmission(load, view(), "mv3.5_6"), QUIET, np.random.default_rng(1))))
    for seed in range(8):
        x, y = room_for(seen, (30.0, 20.0), np.random.default_rng(seed))
        assert 120 <= x <= 280
        assert 40 <= y <= 120
