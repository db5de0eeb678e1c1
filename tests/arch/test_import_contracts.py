"""The house's walls stand: the contracts of pyproject.toml hold, and each one fails when somebody breaks it.

A violation is planted in a copy of the tree. Rooms that are not built yet are put up empty in the copy, so a contract is
tested before the room it guards exists.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("model", "policy", "formats", "store", "engines", "exchange", "case", "exercise", "testing", "cli", "web")
ENGINES = ("match", "trace", "watch", "scan", "figures")
MODULES = ("errors", "ports", "settings", "node", "__main__")

LAYERS = "Imports run down the house, never up, and siblings do not know each other"
ENGINES_APART = "The engines know nothing of each other"
PURE = "Engines, model and policy touch no file, socket, database, process, clock or chance"
STORE = "Only node and exchange open the store: no page and no command can read it unguarded"

PLANTED = {
    "an engine imports another engine": ("engines.match", "import headwater.engines.trace", ENGINES_APART),
    "an engine is not listed": ("engines.shared", "", ENGINES_APART),
    "policy opens a socket": ("policy", "import socket", PURE),
    "model reads the environment": ("model", "import os", PURE),
    "an engine opens a file": ("engines.scan", "from pathlib import Path", PURE),
    "an engine opens a database": ("engines.figures", "import sqlite3", PURE),
    "an engine starts a process": ("engines.watch", "import subprocess", PURE),
    "an engine reads the clock": ("engines.watch", "import time", PURE),
    "policy draws chance": ("policy", "import secrets", PURE),
    "an engine reaches a database through another room": ("ports", "import sqlite3", PURE),
    "a command opens the store": ("cli", "import headwater.store", STORE),
    "a page opens the store": ("web", "from headwater.store import anything", STORE),
    "a case opens the store": ("case", "import headwater.store", STORE),
    "the exercise opens the store": ("exercise", "import headwater.store", STORE),
    "model imports policy": ("model", "import headwater.policy", LAYERS),
    "formats imports policy": ("formats", "import headwater.policy", LAYERS),
    "an engine imports the store": ("engines.match", "import headwater.store", LAYERS),
    "a page imports a command": ("web", "import headwater.cli", LAYERS),
    "exchange imports node": ("exchange", "import headwater.node", LAYERS),
    "settings imports node": ("settings", "import headwater.node", LAYERS),
    "an import is for types only": (
        "errors",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import headwater.model",
        LAYERS,
    ),
    "an import stands inside a function": ("model", "def late():\n    import headwater.case", LAYERS),
    "a room is not listed": ("helpers", "", LAYERS),
}


def put_up(package: Path) -> None:
    """Make an empty room where there is none."""
    if not package.with_suffix(".py").exists():
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source tree in which every room of the plan exists."""
    house = tmp_path / "src" / "headwater"
    shutil.copytree(ROOT / "src" / "headwater", house, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in (*ROOMS, *(f"engines/{engine}" for engine in ENGINES)):
        put_up(house / room)
    for module in MODULES:
        if not (house / module).is_dir():
            (house / f"{module}.py").touch()
    # an engine that looks at its port, as real ones do, so that an indirect way through a port can be seen
    (house / "engines" / "match" / "looks.py").write_text("import headwater.ports\n", encoding="utf-8")
    return tmp_path


def plant(tree: Path, module: str, statement: str) -> None:
    """Write a statement into a module, or into a new file of a package."""
    place = tree / "src" / "headwater" / module.replace(".", "/")
    target = place / "planted.py" if place.is_dir() else place.with_suffix(".py")
    before = target.read_text(encoding="utf-8") if target.exists() else ""
    target.write_text(f"{before}\n{statement}\n", encoding="utf-8")


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter on a tree, and on that tree only."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_copy_that_violations_are_planted_in_is_clean(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("violation", PLANTED)
def test_a_contract_breaks_when(violation: str, tree: Path) -> None:
    module, statement, contract = PLANTED[violation]
    plant(tree, module, statement)
    done = lint(tree)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout
