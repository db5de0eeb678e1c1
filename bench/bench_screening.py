"""Measure screening on the developers' data: recall, alerts, speed, memory, the first answer of a fresh process.

    python bench/bench_screening.py [--data ../shared/data/screening] [--task un_full ...] [--half report|fit|all]

Figures are given for the half that the weights were not fitted on (see fit_screening.py), unless asked otherwise. Where
the data is absent it measures speed on invented names alone. The last line is the document that bench/run.py reads.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.screening_data import half, own, read_lists, read_pairs, read_queries, read_tasks, read_truth, record
from headwater.engines.match import compare_pair, screen
from headwater.engines.match.build import build_index
from headwater.model.record import Record
from headwater.testing.memory_view import MemoryView

THRESHOLD = 0.70
FLOOR = 0.30
HERE = Path(__file__).resolve().parent
NAMES = 25_000


def measure_task(data: Path, task: Any, which: str, limit: int) -> list[str]:
    """Return the lines of one task, measured as the peer measures itself."""
    records = read_lists(data, task.lists)
    view = MemoryView(records)
    sources = sorted({one.origin.source for one in records})
    params = {"lists": sources, "snapshots": dict.fromkeys(sources, task.name), "min_score": FLOOR, "top": 10}
    begun = time.process_time()
    screen(view, {**params, "queries": []})
    lines = [f"== {task.name}: {len(records)} entries, index in {time.process_time() - begun:.2f} CPU s"]
    best: dict[str, dict[str, float]] = {}
    for name in (*task.positives, *task.negatives):
        truth = read_truth(data, name)
        queries = read_queries(data, name, name_only=task.name_only)[: limit if not truth else None]
        rows = [{"id": q.id, "schema": q.schema, **q.properties} for q in queries]
        begun = time.process_time()
        answer = screen(view, {**params, "queries": rows})
        spent = time.process_time() - begun
        scores = {q.id: 0.0 for q in queries}
        for hit in answer.hits:
            if not truth or own(hit.list, hit.entry) in truth[hit.query]:
                scores[hit.query] = max(scores[hit.query], hit.finding.score)
        side = {q.id: half(min(truth[q.id])[1] if truth else q.id) for q in queries}
        best[name] = {key: score for key, score in scores.items() if which in ("all", side[key])}
        lines.append(f"  {name:16} {len(queries) / spent:7.0f} queries a CPU s")
    noise = [score for name in task.negatives for score in best[name].values()]
    lines.extend(
        f"  {name:16} n={len(best[name]):5} alerts@0.70={share(list(best[name].values()), THRESHOLD):.4f}"
        for name in task.negatives
    )
    for name in task.positives:
        values = list(best[name].values())
        cuts = "  ".join(f"@FPR {rate}={share(values, at_rate(noise, rate)):.4f}" for rate in (0.001, 0.005, 0.02))
        lines.append(f"  {name:16} n={len(values):5} recall@0.70={share(values, THRESHOLD):.4f}  {cuts}")
    return lines


def share(values: list[float], threshold: float) -> float:
    """Return the share of values at or above a threshold."""
    return sum(value >= threshold for value in values) / max(1, len(values))


def at_rate(negative: list[float], rate: float) -> float:
    """Return the least threshold at which at most such a share of the negatives raises an alert."""
    ranked = sorted(negative, reverse=True)
    allowed = int(rate * len(ranked))
    return (ranked[allowed] if allowed < len(ranked) else 0.0) + 1e-9


def measure_pairs(data: Path, which: str) -> list[str]:
    """Return the lines of the labelled pairs."""
    lines = ["== pairs"]
    for name, file in (("name_bench", "pairs.csv"), ("balkans", "pairs.csv"), ("entity_bench", "pairs.jsonl")):
        pairs = [p for p in read_pairs(data / "sets" / name / file) if which in ("all", half(f"{name}/{p['id']}"))]
        hit = [compare_pair(p["schema"], p["query"], p["candidate"]).score >= THRESHOLD for p in pairs]
        true = [p["match"] for p in pairs]
        tp = sum(h and t for h, t in zip(hit, true, strict=True))
        fp = sum(h and not t for h, t in zip(hit, true, strict=True))
        fn = sum(t and not h for h, t in zip(hit, true, strict=True))
        strong = [h == t for h, t, p in zip(hit, true, pairs, strict=True) if p.get("group") == "STRONG"]
        lines.append(f"  {name:13} n={len(pairs)} correct={len(pairs) - fp - fn} found={tp} of {tp + fn} false={fp} of "
                     f"{len(pairs) - tp - fn} f1={2 * tp / max(1, 2 * tp + fp + fn):.4f} strong={sum(strong)}/{len(strong)}")  # fmt: skip
    return lines


def invented(count: int) -> list[Record]:
    """Return list entries of invented persons with two names each."""
    draw = random.Random(7)
    heads, tails = (
        ["b", "d", "dr", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "sh", "t", "v", "z", "zh"],
        ["a", "e", "i", "o", "u", "ar", "en", "il", "or", "un"],
    )

    def word() -> str:
        return "".join(draw.choice(heads) + draw.choice(tails) for _ in range(draw.choice((2, 2, 3)))).capitalize()

    return [
        record("made", f"made:{n}", "Person", {"name": [f"{word()} {word()}"], "alias": [f"{word()} {word()} {word()}"],
               "birthDate": [f"{draw.randrange(1940, 2005)}-0{draw.randrange(1, 10)}-1{draw.randrange(10)}"]}, "2026-02-27", f"row {n}")
        for n in range(count // 2)
    ]  # fmt: skip


CHILD = """
import mmap, sys, time
from headwater.testing.memory_view import MemoryView
from headwater.engines.match import screen
class View(MemoryView):
    def derived(self, name, build):
        with open(sys.argv[1], "rb") as handle:
            return memoryview(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))
