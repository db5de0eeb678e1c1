"""Originator control: Pristina's fact reaches Belgrade through London only with Pristina's recorded word."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, NoBasisError, SchemaError
from headwater.exchange.notices import notices
from headwater.model.ids import FactId, MessageId, StateCode
from headwater.model.message import BreakGlass, Consent, Kind, Message
from tests.exchange_world import LONDON, PRISTINA, TERMS, fact, message
from tests.three_world import RS, XK_TERMS, Three, make_three

pytestmark = pytest.mark.slow


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = make_three(tmp_path)
    yield made
    made.world.close()


def test_without_a_consent_the_fact_stays(three: Three) -> None:
    sending = three.onward(three.supply())
    assert (sending.is_queued, set(sending.judgement.removed.values())) == (False, {"onward-never"})


def test_with_the_recorded_consent_it_reaches_belgrade_with_its_chain(three: Three) -> None:
    facts = three.supply()
    three.answer(three.ask(facts), "yes", "2027-01-01")
    sending = three.onward(facts)
    three.run()
    assert sending.is_queued
    row, arrived = three.belgrade.exchange.show(sending.id or MessageId(""))
    assert row.state == "stored"
    assert arrived is not None
    (passed,) = arrived.facts.values()
    assert (passed.origin, passed.via) == ("XK", XK_TERMS)
    (consent,) = arrived.consents
    assert (consent.giver, consent.receiver, consent.facts, consent.decision) == ("XK", "RS", tuple(facts), "yes")
    assert three.london.events("consent-recorded")[-1].detail["facts"] == 1


def test_what_a_third_state_was_told_for_another_goes_along_to_nobody_else(three: Three) -> None:
    facts = three.supply()
    (sending,) = three.london.exchange.liaison.ask_consent(
        facts, StateCode("ME"), who="o.reed", purpose="oic", reason="joint"
    )
    three.run()
    three.answer(sending.id or MessageId(""), "yes")
    three.answer(three.ask(facts), "yes")
    passed = three.onward(facts)
    three.run()
    _, arrived = three.belgrade.exchange.show(passed.id or MessageId(""))
    assert arrived is not None
    assert [consent.receiver for consent in arrived.consents] == ["RS"]


def test_a_consent_that_the_writer_claims_counts_for_nothing(three: Three) -> None:
    facts = three.supply()
    claimed = Consent(
        type="onward", giver=StateCode("XK"), receiver=RS, facts=tuple(facts), purposes=("oic",), decision="yes"
    )
    assert not three.onward(facts, consents=(claimed,)).is_queued


@pytest.mark.parametrize(("decision", "until"), [("no", None), ("yes", "2026-11-24")])
def test_a_refusal_and_a_consent_that_has_ended_let_nothing_pass(
    three: Three, decision: str, until: str | None
) -> None:
    facts = three.supply()
    three.answer(three.ask(facts), decision, until)
    assert not three.onward(facts).is_queued


def test_the_last_word_counts(three: Three) -> None:
    facts = three.supply()
    three.answer(three.ask(facts), "yes")
    assert three.onward(facts).is_queued
    three.answer(three.ask(facts), "no")
    assert set(three.onward(facts).judgement.removed.values()) == {"onward-refused"}


def test_a_consent_for_another_purpose_or_state_lets_nothing_pass(three: Three) -> None:
    facts = three.supply()
    three.answer(three.ask(facts), "yes")
    assert not three.onward(facts, purpose="trafficking").is_queued


def test_a_consent_covers_the_facts_that_were_asked_for_and_no_others(three: Three) -> None:
    asked, other = three.supply(), three.supply("rec-y/0", value="Another Name", entity="xk/2")
    three.answer(three.ask(asked), "yes")
    assert set(three.onward([*asked, *other]).judgement.removed) == set(other)


def test_a_consent_from_somebody_else_is_doubted(three: Three) -> None:
    facts = three.supply()
    forged = Consent(
        type="onward", giver=StateCode("XK"), receiver=RS, facts=("rec-x/0",), purposes=("oic",), decision="yes"
    )
    told = Message(
        kind=Kind.CONSENT,
        recipient=LONDON,
        agreement=TERMS,
        purpose="oic",
        classification="NONE",
        consents=(forged,),
    )
    assert three.belgrade.exchange.send(told, who="m.ilic").is_queued
    three.run()
    assert not three.onward(facts).is_queued
    assert len(three.london.events("consent-doubted")) == 1


def test_nobody_is_asked_for_consent_to_our_own_facts(three: Three) -> None:
    with pytest.raises(ForbiddenError):
        three.london.exchange.liaison.ask_consent([FactId("rec-1/0")], RS, who="x", purpose="oic", reason="y")


@pytest.mark.parametrize("decision", ["", "maybe", "asked", "YES"])
def test_an_answer_is_yes_or_no(three: Three, decision: str) -> None:
    asked = three.ask(three.supply())
    with pytest.raises(SchemaError, match="no decision"):
        three.pristina.exchange.liaison.answer_consent(asked, decision, None, who="b.gashi")


def test_only_a_consent_request_can_be_answered(three: Three) -> None:
    three.supply()
    ref = three.london.exchange.incoming()[-1].id
    with pytest.raises(SchemaError):
        three.london.exchange.liaison.answer_consent(ref, "yes", None, who="s.hall")


def test_nobody_consents_for_another_originator_that_has_not_consented_itself(three: Three) -> None:
    facts = three.supply()
    three.answer(three.ask(facts), "yes")
    sent = three.onward(facts)
    three.run()
    in_belgrade = three.facts_of(three.belgrade, sent.id or MessageId(""))
    (sending,) = three.belgrade.exchange.liaison.ask_consent(
        in_belgrade, StateCode("ME"), who="m.ilic", purpose="oic", reason="joint"
    )
    three.run()
    with pytest.raises(NoBasisError, match="XK has not consented"):
        three.london.exchange.liaison.answer_consent(sending.id or MessageId(""), "yes", None, who="s.hall")
    three.london.exchange.liaison.answer_consent(sending.id or MessageId(""), "no", None, who="s.hall")


def test_a_yes_that_its_originator_has_taken_back_is_not_passed_on(three: Three) -> None:
    facts = three.supply()
    three.answer(three.ask(facts), "yes")
    sent = three.onward(facts)
    for decision in ("yes", "no"):
        (asking,) = three.london.exchange.liaison.ask_consent(
            facts, StateCode("ME"), who="o.reed", purpose="oic", reason="joint"
        )
        three.run()
        three.answer(asking.id or MessageId(""), decision)
    in_belgrade = three.facts_of(three.belgrade, sent.id or MessageId(""))
    (asked,) = three.belgrade.exchange.liaison.ask_consent(
        in_belgrade, StateCode("ME"), who="m.ilic", purpose="oic", reason="joint"
    )
    three.run()
    with pytest.raises(NoBasisError, match="XK has not consented"):
        three.london.exchange.liaison.answer_consent(asked.id or MessageId(""), "yes", None, who="s.hall")


def test_a_yes_to_one_purpose_is_not_passed_on_as_a_yes_to_another(three: Three) -> None:
    facts = three.supply()
    three.answer(three.ask(facts), "yes")
    sent = three.onward(facts)
    (asking,) = three.london.exchange.liaison.ask_consent(
        facts, StateCode("ME"), who="o.reed", purpose="oic", reason="joint"
    )
    three.run()
    three.answer(asking.id or MessageId(""), "yes")
    in_belgrade = three.facts_of(three.belgrade, sent.id or MessageId(""))
    asked = {
        purpose: three.belgrade.exchange.liaison.ask_consent(
            in_belgrade, StateCode("ME"), who="m.ilic", purpose=purpose, reason="joint"
        )[0]
        for purpose in ("oic", "trafficking")
    }
    three.run()
    three.london.exchange.liaison.answer_consent(asked["oic"].id or MessageId(""), "yes", None, who="s.hall")
    with pytest.raises(NoBasisError, match="XK has not consented"):
        three.london.exchange.liaison.answer_consent(
            asked["trafficking"].id or MessageId(""), "yes", None, who="s.hall"
        )


GLASS = BreakGlass(reason="people in the hold", threat="immediate-serious")


def test_break_glass_waits_for_somebody_else_to_answer_for_it(three: Three) -> None:
    facts = three.supply(handling=("P",))
    held = three.onward(facts, break_glass=GLASS)
    assert (held.is_queued, held.judgement.rule) == (False, "break-glass")
    own = three.london.exchange.approve(held.id or MessageId(""), who="o.reed", role="break-glass")
    assert not own.is_queued


def test_break_glass_tells_the_originator_in_the_same_transaction(tmp_path: Path) -> None:
    three = make_three(tmp_path, never=())
    world, london, pristina = three.world, three.london, three.pristina
    facts = three.supply()
    held = three.onward(facts, break_glass=GLASS)
    sending = london.exchange.approve(held.id or MessageId(""), who="s.hall", role="break-glass")
    assert sending.is_queued
    assert sending.judgement.obligations[-1] == "notice:XK"
    assert [row.kind for row in london.exchange.outgoing()][-2:] == ["spontaneous", "notice"]
    three.run()
    row = pristina.exchange.incoming()[-1]
    _, notice = pristina.exchange.show(row.id)
    assert notice is not None
    assert (notice.reason, notice.approver, notice.case_references) == ("people in the hold", "s.hall", (sending.id,))
    assert (notice.consents[0].receiver, notice.consents[0].facts) == ("RS", ("rec-x/0",))
    assert pristina.events("notice")[0].detail == {"to": "RS", "facts": 1}
    world.close()


@pytest.mark.parametrize("carried", ["the fact", "a finding on it", "both", "a finding on it and on ours"])
def test_a_notice_names_what_was_passed_on_itself_or_beneath_a_finding(three: Three, carried: str) -> None:
    (passed,) = three.supply()
    below = (passed, "rec-ours/0") if carried.endswith("ours") else (passed,)
    facts = {"f1": fact(origin="UK"), "find-1": fact(prop="summary", origin="UK", evidence=below)}
    if carried in {"the fact", "both"}:
        facts[passed] = fact(origin="XK")
    if carried == "the fact":
        del facts["find-1"]
    told = message(sender=LONDON, facts=facts, break_glass=GLASS)
    with three.london.store.snapshot() as snapshot:
        (notice,) = notices(snapshot, told, MessageId("m-1"), StateCode("XK"))
        assert (notice.recipient, notice.consents[0].facts) == (PRISTINA, ("rec-x/0",))
        assert notices(snapshot, told, MessageId("m-1"), RS) == []


def test_the_day_of_the_consent_is_a_day(three: Three) -> None:
    asked = three.ask(three.supply())
    with pytest.raises(SchemaError):
        three.pristina.exchange.liaison.answer_consent(asked, "yes", "soon", who="b.gashi")
