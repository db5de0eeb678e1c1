"""Recall: every holder does what the originator wants, or says why not, and proves it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, KeyTrustError, PolicyError
from headwater.exchange.amends import ASKED, BELOW, OWN, Asked, Unsettled, _below
from headwater.exchange.drafts import DRAFT
from headwater.exchange.envelope import MAX_ENVELOPE
from headwater.exchange.liaison import Holder
from headwater.exchange.outbox import Outbox
from headwater.exchange.partners import State
from headwater.model.canonical import decode, encode
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, FactId, MessageId, RecordId
from headwater.model.message import Amend, Done, Kind, Message
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.times import format_instant
from headwater.policy.agreement import AgreementState
from headwater.store import Transaction
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, message
from tests.three_world import XK_TERMS, Three, make_three

pytestmark = pytest.mark.slow

NAME, PHONE = "Wrongly Accused", "+38344000001"


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = make_three(tmp_path)
    yield made
    made.world.close()


def report(name: str = NAME, *, number: int = 1, amends: RecordId | None = None) -> Record:
    person = EntityKey(f"xk/person/{number}")
    return Record(
        origin=Origin(PRISTINA, "report", place=str(number)),
        handling=Handling(codes=frozenset({"P"}), markings=frozenset({"OFFICIAL"})),
        mentions=(Mention(person, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(person, "name", name), Fact(person, "phone", PHONE)),
        grade=parse_grade("4x4:A/1"),
        amends=amends,
    )


def own(node: Node, record: Record) -> list[FactId]:
    node.store.write(lambda tx: tx.add_record(record))
    return [number for number, _ in record.numbered()]


def tell(three: Three, facts: list[FactId]) -> MessageId:
    """Pristina tells London of facts of its own."""
    found = three.pristina.exchange.facts(RecordId(facts[0].partition("/")[0]), XK_TERMS)
    given = {name: each for name, each in found.items() if name in facts}
    told = message(sender=PRISTINA, recipient=LONDON, agreement=XK_TERMS, facts=given, text=f"About {NAME}.")
    sending = three.pristina.exchange.send(told, who="a.krasniqi")
    assert sending.is_queued, sending.judgement
    three.run()
    return sending.id or MessageId("")


def spread(three: Three) -> tuple[list[FactId], list[FactId], list[FactId]]:
    """Take two facts from Pristina to London and, with consent, to Belgrade; return their names at each."""
    facts = own(three.pristina, report())
    in_london = three.facts_of(three.london, tell(three, facts))
    three.answer(three.ask(in_london), "yes")
    passed = three.onward(in_london)
    three.run()
    return facts, in_london, three.facts_of(three.belgrade, passed.id or MessageId(""))


def amend(three: Three, action: str, facts: list[FactId], **more: list[FactId]) -> None:
    asked = Amend(action=action, facts=tuple(facts), reason="it was another person")
    three.pristina.exchange.liaison.amend(asked, who="a.krasniqi", purpose="oic", replacements=more.get("by", []))
    three.run()


def values(node: Node) -> list[str]:
    with node.store.snapshot() as snapshot:
        return [fact.value for record in snapshot.records() for fact in record.facts]


def holders(node: Node) -> list[Holder]:
    return node.exchange.liaison.holders()


def closed_file(node: Node) -> bytes:
    node.store.close()
    return (node.home / "store.sqlite").read_bytes()


def test_an_erasure_runs_through_every_holder_and_each_proves_it(three: Three) -> None:
    facts, *_ = spread(three)
    assert all(NAME in values(node) for node in three.world.nodes)
    amend(three, "erase", facts[:1])
    assert [values(node) for node in three.world.nodes] == [[PHONE]] * 3
    (holder,) = holders(three.pristina)
    assert holder.state == "done"
    assert holder.answer is not None
    at_london, at_belgrade = holder.answer.done
    assert (at_london.holder, at_london.results, at_london.waits_for) == (LONDON, {facts[0]: "erased"}, ())
    assert (at_belgrade.holder, list(at_belgrade.results.values())) == (BELGRADE, ["erased"])
    for node, done in ((three.london, at_london), (three.belgrade, at_belgrade)):
        with node.store.snapshot() as snapshot:
            event = snapshot.leaf(done.log_index).event
        assert event is not None
        assert (event.kind, event.subject) == ("exchange.amended", done.amend)
    assert [node.store.check() for node in three.world.nodes] == [[], [], []]


def test_a_holder_that_says_as_much_as_an_envelope_holds_keeps_nobody_elses_word_from_going_up(three: Three) -> None:
    facts, *_ = spread(three)
    three.world.wires.cut.add(three.belgrade.endpoint)
    amend(three, "erase", facts[:1])
    (asked,) = (row.id for row in three.london.exchange.outgoing() if row.kind == Kind.AMEND)
    said = {f"{number:060000}": "erased" for number in range(MAX_ENVELOPE // 60_013)}
    word = Done(amend=asked, holder=BELGRADE, at=format_instant(three.world.clock.now()), log_index=1, results=said)
    told = Message(kind=Kind.AMEND_DONE, sender=BELGRADE, recipient=LONDON, agreement=TERMS, thread=asked, done=(word,))
    said["x" * (MAX_ENVELOPE - 2100 - len(encode(told)))] = "erased"
    outbox, ref = three.belgrade.exchange._outbox, three.belgrade.exchange._outbox.new_id()
    three.belgrade.store.write(lambda tx: outbox.queue(tx, told, ref, "liar"))
    three.run()
    assert {row.id: row.state for row in three.belgrade.exchange.outgoing()}[ref] == "receipted"
    (holder,) = holders(three.pristina)
    assert (holder.state, holder.answer is not None and holder.answer.done[0].waits_for) == ("open", (BELGRADE,))


def test_facts_that_went_on_in_several_messages_are_called_back_in_one(three: Three) -> None:
    facts: list[FactId] = []
    for number in (1, 2):
        told = own(three.pristina, report(number=number))
        in_london = three.facts_of(three.london, tell(three, told))
        three.answer(three.ask(in_london), "yes")
        three.onward(in_london)
        three.run()
        facts += told
    assert len(values(three.belgrade)) == len(facts)
    amend(three, "erase", facts)
    assert [values(node) for node in three.world.nodes] == [[], [], []]
    assert holders(three.pristina)[0].state == "done"


@pytest.mark.sqlite
def test_the_bytes_are_gone_at_every_holder(three: Three) -> None:
    facts, *_ = spread(three)
    amend(three, "erase", facts)
    for node in three.world.nodes:
        assert NAME.encode() not in closed_file(node), node.me


def test_a_draft_that_waits_loses_what_was_erased_in_every_version(three: Three) -> None:
    facts, in_london, _ = spread(three)
    held = three.onward(in_london, approver="")
    assert [draft.id for draft in three.london.exchange.drafts()] == [held.id]
    amend(three, "erase", facts[:1])
    [draft] = three.london.exchange.drafts()
    assert [fact.value for fact in draft.message.facts.values()] == [PHONE]
    with three.london.store.snapshot() as snapshot:
        bodies = [body for _, body in snapshot.versions(DRAFT, held.id or "")]
    assert bodies
    assert not any(NAME.encode() in body for body in bodies)


def test_the_answer_is_kept_as_the_holder_signed_it(three: Three) -> None:
    facts, *_ = spread(three)
    amend(three, "erase", facts)
    (holder,) = holders(three.pristina)
    assert holder.answer is not None
    with three.pristina.store.snapshot() as snapshot:
        proof = snapshot.document("amend-proof", holder.answer.message)
    assert any(row.envelope == proof for row in three.london.exchange.outgoing() if row.kind == "amend-done")


def test_a_holder_that_is_down_is_open_and_grows_older_until_it_has_answered(three: Three) -> None:
    facts, *_ = spread(three)
    three.world.wires.cut.add(three.belgrade.endpoint)
    amend(three, "erase", facts)
    three.world.clock.move(timedelta(hours=3))
    (holder,) = holders(three.pristina)
    assert holder.answer is not None
    assert (holder.state, holder.age, holder.answer.done[0].waits_for) == ("open", timedelta(hours=3), (BELGRADE,))
    assert values(three.london) == []
    three.world.wires.cut.clear()
    three.run()
    assert holders(three.pristina)[0].state == "done"


def test_what_is_kept_as_evidence_is_restricted_and_seen_only_as_evidence(three: Three) -> None:
    facts, _, in_belgrade = spread(three)
    three.belgrade.exchange.liaison.keep_as_evidence(in_belgrade[:1], who="m.ilic", reason="case 7")
    amend(three, "erase", facts)
    (holder,) = holders(three.pristina)
    assert holder.answer is not None
    assert sorted(holder.answer.done[1].results.values()) == ["erased", "restricted"]
    assert values(three.belgrade) == []
    with three.belgrade.store.snapshot() as snapshot:
        snapshot.show_evidence()
        assert [fact.value for record in snapshot.records() for fact in record.facts] == [NAME]
    assert three.belgrade.store.check() == []


def test_a_restricted_fact_is_in_no_view_no_message_and_goes_nowhere(three: Three) -> None:
    facts, in_london, _ = spread(three)
    amend(three, "restrict", facts[:1])
    assert [values(node) for node in three.world.nodes] == [[PHONE]] * 3
    for row in three.london.exchange.incoming():
        _, shown = three.london.exchange.show(row.id)
        assert shown is None or NAME not in [fact.value for fact in shown.facts.values()]
    assert not three.onward(in_london[:1]).is_queued


def test_a_correction_takes_the_place_of_what_was_wrong(three: Three) -> None:
    facts = own(three.pristina, report())
    tell(three, facts)
    right = own(three.pristina, report("Rightly Accused", number=2))
    amend(three, "regrade", facts[:1], by=right[:1])
    assert sorted(values(three.london)) == [PHONE, "Rightly Accused"]
    (holder,) = holders(three.pristina)
    assert holder.answer is not None
    assert holder.answer.done[0].results == {facts[0]: "regraded"}
    assert three.london.store.check() == []


def test_a_correction_that_the_agreement_forbids_is_not_asked_for(three: Three) -> None:
    facts = own(three.pristina, report())
    tell(three, facts)
    marked = Record(
        origin=Origin(PRISTINA, "report", place="3"),
        handling=Handling(codes=frozenset({"P"}), markings=frozenset({"TOP"})),
        mentions=report().mentions,
        facts=report().facts,
        grade=report().grade,
    )
    with pytest.raises(PolicyError, match="classification"):
        amend(three, "rectify", facts[:1], by=own(three.pristina, marked)[:1])
    assert NAME in values(three.london)
    assert NAME in values(three.pristina)


def test_findings_on_what_was_withdrawn_are_withdrawn_here_and_where_they_went(three: Three) -> None:
    facts, in_london, _ = spread(three)
    claim = Finding(
        kind="match.screening",
        subjects=("x",),
        score=0.9,
        text="Looks like a listed person.",
        reasons=(Reason("name", 1.0, f"{NAME} agrees."),),
        evidence=(Evidence.fact(in_london[0]),),
        engine="match",
        engine_version="1",
        params="{}",
        handling=Handling(releasable_to=None),
    )
    three.london.store.write(lambda tx: tx.add_finding(claim))
    amend(three, "erase", facts[:1])
    with three.london.store.snapshot() as snapshot:
        assert list(snapshot.findings()) == []
        events = [leaf.event for leaf in snapshot.leaves() if leaf.event]
    assert [event.subject for event in events if event.kind == "findings.withdrawn"] == [claim.id]
    assert three.london.store.check() == []


def claim_on(*facts: FactId) -> Finding:
    return Finding(
        kind="match.screening",
        subjects=("x",),
        score=0.9,
        text=f"Rests on {len(facts)} that end with {facts[0][-1]}.",
        reasons=(Reason("name", 1.0, f"{NAME} agrees."),),
        evidence=tuple(map(Evidence.fact, facts)),
        engine="match",
        engine_version="1",
        params="{}",
        handling=Handling(releasable_to=None),
    )


@pytest.mark.parametrize("where", ["at a holder", "at the originator"])
def test_a_finding_on_evidence_alone_is_hidden_and_one_that_rests_on_more_is_erased(three: Three, where: str) -> None:
    facts, _, in_belgrade = spread(three)
    node, (kept, lost) = (
        (three.belgrade, in_belgrade[:2])
        if where == "at a holder"
        else (three.pristina, [FactId(one) for one in facts[:2]])
    )
    claims = [claim_on(kept), claim_on(lost), claim_on(kept, lost)]
    for each in claims:
        node.store.write(lambda tx, each=each: tx.add_finding(each))  # type: ignore[misc]
    node.exchange.liaison.keep_as_evidence([kept], who="m.ilic", reason="case 7")
    amend(three, "erase", facts)
    with node.store.snapshot() as snapshot:
        assert list(snapshot.findings()) == []
    with node.store._reading() as link:
        left = dict(link.rows(tuple[str, bytes], "SELECT id, body FROM finding"))
    assert [bool(left[each.id]) for each in claims] == [True, False, False]
    assert node.store.check() == []


def test_only_the_originator_amends(three: Three) -> None:
    _, in_london, _ = spread(three)
    with pytest.raises(ForbiddenError, match="amend-owner"):
        three.london.exchange.liaison.amend(Amend(action="erase", facts=(in_london[0],)), who="o.reed", purpose="oic")
    with pytest.raises(ForbiddenError):
        three.london.exchange.liaison.amend(
            Amend(action="erase", facts=("rec-nothing/0",)), who="o.reed", purpose="oic"
        )


def test_an_amend_names_only_facts_that_its_sender_sent(three: Three) -> None:
    facts, in_london, _ = spread(three)
    told = Message(
        kind=Kind.AMEND,
        recipient=LONDON,
        agreement=TERMS,
        amend=Amend(action="erase", facts=(facts[0], in_london[0], "rec-x/0")),
    )
    three.belgrade.exchange.send(told, who="mallory")
    three.run()
    assert NAME in values(three.london)
    (done,) = [
        done
        for row in three.belgrade.exchange.incoming()
        if row.kind == "amend-done"
        for done in answers(three, row.id)
    ]
    assert set(done.results.values()) == {"not-held"}


def answers(three: Three, ref: MessageId) -> tuple[Done, ...]:
    _, shown = three.belgrade.exchange.show(ref)
    assert shown is not None
    return shown.done


def test_an_answer_that_nobody_asked_for_closes_nothing(three: Three) -> None:
    facts, *_ = spread(three)
    three.world.wires.cut.add(three.london.endpoint)
    amend(three, "erase", facts)
    (holder,) = holders(three.pristina)
    three.world.wires.cut.clear()
    lie = Done(
        amend=holder.asked.message,
        holder=BELGRADE,
        at="2026-11-25T08:30:00Z",
        log_index=1,
        results={facts[0]: "erased"},
    )
    told = Message(kind=Kind.AMEND_DONE, recipient=PRISTINA, agreement=XK_TERMS, done=(lie,))
    three.london.exchange.send(told, who="mallory")
    three.london.bring(PRISTINA)
    assert holders(three.pristina)[0].answer is None
    assert len(three.pristina.events("amend-doubted")) == 1


def test_an_amend_passes_while_the_agreement_is_suspended(three: Three) -> None:
    facts, *_ = spread(three)
    for node in (three.pristina, three.london):
        node.exchange.set_agreement_state(XK_TERMS, AgreementState.SUSPENDED, who="x", reason="y")
    amend(three, "erase", facts)
    assert values(three.london) == []
    assert holders(three.pristina)[0].state == "done"


def test_a_partner_that_is_suspended_is_asked_once_it_is_taken_up_again(three: Three) -> None:
    facts, *_ = spread(three)
    three.london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="unclear")
    amend(three, "erase", facts)
    assert NAME in values(three.belgrade)
    assert holders(three.pristina)[0].state == "open"
    assert three.london.exchange.liaison.tend() == 0
    three.london.exchange.step_partner(BELGRADE, State.CONFIRMED, who="s.hall", reason="clear")
    assert three.london.exchange.liaison.tend() == 1
    three.run()
    assert values(three.belgrade) == []
    assert holders(three.pristina)[0].state == "done"


def test_an_answer_that_could_not_be_given_at_once_is_given_later_and_once(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = own(three.pristina, report())
    tell(three, facts)
    queue, closed = Outbox.queue, [True]

    def unless_closed(outbox: Outbox, tx: Transaction, content: Message, ref: MessageId, who: str) -> None:
        if closed[0] and content.kind is Kind.AMEND_DONE:
            raise KeyTrustError("its card has expired")
        queue(outbox, tx, content, ref, who)

    def answered() -> int:
        return [row.kind for row in three.london.exchange.outgoing()].count(Kind.AMEND_DONE)

    monkeypatch.setattr(Outbox, "queue", unless_closed)
    amend(three, "erase", facts)
    assert three.london.exchange.liaison.tend() == 0
    assert answered() == 0
    assert len(three.london.events("amend-waits")) == 1
    closed[0] = False
    assert [three.london.exchange.liaison.tend() for _ in range(3)] == [1, 0, 0]
    assert answered() == 1
    three.run()
    assert holders(three.pristina)[0].state == "done"


def test_an_amend_in_the_same_batch_as_its_facts_finds_them(three: Three) -> None:
    facts = own(three.pristina, report())
    three.world.wires.cut.add(three.london.endpoint)
    tell(three, facts)
    amend(three, "erase", facts)
    three.world.wires.cut.clear()
    three.run()
    assert values(three.london) == []
    assert holders(three.pristina)[0].state == "done"


def test_a_recall_of_many_facts_reaches_every_holder(three: Three) -> None:
    person = [EntityKey(f"xk/person/{number}") for number in range(300)]
    many = Record(
        origin=Origin(PRISTINA, "report", place="many"),
        handling=Handling(codes=frozenset({"P"}), markings=frozenset({"OFFICIAL"})),
        mentions=tuple(Mention(key, "Person", PersonCategory.SUSPECT) for key in person),
        facts=tuple(Fact(key, "name", f"Person {key}") for key in person),
        grade=report().grade,
    )
    facts = own(three.pristina, many)
    in_london = three.facts_of(three.london, tell(three, facts))
    three.answer(three.ask(in_london), "yes")
    three.onward(in_london)
    three.run()
    assert len(values(three.belgrade)) == 300
    amend(three, "erase", facts)
    assert [values(node) for node in three.world.nodes] == [[], [], []]
    (holder,) = holders(three.pristina)
    assert holder.answer is not None
    assert [len(done.results) for done in holder.answer.done] == [300, 300]


def test_only_what_is_unsettled_is_given_to_the_writer(three: Three) -> None:
    facts, *_ = spread(three)
    amend(three, "erase", facts[:1])
    three.pristina.exchange.step_partner(LONDON, State.SUSPENDED, who="a.krasniqi", reason="test")
    (asked,) = three.pristina.exchange.liaison.amend(
        Amend(action="erase", facts=(facts[1],), reason="mistake"), who="a.krasniqi", purpose="oic"
    )
    amends = three.pristina.exchange.liaison._amends
    with three.pristina.store.snapshot() as snapshot:
        assert len(list(snapshot.documents(ASKED))) == 2
        assert amends.unsettled(snapshot) == Unsettled((asked.message,), ())


def test_an_amend_that_was_passed_on_before_that_was_kept_is_answered_as_later_ones_are(three: Three) -> None:
    facts, *_ = spread(three)
    amend(three, "erase", facts[:1])
    (holder,) = holders(three.pristina)
    with three.london.store.snapshot() as snapshot:
        (row,) = (row for row in snapshot.incoming_all() if row.kind == Kind.AMEND)
        ((key, _, body),) = snapshot.documents(ASKED)
        known = snapshot.document(BELOW, row.id)
        own = snapshot.document(OWN, row.id)
    assert known == encode((MessageId(key),))
    assert own is not None
    old = MessageId("0192f0c0-0000-7000-8000-000000000001")

    def before(tx: Transaction) -> tuple[tuple[MessageId, ...], ...]:
        tx.put_document(OWN, old, own)
        tx.put_document(ASKED, str(row.id), encode(replace(decode(body, Asked), message=row.id, parent=old)))
        return _below(tx, old), _below(tx, row.id), _below(tx, MessageId("0192f0c0-0000-7000-8000-000000000002"))

    assert three.london.store.write(before) == ((row.id,), (MessageId(key),), ())
    assert holder.state == "done"
