"""The thread that writes in groups: how it answers when a group, and not only one change, goes wrong."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from headwater.errors import ConflictError, StoreBusyError, StoreCorruptError, StoreError, StoreIoError
from headwater.store import Store, StoreOptions, Transaction
from headwater.store.link import Link
from headwater.store.writer import LARGEST_GROUP
from headwater.testing.fakes import FakeClock, SeededChance
from headwater.testing.faultydisk import NAME, FaultyDisk
from tests.contract.store_kit import event, noting

EIO = 5
MANY = 1_000_000


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    made = FaultyDisk()
    yield made
    made.unregister()


def submit_as_one_group(store: Store, changes: list[Callable[[Transaction], int]]) -> list[Future[int]]:
    """Hold the thread up with a change until all others wait."""
    started, go = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        started.set()
        assert go.wait(10)

    held = store.submit(hold)
    assert started.wait(10)
    futures = [store.submit(change) for change in changes]
    go.set()
    assert not wait([held], timeout=10).not_done
    assert not wait(futures, timeout=10).not_done
    return futures


@pytest.mark.sqlite
def test_where_the_commit_fails_all_are_refused_and_nothing_is_kept(store: Store, home: Path, disk: FaultyDisk) -> None:
    faulty = Store.open(home, clock=FakeClock(), chance=SeededChance(1), options=StoreOptions(vfs=NAME))
    faulty.write(noting(0))

    def last(tx: Transaction) -> int:
        disk.arm("sync", 1, EIO, lasting=True)
        return tx.note(event(9))

    def raising(tx: Transaction) -> int:
        raise ConflictError("no")

    futures = submit_as_one_group(faulty, [noting(1), raising, noting(2), last])
    assert [type(future.exception()) for future in futures] == [StoreIoError] * 4
    disk.mend()
    assert faulty.write(noting(3)) == 1
    assert faulty.verify_ledger() == []
    faulty.close()


@pytest.mark.sqlite
def test_a_change_that_hides_a_failing_disk_is_refused_with_its_group(home: Path, disk: FaultyDisk) -> None:
    Store.create(home, clock=FakeClock(), chance=SeededChance()).close()
    faulty = Store.open(home, clock=FakeClock(), chance=SeededChance(1), options=StoreOptions(vfs=NAME))

    def hiding(tx: Transaction) -> int:
        # SQLite undoes the whole transaction by itself here; going on would write outside of any.
        tx._link.run("ROLLBACK")
        with pytest.raises(StoreIoError, match="undone"):
            tx.put_document("card", "UK-NCA", b"one")
        return 0

    with pytest.raises(StoreIoError):
        faulty.write(hiding)
    with faulty.snapshot() as reader:
        assert reader.document("card", "UK-NCA") is None
    assert faulty.write(noting(1)) == 0
    faulty.close()


def test_a_group_has_an_upper_size_and_the_rest_follows(store: Store) -> None:
    futures = submit_as_one_group(store, [noting(number) for number in range(LARGEST_GROUP + 10)])
    assert [future.result() for future in futures] == list(range(LARGEST_GROUP + 10))


@pytest.mark.sqlite
def test_a_hundred_changes_in_a_group_share_one_sync(home: Path, disk: FaultyDisk) -> None:
    Store.create(home, clock=FakeClock(), chance=SeededChance()).close()
    store = Store.open(home, clock=FakeClock(), chance=SeededChance(1), options=StoreOptions(vfs=NAME))
    store.write(noting(0))
    disk.arm("sync", MANY, EIO, lasting=False)
    futures = submit_as_one_group(store, [noting(number) for number in range(100)])
    assert [future.result() for future in futures] == list(range(1, 101))
    assert MANY - disk._left == 1  # the change that held the thread up changed nothing, and needed none
    store.close()


def test_a_cancelled_change_is_not_carried_out(store: Store) -> None:
    started, go = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        started.set()
        assert go.wait(10)

    held = store.submit(hold)
    assert started.wait(10)
    cancelled = store.submit(noting(1))
    assert cancelled.cancel()
    go.set()
    held.result(timeout=10)
    assert store.write(noting(2)) == 0


@pytest.mark.sqlite
def test_a_busy_store_says_so_and_goes_on_once_it_is_free(home: Path) -> None:
    options = StoreOptions(busy_wait_s=0.0)
    store = Store.create(home, clock=FakeClock(), chance=SeededChance(), options=options)
    other = apsw.Connection(str(home / "store.sqlite"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError):
        store.write(noting(1))
    other.execute("ROLLBACK")
    assert store.write(noting(1)) == 0
    other.close()
    store.close()


@pytest.mark.sqlite
def test_a_store_that_is_busy_for_a_moment_is_waited_for(home: Path) -> None:
    store = Store.create(home, clock=FakeClock(), chance=SeededChance(), options=StoreOptions(busy_wait_s=30.0))
    other = apsw.Connection(str(home / "store.sqlite"))
    other.execute("BEGIN IMMEDIATE")
    waiting = store.submit(noting(1))
    with pytest.raises(TimeoutError):
        waiting.result(timeout=0.1)
    other.execute("ROLLBACK")
    assert waiting.result(timeout=30) == 0
    other.close()
    store.close()


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO ledger SELECT 2, salt, event, commitment, subtrees FROM ledger WHERE number = 1",
        "DELETE FROM ledger WHERE number = 1",
    ],
    ids=["longer", "shorter"],
)
def test_nothing_is_added_to_a_ledger_that_is_longer_or_shorter_than_its_head(
    store: Store, home: Path, behind: Callable[[str], object], change: str
) -> None:
    store.write(noting(1))
    store.write(noting(2))
    behind("DROP TRIGGER ledger_kept")
    behind(change)
    with pytest.raises(StoreCorruptError, match="shorter or longer"):
        Store.open(home, clock=FakeClock(), chance=SeededChance(9)).write(noting(3))


def test_nothing_is_added_to_a_ledger_that_does_not_fit_its_head(store: Store, behind: Callable[[str], object]) -> None:
    store.write(noting(1))
    behind("UPDATE ledger_head SET root = zeroblob(32)")
    for _ in range(2):
        with pytest.raises(StoreCorruptError):
            store.write(noting(2))
    with store.snapshot() as reader:  # reading goes on
        assert len(list(reader.leaves())) == 1


@pytest.mark.sqlite
def test_a_store_that_was_found_damaged_takes_nothing_until_it_is_opened_again(
    store: Store, home: Path, behind: Callable[[str], object]
) -> None:
    store.write(noting(1))
    with store.snapshot() as reader:
        root = reader.head().root.hex()
    behind("UPDATE ledger_head SET root = zeroblob(32)")
    with pytest.raises(StoreCorruptError):
        store.write(noting(2))
    behind(f"UPDATE ledger_head SET root = x'{root}'")  # noqa: S608 - a number of our own
    with pytest.raises(StoreCorruptError):
        store.write(noting(2))
    again = Store.open(home, clock=FakeClock(), chance=SeededChance(9))
    assert again.write(noting(2)) == 1
    again.close()


def test_whatever_a_change_raises_reaches_its_caller(store: Store) -> None:
    def leaving(tx: Transaction) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        store.write(leaving)
    assert store.write(noting(1)) == 0


def test_a_clock_that_fails_leaves_nobody_waiting(home: Path) -> None:
    class Broken:
        def now(self) -> object:
            raise ZeroDivisionError

    store = Store.create(home, clock=Broken(), chance=SeededChance())  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        store.write(noting(1))
    store.close()


def test_a_closed_store_is_a_store_error(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.submit(noting(1))


def test_without_a_thread_each_caller_commits_its_own_change(store: Store, home: Path) -> None:
    before = threading.active_count()
    alone = Store.open(home, clock=FakeClock(), chance=SeededChance(1), options=StoreOptions(threaded=False))
    assert threading.active_count() == before
    first = alone.submit(noting(1))
    assert first.done()
    assert (first.result(), alone.write(noting(2))) == (0, 1)
    with pytest.raises(ConflictError):
        alone.write(refusing)
    assert alone.write(noting(3)) == 2
    alone.close()
    with pytest.raises(StoreError, match="closed"):
        alone.write(noting(4))
    assert store.verify_ledger() == []


def test_without_a_thread_a_change_inside_another_is_refused(store: Store, home: Path) -> None:
    alone = Store.open(home, clock=FakeClock(), chance=SeededChance(1), options=StoreOptions(threaded=False))
    with pytest.raises(StoreError, match="waits for another"):
        alone.write(lambda _: alone.write(noting(1)))
    assert alone.write(noting(2)) == 0
    alone.close()


def refusing(tx: Transaction) -> int:
    tx.note(event(9))
    raise ConflictError("no")


def test_the_thread_that_writes_has_a_name_and_keeps_no_process_from_ending(store: Store) -> None:
    assert store._writer is not None
    thread = store._writer._thread  # another test's may still be there
    assert thread is not None
    assert (thread.name, thread.daemon) == ("headwater-store", True)
    store.close()
    assert not thread.is_alive()


def test_whoever_listens_hears_of_each_group_once_everybody_was_answered(store: Store) -> None:
    assert store._writer is not None
    heard: list[bool] = []
    listeners = store._writer.listeners
    futures: list[Future[int]] = []

    def first() -> None:
        heard.append(all(future.done() for future in futures))
        listeners.remove(first)

    listeners += [first, lambda: heard.append(all(future.done() for future in futures))]
    futures += [store.submit(noting(number)) for number in range(3)]
    assert not wait(futures, timeout=10).not_done
    store.write(noting(3))
    store.close()
    assert all(heard)
    assert len(heard) >= 3


@pytest.mark.parametrize("threaded", [True, False])
def test_a_group_that_could_not_be_kept_is_forgotten_and_the_next_goes_on_from_the_last_head(
    home: Path, monkeypatch: pytest.MonkeyPatch, threaded: bool
) -> None:
    options = StoreOptions(threaded=threaded)
    with closing(Store.create(home, clock=FakeClock(), chance=SeededChance(), options=options)) as store:
        store.write(noting(1))

        def refuse(_: Link) -> None:
            raise StoreIoError("the disk refuses")

        with monkeypatch.context() as patch:
            patch.setattr(Link, "commit", refuse)
            for _ in range(2):
                with pytest.raises(StoreIoError, match="the disk refuses"):
                    store.write(noting(2))
        with store.snapshot() as reader:
            assert reader.head().size == 1
        assert store.write(noting(3)) == 1
        assert store.verify_ledger() == []


def test_two_who_write_in_turn_go_on_from_each_others_head(store: Store, home: Path) -> None:
    other = Store.open(home, clock=FakeClock(), chance=SeededChance(7), options=StoreOptions(threaded=False))
    assert [(store, other)[number % 3 == 0].write(noting(number)) for number in range(9)] == [*range(9)]
    assert store.verify_ledger() == []
    other.close()


@pytest.mark.sqlite
def test_a_change_that_notes_nothing_moves_no_head(store: Store, behind: Callable[[str], object]) -> None:
    store.write(noting(1))
    behind("CREATE TRIGGER planted BEFORE UPDATE ON ledger_head BEGIN SELECT RAISE(ABORT, 'moved'); END")
    assert store.write(lambda tx: tx.put_document("kind", "key", b"")) == 1
    with pytest.raises(StoreError, match="moved"):
        store.write(noting(2))


def test_a_closed_store_that_was_damaged_says_that_it_is_damaged(store: Store, behind: Callable[[str], object]) -> None:
    store.write(noting(1))
    behind("UPDATE ledger_head SET root = zeroblob(32)")
    with pytest.raises(StoreCorruptError):
        store.write(noting(2))
    store.close()
    with pytest.raises(StoreCorruptError):
        store.write(noting(3))


@pytest.mark.parametrize("threaded", [True, False])
def test_a_store_is_closed_once_and_for_all_who_still_write(home: Path, threaded: bool) -> None:
    store = Store.create(home, clock=FakeClock(), chance=SeededChance(), options=StoreOptions(threaded=threaded))
    future = store.submit(noting(1))
    for _ in range(2):
        store.close()
    assert future.result(timeout=10) == 0
    for act in (store.write, store.submit):
        with pytest.raises(StoreError, match="the store is closed"):
            act(noting(2))
    with pytest.raises(StoreError, match="the store is closed"), store.snapshot():
        pytest.fail("it is closed")


def test_a_cancelled_change_of_a_store_without_a_thread_was_already_done(home: Path) -> None:
    store = Store.create(home, clock=FakeClock(), chance=SeededChance(), options=StoreOptions(threaded=False))
    future = store.submit(noting(1))
    assert not future.cancel()
    with pytest.raises(ZeroDivisionError):
        store.write(lambda _: 1 // 0)
    assert store.write(noting(2)) == 1
    store.close()
