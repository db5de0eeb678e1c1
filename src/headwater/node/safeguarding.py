"""Safeguarding at a node: grants and logged reads of the vault, tasks with clocks, and who may become a suspect.

No act here sends anything to a protected person, refers anybody by itself, or lists who is protected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from headwater.case.model import CaseFile
from headwater.errors import ConflictError, ExpiredError, ForbiddenError, NoBasisError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.record import PROTECTED, PersonCategory
from headwater.node import protected, users
from headwater.node.node import Node
from headwater.node.protected import Entry, Subject
from headwater.policy import safeguarding as rules
from headwater.policy.acts import Act, Role
from headwater.policy.indicators import INDICATORS
from headwater.policy.safeguarding import Clocks, Grant, Outcome, Ruling, Seen, SuspectRequest, Task
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

GRANT_KIND: Final = "vault-grant"
TASK_KIND: Final = "safeguarding-task"
SUSPECT_KIND: Final = "suspect-request"
_ACCUSED: Final = frozenset({PersonCategory.SUSPECT, PersonCategory.CONVICTED})
_SAME_ANSWER: Final = "there is no such person, or you have no grant to read about one"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a reader of the vault is shown: the fields, and pseudonyms of the same person in other cases."""

    pseudonym: str
    fields: tuple[tuple[str, str], ...]
    links: tuple[str, ...]


def clocks(node: Node) -> Clocks:
    """Return how long this organisation gives itself."""
    settings = node.settings
    return Clocks(task_h=settings.task_h, notify_h=settings.notify_h, first_responder=settings.first_responder)


def grant(node: Node, session: Session, pseudonym: str, reader: str, until: datetime, reason: str) -> Grant:
    """Let one user read about one protected person until a time.

    Raises:
        PolicyError: the user may not grant, grants to oneself, there is no such person or reader, or that user could not
            read: switched off, or without the role.
        SchemaError: there is no reason, or the end has passed.
    """
    may(session, Act.IDENTITY_GRANT)
    made = Grant(pseudonym=pseudonym, reader=reader, by=session.user, until=until, reason=reason)
    if until <= node.clock.now():
        raise SchemaError("a grant that has ended already", where="--until", fix="give a time to come")

    def change(transaction: Transaction) -> None:
        _subject(transaction, pseudonym)
        found = users.find(transaction, reader)
        if found.disabled or Role.SAFEGUARDING not in found.roles:
            what = (
                "this user is switched off"
                if found.disabled
                else "this user has not the role safeguarding, and could not read"
            )
            raise ForbiddenError(what, where=Place(field="--to"), fix="grant it to somebody who is safeguarding")
        transaction.put_document(GRANT_KIND, f"{pseudonym}/{reader}", encode(made))
        detail: dict[str, str | int] = {"reader": reader, "until": until.isoformat()}
        transaction.note(Event("vault.granted", session.user, pseudonym, session.purpose, detail))

    node.store.write(change)
    return made


def read(node: Node, session: Session, pseudonym: str, reason: str) -> Opened:
    """Show what the vault holds of one person; the read is in the ledger before anything is shown, a refused one too.

    Raises:
        ForbiddenError: the user has no grant for this person, or there is no such person: the answer is the same.
        ExpiredError: the grant has ended.
        NoBasisError: the purpose of the session is another one.
        SchemaError: no reason was typed.
    """
    if not reason.strip():
        raise SchemaError("a read without a reason", where="--reason", fix="type why you read")
    subject = _granted(node, session, pseudonym)
    node.store.note(Event("vault.read", session.user, pseudonym, session.purpose, {"reason": reason}))
    entry = protected.entry_of(node, subject)
    return Opened(pseudonym, entry.fields, entry.links)


