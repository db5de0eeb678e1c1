"""A peer of the trace kernels, run in an environment of its own: snapml's GraphFeaturePreprocessor.

    python bench/trace_peer.py fan|scatter-gather|cycles|all EDGES.npy [--batch N] [--seconds N] [--out OUT.npy]
        [--whole] [--everyone N] [--days N]

It streams: rows are handed over in batches and features come back for each; with a batch of one it sees, as our kernels
do, nothing that comes later. ``all`` is every feature that it has a use for here: patterns and, of a fifth column, all eleven
statistics of both accounts, within twenty days; with other `--days` only what an account has a window for. One thread, CPU
seconds of this process; after `--seconds` it stops and says how far it came.

Nearly all of its time goes to fans and degrees of an account that most payments go to: it looks through all of them within
the window at each new one. ``--everyone`` names one that everyone pays and that pays nobody (the world outside a bank). Of
``all``, fan and degree are then asked in a graph where it is another account for each payer, and what that leaves out, its own
fan and degree, is counted by hand as snapml counts it: which is compared with snapml's own answer, cell by cell, for the first
payments of each run.

What it writes is, for each payment, the largest bin of each pattern (0 is none), so that membership can be compared; with
`--whole` all of its columns.
"""

import argparse
import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

DAY_S = 86_400
BINS = [2, 3, 4, 5, 6, 7, 8]
LOOK_EVERY = 256
ALL_DAYS = 20
AMOUNT = 4
"""Where a fifth column stands that vertex statistics are made of; only ``all`` has it."""
FANS = {"fan": 0, "degree": 14}
"""Where the columns of fans of the payee begin, and those of its degree; as many of the payer follow each."""
LEFT = {"scatter-gather": False, "temp-cycle": False, "vertex_stats": False}
COMPARED = 80
"""Batches that are counted both ways."""


def settings(what: str, days: int = ALL_DAYS) -> dict[str, Any]:
    """The processor's settings for one kind of pattern, all others off; `days` are of the window of ``all``."""
    off = {
        "num_threads": 1, "time_window": -1, "vertex_stats": False, "fan": False, "degree": False,
        "scatter-gather": False, "temp-cycle": False, "lc-cycle": False,
    }  # fmt: skip
    if what == "all":
        window = days * DAY_S
        accounts = {"fan": True, "fan_tw": window, "fan_bins": BINS, "degree": True, "degree_tw": window,
                    "degree_bins": BINS, "time_window": max(window, 10 * DAY_S)}  # fmt: skip
        amounts = {"vertex_stats": True, "vertex_stats_tw": window, "vertex_stats_cols": [AMOUNT],
                   "vertex_stats_feats": list(range(11))}  # fmt: skip
        patterns = {"scatter-gather": True, "scatter-gather_tw": 10 * DAY_S, "scatter-gather_bins": BINS,
                    "temp-cycle": True, "temp-cycle_tw": 10 * DAY_S, "temp-cycle_bins": [2, 3, 4, 5]}  # fmt: skip
        return off | accounts | (patterns if days == ALL_DAYS else {}) | amounts
    if what == "fan":
        return off | {"fan": True, "fan_tw": 10 * DAY_S, "fan_bins": BINS, "degree": True, "degree_tw": 10 * DAY_S,
                      "degree_bins": BINS, "time_window": 10 * DAY_S}  # fmt: skip
    if what == "scatter-gather":
        return off | {"scatter-gather": True, "scatter-gather_tw": 10 * DAY_S, "scatter-gather_bins": BINS,
                      "time_window": 10 * DAY_S}  # fmt: skip
    return off | {"temp-cycle": True, "temp-cycle_tw": 10 * DAY_S, "temp-cycle_bins": [2, 3, 4, 5, 6, 7],
                  "time_window": 10 * DAY_S}  # fmt: skip


def largest(found: np.ndarray, what: str) -> np.ndarray:
    """Return the largest bin of each pattern; of cycles whether there is one of each length."""
    if what == "cycles":
        return (found[:, :5] > 0).astype(np.int8)
    groups = found.reshape(len(found), -1, len(BINS)) > 0
    return np.where(groups.any(2), BINS[-1] - groups[:, :, ::-1].argmax(2), 0).astype(np.int8)


