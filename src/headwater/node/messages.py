"""Messages at a node: written from records and confirmed findings, judged, sent by a person, approved by another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from headwater.errors import NoBasisError, Place, SchemaError
from headwater.exchange.files import Progress
from headwater.exchange.outbox import APPROVER, BREAK_GLASS, Also, Sending
from headwater.exchange.translate import told
from headwater.formats.intelligence_report import GivenHandling, handling_of
from headwater.formats.safe import parse_json
from headwater.model.canonical import convert
from headwater.model.decision import Decision, Verb
from headwater.model.fact import record_of
from headwater.model.finding import EvidenceKind, Finding
from headwater.model.grade import parse_grade
from headwater.model.ids import AuthorityId, FactId, FindingId, MessageId, RecordId, authority_id, state_of
from headwater.model.message import BreakGlass, Kind, Message, MessageFact
from headwater.model.record import Record
from headwater.model.schema import is_person
from headwater.model.times import format_instant
from headwater.node import attachments as files
from headwater.node import findings, second
from headwater.node.files import bytes_of
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.agreement import Agreement
from headwater.policy.session import Session, may
from headwater.ports import Guarded
from headwater.store import Transaction

HELD_BACK_ROLES: Final = {"senior": "supervisor", "minister": "supervisor", BREAK_GLASS: "supervisor"}


class FindingChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding to be told, with the grade that a person gives to it."""

    id: str
    grade: str | None = None


