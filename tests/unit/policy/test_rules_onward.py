"""Rules B16 and B17: facts of a third state, consents in their order, and findings that rest on facts."""

from typing import Any

import pytest

from tests.unit.policy.kit import FACT, PERSON, brief, held, judge, message

THIRD = {**PERSON, "origin": "CC", "via": "A-AA-DD"}
YES = {"type": "onward", "from": "CC", "to": "BB", "facts": ["f2"], "purposes": ["oic"], "decision": "yes"}
NO = {**YES, "decision": "no"}
EXPIRED = {**YES, "until": "2026-03-01"}
LAST_DAY = {**YES, "until": "2026-03-02"}
GLASS = {"reason": "boat at sea", "approver": "sue", "threat": "immediate-serious"}


def onward(patch: dict[str, Any], **asked: Any) -> str:
    return brief(judge(message(facts={"f1": FACT, "f2": {**THIRD, **patch}}, **asked)))


def stopped(rule: str) -> str:
    return f"redact {rule} -f2:{rule}"


@pytest.mark.parametrize(
    ("expected", "patch"),
    [
        (stopped("onward-consent"), {}),
        (stopped("h2-onward"), {"handling": ["H2"]}),
        (stopped("onward-never"), {"onward": "no"}),
        (stopped("onward-never"), {"via": "A-AA-CC"}),
        (stopped("onward-never"), {"via": "A-AA-CC", "handling": ["TLP:CLEAR"]}),
        (stopped("onward-never"), {"via": "A-AA-CC", "onward": ["BB"]}),
        ("allow", {"handling": ["TLP:CLEAR"]}),
        (stopped("onward-consent"), {"handling": ["TLP:CLEAR", "P"]}),
        (stopped("onward-consent"), {"handling": ["TLP:GREEN"]}),
        (stopped("onward-consent"), {"handling": []}),
        ("allow", {"onward": ["DD", "BB"]}),
        (stopped("onward-consent"), {"onward": ["DD"]}),
        (stopped("onward-consent"), {"onward": []}),
        # A text is no list, even one that spells the recipient.
        (stopped("onward-consent"), {"onward": "BB"}),
        (stopped("h2-onward"), {"onward": ["BB"], "handling": ["H2"]}),
        ("allow", {"origin": "BB"}),
        ("allow", {"origin": "BB", "handling": ["H2"], "onward": "no"}),
        ("allow", {"origin": "AA", "handling": ["H2"], "onward": "no"}),
    ],
    ids=repr,
)
def test_a_third_states_fact_goes_only_where_its_originator_lets_it(expected: str, patch: dict[str, Any]) -> None:
    assert onward(patch) == expected


@pytest.mark.parametrize(
    ("expected", "handling"),
    [
        ("allow", ["TLP:GREEN"]),
        ("allow", ["TLP:GREEN", "TLP:CLEAR"]),
        (stopped("onward-consent"), ["TLP:AMBER"]),
        (stopped("onward-consent"), ["TLP:GREEN", "P"]),
    ],
)
def test_threat_information_goes_on_when_green(expected: str, handling: list[str]) -> None:
    assert onward({"handling": handling}, kind="ti") == expected


@pytest.mark.parametrize(
    ("expected", "consents"),
    [
        ("allow", [YES]),
        (stopped("onward-refused"), [NO]),
        (stopped("onward-refused"), [YES, NO]),
        ("allow", [NO, YES]),
        (stopped("onward-consent"), [EXPIRED]),
        ("allow", [LAST_DAY]),
        # A last "yes" that has ended is neither: not even the earlier "no" comes back.
        (stopped("onward-consent"), [NO, EXPIRED]),
        (stopped("onward-consent"), [YES, EXPIRED]),
        (stopped("onward-refused"), [YES, {**NO, "until": "2020-01-01"}]),
        (stopped("onward-consent"), [{**YES, "decision": "perhaps"}]),
        (stopped("onward-consent"), [{**YES, "type": "evidence"}]),
        (stopped("onward-consent"), [{**YES, "from": "DD"}]),
        (stopped("onward-consent"), [{**YES, "to": "DD"}]),
        (stopped("onward-consent"), [{**YES, "facts": ["f1"]}]),
        (stopped("onward-consent"), [{**YES, "purposes": ["sanctions"]}]),
        ("allow", [YES, {**NO, "facts": ["f1"]}, {**NO, "to": "DD"}]),
    ],
    ids=repr,
)
def test_the_originators_last_word_decides(expected: str, consents: list[dict[str, Any]]) -> None:
    assert onward({}, consents=consents) == expected


