"""Delivery's threads: how long they rest after a failure, and what ends the rest early."""

import threading
import time

import pytest

from headwater.errors import PeerUnreachableError
from headwater.exchange import delivery
from headwater.exchange.backoff import TRY_CAP_S
from headwater.exchange.courier import Step
from headwater.exchange.delivery import Delivery, work
from headwater.exchange.partners import Partners
from tests.exchange_world import BELGRADE, LONDON, Node, World, message

LONG_S = 300.0


class Failing:
    """A courier that cannot reach its partner, and ends the work at its last step."""

    def __init__(self, stop: "Flag", steps: int) -> None:
        self._stop = stop
        self._left = steps
        self.told = 0

    def step(self) -> Step:
        self._left -= 1
        self._stop.is_up = self._left == 0
        return Step(0, LONG_S, PeerUnreachableError("cut"))

    def heard(self) -> None:
        self.told += 1


class Flag:
    """Stands in for an event: it answers at once, and remembers how long somebody was ready to wait."""

    def __init__(self, *, is_up: bool = False) -> None:
        self.is_up = is_up
        self.waits: list[float | None] = []

    def is_set(self) -> bool:
        return self.is_up

    def clear(self) -> None:
        return

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return self.is_up


def run(heard: Flag) -> tuple[Failing, Flag]:
    stop = Flag()
    courier = Failing(stop, 2)
    work(courier, Flag(), heard, stop)  # type: ignore[arg-type] # same shapes
    return courier, stop


def test_a_courier_at_rest_is_woken_by_a_word_of_its_partner_and_begins_to_wait_anew() -> None:
    courier, stop = run(Flag(is_up=True))
    assert courier.told == 1
    assert stop.waits[0] == 1.0, "once a second at most"


def test_a_courier_at_rest_whose_partner_is_silent_waits_to_the_end() -> None:
    silent = Flag()
    courier, _ = run(silent)
    assert courier.told == 0
    assert silent.waits[0] == LONG_S - 1.0


def test_after_an_outage_of_hours_the_queue_is_drained_at_the_partners_first_word(
    world: World, london: Node, belgrade: Node
) -> None:
    london.exchange.send(message(), who="o.reed")
    world.wires.cut.add(belgrade.endpoint)
    courier = london.exchange.courier((BELGRADE, "normal"))  # type: ignore[arg-type] # a lane is its word
    for _ in range(20):
        courier.step()
    assert (courier.step().wait_s or 0) >= TRY_CAP_S / 2
    courier.heard()
    assert (courier.step().wait_s or 0) <= 2


class Resting:
    """A courier that never reaches its partner; it says when it has tried, and when it was told of a word."""

    def __init__(self) -> None:
        self.tried = threading.Event()
        self.told = threading.Event()

    def step(self) -> Step:
        self.tried.set()
        return Step(0, LONG_S, PeerUnreachableError("cut"))

    def heard(self) -> None:
        self.told.set()


def test_delivery_tells_the_couriers_of_a_partner_that_has_spoken(london: Node, belgrade: Node) -> None:
    stop, courier = threading.Event(), Resting()
    london.exchange.send(message(), who="o.reed")
    made = Delivery(london.store, Partners(LONDON), lambda _: courier)  # type: ignore[arg-type,return-value]
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    try:
        assert courier.tried.wait(20)
        assert not courier.told.is_set()
        belgrade.exchange.send(message(sender=BELGRADE, recipient=LONDON), who="m.petrovic")
        belgrade.bring(LONDON)
        assert courier.told.wait(20)
    finally:
        stop.set()
        thread.join(20)


class Idle:
    """A courier that has nothing to do; it counts how often it was woken to find that out."""

    def __init__(self) -> None:
        self.woken = threading.Semaphore(0)

    def step(self) -> Step:
        self.woken.release()
        return Step(0, None)


def test_a_courier_is_woken_by_what_waits_on_its_own_lane_alone(london: Node, belgrade: Node) -> None:
    stop, normal, urgent = threading.Event(), Idle(), Idle()

    def made(route: tuple[str, str]) -> Idle:
        return normal if route[1] == "normal" else urgent

    here = Delivery(london.store, Partners(LONDON), made)  # type: ignore[arg-type]
    thread = threading.Thread(target=here.run, args=(stop,))
    thread.start()
    try:
        assert normal.woken.acquire(timeout=20)
        assert urgent.woken.acquire(timeout=20)
        london.exchange.send(message(), who="o.reed")
        assert normal.woken.acquire(timeout=20)
        assert not urgent.woken.acquire(blocking=False)
    finally:
        stop.set()
        thread.join(20)


def test_what_no_message_wakes_is_looked_after_now_and_then(london: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    tended: list[float] = []
    made = Delivery(
        london.store,
        Partners(LONDON),
        lambda _: pytest.fail("no courier is asked for"),
        tend=lambda: tended.append(now[0]),
    )
    for at in (
        1_000.0,
        1_000.0 + delivery.TEND_S - 0.1,
        1_000.0 + delivery.TEND_S + 0.1,
        1_000.0 + delivery.TEND_S + 0.2,
    ):
        now[0] = at
        made._look_after()
    assert tended == [1_000.0, 1_000.0 + delivery.TEND_S + 0.1]
