"""A new card goes to every partner by itself; what is no successor of the card held is refused, and a person hears of it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from headwater.errors import SchemaError
from headwater.exchange.card import SignedCard, sign_card
from headwater.exchange.cards import TOLD, VERSIONS
from headwater.exchange.envelope import Lane
from headwater.exchange.keys import read_roots
from headwater.exchange.partners import State
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import MAX_CARDS, CardCopy, Kind, Message
from headwater.model.times import format_instant
from headwater.store import Outgoing
from headwater.testing.fakes import FakeClock
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, agreement, confirm, message, pair


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made, _, _ = pair(tmp_path)
    yield made
    made.close()


@pytest.fixture
def london(world: World) -> Node:
    return world.nodes[0]


@pytest.fixture
def belgrade(world: World) -> Node:
    return world.nodes[1]


def renew(
    node: Node, *, key: str | None = "signing", revoke: Sequence[str] = (), revoked_from: datetime | None = None
) -> SignedCard:
    """Make the next version of a node's card, an hour later: the newest key is the one in use."""
    clock = node.exchange._clock
    assert isinstance(clock, FakeClock)
    clock.move(timedelta(hours=1))
    if key:
        node.exchange.new_key(key)
    roots = node.home / "roots"
    return node.exchange.make_card(
        str(node.me), [node.endpoint], roots, who="engineer", revoke=revoke, revoked_from=revoked_from
    )


def copy_of(card: SignedCard) -> CardCopy:
    return decode(card.paper.to_bytes(), CardCopy)


def held(node: Node, of: AuthorityId) -> SignedCard:
    return next(partner.card for partner in node.exchange.partners() if partner.authority == of)


def cards_to(node: Node, peer: AuthorityId) -> list[Outgoing]:
    return [row for row in node.exchange.outgoing() if (row.kind, row.peer) == (Kind.CARD, peer)]


def bring(node: Node, to: AuthorityId) -> None:
    """Bring what waits on both lanes, the urgent one first."""
    for lane in (Lane.URGENT, Lane.NORMAL):
        while node.bring(to, lane).moved:
            pass


def forge(node: Node, to: AuthorityId, *cards: CardCopy) -> MessageId:
    """Queue a message that the node itself would never send."""
    told = Message(kind=Kind.CARD, sender=node.me, recipient=to, agreement=TERMS, cards=cards)
    ref = node.exchange._outbox.new_id()
    node.store.write(lambda tx: node.exchange._outbox.queue(tx, told, ref, "mallory"))
    return ref


def settled(node: Node, ref: MessageId) -> tuple[str, str]:
    """Return what became of a message, and what its recipient has signed about it."""
    row = next(row for row in node.exchange.outgoing() if row.id == ref)
    said = [
        event.detail["result"] for event in [*node.events("refused"), *node.events("receipted")] if event.subject == ref
    ]
    return row.state, str(said[-1])


def test_a_new_card_is_brought_to_the_partner_and_takes_the_place_of_the_old(london: Node, belgrade: Node) -> None:
    card = renew(london)
    bring(london, BELGRADE)
    assert held(belgrade, LONDON) == card
    assert [partner.state for partner in belgrade.exchange.partners()] == [State.LIVE]
    assert [(event.who, event.detail["version"]) for event in belgrade.events("card-taken")][-1] == (LONDON, 2)
    assert [(row.state, row.lane) for row in cards_to(london, BELGRADE)] == [("receipted", Lane.URGENT)]
    ref = london.exchange.send(message(), who="o.reed").id
    bring(london, BELGRADE)
    assert ref in {row.id for row in belgrade.exchange.incoming()}, "signed with the new key"
    assert belgrade.exchange.syncing.alarms() == []


def test_the_first_card_goes_to_nobody(london: Node, belgrade: Node) -> None:
    assert cards_to(london, BELGRADE) == cards_to(belgrade, LONDON) == []


def test_what_is_signed_with_the_new_key_waits_for_the_card_and_has_one_effect(london: Node, belgrade: Node) -> None:
    renew(london)
    ref = london.exchange.send(message(), who="o.reed").id
    courier = london.exchange.courier((BELGRADE, Lane.NORMAL))
    courier.step()
    assert belgrade.events("refused")[-1].detail["code"] == "unknown-key"
    bring(london, BELGRADE)
    bring(london, BELGRADE)
    assert [row.id for row in belgrade.exchange.incoming() if row.kind == "spontaneous"] == [ref]


def test_a_receipt_under_a_new_key_is_believed_once_its_owners_card_has_come(london: Node, belgrade: Node) -> None:
    renew(belgrade)
    ref = london.exchange.send(message(), who="o.reed").id
    courier = london.exchange.courier((BELGRADE, Lane.NORMAL))
    assert courier.step().moved == 0
    assert len(london.events("receipt-doubted")) == 1
    bring(belgrade, LONDON)
    assert courier.step().moved == 1
    assert ref is not None
    assert settled(london, ref) == ("receipted", "stored")


