"""Requests and their clocks, at both ends, through real nodes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import SchemaError
from headwater.exchange import liaison
from headwater.exchange.crosscheck import check
from headwater.exchange.requests import Request
from headwater.model.ids import MessageId
from headwater.model.message import Amend, Kind
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, Node, World, fact, message, pair

Pair = tuple[World, Node, Node]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Pair]:
    made = pair(tmp_path)
    yield made
    made[0].close()


def send(world: World, sender: Node, recipient: Node, **content: Any) -> MessageId:
    told = {"facts": {}, "recipient": recipient.me, **content}
    sending = sender.exchange.send(message(**told), who="o.reed")
    assert sending.id is not None, sending.judgement
    for lane in ("normal", "urgent"):
        sender.exchange.courier((recipient.me, lane)).step()  # type: ignore[arg-type]
    return sending.id


def ask(world: World, london: Node, belgrade: Node, **content: Any) -> MessageId:
    told = {"reason": "who keeps the lorry", "urgency": "urgent", "why_urgent": "life", **content}
    return send(world, london, belgrade, kind=Kind.REQUEST, **told)


def answer(world: World, sender: Node, recipient: Node, thread: MessageId, result: str, **content: Any) -> MessageId:
    return send(world, sender, recipient, kind=Kind.RESPONSE, thread=thread, result=result, **content)


def one(node: Node) -> Request:
    (found,) = node.exchange.liaison.requests()
    return found


def due(node: Node) -> datetime | None:
    found = one(node)
    return found.deadline.due_at if found.deadline else None


def test_both_ends_count_from_the_receivers_signed_receipt(desk: Pair) -> None:
    world, london, belgrade = desk
    world.wires.cut.add(belgrade.endpoint)
    ask(world, london, belgrade)
    assert (one(london).state, one(london).deadline) == ("waiting", None)
    world.wires.cut.clear()
    world.clock.move(timedelta(minutes=7))
    london.exchange.courier((BELGRADE, "urgent")).step()  # type: ignore[arg-type]
    assert due(london) == due(belgrade) == START + timedelta(hours=8, minutes=7)
    assert (one(london).way, one(belgrade).way) == ("out", "in")


def test_days_are_counted_in_the_receivers_zone_at_both_ends(desk: Pair) -> None:
    world, london, belgrade = desk
    belgrade.exchange.make_card("B", [belgrade.endpoint], belgrade.home / "roots", who="e", zone="Europe/Belgrade")
    london.exchange.add_partner([belgrade.exchange.card_bytes()], [], who="e")
    world.clock.move(datetime.fromisoformat("2027-03-26T12:00:00+00:00") - START)
    ask(world, london, belgrade, access="indirect")
    expected = datetime.fromisoformat("2027-03-29T11:00:00+00:00")  # the clocks change on the 28th
    assert (due(london), due(belgrade)) == (expected, expected)


def test_a_clarification_stops_the_clock_from_question_to_answer_at_both_ends(desk: Pair) -> None:
    world, london, belgrade = desk
    asked = ask(world, london, belgrade)
    world.clock.move(timedelta(hours=1))
    answer(world, belgrade, london, asked, "clarify", text="Which lorry?")
    assert (one(london).state, one(belgrade).state) == ("clarify", "clarify")
    assert (due(london), due(belgrade)) == (None, None)
    world.clock.move(timedelta(hours=10))
    answer(world, london, belgrade, asked, "clarify", text="The blue one.")
    assert due(london) == due(belgrade) == START + timedelta(hours=18)
    assert (one(london).state, one(belgrade).state) == ("open", "open")


def test_an_answer_ends_it_and_the_alarm_stays_at_what_it_was(desk: Pair) -> None:
    world, london, belgrade = desk
    asked = ask(world, london, belgrade)
    world.clock.move(timedelta(hours=5))
    answer(world, belgrade, london, asked, "none")
    world.clock.move(timedelta(hours=50))
    for node in (london, belgrade):
        assert (one(node).state, one(node).alarm) == ("answered", 50)


def test_a_partial_answer_leaves_the_clock_running(desk: Pair) -> None:
    world, london, belgrade = desk
    asked = ask(world, london, belgrade)
    answer(world, belgrade, london, asked, "partial", facts={"r1": fact(origin="RS")}, author="m.ilic", approver="d.s")
    assert (one(london).state, one(belgrade).state) == ("partial", "partial")


def test_a_refusal_gives_one_of_the_reasons(desk: Pair) -> None:
    world, london, belgrade = desk
    asked = ask(world, london, belgrade)
    with pytest.raises(SchemaError, match="reasons"):
        answer(world, belgrade, london, asked, "refused", reason="we do not like to")
    answer(world, belgrade, london, asked, "refused", reason="third-state: it came from elsewhere")
    assert (one(london).state, one(belgrade).state) == ("refused", "refused")


@pytest.mark.parametrize("content", [{"result": "perhaps"}, {"result": "clarify"}, {"result": "clarify", "text": "  "}])
def test_a_response_that_says_nothing_is_not_sent(desk: Pair, content: dict[str, str]) -> None:
    world, london, belgrade = desk
    asked = ask(world, london, belgrade)
    with pytest.raises(SchemaError):
        send(world, belgrade, london, kind=Kind.RESPONSE, thread=asked, **content)


@pytest.mark.parametrize("content", [{"urgency": "soon"}, {"access": "perhaps"}])
def test_a_request_whose_clock_nobody_could_read_is_not_sent(desk: Pair, content: dict[str, str]) -> None:
    world, london, belgrade = desk
    with pytest.raises(SchemaError):
        ask(world, london, belgrade, **content)


def test_each_alarm_is_noted_once_at_both_ends(desk: Pair) -> None:
    world, london, belgrade = desk
    asked = ask(world, london, belgrade)
    for hours in (3, 2, 2, 2):
        world.clock.move(timedelta(hours=hours))
        for node in (london, belgrade):
            node.exchange.liaison.tend()
            node.exchange.liaison.tend()
    for node in (london, belgrade):
        noted = node.events("deadline-alarm")
        assert [(event.subject, event.detail["level"]) for event in noted] == [(asked, 50), (asked, 80), (asked, 100)]


def test_no_alarm_is_noted_for_what_was_answered(desk: Pair) -> None:
    world, london, belgrade = desk
    answer(world, belgrade, london, ask(world, london, belgrade), "none")
    world.clock.move(timedelta(hours=20))
    belgrade.exchange.liaison.tend()
    assert belgrade.events("deadline-alarm") == []


@pytest.mark.parametrize(("result", "noted"), [("none", []), ("refused", []), ("partial", [50])])
def test_what_was_answered_late_but_before_anybody_looked_has_an_alarm_that_is_noted_only_while_it_runs(
    desk: Pair, result: str, noted: list[int]
) -> None:
    world, london, belgrade = desk
    asked = ask(world, london, belgrade)
    world.clock.move(timedelta(hours=5))
    facts = {"r1": fact(origin="RS")} if result == "partial" else {}
    answer(world, belgrade, london, asked, result, reason="agreement", facts=facts, author="m.ilic", approver="d.s")
    assert (one(london).alarm, one(belgrade).alarm) == (50, 50)
    for node in (london, belgrade):
        node.exchange.liaison.tend()
        assert [event.detail["level"] for event in node.events("deadline-alarm")] == noted


def test_the_same_question_in_one_conversation_is_shown_as_a_duplicate(desk: Pair) -> None:
    world, london, belgrade = desk
    first = ask(world, london, belgrade, thread="operation")
    second = ask(world, london, belgrade, thread="operation")
    ask(world, london, belgrade, thread="operation", reason="another question")
    ask(world, london, belgrade)
    ask(world, london, belgrade)
    found = {each.id: each.duplicate_of for each in belgrade.exchange.liaison.requests()}
    assert {key: value for key, value in found.items() if value} == {second: first}


def findings(node: Node) -> list[str]:
    with node.store.snapshot() as snapshot:
        return [each.text for each in snapshot.findings() if each.kind == "exchange.cross-check"]


def test_a_request_is_checked_blindly_against_our_own_holdings(desk: Pair) -> None:
    world, london, belgrade = desk
    known = fact(origin="RS", entity="rs/1", value="MARKOVSKI  marko")
    belgrade.exchange.send(message(recipient=LONDON, facts={"x": known}, author="a", approver="b"), who="m.ilic")
    belgrade.bring(LONDON)
    sent = len(london.exchange.outgoing())
    ask(world, belgrade, london, facts={"q": fact(origin="RS", entity="q", value="Marko Markovski")})
    ask(world, belgrade, london, facts={"q": fact(origin="RS", entity="q", value="Somebody Else")})
    ask(world, belgrade, london)
    london.exchange.liaison.tend()
    london.exchange.liaison.tend()
    assert sorted(findings(london)) == [
        "Cross-check of a partner's request: hit: 1 of our own facts.",
        "Cross-check of a partner's request: no hit.",
    ]
    assert len(london.exchange.outgoing()) == sent
    assert london.store.check() == []


def test_a_check_reads_all_that_is_held_outside_the_writer_and_is_made_anew_if_a_hit_was_recalled_meanwhile(
    desk: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, london, belgrade = desk
    known = fact(origin="RS", entity="rs/1", value="Marko Markovski")
    belgrade.exchange.send(message(recipient=LONDON, facts={"x": known}, author="a", approver="b"), who="m.ilic")
    belgrade.bring(LONDON)
    (held,) = belgrade.exchange.outgoing()[-1:]
    ask(world, belgrade, london, facts={"q": fact(origin="RS", entity="q", value="Marko Markovski")})
    real = check

    def meanwhile(reader: Any, checks: Any) -> Any:
        found = real(reader, checks)
        with monkeypatch.context() as patch:
            patch.setattr(liaison, "check", real)
            erase = Amend(action="erase", facts=("x",), reason="mistaken")
            belgrade.exchange.send(message(kind=Kind.AMEND, recipient=LONDON, amend=erase, facts={}), who="m.ilic")
            belgrade.bring(LONDON)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(liaison, "check", meanwhile)
        london.exchange.liaison.tend()
    assert held.kind == Kind.SPONTANEOUS
    assert findings(london) == []
    london.exchange.liaison.tend()
    assert findings(london) == ["Cross-check of a partner's request: no hit."]


def test_identifiers_are_compared_without_their_punctuation(desk: Pair) -> None:
    world, london, belgrade = desk
    phone = {"prop": "phone", "origin": "RS"}
    belgrade.exchange.send(
        message(recipient=LONDON, facts={"x": fact(entity="1", value="+381 60/000-0001", **phone)}), who="m.ilic"
    )
    belgrade.bring(LONDON)
    ask(world, belgrade, london, facts={"q": fact(entity="q", value="381600000001", **phone)})
    london.exchange.liaison.tend()
    assert findings(london) == ["Cross-check of a partner's request: hit: 1 of our own facts."]
