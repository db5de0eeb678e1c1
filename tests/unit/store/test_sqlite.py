"""How a connection to SQLite is set up, how it says no, and what it counts."""

import errno
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from headwater.errors import StoreBusyError, StoreCorruptError, StoreError, StoreIoError, StoreVersionError
from headwater.store import Problem, Store, StoreOptions
from headwater.store.link import MOVED
from headwater.store.migrate import steps
from headwater.store.sqlite import OLDEST_SQLITE, SqliteLink, check_header, check_sqlite, in_memory
from headwater.testing.fakes import FakeClock, SeededChance
from headwater.testing.faultydisk import NAME, FaultyDisk
from tests.contract.store_kit import noting

pytestmark = pytest.mark.sqlite
SYNCHRONOUS = {"OFF": 0, "NORMAL": 1, "FULL": 2, "EXTRA": 3}
WAL = "PRAGMA journal_mode"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    Store.create(tmp_path / "node", clock=FakeClock(), chance=SeededChance()).close()
    return tmp_path / "node" / "store.sqlite"


@pytest.fixture
def link(file: Path) -> Iterator[SqliteLink]:
    made = SqliteLink(file, StoreOptions())
    yield made
    made.close()


@pytest.mark.parametrize("word", SYNCHRONOUS)
def test_a_connection_syncs_as_it_is_told(file: Path, word: str) -> None:
    with closing(SqliteLink(file, StoreOptions(synchronous=word))) as link:
        assert link.number("PRAGMA synchronous") == SYNCHRONOUS[word]


def test_a_writer_has_room_for_a_group_and_a_reader_never_writes(file: Path) -> None:
    with (
        closing(SqliteLink(file, StoreOptions())) as writer,
        closing(SqliteLink(file, StoreOptions(), query_only=True)) as reader,
    ):
        assert (writer.number("PRAGMA cache_size"), writer.number("PRAGMA query_only")) == (-65536, 0)
        assert (reader.number("PRAGMA cache_size"), reader.number("PRAGMA query_only")) == (-2000, 1)
        writer.take_log()
        assert (writer.one(tuple[str], WAL), writer.number("PRAGMA temp_store")) == (("wal",), 2)
        with pytest.raises(StoreError):
            reader.run("DELETE FROM shelf_waits")
        assert writer.run("DELETE FROM shelf_waits") == 0


def test_a_store_that_is_only_read_is_opened_without_the_right_to_write(file: Path) -> None:
    with closing(SqliteLink(file, StoreOptions(read_only=True))) as link:
        assert link.number("SELECT COUNT(*) FROM ledger") == 0
        with pytest.raises(StoreIoError, match="refused"):
            link.run("DELETE FROM shelf_waits")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for read_only in (False, True):
        with pytest.raises(StoreIoError):
            SqliteLink(tmp_path / "none.sqlite", StoreOptions(read_only=read_only))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("busy_s", [0.0, 0.15])
def test_another_process_is_waited_for_as_long_as_is_said_and_no_longer(file: Path, busy_s: float) -> None:
    other = apsw.Connection(str(file))
    other.execute("BEGIN IMMEDIATE")
    with closing(SqliteLink(file, StoreOptions(busy_wait_s=busy_s))) as link, closing(other):
        for _ in range(2):  # the wait begins anew each time
            begun = time.monotonic()
            with pytest.raises(StoreBusyError):
                link.begin()
            assert busy_s <= time.monotonic() - begun < busy_s + 5


def test_a_store_that_was_moved_takes_nothing_from_whoever_still_has_it_open(file: Path) -> None:
    store = Store.open(file.parent, clock=FakeClock(), chance=SeededChance())
    store.write(noting(1))
    with closing(SqliteLink(file, StoreOptions())) as link:
        link.shut()
    with pytest.raises(StoreError, match=MOVED):
        store.write(noting(2))
    with store.snapshot() as snapshot:
        assert snapshot.head().size == 1
    store.close()


