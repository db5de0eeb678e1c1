"""What goes wrong in a history besides the network: nodes end, lines are cut, clocks jump, disks are full or broken."""

import sys
from collections.abc import Callable
from typing import Final

from headwater.testing.sim.mix import Mix
from headwater.testing.sim.network import Network
from headwater.testing.sim.node import SimNode
from headwater.testing.sim.world import World

_TEN_YEARS_S: Final = 315_576_000.0
_HOUR_S: Final = 3600.0


class Faults:
    """Draws what goes wrong, and when."""

    def __init__(self, world: World, mix: Mix, network: Network, nodes: list[SimNode]) -> None:
        """Take whatever can go wrong."""
        self._world = world
        self._chance = world.chance
        self._mix = mix
        self._network = network
        self._nodes = nodes

    def draw(self) -> None:
        """Put everything that goes wrong into the heap."""
        mix = self._mix
        for most, fault in (
            (mix.crashes, self._crash),
            (mix.partitions, self._part),
            (mix.clocks, self._clock),
            (mix.disks, self._disk),
        ):
            for _ in range(self._chance.randint(0, most)):
                self._world.at(self._chance.uniform(0, mix.faults_s), self._once(fault))

    def end(self) -> None:
        """Put everything right that can be put right from outside; nodes that are down are started."""
        self._network.heal()
        for node in self._nodes:
            node.disk.mend()
            node.disk.cut_after(sys.maxsize)
            node.clock.set_right()
            if not node.is_up:
                node.boot()

    def _once(self, fault: Callable[[SimNode], None]) -> Callable[[], None]:
        def act() -> None:
            if not self._network.calm:
                fault(self._chance.choice(self._nodes))

        return act

    def _crash(self, node: SimNode) -> None:
        node.power = self._chance.random() < 0.6
        if self._chance.random() < 0.5 and node.is_up:
            # In the middle of whatever it writes next.
            node.disk.cut_after(self._chance.randrange(1, 40))
            self._world.after(30.0, lambda: None if self._network.calm else node.crash())
        else:
            node.crash()
        self._world.after(30.0 + self._chance.expovariate(1 / 30.0), node.boot)

    def _part(self, node: SimNode) -> None:
        other = self._chance.choice([each for each in self._nodes if each is not node])
        ways = [(node.endpoint, other.endpoint), (other.endpoint, node.endpoint)]
        if self._chance.random() < 0.5:
            ways.pop()
        self._world.tell(f"cut {ways}")
        self._network.cut.update(ways)
        self._world.after(self._chance.expovariate(1 / 120.0), lambda: self._network.cut.difference_update(ways))

    def _clock(self, node: SimNode) -> None:
        weights = self._mix.clock_weights
        what = self._chance.choices(list(weights), list(weights.values()))[0]
        self._world.tell(f"clock {node.me} {what}")
        length = self._chance.uniform(30, 600)
        match what:
            case "freeze":
                node.clock.freeze()
            case "summer":
                node.clock.jump(self._chance.choice((-_HOUR_S, _HOUR_S)))
            case "far":
                node.clock.jump(self._chance.choice((-_TEN_YEARS_S, _TEN_YEARS_S)))
            case "back":
                node.clock.jump(-self._chance.uniform(1, 600))
            case _:
                node.clock.jump(self._chance.uniform(-600, 600))
        self._world.after(length, node.clock.set_right)

    def _disk(self, node: SimNode) -> None:
        full = self._chance.random() < 0.5
        self._world.tell(f"disk {node.me} {'full' if full else 'broken'}")
        node.disk.refuse_after(self._chance.randrange(30), self._chance.randrange(1, 60), full=full)
