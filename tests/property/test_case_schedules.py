"""Over any supplements: everything touched is used or listed, numbers run on, and none is ever given twice."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.case.check import check
from headwater.case.coverage import coverage
from headwater.case.model import CaseFile, Material, Schedule
from headwater.case.numbering import Numbering, item_key
from tests.case_world import made_case

NAMES = st.sampled_from([f"M{number}" for number in range(40)] + ["m 1", "js/1", "JS/1", "RS/1", "S1", "MK/1"])
LINES = st.builds(
    lambda name, schedule: Material(id=name, schedule=schedule, description="Log of the barrier", reason="a reason"),
    NAMES,
    st.sampled_from(list(Schedule)),
)
SUPPLEMENTS = st.lists(st.tuples(st.lists(LINES, max_size=8), st.booleans()), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> CaseFile:
    return made_case(tmp_path_factory.mktemp("case"))


def unique(lines: list[Material]) -> Iterator[Material]:
    seen: set[str] = set()
    for line in lines:
        if item_key(line.id) not in seen:
            seen.add(item_key(line.id))
            yield line


@settings(max_examples=150, deadline=None)
@given(supplements=SUPPLEMENTS)
def test_numbers_run_on_never_restart_and_are_never_reused(
    case: CaseFile, supplements: list[tuple[list[Material], bool]]
) -> None:
    numbering, material = Numbering(), case.material
    history: dict[tuple[Schedule, int], str] = {}
    for lines, keeps in supplements:
        material = tuple(unique([*(material if keeps else ()), *lines]))
        before = numbering
        numbering = numbering.extended(replace(case, material=material))
        assert numbering.numbers[: len(before.numbers)] == before.numbers
        for one in numbering.numbers:
            assert history.setdefault((one.schedule, one.number), one.item) == one.item
        for schedule in Schedule:
            numbers = [one.number for one in numbering.numbers if one.schedule is schedule]
            assert numbers == list(range(1, len(numbers) + 1))
            listed = {item_key(line.id) for line in material if line.schedule is schedule}
            assert listed <= set(numbering.of(schedule))


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(LINES, max_size=20), strays=st.integers(0, 3))
def test_used_and_both_schedules_together_are_everything_or_the_check_says_what_is_missing(
    case: CaseFile, lines: list[Material], strays: int
) -> None:
    made = replace(case, material=tuple(unique(lines)), strays=tuple(f"exhibits/{at}" for at in range(strays)))
    covered = coverage(made)
    parts = [covered.used, *covered.listed.values(), covered.unlisted]
    everything = [item for part in parts for item in part]
    assert len(everything) == len(set(everything))
    touched = {item_key(item.ref) for item in made.exhibits} | {item_key(item.id) for item in made.statements}
    assert touched | {item_key(line.id) for line in made.material} <= covered.touched
    told = {item_key(problem.at) for problem in check(made) if problem.code == "unlisted-material"}
    assert told == {item_key(item) for item in covered.unlisted}
