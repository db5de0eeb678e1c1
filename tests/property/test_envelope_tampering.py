"""Whatever is changed, cut off or added, an envelope is refused; and no input makes the reader fail otherwise."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import InputError
from headwater.exchange.envelope import SenderKey, open_envelope, read
from headwater.exchange.framing import join, split
from headwater.exchange.refusal import Refusal
from headwater.exchange.suite import signing_public
from headwater.model.ids import AuthorityId
from headwater.testing.fakes import START
from tests.unit.exchange.test_envelope import RECIPIENT, SENDER, sealed

BODY = b'{"kind":"ping","text":"' + b"x" * 50 + b'"}'
GOOD = sealed(BODY)


def opened(envelope: bytes) -> bytes | Refusal:
    return open_envelope(
        envelope,
        me=AuthorityId("RS-MOI"),
        peer=AuthorityId("UK-NCA"),
        recipient_seed=RECIPIENT,
        sender=SenderKey(signing_public(SENDER), START + timedelta(days=100)),
        now=START,
    )


def test_the_unchanged_envelope_opens() -> None:
    assert opened(GOOD) == BODY


def test_every_changed_bit_is_refused() -> None:
    for place in range(len(GOOD)):
        for bit in range(8):
            changed = GOOD[:place] + bytes([GOOD[place] ^ 1 << bit]) + GOOD[place + 1 :]
            assert isinstance(opened(changed), Refusal), (place, bit)


def test_every_truncation_is_refused() -> None:
    for length in range(len(GOOD)):
        assert isinstance(opened(GOOD[:length]), Refusal), length


@given(st.binary(min_size=1, max_size=200), st.integers(0, len(GOOD)))
def test_whatever_is_put_in_anywhere_is_refused(more: bytes, place: int) -> None:
    assert isinstance(opened(GOOD[:place] + more + GOOD[place:]), Refusal)


@given(st.integers(0, len(GOOD)), st.integers(1, 60))
def test_whatever_is_taken_out_anywhere_is_refused(place: int, count: int) -> None:
    shorter = GOOD[:place] + GOOD[place + count :]
    assert shorter == GOOD or isinstance(opened(shorter), Refusal)


@given(st.binary(max_size=3000))
@settings(max_examples=300)
def test_noise_is_refused_and_nothing_else_happens(noise: bytes) -> None:
    assert isinstance(read(noise), Refusal)


@given(st.binary(max_size=2000))
@settings(max_examples=300)
def test_noise_under_a_readable_length_is_refused_and_nothing_else_happens(noise: bytes) -> None:
    assert isinstance(read(min(len(noise), 4096).to_bytes(2, "big") + noise), Refusal)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=64))
def test_batches_are_split_into_what_was_joined(parts: list[bytes]) -> None:
    assert split(join(parts), most=64) == parts


@given(st.binary(max_size=400))
def test_a_batch_of_noise_is_split_or_refused(noise: bytes) -> None:
    try:
        parts = split(noise, most=64)
    except InputError:
        return
    assert join(parts) == noise
