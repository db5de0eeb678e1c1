"""Files that are no store, a store of another version, or a damaged one: a declared error, and not one byte changed."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from headwater.errors import HeadwaterError, StoreCorruptError, StoreError, StoreVersionError
from headwater.store import Store, StoreOptions, Transaction
from headwater.store import migrate as migrating
from headwater.store.sqlite import check_sqlite, in_memory
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import decision, event, finding, incoming, outgoing, record

LEAF_OF_AN_INDEX = 10
"""First byte of such a page (SQLite, Database File Format, 1.6)."""


def some_of_everything(number: int) -> Callable[[Transaction], None]:
    def change(tx: Transaction) -> None:
        tx.add_record(record(number))
        tx.note(event(number))
        tx.add_finding(finding(number, record(number).id))
        tx.add_decision(decision(number, "thing"))
        tx.add_outgoing(outgoing(number, number + 1))
        tx.add_incoming(incoming(number, number + 1))
        tx.put_document("card", str(number), b"body")

    return change


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with some of everything in it, closed."""
    home = tmp_path_factory.mktemp("kept") / "node"
    store = Store.create(home, clock=FakeClock(), chance=SeededChance())
    for number in range(30):
        store.write(some_of_everything(number))
    store.put_blob(b"picture")
    store.close()
    return home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(kept, tmp_path / "node")
    return tmp_path / "node"


def opened(home: Path, *, read_only: bool = False) -> Store:
    options = StoreOptions(synchronous="OFF", read_only=read_only)
    return Store.open(home, clock=FakeClock(), chance=SeededChance(), options=options)


def run_sql(home: Path, sql: str) -> None:
    connection = apsw.Connection(str(home / "store.sqlite"))
    connection.execute(sql)
    connection.close()


def empty(file: Path) -> None:
    file.write_bytes(b"")


def garbage(file: Path) -> None:
    file.write_bytes(random.Random(1).randbytes(8192))


def header_only(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def half_a_page_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2048])


def foreign(file: Path) -> None:
    file.unlink()
    connection = apsw.Connection(str(file))
    connection.execute("CREATE TABLE record (id)")
    connection.close()


def foreign_of_the_same_version(file: Path) -> None:
    file.unlink()
    connection = apsw.Connection(str(file))
    connection.execute("CREATE TABLE record (id); PRAGMA user_version = 1").fetchall()
    connection.close()


def without_a_version(file: Path) -> None:
    run_sql(file.parent, "PRAGMA user_version = 0")


def without_a_table(file: Path) -> None:
    run_sql(file.parent, "DROP TABLE ledger_head")


def without_a_head(file: Path) -> None:
    run_sql(file.parent, "DROP TRIGGER ledger_head_kept; DELETE FROM ledger_head")


def without_a_leaf(file: Path) -> None:
    run_sql(file.parent, "DROP TRIGGER ledger_kept; DELETE FROM ledger WHERE number = 29")


def without_the_first_leaves(file: Path) -> None:
    run_sql(file.parent, "DROP TRIGGER ledger_kept; DELETE FROM ledger WHERE number < 16")


@pytest.mark.parametrize(
    "damage",
    [
        empty,
        garbage,
        header_only,
        half,
        foreign,
        foreign_of_the_same_version,
        without_a_version,
        without_a_table,
        without_a_head,
        without_a_leaf,
        without_the_first_leaves,
    ],
)
def test_what_is_no_sound_store_is_refused_and_left_as_it_is(home: Path, damage: Callable[[Path], None]) -> None:
    file = home / "store.sqlite"
    damage(file)
    before = file.read_bytes()
    with pytest.raises(StoreCorruptError):
        opened(home)
    assert file.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(home: Path, read_only: bool) -> None:
    run_sql(home, "PRAGMA user_version = 99")
    before = (home / "store.sqlite").read_bytes()
    with pytest.raises(StoreVersionError, match="99"):
        opened(home, read_only=read_only)
    assert (home / "store.sqlite").read_bytes() == before


