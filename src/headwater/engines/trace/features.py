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
_ENDS: Final = {"src": "payer", "dst": "payee"}
_MEASURES: Final = {
    "degree": "number",
    "fan": "different counterparts",
    "sum": "sum in minor units",
    "mean": "mean in minor units",
    "part": "this payment's amount in hundredths of their sum",
}
_SPANS: Final = {"": "the window", "quick_": "the short window", "ever_": "the whole table"}
_WAYS: Final = {"": "up to it", "ahead_": "from it on"}
_MARKS: Final = {
    "first": "how many are the first of their payer to their payee",
    "echoed": "how many are an echo of what came to their payer before",
    "behind": "how many payments their payers had been paid within the window",
    "squared": "how many complete a square",
    "gathered": "how many complete a scatter-gather of two middle accounts or more",
    "cycled": "how many close a cycle in time of three payments or more",
}
_MARKS_AHEAD: Final = {
    "ahead_passed": "how many leave their payee again as an echo",
    "ahead_beyond": "how many payments their payees make within the window afterwards",
    "ahead_squared": "how many begin a square",
}
SHORTEST: Final = 2
LONGEST: Final = 6
_MOST_HUNDREDTHS: Final = 1_000_000
_FOREVER_S: Final = 2**40


def _columns() -> dict[str, str]:
    made = {
        "tab": "number of the table, in the order of their hashes",
        "row": "number of the row in that table",
        "amount": "minor units, in the base currency where rates are given",
        "since_src": "seconds since the payer's payment before, -1 where there is none",
        "since_dst": "seconds since the payee was last paid, -1 where never",
        "pair_before": "payments from this payer to this payee before this one",
    }
    made |= {f"{end}_since_first": f"seconds since the {who} first paid or was paid" for end, who in _ENDS.items()}
    made |= _windows()
    for way, whose, where in (("", "payer", "before it"), ("ahead_", "payee", "after it")):
        made[f"{way}echoes"] = (
            f"payments of about the same amount {where}, on the side of the {whose}, within the window"
        )
        made[f"{way}echo_s"] = "seconds to the nearest of them, -1 where there is none"
    for way, when in _WAYS.items():
        for mark, what in (_MARKS if not way else _MARKS | _MARKS_AHEAD).items():
            for side, whose in _SIDES.items():
                made[_marked(way, side, mark)] = f"of {whose}, within the window {when}: {what}"
    for way, what in (("", "completes within the window"), ("ahead_", "begins within the window")):
        for span in ("", "cycle_"):
            short = " of cycles" if span else ""
            made[f"{way}{span}squares"] = (
                f"squares, in which its payer and another both pay its payee and a second, that it {what}{short}"
            )
            made[f"{way}{span}square_payers"] = f"other payers of those squares, within the window{short}"
    made["scatter_gather"] = "most middle accounts of a scatter-gather that it completes within the window"
    made["ahead_scatter_gather"] = "most middle accounts of a scatter-gather that it begins within the window"
    for length in range(2, LONGEST + 1):
        made[f"cycles_{length}"] = f"cycles in time of {length} payments that it closes within the window"
        made[f"ahead_cycles_{length}"] = f"cycles in time of {length} payments that it is part of"
    made["truncated"] = "1 where a search ran out of its budget: counts of cycles and middles are lower bounds"
    return made


def _windows() -> dict[str, str]:
    made = {}
    for span, long in _SPANS.items():
        for way, when in _WAYS.items():
            for side, whose in _SIDES.items():
                for measure, what in _MEASURES.items():
                    made[f"{way}{span}{side}_{measure}"] = f"{whose}: {what}, within {long} {when}"
            for end, who in _ENDS.items():
                made[f"{way}{span}{end}_passed"] = f"the {who}'s sum out in hundredths of that in, within {long} {when}"
    return made


def _marked(way: str, side: str, mark: str) -> str:
    return f"{way}{side}_{mark.removeprefix('ahead_')}"


