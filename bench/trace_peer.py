"""A peer of the trace kernels, run in an environment of its own: snapml's GraphFeaturePreprocessor.

    python bench/trace_peer.py fan|scatter-gather|cycles|all EDGES.npy [BATCH [OUT.npy]]

It streams: rows are handed over in batches and features come back for each; with a batch of one it sees, as our kernels
do, nothing that comes later. One thread, CPU seconds of this process.
"""

import json
import sys
import time
from typing import Any

import numpy as np

DAY_S = 86_400


def settings(what: str) -> dict[str, Any]:
    """The processor's settings for one kind of pattern, all others off."""
    bins = [2, 3, 4, 5, 6, 7, 8]
    off = {
        "num_threads": 1, "time_window": -1, "vertex_stats": False, "fan": False, "degree": False,
        "scatter-gather": False, "temp-cycle": False, "lc-cycle": False,
    }  # fmt: skip
    if what == "all":
        return off | {"fan": True, "fan_tw": 20 * DAY_S, "fan_bins": bins, "degree": True, "degree_tw": 20 * DAY_S,
                      "degree_bins": bins, "scatter-gather": True, "scatter-gather_tw": 10 * DAY_S,
                      "scatter-gather_bins": bins, "temp-cycle": True, "temp-cycle_tw": 10 * DAY_S,
                      "temp-cycle_bins": [2, 3, 4, 5], "time_window": 20 * DAY_S}  # fmt: skip
    if what == "fan":
        return off | {"fan": True, "fan_tw": 10 * DAY_S, "fan_bins": bins, "degree": True, "degree_tw": 10 * DAY_S,
                      "degree_bins": bins, "time_window": 10 * DAY_S}  # fmt: skip
    if what == "scatter-gather":
        return off | {"scatter-gather": True, "scatter-gather_tw": 10 * DAY_S, "scatter-gather_bins": bins,
                      "time_window": 10 * DAY_S}  # fmt: skip
    return off | {"temp-cycle": True, "temp-cycle_tw": 10 * DAY_S, "temp-cycle_bins": [2, 3, 4, 5, 6, 7],
                  "time_window": 10 * DAY_S}  # fmt: skip


def main() -> None:
    """Run the peer and print one JSON document."""
    from snapml import GraphFeaturePreprocessor

    what, path = sys.argv[1:3]
    batch = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rows = np.load(path)
    made = GraphFeaturePreprocessor()
    made.set_params(settings(what))
    counts: np.ndarray | None = None
    kept: list[np.ndarray] = []
    begun = time.process_time()
    for at in range(0, len(rows), batch):
        found = made.transform(np.ascontiguousarray(rows[at : at + batch]))[:, 4:]
        kept.append(found)
        here = (found > 0).sum(0)
        counts = here if counts is None else counts + here
    spent = time.process_time() - begun
    if len(sys.argv) > 4:
        np.save(sys.argv[4], np.concatenate(kept))
    print(json.dumps({"cpu_s": spent, "columns": (counts if counts is not None else np.zeros(0)).tolist()}))


if __name__ == "__main__":
    main()
