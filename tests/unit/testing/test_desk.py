"""The desk of an officer in the harness of real nodes: what never ends is ended and told, and what gets no further is noticed."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.testing.nodes import desk
from headwater.testing.nodes.desk import Desk
from headwater.testing.nodes.officer import Post
from headwater.testing.nodes.promises import HELD, QUEUED, RECEIPT, STALLED_S, Progress, Promises, line

Work = Callable[[Post, int, int], None]


def at_work(monkeypatch: pytest.MonkeyPatch, work: Work) -> Desk:
    monkeypatch.setattr(desk, "work", work)
    return Desk.opened(Post("uk", Path("none"), "rec", (), (), 1), Promises())


def test_what_an_officer_tells_before_it_ends_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(post: Post, telling: int, stopping: int) -> None:
        os.read(stopping, 1)
        os.write(telling, line(QUEUED, "m-1", "mark"))

    made = at_work(monkeypatch, work)
    made.close()
    assert (made.promises.queued, made.promises.wrong) == ({"m-1": "mark"}, [])


def test_an_officer_that_does_not_end_is_ended_and_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(post: Post, telling: int, stopping: int) -> None:
        os.write(telling, line(QUEUED, "m-1", "mark"))
        time.sleep(600)

    made = at_work(monkeypatch, work)
    assert made.speaks_within(30)
    monkeypatch.setattr(desk, "LONGEST_ACT_S", 0.3)
    made.close()
    assert made.promises.queued == {"m-1": "mark"}
    assert made.promises.wrong == ["the officer was still at one thing after 0 s"]
    with pytest.raises(ChildProcessError):
        os.waitpid(made.process, os.WNOHANG)


def test_an_officer_that_has_failed_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(post: Post, telling: int, stopping: int) -> None:
        os.close(stopping)
        raise ValueError("no such letter")

    made = at_work(monkeypatch, work)
    while made.hear():
        pass
    made.close()
    [wrong] = made.promises.wrong
    assert wrong.startswith("uk: ValueError at ")
    assert wrong.endswith("no such letter")


@pytest.mark.parametrize("kind", [HELD, QUEUED, RECEIPT])
def test_where_nothing_comes_any_more_it_is_said_who_waits_for_what(kind: str) -> None:
    now = [0.0]
    promises = {"uk": Promises(), "rs": Promises()}
    progress = Progress(promises, lambda: now[0])
    promises["uk"].hear(line(HELD, "m-0", "mark"))
    promises["uk"].hear(line(QUEUED, "m-1", "mark"))
    assert progress.stalled() == []
    now[0] = STALLED_S - 1
    promises["rs"].hear(line(kind, "m-2", "mark"))
    assert progress.stalled() == []
    now[0] = 2 * STALLED_S - 2
    assert progress.stalled() == []
    now[0] = 2 * STALLED_S - 1
    first, other = progress.stalled()
    assert first == "uk: nothing came for 400 s; 1 receipts unseen, 1 letters held"
    assert other.startswith("rs: nothing came for 400 s; ")
