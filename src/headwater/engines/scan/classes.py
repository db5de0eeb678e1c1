"""What the detector looks for, and the scale on which it answers."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

CLASSES: Final = ("none", "person", "drugs", "rifle", "pistol")
"""Numbers of the labels that a detector learns from."""
ITEMS: Final = CLASSES[1:]
LEAST: Final = 1e-7


def log_odds(shares: NDArray[Any]) -> NDArray[Any]:
    """Return the logarithm of the odds of each share."""
    held = np.clip(np.asarray(shares, np.float64), LEAST, 1.0 - LEAST)
    return np.asarray(np.log(held / (1.0 - held)), np.float32)
