"""Every way to ask for the rows of a collection gives what a plain look through all rows gives."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.model.threat import CONTENT
from headwater.store import Asked, Placed, ShelfRow, Store, StoreOptions, Transaction
from headwater.testing.fakes import FakeClock, SeededChance

HANDLINGS: Final = tuple(Handling(codes=frozenset({code})) for code in ("TLP:GREEN", "TLP:AMBER", "TLP:CLEAR"))
OBJECTS: Final = (
    # collection, identifier, type, version, spec, created, handling
    (1, "indicator--a", "indicator", "2", "2.1", "2026", 0), (1, "note--b", "note", "1", "2.1", "2026", 1),
    (2, "indicator--a", "indicator", "1", "2.1", "2026", 0), (1, "indicator--a", "indicator", "1", "2.1", "2026", 1),
    (1, "tool--c", "tool", "1", "2.0", "2026", 0), (1, "tool--c", "tool", "1", "2.1", "2026", 1),
    (1, "indicator--a", "indicator", "3", "2.1", "2026", 2), (1, "note--b", "note", "2", "2.0", "2026", 0),
    (1, "artifact--d", "artifact", "", "2.1", "", 0), (2, "note--b", "note", "3", "2.1", "2026", 0),
    (1, "tool--c", "tool", "2", "2.0", "2026", 0), (1, "malware--e", "malware", "1", "2.1", "2026", 0),
    (1, "note--f", "note", "1", "2.1", "2026", 0), (1, "malware--e", "malware", "2", "2.1", "2026", 2),
)  # fmt: skip
HELD: Final = (1, "report--g", "report", "1", "2.1", "2026", 0)


class Row(NamedTuple):
    """A row as it stands in the table."""

    number: int
    collection: int
    id: str
    type: str
    version: str
    spec: str
    created: str
    added: int
    handling: int
    state: str
    source: str


def record(of: tuple[Any, ...]) -> Record:
    collection, ref, _, version, spec, _, handling = of
    key = EntityKey(ref)
    return Record(
        origin=Origin(AuthorityId("UK-CERT"), "stix", place=f"{collection} {spec}", version=version),
        handling=HANDLINGS[handling],
        mentions=(Mention(key, "Note"),),
        facts=(Fact(key, CONTENT, f"{collection} {ref} {version} {spec}"),),
    )


def put(tx: Transaction, of: tuple[Any, ...], waits: tuple[str, ...] = ()) -> None:
    collection, ref, kind, version, spec, created, handling = of
    kept = [(tx.put_record(record(of)), HANDLINGS[handling])]
    tx.put_on_shelf(collection, [Placed(ref, kind, version, created, kept, waits, spec)])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Collections with objects that are live, held, revoked, withdrawn and deleted, each put there a minute after the last."""
    clock = FakeClock()
    options = StoreOptions(synchronous="OFF", threaded=False)
    made = Store.create(tmp_path / "node", clock=clock, chance=SeededChance(), options=options)
    for number, of in enumerate(OBJECTS):
        clock.move(timedelta(minutes=1))
        made.write(lambda tx, of=of: put(tx, of))  # type: ignore[misc]
        if number == 5:
            made.write(lambda tx: put(tx, HELD, ("nobody",)))
    clock.move(timedelta(minutes=1))
    made.write(lambda tx: tx.erase_facts(record(OBJECTS[11]).id, [0], who="w"))
    made.write(lambda tx: tx.take_off_shelf([next(row.number for row in rows(made) if row.id == "note--f")]))
    yield made
    made.close()


def rows(store: Store) -> list[Row]:
    sql = "SELECT o.number, collection, o.id, type, version, spec, created, added, handling, state, r.id FROM shelf o JOIN record r ON r.number = o.record ORDER BY o.number"
    with store.snapshot() as snapshot:
        return snapshot._link.rows(Row, sql)


def wanted(every: list[Row], asked: Asked) -> list[tuple[Any, ...]]:
    """What is asked for, by looking at each row and at all others."""
    seen = [
        row
        for row in every
        if row.collection == asked.collection and row.state in ("live", "revoked") and row.handling in asked.handlings
    ]
    found = []
    for row in seen:
        if asked.specs is None:
            here = row.spec == "2.1" or not any(one.id == row.id and one.spec == "2.1" for one in seen)
            others = [one.version for one in seen if one.id == row.id and one.spec == row.spec]
        else:
            here = row.spec in asked.specs
            others = [one.version for one in seen if one.id == row.id and one.spec in asked.specs]
        of = {"all", row.version, *(["last"] if row.version == max(others, default="") else [])}
        of |= {"first"} if row.version == min(others, default="") else set()
        if (
            here
            and row.number > asked.after
            and (asked.added_after is None or row.added > asked.added_after)
            and (asked.ids is None or row.id in asked.ids)
            and (asked.types is None or row.type in asked.types)
            and of & {*asked.versions}
        ):
            found.append(row[:1] + row[2:10])
    return found[: asked.limit]


