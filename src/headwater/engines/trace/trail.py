"""Trails: one payment followed hop by hop under a named rule, every hop named and every minor unit accounted for.

The account that made the payment may be a smuggled person's or a relative's, so it is called by a pseudonym.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import SchemaError
from headwater.ports import View

MOST_HOPS: Final = 20
RULES: Final = ("fifo", "proportional", "earliest")


@dataclass(frozen=True, slots=True)
class Hop:
    """One payment of a trail.

    Attributes:
        hop: 1 is the payment that is followed.
        payment: its identifier.
        row: ``table hash#row``.
        time_us: when it was made.
        sender, receiver: accounts; the sender of the first is a pseudonym.
        amount: the whole payment, minor units.
        part: what of it is followed.
    """

    hop: int
    payment: str
    row: str
    time_us: int
    sender: str
    receiver: str
    amount: int
    part: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Money of a trail that lies at an account at the end of the table."""

    account: str
    hop: int
    part: int


@dataclass(frozen=True, slots=True)
class Trail:
    """Where the money of one payment went.

    Attributes:
        payment: its identifier.
        rule: how money is attributed to later payments.
        unit: the currency; the base currency where rates are given.
        hops: every payment that carried some of it.
        rests: where it lies.
        beyond: what went on after the last hop that was asked for.
    """

    payment: str
    rule: str
    unit: str
    hops: tuple[Hop, ...]
    rests: tuple[Rest, ...]
    beyond: int

    @property
    def conserved(self) -> bool:
        """Whether what rests and what went beyond make up what was sent, to the minor unit."""
        return sum(rest.part for rest in self.rests) + self.beyond == self.hops[0].part


def follow_payment(view: View, payment: str, *, rule: str, hops: int, salt: str, backend: Any) -> Trail:  # noqa: ANN401
    """Return the trail of one payment through the tables of a view.

    Args:
        view: what may be seen.
        payment: its identifier.
        rule: one of `RULES`.
        hops: how many payments in a row, 1 to `MOST_HOPS`.
        salt: of the pseudonym.
        backend: the Ibis backend that reads the tables.

    Raises:
        SchemaError: there is no such payment, or several, or no such rule.
        MissingExtraError: a library is not installed.
    """
    from headwater.engines.trace.engine import tables_of
    from headwater.engines.trace.kernels.arrays import make_edges
    from headwater.engines.trace.kernels.flow import follow
    from headwater.engines.trace.sheets import Sheets, checked

    if rule not in RULES or not 1 <= hops <= MOST_HOPS:
        raise SchemaError(
            "no such rule, or too many hops", where="follow", fix=f"use {', '.join(RULES)}, 1 to {MOST_HOPS}"
        )
    tables = tables_of(view)
    sheets = Sheets(backend, checked(tables.paths))
    if not sheets.has("payments"):
        raise SchemaError("there is no table of payments", where="follow")
    raw = sheets.raw("payments")
    found = backend.to_pyarrow(sheets.single(raw).filter(lambda rows: rows.id == payment).limit(2)).to_pylist()
    if len(found) != 1 or found[0]["sender"] == found[0]["receiver"]:
        what = "no such payment" if not found else "several payments of that identifier, or one of an account to itself"
        raise SchemaError(what, where="PAYMENT_ID")
    # A payment that two tables report is one payment. Where the user gave rates, money is followed from currency to
    # currency in the base currency; without, only in its own.
    single = sheets.rated(sheets.single(raw))
    unit = str(backend.to_pyarrow(single.filter(single.id == payment).select("unit"))["unit"][0])
    single = single.filter((single.unit == unit) & (single.sender != single.receiver))
    rows = backend.to_pyarrow(single.order_by(["time_us", "tab", "row"]))
    codes = {
        name: number for number, name in enumerate(sorted({*rows["sender"].to_pylist(), *rows["receiver"].to_pylist()}))
    }
    names = list(codes)
    edges = make_edges(
        rows["time_us"].to_numpy(),
        [codes[name] for name in rows["sender"].to_pylist()],
        [codes[name] for name in rows["receiver"].to_pylist()],
        rows["value"].to_numpy(),
    )
    start = rows["id"].to_pylist().index(payment)
    flow = follow(edges, start, rule=rule, hops=hops)
    picked = rows.take([edge for edge, _, _ in flow.hops]).to_pylist()
    refs = tables.refs["payments"]
    made = [_hop(row, hop, part, refs) for row, (_, hop, part) in zip(picked, flow.hops, strict=True)]
    mark = hashlib.sha256(f"{salt}/{payment}".encode()).hexdigest()[:8]
    payer = made[0].sender
    made = [_without(hop, payer, f"payer-{mark}") for hop in made]
    rests = tuple(
        Rest(f"payer-{mark}" if (name := _at(names, edges, account)) == payer else name, hop, part)
        for account, hop, part in flow.rest
    )
    return Trail(payment, rule, unit, tuple(made), rests, flow.beyond)


def _at(names: Sequence[str], edges: Any, account: int) -> str:  # noqa: ANN401 - `Edges`, which needs numpy
    import numpy as np

    return names[int(np.unique(np.concatenate((edges.src, edges.dst)))[account])]


def _hop(row: dict[str, Any], hop: int, part: int, refs: Sequence[str]) -> Hop:
    return Hop(
        hop,
        str(row["id"]),
        f"{refs[int(row['tab'])]}#{row['row']}",
        int(row["time_us"]),
        str(row["sender"]),
        str(row["receiver"]),
        int(row["value"]),
        part,
    )


def _without(hop: Hop, payer: str, pseudonym: str) -> Hop:
    sender = pseudonym if hop.sender == payer else hop.sender
    receiver = pseudonym if hop.receiver == payer else hop.receiver
    return Hop(hop.hop, hop.payment, hop.row, hop.time_us, sender, receiver, hop.amount, hop.part)
