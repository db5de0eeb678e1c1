"""What the pages tell a reader to type runs as it is written: each page's commands in order, in an empty folder."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click
import pytest

from headwater.cli import main
from tests.e2e.conftest import Played

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
    *sorted((ROOT / "docs" / "howto").glob("*.md")),
]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLAYED = "/tmp/exercise"  # noqa: S108 - where the pages let the exercise play
INSTALLS = re.compile(r"^(?:python3 -m venv node|node/bin/pip install .*)$")
"""Installing as a package needs an index that has it: tools/wheel_check.py installs the built wheel instead."""
PATIENCE_S = 180


def commands(page: Path) -> str:
    """All that a page tells to type."""
    return "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))


def targets(text: str) -> list[list[str]]:
    """Every `make` line of a page, as words."""
    return [shlex.split(line, comments=True)[1:] for line in text.splitlines() if line.startswith("make ")]


def runnable(text: str) -> str:
    kept = [line for line in text.splitlines() if not line.startswith("make ") and not INSTALLS.fullmatch(line)]
    return "\n".join(kept)


def end_all(page: "subprocess.Popen[bytes]") -> None:
    """End what a page has started, kindly, and wait until it has ended."""
    pause = threading.Event()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(page.pid, signal.SIGTERM)
        for _ in range(PATIENCE_S * 20):
            page.poll()  # a shell that nobody has asked how it ended still counts as one of its group
            os.killpg(page.pid, 0)
            pause.wait(0.05)
        pytest.fail("what a page has started does not end")


def test_the_pages_tell_to_type_something() -> None:
    told = {page.name: len(commands(page).splitlines()) for page in PAGES}
    assert len(PAGES) >= 8
    assert all(
        told[name] > 3 for name in ("engineer.md", "analyst.md", "liaison.md", "first-quarter-hour.md", "case.md")
    )


@pytest.mark.parametrize(
    "page", [page for page in PAGES if runnable(commands(page)).strip()], ids=lambda page: page.stem
)
def test_the_commands_of_a_page_run_as_written(page: Path, played: Played, tmp_path: Path) -> None:
    script = runnable(commands(page)).replace(PLAYED, str(played.folder))
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HEADWATER_")}
    environment = {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    said = tmp_path / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        code = process.wait(PATIENCE_S)
    finally:
        end_all(process)
    told = said.read_text(encoding="utf-8")
    assert code == 0, told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_tells_to_make_is_a_target_with_options_that_there_are(page: Path) -> None:
    demo = main.get_command(click.Context(main), "demo")
    assert demo is not None
    options = {name for parameter in demo.params for name in parameter.opts}
    for words in targets(commands(page)):
        done = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        given = [word for word in " ".join(words).partition("ARGS=")[2].split() if word.startswith("-")]
        assert words[0] != "demo" or set(given) <= options
