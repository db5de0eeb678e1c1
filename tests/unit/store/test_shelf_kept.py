"""What each act leaves in the rows of a collection, row by row."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.model.threat import CONTENT
from headwater.store import Asked, Placed, Store, StoreOptions, Transaction
from headwater.store.rows import to_micros
from headwater.testing.fakes import START, FakeClock, SeededChance

OPEN: Final = Handling(codes=frozenset({"TLP:GREEN"}))
STRICT: Final = Handling(codes=frozenset({"TLP:RED"}), addressees=frozenset({"a"}))
ROWS: Final = "SELECT number, collection, id, version, (added - %d) / 60000000, handling, state, sole, record FROM shelf ORDER BY number"


class Shelf:
    """A store with its clock, which moves a minute before each act."""

    def __init__(self, home: Path) -> None:
        self.clock = FakeClock()
        options = StoreOptions(synchronous="OFF", threaded=False)
        self.store = Store.create(home, clock=self.clock, chance=SeededChance(), options=options)

    def act(self, does: Any, minutes: int = 1) -> Any:
        self.clock.move(timedelta(minutes=minutes))
        return self.store.write(does)

    def put(self, *objects: Placed, collection: int = 1, minutes: int = 1, added: int | None = None) -> None:
        self.act(lambda tx: tx.put_on_shelf(collection, objects, added=added), minutes)

    def rows(self) -> list[tuple[Any, ...]]:
        with self.store.snapshot() as snapshot:
            return snapshot._link.rows_as_they_are(ROWS % to_micros(START))

    def table(self, name: str) -> list[tuple[Any, ...]]:
        with self.store.snapshot() as snapshot:
            return sorted(snapshot._link.rows_as_they_are(f"SELECT * FROM {name}"))  # noqa: S608 - the tests' own


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "node")
    for number in range(1, 10):  # each record has the number that is in its name
        made.store.write(lambda tx, number=number: tx.add_record(record(number)))  # type: ignore[misc]
    yield made
    assert made.store.check() == []
    made.store.close()


def record(number: int, source: str = "stix", prop: str = CONTENT) -> Record:
    key = EntityKey(f"note--{number}")
    return Record(
        origin=Origin(AuthorityId("UK-CERT"), source, place=str(number)),
        handling=OPEN,
        mentions=(Mention(key, "Note"),),
        facts=(Fact(key, prop, f"content {number}"), Fact(key, "name", f"name {number}")),
    )


def placed(
    ref: str, *numbers: int, version: str = "1", waits: Sequence[str] = (), handling: Sequence[Handling] = (OPEN,) * 9, kind: str = "indicator"
) -> Placed:  # fmt: skip
    records = [(record(number).id, of) for number, of in zip(numbers, handling, strict=False)]
    return Placed(ref, kind, version, "2026", records, waits)


def test_an_object_is_the_only_one_of_its_name_until_another_comes_in_the_same_or_a_later_act(shelf: Shelf) -> None:
    shelf.put(placed("a", 1), placed("b", 2, handling=[STRICT]), placed("b", 3, version="2"))
    assert shelf.rows() == [
        (1, 1, "a", "1", 1, 1, "live", 1, 1), (2, 1, "b", "1", 1, 2, "live", 0, 2), (3, 1, "b", "2", 1, 1, "live", 0, 3),
    ]  # fmt: skip
    shelf.put(placed("a", 4), collection=2)
    assert [row[7] for row in shelf.rows()] == [1, 0, 0, 1]
    shelf.put(placed("a", 5, version="2"), placed("c", 6))
    assert shelf.rows() == [
        (1, 1, "a", "1", 1, 1, "live", 0, 1), (2, 1, "b", "1", 1, 2, "live", 0, 2), (3, 1, "b", "2", 1, 1, "live", 0, 3),
        (4, 2, "a", "1", 2, 1, "live", 1, 4), (5, 1, "a", "2", 3, 1, "live", 0, 5), (6, 1, "c", "1", 3, 1, "live", 1, 6),
    ]  # fmt: skip
    assert [number for number, _, *_ in shelf.table("shelf_handling")] == [1, 2]


def test_objects_of_several_records_and_those_that_wait_keep_their_place_in_the_order(shelf: Shelf) -> None:
    shelf.put(
        placed("a", 1), placed("b", 2, 3, 4, handling=[OPEN, STRICT, OPEN]), placed("c", 5), placed("d", 6, waits=("x", "y", "x")), placed("e", 7),
    )  # fmt: skip
    assert [(row[0], row[2], row[6], row[8]) for row in shelf.rows()] == [
        (1, "a", "live", 1), (2, "b", "live", 2), (3, "c", "live", 5), (4, "d", "held", 6), (5, "e", "live", 7),
    ]  # fmt: skip
    assert shelf.table("shelf_part") == [(2, 3, 2), (2, 4, 1)]
    assert shelf.table("shelf_waits") == [("x", 4), ("y", 4)]
    with shelf.store.snapshot() as snapshot:
        assert snapshot.shelf_parts([1, 2], [1]) == {2: ["content 4"]}
        assert snapshot.shelf_parts([2], [1, 2]) == {2: ["content 3", "content 4"]}
        assert snapshot.shelf_parts([1, 3], [1, 2]) == snapshot.shelf_parts([2], []) == {}
        assert snapshot.shelf_records(1, ["b"]) == [(2, "1", record(n).id) for n in (2, 3, 4)]


def test_an_object_without_a_version_bears_the_time_it_was_put_there(shelf: Shelf) -> None:
    shelf.put(placed("a", 1, version=""))
    shelf.put(placed("b", 2, version=""), added=to_micros(START) + 123_456)
    assert [row[3] for row in shelf.rows()] == ["2026-11-25T08:31:00.000000000Z", "2026-11-25T08:30:00.123456000Z"]


def test_what_waited_comes_at_the_end_with_the_time_it_was_let_through_and_its_parts(shelf: Shelf) -> None:
    shelf.put(placed("a", 1, 2, waits=("x", "y")), placed("b", 3, waits=("x",)), placed("c", 4, waits=("z",)))
    shelf.put(placed("d", 5))
    assert shelf.act(lambda tx: tx.release_held(["x"])) == 1
    assert [(row[0], row[2], row[4], row[6], row[7]) for row in shelf.rows()] == [
        (1, "a", 1, "held", 1), (3, "c", 1, "held", 1), (4, "d", 2, "live", 1), (5, "b", 3, "live", 1),
    ]  # fmt: skip
    assert shelf.table("shelf_waits") == [("y", 1), ("z", 3)]
    assert shelf.act(lambda tx: tx.release_held(["y", "z"]), -10) == 2
    assert [(row[0], row[2], row[4], row[6]) for row in shelf.rows()] == [
        (4, "d", 2, "live"), (5, "b", 3, "live"), (6, "a", 3, "live"), (7, "c", 3, "live"),
    ]  # fmt: skip
    assert shelf.table("shelf_part") == [(6, 2, 1)]
    assert shelf.act(lambda tx: tx.release_held(["x", "y", "z"])) == 0
    assert shelf.act(lambda tx: [tx.move_up(number) for number in (1, 99)]) == [0, 0]


def test_what_is_taken_off_or_said_anew_stays_as_a_row(shelf: Shelf) -> None:
    shelf.put(placed("a", 1), placed("b", 2), placed("c", 3, waits=("x",)), placed("d", 4))
    shelf.act(lambda tx: tx.erase_facts(record(1).id, [0, 1], who="dpo"))
    assert [(row[0], row[2], row[3], row[4], row[6], row[7]) for row in shelf.rows()] == [
        (1, "a", "1", 1, "withdrawn", 0), (2, "b", "1", 1, "live", 1), (3, "c", "1", 1, "held", 1), (4, "d", "1", 1, "live", 1),
        (5, "a", "2026-11-25T08:32:00.000000000Z", 2, "revoked", 0),
    ]  # fmt: skip
    with shelf.store.snapshot() as snapshot:
        assert snapshot.shelf_revoked(1, ["a", "b"]) == [("a", record(1).id)]
        assert (snapshot.shelf_withdrawn(), snapshot.shelf_count(1)) == (["a"], 3)
    shelf.act(lambda tx: tx.take_off_shelf([1, 2]))
    shelf.act(lambda tx: tx.replace_held(3))
    assert [row[6] for row in shelf.rows()] == ["withdrawn", "deleted", "deleted", "live", "revoked"]
    assert shelf.table("shelf_waits") == []
    shelf.act(lambda tx: tx.unrevoke(1, ["d"]))
    shelf.act(lambda tx: tx.unrevoke(2, ["a"]))
    assert shelf.rows()[-1][6] == "revoked"
    shelf.act(lambda tx: tx.unrevoke(1, ["a"]))
    assert shelf.rows()[-1][6] == "withdrawn"
    shelf.put(placed("a", 5, version="2"))
    with shelf.store.snapshot() as snapshot:
        assert snapshot.shelf_withdrawn() == []


def test_a_revoked_version_is_never_older_than_what_it_revokes_and_only_some_types_have_one(shelf: Shelf) -> None:
    shelf.put(placed("a", 1, version="9999"), placed("b", 2, kind="note"), placed("c", 3, waits=("x",)), placed("d", 4))
    shelf.put(placed("d", 4), collection=2)
    for number in (1, 2, 3, 4):
        shelf.act(lambda tx, number=number: tx.restrict_facts(record(number).id, [0], None))
    found = [(row[1], row[2], row[3][:4], row[4], row[6]) for row in shelf.rows()]
    assert found == [
        (1, "a", "9999", 1, "withdrawn"), (1, "b", "1", 1, "withdrawn"), (1, "c", "1", 1, "withdrawn"), (1, "d", "1", 1, "withdrawn"),
        (2, "d", "1", 2, "withdrawn"), (1, "a", "9999", 3, "revoked"), (1, "c", "2026", 5, "revoked"), (1, "d", "2026", 6, "revoked"),
        (2, "d", "2026", 6, "revoked"),
    ]  # fmt: skip
    shelf.act(lambda tx: tx.restrict_facts(record(1).id, [0, 1], None))
    assert len(shelf.rows()) == len(found), "what was withdrawn once is not revoked twice"


def test_a_part_that_is_withdrawn_goes_and_its_object_comes_again(shelf: Shelf) -> None:
    shelf.put(placed("a", 1, 2, 3), placed("b", 4, 2), placed("c", 5, 2, waits=("x",)))
    shelf.act(lambda tx: tx.erase_facts(record(2).id, [0], who="dpo"))
    # What is held is not shown before all has come that it waits for.
    assert [(row[0], row[2], row[4], row[6]) for row in shelf.rows()] == [
        (3, "c", 1, "held"), (4, "a", 2, "live"), (5, "b", 2, "live"),
    ]  # fmt: skip
    assert shelf.table("shelf_waits") == [("x", 3)]
    assert shelf.table("shelf_part") == [(4, 3, 1)]
    assert shelf.act(lambda tx: tx.release_held(["x"])) == 1
    assert shelf.rows()[-1][2:7] == ("c", "1", 3, 1, "live")


@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_records_are_looked_at_once_in_order_up_to_a_number_of_them(shelf: Shelf, limit: int) -> None:
    shelf.put(placed("a", 1, 3))
    extra = [record(10, "misp"), record(11, "exchange"), record(12, "report"), record(13, "stix", "name")]
    shelf.act(lambda tx: [tx.add_record(one) for one in extra])
    shelf.act(lambda tx: tx.restrict_facts(record(5).id, [1], None))
    seen: list[int] = []
    end = 0
    for _ in range(20):
        with shelf.store.snapshot() as snapshot:
            assert snapshot.shelf_behind()
            fresh, end = snapshot.shelf_fresh(limit)
            assert [one.record.id for one in fresh] == [one.id for one in fresh]
        seen += [one.number for one in fresh]
        shelf.act(lambda tx, end=end: tx.saw_records(end))
        shelf.act(lambda tx: tx.saw_records(1))  # never back
        if end == 13:
            break
    assert seen == [2, 4, 6, 7, 8, 9, 10, 11]
    with shelf.store.snapshot() as snapshot:
        assert (snapshot.shelf_behind(), snapshot.shelf_fresh(limit)) == (False, ([], 13))


def test_a_change_that_is_given_nothing_does_nothing(shelf: Shelf) -> None:
    def change(tx: Transaction) -> None:
        tx.put_on_shelf(1, [])
        tx.take_off_shelf([])
        tx.unrevoke(1, [])
        assert tx.release_held([]) == 0
        tx.withdraw_from_shelf(record(9).id)

    shelf.act(change)
    assert shelf.rows() == shelf.table("shelf_waits") == shelf.table("shelf_handling") == []


def test_an_object_whose_record_holds_no_content_is_shown_without(shelf: Shelf) -> None:
    bare = record(10, prop="description")
    shelf.act(lambda tx: tx.add_record(bare))
    shelf.put(Placed("a", "indicator", "1", "2026", [(bare.id, OPEN)]), placed("b", 1, 2))
    shelf.act(
        lambda tx: tx.put_on_shelf(1, [Placed("c", "tool", "1", "2026", [(record(3).id, OPEN), (bare.id, OPEN)])])
    )
    with shelf.store.snapshot() as snapshot:
        assert [row.content for row in snapshot.shelf(Asked(1, [1]))] == ["", "content 1", "content 3"]
        assert snapshot.shelf_bodies("a") == [""]
        assert snapshot.shelf_parts([2, 3], [1]) == {2: ["content 2"]}


REVOCABLE = "attack-pattern campaign course-of-action identity indicator infrastructure intrusion-set malware threat-actor tool vulnerability"
OTHERS = "artifact grouping language-content location malware-analysis marking-definition note observed-data opinion relationship report sighting"


def test_a_revoked_version_is_written_of_the_types_that_can_do_without_what_was_withdrawn(shelf: Shelf) -> None:
    kinds = [*REVOCABLE.split(), *OTHERS.split()]
    kept = [record(20 + number) for number in range(len(kinds))]
    shelf.act(lambda tx: [tx.add_record(one) for one in kept])
    shelf.put(*(Placed(kind, kind, "1", "2026", [(one.id, OPEN)]) for kind, one in zip(kinds, kept, strict=True)))
    shelf.act(lambda tx: [tx.withdraw_from_shelf(one.id) for one in kept])
    assert [row[2] for row in shelf.rows() if row[6] == "revoked"] == REVOCABLE.split()
    assert [row[2] for row in shelf.rows() if row[6] == "withdrawn"] == kinds
