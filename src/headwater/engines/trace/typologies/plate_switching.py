"""One vehicle under several plates, or one plate on several vehicles."""

from typing import Any

from headwater.engines.trace.shapes import bursts, goods_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import DAY_S, FRONTEX, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    hires = sheets.raw("hires")
    hires = hires.mutate(t=(hires.start_us // 1_000_000).cast("int64"))
    found = []
    for mine, other, least in (("vehicle", "plate", "least_plates"), ("plate", "vehicle", "least_vehicles")):
        found.append(
            bursts(
                hires.mutate(subject=hires[mine]),
                ["subject"],
                given["window_days"] * DAY_S,
                lambda slots, least=least: slots.others >= given[least],
                others=lambda slots, other=other: slots[other].nunique(),
            )
        )
    return goods_claims(
        sheets,
        ibis.union(*found, distinct=True),
        ["subject"],
        "hires",
        plates=lambda rows: rows.plate.nunique(),
        vehicles=lambda rows: rows.vehicle.nunique(),
        hirers=lambda rows: rows.hirer.nunique(),
    )


TYPOLOGY = Typology(
    name="plate-switching",
    title="one vehicle under several plates, or one plate on several vehicles",
    needs=("hires",),
    parameters=(
        Parameter("window_days", 60, "days", "within how long"),
        Parameter("least_plates", 3, "plates", "how many different plates on one vehicle"),
        Parameter("least_vehicles", 3, "vehicles", "how many different vehicles under one plate"),
    ),
    source=FRONTEX,
    sentence="{subject} stands for {vehicles} vehicle(s) under {plates} plate(s) in {rows} hires by {hirers} hirers, from {first} "
    "to {last}.",
    innocent="A clerk mistypes a plate, a lost plate is replaced, a garage moves many vehicles under its trade plate. It is "
    "harmless where the register shows the change or the trade plate.",
    find=_find,
)
