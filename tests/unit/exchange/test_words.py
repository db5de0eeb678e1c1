"""What is done further down in an originator's name is done on its own signed word, and on nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from headwater.errors import NoBasisError
from headwater.exchange import consents, words
from headwater.exchange.suite import is_signed
from headwater.exchange.words import Spoken, consent_terms, speak
from headwater.model.ids import FactId, MessageId, StateCode
from headwater.model.message import Amend, Consent, Kind, Message, MessageFact, Word
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, TERMS, fact
from tests.three_world import RS, Three, make_three
from tests.unit.exchange.test_amends import NAME, amend, holders, spread, values

pytestmark = pytest.mark.slow

XK, ME = StateCode("XK"), StateCode("ME")


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = make_three(tmp_path)
    yield made
    made.world.close()


def forwarded(three: Three) -> Amend:
    """The amend that London sent on to Belgrade."""
    row = next(row for row in three.london.exchange.outgoing() if (row.kind, row.peer) == ("amend", BELGRADE))
    sent = three.london.exchange.sent(row.id)
    assert sent is not None
    assert sent.amend is not None
    return sent.amend


def tell_belgrade(three: Three, asked: Amend) -> str:
    """Let London, whatever its own rules say, send an amend to Belgrade; return what Belgrade's receipt says."""
    told = Message(kind=Kind.AMEND, sender=LONDON, recipient=BELGRADE, agreement=TERMS, amend=asked)
    outbox = three.london.exchange._outbox
    ref = outbox.new_id()
    three.london.store.write(lambda tx: outbox.queue(tx, told, ref, "mallory"))
    three.run()
    return next(row.state for row in three.london.exchange.outgoing() if row.id == ref)


def test_a_recall_that_is_passed_on_carries_the_originators_own_word(three: Three) -> None:
    facts, *_ = spread(three)
    amend(three, "erase", facts)
    (word,) = forwarded(three).words
    assert (word.about, word.origin, word.terms) == ("amend", "XK", ("erase",))
    assert set(facts) <= set(word.facts)
    assert NAME not in values(three.belgrade)


@pytest.mark.parametrize("action", ["erase", "restrict"])
def test_a_supplier_cannot_recall_a_third_states_fact_without_its_word(three: Three, action: str) -> None:
    _, in_london, _ = spread(three)
    assert tell_belgrade(three, Amend(action=action, facts=tuple(in_london))) == "refused"
    assert NAME in values(three.belgrade)
    assert three.belgrade.events("refused")[-1].detail["code"] == "amend-owner"
    assert three.london.events("refused")[-1].detail["result"] == "refused:amend-owner"


def test_a_supplier_cannot_sign_the_word_itself(three: Three) -> None:
    facts, in_london, _ = spread(three)
    seeds = three.london.keys.signing_seeds.values()
    word = speak(seeds, "amend", ("erase",), facts, XK, three.world.clock.now())
    assert tell_belgrade(three, Amend(action="erase", facts=tuple(in_london), words=(word,))) == "refused"
    assert NAME in values(three.belgrade)


def test_a_supplier_cannot_bind_a_fact_anew_by_sending_it_again(three: Three) -> None:
    facts, in_london, _ = spread(three)
    ours = next(iter(three.london.keys.signing_public())).hex()
    again = {
        name: structs.replace(each, origin_key=ours)
        for name, each in three.london.exchange.facts(in_london[0].partition("/")[0], TERMS).items()  # type: ignore[arg-type]
    }
    told = Message(
        kind=Kind.SPONTANEOUS,
        sender=LONDON,
        recipient=BELGRADE,
        agreement=TERMS,
        purpose="oic",
        classification="OFFICIAL",
        facts=again,
    )
    outbox = three.london.exchange._outbox
    three.london.store.write(lambda tx: outbox.queue(tx, told, outbox.new_id(), "mallory"))
    word = speak(three.london.keys.signing_seeds.values(), "amend", ("erase",), facts, XK, three.world.clock.now())
    assert tell_belgrade(three, Amend(action="erase", facts=tuple(in_london), words=(word,))) == "refused"


