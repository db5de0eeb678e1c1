"""Run what shows the promises of a node, one line for each figure, and keep a log with the seeds.

    python -m tools.promises merge                      what every merge needs: a few minutes on two cores
    python -m tools.promises deep                       a night's work
    python -m tools.promises deep --scale 0.01          the same with a hundredth of everything, to try it
    python -m tools.promises merge --only R1,S4         some figures, or lines by a part of their title
    python -m tools.promises merge --keep               and write the log to docs/evidence, a line as it ends
    python -m tools.promises deep --resume              go on with the night that the log there tells of

The figures are those of the design page on reliability: R1 to R7, S1 to S8, Q1. Seeds are drawn from the day unless --seed
names one; the log names them, and with the commit of each line a failure can be had again. A night may be done in several
sittings: --resume takes seed and scale from the log and runs what it does not tell of, or tells of as bad. Exit 1 where a
figure is bad.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from tools.promise_plans import LEAST_KILLED, MUTANT_PARTS, MUTANTS, PLANS, ROOT, Task, git

EVIDENCE: Final = ROOT / "docs" / "evidence"
_PASSED: Final = re.compile(r"(\d+) passed")
_FAILED: Final = re.compile(r"(\d+) (?:failed|error)")
_SKIPPED: Final = re.compile(r"(\d+) skipped")
_MUTANTS: Final = re.compile(r"^Q1 (\w+): (\d+) mutants tried, (\d+) killed", re.MULTILINE)
_FUZZED: Final = re.compile(r"^[\w-]+: (\d+) inputs, \d+ read, \d+ refused, (\d+) bad", re.MULTILINE)


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
    day: str = ""
    commit: str = ""
    said: list[str] = field(default_factory=list)


def carry_out(task: Task) -> Result:
    """Run one command and read its counts."""
    begun = time.monotonic()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run([sys.executable, *task.words], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    found = Result(task.figure, task.title, command_of(task), (done.returncode == 0) != task.must_fail)
    found.wall_s = round(time.monotonic() - begun, 1)
    found.day, found.commit = datetime.now(UTC).date().isoformat(), git("rev-parse", "HEAD")
    read_counts(found, done.stdout)
    if not found.ok:
        found.said = [line[:300] for line in (done.stdout + done.stderr).splitlines()[-12:]]
    return found


def command_of(task: Task) -> str:
    """Return a task as one would type it."""
    return " ".join(["python", *task.words])


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


def run(
    tasks: Sequence[Task],
    workers: int,
    known: Sequence[Result] = (),
    keep: Callable[[list[Result]], object] = lambda _: None,
) -> list[Result]:
    """Run the tasks, as many at once as there are workers; tell and keep each as it ends.

    Args:
        tasks: what to run.
        workers: how many at once.
        known: what ran before, and is not run again.
        keep: is given all results so far, in order, whenever there is one more.
    """
    order = {task.title: place for place, task in enumerate(tasks)}
    done = {one.title for one in known}
    waiting: SimpleQueue[Task] = SimpleQueue()
    for task in tasks:
        if task.title not in done:
            waiting.put(task)
    found = list(known)
    keeping = threading.Lock()

    def in_order() -> list[Result]:
        return sorted(found, key=lambda one: (one.figure[0] == "Q", one.figure[0], one.figure, order[one.title]))

    def work() -> None:
        while True:
            try:
                task = waiting.get_nowait()
            except Empty:
                return
            result = carry_out(task)
            with keeping:
                found.append(result)
                keep(in_order())
            print(f"    {len(found)} of {len(tasks)}: {line_of(result)}", file=sys.stderr, flush=True)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return in_order()


def line_of(result: Result) -> str:
    """One line about one result."""
    state = "ok " if result.ok else "BAD"
    skipped = f", {result.skipped} NOT RUN" if result.skipped else ""
    return f"{result.figure} {state} {result.title}: {result.runs} runs, {result.bad} bad{skipped}, {result.wall_s} s"


def log(plan: str, seed: int, scale: float, results: Sequence[Result], lines: int, wall_s: float) -> dict[str, Any]:
    """Return the log of a run: enough to have it again, and no word about the machine but how many cores it has.

    It is that of a whole run, and may be called good, only where all `lines` of the plan stand in it.
    """
    return {
        "plan": plan,
        "day": datetime.now(UTC).date().isoformat(),
        "commit": git("rev-parse", "HEAD"),
        "changed": bool(git("status", "--porcelain")),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[1], 1),
        "seed": seed,
        "scale": scale,
        "wall_s": round(wall_s, 1),
        "lines": lines,
        "ok": len(results) == lines and all(one.ok for one in results) and not rooms_short(results),
        "figures": [asdict(one) for one in results],
    }


def rooms_short(results: Sequence[Result]) -> list[str]:
    """Return, for each room whose mutants have been tried in parts, where too few of all of them died."""
    short: list[str] = []
    for room in MUTANT_PARTS:
        parts = [one for one in results if one.title.startswith(f"{MUTANTS} of {room}, ")]
        tried, bad = sum(one.runs for one in parts), sum(one.bad for one in parts)
        if tried and 100 * (tried - bad) / tried < LEAST_KILLED:
            short.append(f"Q1 BAD {MUTANTS} of {room}: {tried - bad} of {tried} killed, below {LEAST_KILLED:.0f} %")
    return short


def kept_log(plan: str) -> dict[str, Any]:
    """Return the log of a plan that is kept; an empty one where there is none."""
    file = EVIDENCE / f"{plan}.json"
    return json.loads(file.read_text("utf-8")) if file.is_file() else {}


def taken_over(kept: dict[str, Any], tasks: Sequence[Task]) -> list[Result]:
    """Return the good results of a kept log that are of these very commands."""
    commands = {(task.title, command_of(task)) for task in tasks}
    results = [Result(**one) for one in kept.get("figures", [])]
    return [one for one in results if one.ok and (one.title, one.command) in commands]


def write_log(told: dict[str, Any]) -> None:
    """Write a log whole, or not at all: it may be broken off at any time."""
    EVIDENCE.mkdir(exist_ok=True)
    # What failed may have named a directory of this machine.
    text = json.dumps(told, indent=1).replace(str(ROOT), "").replace(str(Path.home()), "~")
    file = EVIDENCE / f"{told['plan']}.json"
    beside = file.with_suffix(".part")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a plan; 1 where a figure is bad."""
    parser = argparse.ArgumentParser(description="Show the promises, one line for each figure.")
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--seed", type=int, help="the day's number if not given")
    parser.add_argument("--scale", type=float, help="share of the runs; all of them if not given")
    parser.add_argument("--only", default="", help="figures or parts of titles, with commas between")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="write the log to docs/evidence, a line as it ends")
    parser.add_argument("--resume", action="store_true", help="go on with the kept log, and keep what comes of it")
    given = parser.parse_args(arguments)
    kept = kept_log(given.plan) if given.resume else {}
    seed = given.seed or kept.get("seed") or datetime.now(UTC).date().toordinal()
    scale = given.scale or kept.get("scale") or 1.0
    whole = list(PLANS[given.plan](seed, scale))
    known = taken_over(kept, whole)
    only = set(filter(None, given.only.split(","))) or {task.figure for task in whole}
    done = {one.title for one in known}
    tasks = [
        task for task in whole if task.figure in only or task.title in done or any(word in task.title for word in only)
    ]
    begun = time.monotonic() - (kept.get("wall_s", 0.0) if known else 0.0)

    def keep(results: list[Result]) -> None:
        if given.keep or given.resume:
            write_log(log(given.plan, seed, scale, results, len(whole), time.monotonic() - begun))

    results = run(tasks, given.workers, known, keep)
    keep(results)  # also where nothing was left to run: the plan may have more lines since
    for result in results:
        print(line_of(result))
        for text in result.said:
            print(f"        {text}")
    short = rooms_short(results)
    for text in short:
        print(text)
    bad = [result for result in results if not result.ok]
    wall_s = time.monotonic() - begun
    print(f"{given.plan}: seed {seed}, {len(results)} of {len(whole)} lines, {len(bad)} bad, {wall_s:.0f} s")
    return int(bool(bad or short))


if __name__ == "__main__":
    sys.exit(main())
