"""A simulated node's keys: those that it was set up with are read once for all histories, those of one history lie in memory."""

from collections.abc import Callable, Collection

from headwater.exchange.keys import Keys
from headwater.exchange.suite import SEED_BYTES, key_id
from headwater.ports import Chance


class SimKeys(Keys):
    """The keys of one node in one history; like files that were waited for, they outlive every crash."""

    def __init__(self, base: Keys) -> None:
        """Begin with the keys that the node was set up with."""
        super().__init__(base.home)
        self.__dict__.update(base=base, added={"signing": [], "sealing": []}, gone=set())

    def add(self, kind: str, chance: Chance) -> None:
        """Make one more signing or sealing key."""
        self.__dict__["added"][kind].append(chance.draw(SEED_BYTES))

    def destroy(self, names: Collection[str]) -> int:
        """Give up sealing keys."""
        gone = set(names) & self.sealing_seeds.keys()
        self.__dict__["gone"] |= gone
        return len(gone)

    def _kept(self, kind: str, public: Callable[[bytes], bytes]) -> dict[str, bytes]:
        base: Keys = self.__dict__["base"]
        more = {key_id(public(seed)): seed for seed in self.__dict__["added"][kind]}
        kept = {**base._kept(kind, public), **more}  # noqa: SLF001 - it is the same class
        return {name: seed for name, seed in kept.items() if name not in self.__dict__["gone"]}
