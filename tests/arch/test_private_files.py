"""Folders and files that a node makes are its user's alone: every call that makes one says so, but for those named here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "headwater"
ROOMS_OF_PLAY = ("exercise", "testing")
MAKERS = {"mkdir", "makedirs", "touch", "chmod", "fchmod"}
OTHERS = 0o077

FOR_OTHERS = {
    # What is handed out: its receiver's folder, by the receiver's own mask.
    "case/copying.py": {
        "os.open(path, flags, 420)": 2,
        "Path(path).parent.mkdir(parents=True, exist_ok=True)": 1,
    },
    "case/files.py": {"partial.chmod(493)": 1},
    "case/receipt.py": {"folder.mkdir(exist_ok=True)": 1},
    "node/files.py": {"path.mkdir(parents=True, exist_ok=True)": 1},
    "node/replaying.py": {"path.parent.mkdir(parents=True, exist_ok=True)": 1},
    "node/scan_lessons.py": {"path.parent.mkdir(parents=True, exist_ok=True)": 1},
    # Below a folder that is private already.
    "formats/safe_archive.py": {"path.parent.mkdir(parents=True, exist_ok=True)": 1},
    "node/trace_tables.py": {"folder.mkdir()": 1},
    # What stands above a node's home, which is made by `mkdtemp`.
    "node/backup.py": {"home.parent.mkdir(parents=True, exist_ok=True)": 1},
}
"""What is made by the mask of whoever runs it, and how often: everything else is private."""


def made_openly(source: str) -> Iterator[str]:
    """Yield each call in a source text that makes a file or folder, or sets who may read it, and does not keep it private."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name, of = node.func.attr, ast.unparse(node.func.value)
        keyword = next((each.value for each in node.keywords if each.arg == "mode"), None)
        if of == "os" and name == "open":
            creates = "O_CREAT" in ast.unparse(node) or len(node.args) > 2
            mode = node.args[2] if len(node.args) > 2 else keyword
        elif name in MAKERS:
            creates, mode = True, keyword or next(iter(node.args[name == "fchmod" or of == "os" :]), None)
        else:
            continue
        if creates and not (isinstance(mode, ast.Constant) and isinstance(mode.value, int) and not mode.value & OTHERS):
            yield ast.unparse(node)


def test_what_a_node_makes_is_private_but_for_what_is_named() -> None:
    found: dict[str, dict[str, int]] = {}
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE)
        text = file.read_text("utf-8")
        if place.parts[0] not in ROOMS_OF_PLAY and any(name in text for name in ("os.open", *MAKERS)):
            for call in made_openly(text):
                of = found.setdefault(place.as_posix(), {})
                of[call] = of.get(call, 0) + 1
    assert found == FOR_OTHERS


@pytest.mark.parametrize(
    ("call", "is_open"),
    [
        ("folder.mkdir(mode=0o700)", False),
        ("folder.mkdir()", True),
        ("folder.mkdir(mode=0o755)", True),
        ("file.chmod(0o600)", False),
        ("file.chmod(0o640)", True),
        ("os.chmod(file, 0o600)", False),
        ("os.open(file, os.O_CREAT | os.O_WRONLY, 0o600)", False),
        ("os.open(file, os.O_CREAT | os.O_WRONLY)", True),
        ("os.open(file, flags, 0o644)", True),
        ("os.open(file, os.O_RDONLY)", False),
        ("file.touch(mode=given)", True),
    ],
)
def test_a_call_that_others_could_read_is_told_from_one_that_is_private(call: str, is_open: bool) -> None:
    assert bool([*made_openly(call)]) is is_open
