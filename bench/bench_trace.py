"""Trace beside its peers in one run: kernels, growth, all typologies, and what the first fifty findings are worth.

    python bench/bench_trace.py [--edges N] [--grow N ...] [--peers PYTHON]

Peers: snapml's GraphFeaturePreprocessor, in an environment of its own that `--peers` or HEADWATER_TRACE_PEERS names, because
it is proprietary; networkx there too; DuckDB's SQL here. CPU seconds of one process, ratios of one run. Where a peer is not
installed, its rows are left out and it is said.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import read_csv

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.trace_truth import World, at_budget, run
from headwater.engines.trace.kernels.arrays import make_edges
from headwater.engines.trace.kernels.cycles import count_cycles
from headwater.engines.trace.kernels.fans import fan_windows
from headwater.engines.trace.kernels.scatter import scatter_gather
from headwater.exercise.money.make import make
from headwater.node.system import peak_memory_mb
from headwater.node.trace import Asked, in_files

HERE = Path(__file__).resolve().parent
DAY_S = 86_400
WINDOW_DAYS = 10
CYCLE_DAYS = 10
REPORTED = (World(8_000, 60_000, 13, 201), World(8_000, 60_000, 9, 202), World(8_000, 60_000, 5, 203))
PEERS_ENV = "HEADWATER_TRACE_PEERS"
GOAL_ROWS = 5_000_000


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a call, and what it returned."""
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def graph(edges: int, seed: int = 7) -> np.ndarray:
    """The payments of a fictional year, sorted by time, each at a time of its own: id, payer, payee, time in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        make(max(4_000, edges // 100), edges, 12, seed, Path(folder))
        table = read_csv(Path(folder) / "payments.csv")
    _, ends = np.unique(np.concatenate((table["from"].to_numpy(), table["to"].to_numpy())), return_inverse=True)
    count = table.num_rows
    t = pc.cast(pc.cast(table["time"], pa.timestamp("us", tz="UTC")), pa.int64()).to_numpy() // 1_000_000
    order = np.argsort(t, kind="stable")
    # Peers and we may read equal times in other ways: each payment gets a second of its own, in order.
    spread = np.maximum.accumulate(t[order] - np.arange(count)) + np.arange(count)
    return np.column_stack((np.arange(count), ends[:count][order], ends[count:][order], spread)).astype(np.float64)


def kernels(rows: np.ndarray) -> dict[str, Any]:
    """CPU seconds of our kernels on a graph, compiled beforehand."""
    _, src, dst, t = (column.astype(np.int64) for column in rows.T)
    small = make_edges(t[:100], src[:100], dst[:100], np.ones(100))
    fan_windows(small, window_s=DAY_S)
    scatter_gather(small, window_s=DAY_S)
    count_cycles(small, window_s=DAY_S, longest=6)
    sort_s, edges = cpu(lambda: make_edges(t, src, dst, np.ones(len(t))))
    fan_s, _ = cpu(lambda: fan_windows(edges, window_s=WINDOW_DAYS * DAY_S))
    scatter_s, scatter = cpu(lambda: scatter_gather(edges, window_s=WINDOW_DAYS * DAY_S))
    cycles_s, cycles = cpu(lambda: count_cycles(edges, window_s=CYCLE_DAYS * DAY_S, longest=6))
    return {
        "sort": sort_s,
        "fan": fan_s + sort_s,
        "scatter-gather": scatter_s + sort_s,
        "cycles": cycles_s + sort_s,
        "with_scatter": int((scatter.middles >= 2).sum()),
        "with_cycle": [int((cycles.closes[:, length] > 0).sum()) for length in range(2, 7)],
        "cut": int(scatter.cut.sum() + cycles.cut.sum()),
    }


def in_sql(rows: np.ndarray) -> float:
    """CPU seconds of DuckDB for fan and degree of the payee within the window: a range frame, distinct payers."""
    import duckdb

    table = pa.table({name: rows[:, at].astype(np.int64) for at, name in enumerate(("id", "src", "dst", "t"))})
    con = duckdb.connect()
    con.register("edges", table)
    frame = f"OVER (PARTITION BY dst ORDER BY t RANGE BETWEEN {WINDOW_DAYS * DAY_S} PRECEDING AND CURRENT ROW)"
    query = f"SELECT sum(n), sum(f) FROM (SELECT count(*) {frame} AS n, count(DISTINCT src) {frame} AS f FROM edges)"  # noqa: S608
    return cpu(lambda: con.execute(query).fetchone())[0]


def peer(python: str, rows: np.ndarray, what: str, seconds: int, batch: int) -> dict[str, Any]:
    """What a peer needs for one kind of feature, in its own environment; its counts too."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "edges.npy", rows)
        words = [python, str(HERE / "trace_peer.py"), what, str(Path(folder) / "edges.npy"), str(batch)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return {"cpu_s": float(seconds), "unfinished": True}
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if done.returncode == 0 and lines else {"error": done.stderr.strip()[-300:]}


def beside_peers(python: str | None, edges: int, results: list[dict[str, Any]]) -> None:
    """T2: kernels beside snapml, DuckDB and networkx."""
    rows = graph(edges)
    ours = kernels(rows)
    print(json.dumps({"edges": edges, "ours": ours}), file=sys.stderr, flush=True)
    sql_s = in_sql(rows)
    results.append(
        {
            "name": f"fan of the payee, {edges:,} payments",
            "ratio": round(sql_s / ours["fan"], 2),
            "what": f"times the CPU by DuckDB SQL ({sql_s:.2f} s; ours {ours['fan']:.2f} s for all four sides)",
        }
    )
    if python is None:
        print("snapml and networkx: no environment named, left out", file=sys.stderr)
        return
    for batch in (1, 128):
        for what, least in (("fan", 100.0), ("scatter-gather", 30.0), ("cycles", 10.0)):
            found = peer(python, rows, what, 900, batch)
            print(json.dumps({what: found, "batch": batch}), file=sys.stderr, flush=True)
            if "cpu_s" not in found:
                continue
            unfinished = ", not finished" if found.get("unfinished") else ""
            made: dict[str, Any] = {
                "name": f"{what}, {edges:,} payments, snapml, {batch} at a time",
                "ratio": round(found["cpu_s"] / ours[what], 1),
                "what": f"times our CPU ({found['cpu_s']:.1f} s{unfinished}; ours {ours[what]:.2f} s)",
            }
            if batch == 1:
                made["at_least"] = least
            results.append(made)
            if batch == 1 and what == "cycles" and found.get("columns"):
                results.append(equal_cycles(ours["with_cycle"], found["columns"][:5]))


def equal_cycles(ours: list[int], theirs: list[int]) -> dict[str, Any]:
    """How nearly as many payments close a cycle of 2 to 6 as the peer says, streaming one by one: 1 is equal."""
    wrong = sum(abs(mine - other) for mine, other in zip(ours, theirs, strict=True))
    return {
        "name": "payments that close a cycle, by length 2 to 6, against snapml",
        "ratio": round(1 - wrong / max(1, sum(theirs)), 4),
        "at_least": 1.0,
        "what": f"of its counts ({theirs}; ours {ours})",
    }


def growth(sizes: list[int], results: list[dict[str, Any]]) -> None:
    """T3 and T4: a run of all typologies from CSV to findings, at growing sizes, each in a process of its own."""
    each: list[tuple[int, float]] = []
    for size in sizes:
        words = [sys.executable, str(Path(__file__).resolve()), "--one", str(size)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.strip().splitlines()[-1])
        print(json.dumps(found), file=sys.stderr, flush=True)
        each.append((size, found["cpu_s"] / found["rows"]))
        told: dict[str, Any] = {
            "name": f"all typologies, {found['rows']:,} payments",
            "ratio": round(found["trace_s"] / (size / 5_000_000 * 60), 3),
            "what": f"of 60 CPU s for 5 M, in proportion ({found['trace_s']:.1f} s, reading {found['load_s']:.1f} s, "
            f"{found['peak_mb']:.0f} MB)",
        }
        if size >= GOAL_ROWS:  # below, what does not depend on the rows weighs most
            told["at_most"] = 1.0
        results.append(told)
    for (small, before), (large, after) in pairwise(each):
        results.append(
            {
                "name": f"CPU a row, {large:,} against {small:,}",
                "ratio": round(after / before, 2),
                "at_most": 1.5,
                "what": "times",
            }
        )


def one(size: int) -> None:
    """Make a year of some size, trace in it, and print what it cost."""
    with tempfile.TemporaryDirectory() as folder:
        script = f"make({max(4_000, size // 12)}, {size}, 12, 5, Path({folder!r}))"
        words = "from pathlib import Path; from headwater.exercise.money.make import make; " + script
        subprocess.run([sys.executable, "-c", words], check=True)
        files = sorted(
            str(path) for path in Path(folder).glob("*.csv") if path.stem not in ("truth", "listings", "contacts")
        )
        answer = in_files(Asked(memory_mb=3_000), files, "bench")
    print(
        json.dumps(
            {
                "rows": answer.rows, "findings": len(answer.result.claims), "load_s": answer.cost.cpu_s["load"],
                "trace_s": answer.cost.cpu_s["trace"], "cpu_s": sum(answer.cost.cpu_s.values()), "peak_mb": peak_memory_mb(),
            }
        )
    )  # fmt: skip


def worth(results: list[dict[str, Any]]) -> None:
    """T7 and T8: the first fifty findings on seeds that no weight was fitted on. Retrospective: a year at once."""
    for world in REPORTED:
        found, truth = run(world)
        first = at_budget(found.claims, truth, 50)
        print(json.dumps({"seed": world.seed, **first}), file=sys.stderr, flush=True)
        results.append(
            {"name": f"precision at 50, seed {world.seed}", "ratio": round(first["precision"], 3), "at_least": 0.8}
        )
        results.append(
            {"name": f"look-alikes among 50, seed {world.seed}", "ratio": first["look_alikes"], "at_most": 5.0}
        )


def few(python: str | None, results: list[dict[str, Any]]) -> None:
    """T6: F1 on the payments of networks, by features, on years that nothing was fitted on; our own simulator."""
    from bench.trace_minority import minority

    found = minority(python)
    print(json.dumps(found), file=sys.stderr, flush=True)
    for name, least in (("ours, with look-ahead", 0.40), ("ours, causal", 0.27)):
        results.append(
            {
                "name": f"minority F1, {name}",
                "ratio": found[name]["f1"],
                "at_least": least,
                "what": str(found[name]["each"]),
            }
        )
        if "snapml" in found:
            gain = round(found[name]["f1"] - found["snapml"]["f1"], 3)
            results.append(
                {
                    "name": f"minority F1, {name}, over snapml",
                    "ratio": gain,
                    "at_least": 0.05,
                    "what": str(found["snapml"]),
                }
            )


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description="Trace beside its peers.")
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--grow", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--peers", default=os.environ.get(PEERS_ENV))
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=["kernels", "growth", "worth", "few"])
    given = parser.parse_args()
    if given.one:
        one(given.one)
        return
    results: list[dict[str, Any]] = []
    if given.only in (None, "kernels"):
        beside_peers(given.peers, given.edges, results)
    if given.only in (None, "growth"):
        growth(given.grow, results)
    if given.only in (None, "worth"):
        worth(results)
    if given.only in (None, "few"):
        few(given.peers, results)
    print(json.dumps({"results": results}))


if __name__ == "__main__":
    main()
