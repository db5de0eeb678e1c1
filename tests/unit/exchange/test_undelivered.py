"""Why a message has not been taken is told with what would help: the partner's word, what waits here, and what came too late."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.exchange.partners import State
from headwater.exchange.undelivered import Undelivered
from headwater.model.ids import MessageId
from headwater.model.message import Kind
from headwater.policy.agreement import AgreementState
from headwater.ports import Event
from tests.exchange_world import BELGRADE, LONDON, TERMS, Node, World, message, pair
from tests.liar_world import Liar, true


@pytest.fixture
def three(tmp_path: Path) -> Iterator[tuple[World, Node, Node]]:
    world, london, belgrade = pair(tmp_path)
    yield world, london, belgrade
    world.close()


def sent(london: Node, **changes: object) -> MessageId:
    ref = london.exchange.send(message(**changes), who="o.reed").id
    assert ref is not None
    return ref


def found(london: Node, ref: MessageId) -> Undelivered | None:
    return london.exchange.undelivered(next(row for row in london.exchange.outgoing() if row.id == ref))


def told(london: Node, ref: MessageId) -> tuple[str, str, str, str]:
    one = found(london, ref)
    assert one is not None
    return one.word, one.error.code, one.error.what, one.error.fix


def test_nothing_is_in_the_way_of_what_is_on_its_way_or_was_taken(three: tuple[World, Node, Node]) -> None:
    _, london, _ = three
    ref = sent(london)
    assert found(london, ref) is None
    london.bring(BELGRADE)
    assert found(london, ref) is None


def test_a_rule_of_the_partner_is_told_with_its_remedy(three: tuple[World, Node, Node]) -> None:
    world, london, belgrade = three
    belgrade.exchange.set_agreement_state(TERMS, AgreementState.ENDED, who="s.petrovic", reason="over")
    ref = sent(london)
    london.bring(BELGRADE)
    assert told(london, ref)[:3] == ("agreement-state", "policy.forbidden", "The agreement is not live")
    one = found(london, ref)
    assert one is not None
    assert (one.at, one.again) == (world.clock.now(), None)
    assert one.error.fix.startswith("the agreement must be live")


def test_what_may_pass_is_told_while_it_rests_and_no_longer_once_it_was_taken(three: tuple[World, Node, Node]) -> None:
    _, london, belgrade = three
    belgrade.exchange.step_partner(LONDON, State.SUSPENDED, who="s.petrovic", reason="test")
    ref = sent(london)
    london.bring(BELGRADE)
    word, code, _, fix = told(london, ref)
    assert (word, code) == ("unknown-key", "peer.refused")
    assert "has not suspended it" in fix
    belgrade.exchange.step_partner(LONDON, State.CONFIRMED, who="s.petrovic", reason="test")
    london.bring(BELGRADE)
    assert found(london, ref) is None


def test_what_was_sealed_again_leads_to_the_message_in_which_it_goes(three: tuple[World, Node, Node]) -> None:
    _, london, belgrade = three
    ref = sent(london)
    (skid,) = london.keys.signing_seeds
    london.exchange.new_key("signing")
    card = london.exchange.make_card("London", [london.endpoint], london.home / "roots", who="engineer", revoke=[skid])
    belgrade.exchange.add_partner([card.paper.to_bytes()], [], who="engineer")
    london.bring(BELGRADE)
    one = found(london, ref)
    assert one is not None
    assert (one.word, one.again) == ("revoked-key", london.exchange.outgoing()[-1].id)


def suspend_partner(_: World, london: Node) -> None:
    london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="forged log")


def suspend_agreement(_: World, london: Node) -> None:
    london.exchange.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.hall", reason="review")


def let_cards_expire(world: World, _: Node) -> None:
    world.clock.move(timedelta(days=366))


def renew_belgrade(world: World, london: Node) -> None:
    belgrade = world.nodes[1]
    world.clock.move(timedelta(days=200))
    belgrade.exchange.make_card("Belgrade", [belgrade.endpoint], belgrade.home / "roots", who="engineer")
    london.exchange.add_partner([belgrade.exchange.card_bytes()], [], who="engineer")
    world.clock.move(timedelta(days=170))


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (suspend_partner, ("trust.key", "the partner is suspended", "see: headwater partner list")),
        (suspend_agreement, ("policy.expired", "The agreement is not live", "it goes by itself once the agreement is live again")),
        (let_cards_expire, ("trust.key", "the card of RS-MOI has expired", "ask the partner for its new card")),
        (renew_belgrade, ("trust.key", "the card of UK-NCA has expired", "make a new version of the card: headwater node card --renew")),
    ],
)  # fmt: skip
def test_what_does_not_leave_says_what_stops_it_here(
    three: tuple[World, Node, Node], act: Callable[[World, Node], None], expected: tuple[str, str, str]
) -> None:
    world, london, _ = three
    ref = sent(london, expires="2099-01-01T00:00:00Z")
    act(world, london)
    assert told(london, ref) == ("", *expected)


def test_what_expired_says_so_and_what_the_partner_said_last(three: tuple[World, Node, Node]) -> None:
    world, london, belgrade = three
    belgrade.exchange.step_partner(LONDON, State.SUSPENDED, who="s.petrovic", reason="test")
    ref, unheard = sent(london), MessageId("")
    london.bring(BELGRADE)
    unheard = sent(london)
    world.clock.move(timedelta(days=14))
    london.bring(BELGRADE)
    assert told(london, ref) == (
        "unknown-key",
        "trust.clock",
        "nobody took it before it expired",
        "send it again if it still matters",
    )
    assert told(london, unheard)[0] == ""


def test_a_stranger_who_claims_the_identifier_says_nothing_of_our_message(three: tuple[World, Node, Node]) -> None:
    _, london, _ = three
    ref = sent(london)
    forged = Event("exchange.refused", "unproved", ref, detail={"code": "bad-seal", "count": 1, "detail": ""})
    london.store.note(forged)
    assert found(london, ref) is None


def test_a_partner_that_takes_the_identifier_for_a_message_of_its_own_says_nothing_of_ours(tmp_path: Path) -> None:
    liar = Liar(tmp_path)
    ref = liar.belgrade.exchange.send(
        message(kind=Kind.REQUEST, recipient=LONDON, facts={}, reason="?"), who="s.petrovic"
    ).id
    assert ref is not None
    liar.hand(liar.seal(true(purpose="none-of-ours"), id=ref))
    (row,) = [row for row in liar.belgrade.exchange.outgoing() if row.id == ref]
    assert liar.events("refused") == 1
    assert liar.belgrade.exchange.undelivered(row) is None
    liar.world.close()
