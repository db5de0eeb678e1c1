"""The quick way of reading a body takes and refuses exactly what the checks one by one do."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from headwater.errors import InputError
from headwater.exchange.body import read_body, write_body
from headwater.formats.safe import parse_wire_json
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.model.message import Done, Grown, Kind, Message, Sync
from tests.exchange_world import LONDON, fact, message

GOOD = encode(message(facts={"f1": fact(), "f2": fact(value="Мило", minor=True)}, text='a "quoted" line\n'))
DONE = Done(amend="m", holder=AuthorityId("RS-MOI"), at="2026-11-25T08:30:00Z", log_index=7, results={"f": "erased"})
TRAPS = (
    *(
        b'"purpose":"oic",',
        b'"facts":{},',
        b"\\u0000",
        b"\\ud800",
        b"\x00",
        b"\xff",
        b"-0",
        b"1e999",
        b"NaN",
        b" ",
        b"\\/",
    ),
    *(
        b"[" * 100,
        b'{"a":' * 100,
        b'"kind":"ping"',
        b"\xef\xbb\xbf",
        b"9" * 30,
        b"null",
        b"true",
        b'"x":1,',
        b"\\u0041",
    ),
)


def taken(body: bytes) -> bool:
    try:
        read_body(body)
    except InputError:
        return False
    return True


def taken_one_by_one(body: bytes) -> bool:
    try:
        parse_wire_json(body)
        decode(body, Message)
    except InputError:
        return False
    return True


@given(st.sampled_from(TRAPS), st.integers(0, len(GOOD)), st.integers(0, 8))
@settings(max_examples=600)
def test_whatever_stands_somewhere_in_a_body_both_ways_agree(trap: bytes, place: int, instead_of: int) -> None:
    body = GOOD[:place] + trap + GOOD[place + instead_of :]
    assert taken(body) == taken_one_by_one(body)


@given(st.text(max_size=40), st.integers(-(2**60), 2**60), st.booleans())
@example("\0", 1, False)
@example("\\u0000", 1, True)
@example("x" * 70_000, 1, False)
@example("", 2**53, True)
def test_whatever_a_message_says_both_ways_agree_when_it_is_written_and_read(text: str, size: int, syncs: bool) -> None:
    sync = Sync(turn=1, seen=1, checkpoint="c", grown=(Grown(size=size, path=()),)) if syncs else None
    given_message = message(text=text, sync=sync, done=() if syncs else (replace(DONE, log_index=size),))
    body = encode(given_message)
    assert taken(body) == taken_one_by_one(body)
    if taken_one_by_one(body):
        assert write_body(given_message) == body
        assert read_body(body) == given_message
    else:
        with pytest.raises(InputError):
            write_body(given_message)


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"ping","kind":"ping"}',
        b'{"kind":"ping","facts":{"a":{"prop":"name","origin":"UK"},"a":{"prop":"name","origin":"UK"}}}',
        encode(Message(kind=Kind.PING, sender=LONDON, text="a\0b")),
        encode(Message(kind=Kind.PING, text="x" * 65_537)),
        encode(Message(kind=Kind.AMEND_DONE, done=(replace(DONE, log_index=2**53),))),
    ],
)
def test_what_two_parsers_could_read_in_two_ways_is_refused(body: bytes) -> None:
    decode(body, Message)  # the types alone would take it
    with pytest.raises(InputError):
        read_body(body)
