"""Which of a partner's cards take the place of the one held, by version and by every order of the three instants."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from headwater.errors import EquivocationError, HeadwaterError, KeyTrustError, RollbackError, SignatureError
from headwater.exchange.card import SignedCard, sign_card
from headwater.exchange.cards import successors
from headwater.model.times import format_instant
from tests.unit.exchange.test_card import NEW, OLD, card

MADE = card().issued_at + timedelta(days=10)
HOUR = timedelta(hours=1)


def version(number: int, made: datetime = MADE, **changes: Any) -> SignedCard:
    return sign_card(card(version=number, issued=format_instant(made), **changes), OLD)


HELD = version(5)
FOURTH, SIXTH, SEVENTH = version(4, MADE - HOUR), version(6, MADE + HOUR), version(7, MADE + 2 * HOUR)


@pytest.mark.parametrize(("sent", "now"), [(MADE, MADE), (MADE + HOUR, MADE + HOUR), (MADE + HOUR, MADE + 5 * HOUR)])
def test_an_older_card_that_was_sent_once_the_one_held_was_made_is_a_rollback(sent: datetime, now: datetime) -> None:
    with pytest.raises(RollbackError):
        successors(HELD, [FOURTH], sent, now)
    with pytest.raises(RollbackError):
        successors(HELD, [version(3), FOURTH], sent, now)


@pytest.mark.parametrize("now", [MADE - HOUR, MADE, MADE + HOUR])
def test_an_older_card_that_left_before_has_only_come_late(now: datetime) -> None:
    assert successors(HELD, [FOURTH], MADE - timedelta(microseconds=1), now) == ()
    with pytest.raises(KeyTrustError):
        successors(HELD, [version(4, authority="ME-MUP")], MADE - HOUR, now)


@pytest.mark.parametrize("sent", [MADE - HOUR, MADE + HOUR])
def test_those_after_the_one_held_are_taken_in_their_order_and_no_others(sent: datetime) -> None:
    now = MADE + 3 * HOUR
    assert successors(HELD, [HELD], sent, now) == ()
    assert successors(HELD, [SIXTH], sent, now) == (SIXTH,)
    assert successors(HELD, [FOURTH, HELD, SIXTH, SEVENTH], sent, now) == (SIXTH, SEVENTH)
    faults: tuple[tuple[list[SignedCard], type[HeadwaterError]], ...] = (
        ([], KeyTrustError),
        ([SEVENTH], KeyTrustError),
        ([version(8)], KeyTrustError),
        ([SIXTH, version(8)], KeyTrustError),
        ([version(5, name="Another")], EquivocationError),
        ([HELD, version(5, name="Another")], EquivocationError),
        ([SIXTH, version(6, name="Another")], EquivocationError),
        ([SEVENTH, SIXTH], KeyTrustError),
        ([SIXTH, version(7, authority="ME-MUP")], KeyTrustError),
        ([sign_card(card(NEW, version=6), NEW)], SignatureError),
        ([SIXTH, sign_card(card(NEW, version=7), NEW)], SignatureError),
    )
    for given, fault in faults:
        with pytest.raises(fault):
            successors(HELD, given, sent, now)


def test_the_last_of_those_taken_must_not_have_expired() -> None:
    ends = SIXTH.card.expires_at
    moment = timedelta(microseconds=1)
    assert successors(HELD, [SIXTH], MADE, ends - moment) == (SIXTH,)
    with pytest.raises(KeyTrustError):
        successors(HELD, [SIXTH], MADE, ends)
    lasting = version(7, expires=format_instant(ends + HOUR))
    assert successors(HELD, [SIXTH, lasting], MADE, ends) == (SIXTH, lasting)
    with pytest.raises(KeyTrustError):
        successors(HELD, [version(6, expires=format_instant(ends + HOUR)), SEVENTH], MADE, ends)
    assert successors(HELD, [HELD], MADE, ends) == ()  # nothing is taken that could have ended
