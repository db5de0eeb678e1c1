"""An account that many pay into pays out to accounts in known transit places."""

from typing import Any

from headwater.engines.trace.shapes import bursts, payment_claims
from headwater.engines.trace.typology import DAY_S, FATF, MINOR, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    paid = sheets.payments
    transit = [code.strip() for code in given["transit"].split(",") if code.strip()]
    came = paid.filter(paid.worth >= given["least_amount"])
    came = came.group_by("dst").aggregate(payers=came.src.nunique())
    hubs = came.filter(came.payers >= given["least_payers"]).select(src="dst")
    out = paid.filter(
        paid.to_country.isin(transit) & (paid.worth >= given["least_amount"]) & (paid.from_country != paid.to_country)
    ).semi_join(hubs, "src")
    out = out.mutate(subject=out.src)
    found = bursts(
        out,
        ["subject", "unit"],
        given["window_days"] * DAY_S,
        lambda slots: slots.payees >= given["least_payees"],
        payees=lambda slots: slots.dst.nunique(),
    )
    return payment_claims(
        sheets,
        found,
        ["subject", "unit"],
        payees=lambda rows: rows.dst.nunique(),
        countries=lambda rows: rows.to_country.nunique(),
    )


TYPOLOGY = Typology(
    name="hub-fan-out",
    title="a hub pays several accounts in known transit places",
    needs=("payments",),
    parameters=(
        Parameter("window_days", 14, "days", "within how long the payments must go out"),
        Parameter("least_payers", 8, "accounts", "how many pay into it before it counts as a hub"),
        Parameter("least_payees", 4, "accounts", "how many accounts in transit places it pays"),
        Parameter("least_amount", 10_000, MINOR, "smaller payments are left out"),
        Parameter("transit", "AL,BA,BG,BY,DZ,EG,GR,HU,LY,MA,ME,MK,RS,TN,TR,XK", "countries", "known transit places"),
    ),
    source=FATF,
    sentence="{subject}, which many pay into, sent {amount} in {payments} payments to {payees} accounts in {countries} "
    "transit countries, from {first} to {last}.",
    innocent="A firm pays suppliers, a remittance office pays families, a charity pays helpers. It is harmless where "
    "invoices, wages or a licence explain the payees.",
    find=_find,
)
