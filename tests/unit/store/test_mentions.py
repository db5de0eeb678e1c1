"""Which records speak of an entity is found whether that waits, is being taken over, or stands in the index."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from headwater.errors import StoreIoError
from headwater.model.ids import EntityKey, RecordId
from headwater.model.record import Record
from headwater.store import Store, Transaction, mentions
from headwater.store.link import Link
from headwater.store.mentions import packed, short, unpacked
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import keeping, message_id, record

Behind = Callable[[str], list[tuple[int, ...]]]
PEOPLE = 7


def about(number: int) -> Record:
    """A record of its own boat, about one of a few people."""
    return record(number, entity=f"person-{number % PEOPLE}")


def found(store: Store, key: str) -> tuple[list[RecordId], set[RecordId]]:
    """The records that a reader is shown, and the names that are told of: both ways to ask."""
    with store.snapshot() as reader:
        shown = [one.id for one in reader.records(mentions=EntityKey(key))]
        named = reader.refs_about([EntityKey(key)], 1000)
        assert named is not None
        return shown, {ref for _, ref in named}


def counts(behind: Behind) -> tuple[int, int]:
    """How many rows stand in the index, and how many records wait."""
    return behind("SELECT COUNT(*) FROM mentioned")[0][0], behind("SELECT COUNT(*) FROM mention_new")[0][0]


@pytest.mark.parametrize("long", [1, 2, 5, 40, 8192])
def test_records_are_found_by_what_they_mention_at_every_moment(
    store: Store, behind: Behind, monkeypatch: pytest.MonkeyPatch, long: int
) -> None:
    monkeypatch.setattr(mentions, "LONG", long)
    draw, kept = Random(long), list[Record]()
    for _ in range(30):
        new = [about(len(kept) + place) for place in range(draw.randint(1, 6))]
        store.write(keeping(*new, *draw.sample(kept, min(len(kept), 2))))  # some were there already
        kept += new
        person = draw.randrange(PEOPLE)
        wanted = sorted(one.id for one in kept if one.mentions[0].key == f"person-{person}")
        assert found(store, f"person-{person}") == (wanted, set(wanted))
        last = len(kept) - 1
        assert found(store, f"boat-{last}") == ([kept[-1].id], {kept[-1].id})
    assert store.check() == []
    indexed, waiting = counts(behind)
    assert waiting <= 2 * long + 6
    assert bool(indexed) == (long < len(kept))


def test_a_record_is_found_once_while_its_mentions_stand_in_both_places(
    store: Store, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "LONG", 10)
    for number in range(12):
        store.write(keeping(about(number)))
    indexed, waiting = counts(behind)
    assert indexed
    assert waiting == 12
    for person in range(PEOPLE):
        shown, _ = found(store, f"person-{person}")
        assert shown == sorted(about(number).id for number in range(person, 12, PEOPLE))
    assert store.check() == []


@pytest.mark.parametrize("long", [1, 10, 8192])
@pytest.mark.parametrize("places", [(0, 1), (1,)])
def test_an_erased_record_is_not_found_by_what_it_mentions_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch, long: int, places: tuple[int, ...]
) -> None:
    monkeypatch.setattr(mentions, "LONG", long)
    for number in range(12):
        store.write(keeping(about(number)))
    gone = {about(number).id for number in (0, 3, 11)}  # taken over, half taken over, waiting
    for one in gone:
        store.write(lambda tx, ref=one: tx.erase_facts(ref, places, who="dpo"))  # type: ignore[misc]
    for number in range(12, 40):
        store.write(keeping(about(number), about(3)))  # one that was erased comes again
    for number in (0, 3, 11):
        assert bool(gone & found(store, f"person-{number % PEOPLE}")[1]) == (places == (1,))
        assert found(store, f"boat-{number}") == ([], set())
    assert store.check() == []


def test_a_change_that_is_undone_takes_nothing_over(
    store: Store, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "LONG", 4)
    for number in range(4):
        store.write(keeping(about(number)))
    commit, broken = Link.commit, [True, True]

    def refuse(link: Link) -> None:
        if broken:
            broken.pop()
            raise StoreIoError("the disk refuses")
        commit(link)

    with monkeypatch.context() as patch:
        patch.setattr(Link, "commit", refuse)
        for _ in range(2):
            with pytest.raises(StoreIoError):
                store.write(keeping(about(4), about(5), about(6)))
    assert counts(behind) == (0, 4)
    store.write(keeping(*(about(number) for number in range(4, 9))))
    store.write(keeping(about(9)))
    for number in range(10):
        assert about(number).id in found(store, f"person-{number % PEOPLE}")[1]
    assert store.check() == []


def test_a_store_that_is_opened_anew_in_the_midst_goes_on(
    store: Store, home: Path, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "LONG", 10)
    store.write(keeping(*(about(number) for number in range(12))))
    store.close()
    again = Store.open(home, clock=FakeClock(), chance=SeededChance())
    try:
        for number in range(12, 30):
            again.write(keeping(about(number)))
        assert again.check() == []
        assert [one for one in range(30) if found(again, f"boat-{one}")[0] != [about(one).id]] == []
        assert counts(behind)[1] <= 20
    finally:
        again.close()


def test_two_processes_that_take_over_the_same_leave_it_whole(
    store: Store, home: Path, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "LONG", 6)
    other = Store.open(home, clock=FakeClock(), chance=SeededChance())
    try:
        for number in range(60):
            (store if number % 3 else other).write(keeping(about(number)))
        for number in range(60):
            assert found(other, f"boat-{number}") == ([about(number).id], {about(number).id})
        assert store.check() == []
        assert counts(behind)[1] <= 18
    finally:
        other.close()


def test_records_of_messages_and_of_files_are_found_alike(store: Store) -> None:
    def change(tx: Transaction) -> None:
        tx.add_born(about(1), message_id(1))
        tx.put_record(about(8))
        tx.add_record(about(15))
        tx.add_born(about(1), message_id(2))

    store.write(change)
    store.write(change)
    wanted = sorted(about(number).id for number in (1, 8, 15))
    assert found(store, "person-1") == (wanted, set(wanted))
    assert store.check() == []


def test_many_entities_are_asked_for_in_one_go(store: Store) -> None:
    store.write(keeping(*(about(number) for number in range(40))))
    with store.snapshot() as reader:
        keys = [EntityKey(f"boat-{number}") for number in range(40)]
        assert set(reader.refs_about(keys, 40) or ()) == {(EntityKey(f"boat-{n}"), about(n).id) for n in range(40)}
        assert reader.refs_about(keys, 39) is None
        assert reader.refs_about([], 1) == []


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ([1] * 10, [(0, 1), (0, 2), (0, 3), (0, 4), (4, 5), (8, 2), (8, 3), (8, 4), (12, 5), (16, 2)]),
        ([3, 0, 1, 2, 1], [(0, 3), (0, 3), (0, 4), (8, 2), (8, 3)]),
        ([5, 1, 1, 2], [(5, 5), (10, 1), (10, 2), (10, 4)]),
        ([9, 1], [(18, 0), (18, 1)]),
    ],
)
def test_what_waits_is_taken_over_twice_as_quickly_as_it_comes(
    store: Store,
    behind: Behind,
    monkeypatch: pytest.MonkeyPatch,
    groups: list[int],
    told: list[tuple[int, int]],
) -> None:
    """Once four wait, two of what they mention (each mentions two) go over for each record that comes, until all have."""
    monkeypatch.setattr(mentions, "LONG", 4)
    numbers = iter(range(99))
    found = []
    for count in groups:
        store.write(keeping(*(about(next(numbers)) for _ in range(count))))
        store.write(keeping(about(0)))  # one that is there moves nothing on
        found.append(counts(behind))
    assert found == told


def test_slices_are_sorted_so_that_a_page_takes_many(
    store: Store, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "LONG", 4)
    for number in range(5):
        store.write(keeping(about(number)))
    every = sorted((short(one.key), number + 1) for number in range(4) for one in about(number).mentions)
    assert behind("SELECT entity, record FROM mentioned ORDER BY entity, record") == every[:4]


@pytest.mark.parametrize("long", [1, 8192])
def test_all_of_many_records_about_one_are_found(store: Store, monkeypatch: pytest.MonkeyPatch, long: int) -> None:
    monkeypatch.setattr(mentions, "LONG", long)
    kept = [record(number, entity="shared") for number in range(300)]
    store.write(keeping(*kept))
    store.write(keeping(record(300)))
    assert found(store, "shared") == (sorted(one.id for one in kept), {one.id for one in kept})
    with store.snapshot() as reader:
        for most in (299, 300):
            told = reader.refs_about([EntityKey("shared")], most)
            assert (told is None) == (most == 299)
    assert store.check() == []


@pytest.mark.parametrize("long", [1, 8192])
@pytest.mark.parametrize("count", [1, 8, 9, 20])
def test_each_entity_of_several_is_told_with_its_own_records(
    store: Store, monkeypatch: pytest.MonkeyPatch, count: int, long: int
) -> None:
    monkeypatch.setattr(mentions, "LONG", long)
    for number in range(24):
        store.write(keeping(about(number)))
    keys = [EntityKey(f"boat-{number}") for number in range(count - 1)] + [EntityKey("person-1")]
    wanted = {(EntityKey(f"boat-{n}"), about(n).id) for n in range(count - 1)}
    wanted |= {(EntityKey("person-1"), about(n).id) for n in range(1, 24, PEOPLE)}
    with store.snapshot() as reader:
        told = reader.refs_about(keys, 100) or []
        assert (set(told), len(told)) == (wanted, len(wanted))


def test_what_a_row_holds_is_read_as_it_was_written() -> None:
    some = [short("one"), short("another"), 0, -1, -(1 << 63), (1 << 63) - 1]
    assert unpacked(packed(some)) == some
    assert unpacked(packed(some)[:-3]) == some[:-1]
    assert short("") == int.from_bytes(bytes.fromhex("e3b0c44298fc1c14"), "big", signed=True)


@pytest.fixture(autouse=True)
def closed(store: Store) -> Iterator[None]:
    yield
    store.close()
