"""Protected persons (Trafficking Protocol art. 6): which facts of a record name them, and the record without those."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from headwater.model.ids import EntityKey
from headwater.model.record import Record
from headwater.model.schema import IDENTITY_PROPERTIES, check_property, is_person
from headwater.model.seen import Seen, places_of

BELONGINGS: Final = frozenset(
    {"Identification", "Passport", "Address", "BankAccount", "CryptoWallet", "UserAccount", "Call", "Note"}
)
"""Entities that name the person they belong to: papers, addresses, accounts, calls and free notes."""
LINKS: Final = frozenset({"Ownership", "Documentation"})
"""Entities that say who has which of these. A payment says so too, but also who was paid: it stays in sight."""


def withhold(record: Record, protected: Callable[[EntityKey], bool]) -> Record:
    """Return a record without what names a protected person: the record itself where nothing does.

    Facts that name such a person are taken out, and those of what belongs to the person; an address stays where somebody
    unprotected lives too. Blobs and tables of a record that mentions such a person are taken out as a whole: nobody can
    tell what an image or a table shows.

    Args:
        record: the record as it is kept.
        protected: says whether an entity is a victim or a smuggled person by any record that may be seen.
    """
    persons = frozenset(
        mention.key
        for mention in record.mentions
        if is_person(mention.schema) and (mention.protected or protected(mention.key))
    )
    belongings = _belongings(record, persons, protected)
    if not persons and not belongings:
        return record
    kept = [
        (place, fact)
        for place, fact in zip(places_of(record), record.facts, strict=True)
        if not (fact.entity in persons and fact.prop in IDENTITY_PROPERTIES) and fact.entity not in belongings
    ]
    if len(kept) == len(record.facts) and not record.blobs and not record.tables:
        return record
    return Seen(
        whole=record.id,
        places=tuple(place for place, _ in kept),
        origin=record.origin,
        handling=record.handling,
        mentions=record.mentions,
        facts=tuple(fact for _, fact in kept),
        recorded_at=record.recorded_at,
        grade=record.grade,
        amends=record.amends,
    )


def _belongings(
    record: Record, persons: frozenset[EntityKey], protected: Callable[[EntityKey], bool]
) -> frozenset[EntityKey]:
    types = {mention.key: mention.schema for mention in record.mentions}
    things = {key for key, schema in types.items() if schema in BELONGINGS}
    if not things:
        return frozenset()
    hidden: set[EntityKey] = set()
    shared: set[EntityKey] = set()
    for thing, owner in _ties(record, types, things):
        if owner in persons or (owner not in types and protected(owner)):
            hidden.add(thing)
        elif types[thing] == "Address" and is_person(types.get(owner, "")):
            shared.add(thing)
    return frozenset(hidden - shared)


def _ties(
    record: Record, types: Mapping[EntityKey, str], things: AbstractSet[EntityKey]
) -> Iterator[tuple[EntityKey, EntityKey]]:
    """Yield each thing with whatever a fact ties it to, in either direction or through a link between the two."""
    ends: dict[EntityKey, set[EntityKey]] = {}
    for fact in record.facts:
        other, schema = EntityKey(fact.value), types[fact.entity]
        if schema in LINKS:
            ends.setdefault(fact.entity, set()).add(other)
        elif other in things:
            yield other, fact.entity
        elif fact.entity in things and check_property(schema, fact.prop) == "entity":
            yield fact.entity, other
    for joined in ends.values():
        for thing in joined & things:
            yield from ((thing, owner) for owner in joined - things)
