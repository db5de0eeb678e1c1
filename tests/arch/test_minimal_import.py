"""The first word costs little: neither `import headwater` nor `headwater --help` loads a heavy library."""

import subprocess
import sys

import pytest

HEAVY = {
    "cv2",
    "duckdb",
    "h3",
    "ibis",
    "matplotlib",
    "numba",
    "numpy",
    "onnxruntime",
    "pandas",
    "psycopg",
    "pyarrow",
    "rapidfuzz",
    "sapient_msg",
    "scipy",
    "sklearn",
    "splink",
    "starlette",
    "typst",
    "uvicorn",
}


def loaded_by(*arguments: str) -> set[str]:
    """The top-level packages that a Python command imports, from Python's own report."""
    done = subprocess.run([sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    timed = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[-1].strip().partition(".")[0] for line in timed}


@pytest.mark.parametrize(
    "arguments",
    [
        ("-c", "import headwater"),
        ("-m", "headwater", "--help"),
        ("-m", "headwater", "--version"),
    ],
    ids=" ".join,
)
def test_no_heavy_library_is_loaded_by(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(*arguments)
    assert "headwater" in loaded
    assert not loaded & HEAVY


def test_a_heavy_library_would_be_seen() -> None:
    assert "numpy" in loaded_by("-c", "import headwater, numpy")
