"""The network between simulated nodes: late, lossy, cut in one direction or both, doubling, altering, answering nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from headwater.errors import PeerRefusedError, PeerTimeoutError, PeerUnreachableError
from headwater.testing.sim.mix import Mix
from headwater.testing.sim.world import Gate, Life, World

Answer = Callable[[bytes | None], None]
"""Takes the answer to a batch; None where the node refused to give one."""


class Server(Protocol):
    """A node as the network sees it."""

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        ...

    def serve(self, batch: bytes, answer: Answer) -> None:
        """Take a batch, and give the answer later; never, where its process ends before."""
        ...


@dataclass(slots=True)
class _Call:
    """One post on its way."""

    gate: Gate
    answer: bytes | None = None
    error: str = ""


@dataclass(slots=True)
class Network:
    """All lines of a world. `calm` ends every fault."""

    world: World
    mix: Mix
    servers: dict[str, Server] = field(default_factory=dict)
    cut: set[tuple[str, str]] = field(default_factory=set)
    """Directions in which nothing passes: from and to, as endpoints."""
    calm: bool = False
    longest_s: float = 0.0
    """The longest that a batch was on its way."""

    def post(self, sender: str, to: str, body: bytes, timeout_s: float, life: Life) -> bytes:
        """Carry a batch and return the answer; called by an activity.

        Raises:
            PeerUnreachableError: the connection failed or broke.
            PeerTimeoutError: no answer came in time.
            PeerRefusedError: the node answered with anything but receipts.
        """
        world = self.world
        call = _Call(Gate(world))
        fault = self._fault()
        there, back = self._delay(), self._delay()
        world.tell(f"post {sender} {to} {len(body)} {fault}")
        if self.servers[to].is_up is False or fault == "drop":
            world.after(there, lambda: _fail(call))
        elif fault != "black_hole" and (sender, to) not in self.cut:
            sent = self._altered(body) if fault == "corrupt" else body
            takes = self._taker(call, (to, sender), back, fault)
            world.after(there, lambda: self._arrive(to, sent, takes, there))
            if fault == "duplicate":
                late = there + world.chance.uniform(0, 100)
                world.after(late, lambda: self._arrive(to, sent, lambda _: None, late))
            if fault == "reset":
                world.after(there + world.chance.uniform(0, 0.01), lambda: _fail(call))
        call.gate.wait(timeout_s)
        if life.dead:
            raise PeerUnreachableError("this process has ended", where=to)
        if call.error == "refused":
            raise PeerRefusedError("the partner's node refused", where=to)
        if call.error:
            raise PeerUnreachableError("the connection broke", where=to)
        if call.answer is None:
            raise PeerTimeoutError("the partner's node did not answer in time", where=to)
        return call.answer

    def heal(self) -> None:
        """Let everything pass from now on, quickly."""
        self.calm = True
        self.cut.clear()

    def _arrive(self, to: str, batch: bytes, answer: Answer, late: float) -> None:
        self.longest_s = max(self.longest_s, late)
        if self.servers[to].is_up:
            self.servers[to].serve(batch, answer)

    def _taker(self, call: _Call, way: tuple[str, str], delay: float, fault: str) -> Answer:
        def take(answer: bytes | None) -> None:
            if way in self.cut:
                return
            if answer is None:
                call.error = "refused"
            else:
                call.answer = self._altered(answer) if fault == "corrupt_answer" else answer
            self.world.after(delay, call.gate.set)

        return take

    def _fault(self) -> str:
        if self.calm:
            return ""
        mix, drawn = self.mix, self.world.chance.random()
        shares = {
            "drop": mix.drop,
            "reset": mix.reset,
            "duplicate": mix.duplicate,
            "corrupt": mix.corrupt / 2,
            "corrupt_answer": mix.corrupt / 2,
            "black_hole": mix.black_hole,
        }
        for name, share in shares.items():
            drawn -= share
            if drawn < 0:
                return name
        return ""

    def _delay(self) -> float:
        chance = self.world.chance
        if self.calm:
            return chance.uniform(0.001, 0.02)
        long = 10 if chance.random() < 0.05 else 1
        return chance.uniform(0.001, self.mix.delay_s * long)

    def _altered(self, data: bytes) -> bytes:
        place = self.world.chance.randrange(len(data) * 8)
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        return bytes(changed)


@dataclass(frozen=True, slots=True)
class Line:
    """One process's end of the network; implements `ports.Transport`."""

    network: Network
    sender: str
    life: Life

    def post(self, endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:  # noqa: ARG002 - there is one path
        """Return the partner's answer: see `Network.post`."""
        return self.network.post(self.sender, endpoint, body, timeout_s, self.life)


def _fail(call: _Call) -> None:
    call.error = "broken"
    call.gate.set()
