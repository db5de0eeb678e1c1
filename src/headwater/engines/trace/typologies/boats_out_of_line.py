"""Boats, outboard engines or life jackets bought out of line with the buyer's business."""

from typing import Any

from headwater.engines.trace.shapes import (
    bursts,
    goods_claims,
    is_boat,
    is_engine,
    is_gear,
    is_jacket,
    keep_members,
    metres,
    shipped,
)
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import DAY_S, NCA, Claims, Parameter, Params, Typology

MARINE = "boat|marine|fish|sail|yacht|diving|water sport|chandler|rescue|angling|harbour"
_LEAP_YEAR_S = 1_577_836_800
"""2020-01-01T00:00:00Z: days of the year are counted from here, four years being 1,461 days."""


def gear_bought(sheets: Any) -> Any:  # noqa: ANN401 - Ibis expressions
    """Return sales of boats, engines and jackets with counts of each and the business of the buyer."""
    ibis = need_ibis()
    goods = shipped(sheets)
    goods = goods.filter(is_gear(goods.hs_code))
    zero = ibis.literal(0, "int64")
    goods = goods.mutate(
        boats=ibis.ifelse(is_boat(goods.hs_code), goods.quantity, zero),
        engines=ibis.ifelse(is_engine(goods.hs_code), goods.quantity, zero),
        jackets=ibis.ifelse(is_jacket(goods.hs_code), goods.quantity, zero),
    )
    return with_business(sheets, goods, "buyer")


def with_business(sheets: Any, rows: Any, party: str) -> Any:  # noqa: ANN401
    """Return rows with ``activity``, the business of a party by its number in a register or its account; blank where unknown."""
    ibis = need_ibis()
    if not sheets.has("companies"):
        return rows.mutate(activity=ibis.literal(""))
    firms = sheets.raw("companies")
    by_id = firms.select(party="id", business=firms.activity.lower())
    by_account = firms.filter(firms.account != "").select(party="account", business=firms.activity.lower())
    known = ibis.union(by_id, by_account).group_by("party").aggregate(business=ibis._.business.max())
    joined = rows.left_join(known, [(party, "party")]).drop("party")
    return joined.mutate(activity=joined.business.fill_null("")).drop("business")


def nearest(sheets: Any, goods: Any, kinds: tuple[str, ...]) -> Any:  # noqa: ANN401
    """Return rows with ``near_m``, metres from the delivery to the nearest place of some kinds; null where unknown."""
    ibis = need_ibis()
    if not sheets.has("places"):
        return goods.mutate(near_m=ibis.null("int64"))
    places = sheets.raw("places")
    places = places.filter(places.kind.isin(kinds)).select(place_lat="lat_e6", place_lon="lon_e6")
    spots = goods.filter(goods.lat_e6.notnull() & goods.lon_e6.notnull()).select("lat_e6", "lon_e6").distinct()
    far = spots.cross_join(places)
    far = far.mutate(metres=metres(far.lat_e6, far.lon_e6, far.place_lat, far.place_lon))
    near = far.group_by(["lat_e6", "lon_e6"]).aggregate(near_m=far.metres.min().floor().cast("int64"))
    return goods.left_join(near, ["lat_e6", "lon_e6"]).drop("lat_e6_right", "lon_e6_right")


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401
    ibis = need_ibis()
    goods = nearest(sheets, gear_bought(sheets), ("beach", "river"))
    goods = goods.mutate(subject=goods.buyer, in_line=goods.activity.re_search(given["activities"]).cast("int64"))
    history = goods.group_by("subject").aggregate(
        bought=(goods.boats + goods.engines).sum(), begun=goods.t.min(), ended=goods.t.max()
    )
    window_s = given["window_days"] * DAY_S
    goods = goods.join(history, "subject")
    # What a business in line buys in a window as long as this, on average over its own history.
    windows = ibis.greatest((goods.ended - goods.begun) // window_s + 1, 1)
    goods = goods.mutate(usual=(goods.bought // windows).cast("int64"))
    found = bursts(
        goods,
        ["subject"],
        window_s,
        lambda slots: (
            (slots.pieces >= given["least_pieces"])
            & ((slots.in_line == 0) | (slots.pieces >= slots.usual * given["times_usual"]))
        ),
        pieces=lambda slots: (slots.boats + slots.engines).sum(),
        in_line=lambda slots: slots.in_line.max(),
        usual=lambda slots: slots.usual.max(),
    )
    day = ((found.t - _LEAP_YEAR_S) // DAY_S * 4 % 1461) // 4
    found = found.mutate(winter=((day < 60) | (day >= 305)).cast("int64"))  # noqa: PLR2004 - November to February
    claims = goods_claims(
        sheets,
        found,
        ["subject"],
        "shipments",
        boats=lambda rows: rows.boats.sum(),
        engines=lambda rows: rows.engines.sum(),
        jackets=lambda rows: rows.jackets.sum(),
        in_line=lambda rows: rows.in_line.max(),
        winter=lambda rows: rows.winter.sum(),
        near_m=lambda rows: rows.near_m.min().fill_null(-1),
        no_address=lambda rows: (rows.address == "").cast("int64").sum(),
        sellers=lambda rows: rows.seller.nunique(),
    )
    return keep_members(claims)


TYPOLOGY = Typology(
    name="boats-out-of-line",
    title="boats, engines or life jackets bought out of line with the business",
    needs=("shipments",),
    parameters=(
        Parameter("window_days", 90, "days", "within how long"),
        Parameter("least_pieces", 4, "boats and engines", "how many at least"),
        Parameter("times_usual", 4, "times", "how much more than usual, for a business that sells or uses boats"),
        Parameter("activities", MARINE, "pattern", "lines of business in which boats are no surprise"),
    ),
    source=NCA,
    sentence="{subject} bought {boats} inflatable boats, {engines} outboard engines and {jackets} life jackets in {rows} "
    "purchases from {first} to {last}, out of line with its business.",
    innocent="A fishing shop before the season, a sailing school, a hire firm or a rescue service buys so every year. It is "
    "harmless where the goods are in stock, in use, or sold on with invoices.",
    find=_find,
)
