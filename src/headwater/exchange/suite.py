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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from headwater.errors import KeyTrustError, SignatureError
from headwater.exchange import hpke

SEED_BYTES: Final = 32
ED25519_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
XWING_PUBLIC_BYTES: Final = hpke.PUBLIC_BYTES
MAX_TOGETHER: Final = 64
"""How many messages one encapsulation serves at most: what is lost with its secret is as much as one post holds."""

Seal = Callable[[bytes, bytes], bytes]
"""Seals a plaintext with its ``info``: encapsulated key and ciphertext."""
Open = Callable[[bytes, bytes], bytes]
"""Opens what was sealed with its ``info``; raises SignatureError where it was not sealed so."""


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

    def sealer(self, public_key: bytes) -> Seal:
        """Return what seals the messages of one change for a key.

        Raises:
            KeyTrustError: the public key is none.
        """
        ...

    def opener(self, seed: bytes) -> Open:
        """Return what opens the messages of one batch."""
        ...


@dataclass(frozen=True, slots=True)
class XWingSuite:
    """Suite ``647a-1-2``."""

    name: str = "647a-1-2"
    overhead: int = hpke.ENCAPSULATED_BYTES + hpke.TAG_BYTES

    def public_key(self, seed: bytes) -> bytes:
        """Return the raw public key: ML-KEM-768, then X25519."""
        return _private(seed).public_raw()

    def sealer(self, public_key: bytes) -> Seal:
        """Return what seals the messages of one change for a key.

        Raises:
            KeyTrustError: the public key is none.
        """
        return _Sealer(public_key).seal

    def opener(self, seed: bytes) -> Open:
        """Return what opens the messages of one batch."""
        return _Opener(seed).open


class _Sealer:
    """Seals for one key, with a new encapsulation after every `MAX_TOGETHER` messages."""

    def __init__(self, public_key: bytes) -> None:
        try:
            self._key = _public(public_key)
            self._encapsulated, self._schedule = hpke.encapsulate(self._key)
        except ValueError as error:
            raise KeyTrustError("a partner's HPKE key is no X-Wing public key") from error
        self._infos: set[bytes] = set()

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        # Two texts under one info would have one key and nonce, and each would give the other away.
        if info in self._infos or len(self._infos) == MAX_TOGETHER:
            self._encapsulated, self._schedule = hpke.encapsulate(self._key)
            self._infos.clear()
        self._infos.add(info)
        return self._encapsulated + self._schedule.seal(plaintext, info)


class _Opener:
    """Opens with one key; an encapsulation that several messages share is decapsulated once."""

    def __init__(self, seed: bytes) -> None:
        self._key = _private(seed)
        self._last: tuple[bytes, hpke.Schedule] | None = None

    def open(self, sealed: bytes, info: bytes) -> bytes:
        encapsulated = sealed[: hpke.ENCAPSULATED_BYTES]
        try:
            if self._last is None or self._last[0] != encapsulated:
                self._last = encapsulated, hpke.decapsulate(encapsulated, self._key)
            return self._last[1].open(sealed[hpke.ENCAPSULATED_BYTES :], info)
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


@lru_cache(maxsize=16)
def _signer(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=16)
def _sodium_seed(seed: bytes) -> bytes:
    """Return a private key as libsodium has it: the seed, then the public key."""
    return seed + signing_public(seed)


# Expanding an ML-KEM key costs as much as a decapsulation; a node has a handful of keys, and they live in memory anyway.
_private: Final = lru_cache(maxsize=16)(hpke.private_key)
_public: Final = lru_cache(maxsize=256)(hpke.public_key)
