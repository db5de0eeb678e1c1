"""The seal: a signed statement of everything that a bundle holds."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from headwater.case.data.verify import SEAL_CONTEXT, TAGGED, canonical, ed25519_verify
from headwater.case.manifest import ManifestRow, root_of
from headwater.errors import Place, SchemaError, SignatureError
from headwater.model.ids import AuthorityId, blob_hash
from headwater.model.times import format_instant

VERSION: Final = 1
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Signer:
    """Who seals. The private key stays where it is: only the act of signing is handed in.

    Attributes:
        authority: in whose name.
        public_key: Ed25519, 32 bytes.
        sign: returns the Ed25519 signature of bytes.
    """

    authority: AuthorityId
    public_key: bytes
    sign: Callable[[bytes], bytes]

    def __post_init__(self) -> None:
        """Refuse what is no Ed25519 public key."""
        if len(self.public_key) != _KEY_BYTES:
            raise SchemaError("not an Ed25519 public key", where=Place(field="public_key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is signed.

    Attributes:
        case: the case's unique reference number.
        count: rows in the list, withheld ones too.
        root: Merkle root over the rows, in hex.
        sealed_at: in UTC, by the signer's own clock.
        previous: SHA-256 of the earlier seal of the case, in hex, if there is one.
        stamped: a time stamp belongs to it.
        tags: SHA-256 of README.txt and verify.py, in hex.
    """

    case: str
    count: int
    root: str
    sealed_by: AuthorityId
    key: str
    sealed_at: datetime
    previous: str | None
    tags: Mapping[str, str]
    stamped: bool = False

    def __post_init__(self) -> None:
        """Refuse a head that no verifier would take."""
        if self.previous is not None:
            blob_hash(self.previous)
        if set(self.tags) != set(TAGGED):
            raise SchemaError("not the files that a seal names", where=Place(field="tags"))

    def as_row(self) -> dict[str, object]:
        """Return the head as `seal.json` has it."""
        return {
            "version": VERSION,
            "case": self.case,
            "count": self.count,
            "root": self.root,
            "sealed_by": self.sealed_by,
            "key": self.key,
            "sealed_at": format_instant(self.sealed_at),
            "previous": self.previous,
            "stamped": self.stamped,
            "tags": dict(self.tags),
        }


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed bundle.

    Attributes:
        head: what was signed.
        sig: the signature, in hex.
        rows: the whole list.
        kept: the rows of what was withheld at the sealing, which the list holds as one. They must be kept with the
            case, to be shown to whoever is entitled to them later.
        pseudonyms: by person; kept with the case for its next seal.
    """

    head: Head
    sig: str
    rows: tuple[ManifestRow, ...]
    pseudonyms: Mapping[str, str]
    kept: tuple[ManifestRow, ...] = ()

    @property
    def root(self) -> str:
        """The root over everything sealed, in hex."""
        return self.head.root

    @property
    def digest(self) -> str:
        """SHA-256 of the seal's bytes, in hex: what the next seal of the case calls `previous`."""
        return hashlib.sha256(self.as_bytes()).hexdigest()

    def as_bytes(self) -> bytes:
        """Return `seal.json`."""
        return canonical({"head": self.head.as_row(), "sig": self.sig})


def make_seal(
    head: Head,
    rows: Sequence[ManifestRow],
    signer: Signer,
    pseudonyms: Mapping[str, str],
    kept: Sequence[ManifestRow] = (),
) -> Seal:
    """Return the seal over a head, signed and checked.

    Raises:
        SignatureError: what the signer returned is no signature by its own key, or the head is not of these rows.
    """
    if head.root != root_of(rows).hex() or head.key != signer.public_key.hex():
        raise SignatureError("a head that does not fit its rows or its signer", fix="seal the case again")
    said = SEAL_CONTEXT + canonical(head.as_row())
    signature = signer.sign(said)
    if not ed25519_verify(signer.public_key, said, signature):
        raise SignatureError("the signer's signature does not fit its own public key", fix="check the node's keys")
    return Seal(head, signature.hex(), tuple(rows), pseudonyms, tuple(kept))
