"""Measure linking on generated records of three states with known truth: precision, recall, time; beside plain Splink.

    python bench/bench_linking.py [--sizes 3000 30000 300000] [--spark 3000] [--no-peer]

Parameters were chosen on another seed (`linking_data.FIT_SEED`; the peer's cut too). The peer is Splink 5 as its guide
starts: its own name and date comparisons on the names as they were written, trained by expectation maximisation on the
same records, clusters by connected components. Where pyspark and Java are there, Spark must give the same clusters.
CPU seconds are of this process; Spark works in another, so of it the time by the clock is given.
"""

import argparse
import json
import logging
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.linking_data import FIT_SEED, REPORT_SEED, World, world
from headwater.engines.match.identifiers import normal, optical
from headwater.engines.match.link import Asked, Sort, SortResult, Unit, link
from headwater.errors import MissingExtraError
from headwater.node.duck import splink_on_duckdb
from headwater.node.linking import MOST_MB
from headwater.node.spark import splink_on_spark
from headwater.testing.memory_view import MemoryView

CUTS = (0.5, 0.9, 0.99, 0.999)
PEER_AT_MOST = 50_000
"""Records beyond which the peer is not run: it would only show the same again, slowly."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well clusters tell the truth: by pairs and by B-cubed (Bagga and Baldwin, 1998)."""

    precision: float
    recall: float
    b3_precision: float
    b3_recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall of pairs."""
        return _mean(self.precision, self.recall)

    @property
    def b3_f1(self) -> float:
        """The harmonic mean of B-cubed precision and recall."""
        return _mean(self.b3_precision, self.b3_recall)

    def __str__(self) -> str:
        return (
            f"pairs P {self.precision:.4f} R {self.recall:.4f} F1 {self.f1:.4f}   "
            f"B-cubed P {self.b3_precision:.4f} R {self.b3_recall:.4f} F1 {self.b3_f1:.4f}"
        )


def _mean(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def quality(found: Mapping[str, str], truth: Mapping[str, str]) -> Quality:
    """Compare clusters with the truth, both by unit."""

    def pairs(counts: Counter[Any]) -> int:
        return sum(size * (size - 1) // 2 for size in counts.values())

    ours, theirs = Counter(found.values()), Counter(truth[unit] for unit in found)
    both = Counter((cluster, truth[unit]) for unit, cluster in found.items())
    right, units = pairs(both), len(found)
    return Quality(
        right / max(1, pairs(ours)),
        right / max(1, pairs(theirs)),
        sum(both[cluster, truth[unit]] / ours[cluster] for unit, cluster in found.items()) / units,
        sum(both[cluster, truth[unit]] / theirs[truth[unit]] for unit, cluster in found.items()) / units,
    )


def labels(result: SortResult) -> dict[str, str]:
    """The cluster of each unit of one sort; a single one is its own."""
    of = {unit.name: one.name for one in result.clusters for unit in one.members}
    return {unit.name: of.get(unit.name, unit.name) for unit in result.units}


def cpu() -> float:
    """CPU seconds of this process, all its threads."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def peer(made: World, cut: float) -> tuple[dict[str, str], float]:
    """Link people with Splink as its guide starts, and return the cluster of each and the CPU seconds."""
    import pyarrow as pa
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    units = made.units(Sort.PERSON)
    begun = cpu()

    def first(unit: Any, *props: str) -> str | None:
        return next((said.value for said in unit.said(*props)), None)

    names = [(first(unit, "name") or "").split() for unit in units]
    table = pa.table(
        {
            "unique_id": pa.array(range(len(units)), pa.int64()),
            "given": pa.array(
                [
                    (first(unit, "firstName") or (name[0] if name else None))
                    for unit, name in zip(units, names, strict=True)
                ],
                pa.string(),
            ),
            "family": pa.array(
                [
                    (first(unit, "lastName") or (name[-1] if name else None))
                    for unit, name in zip(units, names, strict=True)
                ],
                pa.string(),
            ),
            "birth": pa.array([first(unit, "birthDate") for unit in units], pa.string()),
            "phone": pa.array([first(unit, "phone") for unit in units], pa.string()),
            "passport": pa.array([first(unit, "passportNumber") for unit in units], pa.string()),
            "number": pa.array([first(unit, "idNumber") for unit in units], pa.string()),
            "address": pa.array([first(unit, "address") for unit in units], pa.string()),
        }
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("given").configure(term_frequency_adjustments=True),
            cl.NameComparison("family").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("birth", input_is_string=True),
            *(cl.ExactMatch(column) for column in ("phone", "passport", "number", "address")),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("family", "substr(birth, 1, 4)"),
            block_on("given", "birth"),
            block_on("given", "family"),
            *(block_on(column) for column in ("phone", "passport", "number")),
        ],
    )
    api = DuckDBAPI()
    linker = Linker(api.register(table), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("number"), block_on("passport"), block_on("given", "family", "birth")], recall=0.6
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (block_on("birth"), block_on("given", "family")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    scored = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(scored, threshold_match_probability=cut)
    rows = found.as_record_list()
    return {units[row["unique_id"]].name: str(row["cluster_id"]) for row in rows}, cpu() - begun


def best_of_vehicles(made: World, units: Sequence[Unit]) -> Quality:
    """How well the truth itself does where only what shares a plate or a frame number can be joined."""
    above = {unit.name: unit.name for unit in units}

    def top(name: str) -> str:
        while above[name] != name:
            name = above[name]
        return name

    bearers: dict[tuple[str, str], str] = {}
    for unit in units:
        for said in unit.said("registrationNumber"):
            if number := optical(normal(said.value)):
                above[top(unit.name)] = top(bearers.setdefault((made.truth[unit.name], number), unit.name))
    return quality({name: top(name) for name in above}, made.truth)


def measure(count: int) -> tuple[World, list[SortResult], float]:
    """Link one set on DuckDB and print how well."""
    made = world(count, REPORT_SEED)
    view = MemoryView(made.records)
    begun = cpu()
    with tempfile.TemporaryDirectory() as folder, splink_on_duckdb(Path(folder), MOST_MB) as database:
        results = link(view, Asked(), database)
    spent = cpu() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"== {count} records: {spent:.1f} CPU s, {1e6 * spent / count:.0f} us a record, peak memory {peak:.0f} MB")
    for result in results:
        if result.units:
            print(f"  {result.sort:13} {len(result.units):7} {quality(labels(result), made.truth)}")
        if result.units and result.sort is Sort.VEHICLE:
            print(f"  {'':13} at best {best_of_vehicles(made, result.units)}: others share no plate or frame number")
    return made, results, spent


