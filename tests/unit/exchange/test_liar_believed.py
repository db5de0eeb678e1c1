"""What a partner says beyond its own word is taken, noted as doubted, and changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import NoBasisError
from headwater.exchange.consents import answer
from headwater.exchange.envelope import Lane, Sealed, read
from headwater.model.canonical import encode
from headwater.model.ids import AuthorityId, BlobHash, StateCode
from headwater.model.message import Amend, Consent, FileRef, Kind, Message
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, fact, message
from tests.liar_world import Liar, asked_of, bare, consent_of, done_of, doubted, named_in, sent_to, true


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    made = Liar(tmp_path_factory.mktemp("liar"))
    yield made
    made.world.close()


def test_an_answer_counts_for_an_amend_that_its_sender_was_asked_for_and_in_its_own_name(liar: Liar) -> None:
    own, others = asked_of(liar, LONDON), asked_of(liar, PRISTINA)
    for lie in (
        (done_of("0195566a-0000-7000-8000-000000000001"),),
        (done_of(others),),
        (done_of(others, PRISTINA),),
        (done_of(own, PRISTINA),),
        (),
    ):
        doubted(liar, bare(Kind.AMEND_DONE, thread=own, done=lie), "amend-doubted")
    states = {holder.asked.message: holder.state for holder in liar.belgrade.exchange.liaison.holders()}
    assert (states[own], states[others]) == ("open", "open")
    assert liar.hand(liar.seal(bare(Kind.AMEND_DONE, thread=own, done=(done_of(own),)))) == ["stored"]
    states = {holder.asked.message: holder.state for holder in liar.belgrade.exchange.liaison.holders()}
    assert (states[own], states[others]) == ("open", "open")  # of the facts that it was asked about it has said nothing
    whole = done_of(own, facts=named_in(liar, own))
    assert liar.hand(liar.seal(bare(Kind.AMEND_DONE, thread=own, done=(whole,)))) == ["stored"]
    states = {holder.asked.message: holder.state for holder in liar.belgrade.exchange.liaison.holders()}
    assert (states[own], states[others]) == ("done", "open")


def test_a_recall_is_done_only_once_nobody_below_waits_and_a_late_answer_says_no_more(liar: Liar) -> None:
    asked = asked_of(liar, LONDON)

    def state() -> str:
        return next(one.state for one in liar.belgrade.exchange.liaison.holders() if one.asked.message == asked)

    first, last = next(liar.numbers), next(liar.numbers)
    done = done_of(asked, facts=named_in(liar, asked))
    waiting = structs.replace(done, waits_for=(AuthorityId("ME-MUP"),))
    below = structs.replace(done_of(asked, AuthorityId("ME-MUP")), waits_for=(AuthorityId("AL-MB"),))
    for said in ((waiting,), (done, below)):
        assert liar.hand(liar.seal(bare(Kind.AMEND_DONE, done=said))) == ["stored"]
        assert state() == "open"
    last = next(liar.numbers)
    assert liar.hand(liar.seal(bare(Kind.AMEND_DONE, done=(done,)), seq=last)) == ["stored"]
    assert state() == "done"
    assert liar.hand(liar.seal(bare(Kind.AMEND_DONE, done=(waiting,)), seq=first)) == ["stored"]
    assert state() == "done"


def test_nobody_amends_what_is_not_its_own_and_what_was_never_here_is_not_held(liar: Liar) -> None:
    foreign = fact(origin="XK", entity="xk/1", value="Foreign Body")
    name = f"rec-{next(liar.numbers)}"
    assert liar.hand(liar.seal(true(facts={f"{name}/0": foreign}))) == ["stored"]
    before = liar.kept()
    for action in ("erase", "restrict", "rectify", "regrade"):
        told = bare(Kind.AMEND, amend=Amend(action=action, facts=(f"{name}/0",)))
        assert liar.hand(liar.seal(told)) == ["refused:amend-owner"]
    assert liar.kept() == before
    told = bare(Kind.AMEND, amend=Amend(action="erase", facts=("rec-never/0",)))
    assert liar.hand(liar.seal(told)) == ["stored"]
    answered = liar.belgrade.exchange.outgoing()[-1]
    sent = liar.belgrade.exchange.sent(answered.id)
    assert sent is not None
    assert (answered.peer, sent.done[0].results) == (LONDON, {"rec-never/0": "not-held"})


def test_a_consent_counts_for_facts_that_its_sender_brought_in_its_own_states_name(liar: Liar) -> None:
    name, other = f"rec-{next(liar.numbers)}/0", f"rec-{next(liar.numbers)}/0"
    foreign = fact(origin="XK", entity="xk/2", value="Other Body")
    assert liar.hand(liar.seal(true(facts={name: fact(value="Own Body"), other: foreign}))) == ["stored"]
    for lie in (
        consent_of(("rec-never/0",)),
        consent_of((other,)),
        consent_of((other,), giver=StateCode("XK")),
        consent_of((name,), giver=StateCode("XK")),
        consent_of((name,), giver=StateCode("RS")),
        consent_of((name,), decision="asked"),
        consent_of((name,), decision="break-glass"),
        consent_of((other,), giver=StateCode("XK"), decision="maybe"),
    ):
        doubted(liar, bare(Kind.CONSENT, consents=(lie,)), "consent-doubted")
    seen = liar.events("consent-recorded")
    assert liar.hand(liar.seal(bare(Kind.CONSENT, consents=(consent_of((name, other)),)))) == ["stored"]
    assert liar.events("consent-recorded") == seen + 1
    assert liar.belgrade.events("consent-recorded")[-1].detail["facts"] == 1
    assert liar.hand(
        liar.seal(bare(Kind.CONSENT, consents=(consent_of((other,), giver=StateCode("XK"), decision="no"),)))
    ) == ["stored"]
    assert liar.events("consent-recorded") == seen + 2


def test_a_later_word_counts_about_what_its_sender_was_sent(liar: Liar) -> None:
    own, others = sent_to(liar, LONDON), sent_to(liar, PRISTINA)
    for thread, word in ((others, "read"), (own, "seen"), (own, None), ("never", "read"), (None, "read")):
        doubted(liar, bare(Kind.RECEIPT, thread=thread, result=word), "word-doubted")
    for word in ("read", "read", "acted"):
        assert liar.hand(liar.seal(bare(Kind.RECEIPT, thread=own, result=word))) == ["stored"]
    assert [each.word for each in liar.belgrade.exchange.told_of(own)] == ["read", "acted"]
    assert liar.belgrade.exchange.told_of(others) == ()


def test_only_whoever_was_asked_answers_a_request_and_only_whoever_asked_stops_its_own_clock(liar: Liar) -> None:
    ref = sent_to(liar, PRISTINA, kind=Kind.REQUEST, reason="who", facts={})
    for lane in Lane:
        liar.belgrade.bring(PRISTINA, lane)

    def state() -> str:
        return next(one.state for one in liar.belgrade.exchange.liaison.requests() if one.id == ref)

    assert state() == "open"
    for result in ("full", "none", "clarify", "refused", "partial"):
        answer = true(kind=Kind.RESPONSE, thread=ref, result=result, text="Which one?", reason="interests")
        assert liar.hand(liar.seal(answer)) == ["stored"]
        assert state() == "open"
    reply = message(
        kind=Kind.RESPONSE,
        sender=PRISTINA,
        recipient=BELGRADE,
        agreement="A-XK-RS",
        thread=ref,
        result="none",
        facts={},
    )
    assert liar.pristina.exchange.send(reply, who="b.gashi").is_queued
    liar.pristina.bring(BELGRADE)
    assert state() == "answered"


def test_a_number_and_a_name_are_used_once(liar: Liar) -> None:
    number = next(liar.numbers)
    first = liar.seal(true(text="first"), seq=number)
    assert liar.hand(first) == ["stored"]
    assert liar.hand(first) == ["stored"]
    sealed = read(first)
    assert isinstance(sealed, Sealed)
    rows = len(liar.belgrade.exchange.incoming())
    assert liar.hand(liar.seal(true(text="second"), seq=number)) == ["refused:replay"]
    assert liar.hand(liar.seal(true(text="second"), id=sealed.header.id)) == ["refused:equivocation"]
    assert liar.hand(liar.seal(true(text="first"), id=sealed.header.id, seq=number)) == ["refused:equivocation"]
    assert len(liar.belgrade.exchange.incoming()) == rows
    codes = {(alarm.code, alarm.about) for alarm in liar.belgrade.exchange.syncing.alarms()}
    assert codes == {("trust.rollback", LONDON), ("trust.equivocation", LONDON)}
    assert liar.belgrade.exchange.syncing.clear(LONDON, who="m.ilic", reason="asked") == 2


def test_a_yes_is_passed_on_for_the_originator_the_state_and_the_purpose_that_it_names(liar: Liar) -> None:
    name, terms = f"rec-{next(liar.numbers)}/0", "A-XK-RS"
    of_xk = {"sender": PRISTINA, "recipient": BELGRADE, "agreement": terms}
    told = message(**of_xk, facts={name: fact(origin="XK", entity="xk/9", value="Some One")})
    yes = consent_of((name,), giver=StateCode("XK"))
    said = Message(kind=Kind.CONSENT, purpose="oic", classification="NONE", consents=(yes,), **of_xk)  # type: ignore[arg-type]
    for each in (told, said):
        assert liar.pristina.exchange.send(each, who="b.gashi").is_queued
        liar.pristina.bring(BELGRADE)
    ref = liar.belgrade.exchange.incoming()[-2].id

    def asked(purpose: str = "oic", **changes: Any) -> list[Consent]:
        with liar.belgrade.store.snapshot() as snapshot:
            (record,) = snapshot.born_of(ref)
            values = {"facts": (f"{record}/0",), "giver": StateCode("XK"), **changes}
            wish = consent_of(decision="asked", **values)
            request = structs.replace(bare(Kind.CONSENT_REQUEST, consents=(wish,)), purpose=purpose)
            return list(answer(snapshot, request, ref, "yes", None, BELGRADE, _never).consents)

    assert [(each.decision, each.giver, each.receiver, each.purposes) for each in asked()] == [
        ("yes", "XK", "ME", ("oic",))
    ]
    for changes in (
        {"giver": StateCode("UK")},
        {"giver": StateCode("ME")},
        {"receiver": StateCode("AL")},
        {"purpose": "trafficking"},
        {"facts": ("rec-never/0",)},
    ):
        with pytest.raises(NoBasisError):
            asked(**changes)


def _never(_: Consent) -> Any:
    raise AssertionError("it is not ours to say")


def test_a_file_that_never_came_takes_nothing_along_when_it_is_taken_back(liar: Liar) -> None:
    digest = liar.belgrade.store.put_blob(b"rec-1\nrec-2")  # as of a list whose publisher gives it to everybody
    liar.belgrade.store.write(lambda tx: tx.put_document("list", "uk_sanctions", encode({"digest": digest})))
    name = f"rec-{next(liar.numbers)}/0"
    file = FileRef(fact=name, name="x", size=1, sha256=digest, key="ab" * 32, chunks=(BlobHash("cd" * 32),))
    assert liar.hand(liar.seal(true(facts={name: fact(value="Some Name")}, files=(file,)))) == ["stored"]
    assert liar.hand(liar.seal(bare(Kind.AMEND, amend=Amend(action="erase", facts=(name,))))) == ["stored"]
    liar.belgrade.exchange.tend()
    with liar.belgrade.store.snapshot() as snapshot:
        assert snapshot.blob_bytes(digest) == b"rec-1\nrec-2"