def test_numbers_go_on_behind_those_that_are_there_and_those_of_a_store_that_was_moved_here(link: SqliteLink) -> None:
    put = "INSERT INTO shelf (collection, id, type, version, spec, created, added, handling, record, sole, state) VALUES (1, 'a', 'b', '1', '2.1', '', 0, 1, 1, 1, 'live')"
    assert link.counters() == {}
    link.run(put)
    assert (link.last_number(), link.counters()) == (1, {"shelf": 1})
    link.count_on({"shelf": 7, "nothing": 9})
    assert link.counters() == {"shelf": 7}
    link.count_on({"shelf": 3})
    link.count_on({})
    link.run(put)
    assert link.last_number() == 8


def test_a_statement_says_how_many_rows_it_changed(link: SqliteLink) -> None:
    link.many("INSERT INTO shelf_waits VALUES (?, ?)", [("a", 1), ("a", 2), ("b", 1)])
    assert link.run("UPDATE shelf_waits SET object = object + 10 WHERE ref = ?", "a") == 2
    assert link.run("DELETE FROM shelf_waits WHERE ref = 'c'") == 0
    assert link.rows(tuple[str, int], "SELECT * FROM shelf_waits ORDER BY 2") == [("b", 1), ("a", 11), ("a", 12)]
    assert link.rows_as_they_are("SELECT * FROM shelf_waits WHERE ref = ?", "b") == [("b", 1)]
    assert link.one(tuple[str, int], "SELECT * FROM shelf_waits WHERE object > ? ORDER BY 2", 10) == ("a", 11)
    assert link.one(tuple[int], "SELECT 1 FROM shelf_waits WHERE ref = 'c'") is None
    assert [link.number(f"SELECT {sql}") for sql in ("7", "NULL", "1 WHERE 0")] == [7, 0, 0]


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (1 << 63, StoreError, "no column can hold"),
        ("\ud800", StoreError, "no column can hold"),
    ],
)
def test_what_no_column_holds_is_refused_alone_and_among_others(
    link: SqliteLink, value: Any, kind: type, said: str
) -> None:
    with pytest.raises(kind, match=said):
        link.run("INSERT INTO shelf_waits VALUES (?, 1)", value)
    with pytest.raises(kind, match=said):
        link.many("INSERT INTO shelf_waits VALUES (?, 1)", [(value,)])
    with pytest.raises(StoreCorruptError, match="no text"):
        link.rows(tuple[str], "SELECT CAST(x'ff' AS TEXT)")
    with pytest.raises(StoreCorruptError, match="never was given"):
        link.rows(tuple[str], "SELECT 1")


def test_a_transaction_that_was_undone_takes_no_statement_more(link: SqliteLink) -> None:
    link.begin()
    link.run("ROLLBACK")
    for act in (
        lambda: link.run("DELETE FROM shelf_waits"),
        lambda: link.rows(tuple[int], "SELECT 1"),
        lambda: link.rows_as_they_are("SELECT 1"),
        lambda: link.many("DELETE FROM shelf_waits WHERE ref = ?", [("a",)]),
        link.commit,
    ):
        with pytest.raises(StoreIoError, match="undone"):
            act()
    link.abandon()
    assert link.rows(tuple[int], "SELECT 1") == [(1,)]
    link.begin()
    link.run("INSERT INTO shelf_waits VALUES ('a', 1)")
    link.abandon()
    assert link.number("SELECT COUNT(*) FROM shelf_waits") == 0
    link.begin()
    link.run("INSERT INTO shelf_waits VALUES ('a', 1)")
    link.commit()
    link.abandon()
    assert link.number("SELECT COUNT(*) FROM shelf_waits") == 1


