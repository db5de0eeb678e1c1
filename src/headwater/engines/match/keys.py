"""Skeleton keys of whole names: hashes under which names meet whose parts were cut or run together differently.

The key of a name is its consonants in one run. A name stands in the index under its key and under every key with one
consonant left out, and a query asks for the same, so that names one consonant apart still meet (the deletion
neighbourhood of Garbe's symmetric-delete spelling correction). Only a place to look: the score decides.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from headwater.engines.match.sound import consonants

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST: Final = 4
"""Consonants of the shortest key: three say too little to look at every name that has them."""
MOST: Final = 64
"""Consonants of the longest key; no name goes on so long, and a long text is cut."""
_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)


def whole_key(joined: str) -> str:
    """Return the consonants of a whole name; empty where there are too few."""
    bones = consonants(joined)[:MOST]
    return bones if len(bones) >= LEAST else ""


def key_hashes(joined: Sequence[str]) -> tuple["NDArray[np.uint64]", "NDArray[np.int32]"]:
    """Return all key hashes of names, and for each the place of its name in what was given.

    Shape: names -> (keys,), (keys,).
    """
    import numpy as np

    keys = [whole_key(text) for text in joined]
    lengths = np.array([len(key) for key in keys], dtype=np.int64)
    flat = np.frombuffer("".join(keys).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    starts = np.cumsum(lengths) - lengths
    owner = np.repeat(np.arange(len(keys), dtype=np.int32), lengths)
    within = np.arange(len(flat), dtype=np.int64) - starts[owner]
    powers = np.full(MOST + 1, _BASE, dtype=np.uint64)
    powers[0] = 1
    powers = np.cumprod(powers, dtype=np.uint64)
    summed = np.zeros(len(flat) + 1, dtype=np.uint64)
    np.cumsum((flat + np.uint64(1)) * powers[within], dtype=np.uint64, out=summed[1:])
    before = summed[:-1] - summed[starts[owner]]
    after = (summed[(starts + lengths)[owner]] - summed[1:]) * np.uint64(_INVERSE)
    short = lengths[owner] > LEAST
    some = np.flatnonzero(lengths)
    whole = summed[(starts + lengths)[some]] - summed[starts[some]]
    return _mixed(np.concatenate((whole, (before + after)[short]))), np.concatenate(
        (some.astype(np.int32), owner[short])
    )


def _mixed(value: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """Return hashes whose low and high bits depend on all bits (Stafford's variant 13 of a 64-bit finaliser)."""
    import numpy as np

    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
