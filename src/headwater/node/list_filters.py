"""Which entries of the lists a question is about: those of a regime, a measure, a kind of thing, or listed since a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import Place, SchemaError
from headwater.model.record import Record
from headwater.model.schema import schemata
from headwater.model.times import is_partial_date

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "individual": ("Person",),
    "entity": ("Organization",),
    "ship": ("Vessel",),
}
"""The UK list's words for kinds of things, with the entity types that they stand for; an entity type stands for itself."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What an entry must be.

    Attributes:
        regimes: words of which one must stand in the name of its regime.
        measures: words of which one must stand in one of its measures, such as "travel ban".
        types: entity types, or the UK list's words, of which it must be one.
        since: a day, month or year from which it was listed; empty is any.
    """

    regimes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    since: str = ""

    def __post_init__(self) -> None:
        """Refuse what no entry could be.

        Raises:
            SchemaError: a type or the day is none.
        """
        for kind in self.types:
            if kind.casefold() not in KINDS and kind not in schemata():
                fix = f"use {', '.join(KINDS)}, or an entity type such as Person, Company, Vessel"
                raise SchemaError("no type of list entry", where=Place(field="type"), fix=fix)
        if self.since and not is_partial_date(self.since):
            fix = "write it as 2026, 2026-02 or 2026-02-13"
            raise SchemaError("no date", where=Place(field="listed-since"), fix=fix)

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.regimes or self.measures or self.types or self.since)

    def document(self) -> dict[str, Any]:
        """Return it as it stands in a document."""
        return {
            "regimes": list(self.regimes),
            "measures": list(self.measures),
            "types": list(self.types),
            "listed_since": self.since,
        }

    def passes(self, record: Record) -> bool:
        """Return whether the entry of a record is such."""
        main = record.mentions[0]
        if self.types and not any(_is_a(main.schema, kind) for kind in self.types):
            return False
        if not self.regimes and not self.measures and not self.since:
            return True
        said: dict[str, list[str]] = {}
        for fact in record.facts:
            said.setdefault(fact.prop, []).append(fact.value)
        listed = said.get("listingDate", [])
        return (
            _says(said.get("program", ()), self.regimes)
            and _says(said.get("provisions", ()), self.measures)
            and (not self.since or any(day >= self.since for day in listed))
        )

    def chosen(self, records: Iterable[Record]) -> list[str]:
        """Return the keys of the entries that are such, in order.

        Raises:
            SchemaError: none is, so that every question would be answered with no hit.
        """
        found = sorted({str(record.mentions[0].key) for record in records if record.mentions and self.passes(record)})
        if not found:
            fix = "ask without the filter, or look at the list's own words"
            raise SchemaError("no entry of the lists is of that regime, measure, type and date", fix=fix)
        return found


def _is_a(name: str, kind: str) -> bool:
    wanted = KINDS.get(kind.casefold(), (kind,))
    if kind.casefold() == "entity" and name == "LegalEntity":
        return True  # lists that do not say more; a person is one too, and is no entity in the list's sense
    return name in wanted or not schemata()[name].extends.isdisjoint(wanted)


def _says(texts: Sequence[str], words: Sequence[str]) -> bool:
    return not words or any(word.casefold() in text.casefold() for word in words for text in texts)
