"""Every vector of cards and receipts has the one outcome that it names. What the fields mean: docs/spec/card.md, receipt.md."""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.errors import EquivocationError, InputError, KeyTrustError, RollbackError, SignatureError
from headwater.exchange.card import Card, DatedKey, SignedCard, check_current, check_successor, read_card
from headwater.exchange.receipt import read_receipt
from headwater.model.ids import AuthorityId
from headwater.model.times import parse_instant

FOLDER = Path(__file__).parent
CARDS: dict[str, Any] = json.loads((FOLDER / "cards.json").read_text(encoding="utf-8"))
RECEIPTS: dict[str, Any] = json.loads((FOLDER / "receipts.json").read_text(encoding="utf-8"))
CARD_WORDS: dict[type[Exception], str] = {
    InputError: "card-unreadable",
    SignatureError: "card-signature",
    RollbackError: "card-rollback",
    EquivocationError: "card-equivocation",
    KeyTrustError: "card-not-next",
}
RECEIPT_WORDS: dict[type[Exception], str] = {
    InputError: "unreadable",
    KeyTrustError: "not trusted",
    SignatureError: "bad signature",
}


def card(name: str) -> SignedCard:
    return read_card(base64.b64decode(CARDS["cards"][name]))


def word(error: Exception, words: dict[type[Exception], str]) -> str:
    return next(said for kind, said in words.items() if isinstance(error, kind))


def card_outcome(vector: dict[str, Any]) -> str:
    try:
        given = card(vector["given"])
        if vector["held"] is not None and not check_successor(card(vector["held"]), given):
            return "same"
        check_current(given.card, parse_instant(vector["now"]))
    except tuple(CARD_WORDS) as error:
        return word(error, CARD_WORDS)
    return "ok"


def receipt_outcome(data: bytes) -> str:
    plain = card("1").card
    keys = msgspec.convert(RECEIPTS["signing"], tuple[DatedKey, ...])
    giver: Card = msgspec.structs.replace(plain, authority=RECEIPTS["partner"], signing=keys)
    try:
        receipt = read_receipt(data, giver, AuthorityId(RECEIPTS["me"]), parse_instant(RECEIPTS["now"]))
    except tuple(RECEIPT_WORDS) as error:
        return word(error, RECEIPT_WORDS)
    sent = RECEIPTS["sent"]
    return next(
        (line.result for line in receipt.lines if (line.id, line.sha256) == (sent["id"], sent["sha256"])), "no word"
    )


@pytest.mark.parametrize("vector", CARDS["vectors"], ids=lambda vector: vector["what"])
def test_each_card_has_its_outcome(vector: dict[str, Any]) -> None:
    assert card_outcome(vector) == vector["result"]


@pytest.mark.parametrize("name", CARDS["fingerprints"])
def test_each_card_is_read_aloud_by_its_digits(name: str) -> None:
    assert card(name).fingerprint == CARDS["fingerprints"][name]


@pytest.mark.parametrize("vector", RECEIPTS["vectors"], ids=lambda vector: vector["what"])
def test_each_receipt_has_its_outcome(vector: dict[str, Any]) -> None:
    assert receipt_outcome(bytes.fromhex(vector["receipt"])) == vector["result"]
