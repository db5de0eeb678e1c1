"""Delivery: a courier with a thread of its own for each partner and lane, so that a dead or slow one holds up nobody.

Couriers sleep until something waits for them. One watcher hears of every change that this process makes, and asks SQLite often
whether another has made one; then it wakes those that have work. A
courier that rests because its partner could not be reached sleeps through that, but not through a word of the partner itself:
whoever speaks can be reached, and after an outage of days it need not wait for its turn.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from headwater.errors import HeadwaterError
from headwater.exchange.again import is_listed
from headwater.exchange.backoff import FIRST_S
from headwater.exchange.courier import Courier
from headwater.exchange.envelope import Lane
from headwater.exchange.partners import Partners
from headwater.model.ids import AuthorityId
from headwater.store import Snapshot, Store, Watch

POLL_S: Final = 0.02
"""Between two questions whether another process has changed the store: a few microseconds each."""
LOOK_S: Final = 0.004
"""Shortest time between two looks at what waits."""
LOOK_SHARE: Final = 100
"""A look that takes a millisecond is followed by none for so many: what is queued without a pause is sent without looks."""
NAMES_S: Final = 1.0
"""Between two looks at who is a partner, and what is to be delivered again."""
IDLE_S: Final = 5.0
"""Longest sleep of a courier, for what expires or whose time comes."""
AFTER_STORE_ERROR_S: Final = 5.0
TEND_S: Final = 1.0
"""Shortest time between two looks at clocks and requests."""
TEND_SHARE: Final = 50
"""A look that takes a second is followed by none for so many."""
_LOG: Final = logging.getLogger(__name__)

Route = tuple[AuthorityId, Lane]


@dataclass(frozen=True, slots=True)
class _Served:
    """A courier at work: its thread, what wakes it, and what tells it that its partner was heard."""

    thread: threading.Thread
    wake: threading.Event
    heard: threading.Event


class Delivery:
    """Delivers until it is told to stop."""

    def __init__(
        self,
        store: Store,
        partners: Partners,
        make_courier: Callable[[Route], Courier],
        tend: Callable[[], object] = lambda: None,
    ) -> None:
        """Deliver what is queued in a store, with the couriers that are made for each route.

        `tend` looks after what no message wakes: it is called now and then, more seldom the longer it takes.
        """
        self._tend = tend
        self._tend_at = -math.inf
        self._store = store
        self._partners = partners
        self._make_courier = make_courier
        self._served: dict[Route, _Served] = {}
        self._heard_to: int | None = None
        self._again: dict[AuthorityId, bool] = {}
        self._named_at = -math.inf

    def run(self, stop: threading.Event) -> None:
        """Deliver; returns once `stop` is set and every courier has finished what it was doing."""
        while not stop.is_set():
            try:
                with self._store.watch() as watch:
                    while not stop.is_set():
                        self._round(watch, stop)
            except HeadwaterError as error:
                _LOG.warning("delivery waits: %s", error.code)
                stop.wait(AFTER_STORE_ERROR_S)
        for served in self._served.values():
            served.wake.set()
            served.heard.set()
        for served in self._served.values():
            served.thread.join()
        self._served.clear()

    def _round(self, watch: Watch, stop: threading.Event) -> None:
        if watch.has_moved() or time.monotonic() >= self._named_at:
            begun = time.thread_time()
            self._look(stop)
            # By the CPU that it took: on a busy machine the same look takes longer, and is as urgent.
            stop.wait(max(LOOK_S, LOOK_SHARE * (time.thread_time() - begun)))
        self._look_after()
        watch.wait(POLL_S)

    def _look_after(self) -> None:
        begun = time.monotonic()
        if begun >= self._tend_at:
            try:
                self._tend()
            except HeadwaterError as error:  # it holds up no message
                _LOG.warning("what is looked after waits: %s", error.code)
            ended = time.monotonic()
            self._tend_at = ended + max(TEND_S, TEND_SHARE * (ended - begun))

    def _look(self, stop: threading.Event) -> None:
        with self._store.snapshot() as snapshot:
            routes = list(self._routes(snapshot))
            end = snapshot.incoming_end()
            spoke = snapshot.spoke_after(end if self._heard_to is None else self._heard_to)
        for (peer, _), served in self._served.items():
            if peer in spoke:
                served.heard.set()
        for route, is_waiting in routes:
            if route not in self._served:
                self._serve(route, stop)
            elif is_waiting:
                self._served[route].wake.set()
        self._heard_to = end

    def _routes(self, snapshot: Snapshot) -> Iterator[tuple[Route, bool]]:
        """Yield all routes, and whether something waits on each; what rests, or must not go now, waits too."""
        if (now := time.monotonic()) >= self._named_at:
            self._again = {peer: is_listed(snapshot, peer) for peer in self._partners.names(snapshot)}
            self._named_at = now + NAMES_S
        for peer, again in self._again.items():
            for lane in Lane:
                yield (peer, lane), again or self._is_awake((peer, lane)) or snapshot.is_due(peer, lane)

    def _is_awake(self, route: Route) -> bool:
        """Return whether a courier was told already that something waits, and has not looked since."""
        served = self._served.get(route)
        return served is not None and served.wake.is_set()

    def _serve(self, route: Route, stop: threading.Event) -> None:
        wake, heard = threading.Event(), threading.Event()
        thread = threading.Thread(
            target=work,
            args=(self._make_courier(route), wake, heard, stop),
            name=f"courier-{route[0]}-{route[1]}",
            daemon=True,
        )
        self._served[route] = _Served(thread, wake, heard)
        thread.start()


def work(courier: Courier, wake: threading.Event, heard: threading.Event, stop: threading.Event) -> None:
    """Let a courier work until it is told to stop: one of the three doors that nothing may escape from.

    Args:
        courier: what works.
        wake: set when something may be due; once more when it is to stop.
        heard: set when the partner has said something; once more when it is to stop.
        stop: set when it is to stop.
    """
    while not stop.is_set():
        wake.clear()
        heard.clear()
        try:
            step = courier.step()
        except HeadwaterError as error:
            _LOG.warning("%s: %s", threading.current_thread().name, error.code)
            stop.wait(AFTER_STORE_ERROR_S)
            continue
        except Exception:  # noqa: BLE001 - a courier that dies in silence would hold a partner's messages for ever
            _LOG.exception("%s failed", threading.current_thread().name)
            stop.wait(AFTER_STORE_ERROR_S)
            continue
        if step.error is not None:
            rest_s = step.wait_s or 0
            _LOG.info("%s: %s; again in %.0f s", threading.current_thread().name, step.error.code, rest_s)
            # Once a second at most, however much a partner says that cannot be reached itself.
            if not stop.wait(min(FIRST_S, rest_s)) and heard.wait(rest_s - FIRST_S):
                courier.heard()
        elif step.wait_s != 0:
            wake.wait(min(IDLE_S, step.wait_s or IDLE_S))
