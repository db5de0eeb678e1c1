"""Messages at a node: written from records and confirmed findings, judged, sent by a person, approved by another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from headwater.errors import FormatError, NoBasisError, Place, SchemaError
from headwater.exchange.outbox import APPROVER, BREAK_GLASS, Sending
from headwater.exchange.translate import marked
from headwater.formats.safe import parse_json
from headwater.model.decision import Decision, Verb
from headwater.model.entity import Entity
from headwater.model.finding import EvidenceKind, Finding
from headwater.model.grade import parse_grade
from headwater.model.ids import AuthorityId, FactId, FindingId, MessageId, RecordId, authority_id, state_of
from headwater.model.message import BreakGlass, Kind, Message, MessageFact
from headwater.model.schema import is_person
from headwater.node import attachments as files
from headwater.node import findings
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.agreement import Agreement
from headwater.policy.session import Session, may
from headwater.ports import View
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


class Letter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message as a person writes it: what it is for, and which records, facts and findings it is made of.

    Attributes:
        records: records to be told whole; `facts` are single facts by identifier; `findings` are confirmed findings.
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
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
    try:
        return msgspec.convert(parse_json(data, where=str(path), allow_bom=True), Letter)
    except msgspec.ValidationError as error:
        text, _, field = str(error).partition(" - at `")
        raise SchemaError(text, where=Place(file=str(path), field=field.strip("`$.") or None)) from error


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


def send(node: Node, session: Session, envelope: Envelope, letter: Letter, attached: Sequence[Path] = ()) -> Sending:
    """Judge a message, queue it where the rules let it pass, and keep the decision of the person who sent it.

    Raises:
        PolicyError: the user may not send, or may not see what is to be told.
        TrustError: the partner's card is not confirmed and current.
    """
    may(session, Act.MESSAGE_SEND)
    message = _compose(node, session, envelope, letter)
    message = files.attach(node, session, message, attached)
    sending = node.exchange.send(message, who=session.user)
    _keep_decision(
        node, session, envelope.agreement, sending, letter.reason or letter.text or "told under the agreement"
    )
    return sending


def approve(node: Node, session: Session, ref: MessageId, role: str) -> Sending:
    """Approve a message that waits, as a second person or in the name of a role, and ask the rules again.

    Raises:
        PolicyError: the user may not approve.
        ConflictError: no such message waits.
    """
    may(session, Act.MESSAGE_APPROVE)
    if role != APPROVER and HELD_BACK_ROLES.get(role, role) not in session.roles:
        raise NoBasisError(f"this user does not act as {role}", where=Place(field="as"), fix="ask somebody who does")
    sending = node.exchange.approve(ref, who=session.user, role=role)
    _keep_decision(node, session, sending.message.agreement or "", sending, f"approved as {role}")
    return sending


def _keep_decision(node: Node, session: Session, agreement: str, sending: Sending, reason: str) -> None:
    if sending.id is None or not sending.is_queued:
        return
    decision = Decision(
        verb=Verb.RELEASE,
        about=sending.id,
        who=session.user,
        decided_at=node.clock.now(),
        basis=agreement,
        reason=reason,
    )

    def change(transaction: Transaction) -> None:
        transaction.add_decision(decision)

    node.store.write(change)


def _compose(node: Node, session: Session, envelope: Envelope, letter: Letter) -> Message:
    agreement = node.exchange.agreements().get(envelope.agreement)
    facts: dict[str, MessageFact] = {}
    with node.view(session) as view:
        wanted = [RecordId(ref) for ref in letter.records]
        single = [FactId(ref) for ref in letter.facts]
        for record in wanted:
            view.record(record)
        for ref in single:
            view.fact(ref)
        if agreement is not None:
            for record in wanted:
                facts.update(node.exchange.facts(record, agreement.id))
            for ref in single:
                found = node.exchange.facts(RecordId(ref.partition("/")[0]), agreement.id)
                facts.update({name: fact for name, fact in found.items() if name == ref})
            for choice in letter.findings:
                facts.update(_told(node, session, view, agreement, choice))
    given = {name: getattr(letter, name) for name in _COPIED}
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
    node: Node, session: Session, view: View, agreement: Agreement, choice: FindingChoice
) -> Mapping[str, MessageFact]:
    """Return a confirmed finding as one derived fact; what it rests on is named, and judged with it."""
    shown = findings.one(node, session, FindingId(choice.id))
    if shown.state != Verb.CONFIRM:
        raise NoBasisError(
            "no person has confirmed this finding", where=choice.id, fix="decide it first: headwater findings decide"
        )
    if choice.grade is not None:
        parse_grade(choice.grade)
    finding = shown.finding
    persons = [entity for entity in _subjects(view, finding) if is_person(entity.schema)]
    handling = finding.handling
    fact = MessageFact(
        id=finding.id,
        prop="description",
        entity=finding.id,
        schema="Note",
        value=finding.text,
        category=(persons[0].mentions[0].category or "suspect") if persons else "object",
        personal=bool(persons),
        origin=state_of(node.authority),
        marking=marked(handling, agreement.markings),
        handling=tuple(sorted(handling.codes)),
        conditions=tuple(sorted(handling.conditions)),
        purposes=None if handling.purposes is None else tuple(sorted(handling.purposes)),
        names=tuple(sorted(handling.addressees or ())),
        grade=choice.grade,
        retain_until=handling.retain_until.isoformat() if handling.retain_until else None,
        evidence=tuple(each.ref for each in finding.evidence if each.kind is EvidenceKind.FACT),
    )
    return {finding.id: fact}


def _subjects(view: View, finding: Finding) -> list[Entity]:
    found: dict[str, Entity] = {}
    for each in finding.evidence:
        if each.kind is EvidenceKind.FACT:
            record, number = view.fact(FactId(each.ref))
            key = record.facts[number].entity
            if key in finding.subjects and key not in found:
                found[key] = view.entity(key)
    return list(found.values())


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