def test_a_card_that_revokes_the_only_key_the_partner_knows_arrives_and_flags(london: Node, belgrade: Node) -> None:
    london.exchange.send(message(), who="o.reed")
    bring(london, BELGRADE)
    (old,) = london.keys.signing_seeds
    card = renew(london, revoke=[old], revoked_from=datetime(2020, 1, 1, tzinfo=UTC))
    bring(london, BELGRADE)
    assert held(belgrade, LONDON) == card
    flagged = [row.kind for row in belgrade.exchange.incoming() if row.id in belgrade.exchange.flags()]
    assert "spontaneous" in flagged
    assert [event.detail["messages"] for event in belgrade.events("flagged")] == [len(flagged)]
    ref = london.exchange.send(message(), who="o.reed").id
    assert ref is not None
    bring(london, BELGRADE)
    assert settled(london, ref) == ("receipted", "stored")


def test_a_card_that_came_as_a_file_first_is_not_sent_anew_for_ever(london: Node, belgrade: Node) -> None:
    (old,) = london.keys.signing_seeds
    card = renew(london, revoke=[old])
    belgrade.exchange.add_partner([card.paper.to_bytes()], [], who="engineer")
    bring(london, BELGRADE)
    assert [row.state for row in cards_to(london, BELGRADE)] == ["refused"]
    assert held(belgrade, LONDON) == card
    assert belgrade.exchange.syncing.alarms() == []


def test_a_card_sealed_with_a_key_that_its_recipient_has_destroyed_is_sealed_anew(london: Node, belgrade: Node) -> None:
    renew(belgrade, key="sealing")
    card = renew(london)
    first = next(iter(belgrade.keys.sealing_seeds))
    del belgrade.keys.sealing_seeds[first]
    bring(belgrade, LONDON)
    bring(london, BELGRADE)
    assert [row.state for row in cards_to(london, BELGRADE)] == ["refused", "receipted"]
    assert held(belgrade, LONDON) == card


def test_a_partner_that_was_suspended_meanwhile_gets_every_version_that_it_missed(london: Node, belgrade: Node) -> None:
    london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="exercise")
    renew(london)
    card = renew(london)
    assert cards_to(london, BELGRADE) == []
    london.exchange.step_partner(BELGRADE, State.CONFIRMED, who="s.hall", reason="exercise")
    bring(london, BELGRADE)
    assert len(cards_to(london, BELGRADE)) == 1
    assert held(belgrade, LONDON) == card
    london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="exercise")
    london.exchange.step_partner(BELGRADE, State.CONFIRMED, who="s.hall", reason="exercise")
    assert len(cards_to(london, BELGRADE)) == 1, "it has it"


def test_whoever_is_confirmed_with_an_older_card_in_hand_gets_the_newest(tmp_path: Path) -> None:
    world = World(tmp_path)
    london, belgrade = world.node(LONDON), world.node(BELGRADE)
    world.acquaint(london, belgrade, agreement())
    confirm(belgrade, london)  # by the first card
    card = renew(london)
    assert cards_to(london, BELGRADE) == []
    confirm(london, belgrade)
    bring(london, BELGRADE)
    assert held(belgrade, LONDON) == card
    world.close()


def test_new_root_keys_travel_with_the_card_that_names_them(london: Node, belgrade: Node, tmp_path: Path) -> None:
    card = london.exchange.make_card(
        "London", [london.endpoint], london.home / "roots", who="engineer", new_roots=tmp_path / "new"
    )
    bring(london, BELGRADE)
    assert held(belgrade, LONDON).card.roots == card.card.roots


def test_one_message_holds_no_more_versions_than_a_partner_can_have_missed(london: Node, belgrade: Node) -> None:
    *_, card = [renew(london, key=None) for _ in range(VERSIONS + 1)]
    (*_, last) = cards_to(london, BELGRADE)
    sent = london.exchange.sent(last.id)
    assert sent is not None
    assert len(sent.cards) == VERSIONS
    bring(london, BELGRADE)
    assert held(belgrade, LONDON) == card


def test_an_older_card_is_refused_as_a_rollback_and_both_operators_hear_of_it(london: Node, belgrade: Node) -> None:
    first = london.exchange.card()
    card = renew(london, key=None)
    bring(london, BELGRADE)
    ref = forge(london, BELGRADE, copy_of(first))
    bring(london, BELGRADE)
    assert held(belgrade, LONDON) == card
    assert settled(london, ref) == ("refused", "refused:card-rollback")
    assert [(alarm.code, alarm.about) for alarm in belgrade.exchange.syncing.alarms()] == [("trust.rollback", LONDON)]
    assert belgrade.events("refused")[-1].detail["code"] == "card-rollback"


def test_an_older_card_that_was_only_late_is_no_rollback(london: Node, belgrade: Node) -> None:
    renew(london, key=None)
    card = renew(london, key=None)
    belgrade.exchange.add_partner([each.paper.to_bytes() for each in own_cards(london)], [], who="engineer")
    bring(london, BELGRADE)
    assert [row.state for row in cards_to(london, BELGRADE)] == ["receipted", "receipted"]
    assert held(belgrade, LONDON) == card
    assert belgrade.exchange.syncing.alarms() == []


