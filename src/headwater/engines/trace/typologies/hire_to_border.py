"""Vehicles hired one way towards a border or a beach shortly before a crossing is seen there."""

from typing import Any

from headwater.engines.trace.shapes import goods_claims, keep_members, metres
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import DAY_S, FRONTEX, HOUR_S, Claims, Parameter, Params, Typology


def one_way(sheets: Any, least_m: int) -> Any:  # noqa: ANN401 - Ibis expressions
    """Return hires that end far from where they began, with ``t`` and ``t_end`` in seconds."""
    hires = sheets.raw("hires")
    hires = hires.filter(hires.to_lat_e6.notnull() & hires.from_lat_e6.notnull())
    hires = hires.mutate(
        t=(hires.start_us // 1_000_000).cast("int64"),
        t_end=(hires.end_us.fill_null(hires.start_us) // 1_000_000).cast("int64"),
    )
    far = metres(hires.from_lat_e6, hires.from_lon_e6, hires.to_lat_e6, hires.to_lon_e6)
    return hires.filter(far >= least_m)


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401
    ibis = need_ibis()
    hires = one_way(sheets, given["least_way_m"])
    seen = sheets.raw("crossings")
    seen = seen.select(
        crossed=(seen.time_us // 1_000_000).cast("int64"), lat="lat_e6", lon="lon_e6", tab2="tab", row2="row"
    )
    hires = hires.mutate(day=(hires.t_end // DAY_S).cast("int64"))
    days = given["before_hours"] * HOUR_S // DAY_S + 1
    seen = ibis.union(*(seen.mutate(day=(seen.crossed // DAY_S - step).cast("int64")) for step in range(-1, days + 1)))
    pairs = hires.join(seen, "day")
    near = metres(pairs.to_lat_e6, pairs.to_lon_e6, pairs.lat, pairs.lon) <= given["within_m"]
    pairs = pairs.filter(
        near & (pairs.crossed >= pairs.t) & (pairs.crossed - pairs.t_end <= given["before_hours"] * HOUR_S)
    )
    often = pairs.group_by("hirer").aggregate(hires=pairs.id.nunique(), crossings=pairs.row2.nunique())
    often = often.filter(often.hires >= given["least_hires"])
    rows = hires.semi_join(pairs, "id").inner_join(often.select("hirer", "crossings"), "hirer")
    rows = rows.mutate(subject=rows.hirer)
    return keep_members(
        goods_claims(
            sheets,
            rows,
            ["subject"],
            "hires",
            vehicles=lambda found: found.vehicle.nunique(),
            crossings=lambda found: found.crossings.max(),
        )
    )


TYPOLOGY = Typology(
    name="hire-to-border",
    title="vehicles hired one way towards a border shortly before crossings",
    needs=("hires", "crossings"),
    parameters=(
        Parameter("least_way_m", 100_000, "metres", "how far apart a hire begins and ends"),
        Parameter("within_m", 40_000, "metres", "how near to the crossing it ends"),
        Parameter("before_hours", 48, "hours", "how long before the crossing it ends, at most"),
        Parameter("least_hires", 2, "hires", "how often"),
    ),
    source=FRONTEX,
    sentence="{subject} hired {vehicles} vehicles one way in {rows} hires that ended near {crossings} crossings shortly before they "
    "were seen.",
    innocent="Holidays and removals go one way too, and coasts are where people go. It is harmless where the hirer's reason "
    "holds and the dates meet by chance.",
    find=_find,
)
