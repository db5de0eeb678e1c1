"""What is worked out on the way lies in the node's own directory, and nothing of it stays, whoever was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headwater.errors import StoreError
from headwater.node.scratch import PREFIX, scratch, sweep

_HOLD = """
import sys, time
from pathlib import Path
from headwater.node.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "payments.parquet").write_bytes(b"what had spilled")
    print(folder, flush=True)
    time.sleep(60)
"""


@contextmanager
def worker(home: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """Yield a process that works in a node's directory, and its folder there."""
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(home)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_a_folder_is_for_its_owner_alone_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "deep").mkdir()
    assert list(tmp_path.iterdir()) == []


def test_a_failure_inside_leaves_nothing_either(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError), scratch(tmp_path) as folder:
        folder.mkdir()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_work_and_not_before(tmp_path: Path) -> None:
    with worker(tmp_path) as (process, theirs):
        with scratch(tmp_path) as ours:
            assert {theirs, ours} == set(tmp_path.iterdir()), "somebody works there"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (theirs / "payments.parquet").exists()
        with scratch(tmp_path) as ours:
            assert list(tmp_path.iterdir()) == [ours]


def test_a_fork_that_goes_on_keeps_the_folder(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        os.close(reading)
        (folder / "file").write_bytes(b"x")
        held = tmp_path / f"{PREFIX}kept"
        folder.rename(held)
    sweep(tmp_path)
    assert (held / "file").exists()
    os.close(writing)
    os.waitpid(child, 0)
    sweep(tmp_path)
    assert not held.exists()


def test_only_folders_of_that_name_are_swept_and_no_link_is_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_bytes(b"x")
    home = tmp_path / "home"
    home.mkdir()
    (home / f"{PREFIX}link").symlink_to(elsewhere)
    (home / f"{PREFIX}file").write_bytes(b"x")
    (home / "headwater-demo").mkdir()
    sweep(home)
    assert (elsewhere / "file").exists()
    assert {path.name for path in home.iterdir()} == {f"{PREFIX}link", f"{PREFIX}file", "headwater-demo"}


def test_a_disk_that_refuses_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError), scratch(tmp_path / "gone"):
        pytest.fail("there is no such place")