@pytest.mark.parametrize("patch", [{"handling": ["H2"]}, {"onward": "no"}, {"via": "A-AA-CC"}])
def test_consent_is_stronger_than_every_earlier_limit(patch: dict[str, Any]) -> None:
    assert onward(patch, consents=[YES]) == "allow"


@pytest.mark.parametrize("patch", [{"handling": ["TLP:CLEAR"]}, {"onward": ["BB"]}])
def test_refusal_is_stronger_than_every_earlier_leave(patch: dict[str, Any]) -> None:
    assert onward(patch, consents=[NO]) == stopped("onward-refused")
    assert onward(patch, consents=[NO], break_glass=GLASS) == stopped("onward-refused")


@pytest.mark.parametrize(
    ("expected", "glass"),
    [
        ("allow +notice:CC", {}),
        (stopped("onward-consent"), {"reason": ""}),
        (stopped("onward-consent"), {"reason": None}),
        (stopped("onward-consent"), {"approver": ""}),
        (stopped("onward-consent"), {"approver": "ann"}),
        (stopped("onward-consent"), {"threat": "serious"}),
    ],
)
def test_breaking_the_glass_needs_a_reason_a_second_person_and_an_immediate_threat(
    expected: str, glass: dict[str, Any]
) -> None:
    assert onward({}, break_glass={**GLASS, **glass}) == expected


def test_breaking_the_glass_opens_h2_but_never_a_prohibition() -> None:
    assert onward({"handling": ["H2"]}, break_glass=GLASS) == "allow +notice:CC"
    assert onward({"onward": "no"}, break_glass=GLASS) == stopped("onward-never")
    assert onward({"via": "A-AA-CC"}, break_glass=GLASS) == stopped("onward-never")


def test_each_originator_is_told_once_and_only_of_what_goes() -> None:
    facts = {"f1": FACT, "f2": THIRD, "f3": THIRD, "f4": {**THIRD, "origin": "DD"}, "f5": {**THIRD, "origin": "EE"}}
    gone = {**facts, "f5": {**facts["f5"], "state": "erased"}}
    assert brief(judge(message(facts=gone, break_glass=GLASS))) == "redact erased -f5:erased +notice:CC +notice:DD"


def test_no_notice_where_leave_was_given_otherwise() -> None:
    assert onward({}, consents=[YES], break_glass=GLASS) == "allow"


def test_what_lets_a_third_states_fact_pass_is_told() -> None:
    judgement = judge(message(facts={"f2": THIRD}, consents=[YES]))
    assert [(reason.rule, reason.outcome, reason.facts, reason.text) for reason in judgement.reasons] == [
        ("onward", "allow", ("f2",), "CC consented to this transfer")
    ]


def derived(holds: dict[str, Any], *, evidence: tuple[str, ...] = ("e1",), **asked: Any) -> str:
    finding = {**FACT, "prop": "linkedVessel", "evidence": list(evidence)}
    facts = {"f1": FACT, "f2": finding, **asked.pop("facts", {})}
    return brief(judge(message(facts=facts, **asked), holds=held(**holds)))


@pytest.mark.parametrize(
    ("expected", "evidence"),
    [
        ("allow", FACT),
        (stopped("derived"), {**FACT, "state": "erased"}),
        (stopped("derived"), {**FACT, "state": "restricted"}),
        (stopped("derived"), {**FACT, "marking": "SECRET"}),
        (stopped("derived"), {**FACT, "handling": ["TLP:RED"]}),
        (stopped("derived"), THIRD),
        # Rules outside the list do not bite on evidence.
        ("allow", {**FACT, "retain_until": "2020-01-01"}),
        ("allow", {**PERSON, "prop": "name", "category": "victim"}),
        ("allow", {**PERSON, "grade": None}),
        ("allow", {**FACT, "category": "unheard-of"}),
        # Each of the list bites by itself, whatever earlier rule bites as well.
        (stopped("derived"), {**THIRD, "retain_until": "2020-01-01", "prop": "faceTemplate"}),
    ],
    ids=repr,
)
def test_a_finding_goes_no_further_than_its_evidence(expected: str, evidence: dict[str, Any]) -> None:
    assert derived({"e1": evidence}) == expected


