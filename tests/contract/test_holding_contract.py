"""Which records hold which file: noted with each record, gone with what is erased, and filled in for a store of an older form."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from headwater.errors import StoreVersionError
from headwater.model.finding import Evidence, EvidenceKind, Finding
from headwater.model.ids import BlobHash, EntityKey
from headwater.model.record import Record
from headwater.policy.view import guard
from headwater.store import Store, StoreOptions, Transaction, migrate
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import finding, message_id, record
from tests.postgres_mark import MARK
from tests.unit.policy.view_kit import MemoryAudit, session

PICTURE, SHEET, OTHER = BlobHash("a" * 64), BlobHash("b" * 64), BlobHash("c" * 64)
BEFORE = 6
"""The last form in which nobody noted which records hold which file."""

LATER = """
CREATE TABLE mentioned (entity INTEGER NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (entity, record)) STRICT, WITHOUT ROWID;
CREATE TABLE mention_new (record INTEGER PRIMARY KEY, entities BLOB NOT NULL) STRICT;
"""
"""What today's code writes to besides, and is taken away again: such a store never had it."""


def holding(number: int, *, source: str = "report") -> Record:
    return replace(record(number, source=source), blobs=(PICTURE,), tables=(SHEET,))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.create(tmp_path / "node", clock=FakeClock(), chance=SeededChance())
    yield made
    made.close()


ADDED: dict[str, Callable[[Transaction, Record], object]] = {
    "by itself": lambda tx, one: tx.add_record(one),
    "with others": lambda tx, one: tx.put_record(one),
    "from a message": lambda tx, one: tx.add_born(one, message_id(1)),
}


@pytest.mark.parametrize("how", ADDED)
def test_who_holds_a_file_is_noted_however_a_record_is_kept(store: Store, how: str) -> None:
    kept = [record(0), holding(1), record(2), holding(3)]

    def change(tx: Transaction) -> None:
        for one in (*kept, kept[1]):
            ADDED[how](tx, one)

    store.write(change)
    with store.snapshot() as snapshot:
        wanted = sorted((file, one.id) for file in (PICTURE, SHEET) for one in (kept[1], kept[3]))
        assert sorted(snapshot.refs_holding({PICTURE, SHEET, OTHER}, 4) or []) == wanted
        assert snapshot.refs_holding({PICTURE, SHEET}, 3) is None
        assert snapshot.refs_holding(set(), 3) == []
    assert [one for one in store.check() if one.kind == "wrong-index"] == []


def test_an_erased_record_holds_nothing_and_what_is_left_of_one_does(store: Store) -> None:
    gone, left = holding(1), holding(2)
    store.write(lambda tx: [tx.add_record(one) for one in (gone, left)])
    store.write(lambda tx: tx.erase_facts(gone.id, (0, 1), who="dpo"))
    store.write(lambda tx: tx.erase_facts(left.id, (0,), who="dpo"))
    with store.snapshot() as snapshot:
        assert snapshot.refs_holding({PICTURE}, 9) == [(PICTURE, left.id)]
    assert [one for one in store.check() if one.kind == "wrong-index"] == []


def test_a_table_stays_with_a_record_of_which_a_part_was_erased(store: Store) -> None:
    kept = replace(record(1), tables=(SHEET,))
    store.write(lambda tx: tx.add_record(kept))
    store.write(lambda tx: tx.erase_facts(kept.id, (0,), who="dpo"))
    with store.snapshot() as snapshot:
        assert snapshot.refs_holding({SHEET}, 9) == [(SHEET, kept.id)]
    assert [one for one in store.check() if one.kind == "wrong-index"] == []


def on_files(kept: Record) -> list[Finding]:
    pieces = (Evidence.blob(PICTURE), Evidence(EvidenceKind.TABLE_ROW, f"{SHEET}#3"), Evidence.blob(OTHER))
    return [replace(finding(number, kept.id), evidence=(piece,)) for number, piece in enumerate(pieces)]


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the form before, with records and findings in it, more than are read at once."""
    home, steps = tmp_path / "older", migrate.steps()
    with monkeypatch.context() as before:
        before.setattr(migrate, "steps", lambda: [*steps[: BEFORE - 1], steps[BEFORE - 1] + LATER])
        before.setattr("headwater.store.records.files_of", lambda _: [])
        before.setattr("headwater.store.recall.files_of", lambda _: [])
        store = Store.create(home, clock=FakeClock(), chance=SeededChance())
        kept = [*(holding(number) for number in range(700)), *(record(number) for number in range(700, 800))]
        store.write(lambda tx: [tx.add_record(one) for one in kept])
        store.write(lambda tx: [tx.add_finding(one) for one in on_files(kept[0])])
        store.write(lambda tx: tx.erase_facts(kept[1].id, (0, 1), who="dpo"))
        store.close()
    with behind_its_back(home) as run:
        for table in ("mentioned", "mention_new"):
            run(f"DROP TABLE {table}")
    return home


@contextmanager
def behind_its_back(home: Path) -> Iterator[Callable[[str], object]]:
    """Run SQL on a store that nobody has open."""
    if (home / MARK).exists():
        from tests.postgres_world import behind_its_back as behind

        with behind(home) as run:
            yield run
        return
    with closing(apsw.Connection(str(home / "store.sqlite"))) as connection:
        yield connection.execute


def test_an_older_store_knows_who_holds_what_once_it_is_opened(older: Path) -> None:
    store = Store.open(older, clock=FakeClock(), chance=SeededChance(1))
    with store.snapshot() as snapshot:
        found = snapshot.refs_holding({PICTURE}, 9999) or []
        assert {ref for _, ref in found} == {holding(number).id for number in range(700) if number != 1}
        seen = guard(snapshot, session(), MemoryAudit(), FakeClock().now().date())
        assert sorted(one.evidence[0].ref for one in seen.findings()) == [PICTURE, f"{SHEET}#3"]
    assert [one for one in store.check() if one.kind in ("wrong-index", "altered-schema")] == []
    store.write(lambda tx: tx.add_record(holding(900)))
    store.close()
    again = Store.open(older, clock=FakeClock(), chance=SeededChance(2))
    with again.snapshot() as snapshot:
        assert len(snapshot.refs_holding({PICTURE}, 9999) or []) == 700
    again.close()


def test_an_older_store_knows_who_is_mentioned_where_once_it_is_opened(older: Path) -> None:
    store = Store.open(older, clock=FakeClock(), chance=SeededChance(1))
    with store.snapshot() as snapshot:
        people = {EntityKey(f"person-{number}") for number in range(800)}
        found = snapshot.refs_about(people, 9999) or []
        erased = holding(1).id
        assert sorted(found) == sorted(
            (one.mentions[0].key, one.id)
            for number in range(800)
            for one in [holding(number) if number < 700 else record(number)]
            if one.id != erased
        )
    assert [one for one in store.check() if one.kind in ("wrong-index", "altered-schema")] == []
    store.close()


def test_an_older_store_is_not_read_before_it_was_opened_for_writing(older: Path) -> None:
    options = StoreOptions(read_only=True)
    with pytest.raises(StoreVersionError, match=f"older form {BEFORE}"):
        Store.open(older, clock=FakeClock(), chance=SeededChance(1), options=options)


def test_a_damaged_record_keeps_nobody_from_opening_an_older_store() -> None:
    assert list(migrate._files_of(b'{"blobs":[')) == []
    assert migrate._mentions_of(b'{"mentions":[') == set()
