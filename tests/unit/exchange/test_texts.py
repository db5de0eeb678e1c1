"""Free text that names what was recalled opens a task for a person, at the holder and at whoever recalled it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from headwater.errors import ConflictError
from headwater.model.fact import Fact, fact_id
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, MessageId
from headwater.model.message import Amend, Kind, Message
from headwater.model.record import Mention, Origin, PersonCategory, Record
from tests.exchange_world import TERMS, Node, World, fact, message, pair

NAME = "Marko Markovski"
Pair = tuple[World, Node, Node]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path)
    yield made
    made[0].close()


def send(sender: Node, to: Node, **changes: object) -> MessageId:
    sending = sender.exchange.send(message(sender=sender.me, recipient=to.me, **changes), who="o.reed")
    assert sending.id is not None, sending.judgement
    sender.bring(to.me)
    return sending.id


def recall(sender: Node, to: Node, *facts: str) -> None:
    told = Message(
        kind=Kind.AMEND,
        recipient=to.me,
        agreement=TERMS,
        purpose="oic",
        amend=Amend(action="erase", facts=facts, reason="another person"),
    )
    assert sender.exchange.send(told, who="o.reed").is_queued
    sender.bring(to.me)


def test_a_text_that_still_names_what_was_recalled_is_shown_to_the_holder(desk: Pair) -> None:
    _, london, belgrade = desk
    facts = {"rec-a/0": fact(), "rec-a/1": fact(prop="phone", value="+381600000001")}
    ref = send(london, belgrade, facts=facts, text="marko  MARKOVSKI was seen in Dover")
    other = send(london, belgrade, facts={"rec-b/0": fact(value="Some Body")}, text="Markovski again", thread=ref)
    later = send(london, belgrade, facts={"rec-c/0": fact(value="Some One")}, text=f"about {NAME}", thread=ref)
    elsewhere = send(london, belgrade, facts={"rec-d/0": fact(value="Any One")}, text=f"about {NAME}")
    recall(london, belgrade, "rec-a/0")
    tasks = belgrade.exchange.liaison.texts()
    assert {task.message: (task.way, task.facts) for task in tasks} == dict.fromkeys((ref, later), ("in", ("rec-a/0",)))
    assert {other, elsewhere}.isdisjoint(task.message for task in tasks), "another name, and another conversation"
    assert {event.subject for event in belgrade.events("text-names-recalled")} == {ref, later}
    with belgrade.store.snapshot() as snapshot:
        log = b"".join(snapshot.opening(index) for index in range(snapshot.head().size))
        kept = [body for _, _, body in snapshot.documents("text-task")]
    assert b"arkovski" not in log + b"".join(kept)


def test_a_name_that_begins_in_the_text_and_ends_in_the_reason_is_one(desk: Pair) -> None:
    _, london, belgrade = desk
    facts = {"rec-a/0": fact()}
    ref = send(
        london,
        belgrade,
        facts={**facts, "rec-a/1": fact(prop="phone", value="+38160")},
        text="seen: Marko",
        reason="Markovski, again",
    )
    recall(london, belgrade, "rec-a/0")
    assert [task.message for task in belgrade.exchange.liaison.texts()] == [ref]


def test_what_we_wrote_ourselves_in_the_conversation_is_looked_through_too(desk: Pair) -> None:
    _, london, belgrade = desk
    ref = send(london, belgrade, facts={"rec-a/0": fact()})
    ours = send(
        belgrade, london, facts={"rec-r/0": fact(origin="RS", value="Drugi")}, text=f"what else of {NAME}?", thread=ref
    )
    recall(london, belgrade, "rec-a/0")
    assert [(task.message, task.way) for task in belgrade.exchange.liaison.texts()] == [(ours, "out")]
    belgrade.exchange.liaison.close_text(ours, strip=True, who="m.ilic", reason="names him")
    assert belgrade.exchange.liaison.texts() == []
    sent = belgrade.exchange.sent(ours)
    assert sent is not None
    assert (sent.text, len(sent.facts)) == (None, 1)
    assert belgrade.store.check() == []


def test_a_person_takes_the_text_out_or_keeps_it_for_a_reason(desk: Pair) -> None:
    _, london, belgrade = desk
    facts = {"rec-a/0": fact(), "rec-a/1": fact(prop="phone", value="+381600000001")}
    first = send(london, belgrade, facts=facts, text=f"{NAME} was seen")
    second = send(london, belgrade, facts={"rec-b/0": fact(value="Some Body")}, text=f"not {NAME}", thread=first)
    recall(london, belgrade, "rec-a/0")
    desk_ = belgrade.exchange.liaison
    desk_.close_text(first, strip=True, who="m.ilic", reason="names the wrong man")
    desk_.close_text(second, strip=False, who="m.ilic", reason="it clears him")
    assert desk_.texts() == []
    shown = {ref: belgrade.exchange.show(ref)[1] for ref in (first, second)}
    assert [each.text if each else "" for each in shown.values()] == [None, f"not {NAME}"]
    assert [event.detail["stripped"] for event in belgrade.events("text-decided")] == [1, 0]
    assert NAME.encode() not in b"".join(row.body for row in belgrade.exchange.incoming() if row.id == first)
    with pytest.raises(ConflictError):
        desk_.close_text(first, strip=True, who="m.ilic", reason="again")
    assert belgrade.store.check() == []


def test_a_short_value_and_a_text_that_went_with_its_last_fact_open_nothing(desk: Pair) -> None:
    _, london, belgrade = desk
    send(london, belgrade, facts={"rec-a/0": fact(prop="nationality", value="rs")}, text="a rs plate")
    send(london, belgrade, facts={"rec-b/0": fact()}, text=f"{NAME} alone")
    recall(london, belgrade, "rec-a/0", "rec-b/0")
    assert belgrade.exchange.liaison.texts() == []


@pytest.mark.parametrize(("value", "opens"), [("abc", False), ("abcd", True), (" ab c ", True), ("a  b", False)])
def test_a_value_counts_from_four_letters_on(desk: Pair, value: str, opens: bool) -> None:
    _, london, belgrade = desk
    facts = {"rec-a/0": fact(prop="alias", value=value), "rec-a/1": fact(prop="phone", value="+38160")}
    send(london, belgrade, facts=facts, text=f"the {value} again")
    recall(london, belgrade, "rec-a/0")
    assert bool(belgrade.exchange.liaison.texts()) == opens


def test_a_second_recall_leaves_named_what_nobody_has_decided_on(desk: Pair) -> None:
    _, london, belgrade = desk
    facts = {
        "rec-a/0": fact(),
        "rec-b/0": fact(prop="phone", value="+381600000001"),
        "rec-c/0": fact(prop="alias", value="Some Body"),
    }
    ref = send(london, belgrade, facts=facts, text=f"{NAME} uses +381600000001")
    recall(london, belgrade, "rec-a/0")
    recall(london, belgrade, "rec-b/0")
    assert [(task.message, task.facts) for task in belgrade.exchange.liaison.texts()] == [(ref, ("rec-a/0", "rec-b/0"))]
    belgrade.exchange.liaison.close_text(ref, strip=False, who="m.ilic", reason="needed")
    recall(london, belgrade, "rec-b/0")
    assert belgrade.exchange.liaison.texts() == []


def test_a_recall_of_several_records_looks_through_the_texts_of_each_at_both_ends(desk: Pair) -> None:
    _, london, belgrade = desk
    names = ("Marko Markovski", "Petar Petrovski", "Jovan Jovanovski")
    facts, refs = [], []
    for number, name in enumerate(names):
        key = EntityKey(f"uk/{number}")
        record = Record(
            origin=Origin(london.me, "report", place=str(number)),
            handling=Handling(codes=frozenset({"P"}), markings=frozenset({"OFFICIAL"}), retain_until=date(2028, 1, 31)),
            grade=parse_grade("3x5x2:1/B"),
            mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
            facts=(Fact(key, "name", name), Fact(key, "phone", f"+38160000000{number}")),
        )
        london.store.write(lambda tx, record=record: tx.add_record(record))  # type: ignore[misc]
        carried = london.exchange.facts(record.id, TERMS)
        refs.append(send(london, belgrade, facts=carried, text=f"{name} uses +38160000000{number}"))  # which stays
        facts.append(fact_id(record.id, 0))
    amend = Amend(action="erase", facts=tuple(facts), reason="other persons")
    london.exchange.liaison.amend(amend, who="o.reed", purpose="oic")
    london.bring(belgrade.me)
    for node, way in ((london, "out"), (belgrade, "in")):
        found = {task.message: (task.way, len(task.facts)) for task in node.exchange.liaison.texts()}
        assert found == dict.fromkeys(refs, (way, 1)), node.me
