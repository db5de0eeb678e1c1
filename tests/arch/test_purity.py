"""Engines, model and policy make no call that an import does not give away: no clock, no chance, no file.

`datetime` may be imported, for its types; `datetime.now()` may not be called. Same view in, same findings out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE_ROOMS = ("engines", "model", "policy")

IMPURE_NAMES = {"open", "input", "print", "eval", "exec", "__import__", "import_module", "uuid1", "uuid4"}
IMPURE_METHODS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "monotonic"),
    ("importlib", "import_module"),
    ("uuid", "uuid1"),
    ("uuid", "uuid4"),
}


def dotted(node: ast.expr) -> tuple[str, ...]:
    """The names of a dotted expression; empty when it is something else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return (*before, node.attr) if before else ()
    return ()


def impure_calls(source: str) -> Iterator[str]:
    """Every call in a source text that reads the clock, draws chance or leaves the process."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if not name:
            continue
        alone = len(name) == 1 and name[0] in IMPURE_NAMES
        if alone or name[-2:] in IMPURE_METHODS or "random" in name[:-1]:
            yield f"line {node.lineno}: {'.'.join(name)}()"


def test_no_pure_room_calls_the_clock_chance_or_a_file() -> None:
    files = [path for room in PURE_ROOMS for path in (ROOT / "src" / "headwater" / room).rglob("*.py")]
    assert files
    found = [
        f"{path.relative_to(ROOT)}: {call}" for path in files for call in impure_calls(path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize(
    "statement",
    [
        "datetime.now()",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "random.random()",
        "numpy.random.default_rng()",
        "uuid.uuid4()",
        "open('x')",
        "print('x')",
        "importlib.import_module('os')",
    ],
)
def test_an_impure_call_is_found(statement: str) -> None:
    assert list(impure_calls(f"def f():\n    return {statement}\n"))


@pytest.mark.parametrize(
    "statement", ["datetime.fromisoformat(t)", "clock.now()", "view.blob(h).open()", "uuid.uuid5(n, x)"]
)
def test_a_pure_call_passes(statement: str) -> None:
    assert not list(impure_calls(f"def f():\n    return {statement}\n"))
