"""Whose work a finding is, how soon, and who has read it: several at once, without deciding anything about the finding.

A triage note orders work. It is no decision: it changes nothing that counts, it is never told to a partner, and it is made of
fixed words, since free text about a protected person belongs in the vault. A rescue alert is not sorted with others: whoever
is there first decides it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from headwater.errors import ConflictError, HeadwaterError, NoBasisError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.ids import FindingId
from headwater.node.node import Node
from headwater.node.pages.once import once
from headwater.node.second import RESCUES
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

KIND: Final = "triage"
MOST_AT_ONCE: Final = 200
PRIORITIES: Final = ("high", "normal", "low")
LABELS: Final = ("", "ask-originator", "ask-partner", "waits-for-answer", "for-briefing", "check-again")
"""What can be written on a finding: fixed words alone."""


class Sort(StrEnum):
    """What can be done with several findings at once, besides dismissing them."""

    TAKE = "take"
    GIVE_BACK = "give-back"
    READ = "read"
    UNREAD = "unread"
    RANK = "rank"


@dataclass(frozen=True, slots=True)
class Note:
    """What stands on a finding.

    Attributes:
        owner: the user whose work it is; empty is nobody's.
        priority: one of `PRIORITIES`.
        label: one of `LABELS`.
        readers: who marked it read, in order of names.
    """

    owner: str = ""
    priority: str = "normal"
    label: str = ""
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a form asks for, for all findings that are ticked."""

    sort: Sort
    priority: str = "normal"
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse words that are none of the fixed ones, naming the field."""
        if self.priority not in PRIORITIES:
            raise SchemaError("no such priority", where=Place(field="priority"), fix=f"use {', '.join(PRIORITIES)}")
        if self.label not in LABELS:
            raise SchemaError("no such label", where=Place(field="label"), fix=f"use {', '.join(LABELS[1:])}")


@dataclass(frozen=True, slots=True)
class Refused:
    """One finding of many with which it was not done, and why."""

    ref: str
    error: HeadwaterError


NOTHING: Final = Note()


def sort_many(
    node: Node, session: Session, refs: Sequence[str], wish: Wish, key: str
) -> tuple[list[str], list[Refused]]:
    """Sort several findings, once for each key; one that cannot be is told, and the others are sorted.

    Raises:
        PolicyError: the user may not decide findings.
        SchemaError: there are none or too many, or the form has no key.
    """
    may(session, Act.FINDING_DECIDE)
    if not 1 <= len(refs) <= MOST_AT_ONCE:
        raise SchemaError(f"not 1 to {MOST_AT_ONCE} findings at once", where=Place(field="finding"))
    made: list[str] = []
    refused: list[Refused] = []
    for ref in dict.fromkeys(refs):
        try:
            once(node, session, f"{key} {wish.sort} {ref}", lambda ref=ref: _sort(node, session, ref, wish))  # type: ignore[misc]
            made.append(ref)
        except HeadwaterError as error:
            refused.append(Refused(ref, error))
    return made, refused


def notes(snapshot: Snapshot, refs: Iterable[str] | None = None) -> Mapping[str, Note]:
    """Return what stands on findings, of all or of some."""
    if refs is None:
        return {key: decode(body, Note) for key, _, body in snapshot.documents(KIND)}
    held = ((ref, snapshot.document(KIND, ref)) for ref in snapshot.keys_among(KIND, list(refs)))
    return {ref: decode(body, Note) for ref, body in held if body is not None}


def _sort(node: Node, session: Session, ref: str, wish: Wish) -> str:
    with node.view(session) as view:
        finding = view.finding(FindingId(ref))
    if finding.kind in RESCUES:
        fix = "open it and decide it alone"
        raise NoBasisError("a rescue alert is not sorted with others", where=ref, fix=fix)

    def change(transaction: Transaction) -> None:
        body = transaction.document(KIND, ref)
        before = decode(body, Note) if body else NOTHING
        after = _changed(before, session.user, wish, ref)
        if after == before:
            return
        transaction.put_document(KIND, ref, encode(after))
        detail: dict[str, str | int] = {"sort": wish.sort.value}
        if wish.sort is Sort.RANK:
            detail |= {"priority": wish.priority, "label": wish.label}
        transaction.note(Event("findings.triaged", session.user, ref, session.purpose, detail))

    node.store.write(change)
    return ref


def _changed(note: Note, user: str, wish: Wish, ref: str) -> Note:
    if wish.sort is Sort.RANK:
        return replace(note, priority=wish.priority, label=wish.label)
    if wish.sort is Sort.READ:
        return replace(note, readers=_with(note.readers, user))
    if wish.sort is Sort.UNREAD:
        return replace(note, readers=tuple(one for one in note.readers if one != user))
    if note.owner not in {"", user}:
        fix = f"ask {note.owner} to give it back"
        raise ConflictError("it is somebody else's work", where=ref, fix=fix)
    return replace(note, owner=user if wish.sort is Sort.TAKE else "")


def _with(readers: Collection[str], user: str) -> tuple[str, ...]:
    return tuple(sorted({*readers, user}))
