"""The verb `watch`: what it lacks it names, and what it is asked wrongly it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = "import sys; sys.modules.update(dict.fromkeys(sys.argv[1].split(','))); sys.argv[1:] = sys.argv[2:]; from headwater.cli import main; main()"


def run(missing: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run headwater in a process that lacks some libraries."""
    return subprocess.run(
        [sys.executable, "-c", RUN, missing or "nothing", *words], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "words", "extra"),
    [
        ("numba", ("watch", "track", "x.csv", "--as", "points", "--out", "o.jsonl"), "headwater[watch]"),
        ("numpy", ("watch", "track", "x.csv", "--as", "points", "--out", "o.jsonl"), "headwater[watch]"),
        ("sapient_msg", ("read", "sapient", "FILE"), "headwater[watch]"),
        ("cv2", ("watch", "track", "x.avi", "--as", "video", "--out", "o.txt"), "headwater[video]"),
    ],
)
def test_a_missing_extra_is_named_with_exit_69(
    tmp_path: Path, missing: str, words: tuple[str, ...], extra: str
) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"t_s,sensor,x,y\n1,a,2,3\n")
    done = run(missing, *(str(file) if word == "FILE" else word for word in words))
    assert done.returncode == 69, done.stderr
    assert extra in done.stderr


def test_a_file_of_bad_rows_ends_with_65_and_names_the_first(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"t_s,sensor,x,y\n1,a,nan,3\n")
    done = run("", "watch", "track", str(file), "--as", "points", "--out", str(tmp_path / "o"))
    assert done.returncode == 65
    assert "no row of 1 can be used: x: no finite number" in done.stderr
