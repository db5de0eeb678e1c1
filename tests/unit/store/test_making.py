"""A store is made whole or not at all, whatever a killed process left, and is let go of where it cannot be opened."""

import errno
import shutil
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from headwater.errors import StoreCorruptError, StoreError, StoreFullError, StoreVersionError
from headwater.store import Store, StoreOptions, migrate
from headwater.store.mentions import short
from headwater.store.sqlite import APPLICATION_ID, SqliteLink
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import noting
from tests.unit.store.trace import Trace

pytestmark = pytest.mark.sqlite
FILES = ("store.sqlite.new", "store.sqlite.new-journal", "store.sqlite.new-wal", "store.sqlite.new-shm")


def make(home: Path) -> Store:
    return Store.create(home, clock=FakeClock(), chance=SeededChance())


def opened(home: Path, *, read_only: bool = False) -> Store:
    return Store.open(home, clock=FakeClock(), chance=SeededChance(), options=StoreOptions(read_only=read_only))


def held_open(folder: Path) -> list[str]:
    """Which files below a folder this process has open."""
    here = [Path(entry) for entry in Path("/proc/self/fd").iterdir()]
    names = [entry.readlink() for entry in here if entry.is_symlink()]
    return sorted(name.name for name in names if folder in name.parents)


def test_what_a_killed_process_left_of_a_store_is_taken_for_nothing(tmp_path: Path) -> None:
    home = tmp_path / "node"
    home.mkdir()
    for name in FILES:
        (home / name).write_bytes(b"left " * 999)
        (home / name).chmod(0o644)
    store = make(home)
    assert store.write(noting(1)) == 0
    store.close()
    assert sorted(file.name for file in home.iterdir()) == ["blobs", "derived", "store.sqlite", "tables"]
    assert (home / "store.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_new_store_has_its_pages_its_mark_and_the_newest_form(tmp_path: Path) -> None:
    make(tmp_path / "node").close()
    with closing(SqliteLink(tmp_path / "node" / "store.sqlite", StoreOptions())) as link:
        told = [link.number(f"PRAGMA {name}") for name in ("page_size", "application_id", "user_version")]
        assert told == [migrate.PAGE_BYTES, APPLICATION_ID, len(migrate.steps())] == [8192, 0x48445754, 8]
    migrate.make(tmp_path / "alone.sqlite")  # and is never opened for writing
    assert not list(tmp_path.glob("alone.sqlite?*"))
    with closing(SqliteLink(tmp_path / "alone.sqlite", StoreOptions(read_only=True))) as link:
        assert link.one(tuple[str], "PRAGMA journal_mode") == ("wal",)


def test_a_store_is_on_the_disk_before_it_has_its_name_and_its_name_before_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = Trace(monkeypatch)
    make(tmp_path / "node").close()
    named = trace.steps.index("rename store.sqlite")
    assert trace.steps[named - 1 : named + 2] == ["sync store.sqlite.new", "rename store.sqlite", "sync node"]
    steps = len(trace.steps)
    for number in range(steps):
        home = tmp_path / f"node-{number}"
        trace.steps.clear()
        trace.fail_at, trace.number = number, errno.ENOSPC
        with pytest.raises(StoreFullError):
            make(home)
        there = (home / "store.sqlite").exists()
        assert there == (number == named + 1)
        trace.fail_at = -1
        if there:  # all but the name of it is durable, so it is a store
            with closing(opened(home)) as store:
                assert store.check() == []
        else:
            with closing(make(home)) as store:
                assert store.check() == []


def test_a_directory_is_made_a_node_once_and_none_is_opened_that_is_not_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no node's store here"):
        opened(tmp_path / "node")
    assert not (tmp_path / "node").exists()
    make(tmp_path / "node").close()
    before = (tmp_path / "node" / "store.sqlite").read_bytes()
    with pytest.raises(StoreError, match="already"):
        make(tmp_path / "node")
    assert (tmp_path / "node" / "store.sqlite").read_bytes() == before


def test_a_store_that_cannot_be_opened_is_let_go_of(tmp_path: Path) -> None:
    make(tmp_path / "node").close()
    run = apsw.Connection(str(tmp_path / "node" / "store.sqlite"))
    for damage, kind in (("user_version = 99", StoreVersionError), ("user_version = 0", StoreCorruptError)):
        run.execute(f"PRAGMA {damage}")
        run.close()
        for read_only in (False, True):
            with pytest.raises(kind) as caught:
                opened(tmp_path / "node", read_only=read_only)
            assert held_open(tmp_path) == []
            del caught
        run = apsw.Connection(str(tmp_path / "node" / "store.sqlite"))
    run.close()


def test_closing_lets_go_of_every_file_also_of_what_is_lent(tmp_path: Path) -> None:
    store = make(tmp_path / "node")
    with store.snapshot() as first, store.snapshot() as second:
        assert first.head() == second.head()
    assert len(held_open(tmp_path)) > 2
    with store.snapshot() as lent:
        store.close()
        assert lent.head().size == 0
    assert held_open(tmp_path) == []
    store.close()


def test_eight_connections_are_kept_for_the_next_who_read_and_used_again(tmp_path: Path) -> None:
    with closing(make(tmp_path / "node")) as store:
        lent = [store.snapshot() for _ in range(10)]
        for one in lent:
            one.__enter__()
        for one in lent:
            one.__exit__(None, None, None)
        assert len(store._idle) == 8
        store.copy_to(tmp_path / "copy")
        assert len(store._idle) == 8
        kept = list(store._idle)
        with store.snapshot(), store.snapshot():
            assert len(store._idle) == 6
        assert {id(link) for link in store._idle} == {id(link) for link in kept}
        # One that could not begin to read is no good to anybody.
        kept[-1].close()
        for link in kept[:-1]:
            link.close()
        with pytest.raises(Exception, match="closed"), store.snapshot():
            pytest.fail("it is closed")
        assert len(store._idle) == 7


def test_a_store_that_is_only_read_writes_nothing_and_says_so(tmp_path: Path) -> None:
    make(tmp_path / "node").close()
    with closing(opened(tmp_path / "node", read_only=True)) as store:
        before = {file: file.stat().st_mtime_ns for file in (tmp_path / "node").rglob("*") if file.is_file()}
        for act in (lambda: store.write(noting(1)), lambda: store.submit(noting(1)), lambda: store.put_blob(b"x"), lambda: store.put_parts([b"x"]), lambda: store.put_table(b"PAR1PAR1"), store.sweep):  # fmt: skip
            with pytest.raises(StoreError, match="reading only"):
                act()
        with pytest.raises(StoreError, match="reading only"), store.part("name"):
            pytest.fail("it is only read")
        with store.snapshot() as snapshot:
            assert snapshot.derived("name", lambda: b"made").tobytes() == b"made"
        assert [file for name in ("blobs", "derived", "tables") for file in (tmp_path / "node" / name).iterdir()] == []
        after = {file: file.stat().st_mtime_ns for file in (tmp_path / "node").rglob("*") if file in before}
        assert after == before


def test_a_shared_database_is_filled_once_and_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.sqlite").touch()
    texts = migrate.steps()
    with closing(SqliteLink(tmp_path / "empty.sqlite", StoreOptions())) as link:
        with monkeypatch.context() as patch:
            patch.setattr(migrate, "steps", lambda: (*texts, "CREATE TABLE record (x)"))
            with pytest.raises(StoreError, match="already exists"):
                migrate.make_shared(link)
        assert (link.schema(), link.form()) == ({}, 0)
        migrate.make_shared(link)
        assert (link.schema(), link.form()) == (link.schema_of(texts), len(texts))
        with pytest.raises(StoreError, match="a node's store in this database already"):
            migrate.make_shared(link)
        link.begin()
        link.abandon()


def test_two_who_take_a_store_to_the_next_form_do_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "node").close()
    texts = migrate.steps()
    monkeypatch.setattr(migrate, "steps", lambda: (*texts, "CREATE TABLE later (x INTEGER) STRICT", "CREATE TABLE latest (x INTEGER) STRICT"))  # fmt: skip
    file = tmp_path / "node" / "store.sqlite"
    with closing(SqliteLink(file, StoreOptions())) as one, closing(SqliteLink(file, StoreOptions())) as other:
        migrate.bring_up(one, read_only=False)
        migrate._take(other)  # it had seen the old form before it waited
        assert (one.form(), other.form()) == (len(texts) + 2, len(texts) + 2)
        migrate.bring_up(other, read_only=True)


