"""Run what shows the promises of a node, one line for each figure, and keep a log with the seeds.

    python -m tools.promises merge                      what every merge needs: a few minutes on two cores
    python -m tools.promises deep                       a night's work
    python -m tools.promises deep --scale 0.01          the same with a hundredth of everything, to try it
    python -m tools.promises merge --only R1,S4         some figures
    python -m tools.promises merge --keep               and write the log to docs/evidence

The figures are those of the design page on reliability: R1 to R7, S1 to S8, Q1. Seeds are drawn from the day unless --seed
names one; the log names them, and with its commit a failure can be had again. Exit 1 where a figure is bad.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
EVIDENCE: Final = ROOT / "docs" / "evidence"
PYTEST: Final = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
NOT_DEEP: Final = ("-m", "not deep")
_PASSED: Final = re.compile(r"(\d+) passed")
_FAILED: Final = re.compile(r"(\d+) (?:failed|error)")
_SKIPPED: Final = re.compile(r"(\d+) skipped")
_MUTANTS: Final = re.compile(r"^Q1 (\w+): (\d+) mutants tried, (\d+) killed", re.MULTILINE)
_FUZZED: Final = re.compile(r"^[\w-]+: (\d+) inputs, \d+ read, \d+ refused, (\d+) bad", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Task:
    """One command that shows a part of a figure.

    Attributes:
        figure: R1 to Q1.
        title: what is shown.
        words: what Python is given.
        must_fail: whether the command has to find something, as it runs with a known fault.
    """

    figure: str
    title: str
    words: tuple[str, ...]
    must_fail: bool = False


@dataclass(slots=True)
class Result:
    """What a command found."""

    figure: str
    title: str
    command: str
    ok: bool
    runs: int = 0
    bad: int = 0
    skipped: int = 0
    wall_s: float = 0.0
    said: list[str] = field(default_factory=list)


def merge(seed: int, scale: float) -> Iterator[Task]:
    """Yield what every merge needs, the longest first."""
    first = seed * 1_000

    def so_many(count: int) -> int:
        return max(1, round(count * scale))

    yield Task(
        "R3",
        "simulated histories",
        ("-m", "headwater.testing.sim", "--seeds", f"{first}:{first + so_many(500)}", "--json"),
    )
    yield Task(
        "R1",
        "kills of a writer",
        ("-m", "headwater.testing.crash", "--cycles", str(so_many(1_000)), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R2",
        "power cuts",
        ("-m", "headwater.testing.powercut", "--cuts", str(so_many(5_000)), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R2",
        "losses seen with less syncing",
        ("-m", "headwater.testing.powercut", "--cuts", "40", "--synchronous", "NORMAL", "--json"),
        must_fail=True,
    )
    yield Task(
        "R1",
        "kills of whole nodes and of a writer's planted faults",
        (
            *PYTEST,
            *NOT_DEEP,
            "--deselect=tests/crash/test_nodes_killed.py::test_a_planted_fault_is_found",
            "tests/crash/test_nodes_killed.py",
            "tests/crash/test_kill.py",
        ),
    )
    yield Task(
        "R4",
        "2 x 400 messages over nine network faults",
        (*PYTEST, *NOT_DEEP, "tests/crash/test_network_faults.py", "tests/unit/testing/test_proxy.py"),
    )
    yield Task(
        "R5", "every write, sync and open fails, ENOSPC and EIO", (*PYTEST, *NOT_DEEP, "tests/crash/test_full_disk.py")
    )
    yield Task(
        "R6",
        "clocks ahead, behind, frozen, backward, DST",
        (*PYTEST, *NOT_DEEP, "-k", "clock", "tests/e2e/test_error_table.py", "tests/e2e/test_clocks.py"),
    )
    yield Task(
        "R7",
        "frozen stores open and verify, newer ones are refused",
        (*PYTEST, *NOT_DEEP, "tests/vectors/test_stores.py", "tests/hostile/test_damaged_stores.py"),
    )
    yield Task("S1", "vectors", (*PYTEST, *NOT_DEEP, "tests/vectors", "tests/unit/exchange/test_suite.py"))
    yield Task(
        "S2", "mutated files", ("-m", "tests.fuzz.fuzz_formats", "--seconds", str(scale / 2), "--seed", str(seed))
    )
    yield Task(
        "S3",
        "authorisation matrix with effect diff",
        (
            *PYTEST,
            *NOT_DEEP,
            "tests/authz",
            "tests/property/test_view.py",
            "tests/unit/web/test_taxii.py",
            "tests/unit/web/test_partner.py",
            "tests/unit/web/test_matching.py",
        ),
    )
    yield Task("S4", "hostile files and their twins", (*PYTEST, *NOT_DEEP, "tests/hostile"))
    yield Task(
        "S5",
        "canaries",
        (
            *PYTEST,
            *NOT_DEEP,
            "tests/e2e/test_canaries.py",
            "tests/e2e/test_canaries_at_doors.py",
            "tests/property/test_case_hidden.py",
        ),
    )
    yield Task(
        "S6",
        "tampered ledgers",
        (
            *PYTEST,
            *NOT_DEEP,
            "tests/property/test_ledger_tampering.py",
            "tests/property/test_proof_tampering.py",
            "tests/property/test_witness.py",
            "tests/unit/store/test_append_only.py",
        ),
    )
    yield Task("S7", "the wheel, built twice and installed", ("-m", "tools.wheel_check", "--without-demo"))
    yield Task(
        "S7",
        "locks, hashes, deploy",
        (
            *PYTEST,
            *NOT_DEEP,
            "tests/arch/test_repository.py",
            "tests/arch/test_bootstrap.py",
            "tests/arch/test_deploy.py",
            "tests/arch/test_sbom.py",
        ),
    )
    yield Task("S8", "ASVS rows", (*PYTEST, *NOT_DEEP, "tests/arch/test_asvs.py"))
    yield Task(
        "Q1",
        "mutants of changed lines",
        (
            "-m",
            "tools.mutants",
            "--changed",
            base(),
            "--seconds",
            str(round(15 * scale, 1)),
            "--functions-only",
            "--least",
            "80",
        ),
    )


def deep(seed: int, scale: float) -> Iterator[Task]:
    """Yield the night's work; `scale` is the share of it."""
    first = 1_000_000 + seed * 100_000

    def so_many(count: int) -> str:
        return str(max(1, round(count * scale)))

    yield Task(
        "R3",
        "simulated histories",
        ("-m", "headwater.testing.sim", "--seeds", f"{first}:{first + int(so_many(30_000))}", "--json"),
    )
    yield Task(
        "R2",
        "power cuts",
        ("-m", "headwater.testing.powercut", "--cuts", so_many(100_000), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R1",
        "kills of a writer",
        ("-m", "headwater.testing.crash", "--cycles", so_many(10_000), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R1",
        "kills of whole nodes",
        ("-m", "headwater.testing.nodes", "--kills", so_many(1_000), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R1",
        "planted faults found by kills of whole nodes",
        (*PYTEST, "tests/crash/test_nodes_killed.py", "-k", "planted"),
    )
    for fault in ("delay", "drop", "reset", "cut_up", "cut_down", "slow", "black_hole", "corrupt", "duplicate"):
        words = (
            "-m",
            "headwater.testing.network",
            "--messages",
            so_many(100_000),
            "--fault",
            fault,
            "--seed",
            str(seed),
            "--json",
        )
        yield Task("R4", f"messages over lines with {fault.replace('_', ' ')}", words)
    yield Task(
        "R4",
        "messages in a storm of kills, bad lines and full disks",
        ("-m", "headwater.testing.storm", "--messages", so_many(100_000), "--seed", str(seed), "--json"),
    )
    yield Task("S2", "mutated files", ("-m", "tests.fuzz.fuzz_formats", "--seconds", so_many(900), "--seed", str(seed)))
    yield Task(
        "Q1", "mutants", ("-m", "tools.mutants", "--sample", so_many(5_000), "--seed", str(seed), "--least", "95")
    )
    yield Task("Q1", "planted faults", ("-m", "tools.sabotage"))
    yield Task(
        "Q1", "every room of the exercise broken", (*PYTEST, "-m", "deep or not deep", "tests/e2e/test_plants.py")
    )
    yield Task(
        "R5",
        "every one of many writes, syncs and opens fails",
        (*PYTEST, "-m", "deep or not deep", "tests/crash/test_full_disk.py"),
    )
    yield Task(
        "S6",
        "ten thousand tampered ledgers",
        (*PYTEST, "-m", "deep or not deep", "tests/property/test_ledger_tampering.py"),
    )
    yield Task(
        "R7", "ten thousand damaged stores", (*PYTEST, "-m", "deep or not deep", "tests/hostile/test_damaged_stores.py")
    )
    yield Task(
        "S3",
        "stores in PostgreSQL",
        (
            *PYTEST,
            "--postgres",
            *NOT_DEEP,
            "tests/unit/store",
            "tests/contract/test_store_contract.py",
            "tests/unit/exchange",
            "tests/unit/web",
        ),
    )
    yield Task(
        "R1",
        "two servers over one PostgreSQL database",
        (*PYTEST, "tests/e2e/test_postgres.py", "tests/e2e/test_postgres_workers.py"),
    )
    yield Task("Q1", "the same answers on Spark", (*PYTEST, *NOT_DEEP, "-k", "spark", "tests/peer"))
    yield Task("S7", "the wheel, built twice, installed, and the exercise run from it", ("-m", "tools.wheel_check"))
    again = {"R6", "S1", "S4", "S5", "S7", "S8"}
    yield from (task for task in merge(seed, 1.0) if task.figure in again and "tools.wheel_check" not in task.words)


PLANS: Final = {"merge": merge, "deep": deep}


def base() -> str:
    """Where the branch left the main one, for the lines that were changed; the last commit where there is no other."""
    found = _git("merge-base", "HEAD", "main")
    return found if found and found != _git("rev-parse", "HEAD") else "HEAD~1"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def carry_out(task: Task) -> Result:
    """Run one command and read its counts."""
    begun = time.monotonic()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run([sys.executable, *task.words], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    found = Result(task.figure, task.title, " ".join(["python", *task.words]), (done.returncode == 0) != task.must_fail)
    found.wall_s = round(time.monotonic() - begun, 1)
    read_counts(found, done.stdout)
    if not found.ok:
        found.said = [line[:300] for line in (done.stdout + done.stderr).splitlines()[-12:]]
    return found


def read_counts(found: Result, said: str) -> None:
    """Take the counts out of what a command said: a report in JSON, pytest's last line, the fuzzer's, or the mutants'."""
    try:
        report = json.loads(said)
        found.runs, found.bad = report["runs"], len(report["bad"])
        return
    except (ValueError, KeyError, TypeError):
        pass
    if mutants := _MUTANTS.findall(said):
        found.runs = sum(int(tried) for _, tried, _ in mutants)
        found.bad = found.runs - sum(int(killed) for _, _, killed in mutants)
    elif fuzzed := _FUZZED.findall(said):
        found.runs, found.bad = sum(int(tried) for tried, _ in fuzzed), sum(int(bad) for _, bad in fuzzed)
    else:
        found.runs, found.bad, found.skipped = (
            sum(map(int, pattern.findall(said.splitlines()[-1] if said.strip() else "")))
            for pattern in (_PASSED, _FAILED, _SKIPPED)
        )


def run(tasks: Sequence[Task], workers: int) -> list[Result]:
    """Run the tasks, as many at once as there are workers; tell each as it ends."""
    waiting: SimpleQueue[Task] = SimpleQueue()
    for task in tasks:
        waiting.put(task)
    found: list[Result] = []

    def work() -> None:
        while True:
            try:
                task = waiting.get_nowait()
            except Empty:
                return
            result = carry_out(task)
            found.append(result)
            print(f"    {line_of(result)}", file=sys.stderr, flush=True)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    order = {task.title: place for place, task in enumerate(tasks)}
    return sorted(found, key=lambda one: (one.figure[0] == "Q", one.figure[0], one.figure, order[one.title]))


def line_of(result: Result) -> str:
    """One line about one result."""
    state = "ok " if result.ok else "BAD"
    skipped = f", {result.skipped} NOT RUN" if result.skipped else ""
    return f"{result.figure} {state} {result.title}: {result.runs} runs, {result.bad} bad{skipped}, {result.wall_s} s"


def log(plan: str, seed: int, scale: float, results: Sequence[Result], wall_s: float) -> dict[str, Any]:
    """Return the log of a run: enough to have it again, and no word about the machine but how many cores it has."""
    return {
        "plan": plan,
        "day": datetime.now(UTC).date().isoformat(),
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain")),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[1], 1),
        "seed": seed,
        "scale": scale,
        "wall_s": round(wall_s, 1),
        "ok": all(one.ok for one in results),
        "figures": [asdict(one) for one in results],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a plan; 1 where a figure is bad."""
    parser = argparse.ArgumentParser(description="Show the promises, one line for each figure.")
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--seed", type=int, help="the day's number if not given")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the runs")
    parser.add_argument("--only", default="", help="figures, with commas between")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="write the log to docs/evidence")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else datetime.now(UTC).date().toordinal()
    only = set(filter(None, given.only.split(",")))
    tasks = [task for task in PLANS[given.plan](seed, given.scale) if not only or task.figure in only]
    begun = time.monotonic()
    results = run(tasks, given.workers)
    wall_s = time.monotonic() - begun
    for result in results:
        print(line_of(result))
        for text in result.said:
            print(f"        {text}")
    bad = [result for result in results if not result.ok]
    print(f"{given.plan}: seed {seed}, {len(results)} lines, {len(bad)} bad, {wall_s:.0f} s")
    if given.keep:
        EVIDENCE.mkdir(exist_ok=True)
        kept = json.dumps(log(given.plan, seed, given.scale, results, wall_s), indent=1)
        # What failed may have named a directory of this machine.
        kept = kept.replace(str(ROOT), "").replace(str(Path.home()), "~")
        (EVIDENCE / f"{given.plan}.json").write_text(kept + "\n", encoding="utf-8")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
