"""Safeguarding on pages: tasks without names, one person at a time, opened with a reason and a grant."""

from collections.abc import Mapping
from dataclasses import dataclass

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.times import format_instant
from headwater.node import safeguarding
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.safeguarding import Outcome, Task, possible
from headwater.policy.session import Session, may


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One task, by its name and its clock: whom it is about is not said in a list."""

    id: str
    due_at: str
    overdue: tuple[str, ...]
    woman_officer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """One task with what was seen and decided.

    Attributes:
        seen: code, sign and strength in it, where, why, when and by whom, in words that name nobody.
        outcomes: what this organisation may decide at all.
        notify_by: by when a duty to notify must be done that has not been, empty for none.
    """

    id: str
    pseudonym: str
    case: str
    opened_at: str
    due_at: str
    overdue: tuple[str, ...]
    woman_officer: bool
    seen: tuple[Mapping[str, str], ...]
    rulings: tuple[Mapping[str, str], ...]
    notify_by: str
    outcomes: tuple[str, ...]


def task_lines(node: Node, session: Session) -> tuple[TaskLine, ...]:
    """Return the tasks that wait, the late ones first.

    Raises:
        PolicyError: the user is not of the safeguarding team, or looks for another purpose.
    """
    now = node.clock.now()
    return tuple(
        TaskLine(
            id=task.id,
            due_at=format_instant(task.due),
            overdue=task.overdue(now),
            woman_officer=task.woman_officer,
        )
        for task in safeguarding.tasks(node, session)
    )


def task_page(node: Node, session: Session, ref: str) -> TaskPage:
    """Return one task.

    Raises:
        PolicyError: the user is not of the safeguarding team, looks for another purpose, or no such task waits.
    """
    task = _task(node, session, ref)
    return TaskPage(
        id=task.id,
        pseudonym=task.pseudonym,
        case=task.case,
        opened_at=format_instant(task.opened_at),
        due_at=format_instant(task.due),
        overdue=task.overdue(node.clock.now()),
        woman_officer=task.woman_officer,
        seen=tuple(
            {
                "code": one.code,
                "sign": sign.replace("-", " "),
                "strength": strength,
                "where": one.where,
                "why": one.why,
                "at": format_instant(one.at),
                "by": one.by,
            }
            for one in task.seen
            for strength, _, sign in (one.code.partition("."),)
        ),
        rulings=tuple(
            {"outcome": one.outcome.value, "by": one.by, "at": format_instant(one.at), "reason": one.reason}
            for one in task.rulings
        ),
        notify_by=format_instant(task.notify_by) if task.notify_by and not task.notified else "",
        outcomes=tuple(one.value for one in possible(safeguarding.clocks(node))),
    )


def open_identity(node: Node, session: Session, ref: str, reason: str) -> safeguarding.Opened:
    """Open what the vault holds of the person of a task; it takes a grant, and is in the ledger before it is shown.

    Raises:
        PolicyError: there is no such task, or no grant for this person.
        SchemaError: no reason was typed.
    """
    may(session, Act.IDENTITY_LOOK)
    return safeguarding.read(node, session, _task(node, session, ref).pseudonym, reason)


def decide(node: Node, session: Session, ref: str, outcome: str, reason: str, *, consent: bool) -> None:
    """Keep what a trained person decides on a task. Nothing is sent to anybody.

    Raises:
        PolicyError: the user may not, or the rules ask for consent or a first responder.
        SchemaError: there is no such outcome, or no reason.
    """
    may(session, Act.TASK_DECIDE)
    try:
        chosen = Outcome(outcome)
    except ValueError as error:
        raise SchemaError("no such outcome", where=Place(field="outcome")) from error
    safeguarding.decide(node, session, ref, chosen, reason, consent=consent)


def notified(node: Node, session: Session, ref: str, reference: str) -> None:
    """Keep that a duty to notify was done, under the reference that came back.

    Raises:
        PolicyError: the user may not, or no such task waits, or there is no duty on it.
        SchemaError: there is no reference.
    """
    may(session, Act.TASK_DECIDE)
    safeguarding.notified(node, session, _task(node, session, ref).id, reference)


def _task(node: Node, session: Session, ref: str) -> Task:
    found = next((task for task in safeguarding.tasks(node, session) if task.id == ref), None)
    if found is None:
        raise ForbiddenError("no such task")
    return found
