"""Case files at a node: taken in with their custody, checked, sealed with what the ledger says of them, verified."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from headwater.case.bundle import SealOptions
from headwater.case.bundle import seal as write_bundle
from headwater.case.check import Problem
from headwater.case.check import check as check_case
from headwater.case.custody import CustodyEvent, CustodyKind
from headwater.case.folder import new_case
from headwater.case.log import LogLine, custody_event
from headwater.case.manifest import ManifestRow
from headwater.case.model import CaseFile
from headwater.case.seal import Seal, Signer
from headwater.errors import ConflictError, ForbiddenError, NoBasisError, StoreIoError
from headwater.exchange.keys import Keys
from headwater.exchange.suite import sign, signing_public
from headwater.model.canonical import decode, encode
from headwater.model.finding import Finding
from headwater.node import findings
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

FOLDER: Final = "cases"
KIND: Final = "case"
SEAL_KIND: Final = "case-seal"


@dataclass(frozen=True, slots=True)
class Taken:
    """A case that was taken in: the folder below `FOLDER` that holds it as it is in force."""

    folder: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """What must be known of a case's last seal to make the next one, and to open what it withholds."""

    digest: str
    root: str
    pseudonyms: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[ManifestRow, ...] = ()


def take_in(node: Node, session: Session, folder: Path, *, replacing: bool = False) -> CaseFile:
    """Check a case folder's form, copy it into the node, and write the custody of every exhibit into the ledger.

    Raises:
        PolicyError: the user may not open a case, or one of that number is here and is not to be replaced.
        InputError: the folder is no case.
    """
    may(session, Act.CASE_OPEN)
    urn = new_case(folder).matter.urn
    with node.store.snapshot() as snapshot:
        _refuse_another(snapshot, urn, replacing=replacing)
    taken = Taken(f"{urn}-{node.chance.draw(8).hex()}")
    _copy(folder, node.home / FOLDER / taken.folder)
    case = new_case(node.home / FOLDER / taken.folder)

    def change(transaction: Transaction) -> bytes | None:
        _refuse_another(transaction, urn, replacing=replacing)
        before = transaction.document(KIND, urn)
        transaction.put_document(KIND, urn, encode(taken))
        kind = "case.replaced" if replacing else "case.opened"
        transaction.note(Event(kind, session.user, urn, session.purpose, {"exhibits": len(case.exhibits)}))
        for exhibit in case.exhibits:
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
    return case


def get(node: Node, urn: str) -> CaseFile:
    """Return a case that was taken in.

    Raises:
        ForbiddenError: there is none of that number.
    """
    with node.store.snapshot() as snapshot:
        body = snapshot.document(KIND, urn)
    if body is None:
        raise ForbiddenError("no such case at this node", where=urn, fix="take it in: headwater case new --from FOLDER")
    return new_case(node.home / FOLDER / decode(body, Taken).folder)


def check(node: Node, session: Session, urn: str) -> list[Problem]:
    """Return what a case lacks before it is ready; the check is logged."""
    may(session, Act.CASE_LOOK)
    problems = check_case(get(node, urn))
    node.store.note(Event("case.checked", session.user, urn, session.purpose, {"problems": len(problems)}))
    return problems


def seal(node: Node, session: Session, urn: str, out: Path, refs: Sequence[str], *, withhold: bool = False) -> Seal:
    """Seal a case as it is now into a bundle, with findings that it keeps and the ledger's lines about it.

    Raises:
        PolicyError: the user may not seal, nobody has decided a finding, or a protected person's identity stands in an
            item.
    """
    may(session, Act.CASE_SEAL)
    case = get(node, urn)
    kept = [_finding(node, session, ref) for ref in refs]
    seed = Keys(node.home).signing_seed()
    signer = Signer(node.authority, signing_public(seed), lambda data: sign(seed, data))
    with node.store.snapshot() as snapshot:
        body = snapshot.document(SEAL_KIND, urn)
        lines = [
            LogLine(leaf.index, leaf.at, leaf.event)
            for leaf in snapshot.leaves()
            if leaf.event is not None and leaf.at is not None and _is_about(leaf.event, urn)
        ]
    before = decode(body, Sealed) if body else None
    options = SealOptions(
        previous=before.digest if before else None,
        pseudonyms=dict(before.pseudonyms) if before else {},
        withhold_blocked=withhold,
    )
    made = write_bundle(case, out, signer, node.clock, node.chance, lines, kept, options)

    def change(transaction: Transaction) -> None:
        sealed = Sealed(made.digest, made.head.root, made.pseudonyms, tuple(made.rows))
        transaction.put_document(SEAL_KIND, urn, encode(sealed))
        detail: dict[str, str | int] = {"root": made.head.root, "files": made.head.count}
        transaction.note(Event("case.sealed", session.user, urn, session.purpose, detail))

    node.store.write(change)
    return made


def every(node: Node, session: Session) -> list[dict[str, Any]]:
    """Return the cases of this node by number, with the root of the last seal."""
    may(session, Act.CASE_LOOK)
    with node.store.snapshot() as snapshot:
        urns = sorted(urn for urn, _, _ in snapshot.documents(KIND))
        bodies = {urn: snapshot.document(SEAL_KIND, urn) for urn in urns}
    return [{"id": urn, "root": decode(body, Sealed).root if body else None} for urn, body in bodies.items()]


def _finding(node: Node, session: Session, ref: str) -> Finding:
    shown = findings.one(node, session, findings.find(node, session, ref))
    if not shown.decisions:
        raise NoBasisError(
            "no person has decided this finding", where=ref, fix="decide it first: headwater findings decide"
        )
    return shown.finding


def _about(event: Event, urn: str) -> Event:
    return replace(event, detail={**event.detail, "case": urn})


def _is_about(event: Event, urn: str) -> bool:
    return event.subject == urn or event.detail.get("case") == urn


def _refuse_another(reader: Snapshot | Transaction, urn: str, *, replacing: bool) -> None:
    if reader.document(KIND, urn) is not None and not replacing:
        raise ConflictError("the case is here already", where=urn, fix="use --replace to take it in anew")


def _copy(folder: Path, home: Path) -> None:
    try:
        home.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copytree(folder, home, symlinks=True)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(home, ignore_errors=True)
        raise StoreIoError("the case folder cannot be copied into the node", where=str(home)) from error