class GlassToBreak(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why facts of a third state must go without its consent; another person answers for it by approving."""

    reason: str
    threat: str


class FilesHandling(GivenHandling, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the recipient may do with the files beside a message, and with what is read from them."""

    purposes: list[str] | None = None


class Letter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message as a person writes it: what it is for, and which records, facts and findings it is made of.

    Attributes:
        records: records to be told whole; `facts` are single facts by identifier; `findings` are confirmed findings.
        attached: what may be done with the files that are attached; else what the agreement allows.
        others: as in `model.message.Message`.
    """

    classification: str = "NONE"
    records: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    findings: tuple[FindingChoice, ...] = ()
    text: str | None = None
    reason: str | None = None
    urgency: str = "normal"
    why_urgent: str | None = None
    expires: str | None = None
    addressee: str | None = None
    language: str | None = None
    legal_basis: str | None = None
    case_references: tuple[str, ...] = ()
    thread: str | None = None
    result: str | None = None
    osja_flags: tuple[str, ...] = ()
    assurance_ref: str | None = None
    strict_necessity: str | None = None
    access: str | None = None
    break_glass: GlassToBreak | None = None
    attached: FilesHandling | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a message goes and under what."""

    kind: Kind
    to: AuthorityId
    agreement: str


def read_letter(path: Path) -> Letter:
    """Return the message that a file holds.

    Raises:
        InputError: the file is none.
    """
    given = parse_json(bytes_of(path), where=str(path), allow_bom=True)
    try:
        return convert(given, Letter)
    except SchemaError as error:
        error.where = Place(file=str(path), field=error.where.field)
        raise


def address(kind: str, to: str, agreement: str) -> Envelope:
    """Return where a message goes.

    Raises:
        SchemaError: there is no such kind, or no such authority can be.
    """
    try:
        return Envelope(Kind(kind), authority_id(to), agreement)
    except ValueError as error:
        raise SchemaError("no kind of message", where=Place(field="kind"), fix=f"use {', '.join(Kind)}") from error


def dry_run(node: Node, session: Session, envelope: Envelope, letter: Letter) -> Sending:
    """Return what sending would do, with every reason, and change nothing.

    Raises:
        PolicyError: the user may not send.
    """
    may(session, Act.MESSAGE_SEND)
    return node.exchange.dry_run(_compose(node, session, envelope, letter))


def send(
    node: Node,
    session: Session,
    envelope: Envelope,
    letter: Letter,
    attached: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Sending:
    """Judge a message, queue it where the rules let it pass, and keep the decision of the person who sent it.

    Args:
        node: the node.
        session: who sends.
        envelope: where it goes and under what.
        letter: what it says.
        attached: files that go beside it.
        progress: hears how many chunks of how many of a file are sealed.

    Raises:
        PolicyError: the user may not send, or may not see what is to be told.
        TrustError: the partner's card is not confirmed and current.
    """
    may(session, Act.MESSAGE_SEND)
    reason = letter.reason or letter.text or "told under the agreement"
    also = decision_keeper(session, reason)
    given = letter.attached
    handling = files.OF_A_FILE if given is None else handling_of(given, given.purposes)
    message = files.attach(node, session, _compose(node, session, envelope, letter), attached, progress, handling)
    return node.exchange.send(message, who=session.user, also=also)


def approve(node: Node, session: Session, ref: MessageId, role: str) -> Sending:
    """Approve a message that waits, as a second person or in the name of a role, and ask the rules again.

    Raises:
        PolicyError: the user may not approve.
        ConflictError: no such message waits.
    """
    may(session, Act.MESSAGE_APPROVE)
    if role != APPROVER and HELD_BACK_ROLES.get(role, role) not in session.roles:
        raise NoBasisError(f"this user does not act as {role}", where=Place(field="as"), fix="ask somebody who does")
    also = decision_keeper(session, f"approved as {role}")
    return node.exchange.approve(ref, who=session.user, role=role, also=also)


def decision_keeper(session: Session, reason: str) -> Also:
    """Return what keeps a person's decision in the transaction that queues the message: only a decision leaves the house."""

    def keep(tx: Transaction, sending: Sending) -> None:
        if sending.id is None or not sending.is_queued:
            return
        decision = Decision(
            verb=Verb.RELEASE,
            about=sending.id,
            who=session.user,
            decided_at=tx.now,
            basis=sending.message.agreement or "",
            reason=reason,
        )
        tx.add_decision(decision)

    return keep


def _compose(node: Node, session: Session, envelope: Envelope, letter: Letter) -> Message:
    agreement = node.exchange.agreements().get(envelope.agreement)
    facts: dict[str, MessageFact] = {}
    with node.view(session) as view:
        # Who may not see a fact cannot tell it: what is told are the facts that the view shows, and no other.
        seen = {number for ref in letter.records for number, _ in view.record(RecordId(ref)).numbered()}
        for ref in letter.facts:
            record, place = view.fact(FactId(ref))
            seen.add(next(islice(record.numbered(), place, None))[0])
        if agreement is not None:
            for source in dict.fromkeys(record_of(number) for number in sorted(seen)):
                found = node.exchange.facts(source, agreement.id)
                facts.update({name: fact for name, fact in found.items() if name in seen})
            for choice in letter.findings:
                facts.update(_told(node, session, view, agreement, choice))
    given = {name: getattr(letter, name) for name in _COPIED}
    if letter.expires is None:
        given["expires"] = format_instant(node.clock.now() + timedelta(days=node.settings.message_days))
    glass = letter.break_glass
    message = Message(
        kind=envelope.kind,
        sender=node.authority,
        recipient=envelope.to,
        agreement=envelope.agreement,
        purpose=session.purpose,
        author=session.user,
        facts=facts,
        break_glass=BreakGlass(reason=glass.reason, threat=glass.threat) if glass else None,
        **given,
    )
    return node.exchange.liaison.hashed(message) if envelope.kind is Kind.SEARCH else message


def _told(
    node: Node, session: Session, view: Guarded, agreement: Agreement, choice: FindingChoice
) -> Mapping[str, MessageFact]:
    """Return a confirmed finding as one derived fact; what it rests on is named, and judged with it."""
    shown = findings.one(node, session, FindingId(choice.id))
    if not shown.is_confirmed:
        raise NoBasisError(
            "no person has confirmed this finding", where=choice.id, fix="decide it first: headwater findings decide"
        )
    if choice.grade is not None:
        parse_grade(choice.grade)
    finding = shown.finding
    rests_on = _evidence(view, finding)
    second.check_settled(finding, shown.decisions, [record for record, _ in rests_on])
    mentions = [mention for record, _ in rests_on for mention in record.mentions if mention.key in finding.subjects]
    persons = [mention for mention in mentions if is_person(mention.schema)]
    fact = MessageFact(
        id=finding.id,
        prop="description",
        entity=finding.id,
        schema="Note",
        value=finding.text,
        category=(persons[0].category or "suspect") if persons else "object",
        # A claim about nobody that can be looked up may be about a person.
        personal=bool(persons) or not mentions,
        origin=state_of(node.authority),
        grade=choice.grade,
        evidence=tuple(number for _, numbers in rests_on for number in numbers),
    )
    return {finding.id: told(finding.handling, agreement.markings, fact)}


def _evidence(view: Guarded, finding: Finding) -> list[tuple[Record, tuple[FactId, ...]]]:
    """Return the records that a finding rests on, each with those of its facts that count: for a record, all."""
    found: list[tuple[Record, tuple[FactId, ...]]] = []
    for each in finding.evidence:
        if each.kind is EvidenceKind.FACT:
            found.append((view.fact(FactId(each.ref))[0], (FactId(each.ref),)))
        elif each.kind is EvidenceKind.RECORD:
            record = view.record(RecordId(each.ref))
            found.append((record, tuple(number for number, _ in record.numbered())))
    # Of a file or a row that a partner sent, the fact that it came with: where that may not go, nothing that rests on it may.
    for held in view.holders(findings.file_refs(finding), finding.id).values():
        found += [(record, tuple(number for number, _ in record.numbered())) for record in held]
    return found


_COPIED: Final = (
    *("classification", "text", "reason", "urgency", "why_urgent", "expires", "addressee", "language", "legal_basis"),
    *("case_references", "thread", "result", "osja_flags", "assurance_ref", "strict_necessity", "access"),
)


def sending_document(sending: Sending) -> dict[str, Any]:
    """Return what the rules answered as it stands in a document."""
    judgement = sending.judgement
    return {
        "outcome": judgement.outcome.value,
        "rule": judgement.rule,
        "removed": dict(judgement.removed),
        "obligations": list(judgement.obligations),
        "reasons": [msgspec.to_builtins(reason) for reason in judgement.reasons],
        "message": sending.id,
        "queued": sending.is_queued,
        "facts": sorted(sending.message.facts),
    }
