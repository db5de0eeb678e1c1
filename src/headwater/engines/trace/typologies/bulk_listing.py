"""Boats or engines offered in bulk by somebody whose business is another."""

from typing import Any

from headwater.engines.trace.shapes import bursts, goods_claims, is_boat, is_engine, is_gear
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typologies.boats_out_of_line import MARINE, with_business
from headwater.engines.trace.typology import DAY_S, EUROPOL, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    offers = sheets.raw("listings")
    offers = offers.filter(is_gear(offers.hs_code))
    zero, one = ibis.literal(0, "int64"), ibis.literal(1, "int64")
    pieces = ibis.greatest(offers.quantity.fill_null(one), one)
    offers = offers.mutate(
        t=(offers.time_us // 1_000_000).cast("int64"),
        subject=offers.seller,
        boats=ibis.ifelse(is_boat(offers.hs_code), pieces, zero),
        engines=ibis.ifelse(is_engine(offers.hs_code), pieces, zero),
        from_country=offers.country,
    )
    offers = with_business(sheets, offers, "seller")
    offers = offers.mutate(in_line=offers.activity.re_search(given["activities"]).cast("int64"))
    found = bursts(
        offers,
        ["subject"],
        given["window_days"] * DAY_S,
        lambda slots: (slots.pieces >= given["least_pieces"]) & (slots.in_line == 0),
        pieces=lambda slots: (slots.boats + slots.engines).sum(),
        in_line=lambda slots: slots.in_line.max(),
    )
    return goods_claims(
        sheets,
        found,
        ["subject"],
        "listings",
        boats=lambda rows: rows.boats.sum(),
        engines=lambda rows: rows.engines.sum(),
        contacts=lambda rows: rows.contact.nunique(),
    )


TYPOLOGY = Typology(
    name="bulk-listing",
    title="boats or engines offered in bulk by a seller of another business",
    needs=("listings",),
    parameters=(
        Parameter("window_days", 90, "days", "within how long"),
        Parameter("least_pieces", 10, "boats and engines", "how many are offered at least"),
        Parameter("activities", MARINE, "pattern", "lines of business in which such offers are no surprise"),
    ),
    source=EUROPOL,
    sentence="{subject}, whom no register shows in the boat trade, offered {boats} inflatable boats and {engines} outboard engines "
    "in {rows} offer(s) under {contacts} contact(s), from {first} to {last}.",
    innocent="A liquidator, an auctioneer or a shop that gives up sells a stock at once. It is harmless where the stock is there "
    "to see, and was bought with invoices.",
    find=_find,
)
