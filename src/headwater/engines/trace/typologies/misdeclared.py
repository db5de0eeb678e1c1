"""Boats declared as tarpaulin, engines as furniture: cheap goods at the price of dear ones, between known parties."""

from typing import Any

from headwater.engines.trace.shapes import digits, goods_claims, is_gear, shipped
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import EUROPOL, MINOR, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    goods = shipped(sheets)
    gear = goods.filter(is_gear(goods.hs_code))
    known = ibis.union(gear.select(party="seller"), gear.select(party="buyer"), distinct=True)
    covers = [code.strip() for code in given["covers"].split(",") if code.strip()]
    cover = goods.filter(
        digits(goods.hs_code).substr(0, 4).isin(covers)
        & (goods.quantity > 0)
        & (goods.worth >= goods.quantity * given["least_each"])
    )
    cover = cover.semi_join(known, [("seller", "party")])
    cover = cover.mutate(subject=cover.seller, subject2=cover.buyer)
    return goods_claims(
        sheets,
        cover,
        ["subject", "subject2"],
        "shipments",
        pieces=lambda rows: rows.quantity.sum(),
        transport=lambda rows: rows.transport.max(),
    )


TYPOLOGY = Typology(
    name="misdeclared",
    title="cover goods at the price of boats or engines, from a seller of those",
    needs=("shipments",),
    parameters=(
        Parameter("covers", "6306,9403,3926,9506", "HS headings", "tarpaulins, furniture, plastics, sports goods"),
        Parameter("least_each", 40_000, MINOR, "value of one piece from which it is too dear"),
    ),
    source=EUROPOL,
    sentence="{subject}, who sells boats or engines, declared {pieces} pieces worth {amount} as tarpaulin, furniture or the like "
    "for {subject2}; last in {transport}. A scan of the load can tell.",
    innocent="Dear tents and furniture exist. It is harmless where the load shows what was declared.",
    find=_find,
)
