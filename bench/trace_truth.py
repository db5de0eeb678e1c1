"""The truth of a fictional year beside what the engine found in it: which findings are right, and which honest people they hit."""

import csv
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from headwater.engines.trace.leads import Claim, TraceResult
from headwater.exercise.money.make import make
from headwater.node.trace import Asked, in_files

TABLES = (
    "payments", "companies", "ownership", "shipments", "listings", "hires", "contacts", "identifiers", "crossings",
    "places", "rates",
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """How large a fictional year is, and its seed."""

    accounts: int
    payments: int
    networks: int
    seed: int


@dataclass(frozen=True)
class Truth:
    """Who is guilty, who is an honest look-alike, and who pays for passages; by account and number of the register."""

    guilty: frozenset[str]
    honest: frozenset[str]
    payers: frozenset[str]
    networks: dict[str, str]

    def right(self, claim: Claim) -> bool:
        """Whether a finding names somebody of a network."""
        return any(subject in self.guilty for subject in claim.finding.subjects) or self.of_goods(claim)

    def wronged(self, claim: Claim) -> bool:
        """Whether a finding is about an honest look-alike."""
        return not self.right(claim) and any(subject in self.honest for subject in claim.finding.subjects)

    def of_goods(self, claim: Claim) -> bool:
        """Whether a finding about a thing, such as a vehicle, is a network's."""
        return any(subject in self.networks for subject in claim.finding.subjects)


def read_truth(folder: Path) -> Truth:
    """The truth of a year that was made into a folder."""
    guilty: set[str] = set()
    honest: set[str] = set()
    payers: set[str] = set()
    things: dict[str, str] = {}
    hires: dict[str, tuple[str, str]] = {}
    if (folder / "hires.csv").exists():
        with (folder / "hires.csv").open(newline="", encoding="utf-8") as stream:
            hires = {row["id"]: (row["vehicle"], row["plate"]) for row in csv.DictReader(stream)}
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["table"] in ("accounts", "companies"):
                side = payers if row["role"] == "payer" else guilty if row["label"] == "smuggling" else honest
                side.add(row["id"])
            elif row["table"] == "hires" and row["label"] == "smuggling":
                things |= dict.fromkeys(hires[row["id"]], row["group"])
            elif row["table"] == "phones" and row["label"] == "smuggling":
                things[row["id"]] = row["group"]
    return Truth(frozenset(guilty), frozenset(honest - guilty), frozenset(payers - guilty), things)


EVEN = 0.5
ALONE = ("payments", "rates")
"""What a desk has that is given payments and nothing else."""


def run(world: World, tables: Sequence[str] = TABLES, least: float | None = None) -> tuple[TraceResult, Truth]:
    """Make a year, trace in some of its tables, and return what was found with the truth; `least` as in `Asked`."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        make(world.accounts, world.payments, world.networks, world.seed, made)
        files = [str(made / f"{name}.csv") for name in tables if (made / f"{name}.csv").exists()]
        return in_files(Asked(least=least), files, "bench").result, read_truth(made)


def at_budget(claims: Iterable[Claim], truth: Truth, budget: int) -> dict[str, float]:
    """Precision and honest look-alikes among the first findings, and among those of them that are more likely than not."""
    first = list(claims)[:budget]
    likely = [claim for claim in first if claim.finding.score >= EVEN]
    right = [claim for claim in first if truth.right(claim)]
    return {
        "findings": len(first),
        "precision": len(right) / max(1, len(first)),
        "look_alikes": sum(truth.wronged(claim) for claim in first),
        "likely": len(likely),
        "likely_precision": sum(truth.right(claim) for claim in likely) / max(1, len(likely)),
        "likely_look_alikes": sum(truth.wronged(claim) for claim in likely),
    }
