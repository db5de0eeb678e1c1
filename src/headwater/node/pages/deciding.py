"""Deciding from a page: with the version that the officer saw, and a key that makes a second click the same decision."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.errors import ConflictError, HeadwaterError, NoBasisError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.decision import Decision, Verb, standing
from headwater.model.ids import DecisionId, FindingId
from headwater.node import findings
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.queue import version_of
from headwater.node.pages.triage import MOST_AT_ONCE, Refused
from headwater.node.second import RESCUES
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

USED: Final = "page-key"
"""Kind of the documents that say what a one-use key was used for, by a hash of key and user."""
BY_PAGE: Final = (Verb.CONFIRM, Verb.DISMISS, Verb.UNSURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One decision as a form brings it.

    Attributes:
        version: of the finding as the officer saw it, see `queue.version_of`.
        key: made for the form, used once.
    """

    ref: FindingId
    verb: Verb
    reason: str
    version: str
    key: str


@dataclass(frozen=True, slots=True)
class _Used:
    decision: DecisionId


def decide(node: Node, session: Session, ask: Ask) -> DecisionId:
    """Keep a decision, once for each key.

    Raises:
        PolicyError: there is no such finding for this user, or the user may not decide.
        ConflictError: somebody decided meanwhile.
        SchemaError: no reason was given.
    """
    may(session, Act.FINDING_DECIDE)
    if ask.verb not in BY_PAGE:
        raise SchemaError("no decision that this page takes", where=Place(field="verb"))

    def made(shown: Shown) -> Decision:
        if shown.state == ask.verb:
            findings.check_repeated(node, session, shown, ask.verb)
        last = shown.decisions[-1].id if shown.decisions else None
        return _decision(node, session, ask, ask.verb, last)

    return _keep(node, session, ask, made)


def undo(node: Node, session: Session, ask: Ask) -> DecisionId:
    """Take the last standing decision back by a later one: nothing is deleted.

    Raises:
        PolicyError: there is no such finding for this user, or the user may not decide.
        NoBasisError: there is nothing to take back, or it has left the house.
        ConflictError: somebody decided meanwhile.
    """
    may(session, Act.FINDING_DECIDE)

    def made(shown: Shown) -> Decision:
        held = standing(shown.decisions)
        if not held:
            raise NoBasisError("nothing was decided that could be taken back", where=ask.ref, fix="decide it")
        if held[-1].verb is Verb.RELEASE:
            fix = "recall what was sent: its exchange page names every holder"
            raise NoBasisError("what has left the house is not undone by a click", where=ask.ref, fix=fix)
        return _decision(node, session, ask, Verb.UNDO, held[-1].id)

    return _keep(node, session, ask, made)


def dismiss_many(node: Node, session: Session, asks: Sequence[Ask]) -> tuple[list[DecisionId], list[Refused]]:
    """Dismiss several findings for one reason; one that cannot be is told, and the others are dismissed.

    A rescue alert is never dismissed with others: somebody looks at each.

    Raises:
        SchemaError: there are none or too many.
    """
    may(session, Act.FINDING_DECIDE)
    if not 1 <= len(asks) <= MOST_AT_ONCE:
        raise SchemaError(f"not 1 to {MOST_AT_ONCE} findings at once", where=Place(field="finding"))
    made: list[DecisionId] = []
    refused: list[Refused] = []
    for ask in asks:
        try:
            shown = findings.one(node, session, ask.ref)
            if shown.finding.kind in RESCUES:
                fix = "open it and decide it alone"
                raise NoBasisError("a rescue alert is not dismissed with others", where=ask.ref, fix=fix)
            made.append(decide(node, session, ask))
        except HeadwaterError as error:
            refused.append(Refused(ask.ref, error))
    return made, refused


def _keep(node: Node, session: Session, ask: Ask, made: Callable[[Shown], Decision]) -> DecisionId:
    key = hashlib.sha256(f"{session.user}\n{ask.ref}\n{ask.key}".encode()).hexdigest()
    with node.store.snapshot() as snapshot:
        body = snapshot.document(USED, key)
    if body is not None:
        return decode(body, _Used).decision
    if not ask.key:
        raise SchemaError("a form without its key", where=Place(field="key"), fix="load the page again")
    shown = findings.one(node, session, ask.ref)
    if version_of(shown.decisions) != ask.version:
        raise _meanwhile(shown)
    decision = made(shown)

    def change(transaction: Transaction) -> DecisionId:
        used = transaction.document(USED, key)
        if used is not None:
            return decode(used, _Used).decision
        if version_of(tuple(transaction.decisions(ask.ref))) != ask.version:
            raise _meanwhile(shown)
        transaction.add_decision(decision)
        transaction.put_document(USED, key, encode(_Used(decision.id)))
        detail: dict[str, str | int] = {"verb": decision.verb, "decision": decision.id}
        transaction.note(Event("findings.decided", session.user, ask.ref, session.purpose, detail))
        return decision.id

    return node.store.write(change)


def _decision(node: Node, session: Session, ask: Ask, verb: Verb, replaces: DecisionId | None) -> Decision:
    return Decision(
        verb=verb,
        about=ask.ref,
        who=session.user,
        decided_at=node.clock.now(),
        basis=session.purpose,
        reason=ask.reason,
        replaces=replaces,
    )


def _meanwhile(shown: Shown) -> ConflictError:
    return ConflictError("somebody decided meanwhile", where=shown.finding.id, fix="read what changed, then decide")