def test_evidence_is_looked_up_in_the_message_before_the_store() -> None:
    erased = {**FACT, "state": "erased"}
    assert derived({"f1": erased}, evidence=("f1",)) == "allow"
    both = {"f1": erased, "f3": FACT}
    assert derived({"f1": FACT}, evidence=("f1",), facts=both) == "redact erased -f1:erased -f2:derived"


def test_evidence_that_is_nowhere_fails() -> None:
    assert derived({}) == stopped("derived")
    assert derived({"e1": FACT}, evidence=("e1", "e2")) == stopped("derived")


def test_a_chain_fails_at_any_depth() -> None:
    sound = {"e1": {**FACT, "evidence": ["e2"]}, "e2": {**FACT, "evidence": ["e3"]}, "e3": FACT}
    assert derived(sound) == "allow"
    assert derived({**sound, "e3": {**FACT, "state": "erased"}}) == stopped("derived")
    assert derived({**sound, "e3": {**FACT, "evidence": ["e4"]}}) == stopped("derived")


def test_a_chain_of_ten_thousand_links_is_walked() -> None:
    chain = {f"e{n}": {**FACT, "evidence": [f"e{n + 1}"]} for n in range(1, 10_000)}
    assert derived({**chain, "e10000": FACT}) == "allow"
    assert derived({**chain, "e10000": {**FACT, "state": "erased"}}) == stopped("derived")


@pytest.mark.parametrize(
    "circle",
    [
        {"e1": {**FACT, "evidence": ["e1"]}},
        {"e1": {**FACT, "evidence": ["e2"]}, "e2": {**FACT, "evidence": ["e1"]}},
        {"e1": {**FACT, "evidence": ["f2"]}},
    ],
)
def test_a_circle_fails(circle: dict[str, Any]) -> None:
    assert derived(circle) == stopped("derived")


def test_two_ways_to_the_same_evidence_are_no_circle() -> None:
    diamond = {"e1": {**FACT, "evidence": ["e3"]}, "e2": {**FACT, "evidence": ["e3"]}, "e3": FACT}
    assert derived(diamond, evidence=("e1", "e2")) == "allow"


def test_two_ways_to_evidence_that_rests_on_more_are_no_circle() -> None:
    fork = {"e1": {**FACT, "evidence": ["e3"]}, "e2": {**FACT, "evidence": ["e3"]}, "e3": {**FACT, "evidence": ["e4"]}}
    assert derived({**fork, "e4": FACT}, evidence=("e1", "e2")) == "allow"
    assert derived({**fork, "e4": FACT}, evidence=("e1", "e3", "e2", "e4")) == "allow"


def test_a_consent_to_the_evidence_lets_the_finding_pass() -> None:
    assert derived({"e1": THIRD}, consents=[{**YES, "facts": ["e1"]}]) == "allow"
    assert derived({"e1": THIRD}, consents=[{**YES, "facts": ["f2"]}]) == stopped("derived")


def test_the_originator_of_evidence_is_told_when_the_glass_is_broken() -> None:
    deep = {"e1": {**FACT, "evidence": ["e2"]}, "e2": THIRD}
    assert derived(deep, break_glass=GLASS) == "allow +notice:CC"


def test_no_originator_is_told_of_evidence_when_the_finding_stays() -> None:
    holds = {"e1": THIRD, "e2": {**FACT, "state": "erased"}}
    assert derived(holds, evidence=("e1", "e2"), break_glass=GLASS) == stopped("derived")


def test_a_third_states_finding_needs_leave_for_itself_and_its_evidence() -> None:
    finding = {**THIRD, "evidence": ["e1"]}
    asked = message(facts={"f1": FACT, "f2": finding}, break_glass=GLASS)
    holds = held(e1={**THIRD, "origin": "DD"})
    assert brief(judge(asked, holds=holds)) == "allow +notice:CC +notice:DD"


def test_onward_rules_are_asked_on_send_only() -> None:
    facts = {"f1": FACT, "f2": {**THIRD, "onward": "no", "evidence": ["nowhere"]}}
    assert brief(judge(message(facts=facts), "receive")) == "allow"