def test_a_word_to_restrict_erases_nothing_and_a_word_about_one_fact_is_none_about_another(three: Three) -> None:
    facts, in_london, _ = spread(three)
    amend(three, "restrict", facts[:1])
    (word,) = forwarded(three).words
    for asked in (
        Amend(action="erase", facts=tuple(in_london[:1]), words=(word,)),
        Amend(action="restrict", facts=tuple(in_london[1:]), words=(word,)),
    ):
        assert tell_belgrade(three, asked) == "refused"


def test_a_word_with_anything_changed_is_none() -> None:
    seed = bytes(32)
    word = speak([seed], "amend", ("erase",), ("rec-1/0", "rec-1/1"), XK, START)
    given = fact(origin="XK", origin_key=word.signed[0].key, origin_name="rec-1/0")
    assert Spoken([word]).is_amended(given, "erase")
    changed: list[Word] = [
        structs.replace(word, at="2026-11-25T08:30:01Z"),
        structs.replace(word, terms=("erase", "")),
        structs.replace(word, facts=("rec-1/0",)),
        structs.replace(word, facts=("rec-1/0rec-1/1",)),
        structs.replace(word, origin=RS),
        structs.replace(word, about="consent"),
        structs.replace(word, signed=()),
    ]
    assert not any(Spoken([each]).is_amended(given, "erase") for each in changed)
    for other in (
        structs.replace(given, origin_name="rec-1/2"),
        structs.replace(given, origin=RS),
        structs.replace(given, origin_key=None),
        structs.replace(given, origin_key="ab" * 32),
    ):
        assert not Spoken([word]).is_amended(other, "erase")


def test_a_correction_arrives_further_down_as_an_erasure_on_the_same_word() -> None:
    word = speak([bytes(32)], "amend", ("rectify",), ("rec-1/0",), XK, START)
    given = fact(origin="XK", origin_key=word.signed[0].key, origin_name="rec-1/0")
    assert Spoken([word]).is_amended(given, "erase")
    assert not Spoken([word]).is_amended(given, "restrict")


def test_what_went_out_before_a_key_was_changed_is_recalled_after(three: Three) -> None:
    facts, *_ = spread(three)
    three.pristina.exchange.new_key("signing")
    old = next(iter(three.pristina.keys.signing_seeds))
    three.pristina.exchange.make_card(
        "Pristina", [three.pristina.endpoint], three.pristina.home / "roots", who="e", revoke=[old]
    )
    three.london.exchange.add_partner([three.pristina.exchange.card_bytes()], [], who="e")
    amend(three, "erase", facts)
    assert NAME not in values(three.belgrade)
    assert holders(three.pristina)[0].state == "done"


def test_what_a_fact_is_bound_to_is_what_is_recorded_and_not_what_its_writer_says(three: Three) -> None:
    facts = three.supply(onward=("RS",))
    lie = {
        name: structs.replace(each, origin_key="ab" * 32, origin_name="rec-lie/0")
        for name, each in three.london.exchange.facts(facts[0].partition("/")[0], TERMS).items()  # type: ignore[arg-type]
    }
    sent = three.london.exchange.send(
        Message(
            kind=Kind.SPONTANEOUS,
            recipient=BELGRADE,
            agreement=TERMS,
            purpose="oic",
            classification="OFFICIAL",
            author="o.reed",
            approver="s.hall",
            facts=lie,
        ),
        who="o.reed",
    )
    (gone,) = sent.message.facts.values()
    assert gone.origin_name == "rec-x/0"
    assert gone.origin_key == three.pristina.exchange.card().card.signing[0].key


# Consents


