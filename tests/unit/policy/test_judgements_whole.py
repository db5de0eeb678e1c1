"""What the rules answer, whole: to each thing that a message, a fact or an agreement can say, by itself and in some pairs.

Each row is one question and all that comes of it: the outcome and its rule, what was removed and owed, and every rule that had
a say with the facts it named. Why an answer is right is told by the other tests of this folder.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from headwater.model.message import Message, MessageFact
from headwater.policy.agreement import Agreement
from headwater.policy.rules import decide
from headwater.policy.rules.amend import AMEND_RULES
from headwater.policy.rules.fact import FACT_RULES
from headwater.policy.rules.judge import _case
from headwater.policy.rules.message import MESSAGE_RULES
from headwater.policy.rules.onward import ONWARD_RULES, derived
from headwater.policy.rules.remainder import REMAINDER_RULES, Remainder
from headwater.policy.rules.rule import Judgement, Op
from tests.frozen import hold
from tests.unit.policy.kit import AMEND, NOW, USE, agreements, held, instant, message

HELD: Final = Path(__file__).with_name("judgements_whole.json")
Patches = Mapping[str, dict[str, Any]]

MESSAGES: Final[Patches] = {
    "plain": {},
    **{f"kind {kind}": {"kind": kind} for kind in ("request", "response", "alert", "search", "evidence-bundle", "ti", "notice", "consent", "ping")},
    "a reason": {"kind": "request", "reason": "why"}, "a blank reason": {"kind": "request", "reason": " "}, "a search's reason": {"kind": "search", "reason": "why"},
    **{f"purpose {purpose}": {"purpose": purpose} for purpose in (None, "drugs", "victim-protection")},
    "urgent": {"urgency": "high"}, "urgent and why": {"urgency": "high", "why_urgent": "life"}, "urgent and blank": {"urgency": "high", "why_urgent": " "},
    **{f"classified {mark}": {"classification": mark} for mark in (None, "NONE", "LOW", "TOP")},
    **{f"expires {at}": {"expires": at} for at in (None, NOW, "2026-03-02T09:00:01Z", "2026-03-02T08:59:59Z")},
    "no author": {"author": None}, "no approver": {"approver": None}, "its own approver": {"approver": "ann"}, "nobody": {"author": None, "approver": None},
    "no agreement": {"agreement": None}, "no such agreement": {"agreement": "X"}, "of others": {"agreement": "A-AA-CC"}, "to oneself": {"recipient": "AA-POL"},
    "from a stranger": {"sender": "AA-CUS"}, "from nobody": {"sender": None}, "the other way": {"sender": "BB-POL", "recipient": "AA-POL"},
    **{f"at risk of {flag}": {"osja_flags": [flag]} for flag in ("torture", "refoulement", "death-penalty", "unlawful-detention", "unfair-trial", "other")},
    "assured": {"osja_flags": ["death-penalty"], "assurance_ref": "A"}, "assured, a minister": {"osja_flags": ["death-penalty"], "assurance_ref": "A", "approvals": ["minister"]},
    "assured, a senior officer": {"osja_flags": ["death-penalty"], "assurance_ref": "A", "approvals": ["senior"]},
    "unfair, a senior officer": {"osja_flags": ["unfair-trial"], "approvals": ["senior"]}, "unfair, a minister": {"osja_flags": ["unfair-trial"], "approvals": ["minister"]},
    "no facts": {"facts": {"f1": None, "f2": None}}, "an empty answer": {"kind": "response", "result": "none", "facts": {"f1": None, "f2": None}},
    "a full answer without facts": {"kind": "response", "result": "full", "facts": {"f1": None, "f2": None}},
    "a partial answer without facts": {"kind": "response", "result": "partial", "facts": {"f1": None, "f2": None}},
    "a request without facts": {"kind": "request", "reason": "why", "facts": {"f1": None, "f2": None}},
}  # fmt: skip
FACTS: Final[Patches] = {
    **{f"state {state}": {"state": state} for state in ("erased", "restricted")}, "kept as evidence": {"state": "restricted", "hold": "evidence"},
    **{f"until {day}": {"retain_until": day} for day in (None, "2026-03-01", "2026-03-02", "2027-03-02", "2027-03-03")},
    "of a source": {"reveals_source": True}, "a face": {"prop": "faceTemplate"}, **{f"marked {mark}": {"marking": mark} for mark in (None, "NONE", "HIGH", "TOP")},
    **{f"{category} {prop}": {"category": category, "prop": prop} for category in ("victim", "smuggled", "witness", "convicted", "organisation") for prop in ("name", "colour")},
    "personal": {"personal": True}, "sensitive": {"sensitive": "health"}, "sensitive, yes": {"sensitive": True}, "ungraded": {"grade": None},
    **{f"for {purposes}": {"purposes": purposes} for purposes in ([], ["oic"], ["drugs"])},
    **{f"bears {code}": {"handling": [code]} for code in ("H1", "H2", "H3", "C", "TLP:RED", "TLP:CLEAR", "TLP:GREEN", "X9")}, "bears nothing": {"handling": []},
    **{f"bears {code}, told": {"handling": [code], "conditions": ["ask first"]} for code in ("H3", "C")},
    "red for ann": {"handling": ["TLP:RED"], "names": ["ann"]}, **{f"{word}": {"conditions": [word]} for word in ("no-evidence", "no-action")},
    "a child": {"minor": True}, "hashed": {"hashed": True}, "of BB": {"origin": "BB"}, "of CC": {"origin": "CC"}, "of CC, never": {"origin": "CC", "onward": "no"},
    "of CC, for BB": {"origin": "CC", "onward": ["BB"]}, "of CC, for DD": {"origin": "CC", "onward": ["DD"]}, "of CC, in words": {"origin": "CC", "onward": "BB"},
    "of CC, for BB but H2": {"origin": "CC", "onward": ["BB"], "handling": ["H2"]}, "of CC, via": {"origin": "CC", "via": "A-AA-CC"}, "of CC, via another": {"origin": "CC", "via": "X"},
    "of CC, clear": {"origin": "CC", "handling": ["TLP:CLEAR"]}, "of CC, green": {"origin": "CC", "handling": ["TLP:GREEN"]}, "of CC, clear and P": {"origin": "CC", "handling": ["TLP:CLEAR", "P"]},
    "of CC, both": {"origin": "CC", "handling": ["TLP:GREEN", "TLP:CLEAR"]}, "of CC, no code": {"origin": "CC", "handling": []},
    "on f1": {"evidence": ["f1"]}, "on f2": {"evidence": ["f2"]}, "on h1": {"evidence": ["h1"]}, "on h2": {"evidence": ["h2"]}, "on h3": {"evidence": ["h3"]}, "on nothing": {"evidence": ["x"]},
    "on f2 and h1": {"evidence": ["f2", "h1"]}, "on erased": {"evidence": ["h4"]}, "on restricted": {"evidence": ["h5"]}, "on high": {"evidence": ["h6"]}, "on red": {"evidence": ["h7"]},
}  # fmt: skip
HOLDS: Final[dict[str, dict[str, Any]]] = {
    "h1": {"prop": "plate", "origin": "AA", "category": "object"}, "h2": {"prop": "plate", "origin": "CC", "category": "object"},
    "h3": {"prop": "plate", "origin": "AA", "category": "object", "evidence": ["h2", "h1"]}, "h4": {"prop": "plate", "origin": "AA", "state": "erased"},
    "h5": {"prop": "plate", "origin": "AA", "state": "restricted"}, "h6": {"prop": "plate", "origin": "AA", "marking": "TOP"},
    "h7": {"prop": "plate", "origin": "AA", "handling": ["TLP:RED"]}, "h8": {"prop": "plate", "origin": "AA", "hold": "evidence", "sent_to": ["CC", "DD"]},
}  # fmt: skip
GLASS: Final = {"reason": "life", "approver": "sue", "threat": "immediate-serious"}
YES: Final = {"type": "onward", "from": "CC", "to": "BB", "facts": ["f1", "h2"], "purposes": ["oic"], "decision": "yes"}
CONSENTS: Final[Patches] = {
    "yes": YES, "no": {**YES, "decision": "no"}, "perhaps": {**YES, "decision": "perhaps"}, "for another use": {**YES, "type": "evidence"}, "of another": {**YES, "from": "AA"},
    "for another": {**YES, "to": "DD"}, "of another fact": {**YES, "facts": ["f2"]}, "for another purpose": {**YES, "purposes": ["drugs"]},
    **{f"until {day}": {**YES, "until": day} for day in ("2026-03-01", "2026-03-02")},
}  # fmt: skip
TERMS: Final[Patches] = {
    **{f"state {state}": {"state": state} for state in ("draft", "signed", "suspended", "ended")},
    **{f"from {day}": {"valid_from": day} for day in ("2026-03-02", "2026-03-03")}, **{f"to {day}": {"valid_until": day} for day in ("2026-03-02", "2026-03-01")},
    "binding": {"binding": True, "safeguards": None}, "no safeguard": {"safeguards": {"AA": None}}, **{f"a safeguard to {day}": {"safeguards": {"AA": {"until": day}}} for day in ("2026-03-01", "2026-03-02")},
    "no assessment": {"osja": None}, **{f"assessed to {day}": {"osja": {"review_by": day}} for day in ("2026-03-01", "2026-03-02")}, **{f"risk {level}": {"osja": {"level": level}} for level in ("medium", "high")},
    "keeps 0 days": {"retain_max_days": 0}, "keeps 304 days": {"retain_max_days": 304}, "keeps 303 days": {"retain_max_days": 303}, "no unmarked": {"markings": {"NONE": None}},
}  # fmt: skip

Question = tuple[str, Message, dict[str, Agreement], dict[str, MessageFact]]


def consented(*words: dict[str, Any]) -> dict[str, Any]:
    return {"consents": [*words], "facts": {"f1": {"origin": "CC"}}}


def messages() -> Iterator[Question]:
    facts = held(**HOLDS)
    both = agreements()
    for name, patch in MESSAGES.items():
        yield name, message(**patch), both, facts
    for name, patch in FACTS.items():
        yield f"f1 {name}", message(facts={"f1": patch}), both, facts
    for name, patch in TERMS.items():
        yield f"terms: {name}", message(), agreements(**patch), facts
    for name, word in CONSENTS.items():
        yield f"consent {name}", message(**consented(word)), both, facts
    for name, words in {
        "no then yes": ("no", "yes"),
        "yes then no": ("yes", "no"),
        "yes then perhaps": ("yes", "perhaps"),
    }.items():
        yield f"consent {name}", message(**consented(*(CONSENTS[word] for word in words))), both, facts
    for name, patch in PAIRS.items():
        yield f"pair: {name}", message(**patch), both, facts
    for level, who in (("medium", "senior"), ("medium", "minister"), ("high", "senior"), ("high", "minister")):
        yield f"risk {level}, approved by a {who}", message(approvals=[who]), agreements(osja={"level": level}), facts
    yield (
        "sensitive as agreed",
        message(strict_necessity="needed", facts={"f1": {"sensitive": True}}),
        agreements(sensitive=True),
        facts,
    )
    yield "sensitive, not needed", message(facts={"f1": {"sensitive": True}}), agreements(sensitive=True), facts
    yield "sensitive, not agreed", message(strict_necessity="needed", facts={"f1": {"sensitive": True}}), both, facts


VICTIM: Final = {"category": "victim", "prop": "name"}
PAIRS: Final[Patches] = {
    **{f"a glass, {name}": {"break_glass": glass, "facts": {"f1": {"origin": "CC"}, "f2": {"evidence": ["h2"]}}} for name, glass in {
        "broken": GLASS, "no reason": {**GLASS, "reason": " "}, "no approver": {**GLASS, "approver": ""}, "the author's": {**GLASS, "approver": "ann"}, "another threat": {**GLASS, "threat": "x"},
    }.items()},
    "a glass, H2": {"break_glass": GLASS, "facts": {"f1": {"origin": "CC", "handling": ["H2"]}}},
    "green threats": {"kind": "ti", "facts": {"f1": {"origin": "CC", "handling": ["TLP:GREEN"]}}},
    **{f"a victim, {name}": {"purpose": "victim-protection", "approvals": list(approvals), "facts": {"f1": {**VICTIM, **fact}}} for name, approvals, fact in (
        ("nothing", (), {}), ("approved", ("safeguarding",), {}), ("consented", (), {"subject_consent": "ref"}), ("both", ("safeguarding",), {"subject_consent": "ref"}),
        ("a child", ("safeguarding",), {"minor": True}), ("home", ("safeguarding",), {"subject_consent": "ref", "subject_state": "BB"}),
        ("home, approved", ("safeguarding", "origin-state"), {"subject_consent": "ref", "subject_state": "BB"}), ("abroad", ("safeguarding",), {"subject_consent": "ref", "subject_state": "CC"}),
    )},
    "a victim, for oic": {"approvals": ["safeguarding"], "facts": {"f1": {**VICTIM, "subject_consent": "ref"}}},
    "a witness, approved": {"approvals": ["witness-protection"], "facts": {"f1": {"category": "witness", "prop": "name"}}},
    "a child, approved": {"approvals": ["safeguarding"], "facts": {"f1": {"minor": True}}},
    "conditions read": {"approvals": ["conditions-read"], "facts": {"f1": {"origin": "BB", "handling": ["H3"]}}},
    "conditions of another": {"facts": {"f1": {"origin": "BB", "handling": ["H3"]}}},
    "red to ann": {"addressee": "ann", "facts": {"f1": {"handling": ["TLP:RED"], "names": ["ann"]}}},
    "red to bo": {"addressee": "bo", "facts": {"f1": {"handling": ["TLP:RED"], "names": ["ann"]}}},
    "red of BB to ann": {"addressee": "ann", "facts": {"f1": {"origin": "BB", "handling": ["TLP:RED"], "names": ["ann"]}}},
    "H1 as evidence": {"kind": "evidence-bundle", "facts": {"f1": {"handling": ["H1"]}}},
    "H1 as evidence, agreed": {"kind": "evidence-bundle", "consents": [{**YES, "type": "evidence", "from": "AA"}], "facts": {"f1": {"handling": ["H1"]}}},
    "kept for it": {"kind": "evidence-bundle", "facts": {"f1": {"state": "restricted", "hold": "evidence"}}},
    "a marking of what is removed": {"classification": "LOW", "facts": {"f1": {"marking": "HIGH", "state": "erased"}}},
    "low about high": {"classification": "LOW", "facts": {"f1": {"marking": "HIGH"}}},
    "two reasons": {"facts": {"f1": {"state": "erased", "retain_until": "2026-01-01"}, "f2": {"retain_until": "2026-01-01"}}},
    "a search": {"kind": "search", "reason": "why", "facts": {"f1": {"hashed": True}, "f2": {"hashed": True}}},
    "rests on each other": {"facts": {"f1": {"evidence": ["f2"]}, "f2": {"evidence": ["f1"]}}},
    "rests twice on one": {"facts": {"f1": {"evidence": ["h1", "h3", "h1"]}, "f2": {"evidence": ["h1", "f1"]}}},
    "rests on what is agreed": {"consents": [YES], "facts": {"f1": {"evidence": ["h2"], "origin": "CC"}, "f2": {"evidence": ["h3"]}}},
}  # fmt: skip


def uses() -> Iterator[Question]:
    for use in ("intelligence", "evidence", "action"):
        for name, patch in {"plain": {}, **FACTS}.items():
            if not name.startswith("on "):
                yield f"{use}: {name}", message(USE, use=use, facts={"f1": patch}), {}, {}
        for name, fact in {
            "own H1": {"origin": "BB", "handling": ["H1"]},
            "own no-action": {"origin": "BB", "conditions": ["no-action"]},
            "own H3": {"origin": "BB", "handling": ["H3"]},
        }.items():
            yield f"{use}: {name}", message(USE, use=use, facts={"f1": fact}), {}, {}
        for name, word in CONSENTS.items():
            giver, kind = "CC" if name == "of another" else "AA", "onward" if name == "for another use" else use
            fact = {"handling": ["H1"], "conditions": ["no-action"]}
            asked = message(USE, use=use, consents=[{**word, "type": kind, "from": giver}], facts={"f1": fact})
            yield f"{use}: consent {name}", asked, {}, {}
    yield "to protect a victim", message(USE, purpose="victim-protection", facts={"f1": VICTIM}), {}, {}
    yield "conditions read", message(USE, approvals=["conditions-read"], facts={"f1": {"handling": ["H3"]}}), {}, {}
    yield "nothing", message(USE, facts={"f1": None, "f2": None}), {}, {}
    yield "by nobody", message(USE, user=None), {}, {}


def amends() -> Iterator[Question]:
    facts = held(**HOLDS)
    for action in ("erase", "restrict", "rectify", "regrade"):
        for names in (["h1"], ["h2"], ["h8"], ["x"], ["h8", "h1", "x"], []):
            yield f"{action} {names}", message(AMEND, amend={"action": action, "facts": names}), agreements(), facts
    yield "nothing", message(AMEND, amend=None), agreements(), facts
    yield "by nobody", message(AMEND, sender=None), agreements(), facts
    yield "suspended", message(AMEND), agreements(state="suspended"), facts


def line(judgement: Judgement) -> list[Any]:
    """A judgement as its row: what comes of it, what is removed, what is owed, who had a say."""
    removed = [f"{name}: {rule}" for name, rule in judgement.removed.items()]
    # Their texts and remedies are held by the table of the rules; only what lets a fact pass is told in words of its own.
    said = [
        " ".join(
            (
                one.id,
                one.rule,
                one.outcome,
                *one.facts,
                one.text if one.outcome == "allow" else "",
                one.remedy if one.outcome == "allow" else "",
            )
        ).strip()
        for one in judgement.reasons
    ]
    return [
        f"{judgement.outcome} {judgement.rule}".strip(),
        removed,
        [*judgement.obligations],
        said,
        judgement.keep_until,
    ]


ALL: Final = {"send": messages, "receive": messages, "use": uses, "amend sent": amends, "amend received": amends}
OPS: Final = {"amend sent": Op.SEND, "amend received": Op.RECEIVE}


@pytest.mark.parametrize("name", ALL)
def test_the_rules_answer_as_they_answered(name: str) -> None:
    op = OPS.get(name) or Op(name)
    asked = list(ALL[name]())
    made = {called: line(decide(op, terms, question, holds, instant(NOW))) for called, question, terms, holds in asked}
    assert len(made) == len(asked), "two questions are called the same"
    hold(HELD, name, made)


@pytest.mark.parametrize("name", ALL)
def test_every_rule_answers_in_the_form_of_its_kind(name: str) -> None:
    op = OPS.get(name) or Op(name)
    for _, question, terms, holds in ALL[name]():
        case = _case(op, terms, question, holds, instant(NOW))
        facts = question.facts
        assert {type(rule.test(case)) for rule in (*MESSAGE_RULES, *AMEND_RULES)} == {bool}
        assert {type(rule.test(facts, case)) for rule in (*FACT_RULES, *ONWARD_RULES, derived)} == {list}
        left = Remainder({}, [])
        if question.classification in case.ranks:
            assert {type(rule.test(left, case)) for rule in REMAINDER_RULES} <= {type(None), tuple}
