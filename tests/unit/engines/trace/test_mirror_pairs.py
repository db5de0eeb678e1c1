"""Which payments mirror which: held against every pair, tried one by one, of small amounts and of large."""

from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import ibis
import pytest

from headwater.engines.trace.engine import tables_of
from headwater.engines.trace.sheets import Sheets, checked
from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.engines.trace.typologies.mirror_transfer import pairs_of
from headwater.testing.memory_view import MemoryView
from tests.trace_world import Tables, numbered, pay

HOUR_S = 3_600
SMALL = 20_000


def drawn(seed: int) -> list[dict[str, Any]]:
    """Payments into one hub and out of another, some of which mirror each other; 200 euros to a million."""
    random, rows = Random(seed), []
    for number in range(40):
        amount = int(SMALL * 5_000 ** random.random())
        at = random.randrange(0, 200 * HOUR_S)
        rows.append(pay(0, at, f"P{number}", "IN", amount, from_country="DE", to_country="TR"))
        kept = random.randrange(0, 120)
        later = at + random.randrange(-HOUR_S, 80 * HOUR_S)
        rows.append(
            pay(
                0,
                max(later, 0),
                "OUT",
                f"Q{number}",
                amount * (1000 - kept) // 1000,
                from_country="IQ",
                to_country="IQ",
            )
        )
    return rows


@pytest.mark.parametrize(
    ("seed", "asked"),
    [(1, {}), (2, {}), (3, {"window_hours": 7}), (4, {"most_fee": 400}), (5, {"least_fee": 0, "most_fee": 0})],
)
def test_the_pairs_are_those_that_counting_by_hand_finds(tmp_path: Path, seed: int, asked: dict[str, int]) -> None:
    rows = drawn(seed)
    tables = Tables(tmp_path)
    tables.add("payments", numbered(rows))
    paths = tables_of(MemoryView(tables.records, table_paths=tables.paths)).paths
    given = TYPOLOGIES["mirror-transfer"].params(asked)
    backend = ibis.duckdb.connect()
    found = backend.to_pyarrow(pairs_of(Sheets(backend, checked(paths)), given)).to_pylist()
    ins, outs = [row for row in rows if row["receiver"] == "IN"], [row for row in rows if row["sender"] == "OUT"]
    window = given["window_hours"] * HOUR_S
    want = sorted(
        (one["time_us"] // 10**6, one["amount"], other["time_us"] // 10**6, other["amount"])
        for one, other in product(ins, outs)
        if 0 <= (other["time_us"] - one["time_us"]) // 10**6 <= window
        and other["amount"] >= SMALL <= one["amount"]
        and one["amount"] * (1000 - given["most_fee"]) <= other["amount"] * 1000
        and other["amount"] * 1000 <= one["amount"] * (1000 - given["least_fee"])
    )
    assert sorted((row["t"], row["value"], row["t2"], row["value2"]) for row in found) == want
    assert want or asked.get("most_fee") == 0
