"""Echoes: money of about the same amount that came to the payer shortly before, or leaves the payee shortly after.

What passes through an account leaves it as it came, less a fee. An echo of a payment is one payment of the next step back or on,
between the amount and the amount less that fee. A shop has thousands of payments, so only so many of the nearest in time
are looked at; that bound, unlike a budget, is part of what the feature means.
"""

from typing import Any, Final

import numpy as np

from headwater.engines.trace.kernels.arrays import Edges
from headwater.engines.trace.kernels.compiled import Array, compiled
from headwater.engines.trace.kernels.search import NUMBER, first_from

NEAREST: Final = 64
"""How many payments of an account are looked at, the nearest in time first."""
LEAST_SHARE: Final = 80
"""Per cent of an amount that goes on, at least: what passes on less than that is no echo."""


def echoes(edges: Edges, *, window_s: int, ahead: bool = False) -> tuple[Any, Any]:
    """Return, for each payment, how many echoes it has within the window, and how far the nearest is.

    Args:
        edges: the payments.
        window_s: seconds from one to the other; a payment just as far still counts.
        ahead: look for what leaves the payee afterwards instead of what came to the payer before.

    Returns:
        numbers, and seconds to the nearest echo, -1 where there is none; in the order of the sorted payments.
    """
    found = np.empty((len(edges), 2), np.int64)
    at, row, asked = (edges.out_at, edges.out_row, edges.v) if ahead else (edges.in_at, edges.in_row, edges.u)
    _listen(at, row, asked, edges.t, edges.value, (window_s, NEAREST, LEAST_SHARE), ahead, found)
    return found[:, 0], found[:, 1]


@compiled
def _listen(
    at: Array,
    row: Array,
    asked: Array,
    t: Array,
    value: Array,
    limits: Array,
    ahead: bool,  # noqa: FBT001
    found: Array,
) -> None:
    window, most, share = limits
    for edge in range(len(t)):
        begin, end = at[asked[edge]], at[asked[edge] + 1]
        low = first_from(row, NUMBER, begin, end, edge + 1)  # the first of the account's that stands behind this one
        number, nearest = np.int64(0), np.int64(-1)
        place, step = (low, 1) if ahead else (low - 1, -1)
        for _ in range(most):
            if place < begin or place >= end:
                break
            away = abs(row[place, 0] - t[edge])
            if away > window:
                break
            before, after = (value[edge], row[place, 3]) if ahead else (row[place, 3], value[edge])
            if row[place, 2] != edge and after <= before and after * 100 >= before * share:
                number += 1
                if nearest < 0:
                    nearest = away
            place += step
        found[edge, 0], found[edge, 1] = number, nearest
