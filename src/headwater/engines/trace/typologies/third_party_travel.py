"""One private account pays the journeys of many."""

from typing import Any

from headwater.engines.trace.shapes import bursts, payment_claims
from headwater.engines.trace.typology import DAY_S, FATF, MINOR, Claims, Parameter, Params, Typology

_TRAVEL = "airline|travel|ferry|coach|hotel|hostel|ticket"


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    parties = sheets.parties
    sellers = parties.filter(parties.activity.re_search(given["activities"])).select(dst="acc").distinct()
    paid = sheets.payments
    paid = paid.filter(paid.worth >= given["least_amount"])
    tickets = paid.semi_join(sellers, "dst").anti_join(parties.select(src="acc").distinct(), "src")
    tickets = tickets.mutate(subject=tickets.src)
    found = bursts(
        tickets,
        ["subject", "unit"],
        given["window_days"] * DAY_S,
        lambda slots: slots.times >= given["least_tickets"],
        times=lambda slots: slots.count(),
    )
    return payment_claims(sheets, found, ["subject", "unit"], sellers=lambda rows: rows.dst.nunique())


TYPOLOGY = Typology(
    name="third-party-travel",
    title="a private account pays the journeys of many",
    needs=("payments", "companies"),
    parameters=(
        Parameter("window_days", 21, "days", "within how long"),
        Parameter("least_tickets", 8, "payments", "how many journeys or nights"),
        Parameter("least_amount", 3_000, MINOR, "smaller payments are left out"),
        Parameter("activities", _TRAVEL, "pattern", "lines of business that sell journeys and beds"),
    ),
    source=FATF,
    sentence="{subject}, which belongs to no registered business, made {payments} payments of {amount} to {sellers} sellers of "
    "journeys and beds, from {first} to {last}.",
    innocent="A family reunion, a team or an employer who books for staff. It is harmless where the travellers are known to "
    "the payer and travel openly in both directions.",
    find=_find,
)
