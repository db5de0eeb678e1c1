"""The liaison desk at a node: answers, consents, recalls and evidence, each for those who may."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.exchange.liaison import FIRST, Holder
from headwater.exchange.outbox import Sending
from headwater.exchange.requests import Request
from headwater.model.fact import record_of
from headwater.model.ids import FactId, MessageId, StateCode
from headwater.model.message import Amend, Kind
from headwater.model.times import format_instant, parse_day
from headwater.node import messages
from headwater.node.messages import Envelope, Letter
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may


def answer(node: Node, session: Session, ref: MessageId, letter: Letter, *, dry_run: bool = False) -> Sending:
    """Answer a message in its conversation: a request, or what was asked back about one of ours.

    Raises:
        PolicyError: the user may not send, or there is no such message.
    """
    may(session, Act.MESSAGE_SEND)
    row, asked = node.exchange.show(ref)
    if asked is None or asked.kind not in {Kind.REQUEST, Kind.RESPONSE, Kind.SEARCH}:
        raise ForbiddenError("no message that can be answered", where=ref, fix="see: headwater inbox list")
    thread = ref if asked.kind is not Kind.RESPONSE else asked.thread
    if letter.result is None:
        raise SchemaError(
            "an answer without a result", where="result", fix="use full, partial, none, refused or clarify"
        )
    envelope = Envelope(Kind.RESPONSE, row.peer, asked.agreement or "")
    told = msgspec.structs.replace(letter, thread=thread)
    act = messages.dry_run if dry_run else messages.send
    return act(node, session, envelope, told)


def ask_consent(node: Node, session: Session, facts: Sequence[str], to: str, reason: str) -> list[Sending]:
    """Ask the originators of facts, or of all facts of records, for consent to pass them on to a state.

    Raises:
        PolicyError: the user may not ask or may not see a fact, or it is our own.
    """
    may(session, Act.MESSAGE_SEND)
    wanted = named(node, session, facts)
    state = StateCode(to.partition("-")[0])
    return node.exchange.liaison.ask_consent(wanted, state, who=session.user, purpose=session.purpose, reason=reason)


def answer_consent(node: Node, session: Session, ref: MessageId, decision: str, until: str | None) -> Sending:
    """Give or refuse what a consent-request asks for.

    Raises:
        PolicyError: the user may not, or there is no such message.
        SchemaError: the last day is none, or is over: such a yes would count as a refusal, and take back one that was given.
    """
    may(session, Act.CONSENT_GIVE)
    if until is not None and parse_day(until, field="until") < node.clock.now().date():
        raise SchemaError("a consent that has ended already", where=Place(field="until"), fix="give a day to come")
    return node.exchange.liaison.answer_consent(ref, decision, until, who=session.user)


def amend(
    node: Node, session: Session, action: str, facts: Sequence[str], reason: str, by: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Amend facts of our own, or all facts of records, here and at every holder.

    Raises:
        PolicyError: the user may not amend, or a fact is another originator's.
        SchemaError: the action is none, or a correction brings nothing.
    """
    may(session, Act.FACT_AMEND)
    if by or action in {"rectify", "regrade"}:
        # New facts leave the house with it: that takes the person who approves messages.
        may(session, Act.MESSAGE_APPROVE)
        if not by:
            raise SchemaError("a correction without the fact that is right", where="with", fix="name it with --with")
    asked = node.exchange.liaison.amend(
        Amend(action=action, facts=tuple(named(node, session, facts)), reason=reason),
        who=session.user,
        purpose=session.purpose,
        replacements=named(node, session, by),
    )
    return [{"message": each.message, "holder": each.holder} for each in asked]


def amend_status(node: Node, session: Session) -> list[dict[str, Any]]:
    """Return every holder that was asked for an amend, with its proof or its age.

    Raises:
        PolicyError: the user may not look at messages.
    """
    may(session, Act.MESSAGE_LOOK)
    return [_holder(each) for each in node.exchange.liaison.holders()]


def texts(node: Node, session: Session) -> list[dict[str, Any]]:
    """Return the messages whose free text names something that was recalled, as they stand in a document.

    Raises:
        PolicyError: the user may not look at messages.
    """
    may(session, Act.MESSAGE_LOOK)
    return [
        {
            "message": task.message,
            "way": task.way,
            "thread": task.thread,
            "amend": task.amend,
            "facts": list(task.facts),
            "at": format_instant(task.at),
        }
        for task in node.exchange.liaison.texts()
    ]


def close_text(node: Node, session: Session, ref: MessageId, reason: str, *, strip: bool) -> None:
    """Take the free text out of a message that names something that was recalled, or keep it for a reason.

    Raises:
        PolicyError: the user may not, or no such task is open.
    """
    may(session, Act.MESSAGE_ACCEPT)
    node.exchange.liaison.close_text(ref, strip=strip, who=session.user, reason=reason)


def keep_as_evidence(node: Node, session: Session, facts: Sequence[str], reason: str) -> list[FactId]:
    """Keep facts as evidence: an erasure that their originator asks for restricts them instead.

    Raises:
        PolicyError: the user may not, or may not see a fact.
    """
    may(session, Act.MESSAGE_ACCEPT)
    wanted = named(node, session, facts)
    node.exchange.liaison.keep_as_evidence(wanted, who=session.user, reason=reason)
    return wanted


def requests(node: Node, since: datetime = FIRST) -> dict[str, dict[str, Any]]:
    """Return the clock of each request from a time on as it stands in a document, by its message."""
    return {each.id: _request(each) for each in node.exchange.liaison.requests(since)}


def named(node: Node, session: Session, names: Sequence[str]) -> list[FactId]:
    """Return facts by their identifiers, or all facts of records by theirs, that a session may see.

    Raises:
        ForbiddenError: one is not there, or may not be seen.
    """
    found: dict[FactId, None] = {}
    with node.view(session) as view:
        for name in names:
            if "/" in name:
                view.fact(FactId(name))
                found[FactId(name)] = None
            else:
                found.update(dict.fromkeys(number for number, _ in view.record(record_of(FactId(name))).numbered()))
    return list(found)


def _request(request: Request) -> dict[str, Any]:
    clock = request.deadline
    times = (
        {"alarm_50": clock.alarm_50, "alarm_80": clock.alarm_80, "due_at": clock.due_at} if clock else {"due_at": None}
    )
    return {
        "answer": request.state,
        **{name: format_instant(at) if at else None for name, at in times.items()},
        "alarm": request.alarm,
        "ended_at": format_instant(request.ended_at) if request.ended_at else None,
        "duplicate_of": request.duplicate_of,
    }


def _holder(holder: Holder) -> dict[str, Any]:
    asked, answer = holder.asked, holder.answer
    amended = asked.content.amend
    return {
        "message": asked.message,
        "holder": asked.holder,
        "action": amended.action if amended else "",
        "facts": list(amended.facts) if amended else [],
        "asked_at": format_instant(asked.at),
        "state": holder.state,
        "age_s": int(holder.age.total_seconds()),
        "proof": answer.message if answer else None,
        "envelope": answer.envelope if answer else None,
        "done": [msgspec.to_builtins(each) for each in answer.done] if answer else [],
        "waits_for": sorted({each for one in answer.done for each in one.waits_for}) if answer else [asked.holder],
    }
