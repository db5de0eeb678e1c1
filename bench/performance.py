"""The page of measurements: what each benchmark found when it was last run, on which machine, and how far from its goal.

    python bench/performance.py           write docs/explain/performance.md and its picture from docs/evidence/bench

`bench/run.py --write` keeps the results of the benchmarks that it ran, one file each, and writes the page anew; those that it
did not run stay as they were, with their own date and machine.
"""

import json
import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
EVIDENCE: Final = ROOT / "docs" / "evidence" / "bench"
PAGE: Final = ROOT / "docs" / "explain" / "performance.md"
PICTURE: Final = ROOT / "docs" / "explain" / "performance.svg"
_HEAD: Final = """# Performance

What `make bench` measured, area by area, each figure beside its peer or with how it was measured. A figure says something
about the machine and the day it was taken on; a ratio within one run says more. Goals are those of the design; what is
missed is printed like what is met. How a benchmark measures stands at the head of its file in `bench/`.

![How far each figure with a goal is from it, on a scale of doublings: right of the line is met](performance.svg)
"""
_ROW: Final = 18
_LEFT: Final = 430
_WIDE: Final = 960
_MOST: Final = 6.0
"""Doublings that the picture shows to either side of the goal."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        value: the figure or ratio, as the benchmark prints it.
        what: how it was measured, and beside what.
    """

    name: str
    value: float
    at_least: float | None
    at_most: float | None
    what: str

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.at_least is None and self.at_most is None:
            return None
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def goal(self) -> str:
        """The goal as it is printed."""
        parts = [f"≥ {self.at_least:g}"] if self.at_least is not None else []
        return " and ".join([*parts, *([f"≤ {self.at_most:g}"] if self.at_most is not None else [])])

    @property
    def doublings(self) -> float | None:
        """How many doublings better than its goal, negative for worse; None where that cannot be said."""
        if self.value <= 0 or (self.at_least is not None and self.at_most is not None):
            return None
        if self.at_least:
            return math.log2(self.value / self.at_least)
        return math.log2(self.at_most / self.value) if self.at_most else None


def machine() -> dict[str, str | int | float]:
    """Return what this machine is, as far as it matters to a figure."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "processor": model or platform.machine(),
        "cores": os.cpu_count() or 0,
        "memory_gb": round(memory / 1e6),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def keep(
    bench: str, rows: Iterable[Mapping[str, Any]], seconds: float, load: float, options: Sequence[str] = ()
) -> None:
    """Keep what a benchmark has found.

    Args:
        bench: its name.
        rows: its results, as it prints them.
        seconds: how long it took.
        load: the load of the machine when it began.
        options: what it was started with.
    """
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    found = {
        "bench": bench,
        "day": datetime.now(UTC).date().isoformat(),
        "seconds": round(seconds),
        "machine": {**machine(), "load": round(load, 1)},
        **({"options": " ".join(options)} if options else {}),
        "results": list(rows),
    }
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)
    (EVIDENCE / f"{bench}.json").write_text(f"{text}\n", encoding="utf-8")


def write() -> None:
    """Write the page and its picture from what was kept."""
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EVIDENCE.glob("*.json"))]
    PAGE.write_text(page(kept), encoding="utf-8")
    PICTURE.write_text(picture(kept), encoding="utf-8")


def rows_of(found: Mapping[str, Any]) -> list[Row]:
    """Return the figures of one benchmark."""
    return [
        Row(str(one["name"]), float(one["ratio"]), one.get("at_least"), one.get("at_most"), str(one.get("what", "")))
        for one in found["results"]
    ]


def page(kept: Sequence[Mapping[str, Any]]) -> str:
    """Return the page."""
    judged = [row.is_met for found in kept for row in rows_of(found) if row.is_met is not None]
    parts = [_HEAD, f"Of {len(judged)} figures with a goal {sum(judged)} meet it."]
    for found in kept:
        at = found["machine"]
        where = (
            f"{found['day']}, {at['cores']} cores of {at['processor']}, {at['memory_gb']} GB, Python {at['python']};"
            f" load {at['load']} at the start, {found['seconds']} s"
            + (f"; with `{found['options']}`." if "options" in found else ".")
        )
        parts += [f"\n## {found['bench']}\n", where, "", "| figure | measured | goal | | how, and beside what |"]
        parts += ["|---|---:|---:|---|---|", *(_line(row) for row in rows_of(found))]
    return "\n".join(parts) + "\n"


def _line(row: Row) -> str:
    said = {None: "", True: "met", False: "**missed**"}[row.is_met]
    cells = [row.name, f"{row.value:,.4g}", row.goal, said, row.what]
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def picture(kept: Sequence[Mapping[str, Any]]) -> str:
    """Return the picture: a line for each figure with a goal, a point where it stands, the goal in the middle."""
    rows = [(found["bench"], row) for found in kept for row in rows_of(found) if row.doublings is not None]
    high = _ROW * (len(rows) + 3)
    middle, scale = (_LEFT + _WIDE) / 2, (_WIDE - _LEFT) / 2 / (_MOST + 1.2)
    marks = [
        f'<line x1="{middle}" x2="{middle}" y1="{_ROW}" y2="{high - _ROW}" stroke="#333"/>',
        f'<text x="{middle}" y="{_ROW - 5}" text-anchor="middle">goal</text>',
    ]
    for doubling in (-6, -3, 3, 6):
        at = middle + scale * doubling
        marks.append(f'<line x1="{at}" x2="{at}" y1="{_ROW}" y2="{high - _ROW}" stroke="#ddd"/>')
        side = f"{2 ** abs(doubling)}× {'better' if doubling > 0 else 'worse'}"
        marks.append(f'<text x="{at}" y="{_ROW - 5}" text-anchor="middle">{side}</text>')
    for number, (bench, row) in enumerate(rows):
        y = _ROW * (number + 2)
        far = max(-_MOST, min(_MOST, row.doublings or 0.0))
        at, colour = middle + scale * far, "#00639a" if row.is_met else "#b3261e"
        shape = (
            f'<circle cx="{at:.1f}" cy="{y - 4}" r="4" fill="{colour}"/>'
            if row.is_met
            else f'<rect x="{at - 4:.1f}" y="{y - 8}" width="8" height="8" fill="{colour}"/>'
        )
        told = escape(f"{bench}: {row.name}"[:64])
        marks.append(f'<line x1="{middle}" x2="{at:.1f}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}"/>{shape}')
        marks.append(f'<text x="{_LEFT - 20}" y="{y}" text-anchor="end">{told}</text>')
    title = "How far each figure with a goal is from it, in doublings; a square left of the line is missed"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {high}" role="img" font-family="sans-serif"'
        f' font-size="12"><title>{title}</title><rect width="100%" height="100%" fill="#fff"/>\n'
        + "\n".join(marks)
        + "\n</svg>\n"
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


if __name__ == "__main__":
    write()
