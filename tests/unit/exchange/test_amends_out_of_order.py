"""Recall where nothing comes in order: amends before facts, answers late, copies back, partners away. Found by simulation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.exchange import ahead
from headwater.exchange.envelope import Lane
from headwater.exchange.partners import State
from headwater.model.canonical import encode
from headwater.model.ids import FactId, MessageId, RecordId
from headwater.model.message import Amend, Kind
from headwater.policy.agreement import AgreementState
from headwater.store import Transaction
from tests.exchange_world import LONDON, PRISTINA, message
from tests.three_world import XK_TERMS, Three, make_three
from tests.unit.exchange.test_amends import NAME, PHONE, amend, closed_file, holders, own, report, spread, tell, values

pytestmark = pytest.mark.slow


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = make_three(tmp_path)
    yield made
    made.world.close()


def tell_slowly(three: Three, facts: list[FactId]) -> None:
    """Pristina tells London on the urgent lane, which is stuck."""
    given = three.pristina.exchange.facts(report().id, XK_TERMS)
    told = message(
        sender=PRISTINA,
        recipient=LONDON,
        agreement=XK_TERMS,
        urgency="urgent",
        why_urgent="a life is at stake",
        facts={name: each for name, each in given.items() if name in facts},
    )
    assert three.pristina.exchange.send(told, who="a.krasniqi").is_queued


@pytest.mark.parametrize("action", ["erase", "restrict"])
def test_an_amend_that_overtakes_its_facts_is_carried_out_once_they_come(three: Three, action: str) -> None:
    facts = own(three.pristina, report())
    tell_slowly(three, facts)
    three.pristina.exchange.liaison.amend(amend_of(action, facts[:1]), who="a.krasniqi", purpose="oic", replacements=[])
    three.pristina.bring(LONDON, Lane.NORMAL)
    three.london.bring(PRISTINA, Lane.NORMAL)
    assert holders(three.pristina)[0].answer is not None
    three.run()
    assert values(three.london) == [PHONE]
    (holder,) = holders(three.pristina)
    assert holder.answer is not None
    assert holder.answer.done[0].results == {facts[0]: {"erase": "erased", "restrict": "restricted"}[action]}
    assert three.london.store.check() == []


@pytest.mark.parametrize("action", ["erase", "restrict"])
def test_an_amend_is_carried_out_again_where_a_message_sent_before_it_brings_the_fact_once_more(
    three: Three, action: str
) -> None:
    facts = own(three.pristina, report())
    tell(three, facts)
    tell_slowly(three, facts)
    three.pristina.exchange.liaison.amend(amend_of(action, facts[:1]), who="a.krasniqi", purpose="oic", replacements=[])
    three.pristina.bring(LONDON, Lane.NORMAL)
    three.london.bring(PRISTINA, Lane.NORMAL)
    assert holders(three.pristina)[0].answer is not None
    three.run()
    assert set(values(three.london)) == {PHONE}
    assert holders(three.pristina)[0].state == "done"
    assert three.london.store.check() == []


def test_what_was_held_when_its_amend_came_keeps_its_result_when_the_rest_comes_late(three: Three) -> None:
    facts = own(three.pristina, report())
    tell(three, facts[:1])
    tell_slowly(three, facts[1:])
    three.pristina.exchange.liaison.amend(amend_of("erase", facts), who="a.krasniqi", purpose="oic", replacements=[])
    three.pristina.bring(LONDON, Lane.NORMAL)
    assert values(three.london) == []
    three.run()
    (holder,) = holders(three.pristina)
    assert holder.answer is not None
    assert set(holder.answer.done[0].results.values()) == {"erased"}


@pytest.mark.sqlite
def test_a_copy_that_came_back_to_its_originator_is_withdrawn_too(three: Three) -> None:
    facts = own(three.pristina, report())
    in_london = three.facts_of(three.london, tell(three, facts))
    back = three.london.exchange.facts(record_of(in_london), XK_TERMS)
    told = message(sender=LONDON, recipient=PRISTINA, agreement=XK_TERMS, facts=back)
    assert three.london.exchange.send(told, who="o.reed").is_queued
    three.run()
    assert sorted(values(three.pristina)) == sorted([NAME, PHONE] * 2)
    amend(three, "erase", facts)
    assert [values(node) for node in three.world.nodes] == [[], [], []]
    assert holders(three.pristina)[0].state == "done"
    assert NAME.encode() not in closed_file(three.pristina)


def test_a_copy_that_came_back_and_was_passed_on_is_withdrawn_from_whoever_has_it_further_down(three: Three) -> None:
    facts = own(three.pristina, report())
    in_london = three.facts_of(three.london, tell(three, facts))
    back = three.london.exchange.facts(record_of(in_london), XK_TERMS)
    sent = three.london.exchange.send(
        message(sender=LONDON, recipient=PRISTINA, agreement=XK_TERMS, facts=back), who="o.reed"
    )
    three.run()
    came_back = three.facts_of(three.pristina, sent.id or MessageId(""))
    again = three.facts_of(three.london, tell(three, came_back))
    three.answer(three.ask(again), "yes")
    three.onward(again)
    three.run()
    assert sorted(values(three.belgrade)) == sorted([NAME, PHONE])
    amend(three, "erase", facts)
    assert [values(node) for node in three.world.nodes] == [[], [], []]
    assert holders(three.pristina)[0].state == "done"


def test_an_answer_that_could_not_be_sent_goes_once_the_partner_is_back(three: Three) -> None:
    facts, *_ = spread(three)
    three.world.wires.cut.add(three.belgrade.endpoint)
    amend(three, "erase", facts)
    three.london.exchange.step_partner(PRISTINA, State.SUSPENDED, who="s.hall", reason="unclear")
    three.world.wires.cut.clear()
    three.run()
    assert holders(three.pristina)[0].state == "open"
    assert len(owed(three)) == 1
    three.london.exchange.step_partner(PRISTINA, State.CONFIRMED, who="s.hall", reason="clear")
    assert three.london.exchange.liaison.tend() == 1
    three.run()
    assert holders(three.pristina)[0].state == "done"
    assert owed(three) == ()


def owed(three: Three) -> tuple[MessageId, ...]:
    """The amends that London has not been able to answer yet."""
    with three.london.store.snapshot() as snapshot:
        return three.london.exchange.liaison._amends.unsettled(snapshot).owed


def test_an_answer_that_comes_late_does_not_undo_a_newer_one(three: Three) -> None:
    facts, *_ = spread(three)
    three.world.wires.cut.update({three.belgrade.endpoint, three.pristina.endpoint})
    amend(three, "erase", facts)
    first = next(row for row in three.london.exchange.outgoing() if row.kind == "amend-done")
    three.world.wires.cut.discard(three.belgrade.endpoint)
    three.run()
    newer = [row for row in three.london.exchange.outgoing() if row.kind == "amend-done" and row.id != first.id]
    assert len(newer) == 1
    for row in (*newer, first):
        three.pristina.exchange.receive(len(row.envelope).to_bytes(4, "big") + row.envelope)
    assert holders(three.pristina)[0].state == "done"


def test_where_a_correction_is_refused_the_wrong_fact_is_withdrawn_alone(three: Three) -> None:
    facts = own(three.pristina, report())
    tell(three, facts)
    right = own(three.pristina, report("Rightly Accused", number=2))
    three.london.exchange.set_agreement_state(XK_TERMS, AgreementState.SUSPENDED, who="x", reason="y")
    amend(three, "rectify", facts[:1], by=right[:1])
    assert NAME in values(three.london)
    assert three.pristina.exchange.liaison.tend() == 1
    three.run()
    assert values(three.london) == [PHONE]
    assert sorted(each.state for each in holders(three.pristina)) == ["done", "refused"]
    assert three.pristina.exchange.liaison.tend() == 0


@pytest.mark.sqlite
def test_the_bytes_of_a_correction_that_is_withdrawn_itself_are_gone_too(three: Three) -> None:
    facts = own(three.pristina, report())
    tell(three, facts)
    right = own(three.pristina, report("Rightly Accused", number=2))
    amend(three, "rectify", facts[:1], by=right[:1])
    amend(three, "erase", right[:1])
    assert "Rightly Accused" not in values(three.london)
    assert three.pristina.store.check() == []
    assert b"Rightly Accused" not in closed_file(three.pristina)


def test_a_partner_cannot_correct_our_own_fact(three: Three) -> None:
    facts = own(three.pristina, report())
    in_london = three.facts_of(three.london, tell(three, facts))
    back = three.london.exchange.facts(record_of(in_london), XK_TERMS)
    told = message(sender=LONDON, recipient=PRISTINA, agreement=XK_TERMS, facts=back)
    three.london.exchange.send(told, who="o.reed")
    three.run()
    lie = message(
        kind=Kind.AMEND,
        sender=LONDON,
        recipient=PRISTINA,
        agreement=XK_TERMS,
        amend=amend_of("rectify", in_london),
        facts={},
    )
    three.london.exchange.send(lie, who="mallory")
    three.run()
    assert sorted(values(three.pristina)) == sorted([NAME, PHONE] * 2)
    assert [row.state for row in three.london.exchange.outgoing() if row.kind == "amend"] == ["refused"]


def amend_of(action: str, facts: list[FactId]) -> Amend:
    return Amend(action=action, facts=tuple(facts), reason="it was another person")


def record_of(facts: list[FactId]) -> RecordId:
    return RecordId(facts[0].partition("/")[0])


def test_each_of_many_amends_of_one_name_is_kept_once_and_in_order(three: Three) -> None:
    refs = [MessageId(f"0192f0c0-0000-7000-8000-{number:012}") for number in range(40)]

    def change(tx: Transaction) -> None:
        for ref in refs:
            ahead.remember(tx, PRISTINA, ref, ["rec-x/0", "rec-x/1"])
        tx.put_document(ahead.AHEAD, f"{PRISTINA}/rec-y", encode(tuple(refs[:2])))  # as versions of before kept them
        ahead.remember(tx, PRISTINA, refs[2], ["rec-y/0"])

    three.london.store.write(change)
    with three.london.store.snapshot() as snapshot:
        found = list(snapshot.documents(ahead.AHEAD))
    assert {version for _, version, _ in found} == {1}
    assert len({len(body) for key, _, body in found if "rec-x" in key}) == 1
    told = three.london.store.write(lambda tx: [list(ahead._known(tx, f"{PRISTINA}/rec-{name}")) for name in "xyz"])
    assert told == [refs, refs[:3], []]
