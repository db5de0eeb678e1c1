"""HPKE in base mode with X-Wing, of which one encapsulation serves several messages.

Encapsulating and decapsulating cost ten times what the rest of HPKE does, and libraries offer HPKE in one piece only. Here its
two steps are apart: the KEM gives an encapsulated key and a secret, and the key schedule makes of that secret and a message's
``info`` the key and nonce of that message alone. What comes out is HPKE as any library seals and opens it (ADR 0047).

KEM 0x647a (X-Wing: ML-KEM-768 and X25519), KDF 0x0001 (HKDF-SHA256), AEAD 0x0002 (AES-256-GCM), ``aad`` empty.

Source: RFC 9180, 5.1 and 5.2; draft-connolly-cfrg-xwing-kem, 5.3 to 5.5; draft-ietf-hpke-pq.
"""

import hashlib
import hmac
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PUBLIC_BYTES: Final = 1216
ENCAPSULATED_BYTES: Final = 1120
TAG_BYTES: Final = 16
_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_CIPHERTEXT_BYTES: Final = 1088
_MLKEM_SEED_BYTES: Final = 64
_EXPANDED_BYTES: Final = 96
_XWING_LABEL: Final = b"\\.//^\\"

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_VERSION: Final = b"HPKE-v1HPKE" + bytes.fromhex("647a 0001 0002")
"""What every label begins with: the version, then the suite's identifier."""


class PublicKey(NamedTuple):
    """A recipient's key, its raw X25519 half beside it."""

    mlkem: MLKEM768PublicKey
    x25519: X25519PublicKey
    x25519_raw: bytes


class PrivateKey(NamedTuple):
    """What opens, and the raw public half that the combiner wants."""

    mlkem: MLKEM768PrivateKey
    x25519: X25519PrivateKey
    x25519_public_raw: bytes

    def public_raw(self) -> bytes:
        """Return the raw public key: ML-KEM-768, then X25519."""
        return self.mlkem.public_key().public_bytes_raw() + self.x25519_public_raw


def public_key(raw: bytes) -> PublicKey:
    """Return a public key of its raw bytes.

    Raises:
        ValueError: it is none.
    """
    if len(raw) != PUBLIC_BYTES:
        raise ValueError("length")
    half = raw[_MLKEM_PUBLIC_BYTES:]
    return PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_BYTES]), X25519PublicKey.from_public_bytes(half), half
    )


def private_key(seed: bytes) -> PrivateKey:
    """Return the private key of a seed of 32 bytes."""
    expanded = hashlib.shake_256(seed).digest(_EXPANDED_BYTES)
    x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
    return PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES]), x25519, x25519.public_key().public_bytes_raw()
    )


class Schedule:
    """What an encapsulation came to: it makes a key and nonce of each ``info``."""

    def __init__(self, shared: bytes) -> None:
        """Begin with the KEM's shared secret."""
        self._secret = _extract(shared, b"secret", b"")

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        """Return the ciphertext with its tag. No `info` may be used twice: key and nonce would be the same."""
        aead, nonce = self._aead(info)
        return aead.encrypt(nonce, plaintext, None)

    def open(self, ciphertext: bytes, info: bytes) -> bytes:
        """Return the plaintext.

        Raises:
            cryptography.exceptions.InvalidTag: it was not sealed so, or was altered.
        """
        aead, nonce = self._aead(info)
        return aead.decrypt(nonce, ciphertext, None)

    def _aead(self, info: bytes) -> tuple[AESGCM, bytes]:
        context = _CONTEXT + _extract(b"", b"info_hash", info)
        key = _expand(self._secret, b"key", context, _KEY_BYTES)
        return AESGCM(key), _expand(self._secret, b"base_nonce", context, _NONCE_BYTES)


def encapsulate(key: PublicKey) -> tuple[bytes, Schedule]:
    """Return a fresh encapsulated key, and what it came to.

    Raises:
        ValueError: the X25519 half is a point of small order.
    """
    ephemeral = X25519PrivateKey.generate()
    mlkem_secret, mlkem_text = key.mlkem.encapsulate()
    x25519_text = ephemeral.public_key().public_bytes_raw()
    shared = _combined(mlkem_secret, ephemeral.exchange(key.x25519), x25519_text, key.x25519_raw)
    return mlkem_text + x25519_text, Schedule(shared)


def decapsulate(encapsulated: bytes, key: PrivateKey) -> Schedule:
    """Return what an encapsulated key came to. One that is altered comes to something else, which opens nothing.

    Raises:
        ValueError: it has another length, or its X25519 half is a point of small order.
    """
    mlkem_text, x25519_text = encapsulated[:_MLKEM_CIPHERTEXT_BYTES], encapsulated[_MLKEM_CIPHERTEXT_BYTES:]
    x25519_secret = key.x25519.exchange(X25519PublicKey.from_public_bytes(x25519_text))
    return Schedule(_combined(key.mlkem.decapsulate(mlkem_text), x25519_secret, x25519_text, key.x25519_public_raw))


def _combined(mlkem_secret: bytes, x25519_secret: bytes, x25519_text: bytes, x25519_public: bytes) -> bytes:
    return hashlib.sha3_256(mlkem_secret + x25519_secret + x25519_text + x25519_public + _XWING_LABEL).digest()


def _extract(salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt, _VERSION + label + material, "sha256")


def _expand(secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
    """Expand to at most one hash: more is never wanted here."""
    return hmac.digest(secret, length.to_bytes(2, "big") + _VERSION + label + context + b"\x01", "sha256")[:length]


_CONTEXT: Final = b"\x00" + _extract(b"", b"psk_id_hash", b"")
"""Mode and pre-shared key of base mode, which has none."""
