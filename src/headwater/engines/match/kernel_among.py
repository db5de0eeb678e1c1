"""The compiled score where few names are asked about: every query beside every one of them, and nothing is looked for.

So a changed list is held against a large file of customers. See `kernel`.
"""

from typing import Any

import numpy as np

from headwater.engines.match.compiled import njit as _njit
from headwater.engines.match.kernel import MEMO, MOST_PARTS, Held, Names, Scratch, Tables, Wanted, Words, compare_names
from headwater.engines.match.kernel_beside import Beside
from headwater.engines.match.kernel_beside import total as _whole


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
    queries = len(asked.parts_at) - 1
    most = queries * len(among)
    out_query, out_name = np.empty(most, np.int32), np.empty(most, np.int32)
    out_value, out_whole = np.empty(most, np.float64), np.empty(most, np.float64)
    out_worth = np.empty(most, np.int64)
    out = 0
    for q in range(queries):
        if asked.parts_at[q] == asked.parts_at[q + 1]:
            continue
        s.way[:, MOST_PARTS + MEMO :] = -1
        for name in among:
            if not meets[wanted.allowed[q], held.schema[held.owner[name]]]:
                continue
            value, worth = compare_names(t, s, asked_words, asked, q, listed_words, listed, name, wanted.person[q] != 0)
            if value < wanted.floor[q]:
                continue
            whole = _whole(value, asked_beside, q, listed_beside, held.owner[name])
            if whole >= wanted.least[q]:
                out_query[out], out_name[out], out_value[out] = q, name, value
                out_whole[out], out_worth[out] = whole, worth
                out += 1
    return out_query[:out], out_name[:out], out_value[:out], out_whole[:out], out_worth[:out]
