"""What a picture shows of a person, and to whom."""

import numpy as np
import pytest

from headwater.engines.scan.overlay import overlay
from tests.scan_world import image

pytestmark = pytest.mark.slow
ALARM = {"id": "a1", "class": "person", "box_px": [180, 180, 220, 220], "mass_kg": None}


def pictures(mm: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture for everybody, and the one for the rescue queue; every other column is black."""
    scan = image(np.full((2, 400, 400), 30_000, np.uint16), mm_x=mm, mm_y=mm)
    striped = np.full((400, 400, 3), 255, np.uint8)
    striped[:, ::2] = 0
    shown = [overlay(scan, striped, [ALARM], [], rescue=rescue) for rescue in (False, True)]
    return shown[0], shown[1]


def contrast(picture: np.ndarray, x: int, y: int) -> int:
    """How far light and dark are apart around a place of the 400 columns."""
    scale = picture.shape[1] / 400
    part = picture[int((y - 4) * scale) : int((y + 4) * scale), int((x - 4) * scale) : int((x + 4) * scale), 1]
    return int(part.max()) - int(part.min())


def test_a_person_is_blurred_a_metre_around_the_box_outside_the_rescue_queue() -> None:
    everybody, rescue = pictures(10.0)
    assert contrast(everybody, 200, 200) < 40
    assert contrast(everybody, 100, 290) < 40  # within a metre, where legs may be
    assert contrast(everybody, 40, 40) > 150
    assert contrast(rescue, 200, 200) > 150


def test_where_nobody_knows_how_large_a_pixel_is_the_box_grows_by_its_own_size() -> None:
    scan = image(np.full((2, 400, 400), 30_000, np.uint16), mm_x=None, mm_y=None)
    striped = np.full((400, 400, 3), 255, np.uint8)
    striped[:, ::2] = 0
    made = overlay(scan, striped, [ALARM], [])
    assert contrast(made, 160, 240) < 40
    assert contrast(made, 100, 100) > 150
