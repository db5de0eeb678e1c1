"""The vault: what identifies protected persons, encrypted, each entry under a key of its own.

::

    vault/master.key        wraps the entries' keys; 0600, no other key of the node opens anything here
    vault/keys/REF          one entry's key, wrapped; for as long as the entry is being replaced, both keys
    vault/entries/REF       the entry: pieces of at most a megabyte, AES-256-GCM, bound to their place and to REF

Erasing an entry destroys its key: what copies of the entry are left on other disks cannot be read by anybody. A backup
that is to be worth anything to nobody else leaves ``master.key`` out; it is copied by itself, to another place.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from headwater.errors import ForbiddenError, StoreCorruptError, StoreError
from headwater.ports import Chance
from headwater.store.faults import translated
from headwater.store.files import make_folder, sync_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FOLDER: Final = "vault"
MASTER: Final = "master.key"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_REF_BYTES: Final = 12
_PIECE: Final = 1 << 20
_LENGTH: Final = struct.Struct(">I")
_NO_ENTRY: Final = "there is no such entry, or it may not be read"


class Vault:
    """The vault of one node. What may be read by whom is not decided here."""

    def __init__(self, home: Path, chance: Chance) -> None:
        """Take the node's directory; nothing is made before something is kept."""
        self._folder = home / FOLDER
        self._chance = chance

    @property
    def is_locked_out(self) -> bool:
        """Whether it has entries and not the key that wraps theirs, as after a backup was put back."""
        return not (self._folder / MASTER).exists() and any((self._folder / "keys").glob("*"))

    def put(self, data: bytes) -> str:
        """Encrypt an entry and return its name; durable before the call returns."""
        ref = self._chance.draw(_REF_BYTES).hex()
        self._put(ref, _pieces(data))
        return ref

    def put_file(self, file: BinaryIO) -> str:
        """Encrypt all that is left of a file and return the entry's name; a megabyte at a time."""
        ref = self._chance.draw(_REF_BYTES).hex()
        self._put(ref, iter(lambda: file.read(_PIECE), b""))
        return ref

    def replace(self, ref: str, data: bytes) -> None:
        """Put other content in place of an entry, under a new key; whenever it is cut off, the old or the new can be read.

        Raises:
            ForbiddenError: there is no such entry.
        """
        key = self._chance.draw(_KEY_BYTES)
        self._write_keys(ref, *self._keys(ref), key)
        self._write_entry(ref, key, _pieces(data))
        self._write_keys(ref, key)

    def _put(self, ref: str, pieces: Iterator[bytes]) -> None:
        key = self._chance.draw(_KEY_BYTES)
        self._write_keys(ref, key)
        self._write_entry(ref, key, pieces)

    def get(self, ref: str) -> bytes:
        """Return an entry.

        Raises:
            ForbiddenError: there is none of that name, or its key was destroyed.
            StoreCorruptError: it is not what was kept.
        """
        return b"".join(self.pieces(ref))

    def pieces(self, ref: str) -> Iterator[bytes]:
        """Yield an entry piece by piece.

        Raises:
            ForbiddenError: there is none of that name, or its key was destroyed.
            StoreCorruptError: it is not what was kept.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        ciphers = [AESGCM(key) for key in self._keys(ref)]
        path = self._path("entries", ref)
        number, ended = 0, False
        with translated(path), path.open("rb") as file:
            while head := file.read(_NONCE_BYTES + _LENGTH.size):
                if len(head) != _NONCE_BYTES + _LENGTH.size:
                    raise StoreCorruptError("an entry of the vault is cut short", where=ref)
                (size,) = _LENGTH.unpack(head[_NONCE_BYTES:])
                ended = bool(size & 1)
                sealed = file.read(size >> 1)
                if len(sealed) != size >> 1 or (ended and file.peek()):
                    raise StoreCorruptError("an entry of the vault is not what was kept", where=ref)
                bound = _bound(ref, number, last=ended)
                while (piece := _opened(ciphers[0], head[:_NONCE_BYTES], sealed, bound)) is None:
                    if number or len(ciphers) == 1:
                        raise StoreCorruptError("an entry of the vault is not what was kept", where=ref)
                    del ciphers[0]  # replacing the entry was cut off, and this is the key of the other content
                yield piece
                number += 1
        if not ended:
            raise StoreCorruptError("an entry of the vault is cut short", where=ref)

    def erase(self, ref: str) -> None:
        """Destroy an entry's key, then its bytes; to erase it again does no harm."""
        for kind in ("keys", "entries"):
            path = self._path(kind, ref)
            with translated(path), suppress(FileNotFoundError):
                with path.open("r+b", buffering=0) as file:
                    if kind == "keys":
                        file.write(bytes(path.stat().st_size))
                        os.fsync(file.fileno())
                path.unlink()

    def _keys(self, ref: str) -> list[bytes]:
        """Return the key of an entry; where replacing it was cut off, the keys of both contents."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        path = self._path("keys", ref)
        try:
            wrapped = path.read_bytes()
        except FileNotFoundError as error:
            raise ForbiddenError(_NO_ENTRY) from error
        try:
            keys = AESGCM(self._master()).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], ref.encode())
        except InvalidTag as error:
            raise StoreCorruptError("a key of the vault is not what was kept", where=ref) from error
        return [keys[at : at + _KEY_BYTES] for at in range(0, len(keys), _KEY_BYTES)]

    def _write_keys(self, ref: str, *keys: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = self._chance.draw(_NONCE_BYTES)
        self._write(
            self._path("keys", ref), nonce + AESGCM(self._master()).encrypt(nonce, b"".join(keys), ref.encode())
        )

    def _write_entry(self, ref: str, key: bytes, pieces: Iterator[bytes]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        cipher = AESGCM(key)
        path = self._path("entries", ref)
        beside = path.with_name(path.name + ".new")
        with translated(path):
            with beside.open("wb") as file:
                beside.chmod(0o600)
                piece, number = next(pieces, b""), 0
                while True:
                    following = next(pieces, None)
                    nonce = self._chance.draw(_NONCE_BYTES)
                    sealed = cipher.encrypt(nonce, piece, _bound(ref, number, last=following is None))
                    file.write(nonce + _LENGTH.pack(len(sealed) << 1 | (following is None)) + sealed)
                    if following is None:
                        break
                    piece, number = following, number + 1
                file.flush()
                os.fsync(file.fileno())
            beside.rename(path)
        sync_folder(path.parent)

    def _master(self) -> bytes:
        path = self._folder / MASTER
        if self.is_locked_out:
            raise StoreError(
                "the vault's master key is not here", where=str(path), fix="put it back from where you keep it"
            )
        if not path.exists():
            for name in ("keys", "entries"):
                make_folder(self._folder / name)
            self._write(path, self._chance.draw(_KEY_BYTES))
        with translated(path):
            key = path.read_bytes()
        if len(key) != _KEY_BYTES:
            raise StoreCorruptError("the vault's key is no key", where=str(path))
        return key

    def _write(self, path: Path, data: bytes) -> None:
        beside = path.with_name(path.name + ".new")
        with translated(path):
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.rename(path)
        sync_folder(path.parent)

    def _path(self, kind: str, ref: str) -> Path:
        if len(ref) != 2 * _REF_BYTES or not all(letter in "0123456789abcdef" for letter in ref):
            raise ForbiddenError(_NO_ENTRY)
        return self._folder / kind / ref


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))


def _opened(cipher: "AESGCM", nonce: bytes, sealed: bytes, bound: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(nonce, sealed, bound)
    except InvalidTag:
        return None


def _bound(ref: str, number: int, *, last: bool) -> bytes:
    return f"{ref} {number} {'last' if last else 'more'}".encode()
