"""Patterns in offers, plates and contact counts, each beside an honest case of the same shape; and thresholds in any currency."""

from pathlib import Path
from typing import Any

import pytest

from headwater.engines.trace import TraceResult, trace
from headwater.engines.trace.score import SIGNS
from headwater.engines.trace.weights import WEIGHTS
from headwater.testing.memory_view import MemoryView
from tests.trace_world import DAY_S, START_S, Tables, numbered, passage

pytestmark = pytest.mark.slow
BOAT, TENT = "8903.11", "6306.12"


def run(tables: Tables, name: str) -> TraceResult:
    return trace(MemoryView(tables.records, table_paths=tables.paths), {"typologies": [name]})


def subjects(found: TraceResult) -> set[str]:
    return {subject for claim in found.claims for subject in claim.finding.subjects}


def offer(number: int, seller: str, quantity: int, code: str = BOAT, day: int = 0) -> dict[str, Any]:
    return {
        "id": f"L{number}",
        "time_us": (START_S + day * DAY_S) * 1_000_000,
        "seller": seller,
        "hs_code": code,
        "quantity": quantity,
    }


def hire(number: int, vehicle: str, plate: str, day: int) -> dict[str, Any]:
    return {
        "id": f"H{number}",
        "start_us": (START_S + day * DAY_S) * 1_000_000,
        "hirer": "X",
        "vehicle": vehicle,
        "plate": plate,
    }


def contact(caller: str, called: str, count: int, days: int = 20) -> dict[str, Any]:
    return {
        "caller": caller, "receiver": called, "count": count, "first_us": START_S * 1_000_000,
        "last_us": (START_S + days * DAY_S) * 1_000_000,
    }  # fmt: skip


def test_boats_in_bulk_are_no_surprise_where_boats_are_the_business(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    tables.add(
        "listings",
        [
            offer(1, "C1", 20), offer(2, "C2", 20), offer(3, "NOBODY", 6), offer(4, "NOBODY", 6, day=9), offer(5, "ONE", 1),
            offer(6, "TENTS", 90, TENT), offer(7, "SLOW", 6), offer(8, "SLOW", 6, day=200),
        ],
    )  # fmt: skip
    tables.add(
        "companies",
        [
            {"id": "C1", "name": "Boats (fictional)", "activity": "Boat building"},
            {"id": "C2", "name": "Trade (fictional)", "activity": "general trade", "account": "A2"},
        ],
    )
    found = run(tables, "bulk-listing")
    assert subjects(found) == {"C2", "NOBODY"}
    assert "offered 12 inflatable boats" in next(
        claim.finding.text for claim in found.claims if claim.finding.subjects == ("NOBODY",)
    )


def test_one_plate_on_many_vehicles_is_found_as_many_plates_on_one_are(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    rows = [hire(at, "VAN", f"EX {at}", at) for at in range(3)]
    rows += [hire(10 + at, f"V{at}", "EX COPY", at) for at in range(3)]
    rows += [hire(20 + at, "TYPO", f"EX T{at}", at) for at in range(2)]
    rows += [hire(30 + at, f"W{at}", "EX YEARS", at * 90) for at in range(4)]
    tables.add("hires", rows)
    assert subjects(run(tables, "plate-switching")) == {"VAN", "EX COPY"}


def test_a_leaders_telephone_is_told_from_an_advice_line(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    tables.add(
        "identifiers",
        [{"customer": f"{line}-{at}", "kind": "phone", "value": line} for line in ("+1", "+2", "+3") for at in range(5)]
        + [{"customer": "FAMILY", "kind": "phone", "value": "+4"}],
    )
    few = [contact(line, f"+9{line}{at}", 30) for line in ("+1", "+4") for at in range(4)]
    advice = [contact(f"+8{at}", "+2", 2) for at in range(150)] + [contact("+2", f"+7{at}", 20) for at in range(3)]
    tables.add("contacts", [*few, *advice, *(contact("+3", f"+6{at}", 30, days=300) for at in range(4))])
    found = run(tables, "steady-contact")
    assert subjects(found) == {"+1"}
    assert "120 contacts with 4 numbers" in found.claims[0].finding.text
    assert not any("+9" in subject for subject in subjects(found)), "whom it calls is not named"


def test_a_passage_in_dinars_or_dong_is_found_as_one_in_euros_is(tmp_path: Path) -> None:
    for unit, worth in (("EUR", 1), ("RSD", 117), ("HUF", 400), ("VND", 305), ("IQD", 15_000)):
        folder = tmp_path / unit
        folder.mkdir()
        tables = Tables(folder)
        rows = [row | {"currency": unit, "amount": row["amount"] * worth} for row in passage("HUB", 15)]
        tables.add("payments", numbered(rows))
        assert subjects(run(tables, "corridor-fan-in")) == {"HUB"}, unit
        small = Tables(folder)
        small.add("payments", numbered([row | {"amount": row["amount"] // 100} for row in rows]))
        assert subjects(run(small, "corridor-fan-in")) == set(), f"purchases in {unit}"


def test_no_sign_counts_against_the_way_it_is_read() -> None:
    assert {sign.name: WEIGHTS[sign.name] for sign in SIGNS if WEIGHTS[sign.name] * sign.way < 0} == {}
