"""Findings at a node: listed, shown with what they rest on, and decided by a person."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from headwater.errors import ConflictError, ForbiddenError, NoBasisError
from headwater.formats import registry
from headwater.model.decision import Decision, Verb, standing
from headwater.model.fact import record_of
from headwater.model.finding import Evidence, EvidenceKind, Finding
from headwater.model.ids import BlobHash, FactId, FindingId, RecordId
from headwater.model.record import Record
from headwater.node import runs, second
from headwater.node.node import EVIDENCE_PURPOSE, Node
from headwater.policy.acts import Act
from headwater.policy.release import check_release
from headwater.policy.session import Session, may
from headwater.ports import Event, Guarded
from headwater.store import Transaction


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with the decisions about it, oldest first."""

    finding: Finding
    decisions: tuple[Decision, ...]

    @property
    def state(self) -> str:
        """The verb of the last decision that was not taken back; ``open`` where there is none."""
        held = standing(self.decisions)
        return held[-1].verb if held else "open"

    @property
    def is_confirmed(self) -> bool:
        """Whether a person has confirmed it and nobody has taken that back since; a release takes nothing back."""
        words = [made.verb for made in standing(self.decisions) if made.verb != Verb.RELEASE]
        return bool(words) and words[-1] == Verb.CONFIRM


def keep(
    node: Node,
    session: Session,
    findings: Iterable[Finding],
    run: runs.Noted | None = None,
    tables: Collection[RecordId] = (),
) -> int:
    """Keep what an engine claims, and how it was made; return how many claims are new.

    Args:
        node: the node.
        session: who ran it.
        findings: what it claims.
        run: how that was made.
        tables: the records of the tables that were read for it: nothing may rest on one that was withdrawn meanwhile.

    Raises:
        ConflictError: one was; nothing is kept.
    """
    kept = tuple(findings)

    def change(transaction: Transaction) -> int:
        if session.purpose == EVIDENCE_PURPOSE:
            transaction.show_evidence()
        left = {ref for ref, record in transaction.several(tables).items() if record.tables}
        if left != set(tables):
            raise ConflictError("a table was withdrawn while it was worked on", fix="run it again")
        added = [finding for finding in kept if transaction.add_finding(finding)]
        for finding in added:
            transaction.note(Event("findings.claimed", session.user, finding.id, session.purpose))
        if run is not None:
            runs.note(transaction, added, run)
        return len(added)

    return node.store.write(change) if kept else 0


def every(node: Node, session: Session, *, state: str | None = None) -> list[Shown]:
    """Return the findings that a user may see, the strongest first.

    Raises:
        PolicyError: the user may not look at findings.
    """
    may(session, Act.FINDING_LOOK)
    with node.view(session) as view:
        found = [Shown(finding, view.decisions(finding.id)) for finding in view.findings()]
    chosen = [shown for shown in found if state is None or shown.state == state]
    return sorted(chosen, key=lambda shown: (-shown.finding.score, shown.finding.id))


def one(node: Node, session: Session, ref: FindingId) -> Shown:
    """Return one finding.

    Raises:
        ForbiddenError: there is none that the user may see.
    """
    may(session, Act.FINDING_LOOK)
    with node.view(session) as view:
        finding = view.finding(ref)
        return Shown(finding, view.decisions(ref))


def decided(node: Node, session: Session, start: str) -> Finding:
    """Return a finding on which a person has decided, by the start of its identifier.

    Raises:
        ForbiddenError: there is none that the user may see, or several.
        NoBasisError: nobody has decided it.
    """
    may(session, Act.FINDING_LOOK)
    shown = one(node, session, find(node, session, start))
    if not standing(shown.decisions):
        fix = "decide it first: headwater findings decide"
        raise NoBasisError("no person has decided this finding", where=start, fix=fix)
    return shown.finding


