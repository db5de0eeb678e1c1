"""A receipt is believed only when the asked partner has signed it, for us, about these bytes."""

import struct
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec.structs import replace

from headwater.errors import HeadwaterError, InputError, KeyTrustError, SchemaError, SignatureError
from headwater.exchange.card import Card
from headwater.exchange.envelope import Sealed
from headwater.exchange.receipt import Giver, Line, LogHead, read_receipt
from headwater.model.ids import AuthorityId
from headwater.testing.fakes import START
from tests.unit.exchange.test_card import card

SEED = b"s" * 32
BELGRADE, LONDON = AuthorityId("RS-MOI"), AuthorityId("UK-NCA")
LINE = Line(id="0195566a-0000-7000-8000-000000000001", sha256="ab" * 32, result="stored")
LOG = LogHead(size=7, root="cd" * 32)


def given(to: str | None = LONDON, seed: bytes = SEED, me: AuthorityId = BELGRADE, at: datetime = START) -> bytes:
    return Giver(me, seed).sign(to, (LINE,), at, LOG)


def read(data: bytes, of: Card | None = None) -> object:
    return read_receipt(data, of or card(), LONDON, START)


def test_a_receipt_of_the_partner_is_read() -> None:
    receipt = read_receipt(given(), card(), LONDON, START)
    assert receipt.lines == (LINE,)
    assert receipt.log == LOG
    assert receipt.given_at == START


def test_a_receipt_for_somebody_whose_name_could_not_be_read_is_read_too() -> None:
    assert read_receipt(given(to=None), card(), LONDON, START).to is None


@pytest.mark.parametrize("changes", [{"to": "ME-MUP"}, {"me": AuthorityId("ME-MUP")}, {"seed": b"t" * 32}])
def test_a_receipt_of_or_for_somebody_else_is_not_believed(changes: dict[str, object]) -> None:
    with pytest.raises(KeyTrustError):
        read(given(**changes))  # type: ignore[arg-type]


def test_a_receipt_signed_with_a_revoked_key_is_not_believed_even_if_it_is_dated_back() -> None:
    key = replace(card().signing[0], revoked_from="2026-11-20T00:00:00Z")
    for at in (START, datetime(2026, 11, 10, tzinfo=UTC)):
        with pytest.raises(KeyTrustError):
            read(given(at=at), card(signing=(key,)))


@pytest.mark.parametrize(("before", "is_good"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_a_receipt_is_believed_up_to_the_moment_from_which_its_key_is_revoked(before: timedelta, is_good: bool) -> None:
    key = replace(card().signing[0], revoked_from="2026-12-01T00:00:00Z")
    moment = datetime(2026, 12, 1, tzinfo=UTC) - before
    if is_good:
        assert read_receipt(given(), card(signing=(key,)), LONDON, moment).lines == (LINE,)
    else:
        with pytest.raises(KeyTrustError):
            read_receipt(given(), card(signing=(key,)), LONDON, moment)


def test_every_changed_bit_of_a_receipt_is_noticed() -> None:
    good = given()
    for place in range(len(good)):
        with pytest.raises(HeadwaterError):
            read(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])


@pytest.mark.parametrize("cut", [0, 1, 4, 67, 68, -1])
def test_a_receipt_cut_short_or_extended_is_refused(cut: int) -> None:
    with pytest.raises(InputError):
        read(given()[:cut])
    with pytest.raises(InputError):
        read(given() + b"\0")


def test_a_receipt_with_the_length_of_another_is_refused() -> None:
    good = given()
    with pytest.raises(InputError):
        read(struct.pack(">I", len(good)) + good[4:])


def test_the_signature_is_over_the_payload() -> None:
    one, other = given(), given(at=START + timedelta(seconds=1))
    with pytest.raises(SignatureError):
        read(one[:-64] + other[-64:])


@pytest.mark.parametrize("result", ["", "ok", "stored ", "refused", "refused:", "refused:Bad", "refused:" + "x" * 65])
def test_a_result_is_stored_or_a_refusal_with_its_reason(result: str) -> None:
    with pytest.raises(SchemaError):
        Line(id=None, sha256="ab" * 32, result=result)


def test_a_line_speaks_of_these_bytes_under_this_name_and_of_no_others() -> None:
    def sealed(name: str | None = LINE.id, sha256: str = LINE.sha256) -> Sealed:
        return cast("Sealed", SimpleNamespace(header=SimpleNamespace(id=name), sha256=bytes.fromhex(sha256)))

    assert LINE.is_about(sealed())
    assert not LINE.is_about(sealed(sha256="ac" * 32))
    assert not LINE.is_about(sealed(name="0195566a-0000-7000-8000-000000000002"))
