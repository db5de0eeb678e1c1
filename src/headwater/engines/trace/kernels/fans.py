"""Windows that slide with each payment: how many payments, different counterparts and how much money around it.

For each payment, of its payer and of its payee, on both of their sides, within a window that ends with the payment (or,
looking ahead, begins with it). Each account's payments are walked once with two pointers, so the work is that of sorting.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from headwater.engines.trace.kernels.arrays import Edges
from headwater.engines.trace.kernels.compiled import Array, compiled

SIDES: Final = ("src_out", "src_in", "dst_in", "dst_out")
"""Of the payer what it pays and is paid, of the payee what it is paid and pays."""


def fan_windows(edges: Edges, *, window_s: int, ahead: bool = False, sides: Sequence[str] = SIDES) -> dict[str, Any]:
    """Return, for each payment and each side, count, different counterparts and sum within its window.

    Args:
        edges: the payments.
        window_s: length of the window in seconds; a payment just as old still counts.
        ahead: look at what comes after instead of what came before; the payment itself counts in both.
        sides: which of `SIDES`.

    Returns:
        ``SIDE_degree``, ``SIDE_fan``, ``SIDE_sum`` as arrays, in the order of the sorted payments.
    """
    found: dict[str, Any] = {}
    out, came = (edges.out_at, edges.out_row), (edges.in_at, edges.in_row)
    for side in sides:
        asked = out if side.startswith("src") else came
        seen = out if side.endswith("out") else came
        # One line of memory for each payment: what is written falls anywhere.
        each = np.empty((len(edges), 4), np.int64)
        _slide(*asked, *seen, window_s, ahead, each)
        found |= {f"{side}_{name}": each[:, at] for at, name in enumerate(("degree", "fan", "sum"))}
    return found


@compiled
def _slide(
    ask_at: Array,
    ask_row: Array,
    see_at: Array,
    see_row: Array,
    window: int,
    ahead: bool,  # noqa: FBT001
    found: Array,
) -> None:
    vertices = len(ask_at) - 1
    held = np.zeros(vertices, np.int32)
    for account in range(vertices):
        low = high = see_at[account]
        end = see_at[account + 1]
        different = money = np.int64(0)
        for place in range(ask_at[account], ask_at[account + 1]):
            now, edge = ask_row[place, 0], ask_row[place, 2]
            first = now if ahead else now - window
            latest = now + window if ahead else now
            # In the order of the sorted arrays, so that of payments at one time the earlier row does not see the later.
            while high < end and (
                see_row[high, 0] < latest or (see_row[high, 0] == latest and (ahead or see_row[high, 2] <= edge))
            ):
                other = see_row[high, 1]
                money += see_row[high, 3]
                if held[other] == 0:
                    different += 1
                held[other] += 1
                high += 1
            while low < high and (
                see_row[low, 0] < first or (ahead and see_row[low, 0] == first and see_row[low, 2] < edge)
            ):
                other = see_row[low, 1]
                money -= see_row[low, 3]
                held[other] -= 1
                if held[other] == 0:
                    different -= 1
                low += 1
            found[edge, 0], found[edge, 1], found[edge, 2] = high - low, different, money
        for place in range(low, high):
            held[see_row[place, 1]] = 0


def recency(edges: Edges) -> dict[str, Any]:
    """Return, for each payment, seconds since its payer last paid and its payee was last paid, and payments of the pair.

    Returns:
        ``since_src``, ``since_dst`` (-1 where there is none) and ``pair_before``, in the order of the sorted payments.
    """
    since_src, since_dst, before = (np.empty(len(edges), np.int64) for _ in range(3))
    _remember(edges.out_at, edges.out_row, edges.in_at, edges.in_row, since_src, since_dst, before)
    return {"since_src": since_src, "since_dst": since_dst, "pair_before": before}


@compiled
def _remember(
    out_at: Array, out_row: Array, in_at: Array, in_row: Array, since_src: Array, since_dst: Array, before: Array
) -> None:
    vertices = len(out_at) - 1
    paid = np.zeros(vertices, np.int64)
    for account in range(vertices):
        for place in range(out_at[account], out_at[account + 1]):
            edge, other = out_row[place, 2], out_row[place, 1]
            since_src[edge] = out_row[place, 0] - out_row[place - 1, 0] if place > out_at[account] else -1
            before[edge] = paid[other]
            paid[other] += 1
        for place in range(out_at[account], out_at[account + 1]):
            paid[out_row[place, 1]] = 0
        for place in range(in_at[account], in_at[account + 1]):
            since_dst[in_row[place, 2]] = in_row[place, 0] - in_row[place - 1, 0] if place > in_at[account] else -1


def ages(edges: Edges) -> dict[str, Any]:
    """Return, for each payment, seconds since its payer and since its payee first stood in any payment.

    Returns:
        ``src_since_first`` and ``dst_since_first`` in the order of the sorted payments; 0 at an account's first.
    """
    found = np.empty((len(edges), 2), np.int64)
    _grow_old(edges.t, edges.u, edges.v, np.full(edges.vertices, -1), found)
    return {"src_since_first": found[:, 0], "dst_since_first": found[:, 1]}


@compiled
def _grow_old(t: Array, u: Array, v: Array, born: Array, found: Array) -> None:
    for edge in range(len(t)):
        for side, account in ((0, u[edge]), (1, v[edge])):
            if born[account] < 0:
                born[account] = edge
            found[edge, side] = t[edge] - t[born[account]]
