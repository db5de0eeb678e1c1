"""Neighbours: which parts of names are near each other as they sound, asked of screening's own `likeness`.

A million records hold tens of thousands of parts, and most of the hundreds of thousands of pairs that share a key are near:
to ask the readable code of each takes half a minute. Of many pairs compiled code is asked, which says the same (`kernel`,
and a test); where the two could differ by rounding, the readable code decides.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from headwater.engines.match import batch
from headwater.engines.match.likeness import likeness
from headwater.engines.match.names import Part

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

NEAR: Final = 0.72
"""Screening's likeness from which two parts of names count as near. Chosen on the fitting half."""
MOST_NEAR: Final = 48
"""Neighbours kept of one part; a part with more is so short that its neighbours say nothing."""
COMPILED: Final = 50_000
"""Pairs from which compiled code pays: it takes half a second to load."""
_JUST: Final = 1e-6
"""What the two codes may differ by."""
_HALF: Final = 32
"""Bits of a place; a pair of two is one number of twice as many."""


def neighbours(known: Mapping[str, Part]) -> dict[str, list[str]]:
    """Return, for every hull, the hulls that screening finds near it, without itself.

    Words are laid side by side where their consonants agree, or where one letter taken out of either leaves the same.
    """
    hulls = sorted(known)
    parts = [known[word] for word in hulls]
    lefts, rights = _worth_a_look(hulls, parts)
    alike = _alike(parts, lefts, rights)
    near: dict[str, list[str]] = defaultdict(list)
    for left, right in zip(lefts[alike].tolist(), rights[alike].tolist(), strict=True):
        near[hulls[left]].append(hulls[right])
        near[hulls[right]].append(hulls[left])
    return {word: sorted(found)[:MOST_NEAR] for word, found in near.items()}


def _alike(parts: Sequence[Part], lefts: "Array", rights: "Array") -> "Array":
    """Return which pairs of parts are near."""
    import numpy as np

    if len(lefts) >= COMPILED and batch.available():
        found = batch.likenesses(parts, lefts, rights)
        doubtful = np.flatnonzero(abs(found - NEAR) <= _JUST)
    else:
        found = np.zeros(len(lefts))
        doubtful = np.arange(len(lefts))
    for at in doubtful.tolist():
        found[at] = likeness(parts[lefts[at]], parts[rights[at]])[0]
    return found >= NEAR


def _worth_a_look(hulls: Sequence[str], parts: Sequence[Part]) -> "tuple[Array, Array]":
    """Return the pairs of words that share a key, each once, by their places; of each key the first words alone."""
    import numpy as np

    number: dict[str, int] = {}
    keys: list[int] = []
    bearers: list[int] = []
    for at, (word, part) in enumerate(zip(hulls, parts, strict=True)):
        mine = {f"b{part.bones}", f"d{word}", *[f"d{word[:out]}{word[out + 1 :]}" for out in range(len(word))]}
        keys += [number.setdefault(key, len(number)) for key in mine]
        bearers += [at] * len(mine)
    numbers = np.array(keys, np.int64)
    order = np.argsort(numbers, kind="stable")
    held = np.array(bearers, np.int64)[order]
    sizes = np.bincount(numbers, minlength=1)
    starts = np.cumsum(sizes) - sizes
    found = [np.zeros(0, np.int64)]
    for size in np.unique(np.minimum(sizes[sizes > 1], MOST_NEAR)):
        blocks = held[starts[np.minimum(sizes, MOST_NEAR) == size][:, None] + np.arange(size)]
        one, other = np.triu_indices(size, 1)
        found.append((blocks[:, one] << _HALF | blocks[:, other]).ravel())
    both = np.unique(np.concatenate(found))
    return both >> _HALF, both & ((1 << _HALF) - 1)
