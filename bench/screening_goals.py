"""The goals of screening, headwater and its peer side by side in one run, by the developers' own measuring program.

    python bench/screening_goals.py --shared ../shared [--peer-python PYTHON] [--limit 1000]

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


def rows(found: dict[str, Any]) -> list[tuple[str, str, Any, Any, str]]:
    """Return the rows on quality: goal, what, peer, headwater, what must be."""
    sides = ("peer", "product")

    def both(task: str, part: str, key: str) -> list[Any]:
        return [of(found, task, side, part, key) for side in sides]

    alerts = [worst(found, "un_full", side, "alerts@0.7") for side in sides]
    pairs = [(of(found, "balkans", side, "all", "tp"), of(found, "balkans", side, "all", "fp")) for side in sides]
    return [
        ("S1", "un_treated, full record: recall", *both("un_full", "un_treated", "recall@0.7"), ".995"),
        ("S1", "un_treated, full record: alerts", *alerts, ".0005"),
        (
            "S2",
            "un_treated, name only, recall at FPR .005",
            *both("un_name", "un_treated", "recall at FPR 0.005"),
            ".990",
        ),
        ("S3", "loo, recall at FPR .005", *both("loo", "loo", "recall at FPR 0.005"), ".68"),
        ("S4", "arabic, recall at FPR .02", *both("arabic", "native_arabic", "recall at FPR 0.02"), ".60"),
        ("S5", "balkans: found of 49, false of 27", *pairs, "46, 3"),
        ("S6", "name_bench: F1", *both("name_bench", "all", "f1"), ".81"),
        ("S6", "name_bench: STRONG", *both("name_bench", "all", "strong"), "47"),
        ("S7", "entity_bench: correct of 228", *both("entity_bench", "all", "correct"), "208"),
    ]


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


def first_answer(shared: Path) -> list[str]:
    """Return S10: CPU and memory of a fresh command with the index cached."""
    data = shared / "data" / "screening" / "lists"
    words = [str(HEADWATER), "screen", "--name", "Omar Hassan", "--born", "1960", "--json",
             "--list", f"un-xml:{data / 'un' / 'un_consolidated.xml'}", "--list", f"ofac-csv:{data / 'ofac' / 'sdn.csv'}"]  # fmt: skip
    timed(words)
    cpu, _, answer = min((timed(words) for _ in range(3)), key=lambda one: one[0])
    return [
        f"S10  first answer of a fresh command, cached index: {cpu:.2f} CPU s (must 1), {answer['peak_rss_mb']:.0f} MB (must 150)"
    ]


def large(names: int = 125_000, customers: int = 1_000_000) -> list[str]:
    """Return S11 to S14: building, queries over many names, one warm query, one designation against many customers."""
    from bench.bench_screening import invented
    from headwater.engines.match.build import build_index
    from headwater.engines.match.index import unpack
    from headwater.engines.match.query import read_request
    from headwater.engines.match.reverse import Customers, customer_index
    from headwater.engines.match.screening import Screener
    from headwater.exercise.list_files import list_files
    from headwater.exercise.lists import make_list
    from headwater.formats.reading import read_all
    from headwater.formats.registry import source
    from headwater.model.ids import AuthorityId, BlobHash
    from headwater.ports import SourceInput

    lines = []
    begun = time.process_time()
    build_index(invented(25_000))
    lines.append(f"S11  build for 25,000 names: {time.process_time() - begun:.2f} CPU s (must 3)")
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
    lines.append(f"S12  {held} generated names: {speed:.0f} queries a CPU s (must 2,000)")
    one_by_one = []
    for row in asked[:500]:
        begun = time.process_time()
        screener.answer(read_request({**params, "queries": [row]}))
        one_by_one.append(time.process_time() - begun)
    p99 = sorted(one_by_one)[int(0.99 * len(one_by_one))] * 1000
    lines.append(f"S13  one warm query over {held} names: p99 {p99:.1f} CPU ms (must 10)")
    rows_ = ({"id": f"c{at}", "name": one.name} for at, one in enumerate(make_list(customers, 7)))
    begun = time.process_time()
    data = customer_index(rows_, BlobHash("0" * 64))
    built = time.process_time() - begun
    begun = time.process_time()
    opened = Customers(data)
    laid = time.process_time() - begun
    begun = time.process_time()
    found = opened.worth_a_look(listed)
    look = time.process_time() - begun
    only = [str(listed.mentions[0].key)]
    answer = screener.answer(read_request({**params, "queries": list(found.values()), "only": only}))
    spent = time.process_time() - begun
    lines.append(f"S14  one designation against {customers} customers: {spent:.2f} CPU s (must 1), of which {look:.2f} find {len(found)} worth "
                 f"a look and the rest compares them: {len(answer.hits)} hits; opening {laid:.2f} s, building once {built:.0f} s, {len(data) / 1e6:.0f} MB")  # fmt: skip
    return lines


def shown(found: dict[str, Any], cdist: dict[str, Any]) -> list[str]:
    """Return the table."""
    lines = [f"{'goal':5}{'what':46}{'peer':>16}{'headwater':>16}   must"]
    lines += [f"{goal:5}{what:46}{peer!s:>16}{mine!s:>16}   {must}" for goal, what, peer, mine, must in rows(found)]
    for goal, theirs, must in (("S8", found, 25), ("S9", cdist, 5)):
        mine, peer = speeds(theirs, "product"), speeds(theirs, "peer")
        for name, value in mine.items():
            ratio = f"{value / peer[name]:.1f}x" if name in peer else "no peer here"
            lines.append(
                f"{goal:5}{name + ', queries a CPU s':46}{peer.get(name)!s:>16}{value!s:>16}   {must}x: {ratio}"
            )
    return lines


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--shared", type=Path, default=Path(os.environ.get("HEADWATER_SHARED", "../shared")))
    ask.add_argument("--peer-python", default=os.environ.get("HEADWATER_PEER_PYTHON"))
    ask.add_argument("--limit", type=int, default=1000, help="at most so many queries of each negative set (0 = all)")
    ask.add_argument("--customers", type=int, default=1_000_000)
    args = ask.parse_args()
    python, peers = args.peer_python or sys.executable, bool(args.peer_python)
    shared = args.shared.resolve()
    found = run_program(shared, python, limit=args.limit, peer="blocker" if peers else "none", tasks=[])
    cdist = run_program(shared, python, limit=args.limit, peer="cdist", tasks=["un_full", "un_name"]) if peers else {}
    print("\n".join(shown(found, cdist)), flush=True)
    print("\n".join([*first_answer(shared), *large(customers=args.customers)]))


if __name__ == "__main__":
    main()
