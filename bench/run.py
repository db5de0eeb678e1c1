"""Run the benchmarks, each in a process of its own, and print their ratios in one table.

    python bench/run.py [NAME ...] [--json] [--write] [-- OPTION ...]

A benchmark is a file `bench/bench_NAME.py` that prints, as the last line of its output, one JSON document:

    {"results": [{"name": "...", "ratio": 12.5, "at_least": 10.0, "what": "group commit against single commits"}]}

Seconds of one machine say little on another, so a result is a ratio measured within one run: how many times more, or
less, than something that ran beside it. `at_least` or `at_most` is the goal; a result outside it makes the run fail. With
`--write` the results are kept and docs/explain/performance.md is written anew (`bench/performance.py`). What stands behind `--` is handed to each benchmark that is named.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench import performance  # noqa: E402 - found from wherever it is started

LONGEST_S = 5400


@dataclass(frozen=True, slots=True)
class Result:
    """One measured ratio and its goal."""

    bench: str
    name: str
    ratio: float
    at_least: float | None
    at_most: float | None
    what: str

    def as_row(self) -> dict[str, str | float | None]:
        """The result as a benchmark prints it."""
        goals = {"at_least": self.at_least, "at_most": self.at_most}
        return {"name": self.name, "ratio": self.ratio, **goals, "what": self.what}

    @property
    def ok(self) -> bool:
        """Whether the ratio is inside its goal."""
        return (self.at_least is None or self.ratio >= self.at_least) and (
            self.at_most is None or self.ratio <= self.at_most
        )

    @property
    def goal(self) -> str:
        """The goal as it is printed."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most is not None else "-"


def found_benches() -> dict[str, Path]:
    """Every benchmark by its name."""
    return {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}


def parse(bench: str, output: str) -> list[Result]:
    """The results in a benchmark's output.

    Raises:
        ValueError: the last line is not the document that a benchmark ends with.
    """
    lines = output.strip().splitlines()
    document: Any = json.loads(lines[-1]) if lines else None
    if not isinstance(document, dict) or not document.get("results"):
        message = "the last line is no document with results"
        raise ValueError(message)
    return [
        Result(
            bench=bench,
            name=str(row["name"]),
            ratio=float(row["ratio"]),
            at_least=row.get("at_least"),
            at_most=row.get("at_most"),
            what=str(row.get("what", "")),
        )
        for row in document["results"]
    ]


def run_one(bench: str, path: Path, options: Sequence[str] = ()) -> tuple[list[Result], str | None]:
    """Run one benchmark; its results, or what went wrong."""
    try:
        done = subprocess.run(
            [sys.executable, str(path), *options], capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
        if done.returncode != 0:
            tail = done.stderr.strip().splitlines()[-1:] or ["no message"]
            return [], f"{bench}: exit {done.returncode}: {tail[0]}"
        return parse(bench, done.stdout), None
    except (ValueError, KeyError, TypeError) as error:
        return [], f"{bench}: {error}"
    except subprocess.TimeoutExpired:
        return [], f"{bench}: not done after {LONGEST_S} s"


def main() -> int:
    """Run what was asked for; 1 when a goal was missed or a benchmark broke."""
    parser = argparse.ArgumentParser(description="Run the benchmarks and print their ratios.")
    parser.add_argument("names", nargs="*", help="only these (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--write", action="store_true", help="keep the results and write the page of measurements")
    given = sys.argv[1:]
    options = given[given.index("--") + 1 :] if "--" in given else []
    asked = parser.parse_args(given[: len(given) - len(options) - 1] if options else given)
    if options and not asked.names:
        parser.error("options behind -- need the name of a benchmark")
    benches = found_benches()
    unknown = sorted(set(asked.names) - set(benches))
    if unknown or not benches:
        print(
            f"no such benchmark: {' '.join(unknown) or 'none at all'}; there are: {' '.join(benches)}", file=sys.stderr
        )
        return 2
    results: list[Result] = []
    problems: list[str] = []
    for bench in asked.names or benches:
        began, load = time.monotonic(), os.getloadavg()[0]
        rows, problem = run_one(bench, benches[bench], options)
        seconds = time.monotonic() - began
        print(f"{bench}: {seconds:.1f} s", file=sys.stderr)
        if asked.write and rows:
            performance.keep(bench, [row.as_row() for row in rows], seconds, load, options)
            performance.write()
        results += rows
        problems += [problem] if problem else []
    if asked.json:
        rows_out = [{"bench": r.bench, "name": r.name, "ratio": r.ratio, "goal": r.goal, "ok": r.ok} for r in results]
        print(json.dumps({"results": rows_out, "problems": problems}))
    else:
        for r in results:
            print(f"{'ok  ' if r.ok else 'MISS'} {r.ratio:>10.2f}  {r.goal:>10}  {r.bench}: {r.name}  {r.what}")
        for problem in problems:
            print(f"FAIL {problem}")
    return 1 if problems or not all(r.ok for r in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
