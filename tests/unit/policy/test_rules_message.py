"""Rules A and D at their boundaries: message, agreement, dates, housekeeping, amend."""

from typing import Any

import pytest

from headwater.errors import SchemaError
from headwater.model.message import HOUSEKEEPING
from headwater.policy.rules import decide
from tests.unit.policy.kit import AMEND, FACT, MESSAGE, agreements, brief, held, instant, judge, message

AMENDED = held(f1={**FACT, "sent_to": ["CC", "DD"]}, f2={**FACT, "sent_to": ["CC"]})


@pytest.mark.parametrize(
    ("expected", "patch"),
    [
        ("allow", {}),
        ("refuse agreement-unknown", {"agreement": "A-ZZ"}),
        ("refuse agreement-unknown", {"agreement": None}),
        ("refuse party", {"sender": "CC-POL"}),
        ("refuse party", {"recipient": "CC-POL"}),
        ("refuse party", {"recipient": "AA-POL"}),
        ("refuse party", {"sender": None}),
        ("refuse expired", {"expires": "2026-03-02T09:00:00Z"}),
        ("refuse expired", {"expires": "2026-03-02T10:00:00+01:00"}),
        ("allow", {"expires": "2026-03-02T09:00:01Z"}),
        ("allow", {"expires": None}),
        ("refuse kind", {"kind": "consent"}),
        ("refuse kind", {"kind": "use"}),
        ("refuse purpose", {"purpose": "sanctions"}),
        ("refuse purpose", {"purpose": None}),
        ("refuse reason", {"kind": "request"}),
        ("refuse reason", {"kind": "request", "reason": " "}),
        ("allow", {"kind": "request", "reason": "same phone"}),
        ("refuse reason", {"kind": "search", "facts": {"f1": {"hashed": True}, "f2": {"hashed": True}}}),
        ("refuse reason", {"urgency": "flash"}),
        ("refuse reason", {"urgency": "urgent", "why_urgent": ""}),
        ("allow", {"urgency": "flash", "why_urgent": "boat at sea"}),
        ("refuse classification", {"classification": "TOP"}),
        ("refuse classification", {"classification": None}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("op", ["send", "receive"])
def test_a_message_rule_refuses_in_both_directions(op: str, expected: str, patch: dict[str, Any]) -> None:
    assert brief(judge(message(**patch), op)) == expected


@pytest.mark.parametrize(
    ("expected", "now"),
    [
        ("refuse agreement-dates", "2024-12-31T23:59:59Z"),
        ("allow", "2025-01-01T00:00:00Z"),
        ("allow", "2027-12-31T23:59:59.999999Z"),
        ("refuse agreement-dates", "2028-01-01T00:00:00Z"),
        # Days are days in UTC, whatever clock the question came from.
        ("allow", "2028-01-01T01:59:59+02:00"),
        ("refuse agreement-dates", "2027-12-31T22:00:00-02:00"),
    ],
)
def test_an_agreement_holds_on_whole_days_in_utc(expected: str, now: str) -> None:
    ages = {"retain_until": "2028-06-30"}
    asked = message(expires=None, facts={"f1": ages, "f2": None})
    assert brief(judge(asked, terms=agreements(retain_max_days=3650), now=now)) == expected


@pytest.mark.parametrize("state", ["draft", "signed", "suspended", "ended"])
def test_only_a_live_agreement_lets_a_message_pass(state: str) -> None:
    assert brief(judge(message(), terms=agreements(state=state))) == "refuse agreement-state"


def test_the_first_rule_in_order_names_the_refusal_and_the_others_are_listed() -> None:
    judgement = judge(message(purpose=None, classification=None, expires="2020-01-01T00:00:00Z"))
    assert brief(judgement) == "refuse expired"
    assert [reason.rule for reason in judgement.reasons] == ["expired", "purpose", "classification"]


def test_a_refused_message_has_no_fact_judged() -> None:
    judgement = judge(message(purpose=None, facts={"f1": {"state": "erased"}}))
    assert judgement.removed == {}


@pytest.mark.parametrize("kind", sorted(HOUSEKEEPING))
def test_housekeeping_passes_whatever_the_agreement_covers(kind: str) -> None:
    bare = message(kind=kind, purpose=None, classification=None, urgency="flash", facts={"f1": {"state": "erased"}})
    assert brief(judge(bare, terms=agreements(state="suspended", valid_until="2026-01-01"))) == "allow"


@pytest.mark.parametrize(
    ("expected", "patch"),
    [
        ("refuse agreement-unknown", {"agreement": "A-ZZ"}),
        ("refuse party", {"recipient": "CC-POL"}),
        ("refuse expired", {"expires": "2026-03-02T09:00:00Z"}),
    ],
)
def test_housekeeping_still_needs_its_parties_and_its_time(expected: str, patch: dict[str, Any]) -> None:
    assert brief(judge(message(AMEND, **patch), "receive", holds=AMENDED)) == expected


@pytest.mark.parametrize("action", ["erase", "restrict", "rectify", "regrade"])
def test_an_amend_is_carried_out_and_passed_on_to_each_state_once(action: str) -> None:
    asked = message(AMEND, amend={"action": action})
    assert brief(judge(asked, "receive", holds=AMENDED)) == f"allow +{action}:f1 +{action}:f2 +forward:CC +forward:DD"


def test_an_amend_names_what_is_not_held_and_keeps_the_order_given() -> None:
    asked = message(AMEND, amend={"facts": ["f9", "f2", "f1"]})
    assert brief(judge(asked, "receive", holds=AMENDED)) == (
        "allow +not-held:f9 +erase:f2 +erase:f1 +forward:CC +forward:DD"
    )


@pytest.mark.parametrize(("action", "done"), [("erase", "restrict"), ("rectify", "rectify"), ("restrict", "restrict")])
def test_evidence_is_restricted_where_it_would_be_erased(action: str, done: str) -> None:
    holds = held(f1={**FACT, "hold": "evidence"})
    asked = message(AMEND, amend={"action": action, "facts": ["f1"]})
    assert brief(judge(asked, "receive", holds=holds)) == f"allow +{done}:f1"


@pytest.mark.parametrize("op", ["send", "receive"])
def test_only_the_originator_amends(op: str) -> None:
    holds = held(f1=FACT, f2={**FACT, "origin": "CC"})
    judgement = judge(message(AMEND), op, holds=holds)
    assert brief(judgement) == "refuse amend-owner"
    assert judgement.reasons[0].facts == ("f2",)


def test_sending_an_amend_obliges_to_nothing() -> None:
    assert brief(judge(message(AMEND), "send", holds=AMENDED)) == "allow"


def test_an_amend_passes_while_the_agreement_is_suspended() -> None:
    judgement = judge(message(AMEND), "receive", holds=AMENDED, terms=agreements(state="suspended"))
    assert judgement.outcome == "allow"


def test_an_amend_that_names_nothing_asks_for_nothing() -> None:
    assert brief(judge(message(AMEND, amend=None), "receive")) == "allow"


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(SchemaError, match="no such operation"):
        decide("burn", agreements(), message(MESSAGE), {}, instant("2026-03-02T09:00:00Z"))


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(SchemaError, match="without a zone"):
        decide("send", agreements(), message(), {}, instant("2026-03-02T09:00:00Z").replace(tzinfo=None))
