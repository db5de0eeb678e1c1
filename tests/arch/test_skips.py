"""A skip is told, and where everything must be there it is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SKIPS = "import pytest\n\n\ndef test_that_lacks_something() -> None:\n    pytest.skip('there is no Java')\n"
PASSES = "\n\ndef test_that_lacks_nothing() -> None:\n    pass\n"


@pytest.mark.parametrize(
    ("content", "required", "code"), [(SKIPS + PASSES, "1", 1), (SKIPS + PASSES, "0", 0), (PASSES, "1", 0)]
)
def test_a_skip_fails_the_run_only_where_everything_must_be_there(
    tmp_path: Path, content: str, required: str, code: int
) -> None:
    (tmp_path / "test_made.py").write_text(content, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-q", "--rootdir", tmp_path, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT), "HEADWATER_REQUIRE_SHARED": required},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("there is no Java" in done.stdout) == (content != PASSES)
