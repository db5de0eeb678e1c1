"""Writes files of a bundle: each byte is read once, and hashed, looked at and written while it is there."""

import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256, sha512
from pathlib import Path

from headwater.case.data.verify import FileSum
from headwater.case.gate import PieceLook


def copied(pieces: Iterable[bytes], path: str, place: str | None, *looks: PieceLook) -> FileSum:
    """Return the sums of a file that is written piece by piece.

    Args:
        pieces: what it holds.
        path: what the sums call it.
        place: the file to make; there must be nothing of that name. None to read only.
        looks: what looks at each piece.
    """
    first, second, size = sha256(), sha512(), 0
    target = -1 if place is None else _create(place)
    try:
        for piece in pieces:
            first.update(piece)
            second.update(piece)
            size += len(piece)
            if target >= 0:
                _write_all(target, piece)
            for look in looks:
                look.take(piece)
    finally:
        if target >= 0:
            os.close(target)
    return FileSum(path, size, first.hexdigest(), second.hexdigest())


def take_back(path: Path) -> None:
    """Remove a file that may not stay, if it is there, and its folder with the last of them: a seal knows no empty ones."""
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet."""
    target = _create(path)
    try:
        _write_all(target, data)
    finally:
        os.close(target)


def _create(path: Path | str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644)


def _write_all(target: int, data: bytes) -> None:
    written = os.write(target, data)
    while written < len(data):
        written += os.write(target, memoryview(data)[written:])
