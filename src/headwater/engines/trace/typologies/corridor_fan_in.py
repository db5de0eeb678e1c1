"""Many small payments of one corridor meet at one account."""

from typing import Any

from headwater.engines.trace.shapes import bursts, gathering, keep_members, payment_claims
from headwater.engines.trace.typology import DAY_S, FATF, MINOR, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    paid = sheets.payments
    asked = paid.filter((paid.worth >= given["least_amount"]) & (paid.worth <= given["most_amount"]))
    hubs = gathering(sheets, given["least_amount"], given["least_payers"])
    asked = asked.semi_join(hubs, [("dst", "acc")]).mutate(subject=asked.dst)
    found = bursts(
        asked,
        ["subject", "unit", "from_country", "to_country"],
        given["window_days"] * DAY_S,
        lambda slots: slots.payers >= given["least_payers"],
        payers=lambda slots: slots.src.nunique(),
    )
    claims = payment_claims(
        sheets,
        found,
        ["subject", "unit", "from_country", "to_country"],
        payer="src",
        payers=lambda rows: rows.src.nunique(),
        median_minor=lambda rows: rows.value.mean().floor().cast("int64"),
    )
    groups = claims.groups
    # Payers who come back month after month pay wages, rent or support; a passage is paid once or in a few parts.
    return keep_members(Claims(groups.filter(groups.payments <= groups.payers * given["most_each"]), claims.members))


TYPOLOGY = Typology(
    name="corridor-fan-in",
    title="small payments of one corridor meet at a hub",
    needs=("payments",),
    parameters=(
        Parameter("window_days", 30, "days", "within how long the payments must come"),
        Parameter("least_payers", 12, "accounts", "how many different payers make a hub"),
        Parameter("least_amount", 20_000, MINOR, "smaller payments are everyday purchases"),
        Parameter("most_amount", 1_000_000, MINOR, "larger payments are no single passage"),
        Parameter("most_each", 3, "payments", "how often one payer pays on average, at most"),
    ),
    source=FATF,
    sentence="{payers} different payers sent {amount} in {payments} payments of {median_minor} on average from "
    "{from_country} to {to_country} into {subject}, from {first} to {last}.",
    innocent="A registered money transmitter, a collection, a school, a landlord or a shop with dear goods is paid so too. "
    "It is harmless where the payers come back every month, where the account is a registered business that sells to "
    "them, or where the money stays.",
    find=_find,
    passage=True,
)
