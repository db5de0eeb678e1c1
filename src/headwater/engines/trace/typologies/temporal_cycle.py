"""Money comes back to where it began, through other accounts, with time running forward and amounts about kept."""

from typing import Any

from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import DAY_S, FATF, MINOR, Claims, Found, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    """Return the payments that have a fresh payment of about the same amount before and behind them."""
    ibis = need_ibis()
    paid = sheets.payments
    quiet = sheets.degrees
    quiet = quiet.filter((quiet.n_in > 0) & (quiet.n_out > 0) & (quiet.n_in + quiet.n_out <= given["most_busy"]))
    paid = paid.filter(paid.worth >= given["least_amount"])
    paid = paid.semi_join(quiet, [("src", "acc")]).semi_join(quiet, [("dst", "acc")])
    window_s = given["hop_days"] * DAY_S
    edges = paid.select("tab", "row", "t", "src", "dst", "value", "unit", "from_country", "to_country")
    edges = sheets.hold(edges.mutate(slot=(edges.t // window_s).cast("int64")))
    nexts = edges.select(mid="src", t2="t", value2="value", unit2="unit", tab2="tab", row2="row", slot="slot")
    nexts = ibis.union(nexts, nexts.mutate(slot=nexts.slot - 1))
    pairs = edges.join(nexts, [edges.dst == nexts.mid, edges.slot == nexts.slot])
    pairs = sheets.hold(
        pairs.filter(
            (pairs.t2 > pairs.t)
            & (pairs.t2 - pairs.t <= window_s)
            & (pairs.unit == pairs.unit2)
            & (pairs.value2 * 100 >= pairs.value * given["least_share"])
            & (pairs.value2 * 100 <= pairs.value * (200 - given["least_share"]))
        )
    )
    leads = pairs.select("tab", "row").distinct()
    follows = pairs.select(tab="tab2", row="row2").distinct()
    # The first payment of a cycle has none before it and the last none behind: either is enough.
    kept = edges.semi_join(ibis.union(leads, follows, distinct=True), ["tab", "row"]).drop("slot")
    return Claims(kept, kept)


def _cycles(edges: Any, given: Params) -> Found:  # noqa: ANN401 - an Arrow table
    from headwater.engines.trace.kernels.arrays import edges_of
    from headwater.engines.trace.kernels.cycles import find_cycles

    made = edges_of(edges)
    found = find_cycles(
        made,
        window_s=given["window_days"] * DAY_S,
        longest=given["most_hops"],
        shortest=given["least_hops"],
        least_share=given["least_share"],
        budget=given["budget"],
    )
    columns = {name: edges[name].to_pylist() for name in ("tab", "row", "unit", "from_country", "to_country")}
    by_accounts: dict[tuple[str, ...], set[int]] = {}
    starts: dict[tuple[str, ...], tuple[int, int]] = {}
    for cycle in found.cycles:
        units = {columns["unit"][made.order[at]] for at in cycle}
        if len(units) > 1:
            continue
        key = (*sorted(str(made.src[at]) for at in cycle), units.pop())
        by_accounts.setdefault(key, set()).update(cycle)
        first = (int(made.t[cycle[0]]), int(made.src[cycle[0]]))
        starts[key] = min(first, starts.get(key, first))
    groups: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for key, rows in sorted(by_accounts.items()):
        name = "/".join(key)
        given_rows = sorted(int(made.order[at]) for at in rows)
        times = [int(made.t[at]) for at in rows]
        froms, tos = ({columns[side][at] for at in given_rows} for side in ("from_country", "to_country"))
        groups.append(
            {
                "key": name,
                "subject": starts[key][1],
                "unit": key[-1],
                "amount": max(int(made.value[at]) for at in rows),
                "first_s": min(times),
                "last_s": max(times),
                "from_country": froms.pop() if len(froms) == 1 else "several",
                "to_country": tos.pop() if len(tos) == 1 else "several",
                "payments": len(rows),
                "accounts": len(key) - 1,
                "truncated": found.truncated,
            }
        )
        members += [
            {"key": name, "kind": "payments", "tab": columns["tab"][at], "row": columns["row"][at], "payer": -1}
            for at in given_rows
        ]
    return Found(groups, members)


TYPOLOGY = Typology(
    name="temporal-cycle",
    title="money comes back to where it began",
    needs=("payments",),
    parameters=(
        Parameter("window_days", 21, "days", "how long the whole way takes, at most"),
        Parameter("hop_days", 7, "days", "how long money may rest at one account"),
        Parameter("least_hops", 3, "payments", "shorter ways are left out: friends pay each other back"),
        Parameter("most_hops", 6, "payments", "longest way, at most 8"),
        Parameter("least_share", 80, "per cent", "how much of a payment goes on at each hop"),
        Parameter("least_amount", 50_000, MINOR, "smaller payments are left out"),
        Parameter("most_busy", 300, "payments", "busier accounts are businesses"),
        Parameter("budget", 100_000, "steps", "work for one payment, before the search says that it was cut short"),
    ),
    source=FATF,
    sentence="{amount} left {subject} and came back to it over {accounts} accounts, in {payments} payments from {first} to {last}.",
    innocent="Families and clubs pass money round, and groups of companies lend to each other. It is harmless where loans, "
    "savings rounds or invoices explain each payment.",
    find=_find,
    kernel=_cycles,
)
