"""What is done with correspondence: sent, approved, consented to, recalled; each once for each form."""

from collections.abc import Sequence
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.exchange.outbox import Sending
from headwater.model.ids import MessageId
from headwater.node import liaison, messages
from headwater.node.node import Node
from headwater.node.pages.once import once
from headwater.node.pages.preview import Draft, envelope_of, letter_of, markings
from headwater.policy.acts import Act
from headwater.policy.session import Session, may

AMENDS: Final = ("erase", "restrict")


def send(node: Node, session: Session, draft: Draft, key: str) -> str:
    """Send a message once for each key, and return its identifier: queued, or waiting for a second person.

    The caller has shown it: see `Preview.digest`.

    Raises:
        PolicyError: the rules refuse it, or the user may not send.
    """
    may(session, Act.MESSAGE_SEND)
    known = markings(node, draft)

    def act() -> str:
        letter = letter_of(node, session, draft, known)
        if draft.thread:
            sending = liaison.answer(node, session, MessageId(draft.thread), letter)
        else:
            sending = messages.send(node, session, envelope_of(draft), letter)
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


def _sent(sending: Sending) -> str:
    if sending.id is None:
        raise sending.judgement.refusal()
    return sending.id