COLUMNS: Final = MappingProxyType(_columns())
"""Every column and what it means. Those that begin with ``ahead_`` look ahead."""


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """How features are counted.

    Attributes:
        window_days: window of counts and sums.
        quick_days: the short window.
        cycle_days: window of cycles and scatter-gathers, and the shorter one of squares.
        longest: payments in the longest cycle, 2 to 6.
        budget: steps of a search for one payment.
    """

    window_days: int = 30
    quick_days: int = 3
    cycle_days: int = 10
    longest: int = 4
    budget: int = 20_000

    def __post_init__(self) -> None:
        """Refuse what cannot be counted."""
        if not (
            self.window_days > 0
            and self.quick_days > 0
            and self.cycle_days > 0
            and SHORTEST <= self.longest <= LONGEST
            and self.budget > 0
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
    whole = _remembered(t, src, dst, value)
    return whole | _windowed(t, src, dst, value, whole["pair_before"], settings)


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
    # A mark of a payment, as that it is an echo, looks a window far, and a sum of marks looks another: an old payment is touched
    # two windows away, and what is counted anew there needs what lies two more away.
    reach_s = 2 * max(settings.window_days, settings.quick_days, settings.cycle_days) * DAY_S
    touched = int(np.searchsorted(t, t[first_new] - reach_s))
    begin = int(np.searchsorted(t, t[touched] - reach_s)) if touched < len(t) else first_new
    whole = _remembered(t, src, dst, value)
    part = _windowed(t[begin:], src[begin:], dst[begin:], value[begin:], whole["pair_before"][begin:], settings)
    return whole | {
        name: np.concatenate((old[name][:touched], values[touched - begin :])) for name, values in part.items()
    }


def _remembered(t: Any, src: Any, dst: Any, value: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the features that know all of the table: one pass over all payments."""
    from headwater.engines.trace.kernels.arrays import make_edges
    from headwater.engines.trace.kernels.fans import ages, recency

    edges = make_edges(t, src, dst, value)
    return recency(edges) | ages(edges) | _around(edges, "ever_", _FOREVER_S)


def _windowed(
    t: Any, src: Any, dst: Any, value: Any, before: Any, settings: FeatureSettings  # noqa: ANN401
) -> dict[str, Any]:  # fmt: skip
    """Return the features that know what lies within some windows of each payment, and nothing else."""
    from headwater.engines.trace.kernels.arrays import make_edges
    from headwater.engines.trace.kernels.echoes import echoes

    edges = make_edges(t, src, dst, value)
    window_s = settings.window_days * DAY_S
    made: dict[str, Any] = {"amount": edges.value}
    made |= _around(edges, "", window_s) | _around(edges, "quick_", settings.quick_days * DAY_S)
    for way, ahead in (("", False), ("ahead_", True)):
        made[f"{way}echoes"], made[f"{way}echo_s"] = echoes(edges, window_s=window_s, ahead=ahead)
    made |= _squares(edges, "", window_s) | _squares(edges, "cycle_", settings.cycle_days * DAY_S)
    patterns = _patterns(edges, settings)
    closes = sum(patterns[f"cycles_{length}"] for length in range(SHORTEST + 1, LONGEST + 1))
    marks = {
        "gathered": patterns["scatter_gather"] > 1, "cycled": closes > 0,
        "squared": made["squares"] > 0, "ahead_squared": made["ahead_squares"] > 0,
        "first": before == 0, "echoed": made["echoes"] > 0, "behind": made["src_in_degree"],
        "ahead_passed": made["ahead_echoes"] > 0, "ahead_beyond": made["ahead_dst_out_degree"],
    }  # fmt: skip
    for mark, values in marks.items():
        made |= _sums(edges, mark, values, window_s)
    return made | patterns


def _around(edges: Any, span: str, window_s: int) -> dict[str, Any]:  # noqa: ANN401
    """Return counts, sums and shares within a window on both sides of each payment."""
    import numpy as np

    from headwater.engines.trace.kernels.fans import fan_windows

    made: dict[str, Any] = {}
    for way, ahead in (("", False), ("ahead_", True)):
        found = fan_windows(edges, window_s=window_s, ahead=ahead)
        for side in _SIDES:
            total = found[f"{side}_sum"]
            found[f"{side}_mean"] = total // np.maximum(found[f"{side}_degree"], 1)
            found[f"{side}_part"] = _hundredths(edges.value, total)
        for end in ("src", "dst"):
            found[f"{end}_passed"] = _hundredths(found[f"{end}_out_sum"], found[f"{end}_in_sum"])
        made |= {f"{way}{span}{name}": values for name, values in found.items()}
    return made


def _squares(edges: Any, span: str, window_s: int) -> dict[str, Any]:  # noqa: ANN401
    """Return how many squares each payment completes within a window, and how many it begins: the same where time runs back."""
    from headwater.engines.trace.kernels.arrays import make_edges
    from headwater.engines.trace.kernels.squares import squares

    number, payers = squares(edges, window_s=window_s)
    back = make_edges(*(given[::-1].copy() for given in (-edges.t, edges.src, edges.dst, edges.value)))
    begun, others = squares(back, window_s=window_s)
    return {
        f"{span}squares": number,
        f"{span}square_payers": payers,
        f"ahead_{span}squares": begun[::-1],
        f"ahead_{span}square_payers": others[::-1],
    }


def _hundredths(part: Any, whole: Any) -> Any:  # noqa: ANN401 - numpy arrays
    """Return a part in hundredths of a whole; of nothing it is as much as can be told."""
    import numpy as np

    return np.minimum(part * 100 // np.maximum(whole, 1), _MOST_HUNDREDTHS)


def _sums(edges: Any, mark: str, values: Any, window_s: int) -> dict[str, Any]:  # noqa: ANN401
    """Return sums of a mark that each payment bears, over the payments around each within the window."""
    from headwater.engines.trace.kernels.arrays import make_edges
    from headwater.engines.trace.kernels.fans import fan_windows

    marked = make_edges(edges.t, edges.src, edges.dst, values)
    made: dict[str, Any] = {}
    for way, ahead in (("", False), ("ahead_", True)):
        if way or mark in _MARKS:
            found = fan_windows(marked, window_s=window_s, ahead=ahead)
            made |= {_marked(way, side, mark): found[f"{side}_sum"] for side in _SIDES}
    return made


def _patterns(edges: Any, settings: FeatureSettings) -> dict[str, Any]:  # noqa: ANN401
    """Return in which cycles and scatter-gathers each payment stands."""
    import numpy as np

    from headwater.engines.trace.kernels.arrays import make_edges
    from headwater.engines.trace.kernels.cycles import count_cycles
    from headwater.engines.trace.kernels.scatter import scatter_gather

    window_s = settings.cycle_days * DAY_S
    scatter = scatter_gather(edges, window_s=window_s, budget=settings.budget)
    # What begins a pattern completes it where time runs back and money the other way.
    back = make_edges(*(given[::-1].copy() for given in (-edges.t, edges.dst, edges.src, edges.value)))
    begun = scatter_gather(back, window_s=window_s, budget=settings.budget)
    cycles = count_cycles(edges, window_s=window_s, longest=settings.longest, budget=settings.budget)
    made = {"scatter_gather": scatter.middles, "ahead_scatter_gather": begun.middles[::-1]}
    nothing = np.zeros(len(edges), np.int64)
    for length in range(2, LONGEST + 1):
        inside = length <= settings.longest
        made[f"cycles_{length}"] = cycles.closes[:, length] if inside else nothing
        made[f"ahead_cycles_{length}"] = cycles.member[:, length] if inside else nothing
    made["truncated"] = (scatter.cut | begun.cut[::-1] | cycles.cut).astype(np.int64)
    return made
