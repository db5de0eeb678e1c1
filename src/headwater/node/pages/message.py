"""One message with its receipt, its conversation, and what this user may do with it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from headwater.errors import ForbiddenError
from headwater.exchange.receipt import parse_receipt
from headwater.model.ids import MessageId, state_of
from headwater.model.message import Kind, Message
from headwater.node import correspondence
from headwater.node.node import Node
from headwater.node.pages import mail
from headwater.node.pages.mail import Line, Recall
from headwater.node.pages.preview import Draft, ToldFact, told_fact
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed, may


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """One message with all that can be done with it.

    Attributes:
        undelivered: what is in the way of a message that went out; None where nothing is known to be.
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
    undelivered: Mapping[str, Any] | None
    receipt: Mapping[str, Any] | None
    records: tuple[str, ...]
    conversation: tuple[Line, ...]
    recalls: tuple[Recall, ...]
    ours: tuple[str, ...]
    acts: frozenset[str]


def message_page(node: Node, session: Session, ref: MessageId) -> MessagePage:
    """Return one message, in, out or waiting; the look is logged.

    Raises:
        ForbiddenError: there is none.
    """
    line = mail.line(node, session, ref)
    if line is None:
        raise ForbiddenError("no such message")
    if line.way == "draft":
        message: Message | None = next(one.message for one in node.exchange.drafts() if one.id == ref)
        told: Mapping[str, Any] = {"records": [], "receipt": None, "undelivered": None}
    else:
        told = correspondence.show(node, session, ref)
        message = node.exchange.sent(ref) if line.way == "out" else node.exchange.show(ref)[1]
    ours = _ours(node, message) if line.way == "out" else ()
    thread = line.thread or ref
    return MessagePage(
        line=line,
        **_said(message),
        undelivered=told["undelivered"],
        receipt=_receipt(told["receipt"]),
        records=tuple(told["records"]),
        conversation=tuple(one for one in mail.conversation(node, session, thread) if one.id != ref),
        recalls=tuple(one for one in mail.recalls(node, session) if one.holder == line.peer) if ours else (),
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
        "facts": tuple(told_fact(name, fact) for name, fact in sorted(message.facts.items())),
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
    can_settle = line.way == "in" and line.state in {"held", "stored"} and not line.is_between_nodes
    if can_settle and allowed(session, Act.MESSAGE_ACCEPT):
        found.add("accept")
    if can_settle and allowed(session, Act.MESSAGE_REFUSE):
        found.add("refuse")
    if line.way == "in" and line.kind == Kind.CONSENT_REQUEST and message and allowed(session, Act.CONSENT_GIVE):
        found.add("consent")
    if ours and allowed(session, Act.FACT_AMEND):
        found.add("recall")
    return frozenset(found)
