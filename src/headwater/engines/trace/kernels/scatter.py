"""Scatter-gather in time: money that leaves one account over several and meets again at another, within a window.

For a payment from ``m`` to ``d``: of all accounts ``s`` that paid ``m`` before it, over how many different middle accounts
did money come from ``s`` to ``d`` within the window, each second payment later than its first? The largest of these
numbers stands for the payment. 1 is no pattern. Work for one payment has a budget; where it runs out it is marked.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headwater.engines.trace.kernels.arrays import Edges
from headwater.engines.trace.kernels.compiled import Array, compiled


@dataclass(frozen=True, slots=True)
class Scatter:
    """What a search found, in the order of the sorted payments.

    Attributes:
        middles: for each payment, over how many middle accounts its pattern goes, at most.
        cut: payments whose search ran out of budget; their number is a lower bound.
    """

    middles: Any
    cut: Any


def scatter_gather(
    edges: Edges, *, window_s: int, budget: int = 200_000, first: int = 0, last: int | None = None
) -> Scatter:
    """Return how many middle accounts the pattern of each payment has.

    Args:
        edges: the payments.
        window_s: seconds from the first payment of a pattern to the one that is asked about.
        budget: steps of the search for one payment.
        first: only for payments from this place in the sorted arrays on.
        last: and before this place; None is to the end.
    """
    middles = np.zeros(len(edges), np.int64)
    cut = np.zeros(len(edges), np.bool_)
    span = (window_s, budget, first, len(edges) if last is None else last)
    _scan(edges.in_at, edges.in_edge, edges.t, edges.u, edges.v, span, middles, cut)
    return Scatter(middles, cut)


@compiled
def _scan(  # noqa: C901, PLR0912, PLR0915 - one loop, kept together for the compiler
    in_at: Array,
    in_edge: Array,
    t: Array,
    u: Array,
    v: Array,
    limits: Array,
    middles: Array,
    cut: Array,
) -> None:
    window, budget, first, last = limits
    vertices = len(in_at) - 1
    asked = np.full(vertices, -1, np.int64)  # sources of the payment at hand
    count = np.zeros(vertices, np.int64)
    counted = np.full(vertices, -1, np.int64)  # middle account that a source was last counted for
    seen = np.full(vertices, -1, np.int64)  # payment for which a middle account was looked at
    for edge in range(first, last):
        middle, end, now = u[edge], v[edge], t[edge]
        if middle == end:
            continue
        begun = now - window
        some = False
        place = in_at[middle + 1] - 1
        # Rows by time: from the newest payment back to the window's begin.
        low, high = in_at[middle], in_at[middle + 1]
        while low < high:
            half = (low + high) // 2
            if t[in_edge[half]] < now:
                low = half + 1
            else:
                high = half
        for place in range(low - 1, in_at[middle] - 1, -1):
            before = in_edge[place]
            if t[before] < begun:
                break
            source = u[before]
            if source not in (end, middle):
                asked[source] = edge
                count[source] = 1
                some = True
        if not some:
            continue
        middles[edge] = 1
        best = 1
        steps = 0
        # Other middle accounts that paid `end` within the window, each with its latest such payment.
        low, high = in_at[end], in_at[end + 1]
        while low < high:
            half = (low + high) // 2
            if in_edge[half] < edge:
                low = half + 1
            else:
                high = half
        for place in range(low - 1, in_at[end] - 1, -1):
            second = in_edge[place]
            if t[second] < begun:
                break
            steps += 1
            other = u[second]
            if other in (middle, end) or seen[other] == edge:
                continue
            seen[other] = edge
            until = t[second]
            low2, high2 = in_at[other], in_at[other + 1]
            while low2 < high2:
                half = (low2 + high2) // 2
                if t[in_edge[half]] < until:
                    low2 = half + 1
                else:
                    high2 = half
            stamp = edge * np.int64(vertices) + other
            for place2 in range(low2 - 1, in_at[other] - 1, -1):
                before = in_edge[place2]
                if t[before] < begun:
                    break
                steps += 1
                source = u[before]
                if source != other and asked[source] == edge and counted[source] != stamp:
                    counted[source] = stamp
                    count[source] += 1
                    best = max(best, count[source])
            if steps > budget:
                cut[edge] = True
                break
        middles[edge] = best
