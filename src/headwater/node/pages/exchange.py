"""Correspondence on pages: lists with clocks, one message with its receipt, and who would see exactly what before it goes."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.exchange.outbox import Sending
from headwater.exchange.receipt import parse_receipt
from headwater.model.canonical import content_id
from headwater.model.ids import AuthorityId, EntityKey, FactId, MessageId, state_of
from headwater.model.message import Kind, Message, MessageFact
from headwater.node import correspondence, liaison, messages
from headwater.node.messages import Envelope, FindingChoice, Letter
from headwater.node.node import Node
from headwater.node.pages.once import once
from headwater.node.pages.sharing import Choice, partners
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed, may
from headwater.ports import Guarded

WRITTEN: Final = (Kind.SPONTANEOUS, Kind.ALERT, Kind.REQUEST)
"""Kinds that an officer begins; answers and consents begin at the message they answer."""
RESULTS: Final = ("full", "partial", "none", "refused", "clarify")
URGENCIES: Final = ("normal", "urgent", "flash")
AMENDS: Final = ("erase", "restrict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message in one line.

    Attributes:
        at: when it was received or queued; settled_at: when its receipt came.
        answer, due_at, alarm, ended_at: the clock of a request; empty for anything else.
    """

    id: str
    way: str
    peer: str
    kind: str
    state: str
    at: str
    settled_at: str = ""
    thread: str = ""
    flagged: bool = False
    answer: str = ""
    due_at: str = ""
    alarm: int = 0
    ended_at: str = ""
    rule: str = ""
    asked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """One holder that was asked to erase or restrict, with its proof or its age."""

    message: str
    holder: str
    action: str
    facts: int
    state: str
    asked_at: str
    age_s: int
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """All correspondence: what needs somebody first."""

    incoming: tuple[Line, ...]
    outgoing: tuple[Line, ...]
    waiting: tuple[Line, ...]
    recalls: tuple[Recall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFact:
    """One fact as it stands in a message."""

    name: str
    prop: str
    value: str
    lang: str
    original: str
    origin: str
    category: str
    grade: str
    marking: str
    handling: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One fact that is held back: by which rule, and what would let it go."""

    name: str
    prop: str
    value: str
    lang: str
    rule: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSaid:
    """One rule that had a say about the message."""

    id: str
    rule: str
    outcome: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as a form holds it.

    Attributes:
        to: authority and agreement.
        entity: a thing whose facts are told; `records`, `facts`, `findings` name more.
    """

    kind: str = Kind.SPONTANEOUS
    to: AuthorityId
    agreement: str
    entity: str = ""
    records: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    grade: str = ""
    classification: str = ""
    text: str = ""
    reason: str = ""
    urgency: str = "normal"
    why_urgent: str = ""
    result: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a partner would see, and what not.

    Attributes:
        outcome: ``allow``, ``redact``, ``hold`` or ``refuse``.
        body: the message as it would be sealed.
        digest: of the body, less the time at which it expires: what is sent must be what was shown.
    """

    draft: Draft
    partner: str
    outcome: str
    rule: str
    told: tuple[ToldFact, ...]
    held: tuple[Held, ...]
    reasons: tuple[RuleSaid, ...]
    duties: tuple[str, ...]
    body: Mapping[str, Any]
    classifications: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """One message with all that can be done with it.

    Attributes:
        receipt: what the partner's signed receipt says; None where there is none.
        ours: facts of our own in it, which we can recall.
        acts: what this user may do: ``answer``, ``approve``, ``accept``, ``refuse``, ``consent``, ``recall``.
    """

    line: Line
    text: str
    reason: str
    why_urgent: str
    classification: str
    agreement: str
    purpose: str
    author: str
    language: str
    result: str
    facts: tuple[ToldFact, ...]
    consents: tuple[Mapping[str, Any], ...]
    done: tuple[Mapping[str, Any], ...]
    receipt: Mapping[str, Any] | None
    records: tuple[str, ...]
    conversation: tuple[Line, ...]
    recalls: tuple[Recall, ...]
    ours: tuple[str, ...]
    acts: frozenset[str]


def lists(node: Node, session: Session) -> Lists:
    """Return all correspondence; open requests by their due time, then the newest first.

    Raises:
        PolicyError: the user may not look at it.
    """
    found = correspondence.overview(node, session)
    incoming = sorted((_line(row, "in") for row in found.incoming), key=lambda one: one.at, reverse=True)
    incoming.sort(key=lambda one: (one.ended_at != "" or not one.due_at, one.due_at))
    return Lists(
        incoming=tuple(incoming),
        outgoing=tuple(sorted((_line(row, "out") for row in found.outgoing), key=lambda one: one.at, reverse=True)),
        waiting=tuple(_line(row, "draft") for row in found.waiting),
        recalls=tuple(_recall(row) for row in liaison.amend_status(node, session)),
    )


def preview(node: Node, session: Session, draft: Draft) -> Preview:
    """Return what a partner would see exactly, from the body that would be sealed; nothing leaves.

    Raises:
        PolicyError: the user may not send, or may not see what is to be told.
    """
    may(session, Act.MESSAGE_SEND)
    agreement = node.exchange.agreements().get(draft.agreement)
    if agreement is None or draft.to not in agreement.parties:
        raise ForbiddenError("no such agreement with this partner", where=Place(field="to"))
    known = _markings(node, draft)
    letter = letter_of(node, session, draft, known)
    sending = messages.dry_run(node, session, _envelope(draft), letter)
    judgement = sending.judgement
    said = tuple(
        RuleSaid(id=each.id, rule=each.rule, outcome=each.outcome.value, text=each.text, remedy=each.remedy)
        for each in judgement.reasons
    )
    with node.view(session) as view:
        held = tuple(_held(view, name, rule, said) for name, rule in judgement.removed.items())
    refused = judgement.outcome.value == "refuse"
    body: dict[str, Any] = {} if refused else msgspec.to_builtins(sending.message)
    partner = next((one for one in node.exchange.partners() if one.authority == draft.to), None)
    return Preview(
        draft=draft,
        partner=partner.card.card.name if partner else draft.to,
        outcome=judgement.outcome.value,
        rule=judgement.rule,
        # What is refused goes nowhere: nothing of it is shown as if the partner would see it.
        told=() if refused else tuple(_told(name, fact) for name, fact in sorted(sending.message.facts.items())),
        held=held,
        reasons=said,
        duties=judgement.obligations,
        body=body,
        classifications=known,
        digest=_digest(body),
    )


def send(node: Node, session: Session, draft: Draft, key: str) -> str:
    """Send a message once for each key, and return its identifier: queued, or waiting for a second person.

    The caller has shown it: see `Preview.digest`.

    Raises:
        PolicyError: the rules refuse it, or the user may not send.
    """
    may(session, Act.MESSAGE_SEND)
    known = _markings(node, draft)

    def act() -> str:
        letter = letter_of(node, session, draft, known)
        if draft.thread:
            sending = liaison.answer(node, session, MessageId(draft.thread), letter)
        else:
            sending = messages.send(node, session, _envelope(draft), letter)
        return _sent(sending)

    return once(node, session, key, act)


def approve(node: Node, session: Session, ref: MessageId, role: str, key: str) -> str:
    """Approve a message that waits.

    Raises:
        PolicyError: the user may not approve, or wrote it.
    """
    may(session, Act.MESSAGE_APPROVE)
    return once(node, session, key, lambda: _sent(messages.approve(node, session, ref, role)))


def consent(node: Node, session: Session, ref: MessageId, decision: str, until: str, key: str) -> str:
    """Give or refuse the consent that a message asks for.

    Raises:
        PolicyError: the user may not.
    """
    may(session, Act.CONSENT_GIVE)
    if decision not in {"yes", "no"}:
        raise SchemaError("neither yes nor no", where=Place(field="decision"))
    return once(node, session, key, lambda: _sent(liaison.answer_consent(node, session, ref, decision, until or None)))


def ask_consent(node: Node, session: Session, facts: Sequence[str], to: str, reason: str, key: str) -> str:
    """Ask the originators of facts for consent to pass them on to a state; return the first message.

    Raises:
        PolicyError: the user may not ask, or a fact is our own.
    """
    may(session, Act.MESSAGE_SEND)

    def act() -> str:
        asked = liaison.ask_consent(node, session, facts, to, reason)
        if not asked:
            raise SchemaError("no facts of a partner", where=Place(field="fact"))
        # All are sent before the first is told.
        refs = [_sent(each) for each in asked]
        return refs[0]

    return once(node, session, key, act)


def recall(node: Node, session: Session, action: str, facts: Sequence[str], reason: str, key: str) -> str:
    """Erase or restrict facts of our own here and at every holder.

    Raises:
        PolicyError: the user may not, or a fact is another originator's.
    """
    may(session, Act.FACT_AMEND)
    if action not in AMENDS:
        raise SchemaError("no such recall", where=Place(field="action"), fix=f"use {', '.join(AMENDS)}")
    if not facts:
        raise SchemaError("no fact is named", where=Place(field="fact"))

    def act() -> str:
        asked = liaison.amend(node, session, action, facts, reason)
        return str(asked[0]["message"]) if asked else "here"

    return once(node, session, key, act)


def message_page(node: Node, session: Session, ref: MessageId) -> MessagePage:
    """Return one message, in, out or waiting; the look is logged.

    Raises:
        ForbiddenError: there is none.
    """
    may(session, Act.MESSAGE_LOOK)
    found = lists(node, session)
    line = next((one for one in (*found.waiting, *found.incoming, *found.outgoing) if one.id == ref), None)
    if line is None:
        raise ForbiddenError("no such message")
    if line.way == "draft":
        message: Message | None = next(one.message for one in node.exchange.drafts() if one.id == ref)
        told: Mapping[str, Any] = {"records": [], "receipt": None}
    else:
        told = correspondence.show(node, session, ref)
        message = node.exchange.sent(ref) if line.way == "out" else node.exchange.show(ref)[1]
    ours = _ours(node, message) if line.way == "out" else ()
    thread = line.thread or ref
    return MessagePage(
        line=line,
        **_said(message),
        receipt=_receipt(told["receipt"]),
        records=tuple(told["records"]),
        conversation=tuple(
            one for one in (*found.incoming, *found.outgoing) if one.id != ref and thread in {one.thread, one.id}
        ),
        recalls=tuple(one for one in found.recalls if ours and one.holder == line.peer),
        ours=ours,
        acts=_acts(session, line, message, ours),
    )


def answer_draft(node: Node, session: Session, ref: MessageId) -> Draft:
    """Return an empty answer to a message, addressed as it must be.

    Raises:
        ForbiddenError: there is no message that can be answered.
    """
    may(session, Act.MESSAGE_SEND)
    row, asked = node.exchange.show(ref)
    if asked is None:
        raise ForbiddenError("no message that can be answered")
    return Draft(kind=Kind.RESPONSE, to=row.peer, agreement=asked.agreement or "", thread=ref, result="full")


def choices(node: Node, session: Session) -> tuple[Choice, ...]:
    """Return to whom a message can be written."""
    return partners(node, session)


def letter_of(node: Node, session: Session, draft: Draft, known: Sequence[str]) -> Letter:
    """Return a form's message as `messages` reads it; all facts of a named thing are told."""
    facts = list(draft.facts)
    if draft.entity:
        key = EntityKey(draft.entity)
        with node.view(session) as view:
            facts += [statement.id for statement in view.entity(key).statements]
    choices_of = tuple(FindingChoice(id=ref, grade=draft.grade or None) for ref in draft.findings)
    return Letter(
        classification=draft.classification or next((name for name in known if name != "NONE"), "NONE"),
        records=draft.records,
        facts=tuple(dict.fromkeys(facts)),
        findings=choices_of,
        text=draft.text or None,
        reason=draft.reason or None,
        urgency=draft.urgency,
        why_urgent=draft.why_urgent or None,
        result=draft.result or None,
        thread=None,
    )


def _digest(body: Mapping[str, Any]) -> str:
    # The encoder leaves out a default that is the very object, and writes one that is only equal to it.
    told = {name: value for name, value in body.items() if name != "expires" and (name, value) != ("urgency", "normal")}
    return content_id("preview", told)


def _markings(node: Node, draft: Draft) -> tuple[str, ...]:
    """Return the markings of the agreement, lowest first."""
    agreement = node.exchange.agreements().get(draft.agreement)
    ranked = sorted(agreement.markings.items(), key=lambda one: (one[1], one[0])) if agreement else []
    return tuple(name for name, _ in ranked)


def _envelope(draft: Draft) -> Envelope:
    return messages.address(draft.kind, draft.to, draft.agreement)


def _sent(sending: Sending) -> str:
    if sending.id is None:
        raise sending.judgement.refusal()
    return sending.id


def _line(row: Mapping[str, Any], way: str) -> Line:
    return Line(
        id=row["id"],
        way=way,
        peer=row.get("from") or row.get("to") or "",
        kind=str(row["kind"]),
        state="waiting" if way == "draft" else row["state"],
        at=row.get("received_at") or row.get("queued_at") or row.get("asked_at") or "",
        settled_at=row.get("receipted_at") or "",
        thread=row.get("thread") or "",
        flagged=bool(row.get("flagged")),
        answer=str(row.get("answer") or ""),
        due_at=row.get("due_at") or "",
        alarm=int(row.get("alarm") or 0),
        ended_at=row.get("ended_at") or "",
        rule=str(row.get("rule") or ""),
        asked_by=str(row.get("asked_by") or ""),
    )


def _recall(row: Mapping[str, Any]) -> Recall:
    return Recall(
        message=row["message"],
        holder=row["holder"],
        action=row["action"],
        facts=len(row["facts"]),
        state=row["state"],
        asked_at=row["asked_at"],
        age_s=row["age_s"],
        proof=row["proof"] or "",
    )


def _told(name: str, fact: MessageFact) -> ToldFact:
    return ToldFact(
        name=fact.id or name,
        prop=fact.prop,
        value=fact.value or "",
        lang=fact.lang or "",
        original=fact.original or "",
        origin=fact.origin,
        category=fact.category,
        grade=fact.grade or "",
        marking=fact.marking or "",
        handling=fact.handling,
        state=fact.state,
    )


def _held(view: Guarded, name: str, rule: str, said: Sequence[RuleSaid]) -> Held:
    prop = value = lang = ""
    try:
        record, place = view.fact(FactId(name))
        fact = next(islice(record.facts, place, None))
        prop, value, lang = fact.prop, fact.value, fact.lang or ""
    except (ForbiddenError, SchemaError):
        pass  # a finding, or a fact of an answer: named by its identifier
    first = next((one for one in said if one.rule == rule), None)
    return Held(
        name=name,
        prop=prop,
        value=value,
        lang=lang,
        rule=rule,
        text=first.text if first else "",
        remedy=first.remedy if first else "",
    )


def _said(message: Message | None) -> dict[str, Any]:
    if message is None:
        empty = dict.fromkeys(
            ("text", "reason", "why_urgent", "classification", "agreement", "purpose", "author", "language", "result"),
            "",
        )
        return {**empty, "facts": (), "consents": (), "done": ()}
    return {
        "text": message.text or "",
        "reason": message.reason or "",
        "why_urgent": message.why_urgent or "",
        "classification": message.classification or "",
        "agreement": message.agreement or "",
        "purpose": message.purpose or "",
        "author": message.author or "",
        "language": message.language or "",
        "result": message.result or "",
        "facts": tuple(_told(name, fact) for name, fact in sorted(message.facts.items())),
        "consents": tuple(
            {"type": one.type, "giver": one.giver, "receiver": one.receiver, "facts": one.facts, "decision": one.decision,
             "until": one.until or ""}
            for one in message.consents
        ),
        "done": tuple(
            {"holder": one.holder, "at": one.at, "leaf": one.log_index, "results": one.results} for one in message.done
        ),
    }  # fmt: skip


def _receipt(data: str | None) -> Mapping[str, Any] | None:
    if data is None:
        return None
    told: Mapping[str, Any] = msgspec.to_builtins(parse_receipt(base64.b64decode(data)))
    return told


def _ours(node: Node, message: Message | None) -> tuple[str, ...]:
    state = state_of(node.authority)
    facts = message.facts.items() if message else ()
    return tuple(
        sorted(fact.id or name for name, fact in facts if fact.origin == state and (fact.id or name)[:4] == "rec-")
    )


def _acts(session: Session, line: Line, message: Message | None, ours: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    if line.way == "draft" and allowed(session, Act.MESSAGE_APPROVE) and line.asked_by != session.user:
        found.add("approve")
    if line.way == "in" and allowed(session, Act.MESSAGE_SEND) and line.kind == Kind.REQUEST and not line.ended_at:
        found.add("answer")
    if line.way == "in" and allowed(session, Act.MESSAGE_ACCEPT) and line.state in {"held", "stored"}:
        found.update(("accept", "refuse"))
    if line.way == "in" and line.kind == Kind.CONSENT_REQUEST and message and allowed(session, Act.CONSENT_GIVE):
        found.add("consent")
    if ours and allowed(session, Act.FACT_AMEND):
        found.add("recall")
    return frozenset(found)
