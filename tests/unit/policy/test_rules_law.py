"""The law's own cases, read where they lie."""

import csv
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.model.message import Message, MessageFact
from headwater.policy.agreement import Agreement
from headwater.policy.rules import RULES, decide
from tests.unit.policy.kit import instant, merge

CASES = 51


@pytest.fixture(scope="module")
def law(shared: Path) -> dict[str, Any]:
    folder = shared / "data" / "exchange" / "law"
    with (folder / "cases.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    documents = {
        name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("agreements", "messages", "held")
    }
    return {"cases": rows, "rules": (folder / "RULES.md").read_text(encoding="utf-8"), **documents}


def differences(law: dict[str, Any], row: dict[str, str]) -> list[str]:
    message = merge(law["messages"][row["message"]], json.loads(row["message_patch"] or "{}"))
    patch = json.loads(row["agreement_patch"] or "{}")
    terms = {
        name: merge(agreement, patch) if name == message.get("agreement") else agreement
        for name, agreement in law["agreements"].items()
    }
    judgement = decide(
        row["op"],
        msgspec.convert(terms, dict[str, Agreement]),
        msgspec.convert(message, Message),
        msgspec.convert(law["held"][row["held"] or "none"], dict[str, MessageFact]),
        instant(row["now"]),
    )
    removed = " ".join(f"{name}:{rule}" for name, rule in judgement.removed.items())
    found = {
        "outcome": str(judgement.outcome),
        "rule": judgement.rule,
        "removed": removed,
        "obligations": " ".join(judgement.obligations),
    }
    return [f"{row['case']} {key}: {found[key]!r}, not {row[key]!r}" for key in found if found[key] != row[key]]


def test_every_case_of_the_law_is_decided_as_the_law_says(law: dict[str, Any]) -> None:
    assert len(law["cases"]) == CASES
    assert [line for row in law["cases"] for line in differences(law, row)] == []


def test_the_table_has_the_rules_of_the_law_in_its_order(law: dict[str, Any]) -> None:
    lines = [line.split("|") for line in law["rules"].splitlines() if line.startswith(("| A", "| B", "| C"))]
    written = {cells[1].strip(): (cells[2].strip(), set(cells[3].split())) for cells in lines}
    ours = {rule.id: (rule.name, set(rule.ops)) for rule in RULES if rule.id not in {"B16", "D1"}}
    onward = written.pop("B16")
    everywhere = {"send", "receive", "use"}
    assert ours == {number: (name, everywhere if ops == {"all"} else ops) for number, (name, ops) in written.items()}
    assert list(dict.fromkeys(rule.id for rule in RULES))[:-1] == [cells[1].strip() for cells in lines]
    assert onward == ("onward", {"send"})
