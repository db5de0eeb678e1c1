"""A file that only who knows its passphrase can read, written and read as a stream of any length.

::

    "headwater-box-1", line feed | salt 16 | pieces: 1 MiB each but the last, every one with a tag of 16

The key comes from the passphrase by scrypt (RFC 7914; N = 2^17, r = 8, p = 1: 128 MiB and about a third of a second for each
guess). A piece is ChaCha20-Poly1305 (RFC 8439) under a nonce that is its number and whether it is the last, bound to the
salt: pieces can be neither changed, left out, moved nor cut off (the STREAM construction, Hoang and others 2015).
"""

import io
import struct
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from headwater.errors import FormatError, SettingsError

MARK: Final = b"headwater-box-1\n"
SALT_BYTES: Final = 16
LEAST_LETTERS: Final = 12
"""Shorter passphrases are refused: a file can be tried out by whoever holds a copy, for years."""
_COST: Final = 1 << 17
_PIECE: Final = 1 << 20
_TAG: Final = 16
_NONCE: Final = struct.Struct(">xxxQB")


def passphrase_in(path: Path) -> str:
    """Return the passphrase in a file: its first line.

    Raises:
        SettingsError: there is none, or it is too short.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("the passphrase cannot be read", where=str(path)) from error
    if not lines or len(lines[0]) < LEAST_LETTERS:
        fix = f"write at least {LEAST_LETTERS} characters in its first line, such as six words drawn by lot"
        raise SettingsError("no passphrase, or one that is too short", where=str(path), fix=fix)
    return lines[0]


class BoxWriter(io.RawIOBase):
    """Encrypts what is written to it; the last piece is written when it is closed."""

    def __init__(self, out: BinaryIO, passphrase: str, salt: bytes) -> None:
        """Write the head.

        Args:
            out: gets the encrypted bytes; it stays open.
            passphrase: whoever knows it can read the file.
            salt: drawn anew for each file.
        """
        self._out = out
        self._salt = salt
        self._cipher = _cipher(passphrase, salt)
        self._waiting = bytearray()
        self._number = 0
        out.write(MARK + salt)

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Take bytes."""
        self._waiting += data
        while len(self._waiting) > _PIECE:
            self._seal(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        return len(data)

    def finish(self) -> None:
        """Write the last piece. What was not finished cannot be read."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_NONCE.pack(self._number, last), piece, MARK + self._salt))
        self._number += 1


class BoxReader(io.RawIOBase):
    """Decrypts a file as it is read; nothing of a piece is handed out before the piece was checked."""

    def __init__(self, file: BinaryIO, passphrase: str, *, name: str) -> None:
        """Read the head.

        Raises:
            FormatError: it is no such file.
        """
        head = file.read(len(MARK) + SALT_BYTES)
        if len(head) < len(MARK) + SALT_BYTES or not head.startswith(MARK):
            raise FormatError("no backup of headwater", where=name)
        self._file = file
        self._name = name
        self._salt = head[len(MARK) :]
        self._cipher = _cipher(passphrase, self._salt)
        self._number = 0
        self._piece = memoryview(b"")
        self._next = file.read(_PIECE + _TAG)
        self._ended = False

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer.

        Raises:
            FormatError: the passphrase is another, or the file was changed or cut off.
        """
        while not self._piece and not self._ended:
            self._open_next()
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._file.read(_PIECE + _TAG)
        self._ended = not self._next
        try:
            opened = self._cipher.decrypt(_NONCE.pack(self._number, self._ended), sealed, MARK + self._salt)
        except InvalidTag as error:
            first = self._number == 0
            what = "another passphrase, or the file was changed" if first else "the file was changed or cut off"
            raise FormatError(what, where=self._name, fix="use the passphrase of that day, or another copy") from error
        self._piece = memoryview(opened)
        self._number += 1


def _cipher(passphrase: str, salt: bytes) -> ChaCha20Poly1305:
    key = Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(passphrase.encode())
    return ChaCha20Poly1305(key)