def ask_on(three: Three) -> tuple[list[FactId], MessageId, MessageId]:
    """Take a fact to Belgrade, which asks London whether it may go on to Montenegro; London asks Pristina."""
    facts = three.supply()
    three.answer(three.ask(facts), "yes")
    sent = three.onward(facts)
    three.run()
    in_belgrade = three.facts_of(three.belgrade, sent.id or MessageId(""))
    (asked,) = three.belgrade.exchange.liaison.ask_consent(in_belgrade, ME, who="m.ilic", purpose="oic", reason="joint")
    (above,) = three.london.exchange.liaison.ask_consent(facts, ME, who="o.reed", purpose="oic", reason="joint")
    three.run()
    return in_belgrade, asked.id or MessageId(""), above.id or MessageId("")


def recorded(three: Three, facts: list[FactId]) -> list[str]:
    with three.belgrade.store.snapshot() as snapshot:
        kept = consents._kept(snapshot, facts[0].partition("/")[0])
    return [each.consent.decision for each in kept]


def test_a_consent_that_is_relayed_counts_by_the_originators_own_word(three: Three) -> None:
    in_belgrade, asked, above = ask_on(three)
    with pytest.raises(NoBasisError):
        three.london.exchange.liaison.answer_consent(asked, "yes", None, who="s.hall")
    three.answer(above, "yes", "2027-03-01")
    three.london.exchange.liaison.answer_consent(asked, "yes", None, who="s.hall")
    three.run()
    assert recorded(three, in_belgrade) == ["yes"]
    assert three.belgrade.events("consent-doubted") == []


def test_a_consent_that_the_supplier_made_up_is_doubted_and_its_no_is_heeded(three: Three) -> None:
    in_belgrade, asked, _ = ask_on(three)
    request = three.belgrade.exchange.sent(asked)
    assert request is not None
    made_up = structs.replace(request.consents[0], decision="yes", ref=asked)
    word = speak(
        three.london.keys.signing_seeds.values(),
        "consent",
        ("onward", "yes", "ME", "", "oic"),
        ("rec-x/0",),
        XK,
        three.world.clock.now(),
    )
    for consent in (made_up, structs.replace(made_up, words=(word,))):
        say(three, consent)
    assert recorded(three, in_belgrade) == []
    assert len(three.belgrade.events("consent-doubted")) == 2
    three.london.exchange.liaison.answer_consent(asked, "no", None, who="s.hall")
    three.run()
    assert recorded(three, in_belgrade) == ["no"]


def test_a_supplier_that_consents_in_its_own_name_to_anothers_fact_is_doubted(three: Three) -> None:
    in_belgrade, asked, _ = ask_on(three)
    request = three.belgrade.exchange.sent(asked)
    assert request is not None
    say(three, structs.replace(request.consents[0], giver=StateCode("UK"), decision="yes", ref=asked))
    assert recorded(three, in_belgrade) == []
    assert len(three.belgrade.events("consent-doubted")) == 1


def test_a_yes_that_is_older_than_what_stands_cannot_be_shown_again(three: Three) -> None:
    """Whoever passes words on may keep one; it is worth nothing once its originator has said something else."""
    in_belgrade, asked, above = ask_on(three)
    liaison = three.london.exchange.liaison

    def later(decision: str, until: str | None = None) -> Consent:
        three.world.clock.move(timedelta(hours=1))
        three.answer(above, decision, until)
        liaison.answer_consent(asked, decision, None, who="s.hall")
        three.run()
        row = [row for row in three.london.exchange.outgoing() if row.kind == Kind.CONSENT][-1]
        sent = three.london.exchange.sent(row.id)
        assert sent is not None
        return sent.consents[0]

    long, short = later("yes", "2028-03-01"), later("yes", "2026-12-31")
    assert recorded(three, in_belgrade) == ["yes", "yes"]
    say(three, short)  # the same word again says the same
    assert recorded(three, in_belgrade) == ["yes"] * 3
    say(three, long)
    assert recorded(three, in_belgrade) == ["yes"] * 3
    later("no")
    for again in (long, short):
        say(three, again)
    assert recorded(three, in_belgrade) == [*["yes"] * 3, "no"]
    assert len(three.belgrade.events("consent-doubted")) == 3
    later("yes", "2027-01-31")
    assert recorded(three, in_belgrade)[-1] == "yes"


