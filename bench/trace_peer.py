"""A peer of the trace kernels, run in an environment of its own: snapml's GraphFeaturePreprocessor.

    python bench/trace_peer.py fan|scatter-gather|cycles|all EDGES.npy [--batch N] [--seconds N] [--out OUT.npy] [--whole]

It streams: rows are handed over in batches and features come back for each; with a batch of one it sees, as our kernels
do, nothing that comes later. ``all`` is every feature that it has a use for here: patterns and, of a fifth column, all eleven
statistics of both accounts. One thread, CPU seconds of this process; after `--seconds` it stops and says how far it came.
What it writes is, for each payment, the largest bin of each pattern (0 is none), so that membership can be compared; with
`--whole` all of its columns.
"""

import argparse
import json
import time
from typing import Any

import numpy as np

DAY_S = 86_400
BINS = [2, 3, 4, 5, 6, 7, 8]
LOOK_EVERY = 256
AMOUNT = 4
"""Where a fifth column stands that vertex statistics are made of; only ``all`` has it."""


def settings(what: str) -> dict[str, Any]:
    """The processor's settings for one kind of pattern, all others off."""
    off = {
        "num_threads": 1, "time_window": -1, "vertex_stats": False, "fan": False, "degree": False,
        "scatter-gather": False, "temp-cycle": False, "lc-cycle": False,
    }  # fmt: skip
    if what == "all":
        patterns = {"fan": True, "fan_tw": 20 * DAY_S, "fan_bins": BINS, "degree": True, "degree_tw": 20 * DAY_S,
                    "degree_bins": BINS, "scatter-gather": True, "scatter-gather_tw": 10 * DAY_S,
                    "scatter-gather_bins": BINS, "temp-cycle": True, "temp-cycle_tw": 10 * DAY_S,
                    "temp-cycle_bins": [2, 3, 4, 5], "time_window": 20 * DAY_S}  # fmt: skip
        amounts = {"vertex_stats": True, "vertex_stats_tw": 20 * DAY_S, "vertex_stats_cols": [AMOUNT],
                   "vertex_stats_feats": list(range(11))}  # fmt: skip
        return off | patterns | amounts
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


def main() -> None:
    """Run the peer and print one JSON document."""
    from snapml import GraphFeaturePreprocessor

    parser = argparse.ArgumentParser(description="snapml's features.")
    parser.add_argument("what")
    parser.add_argument("edges")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--out")
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    rows = np.load(given.edges)
    made = GraphFeaturePreprocessor()
    made.set_params(settings(given.what))
    kept: list[np.ndarray] = []
    done = 0
    begun = time.process_time()
    spent = 0.0
    for number, at in enumerate(range(0, len(rows), given.batch)):
        found = made.transform(np.ascontiguousarray(rows[at : at + given.batch]))[:, rows.shape[1] :]
        kept.append(found if given.whole else found.astype(np.int16))
        done = min(at + given.batch, len(rows))
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
