r"""Bytes with signatures beside them: how cards and agreements are kept and handed over.

The payload is carried as it was signed, in base64, so that no reader ever has to write it anew. Each signature names its
key and algorithm. What is signed is ``headwater/PURPOSE/1\0`` ‖ SHA-256(payload): a signature made for one purpose is
worth nothing for another. Papers that must hold for years bear two kinds of signature: Ed25519, and ML-DSA-65 (FIPS 204)
against a computer that does not exist yet.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey

from headwater.errors import FormatError, KeyTrustError, LimitError, Place, SchemaError
from headwater.exchange.suite import is_signed, key_id, sign, signing_public
from headwater.formats.safe import parse_wire_json
from headwater.model.canonical import decode, encode

MAX_PAPER: Final = 256 * 1024
"""Most bytes of a card or an agreement with its signatures."""
MAX_SIGNATURES: Final = 32


class Algorithm(StrEnum):
    """Kinds of signature."""

    ED25519 = "ed25519"
    MLDSA65 = "ml-dsa-65"


@dataclass(frozen=True, slots=True)
class PairSeed:
    """The private halves of one signer's two keys."""

    ed25519: bytes
    mldsa65: bytes

    def public(self) -> "PairKey":
        """Return the public halves."""
        mldsa65 = MLDSA65PrivateKey.from_seed_bytes(self.mldsa65).public_key().public_bytes_raw()
        return PairKey(ed25519=signing_public(self.ed25519).hex(), mldsa65=mldsa65.hex())


class PairKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public halves of one signer's two keys, in hex."""

    ed25519: str
    mldsa65: str

    def __post_init__(self) -> None:
        """Refuse what is no key.

        Raises:
            SchemaError: one of the two is no public key.
        """
        if len(hex_bytes(self.ed25519, "ed25519")) != 32:  # noqa: PLR2004 - RFC 8032
            raise SchemaError("no Ed25519 key", where=Place(field="ed25519"))
        if len(hex_bytes(self.mldsa65, "mldsa65")) != 1952:  # noqa: PLR2004 - FIPS 204, table 2
            raise SchemaError("no ML-DSA-65 key", where=Place(field="mldsa65"))


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signature: the key's name (`key_id`), the algorithm, the signature in base64."""

    key: str
    alg: Algorithm
    sig: str


class Paper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payload, in base64, and the signatures over it."""

    payload: str
    signatures: tuple[Signature, ...]

    @property
    def body(self) -> bytes:
        """The payload's bytes, as they were signed."""
        return _unbase64(self.payload)

    def to_bytes(self) -> bytes:
        """Return the paper as a file holds it."""
        return encode(self)

    def is_signed_by(self, pair: PairKey, purpose: str) -> bool:
        """Return whether both keys of a signer have signed the payload for a purpose."""
        message = _message(purpose, self.body)
        return self._has(Algorithm.ED25519, pair.ed25519, message) and self._has(
            Algorithm.MLDSA65, pair.mldsa65, message
        )

    def joined(self, other: "Paper") -> "Paper":
        """Return the paper with the signatures of both copies.

        Raises:
            KeyTrustError: the two are not copies of one payload.
        """
        if self.payload != other.payload:
            raise KeyTrustError("two papers with different content", fix="both sides must sign the very same bytes")
        both = dict.fromkeys((*self.signatures, *other.signatures))
        return Paper(payload=self.payload, signatures=tuple(both))

    def _has(self, algorithm: Algorithm, public_hex: str, message: bytes) -> bool:
        public_key = bytes.fromhex(public_hex)
        name = key_id(public_key)
        return any(
            _verifies(algorithm, public_key, _unbase64(each.sig), message)
            for each in self.signatures
            if each.alg is algorithm and each.key == name
        )


def read_paper(data: bytes) -> Paper:
    """Return the paper that bytes are; no signature has been checked yet.

    Raises:
        InputError: they are no paper, or too large to be one.
    """
    if len(data) > MAX_PAPER:
        raise LimitError("larger than a card or an agreement can be")
    parse_wire_json(data)
    paper = decode(data, Paper)
    if len(paper.signatures) > MAX_SIGNATURES:
        raise LimitError("more signatures than a card or an agreement can have")
    _unbase64(paper.payload)
    for signature in paper.signatures:
        _unbase64(signature.sig)
    return paper


def sign_paper(payload: bytes, purpose: str, signers: Iterable[PairSeed]) -> Paper:
    """Return a payload with both signatures of each signer."""
    message = _message(purpose, payload)
    signatures: list[Signature] = []
    for signer in signers:
        mldsa = MLDSA65PrivateKey.from_seed_bytes(signer.mldsa65)
        pair = signer.public()
        for algorithm, public_hex, made in (
            (Algorithm.ED25519, pair.ed25519, sign(signer.ed25519, message)),
            (Algorithm.MLDSA65, pair.mldsa65, mldsa.sign(message)),
        ):
            name = key_id(bytes.fromhex(public_hex))
            signatures.append(Signature(key=name, alg=algorithm, sig=base64.b64encode(made).decode()))
    return Paper(payload=base64.b64encode(payload).decode(), signatures=tuple(signatures))


def hex_bytes(text: str, field: str) -> bytes:
    """Return the bytes that lower-case hex names.

    Raises:
        SchemaError: it is no lower-case hex.
    """
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise SchemaError("not hex", where=Place(field=field)) from error
    if data.hex() != text:
        raise SchemaError("not lower-case hex without spaces", where=Place(field=field))
    return data


def _message(purpose: str, payload: bytes) -> bytes:
    return f"headwater/{purpose}/1\0".encode() + hashlib.sha256(payload).digest()


def _verifies(algorithm: Algorithm, public_key: bytes, signature: bytes, message: bytes) -> bool:
    if algorithm is Algorithm.ED25519:
        return is_signed(public_key, signature, message)
    try:
        MLDSA65PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _unbase64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise FormatError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise FormatError("base64 with spare bits")
    return data
