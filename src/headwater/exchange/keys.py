"""A node's private keys, in its own directory.

::

    keys/            signing-*.key sealing-*.key papers-*.key   one seed each, 0600, read when first needed
    roots/           root-1.key root-2.key root-3.key           made at `node init`, to be moved offline at once

A file holds its seeds in hex, so that a person can copy it onto paper. The key that is named last (names carry a
number) is the one in use; older ones stay for what was sealed with them. A sealing key is destroyed with the first card
that is made 31 days after another took its place: what still comes for it is refused, and its sender seals it anew
with the new card.
"""

import hmac
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headwater.errors import KeyTrustError, SettingsError, StoreIoError
from headwater.exchange.card import ROOTS
from headwater.exchange.signed import PairSeed
from headwater.exchange.suite import SEED_BYTES, XWING, key_id, signing_public
from headwater.ports import Chance
from headwater.store import sync_folder

FOLDER: Final = "keys"
ROOT_FOLDER: Final = "roots"
_ROOT_FILES: Final = "root-*.key"
_KINDS: Final = {"signing": 1, "sealing": 1, "papers": 2}
"""Seeds in each kind of file."""


@dataclass(frozen=True)  # no slots: what has been read is kept beside
class Keys:
    """The private keys in one node's directory."""

    home: Path

    @classmethod
    def create(cls, home: Path, chance: Chance) -> "Keys":
        """Make a new node's keys, the root keys in a folder of their own.

        Raises:
            SettingsError: the directory has keys already.
            StoreIoError: the disk refuses.
        """
        for folder in (home / FOLDER, home / ROOT_FOLDER):
            try:
                folder.mkdir(mode=0o700, parents=True)
            except FileExistsError as error:
                raise SettingsError("the node has keys already", where=str(folder), fix="keep them") from error
            except OSError as error:
                raise StoreIoError("the folder for keys cannot be made", where=str(folder)) from error
        _write_roots(home / ROOT_FOLDER, chance)
        keys = cls(home)
        for kind in _KINDS:
            keys.add(kind, chance)
        sync_folder(home)
        return keys

    def add(self, kind: str, chance: Chance) -> None:
        """Make one more key of a kind; it becomes the one in use when a new card names it.

        Raises:
            StoreIoError: the disk refuses.
        """
        used = (path.stem.rpartition("-")[2] for path in self._files(kind))
        number = 1 + max((int(digits) for digits in used if digits.isdecimal()), default=0)
        _write(self.home / FOLDER / f"{kind}-{number:04}.key", [chance.draw(SEED_BYTES) for _ in range(_KINDS[kind])])
        sync_folder(self.home / FOLDER)

    def destroy(self, names: Collection[str]) -> int:
        """Overwrite and remove sealing keys, by the names of their public keys; return how many there were.

        Raises:
            StoreIoError: the disk refuses.
        """
        gone = [path for path in self._files("sealing") if key_id(XWING.public_key(*_seeds(path, 1))) in names]
        for path in gone:
            _overwrite(path)
        if gone:
            sync_folder(self.home / FOLDER)
        return len(gone)

    @property
    def signing_seeds(self) -> dict[str, bytes]:
        """Ed25519 seeds by the name of their public key, oldest first."""
        return self._kept("signing", signing_public)

    @property
    def sealing_seeds(self) -> dict[str, bytes]:
        """X-Wing seeds by the name of their public key, oldest first."""
        return self._kept("sealing", XWING.public_key)

    def signing_public(self) -> list[bytes]:
        """Return the raw public keys of all signing keys, oldest first."""
        return [signing_public(seed) for seed in self.signing_seeds.values()]

    def sealing_public(self) -> list[bytes]:
        """Return the raw public keys of all sealing keys, oldest first."""
        return [XWING.public_key(seed) for seed in self.sealing_seeds.values()]

    def papers(self) -> PairSeed:
        """Return the pair in use for agreements."""
        return PairSeed(*self._read("papers")[-1])

    def signing_seed(self) -> bytes:
        """Return the seed in use for envelopes and receipts."""
        return list(self.signing_seeds.values())[-1]

    def secret(self, use: str, key: str = "") -> bytes:
        """Return 32 bytes that this node alone can make, for one use (RFC 2104): no key can be found from them.

        They make names that the node knows again and nobody else can work out, as hashes of what was looked for. They
        change with the signing key.

        Args:
            use: what for; other uses get other bytes.
            key: name of the signing key that they are made from; the one in use if nothing is given.

        Raises:
            KeyTrustError: this node has no such key.
        """
        seed = self.signing_seeds.get(key) if key else self.signing_seed()
        if seed is None:
            raise KeyTrustError("this node has no such signing key", where=key, fix="put it back from a backup")
        return hmac.digest(seed, f"headwater/{use}/1".encode(), "sha256")

    def _read(self, kind: str) -> list[list[bytes]]:
        found = [_seeds(path, _KINDS[kind]) for path in self._files(kind)]
        if not found:
            raise SettingsError(
                f"the node has no {kind} key",
                where=str(self.home / FOLDER),
                fix="put keys/ back from a backup",
            )
        return found

    def _kept(self, kind: str, public: Callable[[bytes], bytes]) -> dict[str, bytes]:
        """Return seeds as they were read, or anew where a command beside this process has made or destroyed one."""
        files = self._file_names(kind)
        known: tuple[tuple[str, ...], dict[str, bytes]] | None = self.__dict__.get(kind)
        if known is None or known[0] != files:
            known = files, {key_id(public(seed)): seed for (seed,) in self._read(kind)}
            self.__dict__[kind] = known
        return known[1]

    def _files(self, kind: str) -> list[Path]:
        return [self.home / FOLDER / name for name in self._file_names(kind)]

    def _file_names(self, kind: str) -> tuple[str, ...]:
        try:
            names = os.listdir(self.home / FOLDER)  # noqa: PTH208 - asked for each batch, and six times as quick
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreIoError("the folder for keys cannot be read", where=str(self.home / FOLDER)) from error
        return tuple(sorted(name for name in names if name.startswith(f"{kind}-") and name.endswith(".key")))


