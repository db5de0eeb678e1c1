"""The ASVS table says what is so: each row once, each test that it names is there, and its counts are right."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "explain" / "asvs.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| ([123]) \| ([^|]+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
# Chapter by chapter, how many requirements version 5.0.0 has: levels 1 and 2, and level 3 too where we answer for it.
EXPECTED = {
    "V1": 27, "V2": 11, "V3": 19, "V4": 10, "V5": 9, "V6": 47, "V7": 19, "V8": 13, "V9": 7, "V10": 29, "V11": 24,
    "V12": 12, "V13": 13, "V14": 13, "V15": 13, "V16": 17, "V17": 7,
}  # fmt: skip
STATES = {"met", "in part", "not met", "not applicable"}


def test_every_requirement_that_counts_has_one_row() -> None:
    assert len({number for number, *_ in ROWS}) == len(ROWS)
    assert Counter(number.partition(".")[0] for number, *_ in ROWS) == EXPECTED


def test_the_counts_above_the_table_are_those_of_its_rows() -> None:
    states = Counter(state for _, _, _, state, _, _ in ROWS)
    assert states.keys() <= STATES
    said = (
        f"{len(ROWS)} rows: {states['met']} met, {states['in part']} in part, {states['not met']} not met, "
        f"{states['not applicable']} not applicable."
    )
    assert said in PAGE


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_names_a_test_that_is_there_or_says_why_there_is_none(row: tuple[str, ...]) -> None:
    _, _, _, state, how, test = row
    if state in {"not met", "not applicable"}:
        assert len(how.split()) >= 2 or how == "none", "a row without a test says why"
        return
    file, _, name = test.strip("`").partition("::")
    if not file:
        assert state == "in part"
        assert "not tested" in how or "as above" in how
        return
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {name}(" in text if name else "def test_" in text
