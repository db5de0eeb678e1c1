"""One new designation against a large file of customers: the customers' names are the index, the entry is the query.

It answers only who of the customers is worth a look; those few are then screened the usual way against the list, so that
scores and reasons are those of a full run.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from headwater.engines.match.build import build_index
from headwater.engines.match.candidates import Finder
from headwater.engines.match.identifiers import normal
from headwater.engines.match.index import NAME_FACTS, pack, unpack, with_offsets
from headwater.engines.match.names import parse_all
from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, BlobHash, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import is_person, schema

MOST_CUSTOMERS: Final = 5000
"""Customers looked at closely for one name of an entry."""
_ROW: Final = "row"
"""Array of the customers as they stand in the file."""
_NOBODY: Final = AuthorityId("XX-NOBODY")


def customer_index(customers: Iterable[Mapping[str, str]], sha256: BlobHash) -> bytes:
    """Return the index over the names and identifiers of customers, and whole customers beside it.

    Args:
        customers: fields as those of queries.
        sha256: hash of the file they stand in.
    """
    rows: list[bytes] = []
    index = unpack(build_index(_records(customers, sha256, rows)))
    arrays = {**index.arrays, **with_offsets(_ROW, rows)}
    return pack(arrays, index.head.lists, names=index.head.names, entries=index.head.entries)


def _records(customers: Iterable[Mapping[str, str]], sha256: BlobHash, rows: list[bytes]) -> Iterator[Record]:
    """Yield customers as records whose place is the number of their row, and put the rows themselves aside."""
    for customer in customers:
        key, kind = EntityKey(customer["id"]), customer.get("schema") or "Person"
        facts = [Fact(key, "name", customer["name"])] if customer.get("name", "").strip() else []
        if customer.get("id_number") and "idNumber" in schema(kind).properties:
            facts.append(Fact(key, "idNumber", customer["id_number"]))
        if not facts:
            continue
        # The category only lets the index take them in; it is no claim about them, and is kept nowhere.
        category = PersonCategory.ASSOCIATE if is_person(kind) else None
        origin = Origin(_NOBODY, "customers", "customers", sha256, None, str(len(rows)))
        rows.append(msgspec.msgpack.encode(dict(customer)))
        yield Record(origin=origin, handling=UNRESTRICTED, mentions=(Mention(key, kind, category),), facts=tuple(facts))


class Customers:
    """An index of customers, open for questions."""

    def __init__(self, data: memoryview | bytes) -> None:
        """Lay out the index."""
        self._finder = Finder(unpack(data))

    def worth_a_look(self, entry: Record) -> dict[str, dict[str, str]]:
        """Return the customers, by id, whom a list entry could mean, by any of its names and identifiers."""
        main = entry.mentions[0]
        person = is_person(main.schema)
        own = [fact for fact in entry.facts if fact.entity == main.key]
        names = [name for fact in own if fact.prop in NAME_FACTS for name, _ in parse_all(fact.value, person=person)]
        kinds = schema(main.schema).properties
        numbers = [normal(fact.value) for fact in own if kinds.get(fact.prop) == "identifier" and normal(fact.value)]
        found = self._finder.find(names, kept=MOST_CUSTOMERS)
        index = self._finder.index
        owner = index.arrays["name.owner"]
        owners = {int(owner[at]) for some in found for at in some} | self._finder.numbered(numbers)
        rows, ends = index.arrays[_ROW], index.arrays[f"{_ROW}.at"]
        places = [int(index.entry(at).place) for at in sorted(owners)]
        chosen = (msgspec.msgpack.decode(rows[ends[at] : ends[at + 1]].tobytes(), type=dict[str, str]) for at in places)
        return {customer["id"]: customer for customer in chosen}