def decide(node: Node, session: Session, ref: FindingId, verb: Verb, reason: str) -> Decision:
    """Keep what a person decides about a finding.

    Raises:
        ForbiddenError: there is no such finding for this user, or the user may not decide.
        ConflictError: the same decision stands already.
        SchemaError: no reason was given.
    """
    may(session, Act.FINDING_DECIDE)
    shown = one(node, session, ref)
    if shown.state == verb:
        check_repeated(node, session, shown, verb)
    decision = Decision(
        verb=verb,
        about=ref,
        who=session.user,
        decided_at=node.clock.now(),
        basis=session.purpose,
        reason=reason,
        replaces=shown.decisions[-1].id if shown.decisions else None,
    )

    def change(transaction: Transaction) -> None:
        latest = [made.id for made in transaction.decisions(ref)]
        if latest != [made.id for made in shown.decisions]:
            raise ConflictError("somebody decided meanwhile", where=ref)
        transaction.add_decision(decision)
        transaction.note(
            Event("findings.decided", session.user, ref, session.purpose, {"verb": verb, "decision": decision.id})
        )

    node.store.write(change)
    return decision


def check_repeated(node: Node, session: Session, shown: Shown, verb: Verb) -> None:
    """Refuse a decision that stands already, unless it is the second person's that is still wanted.

    Raises:
        ConflictError: it is not.
    """
    ref = shown.finding.id
    if verb is not Verb.CONFIRM:
        raise ConflictError("the finding is decided so already", where=ref, fix="look at its history")
    with node.view(session) as view:
        records = evidence_records(view, shown.finding)
    second.check_again(shown.finding, shown.decisions, session.user, records)


def evidence_records(view: Guarded, finding: Finding) -> list[Record]:
    """Return the records that a finding rests on, each once and in order, as far as they may be seen."""
    found = view.several(record_refs(finding), finding.id)
    for held in view.holders(file_refs(finding), finding.id).values():
        found.update({record.id: record for record in held})
    return list(found.values())


def file_refs(finding: Finding) -> list[BlobHash]:
    """Return the files, and the tables of rows, that a finding names as its evidence, each once and in order."""
    kinds = EvidenceKind.BLOB, EvidenceKind.TABLE_ROW
    return list(dict.fromkeys(BlobHash(one.ref.partition("#")[0]) for one in finding.evidence if one.kind in kinds))


def record_refs(finding: Finding) -> Iterable[RecordId]:
    """Return the records that a finding names as its evidence, itself or by a fact, each once and in order."""
    return dict.fromkeys(ref for piece in finding.evidence if (ref := _record_ref(piece)) is not None)


def _record_ref(piece: Evidence) -> RecordId | None:
    if piece.kind is EvidenceKind.RECORD:
        return RecordId(piece.ref)
    return record_of(FactId(piece.ref)) if piece.kind is EvidenceKind.FACT else None


def release(node: Node, session: Session, ref: FindingId, form: str, reason: str) -> tuple[Decision, bytes]:
    """Write what a confirmed finding rests on in an outside format, and keep the decision of who released it.

    Raises:
        PolicyError: the user may not release, no person has confirmed it, or its handling asks for an agreement.
        SettingsError: there is no such format.
    """
    may(session, Act.FINDING_RELEASE)
    shown = one(node, session, ref)
    if not shown.is_confirmed:
        raise NoBasisError("no person has confirmed this finding", where=ref, fix="decide it first")
    writer = registry.release(form, node.settings.plugin_names)
    with node.view(session) as view:
        refs = [RecordId(each.ref.partition("/")[0]) for each in shown.finding.evidence if each.ref.startswith("rec-")]
        records = [view.record(record) for record in dict.fromkeys(refs)]
    second.check_settled(shown.finding, shown.decisions, records)
    check_release(record.handling for record in records)
    made = Decision(
        verb=Verb.RELEASE,
        about=ref,
        who=session.user,
        decided_at=node.clock.now(),
        basis=session.purpose,
        reason=reason,
    )

    def change(transaction: Transaction) -> None:
        transaction.add_decision(made)
        detail: dict[str, str | int] = {"format": form, "records": len(records), "decision": made.id}
        transaction.note(Event("findings.released", session.user, ref, session.purpose, detail))

    data = writer.write(records)
    node.store.write(change)
    return made, data


def find(node: Node, session: Session, start: str) -> FindingId:
    """Return the one finding whose identifier starts so, that a person need not type it all.

    Raises:
        ForbiddenError: there is none that the user may see, or several.
    """
    with node.view(session) as view:
        found = [finding.id for finding in view.findings() if finding.id.startswith(start)]
    if len(found) != 1:
        raise ForbiddenError("no such finding, or not one alone", fix="give more of its identifier")
    return found[0]
