"""Nobody leaves files in the machine's own place for such things: what is worked out lies where `node/scratch.py` puts it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "src" / "headwater"

OTHERS = {
    "case/files.py": "a bundle half made lies beside the bundle",
    "exercise/demo.py": "the exercise has no node yet",
    "node/backup.py": "what is restored lies beside the node that it becomes",
    "node/case_sealing.py": "a bundle half made lies beside the bundle",
    "node/figures_shelf.py": "a file half written lies beside the file",
    "node/loose.py": "a file half written lies beside the file",
    "node/pages/handing.py": "what goes out has no name on the disk",
    "node/scratch.py": "here it is done",
}
"""Who may, and why; the harnesses of `testing` make whole worlds and are not asked."""


def makes_temporary_files(source: str) -> bool:
    """Return whether a source text imports `tempfile`."""
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {name.name for node in imports if isinstance(node, ast.Import) for name in node.names}
    return "tempfile" in modules | {node.module for node in imports if isinstance(node, ast.ImportFrom)}


def test_only_those_named_make_temporary_files() -> None:
    files = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] != "testing"]
    found = {
        path.relative_to(ROOT).as_posix() for path in files if makes_temporary_files(path.read_text(encoding="utf-8"))
    }
    assert found == OTHERS.keys()


def test_either_way_to_import_it_is_seen() -> None:
    assert makes_temporary_files("import os, tempfile\n")
    assert makes_temporary_files("def late():\n    from tempfile import mkdtemp\n")
    assert not makes_temporary_files("from headwater.node.scratch import scratch\n")
