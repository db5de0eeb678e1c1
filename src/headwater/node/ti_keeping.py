"""Keeping threat intelligence: objects become records under their handling, and stand in a collection.

What a CERT posts, what is read from files, and what partners release as messages take the same way. An object that names a
marking or an object that nobody has seen is held until that comes: it is there, and shown to nobody but as held.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from headwater.errors import InputError
from headwater.formats.entries import sha256_of
from headwater.formats.misp import stix_of
from headwater.formats.safe import parse_json
from headwater.formats.stix import Known, assemble, check_all, content_of, records_of
from headwater.formats.stix_marking import CODE_OF, TLP2_EXTENSION, Meaning, is_held, meaning_of
from headwater.formats.stix_rules import Checked, check_object, sortable
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, RecordId
from headwater.model.record import Record
from headwater.node.node import Node
from headwater.node.taxii_roots import OWN, RECEIVED
from headwater.policy.session import Session
from headwater.policy.view import permits
from headwater.store import Held, Placed, Snapshot, Transaction

AT_ONCE: Final = 2_000
"""Records that are looked at for objects in one transaction."""
POSTED: Final = "taxii"
"""Stands for the file in the origin of what was posted."""
_MARKING: Final = "marking-definition--"


@dataclass(slots=True)
class Kept:
    """What came of some objects: identifiers and versions that were added, were there already, or are held for something."""

    added: list[Checked] = field(default_factory=list)
    there: list[Checked] = field(default_factory=list)
    held: list[tuple[Checked, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class By:
    """Whose word some objects are, and where they stood: a name in place of a file's."""

    originator: AuthorityId
    place: str


def named(handling: Handling, user: str) -> Handling:
    """Return the handling of what is for named persons, with the person who brought it where it names nobody."""
    return replace(handling, addressees=frozenset({user})) if handling.addressees == frozenset() else handling


def keep(
    tx: Transaction,
    node: Node,
    session: Session,
    collection: int,
    objects: Sequence[Checked],
    *,
    added: int | None = None,
    hold: bool = True,
    by: By | None = None,
) -> Kept:
    """Keep objects as records and put them into a collection.

    Args:
        tx: the transaction; all is durable once it is.
        node: whose objects they are from now on.
        session: who brought them.
        collection: number of the collection.
        objects: in the order in which they are to stand.
        added: when, in microseconds since 1970, of what stood in another server's collection.
        hold: whether what names something unknown waits for it.
        by: whose word they are and where they stood; the node's own, posted by TAXII, if nothing is given.
    """
    who = by or By(node.authority, POSTED)
    # What somebody else alone may see is as if it were not there: it stops nobody's object, and answers no question.
    today = tx.now.date()
    sight = {number for number, handling in tx.shelf_handlings() if permits(handling, session, today)}
    known = _known(tx, objects, sight)
    there = tx.shelf_versions(collection, (one.id for one in objects), sight)
    kept, placed = Kept(), list[Placed]()
    for one in objects:
        if (one.id, one.version) in there:
            kept.there.append(one)
            continue
        there.add((one.id, one.version))
        missing = known.missing(one) if hold else []
        sha256 = sha256_of(orjson.dumps(one.body))
        made = records_of(one, who.originator, known, file=who.place, sha256=sha256)
        records = []
        for record in made:
            final = replace(record, handling=named(record.handling, session.user)) if _is_for(record) else record
            records.append((tx.put_record(final), final.handling))
        created = one.body.get("created")
        placed.append(
            Placed(
                one.id, one.type, one.version, created if isinstance(created, str) else "", records, missing, one.spec
            )
        )
        if missing:
            kept.held.append((one, missing[0]))
        else:
            kept.added.append(one)
    _unrevoke(tx, collection, {one.id: who.originator for one in objects})
    tx.put_on_shelf(collection, placed, added=added)
    _came(tx, objects)
    return kept


def _unrevoke(tx: Transaction, collection: int, said: Mapping[str, AuthorityId]) -> None:
    """Show again what was withdrawn and its own originator says anew; another's word does not undo a recall."""
    found = tx.shelf_revoked(collection, said)
    records = [(ref, tx.kept_record(record)) for ref, record in found]
    tx.unrevoke(collection, {ref for ref, old in records if old is not None and old.origin.originator == said[ref]})


def _is_for(record: Record) -> bool:
    return record.handling.addressees == frozenset()


def gather(node: Node) -> int:
    """Put into the node's own collections what was read from files or came from partners since the last time.

    Returns:
        how many objects were put there.
    """
    done = 0
    while True:
        with node.store.snapshot() as snapshot:
            if not snapshot.shelf_behind():
                return done
        done += node.store.write(_gather)


