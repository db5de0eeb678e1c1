"""Lighthouse over the pages of the exercise: score, blocking, shift, beside the budgets of each kind of page.

    npm install --prefix DIR lighthouse@12.8.2
    python bench/lighthouse_pages.py --lighthouse DIR/node_modules/.bin/lighthouse [--folder DEMO] [--runs 3] [--only queue map]

The exercise is played (or taken from a folder in which it was), London's node is served, one officer signs in, and Debian's Chromium
opens each page as Lighthouse's desktop does: 40 ms round trips, 10 Mbit/s, the processor as it is. Of several runs the median is
printed: other work on the machine makes single ones worse, never better. Lighthouse is no part of headwater and is not installed by it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from headwater.exercise.scenario import USERS
from headwater.node import Node, findings, signin
from headwater.web.app import Address, page_app
from tests.e2e.page_process import CHROMIUM, houses

URN = "00EX0000126"
GOALS = {"text": (95, 100), "chart": (80, 100), "map": (80, 100)}
"""Score of speed and of accessibility that each kind of page must have; see the design of the page, A4."""
BLOCKING_MS, SHIFT = 200, 0.05
PAGES = {
    "start": ("/", "text"),
    "queue": ("/queue", "text"),
    "finding": ("/findings/{screening}", "text"),
    "compare": ("/findings/{link}/compare", "text"),
    "search": ("/search", "text"),
    "entity": ("/entities/organiser", "text"),
    "exchange": ("/exchange", "text"),
    "case": (f"/cases/{URN}", "text"),
    "lists": ("/lists", "text"),
    "admin": ("/admin", "text"),
    "help": ("/help", "text"),
    "timeline": (f"/timeline/{URN}", "chart"),
    "figures": ("/figures", "chart"),
    "map": ("/map", "map"),
}
SAID = (
    "first-contentful-paint",
    "largest-contentful-paint",
    "speed-index",
    "total-blocking-time",
    "cumulative-layout-shift",
)


def play(folder: Path) -> None:
    """Play the exercise into a folder."""
    words = [sys.executable, "-m", "headwater", "demo", "--json", "--dir", str(folder)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def opened(home: Path) -> tuple[str, str, Mapping[str, str]]:
    """Sign an officer in; return the page's address, the cookie, and what stands in the paths of pages."""
    with Node.open(home, {}) as node:
        address = node.settings.page_address
        assert address is not None
        site = page_app(node, Address(host=address[0], port=address[1])).site
        user = USERS["uk"][0]
        token = signin.redeem(node, signin.ticket(node, user), "oic")
        kinds = {one.finding.kind: one.finding.id for one in findings.every(node, node.session(user, "oic"))}
    told = {"screening": kinds["match.screening"], "link": kinds["match.link"]}
    return site.url, f"{site.cookie}={token}", told


def look(lighthouse: str, url: str, cookie: str, out: Path) -> dict[str, Any]:
    """Let Lighthouse open a page once, and return what it says."""
    words = [
        lighthouse, url, "--preset=desktop", "--quiet", "--output=json", f"--output-path={out}",
        "--only-categories=performance,accessibility", "--chrome-flags=--headless=new --no-sandbox",
        "--extra-headers=" + json.dumps({"Cookie": cookie}),
    ]  # fmt: skip
    subprocess.run(words, check=True, env={**os.environ, "CHROME_PATH": CHROMIUM}, stdout=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert found["finalDisplayedUrl"] == url, f"led to {found['finalDisplayedUrl']}"
    return found


def figures(found: dict[str, Any]) -> dict[str, float]:
    """What is kept of one run: scores of 100, milliseconds, shift."""
    told = {name: round(100 * (part["score"] or 0)) for name, part in found["categories"].items()}
    audits = found["audits"]
    told |= {name: round(audits[name]["numericValue"], 3 if name.endswith("shift") else 0) for name in SAID}
    tasks = (audits.get("long-tasks") or {}).get("details", {}).get("items", [])
    return told | {"longest-task": round(max((task["duration"] for task in tasks), default=0))}


def main() -> int:
    parser = argparse.ArgumentParser(description="Lighthouse over the pages of the exercise.")
    parser.add_argument("--lighthouse", default="lighthouse", help="the command of Lighthouse 12")
    parser.add_argument("--folder", type=Path, help="an exercise that was played already")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(PAGES))
    parser.add_argument("--keep", type=Path, help="where to keep what Lighthouse says")
    given = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="headwater-lighthouse-") as scratch:
        left = given.folder or Path(scratch) / "demo"
        if given.folder is None:
            play(left)
        with houses(left, Path(scratch) / "homes", keys=("uk",)) as made:
            url, cookie, told = opened(made.home("uk"))
            for name in given.only:
                path, kind = PAGES[name]
                out = (given.keep or Path(scratch)) / f"{name}.json"
                runs = [
                    figures(look(given.lighthouse, url + path.format(**told), cookie, out)) for _ in range(given.runs)
                ]
                line = {key: median(run[key] for run in runs) for key in runs[0]}
                speed, access = GOALS[kind]
                kept = line["performance"] >= speed and line["accessibility"] >= access
                kept = kept and line["total-blocking-time"] <= BLOCKING_MS and line["cumulative-layout-shift"] <= SHIFT
                missed += not kept
                print(json.dumps({"page": name, "goal": speed, "met": kept, **line}), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
