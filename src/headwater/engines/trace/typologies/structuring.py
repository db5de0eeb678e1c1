"""Payments just under a reporting threshold, again and again."""

from typing import Any

from headwater.engines.trace.shapes import bursts, payment_claims
from headwater.engines.trace.typology import DAY_S, NCA, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    paid = sheets.payments
    least = given["threshold"] * given["from_share"] // 100
    under = paid.filter((paid.value >= least) & (paid.value < given["threshold"]))
    under = under.mutate(subject=under.dst)
    found = bursts(
        under,
        ["subject", "unit"],
        given["window_days"] * DAY_S,
        lambda slots: slots.times >= given["least_times"],
        times=lambda slots: slots.count(),
    )
    return payment_claims(sheets, found, ["subject", "unit"], payers=lambda rows: rows.src.nunique())


TYPOLOGY = Typology(
    name="structuring",
    title="payments kept just under a reporting threshold",
    needs=("payments",),
    parameters=(
        Parameter(
            "threshold", 1_000_000, "minor units", "the amount from which a payment is reported, in its own currency"
        ),
        Parameter("from_share", 85, "per cent of the threshold", "how close below it a payment must lie"),
        Parameter("window_days", 10, "days", "within how long"),
        Parameter("least_times", 4, "payments", "how many of them"),
    ),
    source=NCA,
    sentence="{payments} payments just under the threshold, {amount} together, came to {subject} from {payers} payers, from "
    "{first} to {last}.",
    innocent="Prices, wages or rents may simply lie there. It is harmless where invoices or contracts name these amounts, or "
    "where the same amount comes every month.",
    find=_find,
)
