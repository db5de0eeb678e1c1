"""Cycles in time by a library of graphs: networkx or rustworkx, run in an environment that has it.

    python bench/trace_graph_peer.py networkx|rustworkx EDGES.npy LONGEST WINDOW_S OUT.npy

Neither knows time. Both are asked, at each payment, for the simple paths from the account that is paid back to the one that
pays, in the graph of what was paid within the window before; of each path it is counted here in how many ways the times of
its payments rise. Part of the cost is therefore this file's. What is written is, for each payment and length, how many cycles
it closes.
"""

import json
import sys
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np


class OfNetworkx:
    """A graph of networkx."""

    def __init__(self, accounts: int) -> None:
        """Begin without edges."""
        self.library: Any = import_module("networkx")
        self.graph: Any = self.library.DiGraph()
        self.graph.add_nodes_from(range(accounts))

    def join(self, payer: int, payee: int) -> None:
        """Add an edge."""
        self.graph.add_edge(payer, payee)

    def part(self, payer: int, payee: int) -> None:
        """Take an edge away."""
        self.graph.remove_edge(payer, payee)

    def paths(self, start: int, end: int, most: int) -> Iterable[Sequence[int]]:
        """Return the simple paths of at most so many edges."""
        found: Iterable[Sequence[int]] = self.library.all_simple_paths(self.graph, start, end, cutoff=most)
        return found


class OfRustworkx:
    """A graph of rustworkx."""

    def __init__(self, accounts: int) -> None:
        """Begin without edges."""
        self.library: Any = import_module("rustworkx")
        self.graph: Any = self.library.PyDiGraph(multigraph=False)
        self.graph.add_nodes_from(range(accounts))

    def join(self, payer: int, payee: int) -> None:
        """Add an edge."""
        self.graph.add_edge(payer, payee, None)

    def part(self, payer: int, payee: int) -> None:
        """Take an edge away."""
        self.graph.remove_edge(payer, payee)

    def paths(self, start: int, end: int, most: int) -> Iterable[Sequence[int]]:
        """Return the simple paths of at most so many edges."""
        found: Iterable[Sequence[int]] = self.library.all_simple_paths(self.graph, start, end, cutoff=most + 1)
        return found


GRAPHS: dict[str, Any] = {"networkx": OfNetworkx, "rustworkx": OfRustworkx}


def risings(path: Sequence[int], times: dict[tuple[int, int], deque[int]], now: int) -> int:
    """In how many ways the payments along a path rise in time, all before now."""
    ways: list[tuple[int, int]] = [(-1, 1)]  # after which time, in how many ways
    for pair in pairwise(path):
        before = [at for at, _ in ways]
        sums = np.concatenate(([0], np.cumsum([count for _, count in ways])))
        ways = [(at, int(sums[bisect_left(before, at)])) for at in times[pair] if at < now]
        ways = [one for one in ways if one[1]]
        if not ways:
            return 0
    return sum(count for _, count in ways)


def closed(rows: np.ndarray, graph: Any, longest: int, window: int) -> np.ndarray:
    """How many cycles each payment closes, by length."""
    found = np.zeros((len(rows), longest + 1), np.int64)
    times: dict[tuple[int, int], deque[int]] = {}
    held: deque[tuple[int, tuple[int, int]]] = deque()
    for number, (_, payer, payee, now) in enumerate(rows.astype(np.int64).tolist()):
        while held and held[0][0] < now - window:
            _, old = held.popleft()
            times[old].popleft()
            if not times[old]:
                del times[old]
                graph.part(*old)
        for path in graph.paths(payee, payer, longest - 1):
            if len(path) <= longest:
                found[number, len(path)] += risings(path, times, now)
        pair = (payer, payee)
        if pair not in times:
            graph.join(*pair)
        times.setdefault(pair, deque()).append(now)
        held.append((now, pair))
    return found


def main(words: list[str]) -> None:
    """Run one library and print one JSON document."""
    name, edges, longest, window, out = words
    rows = np.load(edges)
    graph = GRAPHS[name](int(rows[:, 1:3].max()) + 1)
    begun = time.process_time()
    found = closed(rows, graph, int(longest), int(window))
    spent = time.process_time() - begun
    np.save(out, found)
    print(json.dumps({"cpu_s": spent, "rows": len(rows)}))


if __name__ == "__main__":
    main(sys.argv[1:])
