"""Given pairs of names or entities scored by the rules of screening, for benchmarks and for trying a threshold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from headwater.engines.match.pairs import compare_pair
from headwater.errors import SchemaError
from headwater.formats.pairs import Pair, read_pairs
from headwater.formats.safe_csv import csv_bytes
from headwater.node.files import bytes_of, write
from headwater.node.screening import Cost

TURN: Final = 256
Progress = Callable[[int, int], None]
"""Hears how many pairs of how many are done."""


def score_file(path: Path, out: Path | None, progress: Progress | None = None) -> dict[str, Any]:
    """Return the score of every pair in a file, and write them as ``id,score`` where a file is named.

    A pair of which a side has no name that can be screened scores 0 and is reported as not screenable.

    Raises:
        InputError: the file cannot be read as pairs, or names an unknown entity type.
        StoreIoError: the disk refuses.
    """
    cost = Cost()
    with cost.of("load"):
        pairs = read_pairs(bytes_of(path), file=path.name)
    scores: list[dict[str, Any]] = []
    hindered: list[dict[str, str]] = []
    with cost.of("screen"):
        for at, pair in enumerate(pairs, 1):
            score, hindrance = _score(pair)
            scores.append({"id": pair.id, "score": score})
            hindered.extend([{"id": pair.id, "reason": hindrance}] if hindrance else [])
            if progress is not None and (at % TURN == 0 or at == len(pairs)):
                progress(at, len(pairs))
    if out is not None:
        write(out, csv_bytes([["id", "score"], *([one["id"], repr(one["score"])] for one in scores)]))
    return {
        "pairs": len(pairs),
        "scores": scores,
        "not_screenable": hindered,
        "cpu_s": {stage: round(seconds, 3) for stage, seconds in cost.cpu_s.items()},
        "peak_rss_mb": round(cost.peak_rss_mb, 1),
    }


def _score(pair: Pair) -> tuple[float, str]:
    try:
        return compare_pair(pair.schema, pair.left, pair.right).score, ""
    except SchemaError as error:
        if error.where.field not in ("left", "right"):
            error.what = f"pair {pair.id}: {error.what}"
            raise
        return 0.0, error.what
