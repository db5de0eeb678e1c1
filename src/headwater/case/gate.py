"""The leak gate: whether something that may not leave stands in a file, however it is packed and written."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from headwater.case.files import CHUNK
from headwater.case.looking import UnreadError, is_opened, pieces
from headwater.case.protected import OVERLAP, Shield

UNREAD: Final = "unread"
NAMED: Final = "named"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a file found: nothing, or why it may not leave.

    Attributes:
        why: ``named`` where an identity stands in it, ``unread`` where it cannot be opened, empty where it may leave.
    """

    why: str = ""

    @property
    def stops(self) -> bool:
        """Whether the file may not leave."""
        return bool(self.why)


CLEAR: Final = Look()


class PieceLook:
    """Looks at a file piece by piece while it is read; `end` opens it where its bytes do not show all it holds."""

    def __init__(self, shield: Shield) -> None:
        """Begin with nothing seen."""
        self._shield = shield
        self._tail = b""
        self._named = False
        self._opens = False

    def take(self, piece: bytes) -> None:
        """Look at the next piece."""
        if not self._shield.names or self._named:
            return
        self._opens = self._opens or is_opened(piece)
        self._named = self._shield.finds(self._tail + piece if self._tail else piece)
        self._tail = piece[-OVERLAP:]

    def end(self, open_again: Callable[[], BinaryIO]) -> Look:
        """Return what was found in all."""
        if self._named:
            return Look(NAMED)
        if not self._opens:
            return CLEAR
        with open_again() as file:
            return _opened(file, self._shield)


def look_at(file: BinaryIO, shield: Shield) -> Look:
    """Return what a look at a file found; it is read from where it stands."""
    look = PieceLook(shield)
    while piece := file.read(CHUNK):
        look.take(piece)

    def again() -> BinaryIO:
        file.seek(0)
        return io.BufferedReader(_Kept(file))  # closing it leaves the caller's file open

    return look.end(again)


def look_at_bytes(data: bytes, shield: Shield) -> Look:
    """Return what a look at bytes found."""
    return look_at(io.BytesIO(data), shield)


class _Kept(io.RawIOBase):
    """A file that is read by somebody who may close it, while its owner keeps it open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _opened(file: BinaryIO, shield: Shield) -> Look:
    try:
        for piece in pieces(file):
            if shield.says(piece) if isinstance(piece, str) else shield.finds(piece):
                return Look(NAMED)
    except UnreadError:
        return Look(UNREAD)
    return CLEAR
