"""Shelf: which objects of threat intelligence stand in which collection, in the order in which they were put there.

The order is a counter that only grows: two objects of one instant have two numbers, and a reader who goes on from a number
sees each object once, whatever is added meanwhile. Which version of an object is the last is decided among those rows alone
that may be seen. An object is kept in its record and nowhere else.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from headwater.errors import StoreCorruptError
from headwater.model.canonical import decode, encode
from headwater.model.handling import Handling
from headwater.model.ids import RecordId
from headwater.model.record import Record
from headwater.model.threat import CONTENT
from headwater.store.link import Linked, Value
from headwater.store.rows import from_micros, to_micros

SHOWN: Final = ("live", "revoked")
REVOCABLE: Final = frozenset(
    {"attack-pattern", "campaign", "course-of-action", "identity", "indicator", "infrastructure", "intrusion-set"}
    | {"malware", "threat-actor", "tool", "vulnerability"}
)
"""Types of which a revoked version can be written that repeats nothing of what was withdrawn."""
NEWEST_SPEC: Final = "2.1"
_VERSION: Final = "%Y-%m-%dT%H:%M:%S.%f000Z"
_LIST: Final = "(SELECT value FROM json_each({}))"
_NUMBERS: Final = "(SELECT CAST(value AS BIGINT) FROM json_each({}))"
_LOOKED_AT: Final = "SELECT record FROM shelf_seen"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one collection.

    Attributes:
        collection: its number.
        handlings: numbers of the handlings that may be seen.
        after: the number to go on from.
        limit: most rows.
        added_after: microseconds since 1970; only what was added later.
        ids, types: only these; None is all.
        versions: ``first``, ``last``, ``all`` or versions.
        specs: versions of STIX; None is the newest that an object has.
    """

    collection: int
    handlings: Collection[int]
    after: int = 0
    limit: int = 100
    added_after: int | None = None
    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: tuple[str, ...] = ("last",)
    specs: tuple[str, ...] | None = None


class ShelfRow(NamedTuple):
    """One object in a collection, with the content of its record as it stands now."""

    number: int
    id: str
    type: str
    version: str
    spec: str
    created: str
    added: int
    handling: int
    state: str
    content: str


class _Row(NamedTuple):
    number: int
    id: str
    type: str
    version: str
    spec: str
    created: str
    added: int
    handling: int
    state: str
    body: bytes


class _Said(msgspec.Struct, gc=False):
    entity: str
    prop: str
    value: str


class _Kept(msgspec.Struct):
    facts: list[_Said]


_UUID: Final = 36
"""Letters of a UUID, with which every name ends."""
_CONTENTS: Final = msgspec.json.Decoder(_Kept)


class Placed(NamedTuple):
    """One object to be put into a collection.

    Attributes:
        version: in a form that sorts as time does; empty where the object has none, which is then the time it was added.
        spec: the version of STIX.
        records: the record of the object, then those of its parts, with their handlings.
        waits: the objects that must come before it is shown.
    """

    id: str
    type: str
    version: str
    created: str
    records: Sequence[tuple[RecordId, Handling]]
    waits: Sequence[str] = ()
    spec: str = "2.1"


class Fresh(NamedTuple):
    """A record that nobody has looked at for objects yet."""

    number: int
    id: RecordId
    record: Record


@dataclass(frozen=True, slots=True)
class Held:
    """An object that is held, and what it waits for."""

    number: int
    id: str
    version: str
    collection: int
    waits: tuple[str, ...] = field(default=())


def _content(body: bytes, where: int, ref: str) -> str:
    """Return the object of this name that a record holds. A partner's record may hold several, each about its own entity."""
    try:
        said = [fact for fact in _CONTENTS.decode(body).facts if fact.prop == CONTENT]
    except msgspec.MsgspecError as error:
        raise StoreCorruptError("an object's record cannot be read", where=f"shelf {where}") from error
    if len(said) > 1:  # an attribute of MISP and the indicator that it is shown as have their UUID in common
        said = [fact for fact in said if fact.entity[-_UUID:].lower() == ref[-_UUID:].lower()]
    return said[0].value if said else ""


