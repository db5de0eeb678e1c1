"""Gear stored far inland, and several vehicles that leave for the coast together: a forerunner and a load."""

from typing import Any

from headwater.engines.trace.shapes import bursts, goods_claims, keep_members
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typologies.boats_out_of_line import gear_bought, nearest
from headwater.engines.trace.typologies.hire_to_border import one_way
from headwater.engines.trace.typology import EUROPOL, HOUR_S, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    goods = nearest(sheets, gear_bought(sheets), ("beach", "river"))
    stored = goods.filter(goods.near_m >= given["least_inland_m"])
    many = stored.group_by(subject="buyer").aggregate(pieces=(stored.boats + stored.engines).sum())
    many = many.filter(many.pieces >= given["least_pieces"])
    hires = one_way(sheets, given["least_way_m"])
    hires = hires.mutate(subject=hires.hirer).semi_join(many, "subject")
    convoys = bursts(
        hires,
        ["subject"],
        given["together_hours"] * HOUR_S,
        lambda slots: slots.vehicles >= 2,  # noqa: PLR2004 - one that looks ahead and one that carries
        vehicles=lambda slots: slots.vehicle.nunique(),
    )
    zero = ibis.literal(0, "int64")
    cars = convoys.select("subject", "tab", "row", "t", kind=ibis.literal("hires"), pieces=zero, hired=zero + 1)
    loads = stored.mutate(subject=stored.buyer).semi_join(convoys, "subject")
    loads = loads.select(
        "subject", "tab", "row", "t", kind=ibis.literal("shipments"), pieces=(loads.boats + loads.engines), hired=zero
    )
    rows = ibis.union(cars, loads).distinct()
    claims = goods_claims(
        sheets,
        rows,
        ["subject"],
        "shipments",
        pieces=lambda found: found.pieces.sum(),
        hires=lambda found: found.hired.sum(),
    )
    members = rows.select(
        key=rows.subject, kind=rows.kind, tab=rows.tab, row=rows.row, payer=ibis.literal(-1, "int64")
    ).distinct()
    return keep_members(Claims(claims.groups, members))


TYPOLOGY = Typology(
    name="storage-inland",
    title="gear stored far inland and a forerunner car",
    needs=("shipments", "hires", "places"),
    parameters=(
        Parameter("least_inland_m", 120_000, "metres", "how far the store lies from beaches and rivers"),
        Parameter("least_pieces", 4, "boats and engines", "how many are stored"),
        Parameter("least_way_m", 80_000, "metres", "how far the vehicles go"),
        Parameter("together_hours", 6, "hours", "within how long the vehicles leave"),
    ),
    source=EUROPOL,
    sentence="{subject} had {pieces} boats and engines delivered far inland and hired {hires} vehicles that left one way together.",
    innocent="Firms store where storage is cheap and move with two vans. It is harmless where the goods come back to a shop.",
    find=_find,
)
