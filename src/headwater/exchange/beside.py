"""Tables that came beside messages: rows of the sender, kept under its control.

A table stands in a record of its own, born of the message, with the one fact that its file belongs to. So whatever is done
with that fact is done with the rows: its handling is theirs, its recall takes them along, and findings that rest on them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from headwater.exchange.erasing import Eraser
from headwater.exchange.evidence import is_evidence
from headwater.exchange.holdings import facts_here, read_message
from headwater.exchange.translate import SOURCE, message_of, names_in
from headwater.model.fact import place_of, record_of
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, FactId, MessageId, RecordId
from headwater.model.message import FileRef
from headwater.model.record import Record
from headwater.model.seen import as_record, without
from headwater.model.tables import place_of_table
from headwater.policy import retention
from headwater.ports import Event
from headwater.store import Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """A table that is kept: of what kind, and in which file."""

    kind: str
    table: BlobHash


def keep_tables(
    tx: Transaction, ref: MessageId, file: FileRef, tables: Iterable[Kept], purposes: Collection[str]
) -> list[tuple[RecordId, bool]] | None:
    """Keep the tables that were read from a file beside a message.

    Args:
        tx: the transaction.
        ref: the message.
        file: the file; whole here.
        tables: what was read from it.
        purposes: those of the agreement that it came under: the rows serve no other.

    Returns:
        the record that owns each table, and whether it is new; None where the file was withdrawn meanwhile: the tables go too.
    """
    carrier = _carrier(tx, ref, file)
    if carrier is None:
        for each in tables:
            tx.forget_blob(each.table)
        return None
    handling = carrier.handling.join(Handling(releasable_to=None, purposes=frozenset(purposes)))
    kept = []
    for each in tables:
        # Neither the file's name nor its hash: both would outlive a recall.
        origin = replace(carrier.origin, version=place_of_table(each.kind))
        record = replace(carrier, origin=origin, handling=handling, blobs=(), tables=(each.table,))
        kept.append((record.id, tx.kept_record(record.id) is None))
        tx.add_born(record, ref)
    return kept


def expire(tx: Transaction, today: date, who: str) -> int:
    """Let go of partners' tables whose last day has passed, with their files and the findings that rest on them.

    What is kept as evidence is restricted instead.

    Returns:
        how many tables ended.
    """
    ended = {each.record for each in retention.due(tables_of_partners(tx), today)}
    for number in sorted(ended):
        record = tx.kept_record(number)
        row = tx.incoming(message_of(record)) if record else None
        message = read_message(row.body) if row else None
        if record is None or row is None or message is None:
            continue
        names = names_in(record, message)
        facts = [fact for name, each in facts_here(tx, row.id, message).items() if name in names for fact in each]
        rested = tx.findings_on(facts)
        evidence = {fact for fact in facts if is_evidence(tx, fact)}
        eraser = Eraser(tx, who)
        if evidence:
            eraser.restrict(facts, evidence)
        else:
            eraser.erase(facts)
            eraser.strip_incoming({row.id: list(names)})
        for finding in rested:
            tx.withdraw_finding(finding, erase=not evidence, who=who)
            tx.note(Event("findings.withdrawn", who, finding, detail={"expired": number}))
        tx.note(Event("exchange.table-expired", who, row.id, detail={"record": number, "findings": len(rested)}))
    return len(ended)


def tables_of_partners(reader: Snapshot | Transaction) -> list[Record]:
    """Return the records of tables that came beside messages."""
    return [record for record in reader.records(source=SOURCE) if record.tables]


def _carrier(tx: Transaction, ref: MessageId, file: FileRef) -> Record | None:
    """Return the record that a file stands in, with the one fact that the file belongs to; None where that was withdrawn."""
    row = tx.incoming(ref)
    message = read_message(row.body) if row else None
    if message is None or file.fact not in message.facts:
        return None
    for fact in facts_here(tx, ref, message).get(file.fact, []):
        record = tx.record(record_of(fact))
        if record is not None and file.sha256 in record.blobs:
            return as_record(_alone(record, fact))
    return None


def _alone(record: Record, fact: FactId) -> Record:
    whole = record_of(fact)
    others = {place_of(number) for number, _ in record.numbered()} - {place_of(fact)}
    return without(record, whole, others)