def test_a_store_of_an_older_version_is_taken_to_the_present_form(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [*migrating.steps(), "CREATE TABLE later (x INTEGER) STRICT; CREATE TABLE latest (x INTEGER) STRICT"]
    monkeypatch.setattr(migrating, "steps", lambda: steps)
    with pytest.raises(StoreVersionError, match="older"):
        opened(home, read_only=True)
    store = opened(home)
    assert store.check() == []
    store.close()
    run_sql(home, "SELECT x FROM later; SELECT x FROM latest")
    opened(home, read_only=True).close()


def test_a_migration_that_fails_leaves_the_old_form(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = migrating.steps()
    broken = [*steps, "CREATE TABLE later (x INTEGER) STRICT; CREATE TABLE record (x INTEGER) STRICT"]
    monkeypatch.setattr(migrating, "steps", lambda: broken)
    with pytest.raises(StoreError):
        opened(home)
    monkeypatch.setattr(migrating, "steps", lambda: steps)
    store = opened(home)
    assert store.check() == []
    store.close()
    with pytest.raises(apsw.SQLError, match="no such table"):
        run_sql(home, "SELECT * FROM later")


def test_a_file_without_its_last_half_page_is_found_by_the_check(home: Path) -> None:
    # Opening cannot refuse it: after a cut of the power the rest may stand in the log.
    half_a_page_short(home / "store.sqlite")
    store = opened(home, read_only=True)
    assert store.check() != []
    store.close()


def test_a_guard_that_was_taken_away_is_found_by_the_check(home: Path) -> None:
    run_sql(home, "DROP TRIGGER record_stays; CREATE TABLE hidden (x)")
    store = opened(home)
    assert [(problem.at, problem.kind) for problem in store.check()] == [
        ("hidden", "altered-schema"),
        ("record_stays", "altered-schema"),
    ]
    store.close()


def test_a_damaged_store_can_be_opened_for_reading_and_says_what_is_wrong(home: Path) -> None:
    run_sql(home, "DROP TRIGGER ledger_kept; DELETE FROM ledger WHERE number = 29")
    with in_memory(migrating.steps()) as whole:
        run_sql(home, whole.schema()["ledger_kept"])
    store = opened(home, read_only=True)
    with store.snapshot() as reader:
        assert len(list(reader.records())) == 30
    assert [(problem.at, problem.kind) for problem in store.check()] == [(29, "missing-leaf")]
    with pytest.raises(StoreError, match="reading only"):
        store.write(lambda tx: tx.note(event(1)))
    with pytest.raises(StoreError, match="reading only"):
        store.put_blob(b"")
    store.close()


def test_there_is_no_store_where_none_was_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no node's store here"):
        opened(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_not_made_over_another(home: Path) -> None:
    before = (home / "store.sqlite").read_bytes()
    with pytest.raises(StoreError, match="here already"):
        Store.create(home, clock=FakeClock(), chance=SeededChance())
    assert (home / "store.sqlite").read_bytes() == before


def test_a_store_is_made_where_an_earlier_attempt_was_killed(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite.new").write_bytes(b"half")
    Store.create(tmp_path, clock=FakeClock(), chance=SeededChance()).close()
    assert not (tmp_path / "store.sqlite.new").exists()
    opened(tmp_path).close()


def test_what_a_node_keeps_is_for_its_owner_alone(home: Path) -> None:
    opened(home).close()
    modes = {file.name: file.stat().st_mode & 0o077 for file in home.rglob("*")}
    assert set(modes.values()) == {0}, modes


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.0"])
def test_an_sqlite_that_can_damage_a_store_is_refused(version: str) -> None:
    with pytest.raises(StoreVersionError, match=version):
        check_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0.0"])
def test_an_sqlite_without_the_fault_is_taken(version: str) -> None:
    check_sqlite(version)


def read_everything(home: Path) -> None:
    store = opened(home, read_only=True)
    try:
        store.check()
        store.verify_ledger()
        with store.snapshot() as reader:
            for read in (reader.records, reader.findings, reader.decisions, reader.outgoing_all, reader.incoming_all):
                list(read())
            list(reader.leaves())
            list(reader.documents("card"))
            reader.inclusion(3, 20)
    finally:
        store.close()


def damage_and_read(home: Path, seed: int) -> None:
    """Overwrite a few places at random; whatever is read of it is right or a declared error."""
    chance = random.Random(seed)
    file = home / "store.sqlite"
    data = bytearray(file.read_bytes())
    for _ in range(chance.choice((1, 3, 30))):
        place = chance.randrange(100, len(data) - 64)
        data[place : place + chance.choice((1, 4, 64))] = chance.randbytes(64)[: chance.choice((1, 4, 64))]
    file.write_bytes(data)
    try:
        read_everything(home)
    except HeadwaterError as error:
        assert isinstance(error, StoreError)  # noqa: PT017 - it may also not be raised


def test_a_damaged_file_gives_only_declared_errors(home: Path, kept: Path) -> None:
    for seed in range(150):
        shutil.copyfile(kept / "store.sqlite", home / "store.sqlite")
        damage_and_read(home, seed)


@pytest.mark.deep
def test_a_damaged_file_gives_only_declared_errors_ten_thousand_times(home: Path, kept: Path) -> None:
    for seed in range(1000, 11_000):
        shutil.copyfile(kept / "store.sqlite", home / "store.sqlite")
        damage_and_read(home, seed)


def test_each_index_of_the_database_that_lacks_a_row_is_found_by_the_check(kept: Path, tmp_path: Path) -> None:
    connection = apsw.Connection(str(kept / "store.sqlite"))
    [(size,)] = connection.execute("PRAGMA page_size").fetchall()
    pages: list[Any] = connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE type = 'index'").fetchall()
    connection.close()
    whole, home, tried = (kept / "store.sqlite").read_bytes(), tmp_path / "node", 0
    shutil.copytree(kept, home)
    for name, page in pages:
        head = (page - 1) * size
        cells = int.from_bytes(whole[head + 3 : head + 5])
        if whole[head] != LEAF_OF_AN_INDEX or not cells:
            continue
        tried += 1
        shorter = bytearray(whole)
        shorter[head + 3 : head + 5] = (cells - 1).to_bytes(2)
        (home / "store.sqlite").write_bytes(shorter)
        store = opened(home, read_only=True)
        assert "damaged-database" in {problem.kind for problem in store.check()}, name
        store.close()
    assert tried >= 5
