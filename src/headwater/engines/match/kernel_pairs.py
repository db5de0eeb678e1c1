"""Likeness of given pairs of parts, compiled: where linking asks it of millions of words of one file. See `kernel`."""

from typing import Any

import numpy as np

from headwater.engines.match.compiled import njit as _njit
from headwater.engines.match.kernel import Scratch, Tables, Words, _alike


@_njit
def likenesses(t: Tables, s: Scratch, words: Words, lefts: Any, rights: Any) -> Any:
    """Return `likeness.likeness` of each pair; where it is under `MEETING`, something under it."""
    out = np.empty(len(lefts))
    for pair in range(len(lefts)):
        out[pair] = _alike(t, s, words, lefts[pair], words, rights[pair])[0]
    return out
