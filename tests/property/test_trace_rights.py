"""Rights that hold whatever else the tables say: every typology is run."""

from pathlib import Path
from typing import Any

from headwater.engines.trace import TraceResult, trace
from headwater.testing.memory_view import MemoryView
from tests.trace_world import DAY_S, Tables, numbered, passage, pay


def run(tables: Tables, *names: str) -> TraceResult:
    return trace(MemoryView(tables.records, table_paths=tables.paths), {"typologies": list(names)})


def payments(folder: Path, rows: list[dict[str, Any]]) -> Tables:
    tables = Tables(folder)
    tables.add("payments", numbered(rows))
    return tables


def test_those_who_pay_for_passages_are_never_subjects_whatever_else_they_do(tmp_path: Path) -> None:
    rows = passage("HUB", 15)
    family = "HUB-family-3"
    # The family's account also passes money on within hours, again and again, and keeps it under a threshold.
    for number in range(8):
        rows.append(pay(0, number * 2 * DAY_S, f"friend-{number}", family, 950_000))
        rows.append(pay(0, number * 2 * DAY_S + 3600, family, "ELSEWHERE", 940_000))
    result = run(payments(tmp_path, rows))
    assert result.claims
    for claim in (*result.claims, *result.protecting):
        assert not any("family" in subject for subject in claim.finding.subjects)
        assert "family" not in repr(claim.finding)
    alone = run(payments(tmp_path, rows[30:]), "structuring", "rapid-pass-through")
    assert family in {claim.finding.subjects[0] for claim in alone.claims}, "without the passage it would be found"


def test_the_manner_of_transfer_is_no_sign(tmp_path: Path) -> None:
    found = {}
    for channel in ("bank", "value-transfer", "cash"):
        folder = tmp_path / channel
        folder.mkdir()
        result = run(payments(folder, passage("HUB", 15, channel=channel)))
        found[channel] = [(claim.typology.name, claim.finding.subjects, claim.finding.score) for claim in result.claims]
    assert found["bank"] == found["value-transfer"] == found["cash"]
    assert found["bank"]


def test_a_few_transfers_by_a_broker_are_no_finding(tmp_path: Path) -> None:
    rows = [pay(0, n * DAY_S, f"W{n}", "BROKER", 30_000, channel="value-transfer") for n in range(5)]
    rows += [pay(0, n * DAY_S + 3600, "BROKER2", f"F{n}", 29_000, channel="value-transfer") for n in range(5)]
    assert run(payments(tmp_path, rows)).claims == ()
