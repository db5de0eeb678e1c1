"""Units: what is linked. One unit is one thing as one originator names it, gathered from all records that speak of it.

Victims and smuggled people are no units, whoever looks: linking would make a trail of a person who is none of its
business (`rights`). What belongs to them alone (papers, addresses) goes with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Said:
    """One value that a fact gives, with the fact's identifier."""

    value: str
    fact: FactId


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
        return (one for prop in props for one in self.values.get(prop, ()))

    @property
    def label(self) -> str:
        """How a sentence calls it: its first name or number, else its key."""
        first = next(self.said("name", "registrationNumber", "imoNumber", "alias"), None)
        return first.value if first else self.key


_SORTS: Final = (("Person", Sort.PERSON), ("Vessel", Sort.VESSEL), ("Vehicle", Sort.VEHICLE))
_DOCUMENTS: Final = frozenset({"Identification", "Passport"})
_PARTS_OF_ADDRESS: Final = ("full", "street", "street2", "postalCode", "city")


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
    for ref, record in sorted(((record.id, record) for record in records), key=lambda one: one[0]):
        facts = numbered_facts(record)
        protected.update(mention.key for mention in record.mentions if mention.protected)
        for mention in record.mentions:
            sort = sort_of(mention.schema)
            if sort is not None:
                place = (record.origin.originator, mention.key)
                gathered.setdefault(place, _Gathered(sort, [], [], {})).add(ref, record, mention.key, facts)
    kept = (_unit(*place, one) for place, one in gathered.items() if place[1] not in protected)
    return sorted((unit for unit in kept if unit.values), key=lambda unit: unit.name)


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
        for number, prop, value in facts.get(key, ()):
            self.values.setdefault(prop, []).append(Said(value, number))
        for prop, said in _beside(record, key, facts):
            self.values.setdefault(prop, []).append(said)


FactsOf = Mapping[EntityKey, list[tuple[FactId, str, str]]]
"""Facts by entity: identifier, property, value."""


def numbered_facts(record: Record) -> FactsOf:
    """Return a record's facts by entity: identifier, property, value."""
    found: dict[EntityKey, list[tuple[FactId, str, str]]] = {}
    for number, fact in record.numbered():
        found.setdefault(fact.entity, []).append((number, fact.prop, fact.value))
    return found


def _beside(record: Record, key: EntityKey, facts: FactsOf) -> Iterator[tuple[str, Said]]:
    """Yield what entities of their own say for a thing: the number of its document, the text of its address."""
    types = {mention.key: mention.schema for mention in record.mentions}
    for other, name in types.items():
        mine = facts.get(other, [])
        if name in _DOCUMENTS and any(prop == "holder" and value == key for _, prop, value in mine):
            prop_of = "passportNumber" if name == "Passport" else "idNumber"
            yield from ((prop_of, Said(value, at)) for at, prop, value in mine if prop == "number")
    for _, prop, value in facts.get(key, []):
        if prop == "addressEntity" and types.get(EntityKey(value)) == "Address":
            lines = {prop: (at, text) for at, prop, text in facts.get(EntityKey(value), [])}
            whole = [lines[part] for part in _PARTS_OF_ADDRESS if part in lines]
            if whole:
                yield "address", Said(", ".join(text for _, text in whole), whole[0][0])


def _unit(originator: AuthorityId, key: EntityKey, gathered: _Gathered) -> Unit:
    values = {
        prop: tuple({one.value: one for one in reversed(said)}.values())[::-1] for prop, said in gathered.values.items()
    }
    return Unit(
        name=f"{originator}/{key}",
        originator=originator,
        key=key,
        sort=gathered.sort,
        values=values,
        records=tuple(dict.fromkeys(gathered.records)),
        handling=join_all(gathered.handlings),
    )
