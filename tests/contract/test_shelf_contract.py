"""What every store must do with collections of threat intelligence, whatever it keeps its rows in."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headwater.errors import FormatError
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.model.threat import CONTENT
from headwater.store import Asked, Placed, ShelfRow, Store, Transaction
from headwater.store.rows import to_micros
from tests.contract.test_store_contract import BACK_ENDS, Sqlite

OPEN, STRICT = (
    Handling(codes=frozenset({"TLP:GREEN"})),
    Handling(codes=frozenset({"TLP:RED"}), addressees=frozenset({"a"})),
)


@pytest.fixture(params=BACK_ENDS)
def end(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sqlite]:
    made = BACK_ENDS[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture
def store(end: Sqlite) -> Store:
    return end.open()


def record(ref: str, version: str, handling: Handling = OPEN) -> Record:
    key = EntityKey(ref)
    return Record(
        origin=Origin(AuthorityId("UK-CERT"), "stix", place=ref, version=version),
        handling=handling,
        mentions=(Mention(key, "Note"),),
        facts=(Fact(key, CONTENT, f'{{"id":"{ref}","v":"{version}"}}'),),
    )


def put(tx: Transaction, *names: tuple[str, str], handling: Handling = OPEN, waits: tuple[str, ...] = ()) -> None:
    placed = [
        Placed(ref, "indicator", version, "2026", [(tx.put_record(record(ref, version, handling)), handling)], waits)
        for ref, version in names
    ]
    tx.put_on_shelf(1, placed)


def rows(store: Store, **asked: object) -> list[ShelfRow]:
    with store.snapshot() as snapshot:
        seen = tuple(number for number, one in snapshot.shelf_handlings() if one == OPEN or asked.get("all_seen"))
        asked.pop("all_seen", None)
        return snapshot.shelf(Asked(1, seen, **asked))  # type: ignore[arg-type]


def test_numbers_only_grow_and_are_never_given_twice(store: Store) -> None:
    store.write(lambda tx: put(tx, ("a", "1"), ("b", "1")))
    last = rows(store)[-1].number
    store.write(lambda tx: tx.take_off_shelf([last]))
    store.write(lambda tx: put(tx, ("c", "1")))
    assert [row.id for row in rows(store)] == ["a", "c"]
    assert rows(store)[-1].number > last


def test_what_was_put_there_is_there_after_opening_again(end: Sqlite) -> None:
    end.open().write(lambda tx: put(tx, ("a", "1")))
    assert [row.content for row in rows(end.open())] == ['{"id":"a","v":"1"}']


def test_a_change_that_fails_leaves_nothing_on_the_shelf(store: Store) -> None:
    def fail(tx: Transaction) -> None:
        put(tx, ("a", "1"))
        raise FormatError("planted")

    with pytest.raises(FormatError, match="planted"):
        store.write(fail)
    assert rows(store) == []


def test_the_last_version_is_decided_among_what_may_be_seen(store: Store) -> None:
    store.write(lambda tx: put(tx, ("a", "1"), ("b", "1")))
    store.write(lambda tx: put(tx, ("a", "2")))
    store.write(lambda tx: put(tx, ("a", "3"), handling=STRICT))
    assert [(row.id, row.version) for row in rows(store)] == [("b", "1"), ("a", "2")]
    assert [(row.id, row.version) for row in rows(store, all_seen=True)] == [("b", "1"), ("a", "3")]
    assert [row.version for row in rows(store, versions=("first",), ids=("a",))] == ["1"]
    assert [row.version for row in rows(store, versions=("all",), ids=("a",))] == ["1", "2"]
    assert [row.version for row in rows(store, versions=("2",))] == ["2"]


def test_times_within_a_collection_never_run_backwards(store: Store, end: Sqlite) -> None:
    store.write(lambda tx: put(tx, ("a", "1")))
    end.clock.move(-timedelta(days=1))
    store.write(lambda tx: put(tx, ("b", "1")))
    first, second = rows(store)
    assert second.added == first.added
    assert rows(store, added_after=first.added) == []
    assert len(rows(store, added_after=first.added - 1)) == 2


def test_what_is_held_is_not_shown_until_all_has_come_and_then_stands_last(store: Store) -> None:
    store.write(lambda tx: put(tx, ("a", "1"), waits=("x", "y")))
    store.write(lambda tx: put(tx, ("x", "1")))
    assert store.write(lambda tx: tx.release_held(["nobody waits for it"])) == 0
    assert store.write(lambda tx: tx.release_held(["x"])) == 0
    assert [row.id for row in rows(store)] == ["x"]
    assert store.write(lambda tx: tx.release_held(["y"])) == 1
    assert [row.id for row in rows(store)] == ["x", "a"]


@pytest.mark.parametrize("act", ["erase", "restrict"])
def test_a_fact_that_is_withdrawn_takes_its_object_off_and_puts_a_revoked_one(
    store: Store, end: Sqlite, act: str
) -> None:
    store.write(lambda tx: put(tx, ("a", "1"), ("b", "1")))
    before = rows(store)
    end.clock.move(timedelta(minutes=1))
    ref = record("a", "1").id
    store.write(lambda tx: tx.erase_facts(ref, [0], who="w") if act == "erase" else tx.restrict_facts(ref, [0], None))
    kept, revoked = rows(store)
    assert (kept.id, revoked.id, revoked.state, revoked.content) == ("b", "a", "revoked", "")
    assert revoked.number > before[-1].number
    assert revoked.added > before[-1].added
    with store.snapshot() as snapshot:
        assert snapshot.shelf_withdrawn() == ["a"]
    assert store.check() == []


def test_what_is_revoked_by_a_clock_that_runs_back_stands_behind_all_before(store: Store, end: Sqlite) -> None:
    store.write(lambda tx: put(tx, ("a", "1"), ("b", "1")))
    before = rows(store)
    end.clock.move(-timedelta(days=1))
    store.write(lambda tx: tx.erase_facts(record("a", "1").id, [0], who="w"))
    assert rows(store)[-1].added == before[-1].added


def test_a_revoked_version_goes_when_its_object_is_said_anew(store: Store) -> None:
    store.write(lambda tx: put(tx, ("a", "1"), ("b", "1")))
    store.write(lambda tx: tx.erase_facts(record("a", "1").id, [0], who="w"))
    store.write(lambda tx: tx.unrevoke(2, ["a"]))  # of another collection
    assert [row.state for row in rows(store, ids=("a",))] == ["revoked"]
    store.write(lambda tx: tx.unrevoke(1, ["a", "b"]))
    assert rows(store, ids=("a",)) == []
    assert [row.state for row in rows(store, ids=("b",))] == ["live"]


def test_a_held_object_that_another_replaces_waits_for_nothing_any_more(store: Store) -> None:
    store.write(lambda tx: put(tx, ("a", "1"), waits=("x",)))
    with store.snapshot() as snapshot:
        [held] = snapshot.shelf_held()
    store.write(lambda tx: tx.replace_held(1))
    assert held.id == "a"
    assert store.write(lambda tx: tx.release_held(["x"])) == 0
    with store.snapshot() as snapshot:
        assert list(snapshot.shelf_held()) == []
        assert snapshot._link.number("SELECT COUNT(*) FROM shelf_waits") == 0


def test_an_object_of_several_records_comes_again_without_the_one_that_was_withdrawn(store: Store, end: Sqlite) -> None:
    def change(tx: Transaction) -> None:
        held = [(tx.put_record(record("a", version)), OPEN) for version in ("1", "2")]
        tx.put_on_shelf(1, [Placed("a", "indicator", "1", "2026", held, ())])
        put(tx, ("b", "1"))

    store.write(change)
    before = rows(store)
    end.clock.move(timedelta(minutes=1))
    store.write(lambda tx: tx.erase_facts(record("a", "2").id, [0], who="w"))
    after = rows(store)
    assert [row.id for row in after] == ["b", "a"]
    assert (after[-1].state, after[-1].added > before[-1].added) == ("live", True)


def test_the_time_of_another_server_is_kept(store: Store) -> None:
    moment = to_micros(datetime(2020, 1, 1, tzinfo=UTC))

    def change(tx: Transaction) -> None:
        ref = tx.put_record(record("a", ""))
        tx.put_on_shelf(1, [Placed("a", "artifact", "", "", [(ref, OPEN)])], added=moment)

    store.write(change)
    [row] = rows(store)
    assert (row.added, row.version) == (moment, "2020-01-01T00:00:00.000000000Z")


def test_records_that_nobody_looked_at_are_found_once(store: Store) -> None:
    store.write(lambda tx: tx.add_record(record("a", "1")))
    with store.snapshot() as snapshot:
        assert snapshot.shelf_behind()
        fresh, end = snapshot.shelf_fresh(10)
    assert [one.record for one in fresh] == [record("a", "1")]
    store.write(lambda tx: tx.saw_records(end))
    with store.snapshot() as snapshot:
        assert not snapshot.shelf_behind()
        assert snapshot.shelf_fresh(10)[0] == []


def test_the_records_of_an_object_are_those_that_one_collection_has(store: Store) -> None:
    def change(tx: Transaction) -> None:
        for collection, versions in ((1, ("1", "2")), (2, ("3", "4"))):
            kept = [(tx.put_record(record("a", version)), OPEN) for version in versions]
            tx.put_on_shelf(collection, [Placed("a", "indicator", "1", "2026", kept, ())])

    store.write(change)
    with store.snapshot() as snapshot:
        told = [{ref for _, _, ref in snapshot.shelf_records(collection, ["a"])} for collection in (1, 2, 3)]
    assert told == [{record("a", "1").id, record("a", "2").id}, {record("a", "3").id, record("a", "4").id}, set()]


@pytest.mark.parametrize("act", ["erase", "restrict"])
def test_a_record_withdrawn_before_anybody_looked_at_it_is_not_looked_at_for_objects(store: Store, act: str) -> None:
    store.write(lambda tx: [tx.add_record(record(ref, "1")) for ref in ("a", "b")])
    ref = record("a", "1").id
    store.write(lambda tx: tx.erase_facts(ref, [0], who="w") if act == "erase" else tx.restrict_facts(ref, [0], None))
    with store.snapshot() as snapshot:
        assert [one.id for one in snapshot.shelf_fresh(10)[0]] == [record("b", "1").id]


def test_of_several_objects_in_a_record_the_one_of_its_name_is_shown_however_its_letters_are_written(
    store: Store,
) -> None:
    name = "0AC5E1D2-0000-4000-8000-00000000000B"
    keys = [EntityKey(f"indicator--{number}") for number in (name[:-1].lower() + "a", name)]

    def change(tx: Transaction) -> None:
        kept = replace(
            record("a", "1"),
            mentions=tuple(Mention(key, "Note") for key in keys),
            facts=tuple(Fact(key, CONTENT, str(place)) for place, key in enumerate(keys)),
        )
        placed = Placed(f"indicator--{name.lower()}", "indicator", "1", "2026", [(tx.put_record(kept), OPEN)])
        tx.put_on_shelf(1, [placed])

    store.write(change)
    assert [row.content for row in rows(store)] == ["1"]
