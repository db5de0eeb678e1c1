"""Limits, thresholds, intervals and defaults of the rooms that look outwards stay what they were decided to be.

No test can afford to reach a limit of a gigabyte or to wait for twelve hours, and a threshold a little off is wrong in few
cases. So each number that stands under a name of its own, or as a default, is told in `numbers.json` beside this file; whoever
changes one on purpose writes it anew with FREEZE=1, and a reviewer sees the number change twice. The matching engine and the
weights that ship with models are left out; texts and tables of words are looked at where they are used.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.frozen import hold

SOURCE = Path(__file__).parents[2] / "src" / "headwater"
ROOMS = ("engines/figures", "engines/scan", "engines/trace", "engines/watch", "formats", "web")
DOORS = ("signin", "codes", "passkeys", "oidc", "oidc_provider", "incoming", "uploads", "taxii", "taxii_*", "ti_*")
"""Files of the node that stand behind a door of the page or of TAXII."""
ELSEWHERE = frozenset({"engines/scan/detector.py"})
"""What a model brings, and a table of physics that is held against its source."""


def test_no_number_has_changed_by_the_way() -> None:
    files = [path for room in ROOMS for path in (SOURCE / room).rglob("*.py")]
    files += [path for name in DOORS for path in (SOURCE / "node").glob(f"{name}.py")]
    found: dict[str, dict[str, str]] = {}
    for path in sorted(set(files)):
        name = path.relative_to(SOURCE).as_posix()
        numbers = dict(_numbers(ast.parse(path.read_text("utf-8")))) if name not in ELSEWHERE else {}
        if numbers:
            found[name] = numbers
    hold(Path(__file__).with_name("numbers.json"), "numbers", found)


def _numbers(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each name that stands for numbers, with what it stands for: of the module, of classes, and defaults of functions."""
    pending: list[tuple[str, ast.stmt]] = [("", each) for each in tree.body]
    while pending:
        before, each = pending.pop()
        if isinstance(each, ast.ClassDef):
            pending += [(f"{before}{each.name}.", inside) for inside in each.body]
        elif isinstance(each, ast.AnnAssign | ast.Assign):
            targets = [each.target] if isinstance(each, ast.AnnAssign) else each.targets
            if each.value is not None and _has_number(each.value):
                yield before + ", ".join(map(ast.unparse, targets)), ast.unparse(each.value)
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            given = each.args
            named = [*given.posonlyargs, *given.args][::-1]
            defaults = [
                *zip(named, given.defaults[::-1], strict=False),
                *zip(given.kwonlyargs, given.kw_defaults, strict=True),
            ]
            for argument, value in defaults:
                if value is not None and _has_number(value):
                    yield f"{before}{each.name}({argument.arg})", ast.unparse(value)


def _has_number(value: ast.expr) -> bool:
    return any(isinstance(one, ast.Constant) and type(one.value) in (int, float) for one in ast.walk(value))
