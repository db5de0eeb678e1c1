"""A partner comes to be trusted step by step, and each step is a person's."""

import shutil
from base64 import b64encode
from pathlib import Path
from typing import NoReturn

import pytest
from msgspec import structs

from headwater.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    KeyTrustError,
    RollbackError,
    SignatureError,
    StoreFullError,
)
from headwater.exchange.agreement import terms_of
from headwater.exchange.card import sign_card
from headwater.exchange.keys import make_roots, read_roots
from headwater.exchange.partners import State
from headwater.exchange.signed import read_paper
from headwater.policy.agreement import AgreementState
from headwater.store import Transaction
from headwater.testing.fakes import SeededChance
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, agreement, confirm, message


def state(node: Node, of: str) -> State:
    return next(partner.state for partner in node.exchange.partners() if partner.authority == of)


def test_a_partner_goes_from_added_over_confirmed_to_live(world: World, london: Node) -> None:
    pristina = world.node(PRISTINA)
    world.acquaint(london, pristina, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}))
    assert state(london, PRISTINA) is State.ADDED
    confirm(london, pristina)
    assert state(london, PRISTINA) is State.CONFIRMED
    confirm(pristina, london)
    london.bring(PRISTINA)
    assert state(london, PRISTINA) is State.CONFIRMED
    pristina.bring(LONDON)
    assert state(london, PRISTINA) is State.LIVE


def test_digits_that_differ_confirm_nobody(world: World, london: Node) -> None:
    pristina = world.node(PRISTINA)
    world.acquaint(london, pristina, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}))
    digits = pristina.exchange.card().fingerprint
    wrong = ("1" if digits[0] == "0" else "0") + digits[1:]
    for given in (wrong, digits[:-1], "", london.exchange.card().fingerprint):
        with pytest.raises(KeyTrustError):
            london.exchange.confirm_partner(PRISTINA, given, who="liaison")
    assert state(london, PRISTINA) is State.ADDED
    london.exchange.confirm_partner(PRISTINA, digits.replace(" ", "\n"), who="liaison")


def test_a_partner_is_not_confirmed_without_the_message_that_makes_it_live(
    world: World, london: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    pristina = world.node(PRISTINA)
    world.acquaint(london, pristina, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}))

    def no_room(_tx: Transaction, _row: object) -> NoReturn:
        raise StoreFullError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "add_outgoing", no_room)
        with pytest.raises(StoreFullError):
            confirm(london, pristina)
    assert state(london, PRISTINA) is State.ADDED
    confirm(london, pristina)
    assert [row.kind for row in london.exchange.outgoing() if row.peer == PRISTINA] == ["ping"]


def test_no_step_leads_from_added_to_confirmed_without_the_digits(world: World, london: Node) -> None:
    pristina = world.node(PRISTINA)
    world.acquaint(london, pristina, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}))
    for to in (State.CONFIRMED, State.LIVE, State.SUSPENDED):
        with pytest.raises(ConflictError):
            london.exchange.step_partner(PRISTINA, to, who="liaison", reason="in a hurry")
        assert state(london, PRISTINA) is State.ADDED
    confirm(london, pristina)
    london.exchange.step_partner(PRISTINA, State.SUSPENDED, who="s.hall", reason="test")
    with pytest.raises(ConflictError):
        confirm(london, pristina)
    assert state(london, PRISTINA) is State.SUSPENDED


def test_a_step_that_the_state_does_not_lead_to_is_refused(london: Node) -> None:
    for to in (State.ADDED, State.CONFIRMED, State.LIVE):
        with pytest.raises(ConflictError):
            london.exchange.step_partner(BELGRADE, to, who="s.hall", reason="")
    london.exchange.step_partner(BELGRADE, State.REVOKED, who="s.hall", reason="")
    for to in State:
        with pytest.raises(ConflictError):
            london.exchange.step_partner(BELGRADE, to, who="s.hall", reason="")


def test_every_step_is_in_the_ledger_and_the_history_stays(london: Node) -> None:
    london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="forged receipts")
    assert london.events("partner-suspended")[-1].who == "s.hall"
    with london.store.snapshot() as snapshot:
        history = [snapshot.document("partner", BELGRADE, version) for version in range(1, 5)]
    assert [b"added" in (history[0] or b""), b"forged receipts" in (history[3] or b"")] == [True, True]