def link(node: Node, session: Session, one: str, other: str, reason: str) -> None:
    """Note in the vault that two pseudonyms are of one person; it takes a grant for each, and is in the ledger.

    Raises:
        PolicyError: as `read`, for either.
        SchemaError: no reason was typed, or it is one pseudonym twice.
    """
    if not reason.strip() or one == other:
        raise SchemaError("a link of nothing, or without a reason", fix="name two pseudonyms, and say why")
    subjects = [_granted(node, session, pseudonym) for pseudonym in (one, other)]
    detail: dict[str, str | int] = {"with": other, "reason": reason}
    node.store.note(Event("vault.linked", session.user, one, session.purpose, detail))
    for subject, partner in zip(subjects, (other, one), strict=True):
        entry = protected.entry_of(node, subject)
        links = tuple(dict.fromkeys((*entry.links, partner)))
        protected.vault(node).replace(subject.ref, encode(Entry(entry.fields, links)))


def erase(node: Node, session: Session, pseudonym: str, reason: str) -> None:
    """Destroy the key of a person's entry; the ledger keeps that it was done, and nothing of what it held.

    Raises:
        PolicyError: the user may not, or there is no such person.
        SchemaError: no reason was typed.
    """
    may(session, Act.IDENTITY_ERASE)
    if not reason.strip():
        raise SchemaError("an erasure without a reason", where="--reason", fix="say on what ground")

    def change(transaction: Transaction) -> Subject:
        subject = _subject(transaction, pseudonym)
        protected.write(transaction, [replace(subject, erased=True)])
        transaction.note(Event("vault.erased", session.user, pseudonym, session.purpose))
        return subject

    protected.vault(node).erase(node.store.write(change).ref)


def due_for_erasure(node: Node, session: Session, day: date) -> list[str]:
    """Return the pseudonyms whose last day has passed. A person erases.

    Raises:
        PolicyError: the user may not erase.
    """
    may(session, Act.IDENTITY_ERASE)
    with node.store.snapshot() as snapshot:
        late = [one for one in protected.every(snapshot) if not one.erased and one.retain_until < day.isoformat()]
    return sorted(one.pseudonym for one in late)


def report(
    node: Node, session: Session, pseudonym: str, code: str, where: str, why: str, *, woman_officer: bool = False
) -> Task:
    """Report an indicator: one is enough to open a task for a trained person.

    Args:
        node: the node.
        session: who saw it.
        pseudonym: about whom.
        code: the indicator, ``medium.debt-to-carrier``.
        where: where it was seen.
        why: what was seen, in words that name nobody.
        woman_officer: the person asked for a woman officer.

    Raises:
        PolicyError: the user may not report, or there is no such person.
        SchemaError: the indicator is unknown, or where and why are not said.
    """
    may(session, Act.INDICATOR_REPORT)
    if code not in INDICATORS:
        raise SchemaError("no such indicator", where="--code", fix="see them with: headwater safeguard indicators")
    if not where.strip() or not why.strip():
        raise SchemaError("an indicator without where and why", fix="say what was seen, where, and why it is a sign")
    with node.store.snapshot() as snapshot:
        subject = _subject(snapshot, pseudonym)
    guard = protected.shield_for(node, [subject])
    seen = Seen(code=code, where=guard.cover(where), why=guard.cover(why), at=node.clock.now(), by=session.user)
    return _see(node, session, subject, seen, woman_officer=woman_officer)


def tasks(node: Node, session: Session) -> list[Task]:
    """Return the tasks that wait for somebody, those that are late first; what is late is noted in the ledger once.

    Raises:
        PolicyError: the user is not of the safeguarding team, or looks for another purpose.
    """
    may(session, Act.TASK_LOOK)
    now = node.clock.now()
    waiting = [task for task in _all(node) if task.is_open or (task.notify_by is not None and not task.notified)]
    node.store.note(Event("safeguarding.looked", session.user, "tasks", session.purpose))
    for task in waiting:
        for late in task.overdue(now):
            _note_late(node, task, late)
    return sorted(waiting, key=lambda task: (not task.overdue(now), task.due, task.id))


def decide(node: Node, session: Session, ref: str, outcome: Outcome, reason: str, *, consent: bool = False) -> Task:
    """Keep what a trained person decides on a task. Nothing is sent to anybody.

    Raises:
        PolicyError: the user may not, there is no such task, or the rules ask for consent or a first responder.
        SchemaError: no reason was given.
    """
    may(session, Act.TASK_DECIDE)

    def change(transaction: Transaction) -> Task:
        task = _task(transaction, ref)
        ruling = Ruling(outcome=outcome, by=session.user, at=transaction.now, reason=reason, consent=consent)
        made = rules.decide(task, ruling, clocks(node))
        transaction.put_document(TASK_KIND, ref, encode(made))
        detail: dict[str, str | int] = {"outcome": outcome.value, "task": ref, "consent": int(consent)}
        transaction.note(Event("safeguarding.decided", session.user, made.pseudonym, session.purpose, detail))
        return made

    return node.store.write(change)


