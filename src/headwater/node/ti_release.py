"""Letting threat intelligence out: to a partner as a message of kind `ti`, or to a file; policy first, and all is said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from headwater.errors import ForbiddenError, NoBasisError
from headwater.exchange.outbox import Sending
from headwater.formats.misp_write import write_events
from headwater.formats.stix import content_of
from headwater.formats.stix_write import write_bundle
from headwater.model.decision import Decision, Verb
from headwater.model.ids import RecordId
from headwater.model.message import Kind
from headwater.model.record import Record
from headwater.model.threat import CONTENT
from headwater.node import messages
from headwater.node.messages import Letter, address
from headwater.node.node import Node
from headwater.node.ti_keeping import gather
from headwater.policy.acts import Act
from headwater.policy.release import check_release
from headwater.policy.rules.rule import Outcome
from headwater.policy.session import Session, may
from headwater.ports import Event, View
from headwater.store import Transaction

AT_ONCE: Final = 400
"""Records in one message: with their facts some hundreds of KiB of the four MiB that an envelope may have."""
_SOURCES: Final = ("stix", "misp", "exchange")


@dataclass(frozen=True, slots=True)
class Exported:
    """A document for a file, how many objects are in it, and what was left out with why."""

    data: bytes
    objects: int
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """What is to go to whom: identifiers of objects (none is all of our own), partner, agreement, marking, addressee."""

    ids: tuple[str, ...]
    to: str
    agreement: str
    classification: str = "NONE"
    addressee: str | None = None


def held(node: Node, session: Session) -> list[dict[str, Any]]:
    """Return the objects that are held, with what each waits for, as they stand in a document.

    Raises:
        PolicyError: the user may not look at records.
    """
    may(session, Act.RECORD_LOOK)
    gather(node)
    with node.store.snapshot() as snapshot:
        return [
            {"id": one.id, "version": one.version, "collection": one.collection, "waits": list(one.waits)}
            for one in snapshot.shelf_held()
        ]


def kept_back(node: Node, session: Session, asked: Asking) -> list[tuple[str, str]]:
    """Return the objects that a release leaves out because they are for this organisation and were not named.

    Raises:
        PolicyError: the user may not send.
    """
    may(session, Act.MESSAGE_SEND)
    return _set_aside(_mine(node, session, asked.ids), asked.ids)[1]


def release(node: Node, session: Session, asked: Asking, *, dry_run: bool = False) -> list[Sending]:
    """Send our own objects to a partner, those named together with all that they refer to, in as many messages as needed.

    Raises:
        PolicyError: the user may not send, or there is no such object of our own.
    """
    may(session, Act.MESSAGE_SEND)
    chosen, _ = _set_aside(_mine(node, session, asked.ids), asked.ids)
    if not chosen:
        raise NoBasisError("no such object of our own", fix="see: headwater taxii dump")
    envelope = address(Kind.TI, asked.to, asked.agreement)
    act = messages.dry_run if dry_run else messages.send
    refs = [record.id for record in chosen]
    return [
        act(
            node,
            session,
            envelope,
            Letter(
                classification=asked.classification,
                records=tuple(refs[start : start + AT_ONCE]),
                addressee=asked.addressee,
                text="threat intelligence",
            ),
        )
        for start in range(0, len(refs), AT_ONCE)
    ]


def export(
    node: Node,
    session: Session,
    form: str,
    *,
    to: str | None = None,
    agreement: str | None = None,
    ids: Sequence[str] = (),
) -> Exported:
    """Return what a recipient may have as a document, and keep the decision of who released it.

    Args:
        node: the node.
        session: who releases.
        form: ``stix`` or ``misp``.
        to: the partner it is for; without one, only what may go to anybody.
        agreement: the agreement with that partner.
        ids: only these objects, with what they refer to.

    Raises:
        PolicyError: the user may not release, the rules refuse, or nothing may go.
    """
    may(session, Act.FINDING_RELEASE)
    if (to is None) != (agreement is None):
        raise NoBasisError(
            "a partner without an agreement, or the other way round", fix="give both --to and --agreement"
        )
    gather(node)
    with node.view(session) as view:
        chosen, strict = _set_aside(_closed(list(_records(view)), ids), ids)
    allowed, left = (
        (_open(chosen), []) if to is None or agreement is None else _under(node, session, chosen, to, agreement)
    )
    refused = [(_name(record), "its handling does not let it go") for record in chosen if record not in allowed]
    left = [*left, *strict]
    with node.store.snapshot() as snapshot:
        gone = [ref.partition("--")[2] for ref in snapshot.shelf_withdrawn() if ref.startswith("indicator--")]
    made = write_bundle(allowed) if form == "stix" else write_events(allowed, withdrawn=gone if to is not None else ())
    first = allowed[0].id if allowed else node.authority
    decision = Decision(
        verb=Verb.RELEASE,
        about=first,
        who=session.user,
        decided_at=node.clock.now(),
        basis=agreement or session.purpose,
        reason=f"threat intelligence as {form}",
    )

    def change(tx: Transaction) -> None:
        tx.add_decision(decision)
        detail: dict[str, str | int] = {"format": form, "records": len(allowed), "to": to or "anybody"}
        tx.note(Event("taxii.exported", session.user, first, session.purpose, detail))

    node.store.write(change)
    return Exported(made.data, len({_name(record) for record in allowed}), (*left, *refused, *made.left_out))


def _records(view: View) -> Iterable[Record]:
    for source in _SOURCES:
        for record in view.records(source=source):
            if any(fact.prop == CONTENT for fact in record.facts):
                yield record


def _mine(node: Node, session: Session, ids: Sequence[str]) -> list[Record]:
    with node.view(session) as view:
        # Another authority of the same state has its own word: its CERT's objects are not its police's to send.
        mine = [record for record in _records(view) if record.origin.originator == node.authority]
    return _closed(mine, ids)


def _set_aside(records: Sequence[Record], ids: Sequence[str]) -> tuple[list[Record], list[tuple[str, str]]]:
    """Return the records without those of TLP:AMBER+STRICT that nobody named, and these with why.

    The code, as MISP's distribution 0, keeps a thing in one organisation. Its originator may let a partner have it, and
    that partner keeps it likewise; but that is a decision on each object, and none of a release of all that there is.
    """
    kept: list[Record] = []
    left: list[tuple[str, str]] = []
    for record in records:
        strict = record.handling.never_onward and record.handling.addressees is None
        if strict and not {key.rpartition(":")[2] for key, _ in content_of(record)} & set(ids):
            left.append((_name(record), "rule amber-strict: it is for this organisation, and was not named"))
        else:
            kept.append(record)
    return kept, left


def _name(record: Record) -> str:
    return record.mentions[0].key


def _closed(records: Sequence[Record], ids: Sequence[str]) -> list[Record]:
    """Return the records of some objects and of all that they refer to; of none named, all."""
    if not ids:
        return list(records)
    by_key: dict[str, list[Record]] = {}
    for record in records:
        for key, _ in content_of(record):
            by_key.setdefault(key.rpartition(":")[2], []).append(record)
    chosen: dict[RecordId, Record] = {}
    waiting, seen = list(ids), set[str]()
    while waiting:
        ref = waiting.pop()
        if ref in seen:
            continue
        seen.add(ref)
        for record in by_key.get(ref, ()):
            chosen[record.id] = record
            waiting += [other for _, text in content_of(record) for other in _refs(text)]
    return list(chosen.values())


def _refs(text: str) -> list[str]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:  # what a partner calls an object and is none refers to nothing
        return []
    body = found.get("stix", found)
    refs: list[str] = []
    for prop, value in body.items() if isinstance(body, dict) else ():
        if prop.endswith("_ref") and isinstance(value, str):
            refs.append(value)
        elif prop.endswith("_refs") and isinstance(value, list):
            refs += [one for one in value if isinstance(one, str)]
    return refs


def _open(records: Sequence[Record]) -> list[Record]:
    allowed = []
    for record in records:
        try:
            check_release([record.handling])
        except ForbiddenError:
            continue
        allowed.append(record)
    return allowed


def _under(
    node: Node, session: Session, records: Sequence[Record], to: str, agreement: str
) -> tuple[list[Record], list[tuple[str, str]]]:
    """Return the records of which the rules let every fact go to a partner, and which rule stops the others."""
    envelope = address(Kind.TI, to, agreement)
    allowed: list[Record] = []
    left: list[tuple[str, str]] = []
    for start in range(0, len(records), AT_ONCE):
        part = records[start : start + AT_ONCE]
        terms = node.exchange.agreements().get(agreement)
        marking = max(terms.markings, key=lambda name: terms.markings[name]) if terms and terms.markings else "NONE"
        letter = Letter(classification=marking, records=tuple(record.id for record in part), text="threat intelligence")
        judged = messages.dry_run(node, session, envelope, letter).judgement
        if judged.outcome is Outcome.REFUSE and judged.rule != "nothing-left" and not judged.removed:
            raise judged.refusal()
        stopped = {name.partition("/")[0]: rule for name, rule in judged.removed.items()}
        allowed += [record for record in part if record.id not in stopped and judged.outcome is not Outcome.REFUSE]
        left += [(_name(record), f"rule {stopped[record.id]}") for record in part if record.id in stopped]
    return allowed, left
