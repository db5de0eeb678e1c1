"""Scatter-gather in time: money that leaves one account over several and meets again at another, within a window.

For a payment from ``m`` to ``d``: of all accounts ``s`` that paid ``m`` before it, over how many different middle accounts
did money come from ``s`` to ``d`` within the window, each second payment later than its first? The largest of these
numbers stands for the payment. 1 is no pattern. Work for one payment has a budget; where it runs out it is marked.

Two ways lead to the answer: from ``d`` back over all who paid it, or from each ``s`` forward over all whom it paid, looking up
when each of them last paid ``d``. A shop is paid by thousands and a person by few, so the shorter way is taken each time.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from headwater.engines.trace.kernels.arrays import Edges
from headwater.engines.trace.kernels.compiled import Array, compiled

LOOK_UP: Final = 2
"""What a look-up costs, counted in steps along rows that lie side by side."""
_HASH: Final = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: Knuth, The Art of Computer Programming, volume 3, section 6.4."""


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
    edges: Edges,
    *,
    window_s: int,
    budget: int = 200_000,
    first: int = 0,
    last: int | None = None,
    in_order: bool = True,
) -> Scatter:
    """Return how many middle accounts the pattern of each payment has.

    Args:
        edges: the payments.
        window_s: seconds from the first payment of a pattern to the one that is asked about.
        budget: steps of the search for one payment.
        first: only for payments from this place in the sorted arrays on.
        last: and before this place; None is to the end.
        in_order: money comes to each middle account before it leaves it. Without, payments of a pattern may come in any
            order and the one that is asked about may be any of them, as in snapml's definition.
    """
    last = len(edges) if last is None else last
    middles = np.zeros(len(edges), np.int64)
    cut = np.zeros(len(edges), np.bool_)
    bits = max(4, int(2 * (last or 1)).bit_length())
    pairs = np.full((1 << bits, 2), -1, np.int64)
    graph = (edges.out_at, edges.out_row, edges.in_at, edges.in_row)
    _scan(*graph, edges.t, edges.u, edges.v, pairs, 64 - bits, (window_s, budget, first, last), in_order, middles, cut)
    return Scatter(middles, cut)


@compiled
def _place(pairs: Array, shift: int, key: int) -> Array:
    """Place of a pair of accounts in the table, or the free place where it belongs."""
    mask = len(pairs) - 1
    at = np.int64((np.uint64(key) * _HASH) >> np.uint64(shift))
    while pairs[at, 0] not in (key, -1):
        at = (at + 1) & mask
    return at


@compiled
def _latest(pairs: Array, shift: int, key: int) -> Array:
    """Time of the last payment of a pair so far; before all time where there is none."""
    at = _place(pairs, shift, key)
    return pairs[at, 1] if pairs[at, 0] == key else np.int64(-(2**62))


@compiled
def _scan(  # noqa: PLR0913, PLR0917 - one loop, kept together for the compiler
    out_at: Array,
    out_row: Array,
    in_at: Array,
    in_row: Array,
    t: Array,
    u: Array,
    v: Array,
    pairs: Array,
    shift: int,
    limits: Array,
    in_order: bool,  # noqa: FBT001
    middles: Array,
    cut: Array,
) -> None:
    window, budget, first, last = limits
    vertices = len(in_at) - 1
    # Of each account, which of its payments lie in the window that ends with the payment at hand.
    out_low, out_high = out_at[:-1].copy(), out_at[:-1].copy()
    in_low, in_high = in_at[:-1].copy(), in_at[:-1].copy()
    mark = np.full(vertices, -1, np.int64)
    count = np.zeros(vertices, np.int64)
    counted = np.full(vertices, -1, np.int64)
    seen = np.full(vertices, -1, np.int64)
    since = t[first] - window if first < last else 0
    for edge in range(last):
        payer, payee, now = u[edge], v[edge], t[edge]
        begun = now - window
        if edge >= first and payer != payee:
            best, used = _gather(
                out_row, in_row, out_low, out_high, in_low, in_high, pairs, shift, (edge, payer, payee, now, begun, budget, vertices),
                in_order, mark, count, counted, seen,
            )  # fmt: skip
            if not in_order and used <= budget:
                more, steps = _spread(
                    out_row, in_row, out_low, out_high, in_low, in_high, pairs, shift,
                    (edge + last, payer, payee, begun, budget, vertices), mark, count, counted, seen,
                )  # fmt: skip
                best, used = max(best, more), max(used, steps)
            middles[edge] = best
            cut[edge] = used > budget
        out_high[payer] += 1
        in_high[payee] += 1
        if now >= since and payer != payee:
            key = payer * np.int64(vertices) + payee
            at = _place(pairs, shift, key)
            pairs[at, 0], pairs[at, 1] = key, now


