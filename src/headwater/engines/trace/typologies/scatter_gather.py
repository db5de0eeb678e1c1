"""Money leaves one account for several and meets again at another, about as much as was sent."""

from typing import Any

from headwater.engines.trace.shapes import both_legs, paid_in, payment_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import DAY_S, FATF, MINOR, Claims, Parameter, Params, Typology


def legs(sheets: Any, given: Params) -> Any:  # noqa: ANN401 - Ibis expressions
    """Return pairs of payments through one middle account: fresh, about equal, and through no busy account."""
    ibis = need_ibis()
    paid = sheets.payments
    quiet = sheets.degrees
    quiet = quiet.filter(
        (quiet.n_in <= given["most_busy"]) & (quiet.n_out <= given["most_busy"]) & (quiet.n_in > 0) & (quiet.n_out > 0)
    ).select(mid="acc")
    paid = paid.filter(paid.worth >= given["least_amount"])
    first = paid.select(
        "tab", "row", "t", "src", "value", "unit", "from_country", "to_country", mid=paid.dst
    ).semi_join(quiet, "mid")
    second = paid.select(
        mid="src",
        dst2="dst",
        t2="t",
        value2="value",
        unit2="unit",
        tab2="tab",
        row2="row",
        to2="to_country",
        from2="from_country",
    ).semi_join(quiet, "mid")
    # Equality on slots as long as the window keeps the join from growing with the square of an account's payments.
    window_s = given["window_days"] * DAY_S
    first = first.mutate(slot=(first.t // window_s).cast("int64"))
    second = ibis.union(
        second.mutate(slot=(second.t2 // window_s).cast("int64")),
        second.mutate(slot=(second.t2 // window_s - 1).cast("int64")),
    )
    pairs = first.join(second, ["mid", "slot"])
    return pairs.filter(
        (pairs.t2 >= pairs.t)  # some statements know days only
        & (pairs.t2 - pairs.t <= window_s)
        & (pairs.unit == pairs.unit2)
        & (pairs.value2 * 100 >= pairs.value * given["least_share"])
        & (pairs.value2 <= pairs.value)
        & (pairs.src != pairs.dst2)
    )


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401
    ibis = need_ibis()
    pairs = sheets.hold(legs(sheets, given))
    keys = ["src", "dst2", "unit"]
    ends = pairs.group_by(keys).aggregate(middles=pairs.mid.nunique(), spread=pairs.t2.max() - pairs.t.min())
    ends = ends.filter((ends.middles >= given["least_middles"]) & (ends.spread <= given["spread_days"] * DAY_S))
    pairs = pairs.semi_join(ends, keys)
    common = {"subject": pairs.src, "subject2": pairs.dst2, "unit": pairs.unit, "mid": pairs.mid}
    rows = both_legs(
        pairs,
        common,
        {"from_country": pairs.from_country, "to_country": pairs.to_country, "back": ibis.literal(0, "int64")},
        {"from_country": pairs.from2, "to_country": pairs.to2, "back": pairs.value2},
    )
    claims = payment_claims(
        sheets,
        rows,
        ["subject", "subject2", "unit"],
        middles=lambda found: found.mid.nunique(),
        back_minor=lambda found: found.back.sum(),
    )
    return paid_in(claims, "back_minor")


TYPOLOGY = Typology(
    name="scatter-gather",
    title="money parts over several accounts and meets again",
    needs=("payments",),
    parameters=(
        Parameter("window_days", 5, "days", "how long money may rest at a middle account"),
        Parameter("spread_days", 21, "days", "within how long all of it happens"),
        Parameter("least_middles", 3, "accounts", "over how many middle accounts"),
        Parameter("least_share", 80, "per cent", "how much of a payment goes on"),
        Parameter("least_amount", 20_000, MINOR, "smaller payments are left out"),
        Parameter("most_busy", 300, "payments", "middle accounts with more payments are shops and offices"),
    ),
    source=FATF,
    sentence="{subject} sent {amount} over {middles} accounts, of which {back_minor} met again at {subject2}, from {first} "
    "to {last}.",
    innocent="A family pays a shared bill, or employees hand a common cost on to one of them. It is harmless where those in "
    "the middle keep using their accounts for their own lives and can name the common cost.",
    find=_find,
)
