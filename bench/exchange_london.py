"""London's node, or another sender's, as a process of its own, with an officer in it: serves, delivers, and queues as it is told.

python bench/exchange_london.py HOME      (one JSON line in for each order, one out for what came of it)
"""

import json
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.exchange_nodes import LIST, OFFICER, RECORD, RS, message
from headwater.exchange.envelope import Lane
from headwater.model.ids import MessageId
from headwater.model.message import Message
from headwater.node import Node
from headwater.web.partner import partner_app, serve
from headwater.web.serving import keep_for_good, keep_pages

WAITING_MOST = 512
"""Messages that the officer lets wait before he queues more."""
MADE = 1000
"""Different messages that are made beforehand; the load goes round them."""
POLL_S = 0.002
LOOK_S = 0.05
"""Between two looks of the officer who queues much: his looking must not be what is measured."""
OFFICERS = 2


class Officer:
    """Queues messages and looks for their receipts."""

    def __init__(self, node: Node) -> None:
        """Work at a node."""
        self._node = node
        me = node.authority
        self._reports = [message(number, sender=me) for number in range(MADE)]
        self._lists = [message(number, LIST, sender=me) for number in range(MADE)]
        self._records = [message(number, RECORD, sender=me) for number in range(MADE)]
        self._urgent = [message(number, sender=me, urgent=True) for number in range(MADE)]

    def load(self, count: int, group: int, shape: str) -> dict[str, Any]:
        """Queue messages as fast as they are taken, and wait for the last receipt."""
        given = {"list": self._lists, "record": self._records}.get(shape, self._reports)
        begun = time.perf_counter()
        with ThreadPoolExecutor(OFFICERS) as pool:
            shares = [count // OFFICERS + (number < count % OFFICERS) for number in range(OFFICERS)]
            sent = sum(pool.map(lambda share: self._share(share, group, given), shares))
        self.wait_for_all(LOOK_S)
        return {"s": time.perf_counter() - begun, "sent": sent}

    def backfill(self, first: int, count: int, group: int) -> dict[str, Any]:
        """Queue a record each, none like another, as fast as they are taken, and wait for the last receipt."""
        begun = time.perf_counter()
        behind: deque[MessageId] = deque()
        for at in range(first, first + count, group):
            many = range(at, min(at + group, first + count))
            behind.append(self._send([message(number, RECORD, sender=self._node.authority) for number in many])[-1])
            if len(behind) * group > WAITING_MOST:
                self._wait_for(behind.popleft(), LOOK_S)
        self.wait_for_all(LOOK_S)
        return {"s": time.perf_counter() - begun, "sent": count}

    def receipted(self) -> dict[str, Any]:
        """Return how many messages there are, and how many of them the partner has receipted."""
        with self._node.store.snapshot() as snapshot:
            states = Counter(row.state for row in snapshot.outgoing_all())
        return {"all": states.total(), "receipted": states["receipted"]}

    def urgent(self, count: int, bulk: float, pause_s: float) -> dict[str, Any]:
        """Send urgent messages one at a time, and return how long each took to its receipt."""
        stop = threading.Event()
        sent = [0]
        other = threading.Thread(target=self._bulk, args=(bulk, stop, sent))
        begun = time.perf_counter()
        if bulk:
            other.start()
        times = []
        for number in range(count):
            started = time.perf_counter()
            (ref,) = self._send([self._urgent[number % MADE]])
            self._wait_for(ref)
            times.append(1000 * (time.perf_counter() - started))
            time.sleep(pause_s)
        rate = sent[0] / (time.perf_counter() - begun)
        stop.set()
        if bulk:
            other.join()
        self.wait_for_all()
        return {"ms": sorted(times), "bulk_per_s": rate}

    def _share(self, count: int, group: int, given: list[Message]) -> int:
        """Queue one officer's share."""
        sent: list[MessageId] = []
        while len(sent) < count:
            part = [given[(len(sent) + place) % MADE] for place in range(min(group, count - len(sent)))]
            sent += self._send(part)
            if len(sent) > WAITING_MOST // OFFICERS:
                self._wait_for(sent[-WAITING_MOST // OFFICERS], LOOK_S)
        return len(sent)

    def _bulk(self, rate: float, stop: threading.Event, sent: list[int]) -> None:
        group = 16
        due = time.perf_counter()
        while not stop.is_set():
            self._send([self._reports[(sent[0] + place) % MADE] for place in range(group)])
            sent[0] += group
            due += group / rate
            stop.wait(max(0.0, due - time.perf_counter()))

    def _send(self, part: list[Message]) -> list[MessageId]:
        sendings = self._node.exchange.send_many(part, who=OFFICER)
        refs = [sending.id for sending in sendings if sending.is_queued and sending.id is not None]
        if len(refs) != len(part):
            raise AssertionError([sending.judgement.rule for sending in sendings])
        return refs

    def _wait_for(self, ref: MessageId, look_s: float = POLL_S) -> None:
        while True:
            with self._node.store.snapshot() as snapshot:
                waits = snapshot.queued_among([ref])
                row = None if waits else snapshot.outgoing(ref)
            if row is not None and row.state == "receipted":
                return
            if not waits:
                raise AssertionError(f"the message is {row.state if row else 'not there'}")
            time.sleep(look_s)

    def wait_for_all(self, look_s: float = POLL_S) -> None:
        """Return once nothing waits on either lane."""
        waiting = True
        while waiting:
            time.sleep(look_s)
            with self._node.store.snapshot() as snapshot:
                waiting = any(snapshot.due_outgoing(RS, lane, 1) for lane in Lane)


@contextmanager
def served(node: Node) -> Iterator[None]:
    """Serve and deliver meanwhile, as `headwater node serve` does."""
    stop = threading.Event()
    serving = threading.Thread(
        target=serve, args=(partner_app(node.exchange), *node.settings.address), kwargs={"stop": stop}
    )
    delivering = threading.Thread(target=node.exchange.deliver, args=(stop,))
    for thread in (serving, delivering):
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in (serving, delivering):
            thread.join()


def main(home: Path) -> None:
    """Do what is ordered until there is no more."""
    keep_pages()
    with Node.open(home, {}) as node, served(node):
        officer = Officer(node)
        officer.wait_for_all()
        keep_for_good()
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            order = json.loads(line)
            answer = getattr(officer, order.pop("do"))(**order)
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
