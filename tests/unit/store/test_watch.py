"""A watch tells of every change, whoever made it, and of nothing else."""

import threading
from pathlib import Path

import pytest

from headwater.ports import Event
from headwater.store import Store
from headwater.testing.fakes import FakeClock, SeededChance

EVENT = Event("store.test", "o.reed", "something")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Store.create(tmp_path / "node", clock=FakeClock(), chance=SeededChance(1)).close()
    return tmp_path / "node"


def opened(home: Path, seed: int) -> Store:
    return Store.open(home, clock=FakeClock(), chance=SeededChance(seed))


def test_the_first_answer_is_yes_and_then_only_after_a_change_of_our_own_or_of_another_process(home: Path) -> None:
    ours, theirs = opened(home, 2), opened(home, 3)
    with ours.watch() as watch:
        assert [watch.has_moved(), watch.has_moved()] == [True, False]
        ours.note(EVENT)
        assert [watch.has_moved(), watch.has_moved()] == [True, False]
        theirs.note(EVENT)
        assert [watch.has_moved(), watch.has_moved()] == [True, False]
        with ours.snapshot() as snapshot:
            assert snapshot.head().size == 2
        assert not watch.has_moved(), "reading changes nothing"
    for store in (ours, theirs):
        store.close()


def test_whoever_waits_is_woken_by_a_change_of_this_process(home: Path) -> None:
    ours = opened(home, 2)
    woken = threading.Event()
    with ours.watch() as watch:

        def sleep() -> None:
            watch.wait(600)
            woken.set()

        thread = threading.Thread(target=sleep)
        thread.start()
        ours.note(EVENT)
        assert woken.wait(20)
        thread.join()
    ours.close()


def test_a_change_that_came_before_the_wait_ends_it_at_once(home: Path) -> None:
    ours = opened(home, 2)
    with ours.watch() as watch:
        ours.note(EVENT)
        watch.wait(600)
    ours.close()


@pytest.mark.sqlite
def test_a_watch_that_has_ended_keeps_no_file_open(home: Path) -> None:
    ours = opened(home, 2)
    here = Path("/proc/self/fd")
    with ours.watch() as watch:
        watch.has_moved()
    before = len(list(here.iterdir()))
    for _ in range(20):
        with ours.watch() as watch:
            watch.has_moved()
    assert len(list(here.iterdir())) < before + 20
    ours.close()
