"""The disclosure schedules of a case: MG6C, MG6D, MG6E and the disclosure management document, as papers.

What is listed comes from the case itself and from what ran for it; the numbers come from `numbering`. MG6C and the
disclosure management document go to the defence, MG6D and MG6E do not. A schedule of nothing is made and signed too:
it says that somebody looked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from headwater.case.coverage import coverage
from headwater.case.model import CaseFile, Material, MethodStatus, Schedule
from headwater.case.numbering import Number, Numbering, item_key
from headwater.case.paper import Paper, Part
from headwater.case.reference import offences
from headwater.model.finding import Finding
from headwater.model.ids import AuthorityId
from headwater.model.times import format_instant


class Form(StrEnum):
    """The papers of disclosure."""

    MG6C = "mg6c"
    MG6D = "mg6d"
    MG6E = "mg6e"
    DMD = "dmd"


TITLES: Final = {
    Form.MG6C: "MG6C: schedule of relevant non-sensitive unused material",
    Form.MG6D: "MG6D: schedule of relevant sensitive unused material",
    Form.MG6E: "MG6E: disclosure officer's report",
    Form.DMD: "Disclosure management document",
}
DRAFT: Final = "DRAFT"
VALIDATION: Final = (
    "Validation under the Forensic Science Regulator's code of practice, version 2 (in force 2 October 2025). What a "
    "method that is not validated claims is intelligence only."
)
_NUMBER: Final = ("No.", "auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One search or engine run that was made for the case.

    Attributes:
        terms: what was looked for, or the run's parameters.
        hits: None where the run did not count any.
    """

    tool: str
    terms: str
    over: str
    hits: int | None
    at: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What the schedules of one case are made from.

    Attributes:
        numbering: the numbers given so far; every line of the case must have one.
        findings: what engines claimed and the case keeps.
        runs: searches and engine runs beside those that the case folder tells.
        officer: the disclosure officer.
        draft: a watermark says that the file is not ready.
    """

    case: CaseFile
    numbering: Numbering
    authority: AuthorityId
    officer: str
    findings: tuple[Finding, ...] = ()
    runs: tuple[Run, ...] = ()
    draft: bool = False


def paper(form: Form, given: Disclosure) -> Paper:
    """Return one of the papers.

    Args:
        form: which.
        given: what it is made from.
    """
    parts, signing = _MAKERS[form](given)
    matter = given.case.matter
    facts = (
        ("Unique reference number", matter.urn),
        ("Operation", matter.operation),
        ("Authority", given.authority),
        ("Disclosure officer", given.officer),
    )
    return Paper(
        title=TITLES[form],
        short=f"{form.upper()} · {matter.urn}",
        author=given.authority,
        facts=facts,
        parts=parts,
        marking="OFFICIAL-SENSITIVE" if form in (Form.MG6D, Form.MG6E) else "OFFICIAL",
        footer="Numbers run on over supplements and are never given to another item.",
        watermark=DRAFT if given.draft else "",
        signing=signing,
        wide=form is not Form.MG6E,
        keywords=(form.upper(), matter.urn),
    )


def elements_table(case: CaseFile) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return every element of every offence with the items that are said to prove it: offence, element, items."""
    proved: dict[tuple[str, str], list[str]] = {}
    for line in case.proofs:
        proved.setdefault((line.offence, line.element), []).extend(line.proved_by)
    return [
        (offence.id, element, tuple(dict.fromkeys(proved.get((offence.id, element), ()))))
        for offence in case.offences
        for element in offences()[offence.code].elements
    ]


def _listed(given: Disclosure, schedule: Schedule) -> list[tuple[Number, Material | None]]:
    """Return all numbers of a schedule in order, with the line that bears each, if one still does."""
    lines = {item_key(line.id): line for line in given.case.material if line.schedule is schedule}
    numbers = sorted(given.numbering.of(schedule).values(), key=lambda one: one.number)
    return [(number, lines.get(number.item)) for number in numbers]


def _described(line: Material) -> str:
    count = f" ({line.count} items of one kind)" if line.block else ""
    return f"{line.description}{count}"


def _issue(number: Number) -> str:
    return "first issue" if number.supplement == 0 else f"supplement {number.supplement}"


def _mg6c(given: Disclosure) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    rows = [
        (str(number.number), _described(line), line.location or f"node {given.authority}", _issue(number), "", "")
        if line is not None
        else (str(number.number), "Not in use.", "", _issue(number), "", "")
        for number, line in _listed(given, Schedule.MG6C)
    ]
    columns = (
        _NUMBER,
        ("Description", "6"),
        ("Location", "2"),
        ("Issue", "1.3"),
        ("D / I / CND", "1"),
        ("Comment", "2"),
    )
    text = ("D: disclose; I: inspect; CND: clearly not disclosable. The last two columns are the prosecutor's.",)
    nothing = ("There is no relevant non-sensitive unused material.",)
    part = Part(heading="Items", text=text if rows else nothing, columns=columns, rows=rows)
    certified = (
        f"I, {given.officer}, have inspected the material retained in this case. This schedule lists, to the best of my "
        "knowledge and belief, all relevant non-sensitive material that does not form part of the prosecution case."
    )
    return (part,), (certified,)


