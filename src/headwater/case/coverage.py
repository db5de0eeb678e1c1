"""Everything that a case touched, and where it went: relied on, or listed as unused, or nowhere yet.

Used, MG6C and MG6D together must be everything: what stands nowhere is what goes missing in a trial. The check, the
schedules and the property test all ask here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from headwater.case.exhibit import ExhibitStatus, reference_key
from headwater.case.model import CaseFile, Material, Schedule
from headwater.case.numbering import item_key
from headwater.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where each touched thing went; the four parts do not overlap.

    Attributes:
        used: relied on as proof.
        listed: on a schedule, by schedule.
        unlisted: nowhere yet; a file that no line names is told by its number only.
    """

    used: tuple[str, ...]
    listed: Mapping[Schedule, tuple[str, ...]]
    unlisted: tuple[str, ...]

    @property
    def touched(self) -> frozenset[str]:
        """Everything."""
        return frozenset((*self.used, *(item for part in self.listed.values() for item in part), *self.unlisted))


def coverage(case: CaseFile, findings: Iterable[Finding] = ()) -> Coverage:
    """Return where everything went that a case touched.

    Args:
        case: the case folder as it was read.
        findings: what engines claimed and the case keeps.
    """
    listed: dict[str, Schedule] = {}
    for line in case.material:
        # The stricter schedule wins where somebody listed an item on both.
        key = item_key(line.id)
        if listed.get(key) is not Schedule.MG6D:
            listed[key] = line.schedule
    relied = {reference_key(name) for line in case.proofs for name in line.proved_by}
    relied |= {reference_key(exhibit.ref) for exhibit in case.exhibits if exhibit.status is ExhibitStatus.EVIDENTIAL}
    items = [reference_key(exhibit.ref) for exhibit in case.exhibits]
    items += [reference_key(statement.id) for statement in case.statements]
    used = [item for item in items if item in relied and item not in listed]
    strays = [f"file {number} of {len(case.strays)}" for number, _ in enumerate(case.strays, start=1)]
    kept = [item_key(finding.id) for finding in findings]
    known = {*used, *listed}
    unlisted = [item for item in dict.fromkeys((*items, *kept)) if item not in known]
    return Coverage(
        tuple(used),
        {each: tuple(item for item, where in listed.items() if where is each) for each in Schedule},
        (*unlisted, *strays),
    )


def with_findings(case: CaseFile, findings: Iterable[Finding]) -> CaseFile:
    """Return a case in which every finding that it keeps is listed: sensitive where its handling lets nobody else have it.

    A line that the officer wrote about a finding stands as it is.
    """
    known = {item_key(line.id) for line in case.material}
    added = [_line(finding) for finding in findings if item_key(finding.id) not in known]
    return replace(case, material=(*case.material, *added))


def _line(finding: Finding) -> Material:
    described = f"Output of the engine {finding.engine}, version {finding.engine_version}: {finding.kind}, {finding.id}"
    if finding.handling.releasable_to is None and "TLP:RED" not in finding.handling.codes:
        return Material(id=finding.id, schedule=Schedule.MG6C, description=described)
    reason = "originator control: the handling of what it rests on gives no release"
    return Material(id=finding.id, schedule=Schedule.MG6D, description=described, reason=reason)
