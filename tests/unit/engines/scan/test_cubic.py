"""Our monotone cubics are scipy's, to the last digits: through rises, turns, flats, two points, and beyond both ends."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from headwater.engines.scan.cubic import Cubic


@pytest.mark.parametrize(
    "y",
    [
        [0.0, 1.0],
        [0.0, 1.0, 1.5],
        [1.0, 0.0, 4.0, 4.0, 4.0, 3.0, -2.0],
        [5.0, 5.0, 5.0, 6.0],
        [0.0, 8.0, 8.1, 8.2, 0.0],
        [3.0, 2.9, 0.0, 0.1, 7.0],
        list(np.random.default_rng(1).standard_normal(40)),
        list(np.cumsum(np.random.default_rng(2).random(40) ** 4)),
    ],
)
def test_a_curve_is_that_of_scipy(y: list[float]) -> None:
    x = np.cumsum(np.random.default_rng(3).random(len(y)) ** 2 + 0.01)
    at = np.linspace(x[0] - 1.0, x[-1] + 1.0, 501)
    assert np.allclose(Cubic(x, y)(at), PchipInterpolator(x, y)(at), rtol=1e-10, atol=1e-9)
    assert np.allclose(Cubic(x, y)(x), y, rtol=0, atol=1e-12)