def notified(node: Node, session: Session, ref: str, reference: str) -> Task:
    """Keep that a duty to notify was done, under the reference that came back.

    Raises:
        PolicyError: the user may not, there is no such task, or no duty on it.
        SchemaError: there is no reference.
    """
    may(session, Act.TASK_DECIDE)
    if not reference.strip():
        raise SchemaError("a notification without its reference", where=Place(field="reference"))

    def change(transaction: Transaction) -> Task:
        task = _task(transaction, ref)
        if task.notify_by is None:
            raise NoBasisError("there is no duty to notify on this task", where=ref, fix="decide on one first")
        made = replace(task, notified=reference)
        transaction.put_document(TASK_KIND, ref, encode(made))
        detail: dict[str, str | int] = {"task": ref, "reference": reference}
        transaction.note(Event("safeguarding.notified", session.user, task.pseudonym, session.purpose, detail))
        return made

    return node.store.write(change)


def of_case(node: Node, urn: str) -> list[Task]:
    """Return the tasks about persons of a case: for its check, which shows codes and times only."""
    return [task for task in _all(node) if task.case == urn]


def late(node: Node) -> int:
    """Return how many duties are overdue: the number stands on the front page, nothing else of them does."""
    now = node.clock.now()
    return sum(bool(task.overdue(now)) for task in _all(node))


def open_for_case(node: Node, session: Session, case: CaseFile, subjects: Mapping[str, Subject]) -> None:
    """Open a task for each protected person of a case of whom it tells an indicator and no decision."""
    decided = {decision.person for decision in case.decisions}
    known = {task.pseudonym for task in _all(node)}
    for indicator in case.indicators:
        subject = subjects.get(indicator.person)
        if subject is None or indicator.person in decided or subject.pseudonym in known:
            continue
        seen = Seen(
            code=indicator.code, where="case folder", why="told in the case folder", at=indicator.seen_at,
            by=indicator.seen_by,
        )  # fmt: skip
        _see(node, session, subject, seen, woman_officer=False)


def ask_suspect(node: Node, session: Session, urn: str, person: str, offence: str, reason: str) -> SuspectRequest:
    """Ask to make a suspect of a person of a case who was smuggled, or is a victim.

    Raises:
        PolicyError: the user may not.
        SchemaError: there is no offence or no reason.
    """
    may(session, Act.SUSPECT_MAKE)
    wish = SuspectRequest(case=urn, person=person, offence=offence, reason=reason, by=session.user)
    _keep_wish(node, session, wish, "safeguarding.suspect-asked")
    return wish


def approve_suspect(node: Node, session: Session, urn: str, person: str) -> SuspectRequest:
    """Approve, as a second officer, that a person of a case becomes a suspect.

    Raises:
        PolicyError: the user may not, asked for it, or nobody did.
    """
    may(session, Act.SUSPECT_APPROVE)
    with node.store.snapshot() as snapshot:
        body = snapshot.document(SUSPECT_KIND, f"{urn}/{person}")
    if body is None:
        raise ForbiddenError("nobody has asked for it", where=urn, fix="ask first: headwater safeguard suspect")
    wish = rules.approve(decode(body, SuspectRequest), session.user)
    _keep_wish(node, session, wish, "safeguarding.suspect-approved")
    return wish


