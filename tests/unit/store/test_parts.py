"""A blob that comes bit by bit: it is whole under its name or not there, and does not fill the memory on its way."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from headwater.errors import FormatError
from headwater.model.ids import BlobHash
from headwater.store import Store
from headwater.store.parts import AHEAD_BYTES
from headwater.testing.fakes import FakeClock, SeededChance

PIECE = 1 << 20
PIECES = [bytes([place]) * PIECE for place in range(2 * AHEAD_BYTES // PIECE + 3)]
WHOLE = b"".join(PIECES)
NAME = BlobHash(sha256(WHOLE).hexdigest())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.create(tmp_path / "node", clock=FakeClock(), chance=SeededChance())
    yield made
    made.close()


def test_what_was_written_need_not_stay_in_memory_and_is_all_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go: list[tuple[int, int]] = []
    real = os.posix_fadvise

    def advise(handle: int, start: int, count: int, advice: int) -> None:
        assert advice == os.POSIX_FADV_DONTNEED
        let_go.append((start, start + count))
        real(handle, start, count, advice)

    monkeypatch.setattr(os, "posix_fadvise", advise)
    memory = memoryview(bytearray(PIECE))
    with store.part("scan") as part:
        for piece in PIECES:
            memory[:] = piece  # the same memory each time, as chunks come from a partner
            part.add(memory)
        part.keep(NAME, len(WHOLE))
    # Each range twice: what was still on its way to the disk the first time stays in memory.
    assert let_go == [(0, AHEAD_BYTES), (0, 2 * AHEAD_BYTES)]
    with store.snapshot() as snapshot:
        assert snapshot.blob_bytes(NAME) == WHOLE
    assert store.check() == []


def test_a_blob_that_is_not_the_one_expected_is_not_kept(store: Store) -> None:
    with store.part("scan") as part:
        part.add(b"something else")
        with pytest.raises(FormatError):
            part.keep(NAME, len(WHOLE))
    with store.snapshot() as snapshot:
        assert snapshot.blob_bytes(NAME) is None
