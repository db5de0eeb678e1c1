"""Crypto assets gather at one address and leave at once for an exchange or a single account."""

from typing import Any

from headwater.engines.trace.shapes import keep_members, payment_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typologies.gather_scatter import both_sides
from headwater.engines.trace.typology import DAY_S, FATF_CRYPTO, MINOR, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    paid = sheets.payments
    coins = paid.filter((paid.channel == "crypto") & (paid.worth >= given["least_amount"]))
    sides = both_sides(coins)
    window_s = given["window_days"] * DAY_S
    slots = sides.mutate(slot=(sides.t // window_s).cast("int64"))
    null = ibis.null("int32")
    sums = slots.group_by(["subject", "unit", "slot"]).aggregate(
        payers=ibis.ifelse(slots.is_out == 0, slots.other, null).nunique(),
        payees=ibis.ifelse(slots.is_out == 1, slots.other, null).nunique(),
        got=slots.came.sum(),
        sent=slots.went.sum(),
    )
    sums = sums.filter(
        (sums.payers >= given["least_payers"])
        & (sums.payees >= 1)
        & (sums.payees <= given["most_payees"])
        & (sums.sent * 100 >= sums.got * given["least_share"])
    )
    rows = slots.semi_join(sums, ["subject", "unit", "slot"]).drop("slot")
    rows = rows.mutate(payer=ibis.ifelse(rows.is_out == 0, rows.src, ibis.literal(-1, "int32")))
    claims = payment_claims(
        sheets,
        rows,
        ["subject", "unit"],
        payer="payer",
        payers=lambda found: ibis.ifelse(found.is_out == 0, found.other, null).nunique(),
        payees=lambda found: ibis.ifelse(found.is_out == 1, found.other, null).nunique(),
        out_minor=lambda found: found.went.sum(),
    )
    return keep_members(
        Claims(claims.groups.mutate(amount=claims.groups.amount - claims.groups.out_minor), claims.members)
    )


TYPOLOGY = Typology(
    name="crypto-cash-out",
    title="crypto assets gather and leave at once",
    needs=("payments",),
    parameters=(
        Parameter("window_days", 7, "days", "within how long it comes and leaves"),
        Parameter("least_payers", 6, "addresses", "how many pay in"),
        Parameter("most_payees", 2, "addresses", "how many it leaves for, at most"),
        Parameter("least_share", 70, "per cent", "how much of it leaves"),
        Parameter("least_amount", 10_000, MINOR, "smaller transfers are left out"),
    ),
    source=FATF_CRYPTO,
    sentence="{payers} addresses sent {amount} to {subject}, which sent {out_minor} on to {payees} address(es), from {first} to "
    "{last}.",
    innocent="A merchant that takes crypto assets and sells them daily does the same. It is harmless where a business with "
    "customers and invoices stands behind the address.",
    find=_find,
    passage=True,
)
