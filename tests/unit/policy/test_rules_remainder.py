"""Rules C at their boundaries, the order of outcomes, obligations, and what `apply` makes of a judgement."""

from typing import Any

import pytest

from headwater.errors import ForbiddenError
from headwater.policy.rules import RULES, Outcome, apply
from tests.unit.policy.kit import FACT, MESSAGE, PERSON, USE, agreements, brief, judge, message

NONE_LEFT = {"facts": {"f1": {"state": "erased"}, "f2": {"state": "erased"}}}
GONE = " -f1:erased -f2:erased"
ASSURED = {"osja_flags": ["death-penalty"], "assurance_ref": "ASSURANCE-1"}


@pytest.mark.parametrize(
    ("expected", "patch"),
    [
        ("refuse nothing-left", {"kind": "spontaneous"}),
        ("refuse nothing-left", {"kind": "alert"}),
        ("refuse nothing-left", {"kind": "search", "reason": "r"}),
        ("refuse nothing-left", {"kind": "evidence-bundle"}),
        ("refuse nothing-left", {"kind": "ti"}),
        ("refuse nothing-left", {"kind": "response", "result": "full"}),
        ("refuse nothing-left", {"kind": "response", "result": "partial"}),
        ("redact erased", {"kind": "response", "result": "none"}),
        ("redact erased", {"kind": "response"}),
        ("redact erased", {"kind": "request", "reason": "r"}),
    ],
)
def test_some_messages_say_nothing_without_a_fact(expected: str, patch: dict[str, Any]) -> None:
    assert brief(judge(message(**NONE_LEFT, **patch))) == expected + GONE


@pytest.mark.parametrize(
    ("expected", "classification", "marking"),
    [
        ("allow", "HIGH", "HIGH"),
        ("refuse undermarked", "LOW", "HIGH"),
        ("allow", "LOW", None),
        ("allow", "NONE", None),
        ("refuse undermarked", "NONE", "LOW"),
    ],
)
@pytest.mark.parametrize("op", ["send", "receive"])
def test_a_message_is_marked_as_high_as_its_facts(
    op: str, expected: str, classification: str, marking: str | None
) -> None:
    asked = message(classification=classification, facts={"f1": {"marking": marking}, "f2": None})
    assert brief(judge(asked, op)) == expected


def test_the_marking_of_a_removed_fact_does_not_count() -> None:
    asked = message(classification="LOW", facts={"f2": {"marking": "HIGH", "state": "erased"}})
    assert brief(judge(asked)) == "redact erased -f2:erased"


@pytest.mark.parametrize("op", ["send", "receive"])
def test_a_search_carries_hashes_only(op: str) -> None:
    hashed = {"f1": {"hashed": True}, "f2": {"hashed": True}}
    assert brief(judge(message(kind="search", reason="r", facts=hashed), op)) == "allow"
    plain = message(kind="search", reason="r", facts={"f1": {"hashed": True}})
    assert judge(plain, op).reasons[0].facts == ("f2",)
    assert brief(judge(plain, op)) == "refuse search-plain"


