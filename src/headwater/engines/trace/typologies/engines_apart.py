"""Outboard engines and boats go to one place for different buyers."""

from typing import Any

from headwater.engines.trace.shapes import both_legs, goods_claims, metres
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typologies.boats_out_of_line import gear_bought
from headwater.engines.trace.typology import DAY_S, EUROPOL, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    goods = gear_bought(sheets)
    goods = goods.filter(goods.lat_e6.notnull() & goods.lon_e6.notnull())
    kinds = goods.group_by("buyer").aggregate(all_boats=goods.boats.sum(), all_engines=goods.engines.sum())
    goods = goods.join(kinds, "buyer")
    window_s = given["window_days"] * DAY_S
    wanted = ("tab", "row", "t", "buyer", "seller", "to_country", "from_country", "lat_e6", "lon_e6", "value", "unit")
    hulls = goods.filter((goods.all_engines == 0) & (goods.boats > 0)).select(*wanted, pieces="boats")
    motors = goods.filter((goods.all_boats == 0) & (goods.engines > 0)).select(*wanted, pieces="engines")
    hulls = hulls.mutate(slot=(hulls.t // window_s).cast("int64"))
    motors = motors.rename(**{f"{name}2": name for name in (*wanted, "pieces") if name != "to_country"})
    motors = motors.mutate(slot=(motors.t2 // window_s).cast("int64"))
    motors = ibis.union(motors, motors.mutate(slot=motors.slot - 1), motors.mutate(slot=motors.slot + 1))
    pairs = hulls.join(motors, ["to_country", "slot"])
    near = metres(pairs.lat_e6, pairs.lon_e6, pairs.lat_e62, pairs.lon_e62) <= given["within_m"]
    pairs = pairs.filter(near & ((pairs.t - pairs.t2).abs() <= window_s) & (pairs.buyer != pairs.buyer2))
    both = pairs.group_by(["buyer", "buyer2"]).aggregate(boats=pairs.pieces.sum(), engines=pairs.pieces2.sum())
    both = both.filter((both.boats >= given["least_pieces"]) & (both.engines >= given["least_pieces"]))
    pairs = pairs.semi_join(both, ["buyer", "buyer2"])
    zero = ibis.literal(0, "int64")
    rows = both_legs(
        pairs,
        {"subject": pairs.buyer, "subject2": pairs.buyer2, "to_country": pairs.to_country},
        {"unit": pairs.unit, "from_country": pairs.from_country, "boats": pairs.pieces, "engines": zero},
        {"unit": pairs.unit2, "from_country": pairs.from_country2, "boats": zero, "engines": pairs.pieces2},
    )
    return goods_claims(
        sheets,
        rows,
        ["subject", "subject2"],
        "shipments",
        boats=lambda rows: rows.boats.sum(),
        engines=lambda rows: rows.engines.sum(),
    )


TYPOLOGY = Typology(
    name="engines-apart",
    title="boats and engines go to one place for different buyers",
    needs=("shipments",),
    parameters=(
        Parameter("window_days", 30, "days", "within how long"),
        Parameter("within_m", 15_000, "metres", "how near the two deliveries are"),
        Parameter("least_pieces", 3, "pieces", "how many boats, and how many engines"),
    ),
    source=EUROPOL,
    sentence="{boats} boats went to {subject}, who buys no engines, and {engines} engines to {subject2}, who buys no boats, near "
    "the same place from {first} to {last}.",
    innocent="Two shops of one town may each sell one of them. It is harmless where both sell to the public.",
    find=_find,
)
