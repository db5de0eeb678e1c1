"""The goals of screening, headwater and its peer side by side in one run, by the developers' own measuring program.

    python bench/screening_goals.py --shared ../shared [--peer-python PYTHON] [--limit 2000]

The peer (nomenklatura 4.17.4) is not among headwater's dependencies: it needs PyICU and a compiler. Name an interpreter that
has it with --peer-python or HEADWATER_PEER_PYTHON; without one, headwater alone is measured and the table says so. Rows S1 to
S9 are of the whole sets, as the program measures them; `bench_screening.py` gives the half that nothing was fitted on.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HEADWATER = Path(sys.executable).parent / "headwater"
ENV = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def run_program(shared: Path, python: str, *, limit: int, peer: str, tasks: list[str]) -> dict[str, Any]:
    """Return what the measuring program finds for headwater and the peer."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "result.json")
        words = [
            python,
            str(shared / "bench" / "screening_peer.py"),
            "--out",
            str(out),
            "--limit",
            str(limit),
            "--peer",
            peer,
        ]
        words += ["--product", str(HEADWATER), *(["--pairs"] if not tasks else ["--task", *tasks])]
        subprocess.run(words, check=True, env=ENV, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def of(found: dict[str, Any], task: str, side: str, part: str, key: str) -> Any:
    """Return one figure, None where it was not measured."""
    return found.get(task, {}).get(side, {}).get(part, {}).get(key)


def worst(found: dict[str, Any], task: str, side: str, key: str) -> Any:
    """Return the larger figure of the two sets of people on no list."""
    values = [of(found, task, side, part, key) for part in ("neg_global", "neg_us")]
    return max((value for value in values if value is not None), default=None)


def speeds(found: dict[str, Any], side: str) -> dict[str, float]:
    """Return queries a CPU second of each set of the two tasks on UN and OFAC."""
    return {
        f"{task} {part}": values["q_per_cpu_s"]
        for task in ("un_full", "un_name")
        for part, values in found.get(task, {}).get(side, {}).items()
        if "q_per_cpu_s" in values
    }


@dataclass(frozen=True, slots=True)
class Goal:
    """One row of the design's table of goals.

    Attributes:
        mine, peer: headwater's figure and the peer's, None where it was not measured.
        how: what else there is to say of the figure.
    """

    goal: str
    what: str
    mine: Any
    peer: Any = None
    at_least: float | None = None
    at_most: float | None = None
    how: str = ""

    @property
    def must(self) -> str:
        """The goal as it is printed."""
        return f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"

    def line(self) -> str:
        """Return the row of the printed table."""
        return (
            f"{self.goal:5}{self.what:52}{told(self.peer):>12}{told(self.mine):>12}   {self.must}   {self.how}".rstrip()
        )

    def row(self) -> dict[str, Any]:
        """Return the row of bench/run.py."""
        beside = ("nomenklatura " + told(self.peer)) if self.peer is not None else ""
        what = "; ".join(filter(None, (beside, self.how)))
        goals = {"at_least": self.at_least, "at_most": self.at_most}
        return {"name": f"{self.goal} {self.what}", "ratio": self.mine, **goals, "what": what}


def told(value: Any) -> str:
    """Return a figure as it is printed."""
    return "-" if value is None else f"{value:.4g}"


def qualities(found: dict[str, Any]) -> list[Goal]:
    """Return the goals on quality, S1 to S7."""

    def both(task: str, part: str, key: str) -> dict[str, Any]:
        values = (of(found, task, side, part, key) for side in ("product", "peer"))
        mine, peer = (int(value.partition("/")[0]) if isinstance(value, str) else value for value in values)  # "47/47"
        return {"mine": mine, "peer": peer}

    mine, peer = (worst(found, "un_full", side, "alerts@0.7") for side in ("product", "peer"))
    return [
        Goal("S1", "un_treated, full record: recall", **both("un_full", "un_treated", "recall@0.7"), at_least=0.995),
        Goal("S1", "un_treated, full record: alerts", mine, peer, at_most=0.0005),
        Goal(
            "S2", "un_treated, name only: recall at FPR .005",
            **both("un_name", "un_treated", "recall at FPR 0.005"), at_least=0.99,
        ),
        Goal("S3", "leave one alias out: recall at FPR .005", **both("loo", "loo", "recall at FPR 0.005"), at_least=0.68),
        Goal("S4", "Arabic: recall at FPR .02", **both("arabic", "native_arabic", "recall at FPR 0.02"), at_least=0.60),
        Goal("S5", "Western Balkans: found of 49", **both("balkans", "all", "tp"), at_least=46),
        Goal("S5", "Western Balkans: false of 27", **both("balkans", "all", "fp"), at_most=3),
        Goal("S6", "name_bench: F1", **both("name_bench", "all", "f1"), at_least=0.81),
        Goal("S6", "name_bench: STRONG", **both("name_bench", "all", "strong"), at_least=47),
        Goal("S7", "entity_bench: correct of 228", **both("entity_bench", "all", "correct"), at_least=208),
    ]  # fmt: skip


def throughputs(goal: str, found: dict[str, Any], must: float) -> list[Goal]:
    """Return the goals on throughput, S8 or S9: how many times the peer's."""
    mine, peer = speeds(found, "product"), speeds(found, "peer")
    return [
        Goal(
            goal, f"{name}: times as quick", mine[name] / peer[name], at_least=must,
            how=f"{mine[name]:.0f} queries a CPU s beside {peer[name]:.1f}",
        )
        for name in mine
        if name in peer
    ]  # fmt: skip


def timed(words: list[str]) -> tuple[float, float, dict[str, Any]]:
    """Return CPU seconds and peak megabytes of a command, and what it answered."""
    with tempfile.NamedTemporaryFile() as peak:
        script = (
            "import resource,subprocess,sys;p=subprocess.run(sys.argv[2:],capture_output=True,text=True,check=True);"
        )
        script += "open(sys.argv[1],'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024));print(p.stdout)"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", script, peak.name, *words], capture_output=True, text=True, check=True, env=ENV
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = json.loads(done.stdout)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return cpu, float(Path(peak.name).read_text() or 0), answer


def first_answer(shared: Path) -> list[Goal]:
    """Return S10: CPU and memory of a fresh command with the index cached."""
    data = shared / "data" / "screening" / "lists"
    words = [str(HEADWATER), "screen", "--name", "Omar Hassan", "--born", "1960", "--json",
             "--list", f"un-xml:{data / 'un' / 'un_consolidated.xml'}", "--list", f"ofac-csv:{data / 'ofac' / 'sdn.csv'}"]  # fmt: skip
    timed(words)
    cpu, _, answer = min((timed(words) for _ in range(3)), key=lambda one: one[0])
    what = "first answer of a fresh command"
    return [
        Goal("S10", f"{what}, CPU s", cpu, at_most=1.0, how="with the index cached"),
        Goal("S10", f"{what}, MB", float(answer["peak_rss_mb"]), at_most=150.0, how="with the index cached"),
    ]


def large(names: int = 125_000, customers: int = 1_000_000) -> list[Goal]:
    """Return S11 to S14: building, queries over many names, one warm query, one designation against many customers."""
    from bench.bench_screening import invented
    from headwater.engines.match.build import build_index
    from headwater.engines.match.index import unpack
    from headwater.engines.match.query import read_request
    from headwater.engines.match.screening import Screener
    from headwater.exercise.list_files import list_files
    from headwater.exercise.lists import make_list
    from headwater.formats.reading import read_all
    from headwater.formats.registry import source
    from headwater.model.ids import AuthorityId
    from headwater.ports import SourceInput

    begun = time.process_time()
    build_index(invented(25_000))
    goals = [Goal("S11", "build for 25,000 names, CPU s", time.process_time() - begun, at_most=3.0)]
    made = make_list(names * 2 // 5, 5)
    file = next(iter(list_files("uk-csv", made).values()))
    records = read_all(source("uk-csv"), SourceInput("list.csv", file, lambda _: None, AuthorityId("XX-TEST"))).records
    params: dict[str, Any] = {"lists": ["uk-csv"], "snapshots": {"uk-csv": "x"}, "min_score": 0.7}
    listed, index = records[0], unpack(build_index(records))
    del (
        records,
        made,
    )  # a command reads its index from a file and holds no record; here the collector would walk them all
    screener = Screener(None, index, compiled=True, sees=lambda _: True)
    asked = [
        {"id": str(one.number), "name": one.name, "birth_date": one.born}
        for one in make_list(3000, 6)
        if one.kind == "Individual"
    ]
    begun = time.process_time()
    screener.answer(read_request({**params, "queries": asked}))
    speed = len(asked) / (time.process_time() - begun)
    held = screener.index.head.names
    goals.append(Goal("S12", "queries a CPU s over generated names", speed, at_least=2000, how=f"{held} names"))
    one_by_one = []
    for row in asked[:500]:
        begun = time.process_time()
        screener.answer(read_request({**params, "queries": [row]}))
        one_by_one.append(time.process_time() - begun)
    p99 = sorted(one_by_one)[int(0.99 * len(one_by_one))] * 1000
    goals.append(Goal("S13", "one warm query, p99 in CPU ms", p99, at_most=10.0, how=f"over {held} names"))
    goals.append(designated(screener, listed, customers, params, asked))
    return goals


def designated(screener: Any, listed: Any, customers: int, params: dict[str, Any], asked: list[dict[str, str]]) -> Goal:
    """Return S14: one designation against many customers."""
    from headwater.engines.match.query import read_request
    from headwater.engines.match.reverse import Customers, customer_index
    from headwater.exercise.lists import make_list
    from headwater.model.ids import BlobHash

    rows_ = ({"id": f"c{at}", "name": one.name} for at, one in enumerate(make_list(customers, 7)))
    begun = time.process_time()
    data = customer_index(rows_, BlobHash("0" * 64))
    built = time.process_time() - begun
    begun = time.process_time()
    opened = Customers(data)
    laid = time.process_time() - begun
    params = {**params, "only": [str(listed.mentions[0].key)]}
    # What a machine compiles once, on the first designation that it ever meets, is no part of the next.
    screener.answer(read_request({**params, "queries": asked[:1]}))
    begun = time.process_time()
    found = opened.worth_a_look(listed)
    look = time.process_time() - begun
    answer = screener.answer(read_request({**params, "queries": list(found.values())}))
    spent = time.process_time() - begun
    how = (
        f"{customers} customers: {look:.2f} find {len(found)} worth a look, the rest compares them: {len(answer.hits)} hits; opening"
        f" {laid:.2f} s, building once {built:.0f} s, {len(data) / 1e6:.0f} MB"
    )
    return Goal("S14", "one designation against all customers, CPU s", spent, at_most=1.0, how=how)


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--shared", type=Path, default=Path(os.environ.get("HEADWATER_SHARED", "../shared")))
    ask.add_argument("--peer-python", default=os.environ.get("HEADWATER_PEER_PYTHON"))
    ask.add_argument("--limit", type=int, default=2000, help="at most so many queries of each negative set (0 = all)")
    ask.add_argument("--customers", type=int, default=1_000_000)
    ask.add_argument("--results", type=Path, help="write the goals as rows of bench/run.py there")
    args = ask.parse_args()
    python, peers = args.peer_python or sys.executable, bool(args.peer_python)
    shared = args.shared.resolve()
    found = run_program(shared, python, limit=args.limit, peer="blocker" if peers else "none", tasks=[])
    cdist = run_program(shared, python, limit=args.limit, peer="cdist", tasks=["un_full", "un_name"]) if peers else {}
    goals = [*qualities(found), *throughputs("S8", found, 25), *throughputs("S9", cdist, 5)]
    goals += [*first_answer(shared), *large(customers=args.customers)]
    print(f"{'goal':5}{'what':52}{'peer':>12}{'headwater':>12}   must")
    print("\n".join(goal.line() for goal in goals))
    if not peers:
        print("no peer here: S8 and S9 are not measured")
    if args.results:
        args.results.write_text(json.dumps([goal.row() for goal in goals if goal.mine is not None]), encoding="utf-8")


if __name__ == "__main__":
    main()