@compiled
def _gather(  # noqa: C901, PLR0912, PLR0913, PLR0917
    out_row: Array, in_row: Array, out_low: Array, out_high: Array, in_low: Array, in_high: Array, pairs: Array,
    shift: int, asked: Array, in_order: bool, mark: Array, count: Array, counted: Array, seen: Array,  # noqa: FBT001
) -> Array:  # fmt: skip
    """Over how many middle accounts money comes to the payee, the payment at hand being the last of them; and the work."""
    edge, middle, end, now, begun, budget, vertices = asked
    low, high = _window(in_row, in_low, in_high, middle, begun)
    ahead = np.int64(0)
    sources = np.int64(0)
    for place in range(low, high):
        source = in_row[place, 1]
        if (in_order and in_row[place, 0] >= now) or source in (end, middle) or mark[source] == edge:
            continue
        mark[source], count[source] = edge, 1
        sources += 1
        begins, ends = _window(out_row, out_low, out_high, source, begun)
        ahead += ends - begins
    if not sources:
        return np.int64(0), np.int64(0)
    best = np.int64(1)
    begins, ends = _window(in_row, in_low, in_high, end, begun)
    if ahead * LOOK_UP < ends - begins and ahead <= budget:
        for place in range(low, high):
            source = in_row[place, 1]
            if mark[source] != edge:
                continue
            mark[source] = -1  # once for each source
            stamp = edge * np.int64(vertices) + source
            for at in range(out_low[source], out_high[source]):
                other = out_row[at, 1]
                if other in (middle, end, source) or counted[other] == stamp:
                    continue
                until = _latest(pairs, shift, other * np.int64(vertices) + end)
                if until < begun or (in_order and until <= out_row[at, 0]):
                    continue
                counted[other] = stamp
                count[source] += 1
                best = max(best, count[source])
        return best, ahead
    steps = np.int64(0)
    for place in range(ends - 1, begins - 1, -1):
        steps += 1
        other = in_row[place, 1]
        if other in (middle, end) or seen[other] == edge:
            continue
        seen[other] = edge
        until = in_row[place, 0]  # its latest payment to the payee
        stamp = edge * np.int64(vertices) + other
        from_place, to_place = _window(in_row, in_low, in_high, other, begun)
        for at in range(from_place, to_place):
            steps += 1
            source = in_row[at, 1]
            if in_order and in_row[at, 0] >= until:
                break
            if mark[source] == edge and source != other and counted[source] != stamp:
                counted[source] = stamp
                count[source] += 1
                best = max(best, count[source])
        if steps > budget:
            break
    return best, steps


@compiled
def _spread(  # noqa: C901, PLR0912, PLR0913, PLR0917
    out_row: Array, in_row: Array, out_low: Array, out_high: Array, in_low: Array, in_high: Array, pairs: Array,
    shift: int, asked: Array, mark: Array, count: Array, counted: Array, seen: Array,
) -> Array:  # fmt: skip
    """Over how many middle accounts money leaves the payer, the payment at hand being the first of them; and the work."""
    edge, begin, middle, begun, budget, vertices = asked
    low, high = _window(out_row, out_low, out_high, middle, begun)
    back = np.int64(0)
    ends = np.int64(0)
    for place in range(low, high):
        end = out_row[place, 1]
        if end in (begin, middle) or mark[end] == edge:
            continue
        mark[end], count[end] = edge, 1
        ends += 1
        one, two = _window(in_row, in_low, in_high, end, begun)
        back += two - one
    if not ends:
        return np.int64(0), np.int64(0)
    best = np.int64(1)
    one, two = _window(out_row, out_low, out_high, begin, begun)
    if back * LOOK_UP < two - one and back <= budget:
        for place in range(low, high):
            end = out_row[place, 1]
            if mark[end] != edge:
                continue
            mark[end] = -1
            stamp = edge * np.int64(vertices) + end
            for at in range(in_low[end], in_high[end]):
                other = in_row[at, 1]
                if other in (middle, end, begin) or counted[other] == stamp:
                    continue
                if _latest(pairs, shift, begin * np.int64(vertices) + other) < begun:
                    continue
                counted[other] = stamp
                count[end] += 1
                best = max(best, count[end])
        return best, back
    steps = np.int64(0)
    for place in range(one, two):
        steps += 1
        other = out_row[place, 1]
        if other in (middle, begin) or seen[other] == edge:
            continue
        seen[other] = edge
        stamp = edge * np.int64(vertices) + other
        three, four = _window(out_row, out_low, out_high, other, begun)
        for at in range(three, four):
            steps += 1
            end = out_row[at, 1]
            if mark[end] == edge and end != other and counted[end] != stamp:
                counted[end] = stamp
                count[end] += 1
                best = max(best, count[end])
        if steps > budget:
            break
    return best, steps


@compiled
def _window(row: Array, low: Array, high: Array, account: int, begun: int) -> Array:
    """First and last place of an account's payments within the window; those before it are passed for good."""
    at = low[account]
    end = high[account]
    while at < end and row[at, 0] < begun:
        at += 1
    low[account] = at
    return at, end
