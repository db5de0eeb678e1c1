"""One fictional year in which every typology has a planted case and honest look-alikes: what is found, and of whom."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from headwater.engines.trace import TraceResult
from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.exercise.money.make import make
from headwater.node.trace import Asked, in_files

pytestmark = pytest.mark.e2e
SIZE = (2_000, 12_000, 17)
SEED = 11
LOOK_ALIKES = {
    "corridor-fan-in": {"school", "dear-goods", "trip", "private-seller", "wedding"},
    "hub-fan-out": {"remittance-office", "charity", "neighbour"},
    "gather-scatter": {"payroll", "trip", "room-agent"},
    "scatter-gather": {"society", "team-travel"},
    "temporal-cycle": {"savings-circle"},
    "structuring": {"escrow", "dear-goods"},
    "rapid-pass-through": {"private-landlord", "neighbour"},
    "dormant-active": {"seasonal-business", "estate"},
    "mirror-transfer": {"lawful-hawala", "remittance-office"},
    "half-mirror": {"collection", "tutor", "seasonal-business"},
    "third-party-travel": {"team-travel", "society"},
    "crypto-cash-out": {"crypto-merchant"},
    "escrow-after-arrival": {"escrow", "room-agent"},
    "shop-as-broker": {"stall"},
    "ransom": {"collection"},
    "supplier-behind-hubs": {"dear-goods"},
    "boats-out-of-line": {"fishing-shop", "sailing-school", "outfitter"},
    "engines-apart": {"harbour-hulls", "harbour-motors"},
    "misdeclared": {"tent-trader"},
    "bulk-cash": {"club", "outfitter"},
    "bulk-listing": {"liquidator"},
    "hire-to-border": {"surf-teacher"},
    "storage-inland": {"outfitter"},
    "plate-switching": {"export-dealer", "garage"},
    "shared-identifiers": {"household", "advice-centre"},
    "steady-contact": {"advice-centre"},
    "ownership-chain": {"listed-small-holding"},
}
"""Honest groups of the year that a careless reading of each red flag would name."""


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    make(*SIZE, SEED, folder)
    return folder


@pytest.fixture(scope="module")
def found(year: Path) -> TraceResult:
    return traced(year, Asked())


def traced(year: Path, asked: Asked) -> TraceResult:
    files = [str(path) for path in sorted(year.glob("*.csv")) if path.stem != "truth"]
    return in_files(asked, files, "test").result


def rows(year: Path, table: str) -> list[dict[str, str]]:
    with (year / f"{table}.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def guilty(year: Path) -> set[str]:
    """Accounts, companies, vehicles, plates and telephones of the networks; no payer among them."""
    truth = [row for row in rows(year, "truth") if row["label"] == "smuggling" and row["role"] != "payer"]
    names = {row["id"] for row in truth}
    hires = {row["id"]: (row["vehicle"], row["plate"]) for row in rows(year, "hires")}
    return names.union(*(hires[name] for name in names if name in hires))


def test_every_typology_is_asked_and_finds_what_was_planted_for_it(year: Path, found: TraceResult) -> None:
    assert not found.skipped
    names = guilty(year)
    right = {claim.typology.name for claim in (*found.claims, *found.protecting) if names & set(claim.finding.subjects)}
    assert set(TYPOLOGIES) - right == set()


def test_every_typology_has_its_honest_look_alike_in_the_year(year: Path) -> None:
    kinds = {row["kind"] for row in rows(year, "truth") if row["label"] == "innocent"} | {
        row["role"] for row in rows(year, "truth") if row["label"] == "innocent"
    }
    assert set(LOOK_ALIKES) == set(TYPOLOGIES)
    missing = {name for name, wanted in LOOK_ALIKES.items() if not wanted & kinds}
    assert missing == set()


def test_nobody_who_pays_for_a_passage_is_a_subject(year: Path, found: TraceResult) -> None:
    payers = {row["id"] for row in rows(year, "truth") if row["role"] == "payer"}
    assert payers
    named = {subject for claim in (*found.claims, *found.protecting) for subject in claim.finding.subjects}
    # Somebody who pays may also be a helper or an honest look-alike by chance of the draw.
    others = {row["id"] for row in rows(year, "truth") if row["role"] != "payer"}
    assert named & (payers - others) == set()


def test_honest_look_alikes_stand_behind_networks(year: Path, found: TraceResult) -> None:
    names = guilty(year)
    honest = {row["id"] for row in rows(year, "truth") if row["label"] == "innocent"} - names
    first = [set(claim.finding.subjects) for claim in found.claims[:50]]
    assert sum(bool(subjects & names) for subjects in first) >= 40
    assert sum(bool(subjects & honest) and not subjects & names for subjects in first) <= 5


def test_honest_look_alikes_stand_behind_networks_with_payments_alone(year: Path) -> None:
    names = guilty(year)
    honest = {row["id"] for row in rows(year, "truth") if row["label"] == "innocent"} - names
    files = [str(year / f"{table}.csv") for table in ("payments", "rates")]
    first = [set(claim.finding.subjects) for claim in in_files(Asked(), files, "test").result.claims[:50]]
    assert sum(bool(subjects & names) for subjects in first) >= 40
    assert sum(bool(subjects & honest) and not subjects & names for subjects in first) <= 5


def test_with_payments_alone_the_list_ends_at_even_odds_and_names_every_network_still(year: Path) -> None:
    files = [str(year / f"{table}.csv") for table in ("payments", "rates")]
    ended, whole = (in_files(Asked(least=least), files, "test").result for least in (None, 0.0))
    assert ended.below == len(whole.claims) - len(ended.claims) > 0
    assert [claim.finding.id for claim in ended.claims] == [
        claim.finding.id for claim in whole.claims if claim.finding.score >= 0.5
    ]
    groups = {row["id"]: row["group"] for row in rows(year, "truth") if row["label"] == "smuggling"}
    names = guilty(year) & groups.keys()
    networks = [
        {groups[one] for claim in found.claims for one in claim.finding.subjects if one in names}
        for found in (ended, whole)
    ]
    assert networks[0] == networks[1] != set()


def test_a_run_that_must_spill_finds_the_same(year: Path, found: TraceResult) -> None:
    spilled = traced(year, Asked(memory_mb=64))
    assert [claim.finding.id for claim in spilled.claims] == [claim.finding.id for claim in found.claims]


def test_rows_whose_clocks_run_back_give_the_same_findings(year: Path, found: TraceResult, tmp_path: Path) -> None:
    for path in year.glob("*.csv"):
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        (tmp_path / path.name).write_text("\n".join([head, *reversed(lines)]) + "\n", encoding="utf-8")
    again = traced(tmp_path, Asked())

    def told(result: TraceResult) -> Counter[tuple[str, str]]:
        return Counter((claim.typology.name, claim.finding.text) for claim in result.claims)

    assert told(again) == told(found)
