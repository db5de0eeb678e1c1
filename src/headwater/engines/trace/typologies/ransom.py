"""Relatives pay again and again to one account, soon after a passage was paid: somebody may be held."""

from typing import Any

from headwater.engines.trace.shapes import bursts, keep_members, payment_claims
from headwater.engines.trace.typologies.supplier_behind_hubs import hubs_of
from headwater.engines.trace.typology import DAY_S, MINOR, UNODC, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    paid = sheets.payments
    paid = paid.filter(paid.worth >= given["least_amount"])
    hubs = hubs_of(sheets)
    to_hub = paid.semi_join(hubs, [("dst", "hub")])
    passage = to_hub.group_by("src").aggregate(passage_t=to_hub.t.min())
    later = paid.join(passage, "src")
    later = later.filter(
        (later.t > later.passage_t) & (later.t - later.passage_t <= given["after_days"] * DAY_S)
    ).anti_join(hubs, [("dst", "hub")])
    later = later.mutate(subject=later.dst)
    found = bursts(
        later,
        ["subject", "src", "unit"],
        given["window_days"] * DAY_S,
        lambda slots: slots.times >= given["least_times"],
        times=lambda slots: slots.count(),
    )
    claims = payment_claims(sheets, found, ["subject", "unit"], payer="src", payers=lambda rows: rows.src.nunique())
    groups = claims.groups.filter(claims.groups.payers >= given["least_payers"])
    return keep_members(Claims(groups, claims.members))


TYPOLOGY = Typology(
    name="ransom",
    title="repeated payments of relatives after a passage: somebody may be held",
    needs=("payments",),
    parameters=(
        Parameter("after_days", 60, "days", "how long after the passage was paid"),
        Parameter("window_days", 14, "days", "within how long one payer pays repeatedly"),
        Parameter("least_times", 3, "payments", "how often one payer pays"),
        Parameter("least_payers", 2, "accounts", "how many families pay"),
        Parameter("least_amount", 20_000, MINOR, "smaller payments are left out"),
    ),
    source=UNODC,
    sentence="After paying for a passage, {payers} payers sent {payments} further payments of {amount} to one account within weeks. "
    "People may be held against their will: look for them first.",
    innocent="A second part of the price, or help for somebody on the way. Nobody who pays is a suspect: those who pay are "
    "relatives, and may be victims.",
    find=_find,
    passage=True,
    protects=True,
)