answer = screen(View([]), {"queries": [{"id": "1", "name": sys.argv[2]}], "lists": ["made"], "snapshots": {"made": "x"}})
spent = time.process_time()
with open("/proc/self/status") as handle:  # not ru_maxrss, which a child takes over from its parent
    print(spent, int(handle.read().partition("VmHWM:")[2].split()[0]) / 1024)
"""


def measure_speed() -> tuple[list[str], list[dict[str, Any]]]:
    """Return the lines and the ratios measured on invented names."""
    from rapidfuzz import fuzz, process

    records = invented(NAMES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    index = build_index(records)
    build = time.process_time() - begun
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    names = [fact.value for one in records for fact in one.facts if fact.prop in ("name", "alias")]
    asked = random.Random(8).sample(names, 500)
    view = MemoryView(records)
    params = {"lists": ["made"], "snapshots": {"made": "x"}}
    screen(view, {**params, "queries": []})
    begun = time.process_time()
    screen(view, {**params, "queries": [{"id": str(n), "name": name} for n, name in enumerate(asked)]})
    mine = (time.process_time() - begun) / len(asked)
    begun = time.process_time()
    for name in asked[:50]:
        process.extract(name, names, scorer=fuzz.WRatio, limit=10)
    other = (time.process_time() - begun) / 50
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index")
        path.write_bytes(index)
        cold = min(first_answer(path, name) for name in asked[:3])
    lines = [
        f"== {len(names)} invented names: index {len(index) / 1e6:.1f} MB in {build:.2f} CPU s, +{grown:.0f} MB",
        f"  {1 / mine:.0f} queries a CPU s; rapidfuzz WRatio over the same names {1 / other:.1f}",
        f"  first answer of a fresh process with the index on disk: {cold[0]:.2f} CPU s, {cold[1]:.0f} MB",
    ]
    result = {
        "name": "queries",
        "ratio": other / mine,
        "at_least": 5.0,
        "what": "screening against WRatio over all names",
    }
    return lines, [result]


def first_answer(index: Path, name: str) -> tuple[float, float]:
    """Return CPU seconds and megabytes of a fresh process that answers one query."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(index), name], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent / "src"), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    cpu, megabytes = done.stdout.split()
    return float(cpu), float(megabytes)


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument(
        "--data", type=Path, default=Path(os.environ.get("HEADWATER_SHARED", "../shared")) / "data" / "screening"
    )
    ask.add_argument("--task", nargs="*", help="names from sets/plan.json; default all")
    ask.add_argument("--half", choices=("report", "fit", "all"), default="report")
    ask.add_argument(
        "--no-goals", dest="goals", action="store_false", help="leave out the table of goals beside the peer"
    )
    ask.add_argument(
        "--peer-python", default=os.environ.get("HEADWATER_PEER_PYTHON"), help="interpreter that has nomenklatura"
    )
    ask.add_argument("--limit", type=int, default=100_000, help="at most so many queries of each negative set")
    args = ask.parse_args()
    if (args.data / "sets" / "plan.json").exists():
        print(f"half: {args.half}")
        for task in read_tasks(args.data):
            if args.task is None or task.name in args.task:
                print("\n".join(measure_task(args.data, task, args.half, args.limit)), flush=True)
        if args.task is None or "pairs" in args.task:
            print("\n".join(measure_pairs(args.data, args.half)), flush=True)
    else:
        print(f"no data in {args.data}: recall and alerts are not measured")
    goals: list[dict[str, Any]] = []
    if args.goals and (args.data / "sets" / "plan.json").exists():
        python = [] if args.peer_python is None else ["--peer-python", args.peer_python]
        words = [sys.executable, str(HERE / "screening_goals.py"), "--shared", str(args.data.resolve().parent.parent)]
        with tempfile.NamedTemporaryFile() as rows:
            words += ["--results", rows.name, *python]
            subprocess.run(words, check=True, env={**os.environ, "PYTHONPATH": str(HERE.parent)})
            goals = json.loads(Path(rows.name).read_bytes())
    lines, results = measure_speed()
    print("\n".join(lines))
    print(json.dumps({"results": [*goals, *results]}))


if __name__ == "__main__":
    main()
