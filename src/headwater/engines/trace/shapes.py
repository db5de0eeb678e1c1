"""Shapes that many typologies share, as expressions: bursts within a window, sums of both sides, claims from rows.

A window that slides is laid over fixed slots: each payment stands in two rows of slots that are half a window apart, so
that whatever fits into half a window stands whole in one of them. That costs a grouping and no join, and runs alike on
DuckDB and on Spark.
"""

from typing import Any, Final

from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import Claims
from headwater.engines.trace.worth import worth

SEVERAL: Final = "several"
_BOATS: Final = ("890310", "890311", "890312", "890319")
"""Inflatable boats in the Harmonised System: 8903.10 until 2021, 8903.11, .12 and .19 since HS 2022 (WCO)."""
_ENGINES: Final = ("840721",)
_JACKETS: Final = ("630720",)


def digits(column: Any) -> Any:  # noqa: ANN401 - Ibis expressions throughout
    """Return an HS code without its points."""
    return column.replace(".", "").replace(" ", "")


def is_boat(column: Any) -> Any:  # noqa: ANN401
    """Return whether an HS code is that of an inflatable boat."""
    return digits(column).substr(0, 6).isin(_BOATS)


def is_engine(column: Any) -> Any:  # noqa: ANN401
    """Return whether an HS code is that of an outboard engine (8407.21)."""
    return digits(column).substr(0, 6).isin(_ENGINES)


def is_jacket(column: Any) -> Any:  # noqa: ANN401
    """Return whether an HS code is that of life jackets and belts (6307.20)."""
    return digits(column).substr(0, 6).isin(_JACKETS)


def is_gear(column: Any) -> Any:  # noqa: ANN401
    """Return whether an HS code is that of a boat, an outboard engine or life jackets."""
    return digits(column).substr(0, 6).isin((*_BOATS, *_ENGINES, *_JACKETS))


