"""A shop takes in and pays out money for people abroad without being registered for it."""

from typing import Any

from headwater.engines.trace.shapes import bursts, payment_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typologies.gather_scatter import both_sides
from headwater.engines.trace.typology import DAY_S, FATF_HAWALA, MINOR, Claims, Parameter, Params, Typology

_SHOPS = "shop|store|retail|grocer|market|kiosk|phone|butcher|jewel|barber|bakery|travel agen"


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    parties = sheets.parties
    shops = parties.filter((parties.money_service == 0) & parties.activity.re_search(given["activities"]))
    private = parties.select(other="acc").distinct()
    paid = sheets.payments
    paid = paid.filter((paid.worth >= given["least_amount"]) & (paid.worth <= given["most_amount"]))
    sides = both_sides(paid).semi_join(shops.select(subject="acc").distinct(), "subject").anti_join(private, "other")
    null = ibis.null("int32")
    abroad = (sides.from_country != sides.to_country) | (sides.to_country == "")
    sides = sides.filter((sides.is_out == 0) | abroad)
    found = bursts(
        sides,
        ["subject", "unit"],
        given["window_days"] * DAY_S,
        lambda slots: (
            (slots.payers >= given["least_payers"])
            & (slots.payees >= given["least_payees"])
            & (slots.sent * 100 >= slots.got * given["least_share"])
        ),
        payers=lambda slots: ibis.ifelse(slots.is_out == 0, slots.other, null).nunique(),
        payees=lambda slots: ibis.ifelse(slots.is_out == 1, slots.other, null).nunique(),
        got=lambda slots: slots.came.sum(),
        sent=lambda slots: slots.went.sum(),
    )
    claims = payment_claims(
        sheets,
        found,
        ["subject", "unit"],
        payers=lambda rows: ibis.ifelse(rows.is_out == 0, rows.other, null).nunique(),
        payees=lambda rows: ibis.ifelse(rows.is_out == 1, rows.other, null).nunique(),
        out_minor=lambda rows: rows.went.sum(),
    )
    return Claims(claims.groups.mutate(amount=claims.groups.amount - claims.groups.out_minor), claims.members)


TYPOLOGY = Typology(
    name="shop-as-broker",
    title="a shop moves money for private people abroad, unregistered",
    needs=("payments", "companies"),
    parameters=(
        Parameter("window_days", 30, "days", "within how long"),
        Parameter("least_payers", 10, "accounts", "how many private payers"),
        Parameter("least_payees", 5, "accounts", "how many private payees abroad"),
        Parameter("least_share", 50, "per cent", "how much of it goes out again"),
        Parameter("least_amount", 15_000, MINOR, "smaller payments are purchases"),
        Parameter("most_amount", 1_500_000, MINOR, "larger payments are left out"),
        Parameter("activities", _SHOPS, "pattern", "lines of business that sell goods to people"),
    ),
    source=FATF_HAWALA,
    sentence="{subject}, a shop that no register of money services names, was paid {amount} by {payers} private accounts and paid "
    "{out_minor} to {payees} private accounts abroad, from {first} to {last}.",
    innocent="Many shops are agents of a licensed transmitter. It is harmless, and lawful, where a licence or an agency "
    "contract stands behind it: ask for it first. How the value moves is no sign of anything.",
    find=_find,
)