def own_cards(node: Node) -> tuple[SignedCard, ...]:
    with node.store.snapshot() as snapshot:
        return node.exchange._partners.own_cards(snapshot)


def test_another_card_of_the_same_version_is_an_equivocation(london: Node, belgrade: Node) -> None:
    card = renew(london, key=None)
    bring(london, BELGRADE)
    other = sign_card(replace(card.card, name="Another London"), read_roots(london.home / "roots"))
    ref = forge(london, BELGRADE, copy_of(other))
    bring(london, BELGRADE)
    assert held(belgrade, LONDON) == card
    assert settled(london, ref) == ("refused", "refused:card-equivocation")
    (alarm,) = belgrade.exchange.syncing.alarms()
    assert (alarm.code, len(alarm.evidence)) == ("trust.equivocation", 2)


def test_a_card_that_the_roots_held_have_not_signed_is_refused_whatever_key_brings_it(
    london: Node, belgrade: Node
) -> None:
    roots, own = read_roots(belgrade.home / "roots"), london.exchange.card()
    taken_over = replace(own.card, version=2, roots=tuple(root.public() for root in roots))
    ref = forge(london, BELGRADE, copy_of(sign_card(taken_over, roots)))
    bring(london, BELGRADE)
    assert held(belgrade, LONDON) == own
    assert settled(london, ref) == ("refused", "refused:card-signature")
    assert [alarm.code for alarm in belgrade.exchange.syncing.alarms()] == ["trust.signature"]


def next_but_one(london: Node) -> SignedCard:
    return sign_card(replace(london.exchange.card().card, version=3), read_roots(london.home / "roots"))


def expired(london: Node) -> SignedCard:
    past = {"issued": "2020-01-01T00:00:00Z", "expires": "2020-01-02T00:00:00Z"}
    return sign_card(replace(london.exchange.card().card, version=2, **past), read_roots(london.home / "roots"))


def anothers(london: Node) -> SignedCard:
    card = replace(london.exchange.card().card, version=2, authority=str(PRISTINA))
    return sign_card(card, read_roots(london.home / "roots"))


@pytest.mark.parametrize("made", [next_but_one, expired, anothers])
def test_a_card_that_is_not_the_next_is_refused_without_an_alarm(made: object, london: Node, belgrade: Node) -> None:
    ref = forge(london, BELGRADE, copy_of(made(london)))  # type: ignore[operator]
    bring(london, BELGRADE)
    assert held(belgrade, LONDON) == london.exchange.card()
    assert settled(london, ref) == ("refused", "refused:card-not-next")
    assert belgrade.exchange.syncing.alarms() == []


@pytest.mark.parametrize("payload", ["", "e30=", "not base64", "eyJhIjoxLCJhIjoyfQ=="])
def test_what_is_no_card_is_refused(payload: str, london: Node, belgrade: Node) -> None:
    ref = forge(london, BELGRADE, CardCopy(payload=payload, signatures=()))
    bring(london, BELGRADE)
    assert settled(london, ref) == ("refused", "refused:card-unreadable")
    assert held(belgrade, LONDON) == london.exchange.card()


def test_a_message_of_kind_card_without_one_is_refused(london: Node, belgrade: Node) -> None:
    ref = forge(london, BELGRADE)
    bring(london, BELGRADE)
    assert settled(london, ref) == ("refused", "refused:card-not-next")
    assert belgrade.exchange.syncing.alarms() == []


def test_nobody_sends_a_card_by_hand(london: Node) -> None:
    copy = copy_of(london.exchange.card())
    told = Message(kind=Kind.CARD, recipient=BELGRADE, agreement=TERMS, cards=(copy,))
    with pytest.raises(SchemaError, match="a person sends"):
        london.exchange.send(told, who="mallory")


def test_cards_are_in_no_other_kind_of_message_and_not_without_end(london: Node) -> None:
    copy = copy_of(london.exchange.card())
    with pytest.raises(SchemaError):
        message(cards=(copy,))
    with pytest.raises(SchemaError):
        Message(kind=Kind.CARD, cards=(copy,) * (MAX_CARDS + 1))


def test_to_a_partner_without_an_agreement_it_does_not_go_and_that_is_noted(world: World, london: Node) -> None:
    pristina = world.node(PRISTINA)
    london.exchange.add_partner([pristina.exchange.card_bytes()], [], who="engineer")
    confirm(london, pristina)
    renew(london)
    assert cards_to(london, PRISTINA) == []
    assert [(event.subject, event.detail["code"]) for event in london.events("card-not-sent")] == [
        (PRISTINA, "policy.no-basis")
    ]
    assert len(cards_to(london, BELGRADE)) == 1


def test_to_a_partner_whose_own_card_has_expired_it_does_not_go_and_that_is_noted(
    world: World, london: Node, belgrade: Node
) -> None:
    world.clock.move(timedelta(days=367))
    renew(london, key=None)
    assert cards_to(london, BELGRADE) == []
    assert [event.subject for event in london.events("card-not-sent")] == [BELGRADE]
    with london.store.snapshot() as snapshot:
        assert snapshot.document(TOLD, BELGRADE) is None
    assert format_instant(world.clock.now()) > belgrade.exchange.card().card.expires
