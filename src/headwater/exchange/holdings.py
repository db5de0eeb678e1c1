"""What a partner calls a fact, and what it is called here: the way back from a message to records, and from records to it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from headwater.exchange.parties import agreement_of
from headwater.exchange.translate import SOURCE, Names, message_of
from headwater.model.canonical import decode
from headwater.model.fact import place_of, record_of
from headwater.model.ids import AuthorityId, FactId, MessageId
from headwater.model.message import Message, MessageFact
from headwater.model.record import Record
from headwater.store import Snapshot, Transaction

Reader = Snapshot | Transaction


@dataclass(frozen=True, slots=True)
class Held:
    """One fact that a partner sent, in one of its messages.

    Attributes:
        message: the message.
        given: the fact as it stands there.
        facts: what it is called here; empty where it became no record.
    """

    message: MessageId
    given: MessageFact
    facts: tuple[FactId, ...]


@dataclass(frozen=True, slots=True)
class Came:
    """Where a fact came from: the message, its sender, the agreement it came under, and what it is called there."""

    message: MessageId
    peer: AuthorityId
    agreement: str
    name: str
    given: MessageFact


def read_message(body: bytes) -> Message | None:
    """Return a message as it is kept, None where its content is not."""
    return decode(body, Message) if body else None


def held_from(reader: Reader, peer: AuthorityId, names: Iterable[str]) -> dict[str, list[Held]]:
    """Return what is held of facts that a partner sent, by the names that it gave them."""
    wanted = dict.fromkeys(names)
    found: dict[str, list[Held]] = {}
    messages: dict[MessageId, None] = {}
    for part in dict.fromkeys(name.partition("/")[0] for name in wanted):
        messages.update(dict.fromkeys(reader.came_in(peer, part)))
    for ref in messages:
        row = reader.incoming(ref)
        message = read_message(row.body) if row else None
        if message is None:
            continue
        ours = facts_here(reader, ref, message)
        for name in [name for name in wanted if name in message.facts]:  # in order: what is made of it goes out, signed
            found.setdefault(name, []).append(Held(ref, message.facts[name], tuple(ours.get(name, ()))))
    return found


def facts_here(reader: Reader, ref: MessageId, message: Message) -> dict[str, list[FactId]]:
    """Return what the facts of a received message are called here, by their names there."""
    found: dict[str, list[FactId]] = {}
    names = Names(message)
    for number in reader.born_of(ref):
        record = reader.kept_record(number)
        if record is not None:
            for name, fact in names.names_in(record).items():
                found.setdefault(name, []).append(fact)
    return found


def origins_of(reader: Reader, facts: Iterable[FactId]) -> dict[FactId, Came]:
    """Return where facts came from; none for our own, and those that are not here."""
    wanted = dict.fromkeys(facts)
    found: dict[FactId, Came] = {}
    read: dict[MessageId, tuple[AuthorityId, Message, Names] | None] = {}
    for key in dict.fromkeys(record_of(fact) for fact in wanted):
        record = reader.kept_record(key)
        if record is None or record.origin.source != SOURCE:
            continue
        ref = message_of(record)
        if ref not in read:
            row = reader.incoming(ref)
            message = read_message(row.body) if row else None
            read[ref] = (row.peer, message, Names(message)) if row is not None and message is not None else None
        if (came := read[ref]) is None:
            continue
        peer, told, names = came
        for name, number in names.names_in(record).items():
            if number in wanted:
                found[number] = Came(ref, peer, agreement_of(told), name, told.facts[name])
    return {fact: found[fact] for fact in wanted if fact in found}


def here(reader: Reader, facts: Iterable[FactId]) -> dict[FactId, Record]:
    """Return the record of each of some facts that is here and not erased: every record is read once."""
    found: dict[FactId, Record] = {}
    wanted = dict.fromkeys(facts)
    for key in dict.fromkeys(record_of(fact) for fact in wanted):
        record = reader.kept_record(key)
        found.update({number: record for number, _ in record.numbered() if number in wanted} if record else {})
    return found


def restricted_names(reader: Reader, ref: MessageId, message: Message) -> set[str]:
    """Return the facts of a received message that are restricted here."""
    found: set[str] = set()
    for name, facts in facts_here(reader, ref, message).items():
        if any(reader.fact_states(record_of(fact)).get(fact, ("", None))[0] == "restricted" for fact in facts):
            found.add(name)
    return found


def by_record(facts: Collection[FactId]) -> dict[str, list[int]]:
    """Return the places of facts by the record they stand in."""
    found: dict[str, list[int]] = {}
    for fact in facts:
        found.setdefault(record_of(fact), []).append(place_of(fact))
    return found