def test_a_yes_is_as_old_as_its_word_and_a_no_as_old_as_its_coming(three: Three) -> None:
    in_belgrade, asked, _ = ask_on(three)
    request = three.belgrade.exchange.sent(asked)
    assert request is not None
    now, seeds = three.world.clock.now(), list(three.pristina.keys.signing_seeds.values())

    def said(decision: str, until: str, hours_ago: float) -> Consent:
        made = structs.replace(request.consents[0], decision=decision, until=until, ref=asked)
        at = now - timedelta(hours=hours_ago)
        return structs.replace(made, words=(speak(seeds, "consent", consent_terms(made), ("rec-x/0",), XK, at),))

    say(three, said("yes", "2027-01-31", 3))
    say(three, said("yes", "2027-02-28", 2))  # both came late, in their order
    assert recorded(three, in_belgrade) == ["yes", "yes"]
    say(three, said("no", "2027-02-28", 9))
    say(three, said("yes", "2027-03-31", 1))
    assert recorded(three, in_belgrade) == ["yes", "yes", "no"]
    assert len(three.belgrade.events("consent-doubted")) == 1


def test_what_is_neither_yes_nor_no_takes_no_words_place(three: Three) -> None:
    in_belgrade, asked, _ = ask_on(three)
    request = three.belgrade.exchange.sent(asked)
    assert request is not None
    for decision in ("asked", "break-glass", "maybe", ""):
        say(three, structs.replace(request.consents[0], decision=decision))
    assert recorded(three, in_belgrade) == []
    assert len(three.belgrade.events("consent-doubted")) == 4


def say(three: Three, consent: Consent) -> None:
    told = Message(
        kind=Kind.CONSENT,
        recipient=BELGRADE,
        agreement=TERMS,
        purpose="oic",
        classification="NONE",
        consents=(consent,),
    )
    assert three.london.exchange.send(told, who="mallory").is_queued
    three.run()


# What housekeeping carries


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.AMEND_DONE, Kind.PING, Kind.CHECKPOINT, Kind.RECEIPT, Kind.CARD])
@pytest.mark.parametrize("content", [{"facts": {"f1": fact()}}, {"text": "Marko Markovski is in Dover"}])
def test_housekeeping_carries_no_intelligence_past_the_rules(
    three: Three, kind: Kind, content: dict[str, object]
) -> None:
    told = Message(kind=kind, sender=LONDON, recipient=BELGRADE, agreement=TERMS, **content)  # type: ignore[arg-type]
    sending = three.london.exchange.send(told, who="mallory")
    assert not sending.is_queued
    assert sending.judgement.rule == "unexpected-content"
    outbox = three.london.exchange._outbox
    ref = outbox.new_id()
    three.london.store.write(lambda tx: outbox.queue(tx, told, ref, "mallory"))
    three.run()
    assert next(row.state for row in three.london.exchange.outgoing() if row.id == ref) == "refused"
    assert three.belgrade.events("refused")[-1].detail["code"] == "unexpected-content"
    assert values(three.belgrade) == []


def test_a_fact_without_its_originators_key_is_an_ordinary_one() -> None:
    assert MessageFact(prop="name", origin=XK).origin_key is None


def test_a_word_about_many_facts_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(f"rec-1/{place}" for place in range(1000))
    word = speak([bytes(32)], "amend", ("erase",), names, XK, START)
    checked: list[bytes] = []

    def counted(key: bytes, signature: bytes, message: bytes) -> bool:
        checked.append(key)
        return is_signed(key, signature, message)

    monkeypatch.setattr(words, "is_signed", counted)
    spoken = Spoken([word])
    given = fact(origin="XK", origin_key=word.signed[0].key)
    assert all(spoken.is_amended(structs.replace(given, origin_name=name), "erase") for name in names)
    assert not spoken.is_amended(structs.replace(given, origin_name="rec-1/0", origin_key="ab" * 32), "erase")
    assert len(checked) == 1
