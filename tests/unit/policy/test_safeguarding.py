"""Safeguarding by the rules alone: grants, tasks, clocks, outcomes, and who may become a suspect."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headwater.errors import ConflictError, ExpiredError, ForbiddenError, NoBasisError, SchemaError
from headwater.policy.indicators import DIMENSIONS, INDICATORS, Strength
from headwater.policy.safeguarding import (
    Clocks,
    Grant,
    Outcome,
    Ruling,
    Seen,
    SuspectRequest,
    Task,
    approve,
    check_grant,
    decide,
    open_task,
    possible,
    see_more,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
CLOCKS = Clocks(task_h=24, notify_h=48, first_responder=True)
HOUR = timedelta(hours=1)


def grant(**changes: Any) -> Grant:
    values = {"pseudonym": "Person A", "reader": "ann", "by": "bea", "until": NOON + HOUR, "reason": "care"}
    return Grant(**{**values, **changes})


def seen(code: str = "strong.violence", at: datetime = NOON) -> Seen:
    return Seen(code=code, where="lane 2", why="bruises", at=at, by="ann")


def task(**changes: Any) -> Task:
    return open_task("task-1", "Person A", "00EX0000126", seen(**changes), CLOCKS, woman_officer=False)


def ruling(outcome: Outcome, at: datetime = NOON + HOUR, **changes: Any) -> Ruling:
    return Ruling(**{"outcome": outcome, "by": "ann", "at": at, "reason": "seen and spoken with", **changes})


def test_there_are_67_indicators_of_three_strengths() -> None:
    assert len(INDICATORS) == 67
    graded = [[line.partition(" ")[0] for line in lines] for lines in DIMENSIONS.values()]
    assert [[marks.count(strength) for strength in Strength] for marks in graded] == [
        [1, 8, 1], [1, 9, 0], [0, 14, 2], [1, 7, 1], [4, 10, 1], [0, 5, 2]
    ]  # fmt: skip
    assert INDICATORS["medium.debt-to-carrier"] is Strength.MEDIUM


def test_a_grant_is_for_one_person_one_reader_and_a_time() -> None:
    assert check_grant([grant()], "ann", "Person A", NOON) == grant()
    for reader, pseudonym in (("bea", "Person A"), ("ann", "Person B")):
        with pytest.raises(ForbiddenError):
            check_grant([grant()], reader, pseudonym, NOON)


def test_who_has_no_grant_and_who_asks_for_nobody_get_the_same_answer() -> None:
    answers = []
    for pseudonym in ("Person A", "Person Nobody"):
        with pytest.raises(ForbiddenError) as caught:
            check_grant([grant(reader="cat")], "ann", pseudonym, NOON)
        answers.append(str(caught.value))
    assert answers[0] == answers[1]


def test_a_grant_that_has_ended_is_told_as_ended() -> None:
    with pytest.raises(ExpiredError):
        check_grant([grant()], "ann", "Person A", NOON + HOUR)
    longer = grant(until=NOON + 2 * HOUR)
    assert check_grant([grant(), longer], "ann", "Person A", NOON + HOUR) == longer


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reader": "bea"}, ForbiddenError),
        ({"reason": " "}, SchemaError),
        ({"pseudonym": "Person A,Person B"}, SchemaError),
        ({"pseudonym": "*"}, SchemaError),
        ({"until": datetime(2026, 1, 1)}, SchemaError),  # noqa: DTZ001 - the point of the test
    ],
)
def test_a_grant_to_oneself_for_nothing_or_for_a_list_is_refused(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        grant(**changes)


@pytest.mark.parametrize("code", ["strong.violence", "weak.general-context"])
def test_one_indicator_of_any_strength_opens_a_task_with_a_clock(code: str) -> None:
    made = task(code=code)
    assert (made.is_open, made.due) == (True, NOON + 24 * HOUR)
    assert made.overdue(NOON + 24 * HOUR) == ()
    assert made.overdue(NOON + 25 * HOUR) == ("look",)


def test_a_decided_task_is_open_again_when_another_sign_is_seen() -> None:
    decided = decide(task(), ruling(Outcome.DECLINED), CLOCKS)
    assert not decided.is_open
    again = see_more(decided, seen("strong.debt-bondage", NOON + 5 * HOUR), CLOCKS)
    assert (again.is_open, again.due) == (True, NOON + 29 * HOUR)
    more = see_more(task(), seen(at=NOON + HOUR), CLOCKS)
    assert more.due == task().due


def test_an_adult_is_referred_with_consent_and_a_child_without() -> None:
    with pytest.raises(NoBasisError, match="consent"):
        decide(task(), ruling(Outcome.REFERRAL), CLOCKS)
    assert not decide(task(), ruling(Outcome.REFERRAL, consent=True), CLOCKS).is_open
    assert not decide(task(), ruling(Outcome.CHILD), CLOCKS).is_open


def test_an_organisation_that_is_no_first_responder_hands_over() -> None:
    other = Clocks(task_h=24, notify_h=0, first_responder=False)
    for outcome in (Outcome.REFERRAL, Outcome.CHILD):
        with pytest.raises(NoBasisError, match="first-responder"):
            decide(task(), ruling(outcome, consent=True), other)
    assert not decide(task(), ruling(Outcome.HANDED_OVER), other).is_open
    with pytest.raises(NoBasisError, match="duty-to-notify"):
        decide(task(), ruling(Outcome.DUTY_TO_NOTIFY), other)


def test_a_duty_to_notify_has_a_clock_of_its_own() -> None:
    made = decide(task(), ruling(Outcome.DUTY_TO_NOTIFY), CLOCKS)
    assert made.notify_by == NOON + 49 * HOUR
    assert made.overdue(NOON + 49 * HOUR) == ()
    assert made.overdue(NOON + 50 * HOUR) == ("notify",)


def test_a_duty_that_is_decided_anew_is_to_be_done_anew() -> None:
    made = replace(decide(task(), ruling(Outcome.DUTY_TO_NOTIFY), CLOCKS), notified="MS/1")
    assert made.overdue(NOON + 500 * HOUR) == ()
    more = see_more(made, seen(at=NOON + 200 * HOUR), CLOCKS)
    again = decide(more, ruling(Outcome.DUTY_TO_NOTIFY, at=NOON + 201 * HOUR), CLOCKS)
    assert again.overdue(NOON + 500 * HOUR) == ("notify",)
    assert decide(made, ruling(Outcome.DECLINED), CLOCKS).notified == "MS/1", "another decision takes nothing back"


def test_what_an_organisation_may_decide_is_what_it_is_offered() -> None:
    for first_responder in (True, False):
        for notify_h in (0.0, 48.0):
            clocks = Clocks(task_h=24, notify_h=notify_h, first_responder=first_responder)
            may = []
            for outcome in Outcome:
                try:
                    decide(task(), ruling(outcome, consent=True), clocks)
                    may.append(outcome)
                except NoBasisError:
                    pass
            assert tuple(may) == possible(clocks)


def test_a_decision_takes_a_reason_and_is_made_once() -> None:
    with pytest.raises(SchemaError, match="reason"):
        decide(task(), ruling(Outcome.DISMISSED, reason=" "), CLOCKS)
    made = decide(task(), ruling(Outcome.DISMISSED), CLOCKS)
    with pytest.raises(ConflictError):
        decide(made, ruling(Outcome.DISMISSED), CLOCKS)


def test_nobody_becomes_a_suspect_without_an_offence_a_reason_and_a_second_officer() -> None:
    wish = SuspectRequest(case="c", person="P3", offence="ia1971-s25", reason="drove the lorry", by="ann")
    with pytest.raises(ForbiddenError, match="four-eyes"):
        approve(wish, "ann")
    assert approve(wish, "bea").approved_by == "bea"
    for field in ("offence", "reason"):
        with pytest.raises(SchemaError):
            SuspectRequest(**{"case": "c", "person": "P3", "offence": "o", "reason": "r", "by": "ann", field: ""})
