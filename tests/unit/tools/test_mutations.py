"""Mutants change one meaning in one place, and leave alone what is no behaviour."""

import ast
from pathlib import Path

import pytest

from tools.mutations import mutants, mutated

SOURCE = '''"""A docstring == no behaviour."""
from typing import Final
LIMIT: Final = 10
"""Says what it is."""

def check(value: "int | None", names: list[str]) -> int:
    """Return a < b."""
    if value is None or value < LIMIT:
        raise ValueError("too small")
    kept = [name for name in names if name]
    note(f"{value} seen")
    return len(kept) + 1
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "one.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_each_change_is_there_once_and_nothing_of_texts_and_annotations(file: Path) -> None:
    said = [(one.line, one.what) for one in mutants(file)]
    assert sorted(said) == sorted(
        [
            (3, "number + 1"),
            (8, "if x -> if not x"),
            (8, "or -> and"),
            (8, "Is -> IsNot"),
            (8, "Lt -> LtE"),
            (9, "raise left out"),
            (10, "filter 0 left out"),
            (11, "statement left out"),
            (12, "return x -> return None"),
            (12, "Add -> Sub"),
            (12, "number + 1"),
        ]
    )


def test_a_mutant_differs_from_its_source_in_one_place_and_is_valid_python(file: Path) -> None:
    before = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in mutants(file):
        tree = mutated(mutant)
        compile(tree, "one.py", "exec")
        after = ast.unparse(tree).splitlines()
        assert len(after) == len(before)
        assert sum(one != other for one, other in zip(before, after, strict=True)) == 1, mutant


def test_a_mutant_knows_which_function_it_is_in(file: Path) -> None:
    assert {one.function for one in mutants(file) if one.line > 5} == {6}
    assert {one.function for one in mutants(file) if one.line < 5} == {0}


def test_a_default_is_worked_out_before_its_function_runs_and_cannot_be_put_into_it(tmp_path: Path) -> None:
    path = tmp_path / "two.py"
    path.write_text("def waits(s: float = 5.0, *, more: int = 1) -> float:\n    return s\n", encoding="utf-8")
    assert [(one.what, one.function) for one in mutants(path)] == [
        ("number + 1", 0),
        ("number + 1", 0),
        ("return x -> return None", 1),
    ]
