"""Two editions of a list side by side: what was added, removed and changed, and what of each."""

from collections.abc import Iterable, Sequence
from typing import Any

from headwater.engines.match.delta import Delta, compare_editions
from headwater.errors import SchemaError
from headwater.model.record import Record
from headwater.node.files import load
from headwater.node.loose import NOBODY, ListFile, own_number, short_name


def difference(old: ListFile, new: ListFile) -> dict[str, Any]:
    """Return what changed between two list files, as a document.

    Raises:
        InputError: a file is no list, or the two are of different lists.
    """
    before, after = (load(one.format, one.file, NOBODY)[2].records for one in (old, new))
    sources = {short_name(records[0].origin.source) for records in (before, after)}
    if len(sources) > 1:
        raise SchemaError(f"two different lists, {' and '.join(sorted(sources))}", fix="name two editions of one list")
    return document(compare_editions(before, after), sources.pop())


def since(old: ListFile, new: Iterable[Record]) -> tuple[str, Delta]:
    """Return the short name of a list and what its edition among some records has that an older file has not.

    Raises:
        InputError: the file is no list, or no edition of it is among the records.
    """
    before = load(old.format, old.file, NOBODY)[2].records
    name = short_name(before[0].origin.source)
    after: Sequence[Record] = [record for record in new if short_name(record.origin.source) == name]
    if not after:
        raise SchemaError(f"no edition of the {name} list to compare with", where="--since", fix="name it with --list")
    return name, compare_editions(before, after)


def document(delta: Delta, name: str) -> dict[str, Any]:
    """Return a difference as it stands in a document, by the list's own identifiers."""
    return {
        "list": name,
        "added": [own_number(name, key) for key in delta.added],
        "removed": [own_number(name, key) for key in delta.removed],
        "changed": [own_number(name, key) for key in delta.changed],
        "changes": {
            own_number(name, key): [{"property": one.prop, "was": one.was, "now": one.now} for one in changes]
            for key, changes in delta.changed.items()
        },
    }
