"""The contract suite finds the fault in every engine that has one."""

from collections.abc import Callable, Iterable, Mapping

import pytest

from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import UNRESTRICTED, Handling, join_all
from headwater.model.ids import FactId, RecordId
from headwater.model.record import Record
from headwater.ports import View
from headwater.testing.engine_contract import (
    RULES,
    EngineCase,
    check,
    every_finding_has_reasons_and_existing_evidence,
    finds_something,
    handling_covers_its_evidence,
    hidden_records_leave_no_trace,
    input_is_left_alone,
    order_of_records_does_not_matter,
    same_view_same_findings,
)
from tests.match_world import world

RECORDS = world()[:3]


def finding(
    about: Iterable[Record], *, text: str = "seen", handling: Handling | None = None, evidence: Evidence | None = None
) -> Finding:
    shown = sorted(about, key=lambda record: record.id)
    return Finding(
        kind="test.seen",
        subjects=tuple(record.mentions[0].key for record in shown),
        score=0.5,
        text=text,
        reasons=(Reason("test.seen", 1.0, "it is there"),),
        evidence=(evidence,) if evidence else tuple(Evidence.record(record.id) for record in shown),
        engine="test",
        engine_version="1",
        params="{}",
        handling=join_all(record.handling for record in shown) if handling is None else handling,
    )


class Honest:
    """Finds every record, one by one."""

    name = "test"
    version = "1"

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        return [finding([record]) for record in view.records()]


class Silent(Honest):
    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        return []


class Misnamed(Honest):
    version = "2"


class Forgetful(Honest):
    """Says something else each time."""

    runs = 0

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        self.runs += 1
        return [finding([record], text=f"run {self.runs}") for record in view.records()]


class Stammering(Honest):
    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        return [finding([record]) for record in (*view.records(), *view.records())]


class FirstComeFirstServed(Honest):
    """Finds the first record only."""

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        return [finding([record]) for record in view.records()][:1]


class Inventive(Honest):
    """Rests on a fact that does not exist."""

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        return [finding([r], evidence=Evidence.fact(FactId(f"{r.id}/99"))) for r in view.records()]


class Loose(Honest):
    """Forgets the handling of the records."""

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        return [finding([record], handling=UNRESTRICTED) for record in view.records()]


class HalfLoose(Honest):
    """Joins two records under the handling of the first."""

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        shown = sorted(view.records(), key=lambda record: record.id)
        return [finding(shown, handling=shown[0].handling)]


class Counting(Honest):
    """Remembers how many records it was ever shown."""

    most = 0

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        shown = list(view.records())
        self.most = max(self.most, len(shown))
        return [finding([record], text=f"one of {self.most}") for record in shown]


class Hoarding(Honest):
    """Keeps what it derived in itself, where no view can take it away."""

    def __init__(self) -> None:
        self.kept: dict[str, Finding] = {}

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        self.kept.update((record.id, finding([record])) for record in view.records())
        return list(self.kept.values())


class Meddling(Honest):
    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        if isinstance(params, dict):
            params["seen"] = True
        return super().run(view, params)


def case(engine: Honest, hidden: RecordId = RECORDS[0].id) -> EngineCase:
    return EngineCase(engine=engine, records=RECORDS, params={}, hidden=frozenset({hidden}))


def test_an_honest_engine_passes() -> None:
    check(case(Honest()))


@pytest.mark.parametrize(
    ("engine", "rule"),
    [
        (Silent, finds_something),
        (Misnamed, finds_something),
        (Forgetful, same_view_same_findings),
        (Stammering, same_view_same_findings),
        (FirstComeFirstServed, order_of_records_does_not_matter),
        (Inventive, every_finding_has_reasons_and_existing_evidence),
        (Loose, handling_covers_its_evidence),
        (HalfLoose, handling_covers_its_evidence),
        (Counting, hidden_records_leave_no_trace),
        (Hoarding, hidden_records_leave_no_trace),
        (Meddling, input_is_left_alone),
    ],
    ids=lambda one: one.__name__,
)
def test_an_engine_with_a_planted_fault_breaks_its_rule(
    engine: type[Honest], rule: Callable[[EngineCase], None]
) -> None:
    with pytest.raises(AssertionError):
        rule(case(engine()))


def test_a_case_that_hides_nothing_or_what_it_does_not_have_proves_nothing() -> None:
    with pytest.raises(AssertionError):
        hidden_records_leave_no_trace(EngineCase(engine=Honest(), records=RECORDS, params={}, hidden=frozenset()))
    with pytest.raises(AssertionError):
        hidden_records_leave_no_trace(case(Honest(), hidden=RecordId("rec-none")))


def test_every_rule_has_an_engine_that_breaks_it() -> None:
    broken = {finds_something, same_view_same_findings, order_of_records_does_not_matter, input_is_left_alone}
    broken |= {
        every_finding_has_reasons_and_existing_evidence,
        handling_covers_its_evidence,
        hidden_records_leave_no_trace,
    }
    assert broken == set(RULES)
