"""A blob that comes bit by bit, perhaps over days: it is written once, and hashed as it comes.

Until it is whole it stands under a name of its own that nothing reads as a blob. It is not synced before that: whoever goes
on with it after a crash asks for what is there (`again`), and says how much of it is right by taking it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from headwater.errors import FormatError
from headwater.model.ids import BlobHash
from headwater.store.faults import translated

AHEAD_BYTES: Final = 8 << 20
"""Bytes after which the system is told that they need not stay in memory."""


class Part:
    """The beginning of a blob."""

    def __init__(self, stream: BinaryIO, file: Path) -> None:
        """Begin before the first byte of an open file, whatever an earlier attempt has left in it."""
        self._stream = stream
        self._file = file
        self._whole = sha256()
        self._kept = False
        self._let_go_to = 0
        self.size = 0

    def again(self, count: int) -> bytes:
        """Return the next bytes that an earlier attempt has left, fewer or none at their end."""
        with translated(self._file):
            self._stream.seek(self.size)
            return self._stream.read(count)

    def take(self, data: bytes | memoryview) -> None:
        """Take the bytes that `again` has returned as they are."""
        self._whole.update(data)
        self.size += len(data)

    def add(self, data: bytes | memoryview) -> None:
        """Write the next bytes, in the place of whatever an earlier attempt has left from here on."""
        with translated(self._file):
            if self._stream.seek(0, os.SEEK_END) != self.size:
                self._stream.truncate(self.size)
                self._stream.seek(self.size)
            self._stream.write(data)
            self.take(data)
            self._let_go()

    def _let_go(self) -> None:
        """Have what was written go to the disk, and out of memory once it is there: nobody reads it before it is whole."""
        if self.size - self._let_go_to < AHEAD_BYTES or not hasattr(os, "posix_fadvise"):  # macOS has none
            return
        # What is still on its way stays, so that each range is named twice.
        start = max(0, self._let_go_to - AHEAD_BYTES)
        os.posix_fadvise(self._stream.fileno(), start, self.size - start, os.POSIX_FADV_DONTNEED)
        self._let_go_to = self.size

    def keep(self, expected: BlobHash, size: int) -> None:
        """Make a blob of it; durable once its `with` block has ended.

        Raises:
            FormatError: it is another one, or was removed meanwhile.
        """
        if self.size != size or self._whole.hexdigest() != expected:
            raise FormatError("a blob that is not the one expected")
        with translated(self._file):
            self._stream.truncate(self.size)
            self._stream.flush()
            os.fsync(self._stream.fileno())
            try:
                self._file.rename(self._file.with_name(expected))
            except FileNotFoundError as error:
                raise FormatError("a blob that was removed before it was whole") from error
        self._kept = True

    def end(self) -> None:
        """Close it; nothing stays of one that has nothing in it."""
        with translated(self._file):
            self._stream.close()
            if not self.size and not self._kept:
                self._file.unlink(missing_ok=True)


@contextmanager
def opened(file: Path) -> Iterator[Part]:
    """Open a beginning for the length of a `with` block; what is in it stays for the next one."""
    with translated(file):
        stream = os.fdopen(os.open(file, os.O_CREAT | os.O_RDWR, 0o600), "r+b")
    part = Part(stream, file)
    try:
        yield part
    finally:
        part.end()
