"""Payments dealt out to their accounts in one pass, in the order in which they come."""

from headwater.engines.trace.kernels.compiled import Array, compiled


@compiled
def deal(
    t: Array, u: Array, v: Array, value: Array, out_next: Array, in_next: Array, out_row: Array, in_row: Array
) -> None:
    """Put each payment at the next free place of its payer and of its payee.

    Args:
        t: time of each payment.
        u: account that pays.
        v: account that is paid.
        value: minor units.
        out_next: first place of each payer; moves on as places are taken.
        in_next: first place of each payee; moves on too.
        out_row: time, payee, number and value of each payment, by payer.
        in_row: time, payer, number and value of each payment, by payee.
    """
    for edge in range(len(t)):
        payer, payee = u[edge], v[edge]
        place = out_next[payer]
        out_next[payer] = place + 1
        out_row[place, 0], out_row[place, 1], out_row[place, 2], out_row[place, 3] = t[edge], payee, edge, value[edge]
        place = in_next[payee]
        in_next[payee] = place + 1
        in_row[place, 0], in_row[place, 1], in_row[place, 2], in_row[place, 3] = t[edge], payer, edge, value[edge]
