"""A partner is live once messages have passed both ways, whichever way came first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.exchange.partners import State
from tests.exchange_world import BELGRADE, LONDON, Node, World, agreement, confirm, message

Strangers = tuple[Node, Node]


@pytest.fixture
def confirmed(tmp_path: Path) -> Iterator[Strangers]:
    world = World(tmp_path)
    london, belgrade = world.node(LONDON), world.node(BELGRADE)
    world.acquaint(london, belgrade, agreement())
    confirm(london, belgrade)
    confirm(belgrade, london)
    yield london, belgrade
    world.close()


def state(node: Node) -> State:
    (partner,) = node.exchange.partners()
    return partner.state


def test_one_way_is_not_enough_at_either_end(confirmed: Strangers) -> None:
    london, belgrade = confirmed
    london.bring(BELGRADE)
    assert [state(london), state(belgrade)] == [State.CONFIRMED, State.CONFIRMED]


def test_the_second_way_takes_both_ends_to_live(confirmed: Strangers) -> None:
    london, belgrade = confirmed
    london.bring(BELGRADE)
    belgrade.bring(LONDON)
    assert [state(london), state(belgrade)] == [State.LIVE, State.LIVE]
    assert len(london.events("partner-live")) == 1


def test_a_partner_that_was_taken_up_again_is_live_with_the_next_message(confirmed: Strangers) -> None:
    london, belgrade = confirmed
    london.bring(BELGRADE)
    belgrade.bring(LONDON)
    for step in (State.SUSPENDED, State.CONFIRMED):
        london.exchange.step_partner(BELGRADE, step, who="s.hall", reason="exercise")
    assert state(london) is State.CONFIRMED
    london.exchange.send(message(), who="o.reed")
    london.bring(BELGRADE)
    assert state(london) is State.LIVE
