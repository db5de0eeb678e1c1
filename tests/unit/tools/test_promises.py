"""The plans show every figure, and their counts are those that the commands say."""

import argparse
import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

from tools import promises, sabotage
from tools.parts import dealt
from tools.promise_plans import PLANS, ROOT, Task
from tools.promises import Result, line_of, read_counts, run

FIGURES = {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "Q1"}


@pytest.mark.parametrize("plan", PLANS)
def test_every_figure_of_the_design_has_a_line(plan: str) -> None:
    assert {task.figure for task in PLANS[plan](7, 1.0)} == FIGURES


@pytest.mark.parametrize("plan", PLANS)
def test_every_file_that_a_plan_names_is_there(plan: str) -> None:
    for task in PLANS[plan](7, 1.0):
        for word in task.words:
            if word.startswith("tests/"):
                assert (ROOT / word).exists(), word


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


@pytest.mark.parametrize("plan", PLANS)
def test_no_two_lines_of_a_plan_bear_one_title(plan: str) -> None:
    assert max(Counter(task.title for task in PLANS[plan](7, 1.0)).values()) == 1


def test_a_night_plays_a_hundred_thousand_histories_none_twice() -> None:
    seeds = [task.words[3] for task in PLANS["deep"](7, 1.0) if task.figure == "R3"]
    spans = [tuple(map(int, words.split(":"))) for words in seeds]
    assert sum(last - first for first, last in spans) == 100_000
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))


def test_what_a_night_does_in_parts_is_whole() -> None:
    shares: dict[str, list[str]] = {}
    for task in PLANS["deep"](7, 1.0):
        if "--part" in task.words:
            place = task.words.index("--part") + 1
            kind = " ".join((*task.words[:place], *task.words[place + 1 :]))
            shares.setdefault(kind, []).append(task.words[place])
    assert len(shares) == 6  # files, faults, and the mutants of four rooms
    things = list(range(100))
    for parts in shares.values():
        assert sorted(thing for part in parts for thing in dealt(things, part)) == things


@pytest.mark.parametrize("part", ["0/3", "4/3", "3", "x/3", "1/", "-1/3", "1/0"])
def test_a_share_that_is_none_is_refused(part: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        dealt([1, 2, 3], part)


def test_of_mutants_in_parts_nineteen_in_twenty_of_all_must_die() -> None:
    first = Result("Q1", "mutants of exchange, part 1 of 2", "x", ok=True, runs=100, bad=9)
    other = Result("Q1", "mutants of exchange, part 2 of 2", "x", ok=True, runs=100, bad=1)
    small = Result("Q1", "mutants of store, part 1 of 1", "x", ok=True, runs=10, bad=0)
    assert promises.rooms_short([first, other, small]) == []
    other.bad = 2
    assert promises.rooms_short([first, other, small]) == ["Q1 BAD mutants of exchange: 189 of 200 killed, below 95 %"]
    assert promises.log("deep", 1, 1.0, [first, other, small], 3, 1.0)["ok"] is False


def test_a_night_that_broke_off_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    note = f"open({str(ran)!r}, 'a').write"
    works = tmp_path / "works"
    tasks = [
        Task("R1", "good", ("-c", f"{note}('g')")),
        Task(
            "R2",
            "bad at first",
            ("-c", f"{note}('b'); import os; raise SystemExit(not os.path.exists({str(works)!r}))"),
        ),
        Task("R3", "for later", ("-c", f"{note}('l')")),
    ]
    monkeypatch.setitem(PLANS, "deep", lambda seed, scale: iter(tasks))  # real lines take hours
    monkeypatch.setattr(promises, "EVIDENCE", tmp_path / "evidence")
    assert promises.main(["deep", "--seed", "5", "--scale", ".5", "--only", "R1,R2", "--keep", "--workers", "1"]) == 1
    log = json.loads((tmp_path / "evidence" / "deep.json").read_text())
    assert (log["lines"], log["ok"], [one["ok"] for one in log["figures"]]) == (3, False, [True, False])
    works.touch()
    assert promises.main(["deep", "--resume", "--only", "bad at"]) == 0
    assert Counter(ran.read_text()) == {"g": 1, "b": 2}
    assert promises.main(["deep", "--resume"]) == 0
    log = json.loads((tmp_path / "evidence" / "deep.json").read_text())
    assert (log["seed"], log["scale"], log["ok"], len(log["figures"])) == (5, 0.5, True, 3)
    assert Counter(ran.read_text()) == {"g": 1, "b": 2, "l": 1}
    tasks.append(Task("R4", "new in the plan", ("-c", "pass")))
    assert promises.main(["deep", "--resume", "--only", "R1"]) == 0
    log = json.loads((tmp_path / "evidence" / "deep.json").read_text())
    assert (log["lines"], log["ok"], len(log["figures"])) == (4, False, 3), "a line is missing, and the log says so"


def test_each_planted_fault_still_fits_the_source() -> None:
    for patch in sabotage.PATCHES:
        text = (sabotage.ROOT / "src" / "headwater" / patch.file).read_text(encoding="utf-8")
        assert text.count(patch.old) == 1, patch.name
        assert patch.old != patch.new
    assert len(sabotage.PATCHES) >= 40
    assert len({patch.name for patch in sabotage.PATCHES}) == len(sabotage.PATCHES)
