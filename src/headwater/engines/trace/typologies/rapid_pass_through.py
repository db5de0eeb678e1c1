"""Money leaves an account within hours of coming in, and little stays."""

from typing import Any

from headwater.engines.trace.shapes import in_slots, payment_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typologies.gather_scatter import both_sides
from headwater.engines.trace.typology import FATF, HOUR_S, MINOR, Claims, Parameter, Params, Typology


def _in_and_out(slots: Any) -> Any:  # noqa: ANN401 - Ibis expressions
    """Return the rows of windows with a payment in and one out: few, so that there is little to sum."""
    keys = ["subject", "unit", "slot"]
    came, went = slots.filter(slots.is_out == 0), slots.filter(slots.is_out == 1)
    came = came.semi_join(went, keys)
    return need_ibis().union(came, went.semi_join(came, keys))


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401
    paid = sheets.payments
    quiet = sheets.degrees
    quiet = quiet.filter((quiet.n_in > 0) & (quiet.n_out > 0) & (quiet.n_in + quiet.n_out <= given["most_busy"]))
    # A payment stands in two windows, and a window that counts has one in and one out.
    quiet = quiet.filter((quiet.n_in * 2 >= given["least_times"]) & (quiet.n_out * 2 >= given["least_times"]))
    sides = both_sides(paid.filter(paid.worth >= given["least_amount"]))
    sides = sides.semi_join(quiet.select(subject="acc"), "subject")
    slots = _in_and_out(in_slots(sides, given["window_hours"] * HOUR_S))
    sums = slots.group_by(["subject", "unit", "slot"]).aggregate(
        got=slots.came.sum(),
        got_worth=(slots.worth * (1 - slots.is_out)).sum(),
        sent=slots.went.sum(),
        last_in=(slots.t * (1 - slots.is_out)).max(),
        last_out=(slots.t * slots.is_out).max(),
    )
    sums = sums.filter(
        (sums.got_worth >= given["least_total"])
        & (sums.sent * 100 >= sums.got * (100 - given["most_kept"]))
        & (sums.sent <= sums.got)
        & (sums.last_out >= sums.last_in)
    )
    often = sums.group_by(["subject", "unit"]).aggregate(times=sums.count())
    often = often.filter(often.times >= given["least_times"])
    hit = sums.semi_join(often, ["subject", "unit"])
    rows = slots.semi_join(hit, ["subject", "unit", "slot"]).drop("slot").distinct()
    claims = payment_claims(
        sheets,
        rows,
        ["subject", "unit"],
        out_minor=lambda found: found.went.sum(),
        payers=lambda found: found.src.nunique(),
    )
    return Claims(claims.groups.mutate(amount=claims.groups.amount - claims.groups.out_minor), claims.members)


TYPOLOGY = Typology(
    name="rapid-pass-through",
    title="money leaves within hours of coming in",
    needs=("payments",),
    parameters=(
        Parameter("window_hours", 24, "hours", "within how long it leaves"),
        Parameter("most_kept", 12, "per cent", "how much may stay"),
        Parameter("least_times", 4, "windows", "how often it happens; windows overlap, so one time may count twice"),
        Parameter("least_total", 100_000, MINOR, "how much comes in within one window"),
        Parameter("least_amount", 10_000, MINOR, "smaller payments are left out"),
        Parameter("most_busy", 2_000, "payments", "busier accounts are businesses"),
    ),
    source=FATF,
    sentence="{amount} came to {subject} and {out_minor} of it left again within hours, in {payments} payments from {first} "
    "to {last}.",
    innocent="Wages that go on to rent and savings at once, agents and escrow accounts look alike. It is harmless where the "
    "same standing orders follow every payday.",
    find=_find,
)
