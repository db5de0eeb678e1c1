"""The check names each of several that were altered, at its place and under its kind, and nothing beside them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from headwater.errors import StoreCorruptError
from headwater.model.record import Record
from headwater.ports import Event
from headwater.store import Head, Problem, Store, StoreOptions, Transaction
from headwater.store.mentions import short
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import decision, event, finding, record
from tests.unit.store.conftest import Behind

LEAVES = 12


@pytest.fixture
def paged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read two rows at a time."""
    monkeypatch.setattr("headwater.store.audit._PAGE", 2)


@pytest.fixture
def unguarded(store: Store, behind: Behind, paged: None) -> Behind:
    """A store with a dozen of everything, and a way to change it with the guards away."""

    def fill(tx: Transaction) -> None:
        for number in range(LEAVES):
            tx.add_record(record(number))
            tx.add_finding(finding(number, record(number).id))
            tx.add_decision(decision(number, "thing"))
            tx.note(event(number))

    store.write(fill)
    assert store.check() == []
    for name in ("record_stays", "finding_stays", "decision_stays", "ledger_stays", "ledger_kept", "holding_kept", "tombstone_stays", "tombstone_kept", "ledger_head_kept"):  # fmt: skip
        behind(f"DROP TRIGGER {name}")
    return behind


def problems(store: Store) -> list[Problem]:
    """All problems but the missing guards."""
    return [problem for problem in store.check() if problem.kind != "altered-schema"]


def ids(table: str, behind: Behind) -> list[str]:
    return [row[0] for row in behind(f"SELECT id FROM {table} ORDER BY id")]  # type: ignore[attr-defined]  # noqa: S608


@pytest.mark.parametrize("table", ["record", "finding", "decision"])
@pytest.mark.parametrize("places", [(0, 2), (0, 1, 11), (10, 11), tuple(range(LEAVES))])
def test_each_of_several_bodies_that_were_altered_is_named(
    store: Store, unguarded: Behind, table: str, places: tuple[int, ...]
) -> None:
    every = ids(table, unguarded)
    for place in places:
        unguarded(f"UPDATE {table} SET body = x'7b7d' WHERE id = '{every[place]}'")  # noqa: S608
    named = [Problem(every[place], f"altered-{table}") for place in places]
    # What mentions nothing any more is found by more than it mentions.
    assert problems(store) == named + [Problem("mentioned", "wrong-index")] * (table == "record")


def test_each_of_several_records_in_a_wrong_index_or_without_a_file_is_named(store: Store, unguarded: Behind) -> None:
    picture, sheet = store.put_blob(b"one"), store.put_table(b"PAR1 one PAR1")
    more = [replace(record(100 + number), blobs=(picture,), tables=(sheet,)) for number in range(4)]
    store.write(lambda tx: [tx.add_record(one) for one in more])
    assert problems(store) == []
    more.sort(key=lambda one: one.id)
    unguarded(f"UPDATE record SET source = 'other' WHERE id = '{more[0].id}'")  # noqa: S608
    unguarded(f"DELETE FROM holding WHERE record = '{more[2].id}' AND file = '{sheet}'")  # noqa: S608
    unguarded(f"DELETE FROM mention_new WHERE record = (SELECT number FROM record WHERE id = '{more[3].id}')")  # noqa: S608
    wrong = [Problem(more[place].id, "wrong-index") for place in (0, 2, 3)]
    assert problems(store) == wrong
    (store._files._blobs / picture).unlink()
    store._files._table_file(sheet).unlink()
    found = problems(store)
    assert sorted(found, key=repr) == sorted(
        [*wrong, *(Problem(one.id, kind) for one in more for kind in ("missing-blob", "missing-table"))], key=repr
    )
    unguarded(f"INSERT INTO holding VALUES ('{'0' * 64}', '{more[1].id}')")  # noqa: S608
    unguarded(f"INSERT INTO holding VALUES ('{'1' * 64}', '{more[1].id}')")  # noqa: S608
    assert Problem("holding", "wrong-index") in problems(store)


def test_each_of_several_leaves_that_were_altered_is_named(store: Store, unguarded: Behind) -> None:
    for number in (1, 3, 11):
        unguarded(f"UPDATE ledger SET event = x'7b7d' WHERE number = {number}")  # noqa: S608
    for number in (0, 5):
        unguarded(f"UPDATE ledger SET salt = NULL, event = NULL WHERE number = {number}")  # noqa: S608
    assert problems(store) == [
        *(Problem(number, "altered-event") for number in (1, 3, 11)),
        *(Problem(number, "erased-unannounced") for number in (0, 5)),
    ]