def test_the_files_and_mentions_of_a_body_are_read_without_the_rest_and_of_a_damaged_one_there_are_none() -> None:
    body = b'{"blobs":["a","b"],"facts":7,"mentions":[{"key":"x","schema":"Person"},{"key":"y"},{"key":"x"}],"tables":["c","a"]}'
    assert list(migrate._files_of(body)) == ["a", "b", "c"]
    assert migrate._mentions_of(body) == {short("x"), short("y")}
    assert (list(migrate._files_of(b"{}")), migrate._mentions_of(b"{}")) == ([], set())
    for damaged in (b"", b"{", b'{"blobs":7,"mentions":7}', b"\xff"):
        assert (list(migrate._files_of(damaged)), migrate._mentions_of(damaged)) == ([], set())


def test_a_package_that_lacks_a_migration_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sql"
    shutil.copytree(Path(migrate.__file__).parent / "sql", folder)
    (folder / "notes.txt").write_text("no migration")
    (folder / "0009_x.sql.bak").write_text("no migration")
    monkeypatch.setattr(migrate, "files", lambda _: tmp_path)
    bare = migrate.steps.__wrapped__
    assert bare() == migrate.steps()
    (folder / "0004_about.sql").unlink()
    with pytest.raises(StoreError, match="lacks a migration"):
        bare()
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(StoreError, match="lacks a migration"):
        bare()


@pytest.mark.parametrize("form", range(1, 8))
def test_a_store_of_any_form_that_there_was_is_taken_to_the_present_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: int
) -> None:
    texts = migrate.steps()
    with closing(make(tmp_path / "node")) as store:
        whole = store.check()
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "steps", lambda: texts[:form])
        (tmp_path / "node" / "store.sqlite").unlink()
        migrate.make(tmp_path / "node" / "store.sqlite")
    with pytest.raises(StoreVersionError, match=f"older form {form}"):
        opened(tmp_path / "node", read_only=True)
    with closing(opened(tmp_path / "node")) as store:
        assert (store.check(), store.write(noting(1))) == (whole, 0)
        with store.snapshot() as snapshot:
            assert snapshot._link.form() == len(texts)


def test_who_reads_or_watches_cannot_write(tmp_path: Path) -> None:
    with closing(make(tmp_path / "node")) as store, store.snapshot() as snapshot, store.watch() as watch:
        for link in (snapshot._link, watch._link):
            assert link.number("PRAGMA query_only") == 1