def streamed(asked: dict[str, Any], rows: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    """Yield what the processor finds of each batch of payments."""
    from snapml import GraphFeaturePreprocessor

    made = GraphFeaturePreprocessor()
    made.set_params(asked)
    for at in range(0, len(rows), batch):
        yield made.transform(np.ascontiguousarray(rows[at : at + batch]))[:, rows.shape[1] :]


def with_everyone(rows: np.ndarray, batch: int, everyone: int, days: int) -> np.ndarray:
    """All features of a graph with an account that everyone pays, as snapml counts them, without its own long look at it."""
    apart = rows.copy()
    to_it = np.flatnonzero(rows[:, 2] == everyone)
    apart[to_it, 2] = rows[:, 1:3].max() + 1 + rows[to_it, 1]
    fans = np.concatenate(list(streamed(settings("all", days) | LEFT, apart, batch)))
    rest = np.concatenate(list(streamed(settings("all", days) | dict.fromkeys(FANS, False), rows, batch)))
    top = BINS[-1] - BINS[0]
    paid: dict[str, int] = {"degree": 0}
    payers: set[float] = set()
    for begin in range(0, len(rows), batch):
        edges = to_it[np.searchsorted(to_it, begin) : np.searchsorted(to_it, begin + batch)]
        found = {name: np.zeros((len(edges), len(BINS))) for name in FANS}
        for number, edge in enumerate(edges):
            payers.add(rows[edge, 1])
            paid["degree"] += 1
            paid["fan"] = len(payers)
            for name, table in found.items():
                # A payment stands in the fan of each later one of its batch, and in its own.
                if paid[name] >= BINS[0]:
                    table[: number + 1, min(paid[name] - BINS[0], top)] += 1
        for name, table in found.items():
            fans[edges, FANS[name] : FANS[name] + len(BINS)] = table
    return np.column_stack((fans, rest))


def compared(rows: np.ndarray, batch: int, everyone: int, days: int) -> np.ndarray:
    """The same, after the first payments were counted both ways.

    Raises:
        ValueError: snapml's own answer is another one, or the account is too seldom paid for its fan to be always a large one.
    """
    whole = np.concatenate(list(streamed(settings("all", days), rows[: COMPARED * batch], batch)))
    found = with_everyone(rows, batch, everyone, days)
    spans = (rows[:, 3] - rows[0, 3]) // (min(days, 10) * DAY_S)
    pairs = np.unique(np.column_stack((spans, rows[:, 1]))[rows[:, 2] == everyone], axis=0)
    many = np.bincount(pairs[:, 0].astype(int)).min() >= BINS[-1]
    if not many or (rows[:, 1] == everyone).any() or not np.array_equal(whole, found[: len(whole)], equal_nan=True):
        raise ValueError("what is counted by hand is not what snapml counts")
    return found


def main() -> None:
    """Run the peer and print one JSON document."""
    parser = argparse.ArgumentParser(description="snapml's features.")
    parser.add_argument("what")
    parser.add_argument("edges")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--out")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--everyone", type=int, help="an account that everyone pays; only with `all`")
    parser.add_argument("--days", type=int, default=ALL_DAYS, help="window of `all`")
    given = parser.parse_args()
    rows = np.load(given.edges)
    kept: list[np.ndarray] = []
    done = 0
    begun = time.process_time()
    spent = 0.0
    if given.everyone is not None:
        kept, done = [compared(rows, given.batch, given.everyone, given.days)], len(rows)
    for number, found in enumerate(streamed(settings(given.what, given.days), rows[done:], given.batch)):
        kept.append(found if given.whole else found.astype(np.int16))
        done = min(done + given.batch, len(rows))
        if number % LOOK_EVERY == 0:
            spent = time.process_time() - begun
            if spent > given.seconds:
                break
    spent = time.process_time() - begun
    if given.out:
        all_of_it = np.concatenate(kept)
        np.save(given.out, all_of_it if given.whole else largest(all_of_it, given.what))
    print(json.dumps({"cpu_s": spent, "rows": done, "unfinished": done < len(rows)}))


if __name__ == "__main__":
    main()