@pytest.mark.parametrize(
    ("expected", "terms", "patch"),
    [
        ("refuse no-safeguard", {"safeguards": {"AA": None}}, {}),
        ("refuse no-safeguard", {"safeguards": {"AA": {"until": "2026-03-01"}}}, {}),
        ("allow", {"safeguards": {"AA": {"until": "2026-03-02"}}}, {}),
        ("allow", {"safeguards": {"BB": None}}, {}),
        ("allow", {"safeguards": {"AA": None}, "binding": True}, {}),
        ("allow", {"safeguards": {"AA": None}}, {"facts": {"f2": {"personal": False}}}),
        ("refuse osja", {"osja": None}, {}),
        ("refuse osja", {"osja": {"review_by": "2026-03-01"}}, {}),
        ("allow", {"osja": {"review_by": "2026-03-02"}}, {}),
        ("allow", {"osja": None}, {"facts": {"f2": {"personal": False}}}),
        ("refuse osja-flag", {}, {"osja_flags": ["torture"], "approvals": ["minister"]}),
        ("refuse osja-flag", {}, {"osja_flags": ["refoulement"], "approvals": ["minister"]}),
        ("refuse osja-flag", {}, {"osja_flags": ["death-penalty"], "approvals": ["minister"]}),
        ("refuse osja-flag", {}, {**ASSURED, "assurance_ref": "", "approvals": ["minister"]}),
        ("refuse osja-flag", {}, {"osja_flags": ["torture"], "facts": {"f2": None}}),
        ("hold osja-approval", {}, ASSURED),
        ("hold osja-approval", {}, {**ASSURED, "approvals": ["senior"]}),
        ("allow", {}, {**ASSURED, "approvals": ["minister"]}),
        ("hold osja-approval", {}, {**ASSURED, "facts": {"f2": None}}),
        ("hold osja-approval", {}, {"osja_flags": ["unfair-trial"]}),
        ("hold osja-approval", {}, {"osja_flags": ["unlawful-detention"], "facts": {"f2": None}}),
        ("allow", {}, {"osja_flags": ["unfair-trial"], "approvals": ["senior"]}),
        ("allow", {}, {"osja_flags": ["unfair-trial"], "approvals": ["minister"]}),
        ("allow", {}, {"osja_flags": ["something-else"]}),
        ("hold osja-approval", {"osja": {"level": "medium"}}, {}),
        ("allow", {"osja": {"level": "medium"}}, {"approvals": ["senior"]}),
        ("allow", {"osja": {"level": "medium"}}, {"facts": {"f2": None}}),
        ("hold osja-approval", {"osja": {"level": "high"}}, {"approvals": ["senior"]}),
        ("allow", {"osja": {"level": "high"}}, {"approvals": ["minister"]}),
        ("allow", {"osja": {"level": "high"}}, {"facts": {"f2": None}}),
        ("hold osja-approval", {"osja": {"level": "high"}}, {"osja_flags": ["unfair-trial"], "approvals": ["senior"]}),
        ("hold minor", {}, {"facts": {"f2": {"minor": True}}}),
        ("allow", {}, {"facts": {"f2": {"minor": True}}, "approvals": ["safeguarding"]}),
        ("hold no-approver", {}, {"approver": ""}),
        ("hold no-approver", {}, {"approver": None}),
        ("allow", {}, {"approver": None, "facts": {"f2": None}}),
        ("hold four-eyes", {}, {"approver": "ann"}),
        ("hold four-eyes", {}, {"approver": "ann", "facts": {"f2": None}}),
        ("allow", {}, {"approver": None, "author": None, "facts": {"f2": None}}),
    ],
    ids=repr,
)
def test_what_is_left_is_judged_before_it_is_sent(expected: str, terms: dict[str, Any], patch: dict[str, Any]) -> None:
    asked = message(**patch)
    assert brief(judge(asked, terms=agreements(**terms))) == expected
    # The receiver answers for none of these: they are the sender's duties.
    assert brief(judge(asked, "receive", terms=agreements(**terms))) == "allow"


@pytest.mark.parametrize(
    ("expected", "op", "patch", "approvals"),
    [
        ("hold condition-text", "receive", {"handling": ["H3"]}, []),
        ("hold condition-text", "receive", {"handling": ["C"]}, []),
        ("allow", "receive", {"handling": ["H3"], "conditions": ["no-evidence"]}, []),
        ("hold condition-text", "receive", {"handling": ["H3"]}, ["conditions-read"]),
        ("hold condition-text", "receive", {"handling": ["H3"], "origin": "BB"}, []),
        ("allow", "send", {"handling": ["H3"]}, []),
        ("hold condition-text", "send", {"handling": ["H3"], "origin": "BB"}, []),
        ("allow", "send", {"handling": ["H3"], "origin": "BB"}, ["conditions-read"]),
        ("hold condition-text", "use", {"handling": ["P", "C"]}, []),
        ("allow", "use", {"handling": ["C"]}, ["conditions-read"]),
        ("allow", "use", {"handling": ["C"], "origin": "BB"}, []),
        ("hold handling-unknown", "receive", {"handling": ["H4"]}, []),
        ("hold handling-unknown", "receive", {"handling": ["P", "h1"]}, []),
        ("allow", "send", {"handling": ["H4"]}, []),
        ("allow", "use", {"handling": ["H4"]}, []),
    ],
)
def test_a_condition_that_only_a_person_can_read_holds(
    expected: str, op: str, patch: dict[str, Any], approvals: list[str]
) -> None:
    asked = message(USE if op == "use" else MESSAGE, facts={"f1": patch, "f2": None}, approvals=approvals)
    assert brief(judge(asked, op)) == expected


