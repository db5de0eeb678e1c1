"""One vehicle under several plates, or one plate on several vehicles."""

from typing import Any

from headwater.engines.trace.shapes import bursts, goods_claims
from headwater.engines.trace.typology import DAY_S, FRONTEX, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    hires = sheets.raw("hires")
    hires = hires.mutate(t=(hires.start_us // 1_000_000).cast("int64"), subject=hires.vehicle)
    found = bursts(
        hires,
        ["subject"],
        given["window_days"] * DAY_S,
        lambda slots: slots.plates >= given["least_plates"],
        plates=lambda slots: slots.plate.nunique(),
    )
    return goods_claims(
        sheets,
        found,
        ["subject"],
        "hires",
        plates=lambda rows: rows.plate.nunique(),
        hirers=lambda rows: rows.hirer.nunique(),
    )


TYPOLOGY = Typology(
    name="plate-switching",
    title="one vehicle under several plates",
    needs=("hires",),
    parameters=(
        Parameter("window_days", 60, "days", "within how long"),
        Parameter("least_plates", 3, "plates", "how many different plates"),
    ),
    source=FRONTEX,
    sentence="The vehicle {subject} went under {plates} plates in {rows} hires by {hirers} hirers, from {first} to {last}.",
    innocent="A clerk mistypes a plate, a lost plate is replaced. It is harmless where the register shows the change.",
    find=_find,
)
