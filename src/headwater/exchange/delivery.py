"""Delivery: a courier with a thread of its own for each partner and lane, so that a dead or slow one holds up nobody.

Couriers sleep until something waits for them. One watcher looks at the size of the ledger, which grows with everything that
is queued, also by another process, and with everything that may let go what is queued; then it wakes those that have work. A
courier that rests because its partner could not be reached sleeps through that, but not through a word of the partner itself:
whoever speaks can be reached, and an outage of days must not cost five minutes more.
"""

import logging
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
from headwater.store import Snapshot, Store

POLL_S: Final = 0.03
"""Between two looks at the ledger's size: one small read."""
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
        self._tend_at = 0.0
        self._store = store
        self._partners = partners
        self._make_courier = make_courier
        self._served: dict[Route, _Served] = {}
        self._heard_to: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Deliver; returns once `stop` is set and every courier has finished what it was doing."""
        seen = -1
        while not stop.is_set():
            try:
                seen = self._watch(seen, stop)
                self._look_after()
            except HeadwaterError as error:
                _LOG.warning("delivery waits: %s", error.code)
                stop.wait(AFTER_STORE_ERROR_S)
            stop.wait(POLL_S)
        for served in self._served.values():
            served.wake.set()
            served.heard.set()
        for served in self._served.values():
            served.thread.join()
        self._served.clear()

    def _look_after(self) -> None:
        begun = time.monotonic()
        if begun >= self._tend_at:
            self._tend()
            ended = time.monotonic()
            self._tend_at = ended + max(TEND_S, TEND_SHARE * (ended - begun))

    def _watch(self, seen: int, stop: threading.Event) -> int:
        with self._store.snapshot() as snapshot:
            size = snapshot.head().size
            if size == seen:
                return size
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
        return size

    def _routes(self, snapshot: Snapshot) -> Iterator[tuple[Route, bool]]:
        """Yield all routes, and whether something waits on each; what rests, or must not go now, waits too."""
        for peer in self._partners.names(snapshot):
            again = is_listed(snapshot, peer)
            for lane in Lane:
                yield (peer, lane), again or snapshot.is_due(peer, lane)

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
            _LOG.info("%s: %s; again in %.0f s", threading.current_thread().name, step.error.code, step.wait_s or 0)
            # Once a second at most, however much a partner says that cannot be reached itself.
            if not stop.wait(min(FIRST_S, step.wait_s or 0)) and heard.wait((step.wait_s or 0) - FIRST_S):
                courier.heard()
        elif step.wait_s != 0:
            wake.wait(min(IDLE_S, step.wait_s or IDLE_S))
