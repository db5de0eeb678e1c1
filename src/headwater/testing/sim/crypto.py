"""Stand-ins for the two primitives that draw chance of their own: X-Wing encapsulation and ML-DSA signatures.

With them equal seeds give equal bytes. They have the sizes of the real ones and refuse what was altered; they keep no
secret. The real primitives are tested by vectors; the simulator asks what becomes of messages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256, shake_256
from typing import Final
from unittest import mock

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headwater.errors import SignatureError
from headwater.exchange import checkpoint, sealing, signed
from headwater.exchange.suite import SUITES, XWING, XWING_PUBLIC_BYTES, Open, Seal

_ENCAPSULATED: Final = 1120
_SIGNATURE: Final = 3309
_PUBLIC: Final = 1952
_NONCE: Final = bytes(12)


class RepeatableSuite:
    """A suite of the name and sizes of X-Wing that seals equal texts to equal bytes."""

    name = XWING.name
    overhead = XWING.overhead

    def public_key(self, seed: bytes) -> bytes:
        """Return a public key."""
        return shake_256(b"public" + seed).digest(XWING_PUBLIC_BYTES)

    def sealer(self, public_key: bytes) -> Seal:
        """Return what makes texts that only the holder of the seed opens, as far as anybody tries."""

        def seal(plaintext: bytes, info: bytes) -> bytes:
            enc = shake_256(public_key + info + sha256(plaintext).digest()).digest(_ENCAPSULATED)
            return enc + AESGCM(_key(enc, public_key)).encrypt(_NONCE, plaintext, info)

        return seal

    def opener(self, seed: bytes) -> Open:
        """Return what opens them; it raises SignatureError where they were altered."""
        public_key = self.public_key(seed)

        def unseal(sealed: bytes, info: bytes) -> bytes:
            enc, text = sealed[:_ENCAPSULATED], sealed[_ENCAPSULATED:]
            try:
                return AESGCM(_key(enc, public_key)).decrypt(_NONCE, text, info)
            except (InvalidTag, ValueError) as error:
                raise SignatureError("the seal does not open") from error

        return unseal


class _Public:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    @classmethod
    def from_public_bytes(cls, raw: bytes) -> "_Public":
        return cls(raw)

    def public_bytes_raw(self) -> bytes:
        return self._raw

    def verify(self, signature: bytes, message: bytes) -> None:
        if signature != shake_256(self._raw + message).digest(_SIGNATURE):
            raise InvalidSignature


class _Private:
    def __init__(self, seed: bytes) -> None:
        self._public = _Public(shake_256(b"sign" + seed).digest(_PUBLIC))

    @classmethod
    def from_seed_bytes(cls, seed: bytes) -> "_Private":
        return cls(seed)

    def public_key(self) -> _Public:
        return self._public

    def sign(self, message: bytes) -> bytes:
        return shake_256(self._public.public_bytes_raw() + message).digest(_SIGNATURE)


@contextmanager
def repeatable_crypto() -> Iterator[None]:
    """Let the exchange use the stand-ins for the length of a `with` block."""
    suite = RepeatableSuite()
    with (
        mock.patch.dict(SUITES, {XWING.name: suite}),
        mock.patch.object(sealing, "XWING", suite),
        mock.patch("headwater.exchange.keys.XWING", suite),
        mock.patch.object(signed, "MLDSA65PrivateKey", _Private),
        mock.patch.object(signed, "MLDSA65PublicKey", _Public),
        mock.patch.object(checkpoint, "MLDSA65PrivateKey", _Private),
        mock.patch.object(checkpoint, "MLDSA65PublicKey", _Public),
    ):
        yield


def _key(enc: bytes, public_key: bytes) -> bytes:
    return sha256(enc + sha256(public_key).digest()).digest()