def in_slots(rows: Any, window_s: int) -> Any:  # noqa: ANN401
    """Return the rows twice, each time with ``slot``: the even and the odd row of windows, half a window apart."""
    ibis = need_ibis()
    half = window_s // 2
    even = rows.mutate(slot=(rows.t // window_s * 2).cast("int64"))
    odd = rows.mutate(slot=((rows.t + half) // window_s * 2 + 1).cast("int64"))
    return ibis.union(even, odd)


def gathering(sheets: Any, least_amount: int, least_payers: int) -> Any:  # noqa: ANN401
    """Return accounts (``acc``) that so many different payers ever paid, small payments left out; counted once a run.

    What a window holds, a year holds too: whoever is not here is in no burst of so many payers.
    """

    def count() -> Any:  # noqa: ANN401
        paid = sheets.payments
        paid = paid.filter(paid.worth >= least_amount)
        return paid.group_by(acc=paid.dst).aggregate(payers=paid.src.nunique())

    found = sheets.keep(f"gathering-{least_amount}", count)
    return found.filter(found.payers >= least_payers).select("acc")


def bursts(rows: Any, by: list[str], window_s: int, enough: Any, **sums: Any) -> Any:  # noqa: ANN401
    """Return the rows that stand in a slot of which a condition holds, each once.

    Args:
        rows: payments or the like, with ``t``, ``tab`` and ``row``.
        by: columns that a group is made by, besides the slot.
        window_s: length of the window, in seconds.
        enough: from the aggregated slots to whether one counts.
        sums: aggregates of a slot, each a function of the rows.
    """
    slots = in_slots(rows, window_s)
    keys = [*by, "slot"]
    found = slots.group_by(keys).aggregate(**{name: make(slots) for name, make in sums.items()})
    return slots.semi_join(found.filter(enough(found)), keys).drop("slot").distinct()


def one_or_several(column: Any) -> Any:  # noqa: ANN401
    """Return the one value of a group, ``several`` where it has more."""
    ibis = need_ibis()
    return ibis.ifelse(column.min() == column.max(), column.min(), ibis.literal(SEVERAL))


def key_of(*columns: Any) -> Any:  # noqa: ANN401
    """Return the name of a claim: its columns as one text."""
    found = columns[0].cast("string")
    for column in columns[1:]:
        found = found + "/" + column.cast("string")
    return found


def both_legs(pairs: Any, common: dict[str, Any], first: dict[str, Any], second: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return the payments of joined pairs as rows, each once: one leg is ``tab, row, t, value``, the other ends with 2.

    Args:
        pairs: rows with both legs side by side.
        common: columns that both legs take from the pair, as what names the claim.
        first: further columns of the first leg.
        second: the same columns for the second.
    """
    ibis = need_ibis()
    one = pairs.select(**common, tab=pairs.tab, row=pairs.row, t=pairs.t, value=pairs.value, **first)
    two = pairs.select(**common, tab=pairs.tab2, row=pairs.row2, t=pairs.t2, value=pairs.value2, **second)
    return ibis.union(one, two).distinct()


def paid_in(claims: Claims, passed_on: str) -> Claims:
    """Return claims whose amount is what came in: of money that passes through, what was passed on counts no second time."""
    groups = claims.groups
    return keep_members(Claims(groups.mutate(amount=groups.amount - groups[passed_on]), claims.members))


def payment_claims(sheets: Any, rows: Any, by: list[str], *, payer: str = "", **facts: Any) -> Claims:  # noqa: ANN401
    """Return claims made of payments, one for each group.

    Args:
        sheets: the tables of the run.
        rows: payments that a pattern is made of, each once in a group.
        by: columns that name a claim: ``subject``, perhaps ``subject2``, and ``unit``.
        payer: the column of accounts on the paying side of a passage, blank where there is none.
        facts: further aggregates for the sentence, each a function of the rows.
    """
    ibis = need_ibis()
    rows = sheets.hold(rows.mutate(key=key_of(*(rows[name] for name in by))))
    groups = rows.group_by(["key", *by]).aggregate(
        amount=rows.value.sum(),
        first_s=rows.t.min(),
        last_s=rows.t.max(),
        **{side: one_or_several(rows[side]) for side in ("from_country", "to_country") if side not in by},
        payments=rows.count(),
        **{name: make(rows) for name, make in facts.items()},
    )
    members = rows.select(
        "key",
        kind=ibis.literal("payments"),
        tab=rows.tab,
        row=rows.row,
        payer=rows[payer].cast("int64") if payer else ibis.literal(-1, "int64"),
    )
    return Claims(groups, members)


def keep_members(claims: Claims) -> Claims:
    """Return claims whose groups were narrowed, with the members of those that are left."""
    return Claims(claims.groups, claims.members.semi_join(claims.groups, "key"))


def goods_claims(sheets: Any, rows: Any, by: list[str], kind: str, **facts: Any) -> Claims:  # noqa: ANN401
    """Return claims made of rows of another table: ``subject`` is a name there, not a number.

    The rows need ``t``; where they have ``value`` and ``unit`` these are summed.
    """
    ibis = need_ibis()
    rows = sheets.hold(rows.mutate(key=key_of(*(rows[name] for name in by))))
    sums: dict[str, Any] = {}
    if "value" in rows.columns:
        sums = {"amount": rows.value.sum(), "unit": one_or_several(rows.unit)}
    sums |= {side: one_or_several(rows[side]) for side in ("from_country", "to_country") if side in rows.columns}
    groups = rows.group_by(["key", *by]).aggregate(
        first_s=rows.t.min(),
        last_s=rows.t.max(),
        rows=rows.count(),
        **sums,
        **{name: make(rows) for name, make in facts.items()},
    )
    groups = blanks(groups)
    members = rows.select(
        "key", kind=ibis.literal(kind), tab=rows.tab, row=rows.row, payer=ibis.literal(-1, "int64")
    ).distinct()
    return Claims(groups, members)


def blanks(groups: Any) -> Any:  # noqa: ANN401
    """Return groups with every column that a claim has, blank or nothing where its rows say nothing of it."""
    ibis = need_ibis()
    zero, blank = ibis.literal(0, "int64"), ibis.literal("")
    every = {"amount": zero, "unit": blank, "first_s": zero, "last_s": zero, "from_country": blank, "to_country": blank}
    return groups.mutate(**{name: value for name, value in every.items() if name not in groups.columns})


def metres(lat: Any, lon: Any, other_lat: Any, other_lon: Any) -> Any:  # noqa: ANN401
    """Return the distance of two places in metres, flat over some tens of kilometres: millionths of a degree in.

    A degree of latitude is 111,195 m on a sphere of 6,371 km; one of longitude shrinks with the cosine of the latitude,
    here by its series to the fourth power, which every engine computes alike. Within 0.1 % at 60 degrees.
    """
    a = lat.cast("float64") * 1e-6 * 0.017453292519943295
    square = a * a
    cosine = 1.0 - square / 2.0 + square * square / 24.0 - square * square * square / 720.0
    north = (lat - other_lat).cast("float64") * 0.111195
    east = (lon - other_lon).cast("float64") * 0.111195 * cosine
    return (north * north + east * east).sqrt()


def shipped(sheets: Any) -> Any:  # noqa: ANN401
    """Return the shipments with ``t`` in seconds, ``value`` and ``unit``."""
    raw = sheets.raw("shipments")
    rows = raw.mutate(t=(raw.time_us // 1_000_000).cast("int64"), value=raw.amount.fill_null(0), unit=raw.currency)
    return rows.mutate(worth=worth(rows.value, rows.unit))