def questions(every: list[Row]) -> Iterator[dict[str, Any]]:
    times = sorted({row.added for row in every})
    ids = (None, (), ("indicator--a", "tool--c"), ("malware--e", "report--g", "nobody"))
    versions: Iterable[tuple[str, ...]] = (
        ("last",), ("first",), ("first", "last"), ("all",), ("1",), ("2", "first"), ("last", "1"), ("3", "2"),
    )  # fmt: skip
    for of, which, spec in product(ids, versions, (None, ("2.0",), ("2.1",), ("2.1", "2.0"))):
        yield {"ids": of, "versions": which, "specs": spec}
    for types, after, limit in product((None, ("tool", "note"), ()), (0, 3, 9), (1, 4, 100)):
        yield {"types": types, "after": after, "limit": limit, "versions": ("all",)}
    for time in (0, *times, times[-1] + 1):
        yield {"added_after": time}
        yield {"added_after": time, "types": ("indicator", "malware"), "versions": ("all",), "ids": ("indicator--a", "malware--e")}  # fmt: skip


def test_rows_are_those_of_a_plain_look_through_all(store: Store) -> None:
    every = rows(store)
    assert {row.state for row in every} == {"live", "held", "revoked", "withdrawn", "deleted"}
    with store.snapshot() as snapshot:
        numbers = dict(snapshot.shelf_handlings())
        assert sorted(numbers.values(), key=repr) == sorted(HANDLINGS, key=repr)
        given = 0
        for more, seen in product(questions(every), ([*numbers], [*numbers][:2], [*numbers][2:], [])):
            asked = Asked(more.pop("collection", 1), seen, **more)
            found = snapshot.shelf(asked)
            assert [row[:9] for row in found] == wanted(every, asked), asked
            given += len(found)
        assert given > 800
        other = Asked(2, [*numbers], versions=("all",))
        assert [row[:9] for row in snapshot.shelf(other)] == wanted(every, other)


def test_what_is_asked_for_when_nothing_is_said_is_the_last_hundred_versions(store: Store) -> None:
    with store.snapshot() as snapshot:
        numbers = [number for number, _ in snapshot.shelf_handlings()]
        plain = snapshot.shelf(Asked(1, numbers))
        assert plain == snapshot.shelf(Asked(1, numbers, 0, 100, None, None, None, ("last",), None))
        of = {row.number: row.id for row in plain}
    assert "note--f" not in of.values()

    def many(tx: Transaction) -> None:
        for number in range(120):
            put(tx, (3, f"note--{number}", "note", "1", "2.1", "2026", 0))

    store.write(many)
    with store.snapshot() as snapshot:
        told: list[ShelfRow] = snapshot.shelf(Asked(3, numbers))
        assert len(told) == 100
        assert told[0].content == "3 note--0 1 2.1"


def test_content_is_shown_of_what_lives_and_of_nothing_that_was_withdrawn(store: Store) -> None:
    with store.snapshot() as snapshot:
        numbers = [number for number, _ in snapshot.shelf_handlings()]
        for collection in (1, 2):
            for row in snapshot.shelf(Asked(collection, numbers, versions=("all",))):
                said = f"{collection} {row.id} {'' if row.id == 'artifact--d' else row.version} {row.spec}"
                assert row.content == ("" if row.state == "revoked" else said)


def test_every_other_question_about_objects_is_answered_from_the_same_rows(store: Store) -> None:
    every = rows(store)
    ids = sorted({row.id for row in every})
    by = {state: [row for row in every if row.state == state] for state in {row.state for row in every}}
    with store.snapshot() as snapshot:
        numbers = [number for number, _ in snapshot.shelf_handlings()]
        shown = [row for row in every if row.state in ("live", "revoked")]
        for collection in (1, 2, 3):
            here = [row for row in every if row.collection == collection]
            assert snapshot.shelf_count(collection) == sum(row.collection == collection for row in shown)
            for seen in (None, numbers[:1], []):
                held = [row for row in here if row.state in ("live", "held") and (seen is None or row.handling in seen)]
                pairs = {(row.id, row.version) for row in held} | {(row.id, "") for row in held if not row.created}
                assert snapshot.shelf_versions(collection, ids, seen) == pairs
            kept = [(row.number, row.version, row.source) for row in here if row.state in ("live", "held", "revoked")]
            assert snapshot.shelf_records(collection, ids) == kept
            assert snapshot.shelf_records(collection, ids[:2]) == [
                one for one in kept if next(row.id for row in every if row.number == one[0]) in ids[:2]
            ]
            assert snapshot.shelf_revoked(collection, ids) == [
                (row.id, row.source) for row in by["revoked"] if row.collection == collection
            ]
        for seen in (None, numbers[:1], []):
            known = {row.id for row in every if row.state != "withdrawn" and (seen is None or row.handling in seen)}
            assert snapshot.shelf_knows([*ids, "nobody"], seen) == known
        for ref in ids:
            of = sorted(
                (row for row in every if row.id == ref and row.state in ("live", "held")), key=lambda r: r.version
            )
            assert len(snapshot.shelf_bodies(ref)) == len(of)
        assert [(one.number, one.id, one.version, one.collection, one.waits) for one in snapshot.shelf_held()] == [
            (row.number, row.id, row.version, 1, ("nobody",)) for row in by["held"]
        ]
