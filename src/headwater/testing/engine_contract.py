"""The contract of every engine, as a suite that runs on any of them.

Make an `EngineCase` from your engine, some records of which it finds something in, and the parameters; then call `check`,
or run the `RULES` one by one, as pytest parameters for example::

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
    def test_my_engine_keeps_the_contract(rule):
        rule(EngineCase(engine=MyEngine(), records=records, params=params, hidden=frozenset({records[0].id})))

A broken rule is an `AssertionError` that says which.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from headwater.model.finding import Finding
from headwater.model.handling import Handling, join_all
from headwater.model.ids import BlobHash, RecordId
from headwater.model.record import Record
from headwater.ports import Engine
from headwater.testing.memory_view import MemoryView

_SHUFFLES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCase:
    """An engine with something for it to find.

    Attributes:
        engine: the engine.
        records: what it is shown; it must find something in them.
        params: the parameters of the run.
        hidden: some records, of which the engine finds something in at least one, that are then hidden.
        stricter: a handling that each record is given in turn, to see whether it comes through.
        findings: findings of other engines that can be read.
        blobs, table_paths: bytes of blobs and paths of tables that the records hold.
    """

    engine: Engine
    records: tuple[Record, ...]
    params: Mapping[str, object]
    hidden: frozenset[RecordId]
    stricter: Handling = Handling(
        releasable_to=frozenset(), codes=frozenset({"C"}), conditions=frozenset({"ask first"})
    )
    findings: tuple[Finding, ...] = ()
    blobs: Mapping[BlobHash, bytes] = field(default_factory=dict)
    table_paths: Mapping[BlobHash, str] = field(default_factory=dict)

    def view(self, records: Iterable[Record]) -> MemoryView:
        """Return a view over some records."""
        return MemoryView(records, findings=self.findings, blobs=self.blobs, table_paths=self.table_paths)

    def run(self, records: Iterable[Record]) -> tuple[Finding, ...]:
        """Return what the engine finds in some records."""
        return tuple(self.engine.run(self.view(records), self.params))


def finds_something(case: EngineCase) -> None:
    """The case is worth checking: there is a finding, and its engine says its own name and version."""
    found = case.run(case.records)
    assert found, "the engine finds nothing in the records of the case, so no rule could be broken"
    for finding in found:
        named = (finding.engine, finding.engine_version)
        assert named == (case.engine.name, case.engine.version), f"{finding.id} names another engine or version"


def same_view_same_findings(case: EngineCase) -> None:
    """The same view and parameters give the same findings, also from the same view again."""
    view = case.view(case.records)
    first = [finding.id for finding in case.engine.run(view, case.params)]
    again = [finding.id for finding in case.engine.run(view, case.params)]
    fresh = [finding.id for finding in case.run(case.records)]
    assert first == again, "the same view gives other findings the second time"
    assert first == fresh, "an equal view gives other findings"
    assert len(set(first)) == len(first), "the same finding comes twice"


def order_of_records_does_not_matter(case: EngineCase) -> None:
    """The findings do not depend on the order in which the view yields records."""
    expected = _ids(case.run(case.records))
    for seed in range(_SHUFFLES):
        shuffled = list(case.records)
        random.Random(seed).shuffle(shuffled)
        assert _ids(case.run(shuffled)) == expected, "another order of records gives other findings"
    assert _ids(case.run(reversed(case.records))) == expected, "the reversed order of records gives other findings"


def every_finding_has_reasons_and_existing_evidence(case: EngineCase) -> None:
    """Every finding says why, and rests on what the view holds."""
    view = case.view(case.records)
    for finding in case.engine.run(view, case.params):
        assert finding.reasons, f"{finding.id} has no reason"
        assert finding.evidence, f"{finding.id} has no evidence"
        for evidence in finding.evidence:
            assert view.holds(evidence), f"{finding.id} rests on {evidence.kind} {evidence.ref}, which the view lacks"


def handling_covers_its_evidence(case: EngineCase) -> None:
    """A finding's handling is at least the join of the handling of every record in its evidence."""
    _check_handling(case, case.records)
    strict = tuple(_with_handling(record, case.stricter) for record in case.records)
    assert case.run(strict), "the engine finds nothing in the same records under a stricter handling"
    _check_handling(case, strict)
    for turn in range(len(case.records)):
        _check_handling(case, (*case.records[:turn], strict[turn], *case.records[turn + 1 :]))


def hidden_records_leave_no_trace(case: EngineCase) -> None:
    """A view in which records are hidden gives what a node without them gives, and something else than all of them give.

    What a node without them gives is asked first, of an engine that has not yet seen them: an engine with a memory of its
    own would otherwise remember them in both answers.
    """
    assert case.hidden, "the case hides no record"
    shown = tuple(record for record in case.records if record.id not in case.hidden)
    assert len(shown) < len(case.records), "the case hides records that it does not have"
    without = _ids(case.run(shown))
    mixed = _HidingView(case.records, case)
    everything = tuple(case.engine.run(mixed, case.params))
    mixed.hide(case.hidden)
    found = tuple(case.engine.run(mixed, case.params))
    assert _ids(found) == without, "with records hidden the engine finds other things than without them"
    assert _ids(found) != _ids(everything), "hiding the records of the case changes nothing: choose others"
    for finding in found:
        for ref in case.hidden:
            assert ref not in repr(finding), f"{finding.id} names a hidden record"


def input_is_left_alone(case: EngineCase) -> None:
    """The engine changes neither its parameters nor the records."""
    before = (repr(case.params), [record.id for record in case.records])
    case.run(case.records)
    assert before == (repr(case.params), [record.id for record in case.records]), "the engine changes what it was given"


RULES: Final[tuple[Callable[[EngineCase], None], ...]] = (
    hidden_records_leave_no_trace,
    finds_something,
    same_view_same_findings,
    order_of_records_does_not_matter,
    every_finding_has_reasons_and_existing_evidence,
    handling_covers_its_evidence,
    input_is_left_alone,
)
"""Every rule of the contract; the first wants an engine that has run on nothing yet."""


def check(case: EngineCase) -> None:
    """Run every rule of the contract.

    Raises:
        AssertionError: a rule is broken; the text says which.
    """
    for rule in RULES:
        rule(case)


class _HidingView(MemoryView):
    """A view some of whose records are hidden later on; what was derived before is forgotten, as a guard does."""

    def __init__(self, records: Iterable[Record], case: EngineCase) -> None:
        super().__init__(records, findings=case.findings, blobs=case.blobs, table_paths=case.table_paths)

    def hide(self, hidden: frozenset[RecordId]) -> None:
        """Hide some records from now on."""
        for ref in hidden:
            self._records.pop(ref, None)
        self._derived.clear()


def _check_handling(case: EngineCase, records: tuple[Record, ...]) -> None:
    view = case.view(records)
    for finding in case.engine.run(view, case.params):
        behind = [record.handling for evidence in finding.evidence for record in view.records_behind(evidence)]
        assert finding.handling.covers(join_all(behind)), f"{finding.id} allows more than its evidence does"


def _with_handling(record: Record, handling: Handling) -> Record:
    return Record(
        origin=record.origin,
        handling=record.handling.join(handling),
        mentions=record.mentions,
        facts=record.facts,
        recorded_at=record.recorded_at,
        grade=record.grade,
        amends=record.amends,
        blobs=record.blobs,
        tables=record.tables,
    )


def _ids(findings: Iterable[Finding]) -> list[str]:
    return sorted(finding.id for finding in findings)