def test_who_reads_sees_the_moment_at_which_it_began(file: Path, link: SqliteLink) -> None:
    link.take_log()
    with closing(SqliteLink(file, StoreOptions(), query_only=True)) as reader:
        reader.begin_reading()
        before = reader.commits()
        link.run("INSERT INTO shelf_waits VALUES ('a', 1)")
        assert reader.number("SELECT COUNT(*) FROM shelf_waits") == 0
        reader.abandon()
        assert reader.number("SELECT COUNT(*) FROM shelf_waits") == 1
        assert (reader.commits() != before, reader.commits() == reader.commits()) == (True, True)


@pytest.mark.parametrize(("at", "longest"), [(2, 2), (3, 4), (4, 4), (5, 6)])
def test_the_log_is_folded_once_it_is_as_long_as_is_said(file: Path, at: int, longest: int) -> None:
    """Each change writes two pages here, and a fold lets the next one begin the log anew."""
    log = file.with_name("store.sqlite-wal")
    sizes = []
    with closing(SqliteLink(file, StoreOptions(checkpoint_pages=at))) as link:
        link.take_log()
        for number in range(8):
            link.run("INSERT INTO shelf_waits VALUES (?, 1)", str(number))
            link.fold()
            sizes.append((log.stat().st_size - 32) // (24 + 8192))
        assert max(sizes) == longest
        link.fold_all()
        assert log.stat().st_size == 0


def test_damage_is_told_with_the_file_and_a_sound_one_has_none(file: Path, link: SqliteLink) -> None:
    assert link.damage() == []
    link.run("CREATE INDEX planted ON shelf_waits (object)")
    link.run("INSERT INTO shelf_waits VALUES ('a', 1)")
    link.run("PRAGMA writable_schema = ON")
    link.run("UPDATE sqlite_schema SET sql = 'CREATE INDEX planted ON shelf_waits (ref)' WHERE name = 'planted'")
    link.run("PRAGMA writable_schema = RESET")
    found = link.damage()
    assert found
    assert {(one.kind, one.at.partition(": ")[0]) for one in found if isinstance(one.at, str)} == {
        ("damaged-database", "store.sqlite")
    }
    assert Problem("store.sqlite: ok", "damaged-database") not in found


def test_a_copy_has_all_that_was_there(file: Path, link: SqliteLink, tmp_path: Path) -> None:
    link.run("INSERT INTO shelf_waits VALUES ('a', 1)")
    link.copy_to(tmp_path / "copy.sqlite")
    check_header(tmp_path / "copy.sqlite")
    with closing(SqliteLink(tmp_path / "copy.sqlite", StoreOptions(read_only=True))) as copy:
        assert copy.number("SELECT COUNT(*) FROM shelf_waits") == 1
        assert copy.schema() == link.schema() == link.schema_of(steps())
        assert copy.form() == link.form() == len(steps())
    with pytest.raises(StoreIoError):
        link.copy_to(tmp_path / "no folder" / "copy.sqlite")


def test_a_store_in_memory_is_whole_and_gone_with_its_block() -> None:
    with in_memory(steps()) as made:
        assert made.schema() == made.schema_of(steps())
        assert made.form() == 0
    with pytest.raises(StoreError):
        made.rows(tuple[int], "SELECT 1")


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("3.51.2", False),
        ("3.51.3", True),
        ("3.51.3.1", True),
        ("3.52.0", True),
        ("3.50.9", False),
        ("4.0.0", True),
        ("3.40.1", False),
    ],
)
def test_an_sqlite_that_can_damage_a_database_is_refused(version: str, fits: bool) -> None:
    assert OLDEST_SQLITE == (3, 51, 3)
    if fits:
        check_sqlite(version)
    else:
        with pytest.raises(StoreVersionError, match=version):
            check_sqlite(version)