def test_a_new_card_takes_the_place_of_the_old_and_the_partner_stays_confirmed(london: Node, belgrade: Node) -> None:
    belgrade.exchange.new_key("sealing")
    card = belgrade.exchange.make_card("Belgrade", [belgrade.endpoint], belgrade.home / "roots", who="engineer")
    partner = london.exchange.add_partner([card.paper.to_bytes()], [], who="engineer")
    assert (partner.card.card.version, partner.state) == (2, State.LIVE)
    assert len(partner.card.card.sealing) == 2


def test_two_roots_that_were_brought_back_make_the_next_card_and_one_does_not(london: Node, belgrade: Node) -> None:
    (belgrade.home / "roots" / "root-2.key").unlink()
    card = belgrade.exchange.make_card("Belgrade", [belgrade.endpoint], belgrade.home / "roots", who="engineer")
    assert london.exchange.add_partner([card.paper.to_bytes()], [], who="engineer").card.card.version == 2
    (belgrade.home / "roots" / "root-1.key").unlink()
    with pytest.raises(SignatureError):
        belgrade.exchange.make_card("Belgrade", [belgrade.endpoint], belgrade.home / "roots", who="engineer")


def test_root_keys_are_changed_by_a_card_that_the_old_and_the_new_ones_have_signed(
    world: World, london: Node, belgrade: Node, tmp_path: Path
) -> None:
    first = london.exchange.card()
    brought = tmp_path / "brought"
    brought.mkdir()
    for number in (1, 3):
        shutil.copy(london.home / "roots" / f"root-{number}.key", brought)
    changed = london.exchange.make_card("London", [london.endpoint], brought, who="e", new_roots=tmp_path / "new")
    assert not {root.ed25519 for root in changed.card.roots} & {root.ed25519 for root in first.card.roots}
    belgrade.exchange.add_partner([changed.paper.to_bytes()], [], who="engineer")
    assert state(belgrade, LONDON) is State.LIVE, "digits need not be compared again"
    assert london.exchange.send(message(), who="o.reed").is_queued
    assert london.bring(BELGRADE).moved == 1

    # From now on the new ones count, and the old ones nowhere.
    with pytest.raises(SignatureError):
        london.exchange.make_card("London", [london.endpoint], london.home / "roots", who="e")
    third = london.exchange.make_card("London", [london.endpoint], tmp_path / "new", who="e")
    belgrade.exchange.add_partner([third.paper.to_bytes()], [], who="engineer")
    assert belgrade.events("card-taken")[-1].detail == {"version": 3}


def test_root_keys_that_too_few_old_ones_have_let_in_are_refused_at_both_ends(
    london: Node, belgrade: Node, tmp_path: Path
) -> None:
    one = tmp_path / "one"
    one.mkdir()
    shutil.copy(london.home / "roots" / "root-2.key", one)
    with pytest.raises(SignatureError):
        london.exchange.make_card("London", [london.endpoint], one, who="e", new_roots=tmp_path / "new")
    assert london.exchange.card().card.version == 1
    # A thief with the node but one root key makes a card of his own: nobody takes it.
    held, new = london.exchange.card().card, read_roots(tmp_path / "new")
    theirs = structs.replace(held, version=2, roots=tuple(seed.public() for seed in new))
    forged = sign_card(theirs, (*read_roots(one), *new)).paper.to_bytes()
    with pytest.raises(SignatureError):
        belgrade.exchange.add_partner([forged], [], who="engineer")
    assert belgrade.exchange.partners()[0].card.card == held


def test_a_folder_with_three_root_keys_is_used_again_where_the_change_was_cut_off(london: Node, tmp_path: Path) -> None:
    made = make_roots(tmp_path / "new", SeededChance(9))
    changed = london.exchange.make_card(
        "London", [london.endpoint], london.home / "roots", who="e", new_roots=tmp_path / "new"
    )
    assert changed.card.roots == tuple(seed.public() for seed in made)
    (tmp_path / "new" / "root-1.key").unlink()
    with pytest.raises(KeyTrustError, match="not three"):
        make_roots(tmp_path / "new", SeededChance(9))


def test_an_older_card_is_a_rollback_and_changes_nothing(london: Node, belgrade: Node) -> None:
    first = belgrade.exchange.card_bytes()
    second = belgrade.exchange.make_card("Belgrade", [belgrade.endpoint], belgrade.home / "roots", who="engineer")
    london.exchange.add_partner([second.paper.to_bytes()], [], who="engineer")
    with pytest.raises(RollbackError):
        london.exchange.add_partner([first], [], who="engineer")
    assert london.exchange.partners()[0].card.card.version == 2