def on_spark(made: World, results: list[SortResult]) -> float | None:
    """Whether Spark gives the same clusters: 1 or 0; None where it cannot be had, and the reason is printed."""
    try:
        clock = time.monotonic()
        with splink_on_spark() as database:
            again = link(MemoryView(made.records), Asked(), database)
    except MissingExtraError as error:
        print(f"  Spark: not measured: {error}")
        return None
    same = [labels(result) for result in results] == [labels(result) for result in again]
    edges = [[edge for result in run for edge in result.edges] for run in (results, again)]
    print(
        f"  Spark: the same clusters: {same}; the same {len(edges[0])} pairs with the same weights: {edges[0] == edges[1]}; "
        f"{time.monotonic() - clock:.0f} s by the clock, the session's start among them"
    )
    return float(same)


def main() -> None:
    """Measure, print, and end with the document of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[3_000, 30_000])
    parser.add_argument("--spark", type=int, default=3_000, help="the size at which Spark is asked too")
    parser.add_argument("--no-peer", action="store_true")
    given = parser.parse_args()
    results: list[dict[str, Any]] = []
    costs: dict[int, float] = {}
    cut = None
    for count in given.sizes:
        made, found, costs[count] = measure(count)
        ours = quality(labels(found[0]), made.truth)
        if not given.no_peer and count <= PEER_AT_MOST:
            if cut is None:
                fit = world(10_000, FIT_SEED)
                cut = max(CUTS, key=lambda at: quality(peer(fit, at)[0], fit.truth).f1)
            theirs, spent = peer(made, cut)
            other = quality(theirs, made.truth)
            print(f"  plain Splink, cut {cut}:   {other}   {spent:.1f} CPU s")
            results.append(
                {
                    "name": f"people, F1 of pairs, {count}",
                    "ratio": ours.f1 / other.f1,
                    "at_least": 1.1,
                    "what": f"{ours.f1:.3f} against {other.f1:.3f} of plain Splink",
                }
            )
        results.append(
            {
                "name": f"people, F1 of pairs, {count}, of .90",
                "ratio": ours.f1 / 0.90,
                "at_least": 1.0,
                "what": f"{ours.f1:.4f}",
            }
        )
        if count == given.spark:
            same = on_spark(made, found)
            if same is not None:
                results.append(
                    {"name": "Spark and DuckDB", "ratio": same, "at_least": 1.0, "what": "the same clusters"}
                )
        sys.stdout.flush()
    small, large = min(costs), max(costs)
    if small < large:
        growth = (costs[large] / large) / (costs[small] / small)
        results.append(
            {
                "name": f"CPU a record, {large} against {small}",
                "ratio": growth,
                "at_most": 1.5,
                "what": "linking grows with the records",
            }
        )
    print(json.dumps({"results": results}))


if __name__ == "__main__":
    main()
