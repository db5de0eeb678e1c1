"""What travels is read in one way only: nothing unknown beside it, nothing in the wrong place, and nobody changes it once it is there."""

import gc
from typing import Any

import msgspec
import pytest

from headwater.errors import HeadwaterError
from headwater.exchange import card, envelope, receipt, signed
from headwater.model.canonical import decode, encode
from tests.unit.exchange.test_card import OLD
from tests.unit.exchange.test_card import card as a_card
from tests.unit.exchange.test_edges import LINE
from tests.unit.exchange.test_edges import receipt as a_receipt
from tests.unit.exchange.test_envelope import header

PAPER = signed.sign_paper(b"{}", "card", OLD[:1])
VALUES: dict[str, msgspec.Struct] = {
    "a pair of keys": OLD[0].public(),
    "a signature": PAPER.signatures[0],
    "a paper": PAPER,
    "a key with its dates": a_card().signing[0],
    "a card": a_card(),
    "a line of a receipt": LINE,
    "the head of a log": receipt.LogHead(size=1, root="ab" * 32),
    "a receipt": a_receipt(2),
    "a header": header(),
    "a header as it is written": decode(header().to_bytes(), envelope._Wire),
}
OF_A_BATCH = ("a line of a receipt", "a header", "a header as it is written")
"""What a batch makes by the hundred: the collector need not look at it, for it holds nothing that could hold it."""
INSIDE = ("a header",)
"""What is never read as it stands."""


def test_every_value_that_travels_is_in_the_table() -> None:
    rooms = (card, envelope, receipt, signed)
    made = {
        kind
        for room in rooms
        for kind in vars(room).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == room.__name__
    }
    assert {type(value) for value in VALUES.values()} == made


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_travels_is_what_it_was_made_and_read_back_the_same(name: str) -> None:
    value = VALUES[name]
    first = value.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(value, first, getattr(value, first))
    fields = [getattr(value, each) for each in value.__struct_fields__]
    with pytest.raises(TypeError):
        type(value)(*fields)
    assert not (name in OF_A_BATCH and gc.is_tracked(value))
    if name in INSIDE:
        return
    said: dict[str, Any] = msgspec.json.decode(encode(value))
    assert decode(encode(said), type(value)) == value
    with pytest.raises(HeadwaterError):
        decode(encode({**said, "more": 1}), type(value))


def test_a_key_that_is_not_revoked_says_nothing_of_it() -> None:
    assert set(msgspec.json.decode(encode(a_card().signing[0]))) == {"key", "valid_from"}