def test_a_card_that_was_missed_can_be_given_with_the_newest(london: Node, belgrade: Node) -> None:
    cards = [
        belgrade.exchange.make_card("Belgrade", [belgrade.endpoint], belgrade.home / "roots", who="engineer")
        for _ in range(2)
    ]
    with pytest.raises(KeyTrustError, match="missing"):
        london.exchange.add_partner([cards[1].paper.to_bytes()], [], who="engineer")
    both = [card.paper.to_bytes() for card in cards]
    assert london.exchange.add_partner(both, [], who="engineer").card.card.version == 3


def test_our_own_card_makes_no_partner(london: Node) -> None:
    with pytest.raises(KeyTrustError):
        london.exchange.add_partner([london.exchange.card_bytes()], [], who="engineer")


def test_an_agreement_needs_both_signatures_and_then_both_cards(world: World, london: Node) -> None:
    pristina = world.node(PRISTINA)
    terms = agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={})
    half = london.exchange.sign_agreement(terms)
    both = pristina.exchange.sign_agreement(half)
    with pytest.raises(SignatureError):
        london.exchange.add_partner([pristina.exchange.card_bytes()], [half], who="engineer")
    assert [partner.authority for partner in london.exchange.partners()] == [BELGRADE]
    london.exchange.add_partner([pristina.exchange.card_bytes()], [both], who="engineer")
    assert set(london.exchange.agreements()) == {TERMS, "A-UK-XK"}


def test_an_agreement_changed_after_it_was_signed_is_refused(world: World, london: Node) -> None:
    pristina = world.node(PRISTINA)
    terms = agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}, retain_max_days=30)
    longer = agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}, retain_max_days=3000)
    signed, other = pristina.exchange.sign_agreement(terms), london.exchange.sign_agreement(longer)
    with pytest.raises(KeyTrustError):
        read_paper(signed).joined(read_paper(other))
    with pytest.raises(SignatureError):
        london.exchange.add_partner([pristina.exchange.card_bytes()], [other], who="engineer")


def test_terms_that_say_one_thing_twice_are_none(london: Node) -> None:
    paper = read_paper(london.exchange.sign_agreement(agreement(parties=(LONDON, PRISTINA), safeguards={})))
    body = paper.body
    assert terms_of(paper).parties == (LONDON, PRISTINA)
    twice = structs.replace(paper, payload=b64encode(body[:-1] + b',"retain_max_days":9999}').decode())
    with pytest.raises(InputError):
        terms_of(twice)


def test_another_agreement_under_a_name_that_is_taken_is_refused(london: Node, belgrade: Node) -> None:
    other = belgrade.exchange.sign_agreement(london.exchange.sign_agreement(agreement(retain_max_days=1)))
    with pytest.raises(ConflictError):
        london.exchange.add_partner([belgrade.exchange.card_bytes()], [other], who="engineer")


def test_nobody_signs_an_agreement_between_others(world: World, london: Node) -> None:
    with pytest.raises(ForbiddenError):
        london.exchange.sign_agreement(agreement(parties=(BELGRADE, PRISTINA), safeguards={}))


def test_an_agreement_between_others_is_not_taken(world: World, london: Node, belgrade: Node) -> None:
    pristina = world.node(PRISTINA)
    terms = agreement(id="A-RS-XK", parties=(BELGRADE, PRISTINA), safeguards={})
    paper = pristina.exchange.sign_agreement(belgrade.exchange.sign_agreement(terms))
    with pytest.raises(KeyTrustError, match="between others"):
        london.exchange.add_partner([pristina.exchange.card_bytes()], [paper], who="engineer")


def test_the_state_of_an_agreement_is_this_nodes_own_word(london: Node, belgrade: Node) -> None:
    london.exchange.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.hall", reason="review")
    assert london.exchange.agreements()[TERMS].state is AgreementState.SUSPENDED
    assert belgrade.exchange.agreements()[TERMS].state is AgreementState.LIVE
    assert london.events("agreement-suspended")[-1].subject == TERMS
    with pytest.raises(ConflictError):
        london.exchange.set_agreement_state("A-NONE", AgreementState.LIVE, who="s.hall", reason="")
