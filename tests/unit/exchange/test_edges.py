"""Every limit of the exchange at its edge: the last value that passes, and the first that does not."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from headwater.errors import HeadwaterError
from headwater.exchange.card import MAX_KEYS, DatedKey
from headwater.exchange.checkpoint import (
    MAX_NOTE,
    MAX_SIGNATURES,
    MAX_SIZE,
    Checkpoint,
    NoteSignature,
    read_checkpoint,
)
from headwater.exchange.envelope import (
    MAX_ENVELOPE,
    MAX_HEADER,
    MAX_SEQ,
    Sealed,
    read,
)
from headwater.exchange.framing import join, split
from headwater.exchange.proof import MAX_PATH, MAX_PROOF, SALT_BYTES, Proof, read_proof
from headwater.exchange.receipt import MAX_RECEIPT, Line, Receipt, parse_receipt
from headwater.exchange.refusal import Code, Refusal
from headwater.exchange.signed import MAX_PAPER, Paper, Signature, read_paper
from headwater.exchange.signed import MAX_SIGNATURES as MOST_ON_PAPER
from headwater.exchange.suite import signing_public
from headwater.model.canonical import encode
from headwater.model.merkle import HASH_BYTES
from tests.unit.exchange.test_card import OLD, card
from tests.unit.exchange.test_envelope import header

LINE = Line(id="0195566a-0000-7000-8000-000000000001", sha256="ab" * 32, result="stored")
NOTE = Checkpoint("headwater/UK-NCA", 7, b"r" * HASH_BYTES, (), (NoteSignature("headwater/UK-NCA", b"1234", b"s"),))


def keys(count: int) -> dict[str, Any]:
    return {
        "signing": tuple(
            DatedKey(key=signing_public(bytes([number + 1]) * 32).hex(), valid_from="2026-11-01T00:00:00Z")
            for number in range(count)
        )
    }


def receipt(lines: int) -> Receipt:
    return Receipt(
        v=1,
        sender="RS-MOI",
        to="UK-NCA",
        skid="ab" * 32,
        at="2026-11-25T00:00:00Z",
        log=None,
        lines=tuple(replace(LINE, sha256=f"{number:064x}") for number in range(lines)),
    )


def wire(**changes: Any) -> bytes:
    """An envelope of nothing under a header with changed words."""
    said = {**json.loads(header().to_bytes()), **changes}
    data = encode(said)
    return len(data).to_bytes(2, "big") + data


def read_well(envelope: bytes) -> None:
    found = read(envelope)
    if isinstance(found, Refusal):
        raise found.error()


def paper(signatures: int = 0, payload: bytes = b"{}") -> bytes:
    one = Signature(key="ab" * 32, alg="ed25519", sig="AAAA")  # type: ignore[arg-type]
    return Paper(payload=b64encode(payload).decode(), signatures=(one,) * signatures).to_bytes()


def note(signatures: int = 1, size: int = 7) -> bytes:
    return Checkpoint(NOTE.origin, size, NOTE.root, (), NOTE.signatures * signatures).to_bytes()


def long_note(length: int) -> bytes:
    bare = Checkpoint(NOTE.origin, 7, NOTE.root, ("x",), NOTE.signatures)
    more = length - len(bare.to_bytes())
    return Checkpoint(NOTE.origin, 7, NOTE.root, ("x" * (1 + more),), NOTE.signatures).to_bytes()


def proof(path: int = 3, opening: int = SALT_BYTES + 1) -> bytes:
    return Proof(3, b"o" * opening, (b"h" * HASH_BYTES,) * path, NOTE).to_bytes()


def framed_receipt(length: int) -> bytes:
    payload = length - 4 - 64
    return payload.to_bytes(4, "big") + b" " * payload + bytes(64)


LIMITS: dict[str, tuple[Callable[[int], object], int]] = {
    "envelopes in a batch": (lambda most: split(join([b"a"] * most), most=64), 64),
    "the last number of a message": (lambda seq: read_well(wire(seq=seq)), MAX_SEQ),
    "keys of a card": (lambda count: card(**keys(count)), MAX_KEYS),
    "sealing keys of a card": (
        lambda count: card(
            sealing=tuple(
                DatedKey(key=f"{number:02x}" * 1216, valid_from="2026-11-01T00:00:00Z") for number in range(count)
            )
        ),
        MAX_KEYS,
    ),
    "paper keys of a card": (lambda count: card(papers=(OLD[0].public(),) * count), MAX_KEYS),
    "endpoints of a card": (lambda count: card(endpoints=("https://node.example:8443",) * count), MAX_KEYS),
    "signatures of a paper": (lambda count: read_paper(paper(count)), MOST_ON_PAPER),
    "signatures of a note": (lambda count: read_checkpoint(note(count)), MAX_SIGNATURES),
    "leaves of a log": (lambda size: read_checkpoint(note(size=size)), MAX_SIZE),
    "bytes of a note": (lambda length: read_checkpoint(long_note(length)), MAX_NOTE),
    "hashes of a proof": (lambda path: read_proof(proof(path)), MAX_PATH),
    "lines of a receipt": (receipt, 64),
}
"""What is called with a number, and the largest that passes."""


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_lets_its_own_number_pass_and_the_next_one_not(name: str) -> None:
    ask, most = LIMITS[name]
    ask(most)
    with pytest.raises(HeadwaterError):
        ask(most + 1)


LEAST: dict[str, tuple[Callable[[int], object], int]] = {
    "the first number of a message": (lambda seq: read_well(wire(seq=seq)), 1),
    "the version of the header": (lambda v: read_well(wire(v=v)), 1),
    "the version of a card": (lambda version: card(version=version), 1),
    "keys of a card": (lambda count: card(**keys(count)), 1),
    "lines of a receipt": (receipt, 1),
    "bytes of an opening": (lambda length: read_proof(proof(opening=length)), SALT_BYTES + 1),
}


@pytest.mark.parametrize("name", LEAST)
def test_a_least_number_passes_and_the_one_below_not(name: str) -> None:
    ask, least = LEAST[name]
    ask(least)
    with pytest.raises(HeadwaterError):
        ask(least - 1)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bytes(MAX_ENVELOPE), Code.BAD_HEADER),
        (bytes(MAX_ENVELOPE + 1), Code.TOO_LARGE),
        (MAX_HEADER.to_bytes(2, "big") + bytes(MAX_HEADER), Code.BAD_HEADER),
        ((MAX_HEADER + 1).to_bytes(2, "big") + bytes(MAX_HEADER + 1), Code.TOO_LARGE),
        (b"\0", Code.BAD_HEADER),
        (b"\0\2{", Code.BAD_HEADER),
    ],
)
def test_an_envelope_is_too_large_from_one_byte_more_than_may_be(data: bytes, code: Code) -> None:
    found = read(data)
    assert isinstance(found, Refusal)
    assert found.code == code


@pytest.mark.parametrize("length", [MAX_RECEIPT, MAX_RECEIPT + 1])
def test_a_receipt_is_read_up_to_its_largest_length(length: int) -> None:
    with pytest.raises(HeadwaterError) as refused:
        parse_receipt(framed_receipt(length))
    assert ("impossible length" in refused.value.what) == (length > MAX_RECEIPT)


@pytest.mark.parametrize(
    ("ask", "most"), [(read_paper, MAX_PAPER), (read_proof, MAX_PROOF), (read_checkpoint, MAX_NOTE)]
)
def test_what_is_larger_than_may_be_is_refused_before_it_is_read(ask: Callable[[bytes], object], most: int) -> None:
    for length, code in ((most, "input.format"), (most + 1, "input.limit")):
        with pytest.raises(HeadwaterError) as refused:
            ask(b"\xff" * length)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, None) for key in ("id", "from", "to", "seq", "lane", "suite", "skid", "rkid", "ts", "exp", "v")),
        ("id", "x"),
        ("from", "nobody"),
        ("to", ""),
        ("seq", "1"),
        ("seq", True),
        ("lane", "slow"),
        ("suite", "647a-1-3"),
        ("skid", "AB" * 32),
        ("rkid", "ab" * 31),
        ("ts", "2026-11-25T00:00:00+00:00"),
        ("exp", "2026-11-25T00:00:00"),
        ("more", "x"),
    ],
)
def test_a_header_with_one_word_changed_is_none(key: str, value: object) -> None:
    read_well(wire())
    found = read(wire(**{key: value}))
    assert isinstance(found, Refusal)
    assert found.code == Code.BAD_HEADER
    if key in {"seq", "lane", "suite", "ts", "exp"}:
        assert found.detail == key


def test_a_header_lacks_no_key_and_has_none_twice() -> None:
    said = json.loads(header().to_bytes())
    for key in said:
        data = encode({name: value for name, value in said.items() if name != key})
        assert isinstance(read(len(data).to_bytes(2, "big") + data), Refusal), key
        twice = header().to_bytes()[:-1] + b"," + encode({key: said[key]})[1:]
        assert isinstance(read(len(twice).to_bytes(2, "big") + twice), Refusal), key
    other = json.dumps(dict(reversed(said.items()))).encode()  # another order and spacing is the same header
    found = read(len(other).to_bytes(2, "big") + other)
    assert isinstance(found, Sealed)
    assert found.header == header()
    assert found.header_bytes == other