class ShelfReading(Linked):
    """What can be read of the collections."""

    def shelf(self, asked: Asked) -> list[ShelfRow]:
        """Return the rows of a collection that may be seen and fit, in their order."""
        sql, values = _query(asked)
        rows = self._link.rows(_Row, sql, *values)
        return [
            ShelfRow(*row[:9], _content(row.body, row.number, row.id) if row.state == "live" else "") for row in rows
        ]

    def shelf_parts(self, numbers: Sequence[int], handlings: Collection[int]) -> dict[int, list[str]]:
        """Return the parts of some objects that may be seen, by the object's number."""
        sql = (
            "SELECT p.object, o.id, r.body FROM shelf_part p JOIN record r ON r.number = p.record"  # noqa: S608 - constants
            f" JOIN shelf o ON o.number = p.object WHERE p.object IN {_NUMBERS.format('?')} AND p.handling IN {_NUMBERS.format('?')} ORDER BY p.object, p.record"
        )
        found: dict[int, list[str]] = {}
        for number, ref, body in self._link.rows(tuple[int, str, bytes], sql, _json(numbers), _json(handlings)):
            if text := _content(body, number, ref):
                found.setdefault(number, []).append(text)
        return found

    def shelf_handlings(self) -> list[tuple[int, Handling]]:
        """Return every handling that an object in a collection has, by its number."""
        rows = self._link.rows(tuple[int, bytes], "SELECT number, body FROM shelf_handling ORDER BY number")
        return [(number, decode(body, Handling)) for number, body in rows]

    def shelf_count(self, collection: int) -> int:
        """Return how many objects a collection shows to somebody who may see all."""
        sql = "SELECT COUNT(*) FROM shelf WHERE collection = ? AND state IN ('live', 'revoked')"
        return self._link.number(sql, collection)

    def shelf_knows(self, refs: Iterable[str], handlings: Collection[int] | None = None) -> set[str]:
        """Return which of some objects stand in any collection, also those that are held.

        Args:
            refs: the objects.
            handlings: those that may be seen; all if nothing is given.
        """
        sql = f"SELECT id, handling FROM shelf WHERE state <> 'withdrawn' AND id IN {_LIST.format('?')}"  # noqa: S608
        rows = self._link.rows(tuple[str, int], sql, _json(refs))
        return {ref for ref, handling in rows if handlings is None or handling in handlings}

    def shelf_versions(
        self, collection: int, ids: Iterable[str], handlings: Collection[int] | None = None
    ) -> set[tuple[str, str]]:
        """Return identifier and version of those of some objects that a collection holds already.

        Of an object that has no versions, an empty version stands beside.

        Args:
            collection: its number.
            ids: the objects.
            handlings: those that may be seen; all if nothing is given.
        """
        sql = (
            "SELECT id, version, created, handling FROM shelf WHERE collection = ? AND state IN ('live', 'held')"  # noqa: S608 - constants
            f" AND id IN {_LIST.format('?')}"
        )
        found = self._link.rows(tuple[str, str, str, int], sql, collection, _json(ids))
        rows = [row[:3] for row in found if handlings is None or row[3] in handlings]
        return {(ref, version) for ref, version, _ in rows} | {(ref, "") for ref, _, created in rows if not created}

    def shelf_bodies(self, ref: str) -> list[str]:
        """Return the content of every version of an object that stands in any collection."""
        sql = (
            "SELECT o.number, r.body FROM shelf o JOIN record r ON r.number = o.record"
            " WHERE o.id = ? AND o.state IN ('live', 'held') ORDER BY o.version"
        )
        return [_content(body, number, ref) for number, body in self._link.rows(tuple[int, bytes], sql, ref)]

    def shelf_records(self, collection: int, ids: Iterable[str]) -> list[tuple[int, str, RecordId]]:
        """Return the rows of some objects in a collection: number, version, record; parts behind their object."""
        sql = (
            "SELECT o.number, o.version, r.id FROM shelf o JOIN record r ON r.number = o.record"  # noqa: S608
            f" WHERE o.id IN {_LIST.format('?2')} AND o.collection = ?1 AND o.state IN ('live', 'held', 'revoked')"
            " UNION ALL SELECT o.number, o.version, r.id FROM shelf o JOIN shelf_part p ON p.object = o.number"
            f" JOIN record r ON r.number = p.record WHERE o.id IN {_LIST.format('?2')} AND o.collection = ?1"
            " AND o.state IN ('live', 'held', 'revoked') ORDER BY 1"
        )
        rows = self._link.rows(tuple[int, str, str], sql, collection, _json(ids))
        return [(number, version, RecordId(ref)) for number, version, ref in rows]

    def shelf_held(self) -> list[Held]:
        """Return the objects that are held."""
        sql = (
            "SELECT o.number, o.id, o.version, o.collection, w.ref FROM shelf o LEFT JOIN shelf_waits w"
            " ON w.object = o.number WHERE o.state = 'held' ORDER BY o.number, w.ref"
        )
        found: dict[int, Held] = {}
        for number, ref, version, collection, waits in self._link.rows(tuple[int, str, str, int, str | None], sql):
            before = found.get(number)
            held = (*before.waits, waits) if before and waits else (waits,) if waits else ()
            found[number] = Held(number, ref, version, collection, held)
        return list(found.values())

    def shelf_revoked(self, collection: int, ids: Iterable[str]) -> list[tuple[str, RecordId]]:
        """Return which of some objects stand revoked in a collection, each with the record that was withdrawn."""
        sql = (
            "SELECT o.id, r.id FROM shelf o JOIN record r ON r.number = o.record"  # noqa: S608 - constants
            f" WHERE o.id IN {_LIST.format('?2')} AND o.collection = ?1 AND o.state = 'revoked'"
        )
        return [
            (ref, RecordId(record)) for ref, record in self._link.rows(tuple[str, str], sql, collection, _json(ids))
        ]

    def shelf_withdrawn(self) -> list[str]:
        """Return the objects that were withdrawn by their originators and of which no version stands any more."""
        sql = (
            "SELECT DISTINCT id FROM shelf o WHERE state = 'withdrawn' AND NOT EXISTS"
            " (SELECT 1 FROM shelf n WHERE n.id = o.id AND n.state = 'live') ORDER BY id"
        )
        return [ref for (ref,) in self._link.rows(tuple[str], sql)]

    def shelf_behind(self) -> bool:
        """Return whether there are records that nobody has looked at for objects."""
        return self._link.number("SELECT MAX(number) FROM record") > self._link.number(_LOOKED_AT)

    def shelf_fresh(self, limit: int) -> tuple[list[Fresh], int]:
        """Return records after those that were looked at and that may hold objects, and up to where they reach."""
        seen = self._link.number(_LOOKED_AT)
        sql = "SELECT MAX(number) FROM (SELECT number FROM record WHERE number > ? ORDER BY number LIMIT ?) AS few"
        end = self._link.number(sql, seen, limit) or seen
        sql = (
            "SELECT number, id, body FROM record r WHERE number > ? AND number <= ? AND source IN ('exchange', 'misp',"
            " 'stix') AND marked = 0 AND NOT EXISTS (SELECT 1 FROM shelf WHERE record = r.number)"
            " AND NOT EXISTS (SELECT 1 FROM shelf_part WHERE record = r.number) ORDER BY number"
        )
        rows = self._link.rows(tuple[int, str, bytes], sql, seen, end)
        needle = f'"{CONTENT}"'.encode()
        found = [Fresh(number, RecordId(ref), decode(body, Record)) for number, ref, body in rows if needle in body]
        return found, end


