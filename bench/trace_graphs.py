"""T2: cycles in time beside the libraries of graphs that know no time, networkx and rustworkx, on one small year."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.trace_kernels import WINDOW_S, cpu, year
from headwater.engines.trace.kernels.arrays import make_edges
from headwater.engines.trace.kernels.cycles import count_cycles
from tools.peers import PeerError, environment

HERE = Path(__file__).resolve().parent
EDGES, LONGEST = 100_000, 4
PINS = ("networkx==3.6.1", "numpy==2.4.6")


def beside_graphs(results: list[dict[str, Any]]) -> None:
    """How many cycles each payment closes, by ours and by both libraries, and what it cost; rustworkx is among our own."""
    rows = year(EDGES)
    _, src, dst, t = (np.ascontiguousarray(column.astype(np.int64)) for column in rows.T)
    one = np.ones(len(t), np.int64)
    count_cycles(make_edges(t[:100], src[:100], dst[:100], one[:100]), window_s=WINDOW_S, longest=LONGEST)
    ours_s, found = cpu(
        lambda: count_cycles(make_edges(t, src, dst, one), window_s=WINDOW_S, longest=LONGEST, budget=10**9)
    )
    pythons = {"rustworkx": sys.executable}
    try:
        pythons["networkx"] = str(environment("graphs", PINS))
    except PeerError as error:
        print(f"networkx: left out, {error}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        edges, out = Path(folder) / "edges.npy", Path(folder) / "out.npy"
        np.save(edges, rows)
        for name, python in pythons.items():
            words = [python, str(HERE / "trace_graph_peer.py"), name, str(edges), str(LONGEST), str(WINDOW_S), str(out)]
            done = subprocess.run(words, check=True, capture_output=True, text=True)
            told = json.loads(done.stdout.strip().splitlines()[-1])
            theirs = np.load(out)
            size = f"cycles to {LONGEST}: our year, {len(rows):,} payments"
            what = f"times our CPU ({told['cpu_s']:.1f} s; ours {ours_s:.3f} s)"
            results.append({"name": f"{size}, {name}", "ratio": round(told["cpu_s"] / ours_s, 1), "what": what})
            wrong = int((theirs[:, 2:] != found.closes[:, 2:]).any(1).sum())
            what = f"{int(theirs.sum()):,} cycles; {wrong} payments differ"
            same = {"name": f"{size}, the same as {name}'s", "ratio": float(wrong == 0), "at_least": 1.0, "what": what}
            results.append(same)
