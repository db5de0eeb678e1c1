"""How the harnesses are called and what they say: how many runs, what went wrong, how long it took."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Report:
    """What a harness found.

    Attributes:
        runs: how many times it tried.
        bad: what went wrong, one line for each; empty is good.
        wall_s: seconds it took.
        counts: what else was counted.
    """

    runs: int
    bad: tuple[str, ...]
    wall_s: float
    counts: Mapping[str, int | float] = field(default_factory=dict)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that all harnesses have."""
    made = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    made.add_argument("--seed", type=int, default=0, help="equal seeds draw equal chances")
    made.add_argument("--json", action="store_true", help="print one JSON document")
    return made


def pace(done: int, of: int, seconds: float) -> str:
    """Return how far a long run has come, how fast it is and how many minutes are left."""
    rate = done / seconds if seconds else 0.0
    left = f"{max(0, of - done) / rate / 60:.1f}" if rate else "?"
    return f"{done:,} of {of:,} promised, {rate:.0f} a second, {left} min to go"


def say(text: str) -> None:
    """Tell a line of progress, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def tell(found: Report, *, as_json: bool) -> int:
    """Print a report and return the exit status: 1 if anything was bad."""
    if as_json:
        text = json.dumps({"runs": found.runs, "bad": found.bad, "wall_s": round(found.wall_s, 3), **found.counts})
    else:
        counted = [f"{name}: {count}" for name, count in found.counts.items()]
        text = "\n".join([*found.bad, *counted, f"{found.runs} runs, {len(found.bad)} bad, {found.wall_s:.1f} s"])
    sys.stdout.write(f"{text}\n")
    return 1 if found.bad else 0
