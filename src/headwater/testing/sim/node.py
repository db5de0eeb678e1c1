"""One simulated node: the product's own store and exchange over a disk, a clock and a network that are not to be trusted."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from headwater.errors import HeadwaterError, InputError, StoreError
from headwater.exchange.card import SignedCard
from headwater.exchange.courier import Courier, Step
from headwater.exchange.delivery import work
from headwater.exchange.envelope import Lane
from headwater.exchange.keys import ROOT_FOLDER, Keys
from headwater.exchange.office import Exchange
from headwater.model.ids import AuthorityId
from headwater.store import Store, StoreOptions, Transaction
from headwater.testing.fakes import SeededChance
from headwater.testing.sim.clock import NodeClock
from headwater.testing.sim.disk import NodeDisk, survivors
from headwater.testing.sim.network import Answer, Line, Network
from headwater.testing.sim.setting import ZONES
from headwater.testing.sim.world import Gate, Life, Lock, World

T = TypeVar("T")

_SEEN_AFTER_S: Final = 0.03
"""How soon couriers see what was queued: `delivery.POLL_S`."""
_TEND_S: Final = 90.0
_PAUSE_S: Final = 0.02
_CHECKPOINT_PAGES: Final = 40


class SimStore(Store):
    """The product's store; whoever writes may have to wait before and after, and meanwhile anything may happen."""

    host: "SimNode | None" = None

    def write(self, change: Callable[[Transaction], T]) -> T:
        """Carry out a change as `Store.write` does."""
        host = self.host
        if host is None or host.world.current is None:
            return super().write(change)
        host.pause()
        with host.writing:
            value = super().write(change)
        host.wrote()
        host.pause()
        return value


class SimNode:
    """A node over all its lives."""

    def __init__(
        self, world: World, network: Network, me: AuthorityId, home: Path, disk: NodeDisk, clock: NodeClock, keys: Keys
    ) -> None:
        """Take the parts; `boot` starts it."""
        self.world = world
        self.me = me
        self.home = home
        self.disk = disk
        self.clock = clock
        self.endpoint = f"http://{me.lower()}:1"
        self.life = Life(me, dead=True)
        self.writing = Lock(world)
        self.store: SimStore
        self.exchange: Exchange
        self.peers: tuple[AuthorityId, ...] = ()
        self.lives = 0
        self.power = True
        self._keys = keys
        self._network = network
        self._wakes: list[Gate] = []
        self._ears: list[tuple[AuthorityId, Gate]] = []
        self._heard_to = 0
        self._wake_due = False
        self._seen = -1
        network.servers[self.endpoint] = self

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return not self.life.dead

    def boot(self) -> None:
        """Start the process on what the disk holds."""
        if self.is_up:
            return
        self.world.tell(f"boot {self.me}")
        self.disk.boot()
        self.lives += 1
        self.life = Life(f"{self.me}.{self.lives}")
        self.writing = Lock(self.world)
        chance = SeededChance(self.world.chance.getrandbits(64))
        options = StoreOptions(vfs=self.disk.name, threaded=False, checkpoint_pages=_CHECKPOINT_PAGES)
        try:
            store = SimStore.open(self.home, clock=self.clock, chance=chance, options=options)
        except StoreError as error:
            self.world.fault(f"{self.me} cannot open its store: {error.code} {error.what}")
            self.life.dead = True
            return
        assert isinstance(store, SimStore)
        self.store = store
        line = Line(self._network, self.endpoint, self.life)
        self.exchange = Exchange(
            store, self._keys, self.clock, chance, self.me, transport=line, stopwatch=lambda: self.world.now
        )
        store.host = self
        self.disk.on_cut = lambda: self.world.after(0.0, self.crash)
        self._wakes, self._ears = [], []
        with store.snapshot() as snapshot:
            self._heard_to = snapshot.incoming_end()
        stop = Gate(self.world)
        for peer in self.peers:
            for lane in Lane:
                self._employ(peer, self.exchange.courier((peer, lane)), stop)
        self.world.spawn(self.life, self._tend)

    def crash(self) -> None:
        """End the process: with the power of the whole machine, or alone."""
        if self.life.dead:
            return
        self.world.tell(f"crash {self.me} {'power' if self.power else 'kill'}")
        self.disk.on_cut = lambda: None
        self.disk.cut()
        self.world.end(self.life)
        self.store.host = None
        self.store.close()
        survivors(self.disk, self.world.chance, power=self.power)
        (self.home / "store.sqlite-shm").unlink(missing_ok=True)

    def close(self) -> None:
        """End the process in peace; all that was written lies in the real files afterwards."""
        if self.is_up:
            self.world.end(self.life)
            self.store.host = None
            self.store.close()
            self.disk.leave_all()

    def serve(self, batch: bytes, answer: Answer) -> None:
        """Take a batch from the network, and answer once it is durable."""

        def act() -> None:
            life = self.life
            try:
                said: bytes | None = self.exchange.receive(batch)
            except (StoreError, InputError) as error:
                self.world.tell(f"unable {self.me} {error.code}")
                said = None
            if not life.dead:
                answer(said)

        self.world.spawn(self.life, act)

    def make_card(self, who: str) -> SignedCard:
        """Make the node's next card from the keys that it has now."""
        roots = self._keys.home / ROOT_FOLDER
        return self.exchange.make_card(self.me, [self.endpoint], roots, who=who, zone=ZONES[self.me])

    def pause(self) -> None:
        """Let the running activity wait for a moment, or not at all."""
        if self.world.chance.random() < 0.5:
            self.world.sleep(self.world.chance.expovariate(1 / _PAUSE_S))

    def wrote(self) -> None:
        """Let the couriers see soon that there may be something new."""
        if not self._wake_due:
            self._wake_due = True
            self.world.after(_SEEN_AFTER_S, self._wake)

    def _wake(self) -> None:
        self._wake_due = False
        if not self.is_up:
            return
        with self.store.snapshot() as snapshot:
            size = snapshot.head().size
            spoke, end = snapshot.spoke_after(self._heard_to), snapshot.incoming_end()
        if size != self._seen:
            self._seen = size
            self._heard_to = end
            for peer, ear in self._ears:
                if peer in spoke:
                    ear.set()
            for gate in self._wakes:
                gate.set()

    def _employ(self, peer: AuthorityId, courier: Courier, stop: Gate) -> None:
        wake, heard = Gate(self.world), Gate(self.world)
        self._wakes.append(wake)
        self._ears.append((peer, heard))
        watched = _Watched(courier, self)
        self.world.spawn(self.life, lambda: work(watched, wake, heard, stop))  # type: ignore[arg-type] # same shapes

    def _tend(self) -> None:
        while True:
            self.world.sleep(self.world.chance.uniform(0.5, 1.5) * _TEND_S)
            try:
                self.exchange.liaison.tend()
            except HeadwaterError as error:
                self.world.tell(f"tend {self.me} {error.code}")


class _Watched:
    """A courier whose unforeseen errors are seen: the product logs them and goes on."""

    def __init__(self, courier: Courier, node: SimNode) -> None:
        self._courier = courier
        self._node = node

    def heard(self) -> None:
        """Let the courier know that its partner was heard."""
        self._courier.heard()

    def step(self) -> Step:
        """Do one round."""
        try:
            return self._courier.step()
        except HeadwaterError:
            raise
        except Exception as error:
            self._node.world.fault(f"a courier of {self._node.me} failed: {type(error).__name__}: {error}")
            raise
