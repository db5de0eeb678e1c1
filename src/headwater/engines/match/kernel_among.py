"""The compiled score where few names are asked about: every query beside every one of them, and nothing is looked for.

So a changed list is held against a large file of customers. See `kernel`.
"""

from typing import Any

import numpy as np

from headwater.engines.match.compiled import njit as _njit
from headwater.engines.match.kernel import Held, Names, Scratch, Tables, Wanted, Words, lay_beside, room_for
from headwater.engines.match.kernel_beside import Beside


@_njit
def find_among(
    t: Tables,
    s: Scratch,
    asked_words: Words,
    asked: Names,
    wanted: Wanted,
    among: Any,
    listed_words: Words,
    listed: Names,
    held: Held,
    meets: Any,
    asked_beside: Beside,
    listed_beside: Beside,
) -> tuple[Any, Any, Any, Any, Any]:
    """Return what `find` does, of the names given alone: every query is laid beside every one of them."""
    s.known[:] = -1
    queries = len(asked.parts_at) - 1
    pairs, out = room_for(queries * len(among)), 0
    met = np.empty(len(among), np.int32)
    for q in range(queries):
        if asked.parts_at[q] == asked.parts_at[q + 1]:
            continue
        size = 0
        for name in among:
            if meets[wanted.allowed[q], held.schema[held.owner[name]]]:
                met[size] = name
                size += 1
        out = lay_beside(
            t, s, asked_words, asked, q, wanted, met[:size], listed_words, listed, held, asked_beside, listed_beside,
            pairs, out,
        )  # fmt: skip
    return pairs.query[:out], pairs.name[:out], pairs.value[:out], pairs.whole[:out], pairs.worth[:out]
