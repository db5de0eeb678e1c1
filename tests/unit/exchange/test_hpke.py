"""What is sealed here any library opens, and the other way; and no key and nonce serve twice."""

import pytest
from cryptography.hazmat.primitives import hpke as library
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import KeyTrustError, SignatureError
from headwater.exchange import hpke
from headwater.exchange.framing import MAX_ENVELOPES
from headwater.exchange.suite import MAX_TOGETHER, XWING

SEED = bytes(range(32))
PUBLIC = XWING.public_key(SEED)
LIBRARY = library.Suite(library.KEM.MLKEM768_X25519, library.KDF.HKDF_SHA256, library.AEAD.AES_256_GCM)
_PRIVATE, _PUBLIC = hpke.private_key(SEED), hpke.public_key(PUBLIC)
LIBRARY_PRIVATE = library.MLKEM768X25519PrivateKey(_PRIVATE.mlkem, _PRIVATE.x25519)
LIBRARY_PUBLIC = library.MLKEM768X25519PublicKey(_PUBLIC.mlkem, _PUBLIC.x25519)
SMALL_ORDER = [bytes(32), b"\x01" + bytes(31), bytes.fromhex("ec" + "ff" * 30 + "7f")]
"""Points of X25519 with which every secret is zero."""

texts = st.lists(st.tuples(st.binary(max_size=100), st.binary(max_size=60)), min_size=1, max_size=5)


def encapsulated(sealed: bytes) -> bytes:
    return sealed[: hpke.ENCAPSULATED_BYTES]


@given(texts)
def test_a_library_opens_what_several_messages_sealed_with_one_encapsulation(
    given_texts: list[tuple[bytes, bytes]],
) -> None:
    seal = XWING.sealer(PUBLIC)
    for plaintext, info in given_texts:
        sealed = seal(plaintext, info)
        assert len(sealed) == len(plaintext) + XWING.overhead
        assert LIBRARY.decrypt(sealed, LIBRARY_PRIVATE, info) == plaintext


@given(texts)
def test_what_a_library_sealed_is_opened(given_texts: list[tuple[bytes, bytes]]) -> None:
    unseal = XWING.opener(SEED)
    for plaintext, info in given_texts:
        assert unseal(LIBRARY.encrypt(plaintext, LIBRARY_PUBLIC, info), info) == plaintext


def test_messages_sealed_together_share_an_encapsulation_and_open_in_any_order() -> None:
    seal, unseal = XWING.sealer(PUBLIC), XWING.opener(SEED)
    infos = [bytes([number]) for number in range(5)]
    sealed = [seal(b"text", info) for info in infos]
    assert len({encapsulated(each) for each in sealed}) == 1
    assert len({each[hpke.ENCAPSULATED_BYTES :] for each in sealed}) == len(infos)
    other = XWING.sealer(PUBLIC)(b"other", b"other")
    assert encapsulated(other) != encapsulated(sealed[0])
    for each, info in [(sealed[3], infos[3]), (other, b"other"), (sealed[0], infos[0])]:
        assert unseal(each, info) in {b"text", b"other"}


def test_an_info_that_comes_again_gets_an_encapsulation_of_its_own() -> None:
    seal = XWING.sealer(PUBLIC)
    first, second, third = seal(b"one text", b"info"), seal(b"another!", b"info"), seal(b"third", b"else")
    assert encapsulated(first) != encapsulated(second)
    assert encapsulated(second) == encapsulated(third)


def test_one_encapsulation_serves_no_more_messages_than_are_stated() -> None:
    assert MAX_TOGETHER == MAX_ENVELOPES
    seal = XWING.sealer(PUBLIC)
    keys = [encapsulated(seal(b"", number.to_bytes(4, "big"))) for number in range(2 * MAX_TOGETHER + 1)]
    assert [keys.count(each) for each in dict.fromkeys(keys)] == [MAX_TOGETHER, MAX_TOGETHER, 1]


def test_the_right_info_alone_opens() -> None:
    sealed = XWING.sealer(PUBLIC)(b"text", b"info")
    unseal = XWING.opener(SEED)
    with pytest.raises(SignatureError):
        unseal(sealed, b"inf0")
    assert unseal(sealed, b"info") == b"text"


@pytest.mark.parametrize("place", [0, 1087, 1088, 1119, 1120, -1])
def test_a_changed_byte_opens_nothing_and_spoils_nothing(place: int) -> None:
    sealed, unseal = XWING.sealer(PUBLIC)(b"text", b"info"), XWING.opener(SEED)
    changed = bytearray(sealed)
    changed[place] ^= 1
    for _ in range(2):
        with pytest.raises(SignatureError):
            unseal(bytes(changed), b"info")
    assert unseal(sealed, b"info") == b"text"


@pytest.mark.parametrize("length", [0, 1, 1087, 1088, 1119, 1120, 1135])
def test_what_is_cut_short_opens_nothing(length: int) -> None:
    with pytest.raises(SignatureError):
        XWING.opener(SEED)(XWING.sealer(PUBLIC)(b"", b"info")[:length], b"info")


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_point_of_small_order_is_refused_by_both_sides(point: bytes) -> None:
    sealed = XWING.sealer(PUBLIC)(b"text", b"info")
    with pytest.raises(SignatureError):
        XWING.opener(SEED)(sealed[:1088] + point + sealed[1120:], b"info")
    with pytest.raises(KeyTrustError):
        XWING.sealer(PUBLIC[:-32] + point)


@pytest.mark.parametrize("raw", [b"", PUBLIC[:-1], PUBLIC + b"\0", b"\xff" * len(PUBLIC)])
def test_what_is_no_public_key_is_refused(raw: bytes) -> None:
    with pytest.raises(KeyTrustError):
        XWING.sealer(raw)
