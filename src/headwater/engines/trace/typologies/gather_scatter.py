"""Money gathers from many accounts into one and leaves it for many within the same days."""

from typing import Any

from headwater.engines.trace.shapes import bursts, gathering, keep_members, payment_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import DAY_S, FATF, MINOR, Claims, Parameter, Params, Typology


def both_sides(paid: Any) -> Any:  # noqa: ANN401 - Ibis expressions
    """Return every payment twice: for whom it comes in, and for whom it goes out."""
    ibis = need_ibis()
    zero = ibis.literal(0, "int64")
    came = paid.mutate(subject=paid.dst, other=paid.src, came=paid.value, went=zero, is_out=ibis.literal(0, "int8"))
    went = paid.mutate(subject=paid.src, other=paid.dst, came=zero, went=paid.value, is_out=ibis.literal(1, "int8"))
    return ibis.union(came, went)


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401
    ibis = need_ibis()
    paid = sheets.payments
    paid = paid.filter(paid.worth >= given["least_amount"])
    hubs = gathering(sheets, given["least_amount"], given["least_payers"])
    hubs = hubs.semi_join(sheets.degrees.filter(lambda rows: rows.n_out >= given["least_payees"]), "acc")
    sides = both_sides(paid).semi_join(hubs, [("subject", "acc")])
    found = bursts(
        sides,
        ["subject", "unit"],
        given["window_days"] * DAY_S,
        lambda slots: (
            (slots.payers >= given["least_payers"])
            & (slots.payees >= given["least_payees"])
            & (slots.sent * 100 >= slots.got * given["least_share"])
            & (slots.sent * 100 <= slots.got * 110)
        ),
        payers=lambda slots: ibis.ifelse(slots.is_out == 0, slots.other, ibis.null("int32")).nunique(),
        payees=lambda slots: ibis.ifelse(slots.is_out == 1, slots.other, ibis.null("int32")).nunique(),
        got=lambda slots: slots.came.sum(),
        sent=lambda slots: slots.went.sum(),
    )
    found = found.mutate(payer=ibis.ifelse(found.is_out == 0, found.src, ibis.literal(-1, "int32")))
    claims = payment_claims(
        sheets,
        found,
        ["subject", "unit"],
        payer="payer",
        payers=lambda rows: ibis.ifelse(rows.is_out == 0, rows.other, ibis.null("int32")).nunique(),
        payees=lambda rows: ibis.ifelse(rows.is_out == 1, rows.other, ibis.null("int32")).nunique(),
        out_minor=lambda rows: rows.went.sum(),
    )
    groups = claims.groups.mutate(amount=claims.groups.amount - claims.groups.out_minor)
    few = groups.payments <= (groups.payers + groups.payees) * given["most_each"]
    return keep_members(Claims(groups.filter(few), claims.members))


TYPOLOGY = Typology(
    name="gather-scatter",
    title="many pay in, the money leaves for many within days",
    needs=("payments",),
    parameters=(
        Parameter("window_days", 10, "days", "within how long money comes and goes"),
        Parameter("least_payers", 8, "accounts", "how many different payers"),
        Parameter("least_payees", 4, "accounts", "how many different payees"),
        Parameter("least_share", 60, "per cent", "how much of what came goes out again"),
        Parameter("least_amount", 20_000, MINOR, "smaller payments are left out"),
        Parameter("most_each", 3, "payments", "how often one counterpart stands in it on average, at most"),
    ),
    source=FATF,
    sentence="{payers} accounts paid {amount} into {subject}, which sent {out_minor} on to {payees} accounts, from {first} "
    "to {last}.",
    innocent="Payroll agents, letting agents, collections and licensed remittance offices gather and scatter as their "
    "business. It is harmless where a licence, contracts or a payroll explain both sides.",
    find=_find,
    passage=True,
)
