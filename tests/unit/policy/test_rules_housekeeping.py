"""Housekeeping is spared the rules of facts, so it may carry none of what those would judge, whatever it is."""

from typing import Any

import pytest

from headwater.policy.rules.housekeeping import UNEXPECTED, unexpected
from headwater.policy.rules.rule import Op, Outcome
from tests.unit.policy.kit import AMEND, FACT, message

CORRECTION = {"action": "rectify", "facts": ["f1"], "reason": "a typing error"}


@pytest.mark.parametrize("op", [Op.SEND, Op.RECEIVE])
@pytest.mark.parametrize("carried", [{"text": "and also"}, {"facts": {"f1": FACT}}])
def test_each_thing_that_rules_would_judge_is_refused_by_itself(op: Op, carried: dict[str, Any]) -> None:
    found = unexpected(op, message(AMEND, **carried))
    assert found is not None
    assert (found.outcome, found.rule) == (Outcome.REFUSE, UNEXPECTED)
    assert found.reasons[0].text


@pytest.mark.parametrize("op", [Op.SEND, Op.RECEIVE])
def test_housekeeping_without_them_passes(op: Op) -> None:
    assert unexpected(op, message(AMEND)) is None


def test_only_a_correction_that_comes_in_may_bring_facts() -> None:
    brings = message(AMEND, amend=CORRECTION, facts={"f1": FACT})
    assert unexpected(Op.RECEIVE, brings) is None
    assert unexpected(Op.SEND, brings) is not None
    assert unexpected(Op.RECEIVE, message(AMEND, amend=CORRECTION, facts={"f1": FACT}, text="more")) is not None


def test_other_messages_are_none_of_its_business() -> None:
    assert unexpected(Op.SEND, message(text="a report")) is None