def _query(asked: Asked) -> tuple[str, list[Value]]:
    values: list[Value] = [asked.collection, asked.after, _json(asked.handlings), asked.limit]
    index = "shelf_page"
    tests = [
        "o.collection = ?1",
        "o.number > ?2",
        "o.state IN ('live', 'revoked')",
        f"o.handling IN {_NUMBERS.format('?3')}",
    ]

    def bind(value: Value) -> str:
        values.append(value)
        return f"?{len(values)}"

    if asked.added_after is not None:
        # Within a collection times never run backwards: one look finds where to begin.
        start = bind(asked.added_after)
        tests.append(
            "o.number >= (SELECT number FROM shelf WHERE collection = ?1 AND added > "  # noqa: S608 - a number of our own
            f"{start} ORDER BY added, number LIMIT 1)"
        )
    if asked.types is not None:
        tests.append(f"o.type IN {_LIST.format(bind(_json(asked.types)))}")
    if asked.ids is not None:
        index = "shelf_id"
        tests.append(f"o.id IN {_LIST.format(bind(_json(asked.ids)))}")
    if asked.specs is not None:
        listed = _LIST.format(bind(_json(asked.specs)))
        same = f"n.spec IN {listed}"
        tests.append(f"o.spec IN {listed}")
    else:
        same = "n.spec = o.spec"
        tests.append(f"(o.spec = '{NEWEST_SPEC}' OR {_NONE_NEWER})")
    if "all" not in asked.versions:
        ways = [_MOST.format(sign, same) for name, sign in (("last", ">"), ("first", "<")) if name in asked.versions]
        named = [version for version in asked.versions if version not in {"last", "first"}]
        if named:
            ways.append(f"o.version IN {_LIST.format(bind(_json(named)))}")
        tests.append(f"({' OR '.join(['o.sole = 1', *ways] if len(named) < len(asked.versions) else ways)})")
    sql = (
        "SELECT o.number, o.id, o.type, o.version, o.spec, o.created, o.added, o.handling, o.state, r.body"  # noqa: S608 - constants
        f" FROM shelf o INDEXED BY {index} CROSS JOIN record r ON r.number = o.record"
        f" WHERE {' AND '.join(tests)} ORDER BY o.number LIMIT ?4"
    )
    return sql, values


