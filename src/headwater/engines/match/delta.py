"""What has changed between two editions of a list: entries added, removed and changed, and what of each.

An entry is who it names by the list's own identifier. Provenance (file, row, hash) is no content: an entry that only
moved to another row has not changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headwater.model.record import Record


@dataclass(frozen=True, slots=True)
class Change:
    """One property of an entry that is another than before.

    Attributes:
        prop: its FollowTheMoney name.
        was, now: values that are gone and values that are new, sorted.
    """

    prop: str
    was: tuple[str, ...]
    now: tuple[str, ...]

    def __str__(self) -> str:
        """Return the change in words."""
        gone = f"no longer {', '.join(self.was)}" if self.was else ""
        come = f"now {', '.join(self.now)}" if self.now else ""
        return f"{self.prop}: {'; '.join(part for part in (gone, come) if part)}"


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference of two editions, by the entries' keys, sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[Change, ...]]

    @property
    def touched(self) -> frozenset[str]:
        """The entries that a screening has to look at again."""
        return frozenset((*self.added, *self.changed))


Content = Mapping[str, frozenset[str]]
"""What an entry says: values by property."""


def content_of(record: Record) -> Content:
    """Return what a record says of its entry and of the designation, without where it stands."""
    found: dict[str, set[str]] = {}
    for fact in record.facts:
        if fact.prop != "entity":
            found.setdefault(fact.prop, set()).add(
                fact.value if fact.original is None else f"{fact.value} ({fact.original})"
            )
    found["schema"] = {record.mentions[0].schema} if record.mentions else set()
    return {prop: frozenset(values) for prop, values in found.items()}


def changes(old: Content, new: Content) -> tuple[Change, ...]:
    """Return what differs between two contents, by property."""
    nothing: frozenset[str] = frozenset()
    found = []
    for prop in sorted({*old, *new}):
        was, now = old.get(prop, nothing), new.get(prop, nothing)
        if was != now:
            found.append(Change(prop, tuple(sorted(was - now)), tuple(sorted(now - was))))
    return tuple(found)


def compare_editions(old: Iterable[Record], new: Iterable[Record]) -> Delta:
    """Return the difference of two editions of one list."""
    before, after = _by_entry(old), _by_entry(new)
    changed = {
        key: changes(content_of(before[key]), content_of(after[key]))
        for key in sorted(before.keys() & after.keys())
        if not _word_for_word(before[key], after[key])
    }
    return Delta(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        {key: found for key, found in changed.items() if found},
    )


def _by_entry(records: Iterable[Record]) -> dict[str, Record]:
    return {record.mentions[0].key: record for record in records if record.mentions}


def _word_for_word(old: Record, new: Record) -> bool:
    """Return whether two records say the same in the same order: nearly all do, and need no closer look."""
    return old.facts == new.facts and old.mentions[0].schema == new.mentions[0].schema
