"""Rules B1 to B15 and the use of facts received, each with the nearest case that passes."""

from typing import Any

import pytest

from tests.unit.policy.kit import FACT, PERSON, USE, agreements, brief, judge, message

VICTIM = {**PERSON, "prop": "name", "category": "victim", "subject_consent": "C-1", "subject_state": "DD"}
PROTECT = {"purpose": "victim-protection", "approvals": ["safeguarding"]}
YES = {"from": "AA", "to": "BB", "facts": ["f2"], "purposes": ["oic"], "decision": "yes", "until": "2026-12-31"}
MINE_YES = {**YES, "type": "evidence"}


def outcomes(patch: dict[str, Any], **message_patch: Any) -> dict[str, str]:
    """What becomes of fact f2 with some changes: on send, on receive, on use."""
    facts = {"f1": FACT, "f2": {**PERSON, **patch}}
    wire = message(facts=facts, **message_patch)
    asked = message(USE, facts=facts, **message_patch)
    return {
        "send": judge(wire).removed.get("f2", ""),
        "receive": judge(wire, "receive").removed.get("f2", ""),
        "use": judge(asked, "use").removed.get("f2", ""),
    }


def crossing(rule: str) -> dict[str, str]:
    return {"send": rule, "receive": rule, "use": ""}


def always(rule: str) -> dict[str, str]:
    return {"send": rule, "receive": rule, "use": rule}


def send_use(rule: str) -> dict[str, str]:
    return {"send": rule, "receive": "", "use": rule}


PASSES = always("")


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({}, PASSES),
        ({"state": "erased"}, always("erased")),
        ({"state": "restricted"}, send_use("restricted")),
        ({"state": "restricted", "hold": "evidence"}, send_use("restricted")),
        ({"retain_until": "2026-03-01"}, always("retention")),
        ({"retain_until": "2026-03-02"}, PASSES),
        ({"reveals_source": True}, crossing("source-identity")),
        ({"prop": "faceTemplate"}, always("no-face")),
        ({"marking": "SECRET"}, crossing("classification")),
        ({"marking": None}, PASSES),
        ({"marking": ""}, crossing("classification")),
        ({"category": "associate"}, crossing("category")),
        ({"category": ""}, crossing("category")),
        ({"category": "victim", "prop": "name"}, always("protected-identity")),
        ({"category": "smuggled", "prop": "phone"}, always("protected-identity")),
        ({"category": "smuggled", "prop": "notes"}, always("protected-identity")),
        ({"category": "victim", "prop": "routeLeg"}, PASSES),
        ({"category": "witness", "prop": "alias"}, crossing("witness-identity")),
        ({"category": "witness", "prop": "routeLeg"}, PASSES),
        ({"sensitive": True}, crossing("sensitive")),
        ({"sensitive": "religion"}, crossing("sensitive")),
        ({"sensitive": False}, PASSES),
        ({"grade": None}, crossing("grade")),
        ({"grade": None, "category": "organisation"}, PASSES),
        ({"grade": None, "category": "object"}, PASSES),
        ({"purposes": ["sanctions"]}, send_use("fact-purpose")),
        ({"purposes": ["sanctions", "oic"]}, PASSES),
        ({"purposes": []}, send_use("fact-purpose")),
        ({"handling": ["TLP:RED"]}, crossing("tlp-red")),
        ({"handling": ["TLP:AMBER+STRICT"]}, PASSES),
        ({"handling": ["H1"]}, PASSES),
        ({"conditions": ["no-evidence"]}, PASSES),
        ({"conditions": ["no-action"]}, PASSES),
    ],
    ids=repr,
)
def test_a_fact_is_removed_where_its_rule_applies(patch: dict[str, Any], expected: dict[str, str]) -> None:
    assert outcomes(patch) == expected


