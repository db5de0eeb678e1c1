"""Mirror transfers: money comes to one hub, and as much less a fee leaves another hub elsewhere soon after."""

from typing import Any, Final

from headwater.engines.trace.shapes import both_legs, paid_in, payment_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typologies.gather_scatter import both_sides
from headwater.engines.trace.typology import EGMONT, HOUR_S, MINOR, Claims, Parameter, Params, Typology

_ROOM: Final = 0.02
"""Width of an amount's bin, of its eighth root: 4.4 % of an amount of 300.00, 1.6 % of a million."""
_SLOTS: Final = 4
"""Into so many slots a window of time is cut."""


def amount_bin(value: Any) -> Any:  # noqa: ANN401 - Ibis expressions
    """Return the bin of an amount: square roots are exact on every engine, logarithms are not."""
    return (value.cast("float64").sqrt().sqrt().sqrt() / _ROOM).floor().cast("int64")


def _each(first: Any, last: Any) -> Any:  # noqa: ANN401
    """Return a column that repeats its row for each whole number from the first to the last."""
    return need_ibis().range(first.cast("int64"), last.cast("int64") + 1).unnest()


def pairs_of(sheets: Any, given: Params) -> Any:  # noqa: ANN401
    """Return payments into hubs with the payments out of other hubs elsewhere that mirror them."""
    paid = sheets.payments
    paid = paid.filter(paid.worth >= given["least_amount"])
    quiet = sheets.degrees
    quiet = quiet.filter(quiet.n_in + quiet.n_out <= given["most_busy"]).select("acc")
    # Value that arrives by settlement was not paid in at the hub that pays out, and does not leave the hub that took it.
    sides = both_sides(paid)
    moved = sides.group_by("subject").aggregate(got=sides.came.sum(), sent=sides.went.sum())
    sinks = moved.filter(moved.sent * 100 <= moved.got * given["most_fed"]).select(acc="subject")
    springs = moved.filter(moved.got * 100 <= moved.sent * given["most_fed"]).select(acc="subject")
    # Who pays or is paid month after month is a tenant, an employee or a relative: such accounts would pair by chance.
    ins = paid.group_by(hub="dst").aggregate(payers=paid.src.nunique(), all_in=paid.count())
    ins = ins.filter((ins.payers >= given["least_payers"]) & (ins.all_in <= ins.payers * given["most_each"]))
    ins = ins.semi_join(quiet, [("hub", "acc")]).semi_join(sinks, [("hub", "acc")])
    outs = paid.group_by(hub2="src").aggregate(payees=paid.dst.nunique(), all_out=paid.count())
    outs = outs.filter((outs.payees >= given["least_payers"]) & (outs.all_out <= outs.payees * given["most_each"]))
    outs = outs.semi_join(quiet, [("hub2", "acc")]).semi_join(springs, [("hub2", "acc")])
    window_s = given["window_hours"] * HOUR_S
    came = paid.select("src", "t", "value", "unit", "tab", "row", "from_country", "to_country", hub="dst")
    came = sheets.hold(came.semi_join(ins, "hub"))
    slot_s = max(1, window_s // _SLOTS)
    came = came.mutate(slot=(came.t // slot_s).cast("int64"), bin=amount_bin(came.value))
    went = paid.select(
        hub2="src",
        payee="dst",
        t2="t",
        value2="value",
        unit2="unit",
        tab2="tab",
        row2="row",
        from2="from_country",
        to2="to_country",
    )
    went = sheets.hold(went.semi_join(outs, "hub2"))
    # What went out stands in every slot and every bin in which what came in may lie: a pair meets in just one.
    before, dearest = went.t2 - window_s, went.value2 * 1000 // max(1, 1000 - given["most_fee"]) + 1
    went = went.mutate(slot=_each(before // slot_s, went.t2 // slot_s), last=amount_bin(dearest))
    went = went.mutate(bin=_each(amount_bin(went.value2), went.last))
    pairs = came.join(went, ["slot", "bin"])
    pairs = pairs.filter(
        (pairs.hub != pairs.hub2)
        & (pairs.unit == pairs.unit2)
        & ((pairs.to_country != pairs.from2) | (pairs.to_country == ""))
        & (pairs.t2 >= pairs.t)
        & (pairs.t2 - pairs.t <= window_s)
        & (pairs.value2 * 1000 <= pairs.value * (1000 - given["least_fee"]))
        & (pairs.value2 * 1000 >= pairs.value * (1000 - given["most_fee"]))
    )
    return pairs.drop("slot", "bin", "last", "unit2", "from2")


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401
    ibis = need_ibis()
    pairs = pairs_of(sheets, given)
    keys = ["hub", "hub2", "unit"]
    # Most hubs meet a few times by chance. Counting that is cheap, keeping the pairs and counting who met is not.
    met = sheets.hold(
        pairs.group_by(keys).aggregate(n=pairs.count()).filter(lambda rows: rows.n >= given["least_payers"])
    )
    pairs = sheets.hold(pairs.semi_join(met, keys))
    sums = pairs.group_by(keys).aggregate(
        payers=pairs.src.nunique(),
        payees=pairs.payee.nunique(),
        ins=(pairs.tab.cast("int64") * 2**40 + pairs.row).nunique(),
        outs=(pairs.tab2.cast("int64") * 2**40 + pairs.row2).nunique(),
        begun=pairs.t.min(),
        ended=pairs.t2.max(),
    )
    sums = sums.filter((sums.payers >= given["least_payers"]) & (sums.payees >= given["least_payers"]))
    paid = sheets.payments
    paid = paid.filter(paid.worth >= given["least_amount"])
    of_hub = paid.group_by(hub="dst").aggregate(all_in=paid.count())
    of_hub2 = paid.group_by(hub2="src").aggregate(all_out=paid.count())
    sums = sums.join(of_hub, "hub").join(of_hub2, "hub2")
    share = given["least_share"]
    sums = sums.filter((sums.ins * 100 >= sums.all_in * share) & (sums.outs * 100 >= sums.all_out * share))
    pairs = pairs.semi_join(sums, keys)
    common = {
        "subject": pairs.hub,
        "subject2": pairs.hub2,
        "unit": pairs.unit,
        "from_country": pairs.from_country,
        "to_country": pairs.to2,
    }
    rows = both_legs(
        pairs,
        common,
        {"party": pairs.src, "out": ibis.literal(0, "int64"), "payer": pairs.src},
        {"party": pairs.payee, "out": pairs.value2, "payer": pairs.payee},
    )
    claims = payment_claims(
        sheets,
        rows,
        ["subject", "subject2", "unit"],
        payer="payer",
        payers=lambda rows: ibis.ifelse(rows.out == 0, rows.party, ibis.null("int32")).nunique(),
        payees=lambda rows: ibis.ifelse(rows.out > 0, rows.party, ibis.null("int32")).nunique(),
        out_minor=lambda rows: rows.out.sum(),
    )
    return paid_in(claims, "out_minor")


TYPOLOGY = Typology(
    name="mirror-transfer",
    title="payments into one hub come out of another, less a fee",
    needs=("payments",),
    parameters=(
        Parameter("window_hours", 72, "hours", "how soon the mirror payment follows"),
        Parameter("least_fee", 4, "thousandths", "the least that is kept"),
        Parameter("most_fee", 80, "thousandths", "the most that is kept"),
        Parameter("least_payers", 6, "accounts", "how many pay in, and how many are paid"),
        Parameter("least_share", 50, "per cent", "how much of what each hub does is mirrored"),
        Parameter(
            "most_fed", 60, "per cent", "how much of what one hub pays out was paid into it, and the other way round"
        ),
        Parameter("most_each", 4, "payments", "how often one counterpart stands in it on average, at most"),
        Parameter("least_amount", 20_000, MINOR, "smaller payments are left out"),
        Parameter("most_busy", 1_500, "payments", "busier accounts are offices and shops"),
    ),
    source=EGMONT,
    sentence="{payers} payers sent {amount} to {subject}; within days {subject2}, elsewhere, paid {payees} accounts "
    "{out_minor} in amounts that match one by one, less a fee.",
    innocent="Lawful brokers settle so: hawala and other value transfer by mirror is legal in many places. It is harmless "
    "where both ends are registered and know their customers. The manner of transfer alone says nothing.",
    find=_find,
    passage=True,
)
