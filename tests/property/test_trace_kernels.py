"""The kernels against brute force on 1,000 random graphs: equal, payment by payment."""

from collections import defaultdict
from itertools import pairwise
from random import Random

import pytest

from headwater.engines.trace.kernels.arrays import Edges, make_edges
from headwater.engines.trace.kernels.cycles import count_cycles, find_cycles
from headwater.engines.trace.kernels.echoes import LEAST_SHARE, echoes
from headwater.engines.trace.kernels.fans import SIDES, fan_windows
from headwater.engines.trace.kernels.flow import RULES, follow
from headwater.engines.trace.kernels.scatter import scatter_gather
from headwater.engines.trace.kernels.squares import NEAREST, squares

GRAPHS = 1_000
Payment = tuple[int, int, int, int]
"""Time, payer, payee, amount."""


def graph(seed: int) -> list[Payment]:
    """A small random graph, sorted by time, with equal times, parallel payments and payments to oneself."""
    draw = Random(seed)
    accounts, count, span = draw.randint(2, 8), draw.randint(1, 26), draw.choice((6, 30, 200))
    rows = [
        (draw.randint(0, span), draw.randrange(accounts), draw.randrange(accounts), draw.choice((100, 95, 90, 50, 7)))
        for _ in range(count)
    ]
    return sorted(rows, key=lambda row: row[0])


def edges(rows: list[Payment]) -> Edges:
    """The same graph as arrays."""
    t, src, dst, value = zip(*rows, strict=True)
    return make_edges(t, src, dst, value)


def cycles_by_hand(rows: list[Payment], window: int, longest: int, share: int = 0) -> set[tuple[int, ...]]:
    """Every cycle, by trying every path."""
    found: set[tuple[int, ...]] = set()

    def grow(path: list[int]) -> None:
        first, last = rows[path[0]], rows[path[-1]]
        if last[2] == first[1]:
            if len(path) >= 2:
                found.add(tuple(path))
            return
        if len(path) == longest:
            return
        visited = {rows[at][1] for at in path} | {last[2]}
        for at, row in enumerate(rows):
            fits = row[1] == last[2] and row[0] > last[0] and row[0] - first[0] <= window and row[1] != row[2]
            kept = share == 0 or last[3] * share <= row[3] * 100 <= last[3] * (200 - share)
            if fits and kept and (row[2] not in visited or row[2] == first[1]):
                grow([*path, at])

    for at, row in enumerate(rows):
        if row[1] != row[2]:
            grow([at])
    return found


