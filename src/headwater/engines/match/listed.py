"""What stands on the lists, read out of an index when it is first wanted: names with their parts, entries with their facts."""

from headwater.engines.match.build import SCRIPTS
from headwater.engines.match.index import WEAK, Entry, Index
from headwater.engines.match.names import Kind, Name, Part, Weighed
from headwater.engines.match.score import Traits, traits
from headwater.engines.match.script import stripped


class Listed:
    """Names and entries of one index. Holds what has been read out of it, nothing else."""

    def __init__(self, index: Index) -> None:
        """Lay out the words of the index."""
        self.index = index
        self._texts, self._sounds, self._bones = (index.texts(name) for name in ("part.text", "sound", "bones"))
        self._parts: dict[int, Part] = {}
        self._names: dict[int, Weighed] = {}
        self._entries: dict[int, tuple[Entry, Traits]] = {}

    def owner(self, at: int) -> int:
        """Return the number of the entry that bears a name."""
        return int(self.index.arrays["name.owner"][at])

    def fact(self, at: int) -> int:
        """Return the place of a name in its record."""
        return int(self.index.arrays["name.fact"][at])

    def name(self, at: int) -> Weighed:
        """Return a name, with how much its parts say."""
        known = self._names.get(at)
        if known is None:
            arrays = self.index.arrays
            low, high = arrays["name.part.at"][at : at + 2]
            numbers = arrays["name.part"][low:high]
            parts = tuple([self._part(number) for number in numbers.tolist()])
            text, script = self.index.text("name.text", at), SCRIPTS[arrays["name.script"][at]]
            name = Name(text, parts, script, "".join([part.sound for part in parts]))
            known = Weighed(name, tuple(arrays["part.rarity"][numbers].tolist()), bool(arrays["name.kind"][at] == WEAK))
            self._names[at] = known
        return known

    def entry(self, at: int) -> tuple[Entry, Traits]:
        """Return an entry, with what is compared beside its names."""
        known = self._entries.get(at)
        if known is None:
            entry = self.index.entry(at)
            facts = (entry.dates, entry.countries, entry.genders, entry.numbers)
            known = entry, traits(*([value for value, _ in values] for values in facts))
            self._entries[at] = known
        return known

    def _part(self, number: int) -> Part:
        known = self._parts.get(number)
        if known is None:
            arrays, text = self.index.arrays, self._texts[number]
            sound, bones = self._sounds[arrays["part.of_sound"][number]], self._bones[arrays["part.of_bones"][number]]
            kind, arabic = Kind(arrays["part.kind"][number]), bool(arrays["part.arabic"][number])
            known = self._parts[number] = Part(text, stripped(text), sound, bones, kind, arabic)
        return known
