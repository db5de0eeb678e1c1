"""Simple cycles in time, exactly: payments that lead back to where the money began, each later than the one before.

A cycle of ``k`` payments visits ``k`` different accounts; its times rise strictly; from first to last it takes no longer
than the window. Each cycle is found once, at the payment that closes it. From there the search runs forward through the
window from the account that was paid; the accounts that pay the one who closes are marked first, so that the last step
is a look-up. Work for one closing payment has a budget; where it runs out, that payment is marked and nothing is hidden.

Source of the notion: Suzumura and Kanezashi, AMLSim (2021); Altman et al., Realistic Synthetic Financial Transactions
for Anti-Money Laundering Models (2023). The search is a depth-first one after Johnson, Finding All the Elementary
Circuits of a Directed Graph (1975), without its blocking, which times that rise make needless.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from headwater.engines.trace.kernels.arrays import Edges
from headwater.engines.trace.kernels.compiled import Array, compiled
from headwater.engines.trace.kernels.search import TIME, first_from

LONGEST: Final = 8
STORE: Final = 4_000_000
"""Payments of listed cycles that are kept, counted with repetition; beyond, the listing is cut and says so."""


@dataclass(frozen=True, slots=True)
class Cycles:
    """What a search found.

    Attributes:
        closes: for each payment and length, how many cycles it closes: known when it is made.
        member: for each payment and length, how many cycles it is part of: known afterwards.
        cut: payments whose search ran out of budget.
        cycles: the cycles as places in the sorted arrays, first payment first; only where a listing was asked for.
        truncated: how many payments ran out of budget, or whose cycles no longer fitted the listing.
    """

    closes: Any
    member: Any
    cut: Any
    cycles: list[tuple[int, ...]]
    truncated: int


def count_cycles(
    edges: Edges, *, window_s: int, longest: int = 6, budget: int = 100_000, first: int = 0, last: int | None = None
) -> Cycles:
    """Return how many cycles each payment closes and is part of, by length.

    Args:
        edges: the payments.
        window_s: seconds from first to last payment of a cycle.
        longest: payments in the longest cycle, 2 to 8.
        budget: steps of the search for one closing payment.
        first: only cycles that payments from this place in the sorted arrays on close.
        last: and before this place; None is to the end.
    """
    return _search(edges, window_s, longest, 0, budget, (first, len(edges) if last is None else last), listing=False)


def find_cycles(edges: Edges, *, window_s: int, shortest: int, longest: int, least_share: int, budget: int) -> Cycles:
    """Return the cycles themselves, along which amounts are about kept.

    Args:
        edges: the payments.
        window_s: seconds from first to last payment of a cycle.
        shortest: payments in the shortest cycle.
        longest: payments in the longest, up to 8.
        least_share: per cent of a payment that the next must have at least; it may have as much more. 0 is any.
        budget: steps of the search for one closing payment.
    """
    found = _search(edges, window_s, longest, least_share, budget, (0, len(edges)), listing=True)
    kept = [cycle for cycle in found.cycles if len(cycle) >= shortest]
    return Cycles(found.closes, found.member, found.cut, kept, found.truncated)


def _search(
    edges: Edges, window_s: int, longest: int, share: int, budget: int, span: tuple[int, int], *, listing: bool
) -> Cycles:

    longest = max(2, min(longest, LONGEST))
    count = len(edges)
    closes = np.zeros((count, longest + 1), np.int64)
    member = np.zeros((count, longest + 1), np.int64)
    cut = np.zeros(count, np.bool_)
    store = np.zeros(STORE if listing else 1, np.int64)
    used = _scan(
        edges.out_at, edges.out_row, edges.in_at, edges.in_row, edges.t, edges.u, edges.v, edges.value,
        (window_s, longest, share, budget, span[0], span[1]), closes, member, cut, store, listing,
    )  # fmt: skip
    cycles = []
    at = 0
    while listing and at < used:
        length = int(store[at])
        cycles.append(tuple(int(edge) for edge in store[at + 1 : at + 1 + length]))
        at += 1 + length
    return Cycles(closes, member, cut, cycles, int(cut.sum()))


@compiled
def _kept(before: int, after: int, share: int) -> bool:
    return after * 100 >= before * share and after * 100 <= before * (200 - share)


@compiled
def _scan(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one loop, kept together for the compiler
    out_at: Array,
    out_row: Array,
    in_at: Array,
    in_row: Array,
    t: Array,
    u: Array,
    v: Array,
    value: Array,
    limits: Array,
    closes: Array,
    member: Array,
    cut: Array,
    store: Array,
    listing: bool,  # noqa: FBT001
) -> int:
    window, longest, share, budget, first, last = limits
    vertices = len(out_at) - 1
    stamp = np.full(vertices, -1, np.int64)
    head = np.full(vertices, -1, np.int64)
    behind = np.full(len(t), -1, np.int64)
    latest = np.zeros(vertices, np.int64)  # when each account that is marked last pays `home`
    in_low, in_high = in_at[:-1].copy(), in_at[:-1].copy()
    out_low = out_at[:-1].copy()
    path = np.zeros(longest + 1, np.int64)
    cursor = np.zeros(longest + 1, np.int64)
    used = 0
    for closing in range(last):
        home, start, now = u[closing], v[closing], t[closing]
        begun = now - window
        in_high[start] += 1
        if closing < first or home == start:
            continue
        # Who pays `home` within the window, and does the account that is now paid pay anybody after the window begins?
        low, high = in_low[home], in_high[home]
        while low < high and in_row[low, 0] < begun:
            low += 1
        in_low[home] = low
        if low == high:
            continue
        place = out_low[start]
        while place < out_at[start + 1] and out_row[place, 0] < begun:
            place += 1
        out_low[start] = place
        if place == out_at[start + 1] or out_row[place, 0] >= now:
            continue
        until = now  # the last payment to `home` before this one: no path goes beyond it
        for at in range(high - 1, low - 1, -1):
            if in_row[at, 0] < now:
                until = in_row[at, 0]
                break
        if out_row[place, 0] > until:
            continue
        # Mark who pays `home`: latest payment first in each list.
        for at in range(low, high):
            if in_row[at, 0] >= now:
                break
            payer, edge = in_row[at, 1], in_row[at, 2]
            behind[edge] = head[payer] if stamp[payer] == closing else -1
            head[payer] = edge
            stamp[payer] = closing
            latest[payer] = in_row[at, 0]
        steps = 0
        depth = 0  # payments on the path; the path leads from `start`
        cursor[0] = place
        here, since = start, begun - 1
        fresh = True
        while depth >= 0:
            if fresh:
                fresh = False
                # Does `here` pay `home` after the last payment of the path? Each such payment ends a cycle.
                if stamp[here] == closing:
                    edge = head[here]
                    while edge >= 0 and t[edge] > since:
                        steps += 1
                        ok = share == 0 or (
                            (depth == 0 or _kept(value[path[depth - 1]], value[edge], share))
                            and _kept(value[edge], value[closing], share)
                        )
                        if ok:
                            length = depth + 2
                            closes[closing, length] += 1
                            member[closing, length] += 1
                            member[edge, length] += 1
                            for at in range(depth):
                                member[path[at], length] += 1
                            if listing:
                                if used + length + 1 > len(store):
                                    cut[closing] = True
                                else:
                                    store[used] = length
                                    for at in range(depth):
                                        store[used + 1 + at] = path[at]
                                    store[used + 1 + depth] = edge
                                    store[used + 2 + depth] = closing
                                    used += length + 1
                        edge = behind[edge]
            if steps > budget:
                cut[closing] = True
                break
            # Go one payment further, or back. A path of depth d ends cycles of d + 2 payments.
            moved = False
            if depth + 3 <= longest:
                place = cursor[depth]
                end = out_at[here + 1]
                while place < end:
                    when, nxt, edge = out_row[place, 0], out_row[place, 1], out_row[place, 2]
                    place += 1
                    if when >= until:
                        place = end
                        break
                    steps += 1
                    if nxt in (home, start):
                        continue
                    if depth + 3 == longest and (stamp[nxt] != closing or latest[nxt] <= when):
                        continue  # the last account on the way must pay `home` afterwards
                    if share and depth and not _kept(value[path[depth - 1]], value[edge], share):
                        continue
                    seen = False
                    for at in range(depth):
                        if v[path[at]] == nxt:
                            seen = True
                            break
                    if seen:
                        continue
                    cursor[depth] = place
                    path[depth] = edge
                    depth += 1
                    here, since = nxt, when
                    cursor[depth] = first_from(out_row, TIME, out_at[here], out_at[here + 1], since + 1)
                    moved = True
                    fresh = True
                    break
                if not moved:
                    cursor[depth] = place
            if not moved:
                depth -= 1
                if depth >= 0:
                    here = start if depth == 0 else v[path[depth - 1]]
                    since = begun - 1 if depth == 0 else t[path[depth - 1]]
    return used
