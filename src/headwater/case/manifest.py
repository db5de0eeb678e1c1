"""The list of everything in a bundle: a salted row for each file, a leaf for each row, one root over all leaves.

The salt keeps a withheld row from being guessed: without it, whoever sees the hash of a short item could try texts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from headwater.case.data.verify import FileSum, is_payload_path
from headwater.errors import Place, SchemaError
from headwater.model import merkle
from headwater.ports import Chance

SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One file of the payload, as the list has it.

    Attributes:
        path: in the bundle, below ``data/``, in NFC.
        sha256: in hex.
        size: in bytes.
        salt: 16 random bytes, in hex.
        withheld: the bundle shows the leaf only; the file stays in the house, with this row.
        said: the row's canonical bytes.
        leaf: the row's leaf in the tree, over these bytes.
    """

    path: str
    sha256: str
    size: int
    salt: str
    withheld: bool = False
    said: bytes = field(init=False, repr=False, compare=False)
    leaf: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a path that no verifier would take."""
        if not is_payload_path(self.path):
            raise SchemaError("not the path of a payload file", where=Place(field="path"))
        said = quick_canonical(self._opening())
        object.__setattr__(self, "said", said)
        object.__setattr__(self, "leaf", merkle.leaf_hash(said))

    def shown(self) -> dict[str, str | int]:
        """Return the row as `manifest.json` shows it."""
        return self._closed() if self.withheld else self._opening()

    def shown_bytes(self) -> bytes:
        """Return the canonical bytes of what `shown` returns."""
        return quick_canonical(self._closed()) if self.withheld else self.said

    def _closed(self) -> dict[str, str | int]:
        return {"leaf": self.leaf.hex(), "reason": "withheld"}

    def _opening(self) -> dict[str, str | int]:
        return {"path": self.path, "sha256": self.sha256, "size": self.size, "salt": self.salt}


def quick_canonical(value: object) -> bytes:
    """Return what `verify.canonical` does, ten times as quickly: for values of texts, integers, lists and ASCII keys."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def salted_rows(files: Iterable[FileSum], withheld: frozenset[str], chance: Chance) -> tuple[ManifestRow, ...]:
    """Return the rows of files in the order of the bytes of their paths, each with a salt of its own."""
    ordered = sorted(files, key=lambda file: file.path.encode())
    salts = chance.draw(SALT_BYTES * len(ordered)).hex()
    width = 2 * SALT_BYTES
    return tuple(
        ManifestRow(file.path, file.sha256, file.size, salts[at * width : (at + 1) * width], file.path in withheld)
        for at, file in enumerate(ordered)
    )


def root_of(rows: Sequence[ManifestRow]) -> bytes:
    """Return the root over the rows, withheld ones too."""
    return merkle.root(row.leaf for row in rows)


def manifest_bytes(rows: Sequence[ManifestRow]) -> bytes:
    """Return `manifest.json`."""
    return b"[" + b",".join([row.shown_bytes() for row in rows]) + b"]"
