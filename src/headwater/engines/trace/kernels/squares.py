"""Squares: two accounts that both pay the same two accounts within a window, the smallest piece of a bipartite layer.

Layers of accounts through which money is stacked pay each other crosswise, several to the same several; the published simulators
of laundering name them bipartite and stack. For a payment from ``a`` to ``b``: how many pairs are there of another payer ``c``
of ``b`` and another payee ``w``, where both ``a`` and ``c`` paid ``w``, all of it within the window before the payment.

A shop is paid by everybody, so an account that was paid more than `NEAREST` times within the window is no corner of a square, and of
what a payer sent only so many of the nearest in time are looked at. That bound is part of what the feature means.
"""

from typing import Any, Final

import numpy as np

from headwater.engines.trace.kernels.arrays import Edges
from headwater.engines.trace.kernels.compiled import Array, compiled
from headwater.engines.trace.kernels.search import NUMBER, first_from

NEAREST: Final = 64
"""Payments in the window above which an account is a shop; and how many that a payer made are looked at."""


def squares(edges: Edges, *, window_s: int) -> tuple[Any, Any]:
    """Return, for each payment, how many squares it completes, and with how many other payers.

    Args:
        edges: the payments.
        window_s: seconds from the first payment of a square to the one that is asked about.
    """
    found = np.zeros((len(edges), 2), np.int64)
    paid = np.column_stack((edges.t, edges.u, edges.v))
    _scan(edges.out_at, edges.out_row, edges.in_at, edges.in_row, paid, (window_s, NEAREST), found)
    return found[:, 0], found[:, 1]


@compiled
def _before(at: Array, row: Array, account: int, edge: int) -> Array:
    """Place of an account's last payment that stands before another in the order of time; its begin less one if none does."""
    return first_from(row, NUMBER, at[account], at[account + 1], edge) - 1


@compiled
def _busy(at: Array, row: Array, account: int, place: int, first: int, most: int) -> Array:
    """Whether more than so many payments of an account, up to a place, are not older than a time."""
    return place - most >= at[account] and row[place - most, 0] >= first


@compiled
def _scan(
    out_at: Array, out_row: Array, in_at: Array, in_row: Array, asked: Array, limits: Array, found: Array
) -> None:
    window, most = limits
    accounts = len(out_at) - 1
    paid, met, counted = np.full(accounts, -1), np.full(accounts, -1), np.full(accounts, -1)
    turn = 0
    for edge in range(len(asked)):
        payer, payee, first = asked[edge, 1], asked[edge, 2], asked[edge, 0] - window
        last_in = _before(in_at, in_row, payee, edge)
        if _busy(in_at, in_row, payee, last_in, first, most):
            continue
        place = _before(out_at, out_row, payer, edge)
        stop = max(out_at[payer], place - most + 1)
        while place >= stop and out_row[place, 0] >= first:
            paid[out_row[place, 1]] = edge
            place -= 1
        paid[payee] = -1
        for back in range(last_in, in_at[payee] - 1, -1):
            if in_row[back, 0] < first:
                break
            other = in_row[back, 1]
            if other == payer or met[other] == edge:
                continue
            met[other] = edge
            turn += 1
            shared = 0
            place = _before(out_at, out_row, other, edge)
            stop = max(out_at[other], place - most + 1)
            while place >= stop and out_row[place, 0] >= first:
                corner = out_row[place, 1]
                if paid[corner] == edge and counted[corner] != turn:
                    counted[corner] = turn
                    shared += not _busy(in_at, in_row, corner, _before(in_at, in_row, corner, edge), first, most)
                place -= 1
            if shared > 0:
                found[edge, 0] += shared
                found[edge, 1] += 1