def _mg6d(given: Disclosure) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    rows = [
        (str(number.number), _described(line), line.reason, _issue(number), "")
        if line is not None
        else (str(number.number), "Not in use.", "", _issue(number), "")
        for number, line in _listed(given, Schedule.MG6D)
    ]
    columns = (_NUMBER, ("Description", "4"), ("Reason for sensitivity", "4"), ("Issue", "1.2"), ("Prosecutor", "1.5"))
    nothing = ("There is no relevant sensitive unused material. This schedule is made and signed to say so.",)
    part = Part(heading="Items", text=() if rows else nothing, columns=columns, rows=rows)
    return (part,), (
        f"I, {given.officer}, believe that disclosure of the items listed would give rise to a real risk of serious "
        "prejudice to an important public interest, for the reason given with each."
        if rows
        else f"I, {given.officer}, have looked for such material and found none.",
    )


def _mg6e(given: Disclosure) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    found = [
        (schedule, number, line)
        for schedule in Schedule
        for number, line in _listed(given, schedule)
        if line is not None and (line.effect is not None or line.presumption)
    ]
    rows = [
        (f"{schedule.upper()} {number.number}", _described(line), line.effect or "", line.presumption)
        for schedule, number, line in found
    ]
    columns = (("Item", "auto"), ("Description", "4"), ("Effect", "1.3"), ("Presumption", "1.7"))
    nothing = ("No item is known to undermine the prosecution, to assist the defence, or to fall under a presumption.",)
    covered = coverage(given.case)
    counts = (
        f"Relied on as evidence: {len(covered.used)}. Listed on MG6C: {len(covered.listed[Schedule.MG6C])}. "
        f"Listed on MG6D: {len(covered.listed[Schedule.MG6D])}. Listed nowhere: {len(covered.unlisted)}."
    )
    parts = (
        Part(
            heading="Undermining and assisting material, and presumptions",
            text=() if rows else nothing,
            columns=columns,
            rows=rows,
        ),
        Part(heading="All that the case touched", text=(counts,)),
    )
    certified = (
        f"I, {given.officer}, have reviewed all relevant material that was retained and made available to me. Nothing "
        "that I have seen, apart from the items above, might reasonably be considered capable of undermining the "
        "prosecution case or of assisting the case for the accused."
    )
    return parts, (certified,)


def _dmd(given: Disclosure) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    secret = _sensitive(given.case)
    claimed = [_claimed(finding, secret=item_key(finding.id) in secret) for finding in given.findings]
    runs = [*_told(given.case), *given.runs, *claimed]
    rows = [
        (str(at), run.tool, run.terms, run.over, "" if run.hits is None else str(run.hits), run.at, run.by)
        for at, run in enumerate(runs, start=1)
    ]
    columns = (
        _NUMBER,
        ("Tool", "2"),
        ("Terms or parameters", "4"),
        ("Over", "3"),
        ("Hits", "auto"),
        ("When", "2"),
        ("By", "1"),
    )
    foreign = [
        (exhibit.ref, exhibit.origin.node, exhibit.origin.returned_under or "not returned: intelligence only")
        for exhibit in given.case.exhibits
        if exhibit.origin is not None and item_key(exhibit.ref) not in secret
    ]
    parts = (
        Part(
            heading="What was searched, and how",
            text=() if rows else ("No search was made.",),
            columns=columns,
            rows=rows,
        ),
        Part(
            heading="Methods",
            text=(VALIDATION,),
            columns=(("Engine", "2"), ("Version", "1"), ("Status", "2"), ("Report", "3")),
            rows=_methods(given),
        ),
        Part(
            heading="Material from other states",
            text=() if foreign else ("None that is listed here.",),
            columns=(("Exhibit", "1"), ("From", "1"), ("Returned under", "3")),
            rows=foreign,
        ),
    )
    return parts, (f"I, {given.officer}, have recorded every search and engine run that was made for this case.",)


def _told(case: CaseFile) -> Iterable[Run]:
    names = {person.id: person.name for person in case.persons}
    for search in case.searches:
        yield Run(
            tool=search.tool,
            terms="; ".join(search.terms),
            over=search.over,
            hits=search.hits,
            at=format_instant(search.at),
            by=names.get(search.by, search.by),
        )


def _claimed(finding: Finding, *, secret: bool) -> Run:
    tool = f"{finding.engine} {finding.engine_version}"
    terms = "withheld: sensitive" if secret else finding.params
    return Run(tool=tool, terms=terms, over=f"{finding.kind}, {finding.id}", hits=1, at="", by="engine")


def _methods(given: Disclosure) -> Sequence[tuple[str, ...]]:
    known = {(method.engine, method.version): method for method in given.case.methods}
    used = {(finding.engine, finding.engine_version) for finding in given.findings}
    rows = []
    for engine, version in sorted({*known, *used}):
        method = known.get((engine, version))
        validated = method is not None and method.status is MethodStatus.VALIDATED
        status = "validated" if validated else "not validated: intelligence only"
        rows.append((engine, version, status, method.reference if method else ""))
    return rows


def _sensitive(case: CaseFile) -> frozenset[str]:
    return frozenset(item_key(line.id) for line in case.material if line.schedule is Schedule.MG6D)


_MAKERS: Final = {Form.MG6C: _mg6c, Form.MG6D: _mg6d, Form.MG6E: _mg6e, Form.DMD: _dmd}