_SEEN: Final = f"n.state IN ('live', 'revoked') AND n.handling IN {_NUMBERS.format('?3')}"
_MOST: Final = (
    "NOT EXISTS (SELECT 1 FROM shelf n WHERE n.id = o.id AND n.collection = ?1 AND n.version {} o.version AND {}"  # noqa: S608 - constants
    f" AND {_SEEN})"
)
_NONE_NEWER: Final = f"NOT EXISTS (SELECT 1 FROM shelf n WHERE n.id = o.id AND n.collection = ?1 AND n.spec = '{NEWEST_SPEC}' AND {_SEEN})"  # noqa: S608 - constants


def _json(values: Iterable[str | int]) -> str:
    return encode(list(values)).decode()


class ShelfWriting(ShelfReading):
    """What can be put into collections and taken out."""

    now: datetime

    def put_on_shelf(self, collection: int, objects: Sequence[Placed], *, added: int | None = None) -> None:
        """Put objects into a collection, in this order, each with a number of its own.

        Args:
            collection: its number.
            objects: their records must be kept already.
            added: when, in microseconds since 1970; else now, and never before the last that was put there.
        """
        if added is None:
            added = self._added_now(collection)
        several = self._several(collection, [one.id for one in objects])
        numbers: dict[Handling, int] = {}
        rows: list[tuple[Value, ...]] = []
        for one in objects:
            ref, handling = one.records[0]
            state = "held" if one.waits else "live"
            number = numbers.get(handling) or numbers.setdefault(handling, self._handling(handling))
            version = one.version or from_micros(added).strftime(_VERSION)
            row = (
                collection,
                one.id,
                one.type,
                version,
                one.spec,
                one.created,
                added,
                number,
                state,
                one.id not in several,
                ref,
            )
            if one.waits or len(one.records) > 1:
                self._link.many(_PUT, rows)
                rows = []
                self._link.run(_PUT, *row)
                self._put_more(one, numbers)
            else:
                rows.append(row)
        self._link.many(_PUT, rows)

    def unrevoke(self, collection: int, refs: Iterable[str]) -> None:
        """Take away the revoked versions of objects that their originators say anew, or replace."""
        self._link.many(
            "UPDATE shelf SET state = 'withdrawn' WHERE id = ? AND collection = ? AND state = 'revoked'",
            [(ref, collection) for ref in refs],
        )

    def take_off_shelf(self, numbers: Iterable[int]) -> None:
        """Take rows out of their collections; that they stood there stays."""
        self._link.many(
            "UPDATE shelf SET state = 'deleted' WHERE number = ? AND state <> 'withdrawn'",
            [(number,) for number in numbers],
        )

    def release_held(self, refs: Iterable[str]) -> int:
        """Show what waited for objects that have come and for nothing else, each as if it had been added now."""
        sql = f"SELECT DISTINCT object FROM shelf_waits WHERE ref IN {_LIST.format('?')} ORDER BY object"  # noqa: S608 - constants
        names = _json(refs)
        waiting = [number for (number,) in self._link.rows(tuple[int], sql, names)]
        if not waiting:
            return 0
        self._link.run(f"DELETE FROM shelf_waits WHERE ref IN {_LIST.format('?')}", names)  # noqa: S608
        done = 0
        for number in waiting:
            if self._link.one(tuple[int], "SELECT 1 FROM shelf_waits WHERE object = ? LIMIT 1", number) is None:
                done += self.move_up(number)
        return done

    def move_up(self, number: int) -> int:
        """Give a row a new number at the end of its collection, and show it: its readers come past it again."""
        added = "MAX(?, COALESCE((SELECT MAX(added) FROM shelf m WHERE m.collection = o.collection AND m.state <> 'held'), 0))"
        moved = self._link.run(
            "INSERT INTO shelf (collection, id, type, version, spec, created, added, handling, record, sole, state)"  # noqa: S608
            f" SELECT collection, id, type, version, spec, created, {added}, handling, record, sole, 'live' FROM shelf o"
            " WHERE number = ? AND state IN ('held', 'live')",
            to_micros(self.now),
            number,
        )
        if moved:
            self._link.run("UPDATE shelf_part SET object = (SELECT MAX(number) FROM shelf) WHERE object = ?", number)
            self._link.run("DELETE FROM shelf WHERE number = ?", number)
        return moved

    def replace_held(self, number: int) -> None:
        """Take away the row of a held object whose place another row takes."""
        self._link.run("DELETE FROM shelf_waits WHERE object = ?", number)
        self._link.run("UPDATE shelf SET state = 'deleted' WHERE number = ?", number)

    def saw_records(self, end: int) -> None:
        """Remember up to which record everything was looked at."""
        self._link.run("UPDATE shelf_seen SET record = MAX(record, ?)", end)

    def withdraw_from_shelf(self, ref: RecordId) -> None:
        """Take what a record holds out of every collection; where the type allows it, a revoked version takes its place."""
        found = self._link.rows(
            tuple[int, str, int],
            "SELECT number, type, collection FROM shelf WHERE record = (SELECT number FROM record WHERE id = ?)"
            " AND state IN ('live', 'held')",
            ref,
        )
        for number, kind, collection in found:
            self._link.run("UPDATE shelf SET state = 'withdrawn' WHERE number = ?", number)
            if kind in REVOCABLE:
                added = self._added_now(collection)
                self._link.run("UPDATE shelf SET sole = 0 WHERE number = ?", number)
                self._link.run(_REVOKE, self.now.strftime(_VERSION), added, number)
        parts = self._link.rows(
            tuple[int, str],
            "SELECT p.object, o.state FROM shelf_part p JOIN shelf o ON o.number = p.object"
            " WHERE p.record = (SELECT number FROM record WHERE id = ?)",
            ref,
        )
        for number, state in parts:
            self._link.run(
                "DELETE FROM shelf_part WHERE object = ? AND record = (SELECT number FROM record WHERE id = ?)",
                number,
                ref,
            )
            if state == "live":  # what is held gets its number once all has come that it waits for
                self.move_up(number)

    def _added_now(self, collection: int) -> int:
        """Return when something is put into a collection now, in microseconds: never before the last, whatever the clock says."""
        last = self._link.number("SELECT MAX(added) FROM shelf WHERE collection = ?", collection)
        return max(to_micros(self.now), last)

    def _several(self, collection: int, ids: Sequence[str]) -> set[str]:
        """Return which of some objects that are to be put there a collection holds already, or gets twice."""
        again = {ref for ref, times in Counter(ids).items() if times > 1}
        sql = f"SELECT DISTINCT id FROM shelf WHERE collection = ? AND id IN {_LIST.format('?')}"  # noqa: S608
        there = {ref for (ref,) in self._link.rows(tuple[str], sql, collection, _json(dict.fromkeys(ids)))}
        self._link.many(
            "UPDATE shelf SET sole = 0 WHERE id = ? AND collection = ?", [(ref, collection) for ref in sorted(there)]
        )
        return again | there

    def _put_more(self, one: Placed, numbers: dict[Handling, int]) -> None:
        last = self._link.last_number()
        for ref, handling in one.records[1:]:
            number = numbers.get(handling) or numbers.setdefault(handling, self._handling(handling))
            self._link.run(
                "INSERT OR IGNORE INTO shelf_part SELECT ?, number, ? FROM record WHERE id = ?", last, number, ref
            )
        self._link.many("INSERT OR IGNORE INTO shelf_waits VALUES (?, ?)", [(ref, last) for ref in one.waits])

    def _handling(self, handling: Handling) -> int:
        body = encode(handling)
        self._link.run("INSERT OR IGNORE INTO shelf_handling (body) VALUES (?)", body)
        return self._link.number("SELECT number FROM shelf_handling WHERE body = ?", body)


_PUT: Final = (
    "INSERT INTO shelf (collection, id, type, version, spec, created, added, handling, state, sole, record)"
    # Not INSERT ... SELECT, which SQLite does for each row in a statement of its own: three times the time.
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT number FROM record WHERE id = ?))"
)
_REVOKE: Final = (
    "INSERT INTO shelf (collection, id, type, version, spec, created, added, handling, record, sole, state)"
    " SELECT collection, id, type, MAX(version, ?), spec, created, ?, handling, record, 0, 'revoked' FROM shelf WHERE number = ?"
)