def refuse_new_suspects(snapshot: Snapshot, urn: str, subjects: Mapping[str, Subject], case: CaseFile) -> None:
    """Refuse a folder that makes a suspect of somebody who was protected, unless two officers have agreed.

    Raises:
        ForbiddenError: they have not.
    """
    accused = {name for offence in case.offences for name in offence.defendants}
    for person in case.persons:
        before = subjects.get(person.id)
        if before is None or before.category not in {one.value for one in PROTECTED}:
            continue
        if person.category in _ACCUSED or person.id in accused:
            body = snapshot.document(SUSPECT_KIND, f"{urn}/{person.id}")
            wish = decode(body, SuspectRequest) if body else None
            charged = {offence.code for offence in case.offences if person.id in offence.defendants}
            if wish is None or not wish.approved_by or wish.offence not in charged:
                raise ForbiddenError(
                    "rule smuggled-person: somebody who was protected would become a suspect",
                    where=f"persons {person.id}",
                    fix="it takes an offence, a reason and a second officer: headwater safeguard suspect",
                )


def _granted(node: Node, session: Session, pseudonym: str) -> Subject:
    may(session, Act.IDENTITY_LOOK)
    with node.store.snapshot() as snapshot:
        bodies = [body for _, _, body in snapshot.documents(GRANT_KIND)]
        body = snapshot.document(protected.KIND, pseudonym)
    try:
        rules.check_grant((decode(one, Grant) for one in bodies), session.user, pseudonym, node.clock.now())
    except (ForbiddenError, ExpiredError) as error:
        node.store.note(Event("vault.refused", session.user, pseudonym, session.purpose, {"code": error.code}))
        raise
    if body is None:
        raise ForbiddenError(_SAME_ANSWER)
    return decode(body, Subject)


def _subject(reader: Snapshot | Transaction, pseudonym: str) -> Subject:
    body = reader.document(protected.KIND, pseudonym)
    if body is None:
        raise ForbiddenError(_SAME_ANSWER, fix="take the pseudonym from the case")
    return decode(body, Subject)


def _see(node: Node, session: Session, subject: Subject, seen: Seen, *, woman_officer: bool) -> Task:
    ref = f"task-{node.chance.draw(8).hex()}"

    def change(transaction: Transaction) -> Task:
        mine = [decode(body, Task) for _, _, body in transaction.documents(TASK_KIND)]
        known = next((task for task in mine if task.pseudonym == subject.pseudonym), None)
        made = (
            rules.open_task(ref, subject.pseudonym, subject.case, seen, clocks(node), woman_officer=woman_officer)
            if known is None
            else rules.see_more(known, seen, clocks(node))
        )
        transaction.put_document(TASK_KIND, made.id, encode(made))
        detail: dict[str, str | int] = {"code": seen.code, "task": made.id}
        transaction.note(Event("safeguarding.indicator", session.user, subject.pseudonym, session.purpose, detail))
        return made

    return node.store.write(change)


def _all(node: Node) -> list[Task]:
    with node.store.snapshot() as snapshot:
        return [decode(body, Task) for _, _, body in snapshot.documents(TASK_KIND)]


def _task(transaction: Transaction, ref: str) -> Task:
    body = transaction.document(TASK_KIND, ref)
    if body is None:
        raise ForbiddenError("there is no such task", where=ref, fix="see: headwater safeguard tasks")
    return decode(body, Task)


def _note_late(node: Node, task: Task, what: str) -> None:
    kind = f"safeguarding.late-{what}"
    mark = f"{task.id}/{what}/{len(task.rulings)}"

    def change(transaction: Transaction) -> None:
        if transaction.document("safeguarding-late", mark) is None:
            transaction.put_document("safeguarding-late", mark, b"{}")
            transaction.note(Event(kind, node.authority, task.pseudonym, "", {"task": task.id}))

    node.store.write(change)


def _keep_wish(node: Node, session: Session, wish: SuspectRequest, kind: str) -> None:
    def change(transaction: Transaction) -> None:
        body = transaction.document(SUSPECT_KIND, f"{wish.case}/{wish.person}")
        before = decode(body, SuspectRequest) if body else None
        if before is not None and before.approved_by:
            raise ConflictError("this was approved already", where=wish.case, fix="look at its history")
        transaction.put_document(SUSPECT_KIND, f"{wish.case}/{wish.person}", encode(wish))
        detail: dict[str, str | int] = {"person": wish.person, "offence": wish.offence}
        transaction.note(Event(kind, session.user, wish.case, session.purpose, detail))

    node.store.write(change)
