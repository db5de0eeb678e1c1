"""What seldom happens, or never: a card of one's own that has expired, a message that names nobody, a batch that is settled already."""

from datetime import timedelta

import pytest

from headwater.errors import KeyTrustError, SchemaError
from headwater.exchange import office
from headwater.exchange.desk import _highest
from headwater.exchange.parties import agreement_of, purpose_of, recipient_of, sender_of
from headwater.exchange.translate import message_of
from headwater.model.handling import Handling
from headwater.model.record import Origin, Record
from tests.exchange_world import BELGRADE, LONDON, TERMS, Node, World, agreement, fact, message
from tests.unit.exchange.test_counts_and_seconds import courier, send


def test_nothing_is_sent_under_a_card_of_ones_own_that_has_expired(
    world: World, london: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "CARD_GOOD_FOR", timedelta(days=2))
    london.exchange.make_card("London", [london.endpoint], london.home / "roots", who="engineer")
    world.clock.move(timedelta(days=2))
    before = len(london.exchange.outgoing())
    with pytest.raises(KeyTrustError, match="the card of UK-NCA has expired") as error:
        london.exchange.send(message(), who="o.reed")
    assert error.value.fix == "ask the partner for its new card"
    assert len(london.exchange.outgoing()) == before


def test_whoever_is_asked_for_is_named_by_a_message_or_refused() -> None:
    told = message(sender=LONDON)
    assert (sender_of(told), recipient_of(told), purpose_of(told), agreement_of(told)) == (
        LONDON,
        BELGRADE,
        "oic",
        TERMS,
    )
    silent = message(sender=None, recipient=None, purpose=None, agreement=None)
    assert (purpose_of(silent), agreement_of(silent)) == ("", "")
    for ask, field in ((sender_of, "from"), (recipient_of, "to")):
        with pytest.raises(SchemaError) as error:
            ask(silent)
        assert error.value.where.field == field


def test_a_record_that_names_no_message_came_in_none() -> None:
    bare = Record(origin=Origin(LONDON, "exchange"), handling=Handling(), mentions=(), facts=())
    assert message_of(bare) == ""


@pytest.mark.parametrize(
    ("marks", "highest"),
    [
        ((), "NONE"),
        ((None,), "NONE"),
        (("OFFICIAL", "INTERNO"), "INTERNO"),
        (("INTERNO", "OFFICIAL"), "INTERNO"),
        (("UNHEARD-OF", "NONE"), "NONE"),
        (("UNHEARD-OF", "OFFICIAL"), "OFFICIAL"),
        (("UNHEARD-OF",), "UNHEARD-OF"),
    ],
)
def test_a_marking_that_an_agreement_does_not_know_ranks_below_all_that_it_knows(
    marks: tuple[str | None, ...], highest: str
) -> None:
    facts = {f"f{number}": fact(marking=mark) for number, mark in enumerate(marks)}
    assert _highest(message(facts=facts), agreement()) == highest


def test_once_a_full_batch_is_on_the_disk_the_next_look_is_at_what_is_there_then(world: World, london: Node) -> None:
    send(london, 64)
    here = courier(world, london)
    assert (here.step().moved, here._settling is None, here._sent_to > 0) == (64, False, True)
    assert here._settling is not None
    assert here._settling.result() == 64
    step = here.step()
    assert (step.moved, step.wait_s, here._sent_to) == (0, None, 0)
    assert here._settling is None