@pytest.mark.parametrize("act", ["create", "open"])
def test_neither_a_new_store_nor_an_old_one_is_used_with_such_an_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    if act == "open":
        Store.create(tmp_path / "node", clock=FakeClock(), chance=SeededChance()).close()
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(StoreVersionError):
        getattr(Store, act)(tmp_path / "node", clock=FakeClock(), chance=SeededChance())
    assert (tmp_path / "node").exists() == (act == "open")


def test_rows_that_wait_are_written_before_whatever_could_see_them_and_forgotten_with_their_change(
    link: SqliteLink,
) -> None:
    one, other = "INSERT INTO shelf_waits VALUES (?, ?)", "UPDATE shelf_waits SET object = ? WHERE ref = ?"
    count = "SELECT COUNT(*) FROM shelf_waits"
    link.begin()
    link.later(one, ("a", 1))
    link.later(one, ("b", 1))
    link.later(other, (5, "a"))
    link.later(one, ("c", 1))
    assert link.number("SELECT COUNT(*) FROM ledger") == 0
    assert link._waiting, "another table's question writes nothing"
    assert link.rows(tuple[str, int], "SELECT * FROM shelf_waits ORDER BY 1") == [("a", 5), ("b", 1), ("c", 1)]
    assert link._waiting == {}
    link.later(one, ("d", 1))
    assert link.run("DELETE FROM shelf_waits WHERE ref = 'd'") == 1
    link.later(one, ("e", 1))
    link.many("DELETE FROM shelf_waits WHERE ref = ?", [("e",)])
    assert link.rows_as_they_are(count) == [(3,)]
    link.later(one, ("f", 1))
    assert link.rows_as_they_are(count) == [(4,)]
    link.later(one, ("g", 1))
    link.forget_waiting()
    assert link.number(count) == 4
    link.later(one, ("h", 1))
    link.commit()
    assert link._waiting == {}, "written before it is committed, not by whoever asks next"
    assert link.number(count) == 5


def test_of_rows_with_the_same_first_value_only_the_last_is_written(link: SqliteLink) -> None:
    sql = "INSERT INTO sequence VALUES (?, ?)"
    link.begin()
    for peer, last in (("a", 1), ("a", 2), ("b", 1), ("b", 2)):
        link.latest(sql, (peer, last))
    assert link._waiting == {sql: [("a", 2), ("b", 2)]}
    link.commit()
    assert link.rows(tuple[str, int], "SELECT * FROM sequence ORDER BY 1") == [("a", 2), ("b", 2)]


def test_a_row_that_does_not_go_in_spoils_its_change_until_it_is_undone(link: SqliteLink) -> None:
    sql = "INSERT INTO shelf_waits VALUES (?, ?)"
    link.begin()
    link.later(sql, ("a", 1))
    link.later(sql, ("a", 1))
    for _ in range(2):
        with pytest.raises(StoreError, match="UNIQUE"):
            link.write_waiting()
    link.abandon()
    link.begin()
    link.later(sql, ("a", 1))
    link.commit()
    assert link.number("SELECT COUNT(*) FROM shelf_waits") == 1


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    made = FaultyDisk()
    yield made
    made.unregister()


@pytest.mark.parametrize("call", ["sync", "write"])
def test_a_disk_that_refuses_to_fold_or_to_close_loses_nothing_and_stops_nobody(
    file: Path, disk: FaultyDisk, call: str
) -> None:
    options = StoreOptions(vfs=NAME, checkpoint_pages=1)
    with closing(SqliteLink(file, options)) as link:
        link.take_log()
        link.run("INSERT INTO shelf_waits VALUES ('a', 1)")
        disk.arm(call, 1, errno.EIO, lasting=True)
        link.fold()
        with pytest.raises(StoreIoError):
            link.fold_all()
    here = [entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    assert [name for name in here if name.is_relative_to(file.parent)] == []  # others have theirs
    disk.mend()
    with closing(SqliteLink(file, StoreOptions(read_only=True))) as again:
        assert again.rows(tuple[str, int], "SELECT * FROM shelf_waits") == [("a", 1)]
