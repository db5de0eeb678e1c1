"""Count how often each level of the linking model comes among true pairs (m) and among random ones (u).

    python bench/fit_linking.py [--records 30000]

The records are those of the fitting seed; `bench_linking.py` reports on another. The counts are drawn towards even
shares by `SHRINK` invented pairs of each kind, since true records are dirtier than a generator thinks of. What is
printed is copied into `engines/match/link/weights.py`, with the places rounded by hand.
"""

import argparse
import random
from collections import Counter, defaultdict
from typing import Any

from bench.linking_data import FIT_SEED, world
from headwater.engines.match.link.columns import rows_of
from headwater.engines.match.link.levels import Model
from headwater.engines.match.link.model import MODELS
from headwater.engines.match.link.pairing import in_memory, levels_in
from headwater.engines.match.link.sheet import sheet_of_rows
from headwater.engines.match.link.units import Sort

SHRINK = 0.01
SAMPLE = 2500


def shares(rows: list[Any], model: Model) -> dict[str, dict[str, float]]:
    """The share of each level among all pairs that share a key, by comparison."""
    counts: dict[str, Counter[int]] = {comparison.name: Counter() for comparison in model.comparisons}
    for table in levels_in(sheet_of_rows(rows, len(rows)), model, in_memory(), -1e6):
        for name, count in counts.items():
            count.update(at for at in table[name].to_pylist() if at >= 0)
    told: dict[str, dict[str, float]] = {}
    for comparison in model.comparisons:
        total = counts[comparison.name].total() or 1
        told[comparison.name] = {code: counts[comparison.name][at] / total for at, code in enumerate(comparison.codes)}
    return told


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=30_000)
    given = parser.parse_args()
    made = world(given.records, FIT_SEED)
    for sort in (Sort.PERSON, Sort.ORGANISATION, Sort.VEHICLE):
        model, units = MODELS[sort], made.units(sort)
        rows = rows_of(units)
        for row, unit in zip(rows, units, strict=True):
            row["keys"] = [made.truth[unit.name]]
        true = shares(rows, model)
        one_each = list({made.truth[unit.name]: row for row, unit in zip(rows, units, strict=True)}.values())
        sample = random.Random(FIT_SEED).sample(one_each, min(SAMPLE, len(one_each)))
        chance = shares([{**row, "keys": ["all"]} for row in sample], model)
        print(f"    Sort.{sort.name}: {{")
        for comparison in model.comparisons:
            m, u = true[comparison.name], chance[comparison.name]
            told = defaultdict(tuple)
            for code in reversed(comparison.codes):
                least = 1.0 / (SAMPLE * SAMPLE)
                told[code] = (m[code] * (1 - SHRINK) + SHRINK / len(m), max(u[code], least))
            inside = ", ".join(f'"{code}": ({m:.3g}, {u:.2g})' for code, (m, u) in told.items())
            print(f'        "{comparison.name}": {{{inside}}},')
        print("    },")


if __name__ == "__main__":
    main()
