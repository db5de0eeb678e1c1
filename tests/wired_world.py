"""Two whole nodes in one process, live with each other: one clock in the test's hand, and envelopes carried in memory.

No port, no thread, no waiting: what `carry` does not bring lies where it is, so that each moment between can be looked at.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headwater.errors import PeerRefusedError
from headwater.exchange.envelope import Lane
from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.model.ids import BlobHash
from headwater.model.message import Kind
from headwater.node import Node, messages
from headwater.testing.fakes import FakeClock, SeededChance
from tests.exchange_world import Wires
from tests.node_world import BELGRADE, LONDON, SUPERVISOR, TERMS, acquaint, as_user, init, node_at, read, write_report

KINDS = ("request", "response", "spontaneous", "alert", "search", "consent-request", "consent")
Line = tuple[str, str, str, str, dict[str, Any]]
"""A line of the ledger: what, who, about what, for which purpose, details."""


class Chunks:
    """Gives the chunks of files from the other node's own store, as its partner API would."""

    def __init__(self, wires: Wires) -> None:
        self._wires = wires

    def get(self, endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        found = self._wires.nodes[endpoint].files.chunk(BlobHash(path.rpartition("/")[2])) if timeout_s else None
        if found is None:
            raise PeerRefusedError("no such chunk", where=endpoint)
        into[: len(found)] = found
        return memoryview(into)[: len(found)]


@dataclass
class Wired:
    """London and Belgrade, their clock and what is between them."""

    folder: Path
    london: Node
    belgrade: Node
    clock: FakeClock
    wires: Wires
    reports: int = 0
    names: dict[str, str] = field(default_factory=dict)

    def carry(self) -> None:
        """Bring all that waits, both ways, until nothing moves any more."""
        moved = True
        while moved:
            moved = False
            for node, to in ((self.london, BELGRADE), (self.belgrade, LONDON)):
                for lane in (Lane.URGENT, Lane.NORMAL):
                    courier = node.exchange.courier((to, lane))
                    while courier.step().moved:
                        moved = True

    def report(self, node: Node, *entities: dict[str, Any], **changes: Any) -> str:
        """Read a report in at a node and return its record."""
        self.reports += 1
        values = {"reference": f"EX/{self.reports}", "originator": node.authority, **changes}
        outcome = read(node, "report", write_report(self.folder / "reports", *entities, **values))
        assert outcome.error is None, outcome.error
        return outcome.ids[0]

    def send(self, node: Node, kind: Kind, **letter: Any) -> str:
        """Send a message to the other node, approve it where it waits, and return its identifier; nothing is carried."""
        to = BELGRADE if node is self.london else LONDON
        content = messages.Letter(**{"classification": "OFFICIAL", **letter})
        sending = messages.send(node, as_user(node), messages.address(kind, to, TERMS), content)
        assert sending.id is not None, sending.judgement
        if not sending.is_queued:
            sending = messages.approve(node, as_user(node, SUPERVISOR), sending.id, "approver")
        assert sending.is_queued, sending.judgement
        return str(sending.id)

    def attach(self, node: Node, *files: Path, purpose: str = "oic", **letter: Any) -> str:
        """Send files to the other node and return the message; carried, and the files fetched."""
        to, other = (BELGRADE, self.belgrade) if node is self.london else (LONDON, self.london)
        content = messages.Letter(**{"classification": "OFFICIAL", "text": "Invented.", **letter})
        address = messages.address("spontaneous", to, TERMS)
        sending = messages.send(node, as_user(node, purpose=purpose), address, content, files)
        assert sending.id is not None, sending.judgement
        if not sending.is_queued:
            messages.approve(node, as_user(node, SUPERVISOR), sending.id, "approver")
        self.carry()
        other.exchange.files.fetch_all()
        return str(sending.id)

    def called(self, thing: Any) -> Any:
        """A document in which drawn identifiers bear the names that the test gave them."""
        if isinstance(thing, dict):
            return {self.called(key): self.called(value) for key, value in thing.items()}
        if isinstance(thing, list | tuple):
            return [self.called(one) for one in thing]
        if isinstance(thing, str):
            for drawn, name in self.names.items():
                thing = thing.replace(drawn, name)
        return thing


@contextmanager
def wired(folder: Path) -> Iterator[Wired]:
    """Yield the two nodes, live with each other, everything between them carried."""
    clock, wires = FakeClock(), Wires()
    with ExitStack() as stack:
        nodes = []
        for number, authority in enumerate((LONDON, BELGRADE), 1):
            home = init(folder / authority, authority, listen=f"127.0.0.1:{9000 + number}")
            node = stack.enter_context(node_at(home, clock))
            node.chance = SeededChance(100 + number)  # two nodes do not draw the same identifiers
            node.__dict__["exchange"] = Exchange(
                node.store, Keys(home), clock, node.chance, node.authority, wires, Chunks(wires), stopwatch
            )
            for end in node.exchange.card().card.endpoints:
                wires.nodes[end] = node.exchange
            nodes.append(node)
        made = Wired(folder, nodes[0], nodes[1], clock, wires)
        acquaint(nodes[0], nodes[1], folder / "papers", kinds=KINDS)
        made.carry()
        yield made


def stopwatch() -> float:
    """A stopwatch that stands: nothing rests by it."""
    return 0.0


def size_of(node: Node) -> int:
    """How long a node's ledger is."""
    with node.store.snapshot() as snapshot:
        return int(snapshot.head().size)


def lines(node: Node, since: int = 0) -> list[Line]:
    """What a node's ledger holds from a place on."""
    with node.store.snapshot() as snapshot:
        new = [leaf.event for leaf in snapshot.leaves() if leaf.index >= since and leaf.event is not None]
    return [(event.kind, event.who, event.subject, event.purpose, dict(event.detail)) for event in new]
