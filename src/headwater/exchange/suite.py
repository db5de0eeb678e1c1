"""Cipher suites of the envelope, and the keys that go with them.

A suite's name stands in every header, so that a second one can be added beside the first. ``647a-1-2`` is HPKE in base
mode (RFC 9180) with KEM 0x647a (X-Wing: ML-KEM-768 and X25519), HKDF-SHA256 and AES-256-GCM.

Source: draft-ietf-hpke-pq, draft-connolly-cfrg-xwing-kem; FIPS 203.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from headwater.errors import KeyTrustError, SignatureError

SEED_BYTES: Final = 32
ED25519_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
XWING_PUBLIC_BYTES: Final = 1216
_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
_XWING_EXPANDED_BYTES: Final = 96


class Suite(Protocol):
    """One way to seal bytes for the holder of a private key."""

    @property
    def name(self) -> str:
        """Name of the suite in headers and cards."""
        ...

    @property
    def overhead(self) -> int:
        """Bytes that sealing adds: the encapsulated key and the tag."""
        ...

    def public_key(self, seed: bytes) -> bytes:
        """Return the raw public key of a private key."""
        ...

    def seal(self, plaintext: bytes, public_key: bytes, info: bytes) -> bytes:
        """Return encapsulated key and ciphertext."""
        ...

    def unseal(self, sealed: bytes, seed: bytes, info: bytes) -> bytes:
        """Return the plaintext.

        Raises:
            SignatureError: it was not sealed for this key with this info, or was altered.
        """
        ...


@dataclass(frozen=True, slots=True)
class XWingSuite:
    """Suite ``647a-1-2``."""

    name: str = "647a-1-2"
    overhead: int = 1120 + 16

    def public_key(self, seed: bytes) -> bytes:
        """Return the raw public key: ML-KEM-768, then X25519."""
        mlkem, x25519 = _expand(seed)
        return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    def seal(self, plaintext: bytes, public_key: bytes, info: bytes) -> bytes:
        """Return encapsulated key and ciphertext.

        Raises:
            KeyTrustError: the public key is none.
        """
        try:
            return _hpke().encrypt(plaintext, _public(public_key), info)
        except ValueError as error:
            raise KeyTrustError("a partner's HPKE key is no X-Wing public key") from error

    def unseal(self, sealed: bytes, seed: bytes, info: bytes) -> bytes:
        """Return the plaintext.

        Raises:
            SignatureError: it was not sealed for this key with this info, or was altered.
        """
        try:
            return _hpke().decrypt(sealed, _private(seed), info)
        except (InvalidTag, ValueError) as error:
            raise SignatureError("the seal does not open") from error


XWING: Final = XWingSuite()
SUITES: Final[dict[str, Suite]] = {XWING.name: XWING}
"""The suites this version speaks."""


@lru_cache(maxsize=256)
def key_id(public_key: bytes) -> str:
    """Return how headers name a key: SHA-256 of the raw public key, in hex."""
    return hashlib.sha256(public_key).hexdigest()


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the Ed25519 signature over a message: RFC 8032 leaves no choice, so it is the same from every library."""
    sodium = _sodium()
    if sodium is None:
        return _signer(seed).sign(message)
    return sodium.sign(message, _sodium_seed(seed))[:SIGNATURE_BYTES]


def signing_public(seed: bytes) -> bytes:
    """Return the raw Ed25519 public key of a private key."""
    return _signer(seed).public_key().public_bytes_raw()


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 signature over a message is of a key.

    What libsodium takes, OpenSSL takes too: both compare the one equation of RFC 8032 without the cofactor, and libsodium
    refuses some keys and points besides, which no honest signer has. So its yes counts, and its no is asked again: nobody
    is answered otherwise for having it.
    """
    if _is_signed_quick(public_key, signature, message):
        return True
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class _Sodium(NamedTuple):
    """What is used of libsodium: signature and message go in and come out as one text."""

    sign: Callable[[bytes, bytes], bytes]
    open: Callable[[bytes, bytes], bytes]
    refused: type[Exception]


@cache
def _sodium() -> _Sodium | None:
    """Return libsodium where it is installed, with the extra [web]: a node that serves signs and verifies much."""
    try:
        bindings, exceptions = import_module("nacl.bindings"), import_module("nacl.exceptions")
    except ModuleNotFoundError:
        return None
    return _Sodium(bindings.crypto_sign, bindings.crypto_sign_open, exceptions.BadSignatureError)


def _is_signed_quick(public_key: bytes, signature: bytes, message: bytes) -> bool:
    sodium = _sodium()
    if sodium is None or len(public_key) != ED25519_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        sodium.open(signature + message, public_key)
    except sodium.refused:
        return False
    return True


@cache
def _hpke() -> hpke.Suite:
    return hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@lru_cache(maxsize=16)
def _signer(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=16)
def _sodium_seed(seed: bytes) -> bytes:
    """Return a private key as libsodium has it: the seed, then the public key."""
    return seed + signing_public(seed)


def _expand(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    expanded = hashlib.shake_256(seed).digest(_XWING_EXPANDED_BYTES)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:]),
    )


# Expanding an ML-KEM key costs as much as a decapsulation; a node has a handful of keys, and they live in memory anyway.
@lru_cache(maxsize=16)
def _private(seed: bytes) -> hpke.MLKEM768X25519PrivateKey:
    return hpke.MLKEM768X25519PrivateKey(*_expand(seed))


@lru_cache(maxsize=256)
def _public(raw: bytes) -> hpke.MLKEM768X25519PublicKey:
    if len(raw) != XWING_PUBLIC_BYTES:
        raise ValueError("length")
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC_BYTES:]),
    )
