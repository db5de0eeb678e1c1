"""Free text that names what was recalled: no rule reads it, so a person does.

When facts are withdrawn, the texts of the messages that carried them, and of all others of the same conversations, are looked
through for their values. Where one still stands in a text, a task opens for that message: it says which fact of which amend,
never the value. A person takes the text out, or keeps it and says why.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Final

from msgspec.structs import replace as with_changes

from headwater.errors import ConflictError
from headwater.exchange.outbox import SENT
from headwater.model.canonical import decode, encode
from headwater.model.ids import MessageId
from headwater.model.message import Message
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

TASK: Final = "text-task"
"""Kind of the documents that hold the tasks, by the message whose text is meant."""
SHORTEST: Final = 4
"""Letters of a value below which it stands in too many texts to mean anything."""


@dataclass(frozen=True, slots=True)
class Task:
    """A message whose text names something that was recalled.

    Attributes:
        message: whose text it is.
        way: ``in`` or ``out``.
        thread: its conversation.
        amend: the amend that recalled it, or the first fact where this node recalled its own.
        facts: by the names that the amend gave them.
        at: when it was found.
        done_by, done_at, reason, stripped: who decided, when and why, and whether the text was taken out.
    """

    message: MessageId
    way: str
    thread: str
    amend: str
    facts: tuple[str, ...]
    at: datetime
    done_by: str | None = None
    done_at: datetime | None = None
    reason: str = ""
    stripped: bool = False


def look(tx: Transaction, amend: str, values: Mapping[str, str], carried: Iterable[MessageId]) -> None:
    """Open a task for each message whose text still names a withdrawn value.

    Args:
        tx: the change that has withdrawn them.
        amend: what has recalled them.
        values: of the facts, by the names that the amend gave them.
        carried: the messages that carried them; the others of their conversations are looked through too.
    """
    wanted = {name: form for name, value in values.items() if len(form := _form(value)) >= SHORTEST}
    for ref, way, message in _conversations(tx, carried) if wanted else ():
        text = _form(" ".join(part for part in (message.text, message.reason) if part))
        named = tuple(name for name, form in wanted.items() if text and form in text)
        if named:
            body = tx.document(TASK, ref)
            before = decode(body, Task) if body else None
            # What an open task tells of nobody has decided on yet: it stays named.
            still = before.facts if before is not None and before.done_by is None else ()
            facts = tuple(dict.fromkeys((*still, *named)))
            task = Task(ref, way, message.thread or ref, amend, facts, tx.now)
            tx.put_document(TASK, ref, encode(task))
            detail: dict[str, str | int] = {"amend": amend, "facts": len(named), "thread": task.thread}
            tx.note(Event("exchange.text-names-recalled", "node", ref, detail=detail))


def open_tasks(reader: Snapshot | Transaction) -> list[Task]:
    """Return the tasks that no person has closed, the oldest first."""
    found = (decode(body, Task) for _, _, body in reader.documents(TASK))
    return sorted((task for task in found if task.done_by is None), key=lambda task: (task.at, task.message))


def close(tx: Transaction, ref: MessageId, *, strip: bool, who: str, reason: str) -> None:
    """Close a task: take the free text out of the message, or keep it for a reason.

    Raises:
        ConflictError: no such task is open.
    """
    body = tx.document(TASK, ref)
    task = decode(body, Task) if body else None
    if task is None or task.done_by is not None:
        raise ConflictError("no such task is open", where=ref, fix="see: headwater amend texts")
    if strip:
        _strip(tx, task, who)
    done = replace(task, done_by=who, done_at=tx.now, reason=reason, stripped=strip)
    tx.put_document(TASK, ref, encode(done))
    detail: dict[str, str | int] = {"stripped": int(strip), "reason": reason, "amend": task.amend}
    tx.note(Event("exchange.text-decided", who, ref, detail=detail))


def _strip(tx: Transaction, task: Task, who: str) -> None:
    if task.way == "in":
        row = tx.incoming(task.message)
        if row is not None and row.body:
            tx.replace_incoming(task.message, encode(_without_text(decode(row.body, Message))), who=who)
        return
    for version, body in tx.versions(SENT, task.message):
        tx.replace_document(SENT, task.message, version, encode(_without_text(decode(body, Message))), who=who)


def _without_text(message: Message) -> Message:
    return with_changes(message, text=None, reason=None)


def _conversations(tx: Transaction, carried: Iterable[MessageId]) -> Iterator[tuple[MessageId, str, Message]]:
    """Yield the messages, and all others of their conversations, with what is left of their content: one after the other."""
    threads: dict[MessageId, None] = {}
    for ref in carried:
        row = tx.incoming(ref) or tx.outgoing(ref)
        threads.update(dict.fromkeys((ref, MessageId(row.thread)) if row is not None and row.thread else (ref,)))
    seen: set[MessageId] = set()
    for thread in threads:
        first = tx.incoming(thread)
        for came in chain([first] if first else [], tx.incoming_in(thread)):
            if came.body and came.id not in seen:
                seen.add(came.id)
                yield came.id, "in", decode(came.body, Message)
        for ref in chain([thread], (sent.id for sent in tx.outgoing_in(thread))):
            body = tx.document(SENT, ref) if ref not in seen else None
            if body is not None:
                seen.add(ref)
                yield ref, "out", decode(body, Message)


def _form(text: str) -> str:
    return " ".join(text.casefold().split())
