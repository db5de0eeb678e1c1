"""Money followed hop by hop, by a named rule, with every minor unit accounted for.

One payment is followed. What it brought to an account leaves with later payments of that account:

- ``fifo``: money leaves in the order in which it came, whatever came before it first (Clayton's case, 1816);
- ``proportional``: each payment carries the same share of it as the account holds at that moment (pari passu);
- ``earliest``: it leaves with the first payments after it came, before anything else.

What an account held before the table begins is not known: a payment larger than what came in is made up from that. The
rules are conventions that courts choose between, not facts; each trail names its own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from headwater.engines.trace.kernels.arrays import Edges
from headwater.engines.trace.kernels.compiled import Array, compiled

RULES: Final = ("fifo", "proportional", "earliest")


@dataclass(frozen=True, slots=True)
class Flow:
    """Where the money went.

    Attributes:
        hops: place of a payment in the sorted arrays, hop (1 is the payment that is followed), part of it that is followed.
        rest: account, hop at which it came there, what still lies there.
        beyond: what left the accounts of the last hop and is followed no further.
    """

    hops: tuple[tuple[int, int, int], ...]
    rest: tuple[tuple[int, int, int], ...]
    beyond: int


def follow(edges: Edges, start: int, *, rule: str, hops: int) -> Flow:
    """Return where the money of one payment went.

    Args:
        edges: the payments of one unit, sorted by time.
        start: place of the payment that is followed.
        rule: one of `RULES`.
        hops: how many payments in a row are followed, from 1.
    """
    run = {"fifo": _fifo, "proportional": _proportional, "earliest": _earliest}[rule]
    found, left, beyond = run(edges.t, edges.u, edges.v, edges.value, edges.vertices, (start, hops))
    return Flow(
        tuple((int(edge), int(hop), int(part)) for edge, hop, part in found if part),
        tuple((int(account), int(hop), int(part)) for account, hop, part in left if part),
        int(beyond),
    )


@compiled
def _fifo(  # noqa: C901, PLR0912, PLR0915 - one loop, kept together for the compiler
    t: Array,  # noqa: ARG001 - one shape for all rules
    u: Array,
    v: Array,
    value: Array,
    vertices: int,
    limits: Array,
) -> Array:
    start, hops = limits
    count = len(u)
    # Lots of money wait in a queue at each account; hop 0 is money that is not followed.
    room = 4 * count + 16
    amount, hop, after = np.zeros(room, np.int64), np.zeros(room, np.int64), np.full(room, -1, np.int64)
    head, tail = np.full(vertices, -1, np.int64), np.full(vertices, -1, np.int64)
    lots = 0
    moved = [(np.int64(0), np.int64(0), np.int64(0))]
    beyond = np.int64(0)
    for edge in range(count):
        payer, payee, left = u[edge], v[edge], value[edge]
        if payer == payee:
            continue
        tip = np.int64(-1)  # the payee's last lot of this payment, so that equal neighbours become one
        while left > 0:
            lot = head[payer]
            if edge == start:
                part, level = left, np.int64(1)  # the payment itself is what is followed, wherever it came from
                _spend(payer, left, head, tail, amount, after)
            elif lot < 0:
                part, level = left, np.int64(0)
            else:
                part = min(left, amount[lot])
                level = hop[lot]
                amount[lot] -= part
                if amount[lot] == 0:
                    head[payer] = after[lot]
                    if head[payer] < 0:
                        tail[payer] = -1
                if level == hops:
                    beyond += part
                    level = np.int64(0)
                elif level > 0:
                    level += 1
            left -= part
            if level > 0:
                moved.append((np.int64(edge), np.int64(level), np.int64(part)))
            if tip >= 0 and hop[tip] == level:
                amount[tip] += part
                continue
            if lots == room:
                room *= 2
                amount = np.concatenate((amount, np.zeros_like(amount)))
                hop = np.concatenate((hop, np.zeros_like(hop)))
                after = np.concatenate((after, np.full_like(after, -1)))
            amount[lots], hop[lots] = part, level
            if tail[payee] >= 0:
                after[tail[payee]] = lots
            else:
                head[payee] = lots
            tail[payee] = lots
            tip = np.int64(lots)
            lots += 1
    rest = [(np.int64(0), np.int64(0), np.int64(0))]
    for account in range(vertices):
        lot = head[account]
        while lot >= 0:
            if hop[lot] > 0:
                rest.append((np.int64(account), hop[lot], amount[lot]))
            lot = after[lot]
    return moved, rest, beyond


@compiled
def _spend(payer: int, left: int, head: Array, tail: Array, amount: Array, after: Array) -> None:
    """Take money out of a queue without following it."""
    while left > 0 and head[payer] >= 0:
        lot = head[payer]
        part = min(left, amount[lot])
        amount[lot] -= part
        left -= part
        if amount[lot] == 0:
            head[payer] = after[lot]
            if head[payer] < 0:
                tail[payer] = -1


@compiled
def _proportional(t: Array, u: Array, v: Array, value: Array, vertices: int, limits: Array) -> Array:  # noqa: ARG001
    start, hops = limits
    held = np.zeros(vertices, np.int64)
    followed = np.zeros((vertices, hops + 1), np.int64)
    moved = [(np.int64(0), np.int64(0), np.int64(0))]
    beyond = np.int64(0)
    for edge in range(len(u)):
        payer, payee, paid = u[edge], v[edge], value[edge]
        if payer == payee:
            continue
        before = held[payer]
        held[payer] = max(before - paid, 0)
        held[payee] += paid
        if edge == start:
            followed[payee, 1] += paid
            moved.append((np.int64(edge), np.int64(1), np.int64(paid)))
            continue
        for level in range(hops, 0, -1):
            lying = followed[payer, level]
            if lying == 0:
                continue
            # Rounded down; what rounding leaves stays in the account, so that nothing is lost.
            part = lying if paid >= before else min(lying, np.int64(float(lying) * float(paid) / float(before)))
            if part == 0:
                continue
            followed[payer, level] -= part
            if level == hops:
                beyond += part
            else:
                followed[payee, level + 1] += part
                moved.append((np.int64(edge), np.int64(level + 1), np.int64(part)))
    return moved, _lying(followed, hops), beyond


@compiled
def _earliest(t: Array, u: Array, v: Array, value: Array, vertices: int, limits: Array) -> Array:  # noqa: ARG001
    start, hops = limits
    followed = np.zeros((vertices, hops + 1), np.int64)
    moved = [(np.int64(0), np.int64(0), np.int64(0))]
    beyond = np.int64(0)
    for edge in range(start, len(u)):
        payer, payee, left = u[edge], v[edge], value[edge]
        if payer == payee:
            continue
        if edge == start:
            followed[payee, 1] += left
            moved.append((np.int64(edge), np.int64(1), np.int64(left)))
            continue
        for level in range(1, hops + 1):
            part = min(left, followed[payer, level])
            if part == 0:
                continue
            followed[payer, level] -= part
            left -= part
            if level == hops:
                beyond += part
            else:
                followed[payee, level + 1] += part
                moved.append((np.int64(edge), np.int64(level + 1), np.int64(part)))
    return moved, _lying(followed, hops), beyond


@compiled
def _lying(followed: Array, hops: int) -> Array:
    rest = [(np.int64(0), np.int64(0), np.int64(0))]
    for account in range(len(followed)):
        for level in range(1, hops + 1):
            if followed[account, level] > 0:
                rest.append((np.int64(account), np.int64(level), followed[account, level]))  # noqa: PERF401 - compiled
    return rest
