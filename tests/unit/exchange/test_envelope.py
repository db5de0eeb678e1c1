"""What the vectors cannot say: sealing, and the rules that need a partner's card."""

from datetime import timedelta

import pytest

from headwater.errors import FormatError, KeyTrustError, SchemaError
from headwater.exchange.envelope import (
    MAX_ENVELOPE,
    Header,
    Lane,
    Sealed,
    SenderKey,
    check_sender,
    open_envelope,
    read,
    seal,
    unseal,
)
from headwater.exchange.refusal import Code, Refusal
from headwater.exchange.suite import SUITES, XWING, Suite, XWingSuite, key_id, signing_public
from headwater.model.ids import AuthorityId, new_message_id
from headwater.testing.fakes import START

SENDER, RECIPIENT = b"s" * 32, b"r" * 32
RECIPIENT_KEY = XWING.public_key(RECIPIENT)


def header(**changes: object) -> Header:
    values: dict[str, object] = {
        "id": new_message_id(1, bytes(10)),
        "sender": AuthorityId("UK-NCA"),
        "recipient": AuthorityId("RS-MOI"),
        "seq": 1,
        "lane": Lane.NORMAL,
        "skid": key_id(signing_public(SENDER)),
        "rkid": key_id(RECIPIENT_KEY),
        "sent_at": START,
        "expires_at": START + timedelta(days=7),
    }
    return Header(**{**values, **changes})  # type: ignore[arg-type]


def sealed(body: bytes = b"{}", **changes: object) -> bytes:
    return seal(header(**changes), body, signing_seed=SENDER, recipient_key=RECIPIENT_KEY)


def sender(**changes: object) -> SenderKey:
    values: dict[str, object] = {"public_key": signing_public(SENDER), "card_expires_at": START + timedelta(days=100)}
    return SenderKey(**{**values, **changes})  # type: ignore[arg-type]


def opened(envelope: bytes, known: SenderKey) -> bytes | Refusal:
    return open_envelope(
        envelope,
        me=AuthorityId("RS-MOI"),
        peer=AuthorityId("UK-NCA"),
        recipient_seed=RECIPIENT,
        sender=known,
        now=START,
    )


def test_what_is_sealed_opens_in_the_same_bytes() -> None:
    assert opened(sealed(b'{ "b":1,"a": 2}'), sender()) == b'{ "b":1,"a": 2}'


def test_the_header_is_read_back_as_it_was_written() -> None:
    found = read(sealed(lane=Lane.URGENT))
    assert isinstance(found, Sealed)
    assert found.header == header(lane=Lane.URGENT)


def test_sealing_twice_gives_different_bytes() -> None:
    assert sealed() != sealed()


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (sender(revoked_from=START), Code.REVOKED_KEY),
        (sender(revoked_from=START - timedelta(days=1)), Code.REVOKED_KEY),
        (sender(card_expires_at=START), Code.EXPIRED_CARD),
        (sender(card_expires_at=START, revoked_from=START), Code.REVOKED_KEY),
    ],
)
def test_a_key_that_is_not_trusted_now_opens_nothing(known: SenderKey, code: Code) -> None:
    assert opened(sealed(), known) == Refusal(code)


def test_a_key_counts_until_the_instant_it_is_revoked_from() -> None:
    assert check_sender(sender(revoked_from=START + timedelta(microseconds=1)), START) is None


def test_a_body_that_is_no_json_object_is_not_sealed() -> None:
    with pytest.raises(FormatError):
        sealed(b"[]")


def test_a_message_larger_than_an_envelope_is_not_sealed() -> None:
    text = b"x" * 60_000
    body = b'{"a":[' + b",".join([b'"' + text + b'"'] * (MAX_ENVELOPE // len(text) + 1)) + b"]}"
    with pytest.raises(SchemaError):
        sealed(body)


def test_a_header_that_names_another_key_is_not_sealed() -> None:
    with pytest.raises(SchemaError):
        sealed(rkid="0" * 64)


def test_a_key_that_is_no_xwing_key_seals_nothing() -> None:
    for key in (bytes(32), b"\xff" * 1216):
        with pytest.raises(KeyTrustError):
            seal(header(rkid=key_id(key)), b"{}", signing_seed=SENDER, recipient_key=key)


def test_a_second_suite_can_be_added_beside_the_first() -> None:
    other = XWingSuite(name="647a-1-9")
    both: dict[str, Suite] = {**SUITES, other.name: other}
    envelope = seal(header(suite=other.name), b"{}", signing_seed=SENDER, recipient_key=RECIPIENT_KEY, suite=other)
    assert read(envelope) == Refusal(Code.BAD_HEADER, "suite")
    found = read(envelope, both)
    assert isinstance(found, Sealed)
    key = signing_public(SENDER)
    assert unseal(found, recipient_seed=RECIPIENT, sender_key=key, suites=both) == b"{}"
