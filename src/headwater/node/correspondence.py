"""Correspondence at a node: what came in, what went out and its receipt, what waits for a second person."""

import base64
from dataclasses import dataclass
from typing import Any

import msgspec

from headwater.errors import ForbiddenError
from headwater.exchange.told import Told
from headwater.exchange.translate import records_of
from headwater.exchange.undelivered import Undelivered
from headwater.model.ids import MessageId, RecordId
from headwater.model.message import Message
from headwater.model.times import format_instant
from headwater.node import liaison, messages
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Outgoing


@dataclass(frozen=True, slots=True)
class Overview:
    """All correspondence in short, as it stands in a document."""

    incoming: list[dict[str, Any]]
    outgoing: list[dict[str, Any]]
    waiting: list[dict[str, Any]]


def overview(node: Node, session: Session) -> Overview:
    """Return all correspondence in short.

    Raises:
        PolicyError: the user may not look at it.
    """
    may(session, Act.MESSAGE_LOOK)
    clocks, flagged, told = liaison.requests(node), node.exchange.flags(), node.exchange.told()
    return Overview(
        incoming=[
            {
                "id": row.id,
                "from": row.peer,
                "seq": row.seq,
                "kind": row.kind,
                "state": row.state,
                "received_at": format_instant(row.received_at),
                "thread": row.thread,
                "flagged": row.id in flagged,
                **clocks.get(row.id, {}),
            }
            for row in node.exchange.incoming()
        ],
        outgoing=[
            {
                "id": row.id,
                "to": row.peer,
                "seq": row.seq,
                "kind": row.kind,
                "state": row.state,
                "queued_at": format_instant(row.queued_at),
                "receipted_at": format_instant(row.settled_at) if row.settled_at else None,
                "thread": row.thread,
                "refused": _refusal(node, row),
                "told": _words(told.get(row.id, ())),
                **clocks.get(row.id, {}),
            }
            for row in node.exchange.outgoing()
        ],
        waiting=[
            {
                "id": draft.id,
                "to": draft.message.recipient,
                "kind": draft.message.kind,
                "rule": draft.rule,
                "asked_by": draft.asked_by,
                "asked_at": format_instant(draft.asked_at),
            }
            for draft in node.exchange.drafts()
        ],
    )


def show(node: Node, session: Session, ref: MessageId) -> dict[str, Any]:
    """Return one message, in or out, with its receipt; the look is logged.

    Raises:
        ForbiddenError: there is none.
    """
    may(session, Act.MESSAGE_LOOK)
    node.store.note(Event("look.message", session.user, ref, session.purpose))
    with node.store.snapshot() as snapshot:
        sent, came = snapshot.outgoing(ref), snapshot.incoming(ref)
    if sent is not None:
        message, receipt, way = node.exchange.sent(ref), node.exchange.receipt(sent), "out"
        state, trouble = sent.state, node.exchange.undelivered(sent)
    else:
        if came is None:
            raise ForbiddenError("no such message", where=ref, fix="see: headwater inbox list")
        row, message = node.exchange.show(ref)
        receipt, way, state, trouble = node.exchange.receipt(row), "in", row.state, None
    return {
        "records": _records(node, session, ref, message),
        "id": ref,
        "way": way,
        "state": state,
        "undelivered": _trouble(trouble) if trouble else None,
        "message": msgspec.to_builtins(message) if message else None,
        "receipt": base64.b64encode(receipt).decode() if receipt else None,
        "told": _words(node.exchange.told_of(ref)),
    }


def _refusal(node: Node, row: Outgoing) -> str | None:
    """Return the word with which a partner refused a message for good."""
    found = node.exchange.undelivered(row) if row.state == "refused" else None
    return found.word if found else None


def _trouble(found: Undelivered) -> dict[str, Any]:
    """Return what is in the way of a message as it stands in a document."""
    return {
        "word": found.word,
        "code": found.error.code,
        "what": found.error.what,
        "fix": found.error.fix,
        "at": format_instant(found.at) if found.at else None,
        "again": found.again,
    }


def _records(node: Node, session: Session, ref: MessageId, message: Message | None) -> list[RecordId]:
    """Return the records that a message became, as far as the session may see them."""
    if message is None or message.recipient != node.authority:
        return []
    keys = {mention.key for record in records_of(message, ref, node.authority) for mention in record.mentions}
    with node.view(session) as view:
        found = (record for key in sorted(keys) for record in view.records(mentions=key))
        return sorted({record.id for record in found if record.origin.place == ref})


def accept(node: Node, session: Session, ref: MessageId, reason: str) -> None:
    """Accept a message; one that was held becomes records now.

    Raises:
        PolicyError: the user may not, or the message was decided before.
    """
    may(session, Act.MESSAGE_ACCEPT)
    node.exchange.accept(ref, who=session.user, reason=reason)


def refuse(node: Node, session: Session, ref: MessageId, reason: str) -> None:
    """Put a message aside for good.

    Raises:
        PolicyError: the user may not, or the message was decided before.
    """
    may(session, Act.MESSAGE_REFUSE)
    node.exchange.refuse(ref, who=session.user, reason=reason)


def tell(node: Node, session: Session, ref: MessageId, word: str) -> None:
    """Let the sender of a message know that it was read, accepted or acted on: a decision of the person who says so.

    Raises:
        PolicyError: the user may not, or the message was refused.
        SchemaError: there is no such word.
        TrustError: the sender is no partner any more.
    """
    may(session, Act.MESSAGE_ACCEPT)
    also = messages.decision_keeper(session, word)
    sending = node.exchange.tell(ref, word, who=session.user, purpose=session.purpose, also=also)
    if not sending.is_queued:
        raise sending.judgement.refusal()


def _words(told: tuple[Told, ...]) -> list[dict[str, str]]:
    return [{"word": each.word, "at": format_instant(each.at)} for each in told]
