"""Windows that slide with each payment: how many payments, different counterparts and how much money around it.

For each payment, of its payer and of its payee, on both of their sides, within a window that ends with the payment (or,
looking ahead, begins with it). Each account's payments are walked once with two pointers, so the work is that of sorting.
"""

from typing import Any

import numpy as np

from headwater.engines.trace.kernels.arrays import Edges
from headwater.engines.trace.kernels.compiled import Array, compiled

SIDES = ("src_out", "src_in", "dst_in", "dst_out")
"""Of the payer what it pays and is paid, of the payee what it is paid and pays."""


def fan_windows(edges: Edges, *, window_s: int, ahead: bool = False) -> dict[str, Any]:
    """Return, for each payment and each of `SIDES`, count, different counterparts and sum within its window.

    Args:
        edges: the payments.
        window_s: length of the window in seconds; a payment just as old still counts.
        ahead: look at what comes after instead of what came before; the payment itself counts in both.

    Returns:
        ``SIDE_degree``, ``SIDE_fan``, ``SIDE_sum`` as arrays, in the order of the sorted payments.
    """
    found: dict[str, Any] = {}
    out, came = (edges.out_at, edges.out_edge), (edges.in_at, edges.in_edge)
    for side, asked, seen, other in (
        ("src_out", out, out, edges.v),
        ("src_in", out, came, edges.u),
        ("dst_in", came, came, edges.u),
        ("dst_out", came, out, edges.v),
    ):
        degree, fan, total = (np.zeros(len(edges), np.int64) for _ in range(3))
        _slide(*asked, *seen, edges.t, other, edges.value, (window_s, ahead), degree, fan, total)
        found |= {f"{side}_degree": degree, f"{side}_fan": fan, f"{side}_sum": total}
    return found


@compiled
def _slide(  # noqa: PLR0913, PLR0917 - arrays of one graph
    ask_at: Array,
    ask_edge: Array,
    see_at: Array,
    see_edge: Array,
    t: Array,
    other: Array,
    value: Array,
    limits: Array,
    degree: Array,
    fan: Array,
    total: Array,
) -> None:
    window, ahead = limits
    vertices = len(ask_at) - 1
    held = np.zeros(vertices, np.int64)
    for account in range(vertices):
        low = high = see_at[account]
        end = see_at[account + 1]
        count = different = money = 0
        for place in range(ask_at[account], ask_at[account + 1]):
            edge = ask_edge[place]
            now = t[edge]
            first = now if ahead else now - window
            latest = now + window if ahead else now
            # In the order of the sorted arrays, so that of payments at one time the earlier row does not see the later.
            while high < end and (
                t[see_edge[high]] < latest or (t[see_edge[high]] == latest and (ahead or see_edge[high] <= edge))
            ):
                seen = see_edge[high]
                count += 1
                money += value[seen]
                if held[other[seen]] == 0:
                    different += 1
                held[other[seen]] += 1
                high += 1
            while low < high and (
                t[see_edge[low]] < first or (ahead and t[see_edge[low]] == first and see_edge[low] < edge)
            ):
                seen = see_edge[low]
                count -= 1
                money -= value[seen]
                held[other[seen]] -= 1
                if held[other[seen]] == 0:
                    different -= 1
                low += 1
            degree[edge], fan[edge], total[edge] = count, different, money
        for place in range(low, high):
            held[other[see_edge[place]]] = 0


def recency(edges: Edges) -> dict[str, Any]:
    """Return, for each payment, seconds since its payer last paid and its payee was last paid, and payments of the pair.

    Returns:
        ``since_src``, ``since_dst`` (-1 where there is none) and ``pair_before``, in the order of the sorted payments.
    """
    pair = np.unique(edges.u * np.int64(edges.vertices) + edges.v, return_inverse=True)[1]
    found = {
        "since_src": np.full(len(edges), -1, np.int64),
        "since_dst": np.full(len(edges), -1, np.int64),
        "pair_before": np.zeros(len(edges), np.int64),
    }
    _remember(edges.t, edges.u, edges.v, pair.astype(np.int64), edges.vertices, *found.values())
    return found


@compiled
def _remember(
    t: Array, u: Array, v: Array, pair: Array, vertices: int, since_src: Array, since_dst: Array, before: Array
) -> None:
    paid, got = np.full(vertices, -1, np.int64), np.full(vertices, -1, np.int64)
    seen = np.zeros(len(t), np.int64)
    for edge in range(len(t)):
        if paid[u[edge]] >= 0:
            since_src[edge] = t[edge] - t[paid[u[edge]]]
        if got[v[edge]] >= 0:
            since_dst[edge] = t[edge] - t[got[v[edge]]]
        before[edge] = seen[pair[edge]]
        paid[u[edge]], got[v[edge]] = edge, edge
        seen[pair[edge]] += 1
