"""A file that a command writes: whole under its name, or not there at all."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headwater.errors import StoreFullError, StoreIoError
from headwater.node.files import write


@contextmanager
def room(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond some bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_for_which_there_is_no_room_leaves_no_half(tmp_path: Path) -> None:
    with room(1000), pytest.raises(StoreFullError):
        write(tmp_path / "hits.jsonl", bytes(5000))
    assert not list(tmp_path.iterdir())


def test_a_file_without_a_folder_is_told_with_what_helps(tmp_path: Path) -> None:
    with pytest.raises(StoreIoError, match="cannot be written") as caught:
        write(tmp_path / "no" / "hits.jsonl", b"")
    assert caught.value.fix == "name a file in a folder that is there and may be written to"
