"""What stands on the lists, read out of an index when it is first wanted: names with their parts, entries with their facts."""

from typing import TYPE_CHECKING, Final

import msgspec

from headwater.engines.match.build import SCRIPTS
from headwater.engines.match.index import WEAK, Entry, Index
from headwater.engines.match.names import Kind, Name, Part, Weighed
from headwater.engines.match.score import Traits, traits
from headwater.engines.match.script import stripped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_READ_SINGLY: Final = (
    "name.owner",
    "name.fact",
    "name.part",
    "name.part.at",
    "name.text",
    "name.text.at",
    "name.script",
    "name.kind",
    "part.rarity",
    "part.kind",
    "part.arabic",
    "part.of_sound",
    "part.of_bones",
    "entry",
    "entry.at",
)
_KINDS: Final = tuple(Kind)


class Listed:
    """Names and entries of one index. Holds what has been read out of it, nothing else."""

    def __init__(self, index: Index) -> None:
        """Lay out the words of the index."""
        self.index = index
        self._texts, self._sounds, self._bones = (index.texts(name) for name in ("part.text", "sound", "bones"))
        # Single numbers are read much quicker out of a memoryview than out of a numpy array.
        self._at = {name: index.arrays[name].data for name in _READ_SINGLY}
        self._owner = self._at["name.owner"]
        self._parts: dict[int, Part] = {}
        self._names: dict[int, Weighed] = {}
        self._entries: dict[int, tuple[Entry, Traits]] = {}

    def owner(self, at: int) -> int:
        """Return the number of the entry that bears a name."""
        return self._owner[at]

    def fact(self, at: int) -> int:
        """Return the place of a name in its record."""
        return self._at["name.fact"][at]

    def name(self, at: int) -> Weighed:
        """Return a name, with how much its parts say."""
        known = self._names.get(at)
        if known is None:
            read = self._at
            ends = read["name.part.at"]
            numbers = read["name.part"][ends[at] : ends[at + 1]].tolist()
            read_already = self._parts
            parts = tuple([read_already.get(number) or self._part(number) for number in numbers])
            ends = read["name.text.at"]
            text = str(read["name.text"][ends[at] : ends[at + 1]], "utf-8")
            name = Name(text, parts, SCRIPTS[read["name.script"][at]], "".join([part.sound for part in parts]))
            rarity = read["part.rarity"]
            known = Weighed(name, tuple([rarity[number] for number in numbers]), read["name.kind"][at] == WEAK)
            self._names[at] = known
        return known

    def entry(self, at: int) -> tuple[Entry, Traits]:
        """Return an entry, with what is compared beside its names."""
        known = self._entries.get(at)
        if known is None:
            ends = self._at["entry.at"]
            entry = msgspec.msgpack.decode(self._at["entry"][ends[at] : ends[at + 1]], type=Entry)
            facts = (entry.dates, entry.countries, entry.genders, entry.numbers)
            known = entry, traits(*[[value for value, _ in values] for values in facts])
            self._entries[at] = known
        return known

    def names_of(self, keys: frozenset[str]) -> "NDArray[np.int32]":
        """Return the numbers of the names that some entries bear."""
        import numpy as np

        owners = [at for at in range(self.index.head.entries) if self.index.entry(at).key in keys]
        return np.flatnonzero(np.isin(self.index.arrays["name.owner"], owners)).astype(np.int32)

    def _part(self, number: int) -> Part:
        read, text = self._at, self._texts[number]
        sound, bones = self._sounds[read["part.of_sound"][number]], self._bones[read["part.of_bones"][number]]
        kind, arabic = _KINDS[read["part.kind"][number]], bool(read["part.arabic"][number])
        known = self._parts[number] = Part(text, stripped(text), sound, bones, kind, arabic)
        return known
