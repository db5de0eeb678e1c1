"""Trace beside its peers in one run: kernels, growth, all typologies, and what the first fifty findings are worth.

    python bench/bench_trace.py [--edges N] [--grow N ...] [--peers PYTHON] [--kept FOLDER] [--logs FILE ...] [--only PART]

Peers: snapml's GraphFeaturePreprocessor, in an environment of its own that `--peers` or HEADWATER_TRACE_PEERS names, because
it is proprietary; networkx, which `tools/peers.py` fetches, and rustworkx; DuckDB's SQL here. `--logs`, or HEADWATER_TRACE_LOGS,
are transaction logs of AMLGentex, an open simulator that no package index has (github.com/aidotse/AMLGentex, its template
experiment, one seed a file; `bench/trace_logs.py` makes them). The first `--trained` of them train, the next chooses a
threshold, the rest are reported. `--kept` is a folder for what snapml counted of each log, so that a run that was broken off
goes on where it was. CPU seconds of one process, ratios of one run. Where a peer or a log is not there, its rows are left out
and it is said.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.trace_kernels import beside_peers, log, year
from bench.trace_truth import ALONE, TABLES, World, at_budget, run
from headwater.node.system import peak_memory_mb
from headwater.node.trace import Asked, in_files

REPORTED = (World(8_000, 60_000, 13, 2101), World(12_000, 90_000, 9, 2102), World(4_000, 25_000, 5, 2103))
"""Years that no weight was fitted on and that nobody looked at while choosing."""
TOLD = World(6_000, 40_000, 12, 2201)
PEERS_ENV = "HEADWATER_TRACE_PEERS"
LOGS_ENV = "HEADWATER_TRACE_LOGS"
GOAL_ROWS = 5_000_000
LARGEST_ROWS = 10_000_000
DECADE = 10


def growth(sizes: list[int], results: list[dict[str, Any]]) -> None:
    """T3 and T4: a run of all typologies from CSV to findings, at growing sizes, each in a process of its own."""
    each: list[tuple[int, float]] = []
    for size in sizes:
        words = [sys.executable, str(Path(__file__).resolve()), "--one", str(size)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.strip().splitlines()[-1])
        print(json.dumps(found), file=sys.stderr, flush=True)
        each.append((size, found["cpu_s"] / found["rows"]))
        told = f"{found['trace_s']:.1f} s of tracing, {found['load_s']:.1f} s of reading, {found['peak_mb']:.0f} MB"
        made: dict[str, Any] = {"name": f"all typologies, {found['rows']:,} payments: CPU us a payment", "what": told}
        results.append(made | {"ratio": round(found["cpu_s"] / found["rows"] * 1e6, 1)})
        if size == GOAL_ROWS:
            goal = {"name": "all typologies with mirror, 5 M payments, of 60 CPU s", "at_most": 1.0, "what": told}
            results.append(goal | {"ratio": round(found["trace_s"] / 60, 3)})
        if size == LARGEST_ROWS:
            for name, part in (("5 min CPU", found["cpu_s"] / 300), ("4 GB", found["peak_mb"] / 4096)):
                results.append(
                    {"name": f"10 M payments, of {name}", "ratio": round(part, 3), "at_most": 1.0, "what": told}
                )
    for (small, before), (large, after) in combinations(each, 2):
        if large == DECADE * small:
            rise: dict[str, Any] = {"ratio": round(after / before, 2), "at_most": 1.5, "what": "times"}
            results.append(rise | {"name": f"CPU a payment, {large:,} against {small:,}"})


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
    """T7 and T8: the first fifty findings on seeds that no weight was fitted on. Retrospective: a year at once.

    With payments alone a year of few networks has fewer than fifty findings of them; what is more likely than not is told too.
    """
    for tables, given in ((TABLES, ""), (ALONE, ", payments alone")):
        for world in REPORTED:
            found, truth = run(world, tables)
            first = at_budget(found.claims, truth, 50)
            print(json.dumps({"seed": world.seed, "tables": len(tables), **first}), file=sys.stderr, flush=True)
            named = sum(truth.right(claim) for claim in found.claims)
            what = (
                f"{world.networks} networks, {named} findings of them in all; of the {first['likely']} more likely than not "
                f"{first['likely_precision']:.2f} are right, {first['likely_look_alikes']} look-alikes"
            )
            row: dict[str, Any] = {"name": f"precision at 50, seed {world.seed}{given}", "at_least": 0.8, "what": what}
            results.append(row | {"ratio": round(first["precision"], 3)})
            row = {"name": f"look-alikes among 50, seed {world.seed}{given}", "at_most": 5.0, "what": what}
            results.append(row | {"ratio": first["look_alikes"]})


def told_otherwise(results: list[dict[str, Any]]) -> None:
    """T7 and T8 once more, on one unseen year told in other manners: days only, no countries, another currency, noise."""
    from bench.trace_brittle import MANNERS, brittle

    for manner in MANNERS:
        first = brittle(TOLD, manner)
        print(json.dumps({"manner": manner, **first}), file=sys.stderr, flush=True)
        results.append(
            {
                "name": f"precision at 50, {manner}",
                "ratio": round(first["precision"], 3),
                "at_least": 0.8,
                "what": f"of {first['findings']} findings; {first['look_alikes']} look-alikes",
            }
        )


def few(given: argparse.Namespace, results: list[dict[str, Any]]) -> None:
    """T6: F1 on the payments of networks, by features, on worlds that nothing was fitted on; ours and an open simulator's."""
    from bench.trace_minority import LEAST_LOGS, Peer, gain, logs, years

    paths, trained = given.logs, given.trained
    if given.kept is not None:
        given.kept.mkdir(parents=True, exist_ok=True)
    peer = Peer(given.peers, given.kept, tuple(given.windows)) if given.peers else None
    asked: dict[str, Callable[[], dict[str, Any]]] = {"our years": lambda: years(peer)} if given.only != "logs" else {}
    if len(paths) >= max(LEAST_LOGS, trained + 2):
        name = f"AMLGentex, {len(paths) - trained - 1} of {len(paths)} logs"
        asked[f"{name}, outside the bank an account each"] = lambda: logs(paths, peer, trained, outside_each=True)
        asked[name] = lambda: logs(paths, peer, trained)
    else:
        print(f"AMLGentex: fewer than {LEAST_LOGS} logs named, left out", file=sys.stderr)
    for world, measure in asked.items():
        told = measure()
        print(json.dumps({world: told}), file=sys.stderr, flush=True)
        for name, least in (("ours, with look-ahead", 0.40), ("ours, causal", 0.27)):
            made = {"name": f"minority F1, {world}: {name}", "ratio": told[name]["f1"], "at_least": least}
            results.append(
                made | {"what": f"{told[name]['each']}; degree alone {told['degree']['f1']}, raw {told['raw']['f1']}"}
            )
            if "snapml" in told:
                more, spread = gain(told, name)
                over = {"name": f"minority F1, {world}: {name}, over snapml", "ratio": more, "at_least": 0.05}
                results.append(over | {"what": f"{spread}; snapml {told['snapml']['f1']} {told['snapml']['each']}"})


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description="Trace beside its peers.")
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--grow", type=int, nargs="*", default=[100_000, 1_000_000, GOAL_ROWS, LARGEST_ROWS])
    parser.add_argument("--peers", default=os.environ.get(PEERS_ENV))
    logs = [Path(name) for name in os.environ.get(LOGS_ENV, "").split(os.pathsep) if name]
    parser.add_argument("--logs", type=Path, nargs="*", default=logs)
    parser.add_argument("--trained", type=int, default=3, help="how many of the logs train")
    parser.add_argument(
        "--windows", type=int, nargs="+", default=[20], help="days of snapml's windows; first that of all patterns"
    )
    parser.add_argument("--kept", type=Path, help="a folder that keeps what snapml counted of each world")
    parser.add_argument("--seconds", type=float, default=400.0, help="most CPU seconds for one run of a peer")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=["kernels", "growth", "worth", "manners", "few", "logs", "graphs"])
    given = parser.parse_args()
    if given.one:
        one(given.one)
        return
    results: list[dict[str, Any]] = []
    if given.only in (None, "graphs"):
        from bench.trace_graphs import beside_graphs

        beside_graphs(results)
    if given.only in (None, "kernels"):
        beside_peers(given.peers, "our year", year(given.edges), given.seconds, results)
        for path in given.logs[:1]:
            beside_peers(given.peers, "AMLGentex", log(path), given.seconds, results)
    if given.only in (None, "growth"):
        growth(given.grow, results)
    if given.only in (None, "worth"):
        worth(results)
    if given.only in (None, "manners"):
        told_otherwise(results)
    if given.only in (None, "few", "logs"):
        few(given, results)
    print(json.dumps({"results": results}))


if __name__ == "__main__":
    main()
