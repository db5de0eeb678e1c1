"""A question that was asked before gets the answer that the rules would give now."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from headwater.model.ids import AuthorityId, StateCode
from headwater.model.message import Kind, Message, MessageFact
from headwater.policy.agreement import Agreement, AgreementState
from headwater.policy.rules import decide
from headwater.policy.rules.remembered import APART, SAID, Remembered
from headwater.policy.rules.rule import Judgement, Op, Outcome
from tests.unit.policy.kit import AGREEMENTS, NOW, instant, merge

TERMS = msgspec.convert(AGREEMENTS, dict[str, Agreement])
AT = instant(NOW)
OTHER = {**dict.fromkeys(SAID, "other"), "origin_key": 64 * "0"}


def plain(number: int = 0, **changes: Any) -> Message:
    fact = MessageFact(
        prop="plate",
        category="object",
        origin=StateCode("AA"),
        marking="LOW",
        value=f"AB {number}",
        retain_until="2026-12-01",
    )
    return Message(
        kind=Kind.SPONTANEOUS,
        sender=AuthorityId("AA-POL"),
        recipient=AuthorityId("BB-POL"),
        agreement="A-AA-BB",
        purpose="oic",
        classification="LOW",
        author="a",
        approver="b",
        facts={f"rec-{number}/0": replace(fact, **changes)},
    )


class Counting(Remembered):
    """Tells how often an answer was remembered."""

    def ask(self, message: Message, terms: Mapping[str, Agreement] = TERMS, at: str = NOW) -> tuple[Judgement, bool]:
        before = dict(self._passed)
        answer = self.decide(Op.SEND, terms, message, {}, instant(at))
        assert answer == decide(Op.SEND, terms, message, {}, instant(at))
        return answer, before == self._passed and answer in [known for _, _, known in before.values()]


def test_a_message_of_the_same_kinds_of_facts_is_answered_from_memory() -> None:
    rules = Counting()
    first, was_known = rules.ask(plain())
    assert first.outcome is Outcome.ALLOW
    assert not was_known
    again, is_known = rules.ask(plain(1, entity="other", lang="sr"))
    assert is_known
    assert again is first


@pytest.mark.parametrize(
    "change",
    [
        {"category": "suspect", "personal": True},
        {"marking": "HIGH"},
        {"marking": "SECRET"},
        {"retain_until": "2026-01-01"},
        {"retain_until": None},
        {"state": "restricted"},
        {"minor": True},
        {"handling": ("H3",)},
        {"handling": ("TLP:RED",)},
        {"purposes": ("tax",)},
        {"origin": "CC"},
        {"reveals_source": True},
        {"prop": "faceTemplate"},
        {"sensitive": True},
    ],
)
def test_a_fact_of_another_kind_is_judged_anew(change: dict[str, Any]) -> None:
    rules = Counting()
    rules.ask(plain())
    _, was_known = rules.ask(plain(1, **change))
    assert not was_known
    rules.ask(plain(2, **change))
    _, is_known = rules.ask(plain(3))
    assert is_known


@pytest.mark.parametrize(
    "changed",
    [
        replace(plain(), approver=None),
        replace(plain(), approver="a"),
        replace(plain(), purpose="tax"),
        replace(plain(), classification="NONE"),
        replace(plain(), kind="ti"),
        replace(plain(), urgency="urgent"),
        replace(plain(), expires="2026-01-01T00:00:00Z"),
        replace(plain(), recipient="CC-POL"),
        replace(plain(), osja_flags=("torture",)),
        replace(plain(), facts={}),
    ],
)
def test_other_words_about_the_message_are_judged_anew(changed: Message) -> None:
    rules = Counting()
    rules.ask(plain())
    for _ in range(2):
        rules.ask(changed)


def test_a_suspended_agreement_and_another_day_are_asked_about_anew() -> None:
    rules = Counting()
    rules.ask(plain())
    stopped = {**TERMS, "A-AA-BB": replace(TERMS["A-AA-BB"], state=AgreementState.SUSPENDED)}
    answer, _ = rules.ask(plain(), stopped)
    assert answer.rule == "agreement-state"
    _, was_known = rules.ask(plain(), at="2026-03-03T09:00:00Z")
    assert not was_known
    ended, _ = rules.ask(plain(), at="2028-01-01T09:00:00Z")
    assert ended.outcome is Outcome.REFUSE


def test_what_a_finding_rests_on_is_looked_at_each_time() -> None:
    rules = Counting()
    bare = plain().facts["rec-0/0"]
    finding = replace(bare, evidence=("rec-0/0",))
    with_its_fact = replace(plain(), facts={"fnd-1": finding, "rec-0/0": bare})
    without = replace(plain(), facts={"fnd-1": finding, "rec-9/0": bare})
    answer, _ = rules.ask(with_its_fact)
    assert answer.outcome is Outcome.ALLOW
    answer, _ = rules.ask(without)
    assert answer.removed == {"fnd-1": "derived"}


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    rules = Counting()
    for number in range(600):
        rules.ask(replace(plain(), author=f"officer {number}"))
    assert len(rules._passed) <= 256


@pytest.fixture(scope="module")
def law(shared: Path) -> list[tuple[Op, dict[str, Agreement], Message, dict[str, MessageFact], str]]:
    folder = shared / "data" / "exchange" / "law"
    papers = {
        name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("agreements", "messages", "held")
    }
    found = []
    with (folder / "cases.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            message = merge(papers["messages"][row["message"]], json.loads(row["message_patch"] or "{}"))
            patch = json.loads(row["agreement_patch"] or "{}")
            terms = {
                name: merge(agreement, patch) if name == message.get("agreement") else agreement
                for name, agreement in papers["agreements"].items()
            }
            found.append(
                (
                    Op(row["op"]),
                    msgspec.convert(terms, dict[str, Agreement]),
                    msgspec.convert(message, Message),
                    msgspec.convert(papers["held"][row["held"] or "none"], dict[str, MessageFact]),
                    row["now"],
                )
            )
    return found


def test_the_law_is_the_same_from_memory(law: Any) -> None:
    rules = Remembered()
    for _ in range(2):
        for op, terms, message, held, now in law:
            if op is not Op.USE:
                assert rules.decide(op, terms, message, held, instant(now)) == decide(
                    op, terms, message, held, instant(now)
                )


def test_no_rule_reads_what_a_fact_says_or_what_is_left_apart(law: Any) -> None:
    for op, terms, message, held, now in law:
        facts = {name: replace(fact, **OTHER) for name, fact in message.facts.items()}
        changed = replace(message, facts=facts, text="other", thread="other")
        assert decide(op, terms, changed, held, instant(now)) == decide(op, terms, message, held, instant(now))
    assert {"facts", "text", "thread", "expires"} == APART, "expires is compared before memory is asked"


def test_a_message_that_expires_at_this_very_instant_is_not_answered_from_memory() -> None:
    rules = Counting()
    rules.ask(plain())
    answer, was_known = rules.ask(replace(plain(1), expires=NOW))
    assert answer.outcome is Outcome.REFUSE
    assert not was_known


@pytest.mark.parametrize("name", sorted(SAID))
def test_each_thing_that_a_fact_says_is_left_out_of_the_question_by_itself(name: str) -> None:
    rules = Counting()
    first, _ = rules.ask(plain())
    changes: dict[str, Any] = {name: OTHER[name]}
    again, is_known = rules.ask(plain(**changes))
    assert is_known
    assert again is first


@pytest.mark.parametrize("changes", [{"text": "other"}, {"thread": "m-1"}, {"expires": "2026-12-01T00:00:00Z"}])
def test_each_thing_of_a_message_that_no_rule_reads_is_left_out_by_itself(changes: dict[str, Any]) -> None:
    rules = Counting()
    first, _ = rules.ask(plain())
    again, is_known = rules.ask(replace(plain(), **changes))
    assert is_known
    assert again is first


def test_the_answers_are_forgotten_together_when_there_is_no_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.policy.rules.remembered._MOST", 2)
    rules = Counting()
    asked = [replace(plain(), author=name) for name in ("x", "y", "z")]
    assert [rules.ask(one)[1] for one in (*asked[:2], *asked[:2])] == [False, False, True, True]
    assert [rules.ask(one)[1] for one in (asked[2], asked[2], asked[0], asked[2])] == [False, True, False, True]
