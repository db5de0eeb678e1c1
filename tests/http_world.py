"""The small world of the exchange over real HTTP: every node behind its door on loopback, each with a clock of its own."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from headwater.errors import PeerUnreachableError
from headwater.exchange.courier import Step
from headwater.exchange.envelope import Lane
from headwater.exchange.framing import join, split
from headwater.exchange.receipt import Line, parse_receipt
from headwater.exchange.transport import HttpTransport
from headwater.model.ids import MessageId
from headwater.model.message import Message
from headwater.policy.agreement import Agreement
from headwater.store import Incoming, Outgoing
from headwater.testing.fakes import FakeClock
from headwater.web.partner import partner_app, serve
from tests.exchange_world import Node, Wires, World
from tests.node_world import free_port, until


class HttpWires(Wires):
    """Carries envelopes by HTTP; a test may still look at, change or cut what passes."""

    def __init__(self) -> None:
        super().__init__()
        self.http = HttpTransport()

    def post(self, endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        self.tries += 1
        if endpoint in self.cut:
            raise PeerUnreachableError("cut", where=endpoint)
        answer = self.http.post(endpoint, path, self.on_way(body), timeout_s=timeout_s)
        self.passed.append((endpoint, body, answer))
        return self.on_return(answer)


@dataclass
class Served:
    """One node and the server that answers for it."""

    node: Node
    clock: FakeClock
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self) -> None:
        parts = urlsplit(self.node.endpoint)
        self.stop.clear()
        self.thread = threading.Thread(
            target=serve,
            args=(partner_app(self.node.exchange), parts.hostname, parts.port),
            kwargs={"stop": self.stop},
        )
        self.thread.start()
        until(lambda: self.ask("GET", "/v1/health")[0] == 200)

    def end(self) -> None:
        self.stop.set()
        if self.thread is not None:
            self.thread.join()
        self.thread = None

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Ask the node's door as anybody can; status 0 where nobody answers."""
        parts = urlsplit(self.node.endpoint)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def hand(self, *envelopes: bytes) -> list[Line]:
        """Hand envelopes over as anybody can, and return what the receipts say."""
        status, answer = self.ask("POST", "/v1/inbox", join(envelopes))
        assert status == 200, (status, answer)
        return [line for part in split(answer, most=128) for line in parse_receipt(part).lines]

    def taken(self) -> list[Incoming]:
        """What this node has kept of what came, leaving out pings and syncs."""
        return [row for row in self.node.exchange.incoming() if row.kind not in {"ping", "checkpoint"}]

    def values(self) -> list[str]:
        """The facts that a user of this node could see."""
        with self.node.store.snapshot() as snapshot:
            return sorted(fact.value for record in snapshot.records() for fact in record.facts)

    def codes(self, kind: str = "refused") -> list[str]:
        """What the ledger names as the reason of events of a kind."""
        return [str(event.detail.get("code", event.detail.get("result", ""))) for event in self.node.events(kind)]


@dataclass
class Ends:
    """Two ends of one wire, and what the sender does and knows."""

    world: World
    sender: Served
    receiver: Served

    def send(self, message: Message) -> MessageId:
        sending = self.sender.node.exchange.send(message, who="o.reed")
        assert sending.is_queued, sending.judgement
        assert sending.id is not None
        return sending.id

    def bring(self, lane: Lane = Lane.NORMAL) -> Step:
        return self.sender.node.bring(self.receiver.node.me, lane)

    def drain(self) -> None:
        """Carry whatever moves, in both directions, until nothing does."""
        moved = True
        while moved:
            moved = False
            for one, other in ((self.sender, self.receiver), (self.receiver, self.sender)):
                for lane in Lane:
                    moved |= one.node.bring(other.node.me, lane).moved > 0

    def row(self, ref: MessageId) -> Outgoing:
        return next(row for row in self.sender.node.exchange.outgoing() if row.id == ref)

    def result(self, ref: MessageId) -> str:
        """What the receipt that the sender keeps says of a message."""
        receipt = self.sender.node.exchange.receipt(self.row(ref))
        assert receipt is not None
        return next(line.result for line in parse_receipt(receipt).lines if line.id == ref)


class HttpWorld(World):
    """A world whose nodes are served."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, wires=HttpWires(), port=lambda _: free_port())
        self.served: list[Served] = []

    def serve(self, node: Node, clock: FakeClock) -> Served:
        assert isinstance(self.wires, HttpWires)
        node.exchange.files._fetcher = self.wires.http
        served = Served(node, clock)
        served.start()
        self.served.append(served)
        return served

    def close(self) -> None:
        assert isinstance(self.wires, HttpWires)
        self.wires.http.close()
        for served in self.served:
            if served.thread is not None:
                served.end()
        super().close()


@contextmanager
def http_pair(
    folder: Path, terms: Agreement, names: tuple[str, str], make: Callable[..., Node] = World.node, **receiver: object
) -> Iterator[Ends]:
    """Two nodes over real HTTP, live with each other."""
    world = HttpWorld(folder)
    try:
        clocks = (FakeClock(), FakeClock())
        one = world.node(names[0], clocks[0])  # type: ignore[arg-type] # a name is an authority
        other = make(world, names[1], clocks[1], **receiver)
        sender, served = world.serve(one, clocks[0]), world.serve(other, clocks[1])
        world.befriend(one, other, terms)
        yield Ends(world, sender, served)
    finally:
        world.close()
