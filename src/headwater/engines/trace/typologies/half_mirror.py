"""Half a mirror: a hub takes a corridor's money in and hardly anything leaves; the other half may lie with a partner."""

from typing import Any

from headwater.engines.trace.shapes import bursts, gathering, keep_members, payment_claims
from headwater.engines.trace.typology import DAY_S, EGMONT, MINOR, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    paid = sheets.payments
    asked = paid.filter((paid.worth >= given["least_amount"]) & (paid.worth <= given["most_amount"]))
    hubs = gathering(sheets, given["least_amount"], given["least_payers"])
    asked = asked.semi_join(hubs, [("dst", "acc")]).mutate(subject=asked.dst)
    found = bursts(
        asked,
        ["subject", "unit"],
        given["window_days"] * DAY_S,
        lambda slots: slots.payers >= given["least_payers"],
        payers=lambda slots: slots.src.nunique(),
    )
    claims = payment_claims(sheets, found, ["subject", "unit"], payer="src", payers=lambda rows: rows.src.nunique())
    left = paid.group_by(subject="src", unit="unit").aggregate(left=paid.value.sum())
    groups = claims.groups.left_join(left, ["subject", "unit"])
    groups = groups.mutate(left_minor=groups.left.fill_null(0)).drop("left", "subject_right", "unit_right")
    groups = groups.filter(
        (groups.left_minor * 100 <= groups.amount * given["most_left"])
        & (groups.payments <= groups.payers * given["most_each"])
    )
    return keep_members(Claims(groups, claims.members))


TYPOLOGY = Typology(
    name="half-mirror",
    title="a hub takes money in and hardly any leaves: the other half may lie elsewhere",
    needs=("payments",),
    parameters=(
        Parameter("window_days", 30, "days", "within how long the payments come"),
        Parameter("least_payers", 10, "accounts", "how many different payers"),
        Parameter("least_amount", 20_000, MINOR, "smaller payments are left out"),
        Parameter("most_amount", 1_000_000, MINOR, "larger payments are no single passage"),
        Parameter("most_left", 25, "per cent", "how much of it leaves, at most"),
        Parameter("most_each", 3, "payments", "how often one payer pays on average, at most"),
    ),
    source=EGMONT,
    sentence="{payers} payers sent {amount} to {subject} from {first} to {last}, and only {left_minor} left it. If value moves "
    "by settlement, a partner holds the other half: payments of about these amounts, less a fee, soon after.",
    innocent="Savings clubs, schools, clinics and shops take money in and keep it. It is harmless where goods, fees or a "
    "register explain it. Settlement between brokers is lawful in many places.",
    find=_find,
    passage=True,
    shareable=True,
)
