"""One business is paid by several hubs."""

from typing import Any

from headwater.engines.trace.shapes import keep_members, payment_claims
from headwater.engines.trace.typologies import corridor_fan_in
from headwater.engines.trace.typology import EUROPOL, MINOR, Claims, Parameter, Params, Typology


def hubs_of(sheets: Any) -> Any:  # noqa: ANN401 - Ibis expressions
    """Return the members and groups of corridor fan-in with its default parameters, computed once a run."""
    typology = corridor_fan_in.TYPOLOGY
    return sheets.keep(
        "hubs", lambda: typology.find(sheets, typology.params({})).groups.select(hub="subject").distinct()
    )


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401
    paid = sheets.payments
    paid = paid.filter(paid.worth >= given["least_amount"])
    quiet = sheets.degrees
    quiet = quiet.filter(quiet.n_in <= given["most_busy"]).select(dst="acc")
    rows = paid.semi_join(hubs_of(sheets), [("src", "hub")]).semi_join(quiet, "dst")
    rows = rows.semi_join(sheets.parties.select(dst="acc").distinct(), "dst")
    rows = rows.mutate(subject=rows.dst)
    claims = payment_claims(sheets, rows, ["subject", "unit"], hubs=lambda found: found.src.nunique())
    groups = claims.groups.filter(claims.groups.hubs >= given["least_hubs"])
    return keep_members(Claims(groups, claims.members))


TYPOLOGY = Typology(
    name="supplier-behind-hubs",
    title="one business is paid by several hubs",
    needs=("payments", "companies"),
    parameters=(
        Parameter("least_hubs", 2, "accounts", "how many hubs pay it"),
        Parameter("least_amount", 20_000, MINOR, "smaller payments are left out"),
        Parameter("most_busy", 5_000, "payments", "businesses that everybody pays are left out"),
    ),
    source=EUROPOL,
    sentence="{hubs} hubs of small corridor payments paid {amount} to the business {subject} in {payments} payments, from {first} "
    "to {last}.",
    innocent="Hubs are accounts of people who buy things too. It is harmless where the business sells what anybody buys and "
    "the hubs are its ordinary customers.",
    find=_find,
)
