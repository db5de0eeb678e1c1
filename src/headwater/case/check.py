"""What a case file still lacks before a prosecutor can have it. Only a person marks it ready; this lists why not yet.

Each rule is one function from the case to its problems. A problem names places (references, identifiers, numbers of
lines), never what stands there, so that the list can be shown to anybody who may know that the case exists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from headwater.case.coverage import coverage
from headwater.case.custody import chain_faults, chains
from headwater.case.exhibit import ExhibitStatus, reference_key
from headwater.case.model import CaseFile, Indicator, SafeguardingDecision
from headwater.case.numbering import item_key
from headwater.case.reference import offences
from headwater.model.record import PersonCategory

LARGEST_BLOCK: Final = 200
"""Items that may be listed as one block."""
_ACCUSED: Final = frozenset({PersonCategory.SUSPECT, PersonCategory.CONVICTED})
_EMPTY_WORDS: Final = re.compile(r"\b(various|miscellaneous|sundry)\b", re.IGNORECASE)
_FORM: Final = re.compile(
    r"\b(form|number|no|copy|page|of|the|a)\b|\b[a-z]{1,4}[ /-]?\d+[a-z]?\b|[\W\d_]+", re.IGNORECASE
)
_CONSIDERS_S45: Final = re.compile(r"(msa[ -]?(2015)?[ -]?)?s\.? ?-?45\b", re.IGNORECASE)
_DISMISSES: Final = frozenset({"dismiss", "dismissed"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the file lacks.

    Attributes:
        code: stable name of the rule.
        at: the exhibit, element, person or line that it is about.
    """

    code: str
    at: str
    text: str


def check(case: CaseFile) -> list[Problem]:
    """Return what a case file lacks, rule by rule; nothing for one that is ready to be looked at by a person."""
    return [problem for rule in _RULES for problem in rule(case)]


def _unproved(case: CaseFile) -> Iterator[Problem]:
    fit = {reference_key(exhibit.ref) for exhibit in case.exhibits if exhibit.usable}
    fit |= {reference_key(statement.id) for statement in case.statements}
    proved = {
        (line.offence, line.element)
        for line in case.proofs
        if any(reference_key(name) in fit for name in line.proved_by)
    }
    for offence in case.offences:
        for element in offences()[offence.code].elements:
            if (offence.id, element) not in proved:
                yield Problem("element-unproved", f"{offence.id} {element}", "no exhibit or statement proves it")


def _suspects(case: CaseFile) -> Iterator[Problem]:
    accused = {name for offence in case.offences for name in offence.defendants}
    for person in case.persons:
        if person.category is PersonCategory.SUSPECT and person.id not in accused:
            yield Problem("suspect-without-offence", person.id, "a suspect of no offence in the file")
        if person.category is PersonCategory.SMUGGLED and person.id in accused:
            text = "nobody is liable for having been smuggled (Smuggling Protocol art. 5)"
            yield Problem("smuggled-person-as-suspect", person.id, text)


def _descriptions(case: CaseFile) -> Iterator[Problem]:
    described = [(exhibit.ref, exhibit.description) for exhibit in case.exhibits]
    for name, text in [*described, *((line.id, line.description) for line in case.material)]:
        if _EMPTY_WORDS.search(text) or not _FORM.sub("", text):
            yield Problem("description-too-thin", name, "says no more than a form number, or 'various'")


def _blocks(case: CaseFile) -> Iterator[Problem]:
    for line in case.material:
        if not line.block:
            continue
        if line.count == 1:
            yield Problem("block-listing", line.id, "a block of one is not repetitive: describe the item")
        if line.count is not None and line.count > LARGEST_BLOCK:
            yield Problem("block-listing", line.id, f"a block of more than {LARGEST_BLOCK}")
        if line.presumption:
            yield Problem("block-listing", line.id, "a presumption item must be described by itself")


def _proof(case: CaseFile) -> Iterator[Problem]:
    exhibits = {reference_key(exhibit.ref): exhibit for exhibit in case.exhibits}
    for line in case.proofs:
        for name in line.proved_by:
            exhibit = exhibits.get(reference_key(name))
            if exhibit is None or exhibit.usable:
                continue
            foreign = exhibit.status is ExhibitStatus.EVIDENTIAL
            why = "foreign material not returned under a letter or team" if foreign else f"it is {exhibit.status}"
            yield Problem("not-evidence", exhibit.ref, f"used to prove {line.offence} {line.element}, but {why}")


def _listing(case: CaseFile) -> Iterator[Problem]:
    known = {item_key(exhibit.ref): exhibit.ref for exhibit in case.exhibits}
    known |= {item_key(statement.id): statement.id for statement in case.statements}
    for name in coverage(case).unlisted:
        is_file = name.startswith("file ")
        text = "a file in the case folder that no line of the case names" if is_file else "neither relied on nor listed"
        yield Problem("unlisted-material", known.get(name, name), text)


def _custody(case: CaseFile) -> Iterator[Problem]:
    accused = {person.id for person in case.persons if person.category in _ACCUSED}
    by_exhibit = chains(case.custody)
    for exhibit in case.exhibits:
        chain = by_exhibit.get(reference_key(exhibit.ref), ())
        for fault in chain_faults(exhibit, chain):
            yield Problem(f"custody-{fault.kind}", exhibit.ref, fault.text)
        for event in chain:
            if event.by in accused:
                yield Problem("custody-by-suspect", exhibit.ref, f"{event.kind} by {event.by}, a suspect")


def _searches(case: CaseFile) -> Iterator[Problem]:
    for number, search in enumerate(case.searches, start=1):
        if not any(term.strip() for term in search.terms):
            yield Problem("search-without-terms", f"search {number}", "nobody can tell what was looked for")


def _indicators(case: CaseFile) -> Iterator[Problem]:
    accused = {name for offence in case.offences for name in offence.defendants}
    for person in case.persons:
        seen = [indicator for indicator in case.indicators if indicator.person == person.id]
        if not seen:
            continue
        decided = [decision for decision in case.decisions if decision.person == person.id]
        defence = [decision for decision in decided if _CONSIDERS_S45.match(decision.kind)]
        outcomes = [decision for decision in decided if decision not in defence]
        for indicator in seen:
            yield from _open_or_early(indicator, outcomes)
        dismissed = [decision.at for decision in outcomes if decision.kind.lower() in _DISMISSES]
        is_open = any(all(at < indicator.seen_at for at in dismissed) for indicator in seen)
        if (person.category in _ACCUSED or person.id in accused) and is_open and not defence:
            text = "an open indicator, and nobody recorded having considered the defence (MSA 2015 s.45)"
            yield Problem("s45-not-considered", person.id, text)


def _open_or_early(indicator: Indicator, outcomes: list[SafeguardingDecision]) -> Iterator[Problem]:
    if not outcomes:
        yield Problem("indicator-without-decision", indicator.person, "an indicator was seen and no person decided")
    elif all(decision.at < indicator.seen_at for decision in outcomes):
        yield Problem("decision-before-indicator", indicator.person, "decided before the indicator was seen")


_RULES: Final = (
    _unproved,
    _suspects,
    _descriptions,
    _blocks,
    _proof,
    _listing,
    _custody,
    _searches,
    _indicators,
)