@pytest.mark.parametrize("batch", range(10))
def test_cycles_are_those_of_brute_force(batch: int) -> None:
    seen = 0
    for seed in range(batch * GRAPHS // 10, (batch + 1) * GRAPHS // 10):
        rows = graph(seed)
        window, longest = Random(seed + 1).choice((5, 20, 300)), 3 + seed % 6
        wanted = cycles_by_hand(rows, window, longest)
        counted = count_cycles(edges(rows), window_s=window, longest=longest, budget=10**9)
        closes: dict[tuple[int, int], int] = defaultdict(int)
        member: dict[tuple[int, int], int] = defaultdict(int)
        for cycle in wanted:
            closes[cycle[-1], len(cycle)] += 1
            for at in cycle:
                member[at, len(cycle)] += 1
        for at in range(len(rows)):
            for length in range(longest + 1):
                assert counted.closes[at, length] == closes[at, length], seed
                assert counted.member[at, length] == member[at, length], seed
        listed = find_cycles(edges(rows), window_s=window, shortest=2, longest=longest, least_share=80, budget=10**9)
        assert sorted(listed.cycles) == sorted(cycles_by_hand(rows, window, longest, 80)), seed
        assert not counted.truncated
        seen += len(wanted)
    assert seen > 100


def test_a_search_that_runs_out_of_budget_says_so() -> None:
    rows = [(at, at % 5, (at + 1 + at % 3) % 5, 100) for at in range(60)]
    cut = count_cycles(edges(rows), window_s=100, longest=8, budget=3)
    assert cut.truncated > 0
    assert cut.closes.sum() < count_cycles(edges(rows), window_s=100, longest=8, budget=10**9).closes.sum()


def windows_by_hand(rows: list[Payment], window: int, *, ahead: bool) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at, (now, payer, payee, _) in enumerate(rows):
        near = [
            row
            for place, row in enumerate(rows)
            if ((now <= row[0] <= now + window and (row[0] > now or place >= at)) if ahead else
                (now - window <= row[0] <= now and (row[0] < now or place <= at)))
        ]  # fmt: skip
        for side in SIDES:
            mine, column = (payer if side.startswith("src") else payee), (1 if side.endswith("out") else 2)
            rows_here = [row for row in near if row[column] == mine]
            found[f"{side}_degree"].append(len(rows_here))
            found[f"{side}_fan"].append(len({row[3 - column] for row in rows_here}))
            found[f"{side}_sum"].append(sum(row[3] for row in rows_here))
    return found


@pytest.mark.parametrize("ahead", [False, True], ids=["behind", "ahead"])
def test_windows_are_those_of_brute_force(ahead: bool) -> None:
    for seed in range(GRAPHS):
        rows = graph(seed)
        window = Random(seed).choice((0, 3, 15, 300))
        wanted = windows_by_hand(rows, window, ahead=ahead)
        found = fan_windows(edges(rows), window_s=window, ahead=ahead)
        assert {name: list(values) for name, values in found.items()} == wanted, seed


def test_scatter_gather_is_that_of_brute_force() -> None:
    seen = 0
    for seed in range(GRAPHS):
        rows = graph(seed)
        window = Random(seed).choice((4, 15, 300))
        found = scatter_gather(edges(rows), window_s=window, budget=10**9)
        for at, (now, middle, end, _) in enumerate(rows):
            best = 0
            sources = {
                row[1]
                for row in rows
                if row[2] == middle and now - window <= row[0] < now and row[1] not in (end, middle)
            }
            if middle != end:
                for source in sources:
                    middles = {
                        second[1]
                        for place, second in enumerate(rows)
                        for first in rows
                        if second[2] == end
                        and second[1] not in (end, source)
                        and place <= at
                        and now - window <= first[0] < second[0]
                        and first[1] == source
                        and first[2] == second[1]
                    } - {end}
                    best = max(best, len(middles))
            assert found.middles[at] == best, (seed, at)
            seen += best > 1
    assert seen > 100


def test_scatter_gather_in_any_order_is_that_of_brute_force() -> None:
    seen = 0
    for seed in range(GRAPHS):
        rows = graph(seed)
        window = Random(seed).choice((4, 15, 300))
        found = scatter_gather(edges(rows), window_s=window, budget=10**9, in_order=False)
        for at, (now, payer, payee, _) in enumerate(rows):
            near = {(row[1], row[2]) for row in rows[: at + 1] if row[0] >= now - window and row[1] != row[2]}
            best = 0
            if payer != payee:
                accounts = {one for pair in near for one in pair}
                ends = [(one, payee) for one in accounts if (one, payer) in near]
                ends += [(payer, one) for one in accounts if (payee, one) in near]
                for begin, end in ends:
                    if begin != end:
                        middles = {one for one in accounts - {begin, end} if {(begin, one), (one, end)} <= near}
                        best = max(best, len(middles))
            assert found.middles[at] == best, (seed, at)
            seen += best > 1
    assert seen > 100


def test_scatter_gather_of_later_rows_alone_is_that_of_a_full_run() -> None:
    for seed in range(200):
        rows = graph(seed)
        half = len(rows) // 2
        for in_order in (True, False):
            whole = scatter_gather(edges(rows), window_s=20, in_order=in_order)
            late = scatter_gather(edges(rows), window_s=20, first=half, in_order=in_order)
            assert (late.middles[half:] == whole.middles[half:]).all()
            assert not late.middles[:half].any()


@pytest.mark.parametrize("ahead", [False, True], ids=["behind", "ahead"])
def test_echoes_are_those_of_brute_force(ahead: bool) -> None:
    seen = 0
    for seed in range(GRAPHS):
        rows = graph(seed)
        window = Random(seed).choice((0, 3, 15, 300))
        numbers, nearest = echoes(edges(rows), window_s=window, ahead=ahead)
        for at, (now, payer, payee, amount) in enumerate(rows):
            away = [
                abs(row[0] - now)
                for place, row in enumerate(rows)
                if abs(row[0] - now) <= window
                and (
                    (place > at and row[1] == payee and amount * LEAST_SHARE <= row[3] * 100 <= amount * 100)
                    if ahead
                    else (place < at and row[2] == payer and row[3] * LEAST_SHARE <= amount * 100 <= row[3] * 100)
                )
            ]
            assert numbers[at] == len(away), seed
            assert nearest[at] == min(away, default=-1), seed
            seen += len(away)
    assert seen > 1_000


def test_sides_that_are_not_asked_are_not_counted() -> None:
    found = fan_windows(edges(graph(3)), window_s=5, sides=("dst_in",))
    assert set(found) == {"dst_in_degree", "dst_in_fan", "dst_in_sum"}


@pytest.mark.parametrize("rule", RULES)
def test_every_minor_unit_of_a_trail_is_accounted_for(rule: str) -> None:
    for seed in range(GRAPHS):
        rows = [row for row in graph(seed) if row[1] != row[2]]
        if not rows:
            continue
        made = edges(rows)
        start, hops = seed % len(rows), 1 + seed % 5
        flow = follow(made, start, rule=rule, hops=hops)
        sent = rows[start][3]
        assert sum(part for _, _, part in flow.rest) + flow.beyond == sent, seed
        assert flow.hops[0] == (start, 1, sent)
        assert all(part > 0 for _, _, part in (*flow.hops, *flow.rest))
        arrived: dict[tuple[int, int], int] = defaultdict(int)
        left: dict[tuple[int, int], int] = defaultdict(int)
        for edge, hop, part in flow.hops:
            assert part <= rows[edge][3], seed
            arrived[int(made.v[edge]), hop] += part
            if hop > 1:
                left[int(made.u[edge]), hop - 1] += part
        for account, hop, part in flow.rest:
            left[account, hop] += part
        for place, came in arrived.items():
            assert left[place] == came or place[1] == hops, seed
        assert [edge for edge, _, _ in flow.hops] == sorted(edge for edge, _, _ in flow.hops)


def test_fifo_lets_older_money_leave_first_and_earliest_does_not() -> None:
    rows = [(0, 9, 1, 100), (1, 0, 1, 100), (2, 1, 2, 100), (3, 1, 3, 100)]
    made = edges(rows)
    accounts = {rule: [int(made.dst[edge]) for edge, _, _ in follow(made, 1, rule=rule, hops=5).hops] for rule in RULES}
    assert accounts == {"fifo": [1, 3], "earliest": [1, 2], "proportional": [1, 2, 3]}


def test_cycles_of_later_rows_alone_are_those_of_a_full_run() -> None:
    for seed in range(200):
        rows = graph(seed)
        whole = count_cycles(edges(rows), window_s=20, longest=6, budget=10**9)
        half = len(rows) // 2
        late = count_cycles(edges(rows), window_s=20, longest=6, budget=10**9, first=half)
        assert (late.closes[half:] == whole.closes[half:]).all()
        assert not late.closes[:half].any()


def test_times_of_a_cycle_rise() -> None:
    rows = graph(5)
    for cycle in find_cycles(edges(rows), window_s=300, shortest=2, longest=8, least_share=0, budget=10**9).cycles:
        assert all(rows[a][0] < rows[b][0] for a, b in pairwise(cycle))


def squares_by_hand(rows: list[Payment], at: int, window: int) -> tuple[int, int]:
    """Squares that a payment completes and other payers they are of, by trying every pair."""
    now, payer, payee, _ = rows[at]
    pairs = {(row[1], row[2]) for row in rows[:at] if now - row[0] <= window}
    found = {
        (other, corner)
        for other, to in pairs
        for giver, corner in pairs
        if to == payee and other != payer and giver == payer and corner != payee and (other, corner) in pairs
    }
    return len(found), len({other for other, _ in found})


@pytest.mark.parametrize("batch", range(10))
def test_squares_are_those_of_brute_force(batch: int) -> None:
    seen = 0
    for seed in range(batch * GRAPHS // 10, (batch + 1) * GRAPHS // 10):
        rows = graph(seed)
        window = Random(seed + 1).choice((5, 20, 300))
        number, others = squares(edges(rows), window_s=window)
        for at in range(len(rows)):
            assert (number[at], others[at]) == squares_by_hand(rows, at, window), seed
            seen += number[at] > 0
    assert seen > 100


def test_an_account_that_everybody_pays_is_no_corner_of_a_square() -> None:
    pair = [(0, 1, 9, 5), (1, 2, 9, 5), (2, 1, 8, 5), (3, 2, 8, 5)]
    shop = [(0, 100 + one, 9, 5) for one in range(NEAREST)]
    assert squares(edges(pair), window_s=10)[0][-1] == 1
    assert squares(edges([*shop, *pair]), window_s=10)[0][-1] == 0