def _gather(tx: Transaction) -> int:
    fresh, end = tx.shelf_fresh(AT_ONCE)
    found: dict[tuple[int, str, str], list[tuple[Record, str]]] = {}
    for row in fresh:
        collection = RECEIVED if row.record.origin.source == "exchange" else OWN
        for key, text in content_of(row.record):
            said = (fact.value for fact in row.record.facts if fact.prop == "modifiedAt" and fact.entity == key)
            version = next(said, "")
            found.setdefault((collection, key, version), []).append((row.record, text))
    checked: list[tuple[int, Checked, list[Record]]] = []
    for (collection, _, _), parts in found.items():
        one = _object(parts)
        if one is not None:
            order = sorted(parts, key=lambda part: '"of":' in part[1])
            checked.append((collection, one, [record for record, _ in order]))
    known = _known(tx, [one for _, one, _ in checked])
    for collection in (OWN, RECEIVED):
        there = tx.shelf_versions(collection, (one.id for at, one, _ in checked if at == collection))
        placed = []
        whose = {one.id: records[0].origin.originator for at, one, records in checked if at == collection}
        _unrevoke(tx, collection, whose)
        for at, one, records in checked:
            if at != collection or (one.id, one.version) in there:
                continue
            there.add((one.id, one.version))
            waits = known.missing(one)
            held = [is_held(record.handling) for record in records]
            if any(ref in known.markings for ref in held if ref):
                kept = _made_anew(tx, one, records, known)
            else:
                kept = [(record.id, record.handling) for record in records]
            placed.append(Placed(one.id, one.type, one.version, str(one.body.get("created", "")), kept, waits))
        tx.put_on_shelf(collection, placed)
    tx.saw_records(end)
    _came(tx, [one for _, one, _ in checked])
    return len(checked)


def _object(parts: Iterable[tuple[Record, str]]) -> Checked | None:
    texts = [text for _, text in parts]
    try:
        for text in texts:  # a partner wrote them into a fact, where nobody has read them as JSON yet
            parse_json(text.encode())
        body: Any = assemble(texts) or stix_of(orjson.loads(texts[0]))
        found = next(check_all([body]), None) if body is not None else None
    except (InputError, AttributeError, KeyError, TypeError, ValueError):
        # What a partner calls an object and is none stays a record, and is not served as what it is not.
        return None
    return found if isinstance(found, Checked) else None


def _known(snapshot: Snapshot, objects: Sequence[Checked], sight: Collection[int] | None = None) -> Known:
    """Return what is known to judge some objects by: themselves, and what stands in any collection and may be seen."""
    known = Known()
    known.learn(objects)
    wanted = {ref for one in objects for ref in one.refs} - known.ids - set(CODE_OF) - {TLP2_EXTENSION}
    known.ids |= snapshot.shelf_knows(wanted, sight)
    marks = {ref for one in objects for ref in one.refs if ref.startswith(_MARKING)} - set(CODE_OF)
    for ref in marks & known.ids - known.markings.keys():
        known.markings[ref] = _meaning(snapshot, ref)
    return known


def _meaning(snapshot: Snapshot, ref: str) -> Meaning:
    bodies = [body for text in snapshot.shelf_bodies(ref) if (body := assemble([text])) is not None]
    return meaning_of(bodies[-1]) if bodies else Meaning(condition=f"a marking that was withdrawn: {ref}")


def _came(tx: Transaction, objects: Sequence[Checked]) -> None:
    """Let go what was held for these objects; where it was held for a marking, its records are made anew under it."""
    marks = {one.id for one in objects if one.type == "marking-definition"}
    for held in tx.shelf_held() if marks else ():
        if not marks.isdisjoint(held.waits):
            _remark(tx, held)
    tx.release_held(one.id for one in objects)


def _remark(tx: Transaction, held: Held) -> None:
    refs = [ref for number, _, ref in tx.shelf_records(held.collection, [held.id]) if number == held.number]
    records = [record for ref in refs if (record := tx.record(ref)) is not None]
    body = assemble(text for record in records for _, text in content_of(record))
    if body is None or not any(is_held(record.handling) for record in records):
        return
    one = check_object(body, "object")
    known = _known(tx, [one])
    tx.replace_held(held.number)
    made = _made_anew(tx, one, records, known)
    created = str(body.get("created", ""))
    tx.put_on_shelf(held.collection, [Placed(one.id, one.type, one.version, created, made, known.missing(one))])


def _made_anew(
    tx: Transaction, one: Checked, records: Sequence[Record], known: Known
) -> list[tuple[RecordId, Handling]]:
    """Keep the records of an object whose markings are known now, each as an amendment of the one that was held."""
    first = records[0]
    addressees = next((record.handling.addressees for record in records if record.handling.addressees), None)
    found = []
    for record in records_of(one, first.origin.originator, known, file=first.origin.file, sha256=first.origin.sha256):
        handling = record.handling
        if handling.addressees == frozenset() and addressees:
            handling = replace(handling, addressees=addressees)
        found.append((tx.put_record(replace(record, handling=handling, amends=first.id)), handling))
    return found


def shown_version(one: Checked) -> str:
    """Return an object's version as TAXII names it: its own word, or none that can be."""
    stamp = one.body.get("modified", one.body.get("created"))
    return stamp if isinstance(stamp, str) and sortable(stamp) else ""
