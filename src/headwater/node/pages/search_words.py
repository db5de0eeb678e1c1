"""What a search compares: the words by which a record is found, and a question that meets the names and numbers of things."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from headwater.engines.match.likeness import likeness
from headwater.engines.match.names import Name, parse
from headwater.exchange.crosscheck import IDENTIFIERS, normal
from headwater.model.canonical import encode
from headwater.model.ids import EntityKey
from headwater.model.record import Record
from headwater.model.schema import is_person

NAMES: Final = frozenset({"name", "alias", "weakAlias", "previousName"})
SPARE_PART: Final = 0.03
"""What a part of a name costs that nobody asked for."""
Meeting = tuple[str, str, str]
"""A word that was asked for, the word that it met, and how."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an index row tells of an entity in a record: its type, who said it, and what it is found by."""

    schema: str
    originator: str
    facts: tuple[tuple[str, str], ...]


def words_of(record: Record) -> Iterator[tuple[str, str, str]]:
    """Yield each entity of a record with the words that it is found by, and what it is judged by."""
    found: dict[str, list[str]] = {}
    told: dict[str, list[tuple[str, str]]] = {}
    for fact in record.facts:
        if fact.prop in NAMES:
            mention = record.mention(fact.entity)
            name = parsed(fact.value, bool(mention and is_person(mention.schema)))
            words = (
                [word for part in name.parts for word in words_in(part.plain, part.sound, part.bones)] if name else []
            )
        elif fact.prop in IDENTIFIERS:
            number = number_of(fact.prop, fact.value)
            words = [number] if number else []
        else:
            continue
        found.setdefault(fact.entity, []).extend(words)
        told.setdefault(fact.entity, []).append((fact.prop, fact.value))
    for entity, words in found.items():
        mention = record.mention(EntityKey(entity))
        said = Said(mention.schema if mention else "", record.origin.originator, tuple(told[entity]))
        yield entity, " ".join(dict.fromkeys(words)), encode(said).decode()


@dataclass(slots=True)
class Question:
    """What is asked for, as names and as a number; what was compared once in a search is not compared again."""

    names: Sequence[Name]
    number: str
    text: str = ""
    _known: dict[tuple[str, str, bool], tuple[float, tuple[Meeting, ...]]] = field(default_factory=dict)

    def groups(self) -> list[list[str]]:
        """Return for each part of the name the words that it is found by, also where Albanian spelled a Serbian name."""
        if not self.names:
            return []
        found = [words_in(part.plain, part.sound, part.bones) for part in self.names[0].parts]
        other = parsed(from_albanian(self.text), person=True)
        if other is not None and len(other.parts) == len(found):
            for words, part in zip(found, other.parts, strict=True):
                words += [word for word in words_in(part.plain, part.sound, part.bones) if word not in words]
        return found

    def asks(self, prop: str) -> bool:
        """Return whether values of a property are compared at all."""
        return (prop in NAMES and bool(self.names)) or (prop in IDENTIFIERS and bool(self.number))

    def meets(self, prop: str, value: str, *, person: bool) -> tuple[float, tuple[Meeting, ...]]:
        """Return how like a value is to what is asked, and which word met which, how."""
        key = prop, value, person
        if key not in self._known:
            self._known[key] = self._compared(prop, value, person)
        return self._known[key]

    def _compared(self, prop: str, value: str, person: bool) -> tuple[float, tuple[Meeting, ...]]:  # noqa: FBT001
        if prop in IDENTIFIERS and self.number and number_of(prop, value) == self.number:
            return 1.0, ((self.number[2:], value, "same"),)
        held = parsed(value, person) if prop in NAMES else None
        best: tuple[float, tuple[Meeting, ...]] = (0.0, ())
        for name in self.names if held else ():
            assert held is not None  # noqa: S101 - the loop runs for a name only
            met = [
                (asked, *max(((*likeness(asked, part), part) for part in held.parts), key=lambda one: one[0]))
                for asked in name.parts
            ]
            spare = max(0, len(held.parts) - len(name.parts))
            score = max(0.0, sum(alike for _, alike, _, _ in met) / len(name.parts) - SPARE_PART * spare)
            if score > best[0]:
                ways = ((one.text, part.text, str(way) if alike > 0 else "none") for one, alike, way, part in met)
                best = score, tuple(ways)
        return best


_ALBANIAN: Final = (("xh", "dž"), ("gj", "đ"), ("sh", "š"), ("zh", "ž"), ("ç", "č"), ("q", "ć"))
"""How Albanian writes the sounds of Serbian names: a word of an index is one spelling, and a likeness finds nothing in it."""


def from_albanian(text: str) -> str:
    """Return a name as Serbian would write it that Albanian has spelled by its sounds."""
    made = text.casefold()
    for theirs, ours in _ALBANIAN:
        made = made.replace(theirs, ours)
    return made


@lru_cache(maxsize=20_000)
def parsed(text: str, person: bool) -> Name | None:  # noqa: FBT001
    """Return the parts of a name, kept for the next search: names repeat."""
    return parse(text, person=person)


def words_in(plain: str, sound: str, bones: str) -> list[str]:
    """Return the words that one part of a name is found by: as it is written, as it sounds, by its consonants."""
    found = [f"n_{_letters(plain)}", f"s_{_letters(sound)}"]
    if len(bones) > 2:  # noqa: PLR2004 - two consonants say little
        found.append(f"b_{_letters(bones)}")
    return [word for word in found if len(word) > 2]  # noqa: PLR2004 - the prefix alone says nothing


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def number_of(prop: str, value: str) -> str:
    """Return the word that a number is found by, empty for what is none."""
    form = normal(prop, value)
    plain = _letters(form.partition(b"\0")[2].decode()) if form else ""
    return f"i_{plain}" if any(letter.isdigit() for letter in plain) else ""
