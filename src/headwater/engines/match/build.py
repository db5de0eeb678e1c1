"""Building the index from list records: a pure function, the same bytes whatever the order of the records."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import msgspec

from headwater.engines.match.coded import part_arrays, trait_arrays
from headwater.engines.match.countries import country
from headwater.engines.match.dates import read_date
from headwater.engines.match.identifiers import normal, optical
from headwater.engines.match.index import (
    NAME_FACTS,
    WEAK,
    Entry,
    ListHead,
    lines,
    need_numpy,
    pack,
    postings,
    with_offsets,
)
from headwater.engines.match.keys import key_hashes
from headwater.engines.match.names import KIND_RARITY, Name, Part, parse_all
from headwater.engines.match.score import Traits, traits
from headwater.engines.match.script import Script
from headwater.model.canonical import encode
from headwater.model.record import Mention, Record
from headwater.model.schema import is_person, schema, schemata

SCRIPTS: Final = tuple(Script)


COUNTRY_FACTS: Final = frozenset({"nationality", "citizenship", "country", "jurisdiction", "flag", "mainCountry"})
_LEAST_RARITY: Final = 0.25
_NO_ENTRY: Final = frozenset({"Address", "Sanction", "Identification", "Passport"})


def build_index(records: Iterable[Record]) -> bytes:
    """Return the index over list records.

    Raises:
        MissingExtraError: numpy or rapidfuzz is not installed.
    """
    need_numpy()
    building = _Building()
    corrected: set[str] = set()
    found: list[tuple[str, str, Record, Mention]] = []
    for record in records:
        number = str(record.id)
        if record.amends:
            corrected.add(record.amends)
        found.extend((number, mention.key, record, mention) for mention in screened(record))
    found.sort(key=lambda one: one[:2])
    for number, _, record, mention in found:
        if number not in corrected:
            building.add(number, record, mention)
    return building.bytes()


def screened(record: Record) -> Iterator[Mention]:
    """Yield the entities of a record that a query can meet: things with a name, never a victim or smuggled person."""
    held = {fact.entity for fact in record.facts if fact.prop == "holder"}
    for mention in record.mentions:
        if mention.protected or mention.schema in _NO_ENTRY or mention.key in held:
            continue
        if "name" in schema(mention.schema).properties:
            yield mention


@cache
def schema_names() -> tuple[str, ...]:
    """Return the entity types; the place in this tuple is the number that the index keeps."""
    return tuple(sorted(schemata()))


def number_hash(number: str) -> int:
    """Return the hash under which an identifier stands in the index."""
    return int.from_bytes(hashlib.blake2b(number.encode(), digest_size=8).digest(), "little")


def rarity_of(count: int, total: int) -> float:
    """Return how much a word says that so many names of all names have: 1 for one that stands alone."""
    import math

    return max(_LEAST_RARITY, min(1.0, math.log((total + 2) / (count + 1)) / math.log((total + 2) / 2)))


@dataclass(slots=True)
class _Building:
    """What grows while records are read."""

    entries: list[bytes] = field(default_factory=list)
    schemas: list[str] = field(default_factory=list)
    handlings: dict[bytes, int] = field(default_factory=dict)
    lists: dict[tuple[str, str], ListHead] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    owners: list[tuple[int, int, int]] = field(default_factory=list)
    numbers: list[tuple[int, int]] = field(default_factory=list)
    traits: list[Traits] = field(default_factory=list)

    def add(self, number: str, record: Record, mention: Mention) -> None:
        """Take in one entity of one record."""
        properties = schema(mention.schema).properties
        person = is_person(mention.schema)
        at = len(self.entries)
        dates, countries, genders, numbers = [], [], [], []
        papers = _papers(record, mention)
        seen: set[str] = set()
        for place, fact in enumerate(record.facts):
            if fact.entity == mention.key:
                kind = properties.get(fact.prop)
            elif fact.entity in papers and schema(papers[fact.entity]).properties[fact.prop] == "identifier":
                kind = "identifier"
            else:
                continue
            if fact.prop in NAME_FACTS and kind == "name" and fact.value not in seen:
                seen.add(fact.value)
                for name, weak in parse_all(fact.value, person=person):
                    self.names.append(name)
                    self.owners.append((at, place, WEAK if weak else NAME_FACTS.index(fact.prop)))
            elif fact.prop == "birthDate":
                born = read_date(fact.value)
                dates.extend([(born, place)] if born else [])
            elif fact.prop in COUNTRY_FACTS:
                countries.append((country(fact.value), place))
            elif fact.prop == "gender":
                genders.append((fact.value.casefold(), place))
            elif kind == "identifier" and normal(fact.value):
                numbers.append((normal(fact.value), place))
        origin = record.origin
        entry = Entry(
            number,
            mention.key,
            mention.schema,
            origin.source,
            origin.version or "",
            origin.file or "",
            origin.sha256 or "",
            origin.place or "",
            tuple(dates),
            tuple(countries),
            tuple(genders),
            tuple(numbers),
            self.handlings.setdefault(encode(record.handling), len(self.handlings)),
        )
        self.schemas.append(mention.schema)
        days, lands, sexes = ([value for value, _ in values] for values in (dates, countries, genders))
        self.traits.append(traits(days, lands, sexes, ()))
        self.entries.append(msgspec.msgpack.encode(entry))
        self.numbers.extend((number_hash(form), at) for one, _ in numbers for form in {one, "~" + optical(one)})
        known = self.lists.get((origin.source, entry.version))
        count = known.entries if known else 0
        self.lists[origin.source, entry.version] = ListHead(origin.source, entry.version, count + 1, entry.sha256)

    def bytes(self) -> bytes:
        """Return the index."""
        import numpy as np

        parts, flat, offsets = self._vocabulary()
        sounds, of_sound = _numbered([part.sound for part in parts])
        bones, of_bones = _numbered([part.bones for part in parts])
        name_of_part = np.repeat(np.arange(len(self.names), dtype=np.int32), np.diff(offsets))
        arrays: dict[str, Any] = {
            "sound": lines(sounds),
            "bones": lines(bones),
            "joined": lines([name.joined for name in self.names]),
            "part.text": lines([part.text for part in parts]),
            **{f"part.{key}": array for key, array in part_arrays(parts).items()},
            "part.of_sound": of_sound,
            "part.of_bones": of_bones,
            "name.part": flat,
            "name.part.at": offsets,
            "name.owner": np.array([owner[0] for owner in self.owners], dtype=np.int32),
            "name.fact": np.array([owner[1] for owner in self.owners], dtype=np.int32),
            "name.kind": np.array([owner[2] for owner in self.owners], dtype=np.uint8),
            "name.script": np.array([SCRIPTS.index(name.script) for name in self.names], dtype=np.uint8),
            **with_offsets("name.text", [name.text.encode() for name in self.names]),
            **postings("sound.names", of_sound[flat], name_of_part, len(sounds)),
            **postings("bones.names", of_bones[flat], name_of_part, len(bones)),
            **with_offsets("entry", self.entries),
            **with_offsets("handling", list(self.handlings)),
        }
        total = len(self.names)
        for key in ("sound", "bones"):
            counts = np.diff(arrays[f"{key}.names.at"])
            arrays[f"{key}.rarity"] = np.array([rarity_of(int(n), total) for n in counts], dtype=np.float32)
        caps = np.array([KIND_RARITY[part.kind] for part in parts], dtype=np.float32)
        arabic = arrays["part.arabic"].astype(bool)
        spread = np.where(arabic, arrays["bones.rarity"][of_bones], arrays["sound.rarity"][of_sound]) if parts else caps
        arrays["part.rarity"] = np.minimum(caps, spread)
        weights = np.add.reduceat(arrays["part.rarity"][flat], offsets[:-1]) if total else np.zeros(0)
        arrays["name.weight"] = weights.astype(np.float32)
        hashes = sorted(set(self.numbers))
        arrays["number.hash"] = np.array([one[0] for one in hashes], dtype=np.uint64)
        arrays["number.entry"] = np.array([one[1] for one in hashes], dtype=np.int32)
        keys, named = key_hashes([name.joined for name in self.names])
        order = np.lexsort((named, keys))
        arrays["key.hash"], arrays["key.name"] = keys[order], named[order]
        arrays.update({f"entry.{key}": array for key, array in trait_arrays(self.traits).items()})
        arrays["entry.schema"] = np.array([schema_names().index(one) for one in self.schemas], dtype=np.uint8)
        heads = [self.lists[key] for key in sorted(self.lists)]
        return pack(arrays, heads, names=total, entries=len(self.entries))

    def _vocabulary(self) -> tuple[list[Part], Any, Any]:
        """Return the distinct parts in order, and for every name the numbers of its parts."""
        import numpy as np

        parts = sorted({part for name in self.names for part in name.parts}, key=lambda p: (p.text, p.kind, p.arabic))
        place = {part: at for at, part in enumerate(parts)}
        flat = np.array([place[part] for name in self.names for part in name.parts], dtype=np.int32)
        offsets = np.zeros(len(self.names) + 1, dtype=np.int64)
        np.cumsum([len(name.parts) for name in self.names], out=offsets[1:])
        return parts, flat, offsets


def _papers(record: Record, holder: Mention) -> dict[str, str]:
    """Return the papers and wallets in a record that name the entity as their holder, with their entity types."""
    held = {fact.entity for fact in record.facts if fact.prop == "holder" and fact.value == holder.key}
    return {str(mention.key): mention.schema for mention in record.mentions if mention.key in held}


def _numbered(texts: list[str]) -> tuple[list[str], Any]:
    """Return the distinct texts in order, and the number of each given text."""
    import numpy as np

    distinct = sorted(set(texts))
    place = {text: at for at, text in enumerate(distinct)}
    return distinct, np.array([place[text] for text in texts], dtype=np.int32)
