"""T2: the kernels of trace beside snapml's GraphFeaturePreprocessor on one graph, and whether both mean the same.

Like is compared with like. Both say of each payment what was known when it was made: snapml is given one payment at a time,
since in a larger batch its answers look ahead; our kernels walk the whole table once. What is asked is the same too: fan and
degree of payer and payee, scatter-gather in snapml's sense (payments of a pattern in any order), simple cycles in time of
2 to 6 payments, all within ten days, payments to oneself left out. For every payment both must name the same bin. snapml's
128 at a time is printed besides.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.csv import read_csv

from headwater.engines.trace.kernels.arrays import Edges, make_edges
from headwater.engines.trace.kernels.cycles import count_cycles
from headwater.engines.trace.kernels.fans import fan_windows
from headwater.engines.trace.kernels.scatter import scatter_gather
from headwater.exercise.money.make import make

HERE = Path(__file__).resolve().parent
DAY_S = 86_400
WINDOW_S = 10 * DAY_S
LONGEST = 6
TOP_BIN = 8
SIDES = ("dst_in", "src_out")
GOALS = (("fan", 100.0), ("scatter-gather", 30.0), ("cycles", 10.0))


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a call, and what it returned."""
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def year(edges: int, seed: int = 7) -> np.ndarray:
    """The payments of a fictional year of our own simulator, as `rows_of` has them."""
    with tempfile.TemporaryDirectory() as folder:
        make(max(4_000, edges // 100), edges, 12, seed, Path(folder))
        table = read_csv(Path(folder) / "payments.csv")
    t = pc.cast(pc.cast(table["time"], pa.timestamp("us", tz="UTC")), pa.int64()).to_numpy() // 1_000_000
    return rows_of(table["from"].to_numpy(), table["to"].to_numpy(), t)


def log(path: Path) -> np.ndarray:
    """The payments of AMLGentex's transaction log, an open simulator not of our making; one step is one day."""
    table = pq.read_table(path, columns=["step", "nameOrig", "nameDest"])
    return rows_of(table["nameOrig"].to_numpy(), table["nameDest"].to_numpy(), table["step"].to_numpy() * DAY_S)


def rows_of(src: np.ndarray, dst: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Payments by time, each at a second of its own, none to oneself: number, payer, payee, time."""
    _, ends = np.unique(np.concatenate((src, dst)), return_inverse=True)
    src, dst = ends[: len(t)], ends[len(t) :]
    kept = src != dst
    src, dst, t = src[kept], dst[kept], t[kept]
    order = np.argsort(t, kind="stable")
    # Peers and we may read equal times in other ways: each payment gets a second of its own, in order.
    number = np.arange(len(t))
    spread = np.maximum.accumulate(t[order] - number) + number
    return np.column_stack((number, src[order], dst[order], spread)).astype(np.float64)


def ours(rows: np.ndarray) -> tuple[dict[str, float], dict[str, np.ndarray], dict[str, Any]]:
    """CPU seconds of our kernels, compiled beforehand; the bins that each payment stands in; what else was found."""
    _, src, dst, t = (np.ascontiguousarray(column.astype(np.int64)) for column in rows.T)
    one = np.ones(len(t), np.int64)
    _asked(make_edges(t[:100], src[:100], dst[:100], one[:100]))
    sort_s, edges = cpu(lambda: make_edges(t, src, dst, one))
    spent, bins, more = _asked(edges)
    return {name: seconds + sort_s for name, seconds in spent.items()} | {"sort": sort_s}, bins, more


def _asked(edges: Edges) -> tuple[dict[str, float], dict[str, np.ndarray], dict[str, Any]]:
    # snapml's windows of fan and degree leave out a payment that is exactly ten days old; those of its patterns do not.
    fan_s, fans = cpu(lambda: fan_windows(edges, window_s=WINDOW_S - 1, sides=SIDES))
    any_s, scatter = cpu(lambda: scatter_gather(edges, window_s=WINDOW_S, in_order=False))
    order_s, ordered = cpu(lambda: scatter_gather(edges, window_s=WINDOW_S))
    cycle_s, cycles = cpu(lambda: count_cycles(edges, window_s=WINDOW_S, longest=LONGEST))
    four = [fans[f"{side}_{measure}"] for measure in ("fan", "degree") for side in SIDES]
    bins = {
        "fan": np.column_stack([_bin(values) for values in four]),
        "scatter-gather": _bin(scatter.middles)[:, None],
        "cycles": (cycles.closes[:, 2:] > 0).astype(np.int8),
    }
    told = {
        "scatter-gather in order": int((ordered.middles > 1).sum()),
        "cycles by length": [int(count) for count in bins["cycles"].sum(0)],
        "cut": int(scatter.cut.sum() + ordered.cut.sum() + cycles.cut.sum()),
    }
    spent = {"fan": fan_s, "scatter-gather": any_s, "scatter-gather in order": order_s, "cycles": cycle_s}
    return spent, bins, told


def _bin(values: np.ndarray) -> np.ndarray:
    return np.where(values > 1, np.minimum(values, TOP_BIN), 0).astype(np.int8)


def in_sql(rows: np.ndarray) -> float:
    """CPU seconds of DuckDB for fan and degree of the payee within the window: a range frame, distinct payers."""
    import duckdb

    table = pa.table({name: rows[:, at].astype(np.int64) for at, name in enumerate(("id", "src", "dst", "t"))})
    con = duckdb.connect()
    con.register("edges", table)
    frame = f"OVER (PARTITION BY dst ORDER BY t RANGE BETWEEN {WINDOW_S} PRECEDING AND CURRENT ROW)"
    query = f"SELECT sum(n), sum(f) FROM (SELECT count(*) {frame} AS n, count(DISTINCT src) {frame} AS f FROM edges)"  # noqa: S608
    return cpu(lambda: con.execute(query).fetchone())[0]


def peer(python: str, rows: Path, what: str, seconds: float, batch: int) -> tuple[dict[str, Any], np.ndarray]:
    """What snapml needs for one kind of pattern, in its own environment, and the bins that it names.

    Raises:
        RuntimeError: it fails.
    """
    out = rows.with_suffix(".out.npy")
    words = [
        python,
        str(HERE / "trace_peer.py"),
        what,
        str(rows),
        "--batch",
        str(batch),
        "--seconds",
        str(seconds),
        "--out",
        str(out),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-500:])
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found, np.load(out)


def beside_peers(
    python: str | None, name: str, rows: np.ndarray, seconds: float, results: list[dict[str, Any]]
) -> None:
    """T2: kernels beside snapml and DuckDB on one graph."""
    spent, bins, more = ours(rows)
    size = f"{name}, {len(rows):,} payments"
    print(json.dumps({"graph": size, "our CPU s": spent, **more}), file=sys.stderr, flush=True)
    sql_s = in_sql(rows)
    results.append(
        {
            "name": f"fan and degree: {size}, DuckDB",
            "ratio": round(sql_s / spent["fan"], 2),
            "what": f"times our CPU ({sql_s:.2f} s for the payee; ours {spent['fan']:.2f} s for payee and payer)",
        }
    )
    if python is None:
        print("snapml: no environment named, left out", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "edges.npy"
        np.save(kept, rows)
        for batch in (1, 128):
            for what, least in GOALS:
                found, theirs = peer(python, kept, what, seconds, batch)
                print(json.dumps({what: found, "batch": batch}), file=sys.stderr, flush=True)
                results.append(_told(f"{what}: {size}, snapml {batch} at a time", found, len(rows), spent[what]))
                if batch == 1:
                    results[-1]["at_least"] = least
                    results.append(_equal(f"{what}: {size}, same bins as snapml", bins[what], theirs))
                    if what == "fan":
                        results[-1]["what"] += _settled(rows, bins[what], theirs)


def _told(name: str, found: dict[str, Any], rows: int, ours_s: float) -> dict[str, Any]:
    cut = f", not finished after {found['rows']:,} of {rows:,} payments: at least" if found["unfinished"] else ""
    what = f"times our CPU ({found['cpu_s']:.1f} s{cut}; ours {ours_s:.2f} s, sorting included)"
    return {"name": name, "ratio": round(found["cpu_s"] / ours_s, 1), "what": what}


def _equal(name: str, mine: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """Of the payments that either finds in a pattern, the share of which both say the same, column by column."""
    mine = mine[: len(theirs)]
    either = (mine > 0) | (theirs > 0)
    wrong = int(((mine != theirs) & either).sum())
    what = f"of {int(either.sum()):,} memberships; {wrong} differ"
    return {"name": name, "ratio": round(1 - wrong / max(1, int(either.sum())), 6), "at_least": 1.0, "what": what}


def _settled(rows: np.ndarray, mine: np.ndarray, theirs: np.ndarray) -> str:
    """Of the fans and degrees on which both differ, how many each has as counting by hand has them."""
    right = {"ours": 0, "snapml's": 0}
    differ = np.argwhere(mine[: len(theirs)] != theirs)
    _, src, dst, t = (column.astype(np.int64) for column in rows.T)
    for edge, column in differ:
        side, other = (dst, src) if column % 2 == 0 else (src, dst)
        near = (side == side[edge]) & (t <= t[edge]) & (t > t[edge] - WINDOW_S)
        counted = int(_bin(np.array([len(np.unique(other[near])) if column < len(SIDES) else near.sum()]))[0])
        right["ours"] += counted == mine[edge, column]
        right["snapml's"] += counted == theirs[edge, column]
    if not len(differ):
        return ""
    told = " and ".join(f"{count} of {whose}" for whose, count in right.items())
    return f"; counted by hand, {told} are right"
