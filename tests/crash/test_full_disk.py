"""A disk that is full or fails: only declared errors, no promise broken, nothing half done, and reading goes on."""

import errno
import os
import resource
import shutil
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.errors import StoreError, StoreFullError, StoreIoError
from headwater.store import Head, Store, StoreOptions
from headwater.testing.fakes import FakeClock, SeededChance
from headwater.testing.faultydisk import NAME, FaultyDisk
from headwater.testing.promises import broken_promises, numbers_kept, receive

MOST_OPERATIONS = 2000
FAULTY = StoreOptions(vfs=NAME, checkpoint_pages=6)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("fresh") / "node"
    Store.create(home, clock=FakeClock(), chance=SeededChance()).close()
    return home


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    made = FaultyDisk()
    yield made
    made.unregister()


def opened(home: Path, options: StoreOptions | None = None) -> Store:
    return Store.open(home, clock=FakeClock(), chance=SeededChance(), options=options)


def receive_all(store: Store, messages: int, promised: dict[int, Head]) -> list[StoreError]:
    """Receive each message once, and look after each that reading shows just what was promised."""
    errors: list[StoreError] = []
    for number in range(messages):
        try:
            promised[number] = store.write(receive(number))
        except StoreError as error:
            errors.append(error)
        assert numbers_kept(store) == promised.keys()
    return errors


def every_fault(
    fresh: Path, home: Path, disk: FaultyDisk, operation: str, number: int, *, lasting: bool, messages: int
) -> int:
    """Let the first, second, ... last operation fail while messages come in; return how many there were."""
    kind = StoreFullError if number == errno.ENOSPC else StoreIoError
    for nth in range(1, MOST_OPERATIONS):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(fresh, home)
        store = opened(home, FAULTY)
        promised: dict[int, Head] = {}
        disk.arm(operation, nth, number, lasting=lasting)
        errors = receive_all(store, messages, promised)
        failed = disk.failed
        disk.mend()
        assert all(type(error) is kind for error in errors), errors
        promised |= {number: store.write(receive(number)) for number in range(messages)}
        store.close()
        again = opened(home, StoreOptions(synchronous="OFF"))
        assert list(broken_promises(again, promised)) == []
        again.close()
        if not failed:
            return nth - 1
    raise AssertionError("the messages never came through")


FAULTS = pytest.mark.parametrize(
    ("operation", "number", "lasting"),
    [
        pytest.param(operation, number, lasting, id=f"{operation}-{errno.errorcode[number]}-{lasting}")
        for operation in ("write", "sync")
        for number in (errno.ENOSPC, errno.EIO)
        for lasting in (False, True)
    ],
)


@FAULTS
def test_whichever_operation_fails_no_promise_is_broken(
    fresh: Path, tmp_path: Path, disk: FaultyDisk, operation: str, number: int, lasting: bool
) -> None:
    count = every_fault(fresh, tmp_path / "node", disk, operation, number, lasting=lasting, messages=2)
    assert count >= 2  # each message takes at least one write and one sync


@pytest.mark.deep
@FAULTS
def test_whichever_of_many_operations_fails_no_promise_is_broken(
    fresh: Path, tmp_path: Path, disk: FaultyDisk, operation: str, number: int, lasting: bool
) -> None:
    every_fault(fresh, tmp_path / "node", disk, operation, number, lasting=lasting, messages=30)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE])
def test_a_file_that_cannot_be_opened_is_a_declared_error(
    fresh: Path, tmp_path: Path, disk: FaultyDisk, number: int
) -> None:
    home = tmp_path / "node"
    shutil.copytree(fresh, home)
    refused = 0
    for nth in range(1, MOST_OPERATIONS):
        disk.arm("open", nth, number, lasting=False)
        store = None
        try:
            store = opened(home, FAULTY)
            store.write(receive(nth))
            with store.snapshot() as reader:
                assert reader.head().size == nth
        except StoreError as error:
            assert type(error) in (StoreFullError, StoreIoError)  # noqa: PT017 - it may also not be raised
            refused += 1
        disk.mend()
        store = store or opened(home, FAULTY)
        store.write(receive(nth))
        assert numbers_kept(store) == set(range(1, nth + 1))
        store.close()
        if not disk.failed:
            break
    assert refused >= 2  # the database and its log, at least


def run_in_child(check: object, home: Path) -> str:
    """Run a check in a process of its own, whose limits end with it, and return what it had to say."""
    assert callable(check)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            check(home)
        except BaseException:  # noqa: BLE001 - the parent says what it was
            os.write(writing, traceback.format_exc().encode()[-60_000:])
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode()
    os.waitpid(child, 0)
    return said


def fill_up(home: Path) -> None:
    """Write until the system refuses, and see that reading, and writing after there is room again, work."""
    store = opened(home)
    promised = {0: store.write(receive(0))}
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    refused: list[StoreError] = []
    for number in range(1, 500):
        try:
            promised[number] = store.write(receive(number))
        except StoreError as error:
            refused.append(error)
    assert len(promised) > 2
    assert len(refused) > 2
    assert all(type(error) is StoreFullError for error in refused)
    assert numbers_kept(store) == promised.keys()
    with pytest.raises(StoreFullError):
        store.put_blob(bytes(600_000))
    small = store.put_blob(b"small")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    promised[500] = store.write(receive(500))
    with store.snapshot() as reader:
        assert reader.blob(small) is not None
    store.close()
    again = opened(home)
    assert list(broken_promises(again, promised)) == []
    again.close()
    assert [file.name for file in (home / "blobs").iterdir()] == [small]


def test_a_disk_that_is_full_takes_nothing_and_goes_on_once_there_is_room(fresh: Path, tmp_path: Path) -> None:
    home = tmp_path / "node"
    shutil.copytree(fresh, home)
    assert run_in_child(fill_up, home) == ""
