"""Money is held by a third party and released after an arrival."""

from typing import Any

from headwater.engines.trace.shapes import both_legs, paid_in, payment_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import DAY_S, HOUR_S, MINOR, UNODC, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    paid = sheets.payments
    paid = paid.filter(paid.worth >= given["least_amount"])
    quiet = sheets.degrees
    quiet = quiet.filter(
        (quiet.n_in + quiet.n_out <= given["most_busy"]) & (quiet.n_in >= given["least_times"]) & (quiet.n_out > 0)
    ).select(holder="acc")
    came = paid.mutate(holder=paid.dst).semi_join(quiet, "holder")
    went = paid.select(
        holder="src",
        taker="dst",
        t2="t",
        value2="value",
        unit2="unit",
        tab2="tab",
        row2="row",
        to2="to_country",
    ).semi_join(quiet, "holder")
    pairs = came.join(went, "holder")
    pairs = pairs.filter(
        (pairs.unit == pairs.unit2)
        & (pairs.t2 - pairs.t >= given["least_held_hours"] * HOUR_S)
        & (pairs.t2 - pairs.t <= given["most_held_days"] * DAY_S)
        & (pairs.value2 <= pairs.value)
        & (pairs.value2 * 100 >= pairs.value * given["least_share"])
    )
    seen = sheets.raw("crossings")
    seen = seen.mutate(day=(seen.time_us // 1_000_000 // DAY_S).cast("int64"))
    span = given["after_days"]
    days = ibis.union(*(seen.select(day=seen.day + step) for step in range(span + 1)), distinct=True)
    pairs = sheets.hold(pairs.mutate(day=(pairs.t2 // DAY_S).cast("int64")).semi_join(days, "day"))
    keys = ["holder", "taker", "unit"]
    ends = pairs.group_by(keys).aggregate(
        payers=pairs.src.nunique(), outs=(pairs.tab2.cast("int64") * 2**40 + pairs.row2).nunique()
    )
    ends = ends.filter((ends.payers >= given["least_times"]) & (ends.outs >= given["least_times"]))
    pairs = pairs.semi_join(ends, keys)
    common = {
        "subject": pairs.holder,
        "subject2": pairs.taker,
        "unit": pairs.unit,
        "from_country": pairs.from_country,
        "to_country": pairs.to2,
    }
    rows = both_legs(
        pairs,
        common,
        {"payer": pairs.src, "out": ibis.literal(0, "int64")},
        {"payer": ibis.literal(-1, "int32"), "out": pairs.value2},
    )
    claims = payment_claims(
        sheets,
        rows,
        ["subject", "subject2", "unit"],
        payer="payer",
        payers=lambda rows: ibis.ifelse(rows.payer >= 0, rows.payer, ibis.null("int32")).nunique(),
        out_minor=lambda rows: rows.out.sum(),
    )
    return paid_in(claims, "out_minor")


TYPOLOGY = Typology(
    name="escrow-after-arrival",
    title="a third party holds money and releases it after arrivals",
    needs=("payments", "crossings"),
    parameters=(
        Parameter("least_held_hours", 48, "hours", "how long the money rests, at least"),
        Parameter("most_held_days", 45, "days", "how long the money rests, at most"),
        Parameter("after_days", 3, "days", "how soon after a crossing it is released"),
        Parameter("least_share", 90, "per cent", "how much of a deposit is released"),
        Parameter("least_times", 5, "payers", "how many deposits are released to the same account"),
        Parameter("least_amount", 50_000, MINOR, "smaller payments are left out"),
        Parameter("most_busy", 400, "payments", "busier accounts are businesses"),
    ),
    source=UNODC,
    sentence="{payers} payers left {amount} with {subject}, which paid {out_minor} on to {subject2} within days after crossings "
    "that were seen.",
    innocent="Solicitors, letting agents and sellers' escrow services hold money and release it. It is harmless where a "
    "contract names the condition, and it has nothing to do with a journey.",
    find=_find,
    passage=True,
)
