"""Payments dealt out to their accounts in one pass, in the order in which they come."""

from headwater.engines.trace.kernels.compiled import Array, compiled


@compiled
def fill(owner: Array, begin: Array, placed: Array) -> None:
    """Put the number of each payment at the next free place of its account.

    Args:
        owner: account of each payment.
        begin: first place of each account; moves on as places are taken.
        placed: the numbers of the payments, by account.
    """
    for edge in range(len(owner)):
        account = owner[edge]
        placed[begin[account]] = edge
        begin[account] += 1
