"""An account sleeps for months and then is paid by many at once."""

from typing import Any

from headwater.engines.trace.shapes import gathering, payment_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typologies.gather_scatter import both_sides
from headwater.engines.trace.typology import DAY_S, FATF, MINOR, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    paid = sheets.payments
    month = given["window_days"] * DAY_S
    hubs = gathering(sheets, given["least_amount"], given["least_payers"])
    sides = both_sides(paid).semi_join(hubs, [("subject", "acc")])
    slots = sides.mutate(slot=(sides.t // month).cast("int64"))
    sums = slots.group_by(["subject", "slot"]).aggregate(
        begun=slots.t.min(),
        ended=slots.t.max(),
        others=ibis.ifelse(
            (slots.is_out == 0) & (slots.worth >= given["least_amount"]), slots.other, ibis.null("int32")
        ).nunique(),
    )
    before = ibis.window(group_by=sums.subject, order_by=sums.slot)
    woken = sums.mutate(gap=sums.begun - sums.ended.lag().over(before))
    # The month in which it wakes may be cut: the one after counts too.
    next_others = woken.others.lead().over(ibis.window(group_by=woken.subject, order_by=woken.slot))
    next_slot = woken.slot.lead().over(ibis.window(group_by=woken.subject, order_by=woken.slot))
    woken = woken.mutate(more=ibis.ifelse(next_slot == woken.slot + 1, next_others, 0).fill_null(0))
    woken = woken.filter(
        (woken.gap >= given["sleep_days"] * DAY_S) & (woken.others + woken.more >= given["least_payers"])
    )
    woken = woken.select("subject", woke="begun", slept=woken.gap)
    rows = sides.join(woken, "subject")
    rows = rows.filter(
        (rows.t >= rows.woke)
        & (rows.t < rows.woke + 2 * month)
        & (rows.is_out == 0)
        & (rows.worth >= given["least_amount"])
    )
    return payment_claims(
        sheets,
        rows,
        ["subject", "unit"],
        payers=lambda found: found.src.nunique(),
        slept_days=lambda found: found.slept.max() // DAY_S,
    )


TYPOLOGY = Typology(
    name="dormant-active",
    title="an account sleeps for months, then many pay into it",
    needs=("payments",),
    parameters=(
        Parameter("sleep_days", 150, "days", "how long nothing moves"),
        Parameter("window_days", 30, "days", "within how long after it wakes the payers come"),
        Parameter("least_payers", 6, "accounts", "how many different payers"),
        Parameter("least_amount", 20_000, MINOR, "smaller payments are left out"),
    ),
    source=FATF,
    sentence="After {slept_days} days without a payment, {payers} payers sent {amount} to {subject} from {first} to {last}.",
    innocent="Seasonal work and seasonal shops sleep every winter; an heir or a club may wake an account. It is harmless "
    "where the same happens every year with the same counterparts.",
    find=_find,
)
