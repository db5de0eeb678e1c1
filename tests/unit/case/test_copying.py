"""Files of a bundle are written once, whole, and over nothing that is there."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from headwater.case import copying


@pytest.mark.parametrize("planted", ["file", "link"])
def test_nothing_that_is_there_is_written_over(tmp_path: Path, planted: str) -> None:
    other, place = tmp_path / "other", tmp_path / "place"
    other.write_bytes(b"what somebody else needs")
    place.hardlink_to(other) if planted == "file" else place.symlink_to(other)
    with pytest.raises(FileExistsError):
        copying.copied([b"exhibit"], "place", str(place))
    with pytest.raises(FileExistsError):
        copying.write_new(place, b"exhibit")
    assert other.read_bytes() == b"what somebody else needs"


def test_a_disk_that_takes_a_part_of_a_piece_is_given_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, place = os.write, tmp_path / "deep" / "deeper" / "exhibit"
    monkeypatch.setattr(os, "write", lambda target, data: write(target, bytes(data)[:3]))
    told = copying.copied([b"of eight", b"", b"and nine "], "exhibit", str(place))
    assert place.read_bytes() == b"of eightand nine "
    assert (told.size, told.sha256) == (17, sha256(b"of eightand nine ").hexdigest())
    copying.write_new(place.with_name("seal"), b"of eight")
    assert place.with_name("seal").read_bytes() == b"of eight"
