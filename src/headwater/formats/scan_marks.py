"""The mark in the pixels of a made image: a header can be lost or edited, so a test image is known by its counts too.

The lowest bit of every count in the first and the last row repeats a fixed pattern. It moves no count by more than one and survives
whatever keeps counts. An image that bears it is never evidence, whatever its header says.
"""

from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_COLUMNS: Final = 64
LEAST_SHARE: Final = 0.98
"""Share of bits that must agree; the odds that 64 counts of a real image do are 1 in 10^16."""
_PATTERN: Final = sha256(b"headwater: not an image of a real vehicle").digest()


def _bits(width: int) -> "NDArray[np.uint16]":
    import numpy as np

    pattern = np.unpackbits(np.frombuffer(_PATTERN, np.uint8)).astype(np.uint16)
    return np.resize(pattern, width)


def mark(pixels: "NDArray[np.uint16]") -> "NDArray[np.uint16]":
    """Return pixels that bear the mark. Shape: (channels, height, width) -> same."""
    made = pixels.copy()
    bits = _bits(made.shape[2])
    for row in (0, made.shape[1] - 1):
        made[:, row] = (made[:, row] & 0xFFFE) | bits
    return made


def is_marked(pixels: "NDArray[np.uint16]") -> bool:
    """Return whether the first or the last row of a channel bears the mark. Shape: (channels, height, width) -> ()."""
    if pixels.ndim != 3 or pixels.shape[1] < 1 or pixels.shape[2] < LEAST_COLUMNS:  # noqa: PLR2004 - channels, rows, columns
        return False
    bits = _bits(pixels.shape[2])
    for channel in pixels:
        for row in (channel[0], channel[-1]):
            # A cropped image begins elsewhere in the pattern.
            if any(
                float(((row & 1)[: len(bits) - shift] == bits[shift:]).mean()) >= LEAST_SHARE
                for shift in _shifts(len(bits))
            ):
                return True
    return False


def _shifts(width: int) -> range:
    return range(min(len(_PATTERN) * 8, width - LEAST_COLUMNS + 1))
