"""Years told in other manners: what another bank's table looks like must not decide what is found in it.

Each manner changes the tables of a fictional year and not its truth: days instead of times, no countries, no register of
companies, dinars instead of euros, other price levels, noise on every amount, three months instead of twelve.
"""

import csv
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from bench.trace_truth import TABLES, World, at_budget, read_truth
from headwater.exercise.money.make import make
from headwater.node.trace import Asked, in_files

Row = dict[str, str]
DINARS = 117


def days(row: Row, _: Random) -> Row:
    """Days only, as most statements have them."""
    return row | {"time": f"{row['time'][:10]}T00:00:00Z"}


def nowhere(row: Row, _: Random) -> Row:
    """No countries."""
    return row | {"from_country": "", "to_country": ""}


def dinars(row: Row, _: Random) -> Row:
    """Everything in dinars, and no rates."""
    worth = int(row["amount"]) * (DINARS if row["currency"] == "EUR" else DINARS * 117 // 100)
    return row | {"amount": str(worth), "currency": "RSD"}


def scaled(factor: float) -> Callable[[Row, Random], Row]:
    """Prices at another level."""
    return lambda row, _: row | {"amount": str(max(1, round(int(row["amount"]) * factor)))}


def noisy(row: Row, draw: Random) -> Row:
    """Amounts off by up to three per cent, times by up to half a day."""
    hour = draw.randrange(24)
    amount = max(1, round(int(row["amount"]) * draw.uniform(0.97, 1.03)))
    return row | {"amount": str(amount), "time": f"{row['time'][:11]}{hour:02d}{row['time'][13:]}"}


def same(row: Row, _: Random) -> Row:
    """As it was made."""
    return row


def quarter(row: Row, _: Random) -> Row | None:
    """Three months of the year and nothing of the rest."""
    return row if "2025-04" <= row["time"][:7] <= "2025-06" else None


MANNERS: Mapping[str, tuple[Callable[[Row, Random], Row | None], frozenset[str]]] = {
    "as made": (same, frozenset()),
    "days only": (days, frozenset()),
    "no countries": (nowhere, frozenset()),
    "no register": (same, frozenset({"companies", "ownership"})),
    "dinars, no rates": (dinars, frozenset({"rates"})),
    "prices at 0.5": (scaled(0.5), frozenset()),
    "prices at 2": (scaled(2.0), frozenset()),
    "noise": (noisy, frozenset()),
    "one quarter": (quarter, frozenset()),
    "payments alone": (same, frozenset(TABLES) - {"payments", "rates"}),
}


def brittle(world: World, manner: str) -> dict[str, float]:
    """Precision and look-alikes among the first fifty findings of a year that is told in some manner."""
    change, without = MANNERS[manner]
    draw = Random(world.seed)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        make(world.accounts, world.payments, world.networks, world.seed, made)
        path = made / "payments.csv"
        with path.open(newline="", encoding="utf-8") as stream:
            rows = [told for row in csv.DictReader(stream) if (told := change(row, draw)) is not None]
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        files = [
            str(made / f"{name}.csv") for name in TABLES if name not in without and (made / f"{name}.csv").exists()
        ]
        return at_budget(in_files(Asked(), files, "bench").result.claims, read_truth(made), 50)
