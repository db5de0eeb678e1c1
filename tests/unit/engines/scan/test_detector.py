"""What the detector is given, and where it says that something stands out."""

from typing import Any

import numpy as np
import pytest

from headwater.engines.scan.cells import CELL, CHANNELS, Cells, cells
from headwater.engines.scan.classes import ITEMS, log_odds
from headwater.engines.scan.detector import Answers, HeatMap, Network, places, strongest
from headwater.engines.scan.material import computed
from headwater.engines.scan.normalise import normalise
from headwater.errors import FormatError, SchemaError
from tests.scan_world import image, wedge


def grid(pixels: Any, mm: float = 5.0) -> Cells:
    """Counts as the detector sees them."""
    return cells(normalise(image(pixels, mm_x=mm, mm_y=mm)), computed("mv3.5_6"), mm, mm)


def test_a_scan_has_the_same_cells_whatever_its_pixel() -> None:
    pixels = wedge()[0].pixels
    fine, coarse = grid(pixels), grid(np.ascontiguousarray(pixels[:, ::2, ::2]), 10.0)
    assert fine.blocked.shape == coarse.blocked.shape
    assert fine.fine.shape == tuple(side * CELL for side in fine.blocked.shape)
    assert fine.middle.shape == (CHANNELS, *(side * 2 for side in fine.blocked.shape))
    assert float(np.abs(fine.areal - coarse.areal).mean()) < 1.0
    x0, y0, x1, y1 = coarse.box_px(1, 2, 3, 5)
    assert (x0, y0, x1, y1) == (12, 4, 20, 8)


def test_metal_and_light_matter_stand_in_layers_of_their_own() -> None:
    scan, steps = wedge()
    seen = grid(scan.pixels)
    at = {(name, areal): column // 4 for name, areal, column in steps}
    row = seen.middle.shape[1] // 2
    steel, light = at["steel", 40.0], at["organic", 40.0]
    assert seen.middle[2, row, steel] > 5 * seen.middle[2, row, light]
    assert seen.middle[3, row, light] > 5 * abs(seen.middle[3, row, steel])
    assert np.isfinite(seen.middle).all()


def test_one_spectrum_is_refused() -> None:
    single = normalise(image(wedge()[0].pixels[:1], channels=("high",), air=(52_900.0,), dark=(0.0,)))
    with pytest.raises(SchemaError, match="needs two"):
        cells(single, computed("mv3.5_6"), 5.0, 5.0)


def answers(rows: int = 30, columns: int = 40) -> Answers:
    """Nothing anywhere."""
    shares = np.full((rows, columns, len(ITEMS)), 0.001, np.float32)
    return Answers(log_odds(shares), shares)


def test_a_place_is_told_with_its_score_and_the_box_of_its_parts() -> None:
    told = answers()
    told.shares[10:18, 20:24, 0] = 0.9
    told.peaks[13, 21, 0] = 3.0
    (best, *_) = places(told, np.zeros((30, 40), np.float32))
    assert (best.name, best.score) == ("person", 3.0)
    row0, row1, column0, column1 = best.box
    assert row0 <= 10
    assert row1 >= 18
    assert column0 <= 20
    assert column1 >= 24
    assert (row1 - row0) * (column1 - column0) < 100


def test_nothing_is_told_of_what_is_too_dark() -> None:
    told = answers()
    told.peaks[13, 21, 3] = 5.0
    blocked = np.zeros((30, 40), np.float32)
    blocked[13, 21] = 1.0
    assert strongest(places(told, blocked))["pistol"] < 0


def test_two_things_of_a_kind_are_two_places() -> None:
    told = answers()
    for column in (8, 30):
        told.peaks[10, column, 2], told.shares[10, column - 2 : column + 3, 2] = 2.0, 0.8
    found = [one for one in places(told, np.zeros((30, 40), np.float32)) if one.name == "rifle" and one.score > 0]
    assert sorted(round((one.box[2] + one.box[3]) / 2) for one in found) == [8, 30]


def test_the_network_is_given_whole_numbers_of_its_coarsest_cells_and_answers_for_every_cell() -> None:
    seen = grid(wedge()[0].pixels[:, :120, :904])
    asked = []

    def look(fine: Any, middle: Any) -> Any:
        asked.append((fine.shape, middle.shape))
        rows, columns = fine.shape[2] // CELL, fine.shape[3] // CELL
        made = np.full((1, 2 * len(ITEMS), rows, columns), -6.0, np.float32)
        made[0, len(ITEMS) + 1, 4, 50] = 4.0
        return made

    told = Network(look, mirrored=False).answers(seen, np.zeros((2, 1, 1)), (5.0, 5.0))
    ((fine, middle),) = asked
    assert fine[2] % 32 == fine[3] % 32 == 0
    assert (middle[2] * 4, middle[3] * 4) == fine[2:]
    assert told.peaks.shape == (*seen.blocked.shape, len(ITEMS))
    assert int(told.peaks[..., 1].argmax()) == 4 * seen.blocked.shape[1] + 50


@pytest.mark.parametrize(
    "made", [np.full((1, 1, 8, 9), 0.5), np.full((1, 1, 8, 8), np.nan), np.full((1, 1, 8, 8), 3.0)]
)
def test_an_agencys_map_of_another_shape_or_of_what_is_no_share_is_refused(made: Any) -> None:
    seen = grid(wedge()[0].pixels)
    with pytest.raises(FormatError):
        HeatMap(lambda _: made, 20.0, (0,)).answers(seen, np.zeros((2, 32, 32), np.float32), (5.0, 5.0))
