"""Features of each payment for ranking and for peers to compare with: one row a payment, documented columns.

Causal features know only what came before a payment and could stop one; those with look-ahead know what came after and
serve an investigation. No column speaks of a person's nationality, religion, age or sex, nor of a country.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from headwater.engines.trace.sheets import Sheets
from headwater.errors import Place, SchemaError

DAY_S: Final = 86_400
_SIDES: Final = {
    "src_out": "payments that the payer made",
    "src_in": "payments to the payer",
    "dst_in": "payments to the payee",
    "dst_out": "payments that the payee made",
}
_MEASURES: Final = {
    "degree": "number",
    "fan": "different counterparts",
    "sum": "sum in minor units",
}
SHORTEST: Final = 2
LONGEST: Final = 6


def _columns() -> dict[str, str]:
    made = {
        "tab": "number of the table, in the order of their hashes",
        "row": "number of the row in that table",
        "amount": "minor units, in the base currency where rates are given",
        "since_src": "seconds since the payer's payment before, -1 where there is none",
        "since_dst": "seconds since the payee was last paid, -1 where never",
        "pair_before": "payments from this payer to this payee before this one",
        "passed_share": "payee's payments out within the window behind, in hundredths of those in",
    }
    for when, words in (
        ("", "within the window that ends with it"),
        ("ahead_", "within the window that begins with it"),
    ):
        for side, whose in _SIDES.items():
            for measure, what in _MEASURES.items():
                made[f"{when}{side}_{measure}"] = f"{whose}: {what}, {words}"
    made["scatter_gather"] = "most middle accounts of a scatter-gather that it completes within the window"
    for length in range(2, LONGEST + 1):
        made[f"cycles_{length}"] = f"cycles in time of {length} payments that it closes within the window"
        made[f"ahead_cycles_{length}"] = f"cycles in time of {length} payments that it is part of"
    made["truncated"] = "1 where a search ran out of its budget: counts of cycles and middles are lower bounds"
    return made


COLUMNS: Final = MappingProxyType(_columns())
"""Every column and what it means. Those that begin with ``ahead_`` look ahead."""


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """How features are counted.

    Attributes:
        window_days: window of counts and sums.
        cycle_days: window of cycles and scatter-gathers.
        longest: payments in the longest cycle, 2 to 6.
        budget: steps of a search for one payment.
    """

    window_days: int = 30
    cycle_days: int = 10
    longest: int = 4
    budget: int = 20_000

    def __post_init__(self) -> None:
        """Refuse what cannot be counted."""
        if not (
            self.window_days > 0 and self.cycle_days > 0 and SHORTEST <= self.longest <= LONGEST and self.budget > 0
        ):
            raise SchemaError("an impossible window or length", where=Place(field="features"))


def features_of(sheets: Sheets, settings: FeatureSettings) -> Any:  # noqa: ANN401 - an Arrow table
    """Return the features of each payment between different accounts, in the order of time, table and row.

    Raises:
        MissingExtraError: a library is not installed.
    """
    import pyarrow as pa

    paid = sheets.payments.select("tab", "row", "t", "src", "dst", "value").order_by(["t", "tab", "row"])
    rows = sheets.backend.to_pyarrow(paid)
    t, src, dst, value = (rows[name].to_numpy() for name in ("t", "src", "dst", "value"))
    made = count_features(t, src, dst, value, settings)
    arrays = {"tab": rows["tab"], "row": rows["row"]} | {name: pa.array(values) for name, values in made.items()}
    return pa.table({name: arrays[name] for name in COLUMNS})


def count_features(t: Any, src: Any, dst: Any, value: Any, settings: FeatureSettings) -> dict[str, Any]:  # noqa: ANN401
    """Return the features of payments that are given in the order of time, as arrays in that order.

    Args:
        t: seconds.
        src: account that pays, a whole number.
        dst: account that is paid.
        value: minor units.
        settings: windows and lengths.
    """
    import numpy as np

    from headwater.engines.trace.kernels.arrays import make_edges
    from headwater.engines.trace.kernels.cycles import count_cycles
    from headwater.engines.trace.kernels.fans import fan_windows, recency
    from headwater.engines.trace.kernels.scatter import scatter_gather

    edges = make_edges(t, src, dst, value)
    window_s, cycle_s = settings.window_days * DAY_S, settings.cycle_days * DAY_S
    made: dict[str, Any] = {"amount": edges.value}
    made |= recency(edges)
    made |= fan_windows(edges, window_s=window_s)
    made |= {f"ahead_{name}": found for name, found in fan_windows(edges, window_s=window_s, ahead=True).items()}
    made["passed_share"] = made["dst_out_sum"] * 100 // np.maximum(made["dst_in_sum"], 1)
    scatter = scatter_gather(edges, window_s=cycle_s, budget=settings.budget)
    made["scatter_gather"] = scatter.middles
    cycles = count_cycles(edges, window_s=cycle_s, longest=settings.longest, budget=settings.budget)
    nothing = np.zeros(len(edges), np.int64)
    for length in range(2, LONGEST + 1):
        inside = length <= settings.longest
        made[f"cycles_{length}"] = cycles.closes[:, length] if inside else nothing
        made[f"ahead_cycles_{length}"] = cycles.member[:, length] if inside else nothing
    made["truncated"] = (scatter.cut | cycles.cut).astype(np.int64)
    return made


def update_features(
    old: dict[str, Any], columns: Sequence[Any], first_new: int, settings: FeatureSettings
) -> dict[str, Any]:
    """Return the features after new payments, counted anew only where the new ones reach: equal to a full run.

    Args:
        old: features of the payments before ``first_new``.
        columns: ``t``, ``src``, ``dst`` and ``value`` of all payments in the order of time; the new ones stand last.
        first_new: place of the first new payment.
        settings: as for the old features.
    """
    import numpy as np

    t, src, dst, value = (np.asarray(column) for column in columns)
    if first_new >= len(t):
        return old
    reach_s = max(settings.window_days, settings.cycle_days) * DAY_S
    # Behind a new payment, windows look back `reach`; ahead of an old one they look as far: both ends of the part that is
    # counted anew need what lies one more window away.
    touched = int(np.searchsorted(t, t[first_new] - reach_s))
    begin = int(np.searchsorted(t, t[touched] - reach_s)) if touched < len(t) else first_new
    part = count_features(t[begin:], src[begin:], dst[begin:], value[begin:], settings)
    memory = ("since_src", "since_dst", "pair_before")
    whole = _remembered(t, src, dst, value)
    made = {}
    for name, values in part.items():
        if name in memory:
            made[name] = whole[name]
        else:
            made[name] = np.concatenate((old[name][:touched], values[touched - begin :]))
    return made


def _remembered(t: Any, src: Any, dst: Any, value: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the features that know all of the past: one pass over all payments, without a window."""
    from headwater.engines.trace.kernels.arrays import make_edges
    from headwater.engines.trace.kernels.fans import recency

    return recency(make_edges(t, src, dst, value))
