"""Large images worked on band by band: what is passed over several times stays in the processor's cache meanwhile."""

from collections.abc import Iterator
from typing import Final

BAND_PX: Final = 1 << 15
"""Pixels of a band: some arrays of them fit into the second cache of any processor of the last ten years."""


def bands(height: int, width: int) -> Iterator[slice]:
    """Yield the rows of an image in bands, from the top."""
    step = max(BAND_PX // max(width, 1), 1)
    for first in range(0, height, step):
        yield slice(first, min(first + step, height))
