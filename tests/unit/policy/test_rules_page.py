"""The reference page of the rules is written from the table that the software executes."""

from pathlib import Path

from headwater.policy.rules import RULES, describe

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "rules.md"


def test_the_page_of_the_rules_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == describe(), "write it again from headwater.policy.rules.describe()"


def test_every_rule_has_its_row() -> None:
    rows = [line.split(" | ") for line in describe().splitlines() if line.startswith(("| A", "| B", "| C", "| D"))]
    assert [(row[0].removeprefix("| "), row[1]) for row in rows] == [(rule.id, f"`{rule.name}`") for rule in RULES]
    assert all(len(row) == 6 for row in rows)
