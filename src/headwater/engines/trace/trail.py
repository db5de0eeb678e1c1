"""Trails: one payment followed hop by hop under a named rule, every hop named and every minor unit accounted for.

The account that made the payment may be a smuggled person's or a relative's, so it is called by a pseudonym.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from headwater.engines.trace.sheets import Sheets, checked
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
    # currency in the base currency; without, only in its own. Accounts are numbers until the end: names would not fit.
    single = sheets.rated(sheets.single(raw))
    asked = backend.to_pyarrow(single.filter(single.id == payment).select("unit", "tab", "row")).to_pylist()[0]
    unit = str(asked["unit"])
    single = single.filter((single.unit == unit) & (single.sender != single.receiver))
    coded = single.join(sheets.accounts.rename(src="acc", sender="name"), "sender")
    coded = coded.join(sheets.accounts.rename(dst="acc", receiver="name"), "receiver")
    rows = backend.to_pyarrow(
        coded.select("time_us", "tab", "row", "src", "dst", "value").order_by(["time_us", "tab", "row"])
    )
    edges = make_edges(*(rows[name].to_numpy() for name in ("time_us", "src", "dst", "value")))
    start = int(((rows["tab"].to_numpy() == asked["tab"]) & (rows["row"].to_numpy() == asked["row"])).argmax())
    flow = follow(edges, start, rule=rule, hops=hops)
    picked = rows.take([edge for edge, _, _ in flow.hops]).to_pylist()
    accounts = edges.accounts()
    names = _names(sheets, {int(row[side]) for row in picked for side in ("src", "dst")})
    ids = _identifiers(sheets, raw, picked)
    refs = tables.refs["payments"]
    made = [
        Hop(
            hop, ids[row["tab"], row["row"]], f"{refs[int(row['tab'])]}#{row['row']}", int(row["time_us"]),
            names[int(row["src"])], names[int(row["dst"])], int(row["value"]), part,
        )
        for row, (_, hop, part) in zip(picked, flow.hops, strict=True)
    ]  # fmt: skip
    mark = hashlib.sha256(f"{salt}/{payment}".encode()).hexdigest()[:8]
    payer = made[0].sender
    made = [_without(hop, payer, f"payer-{mark}") for hop in made]
    rests = tuple(
        Rest(f"payer-{mark}" if (name := names[int(accounts[account])]) == payer else name, hop, part)
        for account, hop, part in flow.rest
    )
    return Trail(payment, rule, unit, tuple(made), rests, flow.beyond)


def _names(sheets: Sheets, wanted: set[int]) -> dict[int, str]:
    """Return the names of some accounts by their number."""
    asked = sheets.rows_of("acc", "int32", sorted(wanted))
    rows = sheets.backend.to_pyarrow(sheets.accounts.semi_join(asked, "acc")).to_pylist()
    return {int(row["acc"]): str(row["name"]) for row in rows}


def _identifiers(sheets: Sheets, raw: Any, picked: Sequence[dict[str, Any]]) -> dict[tuple[int, int], str]:  # noqa: ANN401
    """Return the identifiers of some payments by their table and row."""
    asked = sheets.rows_of("row", "int64", sorted({int(row["row"]) for row in picked}))
    rows = sheets.backend.to_pyarrow(raw.semi_join(asked, "row").select("tab", "row", "id")).to_pylist()
    return {(row["tab"], row["row"]): str(row["id"]) for row in rows}


def _without(hop: Hop, payer: str, pseudonym: str) -> Hop:
    sender = pseudonym if hop.sender == payer else hop.sender
    receiver = pseudonym if hop.receiver == payer else hop.receiver
    return Hop(hop.hop, hop.payment, hop.row, hop.time_us, sender, receiver, hop.amount, hop.part)
