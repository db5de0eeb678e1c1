"""What is due on a day."""

from datetime import date

from headwater.model.handling import Handling
from headwater.policy.retention import Due, Duty, due
from tests.unit.policy.view_kit import record, thing

DAY = date(2026, 3, 2)
CAR = thing("car")


def test_a_record_is_due_on_the_day_after_its_last() -> None:
    last_day = record(CAR, handling=Handling(retain_until=DAY))
    day_before = record(CAR, handling=Handling(retain_until=date(2026, 3, 1)))
    for_ever = record(CAR, handling=Handling())
    assert list(due([last_day, day_before, for_ever], DAY)) == [Due(day_before.id, date(2026, 3, 1), Duty.ERASE)]


def test_evidence_is_restricted_instead() -> None:
    passed = record(CAR, handling=Handling(retain_until=date(2020, 1, 1)))
    assert [one.duty for one in due([passed], DAY, evidence={passed.id})] == [Duty.RESTRICT]
    assert [one.duty for one in due([passed], DAY, evidence={record(CAR).id})] == [Duty.ERASE]