@pytest.mark.parametrize(
    ("expected", "patch", "asked"),
    [
        ("", {}, PROTECT),
        ("protected-identity", {}, {**PROTECT, "purpose": "oic"}),
        ("protected-identity", {}, {**PROTECT, "approvals": []}),
        ("protected-identity", {}, {**PROTECT, "approvals": ["senior", "minister"]}),
        ("protected-identity", {"subject_consent": None}, PROTECT),
        ("protected-identity", {"subject_consent": ""}, PROTECT),
        ("", {"subject_consent": None, "minor": True}, PROTECT),
        ("protected-identity", {"subject_consent": None, "minor": True}, {**PROTECT, "approvals": []}),
        ("protected-identity", {"subject_consent": None, "minor": True}, {**PROTECT, "purpose": "oic"}),
        ("protected-identity", {"subject_consent": None, "minor": True, "subject_state": "BB"}, PROTECT),
        ("protected-identity", {"subject_state": "BB"}, PROTECT),
        ("", {"subject_state": "BB"}, {**PROTECT, "approvals": ["safeguarding", "origin-state"]}),
        ("", {"subject_state": "AA"}, PROTECT),
        ("", {"subject_state": None}, PROTECT),
    ],
)
@pytest.mark.parametrize("op", ["send", "receive"])
def test_a_victim_is_named_only_to_protect_and_only_with_consent(
    op: str, expected: str, patch: dict[str, Any], asked: dict[str, Any]
) -> None:
    facts = {"f1": FACT, "f2": {**VICTIM, **patch}}
    assert judge(message(facts=facts, **asked), op).removed.get("f2", "") == expected


def test_a_victim_already_known_may_be_named_in_use_for_protection() -> None:
    asked = message(USE, purpose="victim-protection", facts={"f2": {**VICTIM, "subject_consent": None}})
    assert brief(judge(asked, "use")) == "allow"


@pytest.mark.parametrize(("markings", "expected"), [({"NONE": None}, "classification"), ({}, "")])
def test_a_fact_without_a_marking_passes_only_where_the_agreement_lets_unmarked_ones_pass(
    markings: dict[str, None], expected: str
) -> None:
    asked = message(facts={"f1": {**FACT, "marking": "HIGH"}, "f2": {**PERSON, "marking": None}})
    for op in ("send", "receive"):
        assert judge(asked, op, terms=agreements(markings=markings)).removed.get("f2", "") == expected


def test_a_witness_is_named_with_the_approval() -> None:
    witness = {"category": "witness", "prop": "alias"}
    assert outcomes(witness, approvals=["witness-protection"]) == PASSES
    assert outcomes(witness, approvals=["safeguarding", "approver"]) == crossing("witness-identity")


@pytest.mark.parametrize(
    ("agreed", "necessity", "expected"),
    [(True, "route of the group", ""), (True, "", "sensitive"), (True, None, "sensitive"), (False, "x", "sensitive")],
)
def test_special_categories_need_agreement_and_necessity(agreed: bool, necessity: str | None, expected: str) -> None:
    asked = message(facts={"f2": {"sensitive": "religion"}}, strict_necessity=necessity)
    assert judge(asked, terms=agreements(sensitive=agreed)).removed.get("f2", "") == expected


@pytest.mark.parametrize("kind", ["request", "alert", "evidence-bundle", "search"])
def test_a_grade_is_asked_for_intelligence_only(kind: str) -> None:
    assert outcomes({"grade": None}, kind=kind, reason="r") == PASSES


@pytest.mark.parametrize("result", ["full", "partial", "none"])
def test_a_grade_is_asked_for_in_every_response(result: str) -> None:
    assert outcomes({"grade": None}, kind="response", result=result) == crossing("grade")


@pytest.mark.parametrize(
    ("expected", "patch", "asked"),
    [
        (crossing(""), {"names": ["bo"]}, {"addressee": "bo"}),
        (crossing("tlp-red"), {"names": ["bo"]}, {"addressee": "di"}),
        (crossing("tlp-red"), {"names": ["bo"]}, {}),
        (crossing("tlp-red"), {"names": []}, {"addressee": "bo"}),
        ({"send": "tlp-red", "receive": "", "use": ""}, {"names": ["bo"], "origin": "BB"}, {"addressee": "bo"}),
        (crossing(""), {"names": ["bo"], "handling": ["P", "TLP:RED"]}, {"addressee": "bo"}),
        (crossing("tlp-red"), {"handling": ["P", "TLP:RED"]}, {"addressee": "bo"}),
    ],
)
def test_red_goes_from_its_originator_to_a_named_person_only(
    expected: dict[str, str], patch: dict[str, Any], asked: dict[str, Any]
) -> None:
    assert outcomes({"handling": ["TLP:RED"], **patch}, **asked) == expected


