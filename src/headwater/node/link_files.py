"""What linking writes: clusters and pairs as CSV, findings as JSON lines, a picture for each pair."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from headwater.engines.match.link import SortResult, waterfall
from headwater.engines.match.link.explain import Pair, probability
from headwater.formats.safe_csv import csv_bytes
from headwater.model.canonical import encode
from headwater.node.files import make_folder, write
from headwater.node.linking import Answer, score_of

PICTURES: Final = "pictures"
CLUSTERS: Final = "clusters.csv"
PAIRS: Final = "pairs.csv"
FINDINGS: Final = "findings.jsonl"


def write_all(out: Path, answer: Answer, *, pictures: int) -> list[str]:
    """Write an answer into a folder, or its clusters alone into a file that ends with ``.csv``; return what was written.

    Args:
        out: the folder or file.
        answer: what linking answered.
        pictures: most pairs that are drawn, the weakest of each cluster first.

    Raises:
        StoreIoError: the disk refuses.
    """
    if out.suffix == ".csv":
        write(out, clusters_csv(answer))
        return [str(out)]
    make_folder(out / PICTURES)
    write(out / CLUSTERS, clusters_csv(answer))
    write(out / PAIRS, pairs_csv(answer))
    write(out / FINDINGS, b"".join(encode({"id": one.id, "finding": one}) + b"\n" for one in answer.findings))
    drawn = []
    for name, pair in _drawn(answer)[:pictures]:
        write(out / PICTURES / f"{name}.svg", waterfall(pair).encode())
        drawn.append(str(out / PICTURES / f"{name}.svg"))
    return [str(out / CLUSTERS), str(out / PAIRS), str(out / FINDINGS), *drawn]


def clusters_csv(answer: Answer) -> bytes:
    """Return each thing with its cluster: a single thing is its own."""
    rows: list[tuple[str, str, str, float | str]] = [("cluster", "source", "id", "score")]
    for result in answer.results:
        of = {unit.name: (one.name, score_of(one.pairs)) for one in result.clusters for unit in one.members}
        for unit in result.units:
            name, score = of.get(unit.name, (unit.name, ""))
            rows.append((name, unit.originator, unit.key, score))
    return csv_bytes(rows)


def pairs_csv(answer: Answer) -> bytes:
    """Return each pair that weighs enough to be asked about, and what became of it."""
    rows: list[tuple[str | float, ...]] = [("left", "right", "weight_bits", "probability", "cluster")]
    for result in answer.results:
        of = {unit.name: one.name for one in result.clusters for unit in one.members}
        rows += _pairs(result, of)
    return csv_bytes(rows)


def _pairs(result: SortResult, of: dict[str, str]) -> Iterator[tuple[str | float, ...]]:
    for edge in result.edges:
        left, right = result.units[edge.left].name, result.units[edge.right].name
        together = of.get(left, "") if of.get(left) == of.get(right) else ""
        yield left, right, round(edge.weight, 4), round(probability(edge.weight), 6), together


def _drawn(answer: Answer) -> list[tuple[str, Pair]]:
    """Return the pairs that are drawn, with the names of their files: the weakest of each cluster, then what is asked."""
    weakest: list[tuple[str, Pair]] = []
    others: list[tuple[str, Pair]] = []
    asked: list[tuple[str, Pair]] = []
    for result in answer.results:
        for one in result.clusters:
            for at, pair in enumerate(reversed(one.pairs)):
                (others if at else weakest).append((f"{one.name}-{len(one.pairs) - at}", pair))
        asked += [(f"ask-{result.sort}-{at + 1}", question.pair) for at, question in enumerate(result.questions)]
    weakest.sort(key=lambda each: (each[1].weight, each[0]))
    return [*weakest, *asked, *others]