@pytest.mark.sqlite
def test_a_subtree_that_was_altered_is_named_at_its_leaf_alone(store: Store, unguarded: Behind) -> None:
    with store.snapshot() as snapshot:
        kept = [snapshot._link.number(f"SELECT length(subtrees) FROM ledger WHERE number = {n}") for n in range(LEAVES)]  # noqa: S608
    assert kept == [32 * level for level in (0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2)]
    changes = "subtrees || zeroblob(32)", "zeroblob(length(subtrees))", "substr(subtrees, 1, length(subtrees) - 32)"
    unguarded("CREATE TABLE aside AS SELECT * FROM ledger")
    for number, length in enumerate(kept):
        for change in changes if length else changes[:1]:
            unguarded(f"UPDATE ledger SET subtrees = CAST({change} AS BLOB) WHERE number = {number}")  # noqa: S608
            # What is stored is what the next one up is computed from, so that one, or the head, does not fit either.
            first, *others = store.verify_ledger()
            assert first == Problem(number, "wrong-subtree")
            assert {one.kind for one in others} <= {"wrong-subtree", "wrong-head"}
            assert others == [] or change == changes[1]
            unguarded(f"UPDATE ledger SET subtrees = (SELECT subtrees FROM aside a WHERE a.number = ledger.number) WHERE number = {number}")  # noqa: S608  # fmt: skip
    assert store.verify_ledger() == []


@pytest.mark.parametrize("gone", [(0,), (4,), (10,), (11,), (2, 3), (2, 7)])
def test_a_leaf_that_is_gone_is_named_where_it_stood(store: Store, unguarded: Behind, gone: tuple[int, ...]) -> None:
    for number in gone:
        unguarded(f"DELETE FROM ledger WHERE number = {number}")  # noqa: S608
    first = [number for number in gone if number - 1 not in gone]
    assert store.verify_ledger() == [Problem(number, "missing-leaf") for number in first]


def test_heads_that_were_given_out_are_compared_one_by_one(store: Store, paged: None) -> None:
    heads = []
    for number in range(LEAVES):
        with store.snapshot() as snapshot:
            heads.append(snapshot.head())
        store.note(event(number))
    with store.snapshot() as snapshot:
        heads.append(snapshot.head())
    assert store.verify_ledger(heads) == store.verify_ledger(iter(heads)) == []
    for head in heads:
        other = Head(head.size, sha256(b"other").digest())
        assert store.verify_ledger([*heads[: head.size], other]) == [Problem(head.size, "other-history")]
    beyond = [Head(LEAVES + 1, heads[-1].root), Head(LEAVES + 9, heads[-1].root)]
    assert store.verify_ledger([heads[3], *beyond]) == [Problem(one.size, "truncated") for one in beyond]


def test_heads_beyond_a_leaf_that_is_gone_are_those_of_another_history(store: Store, unguarded: Behind) -> None:
    with store.snapshot() as snapshot:
        heads = [Head(size, snapshot.root_at(size)) for size in range(LEAVES + 1)]
    unguarded("DELETE FROM ledger WHERE number = 6")
    found = store.verify_ledger(heads)
    assert [one for one in found if one.kind == "missing-leaf"] == [Problem(6, "missing-leaf")]
    assert [one.at for one in found if one.kind == "other-history"] == [*range(8, LEAVES + 1)]
    assert len(found) == 1 + LEAVES - 7


@pytest.fixture
def erased(store: Store, unguarded: Behind) -> list[Record]:
    """Four records, of each of which something was erased; a finding and two documents of which nothing is left."""
    kept = [record(200 + number) for number in range(4)]
    store.write(lambda tx: [tx.add_record(one) for one in kept])
    for one in kept:
        store.write(lambda tx, one=one: tx.erase_facts(one.id, (0,), who="dpo"))  # type: ignore[misc]
    store.write(lambda tx: tx.withdraw_finding(finding(0, record(0).id).id, erase=True, who="dpo"))
    store.write(lambda tx: tx.put_document("sent", "one", b"first"))
    store.write(lambda tx: tx.put_document("sent", "one", b"second"))
    for version in (1, 2):
        store.write(lambda tx, version=version: tx.replace_document("sent", "one", version, b"", who="dpo"))  # type: ignore[misc]
    assert problems(store) == []
    return sorted(kept, key=lambda one: one.id)


