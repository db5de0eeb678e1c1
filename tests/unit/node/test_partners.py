"""Partners: cards and agreements come as files, digits are compared by people, and nobody skips that."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.errors import ConflictError, ForbiddenError, InputError, KeyTrustError, SignatureError
from headwater.exchange.partners import State
from headwater.node import Node, partners
from headwater.testing.fakes import FakeClock
from tests.node_world import (
    BELGRADE,
    LONDON,
    SUPERVISOR,
    TERMS,
    WRITER,
    acquaint,
    agreement,
    as_user,
    events,
    init,
    node_at,
)


@pytest.fixture
def other(tmp_path: Path, clock: FakeClock) -> Iterator[Node]:
    with node_at(init(tmp_path / "rs", BELGRADE), clock) as opened:
        yield opened


def card(node: Node, path: Path) -> Path:
    path.write_bytes(partners.card_file(node))
    return path


def added(node: Node, other: Node, folder: Path) -> None:
    partners.add(node, as_user(node, WRITER, "operation"), [card(other, folder / "other.card")], [])


def state(node: Node) -> str:
    [only] = partners.every(node, as_user(node))
    return str(only["state"])


def test_a_card_file_serves_a_partner_and_a_verifier_of_cases(node: Node, tmp_path: Path) -> None:
    document = json.loads(card(node, tmp_path / "uk.card").read_text(encoding="utf-8"))
    assert document["id"] == LONDON
    assert len(bytes.fromhex(document["signing_key"])) == 32
    assert document["signing_key"] == node.exchange.card().card.signing[0].key
    assert partners.own_document(node.authority, node.exchange.card())["digits"] == node.exchange.card().fingerprint


def test_an_added_partner_waits_to_be_confirmed(node: Node, other: Node, tmp_path: Path) -> None:
    added(node, other, tmp_path)
    [shown] = partners.every(node, as_user(node))
    assert (shown["authority"], shown["state"]) == (BELGRADE, "added")
    assert shown["digits"] == other.exchange.card().fingerprint


def test_digits_that_are_the_same_at_both_ends_confirm_a_partner(node: Node, other: Node, tmp_path: Path) -> None:
    added(node, other, tmp_path)
    partners.confirm(node, as_user(node), BELGRADE, other.exchange.card().fingerprint)
    assert state(node) == "confirmed"
    assert [event.who for event in events(node, "exchange.partner-confirmed")] == [WRITER]


def test_digits_that_differ_confirm_nobody(node: Node, other: Node, tmp_path: Path) -> None:
    added(node, other, tmp_path)
    digits = other.exchange.card().fingerprint
    with pytest.raises(KeyTrustError):
        partners.confirm(node, as_user(node), BELGRADE, digits[:-1] + str((int(digits[-1]) + 1) % 10))
    assert state(node) == "added"


def test_nobody_is_confirmed_by_being_taken_up_again(node: Node, other: Node, tmp_path: Path) -> None:
    added(node, other, tmp_path)
    with pytest.raises(ConflictError):
        partners.step(node, as_user(node, SUPERVISOR), BELGRADE, State.CONFIRMED, "no digits were compared")
    assert state(node) == "added"


def test_a_partner_is_suspended_taken_up_again_and_revoked_for_good(node: Node, other: Node, tmp_path: Path) -> None:
    added(node, other, tmp_path)
    supervisor = as_user(node, SUPERVISOR)
    partners.confirm(node, as_user(node), BELGRADE, other.exchange.card().fingerprint)
    partners.step(node, supervisor, BELGRADE, State.SUSPENDED, "forged receipts")
    assert state(node) == "suspended"
    partners.step(node, supervisor, BELGRADE, State.CONFIRMED, "explained")
    assert state(node) == "confirmed"
    partners.step(node, supervisor, BELGRADE, State.REVOKED, "keys lost")
    assert state(node) == "revoked"
    with pytest.raises(ConflictError):
        partners.step(node, supervisor, BELGRADE, State.CONFIRMED, "regret")


@pytest.mark.parametrize("to", [State.SUSPENDED, State.REVOKED, State.CONFIRMED])
def test_a_partner_that_is_none_cannot_be_stepped(node: Node, to: State) -> None:
    with pytest.raises((KeyTrustError, ConflictError)):
        partners.step(node, as_user(node, SUPERVISOR), BELGRADE, to, "why not")


def test_each_step_is_for_its_own_role(node: Node, other: Node, tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError):
        partners.add(node, as_user(node, SUPERVISOR), [card(other, tmp_path / "other.card")], [])
    added(node, other, tmp_path)
    with pytest.raises(ForbiddenError):
        partners.confirm(node, as_user(node, "p.audit"), BELGRADE, other.exchange.card().fingerprint)
    with pytest.raises(ForbiddenError):
        partners.step(node, as_user(node), BELGRADE, State.REVOKED, "the writer may not")
    assert state(node) == "added"


def test_an_agreement_is_signed_by_both_in_turn_and_then_taken(node: Node, other: Node, tmp_path: Path) -> None:
    acquaint(node, other, tmp_path / "papers")
    for each in (node, other):
        [shown] = partners.every(each, as_user(each))
        assert shown["agreements"] == {TERMS: "live"}


def test_an_agreement_that_one_side_signed_is_not_taken(node: Node, other: Node, tmp_path: Path) -> None:
    draft, half = tmp_path / "draft.json", tmp_path / "half"
    draft.write_text(json.dumps(agreement()), encoding="utf-8")
    half.write_bytes(partners.sign_agreement(node, as_user(node, SUPERVISOR, "operation"), draft))
    with pytest.raises(SignatureError):
        partners.add(node, as_user(node), [card(other, tmp_path / "other.card")], [half])
    assert partners.every(node, as_user(node)) == []


def test_only_a_supervisor_signs_agreements(node: Node, tmp_path: Path) -> None:
    (tmp_path / "draft.json").write_text(json.dumps(agreement()), encoding="utf-8")
    with pytest.raises(ForbiddenError):
        partners.sign_agreement(node, as_user(node), tmp_path / "draft.json")


def test_an_agreement_between_others_is_not_signed(node: Node, tmp_path: Path) -> None:
    terms = agreement() | {"parties": ["RS-MOI", "XK-KP"], "safeguards": {}, "binding": True}
    (tmp_path / "draft.json").write_text(json.dumps(terms), encoding="utf-8")
    with pytest.raises(ForbiddenError):
        partners.sign_agreement(node, as_user(node, SUPERVISOR), tmp_path / "draft.json")


@pytest.mark.parametrize(
    "change", [{"colour": 1}, {"kinds": ["gossip"]}, {"parties": ["UK-NCA"]}, {"valid_until": "x"}]
)
def test_a_draft_that_is_no_agreement_is_refused(node: Node, tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / "draft.json").write_text(json.dumps(agreement() | change), encoding="utf-8")
    with pytest.raises(InputError):
        partners.sign_agreement(node, as_user(node, SUPERVISOR), tmp_path / "draft.json")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"card": 1}', b'{"card": {}}', b'{"card": {"x": 1}}'])
def test_a_file_that_is_no_card_is_refused(node: Node, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.card").write_bytes(data)
    with pytest.raises(InputError):
        partners.add(node, as_user(node), [tmp_path / "x.card"], [])


def test_a_card_of_which_a_letter_was_changed_is_not_taken(node: Node, other: Node, tmp_path: Path) -> None:
    path = card(other, tmp_path / "other.card")
    document = json.loads(path.read_text(encoding="utf-8"))
    [signed] = [key for key, value in document["card"].items() if isinstance(value, str) and len(value) > 1000]
    text = document["card"][signed]
    document["card"][signed] = text[:500] + ("A" if text[500] != "A" else "B") + text[501:]
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises((InputError, SignatureError)):
        partners.add(node, as_user(node), [path], [])
    assert partners.every(node, as_user(node)) == []


def test_the_own_card_is_no_partner(node: Node, tmp_path: Path) -> None:
    with pytest.raises(KeyTrustError):
        partners.add(node, as_user(node), [card(node, tmp_path / "uk.card")], [])