@pytest.mark.parametrize("code", ["P", "H0", "H1", "H2", "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT"])
def test_a_known_code_is_received(code: str) -> None:
    assert brief(judge(message(facts={"f1": {"handling": [code]}}), "receive")) == "allow"


@pytest.mark.parametrize(
    ("expected", "patch"),
    [
        ("refuse undermarked -f3:erased", {"classification": "NONE", "approver": ""}),
        ("hold no-approver -f3:erased", {"approver": ""}),
        ("redact erased -f3:erased", {}),
    ],
)
def test_the_strongest_outcome_wins(expected: str, patch: dict[str, Any]) -> None:
    assert brief(judge(message(facts={"f3": {**FACT, "state": "erased"}}, **patch))) == expected


@pytest.mark.parametrize(
    ("expected", "until"),
    [("allow", "2027-03-02"), ("allow +clamp:f1", "2027-03-03"), ("allow +clamp:f1", None)],
)
@pytest.mark.parametrize("op", ["send", "receive"])
def test_retention_is_shortened_to_what_was_agreed(op: str, expected: str, until: str | None) -> None:
    assert brief(judge(message(facts={"f1": {"retain_until": until}}), op)) == expected


def test_using_obliges_to_nothing() -> None:
    assert brief(judge(message(USE, facts={"f1": {"retain_until": None}}), "use")) == "allow"


def test_a_hold_carries_the_obligations_that_will_apply_and_a_refusal_none() -> None:
    late = {"f1": {"retain_until": None}}
    assert brief(judge(message(facts=late, approver=""))) == "hold no-approver +clamp:f1"
    assert brief(judge(message(facts=late, osja_flags=["torture"]))) == "refuse osja-flag"


def test_a_removed_fact_has_no_obligation() -> None:
    gone = {"f1": {"retain_until": None, "state": "erased"}}
    assert brief(judge(message(facts=gone))) == "redact erased -f1:erased"


def test_a_judgement_is_applied_by_taking_out_and_shortening() -> None:
    asked = message(facts={"f1": {"retain_until": None}, "f2": {"state": "erased"}, "f3": PERSON})
    applied = apply(judge(asked), asked)
    assert list(applied.facts) == ["f1", "f3"]
    assert applied.facts["f1"].retain_until == "2027-03-02"
    assert applied.facts["f3"] == asked.facts["f3"]
    assert judge(applied).outcome is Outcome.ALLOW


def test_a_judgement_that_changes_nothing_gives_the_same_message() -> None:
    asked = message()
    assert apply(judge(asked), asked) is asked


def test_a_refused_message_cannot_be_applied() -> None:
    asked = message(osja_flags=["torture"])
    with pytest.raises(ForbiddenError, match="rule osja-flag") as refused:
        apply(judge(asked), asked)
    assert refused.value.code == "policy.forbidden"


def test_a_refusal_names_the_facts_and_what_would_allow_it() -> None:
    refusal = judge(message(classification="NONE")).refusal()
    assert refusal.what.startswith("rule undermarked (f1, f2): ")
    assert refusal.fix == "mark the message as high as its highest fact"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.id}-{rule.name}")
def test_every_rule_speaks_in_one_sentence_and_names_a_remedy(rule: Any) -> None:
    assert rule.text.endswith(".")
    assert "\n" not in rule.text
    assert len(rule.text.split()) >= 4
    assert rule.remedy
    assert rule.ops


def test_rule_names_are_told_apart() -> None:
    assert len({(rule.id, rule.name) for rule in RULES}) == len(RULES)
