"""Signatures are the same, and judged alike, whether libsodium is there to make them quickly or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from headwater.exchange import suite

SEED = bytes(range(32))
MESSAGE = b"headwater/sig/1\0 and the hashes"
IDENTITY = b"\x01" + bytes(31)
"""The point that every equation holds for: a key of small order."""
ORDER = (2**252 + 27742317777372353535851937790883648493).to_bytes(32, "little")


@contextmanager
def without_libsodium() -> Iterator[None]:
    with mock.patch.object(suite, "_sodium", return_value=None):
        yield


def signed(seed: bytes = SEED, message: bytes = MESSAGE) -> bytes:
    with without_libsodium():
        return suite.sign(seed, message)


def plus(number: bytes, other: bytes) -> bytes:
    return (int.from_bytes(number, "little") + int.from_bytes(other, "little")).to_bytes(32, "little")


def test_libsodium_is_asked_where_the_web_extra_is_installed() -> None:
    assert suite._sodium() is not None


@pytest.mark.parametrize("length", [0, 1, 112, 8192])
def test_both_libraries_sign_alike(length: int) -> None:
    message = bytes(length)
    assert suite.sign(SEED, message) == signed(SEED, message)


@pytest.mark.parametrize(
    ("key", "signature", "is_right"),
    [
        pytest.param(suite.signing_public(SEED), signed(), True, id="right"),
        pytest.param(suite.signing_public(bytes(32)), signed(), False, id="another key"),
        pytest.param(suite.signing_public(SEED), signed(message=b"other"), False, id="another message"),
        pytest.param(suite.signing_public(SEED), signed()[:63], False, id="short"),
        pytest.param(suite.signing_public(SEED), signed() + b"\0", False, id="long"),
        pytest.param(suite.signing_public(SEED)[:31], signed(), False, id="half a key"),
        pytest.param(b"\xff" * 32, signed(), False, id="no point"),
        pytest.param(
            suite.signing_public(SEED), signed()[:32] + plus(signed()[32:], ORDER), False, id="over the order"
        ),
        pytest.param(IDENTITY, IDENTITY + bytes(32), True, id="a key of small order, which libsodium alone refuses"),
    ],
)
def test_a_signature_counts_alike_with_and_without_libsodium(key: bytes, signature: bytes, is_right: bool) -> None:
    with without_libsodium():
        assert suite.is_signed(key, signature, MESSAGE) is is_right
    assert suite.is_signed(key, signature, MESSAGE) is is_right


def test_every_bit_of_a_signature_counts() -> None:
    right, key = signed(), suite.signing_public(SEED)
    for place in range(512):
        flipped = bytearray(right)
        flipped[place // 8] ^= 1 << place % 8
        assert not suite.is_signed(key, bytes(flipped), MESSAGE)
