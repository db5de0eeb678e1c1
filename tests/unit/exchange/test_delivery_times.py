"""Delivery by its own clock: when it looks, what it wakes, how long each of its threads sleeps, and what it says in the log."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from headwater.errors import HeadwaterError, PeerUnreachableError, SchemaError, StoreBusyError
from headwater.exchange.again import deliver_again
from headwater.exchange.courier import Step
from headwater.exchange.delivery import (
    AFTER_STORE_ERROR_S,
    IDLE_S,
    LOOK_S,
    LOOK_SHARE,
    NAMES_S,
    POLL_S,
    TEND_S,
    TEND_SHARE,
    Delivery,
    work,
)
from headwater.exchange.envelope import Lane
from headwater.exchange.partners import Partners
from tests.exchange_world import BELGRADE, LONDON, Node, World, message
from tests.unit.exchange.test_delivery import Flag


def test_the_times_are_those_that_its_promises_rest_on() -> None:
    times = (POLL_S, LOOK_S, LOOK_SHARE, NAMES_S, IDLE_S, AFTER_STORE_ERROR_S, TEND_S, TEND_SHARE)
    assert times == (0.02, 0.004, 100, 1.0, 5.0, 5.0, 1.0, 50)


class Steps:
    """A courier whose steps come to what they are told; the last one ends the work."""

    def __init__(self, stop: Flag, *given: Step | Exception) -> None:
        self.stop, self.given, self.told = stop, list(given), 0

    def step(self) -> Step:
        step = self.given.pop(0)
        self.stop.is_up = not self.given
        if isinstance(step, Exception):
            raise step
        return step

    def heard(self) -> None:
        self.told += 1


CUT = PeerUnreachableError("cut")
Waits = tuple[list[float | None], list[float | None], list[float | None]]
RESTS: dict[str, tuple[Step | Exception, Waits]] = {
    "nothing waits": (Step(0, None), ([IDLE_S], [], [])),
    "something waits for a moment to come": (Step(0, 2.5), ([2.5], [], [])),
    "or for one that is far off": (Step(0, 60.0), ([IDLE_S], [], [])),
    "more is there": (Step(3, 0), ([], [], [])),
    "the partner cannot be reached": (Step(0, 60.0, CUT), ([], [59.0], [1.0])),
    "not for long": (Step(0, 0.25, CUT), ([], [-0.75], [0.25])),
    "and nothing says how long": (Step(0, None, CUT), ([], [-1.0], [0])),
    "the store is busy": (StoreBusyError("busy"), ([], [], [AFTER_STORE_ERROR_S])),
    "nobody knows what it is": (RuntimeError("odd"), ([], [], [AFTER_STORE_ERROR_S])),
}


@pytest.mark.parametrize("name", RESTS)
def test_a_courier_sleeps_as_long_as_its_step_says(name: str, caplog: pytest.LogCaptureFixture) -> None:
    step, waits = RESTS[name]
    wake, heard, stop = Flag(), Flag(), Flag()
    courier = Steps(stop, step, Step(0, 0))
    with caplog.at_level(logging.INFO):
        work(courier, wake, heard, stop)  # type: ignore[arg-type] # same shapes
    assert (wake.waits, heard.waits, stop.waits) == waits
    assert not courier.given, "it goes on after whatever happened"
    here = threading.current_thread().name
    said = [(each.levelname, each.getMessage(), each.exc_info is not None) for each in caplog.records]
    code = step.code if isinstance(step, HeadwaterError) else ""
    wanted = (
        [("WARNING", f"{here}: {code}", False)]
        if code
        else [("ERROR", f"{here} failed", True)]
        if isinstance(step, Exception)
        else [("INFO", f"{here}: peer.unreachable; again in {step.wait_s or 0:.0f} s", False)]
        if step.error
        else []
    )
    assert said == wanted


def test_a_courier_that_is_told_to_stop_while_it_rests_does_not_go_on_to_listen() -> None:
    heard, stop = Flag(is_up=True), Flag()
    courier = Steps(stop, Step(0, 60.0, CUT))
    work(courier, Flag(), heard, stop)  # type: ignore[arg-type]
    assert (courier.told, heard.waits) == (0, [])


class Kept(Flag):
    """A flag that stays up until it is cleared, and counts how often it was raised."""

    def __init__(self) -> None:
        super().__init__()
        self.raised = 0

    def set(self) -> None:
        self.is_up, self.raised = True, self.raised + 1


class Looked:
    """Delivery whose couriers never run: what it would wake is counted."""

    def __init__(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.cpu = 1_000.0, 0.0
        self.served: dict[tuple[str, str], Any] = {}
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "thread_time", lambda: self.cpu)
        self.delivery = Delivery(node.store, Partners(node.me), lambda _: pytest.fail("no courier is asked for"))
        monkeypatch.setattr(self.delivery, "_serve", self._serve)
        self.stop = Flag()

    def _serve(self, route: tuple[Any, Any], _stop: object) -> None:
        self.served[route] = self.delivery._served[route] = SimpleNamespace(wake=Kept(), heard=Kept())  # type: ignore[assignment]

    def look(self, after: float = 0.0) -> dict[tuple[str, str], tuple[int, int]]:
        """Look, and return how often each route was woken and told that its partner was heard since the last look."""
        self.now += after
        self.delivery._look(self.stop)  # type: ignore[arg-type]
        found = {route: (each.wake.raised, each.heard.raised) for route, each in self.served.items()}
        for each in self.served.values():
            each.wake.raised = each.heard.raised = 0
        return {route: counts for route, counts in found.items() if counts != (0, 0)}

    def sleep(self) -> None:
        """Let every courier have looked."""
        for each in self.served.values():
            each.wake.is_up = False


@pytest.fixture
def looked(london: Node, monkeypatch: pytest.MonkeyPatch) -> Looked:
    return Looked(london, monkeypatch)


NORMAL, URGENT = (BELGRADE, Lane.NORMAL), (BELGRADE, Lane.URGENT)


def test_each_look_wakes_the_routes_on_which_something_waits_until_they_have_looked_and_no_others(
    london: Node, looked: Looked
) -> None:
    assert looked.look() == {}
    assert set(looked.served) == {NORMAL, URGENT}
    london.exchange.send(message(), who="o.reed")
    assert looked.look() == {NORMAL: (1, 0)}
    london.bring(BELGRADE)
    assert looked.look() == {NORMAL: (1, 0)}, "told, and has not looked yet: it is not asked of the store again"
    looked.sleep()
    assert looked.look() == {}
    london.exchange.send(message(urgency="urgent", why_urgent="it leaves"), who="o.reed")
    assert looked.look() == {URGENT: (1, 0)}


def test_a_partner_is_heard_by_both_its_couriers_once_for_each_word_and_never_for_words_of_before(
    world: World, london: Node, belgrade: Node, looked: Looked
) -> None:
    def told() -> None:
        belgrade.exchange.send(message(sender=BELGRADE, recipient=LONDON), who="m.petrovic")
        belgrade.bring(LONDON)

    told()
    assert looked.look() == {}, "the first look begins where the store stands"
    assert looked.look() == {}
    told()
    assert looked.look() == {NORMAL: (0, 1), URGENT: (0, 1)}
    assert looked.look() == {}
    assert world.nodes[0] is london


def test_what_is_to_be_delivered_again_is_looked_up_once_a_second_and_wakes_both_routes(
    london: Node, looked: Looked
) -> None:
    looked.look()
    london.exchange.send(message(), who="o.reed")
    london.bring(BELGRADE)
    (row,) = [row for row in london.exchange.outgoing() if row.kind == "spontaneous"]
    london.store.write(lambda tx: deliver_again(tx, BELGRADE, [row.id]))
    assert looked.look(NAMES_S - 0.1) == {}
    assert looked.look(0.1) == {NORMAL: (1, 0), URGENT: (1, 0)}


class Watched:
    """Stands for what watches the store: has it moved, and how long somebody waited for that."""

    def __init__(self) -> None:
        self.moved, self.waits = False, list[float]()

    def has_moved(self) -> bool:
        return self.moved

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


@contextmanager
def counting(looked: Looked, monkeypatch: pytest.MonkeyPatch, costs_s: float) -> Iterator[list[float]]:
    looks: list[float] = []
    look = looked.delivery._look

    def counted(stop: threading.Event) -> None:
        looks.append(looked.now)
        looked.cpu += costs_s
        look(stop)

    monkeypatch.setattr(looked.delivery, "_look", counted)
    yield looks


@pytest.mark.parametrize(("costs_s", "rest_s"), [(0.0, LOOK_S), (0.00003, LOOK_S), (0.5, 50.0)])
def test_a_round_looks_where_the_store_has_moved_or_names_are_due_and_rests_by_what_the_look_cost(
    costs_s: float, rest_s: float, looked: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watched()
    with counting(looked, monkeypatch, costs_s) as looks:

        def done(after: float, *, moved: bool) -> int:
            before = len(looks)
            looked.now, watch.moved = looked.now + after, moved
            looked.delivery._round(watch, looked.stop)  # type: ignore[arg-type]
            return len(looks) - before

        steps = ((0.0, False), (0.1, False), (0.0, True), (NAMES_S - 0.2, False), (0.1, False), (0.1, False))
        assert [done(after, moved=moved) for after, moved in steps] == [1, 0, 1, 0, 1, 0]
    assert watch.waits == [POLL_S] * 6
    assert looked.stop.waits == [pytest.approx(rest_s)] * 3


def test_what_is_looked_after_rests_by_how_long_it_took(london: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    now, begun = [1_000.0], list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def tend() -> None:
        begun.append(now[0])
        now[0] += 0.5

    made = Delivery(london.store, Partners(LONDON), lambda _: pytest.fail("none is asked for"), tend=tend)
    for at in (1_000.0, 1_000.5 + 24.9, 1_000.5 + 25.0, 1_026.0 + 24.9, 1_026.0 + 25.0):
        now[0] = at
        made._look_after()
    assert begun == [1_000.0, 1_025.5, 1_051.0]


def test_what_cannot_be_looked_after_holds_up_no_message_and_is_tried_again(
    london: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, begun = [1_000.0], list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def tend() -> None:
        begun.append(now[0])
        raise SchemaError("larger than an envelope")

    made = Delivery(london.store, Partners(LONDON), lambda _: pytest.fail("none is asked for"), tend=tend)
    for at in (1_000.0, 1_000.5, 1_001.0):
        now[0] = at
        made._look_after()
    assert begun == [1_000.0, 1_001.0]


class Idle:
    """A courier that has nothing to do and knows which thread it runs in."""

    def __init__(self, seen: Callable[[threading.Thread], object]) -> None:
        self.seen = seen

    def step(self) -> Step:
        self.seen(threading.current_thread())
        return Step(0, None)


def test_delivery_gives_each_route_a_thread_of_its_own_name_and_ends_them_all(london: Node) -> None:
    threads, both, stop = list[threading.Thread](), threading.Semaphore(0), threading.Event()

    def seen(thread: threading.Thread) -> None:
        threads.append(thread)
        both.release()

    made = Delivery(london.store, Partners(LONDON), lambda _: Idle(seen))  # type: ignore[arg-type,return-value]
    runs = threading.Thread(target=made.run, args=(stop,))
    runs.start()
    try:
        assert both.acquire(timeout=20)
        assert both.acquire(timeout=20)
    finally:
        stop.set()
        runs.join(20)
    assert {(thread.name, thread.daemon) for thread in threads} == {
        (f"courier-{BELGRADE}-normal", True),
        (f"courier-{BELGRADE}-urgent", True),
    }
    assert not any(thread.is_alive() for thread in (*threads, runs))
    assert made._served == {}


def test_delivery_waits_where_the_store_fails_and_goes_on(
    london: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Ends(Flag):
        def wait(self, timeout: float | None = None) -> bool:
            self.is_up = bool(self.waits)
            return super().wait(timeout)

    def busy(_store: object) -> None:
        raise StoreBusyError("busy")

    monkeypatch.setattr(type(london.store), "watch", busy)
    stop = Ends()
    made = Delivery(london.store, Partners(LONDON), lambda _: pytest.fail("none is asked for"))
    made.run(stop)  # type: ignore[arg-type]
    assert stop.waits == [AFTER_STORE_ERROR_S] * 2
    assert [each.getMessage() for each in caplog.records] == ["delivery waits: store.busy"] * 2
