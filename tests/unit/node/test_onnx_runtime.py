"""ONNX Runtime tells nobody that it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
SOURCE = Path(__file__).parents[3] / "src"


def kept_by(code: str, cache: Path) -> list[str]:
    """What a process leaves in a cache of its own."""
    env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    env.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    return [path.name for path in cache.rglob("*") if path.is_file()] if cache.exists() else []


def test_it_draws_no_identifier_for_the_machine_and_keeps_nothing_to_send(tmp_path: Path) -> None:
    quiet = "from headwater.node.onnx_runtime import onnx_runtime; onnx_runtime('scan')"
    assert kept_by(quiet, tmp_path / "quiet") == []


def test_nobody_else_imports_it() -> None:
    found = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "import onnxruntime" in (text := path.read_text("utf-8")) or "from onnxruntime" in text
    ]
    assert found == ["headwater/node/onnx_runtime.py"]