def read_roots(folder: Path) -> tuple[PairSeed, ...]:
    """Return the root keys that lie in a folder: all of them, or those that were brought back for a new card.

    Raises:
        KeyTrustError: there is none, or a file is none.
    """
    found = tuple(PairSeed(*_seeds(path, 2)) for path in sorted(folder.glob(_ROOT_FILES)))
    if not found:
        raise KeyTrustError("no root key", where=str(folder), fix="bring the root keys back from where they are kept")
    return found


def make_roots(folder: Path, chance: Chance) -> tuple[PairSeed, ...]:
    """Return the three root keys of a folder; they are made where there are none.

    Raises:
        KeyTrustError: there are some, but not three.
        StoreIoError: the disk refuses.
    """
    if not any(folder.glob(_ROOT_FILES)):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreIoError("the folder for keys cannot be made", where=str(folder)) from error
        _write_roots(folder, chance)
    found = read_roots(folder)
    if len(found) != ROOTS:
        raise KeyTrustError(f"{len(found)} root keys, not three", where=str(folder), fix="name an empty folder")
    return found


def _write_roots(folder: Path, chance: Chance) -> None:
    for number in range(1, ROOTS + 1):
        _write(folder / f"root-{number}.key", [chance.draw(SEED_BYTES) for _ in range(2)])
    sync_folder(folder)


def _write(path: Path, seeds: list[bytes]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(f"{seed.hex()}\n" for seed in seeds)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreIoError("a key cannot be written", where=str(path)) from error


def _overwrite(path: Path) -> None:
    """Write zeros over a key and remove its file: copies of the disk are not reached, and nobody can promise that."""
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except OSError as error:
        raise StoreIoError("a key cannot be destroyed", where=str(path)) from error


def _seeds(path: Path, count: int) -> list[bytes]:
    try:
        seeds = [bytes.fromhex(line) for line in path.read_text(encoding="ascii").splitlines()]
    except OSError as error:
        raise StoreIoError("a key cannot be read", where=str(path)) from error
    except ValueError as error:
        raise KeyTrustError("a key file that holds no key", where=str(path)) from error
    if len(seeds) != count or any(len(seed) != SEED_BYTES for seed in seeds):
        raise KeyTrustError("a key file that holds no key", where=str(path))
    return seeds
