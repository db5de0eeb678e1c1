"""Units: what is linked. One unit is one thing as one originator names it, gathered from all records that speak of it.

Victims and smuggled people are no units, whoever looks: linking would make a trail of a person who is none of its
business (`rights`). What belongs to them alone (papers, addresses) goes with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from operator import attrgetter, itemgetter
from typing import Final

import msgspec

from headwater.model.fact import fact_id
from headwater.model.handling import Handling, join_all
from headwater.model.ids import AuthorityId, EntityKey, FactId, RecordId
from headwater.model.record import Record
from headwater.model.schema import schema


class Sort(StrEnum):
    """What sort of thing a unit is; only units of one sort are laid side by side."""

    PERSON = "person"
    ORGANISATION = "organisation"
    VEHICLE = "vehicle"
    VESSEL = "vessel"


class Said(msgspec.Struct, frozen=True, gc=False):
    """One value that a fact gives, and which fact: a million units hold ten million of these.

    Attributes:
        value: as it was written.
        record: the record that gives it.
        place: the fact's place there.
    """

    value: str
    record: RecordId
    place: int

    @property
    def fact(self) -> FactId:
        """The fact's identifier."""
        return fact_id(self.record, self.place)


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing as one originator names it.

    Attributes:
        name: ``ORIGINATOR/key``, unique among units: keys of two originators may be the same word.
        originator: the authority that speaks of it.
        key: its key there.
        sort: what sort of thing it is.
        values: what is said of it, by property, in the order of records and facts.
        records: the records that speak of it, in order.
        handling: the join of these records' handling.
    """

    name: str
    originator: AuthorityId
    key: EntityKey
    sort: Sort
    values: Mapping[str, tuple[Said, ...]]
    records: tuple[RecordId, ...]
    handling: Handling

    def said(self, *props: str) -> Iterator[Said]:
        """Yield what is said under some properties."""
        values = self.values
        return iter([one for prop in props if prop in values for one in values[prop]])

    @property
    def label(self) -> str:
        """How a sentence calls it: its first name or number, else its key."""
        first = next(self.said("name", "registrationNumber", "imoNumber", "alias"), None)
        return first.value if first else self.key


_SORTS: Final = (("Person", Sort.PERSON), ("Vessel", Sort.VESSEL), ("Vehicle", Sort.VEHICLE))
_DOCUMENTS: Final = frozenset({"Identification", "Passport"})
_PARTS_OF_ADDRESS: Final = ("full", "street", "street2", "postalCode", "city")


@cache
def sort_of(name: str) -> Sort | None:
    """Return the sort of an entity type, None where it is nothing that is linked."""
    kinds = {name} | schema(name).extends
    for parent, sort in _SORTS:
        if parent in kinds:
            return sort
    return Sort.ORGANISATION if "LegalEntity" in kinds else None


def units_of(records: Iterable[Record]) -> list[Unit]:
    """Return the units that records speak of, in the order of their names; no protected person among them."""
    gathered: dict[tuple[AuthorityId, EntityKey], _Gathered] = {}
    protected: set[EntityKey] = set()
    for ref, record in sorted(((record.id, record) for record in records), key=itemgetter(0)):
        facts = facts_by_entity(record)
        for mention in record.mentions:
            sort = sort_of(mention.schema)
            if mention.protected:
                protected.add(mention.key)
            if sort is not None:
                place = (record.origin.originator, mention.key)
                known = gathered.get(place)
                if known is None:
                    known = gathered[place] = _Gathered(sort, [], [], {})
                known.add(ref, record, mention.key, facts)
    joined: dict[tuple[Handling, ...], Handling] = {}
    units: list[Unit] = []
    while gathered:  # each is let go as soon as its unit is made
        place, one = gathered.popitem()
        if place[1] not in protected and one.values:
            units.append(_unit(*place, one, joined))
    return sorted(units, key=attrgetter("name"))


@dataclass(slots=True)
class _Gathered:
    sort: Sort
    records: list[RecordId]
    handlings: list[Handling]
    values: dict[str, list[Said]]

    def add(self, ref: RecordId, record: Record, key: EntityKey, facts: "FactsOf") -> None:
        """Take in what one record says of the thing."""
        self.records.append(ref)
        self.handlings.append(record.handling)
        values = self.values
        for place, prop, value in facts.get(key, ()):
            if prop in values:
                values[prop].append(Said(value, ref, place))
            else:
                values[prop] = [Said(value, ref, place)]
        for prop, said in _beside(ref, record, key, facts) if len(record.mentions) > 1 else ():
            values.setdefault(prop, []).append(said)


FactsOf = Mapping[EntityKey, list[tuple[int, str, str]]]
"""Facts by entity: place in the record, property, value."""


def facts_by_entity(record: Record) -> FactsOf:
    """Return a record's facts by entity: place in the record, property, value."""
    if len(record.mentions) == 1:
        return {record.mentions[0].key: [(place, fact.prop, fact.value) for place, fact in enumerate(record.facts)]}
    found: dict[EntityKey, list[tuple[int, str, str]]] = {}
    for place, fact in enumerate(record.facts):
        found.setdefault(fact.entity, []).append((place, fact.prop, fact.value))
    return found


def _beside(ref: RecordId, record: Record, key: EntityKey, facts: FactsOf) -> Iterator[tuple[str, Said]]:
    """Yield what entities of their own say for a thing: the number of its document, the text of its address."""
    types = {mention.key: mention.schema for mention in record.mentions}
    for other, name in types.items():
        mine = facts.get(other, [])
        if name in _DOCUMENTS and any(prop == "holder" and value == key for _, prop, value in mine):
            prop_of = "passportNumber" if name == "Passport" else "idNumber"
            yield from ((prop_of, Said(value, ref, at)) for at, prop, value in mine if prop == "number")
    for _, prop, value in facts.get(key, []):
        if prop == "addressEntity" and types.get(EntityKey(value)) == "Address":
            lines = {prop: (at, text) for at, prop, text in facts.get(EntityKey(value), [])}
            whole = [lines[part] for part in _PARTS_OF_ADDRESS if part in lines]
            if whole:
                yield "address", Said(", ".join(text for _, text in whole), ref, whole[0][0])


def _unit(
    originator: AuthorityId, key: EntityKey, gathered: _Gathered, joined: dict[tuple[Handling, ...], Handling]
) -> Unit:
    values = {
        prop: (said[0],) if len(said) == 1 else tuple({one.value: one for one in reversed(said)}.values())[::-1]
        for prop, said in gathered.values.items()
    }
    handlings = tuple(gathered.handlings)
    handling = joined.get(handlings)
    if handling is None:
        handling = joined[handlings] = join_all(handlings)
    return Unit(
        name=f"{originator}/{key}",
        originator=originator,
        key=key,
        sort=gathered.sort,
        values=values,
        records=tuple(dict.fromkeys(gathered.records)),
        handling=handling,
    )
