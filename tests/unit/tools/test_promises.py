"""The plans show every figure, and their counts are those that the commands say."""

import json

import pytest

from tools import promises, sabotage
from tools.promises import Result, Task, line_of, read_counts, run

FIGURES = {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "Q1"}


@pytest.mark.parametrize("plan", promises.PLANS)
def test_every_figure_of_the_design_has_a_line(plan: str) -> None:
    assert {task.figure for task in promises.PLANS[plan](7, 1.0)} == FIGURES


@pytest.mark.parametrize("plan", promises.PLANS)
def test_every_file_that_a_plan_names_is_there(plan: str) -> None:
    for task in promises.PLANS[plan](7, 1.0):
        for word in task.words:
            if word.startswith("tests/"):
                assert (promises.ROOT / word).exists(), word


@pytest.mark.parametrize(
    ("said", "runs", "bad", "skipped"),
    [
        (json.dumps({"runs": 5, "bad": ["x", "y"], "wall_s": 1.0}), 5, 2, 0),
        ("....\n12 passed, 3 deselected in 2.0s\n", 12, 0, 0),
        ("FAILED x\n1 failed, 12 passed, 2 skipped in 2.0s\n", 12, 1, 2),
        ("json: 40 inputs, 3 read, 36 refused, 1 bad\nxlsx: 2 inputs, 1 read, 1 refused, 0 bad\n", 42, 1, 0),
        ("Q1 policy: 200 mutants tried, 190 killed (95.0 %), 0 left for want of time\n", 200, 10, 0),
        ("", 0, 0, 0),
    ],
)
def test_counts_are_read_from_whatever_a_command_says(said: str, runs: int, bad: int, skipped: int) -> None:
    found = Result("R1", "x", "x", ok=True)
    read_counts(found, said)
    assert (found.runs, found.bad, found.skipped) == (runs, bad, skipped)


def test_a_command_that_fails_is_bad_and_one_with_a_planted_fault_must_fail() -> None:
    good, bad = ("-c", "pass"), ("-c", "raise SystemExit(1)")
    tasks = [
        Task("R1", "good", good),
        Task("R2", "bad", bad),
        Task("R3", "planted and found", bad, must_fail=True),
        Task("R4", "planted and missed", good, must_fail=True),
    ]
    found = run(tasks, 2)
    assert [(one.figure, one.ok) for one in found] == [("R1", True), ("R2", False), ("R3", True), ("R4", False)]
    assert "BAD" in line_of(found[1])


def test_each_planted_fault_still_fits_the_source() -> None:
    for patch in sabotage.PATCHES:
        text = (sabotage.ROOT / "src" / "headwater" / patch.file).read_text(encoding="utf-8")
        assert text.count(patch.old) == 1, patch.name
        assert patch.old != patch.new
    assert len(sabotage.PATCHES) >= 40
    assert len({patch.name for patch in sabotage.PATCHES}) == len(sabotage.PATCHES)