@pytest.mark.parametrize("limit", [{"handling": ["H1"]}, {"conditions": ["no-evidence"]}])
@pytest.mark.parametrize(
    ("expected", "origin", "consents"),
    [
        ({"send": "h1-evidence", "receive": "", "use": "h1-evidence"}, "AA", []),
        # The originator's own: on send it must lift H1 first; in use by BB it is BB's own business.
        ({"send": "h1-evidence", "receive": "", "use": ""}, "BB", []),
        (PASSES, "AA", [MINE_YES]),
        (send_use("h1-evidence"), "AA", [{**MINE_YES, "type": "action"}]),
    ],
)
def test_evidence_needs_its_originators_word(
    expected: dict[str, str], origin: str, consents: list[Any], limit: dict[str, Any]
) -> None:
    patch = {"origin": origin, **limit}
    bundle = message(kind="evidence-bundle", consents=consents, facts={"f2": patch})
    asked = message(USE, use="evidence", consents=consents, facts={"f2": patch})
    assert {
        "send": judge(bundle).removed.get("f2", ""),
        "receive": judge(bundle, "receive").removed.get("f2", ""),
        "use": judge(asked, "use").removed.get("f2", ""),
    } == expected


@pytest.mark.parametrize(("use", "kind"), [("evidence", "use"), ("intelligence", "evidence-bundle")])
def test_a_restricted_fact_kept_as_evidence_serves_as_evidence(use: str, kind: str) -> None:
    kept = {"state": "restricted", "hold": "evidence"}
    assert judge(message(USE, use=use, kind=kind, facts={"f2": kept}), "use").removed == {}
    other = {"state": "restricted", "hold": "appeal"}
    assert judge(message(USE, use=use, kind=kind, facts={"f2": other}), "use").removed == {"f2": "restricted"}


@pytest.mark.parametrize(
    ("expected", "use", "origin", "consents"),
    [
        ("no-action", "action", "AA", []),
        ("", "intelligence", "AA", []),
        ("", "action", "BB", []),
        ("", "action", "AA", [{**YES, "type": "action"}]),
        ("no-action", "action", "AA", [{**YES, "type": "action", "to": "CC"}]),
        ("no-action", "action", "AA", [{**YES, "type": "action"}, {**YES, "type": "action", "decision": "no"}]),
    ],
)
def test_action_needs_its_originators_word(expected: str, use: str, origin: str, consents: list[Any]) -> None:
    patch = {"origin": origin, "conditions": ["no-action"]}
    asked = message(USE, use=use, consents=consents, facts={"f2": patch})
    assert judge(asked, "use").removed.get("f2", "") == expected


def test_the_first_rule_in_order_names_the_removal_and_the_others_are_listed() -> None:
    judgement = judge(message(facts={"f2": {"prop": "faceTemplate", "state": "erased", "retain_until": "2026-01-01"}}))
    assert brief(judgement) == "redact erased -f2:erased"
    assert [(reason.rule, reason.facts) for reason in judgement.reasons] == [
        ("erased", ("f2",)),
        ("retention", ("f2",)),
        ("no-face", ("f2",)),
    ]


def test_the_first_rule_in_order_names_the_redaction_whatever_the_order_of_facts() -> None:
    judgement = judge(message(facts={"f1": {"prop": "faceTemplate"}, "f2": {"state": "erased"}, "f3": FACT}))
    assert brief(judgement) == "redact erased -f2:erased -f1:no-face"


def test_what_should_not_have_come_is_refused_not_edited() -> None:
    assert brief(judge(message(facts={"f2": {"state": "erased"}}), "receive")) == "refuse erased -f2:erased"


def test_using_needs_no_agreement() -> None:
    assert brief(judge(message(USE), "use", terms={})) == "allow"


def test_using_what_is_all_removed_is_refused() -> None:
    asked = message(USE, facts={"f1": {"state": "erased"}, "f2": {"state": "erased"}})
    assert brief(judge(asked, "use")) == "refuse nothing-left -f1:erased -f2:erased"


@pytest.mark.parametrize("kind", ["notice", "receipt"])
def test_a_question_of_use_cannot_be_dressed_as_housekeeping(kind: str) -> None:
    asked = message(USE, kind=kind, facts={"f2": {"state": "erased"}})
    assert brief(judge(asked, "use")) == "redact erased -f2:erased"
