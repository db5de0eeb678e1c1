"""Boats or engines bought in bulk for cash, without a delivery address."""

from typing import Any

from headwater.engines.trace.shapes import bursts, goods_claims
from headwater.engines.trace.typologies.boats_out_of_line import gear_bought
from headwater.engines.trace.typology import DAY_S, NCA, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    goods = gear_bought(sheets)
    goods = goods.filter((goods.method == "cash") & (goods.address == ""))
    goods = goods.mutate(subject=goods.buyer)
    found = bursts(
        goods,
        ["subject"],
        given["window_days"] * DAY_S,
        lambda slots: slots.pieces >= given["least_pieces"],
        pieces=lambda slots: slots.quantity.sum(),
    )
    return goods_claims(
        sheets,
        found,
        ["subject"],
        "shipments",
        boats=lambda rows: rows.boats.sum(),
        engines=lambda rows: rows.engines.sum(),
        jackets=lambda rows: rows.jackets.sum(),
        sellers=lambda rows: rows.seller.nunique(),
    )


TYPOLOGY = Typology(
    name="bulk-cash",
    title="boats or engines in bulk, for cash and without a delivery address",
    needs=("shipments",),
    parameters=(
        Parameter("window_days", 21, "days", "within how long"),
        Parameter("least_pieces", 4, "pieces", "how many"),
    ),
    source=NCA,
    sentence="{subject} took {boats} boats, {engines} engines and {jackets} life jackets from {sellers} sellers for cash and left "
    "no delivery address, from {first} to {last}.",
    innocent="Clubs and fishermen pay cash and fetch what they bought. Cash alone is no sign: it is harmless where the goods "
    "are in use where the buyer lives.",
    find=_find,
)
