"""From what the store holds to the facts of a message: our own records, and what partners have sent us."""

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from headwater.exchange.translate import SOURCE, facts_of, message_of, passed_on
from headwater.model.canonical import decode
from headwater.model.fact import record_of
from headwater.model.ids import FactId, MessageId, RecordId
from headwater.model.message import Message, MessageFact
from headwater.model.record import Record
from headwater.store import Incoming


class Holdings(Protocol):
    """The part of a snapshot or transaction that is read here."""

    def record(self, ref: RecordId) -> Record | None:
        """Return one record, None where there is none."""
        ...

    def incoming(self, ref: MessageId) -> Incoming | None:
        """Return one message that came in, None where there is none."""
        ...


def facts_from(reader: Holdings, ref: RecordId, ranks: Mapping[str, int], on: date) -> dict[str, MessageFact]:
    """Return the facts of a record as a message may carry them; none where there is no such record.

    Args:
        reader: the store.
        ref: a record of our own, or one that came in a message.
        ranks: the markings of the agreement that the message goes under.
        on: the day.
    """
    record = reader.record(ref)
    if record is None:
        return {}
    if record.origin.source != SOURCE:
        return facts_of(record, ranks, on)
    row = reader.incoming(message_of(record))
    return {} if row is None else passed_on(record, decode(row.body, Message))


def evidence_of(reader: Holdings, message: Message, ranks: Mapping[str, int], on: date) -> dict[str, MessageFact]:
    """Return the facts that a message's derived facts rest on and that it does not carry itself, at any depth."""
    found: dict[str, MessageFact] = {}
    wanted = [name for fact in message.facts.values() for name in fact.evidence]
    seen = set(message.facts)
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        fact = facts_from(reader, record_of(FactId(name)), ranks, on).get(name)
        if fact is not None:
            found[name] = fact
            wanted.extend(fact.evidence)
    return found