def test_each_of_several_rests_that_were_altered_is_named(
    store: Store, unguarded: Behind, erased: list[Record]
) -> None:
    for place in (0, 3):
        unguarded(f"UPDATE record SET body = CAST(body || ' ' AS BLOB) WHERE id = '{erased[place].id}'")  # noqa: S608
    claim = finding(0, record(0).id).id
    unguarded(f"UPDATE finding SET body = x'20' WHERE id = '{claim}'")  # noqa: S608
    unguarded("DROP TRIGGER document_stays")
    unguarded("UPDATE document SET body = x'20' WHERE version = 2")
    unguarded(f"UPDATE tombstone SET leaf = 0 WHERE ref = '{erased[1].id}'")  # noqa: S608
    unguarded(f"UPDATE tombstone SET leaf = 9999 WHERE ref = '{erased[2].id}'")  # noqa: S608
    assert problems(store) == [
        Problem(erased[0].id, "altered-record"), Problem(erased[3].id, "altered-record"), Problem("mentioned", "wrong-index"),
        Problem(claim, "altered-finding"),
        Problem("document sent/one/2", "altered-rest"), Problem(f"finding {claim}", "altered-rest"),
        Problem(f"record {erased[0].id}", "altered-rest"),
        Problem(f"record {erased[1].id}", "erased-unannounced"), Problem(f"record {erased[2].id}", "erased-unannounced"),
        Problem(f"record {erased[3].id}", "altered-rest"),
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["kind = 'finding'", "ref = 'x'", "sha256 = zeroblob(32)"])
def test_a_tombstone_that_says_something_else_than_its_leaf_is_not_announced(
    store: Store, unguarded: Behind, erased: list[Record], what: str
) -> None:
    ref = erased[1].id
    unguarded(f"UPDATE tombstone SET {what} WHERE ref = '{ref}'")  # noqa: S608
    found = problems(store)
    kind = what.partition(" ")[0]
    name = {"kind": f"finding {ref}", "ref": "record x", "sha256": f"record {ref}"}[kind]
    assert Problem(name, "erased-unannounced") in found
    assert Problem(name, "altered-rest") in found


def test_a_leaf_of_a_tombstone_that_was_erased_or_cannot_be_read_announces_nothing(
    store: Store, unguarded: Behind, erased: list[Record]
) -> None:
    numbers = unguarded("SELECT leaf FROM tombstone WHERE kind = 'record' ORDER BY ref")
    first, second = (row[0] for row in numbers[:2])  # type: ignore[index]
    unguarded(f"UPDATE ledger SET salt = NULL, event = NULL WHERE number = {first}")  # noqa: S608
    unguarded(f"UPDATE ledger SET event = x'7b7d' WHERE number = {second}")  # noqa: S608
    found = [one for one in problems(store) if isinstance(one.at, str)]
    assert found == [Problem(f"record {one.id}", "erased-unannounced") for one in erased[:2]]


def test_an_erasure_that_is_announced_is_none_and_one_of_another_kind_announces_nothing(
    store: Store, unguarded: Behind
) -> None:
    store.write(lambda tx: tx.erase_event(3, who="dpo", purpose="erasure"))
    assert problems(store) == []
    for kind, subject in (("store.erased", "four"), ("store.read", "4")):
        store.note(Event(kind, "x", subject))
    unguarded("UPDATE ledger SET salt = NULL, event = NULL WHERE number = 4")
    assert problems(store) == [Problem(4, "erased-unannounced")]


@pytest.mark.sqlite
def test_each_thing_of_the_schema_that_was_changed_added_or_taken_away_is_named(
    store: Store, behind: Behind, home: Path
) -> None:
    behind("DROP TRIGGER finding_kept")
    behind("CREATE INDEX added ON record (source)")
    behind("DROP INDEX shelf_record")
    behind("CREATE INDEX shelf_record ON shelf (id)")
    with closing(
        Store.open(home, clock=FakeClock(), chance=SeededChance(), options=StoreOptions(read_only=True))
    ) as again:
        found = [Problem(name, "altered-schema") for name in ("added", "finding_kept", "shelf_record")]
        assert again.check() == found


def test_damage_that_stops_one_search_stops_no_other(store: Store, unguarded: Behind) -> None:
    unguarded("UPDATE record SET body = x'7b7d' WHERE number = 1")
    unguarded("DELETE FROM ledger_head")
    found = problems(store)
    assert [one.kind for one in found] == ["altered-record", "wrong-index", "unreadable"]
    with pytest.raises(StoreCorruptError, match="lost its head"), store.snapshot() as snapshot:
        snapshot.head()


@pytest.fixture(autouse=True)
def closed(store: Store) -> Iterator[None]:
    yield
    store.close()


def test_a_record_that_mentions_nothing_is_in_no_index(store: Store, unguarded: Behind) -> None:
    bare = replace(record(300), mentions=(), facts=())
    store.write(lambda tx: tx.add_record(bare))
    assert problems(store) == []
    number = unguarded(f"SELECT number FROM record WHERE id = '{bare.id}'")[0][0]  # type: ignore[index]  # noqa: S608
    unguarded(f"INSERT INTO mentioned VALUES ({short('person-1')}, {number})")  # noqa: S608
    assert problems(store) == [Problem("mentioned", "wrong-index")]
