"""Case files at a node: taken in with their custody, added to, and checked with what the node itself knows of them.

Sealing and what goes out is in `case_sealing`. Who is protected lies in the vault: see `case_intake`.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from headwater.case import lines
from headwater.case.check import Problem
from headwater.case.check import check as check_case
from headwater.case.coverage import with_findings
from headwater.case.custody import CustodyEvent, CustodyKind, chains, hash_faults
from headwater.case.exhibit import reference_key
from headwater.case.folder import CASE_FILE, case_document, new_case
from headwater.case.log import LogLine, custody_event, custody_in
from headwater.case.model import CaseFile, Indicator, SafeguardingDecision
from headwater.case.protected import Shield
from headwater.case.reading import Row
from headwater.case.schedule import elements_table
from headwater.errors import ConflictError, ForbiddenError, FormatError, SchemaError, SignatureError, StoreIoError
from headwater.formats.safe import parse_json
from headwater.model.canonical import decode, encode
from headwater.model.finding import Finding
from headwater.model.ids import FindingId
from headwater.node import findings, protected, safeguarding
from headwater.node.case_intake import Hidden, Intake, Item, items_of, read_kept
from headwater.node.files import bytes_of
from headwater.node.node import Node
from headwater.node.protected import Subject
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

FOLDER: Final = "cases"
KIND: Final = "case"
KEPT_KIND: Final = "case-findings"
SUPPLEMENT_LISTS: Final = frozenset(
    {
        "persons", "offences", "exhibits", "statements", "elements", "material", "custody", "searches", "indicators",
        "decisions", "methods",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """A case that was taken in: the folder below `FOLDER` that holds it as it is in force."""

    folder: str


@dataclass(frozen=True, slots=True)
class Held:
    """A case as the node holds it.

    Attributes:
        hidden: items that lie in the vault, by path.
        subjects: protected persons by their identifier in the case.
        findings: what engines claimed and the case keeps.
        lines: the ledger's lines about it.
    """

    case: CaseFile
    hidden: Mapping[str, Hidden]
    subjects: Mapping[str, Subject]
    findings: tuple[Finding, ...]
    lines: tuple[LogLine, ...]

    def shield(self, node: Node) -> Shield:
        """Return the gate over everybody who is protected in the case."""
        return protected.shield_for(node, self.subjects.values())


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a case found, and its elements table: offence, element, items."""

    problems: list[Problem]
    elements: list[tuple[str, str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class _Kept:
    findings: tuple[FindingId, ...]


def take_in(node: Node, session: Session, folder: Path, *, replacing: bool = False) -> CaseFile:
    """Check a case folder's form, lay it down in the node, and write the custody of every exhibit into the ledger.

    Raises:
        PolicyError: the user may not open a case, one of that number is here and is not to be replaced, or somebody who
            was protected would become a suspect without a second officer.
        InputError: the folder is no case.
    """
    may(session, Act.CASE_OPEN)
    case = new_case(folder)
    urn = case.matter.urn
    with node.store.snapshot() as snapshot:
        _refuse_another(snapshot, urn, replacing=replacing)
        subjects = protected.of_case(snapshot, urn)
        safeguarding.refuse_new_suspects(snapshot, urn, subjects, case)
    document = case_document(folder)
    assert isinstance(document, dict)  # noqa: S101 - it was read as a case above
    with _new_home(node, urn) as home:
        intake = Intake(node, urn, folder, home, dict(subjects))
        try:
            intake.write(intake.take(document, case.persons, items_of(case), case.strays))
            kept, _ = read_kept(home)
            _put(node, session, intake, kept, "case.replaced" if replacing else "case.opened", replacing=replacing)
        except BaseException:
            intake.undo()
            raise
    safeguarding.open_for_case(node, session, kept, intake.subjects)
    return kept


def add(node: Node, session: Session, urn: str, file: Path, rows: Mapping[str, Any] | None = None) -> CaseFile:
    """Add to a case: a supplement in the shape of `case.json`, or one file with what is said of it.

    Args:
        node: the node.
        session: who adds.
        urn: the case.
        file: the supplement, whose files lie beside it, or the file itself.
        rows: lists of `case.json` that speak of the file, which they call by its name; None for a supplement, or for a
            file of which nothing is said yet.

    Raises:
        PolicyError: the user may not add, or there is no such case.
        InputError: what is added is wrong, or does not fit the case.
    """
    may(session, Act.CASE_ADD)
    held = hold(node, urn)
    if not file.is_file():
        raise FormatError("there is no such file", where=str(file), fix="name a supplement, or the file to add")
    document, strays = _supplement(file, rows)
    with node.store.snapshot() as snapshot:
        before = decode(snapshot.document(KIND, urn) or b"", Taken).folder
    with _new_home(node, urn, like=node.home / FOLDER / before) as home:
        intake = Intake(node, urn, file.parent, home, dict(held.subjects), dict(held.hidden))
        try:
            persons = [lines.person(row) for row in Row(document, "", CASE_FILE).rows("persons")]
            added = intake.take(document, persons, _items(document, held.case, persons), strays)
            kept = case_document(home)
            assert isinstance(kept, dict)  # noqa: S101 - the node wrote it
            merged = {**kept, **{name: [*kept.get(name, []), *listed] for name, listed in added.items()}}
            intake.write(merged)
            case, _ = read_kept(home)
            known = {reference_key(exhibit.ref) for exhibit in held.case.exhibits}
            _put(node, session, intake, case, "case.added", replacing=True, known=known)
        except BaseException:
            intake.undo()
            raise
    safeguarding.open_for_case(node, session, case, intake.subjects)
    return case


def keep_findings(node: Node, session: Session, urn: str, refs: Iterable[str]) -> None:
    """Let a case keep findings, which from then on are part of what it touched.

    Raises:
        PolicyError: the user may not, there is no such case or finding, or nobody has decided the finding.
    """
    may(session, Act.CASE_ADD)
    found = [findings.decided(node, session, ref).id for ref in refs]
    if not found:
        return

    def change(transaction: Transaction) -> None:
        _refuse_none(transaction, urn)
        before = _kept_of(transaction, urn)
        new = [ref for ref in dict.fromkeys(found) if ref not in before]
        if new:
            transaction.put_document(KEPT_KIND, urn, encode(_Kept((*before, *new))))
            for ref in new:
                transaction.note(Event("case.finding", session.user, ref, session.purpose, {"case": urn}))

    node.store.write(change)


def hold(node: Node, urn: str) -> Held:
    """Return a case with all that the node knows of it.

    Raises:
        ForbiddenError: there is none of that number.
    """
    with node.store.snapshot() as snapshot:
        body = _refuse_none(snapshot, urn)
        subjects = protected.of_case(snapshot, urn)
        kept = tuple(found for ref in _kept_of(snapshot, urn) if (found := snapshot.finding(ref)) is not None)
        told = tuple(
            LogLine(leaf.index, leaf.at, leaf.event)
            for leaf in snapshot.leaves()
            if leaf.event is not None and leaf.at is not None and _is_about(leaf.event, urn)
        )
    case, hidden = read_kept(node.home / FOLDER / decode(body, Taken).folder)
    return Held(with_findings(case, kept), hidden, subjects, kept, told)


def check_there(node: Node, urn: str) -> None:
    """Refuse a number that no case has.

    Raises:
        ForbiddenError: there is none of that number.
    """
    with node.store.snapshot() as snapshot:
        _refuse_none(snapshot, urn)


def get(node: Node, urn: str) -> CaseFile:
    """Return a case that was taken in.

    Raises:
        ForbiddenError: there is none of that number.
    """
    return hold(node, urn).case


def check(node: Node, session: Session, urn: str) -> list[Problem]:
    """Return what a case lacks before it is ready; the check is logged."""
    return check_whole(node, session, urn).problems


def check_whole(node: Node, session: Session, urn: str) -> Checked:
    """Return what a case lacks before it is ready, and its elements table; the check is logged.

    Raises:
        PolicyError: the user may not look at cases, or there is none of that number.
    """
    may(session, Act.CASE_LOOK)
    held = hold(node, urn)
    problems = problems_of(node, held)
    node.store.note(Event("case.checked", session.user, urn, session.purpose, {"problems": len(problems)}))
    return Checked(problems, elements_table(held.case))


def problems_of(node: Node, held: Held) -> list[Problem]:
    """Return what a case lacks, by its folder, the ledger and the safeguarding tasks together."""
    case, urn = held.case, held.case.matter.urn
    recorded = custody_in(held.lines)
    people = {person.id for person in case.persons}
    tasks = safeguarding.of_case(node, urn)
    person_of = {subject.pseudonym: person for person, subject in held.subjects.items()}
    seen = [
        Indicator(
            person=person_of.get(task.pseudonym, task.pseudonym), code=one.code, strength=one.code.partition(".")[0],
            seen_at=one.at, seen_by=one.by,
        )
        for task in tasks
        for one in task.seen
    ]  # fmt: skip
    ruled = [
        SafeguardingDecision(
            person=person_of.get(task.pseudonym, task.pseudonym), kind=one.outcome.value, by=one.by, at=one.at
        )
        for task in tasks
        for one in task.rulings
    ]
    whole = replace(
        case,
        custody=(*case.custody, *(event for event in recorded if event.by in people)),
        indicators=tuple(dict.fromkeys((*case.indicators, *seen))),
        decisions=tuple(dict.fromkeys((*case.decisions, *ruled))),
    )
    found = check_case(whole)
    by_exhibit = chains(event for event in recorded if event.by not in people)
    for exhibit in case.exhibits:
        for fault in hash_faults(exhibit, by_exhibit.get(reference_key(exhibit.ref), ())):
            found.append(Problem("custody-gap", exhibit.ref, f"changed since ingest: {fault.text}"))
    return [*found, *_letters(node, held)]


def record_custody(
    node: Node,
    session: Session,
    urn: str,
    ref: str,
    kind: str,
    place: str,
    *,
    by: str = "",
    at: datetime | None = None,
) -> CustodyEvent:
    """Write what happened to an exhibit into the ledger, after its hash was compared with the one it came in with.

    Args:
        node: the node.
        session: who writes.
        urn: the case.
        ref: the exhibit.
        kind: what happened, a word of `CustodyKind`.
        place: where.
        by: the person of the case who did it; empty for the user of the node.
        at: when, now if nothing is given.

    Raises:
        PolicyError: the user may not, or there is no such case.
        SchemaError: there is no such exhibit, person or kind, or the time has not come.
        SignatureError: the item is not the one that was taken in.
    """
    may(session, Act.CASE_ADD)
    held = hold(node, urn)
    exhibit = next((one for one in held.case.exhibits if reference_key(one.ref) == reference_key(ref)), None)
    if exhibit is None:
        raise SchemaError("no such exhibit in the case", where="--exhibit", fix="name an exhibit of the case")
    if by and held.case.person(by) is None:
        raise SchemaError("no such person in the case", where="--by", fix="name a person of the case, or leave it out")
    if kind not in set(CustodyKind):
        raise SchemaError("no such event", where="--event", fix=f"name one of {', '.join(CustodyKind)}")
    moment = at or node.clock.now()
    if moment > node.clock.now():
        raise SchemaError("a time that has not come", where="--at", fix="give the time at which it happened")
    before = chains(custody_in(held.lines)).get(reference_key(ref), ())
    if hash_faults(exhibit, before[:1]):
        raise SignatureError(f"exhibit {exhibit.ref} is not the file that was taken in", where=urn)
    event = CustodyEvent(
        exhibit=exhibit.ref,
        kind=CustodyKind(kind),
        by=by or session.user,
        at=moment,
        place=place,
        sha256=exhibit.file.sha256,
    )
    node.store.note(_about(custody_event(event, session.user, session.purpose), urn))
    return event


def every(node: Node, session: Session) -> list[dict[str, Any]]:
    """Return the cases of this node by number, with the root of the last seal."""
    from headwater.node.case_sealing import SEAL_KIND, Sealed

    may(session, Act.CASE_LOOK)
    with node.store.snapshot() as snapshot:
        urns = sorted(urn for urn, _, _ in snapshot.documents(KIND))
        bodies = {urn: snapshot.document(SEAL_KIND, urn) for urn in urns}
    return [{"id": urn, "root": decode(body, Sealed).root if body else None} for urn, body in bodies.items()]


def _letters(node: Node, held: Held) -> Iterable[Problem]:
    """Find exhibits that are said to have come back under a letter of this node's that was never written to their node."""
    from headwater.node.case_letters import letters_of, written_to

    known = letters_of(node, held.case.matter.urn)
    for exhibit in held.case.exhibits:
        under = exhibit.origin.returned_under if exhibit.origin is not None else None
        if (
            exhibit.origin is not None
            and under
            and not written_to(known, under, exhibit.origin.node, held.case.matter.urn)
        ):
            yield Problem("not-evidence", exhibit.ref, "the letter it is said to be returned under was not written")


def _put(
    node: Node, session: Session, intake: Intake, case: CaseFile, kind: str, *, replacing: bool,
    known: Iterable[str] = (),
) -> None:  # fmt: skip
    urn = case.matter.urn
    new = [exhibit for exhibit in case.exhibits if reference_key(exhibit.ref) not in set(known)]

    def change(transaction: Transaction) -> bytes | None:
        _refuse_another(transaction, urn, replacing=replacing)
        before = transaction.document(KIND, urn)
        transaction.put_document(KIND, urn, encode(Taken(intake.target.name)))
        protected.write(transaction, intake.subjects.values())
        transaction.note(Event(kind, session.user, urn, session.purpose, {"exhibits": len(new)}))
        for exhibit in new:
            event = CustodyEvent(
                exhibit=exhibit.ref,
                kind=CustodyKind.COPIED,
                by=session.user,
                at=transaction.now,
                place=f"node {node.authority}",
                sha256=exhibit.file.sha256,
            )
            transaction.note(_about(custody_event(event, session.user, session.purpose), urn))
        return before

    before = node.store.write(change)
    if before is not None:
        shutil.rmtree(node.home / FOLDER / decode(before, Taken).folder, ignore_errors=True)


@contextmanager
def _new_home(node: Node, urn: str, like: Path | None = None) -> Iterator[Path]:
    """Give a new folder for a case, filled like another one; nothing is left of it where what is done in it fails."""
    home = node.home / FOLDER / f"{urn}-{node.chance.draw(8).hex()}"
    try:
        home.parent.mkdir(mode=0o700, exist_ok=True)
        if like is None:
            home.mkdir(mode=0o700)
        else:
            shutil.copytree(like, home, copy_function=os.link)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(home, ignore_errors=True)
        raise StoreIoError("the case folder cannot be copied into the node", where=str(home)) from error
    try:
        yield home
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def _supplement(file: Path, rows: Mapping[str, Any] | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what is added, and the files of which nothing is said."""
    if rows is not None:
        return dict(rows), ()
    if file.suffix == ".json":
        told = parse_json(bytes_of(file), where=file.name, allow_bom=True)
        if isinstance(told, dict) and told and set(told) <= SUPPLEMENT_LISTS:
            if not all(isinstance(rows, list) and all(isinstance(row, dict) for row in rows) for rows in told.values()):
                raise SchemaError("not lists of rows", where=file.name)
            return told, ()
    return {}, (file.name,)


def _items(document: Mapping[str, Any], case: CaseFile, persons: Iterable[Any]) -> list[Item]:
    secret = {person.id for person in (*case.persons, *persons) if person.protected}
    found = []
    for folder, name in (("exhibits", "ref"), ("statements", "id")):
        for number, row in enumerate(document.get(folder, [])):
            told = Row(row, f"{folder}[{number}]", CASE_FILE)
            is_secret = folder == "statements" and (told.flag("protected") or told.text("maker") in secret)
            found.append(Item(folder, told.text(name), told.text("file"), is_secret))
    return found


def _kept_of(reader: Snapshot | Transaction, urn: str) -> tuple[FindingId, ...]:
    body = reader.document(KEPT_KIND, urn)
    return decode(body, _Kept).findings if body else ()


def _about(event: Event, urn: str) -> Event:
    return replace(event, detail={**event.detail, "case": urn})


def _is_about(event: Event, urn: str) -> bool:
    return event.subject == urn or event.detail.get("case") == urn


def _refuse_none(reader: Snapshot | Transaction, urn: str) -> bytes:
    body = reader.document(KIND, urn)
    if body is None:
        raise ForbiddenError("no such case at this node", where=urn, fix="take it in: headwater case new --from FOLDER")
    return body


def _refuse_another(reader: Snapshot | Transaction, urn: str, *, replacing: bool) -> None:
    if reader.document(KIND, urn) is not None and not replacing:
        raise ConflictError("the case is here already", where=urn, fix="use --replace to take it in anew")
